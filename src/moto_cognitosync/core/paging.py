"""Pagination of lists."""

from __future__ import annotations

import base64
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from operator import itemgetter
from typing import TypeVar

from .exceptions import InvalidParameterException

T = TypeVar("T")

_POSITION = re.compile(r"(?P<number>\d{1,18}) (?P<name>.+)", re.ASCII)


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
    name_of: Callable[[T], str],
    find: Callable[[str], T | None],
    max_results: int,
    next_token: str | None,
    is_listed: Callable[[T], bool] = lambda _: True,
) -> tuple[list[T], str | None]:
    """Return one page of items, in the order of their numbers.

    The token names the first item of the next page, so tokens stay valid when items are
    added, removed or renumbered. If that item was removed, the page starts at the first
    later number.

    :param items: all items, sorted by number.
    :param find: returns the item with a name, or None.
    :param is_listed: whether to include an item.
    :return: the items of the page, and the token for the next page; None on the last
        page.
    :raises InvalidParameterException: if the token is malformed.
    """
    start = 0
    if next_token is not None:
        number, name = _read_position(next_token)
        first = find(name)
        if first is not None:
            number = number_of(first)
        start = bisect_left(items, number, key=number_of)
    later = (items[index] for index in range(start, len(items)))
    page = list(islice(filter(is_listed, later), max_results + 1))
    if len(page) <= max_results:
        return page, None
    following = page.pop()
    return page, _write_token(f"{number_of(following)} {name_of(following)}")


def _read_position(token: str) -> tuple[int, str]:
    position = _POSITION.fullmatch(_read_token(token))
    if position is None:
        raise _invalid_token(token)
    return int(position["number"]), position["name"]


def _write_token(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    with suppress(ValueError):
        if name := base64.b64decode(token, validate=True).decode():
            return name
    raise _invalid_token(token)


def _invalid_token(token: str) -> InvalidParameterException:
    return InvalidParameterException(f"NextToken not valid: '{token[:256]}'")
