"""Listening sockets and their URLs."""

from __future__ import annotations

import socket
from contextlib import ExitStack

LOCALHOST = "127.0.0.1"


def listen(host: str, port: int) -> socket.socket:
    """Create a listening socket. Its errors name the address, unlike cheroot's.

    :param port: 0 for any free port.
    :raises OSError: if the port is in use, or the host does not belong to this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with ExitStack() as stack:
            listening = stack.enter_context(socket.socket(family))
            listening.setsockopt(socket.SOL_SOCKET, _address_option(), 1)
            # Inherited by each connection: do not delay small responses.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            listening.bind((host, port))
            listening.listen()
            stack.pop_all()
            return listening
    except (OSError, OverflowError, TypeError) as error:
        # OverflowError for an invalid port, TypeError for an invalid host name.
        reason = error.strerror if isinstance(error, OSError) else error
        raise OSError(f"Cannot listen on {_address(host, port)}: {reason}.") from error


def _address_option() -> int:
    """Return the socket option that makes a port exclusive but reusable at once.

    On Windows, SO_REUSEADDR would allow several servers to share a port.
    """
    option: int = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
    return option


def url_of(host: str, listening: socket.socket, scheme: str = "http") -> str:
    """Return the URL of a listening socket."""
    return f"{scheme}://{_address(host, listening.getsockname()[1])}"


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
