"""Requests to Cognito Identity while IAM or strict credentials are enabled."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import settings

from tests.support.aws import REGION, Aws
from tests.support.datasets import NOW, make_identity, make_pool
from tests.support.identities import client_of, set_roles
from tests.support.identity_pools import ACCOUNT, UNKNOWN_ID, rejects

ROOT = f"arn:aws:cognito-identity:{REGION}:{ACCOUNT}:identitypool/"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
UNSIGNED_CONFIG = Config(
    signature_version=UNSIGNED, user_agent_extra=f"region/{REGION}"
)

MakeClient = Callable[..., Any]


@pytest.fixture
def user(aws: Aws) -> MakeClient:
    """Return a function that creates a user with a policy and returns its client."""

    def make(*statements: dict[str, str], **arguments: str) -> Any:
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
        return aws.client("cognito-identity", **(keys | arguments))

    return make


def allow(action: str = "*", resource: str = "*") -> dict[str, str]:
    return {
        "Effect": "Allow",
        "Action": f"cognito-identity:{action}",
        "Resource": resource,
    }


def denied(operation: str, resource: str) -> str:
    action = f"cognito-identity:{operation}"
    return (
        f"User: {USER} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def test_operation_on_a_pool_is_denied_unless_a_policy_allows_it(
    aws: Aws, user: MakeClient, pool_id: str, enforce: Callable[[], None]
) -> None:
    other = make_pool(aws)
    client = user(allow("DescribeIdentityPool", ROOT + pool_id))
    enforce()

    described = client.describe_identity_pool(IdentityPoolId=pool_id)
    with rejects("AccessDeniedException", denied("DescribeIdentityPool", ROOT + other)):
        client.describe_identity_pool(IdentityPoolId=other)
    with rejects("AccessDeniedException", denied("DeleteIdentityPool", ROOT + pool_id)):
        client.delete_identity_pool(IdentityPoolId=pool_id)

    assert described["IdentityPoolId"] == pool_id


def test_denied_request_has_status_400(
    user: MakeClient, pool_id: str, enforce: Callable[[], None]
) -> None:
    client = user(allow("GetId"))
    enforce()

    with pytest.raises(client.exceptions.ClientError) as caught:
        client.describe_identity_pool(IdentityPoolId=pool_id)

    metadata = caught.value.response["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 400
    assert metadata["HTTPHeaders"]["x-amzn-errortype"] == "AccessDeniedException:"


@pytest.mark.parametrize(
    ("operation", "method", "parameters"),
    [
        ("ListIdentityPools", "list_identity_pools", {"MaxResults": 1}),
        ("DescribeIdentity", "describe_identity", {"IdentityId": UNKNOWN_ID}),
        (
            "DeleteIdentities",
            "delete_identities",
            {"IdentityIdsToDelete": [UNKNOWN_ID]},
        ),
    ],
)
def test_operation_without_a_pool_has_an_empty_pool_in_its_resource(
    user: MakeClient,
    enforce: Callable[[], None],
    operation: str,
    method: str,
    parameters: dict[str, Any],
) -> None:
    client = user(allow("GetId"))
    enforce()

    with rejects("AccessDeniedException", denied(operation, ROOT)):
        getattr(client, method)(**parameters)


@pytest.mark.parametrize("resource", [ROOT + UNKNOWN_ID, UNKNOWN_ID])
def test_resource_of_tags_is_the_one_that_is_given(
    user: MakeClient, enforce: Callable[[], None], resource: str
) -> None:
    client = user(allow("GetId"))
    enforce()

    with rejects("AccessDeniedException", denied("ListTagsForResource", resource)):
        client.list_tags_for_resource(ResourceArn=resource)


def test_wrong_secret_is_rejected(
    user: MakeClient, enforce: Callable[[], None]
) -> None:
    client = user(allow(), aws_secret_access_key="wrong")
    enforce()

    with pytest.raises(ClientError, match=r"\(InvalidSignatureException\)"):
        client.list_identity_pools(MaxResults=1)


def test_unknown_access_key_is_rejected(aws: Aws, enforce: Callable[[], None]) -> None:
    enforce()
    text = "The security token included in the request is invalid."

    with rejects("UnrecognizedClientException", text):
        aws.client("cognito-identity").list_identity_pools(MaxResults=1)


def test_app_needs_no_policy_to_log_in(
    aws: Aws, pool_id: str, enforce: Callable[[], None]
) -> None:
    enforce()

    identity_id = make_identity(aws, pool_id)

    token = aws.client("cognito-identity").get_open_id_token(IdentityId=identity_id)
    assert token["IdentityId"] == identity_id


# --- Unsigned requests to operations that must be signed --------------------------


def unsigned_client(aws: Aws) -> Any:
    return aws.client("cognito-identity", config=UNSIGNED_CONFIG)


def test_unsigned_requests_are_accepted_by_default(aws: Aws, pool_id: str) -> None:
    pool = unsigned_client(aws).describe_identity_pool(IdentityPoolId=pool_id)

    assert pool["IdentityPoolId"] == pool_id


@pytest.mark.usefixtures("strict")
def test_unsigned_requests_are_rejected_in_strict_mode(aws: Aws, pool_id: str) -> None:
    client = unsigned_client(aws)

    with rejects("MissingAuthenticationTokenException", "Missing Authentication Token"):
        client.describe_identity_pool(IdentityPoolId=pool_id)

    assert client.get_id(IdentityPoolId=pool_id)["IdentityId"]


@pytest.mark.usefixtures("strict")
def test_identities_can_call_every_operation_until_their_credentials_expire(
    aws: Aws, pool_id: str, identity_id: str
) -> None:
    set_roles(aws, pool_id)
    with time_machine.travel(NOW, tick=False) as clock:
        client = client_of(aws, identity_id, "cognito-identity")
        pool = client.describe_identity_pool(IdentityPoolId=pool_id)
        clock.shift(60 * 60)
        text = "The security token included in the request is expired"
        with rejects("ExpiredTokenException", text):
            client.describe_identity_pool(IdentityPoolId=pool_id)

    assert pool["IdentityPoolId"] == pool_id


def test_unsigned_requests_are_rejected_while_iam_is_enforced(
    aws: Aws, pool_id: str, enforce: Callable[[], None]
) -> None:
    client = unsigned_client(aws)
    enforce()

    with rejects("MissingAuthenticationTokenException", "Missing Authentication Token"):
        client.describe_identity_pool(IdentityPoolId=pool_id)

    assert client.get_id(IdentityPoolId=pool_id)["IdentityId"]


def test_initial_requests_can_bypass_iam(
    aws: Aws, pool_id: str, enforce: Callable[[], None]
) -> None:
    enforce()
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 2
    client = unsigned_client(aws)

    client.get_id(IdentityPoolId=pool_id)
    client.describe_identity_pool(IdentityPoolId=pool_id)
    with rejects("MissingAuthenticationTokenException", "Missing Authentication Token"):
        client.describe_identity_pool(IdentityPoolId=pool_id)
