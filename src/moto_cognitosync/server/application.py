"""The WSGI application: routes requests to the services, the control API or moto."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Iterable
from http.client import responses
from importlib import import_module
from typing import TYPE_CHECKING, Any

from moto_cognitosync._moto.settings import reset_state
from moto_cognitosync._moto.wsgi import make_moto_application
from moto_cognitosync.cognitosync.responses import FAILURES
from moto_cognitosync.core.clock import http_date
from moto_cognitosync.core.hosts import is_aws_host
from moto_cognitosync.core.wire.http import HttpResponse, from_wsgi

from .access import MOTO_API, ROOT, AccessRules, host_of
from .calls import MOTO_API_SERVICE, RAW_HEADERS, CallRecorder
from .control_api import ControlApi
from .failures import failure_response
from .limits import Limits
from .services import DISPATCHERS, service_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEALTH = f"{ROOT}health"

_logger = logging.getLogger(__name__)


class _Failures(deque[BaseException]):
    """The last exceptions that must fail a test. They are also logged."""

    def append(self, error: BaseException) -> None:
        _logger.error("A SyncTrigger tried to end the test", exc_info=error)
        super().append(error)


class Application:
    """Handles requests to the two services itself and passes all others to moto.

    moto's own application supports signed SDK calls, but routes a browser's preflight
    requests to S3 and responds to unknown routes with an HTML page.

    :param moto: the WSGI application for every other service.
    :param access: the rules for ``/moto-api/``.
    :param limits: how many calls to record.
    :ivar calls: the recorded calls.
    :ivar failures: exceptions that must fail the test, such as one that a
        SyncTrigger raised with ``pytest.fail``; only the last eight.
    """

    def __init__(
        self, moto: WSGIApplication, access: AccessRules, limits: Limits | None = None
    ) -> None:
        self.calls = CallRecorder(limits)
        self.failures: deque[BaseException] = _Failures(maxlen=8)
        self._moto = moto
        self._control_api = ControlApi(self.calls)
        self._access = access

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Handle one WSGI request."""
        start = self.calls.clock()
        path: str = environ["PATH_INFO"]
        if path.startswith(MOTO_API):
            return self._call_moto_api(start, environ, start_response)
        if path in {"/", "/health"} and _is_unsigned_get(environ):
            if path == "/health":
                return self._control_api(
                    environ | {"PATH_INFO": HEALTH}, start_response
                )
            if self._is_for_inspector(environ):
                return _redirect_to_inspector(environ, start_response)
        service = service_of(environ)
        dispatcher = DISPATCHERS.get(service)
        if dispatcher is None or dispatcher.is_left_to_moto():
            return self._call(self._moto, service, start, environ, start_response)
        environ[FAILURES] = self.failures
        request = from_wsgi(environ)
        try:
            response = dispatcher.dispatch_or_close(environ, request)
        except Exception as error:  # noqa: BLE001 - not an error of the service
            response = failure_response(error, environ)
        self.calls.record(start, service, environ[RAW_HEADERS], request, response)
        return _send(response, environ, start_response)

    def _call_moto_api(
        self, start: float, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        path: str = environ["PATH_INFO"]
        reason = self._access.refusal(environ)
        if reason and not (path == HEALTH and "HTTP_ORIGIN" not in environ):
            return _send(_refusal(reason), environ, start_response)
        if path == ROOT.rstrip("/"):
            return _redirect_to_inspector(environ, start_response)
        if path == f"{MOTO_API}/reset":
            self._control_api.reset()  # moto resets everything else
        application = self._control_api if path.startswith(ROOT) else self._moto
        return self._call(application, MOTO_API_SERVICE, start, environ, start_response)

    def _call(
        self,
        application: WSGIApplication,
        service: str,
        start: float,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """Call another application, and record the status only."""
        statuses: list[str] = []

        def respond(status: str, *arguments: Any) -> Any:
            statuses.append(status)
            return start_response(status, *arguments)

        try:
            content = application(environ, respond)
        except Exception as error:  # noqa: BLE001 - moto may raise anything
            content = _send(failure_response(error, environ), environ, respond)
        self.calls.record_status(start, service, environ, int(statuses[-1][:3]))
        return content

    def _is_for_inspector(self, environ: WSGIEnvironment) -> bool:
        """Return whether a browser requests the server's start page.

        Buckets can have subdomains of localhost.
        """
        return (
            "text/html" in environ.get("HTTP_ACCEPT", "")
            and not host_of(environ).endswith(".localhost")
            and self._access.refusal(environ) is None
        )

    def stop_faults(self) -> None:
        """Stop all faults that were started through the control API."""
        self._control_api.reset()

    def stop_streams(self) -> None:
        """End all streams of events, which would not end otherwise."""
        self._control_api.stop_streams()

    def reset(self) -> None:
        """Reset all services and faults, as ``POST /moto-api/reset`` does."""
        self.stop_faults()
        reset_state()


def _is_unsigned_get(environ: WSGIEnvironment) -> bool:
    """Return whether a request is not for an AWS service, judging by its form."""
    return (
        environ["REQUEST_METHOD"] in {"GET", "HEAD"}
        and not environ["QUERY_STRING"]
        and "HTTP_AUTHORIZATION" not in environ
        and not is_aws_host(host_of(environ))
    )


def _refusal(reason: str) -> HttpResponse:
    body = json.dumps({"error": reason}).encode()
    return HttpResponse(403, {"Content-Type": "application/json"}, body)


def _redirect_to_inspector(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    return _send(HttpResponse(302, {"Location": ROOT}, b""), environ, start_response)


def _send(
    response: HttpResponse, environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    headers = [
        *response.headers.items(),
        ("Content-Length", str(len(response.body))),
        ("Date", http_date()),
    ]
    start_response(f"{response.status} {responses[response.status]}", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]


def make_application(access: AccessRules, limits: Limits | None = None) -> Application:
    """Create the WSGI application that serves all of moto and this package.

    :param access: the rules for ``/moto-api/``.
    :param limits: how many calls to record.
    :raises RuntimeError: if a package that the server requires is not installed.
    """
    try:
        import_module("cheroot.wsgi")
        moto = make_moto_application()
    except ImportError as error:
        raise RuntimeError(
            f"The server requires a package that is not installed ({error.name}). "
            "Install it with: pip install 'moto-cognitosync[server]'"
        ) from error
    return Application(moto, access, limits)
