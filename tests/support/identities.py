"""Credentials and IAM roles of identities for tests."""

from __future__ import annotations

import json
from typing import Any

from .aws import REGION, Aws

ACCOUNT = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/players"
KINDS = ("authenticated", "unauthenticated")


def set_roles(aws: Aws, pool_id: str, role_arn: str = ROLE_ARN) -> None:
    """Use a role for all identities of a pool. Strict mode requires a role."""
    aws.client("cognito-identity").set_identity_pool_roles(
        IdentityPoolId=pool_id, Roles=dict.fromkeys(KINDS, role_arn)
    )


def trust(pool_id: str, amr: str = "*") -> dict[str, Any]:
    """Return the trust policy that AWS documents, for a kind of identities."""
    provider = "cognito-identity.amazonaws.com"
    return {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {f"{provider}:aud": pool_id},
            "ForAnyValue:StringLike": {f"{provider}:amr": amr},
        },
    }


def make_role(aws: Aws, *statements: dict[str, Any], trusted: dict[str, Any]) -> str:
    """Create a role with an inline policy, and return its ARN.

    :param trusted: the statement of the trust policy.
    """
    iam = aws.client("iam")
    role = iam.create_role(
        RoleName="players", AssumeRolePolicyDocument=_document(trusted)
    )["Role"]
    if statements:
        iam.put_role_policy(
            RoleName="players", PolicyName="p", PolicyDocument=_document(*statements)
        )
    return str(role["Arn"])


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def credentials_of(aws: Aws, identity_id: str, **arguments: Any) -> dict[str, Any]:
    """Call GetCredentialsForIdentity."""
    return aws.client("cognito-identity").get_credentials_for_identity(  # type: ignore[no-any-return]
        IdentityId=identity_id, **arguments
    )["Credentials"]


def client_with(
    aws: Aws, credentials: dict[str, Any], service: str, region: str = REGION
) -> Any:
    """Create a client with credentials from Cognito Identity or STS."""
    secret = credentials.get("SecretKey") or credentials["SecretAccessKey"]
    return aws.client(
        service,
        region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=secret,
        aws_session_token=credentials["SessionToken"],
    )


def client_of(aws: Aws, identity_id: str, service: str = "cognito-sync") -> Any:
    """Create a client with the credentials of an identity."""
    return client_with(aws, credentials_of(aws, identity_id), service)
