"""Requests neither fail nor get lost while other threads change the data they read."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
import requests
from moto.cognitoidentity.models import cognitoidentity_backends
from moto.sns.models import sns_backends

from moto_cognitosync import cognitosync_backends, merge_identities, mock_cognitosync
from moto_cognitosync._moto.settings import reset_state
from moto_cognitosync.assertions import CallLog
from moto_cognitosync.cognitosync.store.pools import IdentityPool
from moto_cognitosync.core import hooks, identity_pools
from moto_cognitosync.faults import Fault, _active
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.server.application import Application
from moto_cognitosync.state import add_dataset, dump_state, load_state
from tests.mock.test_threads import run_concurrently
from tests.support.aws import REGION, Aws, InProcess
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool

ACCOUNT = "123456789012"
APPLICATION = f"arn:aws:sns:{REGION}:{ACCOUNT}:app/GCM/game"


@pytest.fixture(autouse=True)
def _frequent_switches() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


# --- moto's collections -----------------------------------------------------------


class Busy(dict[str, Any]):
    """A dictionary that another thread changes whenever it is iterated over."""

    def __iter__(self) -> Iterator[str]:
        yield from [*super().__iter__()][:1]
        raise RuntimeError("dictionary changed size during iteration")

    def items(self) -> Any:
        return ((key, self[key]) for key in self)

    def values(self) -> Any:
        return (self[key] for key in self)


def test_a_busy_dictionary_can_only_be_copied() -> None:
    busy = Busy(a=1)

    assert busy.copy() == {"a": 1}
    for iterate in (busy.items, busy.values):
        with pytest.raises(RuntimeError, match="changed size"):
            list(iterate())


@pytest.fixture
def _busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Start a mock in which other threads constantly change moto's collections."""
    with mock_cognitosync(), monkeypatch.context() as patched:
        pools = cognitoidentity_backends[ACCOUNT][REGION]
        sns = sns_backends[ACCOUNT][REGION]
        patched.setattr(pools, "identity_pools", Busy())
        patched.setattr(pools, "pools_identities", Busy())
        patched.setattr(sns, "platform_endpoints", Busy())
        for backends in (cognitosync_backends, cognitoidentity_backends):
            for each in (backends, backends[ACCOUNT]):
                for name in ("items", "values"):
                    patched.setattr(each, name, getattr(Busy(), name))
        yield


def merge(dataset: DatasetUnderTest) -> None:
    guest = make_identity(InProcess(), dataset.pool_id)
    merge_identities(guest, dataset.identity_id)


def dump(dataset: DatasetUnderTest) -> None:
    ids = [pool["IdentityPoolId"] for pool in dump_state()["IdentityPools"]]
    assert dataset.pool_id in ids


def load(_: DatasetUnderTest) -> None:
    load_state({})


def list_usage(dataset: DatasetUnderTest) -> None:
    assert dataset.client.list_identity_pool_usage()["Count"] == 2


def register_device(dataset: DatasetUnderTest) -> None:
    push_sync = {"ApplicationArns": [APPLICATION]}
    dataset.client.set_identity_pool_configuration(
        IdentityPoolId=dataset.pool_id, PushSync=push_sync
    )
    for token in "abc":
        dataset.client.register_device(
            IdentityPoolId=dataset.pool_id,
            IdentityId=dataset.identity_id,
            Platform="GCM",
            Token=token,
        )


@pytest.mark.usefixtures("_busy")
@pytest.mark.parametrize("read", [merge, dump, load, list_usage, register_device])
def test_motos_collections_can_change_while_they_are_read(
    read: Callable[[DatasetUnderTest], None],
) -> None:
    aws = InProcess()
    aws.client("sns").create_platform_application(
        Name="game", Platform="GCM", Attributes={}
    )
    make_pool(aws)
    pool_id = make_pool(aws)
    sync = aws.client("cognito-sync")
    dataset = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "a")
    dataset.write(theme="dark")

    read(dataset)


def test_a_pool_can_be_deleted_while_pools_are_listed(
    aws: Aws, sync: Any, pool_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_pool(aws)
    paginate = identity_pools.paginate_sorted

    def delete_and_paginate(*args: Any) -> Any:
        page = paginate(*args)
        del cognitoidentity_backends[ACCOUNT][REGION].identity_pools[pool_id]
        return page

    with monkeypatch.context() as patched:
        patched.setattr(identity_pools, "paginate_sorted", delete_and_paginate)
        listed = sync.list_identity_pool_usage()

    assert {other} <= {each["IdentityPoolId"] for each in listed["IdentityPoolUsages"]}
    with pytest.raises(sync.exceptions.ResourceNotFoundException):
        sync.describe_identity_pool_usage(IdentityPoolId=pool_id)
    again = sync.list_identity_pool_usage()
    assert [each["IdentityPoolId"] for each in again["IdentityPoolUsages"]] == [other]


def test_identities_are_known_even_if_moto_has_no_list_of_them(
    aws: Aws, sync: Any, pool_id: str
) -> None:
    identity_id = make_identity(aws, pool_id)
    # moto creates and resets the two collections one after the other.
    del cognitoidentity_backends[ACCOUNT][REGION].pools_identities[pool_id]

    usage = sync.describe_identity_usage(IdentityPoolId=pool_id, IdentityId=identity_id)
    assert usage["IdentityUsage"]["DatasetCount"] == 0
    with pytest.raises(sync.exceptions.ResourceNotFoundException, match="Identity '"):
        sync.describe_identity_usage(IdentityPoolId=pool_id, IdentityId=f"{REGION}:0")
    add_dataset(pool_id, identity_id, "settings", {"theme": "dark"})
    usage = sync.describe_identity_usage(IdentityPoolId=pool_id, IdentityId=identity_id)
    assert usage["IdentityUsage"]["DatasetCount"] == 1


def test_pools_created_during_a_load_stay_on_the_dashboard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Tracked(list[Any]):
        """A list to which another thread adds an instance during each change."""

        def __iter__(self) -> Iterator[Any]:
            self.append("created meanwhile")
            return iter(self.copy()[:-1])

        def remove(self, instance: Any) -> None:
            super().remove(instance)
            self.append("created meanwhile")

    tracked = Tracked()
    # Before moto 5.1, the list had another name.
    name = "instances" if hasattr(IdentityPool, "instances") else "instances_tracked"
    with mock_cognitosync():
        monkeypatch.setattr(IdentityPool, name, tracked)
        load_state({"IdentityPools": [{"IdentityPoolId": f"{REGION}:0"}]})
        load_state({})

    assert [*reversed(tracked)] == ["created meanwhile"]
    assert [*tracked] == ["created meanwhile"]  # the iteration adds another one


# --- Resets -----------------------------------------------------------------------


def test_a_request_during_a_reset_is_served(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pool(aws)
    look_up = cognitosync_backends._create_account_specific_backend
    thread = Thread(target=reset_state)

    def look_up_and_reset(account_id: str) -> None:
        look_up(account_id)
        if not thread.ident:
            thread.start()
            thread.join(0.3)

    monkeypatch.setattr(
        cognitosync_backends, "_create_account_specific_backend", look_up_and_reset
    )

    # Not through boto3, which would retry.
    assert aws.send("GET", "/identitypools").status == 200
    thread.join()
    assert aws.send("GET", "/identitypools").json["Count"] == 0


def test_a_request_and_a_reset_never_wait_for_each_other(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpython_c("""
from threading import Event, Thread
import boto3
from moto_cognitosync import mock_cognitosync
from moto_cognitosync._moto.settings import reset_state
from moto_cognitosync.cognitosync.models import CognitoSyncBackend
from moto_cognitosync.core import identity_pools

reading, resetting = Event(), Event()
find_pools, reset = identity_pools.find_pools, CognitoSyncBackend.reset

def slowly_find_pools(*location):
    reading.set()
    resetting.wait(0.5)
    return find_pools(*location)

def slow_reset(backend):
    resetting.set()
    reset(backend)

with mock_cognitosync():
    client = boto3.client("cognito-sync", "us-east-1")
    client.list_identity_pool_usage()
    boto3.client("cognito-identity", "us-east-1").create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
    identity_pools.find_pools, CognitoSyncBackend.reset = slowly_find_pools, slow_reset
    threads = [
        Thread(target=client.list_identity_pool_usage, daemon=True),
        Thread(target=lambda: (reading.wait(9), reset_state()), daemon=True),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(9)
    print([thread.is_alive() for thread in threads], flush=True)
    if any(thread.is_alive() for thread in threads):
        import os
        os._exit(1)
""")

    assert result.outlines == ["[False, False]"]


# --- Hooks, faults and connections ------------------------------------------------


def test_concurrent_call_logs_each_record_their_calls() -> None:
    with mock_cognitosync():
        sync = InProcess().client("cognito-sync")

        def record() -> list[int]:
            lengths = []
            for _ in range(20):
                with CallLog() as calls:
                    sync.list_identity_pool_usage()
                lengths.append(len(calls))
            return lengths

        before = [*hooks.after]
        lengths = run_concurrently(*[record] * 8)

    assert all(length >= 1 for each in lengths for length in each)
    assert [*hooks.after] == before


def test_a_fault_started_during_a_reset_is_both_active_and_listed_or_neither(
    cognitosync_server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = Fault.start

    def reset_and_start(fault: Fault) -> None:
        thread = Thread(target=cognitosync_server.reset)
        thread.start()
        thread.join(0.3)
        start(fault)

    monkeypatch.setattr(Fault, "start", reset_and_start)
    url = f"{cognitosync_server.url}/moto-api/cognito-sync/faults"
    requests.post(url, json={"operation": "*", "delay": 1e-9}, timeout=9)
    cognitosync_server.reset()

    assert requests.get(url, timeout=9).json() == {"faults": []}
    assert [*_active] == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, BaseException])
def test_a_connection_is_closed_if_an_exception_ends_its_thread(
    cognitosync_server: CognitoSyncServer,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
) -> None:
    def fail(*_: object) -> None:
        raise error("no response")

    monkeypatch.setattr(Application, "__call__", fail)
    _, _, port = cognitosync_server.url.rpartition(":")
    threads = {*threading.enumerate()}

    with socket.create_connection(("127.0.0.1", int(port)), timeout=9) as connection:
        connection.sendall(b"GET /identitypools HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(1) == b""
    for thread in {*threading.enumerate()} - threads:
        thread.join(9)  # so that its exception is not reported in another test
