"""The command ``moto-cognitosync``, or ``python -m moto_cognitosync``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import socket
import ssl
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from moto_cognitosync import __version__
from moto_cognitosync._moto.settings import conflict, enable, state_holders
from moto_cognitosync.core.suggestions import did_you_mean

from .access import ROOT, AccessRules
from .limits import Limits
from .listening import LOCALHOST, listen, url_of
from .log import FORMATS, LEVELS, logging_to_stderr, write_to_stderr

if TYPE_CHECKING:
    from .application import Application

DEFAULT_PORT = 5000
MAX_PORT = 65535
# Seconds after which a thread must let others run. Python's default of 5 ms makes a few
# requests wait for long if there are many connections.
SWITCH_INTERVAL = 0.0002
MAX_ERRORS = 50  # that are printed for a state file
SHUTDOWN_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_logger = logging.getLogger("moto_cognitosync.server.command")
INSTALL = "Install it with: pip install 'moto-cognitosync[server]'"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the server until it receives SIGINT or SIGTERM, or check a state file.

    :param arguments: command-line arguments; by default, ``sys.argv[1:]``.
    """
    for each in SHUTDOWN_SIGNALS:
        signal.signal(each, _exit)
    if arguments is None:
        arguments = sys.argv[1:]
    options = _parse_arguments(arguments)
    if options.command == "check":
        sys.exit(_check(options.file))
    if options.reload:
        _run_and_reload(options, arguments)
    else:
        _run(options)


def _run_and_reload(options: argparse.Namespace, arguments: Sequence[str]) -> None:
    """Run the server in a child process that restarts when a source file changes.

    All processes share one listening socket, so clients can connect during a restart.
    """
    try:
        watchfiles = import_module("watchfiles")
    except ImportError:
        sys.exit(f"--reload requires watchfiles, which is not installed. {INSTALL}")
    watcher = watchfiles.watch(
        *_source_folders(), watch_filter=watchfiles.PythonFilter(), recursive=False
    )
    with _listen_or_exit(options) as listening:
        _print_url(options, listening)
        changes: Any = ()
        while changes is not None:
            process = get_context("spawn").Process(
                target=_run_in_child, args=(arguments, listening)
            )
            process.start()
            try:
                changes = next(watcher)
            except KeyboardInterrupt:  # watchfiles raises it for every signal
                changes = None
            finally:
                process.terminate()  # the child saves its state
                process.join()
            for _, path in changes or ():
                write_to_stderr(f"{path} changed, restarting\n")


def _run_in_child(arguments: Sequence[str], listening: socket.socket) -> None:
    for each in SHUTDOWN_SIGNALS:
        signal.signal(each, _exit)
    _run(_parse_arguments(arguments), listening)


def _source_folders() -> set[Path]:
    """Return the folders of all imported modules that are not installed packages."""
    installed = {Path(sys.prefix), Path(sys.base_prefix)}
    files = (getattr(module, "__file__", None) for module in sys.modules.values())
    folders = {Path(file).resolve().parent for file in files if file}
    return {each for each in folders if not installed & {each, *each.parents}}


def _run(options: argparse.Namespace, listening: socket.socket | None = None) -> None:
    """Run the server.

    :param listening: listening socket; by default, one is created from the options.
    """
    from moto_cognitosync import sync_trigger

    from .application import make_application

    try:
        application = make_application(options.access, options.limits)
    except RuntimeError as error:
        sys.exit(str(error))
    if options.strict_credentials:
        enable("cognitosync", "strict_credentials")
    if options.moto_cognito_identity:
        enable("cognitoidentity", "use_moto")
    for arn, handler in options.sync_trigger:
        sync_trigger(arn, handler)
    state_holders.append(application)
    with logging_to_stderr(options.log_level, options.log_format):
        _load(options)
        with listening or _listen_or_exit(options) as server_socket:
            _serve(application, options, server_socket, prints_url=listening is None)


def _load(options: argparse.Namespace) -> None:
    if options.state is None or (options.save and not Path(options.state).exists()):
        return
    from moto_cognitosync import state

    try:
        state.load_state(options.state)
    except FileNotFoundError:
        sys.exit(
            f"--state {options.state}: the file does not exist. Check the path, or add "
            "--save to start without data and to create the file on exit."
        )
    except OSError as error:
        sys.exit(f"--state {options.state}: cannot read the file: {error.strerror}")
    except state.StateError as error:
        sys.exit(f"--state {options.state}: {error}")
    _logger.info("Loaded the state from %s", options.state)


def _check(file: str) -> str | None:
    """Check a state file, and return its errors; None if it is valid."""
    from moto_cognitosync.state.store import check_state

    try:
        errors = check_state(Path(file))
    except OSError as error:
        return f"{file}: cannot read the file: {error.strerror}"
    lines = [f"{file}: {error}" for error in errors[:MAX_ERRORS]]
    if len(errors) > MAX_ERRORS:
        lines.append(f"{file}: and {len(errors) - MAX_ERRORS} more errors")
    if lines:
        return "\n".join(lines)
    print(f"{file}: valid")
    return None


def _save(options: argparse.Namespace) -> None:
    if not options.save:
        return
    from moto_cognitosync.state import dump_state, save_state
    from moto_cognitosync.state.files import write_elsewhere

    try:
        save_state(options.state)
    except Exception as error:  # noqa: BLE001 - the state must not be lost
        problem = f"--save: cannot write {options.state}: {error}"
        state = dump_state()
        try:
            where = f"saved the state to {write_elsewhere(state)} instead"
        except OSError as other:
            where = f"{other}; the state is:\n{json.dumps(state)}"
        sys.exit(f"{problem}; {where}")
    _logger.info("Saved the state to %s", options.state)


def _serve(
    application: Application,
    options: argparse.Namespace,
    listening: socket.socket,
    prints_url: bool,
) -> None:
    from .http import HttpServer

    sys.setswitchinterval(SWITCH_INTERVAL)
    # moto reads this variable to call itself.
    os.environ["MOTO_PORT"] = str(listening.getsockname()[1])
    server = HttpServer(application, listening, options.ssl_context)
    try:
        if prints_url:
            _print_url(options, listening)
        server.prepare()
        # Not in the main thread, where a signal could interrupt it anywhere.
        thread = Thread(target=server.serve, daemon=True)
        thread.start()
        # With a timeout, because another thread may receive a signal.
        while thread.is_alive():  # pragma: no branch - a signal ends it
            thread.join(1)
    finally:
        application.stop_streams()
        server.stop()
        _save(options)


def _listen_or_exit(options: argparse.Namespace) -> socket.socket:
    try:
        return listen(options.host, options.port)
    except OSError as error:
        sys.exit(
            f"{error} Choose another port with --port, or another address with --host."
        )


def _print_url(options: argparse.Namespace, listening: socket.socket) -> None:
    scheme = "https" if options.ssl_context else "http"
    url = url_of(options.host, listening, scheme)
    with suppress(OSError):  # stdout is full, or its reader has gone
        print(
            f"moto-cognitosync {__version__}: open {url}{ROOT} to inspect Amazon "
            f"Cognito Sync and all of moto on {url}",
            flush=True,
        )


def _parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="moto-cognitosync",
        description="Serve Amazon Cognito Sync, and every other AWS service that moto "
        "supports, on one port.",
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
        "--allowed-host",
        action="append",
        default=[],
        metavar="HOST",
        help="accept requests to this host name for /moto-api/, in addition to "
        "loopback addresses and --host",
    )
    add(
        "--allowed-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="accept requests from web pages of this origin for /moto-api/",
    )
    add(
        "-r", "--reload", action="store_true", help="restart when a source file changes"
    )
    add(
        "-s",
        "--ssl",
        action="store_true",
        help="serve HTTPS with a self-signed certificate",
    )
    add("-c", "--ssl-cert", metavar="FILE", help="serve HTTPS with this certificate")
    add("-k", "--ssl-key", metavar="FILE", help="private key of the certificate")
    add(
        "--strict-credentials",
        action="store_true",
        help="for each operation, accept only the credentials that AWS accepts, and "
        "an identity's credentials only for its own data",
    )
    add(
        "--moto-cognito-identity",
        action="store_true",
        help="leave Cognito Identity to moto, which accepts ids of pools and "
        "identities that do not exist",
    )
    add(
        "--sync-trigger",
        action="append",
        default=[],
        type=_parse_trigger,
        metavar="ARN=MODULE:FUNCTION",
        help="call a Python function for the SyncTrigger with this ARN",
    )
    add("--state", metavar="FILE", help="load this state file (JSON, YAML or TOML)")
    add(
        "--save",
        action="store_true",
        help="save the state to the --state file on exit (JSON or YAML)",
    )
    add(
        "--log-level",
        choices=LEVELS,
        default="info",
        help="lowest level to log; requests are logged as info [%(default)s]",
    )
    add(
        "--log-format",
        choices=FORMATS,
        default="text",
        help="format of the log on stderr [%(default)s]",
    )
    limits = Limits()
    add(
        "--max-calls",
        type=_parse_size,
        default=limits.calls,
        metavar="N",
        help="number of calls to record [%(default)s]",
    )
    add(
        "--max-calls-size",
        type=_parse_size,
        default=limits.size,
        metavar="BYTES",
        help="size of all recorded calls together [%(default)s]",
    )
    add(
        "--max-body-size",
        type=_parse_size,
        default=limits.body,
        metavar="BYTES",
        help="size at which the body of a recorded call is cut [%(default)s]",
    )
    add("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="check FILE")
    check = commands.add_parser("check", help="validate a state file, and exit")
    check.add_argument("file", metavar="FILE", help="a JSON, YAML or TOML file")
    options = parser.parse_args(arguments)
    options.limits = Limits(
        options.max_calls, options.max_calls_size, options.max_body_size
    )
    if options.strict_credentials and options.moto_cognito_identity:
        parser.error(conflict("--strict-credentials", "--moto-cognito-identity"))
    try:
        _check_save(options)
        options.access = AccessRules(
            options.host, options.allowed_host, options.allowed_origin
        )
        options.ssl_context = _ssl_context(options)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    return options


def _check_save(options: argparse.Namespace) -> None:
    """Check on startup that the state can be saved on exit.

    :raises ValueError: if --state is missing or is not a path that can be written.
    """
    if not options.save:
        return
    if options.state is None:
        raise ValueError("--save requires --state FILE")
    from moto_cognitosync.state.files import check_can_save

    check_can_save(options.state)


def _parse_port(text: str) -> int:
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a valid port: use 1 to {MAX_PORT}, or 0 for any free port"
        )
    return int(text)


def _parse_size(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}")
    return int(text)


def _parse_trigger(text: str) -> tuple[str, Any]:
    arn, _, path = text.partition("=")
    module_name, _, name = path.partition(":")
    if not (arn and module_name and name):
        raise argparse.ArgumentTypeError(
            f"expected ARN=MODULE:FUNCTION, found {text!r}"
        )
    # Unlike python -m, a console script does not import from the working directory.
    sys.path.append("")
    try:
        function: Any = import_module(module_name)
    except Exception as error:
        raise argparse.ArgumentTypeError(
            f"cannot import {module_name!r} for {text!r}: {error!r}. Modules are found "
            "in the working directory, in PYTHONPATH and in installed packages"
        ) from error
    for attribute in name.split("."):
        known = dir(function)
        if attribute not in known:
            raise argparse.ArgumentTypeError(
                f"{module_name!r} has no function {name!r}"
                f"{did_you_mean(attribute, known)}"
            )
        function = getattr(function, attribute)
    if not callable(function):
        raise argparse.ArgumentTypeError(
            f"expected a function, but {module_name}:{name} is {function!r:.100}"
        )
    return arn, function


def _ssl_context(options: argparse.Namespace) -> ssl.SSLContext | None:
    """Create the SSL context; None if the server uses HTTP.

    :raises ValueError: if only one of --ssl-cert and --ssl-key is given.
    :raises OSError: if the files cannot be read, or the key does not match.
    """
    if bool(options.ssl_cert) != bool(options.ssl_key):
        raise ValueError("--ssl-cert and --ssl-key must be used together")
    if not options.ssl_cert:
        return _self_signed_certificate() if options.ssl else None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.ssl_cert, options.ssl_key)
    except OSError as error:
        raise OSError(
            f"cannot use {options.ssl_cert} and {options.ssl_key}: "
            f"{error.strerror or error}"
        ) from error
    return context


def _self_signed_certificate() -> ssl.SSLContext:
    from werkzeug.serving import generate_adhoc_ssl_context

    return generate_adhoc_ssl_context()


def _exit(_signal: int, _frame: object) -> None:
    # A second signal must not interrupt the shutdown.
    for each in SHUTDOWN_SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    sys.exit(0)
