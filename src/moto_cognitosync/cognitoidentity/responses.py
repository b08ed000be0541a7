"""The response handler, which runs the operation that a request calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.dispatch import Dispatcher
from moto_cognitosync.core.identity_pools import find_account
from moto_cognitosync.core.wire.http import HttpRequest
from moto_cognitosync.core.wire.operations import Operation

from .models import get_backend

API_VERSION = "2014-06-30"  # the only version


class CognitoIdentity(Dispatcher):
    """Handles the requests to Amazon Cognito Identity."""

    def run(
        self,
        request: HttpRequest,  # noqa: ARG002
        operation: Operation,
        parameters: Mapping[str, Any],
        caller: Caller,
    ) -> Any:
        """Call the method of the operation."""
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
