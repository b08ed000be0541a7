"""Requests while moto enforces IAM policies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from moto import settings

from tests.support.aws import REGION, Aws
from tests.support.datasets import make_identity, make_pool
from tests.support.operations import BOTH, DEVELOPERS, IDENTITIES, call

ACCOUNT = "123456789012"
ROOT = f"arn:aws:cognito-sync:{REGION}:{ACCOUNT}:identitypool"

MakeClient = Callable[..., Any]


def allow(resource: str = "*", action: str = "cognito-sync:*") -> dict[str, str]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def deny(action: str, resource: str = "*") -> dict[str, str]:
    return {"Effect": "Deny", "Action": action, "Resource": resource}


@pytest.fixture
def ids(aws: Aws) -> tuple[str, str]:
    """A pool and an identity, created before IAM is enforced."""
    pool_id = make_pool(aws)
    return pool_id, make_identity(aws, pool_id)


@pytest.fixture
def user(aws: Aws) -> MakeClient:
    """Return a function that creates a user with a policy and returns its client."""

    def make(*statements: dict[str, str], **credentials: str) -> Any:
        iam = aws.client("iam")
        iam.create_user(UserName="alice")
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_user_policy(
            UserName="alice", PolicyName="p", PolicyDocument=json.dumps(policy)
        )
        key = iam.create_access_key(UserName="alice")["AccessKey"]
        keys = {
            "aws_access_key_id": key["AccessKeyId"],
            "aws_secret_access_key": key["SecretAccessKey"],
        }
        return aws.client("cognito-sync", **(keys | credentials))

    return make


def resource_of(operation: str, pool_id: str, identity_id: str) -> str:
    """Return an operation's resource, per the service authorization reference."""
    identity = f"{ROOT}/{pool_id}/identity/{identity_id}"
    if operation == "ListIdentityPoolUsage":
        return f"{ROOT}/null"
    if operation == "ListDatasets":
        return f"{identity}/dataset/null"
    if operation in {"DescribeIdentityUsage", "RegisterDevice"}:
        return identity
    if operation in {*BOTH, *IDENTITIES}:
        return f"{identity}/dataset/settings"
    return f"{ROOT}/{pool_id}"


@pytest.mark.parametrize("operation", [*BOTH, *DEVELOPERS, *IDENTITIES])
def test_operation_is_denied_unless_a_policy_allows_it(
    user: MakeClient,
    ids: tuple[str, str],
    enforce: Callable[[], None],
    operation: str,
) -> None:
    client = user(allow(f"{ROOT}/another"))
    enforce()

    assert call(client, operation, *ids) == {
        "Code": "AccessDeniedException",
        "Message": f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to "
        f"perform: cognito-sync:{operation} on resource: "
        f"{resource_of(operation, *ids)} because no identity-based policy allows the "
        f"cognito-sync:{operation} action",
    }


def test_error_does_not_blame_a_deny_statement_for_another_resource(
    user: MakeClient, ids: tuple[str, str], enforce: Callable[[], None]
) -> None:
    client = user(deny("cognito-sync:ListDatasets", f"{ROOT}/another"))
    enforce()

    error = call(client, "ListDatasets", *ids)

    assert "because no identity-based policy allows" in error["Message"]


def test_signature_covers_the_query_string(
    user: MakeClient, enforce: Callable[[], None]
) -> None:
    client = user(allow())
    enforce()

    assert client.list_identity_pool_usage(MaxResults=1)["MaxResults"] == 1


@pytest.mark.parametrize("resource", ["*", f"{ROOT}/*/dataset/null"])
def test_deny_statement_overrides_an_allow_statement(
    user: MakeClient,
    ids: tuple[str, str],
    enforce: Callable[[], None],
    resource: str,
) -> None:
    client = user(allow(), deny("cognito-sync:ListDatasets", resource))
    enforce()

    assert call(client, "ListDatasets", *ids)["Message"] == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: "
        "cognito-sync:ListDatasets on resource: "
        f"{resource_of('ListDatasets', *ids)}"
    )
    assert call(client, "DescribeIdentityUsage", *ids) == {}


def test_documented_policy_grants_an_identity_access_to_its_datasets(
    user: MakeClient, ids: tuple[str, str], enforce: Callable[[], None]
) -> None:
    pool_id, identity_id = ids
    client = user(allow(f"{ROOT}/{pool_id}/identity/{identity_id}/*"))
    enforce()

    for name in ("settings", "a:b", ".", ".."):
        path = {"IdentityPoolId": pool_id, "IdentityId": identity_id}
        path["DatasetName"] = name
        token = client.list_records(**path)["SyncSessionToken"]
        client.update_records(
            **path,
            SyncSessionToken=token,
            RecordPatches=[
                {"Op": "replace", "Key": "theme", "Value": "dunkel ä", "SyncCount": 0}
            ],
        )
        assert client.delete_dataset(**path)["Dataset"]["DatasetName"] == name


@pytest.mark.parametrize(
    ("credentials", "code", "message"),
    [
        (
            {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"},
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        (
            {"aws_secret_access_key": "guessed"},
            "InvalidSignatureException",
            # The text is from aws-sdk-unity#44.
            "The request signature we calculated does not match the signature you "
            "provided. Check your AWS Secret Access Key and signing method. Consult "
            "the service documentation for details.",
        ),
    ],
)
def test_unknown_key_or_wrong_secret_is_rejected(
    user: MakeClient,
    enforce: Callable[[], None],
    credentials: dict[str, str],
    code: str,
    message: str,
) -> None:
    client = user(allow(), **credentials)
    enforce()

    with pytest.raises(ClientError) as caught:
        client.list_identity_pool_usage()
    assert caught.value.response["Error"] == {"Code": code, "Message": message}
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_access_denied_body_spells_message_with_a_capital_m(
    aws: Aws, user: MakeClient, enforce: Callable[[], None]
) -> None:
    client = user(allow(f"{ROOT}/another"))
    sent: dict[str, str] = {}

    def record_headers(request: Any, **_: Any) -> None:
        sent.update({name: _text(value) for name, value in request.headers.items()})

    client.meta.events.register_first("before-send.cognito-sync", record_headers)
    enforce()
    with pytest.raises(ClientError):
        client.list_identity_pool_usage()

    response = aws.send("GET", "/identitypools", headers=sent)
    assert response.status == 403
    assert list(response.json) == ["Message"]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


SCOPE = f"20261122/{REGION}/cognito-sync/aws4_request"
SIGNED = f"AWS4-HMAC-SHA256 Credential=KEY/{SCOPE}"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "MissingAuthenticationTokenException"),
        ("", "MissingAuthenticationTokenException"),
        (f"Credential=/{SCOPE}", "MissingAuthenticationTokenException"),
        (f"Credential=KEY/,{SCOPE}", "MissingAuthenticationTokenException"),
        (
            f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/{SCOPE}",
            "UnrecognizedClientException",
        ),
        (f"{SIGNED}, SignedHeaders=host, Signature=0", "InvalidSignatureException"),
        (f"{SIGNED}, SignedHeaders=x-amz-date", "InvalidSignatureException"),
        (f"{SIGNED}, SignedHeaders=host;x-amz-date", "InvalidSignatureException"),
    ],
)
def test_badly_signed_request_is_rejected(
    aws: Aws,
    user: MakeClient,
    enforce: Callable[[], None],
    authorization: str | None,
    code: str,
) -> None:
    user(allow())
    key = aws.client("iam").list_access_keys(UserName="alice")["AccessKeyMetadata"]
    enforce()

    headers = {"X-Amz-Date": "20261122T000000Z"}
    if authorization is not None:
        headers["Authorization"] = authorization.replace("KEY", key[0]["AccessKeyId"])
    response = aws.send("GET", "/identitypools", headers=headers)

    assert (response.status, response.error) == (403, code)


def test_unsigned_request_reports_a_missing_token(
    aws: Aws, enforce: Callable[[], None]
) -> None:
    enforce()

    response = aws.send("GET", "/identitypools")

    assert response.json == {"message": "Missing Authentication Token"}


def test_initial_requests_can_bypass_iam(aws: Aws, enforce: Callable[[], None]) -> None:
    """The setting has the same effect as set_initial_no_auth_action_count(2)."""
    enforce()
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 2

    statuses = [aws.send("GET", "/identitypools").status for _ in range(4)]

    assert statuses == [200, 200, 403, 403]


def test_presigned_request_has_the_permissions_of_its_user(
    aws: Aws, user: MakeClient, ids: tuple[str, str], enforce: Callable[[], None]
) -> None:
    client = user(allow(action="cognito-sync:ListDatasets"))
    path = dict(zip(("IdentityPoolId", "IdentityId"), ids, strict=True))
    allowed = presigned(client, "list_datasets", path)
    denied = presigned(client, "describe_identity_usage", path)
    enforce()

    assert aws.send("GET", *allowed).status == 200
    assert aws.send("GET", *denied).error == "AccessDeniedException"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("X-Amz-Signature=", "signature="),
        ("X-Amz-Date=", "date="),
        ("X-Amz-SignedHeaders=", "headers="),
        ("X-Amz-Expires=", "maxResults=1&X-Amz-Expires="),
    ],
)
def test_invalid_presigned_request_is_rejected(
    aws: Aws,
    user: MakeClient,
    ids: tuple[str, str],
    enforce: Callable[[], None],
    old: str,
    new: str,
) -> None:
    path = dict(zip(("IdentityPoolId", "IdentityId"), ids, strict=True))
    target, _, headers = presigned(user(allow()), "list_datasets", path)
    enforce()

    response = aws.send("GET", target.replace(old, new), b"", headers)

    assert (response.status, response.error) == (403, "InvalidSignatureException")


def test_presigned_request_can_be_signed_with_a_session_token(
    aws: Aws, ids: tuple[str, str], enforce: Callable[[], None]
) -> None:
    role = aws.client("iam").create_role(
        RoleName="player", AssumeRolePolicyDocument="{}", Path="/"
    )["Role"]
    policy = {"Version": "2012-10-17", "Statement": [allow()]}
    aws.client("iam").put_role_policy(
        RoleName="player", PolicyName="p", PolicyDocument=json.dumps(policy)
    )
    assumed = aws.client("sts").assume_role(
        RoleArn=role["Arn"], RoleSessionName="session"
    )
    credentials = assumed["Credentials"]
    client = aws.client(
        "cognito-sync",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    path = dict(zip(("IdentityPoolId", "IdentityId"), ids, strict=True))
    signed = presigned(client, "list_datasets", path)
    enforce()

    assert aws.send("GET", *signed).status == 200


def presigned(
    client: Any, operation: str, parameters: dict[str, str]
) -> tuple[str, bytes, dict[str, str]]:
    """Return the target, the body and the headers of a presigned GET request."""
    url = urlsplit(client.generate_presigned_url(operation, parameters))
    return f"{url.path}?{url.query}", b"", {"Host": url.netloc}
