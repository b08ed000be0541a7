"""A progress bar on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

WIDTH = 30


class Progress:
    """A progress bar, which is shown only on a terminal.

    :param unit: what is counted, in the plural.
    :param done: number of items that are already done.
    """

    def __init__(self, unit: str, total: int, done: int = 0) -> None:
        self._unit = unit
        self._total = total
        self._done = done
        self._is_shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        self._draw()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._is_shown:
            sys.stderr.write("\n")

    def advance(self) -> None:
        """Count one more item."""
        self._done += 1
        self._draw()

    def _draw(self) -> None:
        if self._is_shown:
            filled = WIDTH * self._done // self._total if self._total else WIDTH
            bar = "#" * filled + "." * (WIDTH - filled)
            sys.stderr.write(f"\r[{bar}] {self._done:,}/{self._total:,} {self._unit}")
            sys.stderr.flush()
