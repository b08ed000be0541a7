"""Servers and mocks in one process share their state until the last one stops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import boto3
import pytest
import requests
from moto import mock_aws
from moto.core.models import responses_mock

from moto_cognitosync import mock_cognitosync, register
from moto_cognitosync._moto.settings import reset_state
from moto_cognitosync.server import CognitoSyncServer
from tests.mock.test_pytest_plugin import run_in_subprocess
from tests.support.aws import REGION


@pytest.fixture(autouse=True)
def _starts_and_ends_empty() -> Iterator[None]:
    register()
    reset_state()  # another test may have stored data outside of a mock
    yield
    assert kept() == 0


def kept() -> int:
    """Return the number of pools left behind by earlier mocks and servers."""
    mock = mock_cognitosync()
    mock.start(reset=False)
    try:
        return count()
    finally:
        mock.stop(remove_data=False)


def identity(server: CognitoSyncServer | None = None) -> Any:
    if server:
        return server.client("cognito-identity")
    return boto3.client("cognito-identity", REGION)


def make(server: CognitoSyncServer | None = None) -> None:
    identity(server).create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )


def count(server: CognitoSyncServer | None = None) -> int:
    return len(identity(server).list_identity_pools(MaxResults=60)["IdentityPools"])


def test_servers_started_one_after_another_begin_empty() -> None:
    for _ in range(2):
        with CognitoSyncServer() as server:
            assert count(server) == 0
            make(server)


def test_server_begins_empty_even_if_state_was_kept() -> None:
    mock = mock_cognitosync()
    mock.start()
    make()
    mock.stop(remove_data=False)
    with CognitoSyncServer() as server:
        assert count(server) == 0


def test_mock_joins_the_state_of_a_running_server() -> None:
    with CognitoSyncServer() as server:
        make(server)
        for expected in (1, 2):
            with mock_cognitosync():
                assert count() == expected
                make()
        assert count(server) == 3


def test_decorated_function_joins_the_state_of_a_running_server() -> None:
    with CognitoSyncServer() as server:
        make(server)
        assert mock_cognitosync(count)() == 1
        assert count(server) == 1


def test_mocks_in_a_running_server_do_not_accumulate_callbacks() -> None:
    counts = []
    with CognitoSyncServer() as server:
        for _ in range(2):
            with mock_cognitosync():
                url = f"https://cognito-sync.{REGION}.amazonaws.com/identitypools"
                assert requests.get(url, timeout=9).status_code == 200
                counts.append(len(responses_mock.registered()))
        assert count(server) == 0
    assert counts[0] == counts[1]


@pytest.mark.parametrize("outer", [mock_cognitosync, mock_aws])
def test_server_joins_the_state_of_an_active_mock(
    outer: Callable[[], AbstractContextManager[Any]],
) -> None:
    with outer():
        make()
        with CognitoSyncServer() as server:
            assert count(server) == 1
            make(server)
        assert count() == 2


def test_state_lasts_until_the_last_server_or_mock_stops() -> None:
    mock, first, second = mock_cognitosync(), CognitoSyncServer(), CognitoSyncServer()
    first.start()
    make(first)
    mock.start()
    second.start()
    first.stop()
    first.stop()
    assert count() == count(second) == 1
    mock.stop()
    assert count(second) == 1
    second.stop()


def test_holding_the_state_of_a_running_server_has_no_effect() -> None:
    with CognitoSyncServer() as server:
        server.hold_state()
        make(server)


def test_server_that_never_started_does_not_affect_the_state() -> None:
    with mock_cognitosync():
        make()
        server = CognitoSyncServer()
        server.stop()
        assert count() == 1


def test_mocks_between_tests_with_a_server_start_empty(
    pytester: pytest.Pytester,
) -> None:
    result = run_in_subprocess(
        pytester,
        """
import boto3
from moto_cognitosync import mock_cognitosync

def identity():
    return boto3.client("cognito-identity", "us-east-1")

def test_a_server(cognitosync_server):
    create_first_pool(cognitosync_server.client("cognito-identity"))

@mock_cognitosync
@pytest.mark.parametrize("turn", [1, 2])
def test_b_mock(turn):
    create_first_pool(identity())

def test_c_server(cognitosync_server):
    create_first_pool(cognitosync_server.client("cognito-identity"))
    with mock_cognitosync():
        assert len(identity().list_identity_pools(MaxResults=60)["IdentityPools"]) == 1
""",
    )
    result.assert_outcomes(passed=4)
