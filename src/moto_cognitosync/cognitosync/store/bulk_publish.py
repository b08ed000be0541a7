"""Bulk publish: sends all datasets of a pool to its stream."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from moto.moto_api import state_manager
from moto.moto_api._internal.managed_state_model import ManagedState

from moto_cognitosync.cognitosync.exceptions import (
    AlreadyStreamedException,
    DuplicateRequestException,
)
from moto_cognitosync.core.clock import now

# Tests set the duration of a run in moto's state manager, under this name.
MODEL_NAME = "cognito-sync::bulk-publish"
WAIT_AFTER_SUCCESS = 24 * 60 * 60 * 1000  # milliseconds

state_manager.register_default_transition(MODEL_NAME, {"progression": "immediate"})


class BulkPublish(ManagedState):
    """The state of a bulk publish.

    It is in progress until all data is sent and moto's state manager completes it.
    """

    def __init__(self) -> None:
        super().__init__(MODEL_NAME, [("IN_PROGRESS", "SUCCEEDED")])
        self._start_time = now()
        self._end_time: int | None = None  # set if the run succeeded
        self._is_sent = False
        self._failure: str | None = None

    @classmethod
    def restore(
        cls, started: int, completed: int, status: str, failure: str
    ) -> BulkPublish:
        """Return a run that started earlier; times in epoch milliseconds."""
        run = cls()
        run._start_time = started
        # The state manager measures the duration from this naive local time.
        elapsed = timedelta(milliseconds=now() - min(started, now()))
        # In local time, the start may be before the year 1.
        first = run._time_progressed.replace(year=1, month=1, day=1)
        run._time_progressed -= min(elapsed, run._time_progressed - first)
        run._is_sent = True
        if status == "FAILED":
            run._failure = failure
        elif status == "SUCCEEDED":
            run._end_time = completed
        return run

    def sent(self) -> None:
        """Record that all data was sent."""
        self._is_sent = True
        self.refresh_status()

    def fail(self, failure: str) -> None:
        """Record that the run failed.

        :param failure: the error message.
        """
        self._failure = failure

    def check_may_run_again(self) -> None:
        """Check that a new run may start after this one.

        :raises DuplicateRequestException: if this run is in progress.
        :raises AlreadyStreamedException: if this run succeeded less than 24 hours ago.
        """
        if self.refresh_status() == "IN_PROGRESS":
            raise DuplicateRequestException(
                "A bulk publish is already in progress for this identity pool."
            )
        if self._end_time is not None and now() - self._end_time < WAIT_AFTER_SUCCESS:
            raise AlreadyStreamedException(
                "A bulk publish succeeded for this identity pool less than "
                "24 hours ago."
            )

    def refresh_status(self) -> str:
        """Return the status, and store the end time when the run has succeeded.

        :return: ``IN_PROGRESS``, ``SUCCEEDED`` or ``FAILED``.
        """
        if self._failure is not None:
            return "FAILED"
        if self._end_time is None and self._is_sent:
            # moto's state manager does not check transitions that users set.
            with suppress(KeyError, OverflowError, TypeError):
                self._end_time = self._find_end()
        return "IN_PROGRESS" if self._end_time is None else "SUCCEEDED"

    def _find_end(self) -> int | None:
        """Return when the run ended, according to the state manager."""
        if self.status == "IN_PROGRESS":
            return None
        transition = state_manager.get_transition(MODEL_NAME)
        if transition["progression"] == "time":
            return self._start_time + int(transition["seconds"] * 1000)
        return now()

    def describe(self) -> dict[str, Any]:
        """Return the state as the API returns it, and advance the state manager."""
        self.advance()
        return self.snapshot()

    def snapshot(self) -> dict[str, Any]:
        """Return the state from which :meth:`restore` recreates the run."""
        status = self.refresh_status()  # may set the end time
        return {
            "BulkPublishStartTime": self._start_time,
            "BulkPublishCompleteTime": self._end_time,
            "BulkPublishStatus": status,
            "FailureMessage": self._failure,
        }
