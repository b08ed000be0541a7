"""The error for invalid state, and the place in the data where it occurred."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


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
