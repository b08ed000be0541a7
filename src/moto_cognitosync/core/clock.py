"""The current time."""

from __future__ import annotations

import time


def now() -> int:
    """Return the current time as epoch milliseconds.

    Looks up ``time.time`` on each call, so that freezegun and time-machine apply.
    """
    return int(time.time() * 1000)
