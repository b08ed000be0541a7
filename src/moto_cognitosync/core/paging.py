"""Pagination of lists."""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from operator import itemgetter
from typing import TypeVar

from .exceptions import InvalidParameterException

T = TypeVar("T")

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


def paginate(
    items: Iterable[tuple[str, T]], max_results: int, next_token: str | None
) -> tuple[list[T], str | None]:
    """Return one page of items, sorted by name.

    The token is the last name on the page, in base64. The next page starts after that
    name, so tokens stay valid when items are added or removed.

    :param items: pairs of name and item, in any order; names are unique.
    :return: the items of the page, and the token for the next page; None on the last
        page.
    :raises InvalidParameterException: if ``max_results`` is less than 1, or the token
        is malformed.
    """
    named = sorted(items, key=itemgetter(0))
    page, token = paginate_sorted(named, max_results, next_token, itemgetter(0))
    return [item for _, item in page], token


def paginate_sorted(
    items: Sequence[T],
    max_results: int,
    next_token: str | None,
    name_of: Callable[[T], str] = str,
) -> tuple[Sequence[T], str | None]:
    """Return one page of items that are sorted by name; see :func:`paginate`."""
    if max_results < 1:
        raise InvalidParameterException(
            f"MaxResults must be greater than or equal to 1, found {max_results}"
        )
    start = 0
    if next_token is not None:
        start = bisect_right(items, _read_token(next_token), key=name_of)
    page = items[start : start + max_results]
    more = start + max_results < len(items)
    return page, _write_token(name_of(page[-1])) if more else None


def paginate_numbered(
    items: Sequence[T],
    number_of: Callable[[T], int],
    max_results: int,
    next_token: str | None,
    is_listed: Callable[[T], bool] = lambda _: True,
) -> tuple[list[T], str | None]:
    """Return one page of items, in the order of their numbers.

    The token contains the last number on the page, so tokens stay valid when items are
    added or removed.

    :param items: all items, sorted by number.
    :param is_listed: whether to include an item.
    :return: the items of the page, and the token for the next page; None on the last
        page.
    :raises InvalidParameterException: if the token is malformed.
    """
    start = 0
    if next_token is not None:
        start = bisect_right(items, _read_number(next_token), key=number_of)
    later = (items[index] for index in range(start, len(items)))
    found = filter(is_listed, later)
    page = list(islice(found, max_results))
    more = next(found, None) is not None
    return page, _write_token(str(number_of(page[-1]))) if more else None


def _read_number(token: str) -> int:
    name = _read_token(token)
    if not _NUMBER.fullmatch(name):
        raise _invalid_token(token)
    return int(name)


def _write_token(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    with suppress(ValueError):
        if name := base64.b64decode(token, validate=True).decode():
            return name
    raise _invalid_token(token)


def _invalid_token(token: str) -> InvalidParameterException:
    return InvalidParameterException(f"NextToken not valid: '{token[:256]}'")
