"""The HTTP layer of the server: connections, malformed requests and shutdown."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from botocore.config import Config
from freezegun import freeze_time
from werkzeug.serving import make_ssl_devcert

from moto_cognitosync import sync_trigger
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.server import http as http_server
from moto_cognitosync.server.http import (
    BODY_TOO_LARGE,
    IDLE_TIMEOUT,
    MAX_BODY_SIZE,
    MAX_HEADER_SIZE,
    HttpServer,
)
from tests.support.aws import OnServer
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    Application = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]

POOL = "us-east-1:00000000-0000-4000-8000-000000000000"
PATH = f"/identitypools/{POOL}"
ARN = "arn:aws:lambda:us-east-1:123456789012:function:nested"
CHUNKED = "Transfer-Encoding: chunked"


@contextmanager
def serving(application: Application, **options: Any) -> Iterator[HttpServer]:
    """Serve a WSGI application in a background thread."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = HttpServer(application, listener, **options)
        server.prepare()
        thread = Thread(target=server.serve)
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()


def environ_as_json(
    environ: WSGIEnvironment, start_response: StartResponse
) -> Iterable[bytes]:
    """Respond with the string values of the WSGI environ as JSON."""
    strings = {name: each for name, each in environ.items() if isinstance(each, str)}
    start_response("200 OK", [])
    yield json.dumps(strings).encode()


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Respond with the request body."""
    start_response("200 OK", [])
    yield environ["wsgi.input"].read()


def fail(_environ: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
    raise ZeroDivisionError


def connect(server: CognitoSyncServer | HttpServer) -> socket.socket:
    if isinstance(server, HttpServer):
        return socket.create_connection(server.bind_addr, timeout=30)
    host, _, port = server.url.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def response_to(server: CognitoSyncServer | HttpServer, sent: bytes) -> bytes:
    """Send bytes and read until the server closes the connection."""
    with connect(server) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while data := connection.recv(65536):
            received += data
        return received


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    head = "\r\n".join([line, "Host: localhost", *headers, "", ""])
    return head.encode() + body


def environ_for(sent: bytes) -> Any:
    with serving(environ_as_json) as server:
        response = response_to(server, sent)
    return json.loads(response[response.index(b"{") : response.rindex(b"}") + 1])


# --- Connections ------------------------------------------------------------------


def test_connection_is_kept_alive(cognitosync_server: CognitoSyncServer) -> None:
    host = cognitosync_server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.connect()
    local_address = connection.sock.getsockname()
    for method in ("HEAD", "GET", "OPTIONS", "GET"):
        connection.request(method, PATH)
        with connection.getresponse() as response:
            response.read()
        assert connection.sock.getsockname() == local_address
    connection.close()


def test_large_request_body_is_read_while_time_is_frozen(
    cognitosync_server: CognitoSyncServer,
) -> None:
    body = b'{"Events":{}}'.ljust(2**20)
    with freeze_time("2126-03-01"):
        response = response_to(
            cognitosync_server,
            request(
                f"POST {PATH}/events HTTP/1.1",
                f"Content-Length: {len(body)}",
                "Connection: close",
                body=body,
            ),
        )

    assert b"x-amzn-ErrorType: ResourceNotFoundException:" in response


@pytest.mark.parametrize(
    "sent",
    [
        request(f"GET {PATH} HTTP/1.1", "Connection: close"),
        request(f"GET {PATH} HTTP/1.1", "Connection: Close"),
        request(f"GET {PATH} HTTP/1.0"),
    ],
)
def test_connection_closes_when_the_client_requests_it(
    cognitosync_server: CognitoSyncServer, sent: bytes
) -> None:
    with connect(cognitosync_server) as connection:
        connection.sendall(sent)
        with connection.makefile("rb") as response:
            assert response.read().startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_idle_clients_do_not_block_others(
    cognitosync_server: CognitoSyncServer,
) -> None:
    idle = [connect(cognitosync_server) for _ in range(40)]
    try:
        response = response_to(cognitosync_server, request(f"GET {PATH} HTTP/1.1"))
    finally:
        for connection in idle:
            connection.close()

    assert response.startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_nested_requests_do_not_deadlock() -> None:
    with CognitoSyncServer() as server:
        sync = server.client("cognito-sync", config=Config(max_pool_connections=30))
        pool_id = make_pool(OnServer(server))
        sync.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": ARN})
        called = []

        def write(_: int) -> None:
            identity_id = make_identity(OnServer(server), pool_id)
            DatasetUnderTest(sync, pool_id, identity_id, "settings").write(theme="dark")

        def nested(event: dict[str, Any], _context: object) -> dict[str, Any]:
            ids = {"IdentityPoolId": pool_id, "IdentityId": event["identityId"]}
            called.append(sync.list_datasets(**ids)["Count"])
            return event

        sync_trigger(ARN, nested)
        with ThreadPoolExecutor(24) as threads:
            list(threads.map(write, range(24)))
        sync_trigger(ARN, None)

    assert len(called) == 24


def test_server_survives_a_client_that_disconnects_early() -> None:
    def send_large_response(
        _environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        start_response("200 OK", [])
        read.set()
        disconnected.wait(30)
        return [bytes(2**24)]

    read, disconnected = Event(), Event()
    with serving(send_large_response) as server:
        with connect(server) as connection:
            connection.sendall(request("GET / HTTP/1.1"))
            read.wait(30)
        disconnected.set()
        assert response_to(server, request("GET / HTTP/1.1")).startswith(
            b"HTTP/1.1 200"
        )


# --- Malformed and unusual requests -----------------------------------------------


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("GET http://[ HTTP/1.1"), b"400 Bad Request"),
        (request("GET"), b"400 Bad Request"),
        (request("GET / HTTP/1.1", "no header"), b"400 Bad Request"),
        (request("GET / HTTP/1.1", " of another line: 1"), b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\nHost: localhost", b"400 Bad Request"),
        (request("GET / HTTP/1.1", "Content-Length: -1"), b"400 Bad Request"),
        (request("GET / HTTP/1.1", "Content-Length: many"), b"400 Bad Request"),
        (
            request("GET / HTTP/1.1", *(1000 * [f"X-Flood: {'x' * 8000}"])),
            b"431 Request Header Fields Too Large",
        ),
        (
            request(f"GET /{(MAX_HEADER_SIZE + 1) * 'x'} HTTP/1.1"),
            b"414 Request-URI Too Long",
        ),
        (request("GET / HTTP/1.1", "Host: other"), b"400 Bad Request"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400 Bad Request"),
        (request("GET / HTTP/1.1", ": no name"), b"400 Bad Request"),
        (request("GET / HTTP/1.1", "a\x0b: 1"), b"400 Bad Request"),
        (request("PUT / HTTP/1.1", "Content-Length : 0"), b"400 Bad Request"),
        (request("PUT / HTTP/1.1", "Content-Length: 1, 1"), b"400 Bad Request"),
        (
            request("PUT / HTTP/1.1", "Transfer-Encoding : chunked", body=b"0\r\n\r\n"),
            b"400 Bad Request",
        ),
        (
            request(
                "PUT / HTTP/1.1", "Transfer-Encoding\t: chunked", body=b"0\r\n\r\n"
            ),
            b"400 Bad Request",
        ),
        (
            request("PUT / HTTP/1.1", CHUNKED, "Content-Length: 5", body=b"0\r\n\r\n"),
            b"400 Bad Request",
        ),
        (
            request("PUT / HTTP/1.1", "Content-Length: 0", CHUNKED, body=b"0\r\n\r\n"),
            b"400 Bad Request",
        ),
        (
            request("PUT / HTTP/1.1", CHUNKED, CHUNKED, body=b"0\r\n\r\n"),
            b"400 Bad Request",
        ),
        (
            request("PUT / HTTP/1.1", "Transfer-Encoding: ,", body=b"0\r\n\r\n"),
            b"400 Bad Request",
        ),
        (
            request("PUT / HTTP/1.0", CHUNKED, "Connection: Keep-Alive"),
            b"400 Bad Request",
        ),
        (
            request("PUT / HTTP/1.1", "Transfer-Encoding: gzip, chunked"),
            b"501 Unimplemented",
        ),
        (
            request("PUT / HTTP/1.1", CHUNKED, body=b"0\r\n\n\r\n"),
            b"400 Bad Request",
        ),
        (request("PUT / HTTP/1.1", CHUNKED, body=b"many\r\n"), b"400 Bad Request"),
        (request("PUT / HTTP/1.1", CHUNKED, body=b"-5\r\n"), b"400 Bad Request"),
        (request("PUT / HTTP/1.1", CHUNKED, body=b"64\r\n{"), b"400 Bad Request"),
        (
            request("PUT / HTTP/1.1", CHUNKED, body=2 * MAX_HEADER_SIZE * b"0"),
            b"400 Bad Request",
        ),
    ],
    ids=range(28),
)
def test_malformed_request_gets_an_error_response(
    cognitosync_server: CognitoSyncServer, sent: bytes, status: bytes
) -> None:
    # Nothing after the error is interpreted as another request.
    response = response_to(cognitosync_server, sent + request(f"GET {PATH} HTTP/1.1"))

    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert b"\r\nConnection: close" in head
    assert response.count(b"Content-Length: ") == 1
    assert body


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        ("/a%2Fb/../c:d;e?x=%2F", "/a/b/../c:d;e", "localhost"),
        ("//bucket//key", "//bucket//key", "localhost"),
        ("http://example.org/a%2fb?x=%2F", "/a/b", "example.org"),
        ("http://example.org", "/", "example.org"),
        ("*", "*", "localhost"),
    ],
)
def test_request_target_is_passed_raw_and_decoded(
    target: str, path: str, host: str
) -> None:
    environ = environ_for(request(f"OPTIONS {target} HTTP/1.1"))

    assert environ["RAW_URI"] == environ["REQUEST_URI"] == target
    assert environ["QUERY_STRING"] == target.partition("?")[2]
    assert environ["HTTP_HOST"] == host
    assert environ["PATH_INFO"] == path


def test_repeated_headers_are_joined() -> None:
    environ = environ_for(request("GET / HTTP/1.1", "X-A: 1", "x-a: 2", "X-C:"))

    assert environ["HTTP_X_A"] == "1,2"
    assert environ["HTTP_X_C"] == ""


def test_control_characters_in_a_header_become_spaces() -> None:
    environ = environ_for(request("GET / HTTP/1.1", "X-A: 1\r2\x003"))

    assert environ["HTTP_X_A"] == "1 2 3"


def test_headers_with_underscores_are_dropped_except_for_metadata() -> None:
    environ = environ_for(request("GET / HTTP/1.1", "X_B: 3", "X-Amz-Meta-A_b: 4"))

    assert "HTTP_X_B" not in environ
    assert environ["HTTP_X_AMZ_META_A_B"] == "4"


def test_s3_metadata_can_contain_underscores(
    cognitosync_server: CognitoSyncServer,
) -> None:
    s3 = cognitosync_server.client("s3")
    s3.create_bucket(Bucket="saves")
    s3.put_object(Bucket="saves", Key="a/b", Body=b"11", Metadata={"last_level": "3"})

    metadata = s3.get_object(Bucket="saves", Key="a/b")["Metadata"]

    # moto before 5.2.5 replaces underscores with dashes.
    assert {name.replace("-", "_"): metadata[name] for name in metadata} == {
        "last_level": "3"
    }


def test_chunked_request_body_is_accepted(
    cognitosync_server: CognitoSyncServer,
) -> None:
    body = b'6\r\n{"Sync\r\n13\r\nSessionToken": "a"}\r\n0\r\n\r\n'
    path = f"{PATH}/identities/{POOL}/datasets/settings"
    sent = request(f"POST {path} HTTP/1.1", "Transfer-Encoding: chunked", body=body)

    response = response_to(cognitosync_server, sent)

    assert f"IdentityPool '{POOL}' not found".encode() in response


def test_connection_stays_open_after_a_chunked_body() -> None:
    chunks = b"".join(b"1;name=value\r\n%c\r\n" % each for each in b"11")
    body = chunks + b"0\r\nTrailer: 1\r\n\r\n"
    first = request("PUT / HTTP/1.1", CHUNKED, body=body)
    with serving(echo) as server:
        responses = response_to(server, first + request("GET / HTTP/1.1"))

    assert responses.count(b"HTTP/1.1 200 OK") == 2
    assert b"\r\n2\r\n11\r\n" in responses  # one response chunk


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (f"Content-Length: {MAX_BODY_SIZE + 1}", b""),
        (f"Content-Length: {10**30}", b""),
        (CHUNKED, b"%x\r\n" % (MAX_BODY_SIZE + 1)),
        (CHUNKED, b"1\r\n1\r\n%x\r\n" % MAX_BODY_SIZE),
    ],
    ids=range(4),
)
def test_oversized_body_is_rejected_before_it_is_sent(header: str, body: bytes) -> None:
    with serving(fail) as server:
        response = response_to(server, request("PUT / HTTP/1.1", header, body=body))

    assert response.startswith(b"HTTP/1.1 413 Request Entity Too Large\r\n")
    assert response.endswith(BODY_TOO_LARGE.encode())


def test_server_sends_100_continue_when_expected(
    cognitosync_server: CognitoSyncServer,
) -> None:
    headers = ("Expect: 100-continue", "Content-Length: 2", "Connection: close")
    with connect(cognitosync_server) as connection:
        connection.sendall(request(f"POST {PATH}/events HTTP/1.1", *headers))
        with connection.makefile("rb") as response:
            assert response.readline() == b"HTTP/1.1 100 Continue\r\n"
            assert response.readline() == b"\r\n"
            connection.sendall(b"{}")
            assert response.readline() == b"HTTP/1.1 400 Bad Request\r\n"
            response.read()


def test_application_error_returns_500_and_logs_a_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(fail) as server:
        response = response_to(server, request("GET / HTTP/1.1"))

    assert response.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"\r\nConnection: close\r\n\r\nInternal Server Error" in response
    assert "ZeroDivisionError" in caplog.text


# --- Misbehaving clients and exhausted resources ----------------------------------

INCOMPLETE_EXCHANGES = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: local", id="headers"),
    pytest.param(request("PUT / HTTP/1.1", "Content-Length: 9", body=b"{"), id="body"),
    pytest.param(request("PUT / HTTP/1.1", CHUNKED, body=b"9\r\n{"), id="chunk"),
    pytest.param(5 * request("GET / HTTP/1.1"), id="unread responses"),
    pytest.param(b"\x16\x03\x01\x02\x00\x01\x00", id="TLS ClientHello"),
]


def reset(connection: socket.socket) -> None:
    """Reset a connection, as happens when the client process is killed."""
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()


def running_threads() -> set[Thread]:
    return set(threading.enumerate())


def wait_until_closed(threads: set[Thread]) -> None:
    """Wait until all connections are closed.

    :param threads: the threads running before the first connection. The server
        runs one more for each open connection.
    """
    for thread in running_threads() - threads:
        thread.join(30)
        assert not thread.is_alive()


@contextmanager
def hostile_connection(
    server: HttpServer, caplog: pytest.LogCaptureFixture
) -> Iterator[socket.socket]:
    """Yield a connection to misbehave on, then check that the server still works."""
    threads = running_threads()
    with connect(server) as connection:
        yield connection
        assert b"200 OK" in response_to(server, request("GET / HTTP/1.1"))
    wait_until_closed(threads)
    assert caplog.messages == []


@pytest.mark.parametrize("end", [socket.socket.close, reset])
@pytest.mark.parametrize("sent", INCOMPLETE_EXCHANGES)
def test_client_that_disconnects_leaves_nothing_behind(
    sent: bytes,
    end: Callable[[socket.socket], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(echo) as server, hostile_connection(server, caplog) as connection:
        connection.sendall(sent)
        end(connection)


def drain(connection: socket.socket) -> None:
    with suppress(ConnectionError):
        while connection.recv(65536):
            pass


@pytest.mark.parametrize("sent", INCOMPLETE_EXCHANGES)
def test_silent_client_times_out(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with serving(echo) as server:
        server.timeout = 0.1
        with hostile_connection(server, caplog) as connection:
            with suppress(ConnectionError):
                connection.sendall(sent)
                drain(connection)
            server.timeout = IDLE_TIMEOUT


def send_until_closed(connection: socket.socket, data: bytes) -> None:
    while True:
        connection.sendall(data)


@pytest.mark.parametrize("line", [b"X-Slow: 1\r\n", b"no header\r\n"])
def test_endless_request_is_cut_off(
    line: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(echo) as server, monkeypatch.context() as short_deadlines:
        server.max_request_header_size = 0  # no limit
        # Set these before connecting: the deadline starts with the connection.
        short_deadlines.setattr(http_server, "REQUEST_TIMEOUT", 0.1)
        short_deadlines.setattr(http_server, "DISCARD_TIMEOUT", 0.1)
        with hostile_connection(server, caplog) as connection:
            with suppress(ConnectionError):
                connection.sendall(b"GET / HTTP/1.1\r\n")
                send_until_closed(connection, line)
            short_deadlines.undo()


def test_client_that_does_not_read_its_response_times_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def send_large_response(
        _environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        start_response("200 OK", [])
        responding.set()
        return [bytes(2**24)]

    responding = Event()
    with serving(send_large_response) as server:
        server.timeout = 0.1
        threads = running_threads()
        with hostile_connection(server, caplog) as connection:
            connection.sendall(request("GET / HTTP/1.1"))
            responding.wait(30)
            wait_until_closed(threads)
            server.timeout = IDLE_TIMEOUT


def test_failed_accept_is_retried(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    accept, errors = socket.socket.accept, [OSError(errno.EMFILE, "no more files")]

    def accept_on_second_call(listener: socket.socket) -> Any:
        if errors:
            raise errors.pop()
        return accept(listener)

    monkeypatch.setattr(http_server, "RETRY_INTERVAL", 0)
    monkeypatch.setattr(socket.socket, "accept", accept_on_second_call)
    with serving(echo) as server:
        assert b"200 OK" in response_to(server, request("GET / HTTP/1.1"))

    assert caplog.messages == [
        f"Cannot accept a connection: [Errno {errno.EMFILE}] no more files"
    ]


def test_connection_is_closed_if_no_thread_can_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class NoThread(Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    with serving(echo) as server, hostile_connection(server, caplog) as connection:
        connection.sendall(request("GET / HTTP/1.1"))
        assert connection.recv(1024).startswith(b"HTTP/1.1 200")
        with monkeypatch.context() as without:
            without.setattr(http_server, "Thread", NoThread)
            with connect(server) as rejected:
                assert rejected.recv(1) == b""
        connection.sendall(request("GET / HTTP/1.1"))
        assert connection.recv(1024).startswith(b"HTTP/1.1 200")


# --- Shutdown ---------------------------------------------------------------------


def test_in_flight_request_finishes_while_the_server_stops() -> None:
    def block_until_stopped(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        stopping.set()
        stopped.wait(30)
        return environ_as_json(environ, start_response)

    stopping, stopped = Event(), Event()
    with serving(block_until_stopped) as server, connect(server) as connection:
        connection.sendall(request("GET / HTTP/1.1"))
        stopping.wait(30)
        server.stop()
        stopped.set()
        with connection.makefile("rb") as response:
            assert response.readline() == b"HTTP/1.1 200 OK\r\n"
            response.read()


def test_idle_client_does_not_delay_shutdown() -> None:
    server = CognitoSyncServer()
    server.start()
    with connect(server) as idle, idle.makefile("rb") as response:
        idle.sendall(request(f"GET {PATH} HTTP/1.1"))
        assert response.readline() == b"HTTP/1.1 404 Not Found\r\n"
        server.stop()
        assert response.read().endswith(b"}")  # nothing follows the first response


# --- HTTPS ------------------------------------------------------------------------


class Tls(NamedTuple):
    """SSL contexts for a server and for clients that trust its certificate."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    directory = tmp_path_factory.mktemp("certificate")
    certificate, key = make_ssl_devcert(str(directory / "server"), cn="localhost")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    return Tls(server, ssl.create_default_context(cafile=certificate))


def test_requests_and_dropped_connections_work_over_https(tls: Tls) -> None:
    def drop(
        environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/drop":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return environ_as_json(environ, start_response)

    with serving(drop, ssl_context=tls.server) as server:
        client = http.client.HTTPSConnection(
            "localhost", server.bind_addr[1], timeout=30, context=tls.client
        )
        client.request("GET", "/")
        with client.getresponse() as response:
            assert json.load(response)["wsgi.url_scheme"] == "https"
        client.request("GET", "/drop")
        with pytest.raises((ConnectionError, ssl.SSLError)):
            client.getresponse()
        client.close()


NO_TLS = [
    *INCOMPLETE_EXCHANGES,
    pytest.param(request("GET / HTTP/1.1"), id="plain HTTP"),
    pytest.param(
        b"\x16\x03\x01\x00\x05\x01\x00\xff\xff\xff", id="malformed ClientHello"
    ),
]


def wrap_tls(connection: socket.socket, tls: Tls) -> ssl.SSLSocket:
    return tls.client.wrap_socket(connection, server_hostname="localhost")


@pytest.mark.parametrize("end", [socket.socket.close, reset])
@pytest.mark.parametrize("sent", NO_TLS)
def test_failed_tls_handshake_does_not_block_other_clients(
    tls: Tls,
    sent: bytes,
    end: Callable[[socket.socket], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving(echo, ssl_context=tls.server) as server:
        threads = running_threads()
        with connect(server) as connection:
            connection.sendall(sent)
            with wrap_tls(connect(server), tls) as other:
                other.sendall(request("GET / HTTP/1.1"))
                assert other.recv(1024).startswith(b"HTTP/1.1 200")
            end(connection)
        wait_until_closed(threads)
    assert caplog.messages == []


def test_a_reset_inside_tls_is_the_end_of_the_input() -> None:
    class Reset(socket.socket):
        def recv_into(self, *_: object) -> int:
            raise ssl.SSLEOFError(8, "EOF occurred in violation of protocol")

    with Reset() as connection:
        reader = http_server._DeadlineReader(connection, "r")
        reader.deadline = reader.now() + 30
        assert reader.read(1) == b""


def test_a_reset_inside_tls_is_a_broken_pipe_for_the_output() -> None:
    class Reset(socket.socket):
        def send(self, *_: object) -> int:
            raise ssl.SSLEOFError(8, "EOF occurred in violation of protocol")

    with Reset() as connection, pytest.raises(BrokenPipeError, match="Broken pipe"):
        http_server._Writer(connection, "w").write(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("sent", INCOMPLETE_EXCHANGES)
def test_https_client_that_disconnects_leaves_nothing_behind(
    tls: Tls, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(echo, ssl_context=tls.server) as server:
        threads = running_threads()
        with wrap_tls(connect(server), tls) as connection:
            connection.sendall(sent)
            reset(connection)
        wait_until_closed(threads)
    assert caplog.messages == []
