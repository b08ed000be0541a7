"""What a write sends to other services once it is stored."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from threading import Lock

Delivery = Callable[[], None]

_logger = logging.getLogger(__name__)


class Outbox:
    """Deliveries, made in the order of the writes that caused them.

    They are made without the backend's lock, so that whoever receives one (a Lambda
    function that a stream feeds, say) may call the service again, on any thread.
    """

    def __init__(self) -> None:
        self._deliveries: deque[Delivery] = deque()
        self._delivering = Lock()

    def clear(self) -> None:
        """Drop all deliveries that were not made yet."""
        self._deliveries.clear()

    def put(self, delivery: Delivery) -> None:
        """Keep a delivery for the next :meth:`flush`."""
        self._deliveries.append(delivery)

    def flush(self) -> None:
        """Make all deliveries, or leave them to the thread that is busy with it.

        What goes wrong with one is logged: it may be of a write that this thread
        knows nothing of, and all of these writes have succeeded.
        """
        while self._deliveries and self._delivering.acquire(blocking=False):
            try:
                for delivery in iter(self._next, None):
                    _make(delivery)
            finally:
                self._delivering.release()

    def _next(self) -> Delivery | None:
        try:
            return self._deliveries.popleft()
        except IndexError:
            return None


def _make(delivery: Delivery) -> None:
    try:
        delivery()
    except Exception:
        _logger.exception("A delivery to another service has failed")
