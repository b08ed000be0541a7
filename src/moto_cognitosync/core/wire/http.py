"""HTTP requests and responses, independent of the library that carries them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream


class HttpRequest(NamedTuple):
    """A request.

    :param path: as sent, not percent-decoded.
    :param query: as sent, not percent-decoded, without the ``?``.
    :param headers: a case-insensitive mapping.
    :param body: None if it is incomplete.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes | None


class HttpResponse(NamedTuple):
    """A response, ready to be sent."""

    status: int
    headers: dict[str, str]
    body: bytes


# Stands for the response on a closed connection. It never reaches the client.
DROPPED = HttpResponse(200, {}, b"")


def from_wsgi(environ: dict[str, Any]) -> HttpRequest:
    """Read a request that a server received.

    Does not create a werkzeug request, which takes longer than most operations.
    """
    return HttpRequest(
        method=environ["REQUEST_METHOD"],
        path=raw_path(environ),
        query=environ["QUERY_STRING"],
        headers=headers_of(environ),
        body=_read(get_input_stream(environ).read),
    )


def from_werkzeug(request: Any) -> HttpRequest:
    """Read a werkzeug request, from a server or created by moto."""
    return HttpRequest(
        method=request.method,
        path=raw_path(request.environ),
        query=request.query_string.decode("latin-1"),
        headers=request.headers,
        body=_read(request.get_data),
    )


def from_botocore(request: Any) -> HttpRequest:
    """Read a request that botocore prepared."""
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


def headers_of(environ: dict[str, Any]) -> Mapping[str, str]:
    """Return the headers of a WSGI request, as a case-insensitive mapping."""
    return cast("Mapping[str, str]", EnvironHeaders(environ))


def close_connection(environ: dict[str, Any]) -> None:
    """Close the connection of a WSGI request. Anything sent afterwards is lost."""
    connection: socket.socket = environ["werkzeug.socket"]
    with suppress(OSError):  # the client may have closed it first
        connection.shutdown(socket.SHUT_RDWR)


def raw_path(environ: dict[str, Any]) -> str:
    """Return the path of the request line, not percent-decoded.

    PATH_INFO is decoded, so it does not distinguish a slash from ``%2F``.
    """
    target: str = (
        environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    )
    path = target.partition("?")[0]
    if not path.startswith("/"):
        path = urlsplit(path).path
    return path or "/"


def _read(read_body: Callable[[], bytes]) -> bytes | None:
    try:
        return read_body()
    except (HTTPException, OSError, ValueError):
        # The client disconnected, or sent malformed chunks.
        return None


class _BotocoreHeaders(Mapping[str, str]):
    """Headers of a botocore request, whose values may be bytes.

    Values are decoded on access, because few of them are ever read.
    """

    def __init__(self, headers: Mapping[str, str | bytes]) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> str:
        if name not in self:
            raise KeyError(name)
        return str(self.get(name))

    # The base class catches a KeyError for each missing header, which is slow.
    def get(self, name: str, default: Any = None) -> Any:
        # Not by index: some header classes return None for a missing name.
        value = self._headers.get(name)
        if value is None:
            return default
        return value.decode("latin-1") if isinstance(value, bytes) else value

    def __contains__(self, name: Any) -> bool:
        return self._headers.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)
