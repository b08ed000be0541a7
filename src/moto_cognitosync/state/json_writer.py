"""Writes JSON piece by piece, so that large data is never in memory as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring
from typing import Any

Write = Callable[[str], object]

_SCALARS: dict[type, Callable[[Any], str]] = {
    bool: {True: "true", False: "false"}.__getitem__,
    int: str,
    str: encode_basestring,
    type(None): lambda _: "null",
}


def write_json(value: Any, write: Write, newline: str = "\n") -> None:
    """Write the text that ``json.dumps`` returns with an indent of 2.

    With an indent, ``json.dumps`` does not use its fast encoder, so this takes half as
    long. Characters outside of ASCII are not escaped.

    :param value: JSON types, or iterators, which are written like lists.
    :param newline: the end of a line and the indent of the next one.
    """
    if isinstance(value, dict):
        _write_object(value, write, newline)
    elif isinstance(value, list | Iterator):
        _write_array(value, write, newline)
    else:
        write(_encode(value))


def _encode(value: Any) -> str:
    encode = _SCALARS.get(type(value))
    return encode(value) if encode else json.dumps(value, ensure_ascii=False)


def _write_object(value: dict[str, Any], write: Write, newline: str) -> None:
    inner = newline + "  "
    start = "{" + inner
    for name, item in value.items():
        # Most items are scalars. One call of write() for each of them saves time.
        encode = _SCALARS.get(type(item))
        write(f"{start}{encode_basestring(name)}: {encode(item) if encode else ''}")
        if not encode:
            write_json(item, write, inner)
        start = "," + inner
    write(newline + "}" if value else "{}")


def _write_array(value: list[Any] | Iterator[Any], write: Write, newline: str) -> None:
    inner = newline + "  "
    start = "[" + inner
    for item in value:
        write(start)
        write_json(item, write, inner)
        start = "," + inner
    write(newline + "]" if start[0] == "," else "[]")
