"""The AWS SDKs for JavaScript work with every operation of the server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from freezegun import freeze_time

from moto_cognitosync.server import CognitoSyncServer
from tests.cognitosync.test_push_sync import make_application
from tests.project.test_documentation import (
    PATH,
    ROOT,
    blocks_of,
    documents_with,
    helpers_of,
    write_files,
)
from tests.support.apps import DEVELOPER, FACEBOOK, make_pool_with_logins
from tests.support.aws import REGION, OnServer, seed
from tests.support.datasets import (
    NOW,
    DatasetUnderTest,
    make_identity,
    make_pool,
    replace,
)
from tests.support.streams import ROLE, stream_of

DIRECTORY = Path(__file__).parent / "js"
PACKAGES = json.loads((DIRECTORY / "package.json").read_text("utf-8"))["dependencies"]
HAS_PACKAGES = all((DIRECTORY / "node_modules" / each).exists() for each in PACKAGES)

# The Makefile uses the same condition to omit this file from coverage.
pytestmark = pytest.mark.skipif(
    not (os.environ.get("CI") or (shutil.which("node") and HAS_PACKAGES)),
    reason="node or one of its packages is missing",
)

# Its modules are available to the examples of the other documents.
GUIDE = ROOT / "docs" / "guide" / "javascript.md"

# Ignores the AWS configuration of the machine that runs the tests.
ENVIRONMENT = {
    "PATH": PATH,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

Call = Callable[..., dict[str, Any]]


class SdkError(Exception):
    """An error that the SDK raised: its class name, message and HTTP status."""

    def __init__(self, error: str, message: str, status: int) -> None:
        super().__init__(error, message, status)
        self.error = error
        self.message = message
        self.status = status


@pytest.fixture(scope="module")
def node() -> Iterator[subprocess.Popen[str]]:
    """One node process for all tests, because starting node is slow."""
    with subprocess.Popen(
        ["node", "call.mjs"],
        cwd=DIRECTORY,
        env=ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        yield process


@pytest.fixture
def call(node: subprocess.Popen[str], cognitosync_server: CognitoSyncServer) -> Call:
    """Return a function that calls an operation from JavaScript.

    It takes the input as keyword arguments and returns the output as plain JSON.
    """
    return caller_from_javascript(node, cognitosync_server.url, "cognito-sync")


def caller_from_javascript(
    node: subprocess.Popen[str], endpoint: str, service: str
) -> Call:
    assert node.stdin is not None
    assert node.stdout is not None
    stdin, stdout = node.stdin, node.stdout

    def call_from_javascript(operation: str, **parameters: Any) -> dict[str, Any]:
        request = {"operation": operation, "input": parameters}
        print(
            json.dumps(request | {"endpoint": endpoint, "service": service}),
            file=stdin,
            flush=True,
        )
        response = json.loads(stdout.readline())
        if "error" in response:
            raise SdkError(**response)
        return response["output"]  # type: ignore[no-any-return]

    return call_from_javascript


def caller_from_python(client: Any) -> Call:
    """Return a boto3 counterpart of ``call`` that also returns plain JSON."""

    def call_from_python(operation: str, **parameters: Any) -> dict[str, Any]:
        output = getattr(client, xform_name(operation))(**parameters)
        del output["ResponseMetadata"]
        return json.loads(json.dumps(output, default=to_iso))  # type: ignore[no-any-return]

    return call_from_python


def to_iso(time: datetime) -> str:
    text = time.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


@pytest.fixture
def aws(cognitosync_server: CognitoSyncServer) -> OnServer:
    """Use the server only: another process cannot reach the in-process mock."""
    return OnServer(cognitosync_server)


@pytest.mark.parametrize("name", ["settings", "..", "a:b", "datasets"])
def test_delete_dataset_returns_the_metadata(
    call: Call, dataset: DatasetUnderTest, name: str
) -> None:
    dataset = dataset.named(name)
    dataset.write(theme="dark", volume="11")

    deleted = call("DeleteDataset", **dataset.ids)["Dataset"]

    assert (deleted["DatasetName"], deleted["NumRecords"]) == (name, 2)
    assert dataset.list()["DatasetExists"] is False


def test_deleted_dataset_cannot_be_deleted_again(
    call: Call, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    call("DeleteDataset", **dataset.ids)

    with pytest.raises(SdkError) as caught:
        call("DeleteDataset", **dataset.ids)

    assert caught.value.error == "ResourceNotFoundException"
    assert caught.value.message == "Dataset 'settings' not found."
    assert caught.value.status == 404


def test_list_records_returns_what_update_records_wrote(
    call: Call, dataset: DatasetUnderTest
) -> None:
    token = call("ListRecords", **dataset.ids)["SyncSessionToken"]
    patches = [replace("name", "Zoë 🎲")]
    call("UpdateRecords", **dataset.ids, SyncSessionToken=token, RecordPatches=patches)

    (record,) = call("ListRecords", **dataset.ids)["Records"]

    assert (record["Key"], record["Value"]) == ("name", "Zoë 🎲")


# --- Parity with boto3 ------------------------------------------------------------


def call_every_operation(aws: OnServer, call: Call) -> dict[str, Any]:
    """Call every operation and return the last output of each."""
    pool_id = make_pool(aws)
    identity_id = make_identity(aws, pool_id)
    application = make_application(aws)
    stream_of(aws, pool_id)
    outputs: dict[str, Any] = {}

    def record(operation: str, **parameters: Any) -> dict[str, Any]:
        outputs[operation] = call(operation, **parameters)
        return outputs[operation]  # type: ignore[no-any-return]

    pool = {"IdentityPoolId": pool_id}
    identity = pool | {"IdentityId": identity_id}
    dataset = identity | {"DatasetName": "settings"}

    push = {"ApplicationArns": [application], "RoleArn": ROLE}
    record("SetIdentityPoolConfiguration", **pool, PushSync=push)
    record("GetIdentityPoolConfiguration", **pool)

    token = record("ListRecords", **dataset)["SyncSessionToken"]
    patch = replace("theme", "dark", DeviceLastModifiedDate="2026-01-02T03:04:05Z")
    write = {"SyncSessionToken": token, "RecordPatches": [patch], "ClientContext": "?"}
    record("UpdateRecords", **dataset, **write)
    record("ListRecords", **dataset, LastSyncCount=0, MaxResults=10)
    record("DescribeDataset", **dataset)
    record("ListDatasets", **identity, MaxResults=10)
    record("DescribeIdentityUsage", **identity)
    record("DescribeIdentityPoolUsage", **pool)
    record("ListIdentityPoolUsage", MaxResults=10)

    device = record("RegisterDevice", **identity, Platform="GCM", Token="phone")
    record("SubscribeToDataset", **dataset, **device)
    record("UnsubscribeFromDataset", **dataset, **device)

    record("BulkPublish", **pool)
    record("GetBulkPublishDetails", **pool)
    trigger = "arn:aws:lambda:us-east-1:123456789012:function:tidy"
    record("SetCognitoEvents", **pool, Events={"SyncTrigger": trigger})
    record("GetCognitoEvents", **pool)
    record("DeleteDataset", **dataset)
    return outputs


def test_every_operation_returns_the_same_output_as_boto3(
    aws: OnServer, call: Call
) -> None:
    client = aws.client("cognito-sync")
    results = []
    # Use the same ids, tokens and times for both, so that only the SDK differs.
    with freeze_time(NOW):
        for each in (caller_from_python(client), call):
            aws.server.reset()
            seed(aws, 17)
            results.append(call_every_operation(aws, each))

    from_python, from_javascript = results
    assert from_javascript == from_python
    assert set(from_javascript) == set(client.meta.service_model.operation_names)


# --- Errors -----------------------------------------------------------------------


def write_and_fail(call: Call, dataset: DatasetUnderTest, value: str) -> SdkError:
    """Write a value for the first time and return the error."""
    with pytest.raises(SdkError) as caught:
        call(
            "UpdateRecords",
            **dataset.ids,
            SyncSessionToken=dataset.token(),
            RecordPatches=[replace("theme", value)],
        )
    return caught.value


def test_stale_patch_raises_resource_conflict(
    call: Call, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")

    raised = write_and_fail(call, dataset, "light")

    assert (raised.error, raised.status) == ("ResourceConflictException", 409)


def test_oversized_record_raises_limit_exceeded(
    call: Call, dataset: DatasetUnderTest
) -> None:
    raised = write_and_fail(call, dataset, 1_048_575 * "x")

    assert (raised.error, raised.status) == ("LimitExceededException", 400)


def test_invalid_dataset_name_raises_invalid_parameter(
    call: Call, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(SdkError) as caught:
        call("DescribeDataset", **dataset.named("a/b ü").ids)

    assert caught.value.error == "InvalidParameterException"
    assert caught.value.message == (
        "1 validation error detected: Value 'a/b ü' at 'datasetName' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.:-]+"
    )


def test_device_without_a_platform_application_raises_invalid_configuration(
    call: Call, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(SdkError) as caught:
        call(
            "RegisterDevice",
            IdentityPoolId=dataset.pool_id,
            IdentityId=dataset.identity_id,
            Platform="GCM",
            Token="phone",
        )

    assert caught.value.error == "InvalidConfigurationException"


# --- Cognito Identity -------------------------------------------------------------


def call_every_identity_operation(call: Call) -> dict[str, Any]:
    """Call every operation of Cognito Identity and return the last output of each."""
    outputs: dict[str, Any] = {}

    def record(operation: str, **parameters: Any) -> dict[str, Any]:
        outputs[operation] = call(operation, **parameters)
        return outputs[operation]  # type: ignore[no-any-return]

    settings = {"IdentityPoolName": "players", "AllowUnauthenticatedIdentities": True}
    settings["DeveloperProviderName"] = DEVELOPER
    created = record("CreateIdentityPool", **settings, IdentityPoolTags={"game": "go"})
    pool = {"IdentityPoolId": created["IdentityPoolId"]}
    settings["SupportedLoginProviders"] = {FACEBOOK: "1234"}
    record("UpdateIdentityPool", **pool, **settings)
    record("DescribeIdentityPool", **pool)
    record("ListIdentityPools", MaxResults=10)

    arn = f"arn:aws:cognito-identity:{REGION}:123456789012:identitypool/"
    resource = {"ResourceArn": arn + pool["IdentityPoolId"]}
    record("TagResource", **resource, Tags={"team": "blue"})
    record("UntagResource", **resource, TagKeys=["game"])
    record("ListTagsForResource", **resource)
    provider = pool | {"IdentityProviderName": DEVELOPER}
    record("SetPrincipalTagAttributeMap", **provider, PrincipalTags={"user": "sub"})
    record("GetPrincipalTagAttributeMap", **provider)
    record("SetIdentityPoolRoles", **pool, Roles={"authenticated": ROLE})
    record("GetIdentityPoolRoles", **pool)

    guest = record("GetId", **pool)
    user = guest | {"Logins": {FACEBOOK: "alice"}}
    record("GetOpenIdToken", **user)
    record("GetCredentialsForIdentity", **user)
    for name in ("alice", "bob"):
        record("GetOpenIdTokenForDeveloperIdentity", **pool, Logins={DEVELOPER: name})
    users = {"SourceUserIdentifier": "bob", "DestinationUserIdentifier": "alice"}
    merged = record(
        "MergeDeveloperIdentities", **pool, **users, DeveloperProviderName=DEVELOPER
    )
    record("LookupDeveloperIdentity", **pool, DeveloperUserIdentifier="bob")
    record("DescribeIdentity", **merged)
    record("ListIdentities", **pool, MaxResults=10)
    developer_user = {"DeveloperProviderName": DEVELOPER}
    developer_user["DeveloperUserIdentifier"] = "bob"
    record("UnlinkDeveloperIdentity", **pool, **merged, **developer_user)
    record("UnlinkIdentity", **user, LoginsToRemove=[FACEBOOK])
    record("DeleteIdentities", IdentityIdsToDelete=[guest["IdentityId"]])
    record("DeleteIdentityPool", **pool)
    return outputs


def test_every_identity_operation_returns_the_same_output_as_boto3(
    aws: OnServer, node: subprocess.Popen[str]
) -> None:
    client = aws.client("cognito-identity")
    from_javascript = caller_from_javascript(node, aws.server.url, "cognito-identity")
    results = []
    with freeze_time(NOW):
        for each in (caller_from_python(client), from_javascript):
            aws.server.reset()
            seed(aws, 17)
            results.append(call_every_identity_operation(each))

    assert results[1] == results[0]
    assert set(results[1]) == set(client.meta.service_model.operation_names)


def test_merge_developer_identities_merges_their_datasets(
    aws: OnServer, node: subprocess.Popen[str], call: Call
) -> None:
    identities = aws.client("cognito-identity")
    pool = {"IdentityPoolId": make_pool_with_logins(identities)}
    call_identity = caller_from_javascript(node, aws.server.url, "cognito-identity")
    datasets = {}
    for user in ("alice", "bob"):
        identity_id = call_identity(
            "GetOpenIdTokenForDeveloperIdentity", **pool, Logins={DEVELOPER: user}
        )["IdentityId"]
        datasets[user] = DatasetUnderTest(
            aws.client("cognito-sync"), pool["IdentityPoolId"], identity_id, "settings"
        )
        datasets[user].write(user=user)

    merged = call_identity(
        "MergeDeveloperIdentities",
        **pool,
        DeveloperProviderName=DEVELOPER,
        SourceUserIdentifier="bob",
        DestinationUserIdentifier="alice",
    )

    assert merged == {"IdentityId": datasets["alice"].identity_id}
    name = f"settings.{datasets['bob'].identity_id}"
    listed = call("ListRecords", **datasets["alice"].ids)
    assert listed["MergedDatasetNames"] == [name]
    call("DeleteDataset", **datasets["alice"].named(name).ids)
    assert "MergedDatasetNames" not in call("ListRecords", **datasets["alice"].ids)


@pytest.mark.parametrize("library", ["credential_providers", "amazon_cognito_js"])
def test_library_logs_in_and_syncs(
    cognitosync_server: CognitoSyncServer, library: str
) -> None:
    endpoint = cognitosync_server.url
    run_node_tests(f"{library}.test.mjs", directory=DIRECTORY, ENDPOINT=endpoint)


def run_node_tests(*files: str, directory: Path, **environment: str) -> None:
    output = run("node", "--test", *files, directory=directory, **environment)
    assert re.search(r"^. pass [1-9]", output, re.MULTILINE)


def run(*command: str, directory: Path, **environment: str) -> str:
    finished = subprocess.run(
        command,
        cwd=directory,
        env=ENVIRONMENT | environment,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    assert finished.returncode == 0, finished.stdout
    return finished.stdout


# --- Examples in the documentation ------------------------------------------------


@documents_with("js", ".test.mjs")
def test_guide_example_passes(
    document: Path, cognitosync_server: CognitoSyncServer, tmp_path: Path
) -> None:
    # node resolves imports in a file relative to the directory of the file.
    (tmp_path / "node_modules").symlink_to(DIRECTORY / "node_modules")
    blocks = helpers_of(GUIDE, "js") + blocks_of(document, "js")
    write_files(blocks, tmp_path, cognitosync_server)

    if (tmp_path / "vitest.config.mjs").exists():  # fails if it finds no test
        run("node_modules/.bin/vitest", "run", directory=tmp_path)
    else:
        run_node_tests(directory=tmp_path)
