"""Users log in with tokens of public providers: GetId, tokens and credentials."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from moto_cognitosync.core.credentials import read_session
from tests.support.aws import Aws
from tests.support.datasets import NOW, NOW_IN_MS
from tests.support.identity_pools import (
    ACCOUNT,
    COGNITO,
    DEVELOPER,
    FACEBOOK,
    GOOGLE,
    NO_MATCH,
    OPEN_ID,
    OPEN_ID_ARN,
    SAML,
    UNKNOWN_ID,
    PoolUnderTest,
    claims_of,
    jwt,
    rejects,
)

NOT_FOUND = f"Identity '{UNKNOWN_ID}' not found."
NOT_SUPPORTED = "Token is not from a supported provider of this identity pool."
NO_GUESTS = "Unauthenticated access is not supported for this identity pool."
NOT_PUBLIC = "Please provide a valid public provider"
COGNITO_TOKEN = "Invalid login token. Can't pass in a Cognito token."
SECOND_LOGIN = (
    "The identity would have several logins of the provider '{}'; the limit is one."
)
SECONDS = NOW_IN_MS // 1000

# The operations that accept an identity, by method of PoolUnderTest.
WITH_IDENTITY = {
    "get_token": "GetOpenIdToken",
    "get_credentials": "GetCredentialsForIdentity",
}


def provoking(error: str) -> pytest.MarkDecorator:
    """Run a test with both operations that accept an identity."""
    return pytest.mark.parametrize(
        "method",
        [
            pytest.param(method, marks=pytest.mark.provokes(operation, error))
            for method, operation in WITH_IDENTITY.items()
        ],
    )


each_method = pytest.mark.parametrize("method", WITH_IDENTITY)


def use(pool: PoolUnderTest, method: str, identity_id: str, **logins: str) -> str:
    """Call one of the operations, and return the identity."""
    return str(getattr(pool, method)(identity_id, **logins)["IdentityId"])


def forbidden(identity_id: str) -> Any:
    return rejects(
        "NotAuthorizedException", f"Access to Identity '{identity_id}' is forbidden."
    )


# --- GetId ---


def test_each_call_without_logins_creates_a_guest(pool: PoolUnderTest) -> None:
    ids = [pool.guest(), pool.guest()]

    assert pool.ids() == ids
    assert ids[0] != ids[1]


def test_empty_logins_create_a_guest(pool: PoolUnderTest) -> None:
    assert pool.logins_of(pool.get_id()) == []


def test_same_login_finds_the_same_identity(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice")

    assert pool.get_id(facebook="alice") == identity_id
    assert pool.logins_of(identity_id) == [FACEBOOK]
    assert pool.get_id(facebook="bob") != identity_id
    assert pool.get_id(google="alice") != identity_id


def test_same_user_has_an_identity_in_each_pool(aws: Aws, pool: PoolUnderTest) -> None:
    other = PoolUnderTest(aws)

    assert pool.get_id(facebook="alice") != other.get_id(facebook="alice")


def test_several_logins_are_linked(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice", google="a")

    assert pool.get_id(facebook="alice") == identity_id
    assert pool.get_id(google="a", amazon="b") == identity_id
    assert pool.get_id(amazon="b") == identity_id


@pytest.mark.provokes("GetId", "ResourceConflictException")
def test_identity_cannot_have_two_logins_of_a_provider(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice", google="a")

    with rejects("ResourceConflictException", SECOND_LOGIN.format(GOOGLE)):
        pool.get_id(facebook="alice", google="b", amazon="new")

    assert pool.logins_of(identity_id) == [FACEBOOK, GOOGLE]
    assert pool.ids() == [identity_id]


@pytest.mark.provokes("GetId", "ResourceNotFoundException")
def test_unknown_pool_has_no_identities(pool: PoolUnderTest) -> None:
    with rejects(
        "ResourceNotFoundException", f"IdentityPool '{UNKNOWN_ID}' not found."
    ):
        pool.client.get_id(IdentityPoolId=UNKNOWN_ID)


@pytest.mark.provokes("GetId", "NotAuthorizedException")
def test_pool_without_guests_requires_logins(pool: PoolUnderTest) -> None:
    pool.update(AllowUnauthenticatedIdentities=False)

    with rejects("NotAuthorizedException", NO_GUESTS):
        pool.guest()

    assert pool.ids() == []
    assert pool.logins_of(pool.get_id(facebook="alice")) == [FACEBOOK]


def test_account_of_the_call_is_ignored(pool: PoolUnderTest) -> None:
    assert pool.call("get_id", AccountId=ACCOUNT)["IdentityId"] in pool.ids()


# --- Providers ---


@pytest.mark.provokes("GetId", "NotAuthorizedException")
def test_provider_must_be_one_of_the_pool(pool: PoolUnderTest) -> None:
    with rejects("NotAuthorizedException", NOT_SUPPORTED):
        pool.get_id(facebook="alice", **{"api.twitter.com": "alice"})

    assert pool.ids() == []


@pytest.mark.provokes("GetId", "InvalidParameterException")
def test_developer_provider_is_not_public(pool: PoolUnderTest) -> None:
    with rejects("InvalidParameterException", NOT_PUBLIC):
        pool.get_id(developer="alice")


@provoking("InvalidParameterException")
def test_developer_provider_is_not_public_for_an_identity(
    pool: PoolUnderTest, method: str
) -> None:
    with rejects("InvalidParameterException", NOT_PUBLIC):
        use(pool, method, pool.guest(), developer="alice")


@pytest.mark.parametrize("provider", [OPEN_ID, SAML])
def test_providers_of_iam_are_public(pool: PoolUnderTest, provider: str) -> None:
    identity_id = pool.get_id(**{provider: "alice"})

    assert pool.logins_of(identity_id) == [provider]


def test_user_pool_that_moto_does_not_have_is_public(pool: PoolUnderTest) -> None:
    provider = "cognito-idp.us-east-1.amazonaws.com/us-east-1_unknown"
    pool.update(CognitoIdentityProviders=[{"ProviderName": provider}])

    identity_id = pool.get_id(**{provider: "alice"})

    assert pool.get_id(**{provider: "alice"}) == identity_id


def test_pool_can_have_no_providers(aws: Aws) -> None:
    pool = PoolUnderTest(aws, SupportedLoginProviders={})

    with rejects("NotAuthorizedException", NOT_SUPPORTED):
        pool.get_id(facebook="alice")


@pytest.mark.parametrize(
    "provider",
    [
        COGNITO,
        "cognito-identity.cn-north-1.amazonaws.com.cn",
        "cognito-identity-us-gov.amazonaws.com",
    ],
)
def test_get_id_does_not_accept_tokens_of_this_service(
    pool: PoolUnderTest, provider: str
) -> None:
    token = pool.get_developer_token("1")["Token"]

    with rejects("NotAuthorizedException", COGNITO_TOKEN):
        pool.get_id(**{provider: token})
    with rejects("NotAuthorizedException", COGNITO_TOKEN):
        pool.get_id(facebook=token)


# --- Tokens of public providers ---


def test_refreshed_token_is_the_same_login(pool: PoolUnderTest) -> None:
    issuer = f"https://{GOOGLE}"
    first = jwt(iss=issuer, sub="a", iat=1)
    identity_id = pool.get_id(google=first)

    assert pool.get_id(google=jwt(iss=issuer, sub="a", iat=2)) == identity_id
    assert pool.get_id(google=jwt(iss=issuer, sub="b", iat=1)) != identity_id


def test_issuer_of_the_provider_can_have_several_forms(pool: PoolUnderTest) -> None:
    issuers = [f"https://{OPEN_ID}", OPEN_ID, f"https://{OPEN_ID}/"]
    ids = {pool.get_id(open_id=jwt(iss=each, sub="a")) for each in issuers}

    assert ids == {pool.get_id(open_id="a")}
    assert ids == {pool.get_id(open_id=jwt(sub="a"))}


def test_same_subject_of_another_issuer_is_another_user(pool: PoolUnderTest) -> None:
    ids = {
        pool.get_id(open_id=jwt(iss=f"https://{each}", sub="a"))
        for each in (OPEN_ID, f"{OPEN_ID}X", "tenant-1.example", "tenant-2.example")
    }

    assert len(ids) == 4


def test_subject_does_not_have_to_be_a_string(pool: PoolUnderTest) -> None:
    assert pool.get_id(google=jwt(sub=1)) == pool.get_id(google="1")


def test_jwt_requires_a_subject(pool: PoolUnderTest) -> None:
    with rejects(
        "NotAuthorizedException",
        "Invalid login token. Missing a required claim: sub",
    ):
        pool.get_id(google=jwt(iss=f"https://{GOOGLE}"))


@pytest.mark.parametrize("token", ["a.b", "a.b.c.d", "a.!.c", "a.WzFd.c", "ö.ö.ö"])
def test_any_other_text_is_a_user(pool: PoolUnderTest, token: str) -> None:
    assert pool.get_id(google=token) == pool.get_id(google=token)


@pytest.mark.parametrize("seconds", [0, -1])
def test_expired_token_is_rejected(pool: PoolUnderTest, seconds: int) -> None:
    expiry = SECONDS + seconds
    with (
        time_machine.travel(NOW, tick=False),
        rejects(
            "NotAuthorizedException",
            f"Invalid login token. Token expired: {expiry} >= {SECONDS}",
        ),
    ):
        pool.get_id(google=jwt(sub="a", exp=expiry))


def test_token_is_valid_until_it_expires(pool: PoolUnderTest) -> None:
    with time_machine.travel(NOW, tick=False):
        identity_id = pool.get_id(google=jwt(sub="a", exp=SECONDS + 1))

    assert pool.get_id(google="a") == identity_id


def test_expiry_must_be_a_number(pool: PoolUnderTest) -> None:
    with rejects("NotAuthorizedException", "Invalid login token."):
        pool.get_id(google=jwt(sub="a", exp="tomorrow"))


@each_method
def test_one_bad_token_fails_the_whole_call(pool: PoolUnderTest, method: str) -> None:
    identity_id = pool.guest()

    with rejects("NotAuthorizedException", NOT_SUPPORTED):
        use(pool, method, identity_id, facebook="alice", unknown="alice")

    assert pool.logins_of(identity_id) == []
    assert pool.get_id(facebook="alice") != identity_id


# --- An identity without logins ---


@each_method
def test_guest_keeps_its_id(pool: PoolUnderTest, method: str) -> None:
    identity_id = pool.guest()

    assert use(pool, method, identity_id) == identity_id
    assert pool.ids() == [identity_id]


@provoking("NotAuthorizedException")
def test_user_requires_logins(pool: PoolUnderTest, method: str) -> None:
    identity_id = pool.get_id(facebook="alice")

    with forbidden(identity_id):
        use(pool, method, identity_id)


@each_method
def test_disabled_identity_is_forbidden(pool: PoolUnderTest, method: str) -> None:
    identity_id = pool.get_id(facebook="alice")
    pool.unlink(identity_id, FACEBOOK, facebook="alice")

    with forbidden(identity_id):
        use(pool, method, identity_id)
    with rejects("NotAuthorizedException", NO_MATCH):
        use(pool, method, identity_id, facebook="alice")


@each_method
def test_guest_is_rejected_once_guests_are_not_allowed(
    pool: PoolUnderTest, method: str
) -> None:
    identity_id = pool.guest()
    pool.update(AllowUnauthenticatedIdentities=False)

    with rejects("NotAuthorizedException", NO_GUESTS):
        use(pool, method, identity_id)
    assert use(pool, method, identity_id, facebook="alice") == identity_id


@provoking("ResourceNotFoundException")
def test_unknown_identity_is_rejected(pool: PoolUnderTest, method: str) -> None:
    with rejects("ResourceNotFoundException", NOT_FOUND):
        use(pool, method, UNKNOWN_ID, facebook="alice")


# --- An identity with logins ---


@each_method
def test_guest_that_logs_in_keeps_its_id(pool: PoolUnderTest, method: str) -> None:
    identity_id = pool.guest()

    assert use(pool, method, identity_id, facebook="alice") == identity_id

    assert pool.get_id(facebook="alice") == identity_id
    with forbidden(identity_id):
        use(pool, method, identity_id)


@each_method
def test_guest_becomes_the_known_user(pool: PoolUnderTest, method: str) -> None:
    user, guest = pool.get_id(facebook="alice"), pool.guest()

    assert use(pool, method, guest, facebook="alice", google="a") == user

    assert pool.get_id(google="a") == user
    assert pool.enabled_ids() == [user]
    with forbidden(guest):
        use(pool, method, guest)


@each_method
def test_repeated_call_of_a_merged_guest_returns_the_user(
    pool: PoolUnderTest, method: str
) -> None:
    user, guest = pool.get_id(facebook="alice"), pool.guest()
    pool.log_in(guest, facebook="alice")

    assert use(pool, method, guest, facebook="alice") == user
    with rejects("NotAuthorizedException", NO_MATCH):
        use(pool, method, guest, facebook="bob")


def test_repeated_call_finds_the_last_of_several_users(pool: PoolUnderTest) -> None:
    first, guest = pool.get_id(facebook="alice"), pool.guest()
    pool.log_in(guest, facebook="alice")
    second = pool.get_id(google="a")
    pool.log_in(second, google="a", facebook="alice")

    assert pool.log_in(guest, facebook="alice") == second
    pool.client.delete_identities(IdentityIdsToDelete=[second])
    for identity_id in (guest, first):
        with rejects("NotAuthorizedException", NO_MATCH):
            pool.log_in(identity_id, facebook="alice")


@provoking("NotAuthorizedException")
def test_user_requires_one_of_its_own_logins(pool: PoolUnderTest, method: str) -> None:
    identity_id = pool.get_id(facebook="alice")
    other = pool.get_id(facebook="bob")

    for logins in ({"facebook": "bob"}, {"facebook": "carol"}, {"google": "a"}):
        with rejects("NotAuthorizedException", NO_MATCH):
            use(pool, method, identity_id, **logins)

    assert pool.logins_of(identity_id) == pool.logins_of(other) == [FACEBOOK]
    assert pool.ids() == [identity_id, other]


@each_method
def test_user_links_a_new_login(pool: PoolUnderTest, method: str) -> None:
    identity_id = pool.get_id(facebook="alice")

    assert use(pool, method, identity_id, google="a", facebook="alice") == identity_id

    assert pool.get_id(google="a") == identity_id
    assert pool.logins_of(identity_id) == [FACEBOOK, GOOGLE]


@each_method
def test_two_users_are_merged_into_the_given_one(
    pool: PoolUnderTest, method: str
) -> None:
    other, given = pool.get_id(facebook="alice"), pool.get_id(google="a")

    assert use(pool, method, given, facebook="alice", google="a") == given

    assert pool.get_id(facebook="alice") == given
    assert pool.logins_of(given) == [GOOGLE, FACEBOOK]
    assert pool.logins_of(other) == []
    assert pool.enabled_ids() == [given]


@provoking("ResourceConflictException")
def test_user_cannot_link_a_second_login_of_a_provider(
    pool: PoolUnderTest, method: str
) -> None:
    identity_id = pool.get_id(facebook="alice", google="a")
    other = pool.get_id(google="b")

    with rejects("ResourceConflictException", SECOND_LOGIN.format(GOOGLE)):
        use(pool, method, identity_id, facebook="alice", google="b", amazon="new")

    assert pool.logins_of(identity_id) == [FACEBOOK, GOOGLE]
    assert pool.logins_of(other) == [GOOGLE]
    assert pool.enabled_ids() == [identity_id, other]


# --- OpenID tokens ---


@pytest.mark.parametrize(
    ("logins", "amr"),
    [
        ({}, ["unauthenticated"]),
        (
            {"facebook": "alice", "google": "a"},
            [
                *("authenticated", FACEBOOK, f"{FACEBOOK}:1:alice"),
                *(GOOGLE, f"{GOOGLE}:2:a"),
            ],
        ),
        (
            {"open_id": jwt(iss=f"https://{OPEN_ID}", sub="alice")},
            ["authenticated", OPEN_ID, f"{OPEN_ID_ARN}:OIDC:alice"],
        ),
        ({"saml": "alice"}, ["authenticated", SAML, f"{SAML}:SAML:alice"]),
    ],
)
def test_token_and_credentials_show_how_the_user_logged_in(
    pool: PoolUnderTest, logins: dict[str, str], amr: list[str]
) -> None:
    identity_id = pool.guest()

    with time_machine.travel(NOW, tick=False):
        response = pool.get_token(identity_id, **logins)

    assert response["IdentityId"] == identity_id
    assert claims_of(response["Token"]) == {
        "sub": identity_id,
        "aud": pool.id,
        "amr": amr,
        "iss": f"https://{COGNITO}",
        f"https://{COGNITO}/identity-pool-arn": pool.arn,
        "exp": SECONDS + 600,
        "iat": SECONDS,
    }
    credentials = pool.get_credentials(identity_id, **logins)["Credentials"]
    session = read_session(credentials["SessionToken"])
    assert session is not None
    assert (session.identity_id, session.amr) == (identity_id, tuple(amr))


def test_token_describes_a_user_of_a_user_pool(pool: PoolUnderTest) -> None:
    provider = "cognito-idp.us-east-1.amazonaws.com/us-east-1_unknown"
    pool.update(CognitoIdentityProviders=[{"ProviderName": provider}])

    token = pool.get_token(pool.guest(), **{provider: "alice"})["Token"]

    expected = ["authenticated", provider, f"{provider}:CognitoSignIn:alice"]
    assert claims_of(token)["amr"] == expected


@pytest.mark.provokes("GetOpenIdToken", "InvalidParameterException")
@pytest.mark.parametrize("allowed", [True, None])
def test_classic_flow_must_be_allowed(pool: PoolUnderTest, allowed: object) -> None:
    identity_id = pool.guest()
    if allowed:
        pool.update(AllowClassicFlow=allowed)
    pool.get_token(identity_id)
    pool.update(AllowClassicFlow=False)

    with rejects(
        "InvalidParameterException",
        "Basic (classic) flow is not enabled, please use enhanced flow.",
    ):
        pool.get_token(identity_id, facebook="alice")

    assert pool.logins_of(identity_id) == []
    assert pool.log_in(identity_id) == identity_id


@pytest.mark.provokes("GetOpenIdToken", "InvalidParameterException")
def test_classic_flow_excludes_role_mappings(pool: PoolUnderTest) -> None:
    identity_id = pool.guest()
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    pool.call("set_identity_pool_roles", Roles={}, RoleMappings={GOOGLE: mapping})

    with rejects(
        "InvalidParameterException",
        "Basic (classic) flow is not supported with RoleMappings, please use enhanced "
        "flow.",
    ):
        pool.get_token(identity_id)


# --- Credentials ---


def test_credentials_last_one_hour(pool: PoolUnderTest) -> None:
    identity_id = pool.guest()

    with time_machine.travel(NOW, tick=False):
        credentials = pool.get_credentials(identity_id)["Credentials"]

    assert credentials.keys() == {
        *("AccessKeyId", "SecretKey", "SessionToken", "Expiration")
    }
    assert re.fullmatch("ASIA[A-Z0-9]{16}", credentials["AccessKeyId"])
    whole_seconds = NOW.replace(microsecond=0)
    assert credentials["Expiration"] == whole_seconds + timedelta(hours=1)
    session = read_session(credentials["SessionToken"])
    assert session is not None
    assert (session.identity_pool_id, session.account_id) == (pool.id, ACCOUNT)


def test_each_identity_has_its_own_credentials(pool: PoolUnderTest) -> None:
    keys = {
        pool.get_credentials(each)["Credentials"]["AccessKeyId"]
        for each in (pool.guest(), pool.guest())
    }

    assert len(keys) == 2


def test_credentials_after_a_merge_belong_to_the_user(pool: PoolUnderTest) -> None:
    user, guest = pool.get_id(facebook="alice"), pool.guest()

    credentials = pool.get_credentials(guest, facebook="alice")["Credentials"]

    session = read_session(credentials["SessionToken"])
    assert session is not None
    assert session.identity_id == user


# --- UnlinkIdentity ---


def test_unlinked_login_counts_as_new(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice", google="a")

    pool.unlink(identity_id, FACEBOOK, google="a")

    assert pool.logins_of(identity_id) == [GOOGLE]
    assert pool.log_in(identity_id, google="a") == identity_id
    assert pool.enabled_ids() == [identity_id]
    assert pool.get_id(facebook="alice") != identity_id


def test_identity_without_its_last_login_is_disabled(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice", google="a")

    pool.unlink(identity_id, FACEBOOK, GOOGLE, FACEBOOK, facebook="alice")

    assert pool.enabled_ids() == []
    assert pool.logins_of(identity_id) == []


def test_unlinking_other_providers_changes_nothing(pool: PoolUnderTest) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        identity_id = pool.get_id(facebook="alice")
        clock.shift(timedelta(hours=1))
        pool.unlink(identity_id, GOOGLE, facebook="alice")
        described = pool.describe(identity_id)

    assert described["Logins"] == [FACEBOOK]
    assert described["LastModifiedDate"] == NOW


@pytest.mark.provokes("UnlinkIdentity", "InvalidParameterException")
def test_developer_users_cannot_be_unlinked_as_logins(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1", facebook="alice")

    for removed, logins in (
        (DEVELOPER, {"facebook": "alice"}),
        (FACEBOOK, {"developer": "1"}),
    ):
        with rejects("InvalidParameterException", NOT_PUBLIC):
            pool.unlink(identity_id, removed, **logins)

    assert pool.logins_of(identity_id) == [DEVELOPER, FACEBOOK]


@pytest.mark.provokes("UnlinkIdentity", "NotAuthorizedException")
def test_unlinking_requires_a_login_of_the_identity(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice")

    with rejects("NotAuthorizedException", NO_MATCH):
        pool.unlink(identity_id, FACEBOOK, facebook="bob")
    with rejects("NotAuthorizedException", NOT_SUPPORTED):
        pool.unlink(identity_id, FACEBOOK, facebook="alice", unknown="alice")

    assert pool.logins_of(identity_id) == [FACEBOOK]
    pool.unlink(identity_id, FACEBOOK, google="new", facebook="alice")
    assert pool.logins_of(identity_id) == []


@pytest.mark.provokes("UnlinkIdentity", "ResourceNotFoundException")
def test_unknown_identity_cannot_be_unlinked(pool: PoolUnderTest) -> None:
    with rejects("ResourceNotFoundException", NOT_FOUND):
        pool.unlink(UNKNOWN_ID, FACEBOOK, facebook="alice")


def test_audience_of_a_public_token_is_not_checked(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(google=jwt(sub="alice", aud="another app"))

    assert pool.get_id(google=jwt(sub="alice")) == identity_id
