"""The WSGI application: routes requests to Cognito Sync, the control API or moto."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from http.client import responses
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import unquote

from moto_cognitosync._moto.settings import reset_state
from moto_cognitosync._moto.wsgi import make_moto_application
from moto_cognitosync.cognitosync.responses import FAILURES, dispatch_or_close
from moto_cognitosync.core.wire.http import from_wsgi

from .control_api import ROOT, ControlApi

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Application:
    """Handles requests to Cognito Sync itself and passes all others to moto.

    moto's own application supports signed SDK calls, but routes a browser's preflight
    requests to S3 and responds to unknown routes with an HTML page.

    :param moto: the WSGI application for every other service.
    :param control_api: the WSGI application for ``/moto-api/cognito-sync/``.
    :ivar failures: exceptions that must fail the test, such as that of ``pytest.fail``
        in a SyncTrigger; at most the last eight.
    """

    def __init__(self, moto: WSGIApplication, control_api: ControlApi) -> None:
        self._moto = moto
        self._control_api = control_api
        self.failures: deque[BaseException] = deque(maxlen=8)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Handle one WSGI request."""
        path: str = environ.get("PATH_INFO", "")
        if path.startswith(ROOT):
            return self._control_api(environ, start_response)
        if path == "/moto-api/reset":
            self._control_api.reset()  # moto resets everything else
        if not _is_cognito_sync(environ):
            return self._moto(environ, start_response)
        environ[FAILURES] = self.failures
        response = dispatch_or_close(environ, from_wsgi(environ))
        headers = [
            *response.headers.items(),
            ("Content-Length", str(len(response.body))),
        ]
        start_response(f"{response.status} {responses[response.status]}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [response.body]

    def stop_faults(self) -> None:
        """Stop all faults that were started through the control API."""
        self._control_api.reset()

    def reset(self) -> None:
        """Reset all services and faults, as ``POST /moto-api/reset`` does."""
        self.stop_faults()
        reset_state()


def _is_cognito_sync(environ: WSGIEnvironment) -> bool:
    """Check the signature if there is one; otherwise check the host and the path.

    A presigned URL has its signature in the query. Preflight requests, and clients
    without credentials, send no signature.
    """
    query: str = environ.get("QUERY_STRING", "")
    signature: str = environ.get("HTTP_AUTHORIZATION", "")
    if signature or "Signature=" in query:
        return "/cognito-sync/" in unquote(signature or query)
    path: str = environ.get("PATH_INFO", "")
    host: str = environ.get("HTTP_HOST", "")
    return (
        host.startswith("cognito-sync.")
        or path == "/identitypools"
        or path.startswith("/identitypools/")
    )


def make_application() -> Application:
    """Create the WSGI application that serves Cognito Sync and all of moto.

    :raises RuntimeError: a package that the server requires is not installed.
    """
    try:
        import_module("cheroot.wsgi")
        moto = make_moto_application()
    except ImportError as error:
        raise RuntimeError(
            f"The server requires a package that is not installed ({error.name}). "
            "Install it with: pip install 'moto-cognitosync[server]'"
        ) from error
    return Application(moto, ControlApi())
