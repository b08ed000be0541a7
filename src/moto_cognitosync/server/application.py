"""The WSGI application: routes requests to the services, the control API or moto."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable
from http.client import responses
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from moto_cognitosync._moto.settings import reset_state
from moto_cognitosync._moto.wsgi import make_moto_application
from moto_cognitosync.cognitoidentity.responses import cognito_identity
from moto_cognitosync.cognitoidentity.urls import url_bases as identity_url_bases
from moto_cognitosync.cognitosync.responses import FAILURES, cognito_sync
from moto_cognitosync.cognitosync.urls import url_bases as sync_url_bases
from moto_cognitosync.core.credentials import Signature
from moto_cognitosync.core.dispatch import Dispatcher
from moto_cognitosync.core.wire.http import from_wsgi, headers_of, raw_path

from .access import AccessRules, host_of
from .control_api import ROOT, ControlApi
from .failures import respond_to_failure

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOTO_API = "/moto-api"  # without a trailing slash, as in moto's own check
AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")

# By the service name in signatures, with the host names of the service.
_SERVICES: dict[str, tuple[Dispatcher, re.Pattern[str]]] = {
    "cognito-sync": (cognito_sync, re.compile(sync_url_bases[0])),
    "cognito-identity": (cognito_identity, re.compile(identity_url_bases[0])),
}


class Application:
    """Handles requests to the two services itself and passes all others to moto.

    moto's own application supports signed SDK calls, but routes a browser's preflight
    requests to S3 and responds to unknown routes with an HTML page.

    :param moto: the WSGI application for every other service.
    :param control_api: the WSGI application for ``/moto-api/cognito-sync/``.
    :param access: the rules for ``/moto-api/``.
    :ivar failures: exceptions that must fail the test, such as one that a
        SyncTrigger raised with ``pytest.fail``; only the last eight.
    """

    def __init__(
        self, moto: WSGIApplication, control_api: ControlApi, access: AccessRules
    ) -> None:
        self._moto = moto
        self._control_api = control_api
        self._access = access
        self.failures: deque[BaseException] = deque(maxlen=8)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Handle one WSGI request."""
        try:
            return self._route(environ, start_response)
        except Exception as error:  # noqa: BLE001 - moto may raise anything
            return respond_to_failure(error, environ, start_response)

    def _route(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        path: str = environ.get("PATH_INFO", "")
        if path.startswith(MOTO_API) and (reason := self._access.refusal(environ)):
            return _refuse(reason, start_response)
        if path.startswith(ROOT):
            return self._control_api(environ, start_response)
        if path == "/moto-api/reset":
            self._control_api.reset()  # moto resets everything else
        dispatcher = _dispatcher(environ)
        if dispatcher is None or dispatcher.is_left_to_moto():
            return self._moto(environ, start_response)
        environ[FAILURES] = self.failures
        response = dispatcher.dispatch_or_close(environ, from_wsgi(environ))
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


def _refuse(reason: str, start_response: StartResponse) -> Iterable[bytes]:
    body = json.dumps({"error": reason}).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    ]
    start_response("403 Forbidden", headers)
    return [body]


def _dispatcher(environ: WSGIEnvironment) -> Dispatcher | None:
    """Return the service that a request is for; None if moto must find it.

    The scope of the SigV4 signature decides; if there is no signature, an AWS host name
    does. Preflight requests, and clients without credentials, have neither, so their
    path must match an operation of Cognito Sync, or their headers name an operation of
    Cognito Identity. Its public keys have their own path.
    """
    authorization: str = environ.get("HTTP_AUTHORIZATION", "")
    query: str = environ.get("QUERY_STRING", "")
    signature = Signature.from_request(authorization, query)
    if signature.service:
        dispatcher, _ = _SERVICES.get(signature.service, (None, None))
        return dispatcher
    host = host_of(environ)
    if host.endswith(AWS_DOMAINS):
        url = f"https://{host}"
        return next(
            (each for each, hosts in _SERVICES.values() if hosts.fullmatch(url)), None
        )
    if authorization.startswith("AWS ") or "Signature" in parse_qs(query):
        return None  # SigV2, which these services do not accept
    path, headers = raw_path(environ), headers_of(environ)
    services = (each for each, _ in _SERVICES.values())
    return next((each for each in services if each.recognizes(path, headers)), None)


def make_application(access: AccessRules) -> Application:
    """Create the WSGI application that serves all of moto and this package.

    :param access: the rules for ``/moto-api/``.
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
    return Application(moto, ControlApi(), access)
