"""Records the hosts that a process resolves, unless they are on this machine.

Python imports this module when it starts, in each process that inherits the variables
that :mod:`tests.support.only_loopback` sets. It must not import anything slow.
"""

import os
import socket
from collections.abc import Callable
from functools import wraps
from typing import Any

LOG = "ONLY_LOOPBACK_LOG"
LOCAL = ("localhost", "127.", "::", "0.0.0.0")


def is_local(host: object) -> bool:
    """Return whether a host is an address or a name of this machine."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    return name.startswith(LOCAL)


def guard(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Record the hosts that a function resolves, and prevent their resolution."""

    @wraps(resolve)
    def resolve_local(host: object, *args: Any, **kwargs: Any) -> Any:
        log = os.environ.get(LOG)
        if log and not is_local(host):
            with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123
                file.write(f"{host} ({os.environ.get('PYTEST_CURRENT_TEST')})\n")
            raise OSError(f"tests must not resolve {host!r}")
        return resolve(host, *args, **kwargs)

    return resolve_local


# Not an audit hook: with coverage, Python 3.11 kills a thread that starts while such a
# hook runs in another thread that starts.
for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, name, guard(getattr(socket, name)))
