"""Nothing is left behind by a thousand mocks, fixtures or requests."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from moto_cognitosync import mock_cognitosync
from moto_cognitosync._session import default_session
from moto_cognitosync.server import CognitoSyncServer

from .conftest import REGION
from .test_http_server import (
    PATH,
    answer_to,
    connect,
    request,
    reset,
    wait_until_forgotten,
)

TIMES = 1000
WARM_UP = 50

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


def threads() -> set[threading.Thread]:
    # A connection's thread may be at its last step when it is forgotten.
    return {each for each in threading.enumerate() if "(_answer)" not in each.name}


@contextmanager
def leaving_nothing(objects: int = TIMES) -> Iterator[None]:
    """Hold what happens inside to leave all as it was, but for fewer objects.

    Of files and threads there may be fewer afterwards: those that earlier tests have
    left to time come to their end.
    """
    gc.collect()
    before, running = surroundings(), threads()
    files, allocated = count_files(), sys.getallocatedblocks()
    yield
    gc.collect()
    assert sys.getallocatedblocks() - allocated < objects
    assert count_files() <= files
    assert threads() <= running
    assert surroundings() == before


def use_mock() -> None:
    with mock_cognitosync():
        pass


def use_mock_of_fixture() -> None:
    with mock_cognitosync(), default_session():
        boto3.client("cognito-sync", REGION)


@pytest.mark.parametrize("use", [use_mock, use_mock_of_fixture])
def test_mocks_leave_nothing_behind(use: Callable[[], None]) -> None:
    for _ in range(WARM_UP):
        use()
    with leaving_nothing():
        for _ in range(TIMES):
            use()


def use_server(server: CognitoSyncServer) -> None:
    """Hang up on a request, send some more, and make the server forget all.

    In this order: once a later one is answered, the first has been taken by the server,
    which then knows of it until its connection is closed.
    """
    sent = request(f"GET {PATH} HTTP/1.1")
    with connect(server) as connection:
        connection.sendall(sent)
        reset(connection)
    for _ in range(8):
        answer_to(server, sent)
    answer_to(server, request("POST /moto-api/reset HTTP/1.1"))


def test_requests_leave_nothing_behind() -> None:
    with CognitoSyncServer() as server:
        for _ in range(WARM_UP):
            use_server(server)
        wait_until_forgotten(server._server)
        # coverage keeps some objects for each thread; a connection is many more.
        with leaving_nothing(objects=10 * TIMES):
            for _ in range(TIMES // 10):
                use_server(server)
            wait_until_forgotten(server._server)
