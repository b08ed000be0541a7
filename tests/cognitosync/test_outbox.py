"""Deliveries to other services: in order, without holding the lock, none lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any

import pytest

from moto_cognitosync.cognitosync.integrations.outbox import Outbox
from tests.support.aws import Aws, reset
from tests.support.datasets import DatasetUnderTest
from tests.support.streams import Stream, before_next_record, summary


def in_another_thread(call: Callable[[], Any]) -> Any:
    """Call a function in another thread, and fail the test if it hangs."""
    results: list[Any] = []
    thread = Thread(target=lambda: results.append(call()), daemon=True)
    thread.start()
    thread.join(timeout=20)
    (result,) = results
    return result


def fail() -> None:
    raise RuntimeError("no response")


# --- Service ----------------------------------------------------------------------


def test_delivery_recipient_can_call_the_service(
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
def test_writes_during_a_delivery_are_delivered_afterwards(
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


def test_concurrent_writes_lose_no_deliveries(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    def write(key: str) -> None:
        for number in range(5):
            dataset.write(**{key: str(number)})

    with ThreadPoolExecutor() as executor:
        list(executor.map(write, "abcd"))

    assert [event["syncCount"] for event in stream.events()] == list(range(1, 21))


def test_write_succeeds_even_if_its_delivery_fails(
    dataset: DatasetUnderTest,
    stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    before_next_record(monkeypatch, fail)

    dataset.write(volume="11")
    dataset.write(volume="12")

    assert [event["syncCount"] for event in stream.events()] == [2]
    assert "RuntimeError: no response" in caplog.text


def test_reset_discards_pending_deliveries(
    aws: Aws,
    dataset: DatasetUnderTest,
    stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = [stream]

    def write_and_reset() -> None:
        in_another_thread(lambda: dataset.named("saves").write(slot="1"))
        in_another_thread(lambda: reset(aws))
        streams.append(Stream(aws))

    before_next_record(monkeypatch, write_and_reset)

    dataset.write(volume="11")

    assert streams[-1].events() == []


# --- Outbox -----------------------------------------------------------------------


def test_deliveries_are_made_once_and_in_order() -> None:
    outbox, delivered = Outbox(), []
    for number in range(3):
        outbox.put(lambda number=number: delivered.append(number))
    assert delivered == []

    outbox.flush()
    outbox.flush()

    assert delivered == [0, 1, 2]


def test_delivering_thread_also_delivers_what_other_threads_queue() -> None:
    outbox, delivered = Outbox(), []

    def deliver_and_queue_another() -> None:
        outbox.put(lambda: delivered.append("second"))
        in_another_thread(outbox.flush)
        delivered.append("first")

    outbox.put(deliver_and_queue_another)
    outbox.flush()

    assert delivered == ["first", "second"]


def test_delivery_queued_while_the_last_one_ends_is_not_lost() -> None:
    delivered: list[str] = []
    late = ["late"]

    class LateOutbox(Outbox):
        """Queues one more delivery after reporting that none are left."""

        def _next(self) -> Callable[[], None] | None:
            delivery = super()._next()
            if delivery is None and late:
                text = late.pop()
                self.put(lambda: delivered.append(text))
                self.flush()
            return delivery

    outbox = LateOutbox()
    outbox.put(lambda: delivered.append("in time"))
    in_another_thread(outbox.flush)

    assert delivered == ["in time", "late"]


def test_failed_delivery_does_not_block_the_next_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbox, delivered = Outbox(), []
    outbox.put(fail)
    outbox.put(lambda: delivered.append("next"))

    outbox.flush()

    assert delivered == ["next"]
    assert caplog.messages == ["A delivery to another service failed"]
    assert "RuntimeError: no response" in caplog.text


def test_cleared_deliveries_are_not_made() -> None:
    outbox, delivered = Outbox(), []
    outbox.put(outbox.clear)
    outbox.put(lambda: delivered.append("late"))

    outbox.flush()

    assert delivered == []
