"""What a write sends to other services once it is stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock

Delivery = Callable[[], None]


class Outbox:
    """Deliveries, made in the order of the writes that caused them.

    They are made without the backend's lock, so that whoever receives one (a Lambda
    function that a stream feeds, say) may call the service again, on any thread.
    """

    def __init__(self) -> None:
        self._deliveries: deque[Delivery] = deque()
        self._delivering = Lock()

    def put(self, delivery: Delivery) -> None:
        """Keep a delivery for the next :meth:`flush`."""
        self._deliveries.append(delivery)

    def flush(self) -> None:
        """Make all deliveries, or leave them to the thread that is busy with it."""
        while self._deliveries and self._delivering.acquire(blocking=False):
            try:
                while self._deliveries:
                    self._deliveries.popleft()()
            finally:
                self._delivering.release()
