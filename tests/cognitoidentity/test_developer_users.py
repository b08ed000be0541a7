"""Developers log in, look up, merge and unlink their own users."""

from __future__ import annotations

import pytest
import time_machine

from moto_cognitosync.core.credentials import read_session
from tests.support.aws import Aws
from tests.support.datasets import NOW, NOW_IN_MS
from tests.support.identity_pools import (
    COGNITO,
    DEVELOPER,
    FACEBOOK,
    GOOGLE,
    NO_MATCH,
    UNKNOWN_ID,
    PoolUnderTest,
    claims_of,
    jwt,
    rejects,
)

IDENTITY_NOT_FOUND = f"Identity '{UNKNOWN_ID}' not found."
USER_NOT_FOUND = "Developer user identifier '{}' not found."
WRONG_PROVIDER = "This identity pool does not support the specified developer provider"
SECONDS = NOW_IN_MS // 1000

TOKEN = "GetOpenIdTokenForDeveloperIdentity"
LOOKUP = "LookupDeveloperIdentity"
MERGE = "MergeDeveloperIdentities"
UNLINK = "UnlinkDeveloperIdentity"


# --- GetOpenIdTokenForDeveloperIdentity ---


def test_same_user_finds_the_same_identity(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1")

    assert pool.log_in_developer_user("1") == identity_id
    assert pool.logins_of(identity_id) == [DEVELOPER]
    assert pool.log_in_developer_user("2") != identity_id
    assert pool.get_id(facebook="1") != identity_id


def test_token_describes_the_user(pool: PoolUnderTest) -> None:
    with time_machine.travel(NOW, tick=False):
        response = pool.get_developer_token("1", facebook="alice")

    assert claims_of(response["Token"]) == {
        "sub": response["IdentityId"],
        "aud": pool.id,
        "amr": [
            *("authenticated", DEVELOPER, f"{DEVELOPER}:{pool.id}:1"),
            *(FACEBOOK, f"{FACEBOOK}:1:alice"),
        ],
        "iss": f"https://{COGNITO}",
        f"https://{COGNITO}/identity-pool-arn": pool.arn,
        "exp": SECONDS + 900,
        "iat": SECONDS,
    }


def test_order_of_logins_is_kept(pool: PoolUnderTest) -> None:
    response = pool.call(
        "get_open_id_token_for_developer_identity",
        Logins={FACEBOOK: "alice", DEVELOPER: "1"},
    )

    assert claims_of(response["Token"])["amr"][1::2] == [FACEBOOK, DEVELOPER]
    assert pool.logins_of(response["IdentityId"]) == [FACEBOOK, DEVELOPER]


def test_developer_chooses_the_lifetime_of_the_token(pool: PoolUnderTest) -> None:
    response = pool.call(
        "get_open_id_token_for_developer_identity",
        Logins={DEVELOPER: "1"},
        TokenDuration=86400,
    )

    claims = claims_of(response["Token"])
    assert claims["exp"] - claims["iat"] == 86400


def test_classic_flow_does_not_have_to_be_allowed(pool: PoolUnderTest) -> None:
    pool.update(AllowClassicFlow=False)

    assert pool.log_in_developer_user("1") in pool.ids()


def test_user_is_linked_to_a_guest(pool: PoolUnderTest) -> None:
    guest = pool.guest()

    assert pool.log_in_developer_user("1", guest) == guest
    assert pool.log_in_developer_user("1") == guest
    assert pool.log_in_developer_user("1", guest) == guest


def test_user_is_linked_to_an_identity_with_one_of_its_logins(
    pool: PoolUnderTest,
) -> None:
    identity_id = pool.get_id(facebook="alice")

    assert pool.log_in_developer_user("1", identity_id, facebook="alice") == identity_id
    assert pool.log_in_developer_user("2", identity_id, facebook="alice") == identity_id
    assert pool.log_in_developer_user("1") == identity_id
    assert pool.users_of(identity_id) == ["1", "2"]


@pytest.mark.provokes(TOKEN, "NotAuthorizedException")
def test_identity_requires_one_of_its_logins(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice")

    with rejects("NotAuthorizedException", NO_MATCH):
        pool.log_in_developer_user("1", identity_id)
    with rejects("NotAuthorizedException", NO_MATCH):
        pool.log_in_developer_user("1", identity_id, facebook="bob")

    assert pool.logins_of(identity_id) == [FACEBOOK]
    assert pool.ids() == [identity_id]


@pytest.mark.provokes(TOKEN, "DeveloperUserAlreadyRegisteredException")
def test_user_cannot_be_linked_to_another_identity(pool: PoolUnderTest) -> None:
    registered, guest = pool.log_in_developer_user("1"), pool.guest()

    with rejects(
        "DeveloperUserAlreadyRegisteredException",
        f"Developer user identifier '1' is already registered with identity "
        f"'{registered}'.",
    ):
        pool.log_in_developer_user("1", guest, facebook="alice")

    assert pool.log_in(guest) == guest
    assert pool.logins_of(registered) == [DEVELOPER]


def test_new_user_is_linked_to_the_identity_of_a_public_login(
    pool: PoolUnderTest,
) -> None:
    identity_id = pool.get_id(facebook="alice")

    assert pool.log_in_developer_user("1", facebook="alice", google="a") == identity_id
    assert pool.log_in_developer_user("1") == pool.get_id(google="a") == identity_id


def test_known_user_links_a_new_public_login(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1")

    assert pool.log_in_developer_user("1", facebook="alice") == identity_id
    assert pool.get_id(facebook="alice") == identity_id


@pytest.mark.parametrize("first", ["user", "login"])
def test_known_user_and_known_login_are_merged_into_the_older_identity(
    pool: PoolUnderTest, first: str
) -> None:
    if first == "user":
        pool.log_in_developer_user("1")
    login = pool.get_id(facebook="alice")
    user = pool.log_in_developer_user("1")
    older = user if first == "user" else login

    assert pool.log_in_developer_user("1", facebook="alice") == older
    assert pool.enabled_ids() == [older]
    assert pool.log_in_developer_user("1") == pool.get_id(facebook="alice") == older


def test_guest_is_merged_into_the_identity_of_a_public_login(
    pool: PoolUnderTest,
) -> None:
    user, guest = pool.get_id(facebook="alice"), pool.guest()

    for _ in range(2):  # a client repeats a call if it did not receive the response
        assert pool.log_in_developer_user("1", guest, facebook="alice") == user

    assert pool.enabled_ids() == [user]
    assert pool.log_in_developer_user("1") == user


@pytest.mark.provokes(TOKEN, "ResourceConflictException")
def test_user_cannot_link_a_second_login_of_a_provider(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1", facebook="alice")

    with rejects(
        "ResourceConflictException",
        f"The identity would have several logins of the provider '{FACEBOOK}'; the "
        "limit is one.",
    ):
        pool.log_in_developer_user("1", google="a", facebook="bob")

    assert pool.logins_of(identity_id) == [DEVELOPER, FACEBOOK]


def test_identity_cannot_have_more_than_20_logins(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice")
    for number in range(19):
        pool.log_in_developer_user(str(number), identity_id, facebook="alice")

    with rejects(
        "ResourceConflictException",
        "The identity would have 21 logins; the limit is 20.",
    ):
        pool.log_in_developer_user("20", identity_id, facebook="alice")

    assert len(pool.users_of(identity_id)) == 19
    assert pool.log_in_developer_user("0", identity_id) == identity_id


@pytest.mark.provokes(TOKEN, "InvalidParameterException")
@pytest.mark.parametrize(
    "logins", [{"other": "1"}, {FACEBOOK: "alice"}, {COGNITO: "token"}]
)
def test_one_login_must_be_of_the_developer_provider(
    pool: PoolUnderTest, logins: dict[str, str]
) -> None:
    with rejects("InvalidParameterException", WRONG_PROVIDER):
        pool.call("get_open_id_token_for_developer_identity", Logins=logins)

    assert pool.ids() == []


def test_pool_can_have_no_developer_provider(aws: Aws) -> None:
    pool = PoolUnderTest(aws)
    plain = pool.client.create_identity_pool(
        IdentityPoolName="plain",
        AllowUnauthenticatedIdentities=True,
        SupportedLoginProviders={FACEBOOK: "1"},
    )["IdentityPoolId"]

    with rejects("InvalidParameterException", WRONG_PROVIDER):
        pool.client.get_open_id_token_for_developer_identity(
            IdentityPoolId=plain, Logins={FACEBOOK: "alice"}
        )
    with rejects("InvalidParameterException", WRONG_PROVIDER):
        pool.client.merge_developer_identities(
            IdentityPoolId=plain,
            DeveloperProviderName=DEVELOPER,
            SourceUserIdentifier="1",
            DestinationUserIdentifier="2",
        )
    with rejects("ResourceNotFoundException", USER_NOT_FOUND.format("1")):
        pool.client.lookup_developer_identity(
            IdentityPoolId=plain, DeveloperUserIdentifier="1"
        )


def test_public_logins_of_a_developer_user_are_checked(pool: PoolUnderTest) -> None:
    with rejects(
        "NotAuthorizedException",
        "Token is not from a supported provider of this identity pool.",
    ):
        pool.log_in_developer_user("1", unknown="alice")
    with (
        time_machine.travel(NOW, tick=False),
        rejects(
            "NotAuthorizedException",
            f"Invalid login token. Token expired: {SECONDS} >= {SECONDS}",
        ),
    ):
        pool.log_in_developer_user("1", google=jwt(sub="a", exp=SECONDS))

    assert pool.ids() == []


@pytest.mark.provokes(TOKEN, "ResourceNotFoundException")
def test_unknown_identity_cannot_get_a_user(pool: PoolUnderTest) -> None:
    with rejects("ResourceNotFoundException", IDENTITY_NOT_FOUND):
        pool.log_in_developer_user("1", UNKNOWN_ID)


def test_identity_of_another_pool_cannot_get_a_user(
    aws: Aws, pool: PoolUnderTest
) -> None:
    foreign = PoolUnderTest(aws).guest()

    with rejects("NotAuthorizedException", NO_MATCH):
        pool.log_in_developer_user("1", foreign)


def test_user_ids_are_not_read_as_tokens(pool: PoolUnderTest) -> None:
    token = jwt(sub="a", exp=0)

    assert pool.users_of(pool.log_in_developer_user(token)) == [token]


# --- GetCredentialsForIdentity with a token of this service ---


@pytest.mark.parametrize(
    "provider", ["cognito", "cognito-identity.cn-north-1.amazonaws.com.cn"]
)
def test_token_gives_credentials(pool: PoolUnderTest, provider: str) -> None:
    response = pool.get_developer_token("1", facebook="alice")
    identity_id = response["IdentityId"]

    given = pool.get_credentials(identity_id, **{provider: response["Token"]})

    assert given["IdentityId"] == identity_id
    session = read_session(given["Credentials"]["SessionToken"])
    assert session is not None
    assert session.identity_id == identity_id
    assert list(session.amr) == claims_of(response["Token"])["amr"]


def test_other_logins_next_to_the_token_are_ignored(pool: PoolUnderTest) -> None:
    response = pool.get_developer_token("1")

    identity_id = pool.log_in(
        response["IdentityId"], cognito=response["Token"], facebook="alice"
    )

    assert pool.logins_of(identity_id) == [DEVELOPER]


def test_token_of_another_identity_does_not_match(pool: PoolUnderTest) -> None:
    token, guest = pool.get_developer_token("1")["Token"], pool.guest()

    with rejects("NotAuthorizedException", NO_MATCH):
        pool.log_in(guest, cognito=token)


def test_token_of_a_guest_is_not_a_login(pool: PoolUnderTest) -> None:
    guest = pool.guest()
    token = pool.get_token(guest)["Token"]

    with rejects("NotAuthorizedException", NO_MATCH):
        pool.log_in(guest, cognito=token)


def test_token_of_a_disabled_identity_is_useless(pool: PoolUnderTest) -> None:
    response = pool.get_developer_token("1")
    identity_id = response["IdentityId"]
    pool.unlink_developer_user("1", identity_id)

    with rejects(
        "NotAuthorizedException", f"Access to Identity '{identity_id}' is forbidden."
    ):
        pool.log_in(identity_id, cognito=response["Token"])


@pytest.mark.parametrize("token", ["alice", jwt(iss=f"https://{GOOGLE}", sub="a")])
def test_only_tokens_of_this_service_are_accepted(
    pool: PoolUnderTest, token: str
) -> None:
    identity_id = pool.log_in_developer_user("1")

    with rejects("NotAuthorizedException", "Invalid login token. Not a Cognito token."):
        pool.log_in(identity_id, cognito=token)


def test_signature_of_the_token_is_checked(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1")
    forged = jwt(iss=f"https://{COGNITO}", sub=identity_id, amr=["authenticated"])

    with rejects(
        "NotAuthorizedException", "Invalid login token. Couldn't verify signed token."
    ):
        pool.log_in(identity_id, cognito=forged)


def test_token_expires(pool: PoolUnderTest) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        response = pool.get_developer_token("1")
        clock.shift(900)
        later = SECONDS + 900
        with rejects(
            "NotAuthorizedException",
            f"Invalid login token. Token expired: {later} >= {later}",
        ):
            pool.log_in(response["IdentityId"], cognito=response["Token"])


# --- LookupDeveloperIdentity ---


def test_look_up_by_user_or_identity(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice")
    for user in ("b", "a"):
        pool.log_in_developer_user(user, identity_id, facebook="alice")

    both = {"IdentityId": identity_id, "DeveloperUserIdentifierList": ["a", "b"]}
    assert pool.call("lookup_developer_identity", IdentityId=identity_id) == both
    assert pool.call("lookup_developer_identity", DeveloperUserIdentifier="a") == both


def test_look_up_of_a_user_and_its_identity_returns_both(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1", facebook="alice")
    pool.log_in_developer_user("2", identity_id, facebook="alice")

    found = pool.call(
        "lookup_developer_identity",
        IdentityId=identity_id,
        DeveloperUserIdentifier="2",
    )

    assert found == {"IdentityId": identity_id, "DeveloperUserIdentifierList": ["2"]}


def test_look_up_has_pages(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice")
    for user in ("c", "a", "b"):
        pool.log_in_developer_user(user, identity_id, facebook="alice")

    first = pool.call("lookup_developer_identity", IdentityId=identity_id, MaxResults=2)
    second = pool.call(
        "lookup_developer_identity",
        IdentityId=identity_id,
        MaxResults=2,
        NextToken=first["NextToken"],
    )

    assert first["DeveloperUserIdentifierList"] == ["a", "b"]
    assert second["DeveloperUserIdentifierList"] == ["c"]
    assert "NextToken" not in second


def test_identity_can_have_no_developer_users(pool: PoolUnderTest) -> None:
    assert pool.users_of(pool.get_id(facebook="alice")) == []


@pytest.mark.provokes(LOOKUP, "ResourceConflictException")
@pytest.mark.parametrize("user", ["1", "unknown"])
def test_look_up_rejects_an_identity_of_another_user(
    pool: PoolUnderTest, user: str
) -> None:
    pool.log_in_developer_user("1")
    other = pool.log_in_developer_user("2")

    with rejects(
        "ResourceConflictException",
        f"Developer user identifier '{user}' does not belong to identity '{other}'.",
    ):
        pool.call(
            "lookup_developer_identity", IdentityId=other, DeveloperUserIdentifier=user
        )


@pytest.mark.provokes(LOOKUP, "InvalidParameterException")
def test_look_up_requires_a_user_or_an_identity(pool: PoolUnderTest) -> None:
    with rejects(
        "InvalidParameterException",
        "Either IdentityId or DeveloperUserIdentifier must be provided.",
    ):
        pool.call("lookup_developer_identity")


@pytest.mark.provokes(LOOKUP, "ResourceNotFoundException")
def test_look_up_of_unknown_users_and_identities(aws: Aws, pool: PoolUnderTest) -> None:
    with rejects("ResourceNotFoundException", USER_NOT_FOUND.format("1")):
        pool.call("lookup_developer_identity", DeveloperUserIdentifier="1")
    foreign = PoolUnderTest(aws).log_in_developer_user("1")
    with rejects("ResourceNotFoundException", f"Identity '{foreign}' not found."):
        pool.users_of(foreign)


# --- MergeDeveloperIdentities ---


def test_merge_moves_the_source_user(pool: PoolUnderTest) -> None:
    source = pool.log_in_developer_user("1", facebook="alice")
    into = pool.log_in_developer_user("2")

    assert pool.merge_developer_users("1", "2") == into

    assert pool.log_in_developer_user("1") == into
    assert pool.get_id(facebook="alice") == into
    assert pool.users_of(into) == ["1", "2"]
    assert pool.logins_of(source) == []
    assert pool.enabled_ids() == [into]


def test_merge_of_two_users_of_one_identity_changes_nothing(
    pool: PoolUnderTest,
) -> None:
    identity_id = pool.log_in_developer_user("1", facebook="alice")
    pool.log_in_developer_user("2", facebook="alice")

    assert pool.merge_developer_users("1", "2") == identity_id
    assert pool.users_of(identity_id) == ["1", "2"]
    assert pool.enabled_ids() == [identity_id]


@pytest.mark.provokes(MERGE, "ResourceConflictException")
def test_merge_requires_different_public_providers(pool: PoolUnderTest) -> None:
    ids = [
        pool.log_in_developer_user("1", facebook="alice"),
        pool.log_in_developer_user("2", facebook="bob"),
    ]

    with rejects(
        "ResourceConflictException",
        f"The identity would have several logins of the provider '{FACEBOOK}'; the "
        "limit is one.",
    ):
        pool.merge_developer_users("1", "2")

    assert pool.enabled_ids() == ids


def test_merged_identity_cannot_have_more_than_20_logins(pool: PoolUnderTest) -> None:
    first, second = pool.guest(), pool.get_id(facebook="alice")
    pool.log_in(first, google="a")
    for number in range(10):
        pool.log_in_developer_user(f"1-{number}", first, google="a")
        pool.log_in_developer_user(f"2-{number}", second, facebook="alice")

    with rejects(
        "ResourceConflictException",
        "The identity would have 22 logins; the limit is 20.",
    ):
        pool.merge_developer_users("1-0", "2-0")

    assert pool.enabled_ids() == [first, second]


@pytest.mark.provokes(MERGE, "InvalidParameterException")
def test_merge_requires_the_developer_provider_of_the_pool(
    pool: PoolUnderTest,
) -> None:
    pool.log_in_developer_user("1")
    pool.log_in_developer_user("2")

    with rejects("InvalidParameterException", WRONG_PROVIDER):
        pool.merge_developer_users("1", "2", provider="other")


@pytest.mark.provokes(MERGE, "ResourceNotFoundException")
def test_unknown_users_cannot_be_merged(pool: PoolUnderTest) -> None:
    pool.log_in_developer_user("1")

    with rejects("ResourceNotFoundException", USER_NOT_FOUND.format("2")):
        pool.merge_developer_users("1", "2")
    with rejects("ResourceNotFoundException", USER_NOT_FOUND.format("2")):
        pool.merge_developer_users("2", "1")


# --- UnlinkDeveloperIdentity ---


def test_unlinked_user_counts_as_new(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1", facebook="alice")
    pool.log_in_developer_user("2", facebook="alice")

    pool.unlink_developer_user("1", identity_id)

    assert pool.users_of(identity_id) == ["2"]
    assert pool.logins_of(identity_id) == [FACEBOOK, DEVELOPER]
    assert pool.log_in_developer_user("1") != identity_id


def test_identity_without_its_last_user_is_disabled(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1")

    pool.unlink_developer_user("1", identity_id)

    assert pool.enabled_ids() == []
    with rejects("NotAuthorizedException", NO_MATCH):
        pool.log_in_developer_user("1", identity_id)


@pytest.mark.provokes(UNLINK, "ResourceConflictException")
def test_user_of_another_identity_cannot_be_unlinked(pool: PoolUnderTest) -> None:
    first, second = pool.log_in_developer_user("1"), pool.log_in_developer_user("2")

    with rejects(
        "ResourceConflictException",
        f"Developer user identifier '1' does not belong to identity '{second}'.",
    ):
        pool.unlink_developer_user("1", second)

    assert pool.users_of(first) == ["1"]


@pytest.mark.provokes(UNLINK, "InvalidParameterException")
def test_unlinking_requires_the_developer_provider_of_the_pool(
    pool: PoolUnderTest,
) -> None:
    identity_id = pool.log_in_developer_user("1")

    with rejects("InvalidParameterException", WRONG_PROVIDER):
        pool.unlink_developer_user("1", identity_id, provider=FACEBOOK)


@pytest.mark.provokes(UNLINK, "ResourceNotFoundException")
def test_unknown_users_and_identities_cannot_be_unlinked(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1")

    with rejects("ResourceNotFoundException", USER_NOT_FOUND.format("2")):
        pool.unlink_developer_user("2", identity_id)
    with rejects("ResourceNotFoundException", IDENTITY_NOT_FOUND):
        pool.unlink_developer_user("1", UNKNOWN_ID)


@pytest.mark.provokes(TOKEN, "ResourceNotFoundException")
@pytest.mark.provokes(LOOKUP, "ResourceNotFoundException")
@pytest.mark.provokes(MERGE, "ResourceNotFoundException")
@pytest.mark.provokes(UNLINK, "ResourceNotFoundException")
def test_unknown_pool_has_no_developer_users(pool: PoolUnderTest) -> None:
    identity_id = pool.log_in_developer_user("1")
    pool.id = UNKNOWN_ID

    for call in (
        lambda: pool.log_in_developer_user("1"),
        lambda: pool.users_of(identity_id),
        lambda: pool.merge_developer_users("1", "1"),
        lambda: pool.unlink_developer_user("1", identity_id),
    ):
        with rejects(
            "ResourceNotFoundException", f"IdentityPool '{UNKNOWN_ID}' not found."
        ):
            call()
