"""Listening sockets and the URLs that lead to them."""

from __future__ import annotations

import socket
from contextlib import ExitStack

LOCALHOST = "127.0.0.1"


def listen(host: str, port: int) -> socket.socket:
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


def url_of(host: str, listening: socket.socket, scheme: str = "http") -> str:
    """Return the URL of a listening socket."""
    return f"{scheme}://{_address(host, listening.getsockname()[1])}"


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
