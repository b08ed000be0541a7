"""The lock for all state, and lists that can change during iteration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from moto.core.base_backend import backend_lock

from .locks import hold_during_forks

# moto holds this lock while it resets its backends. A separate lock could deadlock with
# this one, because requests look up moto's backends while they hold the state lock.
state_lock = hold_during_forks(backend_lock)

Item = TypeVar("Item")


class SharedList(Generic[Item]):
    """A list to which threads add items while others iterate over it.

    An iteration covers the items that the list contained when it started.
    """

    def __init__(self) -> None:
        self._items: tuple[Item, ...] = ()

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def append(self, item: Item) -> None:
        """Add an item at the end."""
        with state_lock:
            self._items = (*self._items, item)

    def remove(self, item: Item) -> None:
        """Remove the first item that equals ``item``.

        :raises ValueError: if the list does not contain such an item.
        """
        with state_lock:
            items = list(self._items)
            items.remove(item)
            self._items = tuple(items)
