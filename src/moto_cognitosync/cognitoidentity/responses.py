"""The response handler, which runs the operation that a request calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.cognitoidentity.models import CognitoIdentityBackend

from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.config import is_enabled
from moto_cognitosync.core.dispatch import Dispatcher
from moto_cognitosync.core.identity_pools import find_account
from moto_cognitosync.core.wire.answers import serialize_document
from moto_cognitosync.core.wire.http import HttpRequest, HttpResponse
from moto_cognitosync.core.wire.operations import Operation

from .authorization import authorize
from .models import get_backend
from .tokens import KEYS_PATH, public_keys

API_VERSION = "2014-06-30"  # the only version


def moto_is_complete() -> bool:
    """Return whether moto implements all operations, so that it can serve them."""
    return hasattr(CognitoIdentityBackend, "merge_developer_identities")


class CognitoIdentity(Dispatcher):
    """Handles the requests to Amazon Cognito Identity, and those for its public keys.

    Applications read the keys to verify OpenID tokens. They are not an operation.
    """

    def is_left_to_moto(self) -> bool:
        """Return whether a setting leaves the service to moto, or moto is complete."""
        return is_enabled("cognitoidentity", "use_moto") or moto_is_complete()

    def handle(
        self, request: Any, full_url: str, headers: Any
    ) -> tuple[int, dict[str, str], bytes]:
        """Respond to a request, or pass it to moto."""
        if self.is_left_to_moto():
            from moto.cognitoidentity.responses import CognitoIdentityResponse

            response: tuple[int, dict[str, str], bytes] = (
                CognitoIdentityResponse.dispatch(request, full_url, headers)
            )
            return response
        return super().handle(request, full_url, headers)

    def recognizes(self, path: str, headers: Mapping[str, str]) -> bool:
        """Return whether a request can only be for this service or its keys."""
        return path == KEYS_PATH or super().recognizes(path, headers)

    def dispatch(self, request: HttpRequest, url: str) -> HttpResponse:
        """Return the public keys, or run the requested operation."""
        if (request.method, request.path) == ("GET", KEYS_PATH):
            return serialize_document(request, public_keys())
        return super().dispatch(request, url)

    def run(
        self,
        request: HttpRequest,
        operation: Operation,
        parameters: Mapping[str, Any],
        caller: Caller,
    ) -> Any:
        """Authorize the caller, and call the method of the operation."""
        is_enforced = authorize(request, operation, parameters, caller)
        caller = caller._replace(is_iam_enforced=is_enforced)
        if operation.is_unsigned:
            caller = _locate(caller, parameters)
        backend = get_backend(caller.account_id, caller.region)
        return getattr(backend, operation.method_name)(caller, **parameters)


def _locate(caller: Caller, parameters: Mapping[str, Any]) -> Caller:
    """Return the caller with the account and region of the pool or identity.

    An unsigned request contains neither, except in the id.
    """
    id_ = parameters.get("identity_pool_id") or parameters["identity_id"]
    region = id_.partition(":")[0]
    account_id = find_account(id_, region, caller.account_id)
    if account_id is None:
        return caller
    return caller._replace(account_id=account_id, region=region)


cognito_identity = CognitoIdentity("cognito-identity", API_VERSION)
