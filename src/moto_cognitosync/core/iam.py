"""Signatures and policies of requests, checked by moto's IAM.

Import this module on demand, because it imports moto's IAM, which takes 100 ms.
"""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from moto.iam.access_control import IAMPolicy, IAMRequest, PermissionResult

from .credentials import Signature
from .exceptions import (
    AccessDeniedException,
    InvalidSignatureException,
    UnrecognizedClientException,
)
from .roles import accept_identities

if TYPE_CHECKING:
    from .caller import Caller
    from .wire.http import HttpRequest
    from .wire.operations import Operation


def check_policies(
    request: HttpRequest, operation: Operation, resource: str, caller: Caller
) -> None:
    """Check the signature and the policies; see :func:`.authorization.check_iam`."""
    iam_request = _IdentityOrUserRequest(request, operation, resource, caller)
    try:
        iam_request.check_signature()
    except (AttributeError, KeyError) as error:  # a header is not signed
        raise InvalidSignatureException(
            "The request signature is incomplete: it must cover the headers Host and "
            "X-Amz-Date."
        ) from error
    iam_request.check_action_permitted(resource)


class _ServiceRequest(IAMRequest):
    """moto's IAM check, with presigned URLs and the errors of our services."""

    def __init__(
        self, request: HttpRequest, operation: Operation, resource: str, caller: Caller
    ) -> None:
        headers = dict(request.headers.items())
        signature = Signature.from_request(
            headers.get("Authorization", ""), request.query
        )
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
        if operation.protocol.name != "json":
            # Older versions of moto have no `action` argument and read this header.
            headers["X-Amz-Target"] = f"{signature.service}.{operation.name}"
        arguments: dict[str, Any] = {
            "account_id": caller.account_id,
            "method": request.method,
            "path": f"{request.path}?{query}" if query else request.path,
            "data": {},
            "body": request.body or b"",
            "headers": headers,
            "action": operation.name,
        }
        accepted = inspect.signature(IAMRequest.__init__).parameters
        self._signature = signature
        self._resource = resource
        self._arguments = arguments
        super().__init__(
            **{name: arguments[name] for name in arguments if name in accepted}
        )

    def _create_aws_request(self) -> AWSRequest:
        if not self._signature.is_presigned:
            return super()._create_aws_request()
        signed = self._signature.parameters["SignedHeaders"].split(";")
        headers = self._arguments["headers"]
        presigned = AWSRequest(
            method=self._arguments["method"],
            url=self._arguments["path"],
            data=self._arguments["body"],
            headers={name: headers[name] for name in headers if name.lower() in signed},
        )
        presigned.context["timestamp"] = self._signature.parameters["Date"]
        return presigned

    def _raise_access_denied(self) -> NoReturn:
        message = (
            f"User: {self._access_key.arn} is not authorized to perform: "
            f"{self._action} on resource: {self._resource}"
        )
        denied = any(
            IAMPolicy(policy).is_action_permitted(self._action, self._resource)
            == PermissionResult.DENIED
            for policy in self._access_key.collect_policies()
        )
        if not denied:
            message += (
                f" because no identity-based policy allows the {self._action} action"
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


_IdentityOrUserRequest = accept_identities(_ServiceRequest)
