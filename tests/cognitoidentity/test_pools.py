"""Identity pools are created, changed, listed and deleted."""

from __future__ import annotations

from typing import Any

import pytest
from moto.cognitoidentity.models import cognitoidentity_backends

from moto_cognitosync.state import dump_state
from tests.support.aws import REGION, Aws, OnServer
from tests.support.identity_pools import (
    ACCOUNT,
    DEVELOPER,
    FACEBOOK,
    UNKNOWN_ID,
    PoolUnderTest,
    rejects,
)

MINIMAL = {"IdentityPoolName": "players", "AllowUnauthenticatedIdentities": False}
FULL = {
    "IdentityPoolName": "team 1, all players",
    "AllowUnauthenticatedIdentities": True,
    "AllowClassicFlow": False,
    "SupportedLoginProviders": {FACEBOOK: "1234"},
    "DeveloperProviderName": DEVELOPER,
    "OpenIdConnectProviderARNs": ["arn:aws:iam::123456789012:oidc-provider/a.example"],
    "CognitoIdentityProviders": [
        {
            "ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_a",
            "ClientId": "app",
            "ServerSideTokenCheck": False,
        }
    ],
    "SamlProviderARNs": ["arn:aws:iam::123456789012:saml-provider/office"],
    "IdentityPoolTags": {"team": "red"},
}


@pytest.fixture
def client(aws: Aws) -> Any:
    return aws.client("cognito-identity")


def create(client: Any, **settings: Any) -> dict[str, Any]:
    created: dict[str, Any] = client.create_identity_pool(**settings)
    del created["ResponseMetadata"]
    return created


def describe(client: Any, pool_id: str) -> dict[str, Any]:
    described: dict[str, Any] = client.describe_identity_pool(IdentityPoolId=pool_id)
    del described["ResponseMetadata"]
    return described


def list_names(client: Any) -> list[str]:
    pools = client.list_identity_pools(MaxResults=60)["IdentityPools"]
    return [each["IdentityPoolName"] for each in pools]


# --- CreateIdentityPool and DescribeIdentityPool ---


@pytest.mark.parametrize(
    ("settings", "defaults"),
    [
        (MINIMAL, {"IdentityPoolTags": {}}),
        (MINIMAL | {"SupportedLoginProviders": {}}, {"IdentityPoolTags": {}}),
        (FULL, {}),
    ],
)
def test_pool_has_exactly_the_members_that_were_set(
    client: Any, settings: dict[str, Any], defaults: dict[str, Any]
) -> None:
    created = create(client, **settings)

    pool_id = created["IdentityPoolId"]
    region, _, name = pool_id.partition(":")
    assert region == "us-east-1"
    assert len(name) == 36
    assert created == {"IdentityPoolId": pool_id, **settings, **defaults}
    assert describe(client, pool_id) == created


def test_names_of_pools_do_not_have_to_be_unique(client: Any) -> None:
    ids = {create(client, **MINIMAL)["IdentityPoolId"] for _ in range(2)}

    assert len(ids) == 2


@pytest.mark.parametrize("flag", [True, False])
def test_classic_flow_is_returned_if_it_was_set(client: Any, flag: bool) -> None:
    created = create(client, **MINIMAL, AllowClassicFlow=flag)

    assert created["AllowClassicFlow"] is flag


@pytest.mark.provokes("CreateIdentityPool", "InvalidParameterException")
def test_user_pool_of_a_new_pool_requires_a_provider_name(client: Any) -> None:
    user_pools = [*FULL["CognitoIdentityProviders"], {"ClientId": "app"}]  # type: ignore[misc]

    with rejects("InvalidParameterException", "Invalid Cognito Identity Provider"):
        create(client, **MINIMAL, CognitoIdentityProviders=user_pools)

    assert list_names(client) == []


def test_new_pool_cannot_have_more_than_50_tags(client: Any) -> None:
    tags = {f"tag-{number}": "" for number in range(51)}

    with rejects(
        "InvalidParameterException",
        "The identity pool would have 51 tags; the limit is 50.",
    ):
        create(client, **MINIMAL, IdentityPoolTags=tags)

    del tags["tag-0"]
    assert create(client, **MINIMAL, IdentityPoolTags=tags)["IdentityPoolTags"] == tags


@pytest.mark.provokes("CreateIdentityPool", "LimitExceededException")
def test_account_cannot_have_more_than_1000_pools(aws: Aws, client: Any) -> None:
    for _ in range(1000):
        create(client, **MINIMAL)

    with rejects(
        "LimitExceededException",
        "The account already has 1000 identity pools; the limit is 1000.",
    ):
        create(client, **MINIMAL)
    create(aws.client("cognito-identity", "eu-west-1"), **MINIMAL)


@pytest.mark.provokes("DescribeIdentityPool", "ResourceNotFoundException")
def test_unknown_pool_cannot_be_described(client: Any) -> None:
    with rejects(
        "ResourceNotFoundException", f"IdentityPool '{UNKNOWN_ID}' not found."
    ):
        describe(client, UNKNOWN_ID)


def test_pools_belong_to_a_region(aws: Aws, client: Any) -> None:
    pool_id = create(client, **MINIMAL)["IdentityPoolId"]

    elsewhere = aws.client("cognito-identity", "eu-west-1")
    with rejects("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found."):
        describe(elsewhere, pool_id)


def test_region_must_exist(aws: Aws) -> None:
    client = aws.client("cognito-identity", "eu-north-7")

    with pytest.raises(
        client.exceptions.InvalidParameterException,
        match="Amazon Cognito Identity is not available in the region 'eu-north-7'. "
        r"Choose one of: a.*, us-west-2; or set "
        "MOTO_ALLOW_NONEXISTENT_REGION=true to allow any.$",
    ):
        create(client, **MINIMAL)


# --- UpdateIdentityPool ---


def test_update_returns_omitted_members_to_their_defaults(client: Any) -> None:
    pool_id = create(client, **FULL)["IdentityPoolId"]

    updated = client.update_identity_pool(IdentityPoolId=pool_id, **MINIMAL)

    del updated["ResponseMetadata"]
    kept = {name: FULL[name] for name in ("DeveloperProviderName", "IdentityPoolTags")}
    assert updated == {"IdentityPoolId": pool_id, **MINIMAL, **kept}
    assert describe(client, pool_id) == updated


def test_update_changes_all_given_members(client: Any) -> None:
    pool_id = create(client, **MINIMAL, IdentityPoolTags={"a": "b"})["IdentityPoolId"]

    client.update_identity_pool(IdentityPoolId=pool_id, **FULL)

    assert describe(client, pool_id) == {"IdentityPoolId": pool_id, **FULL}


@pytest.mark.provokes("UpdateIdentityPool", "InvalidParameterException")
def test_developer_provider_cannot_change(pool: PoolUnderTest) -> None:
    before = pool.call("describe_identity_pool")

    with rejects(
        "InvalidParameterException",
        f"The developer provider name cannot be changed: it is '{DEVELOPER}'.",
    ):
        pool.update(IdentityPoolName="renamed", DeveloperProviderName="other")

    assert pool.call("describe_identity_pool") == before
    pool.update(IdentityPoolName="renamed", DeveloperProviderName=DEVELOPER)
    assert pool.call("describe_identity_pool")["IdentityPoolName"] == "renamed"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"CognitoIdentityProviders": [{"ClientId": "app"}]},
            "Invalid Cognito Identity Provider",
        ),
        (
            {"IdentityPoolTags": {f"tag-{number}": "" for number in range(51)}},
            "The identity pool would have 51 tags; the limit is 50.",
        ),
    ],
)
def test_rejected_update_changes_nothing(
    pool: PoolUnderTest, settings: dict[str, Any], message: str
) -> None:
    before = pool.call("describe_identity_pool")

    with rejects("InvalidParameterException", message):
        pool.update(IdentityPoolName="renamed", **settings)

    assert pool.call("describe_identity_pool") == before


@pytest.mark.provokes("UpdateIdentityPool", "ResourceNotFoundException")
def test_unknown_pool_cannot_be_updated(client: Any) -> None:
    with rejects(
        "ResourceNotFoundException", f"IdentityPool '{UNKNOWN_ID}' not found."
    ):
        client.update_identity_pool(IdentityPoolId=UNKNOWN_ID, **MINIMAL)


# --- ListIdentityPools ---


def test_list_of_pools_has_ids_and_names_only(client: Any) -> None:
    pool_id = create(client, **FULL)["IdentityPoolId"]

    listed = client.list_identity_pools(MaxResults=1)

    name = FULL["IdentityPoolName"]
    assert listed["IdentityPools"] == [
        {"IdentityPoolId": pool_id, "IdentityPoolName": name}
    ]
    assert "NextToken" not in listed


def test_list_of_pools_has_pages(client: Any) -> None:
    ids = {create(client, **MINIMAL)["IdentityPoolId"] for _ in range(3)}

    first = client.list_identity_pools(MaxResults=2)
    second = client.list_identity_pools(MaxResults=2, NextToken=first["NextToken"])

    pages = [first["IdentityPools"], second["IdentityPools"]]
    assert [len(page) for page in pages] == [2, 1]
    assert {each["IdentityPoolId"] for page in pages for each in page} == ids
    assert "NextToken" not in second


@pytest.mark.provokes("ListIdentityPools", "InvalidParameterException")
def test_list_of_pools_rejects_an_invalid_token(client: Any) -> None:
    with rejects("InvalidParameterException", "NextToken not valid: '?'"):
        client.list_identity_pools(MaxResults=2, NextToken="?")


# --- DeleteIdentityPool ---


def test_pool_is_deleted_with_all_its_data(aws: Aws, pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(facebook="alice")
    pool.dataset(identity_id).write(theme="dark")
    pool.client.set_identity_pool_roles(
        IdentityPoolId=pool.id,
        Roles={"authenticated": f"arn:aws:iam::{ACCOUNT}:role/a"},
    )

    pool.call("delete_identity_pool")

    assert list_names(pool.client) == []
    assert cognitoidentity_backends[ACCOUNT][REGION].pools_identities == {}
    with rejects("ResourceNotFoundException", f"Identity '{identity_id}' not found."):
        pool.describe(identity_id)
    sync = aws.client("cognito-sync")
    assert sync.list_identity_pool_usage()["Count"] == 0
    if not isinstance(aws, OnServer):
        assert dump_state()["IdentityPools"] == []


def test_pool_is_deleted_where_cognito_sync_is_not_offered(aws: Aws) -> None:
    pool = PoolUnderTest(aws, region="sa-east-1")
    pool.get_id(facebook="alice")

    pool.call("delete_identity_pool")

    assert list_names(pool.client) == []


def test_moto_dashboard_does_not_show_deleted_pools(aws: Aws) -> None:
    from moto.cognitoidentity.models import CognitoIdentityPool

    from moto_cognitosync.cognitosync.store.pools import IdentityPool
    from moto_cognitosync.core.tracking import tracked

    kept, deleted = PoolUnderTest(aws), PoolUnderTest(aws)
    for pool in (kept, deleted):
        pool.dataset(pool.guest()).write(theme="dark")

    deleted.call("delete_identity_pool")

    shown = [*tracked(CognitoIdentityPool), *tracked(IdentityPool)]
    assert [each.identity_pool_id for each in shown] == [kept.id] * 2  # type: ignore[attr-defined]


@pytest.mark.provokes("DeleteIdentityPool", "ResourceNotFoundException")
def test_unknown_pool_cannot_be_deleted(client: Any) -> None:
    with rejects(
        "ResourceNotFoundException", f"IdentityPool '{UNKNOWN_ID}' not found."
    ):
        client.delete_identity_pool(IdentityPoolId=UNKNOWN_ID)


def test_number_of_user_pools_is_not_limited(pool: PoolUnderTest) -> None:
    user_pools = [
        {"ProviderName": f"cognito-idp.us-east-1.amazonaws.com/us-east-1_{number}"}
        for number in range(51)  # AWS allows 50
    ]

    updated = pool.update(CognitoIdentityProviders=user_pools)

    assert updated["CognitoIdentityProviders"] == user_pools
