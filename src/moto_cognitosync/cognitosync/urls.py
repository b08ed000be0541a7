"""Where requests come in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from botocore.exceptions import ConnectionClosedError
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_host, get_input_stream

from . import calls, faults, rest_json
from .authorization import check_credentials, check_iam
from .caller import Caller
from .exceptions import CognitoSyncError, InvalidParameterException
from .faults import ConnectionDropped, close_connection
from .models import CognitoSyncBackend, cognitosync_backends
from .responses import CognitoSyncResponse
from .rest_json import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Reply = tuple[int, dict[str, str], bytes]


class ConnectionLostError(ConnectionClosedError, requests.ConnectionError):
    """What boto3 and ``requests`` raise when a connection is closed too early."""

    request = response = None  # as requests has them


def handle(request: Any, full_url: str, _headers: Any) -> Reply:
    """Answer a request that moto has caught.

    :param request: botocore's prepared request; from a server, or from moto 5.2.4 on,
        one of werkzeug's kind.
    :return: the status, the headers and the body.
    """
    environ = getattr(request, "environ", None)
    if environ is not None and "REMOTE_ADDR" in environ:
        response = _answer_or_drop(environ, from_werkzeug(request))
        return response.status, response.headers, response.body
    read = _from_botocore if environ is None else from_werkzeug
    try:
        response = answer(read(request), full_url)
    except ConnectionDropped:
        raise ConnectionLostError(endpoint_url=full_url) from None
    # No server stands between us and the client, to add what a server adds.
    response.headers["Content-Length"] = str(len(response.body))
    response.headers["Date"] = formatdate(usegmt=True)
    return response.status, response.headers, response.body


def answer_wsgi(environ: WSGIEnvironment) -> HttpResponse:
    """Answer a request that came to a server.

    Read without werkzeug's objects, as to make them takes longer than to answer.
    """
    headers: Any = EnvironHeaders(environ)
    request = HttpRequest(
        method=environ["REQUEST_METHOD"],
        path=_path(_target(environ)),
        query=environ["QUERY_STRING"],
        headers=headers,
        body=_read(get_input_stream(environ).read),
    )
    return _answer_or_drop(environ, request)


def _answer_or_drop(environ: WSGIEnvironment, request: HttpRequest) -> HttpResponse:
    url = f"{environ['wsgi.url_scheme']}://{get_host(environ)}"
    try:
        return answer(request, url)
    except ConnectionDropped:
        close_connection(environ)
        return HttpResponse(200, {}, b"")  # sent to nobody


def answer(request: HttpRequest, url: str) -> HttpResponse:
    """Carry out the operation that a request asks for.

    :param url: the root of its URL at least; the host in it may name the region.
    :return: the operation's result, or the error it raised.
    :raises ConnectionDropped: a fault wants it so.
    """
    if request.method == "OPTIONS":
        return rest_json.preflight(request)
    parameters: dict[str, Any] = {}
    error: Exception | None = None
    try:
        operation, parameters = rest_json.parse(request)
        faults.meet(operation.name, parameters)
        caller = Caller.of(url, request.headers)
        service = CognitoSyncResponse(_backend(caller), caller)
        check_iam(request, operation.name, parameters, caller)
        check_credentials(operation.name, parameters, caller)
        result = getattr(service, operation.method_name)(**parameters)
        return rest_json.serialize(request, operation, result)
    except CognitoSyncError as raised:
        error = raised
        return rest_json.serialize_error(request, raised)
    except ConnectionDropped as raised:
        error = raised
        raise
    finally:
        calls.note(request, parameters, error)


def _backend(caller: Caller) -> CognitoSyncBackend:
    regions = cognitosync_backends[caller.account_id]
    try:
        return regions[caller.region]
    except KeyError:
        # There is no such host at AWS, and so no answer of the service to copy.
        raise InvalidParameterException(
            f"Amazon Cognito Sync is not available in the region '{caller.region}'. "
            f"Choose one of: {', '.join(sorted(regions.regions))}; or set "
            "MOTO_ALLOW_NONEXISTENT_REGION=true to allow any."
        ) from None


def from_werkzeug(request: Any) -> HttpRequest:
    """Read a request that came through WSGI, or that moto wrapped as if it had."""
    return HttpRequest(
        method=request.method,
        path=_path(_target(request.environ)),
        query=request.query_string.decode("latin-1"),
        headers=request.headers,
        body=_read(request.get_data),
    )


def _target(environ: WSGIEnvironment) -> str:
    """Find the request line's target.

    WSGI's own PATH_INFO is decoded, and no longer tells a slash from ``%2F``.
    """
    target: str = (
        environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    )
    return target


def _read(body: Callable[[], bytes]) -> bytes | None:
    try:
        return body()
    except (HTTPException, OSError, ValueError):
        # The client hung up, or sent chunks that are none.
        return None


def _from_botocore(request: Any) -> HttpRequest:
    body: Any = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    parts = urlsplit(request.url)
    return HttpRequest(
        method=request.method,
        path=parts.path or "/",
        query=parts.query,
        headers=_BotocoreHeaders(request.headers),
        body=body.encode() if isinstance(body, str) else body,
    )


class _BotocoreHeaders(Mapping[str, str]):
    """The headers of a request, some of which botocore has as bytes.

    Decoded when they are looked up, as few of them ever are.
    """

    def __init__(self, headers: Mapping[str, str | bytes]) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        # Not by index: some kinds of headers have None for what is not there.
        value = self._headers.get(name)
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1") if isinstance(value, bytes) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


def _path(target: str) -> str:
    """Cut the path out of a URL or of a request line's target; neither is decoded."""
    path = target.partition("?")[0]
    if not path.startswith("/"):
        path = urlsplit(path).path
    return path or "/"


url_bases = [r"https?://cognito-sync(?:-fips)?\.(.+)\.(?:amazonaws\.com|api\.aws)"]

# One pattern for all paths, as a named group: moto's server turns it into a Flask
# route on every version, where a bare ".*" is a 404 before 5.1.22.
url_paths = {"{0}/(?P<path>.*)$": handle}
