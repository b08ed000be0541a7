"""The HTTP server of the standalone server: cheroot, with a thread per connection.

cheroot reads and checks requests, and writes responses. This module replaces two parts
of it. Each connection has its own thread while it is open. Sockets use Python's
buffered files, which are written in C, because cheroot's take longer than handling a
request.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import socket
import ssl
import sys
import time
from contextlib import closing, suppress
from functools import lru_cache
from io import BufferedReader, BufferedWriter, BytesIO
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

from cheroot.errors import MaxSizeExceeded
from cheroot.server import HeaderReader, HTTPConnection, HTTPRequest
from cheroot.wsgi import Gateway_10, Server

from moto_cognitosync._moto.wsgi import PRESERVED_HEADER_NAMES, keeps_underscores

from .calls import RAW_HEADERS
from .log import ErrorStream

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

IDLE_TIMEOUT = 300  # seconds until an idle connection is closed
REQUEST_TIMEOUT = 600  # seconds to receive a request, counted from the last response
DISCARD_TIMEOUT = 10  # seconds to read the rest of a rejected request
STOP_TIMEOUT = 1  # seconds for requests in progress when the server stops
POLL_INTERVAL = 0.05  # seconds between checks of whether to stop
RETRY_INTERVAL = 1  # seconds to wait if a connection cannot be accepted
BACKLOG = 128
MAX_HEADER_SIZE = 2**18
MAX_BODY_SIZE = 2**28

BODY_TOO_LARGE = (
    f"The body is larger than {MAX_BODY_SIZE} bytes, the limit of this server. "
    "Upload large objects to S3 in parts."
)

# A header's name is a token, without a space before the colon.
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)\r\n", re.DOTALL)
_logger = logging.getLogger(__name__)
_TO_SPACES = bytes.maketrans(b"\0\r\n", b"   ")
# The first line of a chunk: its size and any extensions.
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?\r\n")


class _HeaderReader(HeaderReader):
    """Joins repeated headers, as WSGI requires; cheroot joins only some of them."""

    def __call__(
        self, rfile: Any, hdict: dict[bytes, bytes] | None = None
    ) -> dict[bytes, bytes]:
        headers = {} if hdict is None else hdict
        # Not through cheroot's reader, which checks the size in pieces of 256 bytes.
        read_line, size = rfile.rfile.readline, rfile.bytes_read
        while (line := read_line(MAX_HEADER_SIZE)) != b"\r\n":
            size += len(line)
            if size > MAX_HEADER_SIZE:
                raise MaxSizeExceeded
            header = _HEADER.fullmatch(line)
            if header is None:
                raise ValueError("Illegal header line.")
            # cheroot looks headers up in this spelling.
            name, value = header[1].title(), header[2].translate(_TO_SPACES).strip()
            if b"_" not in name or keeps_underscores(name):
                known = headers.get(name)
                headers[name] = value if known is None else b"%b,%b" % (known, value)
        return headers


class _Request(HTTPRequest):
    """A request that is rejected only if it cannot be parsed."""

    header_reader = _HeaderReader()
    chunks: BytesIO | None = None

    def __init__(self, server: HttpServer, conn: _Connection) -> None:
        # With proxy_mode, the request target can be an absolute URL.
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
        if reason := self._framing_error():
            self.simple_response("400 Bad Request", reason)
            return False
        connection = self.inheaders.get(b"Connection", b"")
        self.close_connection |= b"close" in connection.lower()
        self.conn.wfile.flush()  # the interim response to "Expect: 100-continue"
        return not self.chunked_read or self._read_chunks()

    def _framing_error(self) -> str:
        """Return an error if a proxy could interpret the headers differently."""
        headers = self.inheaders
        encoding = headers.get(b"Transfer-Encoding")
        is_http_11 = self.response_protocol == "HTTP/1.1"
        if encoding is not None:
            if b"Content-Length" in headers:
                return "Transfer-Encoding and Content-Length must not be combined."
            if not is_http_11 or encoding.lower() != b"chunked":
                return "Transfer-Encoding must be chunked and requires HTTP/1.1."
        if is_http_11 and (b"Host" not in headers or b"," in headers[b"Host"]):
            return "HTTP/1.1 requires exactly one Host header."
        return ""

    def _read_chunks(self) -> bool:
        try:
            self.chunks = _read_chunked_body(self.conn.rfile)
        except ValueError as error:
            self.simple_response("400 Bad Request", str(error))
        except MaxSizeExceeded:
            self.simple_response("413 Request Entity Too Large")
        return self.chunks is not None

    def simple_response(self, status: str, msg: str = "") -> None:
        """Send an error in plain text, and close the connection."""
        text = BODY_TOO_LARGE if status.startswith("413") else msg or status[4:]
        head = (
            f"{self.server.protocol} {status}\r\nContent-Type: text/plain\r\n"
            f"Content-Length: {len(text)}\r\nConnection: close\r\n\r\n"
        )
        self.close_connection = self.conn.has_unread_request = True
        self.conn.wfile.write((head + text).encode("latin-1"))


def _read_chunked_body(rfile: BufferedReader) -> BytesIO:
    """Read a chunked body and its trailers.

    cheroot's reader is not used, because it copies all earlier data for each chunk and
    accepts chunks and lines of any length.

    :raises ValueError: if a chunk is malformed, or the body is incomplete.
    :raises MaxSizeExceeded: if the body is too large.
    """
    body = BytesIO()
    while size := _read_chunk_size(rfile):
        if body.tell() + size > MAX_BODY_SIZE:
            raise MaxSizeExceeded
        body.write(rfile.read(size))
        if rfile.read(2) != b"\r\n":
            raise ValueError("The size of a chunk does not match its data.")
    while (line := rfile.readline(MAX_HEADER_SIZE)) != b"\r\n":
        if _HEADER.fullmatch(line) is None:
            raise ValueError("Incomplete chunked body, or malformed trailers.")
    body.seek(0)
    return body


def _read_chunk_size(rfile: BufferedReader) -> int:
    head = _CHUNK.fullmatch(rfile.readline(MAX_HEADER_SIZE))
    if head is None:
        raise ValueError("Malformed chunk.")
    return int(head[1], 16)


class _Gateway(Gateway_10):
    """Creates the WSGI environment that moto expects, as werkzeug's server does."""

    def write(self, chunk: bytes) -> None:
        super().write(chunk)
        if self.remaining_bytes_out is None:  # a stream, for example of events
            self.req.conn.wfile.flush()

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
            "wsgi.errors": server.errors,
            "wsgi.input": request.chunks or request.rfile,
            "wsgi.multiprocess": False,
            "wsgi.multithread": True,
            "wsgi.run_once": False,
            "wsgi.url_scheme": server.scheme,
            "wsgi.version": (1, 0),
            RAW_HEADERS: request.inheaders,
        }
        if request.chunked_read:
            # Omitted otherwise: werkzeug checks only whether the key exists. It would
            # then accept an incomplete body as complete.
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


@lru_cache(maxsize=256)  # clients send the same few headers
def _environ_key(header: bytes) -> str:
    key = header.decode("latin-1").upper().replace("-", "_")
    return key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{key}"


class _DeadlineReader(socket.SocketIO):
    """Reads from a client's socket until a deadline, even if data arrives slowly."""

    deadline = 0.0
    # Bound at import, so that freezegun does not patch it: deadlines need real time.
    now = staticmethod(time.monotonic)

    def readinto(self, b: Any) -> int | None:
        """Read some bytes, or none if the client has closed the connection.

        :raises TimeoutError: if the deadline has passed.
        """
        if self.now() > self.deadline:
            raise TimeoutError("timed out")
        try:
            return super().readinto(b)
        except TimeoutError:
            self.deadline = 0.0  # further reads fail as well
            raise
        except ssl.SSLEOFError:  # the client reset the connection
            return 0


class _Writer(socket.SocketIO):
    """Writes to a client's socket."""

    def write(self, b: Any) -> int | None:
        """Write some bytes.

        :raises BrokenPipeError: if the client has reset the connection.
        """
        try:
            return super().write(b)
        except ssl.SSLEOFError as error:  # which cheroot would report
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from error


class _Connection(HTTPConnection):
    RequestHandlerClass = _Request
    has_unread_request = False

    def __init__(self, server: HttpServer, sock: socket.socket, _: object) -> None:
        super().__init__(server, sock, lambda sock, mode, _: sock.makefile(mode))
        self._reader = _DeadlineReader(sock, "r")
        self.rfile = BufferedReader(self._reader)
        self.wfile = BufferedWriter(_Writer(sock, "w"))

    def communicate(self) -> bool:
        """Handle requests until one side closes the connection."""
        while self.server.ready and self._has_request():
            keep_alive = super().communicate()
            self.wfile.flush()
            if not keep_alive:
                break
        return False

    def _has_request(self) -> bool:
        self._reader.deadline = self._reader.now() + REQUEST_TIMEOUT
        return bool(self.rfile.peek(1))

    def stop_reading(self) -> None:
        """Read no more requests. A response can still be sent."""
        with suppress(OSError):
            # SSLSocket.shutdown() would make the socket continue without encryption.
            socket.socket.shutdown(self.socket, socket.SHUT_RD)

    def close(self) -> None:
        with suppress(OSError):
            self.wfile.close()
        if self.has_unread_request:
            self._discard_input()
        with suppress(OSError):
            super().close()

    def _discard_input(self) -> None:
        """Read the rest of the request; some clients send it before they read."""
        with suppress(OSError):
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
            self.socket.settimeout(STOP_TIMEOUT)
            self._reader.deadline = self._reader.now() + DISCARD_TIMEOUT
            while self.rfile.read1():
                pass


class _ConnectionThreads:
    """A thread for each connection, instead of cheroot's thread pool.

    The number of threads is unlimited. With a limit, requests that make further
    requests, as a SyncTrigger function can, could deadlock waiting for a free thread.
    """

    min = max = 0

    def __init__(self) -> None:
        self._threads: dict[_Connection, Thread] = {}

    def start(self) -> None:
        """Do nothing: threads start with connections."""

    def put(self, connection: _Connection) -> None:
        """Serve a connection in a new thread."""
        thread = Thread(target=self._serve_connection, args=(connection,), daemon=True)
        self._threads[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # the machine cannot start more threads
            del self._threads[connection]
            connection.close()

    def _serve_connection(self, connection: _Connection) -> None:
        try:
            # An OSError means that the client disconnected or timed out.
            with closing(connection), suppress(OSError):
                connection.communicate()
        finally:
            del self._threads[connection]

    def stop(self, timeout: float) -> None:
        """Close all connections, but first give requests in progress time to finish.

        :param timeout: seconds to wait for them.
        """
        end = time.monotonic() + timeout
        threads = self._threads.copy()
        for connection in threads:
            connection.stop_reading()
        for thread in threads.values():
            thread.join(max(0, end - time.monotonic()))


class HttpServer(Server):
    """An HTTP server on an existing listening socket.

    :param ssl_context: context for HTTPS; None for HTTP.
    """

    _connections: Any  # set by cheroot from prepare() to stop()
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
    ) -> None:
        super().__init__(
            listening.getsockname()[:2],
            application,
            request_queue_size=BACKLOG,
            timeout=IDLE_TIMEOUT,
            shutdown_timeout=STOP_TIMEOUT,
        )
        self.gateway = _Gateway
        self.requests = _ConnectionThreads()
        self.scheme = "https" if ssl_context else "http"
        self.errors = ErrorStream()
        self._listening = listening
        self._ssl_context = ssl_context

    def bind(self, *_: object, **__: object) -> None:
        """Use the existing socket instead of creating one."""
        self.socket = self._listening
        if self._ssl_context:
            # Each connection's thread does the handshake, so that a slow client does
            # not block others.
            self.socket = self._ssl_context.wrap_socket(
                self._listening, server_side=True, do_handshake_on_connect=False
            )

    def error_log(
        self, msg: str = "", level: int = 20, traceback: bool = False
    ) -> None:
        """Log an error that cheroot reports."""
        _logger.log(level, "%s", msg, exc_info=traceback)

    def serve(self) -> None:
        """Accept connections until the server is stopped."""
        while self.ready:
            self._accept_connections()

    def _accept_connections(self) -> None:
        try:
            self._connections.run(self.expiration_interval)
        except OSError as error:  # for example, too many open files
            _logger.error("Cannot accept a connection: %s", error)  # noqa: TRY400
            time.sleep(RETRY_INTERVAL)
