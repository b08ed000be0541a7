"""The AWS SDK for JavaScript works against the server, all of the operations."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from freezegun import freeze_time
from moto.moto_api._internal import mock_random

from moto_cognitosync.server import CognitoSyncServer
from tests.cognitosync.test_push_sync import make_application
from tests.project.test_documentation import ROOT, URL_SHOWN, blocks_of
from tests.support.aws import OnServer
from tests.support.datasets import (
    NOW,
    DatasetUnderTest,
    make_identity,
    make_pool,
    replace,
)
from tests.support.streams import ROLE, stream_of

DIRECTORY = Path(__file__).parent / "js"
PACKAGE = DIRECTORY / "node_modules" / "@aws-sdk" / "client-cognito-sync"

# The Makefile and the noxfile ask the same before they leave this file unmeasured.
pytestmark = pytest.mark.skipif(
    not (os.environ.get("CI") or (shutil.which("node") and PACKAGE.exists())),
    reason="node or its package @aws-sdk/client-cognito-sync is missing",
)

# Nothing of the set-up of whoever runs the tests.
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

Call = Callable[..., dict[str, Any]]


class Refused(Exception):
    """An error that the SDK has raised: its class, its message, its HTTP status."""

    def __init__(self, error: str, message: str, status: int) -> None:
        super().__init__(error, message, status)
        self.error = error
        self.message = message
        self.status = status


@pytest.fixture(scope="module")
def node() -> Iterator[subprocess.Popen[str]]:
    """One process for all tests, as node takes longer to start than they take."""
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
    """Call an operation from JavaScript, with its input as keyword arguments."""
    assert node.stdin is not None
    assert node.stdout is not None
    stdin, stdout = node.stdin, node.stdout

    def call_from_javascript(operation: str, **parameters: Any) -> dict[str, Any]:
        request = {"operation": operation, "input": parameters}
        print(
            json.dumps(request | {"endpoint": cognitosync_server.url}),
            file=stdin,
            flush=True,
        )
        answer = json.loads(stdout.readline())
        if "error" in answer:
            raise Refused(**answer)
        return answer["output"]  # type: ignore[no-any-return]

    return call_from_javascript


def caller_from_python(client: Any) -> Call:
    """Make what calls with boto3, and answers as ``call`` does: in plain JSON."""

    def call_from_python(operation: str, **parameters: Any) -> dict[str, Any]:
        output = getattr(client, xform_name(operation))(**parameters)
        del output["ResponseMetadata"]
        return json.loads(json.dumps(output, default=iso))  # type: ignore[no-any-return]

    return call_from_python


def iso(time: datetime) -> str:
    text = time.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


@pytest.fixture
def aws(cognitosync_server: CognitoSyncServer) -> OnServer:
    """The one form of the mock that another process can reach."""
    return OnServer(cognitosync_server)


@pytest.mark.parametrize("name", ["settings", "..", "a:b", "datasets"])
def test_delete_dataset_answers_with_the_metadata(
    call: Call, dataset: DatasetUnderTest, name: str
) -> None:
    dataset = dataset.named(name)
    dataset.write(theme="dark", volume="11")

    deleted = call("DeleteDataset", **dataset.ids)["Dataset"]

    assert (deleted["DatasetName"], deleted["NumRecords"]) == (name, 2)
    assert dataset.list()["DatasetExists"] is False


def test_delete_dataset_fails_the_second_time(
    call: Call, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    call("DeleteDataset", **dataset.ids)

    with pytest.raises(Refused) as caught:
        call("DeleteDataset", **dataset.ids)

    assert caught.value.error == "ResourceNotFoundException"
    assert caught.value.message == "Dataset 'settings' not found."
    assert caught.value.status == 404


def test_what_update_records_writes_is_listed(
    call: Call, dataset: DatasetUnderTest
) -> None:
    token = call("ListRecords", **dataset.ids)["SyncSessionToken"]
    patches = [replace("name", "Zoë 🎲")]
    call("UpdateRecords", **dataset.ids, SyncSessionToken=token, RecordPatches=patches)

    (record,) = call("ListRecords", **dataset.ids)["Records"]

    assert (record["Key"], record["Value"]) == ("name", "Zoë 🎲")


# --- The same as boto3 ------------------------------------------------------------


def tell_a_story(aws: OnServer, call: Call) -> dict[str, Any]:
    """Call every operation once, and return what each has answered."""
    pool_id = make_pool(aws)
    identity_id = make_identity(aws, pool_id)
    application = make_application(aws)
    stream_of(aws, pool_id)
    outputs: dict[str, Any] = {}

    def tell(operation: str, **parameters: Any) -> dict[str, Any]:
        outputs[operation] = call(operation, **parameters)
        return outputs[operation]  # type: ignore[no-any-return]

    pool = {"IdentityPoolId": pool_id}
    identity = pool | {"IdentityId": identity_id}
    dataset = identity | {"DatasetName": "settings"}

    push = {"ApplicationArns": [application], "RoleArn": ROLE}
    tell("SetIdentityPoolConfiguration", **pool, PushSync=push)
    tell("GetIdentityPoolConfiguration", **pool)

    token = tell("ListRecords", **dataset)["SyncSessionToken"]
    patch = replace("theme", "dark", DeviceLastModifiedDate="2026-01-02T03:04:05Z")
    write = {"SyncSessionToken": token, "RecordPatches": [patch], "ClientContext": "?"}
    tell("UpdateRecords", **dataset, **write)
    tell("ListRecords", **dataset, LastSyncCount=0, MaxResults=10)
    tell("DescribeDataset", **dataset)
    tell("ListDatasets", **identity, MaxResults=10)
    tell("DescribeIdentityUsage", **identity)
    tell("DescribeIdentityPoolUsage", **pool)
    tell("ListIdentityPoolUsage", MaxResults=10)

    device = tell("RegisterDevice", **identity, Platform="GCM", Token="phone")
    tell("SubscribeToDataset", **dataset, **device)
    tell("UnsubscribeFromDataset", **dataset, **device)

    tell("BulkPublish", **pool)
    tell("GetBulkPublishDetails", **pool)
    trigger = "arn:aws:lambda:us-east-1:123456789012:function:tidy"
    tell("SetCognitoEvents", **pool, Events={"SyncTrigger": trigger})
    tell("GetCognitoEvents", **pool)
    tell("DeleteDataset", **dataset)
    return outputs


def test_every_operation_answers_as_it_answers_boto3(aws: OnServer, call: Call) -> None:
    client = aws.client("cognito-sync")
    stories = []
    # The same ids, tokens and times for both, so that nothing differs but the SDK.
    with freeze_time(NOW):
        for each in (caller_from_python(client), call):
            aws.server.reset()
            mock_random.seed(17)
            stories.append(tell_a_story(aws, each))

    from_python, from_javascript = stories
    assert from_javascript == from_python
    assert set(from_javascript) == set(client.meta.service_model.operation_names)


# --- Errors -----------------------------------------------------------------------


def refuse_patch(call: Call, dataset: DatasetUnderTest, value: str) -> Refused:
    """See a first write of a value refused."""
    with pytest.raises(Refused) as caught:
        call(
            "UpdateRecords",
            **dataset.ids,
            SyncSessionToken=dataset.token(),
            RecordPatches=[replace("theme", value)],
        )
    return caught.value


def test_a_stale_patch_is_a_resource_conflict(
    call: Call, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")

    refused = refuse_patch(call, dataset, "light")

    assert (refused.error, refused.status) == ("ResourceConflictException", 409)


def test_too_large_a_record_is_a_limit_exceeded(
    call: Call, dataset: DatasetUnderTest
) -> None:
    refused = refuse_patch(call, dataset, 1_048_575 * "x")

    assert (refused.error, refused.status) == ("LimitExceededException", 400)


def test_a_bad_name_is_an_invalid_parameter(
    call: Call, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(Refused) as caught:
        call("DescribeDataset", **dataset.named("a/b ü").ids)

    assert caught.value.error == "InvalidParameterException"
    assert caught.value.message == (
        "1 validation error detected: Value 'a/b ü' at 'datasetName' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.:-]+"
    )


def test_a_device_without_an_application_is_an_invalid_configuration(
    call: Call, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(Refused) as caught:
        call(
            "RegisterDevice",
            IdentityPoolId=dataset.pool_id,
            IdentityId=dataset.identity_id,
            Platform="GCM",
            Token="phone",
        )

    assert caught.value.error == "InvalidConfigurationException"


# --- The documents ----------------------------------------------------------------


def test_the_example_of_the_readme_runs(
    aws: OnServer, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    ids = f"const IdentityPoolId = '{dataset.pool_id}';"
    ids += f"const IdentityId = '{dataset.identity_id}';"
    (block,) = blocks_of(ROOT / "README.md", "js")

    # Read from stdin, it finds the package in the directory that node runs in.
    subprocess.run(
        ["node", "--input-type=module"],
        cwd=DIRECTORY,
        env=ENVIRONMENT,
        input=ids + block.text.replace(URL_SHOWN, aws.server.url),
        encoding="utf-8",
        check=True,
    )

    assert dataset.list()["DatasetExists"] is False


def test_the_example_of_the_guide_runs(
    cognitosync_server: CognitoSyncServer, tmp_path: Path
) -> None:
    # Where node looks for the packages that a module imports.
    (tmp_path / "node_modules").symlink_to(DIRECTORY / "node_modules")
    for block in blocks_of(ROOT / "docs" / "how-to" / "javascript.md", "js"):
        name = block.text.partition("\n")[0].removeprefix("// ")
        text = block.text.replace(URL_SHOWN, cognitosync_server.url)
        (tmp_path / name).write_text(text, encoding="utf-8")

    finished = subprocess.run(
        ["node", "--test"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )

    assert finished.returncode == 0, finished.stdout
    assert "pass 1" in finished.stdout
