"""Limits for the calls that the server records."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """How much to record. When a limit is reached, the oldest calls are discarded.

    :param calls: number of calls.
    :param size: size of all calls together, in bytes.
    :param body: size of a body, in bytes; the rest of the body is not recorded.
    """

    calls: int = 1000
    size: int = 16 * 2**20
    body: int = 64 * 2**10
