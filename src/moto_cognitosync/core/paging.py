"""Lists in pages."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from contextlib import suppress
from typing import TypeVar

from .exceptions import InvalidParameterException

T = TypeVar("T")


def paginate(
    items: Iterable[tuple[str, T]], max_results: int, next_token: str | None
) -> tuple[list[T], str | None]:
    """Cut one page out of named items, in the order of their names.

    A token is the base64 of the last name that was returned. It stays good when
    items come and go between two pages: the next page starts behind that name.

    :param items: pairs of name and item, in any order; names are unique.
    :return: the items of the page, and the token for the next: None on the last.
    :raises InvalidParameterException: ``max_results`` is below 1, or the token
        cannot have been issued.
    """
    if max_results < 1:
        raise InvalidParameterException(
            f"MaxResults must be greater than or equal to 1, found {max_results}"
        )
    named = sorted(items, key=lambda item: item[0])
    if next_token is not None:
        last_name = _read_token(next_token)
        named = [item for item in named if item[0] > last_name]
    page = named[:max_results]
    more = len(named) > max_results
    return [item for _, item in page], _write_token(page[-1][0]) if more else None


def _write_token(name: str) -> str:
    return base64.b64encode(name.encode()).decode()


def _read_token(token: str) -> str:
    with suppress(ValueError):
        if name := base64.b64decode(token, validate=True).decode():
            return name
    raise InvalidParameterException(f"NextToken not valid: '{token[:256]}'")
