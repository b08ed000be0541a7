"""A queue of deliveries to other services."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from threading import Lock

Delivery = Callable[[], None]

_logger = logging.getLogger(__name__)


class Outbox:
    """A queue that runs deliveries in the order of the writes that caused them.

    Deliveries run without the backend's lock, so that a receiver (for example, a Lambda
    function that reads the stream) can call the service from any thread.
    """

    def __init__(self) -> None:
        self._deliveries: deque[Delivery] = deque()
        self._running = Lock()

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
        while self._deliveries and self._running.acquire(blocking=False):
            try:
                for delivery in iter(self._next, None):
                    _run(delivery)
            finally:
                self._running.release()

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
