"""Several threads at once: no update is lost, and no batch is seen by halves."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Barrier, Event
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.models import MockAWS, botocore_stubber

from moto_cognitosync import cognitosync_backends, mock_cognitosync, sync_trigger
from moto_cognitosync.cognitosync.store.datasets import Dataset
from moto_cognitosync.faults import fault
from tests.mock.test_leaks import running_threads, surroundings
from tests.support.aws import REGION, Aws
from tests.support.datasets import DatasetUnderTest, replace

ACCOUNT = "123456789012"
TRIGGER = "arn:aws:lambda:us-east-1:123456789012:function:slow"
THREADS = 4
ROUNDS = 5


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


def errors_of(*tasks: Callable[[], Any]) -> list[str]:
    """Return the names of the errors that tasks end with when started at once."""

    def error_of(task: Callable[[], Any]) -> str:
        try:
            task()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "none"

    return sorted(at_once(*(lambda task=task: error_of(task) for task in tasks)))


def increment(dataset: DatasetUnderTest) -> None:
    """Add one to each of three values, again and again until nobody is faster."""
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


def test_no_update_is_lost(dataset: DatasetUnderTest) -> None:
    # botocore makes these at first use, and for two threads at once makes them twice.
    assert dataset.client.exceptions

    def write() -> None:
        for _ in range(ROUNDS):
            increment(dataset)

    at_once(*[write] * THREADS)

    values = {key: each["Value"] for key, each in dataset.records().items()}
    assert values == dict.fromkeys("abc", str(THREADS * ROUNDS))
    assert dataset.list()["DatasetSyncCount"] == THREADS * ROUNDS


def test_counters_only_rise_for_many_clients_of_one_dataset(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    def client() -> DatasetUnderTest:
        # With credentials of its own, so that no other thread has this client.
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

    seen = at_once(
        *(lambda key=key, own=own: write(own, key) for key, own in clients.items())
    )

    assert all(counts == sorted(counts) for counts in seen)
    written = [count for counts in seen for count in counts[::2]]
    assert sorted(written) == list(range(1, THREADS * ROUNDS + 1))


def test_a_batch_is_seen_as_a_whole_or_not_at_all(dataset: DatasetUnderTest) -> None:
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

    _, *readers = at_once(write, *[read] * (THREADS - 1))

    for listed in (listed for reader in readers for listed in reader):
        records = listed["Records"]
        assert len(records) == (len(keys) if listed["DatasetExists"] else 0)
        assert len({each["Value"] for each in records}) == listed["DatasetExists"]
        assert {each["SyncCount"] for each in records} <= {listed["DatasetSyncCount"]}


def test_the_dashboard_waits_until_a_write_is_complete(
    dataset: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.write(volume="11")
    pool = cognitosync_backends[ACCOUNT][REGION]._pools[dataset.pool_id]
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
def test_one_token_serves_one_of_several_writers(dataset: DatasetUnderTest) -> None:
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
def test_one_of_several_deletions_succeeds(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")

    errors = errors_of(*[dataset.delete] * 8)

    assert errors == ["ResourceNotFoundException"] * 7 + ["none"]
    assert dataset.list()["DatasetSyncCount"] == 2


# --- Who waits, and who does not --------------------------------------------------


def test_a_slow_trigger_holds_up_nobody_else(dataset: DatasetUnderTest) -> None:
    running, go_on = Event(), Event()

    def wait_and_agree(event: dict[str, Any], _context: object) -> dict[str, Any]:
        running.set()
        go_on.wait(4)
        return event

    sync_trigger(TRIGGER, wait_and_agree)
    dataset.client.set_cognito_events(
        IdentityPoolId=dataset.pool_id, Events={"SyncTrigger": TRIGGER}
    )
    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(dataset.write, theme="dark")
        running.wait(20)
        assert dataset.list()["Count"] == 0
        assert not writing.done()
        go_on.set()
    sync_trigger(TRIGGER, None)

    assert dataset.list()["Count"] == 1


def test_a_delay_holds_up_nobody_else(
    dataset: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    struck, go_on = Event(), Event()

    def wait(_seconds: float) -> None:
        struck.set()
        go_on.wait(20)

    monkeypatch.setattr(time, "sleep", wait)
    with (
        fault("ListRecords", delay=3600, times=1),
        ThreadPoolExecutor(1) as threads,
    ):
        delayed = threads.submit(dataset.list)
        struck.wait(20)
        assert dataset.list()["Count"] == 0
        assert not delayed.done()
        go_on.set()

    assert delayed.result()["Count"] == 0


def test_mocks_that_start_and_stop_at_once_leave_nothing_behind() -> None:
    with mock_cognitosync():
        pass  # what is loaded for the first of all mocks stays
    before, running = surroundings(), running_threads()

    def use_mocks() -> None:
        for _ in range(20):
            with mock_cognitosync():
                assert "AWS_ACCESS_KEY_ID" in os.environ

    at_once(*[use_mocks] * 8)

    assert surroundings() == before
    assert running_threads() <= running
    assert not MockAWS._mocks_active
    assert not botocore_stubber.enabled
