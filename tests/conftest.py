"""Fixtures and helpers that run tests in-process and on the server."""

from __future__ import annotations

import functools
import http.client
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import xform_name
from botocore.awsrequest import (
    AWSPreparedRequest,
    HeadersDict,
    create_request_object,
    prepare_request_dict,
)
from botocore.exceptions import ClientError
from botocore.serialize import create_serializer
from botocore.session import get_session

from moto_cognitosync import mock_cognitosync

if TYPE_CHECKING:
    from moto_cognitosync.cognitosync.rest_json import HttpRequest
    from moto_cognitosync.server import CognitoSyncServer

pytest_plugins = ["pytester", "tests.against_aws"]

REGION = "us-east-1"

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
NOW_IN_MS = 1772366400250


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
    """Isolate the tests from the AWS configuration of the user."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "MOTO_ACCOUNT_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail a test that does not provoke every error in its ``provokes`` marks."""
    claimed = {mark.args for mark in item.iter_markers("provokes")}
    answered: set[tuple[str, ...]] = set()
    if item.config.getoption("--against-aws"):
        claimed = set()  # only the mock can record errors
    with pytest.MonkeyPatch.context() as monkeypatch:
        if claimed:
            _record_errors(monkeypatch, answered)
        yield
    assert claimed <= answered, f"not provoked: {sorted(claimed - answered)}"


def _record_errors(
    monkeypatch: pytest.MonkeyPatch, answered: set[tuple[str, ...]]
) -> None:
    """Record each operation that returns an error, with the code of the error."""
    from moto_cognitosync.cognitosync import rest_json

    serialize_error = rest_json.serialize_error

    def record(request: Any, error: Any) -> Any:
        operation, _ = rest_json.service().route(request.method, request.path)
        answered.add((operation.name, error.code))
        return serialize_error(request, error)

    monkeypatch.setattr(rest_json, "serialize_error", record)


def provoking(error: str, operations: Iterable[str]) -> list[Any]:
    """Return a parameter for each operation, marked to provoke the error."""
    return [
        pytest.param(operation, marks=pytest.mark.provokes(operation, error))
        for operation in operations
    ]


@dataclass(frozen=True)
class Answer:
    """A raw HTTP response. Header names are lowercase."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.headers["x-amzn-errortype"].partition(":")[0]


class Aws(ABC):
    """Access to one form of the mock, with boto3 clients or raw requests."""

    @abstractmethod
    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any: ...

    @abstractmethod
    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request without normalizing, encoding or adding anything."""


class InProcess(Aws):
    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any:
        if kwargs:
            return boto3.client(service, region, **kwargs)
        return _client_in_process(service, region)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        from moto.core.models import botocore_stubber

        request = AWSPreparedRequest(
            method=method,
            url=f"https://cognito-sync.{REGION}.amazonaws.com{path}",
            headers=HeadersDict(headers or {}),
            body=body,
            stream_output=False,
        )
        response = botocore_stubber("before-send", request)
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, lowered, response.content)


class OnServer(Aws):
    def __init__(self, server: CognitoSyncServer) -> None:
        self.server = server

    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any:
        if kwargs:
            return self.server.client(service, region_name=region, **kwargs)
        return _client_on_server(self.server, service, region)

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        connection = http.client.HTTPConnection(
            self.server.url.removeprefix("http://"), timeout=30
        )
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            length = {"Content-Length": str(len(body))} if body else {}
            for name, value in HeadersDict(length | (headers or {})).items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            lowered = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, lowered, response.read())
        finally:
            connection.close()


# Creating a client takes longer than most tests, and clients are stateless.
@functools.cache
def _client_in_process(service: str, region: str) -> Any:
    return boto3.client(service, region)


@functools.cache
def _client_on_server(server: CognitoSyncServer, service: str, region: str) -> Any:
    # moto's cognito-identity reads the region of unsigned calls from the user agent.
    from botocore.config import Config

    config = Config(user_agent_extra=f"region/{region}")
    return server.client(service, region_name=region, config=config)


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


def make_pool(aws: Aws, region: str = REGION) -> str:
    pool = aws.client("cognito-identity", region).create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
    return str(pool["IdentityPoolId"])


def make_identity(aws: Aws, pool_id: str, region: str = REGION) -> str:
    client = aws.client("cognito-identity", region)
    return str(client.get_id(IdentityPoolId=pool_id)["IdentityId"])


@pytest.fixture
def pool_id(aws: Aws) -> str:
    return make_pool(aws)


@pytest.fixture
def identity_id(aws: Aws, pool_id: str) -> str:
    return make_identity(aws, pool_id)


class DatasetUnderTest:
    """A dataset, with methods that fill in its ids and its name."""

    def __init__(self, client: Any, pool_id: str, identity_id: str, name: str) -> None:
        self.client = client
        self.pool_id = pool_id
        self.identity_id = identity_id
        self.name = name
        self.ids = {
            "IdentityPoolId": pool_id,
            "IdentityId": identity_id,
            "DatasetName": name,
        }

    def named(self, name: str) -> DatasetUnderTest:
        """Return another dataset of the same identity."""
        return DatasetUnderTest(self.client, self.pool_id, self.identity_id, name)

    def token(self) -> str:
        return str(self.client.list_records(**self.ids)["SyncSessionToken"])

    def list(self, **kwargs: Any) -> dict[str, Any]:
        return self.client.list_records(**self.ids, **kwargs)  # type: ignore[no-any-return]

    def records(self, **kwargs: Any) -> dict[str, Any]:
        return {record["Key"]: record for record in self.list(**kwargs)["Records"]}

    def patch(self, *patches: dict[str, Any], **kwargs: Any) -> list[dict[str, Any]]:
        """Send patches, with a new token unless one is given."""
        if "SyncSessionToken" not in kwargs:
            kwargs["SyncSessionToken"] = self.token()
        response = self.client.update_records(
            **self.ids, RecordPatches=list(patches), **kwargs
        )
        return response["Records"]  # type: ignore[no-any-return]

    def write(self, **values: str) -> list[dict[str, Any]]:
        """Set values with the current sync count, which avoids conflicts."""
        count = self.list()["DatasetSyncCount"]
        return self.patch(*(replace(key, values[key], count) for key in values))

    def describe(self) -> dict[str, Any]:
        return self.client.describe_dataset(**self.ids)["Dataset"]  # type: ignore[no-any-return]

    def delete(self) -> dict[str, Any]:
        return self.client.delete_dataset(**self.ids)["Dataset"]  # type: ignore[no-any-return]


def replace(key: str, value: str, sync_count: int = 0, **extra: Any) -> dict[str, Any]:
    patch = {"Op": "replace", "Key": key, "Value": value, "SyncCount": sync_count}
    return patch | extra


def remove(key: str, sync_count: int = 0, **extra: Any) -> dict[str, Any]:
    return {"Op": "remove", "Key": key, "SyncCount": sync_count} | extra


@pytest.fixture
def dataset(sync: Any, pool_id: str, identity_id: str) -> DatasetUnderTest:
    """A dataset that has never been written."""
    return DatasetUnderTest(sync, pool_id, identity_id, "settings")


# --- Streams ----------------------------------------------------------------------

ROLE = "arn:aws:iam::123456789012:role/sync"

# Small enough for a dataset, but larger than one megabyte as JSON.
LARGE = '"é' * 340_000

NOT_ENABLED = [
    pytest.param({}, id="no section"),
    pytest.param({"StreamName": "changes"}, id="no status"),
    pytest.param(
        {"StreamName": "changes", "StreamingStatus": "DISABLED"}, id="disabled"
    ),
]


class Stream:
    """A Kinesis stream with one shard."""

    def __init__(self, aws: Aws, name: str = "changes", region: str = REGION) -> None:
        self.name = name
        self.kinesis = aws.client("kinesis", region)
        self.kinesis.create_stream(StreamName=name, ShardCount=1)

    def enable(self, sync: Any, pool_id: str, **changes: str) -> None:
        """Enable streaming from a pool to this stream, with optional ``changes``."""
        section = {
            "StreamName": self.name,
            "RoleArn": ROLE,
            "StreamingStatus": "ENABLED",
        }
        sync.set_identity_pool_configuration(
            IdentityPoolId=pool_id, CognitoStreams=section | changes
        )

    def delete(self) -> None:
        self.kinesis.delete_stream(StreamName=self.name)

    def records(self) -> list[dict[str, Any]]:
        iterator = self.kinesis.get_shard_iterator(
            StreamName=self.name,
            ShardId="shardId-000000000000",
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        return self.kinesis.get_records(ShardIterator=iterator)["Records"]  # type: ignore[no-any-return]

    def events(self) -> list[dict[str, Any]]:
        # Numbers must be integers: a float becomes a string, so comparisons fail.
        return [json.loads(each["Data"], parse_float=str) for each in self.records()]


def stream_of(aws: Aws, pool_id: str) -> Stream:
    """Create a stream and enable streaming from a pool to it."""
    stream = Stream(aws)
    stream.enable(aws.client("cognito-sync"), pool_id)
    return stream


@pytest.fixture
def stream(aws: Aws, pool_id: str) -> Stream:
    """A stream that receives the changes of the pool."""
    return stream_of(aws, pool_id)


def before_next_record(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]
) -> None:
    """Call a function once, right before the next record is put into Kinesis."""
    from moto.kinesis.models import KinesisBackend

    put_record, calls = KinesisBackend.put_record, [call]

    def call_and_put(*args: Any, **kwargs: Any) -> Any:
        if calls:
            calls.pop()()
        return put_record(*args, **kwargs)

    monkeypatch.setattr(KinesisBackend, "put_record", call_and_put)


def summary(event: dict[str, Any]) -> tuple[str, str, int]:
    return event["operation"], event["datasetName"], event["syncCount"]


# --- Operations -------------------------------------------------------------------

MODEL = get_session().get_service_model("cognito-sync")
SERIALIZER = create_serializer("rest-json", include_validation=False)

POOL = "/identitypools/{IdentityPoolId}"
IDENTITY = POOL + "/identities/{IdentityId}"
DATASET = IDENTITY + "/datasets/{DatasetName}"
SUBSCRIPTION = DATASET + "/subscriptions/{DeviceId}"

# From the request syntax of each action in the AWS API reference.
ROUTES = {
    "BulkPublish": ("POST", POOL + "/bulkpublish"),
    "DeleteDataset": ("DELETE", DATASET),
    "DescribeDataset": ("GET", DATASET),
    "DescribeIdentityPoolUsage": ("GET", POOL),
    "DescribeIdentityUsage": ("GET", IDENTITY),
    "GetBulkPublishDetails": ("POST", POOL + "/getBulkPublishDetails"),
    "GetCognitoEvents": ("GET", POOL + "/events"),
    "GetIdentityPoolConfiguration": ("GET", POOL + "/configuration"),
    "ListDatasets": ("GET", IDENTITY + "/datasets"),
    "ListIdentityPoolUsage": ("GET", "/identitypools"),
    "ListRecords": ("GET", DATASET + "/records"),
    "RegisterDevice": ("POST", POOL + "/identity/{IdentityId}/device"),
    "SetCognitoEvents": ("POST", POOL + "/events"),
    "SetIdentityPoolConfiguration": ("POST", POOL + "/configuration"),
    "SubscribeToDataset": ("POST", SUBSCRIPTION),
    "UnsubscribeFromDataset": ("DELETE", SUBSCRIPTION),
    "UpdateRecords": ("POST", DATASET),
}

# Which credentials can call each operation, according to the API reference.
BOTH = [
    "DeleteDataset",
    "DescribeDataset",
    "DescribeIdentityUsage",
    "ListDatasets",
    "ListRecords",
    "UpdateRecords",
]
DEVELOPERS = [
    "BulkPublish",
    "DescribeIdentityPoolUsage",
    "GetBulkPublishDetails",
    "GetCognitoEvents",
    "GetIdentityPoolConfiguration",
    "ListIdentityPoolUsage",
    "SetCognitoEvents",
    "SetIdentityPoolConfiguration",
]
IDENTITIES = ["RegisterDevice", "SubscribeToDataset", "UnsubscribeFromDataset"]


def request_of(operation: str, parameters: dict[str, Any]) -> HttpRequest:
    """Return the request that botocore sends, without validating the parameters."""
    from moto_cognitosync.cognitosync.rest_json import HttpRequest

    model = MODEL.operation_model(operation)
    description = SERIALIZER.serialize_to_request(parameters, model)
    prepare_request_dict(description, endpoint_url="https://cognito-sync.test")
    prepared = create_request_object(description).prepare()
    url = urlsplit(prepared.url)
    return HttpRequest(
        prepared.method, url.path, url.query, prepared.headers, prepared.body or b""
    )


def as_sent(date: datetime) -> datetime:
    """Round a date down as botocore does: up to 1.41, it sends whole seconds."""
    milliseconds = date.microsecond // 1000 if _sends_milliseconds() else 0
    return date.replace(microsecond=1000 * milliseconds)


@functools.cache
def _sends_milliseconds() -> bool:
    parameters = required_input("UpdateRecords", "us-east-1:0", "us-east-1:1")
    patch = replace("theme", "dark", DeviceLastModifiedDate=NOW)
    body = request_of("UpdateRecords", parameters | {"RecordPatches": [patch]}).body
    return f'"DeviceLastModifiedDate": {NOW_IN_MS / 1000}'.encode() in (body or b"")


def required_input(operation: str, pool_id: str, identity_id: str) -> dict[str, Any]:
    """Return input for an operation with all required members."""
    values = {
        "IdentityPoolId": pool_id,
        "IdentityId": identity_id,
        "DatasetName": "settings",
        "DeviceId": "device",
        "Platform": "GCM",
        "Token": "token",
        "SyncSessionToken": "token",
        "Events": {},
    }
    required = MODEL.operation_model(operation).input_shape.required_members
    return {name: values[name] for name in required}


def call(client: Any, operation: str, pool_id: str, identity_id: str) -> Any:
    """Call an operation with all required members, and return its error, if any."""
    parameters = required_input(operation, pool_id, identity_id)
    try:
        getattr(client, xform_name(operation))(**parameters)
    except ClientError as error:
        return error.response["Error"]
    return {}
