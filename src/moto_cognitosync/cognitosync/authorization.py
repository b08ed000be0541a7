"""Authorization by IAM policies and by the kind of credentials."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from moto import settings
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]

from moto_cognitosync.core.credentials import Signature, access_key_of, is_strict
from moto_cognitosync.core.exceptions import (
    AccessDeniedException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    NotAuthorizedException,
    UnrecognizedClientException,
)

if TYPE_CHECKING:
    from moto_cognitosync.core.caller import Caller
    from moto_cognitosync.core.wire.http import HttpRequest

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
    operation: str,
    parameters: Mapping[str, Any],
    caller: Caller,
) -> None:
    """Check that the caller may run an operation.

    :param operation: the API name, for example ``DeleteDataset``.
    :param parameters: the operation's input, by Python names.
    :raises ServiceError: if the caller may not run the operation; see :func:`check_iam`
        and :func:`check_credentials`.
    """
    check_iam(request, operation, parameters, caller)
    check_credentials(operation, parameters, caller)


# --- Kinds of credentials ---------------------------------------------------------


def check_credentials(
    operation: str, parameters: Mapping[str, Any], caller: Caller
) -> None:
    """Reject credentials of the wrong kind or of another identity.

    Checks nothing unless strict credentials are enabled.

    :raises MissingAuthenticationTokenException: if the request is not signed.
    :raises NotAuthorizedException: if the operation does not accept this kind of
        credentials, or the credentials belong to another identity.
    """
    if not is_strict():
        return
    _require_signature(caller)
    if operation in (DEVELOPER_ONLY if caller.is_identity else IDENTITY_ONLY):
        raise NotAuthorizedException(
            "These credentials are not valid for accessing this resource"
        )
    if caller.is_identity:
        identity_id = parameters.get("identity_id", "")
        if caller.access_key != access_key_of(identity_id):
            raise NotAuthorizedException(
                "Mismatch between session identity id and request identity id"
            )


def _require_signature(caller: Caller) -> None:
    # On AWS, every operation of this service requires a signature.
    if not caller.access_key:
        raise MissingAuthenticationTokenException("Missing Authentication Token")


# --- IAM --------------------------------------------------------------------------


def check_iam(
    request: HttpRequest,
    operation: str,
    parameters: Mapping[str, Any],
    caller: Caller,
) -> None:
    """Check the signature and the IAM policies, if the test has enabled IAM in moto.

    :raises AccessDeniedException: if no policy allows the call, or a policy denies it.
    :raises InvalidSignatureException: if the signature is missing a header or does not
        match.
    :raises UnrecognizedClientException: if the access key does not exist.
    :raises MissingAuthenticationTokenException: if the request is not signed.
    """
    if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
        ActionAuthenticatorMixin.request_count += 1
        return
    _require_signature(caller)
    resource = resource_arn(operation, parameters, caller)
    iam_request = _make_iam_request(request, operation, resource, caller)
    try:
        iam_request.check_signature()
    except (AttributeError, KeyError) as error:  # a header is not signed
        raise InvalidSignatureException(
            "The request signature is incomplete: it must cover the headers Host and "
            "X-Amz-Date."
        ) from error
    iam_request.check_action_permitted(resource)


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


def _make_iam_request(
    request: HttpRequest, operation: str, resource: str, caller: Caller
) -> Any:
    # Imported on demand, as moto does, because importing IAM takes 100 ms.
    from botocore.awsrequest import AWSRequest
    from moto.iam.access_control import IAMPolicy, IAMRequest, PermissionResult

    class CognitoSyncIAMRequest(IAMRequest):
        """moto's IAM check, raising the errors of this service."""

        def _create_aws_request(self) -> AWSRequest:
            if not signature.is_presigned:
                return super()._create_aws_request()
            signed = signature.parameters["SignedHeaders"].split(";")
            presigned = AWSRequest(
                method=request.method,
                url=arguments["path"],
                data=arguments["body"],
                headers={
                    name: headers[name] for name in headers if name.lower() in signed
                },
            )
            presigned.context["timestamp"] = signature.parameters["Date"]
            return presigned

        def _raise_access_denied(self) -> NoReturn:
            message = (
                f"User: {self._access_key.arn} is not authorized to perform: "
                f"{self._action} on resource: {resource}"
            )
            denied = any(
                IAMPolicy(policy).is_action_permitted(self._action, resource)
                == PermissionResult.DENIED
                for policy in self._access_key.collect_policies()
            )
            if not denied:
                message += (
                    " because no identity-based policy allows the "
                    f"{self._action} action"
                )
            raise AccessDeniedException(message)

        def _raise_signature_does_not_match(self) -> NoReturn:
            raise InvalidSignatureException(
                "The request signature we calculated does not match the signature you "
                "provided. Check your AWS Secret Access Key and signing method. "
                "Consult the service documentation for details."
            )

        def _raise_invalid_access_key(self, _: str) -> NoReturn:
            raise UnrecognizedClientException(
                "The security token included in the request is invalid."
            )

    headers = dict(request.headers.items())
    signature = Signature.from_request(headers.get("Authorization", ""), request.query)
    query = request.query
    if signature.is_presigned:  # moto reads only the header
        headers["Authorization"] = ", ".join(
            f"{name}={value}" for name, value in signature.parameters.items()
        )
        if "Security-Token" in signature.parameters:
            headers["X-Amz-Security-Token"] = signature.parameters["Security-Token"]
        query = re.sub(r"&?X-Amz-Signature=[^&]*", "", query)
    # The signature covers Host, but a prepared request does not contain it yet.
    headers.setdefault("Host", urlsplit(caller.endpoint).netloc)
    # Older versions of moto have no `action` argument and read this header instead.
    headers["X-Amz-Target"] = f"cognito-sync.{operation}"
    arguments: dict[str, Any] = {
        "account_id": caller.account_id,
        "method": request.method,
        "path": f"{request.path}?{query}" if query else request.path,
        "data": {},
        "body": request.body or b"",
        "headers": headers,
        "action": operation,
    }
    accepted = inspect.signature(IAMRequest.__init__).parameters
    return CognitoSyncIAMRequest(
        **{name: value for name, value in arguments.items() if name in accepted}
    )
