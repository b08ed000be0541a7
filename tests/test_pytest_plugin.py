"""The pytest fixtures, as a project uses them that has installed this package."""

from __future__ import annotations

from typing import Any

import pytest

USES_ONE_POOL = """
import pytest

def use(client):
    assert client.list_identity_pools(MaxResults=60)["IdentityPools"] == []
    client.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
"""


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(USES_ONE_POOL + source)
    return pytester.runpytest_subprocess(
        *("-W", "error", "-p", "no:asyncio", "-p", "no:randomly"), *arguments
    )


def test_the_client_is_in_a_mock_that_is_fresh_for_each_test(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
import boto3

@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync, turn):
    use(boto3.client("cognito-identity", "us-east-1"))
    pool = "us-east-1:00000000-0000-4000-8000-000000000000"
    with pytest.raises(cognitosync.exceptions.ResourceNotFoundException):
        cognitosync.describe_dataset(
            IdentityPoolId=pool, IdentityId=pool, DatasetName="settings"
        )
""",
    )
    result.assert_outcomes(passed=2)


def test_the_mock_ends_with_the_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
import os

def test_inside(cognitosync):
    assert os.environ["AWS_ACCESS_KEY_ID"] != "mine"

def test_outside():
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"

@pytest.fixture(scope="session", autouse=True)
def own_credentials():
    os.environ["AWS_ACCESS_KEY_ID"] = "mine"
    yield
    del os.environ["AWS_ACCESS_KEY_ID"]
""",
    )
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("environment", "region"),
    [
        ({}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-2"}, "eu-west-2"),
        ({"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-2"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "us-east-1"),
    ],
)
def test_the_region_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    region: str,
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    client: Any = request.getfixturevalue("cognitosync")

    assert client.meta.region_name == region


def test_the_server_is_one_for_the_session_and_empty_for_each_test(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
urls = set()

@pytest.mark.parametrize("turn", [1, 2])
def test_play(cognitosync_server, turn):
    use(cognitosync_server.client("cognito-identity"))
    urls.add(cognitosync_server.url)
    assert len(urls) == 1
""",
    )
    result.assert_outcomes(passed=2)


def test_the_server_neither_inherits_nor_leaves_anything(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
import boto3
from moto_cognitosync import mock_cognitosync

def use_what_is_there():
    mock = mock_cognitosync()
    mock.start(reset=False)
    use(boto3.client("cognito-identity", "us-east-1"))
    mock.stop(remove_data=False)

def test_before():
    use_what_is_there()

def test_server(cognitosync_server):
    use(cognitosync_server.client("cognito-identity"))

def test_after():
    use_what_is_there()
    with mock_cognitosync():
        pass
""",
    )
    result.assert_outcomes(passed=3)


def test_pytest_can_tell_what_the_fixtures_are_for(pytester: pytest.Pytester) -> None:
    result = run(pytester, "", "--fixtures")

    result.stdout.fnmatch_lines(
        [
            "cognitosync -- *",
            "    Give a boto3 client for Cognito Sync, in a mock that starts empty.",
            "cognitosync_server -- *",
            "    Give a server of its own to the session, on a free port, empty for *",
        ]
    )
    result.stdout.no_fnmatch_line("_cognitosync_server_of_session*")
