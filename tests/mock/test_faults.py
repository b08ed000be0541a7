"""Errors on demand: in a ``with`` statement, as a decorator, and over HTTP."""

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
from moto.moto_api._internal import mock_random

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.core.wire.http import close_connection
from moto_cognitosync.faults import Fault, fault
from moto_cognitosync.server import CognitoSyncServer
from tests.project.operations_table import MODELLED
from tests.support.aws import REGION, Aws, OnServer
from tests.support.datasets import DatasetUnderTest
from tests.support.operations import MODEL, required_input

# One of them is documented for UpdateRecords, though the model does not have it.
DOCUMENTED = [*sorted(MODELLED), ("UpdateRecords", "LambdaSocketTimeoutException")]

POOL = f"{REGION}:0"
IDENTITY = f"{REGION}:1"


@functools.cache
def client_without_retries(url: str | None) -> Any:
    """A client for a server, or for a mock."""
    return boto3.client(
        "cognito-sync",
        REGION,
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def once(aws: Aws) -> Any:
    """A client that tries only once."""
    url = aws.server.url if isinstance(aws, OnServer) else None
    return client_without_retries(url)


def call(client: Any, operation: str) -> Any:
    parameters = required_input(operation, POOL, IDENTITY)
    return getattr(client, xform_name(operation))(**parameters)


@contextmanager
def switched_on(aws: Aws, **parameters: Any) -> Iterator[None]:
    """Switch a fault on as users of this form do."""
    if not isinstance(aws, OnServer):
        with fault(**parameters):
            yield
        return
    url = f"{aws.server.url}/moto-api/cognito-sync/faults"
    made = requests.post(url, json=parameters, timeout=30)
    assert made.status_code == 201
    try:
        yield
    finally:
        requests.delete(f"{url}/{made.json()['id']}", timeout=30)


@pytest.mark.parametrize(("operation", "error"), DOCUMENTED)
def test_every_documented_error_can_be_had(
    aws: Aws, once: Any, operation: str, error: str
) -> None:
    with (
        switched_on(aws, operation=operation, error=error, message="as wanted"),
        pytest.raises(ClientError) as caught,
    ):
        call(once, operation)

    assert caught.value.response["Error"] == {"Code": error, "Message": "as wanted"}
    if error in MODEL.shape_names:
        shape = MODEL.shape_for(error).metadata["error"]
        status = caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status == shape["httpStatusCode"]
        assert isinstance(caught.value, getattr(once.exceptions, error))


def test_a_fault_strikes_its_operation_alone(once: Any) -> None:
    with fault("DescribeDataset", "TooManyRequestsException") as throttled:
        assert error_of(lambda: call(once, "DeleteDataset")) == (
            "ResourceNotFoundException"
        )

    assert throttled.count == 0


def test_a_client_that_tries_again_gets_through(dataset: DatasetUnderTest) -> None:
    dataset.write(theme="dark")

    with fault("DeleteDataset", "TooManyRequestsException", times=1) as throttled:
        response = dataset.client.delete_dataset(**dataset.ids)

    assert response["ResponseMetadata"]["RetryAttempts"] == 1
    assert throttled.count == 1


def test_a_struck_write_is_not_stored(dataset: DatasetUnderTest) -> None:
    with (
        fault("UpdateRecords", "ResourceConflictException"),
        pytest.raises(dataset.client.exceptions.ResourceConflictException),
    ):
        dataset.write(theme="dark")

    assert dataset.records() == {}


def test_an_error_says_where_it_comes_from(once: Any) -> None:
    with (
        fault("ListDatasets", "InternalErrorException"),
        pytest.raises(
            once.exceptions.InternalErrorException,
            match=r"Injected by fault\('ListDatasets'\)\.",
        ),
    ):
        call(once, "ListDatasets")


@pytest.mark.parametrize(
    "scope",
    [
        {"identity_pool_id": POOL},
        {"identity_id": IDENTITY},
        {"dataset_name": "settings"},
    ],
)
def test_a_fault_can_be_confined(aws: Aws, once: Any, scope: dict[str, str]) -> None:
    error = "TooManyRequestsException"
    (name,) = scope
    with switched_on(aws, operation="DescribeDataset", error=error, **scope):
        assert error_of(lambda: call(once, "DescribeDataset")) == error
    with switched_on(
        aws, operation="DescribeDataset", error=error, **{name: f"{REGION}:2"}
    ):
        assert error_of(lambda: call(once, "DescribeDataset")) == (
            "ResourceNotFoundException"
        )


def error_of(make_call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        make_call()
    return str(caught.value.response["Error"]["Code"])


def test_a_star_stands_for_every_operation(once: Any) -> None:
    with fault("*", "InternalErrorException") as broken:
        for operation in MODEL.operation_names:
            assert error_of(lambda name=operation: call(once, name)) == (
                "InternalErrorException"
            )

    assert broken.count == len(MODEL.operation_names)


def test_the_first_of_several_faults_strikes(once: Any) -> None:
    with (
        fault("ListDatasets", "TooManyRequestsException", times=1),
        fault("ListDatasets", "InternalErrorException", times=1),
    ):
        errors = [error_of(lambda: call(once, "ListDatasets")) for _ in range(3)]

    assert errors == [
        "TooManyRequestsException",
        "InternalErrorException",
        "ResourceNotFoundException",
    ]


def test_invalid_requests_are_not_struck(aws: Aws) -> None:
    with fault("*", "InternalErrorException") as broken:
        answer = aws.send("GET", "/identitypools/%20")
        assert answer.error == "InvalidParameterException"
        assert (
            aws.send("GET", "/identitypools/a/b").error == "UnknownOperationException"
        )

    assert broken.count == 0


def strikes(struck: Fault, requests: int = 40) -> list[bool]:
    with struck:
        return [struck.strikes("ListRecords", {}) for _ in range(requests)]


def test_chance_follows_its_seed() -> None:
    flaky = fault("ListRecords", delay=1, probability=0.5, seed=7)
    first = strikes(flaky)

    assert strikes(flaky) == first
    assert strikes(fault("ListRecords", delay=1, probability=0.5, seed=8)) != first
    assert set(first) == {True, False}


def test_chance_follows_the_seed_of_moto() -> None:
    flaky = fault("ListRecords", delay=1, probability=0.5)
    mock_random.seed(7)
    first = strikes(flaky)
    mock_random.seed(7)

    assert strikes(flaky) == first
    assert strikes(flaky) != first


@pytest.mark.parametrize(("probability", "struck"), [(0, False), (1, True)])
def test_chance_has_its_ends(probability: int, struck: bool) -> None:
    certain = fault("ListRecords", delay=1, probability=probability)

    assert strikes(certain) == [struck] * 40


def test_a_delay_alone_lets_the_request_succeed(
    aws: Aws, dataset: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)

    with switched_on(aws, operation="ListRecords", delay=2.5, times=1):
        assert dataset.records() == {}
        assert dataset.records() == {}

    assert [each for each in slept if each] == [2.5]


def test_a_dropped_connection_is_an_error_of_the_connection(
    aws: Aws, once: Any
) -> None:
    with (
        switched_on(aws, operation="ListRecords", drop_connection=True),
        pytest.raises(ConnectionClosedError, match=r"endpoint URL: .*/identitypools/"),
    ):
        call(once, "ListRecords")


def test_a_dropped_connection_is_an_error_of_requests_too() -> None:
    url = "https://cognito-sync.us-east-1.amazonaws.com/identitypools"
    with (
        mock_cognitosync(),
        fault("ListIdentityPoolUsage", drop_connection=True),
        pytest.raises(requests.ConnectionError) as caught,
    ):
        requests.get(url, timeout=30)

    assert caught.value.response is None


def test_a_client_may_be_faster_to_drop_a_connection() -> None:
    with socket.socket() as never_connected:
        close_connection({"werkzeug.socket": never_connected})


def test_a_client_connects_again(aws: Aws, dataset: DatasetUnderTest) -> None:
    with switched_on(aws, operation="ListRecords", drop_connection=True, times=1):
        response = dataset.client.list_records(**dataset.ids)

    assert response["ResponseMetadata"]["RetryAttempts"] == 1


# --- Forms ------------------------------------------------------------------------


def test_a_function_can_be_decorated(once: Any) -> None:
    @fault("ListDatasets", "TooManyRequestsException", times=1)
    def list_twice() -> list[str]:
        return [error_of(lambda: call(once, "ListDatasets")) for _ in range(2)]

    for _ in range(2):
        assert list_twice() == ["TooManyRequestsException", "ResourceNotFoundException"]
    assert error_of(lambda: call(once, "ListDatasets")) == "ResourceNotFoundException"


async def test_a_coroutine_function_can_be_decorated(once: Any) -> None:
    @fault("ListDatasets", "TooManyRequestsException")
    async def list_datasets() -> str:
        return error_of(lambda: call(once, "ListDatasets"))

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


def test_a_fault_ends_with_an_error_of_the_test(once: Any) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        fault("ListDatasets", "TooManyRequestsException"),
    ):
        raise ZeroDivisionError

    assert error_of(lambda: call(once, "ListDatasets")) == "ResourceNotFoundException"


def test_a_fault_can_be_started_and_stopped(once: Any) -> None:
    throttled = fault("ListDatasets", "TooManyRequestsException")
    throttled.start()
    assert error_of(lambda: call(once, "ListDatasets")) == "TooManyRequestsException"

    throttled.stop()
    throttled.stop()
    assert error_of(lambda: call(once, "ListDatasets")) == "ResourceNotFoundException"


def test_a_fault_that_is_on_is_not_switched_on_again(once: Any) -> None:
    throttled = fault("ListDatasets", "TooManyRequestsException")
    throttled.start()

    with throttled:
        pass

    assert error_of(lambda: call(once, "ListDatasets")) == "ResourceNotFoundException"


# --- Bad parameters ---------------------------------------------------------------

BAD = [
    (
        {"operation": "Delete"},
        "there is no operation 'Delete'; choose '*' or one of BulkPublish, Delete",
    ),
    ({"operation": None}, "operation must be of type str, found None"),
    ({"operation": 1}, "operation must be of type str, found 1"),
    (
        {"operation": "DeleteDataset", "error": "LimitExceededException"},
        "DeleteDataset does not document the error 'LimitExceededException'; choose "
        "one of InternalErrorException, InvalidParameterException, "
        "NotAuthorizedException, ResourceConflictException, "
        "ResourceNotFoundException, TooManyRequestsException",
    ),
    (
        {"operation": "*", "error": "ResourceConflictException"},
        "* does not document the error 'ResourceConflictException'; choose one of "
        "InternalErrorException, InvalidParameterException, NotAuthorizedException",
    ),
    (
        {"operation": "ListDatasets", "delay": 1, "dataset_name": "settings"},
        "ListDatasets has no dataset_name: leave it out",
    ),
    (
        {"operation": "DeleteDataset"},
        "a fault needs an error, a delay or drop_connection=True",
    ),
    ({"operation": "*", "delay": -1}, "delay must be from 0 to 3600 seconds, found -1"),
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
        "probability must be from 0 to 1, found 1.5",
    ),
    (
        {"operation": "*", "delay": 1, "message": "\ud800"},
        r"'\ud800' has a surrogate, which is no character",
    ),
]


@pytest.mark.parametrize(("parameters", "message"), BAD)
def test_a_fault_that_makes_no_sense_is_refused(
    parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        fault(**parameters)


def test_a_fault_may_be_at_its_limits() -> None:
    for parameters in ({"delay": 3600, "times": 1}, {"delay": 1, "probability": 0}):
        fault("*", **parameters)


# --- Over HTTP --------------------------------------------------------------------


@pytest.fixture
def url(cognitosync_server: Any) -> str:
    return f"{cognitosync_server.url}/moto-api/cognito-sync/faults"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        *BAD,
        ([], "a fault is described by a JSON object"),
        (
            {"error": "x"},
            "a fault needs an operation, and knows operation, ",
        ),
        (
            {"operation": "*", "delay": 1, "datasetName": "settings"},
            "a fault needs an operation, and knows operation, ",
        ),
    ],
)
def test_a_bad_fault_is_a_bad_request(url: str, parameters: Any, message: str) -> None:
    answer = requests.post(url, json=parameters, timeout=30)

    assert answer.status_code == 400
    assert answer.json()["error"].startswith(message)
    assert requests.get(url, timeout=30).json() == {"faults": []}


@pytest.mark.parametrize(
    ("parameters", "found"),
    [({}, "nothing"), ({"error": "x", "delay": 1}, "delay, error")],
)
def test_a_bad_fault_is_told_what_it_has(url: str, parameters: Any, found: str) -> None:
    error = requests.post(url, json=parameters, timeout=30).json()["error"]

    assert error.startswith("a fault needs an operation, and knows operation, ")
    assert error.endswith(f"; found {found}")


def test_what_is_no_json_is_a_bad_request(url: str) -> None:
    for body in (b"", b"{", b"\xff", b"[" * 100_000):
        answer = requests.post(url, data=body, timeout=30)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("the body is not valid JSON: ")


def test_faults_are_listed_with_their_counts(cognitosync_server: Any, url: str) -> None:
    parameters = {"operation": "ListDatasets", "error": "InternalErrorException"}
    made = requests.post(url, json=parameters, timeout=30).json()
    client = client_without_retries(cognitosync_server.url)
    error_of(lambda: call(client, "ListDatasets"))

    (listed,) = requests.get(url, timeout=30).json()["faults"]
    assert made["count"] == 0
    assert listed == {**made, "count": 1}
    assert parameters.items() <= listed.items()


def reset_over_http(server: Any) -> None:
    requests.post(f"{server.url}/moto-api/reset", timeout=30)


def reset_in_process(server: Any) -> None:
    server.reset()


def delete_over_http(server: Any) -> None:
    requests.delete(f"{server.url}/moto-api/cognito-sync/faults", timeout=30)


@pytest.mark.parametrize("end", [reset_over_http, reset_in_process, delete_over_http])
def test_all_faults_can_be_switched_off(
    cognitosync_server: Any, url: str, end: Callable[[Any], None]
) -> None:
    for _ in range(2):
        requests.post(url, json={"operation": "*", "delay": 3600}, timeout=30)

    end(cognitosync_server)

    assert requests.get(url, timeout=30).json() == {"faults": []}
    client = client_without_retries(cognitosync_server.url)
    assert error_of(lambda: call(client, "ListDatasets")) == "ResourceNotFoundException"


def test_faults_end_with_their_server(once: Any) -> None:
    with CognitoSyncServer() as server:
        url = f"{server.url}/moto-api/cognito-sync/faults"
        fault = {"operation": "*", "error": "TooManyRequestsException"}
        requests.post(url, json=fault, timeout=30)

    assert error_of(lambda: call(once, "ListDatasets")) == "ResourceNotFoundException"


def test_an_unknown_fault_cannot_be_switched_off(url: str) -> None:
    answer = requests.delete(f"{url}/77", timeout=30)

    assert answer.status_code == 404
    assert answer.json() == {"error": "there is no fault with the id 77"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PATCH", "faults", 405), ("POST", "state", 405), ("GET", "elsewhere", 404)],
)
def test_what_the_api_does_not_have_is_an_error(
    cognitosync_server: Any, method: str, path: str, status: int
) -> None:
    url = f"{cognitosync_server.url}/moto-api/cognito-sync/{path}"
    answer = requests.request(method, url, timeout=30)

    assert answer.status_code == status
    assert "error" in answer.json()


def test_pages_of_other_origins_may_call(url: str) -> None:
    asked = requests.options(url, headers={"Origin": "http://localhost"}, timeout=30)
    assert asked.status_code == 200
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert asked.headers["Access-Control-Allow-Headers"] == "*"

    answer = requests.get(url, headers={"Origin": "http://localhost"}, timeout=30)
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


# --- The state, over HTTP ---------------------------------------------------------


@pytest.fixture
def state_url(cognitosync_server: Any) -> str:
    return f"{cognitosync_server.url}/moto-api/cognito-sync/state"


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_a_state_can_be_fetched_and_put_back(
    aws: OnServer, dataset: DatasetUnderTest, state_url: str
) -> None:
    dataset.write(theme="dark")
    state = requests.get(state_url, timeout=30)
    aws.server.reset()

    assert requests.put(state_url, data=state.content, timeout=30).ok

    assert dataset.records()["theme"]["Value"] == "dark"
    assert dataset.describe()["NumRecords"] == 1


@pytest.mark.parametrize("aws", ["server"], indirect=True)
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("[]", "a state is a JSON object"),
        ("{", "the body is not valid JSON: "),
        ('{"IdentityPools": [{}]}', "IdentityPools[0]: 'IdentityPoolId' is a required"),
        ('{"IdentityPools": "\\ud800"}', "IdentityPools: '\\ud800' has a surrogate"),
    ],
)
def test_a_bad_state_is_a_bad_request(
    dataset: DatasetUnderTest, state_url: str, body: str, message: str
) -> None:
    dataset.write(theme="dark")

    answer = requests.put(state_url, data=body, timeout=30)

    assert answer.status_code == 400
    assert json.loads(answer.content)["error"].startswith(message)
    assert dataset.describe()["NumRecords"] == 1
