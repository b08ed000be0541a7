"""Mocks, fixtures and requests do not leak, even after a thousand uses."""

from __future__ import annotations

import gc
import http.client
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import boto3
import pytest

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.faults import fault
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.state import load_state
from tests.server.test_http_server import (
    PATH,
    connect,
    request,
    reset,
    response_to,
    running_threads,
    wait_until_closed,
)
from tests.support.aws import REGION
from tests.support.datasets import DatasetUnderTest
from tests.support.operations import request_of

TIMES = 1000
WARM_UP = 50
ROUNDS = 5
# The limit in memory blocks per use. Python and older versions of moto keep a few; a
# list leaked per request takes more, and leaked data takes dozens.
MAX_GROWTH = 7
# Fewer than in the warm-up, so that each call replaces another recorded call.
MAX_CALLS = 10

# Packages that a mock patches or could patch.
PATCHED = ("moto", "botocore", "boto3", "responses", "requests", "urllib3")


def patchable_state() -> dict[str, Any]:
    """Return the environment variables and functions that a mock must restore."""
    return {"variables": dict(os.environ), **functions()}


def functions() -> dict[str, Any]:
    """Return every function that a mock could patch, including methods."""
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


@contextmanager
def no_leaks() -> Iterator[None]:
    """Check that the block leaves no files, threads or patches behind.

    There can be fewer files and threads afterwards, because leftovers of earlier
    tests may end in the meantime.
    """
    before, running, files = patchable_state(), running_threads(), count_files()
    yield
    gc.collect()
    assert count_files() <= files
    assert running_threads() <= running
    assert patchable_state() == before


def growth(use: Callable[[], None], times: int) -> float:
    """Return how many memory blocks each use leaves allocated.

    This is the median of several rounds. A leak grows in every round, unlike a cache
    that is filled once or garbage that earlier tests left uncollected.
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


def use_fixture_mock() -> None:
    with mock_cognitosync():
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
    """Write, delete and inject a fault in a mock, and leave a dataset in it."""
    with mock_cognitosync():
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
    ("use", "times", "max_growth"),
    [
        (use_mock, TIMES, 1),
        (use_fixture_mock, TIMES, 1),
        (use_service, TIMES // 4, MAX_GROWTH),
    ],
)
def test_mocks_do_not_leak(
    use: Callable[[], None], times: int, max_growth: int
) -> None:
    for _ in range(WARM_UP):
        use()
    with no_leaks():
        assert growth(use, times) < max_growth


def use_server(connection: http.client.HTTPConnection) -> None:
    """Load state; list, write and delete a dataset; then reset the server."""
    path = request_of("ListRecords", IDS).path.removesuffix("/records")
    patch = {"Op": "replace", "Key": "theme", "Value": "dark", "SyncCount": 0}

    def send(method: str, path: str, body: Any = None) -> Any:
        connection.request(method, path, json.dumps(body))
        with connection.getresponse() as response:
            assert response.status == 200
            return json.loads(response.read() or b"null")

    send("PUT", "/moto-api/cognito-sync/state", STATE)
    token = send("GET", f"{path}/records")["SyncSessionToken"]
    send("POST", path, {"SyncSessionToken": token, "RecordPatches": [patch]})
    send("DELETE", path)
    send("POST", "/moto-api/reset")


def test_requests_do_not_leak() -> None:
    with CognitoSyncServer(max_calls=MAX_CALLS) as server:
        host = server.url.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=30)) as connection:
            for _ in range(WARM_UP):
                use_server(connection)
            with no_leaks():
                assert growth(lambda: use_server(connection), TIMES // 5) < MAX_GROWTH


def disconnect_early(server: CognitoSyncServer) -> None:
    """Disconnect right after sending a request, then send another request.

    The order matters: a response to the second request means that the server has
    accepted the first connection and started its thread.
    """
    sent = request(f"GET {PATH} HTTP/1.1")
    with connect(server) as connection:
        connection.sendall(sent)
        reset(connection)
    response_to(server, sent)


def test_connections_do_not_leak() -> None:
    with CognitoSyncServer(max_calls=MAX_CALLS) as server:
        threads = running_threads()
        for _ in range(WARM_UP):
            disconnect_early(server)
        wait_until_closed(threads)
        with no_leaks():
            # coverage keeps a few blocks per thread; a leaked connection takes more.
            assert growth(lambda: disconnect_early(server), TIMES // 2) < 20
            wait_until_closed(threads)
