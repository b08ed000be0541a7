"""Faults as context managers, as decorators, and over HTTP."""

from __future__ import annotations

import functools
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
import requests
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.core.wire.http import close_connection
from moto_cognitosync.faults import Fault, fault
from moto_cognitosync.server import CognitoSyncServer
from tests.project.operations_table import MODELED_BY
from tests.support.aws import REGION, Aws, InProcess, OnServer, seed
from tests.support.datasets import DatasetUnderTest
from tests.support.operations import MODEL, required_input

# UpdateRecords documents an error that is missing from the model.
DOCUMENTED = [
    *sorted(MODELED_BY["cognito-sync"]),
    ("UpdateRecords", "LambdaSocketTimeoutException"),
]

POOL = f"{REGION}:0"
IDENTITY = f"{REGION}:1"


@functools.cache
def client_without_retries(url: str | None) -> Any:
    """Create a client that does not retry, for a server or the in-process mock."""
    return boto3.client(
        "cognito-sync",
        REGION,
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def client(aws: Aws) -> Any:
    """A client that does not retry."""
    url = aws.server.url if isinstance(aws, OnServer) else None
    return client_without_retries(url)


def call(client: Any, operation: str) -> Any:
    parameters = required_input(operation, POOL, IDENTITY)
    return getattr(client, xform_name(operation))(**parameters)


@contextmanager
def injecting(aws: Aws, **parameters: Any) -> Iterator[None]:
    """Inject a fault, in-process or over HTTP."""
    if not isinstance(aws, OnServer):
        with fault(**parameters):
            yield
        return
    url = f"{aws.server.url}/moto-api/cognito-sync/faults"
    created = requests.post(url, json=parameters, timeout=30)
    assert created.status_code == 201
    try:
        yield
    finally:
        requests.delete(f"{url}/{created.json()['id']}", timeout=30)


@pytest.mark.parametrize(("operation", "error"), DOCUMENTED)
def test_every_documented_error_can_be_injected(
    aws: Aws, client: Any, operation: str, error: str
) -> None:
    with (
        injecting(aws, operation=operation, error=error, message="custom"),
        pytest.raises(ClientError) as caught,
    ):
        call(client, operation)

    assert caught.value.response["Error"] == {"Code": error, "Message": "custom"}
    if error in MODEL.shape_names:
        shape = MODEL.shape_for(error).metadata["error"]
        status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status == shape["httpStatusCode"]
        assert isinstance(caught.value, getattr(client.exceptions, error))


def test_a_fault_affects_only_its_operation(client: Any) -> None:
    with fault(
        "DescribeDataset", "TooManyRequestsException", optional=True
    ) as throttled:
        assert error_of(lambda: call(client, "DeleteDataset")) == (
            "ResourceNotFoundException"
        )

    assert throttled.count == 0


def test_a_retry_succeeds_when_a_fault_applies_only_once(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(theme="dark")

    with fault("DeleteDataset", "TooManyRequestsException", times=1) as throttled:
        response = dataset.client.delete_dataset(**dataset.ids)

    assert response["ResponseMetadata"]["RetryAttempts"] == 1
    assert throttled.count == 1


def test_a_write_that_fails_due_to_a_fault_is_not_stored(
    dataset: DatasetUnderTest,
) -> None:
    with (
        fault("UpdateRecords", "ResourceConflictException"),
        pytest.raises(dataset.client.exceptions.ResourceConflictException),
    ):
        dataset.write(theme="dark")

    assert dataset.records() == {}


def test_the_default_message_names_the_fault(client: Any) -> None:
    with (
        fault("ListDatasets", "InternalErrorException"),
        pytest.raises(
            client.exceptions.InternalErrorException,
            match=r"Injected by fault\('ListDatasets'\)\.",
        ),
    ):
        call(client, "ListDatasets")


@pytest.mark.parametrize(
    "scope",
    [
        {"identity_pool_id": POOL},
        {"identity_id": IDENTITY},
        {"dataset_name": "settings"},
    ],
)
def test_a_fault_can_be_limited_to_a_pool_identity_or_dataset(
    aws: Aws, client: Any, scope: dict[str, str]
) -> None:
    error = "TooManyRequestsException"
    (name,) = scope
    with injecting(aws, operation="DescribeDataset", error=error, **scope):
        assert error_of(lambda: call(client, "DescribeDataset")) == error
    other: Any = {name: f"{REGION}:2", "optional": True}
    with injecting(aws, operation="DescribeDataset", error=error, **other):
        assert error_of(lambda: call(client, "DescribeDataset")) == (
            "ResourceNotFoundException"
        )


def error_of(make_call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        make_call()
    return str(caught.value.response["Error"]["Code"])


def test_an_asterisk_matches_every_operation(client: Any) -> None:
    with fault("*", "InternalErrorException") as broken:
        for operation in MODEL.operation_names:
            assert error_of(lambda name=operation: call(client, name)) == (
                "InternalErrorException"
            )

    assert broken.count == len(MODEL.operation_names)


def test_the_first_matching_fault_is_injected(client: Any) -> None:
    with (
        fault("ListDatasets", "TooManyRequestsException", times=1),
        fault("ListDatasets", "InternalErrorException", times=1),
    ):
        errors = [error_of(lambda: call(client, "ListDatasets")) for _ in range(3)]

    assert errors == [
        "TooManyRequestsException",
        "InternalErrorException",
        "ResourceNotFoundException",
    ]


def test_invalid_requests_do_not_trigger_faults(aws: Aws) -> None:
    with fault("*", "InternalErrorException", optional=True) as broken:
        response = aws.send("GET", "/identitypools/%20")
        assert response.error == "InvalidParameterException"
        assert (
            aws.send("GET", "/identitypools/a/b").error == "UnknownOperationException"
        )

    assert broken.count == 0


def outcomes(injected: Fault, requests: int = 40) -> list[bool]:
    """Return which of several requests the fault affects."""
    with injected:
        return [injected.claim("ListRecords", {}) for _ in range(requests)]


def test_a_faults_seed_determines_which_requests_it_affects() -> None:
    flaky = fault("ListRecords", delay=1, probability=0.5, seed=7)
    first = outcomes(flaky)

    assert outcomes(flaky) == first
    assert outcomes(fault("ListRecords", delay=1, probability=0.5, seed=8)) != first
    assert set(first) == {True, False}


def test_motos_seed_determines_which_requests_a_fault_affects() -> None:
    flaky = fault("ListRecords", delay=1, probability=0.5)
    with mock_cognitosync():
        seed(InProcess(), 7)
        first = outcomes(flaky)
        seed(InProcess(), 7)

        assert outcomes(flaky) == first
        assert outcomes(flaky) != first


@pytest.mark.parametrize(("probability", "affected"), [(0, False), (1, True)])
def test_the_probability_can_be_zero_or_one(probability: int, affected: bool) -> None:
    certain = fault("ListRecords", delay=1, probability=probability)

    assert outcomes(certain) == [affected] * 40


def test_a_delayed_request_succeeds(
    aws: Aws, dataset: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    with injecting(aws, operation="ListRecords", delay=2.5, times=1):
        assert dataset.records() == {}
        assert dataset.records() == {}

    assert [each for each in slept if each] == [2.5]


def test_a_dropped_connection_raises_connection_closed_error(
    aws: Aws, client: Any
) -> None:
    with (
        injecting(aws, operation="ListRecords", drop_connection=True),
        pytest.raises(ConnectionClosedError, match=r"endpoint URL: .*/identitypools/"),
    ):
        call(client, "ListRecords")


def test_a_dropped_connection_raises_connection_error_in_requests() -> None:
    url = "https://cognito-sync.us-east-1.amazonaws.com/identitypools"
    with (
        mock_cognitosync(),
        fault("ListIdentityPoolUsage", drop_connection=True),
        pytest.raises(requests.ConnectionError) as caught,
    ):
        requests.get(url, timeout=30)

    assert caught.value.response is None


def test_dropping_a_connection_that_the_client_closed_has_no_effect() -> None:
    with socket.socket() as never_connected:
        close_connection({"werkzeug.socket": never_connected})


def test_a_client_retries_after_a_dropped_connection(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    with injecting(aws, operation="ListRecords", drop_connection=True, times=1):
        response = dataset.client.list_records(**dataset.ids)

    assert response["ResponseMetadata"]["RetryAttempts"] == 1


# --- Decorators, start and stop ---------------------------------------------------


def test_a_function_can_be_decorated(client: Any) -> None:
    @fault("ListDatasets", "TooManyRequestsException", times=1)
    def list_twice() -> list[str]:
        return [error_of(lambda: call(client, "ListDatasets")) for _ in range(2)]

    for _ in range(2):
        assert list_twice() == ["TooManyRequestsException", "ResourceNotFoundException"]
    assert error_of(lambda: call(client, "ListDatasets")) == "ResourceNotFoundException"


async def test_a_coroutine_function_can_be_decorated(client: Any) -> None:
    @fault("ListDatasets", "TooManyRequestsException")
    async def list_datasets() -> str:
        return error_of(lambda: call(client, "ListDatasets"))

    assert await list_datasets() == "TooManyRequestsException"


def test_a_generator_cannot_be_decorated() -> None:
    with pytest.raises(TypeError, match=r"fault cannot decorate the generator '.*'"):

        @fault("ListDatasets", "TooManyRequestsException")
        def generator() -> Iterator[None]:
            yield  # pragma: no cover


def test_a_class_cannot_be_decorated() -> None:
    with pytest.raises(TypeError, match=r"the class '.*TestSync': decorate its meth"):

        @fault("ListDatasets", "TooManyRequestsException")
        class TestSync:
            pass


def test_a_fault_ends_when_the_test_raises(client: Any) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        fault("ListDatasets", "TooManyRequestsException"),
    ):
        raise ZeroDivisionError

    assert error_of(lambda: call(client, "ListDatasets")) == "ResourceNotFoundException"


def test_a_fault_can_be_started_and_stopped(client: Any) -> None:
    throttled = fault("ListDatasets", "TooManyRequestsException")
    throttled.start()
    assert error_of(lambda: call(client, "ListDatasets")) == "TooManyRequestsException"

    throttled.stop()
    throttled.stop()
    assert error_of(lambda: call(client, "ListDatasets")) == "ResourceNotFoundException"


def test_an_active_fault_is_not_started_twice(client: Any) -> None:
    throttled = fault("ListDatasets", "TooManyRequestsException")
    throttled.start()

    with throttled:
        error_of(lambda: call(client, "ListDatasets"))

    assert error_of(lambda: call(client, "ListDatasets")) == "ResourceNotFoundException"


# --- Unused faults ----------------------------------------------------------------

UNUSED = "expected this fault to affect at least one request, but it affected none: "


@contextmanager
def reporting(message: str) -> Iterator[None]:
    with pytest.raises(AssertionError, match=f"^{re.escape(message)}"):
        yield


def test_a_with_statement_reports_an_unused_fault() -> None:
    with (
        reporting(
            f"{UNUSED}fault(operation='ListDatasets', times=2, delay=1). "
            "Check the operation and the scope, or pass optional=True."
        ),
        fault("ListDatasets", delay=1, times=2),
    ):
        pass


def test_a_decorated_function_reports_an_unused_fault() -> None:
    @fault("ListDatasets", delay=1)
    def do_nothing() -> None:
        pass

    for _ in range(2):
        with reporting(UNUSED):
            do_nothing()


async def test_a_decorated_coroutine_function_reports_an_unused_fault() -> None:
    @fault("ListDatasets", delay=1)
    async def do_nothing() -> None:
        pass

    with reporting(UNUSED):
        await do_nothing()


def test_a_fault_used_only_in_an_earlier_block_is_unused(client: Any) -> None:
    throttled = fault("ListDatasets", "TooManyRequestsException")
    with throttled:
        error_of(lambda: call(client, "ListDatasets"))

    with reporting(UNUSED), throttled:
        pass


@pytest.mark.parametrize(
    "allowed", [{"optional": True}, {"probability": 0.999}, {"probability": 0}]
)
def test_an_optional_or_random_fault_may_be_unused(allowed: dict[str, Any]) -> None:
    with fault("ListDatasets", delay=1, **allowed):
        pass


def test_an_unused_fault_does_not_hide_an_exception() -> None:
    with pytest.raises(ZeroDivisionError), fault("ListDatasets", delay=1):
        raise ZeroDivisionError


def test_stopping_an_unused_fault_does_not_report_it() -> None:
    unused = fault("ListDatasets", delay=1)
    unused.start()
    unused.stop()


# --- Invalid parameters -----------------------------------------------------------

INVALID = [
    (
        {"operation": "Delete"},
        "unknown operation 'Delete'; use one of BulkPublish, Delete",
    ),
    ({"operation": None}, "operation must be of type str, found None"),
    ({"operation": 1}, "operation must be of type str, found 1"),
    (
        {"operation": "DeleteDataset", "error": "LimitExceededException"},
        "DeleteDataset does not document the error 'LimitExceededException'; use "
        "one of InternalErrorException, InvalidParameterException, "
        "NotAuthorizedException, ResourceConflictException, "
        "ResourceNotFoundException, TooManyRequestsException",
    ),
    (
        {"operation": "*", "error": "ResourceConflictException"},
        "* does not document the error 'ResourceConflictException'; use one of "
        "InternalErrorException, InvalidParameterException, NotAuthorizedException",
    ),
    (
        {"operation": "ListDatasets", "delay": 1, "dataset_name": "settings"},
        "ListDatasets has no parameter dataset_name: remove it",
    ),
    (
        {"operation": "DeleteDataset"},
        "a fault requires error, delay or drop_connection=True",
    ),
    (
        {"operation": "*", "delay": -1},
        "delay must be between 0 and 3600 seconds, found -1",
    ),
    ({"operation": "*", "delay": "1"}, "delay must be of type int or float, found '1'"),
    (
        {"operation": "*", "delay": None},
        "delay must be of type int or float, f",
    ),
    ({"operation": "*", "delay": 1, "times": 0}, "times must be at least 1, found 0"),
    (
        {"operation": "*", "delay": 1, "times": True},
        "times must be of type int, ",
    ),
    (
        {"operation": "*", "delay": 1, "probability": 1.5},
        "probability must be between 0 and 1, found 1.5",
    ),
    (
        {"operation": "*", "delay": 1, "message": "\ud800"},
        r"'\ud800' contains a surrogate, which cannot be encoded as UTF-8",
    ),
]


@pytest.mark.parametrize(
    ("parameters", "suggestion"),
    [
        ({"operation": "DeleteDatset"}, "DeleteDataset"),
        ({"operation": "delete_dataset"}, "DeleteDataset"),
        ({"operation": "*", "error": "InternalError"}, "InternalErrorException"),
    ],
)
def test_misspelled_names_are_reported_with_a_suggestion(
    parameters: dict[str, Any], suggestion: str
) -> None:
    with pytest.raises(ValueError, match=rf"; did you mean '{suggestion}'\?$"):
        fault(**parameters)


@pytest.mark.parametrize(
    ("name", "end"),
    [("time", "; did you mean 'times'?"), ("xyz", ", optional")],
)
def test_an_unknown_parameter_is_reported_with_a_suggestion(
    name: str, end: str
) -> None:
    with pytest.raises(TypeError) as caught:
        fault("DeleteDataset", "TooManyRequestsException", **{name: 1})

    text = str(caught.value)
    assert text.startswith(f"unknown parameter {name!r} of a fault; use operation, ")
    assert text.endswith(end)


@pytest.mark.parametrize(("parameters", "message"), INVALID)
def test_invalid_faults_are_rejected(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        fault(**parameters)


def test_parameter_limits_are_inclusive() -> None:
    for parameters in ({"delay": 3600, "times": 1}, {"delay": 1, "probability": 0}):
        fault("*", **parameters)


# --- Over HTTP --------------------------------------------------------------------


@pytest.fixture
def url(cognitosync_server: Any) -> str:
    return f"{cognitosync_server.url}/moto-api/cognito-sync/faults"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        *INVALID,
        ([], "a fault must be a JSON object"),
        ({"error": "x"}, "operation is required; found error"),
        (
            {"operation": "*", "delay": 1, "datasetName": "settings"},
            "unknown parameter 'datasetName' of a fault; use operation, error, ",
        ),
    ],
)
def test_an_invalid_fault_returns_status_400(
    url: str, parameters: Any, message: str
) -> None:
    response = requests.post(url, json=parameters, timeout=30)

    assert response.status_code == 400
    assert response.json()["error"].startswith(message)
    assert requests.get(url, timeout=30).json() == {"faults": []}


@pytest.mark.parametrize(
    ("parameters", "found"),
    [({}, "nothing"), ({"error": "x", "delay": 1}, "delay, error")],
)
def test_a_missing_operation_error_names_what_was_sent(
    url: str, parameters: Any, found: str
) -> None:
    error = requests.post(url, json=parameters, timeout=30).json()["error"]

    assert error == f"operation is required; found {found}"


def test_invalid_json_returns_status_400(url: str) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        response = requests.post(url, data=body, timeout=30)
        assert response.status_code == 400
        assert response.json()["error"].startswith("the body is not valid JSON: ")


def test_faults_are_listed_with_their_counts(cognitosync_server: Any, url: str) -> None:
    parameters = {"operation": "ListDatasets", "error": "InternalErrorException"}
    created = requests.post(url, json=parameters, timeout=30).json()
    client = client_without_retries(cognitosync_server.url)
    error_of(lambda: call(client, "ListDatasets"))

    (listed,) = requests.get(url, timeout=30).json()["faults"]
    assert created["count"] == 0
    assert listed == {**created, "count": 1}
    assert parameters.items() <= listed.items()


def reset_over_http(server: Any) -> None:
    requests.post(f"{server.url}/moto-api/reset", timeout=30)


def reset_in_process(server: Any) -> None:
    server.reset()


def delete_over_http(server: Any) -> None:
    requests.delete(f"{server.url}/moto-api/cognito-sync/faults", timeout=30)


@pytest.mark.parametrize(
    "remove", [reset_over_http, reset_in_process, delete_over_http]
)
def test_all_faults_can_be_removed(
    cognitosync_server: Any, url: str, remove: Callable[[Any], None]
) -> None:
    for _ in range(2):
        requests.post(url, json={"operation": "*", "delay": 3600}, timeout=30)

    remove(cognitosync_server)

    assert requests.get(url, timeout=30).json() == {"faults": []}
    client = client_without_retries(cognitosync_server.url)
    assert error_of(lambda: call(client, "ListDatasets")) == "ResourceNotFoundException"


def test_stopping_a_server_removes_its_faults(client: Any) -> None:
    with CognitoSyncServer() as server:
        url = f"{server.url}/moto-api/cognito-sync/faults"
        fault = {"operation": "*", "error": "TooManyRequestsException"}
        requests.post(url, json=fault, timeout=30)

    assert error_of(lambda: call(client, "ListDatasets")) == "ResourceNotFoundException"


def test_removing_an_unknown_fault_returns_status_404(url: str) -> None:
    response = requests.delete(f"{url}/77", timeout=30)

    assert response.status_code == 404
    assert response.json() == {"error": "there is no fault with id 77"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PATCH", "faults", 405), ("POST", "state", 405), ("GET", "elsewhere", 404)],
)
def test_unknown_paths_and_methods_return_an_error(
    cognitosync_server: Any, method: str, path: str, status: int
) -> None:
    url = f"{cognitosync_server.url}/moto-api/cognito-sync/{path}"
    response = requests.request(method, url, timeout=30)

    assert response.status_code == status
    assert "error" in response.json()


# --- State over HTTP --------------------------------------------------------------


@pytest.fixture
def state_url(cognitosync_server: Any) -> str:
    return f"{cognitosync_server.url}/moto-api/cognito-sync/state"


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_state_can_be_saved_and_loaded(
    aws: OnServer, dataset: DatasetUnderTest, state_url: str
) -> None:
    dataset.write(theme="dark")
    state = requests.get(state_url, timeout=30)
    aws.server.reset()

    assert requests.put(state_url, data=state.content, timeout=30).ok

    assert dataset.records()["theme"]["Value"] == "dark"
    assert dataset.describe()["NumRecords"] == 1


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_logins_can_be_loaded_and_saved(aws: OnServer, state_url: str) -> None:
    alice = {"IdentityId": "us-east-1:1", "Logins": {"graph.facebook.com": "alice"}}
    pool = {
        "IdentityPoolId": "us-east-1:0",
        "SupportedLoginProviders": {"graph.facebook.com": "1234"},
        "Identities": [alice],
    }
    requests.put(state_url, json={"IdentityPools": [pool]}, timeout=30)
    found = aws.client("cognito-identity").get_id(
        IdentityPoolId="us-east-1:0", Logins={"graph.facebook.com": "alice"}
    )

    (saved,) = requests.get(state_url, timeout=30).json()["IdentityPools"]

    assert found["IdentityId"] == "us-east-1:1"
    (identity,) = saved["Identities"]
    assert identity["Logins"] == {"graph.facebook.com": "alice"}
    assert identity["CreationDate"] == saved["CreationDate"]


@pytest.mark.parametrize("aws", ["server"], indirect=True)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]", "a state must be a JSON object"),
        ("{", "the body is not valid JSON: "),
        ('{"IdentityPools": [{}]}', "IdentityPools[0]: 'IdentityPoolId' is a required"),
        (
            '{"IdentityPools": "\\ud800"}',
            "IdentityPools: '\\ud800' contains a surrogate",
        ),
    ],
)
def test_an_invalid_state_returns_status_400(
    dataset: DatasetUnderTest, state_url: str, body: str, message: str
) -> None:
    dataset.write(theme="dark")

    response = requests.put(state_url, data=body, timeout=30)

    assert response.status_code == 400
    assert json.loads(response.content)["error"].startswith(message)
    assert dataset.describe()["NumRecords"] == 1
