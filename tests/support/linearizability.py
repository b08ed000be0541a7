"""Checks that a recorded concurrent history is linearizable.

A history is linearizable if all calls can be put in an order that respects real time (a
call that ended before another one began comes first) and in which each call returns
what it would return if it ran alone. The algorithm is Wing and Gong's search, with
Lowe's optimization: it never visits the same state and set of finished calls twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

NOT_FOUND, CONFLICT = "ResourceNotFoundException", "ResourceConflictException"


class Event(NamedTuple):
    """A finished call: when it began and ended, and what it returned."""

    began: int
    ended: int
    call: tuple[Any, ...]
    result: Any


@dataclass(frozen=True)
class DatasetModel:
    """The behavior of one dataset name when calls run one at a time.

    :ivar records: pairs of key and (value, sync count), sorted by key.
    """

    exists: bool = False
    count: int = 0
    records: tuple[tuple[str, tuple[str, int]], ...] = ()

    def apply(self, call: tuple[Any, ...]) -> tuple[DatasetModel, Any]:
        """Return the state after a call, and the result of the call."""
        operation, *arguments = call
        apply: Callable[..., tuple[DatasetModel, Any]] = getattr(self, operation)
        return apply(*arguments)

    def update(self, key: str, value: str, count: int) -> tuple[DatasetModel, Any]:
        stored = dict(self.records)
        if stored.get(key, ("", 0))[1] > count:
            return self, CONFLICT
        stored[key] = value, self.count + 1
        records = tuple(sorted(stored.items()))
        return DatasetModel(True, self.count + 1, records), self.count + 1

    def delete(self) -> tuple[DatasetModel, Any]:
        if not self.exists:
            return self, NOT_FOUND
        return DatasetModel(count=self.count + 1), len(self.records)

    def list(self, last_count: int) -> tuple[DatasetModel, Any]:
        newer = [each for each in self.records if each[1][1] > last_count]
        return self, (self.exists, self.count, tuple(newer))


def is_linearizable(history: Sequence[Event], model: DatasetModel) -> bool:
    """Return whether a history is linearizable with respect to a model."""
    states = {(frozenset(range(len(history))), model)}
    for _ in history:
        states = {each for state in states for each in _next_states(history, *state)}
    return bool(states)


def _next_states(
    history: Sequence[Event], left: frozenset[int], model: DatasetModel
) -> Iterator[tuple[frozenset[int], DatasetModel]]:
    """Yield the events left, and the model, after each event that can be the next."""
    first_end = min(history[each].ended for each in left)
    for each in left:
        if history[each].began < first_end:
            after, result = model.apply(history[each].call)
            if result == history[each].result:
                yield left - {each}, after
