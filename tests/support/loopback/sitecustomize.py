"""Records the hosts that a process resolves, unless they are on this machine.

Python imports this module when it starts, in each process that inherits the variables
that :mod:`tests.support.only_loopback` sets. It must not import anything slow.
"""

import os
import sys

LOG = "ONLY_LOOPBACK_LOG"
LOCAL = ("localhost", "127.", "::", "0.0.0.0")


def is_local(host: object) -> bool:
    """Return whether a host is an address or a name of this machine."""
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    return name.startswith(LOCAL)


def record(event: str, arguments: tuple[object, ...]) -> None:
    """Record a host, and prevent its resolution."""
    log = os.environ.get(LOG)
    if event == "socket.getaddrinfo" and log and not is_local(arguments[0]):
        with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123
            file.write(f"{arguments[0]} ({os.environ.get('PYTEST_CURRENT_TEST')})\n")
        raise OSError(f"tests must not resolve {arguments[0]!r}")


record.__cantrace__ = True  # so that coverage measures it
sys.addaudithook(record)
