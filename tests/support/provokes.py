"""The mark ``provokes``: the test sees an operation return an error."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import pytest

from moto_cognitosync.core import hooks
from moto_cognitosync.core.exceptions import ServiceError
from moto_cognitosync.core.wire.operations import Operation


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Check that the operations returned the errors that the marks of a test claim."""
    claimed = {mark.args for mark in item.iter_markers("provokes")}
    if not claimed or item.config.getoption("--against-aws"):
        return (yield)
    with _record_errors() as returned:
        result = yield
    assert claimed <= returned, f"not provoked: {sorted(claimed - returned)}"
    return result


@contextmanager
def _record_errors() -> Generator[set[tuple[str, str]], None, None]:
    """Record which operations return which errors, in both forms."""
    returned: set[tuple[str, str]] = set()

    def record(
        operation: Operation, _: hooks.Parameters, error: BaseException | None
    ) -> None:
        if isinstance(error, ServiceError):
            returned.add((operation.name, error.code))

    hooks.after.append(record)
    try:
        yield returned
    finally:
        hooks.after.remove(record)


def provoking(error: str, operations: Iterable[str]) -> list[Any]:
    """Return test parameters: operations, each of which returns the error."""
    return [
        pytest.param(operation, marks=pytest.mark.provokes(operation, error))
        for operation in operations
    ]
