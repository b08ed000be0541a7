"""Simulated failures and recorded calls of Cognito Identity."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from moto_cognitosync.assertions import CallLog
from moto_cognitosync.faults import fault
from tests.core.constraints import valid_value
from tests.project.operations_table import MODELED_BY
from tests.support.aws import REGION, Aws, OnServer
from tests.support.identity_pools import FACEBOOK, PoolUnderTest
from tests.support.operations import MODELS

MODEL = MODELS["cognito-identity"]


@pytest.fixture
def client(aws: Aws) -> Any:
    """A client that does not retry."""
    config = Config(
        retries={"total_max_attempts": 1}, user_agent_extra=f"region/{REGION}"
    )
    return aws.client("cognito-identity", config=config)


def call(client: Any, operation: str) -> Any:
    shape = MODEL.operation_model(operation).input_shape
    return getattr(client, xform_name(operation))(**valid_value(shape))


@pytest.mark.parametrize(("operation", "error"), sorted(MODELED_BY["cognito-identity"]))
def test_every_documented_error_can_be_injected(
    client: Any, operation: str, error: str
) -> None:
    with (
        fault(operation, error, message="injected") as injected,
        pytest.raises(ClientError) as caught,
    ):
        call(client, operation)

    response = caught.value.response
    status = 500 if error == "InternalErrorException" else 400
    assert response["Error"] == {"Code": error, "Message": "injected"}
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert type(caught.value) is getattr(client.exceptions, error)
    assert injected.count == 1


def test_asterisk_matches_the_operations_of_both_services(
    aws: Aws, client: Any
) -> None:
    with fault("*", "InternalErrorException", times=2) as broken:
        with pytest.raises(client.exceptions.InternalErrorException):
            client.list_identity_pools(MaxResults=1)
        sync = aws.client("cognito-sync", config=Config(retries={"max_attempts": 0}))
        with pytest.raises(sync.exceptions.InternalErrorException):
            sync.list_identity_pool_usage()

    assert broken.count == 2


def test_asterisk_affects_only_operations_that_document_the_error(
    client: Any, pool: PoolUnderTest
) -> None:
    guest = pool.guest()
    with fault("*", "NotAuthorizedException") as forbidden:
        client.delete_identities(IdentityIdsToDelete=[guest])
        assert forbidden.count == 0
        with pytest.raises(client.exceptions.NotAuthorizedException):
            client.describe_identity(IdentityId=guest)


def test_fault_can_be_limited_to_an_identity(client: Any, pool: PoolUnderTest) -> None:
    guest, other = pool.guest(), pool.guest()
    with fault(
        "GetCredentialsForIdentity", "TooManyRequestsException", identity_id=guest
    ):
        client.get_credentials_for_identity(IdentityId=other)
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.get_credentials_for_identity(IdentityId=guest)


def test_fault_can_be_limited_to_a_pool(client: Any, aws: Aws) -> None:
    pool, other = PoolUnderTest(aws), PoolUnderTest(aws)
    with fault("GetId", "ExternalServiceException", identity_pool_id=pool.id):
        client.get_id(IdentityPoolId=other.id)
        with pytest.raises(client.exceptions.ExternalServiceException):
            client.get_id(IdentityPoolId=pool.id)


def test_fault_must_have_parameters_of_its_operation() -> None:
    text = r"^DescribeIdentity has no parameter identity_pool_id: remove it$"
    with pytest.raises(ValueError, match=text):
        fault("DescribeIdentity", delay=1, identity_pool_id="a:0")


def test_connection_can_be_dropped(client: Any) -> None:
    with (
        fault("ListIdentityPools", drop_connection=True),
        pytest.raises(ConnectionClosedError),
    ):
        client.list_identity_pools(MaxResults=1)


def test_control_api_starts_faults(aws: Aws, client: Any) -> None:
    if not isinstance(aws, OnServer):
        return  # only servers have this API
    url = f"{aws.server.url}/moto-api/cognito-sync/faults"
    body = {"operation": "ListIdentityPools", "error": "TooManyRequestsException"}
    started = requests.post(url, json=body, timeout=9)
    with pytest.raises(client.exceptions.TooManyRequestsException):
        client.list_identity_pools(MaxResults=1)
    stopped = requests.delete(f"{url}/{started.json()['id']}", timeout=9)

    assert (started.status_code, stopped.status_code) == (201, 200)
    assert client.list_identity_pools(MaxResults=1)["IdentityPools"] == []


# --- Recorded calls ---------------------------------------------------------------


def test_calls_to_both_services_are_recorded_in_order(pool: PoolUnderTest) -> None:
    with CallLog() as calls:
        guest = pool.guest()
        pool.dataset(guest).list()

    assert calls.operations == ["GetId", "ListRecords"]
    calls.assert_called("GetId", times=1, IdentityPoolId=pool.id)


def test_tokens_are_not_recorded(pool: PoolUnderTest) -> None:
    with CallLog() as calls:
        pool.get_id(facebook="SECRET", google="SECRET")
        pool.get_developer_token("SECRET")

    assert calls[0].input["Logins"] == {FACEBOOK: "***", "accounts.google.com": "***"}
    assert "SECRET" not in repr(calls)
    calls.assert_called("GetId", Logins={FACEBOOK: "***", "accounts.google.com": "***"})


def test_failed_calls_are_recorded_with_their_error(
    client: Any, pool: PoolUnderTest
) -> None:
    with CallLog() as calls, pytest.raises(ClientError):
        client.get_id(IdentityPoolId=pool.id, Logins={"nobody.example": "SECRET"})

    assert str(calls[0]) == (
        f"GetId(IdentityPoolId='{pool.id}', Logins={{'nobody.example': '***'}}) "
        "-> NotAuthorizedException"
    )
