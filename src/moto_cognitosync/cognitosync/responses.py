"""The response handler, which runs the operation that a request calls."""

from __future__ import annotations

from functools import cache
from typing import Any

from werkzeug.wsgi import get_host

from moto_cognitosync.core import hooks
from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.exceptions import ConnectionDropped, ServiceError
from moto_cognitosync.core.wire.answers import preflight, serialize, serialize_error
from moto_cognitosync.core.wire.http import HttpRequest, HttpResponse, close_connection
from moto_cognitosync.core.wire.operations import Operation, Service, load_service

from .authorization import authorize
from .exceptions import InvalidLambdaFunctionOutputException
from .integrations.triggers import describe_safely
from .models import get_backend

API_VERSION = "2014-06-30"  # the only version


@cache
def service() -> Service:
    """Return the operations of Amazon Cognito Sync."""
    return load_service("cognito-sync", API_VERSION)


def dispatch(request: HttpRequest, url: str) -> HttpResponse:
    """Run the requested operation, and return the response for its result or error.

    :param url: the URL, or at least its scheme and host; the host may contain a region.
    :raises ConnectionDropped: if a hook drops the connection.
    """
    if request.method == "OPTIONS":
        return preflight(request)
    operation: Operation | None = None
    parameters: dict[str, Any] = {}
    error: BaseException | None = None
    try:
        operation, labels = service().route(request.method, request.path)
        parameters = operation.parse(request, labels)
        hooks.run_before(operation, parameters)
        caller = Caller.from_request(url, request.headers, request.query)
        backend = get_backend(caller.account_id, caller.region)
        authorize(request, operation.name, parameters, caller)
        result = getattr(backend, operation.method_name)(caller, **parameters)
        return serialize(request, operation, result)
    except ServiceError as raised:
        error = raised
        return serialize_error(request, service(), raised)
    except BaseException as raised:
        error = raised
        raise
    finally:
        if operation is not None:
            hooks.run_after(operation, parameters, error)


# WSGI variable: a list of the exceptions that must fail a test.
FAILURES = "moto_cognitosync.failures"


def dispatch_or_close(environ: dict[str, Any], request: HttpRequest) -> HttpResponse:
    """Dispatch a request to a server, closing its connection if a hook drops it.

    An exception that should fail or end the test cannot do so in a server's thread. The
    exception is added to the list in ``environ``, if there is one, and the client
    receives an error.
    """
    url = f"{environ['wsgi.url_scheme']}://{get_host(environ)}"
    try:
        return dispatch(request, url)
    except ConnectionDropped:
        close_connection(environ)
        return HttpResponse(200, {}, b"")  # never reaches the client
    except Exception:
        raise
    except BaseException as error:  # noqa: BLE001 - from a SyncTrigger
        environ.get(FAILURES, []).append(error)
        failed = InvalidLambdaFunctionOutputException(
            f"The SyncTrigger raised {describe_safely(error)}"
        )
        return serialize_error(request, service(), failed)
