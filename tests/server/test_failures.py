"""Requests that fail in moto, and operations that moto does not support."""

from __future__ import annotations

import http.client
import json
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from moto.iam.models import IAMBackend
from moto.logs.models import LogsBackend
from moto.s3.models import S3Backend

from moto_cognitosync.cognitoidentity.models import CognitoIdentity
from moto_cognitosync.cognitosync.models import CognitoSyncBackend
from moto_cognitosync.core.wire.answers import EXPOSED_HEADERS
from moto_cognitosync.server import CognitoSyncServer

ORIGIN = {"Origin": "https://example.org"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/x-amz-json-1.1"}


class BrokenError(Exception):
    """An error that moto does not expect."""


def signed(service: str) -> dict[str, str]:
    scope = f"key/20261122/us-east-1/{service}/aws4_request"
    return {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, "
        "Signature=0"
    }


@pytest.mark.parametrize(
    ("service", "method", "backend"),
    [
        ("iam", "list_users", IAMBackend),  # query
        ("s3", "list_buckets", S3Backend),  # rest-xml
        ("logs", "describe_log_groups", LogsBackend),  # json
        ("cognito-identity", "list_identity_pools", CognitoIdentity),  # json
        ("cognito-sync", "list_identity_pool_usage", CognitoSyncBackend),  # rest-json
    ],
)
def test_an_exception_becomes_an_error_in_the_protocol_of_the_request(
    cognitosync_server: CognitoSyncServer,
    service: str,
    method: str,
    backend: type,
) -> None:
    client = cognitosync_server.client(service)
    arguments = {"MaxResults": 1} if service == "cognito-identity" else {}

    with (
        patch.object(backend, method, side_effect=BrokenError("a < b\n\0")),
        pytest.raises(ClientError) as caught,
    ):
        getattr(client, method)(**arguments)

    assert caught.value.response["Error"]["Code"] == "InternalFailure"
    assert caught.value.response["Error"]["Message"] == (
        "BrokenError: a < b  ; the server's log has the traceback"
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


@pytest.mark.parametrize(
    ("method", "target", "headers", "body"),
    [
        ("POST", "/", {**signed("iam"), **FORM}, "Action=GetOrganizationsAccessReport"),
        ("GET", "/?Action=GetOrganizationsAccessReport", signed("iam"), ""),
        (
            "POST",
            "/",
            {
                **signed("logs"),
                **JSON,
                "X-Amz-Target": "Logs_20140328.TestTransformer",
            },
            "{}",
        ),
        ("GET", "/nothing", signed("amplifyuibuilder"), ""),  # not in moto
        ("HEAD", "/nothing", signed("amplifyuibuilder"), ""),
        ("GET", "/nothing", {**signed("amplifyuibuilder"), **JSON}, ""),
    ],
)
def test_the_response_for_an_unsupported_operation_has_a_body_and_cors_headers(
    cognitosync_server: CognitoSyncServer,
    method: str,
    target: str,
    headers: dict[str, str],
    body: str,
) -> None:
    connection = http.client.HTTPConnection(cognitosync_server.url[7:], timeout=30)
    connection.connect()
    local_address = connection.sock.getsockname()
    for origin in ORIGIN, {}:
        connection.request(method, target, body, headers | origin)
        with connection.getresponse() as response:
            content = response.read().decode()

        assert response.status == 501
        assert response.headers["x-amzn-ErrorType"] == "NotImplemented:"
        assert response.headers["Connection"] is None
        assert connection.sock.getsockname() == local_address
        allowed = response.headers["Access-Control-Allow-Origin"]
        exposed = response.headers["Access-Control-Expose-Headers"]
        assert (allowed, exposed) == (
            ("*", EXPOSED_HEADERS) if origin else (None, None)
        )
        if method == "HEAD":
            assert content == ""
        elif response.headers["Content-Type"] == "text/xml":
            assert "<Code>NotImplemented</Code><Message>" in content
        else:
            assert json.loads(content)["__type"] == "NotImplemented"
            assert json.loads(content)["message"]
    connection.close()


def test_boto3_does_not_retry_an_unsupported_operation(
    cognitosync_server: CognitoSyncServer,
) -> None:
    client: Any = cognitosync_server.client("iam")

    with pytest.raises(ClientError) as caught:
        client.get_organizations_access_report(JobId="1" * 36)

    assert caught.value.response["Error"] == {
        "Code": "NotImplemented",
        "Message": "The get_organizations_access_report action has not been "
        "implemented",
        "Type": "Receiver",
    }
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_an_unsupported_service_is_reported(
    cognitosync_server: CognitoSyncServer,
) -> None:
    client: Any = cognitosync_server.client("amplifyuibuilder")

    with pytest.raises(ClientError, match="moto does not support this service"):
        client.list_themes(appId="a", environmentName="b")


def test_the_traceback_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with (
        CognitoSyncServer() as server,
        patch.object(S3Backend, "list_buckets", side_effect=BrokenError),
    ):
        connection = http.client.HTTPConnection(server.url[7:], timeout=30)
        connection.request("GET", "/", headers=signed("s3"))
        assert connection.getresponse().status == 500
        connection.close()

    assert "Traceback (most recent call last):\n" in caplog.text
    assert "BrokenError" in caplog.text
