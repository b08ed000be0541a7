"""Concurrent threads never lose updates or see partial batches."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Barrier, Event
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.core.models import botocore_stubber

from moto_cognitosync import cognitosync_backends, mock_cognitosync, sync_trigger
from moto_cognitosync.cognitosync.store.datasets import Dataset
from moto_cognitosync.faults import fault
from tests.mock.test_leaks import patchable_state
from tests.server.test_http_server import running_threads
from tests.support.aws import REGION, Aws
from tests.support.datasets import DatasetUnderTest, replace

ACCOUNT = "123456789012"
TRIGGER = "arn:aws:lambda:us-east-1:123456789012:function:slow"
THREADS = 4
ROUNDS = 5


@pytest.fixture(autouse=True)
def _frequent_switches() -> Iterator[None]:
    """Switch threads as often as possible to expose missing locks."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def run_concurrently(*tasks: Callable[[], Any]) -> list[Any]:
    """Run each task in a thread, all at the same time, and return their results."""
    barrier = Barrier(len(tasks), timeout=60)

    def run(task: Callable[[], Any]) -> Any:
        barrier.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as threads:
        return list(threads.map(run, tasks))


def errors_of(*tasks: Callable[[], Any]) -> list[str]:
    """Run tasks concurrently, and return a sorted list of their error codes."""

    def error_of(task: Callable[[], Any]) -> str:
        try:
            task()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "none"

    return sorted(
        run_concurrently(*(lambda task=task: error_of(task) for task in tasks))
    )


def increment(dataset: DatasetUnderTest) -> None:
    """Increment three values in one batch, and retry on conflicts."""
    written: list[dict[str, Any]] = []
    while not written:
        listed = dataset.list()
        value = sum(int(each["Value"]) for each in listed["Records"]) // 3 + 1
        count = listed["DatasetSyncCount"]
        with suppress(dataset.client.exceptions.ResourceConflictException):
            written = dataset.patch(
                *(replace(key, str(value), count) for key in "abc"),
                SyncSessionToken=listed["SyncSessionToken"],
            )


def test_concurrent_updates_are_not_lost(dataset: DatasetUnderTest) -> None:
    # botocore creates these on first use, and twice if two threads do so at once.
    assert dataset.client.exceptions

    def write() -> None:
        for _ in range(ROUNDS):
            increment(dataset)

    run_concurrently(*[write] * THREADS)

    values = {key: each["Value"] for key, each in dataset.records().items()}
    assert values == dict.fromkeys("abc", str(THREADS * ROUNDS))
    assert dataset.list()["DatasetSyncCount"] == THREADS * ROUNDS


def test_sync_counts_only_increase_for_concurrent_clients(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    def client() -> DatasetUnderTest:
        # Arguments bypass the cache, so that each thread has its own client.
        client = aws.client("cognito-sync", aws_session_token="token")
        return DatasetUnderTest(
            client, dataset.pool_id, dataset.identity_id, dataset.name
        )

    def write(own: DatasetUnderTest, key: str) -> list[int]:
        counts = []
        for number in range(ROUNDS):
            (written,) = own.write(**{key: str(number)})
            counts += [written["SyncCount"], own.list()["DatasetSyncCount"]]
        return counts

    clients = {f"key {number}": client() for number in range(THREADS)}

    seen = run_concurrently(
        *(lambda key=key, own=own: write(own, key) for key, own in clients.items())
    )

    assert all(counts == sorted(counts) for counts in seen)
    written = [count for counts in seen for count in counts[::2]]
    assert sorted(written) == list(range(1, THREADS * ROUNDS + 1))


def test_readers_never_see_a_partial_batch(dataset: DatasetUnderTest) -> None:
    keys = [f"{number:03}" for number in range(50)]
    seen, done = Event(), Event()

    def write() -> None:
        try:
            for number in range(ROUNDS):
                dataset.patch(*(replace(key, str(number), 99) for key in keys))
                dataset.patch(*(replace(key, f"{number}+", 99) for key in keys))
                assert seen.wait(20)
                dataset.delete()
        finally:
            done.set()

    def read() -> list[dict[str, Any]]:
        return [look() for _ in iter(done.is_set, True)]

    def look() -> dict[str, Any]:
        listed = dataset.list()
        if listed["DatasetExists"]:
            seen.set()
        return listed

    _, *readers = run_concurrently(write, *[read] * (THREADS - 1))

    for listed in (listed for reader in readers for listed in reader):
        records = listed["Records"]
        assert len(records) == (len(keys) if listed["DatasetExists"] else 0)
        assert len({each["Value"] for each in records}) == listed["DatasetExists"]
        assert {each["SyncCount"] for each in records} <= {listed["DatasetSyncCount"]}


def test_the_dashboard_waits_until_a_write_is_complete(
    dataset: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.write(volume="11")
    pool = cognitosync_backends[ACCOUNT][REGION].pools.pool(dataset.pool_id)
    reading: list[Future[Any]] = []
    started = Event()
    write = Dataset.write

    def read() -> Any:
        started.set()
        return pool.datasets

    def read_and_write(*args: Any) -> Any:
        reading.append(threads.submit(read))
        started.wait(20)
        wait(reading, timeout=0.1)
        return write(*args)

    with ThreadPoolExecutor() as threads:
        monkeypatch.setattr(Dataset, "write", read_and_write)
        dataset.write(theme="dark")

    (shown,) = reading[0].result()
    assert shown["NumRecords"] == 2


@pytest.mark.provokes("UpdateRecords", "InvalidParameterException")
def test_only_one_of_several_writers_can_use_a_token(dataset: DatasetUnderTest) -> None:
    token = dataset.token()

    errors = errors_of(
        *(
            lambda key=key: dataset.patch(replace(key, "1"), SyncSessionToken=token)
            for key in "abcdefgh"
        )
    )

    assert errors == ["InvalidParameterException"] * 7 + ["none"]
    assert dataset.list()["Count"] == 1


@pytest.mark.provokes("DeleteDataset", "ResourceNotFoundException")
def test_only_one_of_several_deletions_succeeds(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")

    errors = errors_of(*[dataset.delete] * 8)

    assert errors == ["ResourceNotFoundException"] * 7 + ["none"]
    assert dataset.list()["DatasetSyncCount"] == 2


# --- Blocking ---------------------------------------------------------------------


def test_a_slow_trigger_does_not_block_other_requests(
    dataset: DatasetUnderTest,
) -> None:
    running, proceed = Event(), Event()

    def wait_and_return(event: dict[str, Any], _context: object) -> dict[str, Any]:
        running.set()
        proceed.wait(4)
        return event

    sync_trigger(TRIGGER, wait_and_return)
    dataset.client.set_cognito_events(
        IdentityPoolId=dataset.pool_id, Events={"SyncTrigger": TRIGGER}
    )
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(dataset.write, theme="dark")
        running.wait(20)
        assert dataset.list()["Count"] == 0
        assert not writing.done()
        proceed.set()
    sync_trigger(TRIGGER, None)

    assert dataset.list()["Count"] == 1


def test_a_delayed_request_does_not_block_other_requests(
    dataset: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeping, proceed = Event(), Event()

    def wait(_seconds: float) -> None:
        sleeping.set()
        proceed.wait(20)

    monkeypatch.setattr(time, "sleep", wait)
    with (
        fault("ListRecords", delay=3600, times=1),
        ThreadPoolExecutor(1) as threads,
    ):
        delayed = threads.submit(dataset.list)
        sleeping.wait(20)
        assert dataset.list()["Count"] == 0
        assert not delayed.done()
        proceed.set()

    assert delayed.result()["Count"] == 0


def test_concurrent_mocks_leave_nothing_behind() -> None:
    with mock_cognitosync():
        pass  # modules loaded by the first mock stay loaded
    before, running = patchable_state(), running_threads()

    def use_mocks() -> None:
        for _ in range(20):
            with mock_cognitosync():
                assert "AWS_ACCESS_KEY_ID" in os.environ

    run_concurrently(*[use_mocks] * 8)

    assert patchable_state() == before
    assert running_threads() <= running
    assert not botocore_stubber.enabled
    # The next mock still replaces boto3's default session.
    session = boto3.Session()
    with patch.object(boto3, "DEFAULT_SESSION", session):
        with mock_cognitosync():
            assert boto3.DEFAULT_SESSION is None
        assert boto3.DEFAULT_SESSION is session
