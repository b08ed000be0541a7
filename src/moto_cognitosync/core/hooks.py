"""Hooks that observe or interrupt requests, such as faults and the call log."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .sharing import SharedList
from .wire.operations import Operation

Parameters = Mapping[str, Any]  # an operation's input, by Python names

# Called before a valid request is authorized. A hook may raise a ServiceError or
# ConnectionDropped.
before = SharedList[Callable[[Operation, Parameters], None]]()

# Called after each request that is routed to an operation, with the exception that was
# raised, or None. The parameters are empty if the input was invalid.
after = SharedList[Callable[[Operation, Parameters, BaseException | None], None]]()


def run_before(operation: Operation, parameters: Parameters) -> None:
    """Run all hooks in :data:`before`, in the order in which they were added."""
    for hook in before:
        hook(operation, parameters)


def run_after(
    operation: Operation, parameters: Parameters, error: BaseException | None
) -> None:
    """Run all hooks in :data:`after`, in the order in which they were added."""
    for hook in after:
        hook(operation, parameters, error)
