"""Deliveries to other services: in order, without a lock, and none of them lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock, Thread
from typing import Any

import pytest
from moto.moto_api._internal.models import moto_api_backend

from moto_cognitosync.cognitosync.integrations.outbox import Outbox
from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest
from tests.support.streams import Stream, before_next_record, summary


def in_another_thread(call: Callable[[], Any]) -> Any:
    """Call a function in another thread; one that hangs fails the test."""
    results: list[Any] = []
    thread = Thread(target=lambda: results.append(call()), daemon=True)
    thread.start()
    thread.join(timeout=20)
    (result,) = results
    return result


def fail() -> None:
    raise RuntimeError("no answer")


# --- Of the service ---------------------------------------------------------------


def test_whoever_receives_a_delivery_may_call_the_service(
    dataset: DatasetUnderTest, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    before_next_record(
        monkeypatch, lambda: seen.append(in_another_thread(dataset.describe))
    )

    dataset.write(volume="11")

    assert seen == [dataset.describe()]
    assert [summary(event) for event in stream.events()] == [("replace", "settings", 1)]


@pytest.mark.parametrize("run", [lambda call: call(), in_another_thread])
def test_what_is_written_meanwhile_is_delivered_afterwards(
    dataset: DatasetUnderTest,
    stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., Any],
) -> None:
    before_next_record(
        monkeypatch, lambda: run(lambda: dataset.named("saves").write(slot="1"))
    )

    in_another_thread(lambda: dataset.write(volume="11"))

    assert [summary(event) for event in stream.events()] == [
        ("replace", "settings", 1),
        ("replace", "saves", 1),
    ]


def test_no_delivery_is_lost_between_many_threads(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    def write(key: str) -> None:
        for number in range(5):
            dataset.write(**{key: str(number)})

    with ThreadPoolExecutor() as executor:
        list(executor.map(write, "abcd"))

    assert [event["syncCount"] for event in stream.events()] == list(range(1, 21))


def test_a_write_succeeds_whatever_goes_wrong_with_its_delivery(
    dataset: DatasetUnderTest,
    stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before_next_record(monkeypatch, fail)

    dataset.write(volume="11")
    dataset.write(volume="12")

    assert [event["syncCount"] for event in stream.events()] == [2]
    assert "RuntimeError: no answer" in caplog.text


def test_what_waits_at_a_reset_is_not_delivered_after_it(
    aws: Aws,
    dataset: DatasetUnderTest,
    stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = [stream]

    def write_and_reset() -> None:
        in_another_thread(lambda: dataset.named("saves").write(slot="1"))
        moto_api_backend.reset()
        streams.append(Stream(aws))

    before_next_record(monkeypatch, write_and_reset)

    dataset.write(volume="11")

    assert streams[-1].events() == []


# --- Of the outbox itself ---------------------------------------------------------


def test_deliveries_are_made_in_their_order_and_once() -> None:
    outbox, made = Outbox(), []
    for number in range(3):
        outbox.put(lambda number=number: made.append(number))
    assert made == []

    outbox.flush()
    outbox.flush()

    assert made == [0, 1, 2]


def test_a_delivery_is_left_to_the_thread_that_is_busy() -> None:
    outbox, made = Outbox(), []

    def deliver_and_be_overtaken() -> None:
        outbox.put(lambda: made.append("second"))
        in_another_thread(outbox.flush)
        made.append("first")

    outbox.put(deliver_and_be_overtaken)
    outbox.flush()

    assert made == ["first", "second"]


def test_a_delivery_that_comes_when_the_busy_thread_is_done_is_not_lost() -> None:
    outbox, made = Outbox(), []

    class LateLock:
        """A lock that is still taken when the last delivery comes in."""

        def __init__(self) -> None:
            self.lock = Lock()
            self.late = ["late"]

        def acquire(self, blocking: bool = True) -> bool:
            return self.lock.acquire(blocking=blocking)

        def release(self) -> None:
            if self.late:
                late = self.late.pop()
                outbox.put(lambda: made.append(late))
                outbox.flush()
            self.lock.release()

    outbox._delivering = LateLock()  # type: ignore[assignment]
    outbox.put(lambda: made.append("in time"))
    in_another_thread(outbox.flush)

    assert made == ["in time", "late"]


def test_a_delivery_that_fails_does_not_keep_back_those_behind_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox, made = Outbox(), []
    outbox.put(fail)
    outbox.put(lambda: made.append("next"))

    outbox.flush()

    assert made == ["next"]
    assert caplog.messages == ["A delivery to another service has failed"]
    assert "RuntimeError: no answer" in caplog.text


def test_what_is_cleared_is_not_delivered() -> None:
    outbox, made = Outbox(), []
    outbox.put(outbox.clear)
    outbox.put(lambda: made.append("late"))

    outbox.flush()

    assert made == []
