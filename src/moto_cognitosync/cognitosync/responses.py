"""The response handler, which runs the operation that a request calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.dispatch import Dispatcher
from moto_cognitosync.core.wire.answers import serialize_error
from moto_cognitosync.core.wire.http import HttpRequest, HttpResponse
from moto_cognitosync.core.wire.operations import Operation

from .authorization import authorize
from .exceptions import InvalidLambdaFunctionOutputException
from .integrations.triggers import describe_safely
from .models import get_backend

API_VERSION = "2014-06-30"  # the only version

# WSGI variable: a list of the exceptions that must fail a test.
FAILURES = "moto_cognitosync.failures"


class CognitoSync(Dispatcher):
    """Handles the requests to Amazon Cognito Sync."""

    def run(
        self,
        request: HttpRequest,
        operation: Operation,
        parameters: Mapping[str, Any],
        caller: Caller,
    ) -> Any:
        """Authorize the caller, and call the backend method of the operation."""
        backend = get_backend(caller.account_id, caller.region)
        authorize(request, operation, parameters, caller)
        return getattr(backend, operation.method_name)(caller, **parameters)

    def dispatch_or_close(
        self, environ: dict[str, Any], request: HttpRequest
    ) -> HttpResponse:
        """Dispatch a request to a server.

        An exception that should fail or end the test cannot do so in a server's thread.
        The exception is added to the list in ``environ``, if there is one, and the
        client receives an error.
        """
        try:
            return super().dispatch_or_close(environ, request)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001 - from a SyncTrigger
            environ.get(FAILURES, []).append(error)
            failed = InvalidLambdaFunctionOutputException(
                f"The SyncTrigger raised {describe_safely(error)}"
            )
            return serialize_error(request, self.service, failed)


cognito_sync = CognitoSync("cognito-sync", API_VERSION)
