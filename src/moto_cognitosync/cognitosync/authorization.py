"""Authorization: IAM policies, and the kind of credentials each operation accepts."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from moto import settings
from moto.cognitoidentity.models import CognitoIdentityBackend
from moto.core.responses import ActionAuthenticatorMixin  # type: ignore[attr-defined]

from moto_cognitosync.core.credentials import access_key_of, is_strict

from .exceptions import (
    AccessDeniedException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    NotAuthorizedException,
    UnrecognizedClientException,
)

if TYPE_CHECKING:
    from moto_cognitosync.core.caller import Caller
    from moto_cognitosync.core.wire.http import HttpRequest

# The kinds of credentials, as the API reference states them for each operation. All
# others take both.
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

# What IAM policies name, as the service authorization reference states it; all other
# operations are for a pool.
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

    :param parameters: input of the operation, by Python names.
    :raises ServiceError: see :func:`check_iam` and :func:`check_credentials`.
    """
    check_iam(request, operation, parameters, caller)
    check_credentials(operation, parameters, caller)


# --- Kinds of credentials ---------------------------------------------------------


def check_credentials(
    operation: str, parameters: Mapping[str, Any], caller: Caller
) -> None:
    """Refuse credentials of a kind, or of an identity, that may not call.

    :raises NotAuthorizedException: they may not; never unless :func:`is_strict`.
    """
    if not is_strict():
        return
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


class CognitoIdentityWithKeys(CognitoIdentityBackend):
    """moto's cognito-identity, which knows whose credentials it hands out."""

    # moto looks for a service's URLs beside the module of its backend.
    __module__ = CognitoIdentityBackend.__module__

    def get_credentials_for_identity(self, identity_id: str) -> str:
        """Hand out credentials; with a key of the identity's own if that matters."""
        answer = super().get_credentials_for_identity(identity_id)
        if not is_strict():
            return answer
        content = json.loads(answer)
        content["Credentials"]["AccessKeyId"] = access_key_of(identity_id)
        return json.dumps(content)


# --- IAM --------------------------------------------------------------------------


def check_iam(
    request: HttpRequest,
    operation: str,
    parameters: Mapping[str, Any],
    caller: Caller,
) -> None:
    """Ask moto's IAM, where a test has switched it on.

    :raises AccessDeniedException: no policy allows the call, or one denies it.
    :raises InvalidSignatureException: the signature does not match.
    :raises UnrecognizedClientException: the access key is not known.
    :raises MissingAuthenticationTokenException: the request is not signed.
    """
    if ActionAuthenticatorMixin.request_count < settings.INITIAL_NO_AUTH_ACTION_COUNT:
        ActionAuthenticatorMixin.request_count += 1
        return
    if not caller.access_key:
        raise MissingAuthenticationTokenException("Missing Authentication Token")
    resource = resource_arn(operation, parameters, caller)
    iam_request = _make_iam_request(request, operation, resource, caller)
    try:
        iam_request.check_signature()
    except (AttributeError, KeyError) as error:  # of one of these headers
        raise InvalidSignatureException(
            "The request is not signed as it should be: the signature has to cover "
            "its headers Host and X-Amz-Date."
        ) from error
    iam_request.check_action_permitted(resource)


def resource_arn(operation: str, parameters: Mapping[str, Any], caller: Caller) -> str:
    """Name what an operation is about, as IAM policies name it.

    What the request does not name is rendered as ``null``, as seen in live errors.
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
    # Loaded where it is needed, as moto does: IAM takes a tenth of a second.
    from moto.iam.access_control import IAMPolicy, IAMRequest, PermissionResult

    class CognitoSyncIAMRequest(IAMRequest):
        """moto's check, with the errors of this service."""

        def _raise_access_denied(self) -> NoReturn:
            text = (
                f"User: {self._access_key.arn} is not authorized to perform: "
                f"{self._action} on resource: {resource}"
            )
            denied = any(
                IAMPolicy(policy).is_action_permitted(self._action, resource)
                == PermissionResult.DENIED
                for policy in self._access_key.collect_policies()
            )
            if not denied:
                text += (
                    " because no identity-based policy allows the "
                    f"{self._action} action"
                )
            raise AccessDeniedException(text)

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

    query = f"?{request.query}" if request.query else ""
    headers = dict(request.headers.items())
    # A prepared request has no such header yet, but its signature covers it.
    headers.setdefault("Host", urlsplit(caller.endpoint).netloc)
    # Older versions of moto take no action, and read it from this header instead.
    headers["X-Amz-Target"] = f"cognito-sync.{operation}"
    arguments: dict[str, Any] = {
        "account_id": caller.account_id,
        "method": request.method,
        "path": request.path + query,
        "data": {},
        "body": request.body or b"",
        "headers": headers,
        "action": operation,
    }
    accepted = inspect.signature(IAMRequest.__init__).parameters
    return CognitoSyncIAMRequest(
        **{name: value for name, value in arguments.items() if name in accepted}
    )
