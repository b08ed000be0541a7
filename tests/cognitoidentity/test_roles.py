"""The roles of a pool, role mappings, and the role that credentials have."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from moto import settings

from moto_cognitosync.core.credentials import read_session
from tests.support.aws import REGION, Aws
from tests.support.identities import make_role, trust
from tests.support.identity_pools import (
    ACCOUNT,
    FACEBOOK,
    GOOGLE,
    INVALID_CONFIGURATION,
    OPEN_ID,
    UNKNOWN_ID,
    PoolUnderTest,
    jwt,
    rejects,
)

CREDENTIALS = "GetCredentialsForIdentity"
POOL_NOT_FOUND = f"IdentityPool '{UNKNOWN_ID}' not found."


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


ROLES = {"authenticated": role("user"), "unauthenticated": role("guest")}


def rule(
    claim: str, match_type: str, value: str, name: str = "matched"
) -> dict[str, str]:
    return {
        "Claim": claim,
        "MatchType": match_type,
        "Value": value,
        "RoleARN": role(name),
    }


def by_rules(*rules: dict[str, str], otherwise: str = "Deny") -> dict[str, Any]:
    return {
        "Type": "Rules",
        "AmbiguousRoleResolution": otherwise,
        "RulesConfiguration": {"Rules": list(rules)},
    }


def by_token(otherwise: str = "Deny") -> dict[str, Any]:
    return {"Type": "Token", "AmbiguousRoleResolution": otherwise}


def set_roles(pool: PoolUnderTest, **mappings: Any) -> None:
    """Set all roles, and mappings for Google (or another provider)."""
    if "mapping" in mappings:
        mappings[GOOGLE] = mappings.pop("mapping")
    pool.call("set_identity_pool_roles", Roles=ROLES, RoleMappings=mappings)


def role_of(
    pool: PoolUnderTest, custom: str | None = None, **logins: str
) -> str | None:
    """Log in as a new identity, and return the name of its role."""
    identity_id = pool.get_id(**logins) if logins else pool.guest()
    requested = None if custom is None else role(custom)
    response = pool.get_credentials(identity_id, requested, **logins)
    session = read_session(response["Credentials"]["SessionToken"])
    assert session is not None
    return session.role_arn.rpartition("/")[2]


def role_with(pool: PoolUnderTest, custom: str | None = None, **claims: Any) -> Any:
    """Log in with claims, and return the name of the role."""
    return role_of(pool, custom, google=jwt(sub="a", **claims))


# --- SetIdentityPoolRoles and GetIdentityPoolRoles ---


def test_new_pool_has_no_roles(pool: PoolUnderTest) -> None:
    assert pool.call("get_identity_pool_roles") == {"IdentityPoolId": pool.id}


def test_roles_and_mappings_are_returned_as_they_were_set(pool: PoolUnderTest) -> None:
    mappings = {GOOGLE: by_rules(rule("a", "Equals", "b")), FACEBOOK: by_token()}

    assert (
        pool.call("set_identity_pool_roles", Roles=ROLES, RoleMappings=mappings) == {}
    )

    assert pool.call("get_identity_pool_roles") == {
        "IdentityPoolId": pool.id,
        "Roles": ROLES,
        "RoleMappings": mappings,
    }


def test_setting_roles_replaces_roles_and_mappings(pool: PoolUnderTest) -> None:
    set_roles(pool, mapping=by_token())
    authenticated = {"authenticated": role("user")}

    pool.call("set_identity_pool_roles", Roles=authenticated)

    assert pool.call("get_identity_pool_roles") == {
        "IdentityPoolId": pool.id,
        "Roles": authenticated,
    }


@pytest.mark.provokes("SetIdentityPoolRoles", "InvalidParameterException")
@pytest.mark.parametrize("kind", ["Token", "Rules"])
def test_mapping_must_say_what_to_do_with_several_roles(
    pool: PoolUnderTest, kind: str
) -> None:
    with rejects(
        "InvalidParameterException",
        f"The role mapping of '{GOOGLE}' requires AmbiguousRoleResolution.",
    ):
        set_roles(pool, mapping={"Type": kind})

    assert pool.call("get_identity_pool_roles") == {"IdentityPoolId": pool.id}


@pytest.mark.parametrize("number", [0, 26])
def test_mapping_requires_1_to_25_rules(pool: PoolUnderTest, number: int) -> None:
    rules = [rule("a", "Equals", "b")] * number

    mapping = by_rules(*rules) if rules else by_token() | {"Type": "Rules"}
    with rejects(
        "InvalidParameterException",
        f"The role mapping of '{GOOGLE}' requires 1 to 25 rules, found {number}.",
    ):
        set_roles(pool, mapping=mapping)


@pytest.mark.parametrize("number", [1, 25])
def test_mapping_can_have_1_to_25_rules(pool: PoolUnderTest, number: int) -> None:
    mapping = by_rules(*[rule("a", "Equals", "b")] * number)

    set_roles(pool, mapping=mapping)

    assert pool.call("get_identity_pool_roles")["RoleMappings"] == {GOOGLE: mapping}


@pytest.mark.provokes("SetIdentityPoolRoles", "ResourceNotFoundException")
@pytest.mark.provokes("GetIdentityPoolRoles", "ResourceNotFoundException")
def test_unknown_pool_has_no_roles(pool: PoolUnderTest) -> None:
    pool.id = UNKNOWN_ID

    with rejects("ResourceNotFoundException", POOL_NOT_FOUND):
        set_roles(pool)
    with rejects("ResourceNotFoundException", POOL_NOT_FOUND):
        pool.call("get_identity_pool_roles")


# --- Roles by kind ---


def test_users_and_guests_have_different_roles(pool: PoolUnderTest) -> None:
    set_roles(pool)

    assert role_of(pool) == "guest"
    assert role_of(pool, facebook="alice") == "user"


def test_developer_users_have_the_role_of_users(pool: PoolUnderTest) -> None:
    set_roles(pool, mapping=by_token())
    response = pool.get_developer_token("1")

    given = pool.get_credentials(response["IdentityId"], cognito=response["Token"])

    session = read_session(given["Credentials"]["SessionToken"])
    assert session is not None
    assert session.role_arn == role("user")


def test_pool_without_roles_gives_credentials_without_a_role(
    pool: PoolUnderTest,
) -> None:
    assert role_of(pool) == ""


@pytest.mark.usefixtures("strict")
@pytest.mark.provokes(CREDENTIALS, "InvalidIdentityPoolConfigurationException")
def test_strict_mode_requires_a_role(pool: PoolUnderTest) -> None:
    pool.call("set_identity_pool_roles", Roles={"authenticated": role("user")})
    guest = pool.guest()

    with rejects("InvalidIdentityPoolConfigurationException", INVALID_CONFIGURATION):
        pool.get_credentials(guest)
    assert role_of(pool, facebook="alice") == "user"


# --- Requested roles ---


def test_role_of_the_pool_can_be_requested(pool: PoolUnderTest) -> None:
    set_roles(pool)

    assert role_of(pool, "user", facebook="alice") == "user"
    assert role_of(pool, "guest") == "guest"


@pytest.mark.provokes(CREDENTIALS, "NotAuthorizedException")
def test_no_other_role_can_be_requested(pool: PoolUnderTest) -> None:
    set_roles(pool)
    identity_id = pool.guest()

    with rejects(
        "NotAuthorizedException", f"Access to Role '{role('admin')}' is forbidden."
    ):
        pool.get_credentials(identity_id, role("admin"), facebook="alice")

    assert pool.logins_of(identity_id) == []


# --- Mappings by rules ---


@pytest.mark.parametrize(
    ("match_type", "value", "claim"),
    [
        ("Equals", "admin", "admin"),
        ("Equals", "admin", ["user", "admin"]),
        ("Equals", "7", 7),
        ("Contains", "dmi", "admin"),
        ("Contains", "dmi", ["user", "admin"]),
        ("StartsWith", "adm", "admin"),
        ("StartsWith", "adm", ["user", "admin"]),
        ("NotEqual", "user", "admin"),
        ("NotEqual", "user", ["admin", "boss"]),
    ],
)
def test_rule_matches(
    pool: PoolUnderTest, match_type: str, value: str, claim: object
) -> None:
    set_roles(pool, mapping=by_rules(rule("title", match_type, value)))

    assert role_with(pool, title=claim) == "matched"


@pytest.mark.provokes(CREDENTIALS, "InvalidIdentityPoolConfigurationException")
@pytest.mark.parametrize(
    ("match_type", "claims"),
    [
        ("Equals", {"title": "administrator"}),
        ("Equals", {}),
        ("Contains", {"title": "user"}),
        ("StartsWith", {"title": "the admin"}),
        ("NotEqual", {"title": "admin"}),
        ("NotEqual", {"title": ["user", "admin"]}),
        ("NotEqual", {}),
    ],
)
def test_rule_does_not_match(
    pool: PoolUnderTest, match_type: str, claims: dict[str, Any]
) -> None:
    set_roles(pool, mapping=by_rules(rule("title", match_type, "admin")))

    with rejects("InvalidIdentityPoolConfigurationException", INVALID_CONFIGURATION):
        role_with(pool, **claims)


def test_first_rule_that_matches_decides(pool: PoolUnderTest) -> None:
    rules = [
        rule("title", "Equals", "user", "first"),
        rule("title", "Equals", "admin", "second"),
        rule("title", "Contains", "a", "third"),
    ]
    set_roles(pool, mapping=by_rules(*rules))

    assert role_with(pool, title="admin") == "second"
    assert role_with(pool, "third", title="admin") == "third"
    with rejects(
        "NotAuthorizedException", f"Access to Role '{role('first')}' is forbidden."
    ):
        role_with(pool, "first", title="admin")


def test_users_without_a_matching_rule_can_have_the_role_of_users(
    pool: PoolUnderTest,
) -> None:
    rules = by_rules(rule("title", "Equals", "a"), otherwise="AuthenticatedRole")
    set_roles(pool, mapping=rules)

    assert role_with(pool, title="b") == "user"
    assert role_with(pool, title="a") == "matched"


def test_denied_user_may_not_request_a_role(pool: PoolUnderTest) -> None:
    set_roles(pool, mapping=by_rules(rule("title", "Equals", "a")))

    with rejects(
        "NotAuthorizedException", f"Access to Role '{role('user')}' is forbidden."
    ):
        role_with(pool, "user", title="b")


def test_denied_user_is_not_linked(pool: PoolUnderTest) -> None:
    set_roles(pool, mapping=by_rules(rule("title", "Equals", "a")))
    guest = pool.guest()

    with rejects("InvalidIdentityPoolConfigurationException", INVALID_CONFIGURATION):
        pool.get_credentials(guest, google=jwt(sub="a", title="b"))

    assert pool.logins_of(guest) == []


def test_first_login_with_a_mapping_decides(pool: PoolUnderTest) -> None:
    mappings = {
        GOOGLE: by_rules(rule("title", "Equals", "a", "google")),
        OPEN_ID: by_rules(rule("title", "Equals", "a", "open-id")),
    }
    set_roles(pool, **mappings)
    token = jwt(sub="a", title="a")

    assert role_of(pool, facebook="alice", google=token, open_id=token) == "google"
    assert role_of(pool, facebook="alice") == "user"


@pytest.mark.parametrize("key", ["provider", "arn"])
@pytest.mark.parametrize("name", [OPEN_ID, "openid.example/oidc-provider/a"])
def test_mapping_of_open_id_connect_can_name_the_provider_or_its_arn(
    pool: PoolUnderTest, key: str, name: str
) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{name}"
    pool.update(OpenIdConnectProviderARNs=[arn])
    rules = by_rules(rule("title", "Equals", "a"))
    set_roles(pool, **{arn if key == "arn" else name: rules})

    token = jwt(sub="a:OIDC:b", title="a")
    assert role_of(pool, **{name: token}) == "matched"


def test_mapping_can_name_the_client(pool: PoolUnderTest) -> None:
    set_roles(pool, **{f"{GOOGLE}:app": by_rules(rule("sub", "Equals", "a"))})

    assert role_with(pool, aud="app") == "matched"
    assert role_with(pool, aud="other") == "user"


def test_mapping_of_the_client_has_precedence(pool: PoolUnderTest) -> None:
    mappings = {
        GOOGLE: by_rules(rule("sub", "Equals", "a", "any")),
        f"{GOOGLE}:app": by_rules(rule("sub", "Equals", "a", "app")),
    }
    set_roles(pool, **mappings)

    assert role_with(pool, aud="app") == "app"
    assert role_with(pool) == "any"


# --- Mappings by token ---


def claims_with(preferred: str | None, *roles: str) -> dict[str, Any]:
    claims: dict[str, Any] = {"cognito:roles": [role(each) for each in roles]}
    if preferred is not None:
        claims["cognito:preferred_role"] = role(preferred)
    return claims


def test_preferred_role_of_the_token_decides(pool: PoolUnderTest) -> None:
    set_roles(pool, mapping=by_token())

    assert role_with(pool, **claims_with("a", "b", "a")) == "a"
    assert role_with(pool, "b", **claims_with("a", "b", "a")) == "b"
    assert role_with(pool, **{"cognito:preferred_role": role("a")}) == "a"
    assert role_with(pool, "a", **{"cognito:preferred_role": role("a")}) == "a"


def test_roles_of_the_token_can_be_text(pool: PoolUnderTest) -> None:
    set_roles(pool, mapping=by_token())
    claims = {"cognito:roles": f"{role('a')},{role('b')}"}

    assert role_with(pool, "b", **claims) == "b"
    assert role_with(pool, **{"cognito:roles": role("a")}) == "a"


def test_only_role_of_the_token_decides(pool: PoolUnderTest) -> None:
    set_roles(pool, mapping=by_token())

    assert role_with(pool, **claims_with(None, "a")) == "a"


@pytest.mark.parametrize("roles", [[], ["a", "b"]])
def test_ambiguous_token_gets_the_role_of_users_or_is_denied(
    pool: PoolUnderTest, roles: list[str]
) -> None:
    claims = claims_with(None, *roles)
    set_roles(pool, mapping=by_token("AuthenticatedRole"))
    assert role_with(pool, **claims) == "user"

    set_roles(pool, mapping=by_token("Deny"))
    with rejects("InvalidIdentityPoolConfigurationException", INVALID_CONFIGURATION):
        role_with(pool, **claims)
    for each in roles:
        assert role_with(pool, each, **claims) == each


def test_role_that_is_not_in_the_token_cannot_be_requested(
    pool: PoolUnderTest,
) -> None:
    set_roles(pool, mapping=by_token("AuthenticatedRole"))

    with rejects(
        "NotAuthorizedException", f"Access to Role '{role('user')}' is forbidden."
    ):
        role_with(pool, "user", **claims_with("a", "a"))


def test_token_without_roles_gets_the_role_of_users(pool: PoolUnderTest) -> None:
    set_roles(pool, mapping=by_token("AuthenticatedRole"))

    assert role_with(pool, **{"cognito:groups": ["admins"]}) == "user"
    assert role_of(pool, google="alice") == "user"


@pytest.mark.parametrize(
    "claims",
    [
        *(
            {"cognito:roles": each}
            for each in (5, None, "", ",", [5, [], ""], {"a": 1})
        ),
        *({"cognito:groups": each} for each in (5, None, {}, [{}, 5])),
        *({"cognito:preferred_role": each} for each in (5, None, ["a"])),
    ],
)
def test_malformed_claims_contain_no_roles(
    pool: PoolUnderTest, claims: dict[str, Any]
) -> None:
    set_roles(pool, mapping=by_token("AuthenticatedRole"))

    assert role_with(pool, **claims) == "user"


# --- IAM ---


def test_roles_do_not_have_to_exist_without_iam(pool: PoolUnderTest) -> None:
    set_roles(pool)

    assert role_of(pool) == "guest"


@pytest.mark.provokes(CREDENTIALS, "InvalidIdentityPoolConfigurationException")
def test_role_must_exist_and_trust_the_identity_with_iam(
    aws: Aws, pool: PoolUnderTest, enforce: Callable[[], None]
) -> None:
    user, guest = pool.get_id(facebook="alice"), pool.guest()
    trusting = make_role(aws, trusted=trust(pool.id, amr="authenticated"))
    pool.call("set_identity_pool_roles", Roles={"authenticated": trusting})
    enforce()

    assert pool.log_in(user, facebook="alice") == user
    assert pool.log_in(guest) == guest  # without a role

    for arn in (trusting, role("missing")):
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 100
        roles = dict.fromkeys(ROLES, arn)
        pool.call("set_identity_pool_roles", Roles=roles)
        enforce()
        with rejects(
            "InvalidIdentityPoolConfigurationException", INVALID_CONFIGURATION
        ):
            pool.get_credentials(guest)


def developer(aws: Aws, region: str = REGION) -> Any:
    """Return a client of an IAM user who may call all operations."""
    iam = aws.client("iam", region)
    iam.create_user(UserName="alice")
    statement = {"Effect": "Allow", "Action": "cognito-identity:*", "Resource": "*"}
    iam.put_user_policy(
        UserName="alice",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement}),
    )
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return aws.client(
        "cognito-identity",
        region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


@pytest.mark.provokes("SetIdentityPoolRoles", "NotAuthorizedException")
def test_roles_of_a_pool_must_exist_with_iam(
    aws: Aws, pool: PoolUnderTest, enforce: Callable[[], None]
) -> None:
    existing = make_role(aws, trusted=trust(pool.id))
    pool.client = developer(aws)
    enforce()

    with rejects(
        "NotAuthorizedException", f"Access to Role '{role('user')}' is forbidden."
    ):
        pool.call(
            "set_identity_pool_roles",
            Roles={"authenticated": existing, "unauthenticated": role("user")},
        )
    with rejects(
        "NotAuthorizedException", f"Access to Role '{role('matched')}' is forbidden."
    ):
        pool.call(
            "set_identity_pool_roles",
            Roles={"authenticated": existing},
            RoleMappings={
                FACEBOOK: by_token(),
                GOOGLE: by_rules(rule("a", "Equals", "b")),
            },
        )

    assert "Roles" not in pool.call("get_identity_pool_roles")
    pool.call("set_identity_pool_roles", Roles={"authenticated": existing})


def test_permission_to_pass_a_role_is_not_checked(
    aws: Aws, pool: PoolUnderTest, enforce: Callable[[], None]
) -> None:
    roles = {"authenticated": make_role(aws, trusted=trust(pool.id))}
    pool.client = developer(aws)
    enforce()

    pool.call("set_identity_pool_roles", Roles=roles)

    assert pool.call("get_identity_pool_roles")["Roles"] == roles


def test_roles_can_be_in_another_partition(
    aws: Aws, enforce: Callable[[], None]
) -> None:
    pool = PoolUnderTest(aws, region="cn-north-1")
    guest = pool.guest()
    document = {"Statement": trust(pool.id)}
    arn = aws.client("iam", "cn-north-1").create_role(
        RoleName="players", AssumeRolePolicyDocument=json.dumps(document)
    )["Role"]["Arn"]
    pool.client = developer(aws, "cn-north-1")
    enforce()

    pool.call("set_identity_pool_roles", Roles={"unauthenticated": arn})

    assert pool.log_in(guest) == guest
