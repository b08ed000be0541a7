"""Converts dates to ISO 8601 strings and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from moto_cognitosync.core.clock import to_datetime, to_milliseconds

from .errors import StateError


# Cached, because the members of an identity often have the same date.
@lru_cache
def format_date(milliseconds: int) -> str:
    """Format epoch milliseconds as an ISO 8601 string in UTC."""
    date = to_datetime(milliseconds).isoformat(timespec="milliseconds")
    return date.replace("+00:00", "Z")


def read_date(members: Mapping[str, Any], name: str, default: int) -> int:
    """Return a member that is a date, as epoch milliseconds.

    :param default: epoch milliseconds to return if the member is missing.
    :raises StateError: if the member is not a valid date.
    """
    if name not in members:
        return default
    try:
        return _parse_date(members[name])
    except (ValueError, OverflowError):
        raise StateError(
            f"{members[name]!r} is not a date such as '2026-11-23T00:17:00.341Z'", name
        ) from None


@lru_cache
def _parse_date(text: str) -> int:
    """Return epoch milliseconds.

    :raises ValueError: if the text is not a date.
    :raises OverflowError: if the year, in UTC, is before 1 or after 9999.
    """
    # Before Python 3.11, fromisoformat() does not accept "Z".
    date = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return to_milliseconds(_to_utc(date))


def _to_utc(date: datetime) -> datetime:
    """Return a date in UTC. A date without a time zone is assumed to be in UTC.

    :raises OverflowError: if the year, in UTC, is before 1 or after 9999.
    """
    if date.tzinfo is None:
        return date.replace(tzinfo=timezone.utc)
    return date.astimezone(timezone.utc)
