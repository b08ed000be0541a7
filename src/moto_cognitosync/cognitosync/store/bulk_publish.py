"""Bulk publish: one run of sending all datasets of a pool to its stream."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.moto_api import state_manager
from moto.moto_api._internal.managed_state_model import ManagedState

from moto_cognitosync.cognitosync.exceptions import (
    AlreadyStreamedException,
    DuplicateRequestException,
)
from moto_cognitosync.core.clock import now

# The name under which a test can set, by moto's state manager, how long a run takes.
MODEL_NAME = "cognito-sync::bulk-publish"
WAIT_AFTER_SUCCESS = 24 * 60 * 60 * 1000  # milliseconds

state_manager.register_default_transition(MODEL_NAME, {"progression": "immediate"})


class BulkPublish(ManagedState):
    """One run: in progress until its data was sent and moto's state manager lets go."""

    def __init__(self) -> None:
        super().__init__(MODEL_NAME, [("IN_PROGRESS", "SUCCEEDED")])
        self._start_time = now()
        self._end_time: int | None = None  # of a success
        self._is_sent = False
        self._failure: str | None = None

    @classmethod
    def restore(
        cls, started: int, completed: int, status: str, failure: str
    ) -> BulkPublish:
        """Make a run that began earlier; times in epoch milliseconds."""
        run = cls()
        run._start_time = started
        # The state manager counts from here, in local time that does not say so.
        run._time_progressed -= timedelta(milliseconds=now() - min(started, now()))
        run._is_sent = True
        if status == "FAILED":
            run._failure = failure
        elif status == "SUCCEEDED":
            run._end_time = completed
            run.status = status
        return run

    def sent(self) -> None:
        """Note that all data was sent."""
        self._is_sent = True
        self.refresh_status()

    def fail(self, failure: str) -> None:
        """End the run: its data, or a part of it, could not be sent."""
        self._failure = failure

    def check_may_run_again(self) -> None:
        """Refuse a new run while this one stands in its way.

        :raises DuplicateRequestException: this one is in progress.
        :raises AlreadyStreamedException: it has succeeded less than 24 hours ago.
        """
        if self.refresh_status() == "IN_PROGRESS":
            raise DuplicateRequestException(
                "A bulk publish is already in progress for this identity pool."
            )
        if self._end_time is not None and now() - self._end_time < WAIT_AFTER_SUCCESS:
            raise AlreadyStreamedException(
                "A bulk publish has succeeded for this identity pool less than "
                "24 hours ago."
            )

    def refresh_status(self) -> str:
        """Return the status, and note when it became SUCCEEDED."""
        if self._failure is not None:
            return "FAILED"
        if not self._is_sent or self.status == "IN_PROGRESS":
            return "IN_PROGRESS"
        if self._end_time is None:
            self._end_time = self._planned_end()
        return "SUCCEEDED"

    def _planned_end(self) -> int:
        """Say when the run ended if nobody has looked since."""
        transition = state_manager.get_transition(MODEL_NAME)
        if transition["progression"] == "time":
            return self._start_time + int(transition["seconds"] * 1000)
        return now()

    def describe(self) -> dict[str, Any]:
        """Return the state as the API shows it, and let the state manager know."""
        self.advance()
        return self.snapshot()

    def snapshot(self) -> dict[str, Any]:
        """Return the state, of which :meth:`restore` makes the same run."""
        status = self.refresh_status()  # which may set the time of the end
        return {
            "BulkPublishStartTime": self._start_time,
            "BulkPublishCompleteTime": self._end_time,
            "BulkPublishStatus": status,
            "FailureMessage": self._failure,
        }
