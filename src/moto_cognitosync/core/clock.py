"""The current time, and epoch milliseconds."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MILLISECOND = timedelta(milliseconds=1)
# The last millisecond of the year 9999, which dates cannot exceed.
LATEST = (datetime.max.replace(tzinfo=timezone.utc) - EPOCH) // MILLISECOND


def now() -> int:
    """Return the current time as epoch milliseconds.

    Looks up ``time.time`` on each call, so that freezegun and time-machine apply.
    """
    return int(time.time() * 1000)


def to_milliseconds(date: datetime) -> int:
    """Convert an aware datetime to epoch milliseconds, rounded down.

    Floating point would round up the last microseconds of the year 9999.
    """
    return (date - EPOCH) // MILLISECOND


def to_datetime(milliseconds: int) -> datetime:
    """Convert epoch milliseconds to a datetime in UTC, capped at the year 9999."""
    return EPOCH + min(milliseconds, LATEST) * MILLISECOND


def http_date() -> str:
    """Return the current time as the value of a ``Date`` header."""
    return _format_date(min(now(), LATEST) // 1000)


@lru_cache(maxsize=1)  # formats the date once per second
def _format_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
