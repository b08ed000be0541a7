"""Several threads at once: no update is lost, and no batch is seen by halves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from .conftest import DatasetUnderTest, replace

THREADS = 6
ROUNDS = 6


@pytest.fixture(autouse=True)
def _frequent_switches() -> Iterator[None]:
    """Let threads take turns as often as they can, so that a missing lock shows."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def at_once(*tasks: Callable[[], Any]) -> list[Any]:
    """Start tasks at the same moment, each in a thread; return their results."""
    barrier = Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        barrier.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as threads:
        return list(threads.map(run, tasks))


def increment(dataset: DatasetUnderTest) -> int:
    """Add one to a counter as clients do; return the number of attempts."""
    attempts = 0
    while True:
        attempts += 1
        listed = dataset.list()
        values = {each["Key"]: each["Value"] for each in listed["Records"]}
        value = str(int(values.get("a", 0)) + 1)
        patches = [replace(key, value, listed["DatasetSyncCount"]) for key in "abc"]
        try:
            dataset.patch(*patches, SyncSessionToken=listed["SyncSessionToken"])
        except dataset.client.exceptions.ResourceConflictException:
            continue
        return attempts


def test_no_update_is_lost(dataset: DatasetUnderTest) -> None:
    def write() -> None:
        for _ in range(ROUNDS):
            increment(dataset)

    at_once(*[write] * THREADS)

    assert {key: each["Value"] for key, each in dataset.records().items()} == {
        key: str(THREADS * ROUNDS) for key in "abc"
    }
    assert dataset.list()["DatasetSyncCount"] == THREADS * ROUNDS
