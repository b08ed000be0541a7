"""The HTTP server beneath the standalone server: cheroot, with connections kept open.

cheroot reads and checks requests, and writes answers. What differs here: each
connection has a thread of its own for as long as it lasts, and its bytes go through
Python's files in C, as cheroot's own take longer than to answer a request.
"""

from __future__ import annotations

import re
import socket
import ssl
import sys
import time
from contextlib import suppress
from functools import lru_cache
from io import BufferedReader, BytesIO
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from cheroot.errors import MaxSizeExceeded
from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10, Server

from moto_cognitosync._moto.wsgi import PRESERVED_HEADER_NAMES, keeps_underscores

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

IDLE_TIMEOUT = 300  # seconds until a connection is closed on which nothing comes
REQUEST_TIMEOUT = 600  # seconds since the last answer, in which it has to come whole
DISCARD_TIMEOUT = 10  # seconds in which the rest of a refused request is read
STOP_TIMEOUT = (
    1  # seconds that requests have to come to their end, when the server stops
)
POLL_INTERVAL = 0.05  # seconds until the server sees that it is to stop
RETRY_INTERVAL = (
    1  # seconds until the next try to take a connection, after one has failed
)
BACKLOG = 128
MAX_HEADER_SIZE = 2**18
MAX_BODY_SIZE = 2**28

BODY_TOO_LARGE = (
    f"The body is larger than {MAX_BODY_SIZE} bytes, the most that this server takes. "
    "Upload a large object to S3 in parts."
)

# The first line of a chunk: its length, and what else a client says of it.
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?\r\n")


class _HeaderReader(HeaderReader):
    """Joins headers of one name, as WSGI has it; cheroot does so for a few alone."""

    def __call__(
        self, rfile: Any, hdict: dict[bytes, bytes] | None = None
    ) -> dict[bytes, bytes]:
        headers = {} if hdict is None else hdict
        for line in iter(rfile.readline, b"\r\n"):
            name, colon, value = line.partition(b":")
            if not colon or line[:1].isspace() or not line.endswith(b"\r\n"):
                raise ValueError("Illegal header line.")
            # cheroot looks them up by this spelling.
            name, value = name.strip().title(), value.strip()
            if b"_" not in name or keeps_underscores(name):
                known = headers.get(name)
                headers[name] = value if known is None else b"%b,%b" % (known, value)
        return headers


class _Request(HTTPRequest):
    """A request that is refused only if nothing can be made of it."""

    header_reader = _HeaderReader()
    chunks: BytesIO | None = None

    def __init__(self, server: HttpServer, conn: _Connection) -> None:
        # So that the target of a request may be a whole URL.
        super().__init__(server, conn, proxy_mode=True, strict_mode=False)

    def read_request_line(self) -> bool:
        try:
            return bool(super().read_request_line())
        except ValueError:  # GET http://[ HTTP/1.1
            self.simple_response("400 Bad Request", "Malformed Request-URI")
            return False

    def read_request_headers(self) -> bool:
        try:
            if not super().read_request_headers():
                return False
        except MaxSizeExceeded:
            text = f"The headers are larger than {MAX_HEADER_SIZE} bytes."
            self.simple_response("431 Request Header Fields Too Large", text)
            return False
        if not self.inheaders.get(b"Content-Length", b"0").isdigit():
            self.simple_response("400 Bad Request", "Malformed Content-Length Header.")
            return False
        connection = self.inheaders.get(b"Connection", b"")
        self.close_connection |= b"close" in connection.lower()
        self.conn.wfile.flush()  # the interim answer to "Expect: 100-continue"
        return not self.chunked_read or self._read_chunks()

    def _read_chunks(self) -> bool:
        try:
            self.chunks = _join_chunks(self.conn.rfile)
        except ValueError as error:
            self.simple_response("400 Bad Request", str(error))
        except MaxSizeExceeded:
            self.simple_response("413 Request Entity Too Large")
        return self.chunks is not None

    def respond(self) -> None:
        super().respond()
        if self.server.logs_requests:
            line = b" ".join([self.method, self.uri, self.request_protocol])
            self._log(line.decode("latin-1").encode("unicode_escape"))

    def _log(self, line: bytes) -> None:
        # As one text, lest lines of several threads are mixed up.
        now = time.strftime("%d/%b/%Y %H:%M:%S")
        text = f'{self.conn.remote_addr} - - [{now}] "%b" %b -\n'.encode()
        sys.stderr.write((text % (line, self.status[:3])).decode())

    def simple_response(self, status: str, msg: str = "") -> None:
        text = BODY_TOO_LARGE if status.startswith("413") else msg
        super().simple_response(status, text)
        self.conn.has_unread_request = True


def _join_chunks(rfile: BufferedReader) -> BytesIO:
    """Read a body that comes in chunks, and the trailers behind it.

    As a whole, because cheroot's reader of chunks copies at each of them all that came
    before it, and takes chunks and lines of any length.

    :raises ValueError: these are no chunks, or they break off.
    :raises MaxSizeExceeded: the body is too large.
    """
    body = BytesIO()
    while size := _read_size(rfile):
        if body.tell() + size > MAX_BODY_SIZE:
            raise MaxSizeExceeded
        body.write(rfile.read(size))
        if rfile.read(2) != b"\r\n":
            raise ValueError("A chunk is not as long as it says.")
    while line := rfile.readline(MAX_HEADER_SIZE):
        if not line.strip():
            body.seek(0)
            return body
    raise ValueError("The chunks break off.")


def _read_size(rfile: BufferedReader) -> int:
    head = _CHUNK.fullmatch(rfile.readline(MAX_HEADER_SIZE))
    if head is None:
        raise ValueError("Malformed chunk.")
    return int(head[1], 16)


class _Gateway(Gateway_10):
    """Makes what werkzeug's server would, which moto was written for."""

    def get_environ(self) -> WSGIEnvironment:  # type: ignore[override]
        request, connection, server = self.req, self.req.conn, self.req.server
        target = request.uri.decode("latin-1")
        environ: WSGIEnvironment = {
            "RAW_URI": target,
            "REMOTE_ADDR": connection.remote_addr,
            "REMOTE_PORT": connection.remote_port,
            "REQUEST_METHOD": request.method.decode("latin-1"),
            "REQUEST_URI": target,
            "QUERY_STRING": request.qs.decode("latin-1"),
            "SCRIPT_NAME": "",
            "SERVER_NAME": server.bind_addr[0],
            "SERVER_PORT": str(server.bind_addr[1]),
            "SERVER_PROTOCOL": request.request_protocol.decode("latin-1"),
            "werkzeug.socket": connection.socket,
            "wsgi.errors": sys.stderr,
            "wsgi.input": request.chunks or request.rfile,
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": server.scheme,
            "wsgi.version": (1, 0),
        }
        if request.chunked_read:
            # Else not False, as to werkzeug it is enough that it is there: then it
            # would take a body that broke off for one that came to its end.
            environ["wsgi.input_terminated"] = True
        self._add_headers(environ)
        path = request.uri.partition(b"?")[0]
        if not path.startswith(b"/") and request.authority:
            environ["HTTP_HOST"] = request.authority.decode("latin-1")
            path = urlsplit(path).path or b"/"
        environ["PATH_INFO"] = unquote_to_bytes(path).decode("latin-1")
        return environ

    def _add_headers(self, environ: WSGIEnvironment) -> None:
        preserved = environ[PRESERVED_HEADER_NAMES] = {}
        for name, value in self.req.inheaders.items():
            key = _environ_key(name)
            environ[key] = value.decode("latin-1")
            if b"_" in name:
                preserved[key] = name.decode("latin-1").lower()


@lru_cache(maxsize=256)  # clients send the same few
def _environ_key(header: bytes) -> str:
    key = header.decode("latin-1").upper().replace("-", "_")
    return key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{key}"


class _Incoming(socket.SocketIO):
    """The bytes of a client, which have a time to come by, however few come at once."""

    deadline = 0.0
    # Here it is not found by freezegun: a test may move the time while it is served.
    now = staticmethod(time.monotonic)

    def readinto(self, b: Any) -> int | None:
        """Read some bytes.

        :raises TimeoutError: they come too late.
        """
        if self.now() > self.deadline:
            raise TimeoutError("timed out")
        try:
            return super().readinto(b)
        except TimeoutError:
            self.deadline = 0.0  # whoever tries again is told the same
            raise


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request
    has_unread_request = False

    def __init__(self, server: HttpServer, sock: socket.socket, _: object) -> None:
        super().__init__(server, sock, lambda sock, mode, _: sock.makefile(mode))
        self._incoming = _Incoming(sock, "r")
        self.rfile = BufferedReader(self._incoming)

    def communicate(self) -> bool:
        """Answer requests until one side wants to end."""
        while self.server.ready and self._has_request():
            going_on = super().communicate()
            self.wfile.flush()
            if not going_on:
                break
        return False

    def _has_request(self) -> bool:
        self._incoming.deadline = self._incoming.now() + REQUEST_TIMEOUT
        return bool(self.rfile.peek(1))

    def hang_up(self) -> None:
        """Take no more requests; an answer can still be sent."""
        with suppress(OSError):
            # Not the method of an SSLSocket: that would go on without encryption.
            socket.socket.shutdown(self.socket, socket.SHUT_RD)

    def close(self) -> None:
        with suppress(OSError):
            self.wfile.close()
        if self.has_unread_request:
            self._discard()
        with suppress(OSError):
            super().close()

    def _discard(self) -> None:
        """Read what else comes: until then, a client does not look for the answer."""
        with suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
            self.socket.settimeout(STOP_TIMEOUT)
            self._incoming.deadline = self._incoming.now() + DISCARD_TIMEOUT
            while self.rfile.read1():
                pass


class _Connections:
    """A thread for each connection, in place of cheroot's pool of threads.

    Their number has no limit. With one, requests that make others, as functions for a
    SyncTrigger may, could all wait for a thread that none of them sets free.
    """

    min = max = 0

    def __init__(self) -> None:
        self._threads: dict[_Connection, Thread] = {}

    def start(self) -> None:
        """Do nothing: threads come with connections."""

    def put(self, connection: _Connection) -> None:
        """Begin to answer a client."""
        thread = Thread(target=self._answer, args=(connection,), daemon=True)
        self._threads[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # the machine has no more of them
            del self._threads[connection]
            connection.close()

    def _answer(self, connection: _Connection) -> None:
        with suppress(OSError):  # the client hung up, or was silent for too long
            connection.communicate()
        connection.close()
        del self._threads[connection]

    def stop(self, timeout: float) -> None:
        """Close all connections, those in use after the answer if it comes in time."""
        end = time.monotonic() + timeout
        threads = self._threads.copy()
        for connection in threads:
            connection.hang_up()
        for thread in threads.values():
            thread.join(max(0, end - time.monotonic()))


class HttpServer(Server):
    """A server on a socket that listens already.

    :param ssl_context: for https; None for http.
    :param logs_requests: write a line for each to stderr.
    """

    _connections: Any  # cheroot's, from prepare() to stop()
    ConnectionClass = _Connection
    expiration_interval = POLL_INTERVAL
    keep_alive_conn_limit = sys.maxsize
    max_request_header_size = MAX_HEADER_SIZE
    max_request_body_size = MAX_BODY_SIZE

    def __init__(
        self,
        application: WSGIApplication,
        listening: socket.socket,
        ssl_context: ssl.SSLContext | None = None,
        logs_requests: bool = False,
    ) -> None:
        super().__init__(
            listening.getsockname()[:2],
            application,
            request_queue_size=BACKLOG,
            timeout=IDLE_TIMEOUT,
            shutdown_timeout=STOP_TIMEOUT,
        )
        self.gateway = _Gateway
        self.requests = _Connections()
        self.scheme = "https" if ssl_context else "http"
        self.logs_requests = logs_requests
        self._listening = listening
        self._ssl_context = ssl_context

    def bind(self, *_: object, **__: object) -> None:
        """Take the socket that is there, where cheroot would make one."""
        self.socket = self._listening
        if self._ssl_context:
            # Each connection's thread shakes hands, lest one client holds up others.
            self.socket = self._ssl_context.wrap_socket(
                self._listening, server_side=True, do_handshake_on_connect=False
            )

    def serve(self) -> None:
        """Take connections until the server is stopped."""
        while self.ready:
            self._take_connections()

    def _take_connections(self) -> None:
        try:
            self._connections.run(self.expiration_interval)
        except OSError as error:  # as when too many files are open
            sys.stderr.write(f"A connection cannot be taken: {error}\n")
            time.sleep(RETRY_INTERVAL)
