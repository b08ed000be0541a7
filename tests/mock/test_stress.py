"""Dataset histories stay linearizable while many threads use the mock.

``STRESS_SECONDS`` sets how long each stress test runs.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, count
from threading import Event as Flag
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError
from moto.cognitoidentity.models import cognitoidentity_backends

from moto_cognitosync import merge_identities
from moto_cognitosync.assertions import CallLog
from moto_cognitosync.core import hooks
from moto_cognitosync.faults import _active, fault
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.state import dump_state
from tests.mock.test_threads import run_concurrently
from tests.support.aws import REGION, Aws, OnServer
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    replace,
)
from tests.support.linearizability import (
    CONFLICT,
    NOT_FOUND,
    DatasetModel,
    Event,
    is_linearizable,
)

ACCOUNT = "123456789012"
SECONDS = float(os.environ.get("STRESS_SECONDS", "1"))
CLIENTS, CALLS = 4, 6  # in each history
_ticks = count()  # orders the starts and ends of calls


@pytest.fixture(autouse=True)
def _frequent_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(interval)


# --- Clients whose calls are recorded ---------------------------------------------


def update(dataset: DatasetUnderTest, key: str, value: str, sync_count: int) -> Any:
    # Not part of the recorded call: any token is valid for one write.
    token = dataset.token()
    patch = replace(key, value, sync_count)
    began = next(_ticks)
    result = result_of(
        lambda: dataset.patch(patch, SyncSessionToken=token)[0]["SyncCount"]
    )
    return Event(began, next(_ticks), ("update", key, value, sync_count), result)


def delete(dataset: DatasetUnderTest) -> Event:
    began = next(_ticks)
    result = result_of(lambda: dataset.delete()["NumRecords"])
    return Event(began, next(_ticks), ("delete",), result)


def list_all(dataset: DatasetUnderTest, last_count: int) -> Event:
    began = next(_ticks)
    listed = dataset.list(LastSyncCount=last_count)
    records = tuple(
        (each["Key"], (each["Value"], each["SyncCount"])) for each in listed["Records"]
    )
    result = listed["DatasetExists"], listed["DatasetSyncCount"], records
    return Event(began, next(_ticks), ("list", last_count), result)


def result_of(call: Callable[[], Any]) -> Any:
    """Return the result of a call, or its error code."""
    try:
        return call()
    except ClientError as error:
        return error.response["Error"]["Code"]


def use(dataset: DatasetUnderTest, number: int) -> list[Event]:
    """Make random calls like a client that remembers the sync count."""
    choose = random.Random(f"{dataset.identity_id} {number}")
    events: list[Event] = []
    known = 0
    for turn in range(CALLS):
        kind = choose.choice(["update", "update", "list", "list", "delete"])
        if kind == "update":
            key, value = choose.choice("ab"), f"{number}.{turn}"
            events.append(update(dataset, key, value, choose.choice([known, 99])))
        elif kind == "list":
            events.append(list_all(dataset, choose.choice([0, known])))
            known = events[-1].result[1]
        else:
            events.append(delete(dataset))
    return events


# --- Everything else --------------------------------------------------------------


def create_pools_and_merge(aws: Aws) -> None:
    pool_id = make_pool(aws)
    source, into = make_identity(aws, pool_id), make_identity(aws, pool_id)
    sync = aws.client("cognito-sync")
    DatasetUnderTest(sync, pool_id, source, "settings").write(theme="dark")
    merge_identities(source, into)
    moved = DatasetUnderTest(sync, pool_id, into, "settings")
    assert moved.records()["theme"]["Value"] == "dark"
    # The oldest supported version of moto does not have DeleteIdentityPool.
    del cognitoidentity_backends[ACCOUNT][REGION].identity_pools[pool_id]


def create_and_delete_pools(_: Aws) -> None:
    # Without a client, which would take most of the time.
    backend = cognitoidentity_backends[ACCOUNT][REGION]
    created = [
        backend.create_identity_pool("players", True, {}, "", [], [], [], {})
        for _ in range(50)
    ]
    for pool in created:
        del backend.identity_pools[json.loads(pool)["IdentityPoolId"]]


def read_state(_: Aws) -> None:
    assert dump_state()["IdentityPools"]


def read_usage(aws: Aws) -> None:
    assert aws.client("cognito-sync").list_identity_pool_usage()["Count"]


def record_calls(aws: Aws) -> None:
    with CallLog() as calls:
        read_usage(aws)
    calls.assert_called("ListIdentityPoolUsage")


def start_faults(aws: Aws) -> None:
    with fault("ListIdentityPoolUsage", delay=1e-9) as delayed:
        read_usage(aws)
    assert delayed.count


def use_control_api(server: CognitoSyncServer) -> None:
    url = f"{server.url}/moto-api/cognito-sync/faults"
    parameters = {"operation": "GetCognitoEvents", "delay": 1e-9}
    posted = requests.post(url, json=parameters, timeout=60).json()
    listed = requests.get(url, timeout=60).json()["faults"]
    assert posted["id"] in [each["id"] for each in listed]
    assert requests.delete(f"{url}/{posted['id']}", timeout=60).ok


def background_tasks(aws: Aws) -> list[Callable[[], None]]:
    tasks: list[Callable[[], None]] = [
        partial(create_pools_and_merge, aws),
        partial(create_and_delete_pools, aws),
        partial(read_state, aws),
        partial(read_usage, aws),
        partial(record_calls, aws),
        partial(start_faults, aws),
    ]
    if isinstance(aws, OnServer):
        tasks.append(partial(use_control_api, aws.server))
    return tasks


def test_histories_are_linearizable_while_other_threads_use_everything(
    aws: Aws, sync: Any, pool_id: str
) -> None:
    assert sync.exceptions  # created on first use; two threads could create them twice
    done, histories = Flag(), []
    hooks_before = [*hooks.after]
    tasks = background_tasks(aws)

    def repeat(task: Callable[[], None]) -> int:
        turns = 0
        while not done.wait(0.002):
            task()
            turns += 1
        return turns

    with ThreadPoolExecutor(len(tasks)) as threads:
        running = [threads.submit(repeat, task) for task in tasks]
        end = time.monotonic() + SECONDS
        try:
            while time.monotonic() < end:
                identity_id = make_identity(aws, pool_id)
                dataset = DatasetUnderTest(sync, pool_id, identity_id, "settings")
                clients = [partial(use, dataset, number) for number in range(CLIENTS)]
                histories.append([*chain.from_iterable(run_concurrently(*clients))])
        finally:
            done.set()
    turns = sum(each.result() for each in running)

    for history in histories:
        assert is_linearizable(history, DatasetModel()), history
    assert [*hooks.after] == hooks_before
    assert [*_active] == []
    print(f"{len(histories)} histories, {turns} turns of other threads")  # for -s


# --- The checker ------------------------------------------------------------------

WRITE = ("update", "a", "1", 0)
EMPTY, WRITTEN = (False, 0, ()), (True, 1, (("a", ("1", 1)),))


@pytest.mark.parametrize(
    "history",
    [
        [],
        [Event(0, 1, WRITE, 1), Event(2, 3, ("list", 0), WRITTEN)],
        # A call that overlaps with a write may or may not see it.
        [Event(0, 3, WRITE, 1), Event(1, 2, ("list", 0), EMPTY)],
        [Event(0, 3, WRITE, 1), Event(1, 2, ("list", 0), WRITTEN)],
        [Event(0, 3, WRITE, 1), Event(1, 2, WRITE, CONFLICT)],
        [Event(0, 1, WRITE, 1), Event(2, 3, ("delete",), 1)],
        [Event(0, 1, ("delete",), NOT_FOUND)],
        [Event(0, 1, WRITE, 1), Event(2, 3, ("list", 1), (True, 1, ()))],
    ],
)
def test_a_linearizable_history_is_accepted(history: list[Event]) -> None:
    assert is_linearizable(history, DatasetModel())


@pytest.mark.parametrize(
    "history",
    [
        # A stale read, a lost update, a write that is visible and then gone, two
        # successful deletions of one dataset, and a batch that was never written.
        [Event(0, 1, WRITE, 1), Event(2, 3, ("list", 0), EMPTY)],
        [Event(0, 3, WRITE, 1), Event(1, 2, WRITE, 1)],
        [
            Event(0, 9, WRITE, 1),
            Event(1, 2, ("list", 0), WRITTEN),
            Event(3, 4, ("list", 0), EMPTY),
        ],
        [Event(0, 1, WRITE, 1), *[Event(2, 3, ("delete",), 1)] * 2],
        [Event(0, 1, ("list", 0), WRITTEN)],
    ],
)
def test_a_history_that_is_not_linearizable_is_rejected(history: list[Event]) -> None:
    assert not is_linearizable(history, DatasetModel())
