"""The mock under asyncio: aiobotocore with aiomoto, or with the server.

aiomoto does not support all versions of Python and moto, so ``make test-async`` runs
these tests in a separate environment. They do not count toward coverage.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("aiomoto", reason="aiomoto is not installed: make test-async")

import aiomoto
from aiobotocore.session import get_session

import moto_cognitosync
from tests.support.aws import REGION
from tests.support.datasets import remove, replace

if TYPE_CHECKING:
    from types_boto3_cognito_sync import CognitoSyncClient

WRITERS = 25


@pytest.fixture(params=["aiomoto", "inside mock_cognitosync", "server"])
async def player(request: pytest.FixtureRequest) -> AsyncIterator[Player]:
    """A new player, with aiomoto alone, inside mock_cognitosync and on the server."""
    endpoint: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        if request.param == "server":
            server = request.getfixturevalue("cognitosync_server")
            endpoint = {
                "endpoint_url": server.url,
                "aws_access_key_id": "testing",
                "aws_secret_access_key": "testing",
            }
        elif request.param == "aiomoto":
            moto_cognitosync.register()
            await stack.enter_async_context(aiomoto.mock_aws())
        else:
            stack.enter_context(moto_cognitosync.mock_cognitosync())
            await stack.enter_async_context(aiomoto.mock_aws())

        async def client(service: str) -> Any:
            made = get_session().create_client(service, REGION, **endpoint)
            return await stack.enter_async_context(made)

        identities = await client("cognito-identity")
        yield await Player.new(identities, await client("cognito-sync"))


class Player:
    """Calls on one dataset of one identity, with the ids filled in."""

    def __init__(self, sync: Any, ids: dict[str, str]) -> None:
        self.sync = sync
        self.ids = ids

    @classmethod
    async def new(cls, identities: Any, sync: Any) -> Player:
        pool = await identities.create_identity_pool(
            IdentityPoolName="players", AllowUnauthenticatedIdentities=True
        )
        pool_id = pool["IdentityPoolId"]
        identity_id = (await identities.get_id(IdentityPoolId=pool_id))["IdentityId"]
        ids = {
            "IdentityPoolId": pool_id,
            "IdentityId": identity_id,
            "DatasetName": "settings",
        }
        return cls(sync, ids)

    async def list(self) -> dict[str, Any]:
        return await self.sync.list_records(**self.ids)  # type: ignore[no-any-return]

    async def patch(self, *patches: dict[str, Any], token: str | None = None) -> Any:
        token = token or (await self.list())["SyncSessionToken"]
        return await self.sync.update_records(
            **self.ids, SyncSessionToken=token, RecordPatches=patches
        )

    async def values(self) -> dict[str, Any]:
        records = (await self.list())["Records"]
        return {record["Key"]: record.get("Value") for record in records}

    async def delete(self) -> dict[str, Any]:
        return (await self.sync.delete_dataset(**self.ids))["Dataset"]  # type: ignore[no-any-return]


async def test_a_dataset_can_be_written_listed_and_deleted(player: Player) -> None:
    await player.patch(replace("theme", "dark"), replace("volume", "11"))
    await player.patch(remove("volume", 1))

    assert await player.values() == {"theme": "dark", "volume": None}
    assert (await player.delete())["NumRecords"] == 1
    assert (await player.list())["DatasetExists"] is False


async def test_an_error_raises_a_client_exception(player: Player) -> None:
    with pytest.raises(
        player.sync.exceptions.ResourceNotFoundException,
        match=r"operation: Dataset 'settings' not found\.$",
    ):
        await player.delete()


async def test_concurrent_writes_each_increment_the_sync_count(player: Player) -> None:
    keys = [f"key {number}" for number in range(WRITERS)]

    await asyncio.gather(*(player.patch(replace(key, "written")) for key in keys))

    assert await player.values() == dict.fromkeys(keys, "written")
    assert (await player.list())["DatasetSyncCount"] == WRITERS


async def test_only_one_of_many_concurrent_writes_with_the_same_token_succeeds(
    player: Player,
) -> None:
    token = (await player.list())["SyncSessionToken"]

    results = await asyncio.gather(
        *(
            player.patch(replace("winner", str(number)), token=token)
            for number in range(WRITERS)
        ),
        return_exceptions=True,
    )

    rejected = player.sync.exceptions.InvalidParameterException
    assert sum(isinstance(result, rejected) for result in results) == WRITERS - 1
    assert (await player.list())["DatasetSyncCount"] == 1


async def test_boto3_reads_records_written_with_aiobotocore(
    cognitosync: CognitoSyncClient,
) -> None:
    async with (
        aiomoto.mock_aws(),
        get_session().create_client("cognito-identity", REGION) as identities,
        get_session().create_client("cognito-sync", REGION) as sync,
    ):
        player = await Player.new(identities, sync)
        await player.patch(replace("theme", "dark"))

    (record,) = cognitosync.list_records(**player.ids)["Records"]
    assert record["Value"] == "dark"
