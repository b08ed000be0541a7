"""The error for invalid state, with the place in the data where it occurred."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any


class StateError(ValueError):
    """The data is not a valid state.

    :ivar problem: description of the problem, without its place in the data.
    :ivar path: place in the data, for example
        ``IdentityPools[0].Identities[2].IdentityId``.
    """

    __module__ = "moto_cognitosync.state"  # where users import it from

    def __init__(self, problem: str, *steps: str | int) -> None:
        super().__init__(problem, *steps)
        self.problem = problem
        self.steps = list(steps)

    @property
    def path(self) -> str:
        """Place of the error; empty for the data as a whole."""
        path = ""
        for step in self.steps:
            path += f"[{step}]" if isinstance(step, int) else f".{step}"
        return path.removeprefix(".")

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.steps else self.problem


@contextmanager
def error_path(*steps: str | int) -> Generator[None, None, None]:
    """Prefix the path of any StateError raised in the block."""
    try:
        yield
    except StateError as error:
        error.steps[:0] = steps
        raise


def add_once(items: dict[str, Any], name: str, item: object, member: str) -> None:
    """Add an item under its name.

    :param member: member of the data that contains the name, for the error's path.
    :raises StateError: if the name is already in use.
    """
    if name in items:
        raise StateError(f"{name!r} is a duplicate", member)
    items[name] = item
