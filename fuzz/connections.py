"""Sends arbitrary bytes to the server instead of valid HTTP requests."""

from __future__ import annotations

import io
import json
import socket
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.exceptions import NotFound

from moto_cognitosync.cognitosync.responses import cognito_sync
from moto_cognitosync.server.access import AccessRules
from moto_cognitosync.server.application import Application
from moto_cognitosync.server.http import HttpServer
from moto_cognitosync.server.listening import LOCALHOST
from moto_cognitosync.state import dump_state

from .world import DATASETS, DEVICES, ERRORS, IDENTITY, POOL, STATE, World, check_reload

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

WORLD = World()

WORDS = [
    *(
        "Access-Control-Request-Headers: x",
        "Connection: close",
        "Connection: keep-alive",
        "Content-Length: 1",
    ),
    *("Expect: 100-continue", "HTTP/1.0", "HTTP/1.1", "Host: localhost"),
    *("Origin: *", "OPTIONS", "PUT", "Transfer-Encoding: chunked", "\r\n\r\n"),
]

# Server errors that HTTP requires for unsupported features.
NOT_SUPPORTED = {501, 505}


class _Server(HttpServer):
    """A server that handles each connection in the calling thread.

    :ivar methods: the methods of the parsed requests, in order.
    """

    def __init__(self) -> None:
        self._application = Application(NotFound(), AccessRules(LOCALHOST))
        self.methods: list[str] = []
        super().__init__(self._respond, socket.create_server(("127.0.0.1", 0)))
        self.prepare()

    def _respond(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self.methods.append(environ["REQUEST_METHOD"])
        return self._application(environ, start_response)

    def error_log(self, *_: object, **__: object) -> NoReturn:
        """Raise the exception that cheroot would only log."""
        raise  # noqa: PLE0704 - cheroot calls this in an except block

    def exchange(self, sent: bytes) -> bytes:
        """Send bytes on a new connection and return everything the server sends."""
        self.methods.clear()
        ours, theirs = socket.socketpair()
        with ours:
            ours.sendall(sent)
            ours.shutdown(socket.SHUT_WR)
            connection: Any = self.ConnectionClass(self, theirs, None)
            connection.remote_addr = "127.0.0.1"
            connection.communicate()
            connection.close()
            with ours.makefile("rb") as responses:
                return responses.read()

    def clear_faults(self) -> None:
        """Remove the faults that an input has added."""
        self._application.stop_faults()


SERVER = _Server()


def seeds() -> list[bytes]:
    """Return a request for each operation, and some requests to the control API."""
    body = {
        "RecordPatches": [{"Op": "remove", "Key": "theme", "SyncCount": 3}],
        "SyncSessionToken": WORLD.tokens[0],
    }
    parts = {
        "{IdentityPoolId}": POOL,
        "{IdentityId}": IDENTITY,
        "{DatasetName}": DATASETS[0],
        "{DeviceId}": DEVICES[0],
    }
    requests = []
    for operation in cognito_sync.service.operations.values():
        path = "/".join(parts.get(part, part) for part in operation.segments)
        requests.append(_request(operation.http_method, f"/{path}", body))
    api = "/moto-api/cognito-sync"
    fault = {
        "operation": "ListRecords",
        "error": "TooManyRequestsException",
        "times": 1,
    }
    return [
        *requests,
        _request("PUT", f"{api}/state", STATE),
        _request("POST", f"{api}/faults", fault) + _request("GET", f"{api}/faults", {}),
        _request("DELETE", f"{api}/faults/1", {}),
        _request("GET", f"{api}/calls?since=0&limit=2&details=true", {}),
        _request("GET", f"{api}/events?since=0", {}),
        _request("GET", f"{api}/identities?identity_pool_id={POOL}&filter=a", {}),
        _request("POST", f"{api}/merge", {"source": IDENTITY, "into": IDENTITY}),
        _request("DELETE", f"{api}/sync-sessions?identity_pool_id={POOL}", {}),
    ]


def _request(method: str, path: str, body: dict[str, Any]) -> bytes:
    content = json.dumps(body)
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n{content}".encode()


def check(data: bytes) -> None:
    """Send bytes; check each response and the changes to the state."""
    WORLD.reset()
    before = dump_state()
    responses = io.BytesIO(SERVER.exchange(data))
    statuses = [_read(responses, method) for method in SERVER.methods]
    if responses.tell() < len(responses.getvalue()):
        statuses.append(_read(responses, "GET"))  # for an invalid request
    assert responses.tell() == len(responses.getvalue())
    SERVER.clear_faults()
    if 200 in statuses:
        check_reload()
    else:
        assert dump_state() == before


def _read(responses: io.BytesIO, method: str) -> int:
    """Read one response and check its form."""
    connection: Any = _Socket(responses)
    response = HTTPResponse(connection, method=method)
    response.begin()
    error, colon, _ = response.getheader("x-amzn-ErrorType", "").partition(":")
    # Errors from a fault have a name; internal errors do not.
    assert response.status < 500 or response.status in NOT_SUPPORTED or colon
    assert not colon or error in ERRORS
    assert "\r" not in str(response.headers)
    body = response.read()
    if body and response.getheader("Content-Type") == "application/json":
        json.loads(body)
    return response.status


class _Socket:
    """A socket whose stream stays open after HTTPResponse has read one response."""

    def __init__(self, responses: io.BytesIO) -> None:
        self._responses = responses

    def makefile(self, _mode: str) -> Any:
        return _Unclosed(self._responses)


class _Unclosed:
    def __init__(self, responses: io.BytesIO) -> None:
        self.read = responses.read
        self.readline = responses.readline
        self.readinto = responses.readinto

    def close(self) -> None:
        """Keep the stream open."""

    def flush(self) -> None:
        """Do nothing."""
