"""The standalone server: Cognito Sync and all of moto, on one port.

On the command line it is ``python -m moto_cognitosync`` or ``moto-cognitosync``; in a
test, :class:`CognitoSyncServer`. It needs the extra ``moto-cognitosync[server]``.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from http.client import responses
from importlib import import_module
from pathlib import Path
from pkgutil import resolve_name
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import __version__, _registration

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from typing_extensions import Self

    from ._http_server import HttpServer
    from .moto_api import MotoApi

LOCALHOST = "127.0.0.1"
DEFAULT_PORT = 5000
LAST_PORT = 65535

# Where a process that the reloader starts finds the socket to go on with.
INHERITED_SOCKET = "MOTO_COGNITOSYNC_SOCKET"

# What such a process exits with when a source has changed, as werkzeug has it.
CHANGED = 3

# The signals that end the server.
ENDING = (signal.SIGTERM, signal.SIGINT)


class Application:
    """Answers Cognito Sync's requests itself and hands all others to moto.

    moto's own application would do for signed calls of an SDK. It is passed by
    because it takes a browser's preflight for S3, and answers what it cannot route
    with a page of HTML.

    :param moto: the WSGI application for every other service.
    :param moto_api: the one for ``/moto-api/cognito-sync/``.
    """

    def __init__(self, moto: WSGIApplication, moto_api: MotoApi) -> None:
        self._moto = moto
        self._moto_api = moto_api

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request, as WSGI has it."""
        path: str = environ.get("PATH_INFO", "")
        if path.startswith("/moto-api/cognito-sync/"):
            return self._moto_api(environ, start_response)
        if path == "/moto-api/reset":
            self._moto_api.reset()  # and moto does the rest
        if not _is_cognito_sync(environ):
            return self._moto(environ, start_response)
        from .cognitosync.urls import answer_wsgi

        answer = answer_wsgi(environ)
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} {responses[answer.status]}", headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def switch_off_faults(self) -> None:
        """Switch off all faults that came over HTTP."""
        self._moto_api.reset()

    def reset(self) -> None:
        """Do what ``POST /moto-api/reset`` does."""
        self.switch_off_faults()
        _registration.reset_state()


def _is_cognito_sync(environ: WSGIEnvironment) -> bool:
    """Tell by the signature, else by the host, else by the path.

    A browser's preflight and a client without credentials have no signature. That of
    a presigned URL is in its query.
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
    """Make the WSGI application that serves Cognito Sync and all of moto.

    :raises RuntimeError: the packages that moto's server needs are not installed.
    """
    try:
        import_module("cheroot.wsgi")
        moto = _registration.make_moto_application()
    except ImportError as error:
        raise RuntimeError(
            f"The server needs a package that is not installed ({error.name}). "
            "Install it with: pip install 'moto-cognitosync[server]'"
        ) from error
    from .moto_api import MotoApi

    return Application(moto, MotoApi())


class CognitoSyncServer:
    """A server in a thread of this process, for tests.

    It shares its state with the mocks of the process. Start it with :meth:`start` or
    in a ``with`` statement.

    :param port: to listen on; by default a free one.
    :ivar region_name: of the clients that it makes.
    :raises OSError: the port is in use, or the host is not one of this machine.
    """

    def __init__(self, host: str = LOCALHOST, port: int = 0) -> None:
        self.region_name = "us-east-1"
        self._application = make_application()
        self._listening = _listen(host, port)
        self._server = _make_server(self._application, self._listening)
        self._url = _url(host, self._listening)
        self._thread = Thread(target=self._server.serve, daemon=True)

    @property
    def url(self) -> str:
        """The server's address, for ``endpoint_url``: ``http://127.0.0.1:49152``."""
        return self._url

    def start(self) -> None:
        """Answer requests from now on."""
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        """Answer no more requests, free the port and switch off the server's faults.

        A second call does nothing.
        """
        self._server.stop()
        self._listening.close()
        self._application.switch_off_faults()

    def reset(self) -> None:
        """Forget everything that was stored, in all services, and all faults."""
        self._application.reset()

    def client(self, service_name: str, **kwargs: Any) -> Any:
        """Make a boto3 client that calls this server.

        :param kwargs: as ``boto3.client`` takes them. Region and credentials are made
            up where they are not given.
        """
        import boto3

        defaults: dict[str, Any] = {
            "region_name": self.region_name,
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        return boto3.client(
            service_name,  # type: ignore[call-overload]
            endpoint_url=self.url,
            **(defaults | kwargs),
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _listen(host: str, port: int) -> socket.socket:
    """Take a port. Not left to cheroot, whose errors name no remedy.

    :raises OSError: it is in use, or the host is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with ExitStack() as ending:
            listening = ending.enter_context(socket.socket(family))
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Each connection gets this, too: an answer does not wait for more.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            listening.bind((host, port))
            listening.listen()
            ending.pop_all()
            return listening
    except (OSError, OverflowError, TypeError) as error:
        # The latter two are for what can be no port, and no name of a host.
        reason = error.strerror if isinstance(error, OSError) else error
        raise OSError(f"Cannot listen on {_address(host, port)}: {reason}.") from error


def _make_server(
    application: Application, listening: socket.socket, **options: Any
) -> HttpServer:
    from ._http_server import HttpServer

    return HttpServer(application, listening, **options)


def _url(host: str, listening: socket.socket, scheme: str = "http") -> str:
    return f"{scheme}://{_address(host, listening.getsockname()[1])}"


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the server until it is interrupted."""
    from . import sync_trigger

    for each in ENDING:
        signal.signal(each, _exit)
    options = _parse_arguments(arguments)
    try:
        application = make_application()
    except RuntimeError as error:
        sys.exit(str(error))
    if options.strict_credentials:
        _registration.tell_credentials_apart()
    for arn, handler in options.sync_trigger:
        sync_trigger(arn, handler)
    _load(options)
    _serve(application, options)


def _load(options: argparse.Namespace) -> None:
    if options.state is None or (options.save and not Path(options.state).exists()):
        return
    from . import seeding

    try:
        seeding.load_state(options.state)
    except (seeding.StateError, OSError) as error:
        sys.exit(f"--state {options.state}: {error}")


def _save(options: argparse.Namespace) -> None:
    if not options.save:
        return
    from . import seeding

    try:
        seeding.save_state(options.state)
    except OSError as error:
        sys.exit(f"--save: {options.state} cannot be written: {error}")


def _serve(application: Application, options: argparse.Namespace) -> None:
    from werkzeug.serving import is_running_from_reloader

    with _listen_or_exit(options) as listening:
        # Where moto looks when it has to call itself.
        os.environ["MOTO_PORT"] = str(listening.getsockname()[1])
        if options.reload and not is_running_from_reloader():
            _greet(options, listening)
            sys.exit(_serve_in_processes(listening))
        server = _make_server(
            application,
            listening,
            ssl_context=options.ssl_context,
            logs_requests=True,
        )
        try:
            if not options.reload:
                _greet(options, listening)
            server.prepare()
            _serve_in_thread(server, options)
        finally:
            server.stop()
            _save(options)


def _serve_in_thread(server: HttpServer, options: argparse.Namespace) -> None:
    """Serve until a signal comes, or the change of a source that is watched.

    Not in the main thread: a signal would break it off wherever it happens to be.
    """
    from werkzeug._reloader import ReloaderLoop, reloader_loops

    # The former watches nothing.
    loop = reloader_loops["auto"]() if options.reload else ReloaderLoop()
    with loop:
        Thread(target=server.serve, daemon=True).start()
        loop.run()


def _serve_in_processes(listening: socket.socket) -> int:
    """Serve in a process that starts anew with each change, on the same socket.

    Not by werkzeug's run_with_reloader(), which kills the process at the end, so that
    nothing would be saved.

    :return: the exit code of the last of them.
    """
    from werkzeug._reloader import _get_args_for_reloading

    listening.set_inheritable(True)
    environment = {
        **os.environ,
        INHERITED_SOCKET: str(listening.fileno()),
        "WERKZEUG_RUN_MAIN": "true",
    }
    code = CHANGED
    while code == CHANGED:
        command = _get_args_for_reloading()
        with subprocess.Popen(command, env=environment, close_fds=False) as process:
            try:
                code = process.wait()
            finally:
                process.terminate()  # if a signal came; then wait for its end
    return code


def _listen_or_exit(options: argparse.Namespace) -> socket.socket:
    if INHERITED_SOCKET in os.environ:
        return socket.socket(fileno=int(os.environ[INHERITED_SOCKET]))
    try:
        return _listen(options.host, options.port)
    except OSError as error:
        sys.exit(
            f"{error} Choose another port with --port, or another address with --host."
        )


def _greet(options: argparse.Namespace, listening: socket.socket) -> None:
    scheme = "https" if options.ssl_context else "http"
    url = _url(options.host, listening, scheme)
    print(
        f"moto-cognitosync {__version__}: Amazon Cognito Sync and all of moto on {url}",
        flush=True,
    )


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="moto-cognitosync",
        description="Serve Amazon Cognito Sync, and every other AWS service that moto "
        "knows, on one port.",
    )
    add = parser.add_argument
    add("-H", "--host", default=LOCALHOST, help="address to listen on [%(default)s]")
    add(
        "-p",
        "--port",
        type=_parse_port,
        default=os.environ.get("MOTO_PORT", DEFAULT_PORT),
        help="port to listen on [MOTO_PORT, or %(default)s]",
    )
    add(
        "-r", "--reload", action="store_true", help="restart when a source file changes"
    )
    add(
        "-s",
        "--ssl",
        action="store_true",
        help="serve https with a certificate made up at the start",
    )
    add("-c", "--ssl-cert", metavar="FILE", help="serve https with this certificate")
    add("-k", "--ssl-key", metavar="FILE", help="the certificate's private key")
    add(
        "--strict-credentials",
        action="store_true",
        help="accept for each operation only the kind of credentials that AWS accepts, "
        "and an identity's credentials for that identity alone",
    )
    add(
        "--sync-trigger",
        action="append",
        default=[],
        type=_parse_trigger,
        metavar="ARN=MODULE:FUNCTION",
        help="run this Python function for the SyncTrigger of this ARN",
    )
    add("--state", metavar="FILE", help="begin with this state (JSON, YAML or TOML)")
    add(
        "--save",
        action="store_true",
        help="write the state back to the file of --state at the end (JSON or YAML)",
    )
    add("--version", action="version", version=f"%(prog)s {__version__}")
    options = parser.parse_args(arguments)
    try:
        _check_save(options)
        options.ssl_context = _ssl_context(options)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return options


def _check_save(options: argparse.Namespace) -> None:
    """Refuse now what could not be saved at the end.

    :raises ValueError: there is no file, or it is of a kind that is only read.
    """
    if not options.save:
        return
    if options.state is None:
        raise ValueError("--save needs --state FILE, which it is to write")
    from .seeding import check_can_save

    check_can_save(options.state)


def _parse_port(text: str) -> int:
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a port: choose one from 1 to {LAST_PORT}, or 0 for any "
            "that is free"
        )
    return int(text)


def _parse_trigger(text: str) -> tuple[str, Any]:
    arn, _, path = text.partition("=")
    # A console script has no working directory in its path, unlike python -m.
    sys.path.append("")
    try:
        return arn, resolve_name(path)
    except (ValueError, ImportError, AttributeError) as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not of the form ARN=MODULE:FUNCTION: {error}"
        ) from error


def _ssl_context(options: argparse.Namespace) -> ssl.SSLContext | None:
    """Make what https needs: None without it.

    :raises ValueError: one of the two files is missing.
    :raises OSError: they cannot be read, or do not fit together.
    """
    if bool(options.ssl_cert) != bool(options.ssl_key):
        raise ValueError("--ssl-cert and --ssl-key go together")
    if not options.ssl_cert:
        return _make_up_certificate() if options.ssl else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.ssl_cert, options.ssl_key)
    except OSError as error:
        raise OSError(
            f"cannot use {options.ssl_cert} and {options.ssl_key}: {error}"
        ) from error
    return context


def _make_up_certificate() -> ssl.SSLContext:
    from werkzeug.serving import generate_adhoc_ssl_context

    return generate_adhoc_ssl_context()


def _exit(_signal: int, _frame: object) -> None:
    # What is done at the end is not broken off by a second one.
    for each in ENDING:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(0)
