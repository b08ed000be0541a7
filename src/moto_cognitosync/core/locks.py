"""Locks that remain usable in a forked process."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from threading import RLock

# Held while the plugin is registered and while mocks start and stop. A thread that
# also needs another lock acquires this one first.
setup_lock = RLock()

_locks = [setup_lock]  # in the order in which a thread may acquire them
_held = ExitStack()


def hold_during_forks(lock: RLock) -> RLock:
    """Hold a lock while the process forks, so that the child can acquire it.

    Otherwise, if another thread holds the lock during the fork, the child waits forever
    for a thread that does not exist there. It also inherits half-changed data.
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
