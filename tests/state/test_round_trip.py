"""Everything that can be stored can be dumped, loaded and saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
import time_machine
from freezegun import freeze_time
from moto.moto_api import state_manager

from moto_cognitosync.state import dump_state, load_state
from tests.cognitosync.test_bulk_publish import MODEL_NAME, details, publish
from tests.core.test_validation import body_of, update
from tests.support.aws import Aws
from tests.support.datasets import NOW, DatasetUnderTest, make_pool, replace

POOL = "us-east-1:0"
END_OF_9999 = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=timezone.utc)


def assert_round_trip() -> dict[str, Any]:
    """Check that the state survives a dump and a load, and return it."""
    dumped = dump_state()
    load_state({})
    load_state(dumped)
    assert dump_state() == dumped
    return dumped


@pytest.fixture
def set_transition() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Set how moto's state manager advances a bulk publish."""
    yield lambda transition: state_manager.set_transition(MODEL_NAME, transition)
    state_manager.unset_transition(MODEL_NAME)


# --- Dates ------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [253402300799.9996, 253402300799.99994])
def test_a_date_is_never_rounded_into_the_year_10000(
    aws: Aws, dataset: DatasetUnderTest, seconds: float
) -> None:
    patch = replace("volume", "11", DeviceLastModifiedDate=seconds)

    [record] = update(aws, dataset, body_of(dataset, patch)).json["Records"]

    assert record["DeviceLastModifiedDate"] == 253402300799.999
    assert dataset.records()["volume"]["DeviceLastModifiedDate"].year == 9999
    assert_round_trip()


@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_a_state_from_the_last_microsecond_of_the_year_9999_can_be_loaded(
    aws: Aws,
) -> None:
    with freeze_time("9999-12-31T23:59:59.999999"):
        pool_id = make_pool(aws)
        state = assert_round_trip()

    assert state["IdentityPools"][0]["IdentityPoolId"] == pool_id
    assert state["IdentityPools"][0]["CreationDate"] == "9999-12-31T23:59:59.999Z"


def test_a_token_may_expire_after_the_year_9999(dataset: DatasetUnderTest) -> None:
    with time_machine.travel(END_OF_9999, tick=False):
        dataset.write(volume="11")
        (used,) = assert_round_trip()["UsedSyncSessions"]

    assert list(used["Expirations"].values()) == ["9999-12-31T23:59:59.999Z"]


@pytest.mark.usefixtures("stream")
@pytest.mark.parametrize(
    "transition",
    [
        {"progression": "time", "seconds": 1e9},
        {"progression": "time", "seconds": 1e11},
        {"progression": "time", "seconds": 1e15},
        {"progression": "time", "seconds": "1"},
        {"progression": "time"},
    ],
)
@pytest.mark.parametrize("earlier", ["immediate", "manual"])
def test_an_unusual_transition_does_not_prevent_a_dump(
    dataset: DatasetUnderTest, set_transition: Any, earlier: str, transition: Any
) -> None:
    set_transition({"progression": earlier, "times": 2})
    with freeze_time(NOW):
        publish(dataset)
        set_transition(transition)

        (pool,) = assert_round_trip()["IdentityPools"]

        expected = {"immediate": "SUCCEEDED", "manual": "IN_PROGRESS"}[earlier]
        assert pool["BulkPublish"]["BulkPublishStatus"] == expected
        assert details(dataset)["BulkPublishStatus"] == expected


@pytest.mark.usefixtures("cognitosync")
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_bulk_publish_may_have_started_in_the_year_1(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    start = "0001-01-01T00:00:00.000Z"
    run = {"BulkPublishStatus": "IN_PROGRESS", "BulkPublishStartTime": start}
    with monkeypatch.context() as patched:
        patched.setenv("TZ", zone)
        time.tzset()
        load_state({"IdentityPools": [{"IdentityPoolId": POOL, "BulkPublish": run}]})
        (pool,) = dump_state()["IdentityPools"]
    time.tzset()

    assert pool["BulkPublish"]["BulkPublishStartTime"] == start
