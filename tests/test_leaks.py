"""Nothing is left behind by a thousand mocks, fixtures or requests."""

from __future__ import annotations

import gc
import http.client
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import boto3
import pytest

from moto_cognitosync import mock_cognitosync
from moto_cognitosync._session import default_session
from moto_cognitosync.faults import fault
from moto_cognitosync.seeding import load_state
from moto_cognitosync.server import CognitoSyncServer

from .conftest import REGION, DatasetUnderTest, request_of
from .test_http_server import (
    PATH,
    answer_to,
    connect,
    request,
    reset,
    wait_until_closed,
)

TIMES = 1000
WARM_UP = 50
ROUNDS = 5
# Python and the older versions of moto keep some for each use; a list that is kept for
# each of its requests is more, and data that is kept is dozens.
FEW = 7

# What a mock patches, or might.
PATCHED = ("moto", "botocore", "boto3", "responses", "requests", "urllib3")


def surroundings() -> dict[str, Any]:
    """Describe what must not be left changed."""
    return {"variables": dict(os.environ), **functions()}


def functions() -> dict[str, Any]:
    """Return all functions that could be patched, those of classes included."""
    modules = [
        module
        for name, module in sys.modules.copy().items()
        if name.partition(".")[0] in PATCHED
    ]
    classes = [
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type)
    ]
    return {
        f"{place}.{name}": value
        for place in (*modules, *classes)
        for name, value in vars(place).items()
        if callable(value)
    }


def count_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def running_threads() -> set[threading.Thread]:
    # A connection's thread may be at its last step when it is forgotten.
    return {each for each in threading.enumerate() if "(_answer)" not in each.name}


@contextmanager
def leaving_nothing() -> Iterator[None]:
    """Hold what happens inside to leave all as it was, but for memory.

    Of files and threads there may be fewer afterwards: those that earlier tests have
    left to time come to their end.
    """
    before, running, files = surroundings(), running_threads(), count_files()
    yield
    gc.collect()
    assert count_files() <= files
    assert running_threads() <= running
    assert surroundings() == before


def growth(use: Callable[[], None], times: int) -> float:
    """Say how many objects more there are after each use.

    By the median of several rounds: a leak makes each of them grow, what is kept once
    does not, nor what earlier tests have left to be collected.
    """
    return median(_growth(use, times // ROUNDS) for _ in range(ROUNDS))


def _growth(use: Callable[[], None], times: int) -> float:
    gc.collect()
    allocated = sys.getallocatedblocks()
    for _ in range(times):
        use()
    gc.collect()
    return (sys.getallocatedblocks() - allocated) / times


def use_mock() -> None:
    with mock_cognitosync():
        pass


def use_mock_of_fixture() -> None:
    with mock_cognitosync(), default_session():
        boto3.client("cognito-sync", REGION)


IDS = {
    "IdentityPoolId": f"{REGION}:0",
    "IdentityId": f"{REGION}:1",
    "DatasetName": "settings",
}
STATE = {
    "IdentityPools": [
        {
            "IdentityPoolId": IDS["IdentityPoolId"],
            "Identities": [
                {
                    "IdentityId": IDS["IdentityId"],
                    "Datasets": [{"DatasetName": "saves", "Values": {"slot": "1"}}],
                }
            ],
        }
    ]
}


def use_service() -> None:
    """Leave a dataset in a mock, that was written after another one was deleted."""
    with mock_cognitosync(), default_session():
        load_state(STATE)
        client = boto3.client("cognito-sync", REGION)
        dataset = DatasetUnderTest(client, *IDS.values())
        dataset.write(theme="dark")
        dataset.delete()
        dataset.named("saves").write(slot="2")
        with (
            fault("ListRecords", "NotAuthorizedException", times=1),
            pytest.raises(client.exceptions.NotAuthorizedException),
        ):
            dataset.list()


@pytest.mark.parametrize(
    ("use", "times", "objects"),
    [
        (use_mock, TIMES, 1),
        (use_mock_of_fixture, TIMES, 1),
        (use_service, TIMES // 4, FEW),
    ],
)
def test_mocks_leave_nothing_behind(
    use: Callable[[], None], times: int, objects: int
) -> None:
    for _ in range(WARM_UP):
        use()
    with leaving_nothing():
        assert growth(use, times) < objects


def use_server(connection: http.client.HTTPConnection) -> None:
    """Store something, list, write and delete it, and make the server forget all."""
    path = request_of("ListRecords", IDS).path.removesuffix("/records")
    patch = {"Op": "replace", "Key": "theme", "Value": "dark", "SyncCount": 0}

    def send(method: str, path: str, body: Any = None) -> Any:
        connection.request(method, path, json.dumps(body))
        with connection.getresponse() as answer:
            assert answer.status == 200
            return json.loads(answer.read() or b"null")

    send("PUT", "/moto-api/cognito-sync/state", STATE)
    token = send("GET", f"{path}/records")["SyncSessionToken"]
    send("POST", path, {"SyncSessionToken": token, "RecordPatches": [patch]})
    send("DELETE", path)
    send("POST", "/moto-api/reset")


def test_requests_leave_nothing_behind() -> None:
    with CognitoSyncServer() as server:
        host = server.url.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
            for _ in range(WARM_UP):
                use_server(connection)
            with leaving_nothing():
                assert growth(lambda: use_server(connection), TIMES // 5) < FEW


def hang_up(server: CognitoSyncServer) -> None:
    """Hang up on a request, and send another one.

    In this order: once the other one is answered, the first has been taken by the
    server, which then knows of it until its connection is closed.
    """
    sent = request(f"GET {PATH} HTTP/1.1")
    with connect(server) as connection:
        connection.sendall(sent)
        reset(connection)
    answer_to(server, sent)


def test_connections_leave_nothing_behind() -> None:
    with CognitoSyncServer() as server:
        for _ in range(WARM_UP):
            hang_up(server)
        wait_until_closed(server._server)
        with leaving_nothing():
            # coverage keeps some objects for each thread; a connection is many more.
            assert growth(lambda: hang_up(server), TIMES // 2) < 20
            wait_until_closed(server._server)
