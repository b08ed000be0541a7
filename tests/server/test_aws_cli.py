"""The AWS CLI works against the server."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import Any

import pytest

from moto_cognitosync.server import CognitoSyncServer
from tests.support.apps import DEVELOPER, FACEBOOK, make_pool_with_logins
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
    command = ["cognito-sync", operation, "--identity-pool-id", dataset.pool_id]
    command += ["--identity-id", dataset.identity_id, "--dataset-name", dataset.name]
    return run_cli(on_server, *command, *options)


def run_cli(on_server: OnServer, *command: str) -> subprocess.CompletedProcess[str]:
    arguments = ["--endpoint-url", on_server.server.url, "--region", REGION]
    arguments += ["--output", "json"]
    return subprocess.run(
        [sys.executable, "-m", "awscli", *command, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


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


# --- Cognito Identity -------------------------------------------------------------


def call_identity(on_server: OnServer, operation: str, *options: str) -> Any:
    """Run a command of ``aws cognito-identity`` and return its output."""
    return output_of(run_cli(on_server, "cognito-identity", operation, *options))


@pytest.fixture
def pool_id(on_server: OnServer) -> str:
    return make_pool_with_logins(on_server.client("cognito-identity"))


def log_in_developer_user(on_server: OnServer, pool_id: str, user: str) -> str:
    response = on_server.client(
        "cognito-identity"
    ).get_open_id_token_for_developer_identity(
        IdentityPoolId=pool_id, Logins={DEVELOPER: user}
    )
    return str(response["IdentityId"])


def test_merge_developer_identities_merges_their_datasets(
    on_server: OnServer, pool_id: str
) -> None:
    sync = on_server.client("cognito-sync")
    datasets = {}
    for user in ("alice", "bob"):
        identity_id = log_in_developer_user(on_server, pool_id, user)
        datasets[user] = DatasetUnderTest(sync, pool_id, identity_id, "settings")
        datasets[user].write(user=user)

    users = ["--source-user-identifier", "bob", "--destination-user-identifier"]
    users += ["alice", "--developer-provider-name", DEVELOPER]
    merged = call_identity(
        on_server, "merge-developer-identities", "--identity-pool-id", pool_id, *users
    )

    assert merged == {"IdentityId": datasets["alice"].identity_id}
    listed = output_of(run_aws(on_server, "list-records", datasets["alice"]))
    name = f"settings.{datasets['bob'].identity_id}"
    assert listed["MergedDatasetNames"] == [name]
    output_of(run_aws(on_server, "delete-dataset", datasets["alice"].named(name)))
    assert "MergedDatasetNames" not in datasets["alice"].list()


def test_lookup_developer_identity_prints_the_users(
    on_server: OnServer, pool_id: str
) -> None:
    identity_id = log_in_developer_user(on_server, pool_id, "alice")

    found = call_identity(
        on_server,
        "lookup-developer-identity",
        *("--identity-pool-id", pool_id, "--developer-user-identifier", "alice"),
    )

    assert found == {
        "IdentityId": identity_id,
        "DeveloperUserIdentifierList": ["alice"],
    }


def test_list_identities_prints_pages_with_dates_and_logins(
    on_server: OnServer, pool_id: str
) -> None:
    guest_id = make_identity(on_server, pool_id)
    user_id = log_in_developer_user(on_server, pool_id, "alice")

    page = ["--identity-pool-id", pool_id, "--max-results", "1"]
    first = call_identity(on_server, "list-identities", *page)
    page += ["--next-token", first["NextToken"]]
    second = call_identity(on_server, "list-identities", *page)

    (guest,), (user,) = first["Identities"], second["Identities"]
    assert (guest["IdentityId"], user["IdentityId"]) == (guest_id, user_id)
    assert (guest.get("Logins"), user["Logins"]) == (None, [DEVELOPER])
    assert guest["CreationDate"] == guest["LastModifiedDate"]
    assert "NextToken" not in second


def test_credentials_for_an_identity_can_sync(
    on_server: OnServer, pool_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = ["--identity-pool-id", pool_id]
    guest = call_identity(on_server, "get-id", *pool)

    printed = call_identity(
        on_server,
        "get-credentials-for-identity",
        *("--identity-id", guest["IdentityId"], "--logins", f"{FACEBOOK}=alice"),
    )

    assert printed["IdentityId"] == guest["IdentityId"]
    credentials = printed["Credentials"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", credentials["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", credentials["SecretKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", credentials["SessionToken"])
    client = on_server.client("cognito-sync")
    dataset = DatasetUnderTest(client, pool_id, guest["IdentityId"], "settings")
    token = dataset.token()
    write = ["--sync-session-token", token, "--record-patches"]
    write += ["Op=replace,Key=theme,Value=dark,SyncCount=0"]
    output_of(run_aws(on_server, "update-records", dataset, *write))
    assert dataset.describe()["LastModifiedBy"] == guest["IdentityId"]


def test_unknown_identity_fails(on_server: OnServer) -> None:
    unknown = f"{REGION}:00000000-0000-4000-8000-000000000000"

    finished = run_cli(
        on_server,
        *("cognito-identity", "get-credentials-for-identity"),
        *("--identity-id", unknown),
    )

    assert finished.returncode == SERVICE_ERROR
    assert (
        "An error occurred (ResourceNotFoundException) when calling the "
        f"GetCredentialsForIdentity operation: Identity '{unknown}' not found."
    ) in finished.stderr
