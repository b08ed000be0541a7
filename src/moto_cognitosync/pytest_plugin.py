"""The pytest fixtures.

pytest loads this module in every run where the package is installed, used or not, so
what is slow to import is imported by the fixtures.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types_boto3_cognito_sync import CognitoSyncClient

    from .server import CognitoSyncServer


@pytest.fixture
def cognitosync() -> Iterator[CognitoSyncClient]:
    """Give a boto3 client for Cognito Sync, in a mock that starts empty.

    Clients for other services can be made in the test; they are mocked as well. The
    region is that of ``AWS_REGION`` or ``AWS_DEFAULT_REGION``, else ``us-east-1``.
    """
    import boto3

    from . import mock_cognitosync

    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    with mock_cognitosync():
        yield boto3.client("cognito-sync", region_name=region or "us-east-1")


@pytest.fixture(scope="session")
def _cognitosync_server_of_session() -> Iterator[CognitoSyncServer]:
    from .server import CognitoSyncServer

    with CognitoSyncServer() as server:
        yield server


@pytest.fixture
def cognitosync_server(
    _cognitosync_server_of_session: CognitoSyncServer,
) -> Iterator[CognitoSyncServer]:
    """Give a server of its own to the session, on a free port, empty for each test.

    Its ``url`` is what an SDK takes as ``endpoint_url``.
    """
    _cognitosync_server_of_session.reset()
    yield _cognitosync_server_of_session
    _cognitosync_server_of_session.reset()
