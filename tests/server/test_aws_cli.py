"""The AWS CLI works against the server."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest

from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import REGION, OnServer
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool

# Do not import awscli: the import changes the environment of all tests.
pytestmark = pytest.mark.skipif(
    find_spec("awscli") is None, reason="the AWS CLI is not installed"
)

# The exit code of version 1, which is on PyPI. Version 2 exits with 254.
SERVICE_ERROR = 255


@pytest.fixture
def on_server(
    cognitosync_server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> OnServer:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    return OnServer(cognitosync_server)


@pytest.fixture
def dataset(on_server: OnServer) -> DatasetUnderTest:
    pool_id = make_pool(on_server)
    identity_id = make_identity(on_server, pool_id)
    client = on_server.client("cognito-sync")
    return DatasetUnderTest(client, pool_id, identity_id, "settings")


def run_aws(
    on_server: OnServer, operation: str, dataset: DatasetUnderTest, *options: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "awscli", "cognito-sync", operation]
    command += ["--endpoint-url", on_server.server.url, "--region", REGION]
    command += ["--identity-pool-id", dataset.pool_id]
    command += ["--identity-id", dataset.identity_id]
    command += ["--dataset-name", dataset.name, "--output", "json", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def output_of(finished: subprocess.CompletedProcess[str]) -> Any:
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)


@pytest.mark.parametrize("name", ["settings", "..", "a:b"])
def test_delete_dataset_prints_the_metadata(
    on_server: OnServer, dataset: DatasetUnderTest, name: str
) -> None:
    dataset = dataset.named(name)
    dataset.write(theme="dark", volume="11")

    deleted = output_of(run_aws(on_server, "delete-dataset", dataset))["Dataset"]

    assert (deleted["DatasetName"], deleted["NumRecords"]) == (name, 2)
    assert dataset.list()["DatasetExists"] is False


@pytest.mark.provokes("DeleteDataset", "ResourceNotFoundException")
def test_delete_dataset_fails_the_second_time(
    on_server: OnServer, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    dataset.delete()

    finished = run_aws(on_server, "delete-dataset", dataset)

    assert finished.returncode == SERVICE_ERROR
    assert (
        "An error occurred (ResourceNotFoundException) when calling the DeleteDataset "
        "operation: Dataset 'settings' not found."
    ) in finished.stderr


def test_update_records_writes_to_the_dataset(
    on_server: OnServer, dataset: DatasetUnderTest
) -> None:
    opened = output_of(run_aws(on_server, "list-records", dataset))
    token = ["--sync-session-token", opened["SyncSessionToken"]]
    patch = ["--record-patches", "Op=replace,Key=theme,Value=dark,SyncCount=0"]
    output_of(run_aws(on_server, "update-records", dataset, *token, *patch))

    assert dataset.records()["theme"]["Value"] == "dark"
