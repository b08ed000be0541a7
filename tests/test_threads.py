"""Many threads on one dataset: nothing is lost, and nothing is seen by halves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config

from .conftest import Aws, DatasetUnderTest, replace

THREADS = 6
WRITES = 8


@pytest.fixture(autouse=True)
def _threads_switch_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.fixture
def sync(aws: Aws) -> Any:
    config = Config(max_pool_connections=THREADS, retries={"total_max_attempts": 1})
    return aws.client("cognito-sync", config=config)


def in_threads(task: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(THREADS) as executor:
        return list(executor.map(task, range(THREADS)))


def count_up(dataset: DatasetUnderTest) -> None:
    """Add one to a number, as a client does: again after each conflict."""
    while True:
        listed = dataset.list()
        records = {each["Key"]: each for each in listed["Records"]}
        number = int(records["number"]["Value"]) + 1
        patch = replace("number", str(number), records["number"]["SyncCount"])
        try:
            dataset.patch(patch, SyncSessionToken=listed["SyncSessionToken"])
        except dataset.client.exceptions.ResourceConflictException:
            continue
        return


def test_no_update_is_lost(dataset: DatasetUnderTest) -> None:
    dataset.write(number="0")

    in_threads(lambda _: [count_up(dataset) for _ in range(WRITES)])

    listed = dataset.list()
    assert listed["Records"][0]["Value"] == str(THREADS * WRITES)
    assert listed["DatasetSyncCount"] == THREADS * WRITES + 1


def test_no_batch_is_seen_by_halves(dataset: DatasetUnderTest) -> None:
    keys = [f"key-{number}" for number in range(20)]
    dataset.write(**dict.fromkeys(keys, "0"))

    def write_or_read(thread: int) -> bool:
        for number in range(WRITES):
            if thread % 2:
                patches = [replace(key, f"{thread}-{number}", 1_000) for key in keys]
                dataset.patch(*patches)
            records = dataset.list()["Records"]
            batches = {(each["Value"], each["SyncCount"]) for each in records}
            if len(batches) != 1:
                return False
        return True

    assert in_threads(write_or_read) == [True] * THREADS


def test_of_many_uses_of_one_token_one_succeeds(dataset: DatasetUnderTest) -> None:
    token = dataset.token()

    def write(thread: int) -> bool:
        try:
            dataset.patch(replace(f"key-{thread}", "1"), SyncSessionToken=token)
        except dataset.client.exceptions.InvalidParameterException:
            return False
        return True

    assert sum(in_threads(write)) == 1
    assert len(dataset.records()) == 1
