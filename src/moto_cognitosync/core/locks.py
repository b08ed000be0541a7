"""Locks that a forked process can use."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from threading import RLock

# Held while the plugin is registered and while mocks start and stop. A thread that
# needs another lock as well takes this one first.
setup_lock = RLock()

_locks = [setup_lock]  # in the order in which a thread may take them
_held = ExitStack()


def hold_during_forks(lock: RLock) -> RLock:
    """Hold a lock while the process forks, so that the child gets it free.

    Otherwise, if another thread holds it at that moment, the child waits forever for a
    thread that does not exist there, and has the data that this thread was changing.
    """
    _locks.append(lock)
    return lock


def _acquire_all() -> None:
    for lock in tuple(_locks):
        _held.enter_context(lock)


def _release_all() -> None:
    # Another thread may fork as soon as the first lock is released.
    _held.pop_all().close()


with suppress(AttributeError):  # Windows does not fork
    os.register_at_fork(
        before=_acquire_all, after_in_parent=_release_all, after_in_child=_release_all
    )
