"""Bytes of all kinds on a connection of the server, in the place of HTTP."""

from __future__ import annotations

import io
import json
import socket
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.exceptions import NotFound

from moto_cognitosync.cognitosync.responses import service
from moto_cognitosync.server.application import Application
from moto_cognitosync.server.control_api import ControlApi
from moto_cognitosync.server.http import HttpServer
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

# What HTTP wants for what a server cannot do, rather than for what went wrong.
NOT_SUPPORTED = {501, 505}


class _Server(HttpServer):
    """The server, of which each connection is the caller's own.

    :ivar methods: of the requests that were understood, in order.
    """

    def __init__(self) -> None:
        self._application = Application(NotFound(), ControlApi())
        self.methods: list[str] = []
        super().__init__(self._answer, socket.create_server(("127.0.0.1", 0)))
        self.prepare()

    def _answer(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        self.methods.append(environ["REQUEST_METHOD"])
        return self._application(environ, start_response)

    def error_log(self, *_: object, **__: object) -> NoReturn:
        """Let what goes wrong within an answer be seen."""
        raise  # noqa: PLE0704 - cheroot calls this where it has caught an exception

    def exchange(self, sent: bytes) -> bytes:
        """Return what comes back on a connection, all of which was sent at once."""
        self.methods.clear()
        ours, theirs = socket.socketpair()
        with ours:
            ours.sendall(sent)
            ours.shutdown(socket.SHUT_WR)
            connection: Any = self.ConnectionClass(self, theirs, None)
            connection.remote_addr = "127.0.0.1"
            connection.communicate()
            connection.close()
            with ours.makefile("rb") as answers:
                return answers.read()

    def forget_faults(self) -> None:
        """Switch off the faults that an input has switched on."""
        self._application.switch_off_faults()


SERVER = _Server()


def seeds() -> list[bytes]:
    """Return a request for each operation, and some for the server's own API."""
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
    for operation in service().operations.values():
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
    ]


def _request(method: str, path: str, body: dict[str, Any]) -> bytes:
    content = json.dumps(body)
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n{content}".encode()


def check(data: bytes) -> None:
    """Send bytes, and look at each answer and at what they have changed."""
    WORLD.begin()
    before = dump_state()
    answers = io.BytesIO(SERVER.exchange(data))
    statuses = [_read(answers, method) for method in SERVER.methods]
    if answers.tell() < len(answers.getvalue()):
        statuses.append(_read(answers, "GET"))  # to what was not understood
    assert answers.tell() == len(answers.getvalue())
    SERVER.forget_faults()
    if 200 in statuses:
        check_reload()
    else:
        assert dump_state() == before


def _read(answers: io.BytesIO, method: str) -> int:
    """Read one answer, and look at its form."""
    connection: Any = _Socket(answers)
    answer = HTTPResponse(connection, method=method)
    answer.begin()
    error, colon, _ = answer.getheader("x-amzn-ErrorType", "").partition(":")
    # A fault may have been switched on: its errors have names, a breakdown has none.
    assert answer.status < 500 or answer.status in NOT_SUPPORTED or colon
    assert not colon or error in ERRORS
    assert "\r" not in str(answer.headers)
    body = answer.read()
    if body and answer.getheader("Content-Type") == "application/json":
        json.loads(body)
    return answer.status


class _Socket:
    """What HTTPResponse reads from: it must not close what has more answers."""

    def __init__(self, answers: io.BytesIO) -> None:
        self._answers = answers

    def makefile(self, _mode: str) -> Any:
        return _Unclosed(self._answers)


class _Unclosed:
    def __init__(self, answers: io.BytesIO) -> None:
        self.read = answers.read
        self.readline = answers.readline
        self.readinto = answers.readinto

    def close(self) -> None:
        """Leave it open."""

    def flush(self) -> None:
        """Do nothing."""
