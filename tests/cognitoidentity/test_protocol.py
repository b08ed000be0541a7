"""The protocol, JSON 1.1: raw requests and responses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moto_cognitosync.cognitoidentity.responses import cognito_identity
from tests.support.aws import REGION, Aws, OnServer, Response
from tests.support.datasets import make_identity, make_pool
from tests.support.identity_pools import FACEBOOK, UNKNOWN_ID

TARGET = "AWSCognitoIdentityService"
SIGNED = (
    f"AWS4-HMAC-SHA256 Credential=key/20260301/{REGION}/cognito-identity/aws4_request"
)
ORIGIN = {"Origin": "https://example.org"}
EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

# Headers of the AWS SDK for JavaScript that need a preflight.
SDK_HEADERS = "amz-sdk-request,content-type,x-amz-target,x-amz-user-agent"

# From the actions in the AWS API reference.
OPERATIONS = [
    "CreateIdentityPool",
    "DeleteIdentities",
    "DeleteIdentityPool",
    "DescribeIdentity",
    "DescribeIdentityPool",
    "GetCredentialsForIdentity",
    "GetId",
    "GetIdentityPoolRoles",
    "GetOpenIdToken",
    "GetOpenIdTokenForDeveloperIdentity",
    "GetPrincipalTagAttributeMap",
    "ListIdentities",
    "ListIdentityPools",
    "ListTagsForResource",
    "LookupDeveloperIdentity",
    "MergeDeveloperIdentities",
    "SetIdentityPoolRoles",
    "SetPrincipalTagAttributeMap",
    "TagResource",
    "UnlinkDeveloperIdentity",
    "UnlinkIdentity",
    "UntagResource",
    "UpdateIdentityPool",
]


def send(
    aws: Aws, target: str, body: bytes | dict[str, Any] = b"", **headers: str
) -> Response:
    """Send a request for an operation, or for any other target."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    target = target if "." in target else f"{TARGET}.{target}"
    return aws.send(
        "POST", "/", content, {"X-Amz-Target": target, **headers}, "cognito-identity"
    )


# --- Routes -----------------------------------------------------------------------


def test_every_operation_is_routed() -> None:
    assert sorted(cognito_identity.service.operations) == OPERATIONS


def test_operations_are_unsigned_as_documented() -> None:
    operations = cognito_identity.service.operations.values()

    assert [each.name for each in operations if each.is_unsigned] == [
        "GetCredentialsForIdentity",
        "GetId",
        "GetOpenIdToken",
        "UnlinkIdentity",
    ]


@pytest.mark.parametrize("package", ["", "com.amazonaws.cognito.identity.model."])
def test_target_names_the_operation(aws: Aws, package: str) -> None:
    pool_id = make_pool(aws)

    response = send(aws, f"{package}{TARGET}.GetId", {"IdentityPoolId": pool_id})

    assert response.json["IdentityId"].startswith(f"{REGION}:")


@pytest.mark.parametrize(
    "target",
    [
        f"{TARGET}.GetNothing",
        f"{TARGET}.getId",
        f"{TARGET}.",
        "AWSCognitoIdentityProviderService.ListUserPools",
        "GetId.",
        f".{TARGET}Old.GetId",
    ],
)
def test_unknown_target_is_rejected(aws: Aws, target: str) -> None:
    response = send(aws, target, Authorization=SIGNED)

    assert (response.status, response.error) == (400, "UnknownOperationException")
    assert response.json == {
        "__type": "UnknownOperationException",
        "message": (
            "Amazon Cognito Identity has no operation for POST / with the target "
            f"'{target}'"
        ),
    }


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE"])
def test_other_methods_are_rejected(aws: Aws, method: str) -> None:
    headers = {"X-Amz-Target": f"{TARGET}.GetId"}

    response = aws.send(method, "/", b"", headers, "cognito-identity")

    assert (response.status, response.error) == (400, "UnknownOperationException")


def test_request_without_a_target_is_rejected(aws: Aws) -> None:
    response = aws.send("POST", "/", b"{}", {}, "cognito-identity")

    assert (response.status, response.error) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    "host",
    [
        f"cognito-identity.{REGION}.amazonaws.com",
        f"cognito-identity-fips.{REGION}.amazonaws.com",
        f"cognito-identity.{REGION}.api.aws",
        f"Cognito-Identity.{REGION}.amazonaws.com",
    ],
)
def test_every_host_of_the_service_is_recognized(aws: Aws, host: str) -> None:
    if not isinstance(aws, OnServer):
        client = aws.client("cognito-identity", REGION, endpoint_url=f"https://{host}")
        assert client.list_identity_pools(MaxResults=1)["IdentityPools"] == []
        return

    response = send(aws, "ListIdentityPools", {"MaxResults": 1}, Host=host)

    assert response.json == {"IdentityPools": []}


def test_pools_in_china_have_their_own_host(aws: Aws) -> None:
    pool_id = make_pool(aws, "cn-north-1")

    assert pool_id.startswith("cn-north-1:")
    assert make_identity(aws, pool_id, "cn-north-1").startswith("cn-north-1:")


# --- Responses --------------------------------------------------------------------


def test_response_is_compact_json(aws: Aws) -> None:
    response = send(aws, "GetId", {"IdentityPoolId": make_pool(aws)})

    identity_id = response.json["IdentityId"]
    assert response.body == f'{{"IdentityId":"{identity_id}"}}'.encode()
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert response.headers["content-length"] == "63"
    assert len(response.headers["x-amzn-requestid"]) == 36


def test_unset_members_are_absent(aws: Aws) -> None:
    pool_id = make_pool(aws)

    roles = send(aws, "GetIdentityPoolRoles", {"IdentityPoolId": pool_id})
    listed = send(aws, "ListIdentityPools", {"MaxResults": 60})

    assert roles.json == {"IdentityPoolId": pool_id}
    assert "NextToken" not in listed.json


def test_operation_without_output_has_an_empty_body(aws: Aws) -> None:
    response = send(aws, "DeleteIdentityPool", {"IdentityPoolId": make_pool(aws)})

    assert (response.status, response.body) == (200, b"")
    assert response.headers["content-type"] == "application/x-amz-json-1.1"


def test_operation_with_an_output_without_members_returns_an_empty_object(
    aws: Aws,
) -> None:
    arn = (
        f"arn:aws:cognito-identity:{REGION}:123456789012:identitypool/{make_pool(aws)}"
    )

    response = send(aws, "TagResource", {"ResourceArn": arn, "Tags": {"team": "blue"}})

    assert (response.status, response.body) == (200, b"{}")


def test_dates_are_seconds_since_the_epoch(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 1538078988.0779)
    identity_id = make_identity(aws, make_pool(aws))

    described = send(aws, "DescribeIdentity", {"IdentityId": identity_id})
    credentials = send(aws, "GetCredentialsForIdentity", {"IdentityId": identity_id})

    assert b'"CreationDate":1538078988.077,' in described.body
    assert b'"Expiration":1538082588.0,' in credentials.body


def test_error_has_its_code_in_the_body_and_in_a_header(aws: Aws) -> None:
    response = send(aws, "DescribeIdentity", {"IdentityId": UNKNOWN_ID})

    message = f"Identity '{UNKNOWN_ID}' not found."
    assert response.status == 400
    assert response.body == (
        f'{{"__type":"ResourceNotFoundException","message":"{message}"}}'.encode()
    )
    assert response.headers["content-type"] == "application/x-amz-json-1.1"
    assert response.headers["x-amzn-errortype"] == "ResourceNotFoundException:"
    assert response.headers["x-amzn-errormessage"] == message


# --- Invalid bodies ---------------------------------------------------------------


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'{"IdentityId":"\\ud800"}'])
def test_body_must_be_a_json_object(aws: Aws, body: bytes) -> None:
    response = send(aws, "DescribeIdentity", body)

    assert (response.status, response.error) == (400, "SerializationException")
    assert response.json["__type"] == "SerializationException"


def test_empty_body_has_no_members(aws: Aws) -> None:
    response = send(aws, "DescribeIdentity")

    assert response.json["message"] == (
        "1 validation error detected: Value null at 'identityId' failed to satisfy "
        "constraint: Member must not be null"
    )


def test_members_set_to_null_are_unset(aws: Aws) -> None:
    body = {"IdentityPoolId": make_pool(aws), "Logins": None, "AccountId": None}

    assert send(aws, "GetId", body).status == 200


def test_unknown_members_are_ignored(aws: Aws) -> None:
    body = {"IdentityPoolId": make_pool(aws), "Color": "blue"}

    assert send(aws, "GetId", body).status == 200


@pytest.mark.parametrize(
    ("logins", "message"),
    [
        (
            {FACEBOOK: ["SECRET"]},
            f"Expected a string at 'logins.{FACEBOOK}', found a list",
        ),
        (
            {FACEBOOK: 918273645},
            f"Expected a string at 'logins.{FACEBOOK}', found a number",
        ),
        (
            {FACEBOOK: "SECRET" * 9000},
            "1 validation error detected: Value '{graph.facebook.com=***}' at 'logins' "
            "failed to satisfy constraint: Map value must satisfy constraint: [Member "
            "must have length less than or equal to 50000, Member must have length "
            "greater than or equal to 1]",
        ),
        (
            {str(number): "SECRET" for number in range(11)},
            "1 validation error detected: Value '{0=***, 1=***, 2=***, 3=***, 4=***, "
            "5=***, 6=***, 7=***, 8=***, 9=***, 10=***}' at 'logins' failed to satisfy "
            "constraint: Member must have length less than or equal to 10",
        ),
    ],
)
def test_tokens_are_not_shown_in_errors(
    aws: Aws, logins: dict[str, Any], message: str
) -> None:
    response = send(aws, "GetId", {"IdentityPoolId": UNKNOWN_ID, "Logins": logins})

    assert response.json["message"] == message


# --- Unsigned requests ------------------------------------------------------------


@pytest.mark.parametrize("account_id", ["123456789012", "210987654321"])
def test_unsigned_request_finds_the_account_of_the_id(
    aws: Aws, account_id: str
) -> None:
    headers = {"Authorization": SIGNED, "x-moto-account-id": account_id}
    body = {"IdentityPoolName": "players", "AllowUnauthenticatedIdentities": True}
    pool_id = send(aws, "CreateIdentityPool", body, **headers).json["IdentityPoolId"]

    identity_id = send(aws, "GetId", {"IdentityPoolId": pool_id}).json["IdentityId"]
    got = send(aws, "GetCredentialsForIdentity", {"IdentityId": identity_id})
    described = send(aws, "DescribeIdentity", {"IdentityId": identity_id}, **headers)

    assert got.json["IdentityId"] == described.json["IdentityId"] == identity_id


@pytest.mark.parametrize("region", ["mars-east-1", "eu-west-1", "", "0"])
def test_unknown_id_is_not_found_whatever_its_region(aws: Aws, region: str) -> None:
    pool_id = f"{region or 'a'}:00000000-0000-0000-0000-000000000000"

    response = send(aws, "GetId", {"IdentityPoolId": pool_id})

    assert (response.status, response.error) == (400, "ResourceNotFoundException")
    assert response.json["message"] == f"IdentityPool '{pool_id}' not found."


# --- Browsers ---------------------------------------------------------------------


def test_preflight_is_allowed(aws: Aws) -> None:
    requested = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": SDK_HEADERS,
    }
    # A browser sends the address of the server.
    host = {"Host": aws.server.url[7:]} if isinstance(aws, OnServer) else {}

    response = aws.send(
        "OPTIONS", "/", b"", {**ORIGIN, **requested, **host}, "cognito-identity"
    )

    assert (response.status, response.body) == (200, b"")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-allow-methods"] == "POST"
    assert response.headers["access-control-allow-headers"] == SDK_HEADERS


@pytest.mark.parametrize(("operation", "status"), [("GetId", 400), ("GetNothing", 400)])
def test_errors_allow_cross_origin_access(
    aws: Aws, operation: str, status: int
) -> None:
    response = send(aws, operation, {"IdentityPoolId": UNKNOWN_ID}, **ORIGIN)

    assert response.status == status
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-expose-headers"] == EXPOSED


def test_page_of_another_origin_can_read_results(aws: Aws) -> None:
    response = send(aws, "GetId", {"IdentityPoolId": make_pool(aws)}, **ORIGIN)

    assert response.status == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-expose-headers"] == EXPOSED


def test_request_without_an_origin_gets_no_cors_headers(aws: Aws) -> None:
    response = send(aws, "GetId", {"IdentityPoolId": make_pool(aws)})

    assert not [name for name in response.headers if name.startswith("access-control")]
