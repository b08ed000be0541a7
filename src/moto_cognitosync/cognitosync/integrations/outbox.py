"""A queue of deliveries to other services."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from threading import Thread, current_thread

from moto_cognitosync.core.sharing import state_lock

Delivery = Callable[[], None]

_logger = logging.getLogger(__name__)


class Outbox:
    """A queue that runs deliveries in the same order as the writes they announce.

    Deliveries run without the backend's lock, so that a receiver (for example, a Lambda
    function that reads the stream) can call the service from any thread.
    """

    def __init__(self) -> None:
        self._deliveries: deque[Delivery] = deque()
        self._runner: Thread | None = None

    def clear(self) -> None:
        """Discard all queued deliveries."""
        self._deliveries.clear()

    def put(self, delivery: Delivery) -> None:
        """Queue a delivery for the next :meth:`flush`."""
        self._deliveries.append(delivery)

    def flush(self) -> None:
        """Run all queued deliveries, unless another thread is already running them.

        Exceptions are logged, not raised: the write has already succeeded, and it may
        belong to another thread.
        """
        while self._deliveries and self._claim():
            try:
                for delivery in iter(self._next, None):
                    _run(delivery)
            finally:
                self._runner = None

    def _claim(self) -> bool:
        """Assign the deliveries to this thread, unless another one is running them."""
        with state_lock:
            # After a fork, the other thread does not exist in the child.
            if self._runner is not None and self._runner.is_alive():
                return False
            self._runner = current_thread()
            return True

    def _next(self) -> Delivery | None:
        try:
            return self._deliveries.popleft()
        except IndexError:
            return None


def _run(delivery: Delivery) -> None:
    try:
        delivery()
    except Exception:
        _logger.exception("A delivery to another service failed")
