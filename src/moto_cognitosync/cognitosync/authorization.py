"""Authorization by IAM policies and by the kind of credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from moto_cognitosync.core.authorization import (
    check_caller,
    check_iam,
    is_iam_enforced,
)
from moto_cognitosync.core.credentials import is_strict
from moto_cognitosync.core.exceptions import NotAuthorizedException

if TYPE_CHECKING:
    from moto_cognitosync.core.caller import Caller
    from moto_cognitosync.core.wire.http import HttpRequest
    from moto_cognitosync.core.wire.operations import Operation

# Operations that accept one kind of credentials only, according to the API reference.
# All other operations accept both kinds.
IDENTITY_ONLY = {"RegisterDevice", "SubscribeToDataset", "UnsubscribeFromDataset"}
DEVELOPER_ONLY = {
    "BulkPublish",
    "DescribeIdentityPoolUsage",
    "GetBulkPublishDetails",
    "GetCognitoEvents",
    "GetIdentityPoolConfiguration",
    "ListIdentityPoolUsage",
    "SetCognitoEvents",
    "SetIdentityPoolConfiguration",
}

# Operations by the resource type that IAM policies use for them, according to the
# Service Authorization Reference. For all other operations, the resource is the
# pool.
ON_DATASET = {
    "DeleteDataset",
    "DescribeDataset",
    "ListDatasets",
    "ListRecords",
    "SubscribeToDataset",
    "UnsubscribeFromDataset",
    "UpdateRecords",
}
ON_IDENTITY = {"DescribeIdentityUsage", "RegisterDevice"}


def authorize(
    request: HttpRequest,
    operation: Operation,
    parameters: Mapping[str, Any],
    caller: Caller,
) -> None:
    """Check that the caller may run an operation.

    :param parameters: the operation's input, by Python names.
    :raises ServiceError: if the caller may not run the operation; see :func:`check_iam`
        and :func:`check_credentials`.
    """
    if is_iam_enforced():
        resource = resource_arn(operation.name, parameters, caller)
        check_iam(request, operation, resource, caller)
    check_credentials(operation.name, parameters, caller)


# --- Kinds of credentials ---------------------------------------------------------


def check_credentials(
    operation: str, parameters: Mapping[str, Any], caller: Caller
) -> None:
    """Reject credentials of the wrong kind or of another identity.

    Checks nothing unless strict credentials are enabled.

    :raises MissingAuthenticationTokenException: if the request is not signed.
    :raises ExpiredTokenException: if the credentials of an identity have expired.
    :raises NotAuthorizedException: if the operation does not accept this kind of
        credentials, or the credentials belong to another identity.
    """
    if not is_strict():
        return
    check_caller(caller)
    if operation in (DEVELOPER_ONLY if caller.is_identity else IDENTITY_ONLY):
        raise NotAuthorizedException(
            "These credentials are not valid for accessing this resource"
        )
    if caller.is_identity and not caller.represents(parameters["identity_id"]):
        raise NotAuthorizedException(
            "Mismatch between session identity id and request identity id"
        )


# --- IAM --------------------------------------------------------------------------


def resource_arn(operation: str, parameters: Mapping[str, Any], caller: Caller) -> str:
    """Return the ARN of the resource that an operation accesses.

    Missing parts are rendered as ``null``, as observed in AWS error messages.
    """
    pool_id = parameters.get("identity_pool_id", "null")
    arn = (
        f"arn:aws:cognito-sync:{caller.region}:{caller.account_id}"
        f":identitypool/{pool_id}"
    )
    if operation in ON_DATASET | ON_IDENTITY:
        arn += f"/identity/{parameters['identity_id']}"
    if operation in ON_DATASET:
        arn += f"/dataset/{parameters.get('dataset_name', 'null')}"
    return arn
