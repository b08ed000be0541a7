"""Tags of pools, and principal tags that come from claims."""

from __future__ import annotations

from typing import Any

import pytest

from moto_cognitosync.core.credentials import read_session
from tests.support.identity_pools import (
    ACCOUNT,
    GOOGLE,
    OPEN_ID,
    OPEN_ID_ARN,
    UNKNOWN_ID,
    PoolUnderTest,
    claims_of,
    jwt,
    rejects,
)

POOL_NOT_FOUND = f"IdentityPool '{UNKNOWN_ID}' not found."
TAGS_CLAIM = "https://aws.amazon.com/tags"
DEFAULTS = {"client": "aud", "username": "sub"}


# --- Tags ---


def tags_of(pool: PoolUnderTest) -> dict[str, str]:
    response = pool.client.list_tags_for_resource(ResourceArn=pool.arn)
    return response["Tags"]  # type: ignore[no-any-return]


def tag(pool: PoolUnderTest, **tags: str) -> None:
    pool.client.tag_resource(ResourceArn=pool.arn, Tags=tags)


def test_new_pool_has_no_tags(pool: PoolUnderTest) -> None:
    assert tags_of(pool) == {}


def test_tags_are_added_changed_and_removed(pool: PoolUnderTest) -> None:
    pool.update(IdentityPoolTags={"team": "red", "stage": "test"})

    tag(pool, team="blue", empty="")
    assert tags_of(pool) == {"team": "blue", "stage": "test", "empty": ""}
    assert pool.call("describe_identity_pool")["IdentityPoolTags"] == tags_of(pool)

    pool.client.untag_resource(ResourceArn=pool.arn, TagKeys=["team", "unknown"])
    assert tags_of(pool) == {"stage": "test", "empty": ""}


def test_pool_without_tags_can_be_untagged(pool: PoolUnderTest) -> None:
    pool.client.untag_resource(ResourceArn=pool.arn, TagKeys=["team"])

    assert tags_of(pool) == {}


@pytest.mark.provokes("TagResource", "InvalidParameterException")
def test_pool_cannot_have_more_than_50_tags(pool: PoolUnderTest) -> None:
    tags = {f"tag-{number}": "" for number in range(50)}
    tag(pool, **tags)
    tag(pool, **{"tag-0": "changed"})

    with rejects(
        "InvalidParameterException",
        "The identity pool would have 51 tags; the limit is 50.",
    ):
        tag(pool, another="", **{"tag-0": "again"})

    assert tags_of(pool) == {**tags, "tag-0": "changed"}


def operations_on(pool: PoolUnderTest, arn: str) -> dict[str, Any]:
    """Return functions that call each operation on an ARN."""
    client = pool.client
    return {
        "ListTagsForResource": lambda: client.list_tags_for_resource(ResourceArn=arn),
        "TagResource": lambda: client.tag_resource(ResourceArn=arn, Tags={"a": "b"}),
        "UntagResource": lambda: client.untag_resource(ResourceArn=arn, TagKeys=["a"]),
    }


@pytest.mark.provokes("ListTagsForResource", "ResourceNotFoundException")
@pytest.mark.provokes("TagResource", "ResourceNotFoundException")
@pytest.mark.provokes("UntagResource", "ResourceNotFoundException")
def test_unknown_pool_has_no_tags(pool: PoolUnderTest) -> None:
    pool.id = UNKNOWN_ID

    for call in operations_on(pool, pool.arn).values():
        with rejects("ResourceNotFoundException", POOL_NOT_FOUND):
            call()


@pytest.mark.provokes("ListTagsForResource", "AccessDeniedException")
@pytest.mark.provokes("TagResource", "AccessDeniedException")
@pytest.mark.provokes("UntagResource", "AccessDeniedException")
@pytest.mark.parametrize(
    "make_arn",
    [
        lambda pool: pool.id,
        lambda pool: pool.arn.replace(ACCOUNT, "000000000000"),
        lambda pool: pool.arn.replace("cognito-identity", "cognito-sync"),
        lambda pool: pool.arn.removesuffix(pool.id),
    ],
    ids=["id", "other account", "other service", "no pool"],
)
def test_resource_must_be_the_arn_of_a_pool(pool: PoolUnderTest, make_arn: Any) -> None:
    arn = make_arn(pool)

    for operation, call in operations_on(pool, arn).items():
        with rejects(
            "AccessDeniedException",
            f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: "
            f"cognito-identity:{operation} on resource: {arn}",
        ):
            call()


def test_arn_can_be_of_any_partition(pool: PoolUnderTest) -> None:
    arn = pool.arn.replace("arn:aws:", "arn:aws-cn:")

    assert pool.client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {}


# --- Principal tags ---


def set_map(pool: PoolUnderTest, provider: str = GOOGLE, **members: Any) -> Any:
    return pool.call(
        "set_principal_tag_attribute_map", IdentityProviderName=provider, **members
    )


def get_map(pool: PoolUnderTest, provider: str = GOOGLE) -> Any:
    return pool.call("get_principal_tag_attribute_map", IdentityProviderName=provider)


def tags_in_token(pool: PoolUnderTest, **logins: str) -> Any:
    """Log in, and return the principal tags of the token and the credentials."""
    identity_id = pool.get_id(**logins)
    claims = claims_of(pool.get_token(identity_id, **logins)["Token"])
    credentials = pool.get_credentials(identity_id, **logins)["Credentials"]
    session = read_session(credentials["SessionToken"])
    assert session is not None
    tags = claims.get(TAGS_CLAIM, {}).get("principal_tags", {})
    assert {name: [value] for name, value in session.principal_tags.items()} == tags
    return tags


def test_new_pool_maps_no_claims(pool: PoolUnderTest) -> None:
    expected = {
        "IdentityPoolId": pool.id,
        "IdentityProviderName": GOOGLE,
        "UseDefaults": False,
        "PrincipalTags": {},
    }

    assert get_map(pool) == expected
    assert tags_in_token(pool, google=jwt(sub="a", aud="app")) == {}


def test_claims_become_principal_tags(pool: PoolUnderTest) -> None:
    tags = {"team": "department", "level": "rank", "missing": "unknown"}
    expected = {
        "IdentityPoolId": pool.id,
        "IdentityProviderName": GOOGLE,
        "UseDefaults": False,
        "PrincipalTags": tags,
    }

    assert set_map(pool, PrincipalTags=tags) == expected
    assert get_map(pool) == expected

    token = jwt(sub="a", department="red", rank=7)
    assert tags_in_token(pool, google=token) == {"team": ["red"], "level": ["7"]}
    assert tags_in_token(pool, facebook="alice") == {}


def test_default_claims_are_subject_and_client(pool: PoolUnderTest) -> None:
    response = set_map(pool, UseDefaults=True, PrincipalTags={"team": "department"})

    assert response["UseDefaults"] is True
    assert response["PrincipalTags"] == DEFAULTS
    assert get_map(pool) == response
    token = jwt(sub="a", aud="app", department="red")
    expected = {"username": ["a"], "client": ["app"]}
    assert tags_in_token(pool, google=token) == expected


def test_setting_a_map_replaces_it(pool: PoolUnderTest) -> None:
    set_map(pool, UseDefaults=True)
    set_map(pool, OPEN_ID, PrincipalTags={"team": "department"})

    set_map(pool)

    assert get_map(pool)["PrincipalTags"] == {}
    assert get_map(pool, OPEN_ID)["PrincipalTags"] == {"team": "department"}


def test_map_of_open_id_connect_can_name_the_arn(pool: PoolUnderTest) -> None:
    set_map(pool, OPEN_ID_ARN, PrincipalTags={"team": "department"})

    token = jwt(sub="a", department="red")
    assert tags_in_token(pool, open_id=token) == {"team": ["red"]}


def test_developer_sets_principal_tags_directly(pool: PoolUnderTest) -> None:
    set_map(pool, PrincipalTags={"team": "department", "level": "rank"})

    response = pool.call(
        "get_open_id_token_for_developer_identity",
        Logins={
            "login.game.example": "1",
            GOOGLE: jwt(sub="a", department="red", rank="7"),
        },
        PrincipalTags={"team": "blue"},
    )

    tags = claims_of(response["Token"])[TAGS_CLAIM]["principal_tags"]
    assert tags == {"team": ["blue"], "level": ["7"]}
    given = pool.get_credentials(response["IdentityId"], cognito=response["Token"])
    session = read_session(given["Credentials"]["SessionToken"])
    assert session is not None
    assert session.principal_tags == {"team": "blue", "level": "7"}


@pytest.mark.provokes("SetPrincipalTagAttributeMap", "ResourceNotFoundException")
@pytest.mark.provokes("GetPrincipalTagAttributeMap", "ResourceNotFoundException")
def test_unknown_pool_has_no_principal_tags(pool: PoolUnderTest) -> None:
    pool.id = UNKNOWN_ID

    for call in (set_map, get_map):
        with rejects("ResourceNotFoundException", POOL_NOT_FOUND):
            call(pool)
