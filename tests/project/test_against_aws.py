"""The ``--against-aws`` option, tested with this project's server in place of AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.faults import fault
from moto_cognitosync.server import CognitoSyncServer
from tests.project.against_aws import POOL_NAME, AgainstAws
from tests.support.aws import REGION

ACCOUNT = "123456789012"
PLAIN = ("-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist")
VERIFIABLE = (
    "tests/cognitosync/test_delete_dataset.py::"
    "test_the_response_contains_the_metadata_before_the_deletion"
)
MOVES_TIME = (
    "tests/cognitosync/test_delete_dataset.py::"
    "test_a_recreated_dataset_has_new_metadata"
)

Verify = Callable[..., tuple[int, Any]]


@pytest.fixture
def verify(cognitosync_server: CognitoSyncServer, tmp_path: Path) -> Verify:
    """Run tests against the server; return pytest's exit code and the report."""
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": cognitosync_server.url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_MAX_ATTEMPTS": "1",  # the oldest moto returns 500 for DeleteIdentityPool
    }
    path = tmp_path / "reports" / "report.json"

    def run(*tests: str) -> tuple[int, Any]:
        options = ["--against-aws", REGION, ACCOUNT, f"--aws-report={path}", *PLAIN]
        process = subprocess.run(
            [sys.executable, "-m", "pytest", *tests, *options],
            check=False,
            cwd=Path(__file__).parents[2],
            env=environment,
            capture_output=True,
        )
        return process.returncode, json.loads(path.read_text())

    return run


def pools_of(server: CognitoSyncServer) -> list[dict[str, str]]:
    client = server.client("cognito-identity")
    pools: list[dict[str, str]] = client.list_identity_pools(MaxResults=60)[
        "IdentityPools"
    ]
    return pools


def test_passing_tests_are_listed_in_the_report(verify: Verify) -> None:
    code, report = verify(VERIFIABLE)

    assert code == pytest.ExitCode.OK
    assert report["agrees"] == [f"{VERIFIABLE}[AWS]"]
    assert report["differs"] == []


def test_pools_that_were_not_deleted_are_listed_in_the_report(
    verify: Verify, cognitosync_server: CognitoSyncServer
) -> None:
    _, report = verify(VERIFIABLE)

    assert [each["pool"] for each in report["left_over"]] == [
        pool["IdentityPoolId"] for pool in pools_of(cognitosync_server)
    ]


def test_differences_are_listed_in_the_report(
    verify: Verify, cognitosync_server: CognitoSyncServer
) -> None:
    with fault("DeleteDataset", "NotAuthorizedException", message="never"):
        code, report = verify(VERIFIABLE)

    assert code == pytest.ExitCode.TESTS_FAILED
    assert report["agrees"] == []
    (difference,) = report["differs"]
    assert difference["test"] == f"{VERIFIABLE}[AWS]"
    assert difference["expected"] == "assert dataset.delete() == described"
    assert "NotAuthorizedException" in difference["failure"]
    call = difference["aws"][-1]
    assert call["operation"] == "DeleteDataset"
    assert call["input"]["DatasetName"] == "settings"
    assert "never" in call["output"]["Error"]
    # The fault also prevents the cleanup.
    (left_over,) = report["left_over"]
    assert "NotAuthorizedException" in left_over["because"]
    assert pools_of(cognitosync_server) == [
        {"IdentityPoolId": left_over["pool"], "IdentityPoolName": POOL_NAME}
    ]


def test_tests_without_the_verifiable_mark_are_deselected(verify: Verify) -> None:
    code, report = verify(MOVES_TIME)

    assert code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert report == {"agrees": [], "differs": [], "left_over": []}


@mock_cognitosync
def test_credentials_of_another_account_are_rejected() -> None:
    with pytest.raises(pytest.UsageError, match=f"account {ACCOUNT}, not for 2222"):
        AgainstAws(REGION, "222222222222")


@mock_cognitosync
def test_raw_requests_cannot_be_sent_to_aws() -> None:
    with pytest.raises(AssertionError, match="not verifiable"):
        AgainstAws(REGION, ACCOUNT).send("GET", "/identitypools")
