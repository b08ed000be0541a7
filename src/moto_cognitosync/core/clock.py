"""The time, as the service counts it."""

from __future__ import annotations

import time


def now() -> int:
    """Return the current time as epoch milliseconds.

    Read from the module each time, so that freezegun and time-machine can move it.
    """
    return int(time.time() * 1000)
