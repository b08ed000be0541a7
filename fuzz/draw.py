"""Generates values of many types from the bytes of an input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import atheris

T = TypeVar("T")

ODD_TEXTS = ["", ".", "..", "%", "%2F", "/", "\x00", "é", "\U0001f3b2", "\ud800", "x"]
NUMBERS = [0, 1, -1, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63), 0.5, 1e19, 1e400]


class Draw:
    """Makes one random choice after another from the bytes of an input."""

    def __init__(self, data: bytes) -> None:
        self._provider: Any = atheris.FuzzedDataProvider(data)

    def one_of(self, values: Sequence[T]) -> T:
        """Return one of the values."""
        chosen: T = self._provider.PickValueInList(values)
        return chosen

    def once_in(self, number: int) -> bool:
        """Return True once in ``number`` calls on average.

        Return False when no input is left.
        """
        drawn: int = self._provider.ConsumeIntInRange(0, number - 1)
        return drawn == number - 1

    def count(self, most: int = 3) -> int:
        """Return a number from 0 to ``most``."""
        number: int = self._provider.ConsumeIntInRange(0, most)
        return number

    def raw(self, most: int = 64) -> bytes:
        """Return arbitrary bytes."""
        data: bytes = self._provider.ConsumeBytes(self.count(most))
        return data

    def text(self, most: int = 32) -> str:
        """Return arbitrary text, which may contain surrogates."""
        if self.once_in(4):
            return self.one_of(ODD_TEXTS)
        text: str = self._provider.ConsumeUnicode(self.count(most))
        return text

    def json(self, depth: int = 2) -> Any:
        """Return an arbitrary JSON value."""
        kind = self._provider.ConsumeIntInRange(0, 5 if depth else 3)
        if kind == 0:
            return self.one_of([None, True, False])
        if kind == 1:
            return self.one_of(NUMBERS)
        if kind == 2:
            return self._provider.ConsumeInt(4)
        if kind == 3:
            return self.text()
        items = [self.json(depth - 1) for _ in range(self.count())]
        return items if kind == 4 else {self.text(): item for item in items}
