"""Fixtures for all tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import settings
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]

from moto_cognitosync import mock_cognitosync

from .support.aws import Aws, InProcess, OnServer
from .support.datasets import DatasetUnderTest, make_identity, make_pool
from .support.streams import Stream, stream_of

pytest_plugins = [
    "pytester",
    "tests.support.only_loopback",
    "tests.support.provokes",
    "tests.project.against_aws",
]


@pytest.fixture
def _leaves_no_variables() -> Iterator[None]:
    """Fail a test if its other fixtures do not restore the environment variables."""
    before = _variables()
    yield
    assert _variables() == before


def _variables() -> dict[str, str]:
    # pytest stores the name of the current test in this variable.
    return {**os.environ, "PYTEST_CURRENT_TEST": ""}


@pytest.fixture(autouse=True)
def _environment(_leaves_no_variables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Isolate the tests from the user's AWS configuration."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "MOTO_ACCOUNT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(params=["in-process", "server"])
def aws(request: pytest.FixtureRequest) -> Iterator[Aws]:
    """Run the test twice: in-process and on the server."""
    if request.param == "in-process":
        with mock_cognitosync():
            yield InProcess()
    elif request.param == "server":
        yield OnServer(request.getfixturevalue("cognitosync_server"))
    else:  # tests/against_aws.py replaces both parameters
        with request.param as form:
            yield form


@pytest.fixture
def sync(aws: Aws) -> Any:
    """A boto3 client for cognito-sync."""
    return aws.client("cognito-sync")


@pytest.fixture
def pool_id(aws: Aws) -> str:
    return make_pool(aws)


@pytest.fixture
def identity_id(aws: Aws, pool_id: str) -> str:
    return make_identity(aws, pool_id)


@pytest.fixture
def dataset(sync: Any, pool_id: str, identity_id: str) -> DatasetUnderTest:
    """A dataset that has never been written."""
    return DatasetUnderTest(sync, pool_id, identity_id, "settings")


@pytest.fixture
def stream(aws: Aws, pool_id: str) -> Stream:
    """A stream that receives the pool's changes."""
    return stream_of(aws, pool_id)


@pytest.fixture
def enforce() -> Iterator[Callable[[], None]]:
    """Return a function that turns on IAM enforcement, starting with the next request.

    It has the same effect as set_initial_no_auth_action_count(0).
    """
    before = settings.INITIAL_NO_AUTH_ACTION_COUNT
    count_before = ActionAuthenticatorMixin.request_count

    def enforce_iam() -> None:
        settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
        ActionAuthenticatorMixin.request_count = 0

    yield enforce_iam
    settings.INITIAL_NO_AUTH_ACTION_COUNT = before
    ActionAuthenticatorMixin.request_count = count_before
