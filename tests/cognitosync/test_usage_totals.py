"""Running totals of a pool's usage: they always equal what a count would return."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import boto3
import time_machine
from botocore.exceptions import ClientError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moto_cognitosync import merge_identities, mock_cognitosync
from moto_cognitosync.server.inspector.data import describe_pools
from moto_cognitosync.state import StateError, add_dataset, dump_state, load_state
from tests.support.aws import REGION
from tests.support.datasets import DatasetUnderTest, remove, replace

POOL_ID = f"{REGION}:0"
IDENTITIES = {"alice": f"{REGION}:a", "bob": f"{REGION}:b"}
START = datetime.fromisoformat("2026-03-01T12:00:00+00:00")
LARGE = "v" * 600_000  # two of them exceed the size limit of a dataset


class World:
    """A pool, whose usage is compared with its dump."""

    def __init__(self) -> None:
        self.sync = boto3.client("cognito-sync", REGION)
        self.cognito = boto3.client("cognito-identity", REGION)
        self.create()

    def create(self) -> None:
        identities = [{"IdentityId": each} for each in IDENTITIES.values()]
        pool = {"IdentityPoolId": POOL_ID, "Identities": identities}
        load_state({"IdentityPools": [pool]})

    def dataset(self, who: str, name: str) -> DatasetUnderTest:
        return DatasetUnderTest(self.sync, POOL_ID, IDENTITIES[who], name)

    # --- Actions: they may fail, which must not change the usage ---

    def write(self, who: str, name: str) -> None:
        self.dataset(who, name).write(theme="dark", volume="é")

    def write_large(self, who: str, name: str) -> None:
        # On a new dataset, the first write succeeds and the second one fails.
        self.dataset(who, name).write(first=LARGE)
        self.dataset(who, name).write(second=LARGE)

    def write_stale(self, who: str, name: str) -> None:
        self.write(who, name)
        self.dataset(who, name).patch(replace("new", "1", 99), replace("theme", "1"))

    def remove_record(self, who: str, name: str) -> None:
        self.dataset(who, name).patch(remove("theme", 99))

    def delete_dataset(self, who: str, name: str) -> None:
        self.dataset(who, name).delete()

    def merge(self, who: str, _: str) -> None:
        source, into = sorted(IDENTITIES, key=lambda each: each == who)
        merge_identities(IDENTITIES[source], IDENTITIES[into])

    def delete_identity(self, who: str, _: str) -> None:
        self.cognito.delete_identities(IdentityIdsToDelete=[IDENTITIES[who]])

    def add(self, who: str, name: str) -> None:
        add_dataset(POOL_ID, IDENTITIES[who], name, {"slot": "1"})

    def reload(self, _: str, __: str) -> None:
        load_state(dump_state())

    def recreate_pool(self, _: str, __: str) -> None:
        self.cognito.delete_identity_pool(IdentityPoolId=POOL_ID)
        self.create()


def described() -> dict[str, Any]:
    usage = boto3.client("cognito-sync", REGION).describe_identity_pool_usage(
        IdentityPoolId=POOL_ID
    )["IdentityPoolUsage"]
    (pool,) = describe_pools("")
    return {
        "DataStorage": usage["DataStorage"],
        "DataStorage of inspector": pool["DataStorage"],
        "DatasetCount": pool["DatasetCount"],
        "LastModifiedDate": usage["LastModifiedDate"],
    }


def counted() -> dict[str, Any]:
    """Return the usage according to a dump."""
    (pool,) = dump_state()["IdentityPools"]
    datasets = [
        dataset
        for identity in pool.get("Identities", ())
        for dataset in identity.get("Datasets", ())
    ]
    storage = sum(
        len(record["Key"].encode()) + len(record["Value"].encode())
        for dataset in datasets
        for record in dataset["Records"]
        if "Value" in record
    )
    dates = [pool["CreationDate"], *(each["LastModifiedDate"] for each in datasets)]
    return {
        "DataStorage": storage,
        "DataStorage of inspector": storage,
        "DatasetCount": sum(each["DatasetExists"] for each in datasets),
        "LastModifiedDate": datetime.fromisoformat(max(dates).replace("Z", "+00:00")),
    }


Action = Callable[[World, str, str], None]
ACTIONS: list[Action] = [
    World.write,
    World.write_large,
    World.write_stale,
    World.remove_record,
    World.delete_dataset,
    World.merge,
    World.delete_identity,
    World.add,
    World.reload,
    World.recreate_pool,
]
STEPS = st.tuples(
    st.sampled_from(ACTIONS),
    st.sampled_from([*IDENTITIES]),
    st.sampled_from(["settings", "saves"]),
    # The clock may move back.
    st.sampled_from([0, 1, 1, 1, -5]),
    # If the usage was never counted, there is nothing to keep up to date.
    st.booleans(),
)


def step(action: Action, who: str = "alice", seconds: int = 1) -> Any:
    return action, who, "settings", seconds, True


@settings(deadline=None, max_examples=20)
@given(st.lists(STEPS, max_size=12))
@example([step(each) for each in ACTIONS])
@example([step(World.write), step(World.write, "bob"), step(World.merge)])
@example([step(World.write, "bob"), step(World.write), step(World.delete_identity)])
@example([step(World.write), step(World.delete_dataset, seconds=-5)])
@example([step(World.write), step(World.write, seconds=-5)])
@example([step(World.delete_dataset), step(World.write, "bob"), step(World.merge)])
def test_totals_equal_a_count(steps: list[tuple[Action, str, str, int, bool]]) -> None:
    with time_machine.travel(START, tick=False) as clock, mock_cognitosync():
        world = World()
        for action, who, name, seconds, look in steps:
            clock.shift(timedelta(seconds=seconds))
            with suppress(ClientError, StateError, ValueError):
                action(world, who, name)
            if look:
                assert described() == counted(), action.__name__
        assert described() == counted()
