"""Users of moto's user pools log in with their ID tokens."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
import time_machine
from joserfc import jws
from joserfc.jwk import RSAKey

from moto_cognitosync.core.credentials import read_session
from tests.support.aws import REGION, Aws
from tests.support.datasets import NOW, NOW_IN_MS
from tests.support.identity_pools import (
    ACCOUNT,
    INVALID_CONFIGURATION,
    PoolUnderTest,
    claims_of,
    jwt,
    rejects,
)

PASSWORD = "P2$Sword"
SECONDS = NOW_IN_MS // 1000
NOT_SUPPORTED = "Token is not from a supported provider of this identity pool."


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


class UserPool:
    """A user pool with one app and one user."""

    def __init__(self, aws: Aws, region: str = REGION) -> None:
        self.client = aws.client("cognito-idp", region)
        pool = self.client.create_user_pool(PoolName="players")["UserPool"]
        self.id: str = pool["Id"]
        self.provider = f"cognito-idp.{region}.amazonaws.com/{self.id}"
        self.app: str = self.client.create_user_pool_client(
            UserPoolId=self.id,
            ClientName="app",
            ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
        )["UserPoolClient"]["ClientId"]
        self.user = {"UserPoolId": self.id, "Username": "alice"}
        self.client.admin_create_user(**self.user)
        self.client.admin_set_user_password(
            **self.user, Password=PASSWORD, Permanent=True
        )

    def log_in(self) -> dict[str, str]:
        """Return the user's tokens."""
        return self.client.admin_initiate_auth(  # type: ignore[no-any-return]
            UserPoolId=self.id,
            ClientId=self.app,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
        )["AuthenticationResult"]

    def id_token(self) -> str:
        return self.log_in()["IdToken"]

    def add_group(self, name: str, **settings: Any) -> None:
        """Add the user to a new group."""
        self.client.create_group(UserPoolId=self.id, GroupName=name, **settings)
        self.client.admin_add_user_to_group(**self.user, GroupName=name)


@pytest.fixture
def users(aws: Aws, pool: PoolUnderTest) -> UserPool:
    """A user pool that is a provider of the identity pool."""
    user_pool = UserPool(aws)
    use(pool, user_pool)
    return user_pool


def use(pool: PoolUnderTest, users: UserPool, **settings: Any) -> None:
    provider = {"ProviderName": users.provider, "ClientId": users.app, **settings}
    pool.update(CognitoIdentityProviders=[provider])


def rejects_login(reason: str) -> Any:
    return rejects("NotAuthorizedException", f"Invalid login token.{reason}")


def stored(users: UserPool) -> Any:
    """Return moto's user pool."""
    from moto.cognitoidp.models import cognitoidp_backends

    return cognitoidp_backends[ACCOUNT][REGION].user_pools[users.id]


def key_of(user_pool: Any) -> RSAKey:
    """Return the key of moto's user pool, which used to be a dictionary."""
    key = user_pool.json_web_key
    return key if isinstance(key, RSAKey) else RSAKey.import_key(key)


def sign(key: RSAKey, **claims: Any) -> str:
    header = {"alg": "RS256", "kid": "dummy"}
    return jws.serialize_compact(header, json.dumps(claims), key, ["RS256"])


def test_new_token_of_the_same_user_is_the_same_login(
    pool: PoolUnderTest, users: UserPool
) -> None:
    token = users.id_token()
    identity_id = pool.get_id(**{users.provider: token})

    with time_machine.travel(NOW):
        later = users.id_token()
        assert pool.get_id(**{users.provider: later}) == identity_id
    assert later != token
    assert pool.logins_of(identity_id) == [users.provider]


def test_token_of_the_identity_names_the_user(
    pool: PoolUnderTest, users: UserPool
) -> None:
    token = users.id_token()

    issued = pool.get_token(pool.guest(), **{users.provider: token})["Token"]

    user = claims_of(token)["sub"]
    expected = [users.provider, f"{users.provider}:CognitoSignIn:{user}"]
    assert claims_of(issued)["amr"] == ["authenticated", *expected]


def test_user_pool_can_be_in_another_region(aws: Aws, pool: PoolUnderTest) -> None:
    users = UserPool(aws, "eu-west-1")
    use(pool, users)

    assert pool.get_id(**{users.provider: users.id_token()}) in pool.ids()
    with rejects_login(""):
        pool.get_id(**{users.provider: "alice"})


def test_access_token_is_rejected(pool: PoolUnderTest, users: UserPool) -> None:
    token = users.log_in()["AccessToken"]

    with rejects_login(" Missing a required claim: aud"):
        pool.get_id(**{users.provider: token})


def test_text_that_is_not_a_token_is_rejected(
    pool: PoolUnderTest, users: UserPool
) -> None:
    with rejects_login(""):
        pool.get_id(**{users.provider: "alice"})


def test_token_of_another_user_pool_is_rejected(
    aws: Aws, pool: PoolUnderTest, users: UserPool
) -> None:
    with rejects_login(" Issuer doesn't match providerName"):
        pool.get_id(**{users.provider: UserPool(aws).id_token()})


def test_signature_is_checked(pool: PoolUnderTest, users: UserPool) -> None:
    claims = claims_of(users.id_token())

    with rejects_login(" Couldn't verify signed token."):
        pool.get_id(**{users.provider: jwt(**claims)})
    own, other = key_of(stored(users)), RSAKey.generate_key(2048)
    with rejects_login(" Couldn't verify signed token."):
        pool.get_id(**{users.provider: sign(other, **claims)})
    assert pool.get_id(**{users.provider: sign(own, **claims)}) in pool.ids()


def test_key_can_be_a_dictionary(
    pool: PoolUnderTest, users: UserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_pool = stored(users)
    token = users.id_token()
    plain = key_of(user_pool).as_dict(private=True)
    monkeypatch.setattr(user_pool, "json_web_key", plain)

    assert pool.get_id(**{users.provider: token}) in pool.ids()


def test_user_pool_can_be_in_another_account(
    aws: Aws, pool: PoolUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    UserPool(aws)
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "000000000000")
    users = UserPool(aws)
    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    use(pool, users)

    with rejects_login(""):
        pool.get_id(**{users.provider: "alice"})


@pytest.mark.usefixtures("users")
def test_other_providers_are_not_checked(pool: PoolUnderTest) -> None:
    assert pool.get_id(facebook="alice") in pool.ids()


def test_moto_is_not_asked_before_the_test_has_imported_its_user_pools(
    pool: PoolUnderTest, users: UserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "moto.cognitoidp.models")

    assert pool.get_id(**{users.provider: "alice"}) in pool.ids()


@pytest.mark.parametrize("region", [REGION, "eu-west-1"])
def test_user_pool_that_moto_does_not_have_accepts_any_user(
    aws: Aws, pool: PoolUnderTest, region: str
) -> None:
    UserPool(aws)
    provider = f"cognito-idp.{region}.amazonaws.com/{region}_unknown"
    pool.update(CognitoIdentityProviders=[{"ProviderName": provider}])

    identity_id = pool.get_id(**{provider: "alice"})

    assert pool.get_id(**{provider: "alice"}) == identity_id


def test_expired_token_is_rejected(pool: PoolUnderTest, users: UserPool) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = users.id_token()
        clock.shift(3600)
        later = SECONDS + 3600
        with rejects_login(f" Token expired: {later} >= {later}"):
            pool.get_id(**{users.provider: token})


def test_token_of_another_app_is_rejected(pool: PoolUnderTest, users: UserPool) -> None:
    use(pool, users, ClientId="other")

    with rejects("NotAuthorizedException", NOT_SUPPORTED):
        pool.get_id(**{users.provider: users.id_token()})


def test_user_pool_can_have_several_apps(pool: PoolUnderTest, users: UserPool) -> None:
    apps = ["other", users.app]
    pool.update(
        CognitoIdentityProviders=[
            {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_a"},
            *({"ProviderName": users.provider, "ClientId": each} for each in apps),
        ]
    )

    assert pool.get_id(**{users.provider: users.id_token()}) in pool.ids()


def test_user_pool_without_a_client_accepts_all_apps(
    pool: PoolUnderTest, users: UserPool
) -> None:
    pool.update(CognitoIdentityProviders=[{"ProviderName": users.provider}])

    assert pool.get_id(**{users.provider: users.id_token()}) in pool.ids()


def test_user_pool_can_be_an_open_id_connect_provider(
    pool: PoolUnderTest, users: UserPool
) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{users.provider}"
    pool.settings.pop("CognitoIdentityProviders")
    pool.update(OpenIdConnectProviderARNs=[arn])
    token = users.id_token()

    issued = pool.get_token(pool.guest(), **{users.provider: token})["Token"]

    assert f"{arn}:OIDC:{claims_of(token)['sub']}" in claims_of(issued)["amr"]
    with rejects_login(""):
        pool.get_id(**{users.provider: "alice"})


def test_token_with_a_malformed_header_is_rejected(
    pool: PoolUnderTest, users: UserPool
) -> None:
    claims = claims_of(users.id_token())
    token = jwt({"alg": "RS256", "crit": 5}, **claims)

    with rejects_login(" Couldn't verify signed token."):
        pool.get_id(**{users.provider: token})


def test_token_without_a_user_is_rejected(pool: PoolUnderTest, users: UserPool) -> None:
    claims = claims_of(users.id_token())
    del claims["sub"]
    token = sign(key_of(stored(users)), **claims)

    with rejects_login(" Missing a required claim: sub"):
        pool.get_id(**{users.provider: token})
    use(pool, users, ServerSideTokenCheck=True)
    with rejects_login(""):
        pool.get_id(**{users.provider: token})


@pytest.mark.parametrize("change", ["admin_disable_user", "admin_delete_user"])
def test_token_of_an_inactive_user_is_rejected_if_it_is_checked(
    pool: PoolUnderTest, users: UserPool, change: str
) -> None:
    token = users.id_token()
    use(pool, users, ServerSideTokenCheck=True)
    identity_id = pool.get_id(**{users.provider: token})

    getattr(users.client, change)(**users.user)

    with rejects_login(""):
        pool.get_id(**{users.provider: token})
    use(pool, users, ServerSideTokenCheck=False)
    assert pool.get_id(**{users.provider: token}) == identity_id


def test_other_users_do_not_count_in_the_check(
    pool: PoolUnderTest, users: UserPool
) -> None:
    token = users.id_token()
    use(pool, users, ServerSideTokenCheck=True)
    users.client.admin_delete_user(**users.user)
    users.client.admin_create_user(UserPoolId=users.id, Username="bob")

    with rejects_login(""):
        pool.get_id(**{users.provider: token})


def test_token_of_a_user_who_has_signed_out_is_accepted(
    pool: PoolUnderTest, users: UserPool
) -> None:
    tokens = users.log_in()
    use(pool, users, ServerSideTokenCheck=True)

    users.client.global_sign_out(AccessToken=tokens["AccessToken"])

    assert pool.get_id(**{users.provider: tokens["IdToken"]}) in pool.ids()


def test_tokens_are_not_checked_without_motos_extra_for_user_pools(
    pool: PoolUnderTest, users: UserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = jwt(**claims_of(users.id_token()))
    monkeypatch.setitem(sys.modules, "moto.cognitoidp.models", None)

    assert pool.get_id(**{users.provider: forged}) in pool.ids()


# --- Roles of groups ---


def map_by_token(pool: PoolUnderTest, key: str, otherwise: str = "Deny") -> None:
    pool.call(
        "set_identity_pool_roles",
        Roles={"authenticated": role("user")},
        RoleMappings={key: {"Type": "Token", "AmbiguousRoleResolution": otherwise}},
    )


def role_of(pool: PoolUnderTest, users: UserPool, custom: str | None = None) -> str:
    logins = {users.provider: users.id_token()}
    identity_id = pool.get_id(**logins)
    requested = None if custom is None else role(custom)
    response = pool.get_credentials(identity_id, requested, **logins)
    session = read_session(response["Credentials"]["SessionToken"])
    assert session is not None
    return session.role_arn.rpartition("/")[2]


@pytest.mark.parametrize("key", ["{provider}", "{provider}:{app}"])
def test_group_decides_about_the_role(
    pool: PoolUnderTest, users: UserPool, key: str
) -> None:
    users.add_group("admins", RoleArn=role("admin"))
    map_by_token(pool, key.format(provider=users.provider, app=users.app))

    assert role_of(pool, users) == "admin"


def test_group_with_the_lowest_precedence_decides(
    pool: PoolUnderTest, users: UserPool
) -> None:
    users.add_group("none", RoleArn=role("none"))
    users.add_group("high", RoleArn=role("high"), Precedence=10)
    users.add_group("low", RoleArn=role("low"), Precedence=0)
    users.add_group("without-role", Precedence=0)
    map_by_token(pool, users.provider)

    assert role_of(pool, users) == "low"
    for each in ("none", "high"):
        assert role_of(pool, users, each) == each


@pytest.mark.parametrize("precedence", [{}, {"Precedence": 1}])
def test_groups_with_the_same_precedence_are_ambiguous(
    pool: PoolUnderTest, users: UserPool, precedence: dict[str, int]
) -> None:
    for name in ("a", "b"):
        users.add_group(name, RoleArn=role(name), **precedence)

    map_by_token(pool, users.provider, "AuthenticatedRole")
    assert role_of(pool, users) == "user"
    map_by_token(pool, users.provider, "Deny")
    with rejects("InvalidIdentityPoolConfigurationException", INVALID_CONFIGURATION):
        role_of(pool, users)
    assert role_of(pool, users, "b") == "b"


def test_groups_with_the_same_precedence_and_role_are_not_ambiguous(
    pool: PoolUnderTest, users: UserPool
) -> None:
    for name in ("a", "b"):
        users.add_group(name, RoleArn=role("shared"), Precedence=1)
    map_by_token(pool, users.provider)

    assert role_of(pool, users) == "shared"


def test_user_without_groups_has_no_role(pool: PoolUnderTest, users: UserPool) -> None:
    map_by_token(pool, users.provider)

    with rejects("InvalidIdentityPoolConfigurationException", INVALID_CONFIGURATION):
        role_of(pool, users)


def test_deleted_group_has_no_role(pool: PoolUnderTest, users: UserPool) -> None:
    users.add_group("admins", RoleArn=role("admin"))
    map_by_token(pool, users.provider, "AuthenticatedRole")
    token = users.id_token()
    users.client.delete_group(UserPoolId=users.id, GroupName="admins")

    logins = {users.provider: token}
    response = pool.get_credentials(pool.get_id(**logins), **logins)

    session = read_session(response["Credentials"]["SessionToken"])
    assert session is not None
    assert session.role_arn == role("user")
