"""Pools and identities are shared with moto's own Cognito Identity."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.cognitoidentity.models import cognitoidentity_backends

from tests.support.aws import REGION, Aws
from tests.support.identity_pools import ACCOUNT, FACEBOOK, PoolUnderTest


@pytest.fixture
def moto(aws: Aws) -> Any:  # noqa: ARG001 - start the mock first
    """moto's backend."""
    return cognitoidentity_backends[ACCOUNT][REGION]


def listed_by(moto: Any, pool: PoolUnderTest) -> Any:
    return json.loads(moto.list_identities(pool.id))


def listing_of(pool: PoolUnderTest, *ids: str) -> Any:
    """Return what moto lists for some identities."""
    identities = [{"IdentityId": each} for each in ids]
    return {"IdentityPoolId": pool.id, "Identities": identities}


def test_moto_knows_new_pools_and_identities(moto: Any, pool: PoolUnderTest) -> None:
    assert listed_by(moto, pool) == listing_of(pool)

    ids = [pool.guest(), pool.get_id(facebook="alice")]

    assert listed_by(moto, pool) == listing_of(pool, *ids)


def test_moto_knows_which_identities_are_deleted(
    moto: Any, pool: PoolUnderTest
) -> None:
    ids = [pool.guest() for _ in range(3)]

    pool.client.delete_identities(IdentityIdsToDelete=[ids[1]])
    ids.append(pool.guest())

    assert listed_by(moto, pool) == listing_of(pool, ids[0], ids[2], ids[3])
    assert pool.ids() == [ids[0], ids[2], ids[3]]


def test_pool_and_identities_that_moto_has_created_are_known(
    moto: Any, pool: PoolUnderTest
) -> None:
    created = moto.create_identity_pool(
        identity_pool_name="made by moto",
        allow_unauthenticated_identities=True,
        supported_login_providers={FACEBOOK: "1"},
        developer_provider_name=None,
        open_id_connect_provider_arns=None,
        cognito_identity_providers=None,
        saml_provider_arns=None,
        tags=None,
    )
    pool.id = json.loads(created)["IdentityPoolId"]

    ids = [json.loads(moto.get_id(pool.id))["IdentityId"] for _ in range(2)]
    assert pool.log_in(ids[0], facebook="alice") == ids[0]
    ids.append(pool.guest())
    ids.append(json.loads(moto.get_id(pool.id))["IdentityId"])

    assert pool.ids() == ids
    assert pool.call("describe_identity_pool") == {
        "IdentityPoolId": pool.id,
        "IdentityPoolName": "made by moto",
        "AllowUnauthenticatedIdentities": True,
        "SupportedLoginProviders": {FACEBOOK: "1"},
        "IdentityPoolTags": {},
    }


def test_pool_that_moto_has_not_finished_creating_is_known(
    moto: Any, pool: PoolUnderTest
) -> None:
    del moto.pools_identities[pool.id]  # moto adds this entry after the pool

    identity_id = pool.guest()

    assert listed_by(moto, pool) == listing_of(pool, identity_id)
