"""freezegun and time-machine move the mock's time, and every rule that counts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import requests
import time_machine
from freezegun import freeze_time

from tests.cognitosync.test_bulk_publish import (
    ALREADY_STREAMED,
    details,
    publish,
    refuse,
)
from tests.cognitosync.test_sync_session_token import LIFETIME, Use, each_use, refused
from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest, remove, replace
from tests.support.streams import LARGE, stream_of

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
DAY = timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)


def freezegun_stops() -> AbstractContextManager[Any]:
    return freeze_time(NOW)  # type: ignore[no-any-return]


def time_machine_stops() -> AbstractContextManager[Any]:
    return time_machine.travel(NOW, tick=False)


@pytest.fixture(params=[freezegun_stops, time_machine_stops])
def clock(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A clock that stands still until it is moved."""
    stopped: Callable[[], AbstractContextManager[Any]] = request.param
    with stopped() as clock:
        yield clock


@pytest.mark.parametrize("patch", [replace("theme", "dark"), remove("volume", 1)])
def test_a_later_write_modifies_but_does_not_create(
    dataset: DatasetUnderTest, clock: Any, patch: dict[str, Any]
) -> None:
    dataset.write(volume="11")
    clock.move_to(NOW + MILLISECOND)
    dataset.patch(patch)

    described = dataset.describe()
    assert described["CreationDate"] == NOW
    assert described["LastModifiedDate"] == NOW + MILLISECOND


@each_use
def test_a_token_lives_for_five_minutes(
    dataset: DatasetUnderTest, clock: Any, use: Use
) -> None:
    token = dataset.token()
    clock.move_to(NOW + LIFETIME - MILLISECOND)

    assert use(dataset, token)


@each_use
def test_a_token_does_not_live_longer(
    dataset: DatasetUnderTest, clock: Any, use: Use
) -> None:
    token = dataset.token()
    clock.move_to(NOW + LIFETIME)

    with refused(dataset):
        use(dataset, token)


@pytest.mark.provokes("BulkPublish", "AlreadyStreamedException")
def test_a_bulk_publish_may_follow_24_hours_after_a_success(
    aws: Aws, dataset: DatasetUnderTest, clock: Any
) -> None:
    stream = stream_of(aws, dataset.pool_id)
    dataset.write(volume="11")
    publish(dataset)
    refuse(dataset, *ALREADY_STREAMED)
    clock.move_to(NOW + DAY - MILLISECOND)
    refuse(dataset, *ALREADY_STREAMED)
    clock.move_to(NOW + DAY)
    publish(dataset)

    assert details(dataset)["BulkPublishStartTime"] == NOW + DAY
    assert len(stream.events()) == 3


def test_a_large_record_in_s3_can_be_read_at_a_time_that_stands_still(
    aws: Aws, dataset: DatasetUnderTest, clock: Any
) -> None:
    stream = stream_of(aws, dataset.pool_id)
    clock.move_to(NOW + DAY)
    dataset.patch(replace("big", LARGE))
    (event,) = stream.events()

    answer = requests.get(event["kinesisSyncRecordsURL"], timeout=30)

    (record,) = answer.json()
    assert record["lastModifiedDate"] == (NOW + DAY).timestamp() * 1000
