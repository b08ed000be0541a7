"""freezegun and time-machine control the clock of the mock and all its time limits."""

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
    assert_bulk_publish_is_rejected,
    details,
    publish,
)
from tests.cognitosync.test_sync_session_token import LIFETIME, Use, each_use, rejected
from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest, remove, replace
from tests.support.streams import LARGE, stream_of

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
DAY = timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)


def frozen_by_freezegun() -> AbstractContextManager[Any]:
    return freeze_time(NOW)  # type: ignore[no-any-return]


def frozen_by_time_machine() -> AbstractContextManager[Any]:
    return time_machine.travel(NOW, tick=False)


@pytest.fixture(params=[frozen_by_freezegun, frozen_by_time_machine])
def clock(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A frozen clock that tests can move."""
    freeze: Callable[[], AbstractContextManager[Any]] = request.param
    with freeze() as clock:
        yield clock


@pytest.mark.parametrize("patch", [replace("theme", "dark"), remove("volume", 1)])
def test_a_later_write_changes_only_the_modification_date(
    dataset: DatasetUnderTest, clock: Any, patch: dict[str, Any]
) -> None:
    dataset.write(volume="11")
    clock.move_to(NOW + MILLISECOND)
    dataset.patch(patch)

    described = dataset.describe()
    assert described["CreationDate"] == NOW
    assert described["LastModifiedDate"] == NOW + MILLISECOND


@each_use
def test_a_token_is_valid_for_five_minutes(
    dataset: DatasetUnderTest, clock: Any, use: Use
) -> None:
    token = dataset.token()
    clock.move_to(NOW + LIFETIME - MILLISECOND)

    assert use(dataset, token)


@each_use
def test_a_token_expires_after_five_minutes(
    dataset: DatasetUnderTest, clock: Any, use: Use
) -> None:
    token = dataset.token()
    clock.move_to(NOW + LIFETIME)

    with rejected(dataset):
        use(dataset, token)


@pytest.mark.provokes("BulkPublish", "AlreadyStreamedException")
def test_a_bulk_publish_is_allowed_24_hours_after_a_success(
    aws: Aws, dataset: DatasetUnderTest, clock: Any
) -> None:
    stream = stream_of(aws, dataset.pool_id)
    dataset.write(volume="11")
    publish(dataset)
    assert_bulk_publish_is_rejected(dataset, *ALREADY_STREAMED)
    clock.move_to(NOW + DAY - MILLISECOND)
    assert_bulk_publish_is_rejected(dataset, *ALREADY_STREAMED)
    clock.move_to(NOW + DAY)
    publish(dataset)

    assert details(dataset)["BulkPublishStartTime"] == NOW + DAY
    assert len(stream.events()) == 3


def test_a_large_record_in_s3_can_be_read_while_time_is_frozen(
    aws: Aws, dataset: DatasetUnderTest, clock: Any
) -> None:
    stream = stream_of(aws, dataset.pool_id)
    clock.move_to(NOW + DAY)
    dataset.patch(replace("big", LARGE))
    (event,) = stream.events()

    response = requests.get(event["kinesisSyncRecordsURL"], timeout=30)

    (record,) = response.json()
    assert record["lastModifiedDate"] == (NOW + DAY).timestamp() * 1000
