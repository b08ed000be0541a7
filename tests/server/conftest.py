"""Fixtures for the tests of the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moto_cognitosync.server import CognitoSyncServer
from tests.support.control_api import ControlApi


@pytest.fixture
def server() -> Iterator[CognitoSyncServer]:
    """A server that has not received any calls."""
    with CognitoSyncServer() as new:
        yield new


@pytest.fixture
def api(server: CognitoSyncServer) -> ControlApi:
    return ControlApi(server.url)
