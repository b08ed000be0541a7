"""BulkPublish and GetBulkPublishDetails: send all datasets of a pool to its stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from botocore import xform_name
from freezegun import freeze_time
from moto.moto_api import state_manager

from moto_cognitosync.state import dump_state, load_state
from tests.support.aws import Aws
from tests.support.datasets import (
    NOW,
    NOW_IN_MS,
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
)
from tests.support.provokes import provoking
from tests.support.streams import (
    LARGE,
    NOT_ENABLED,
    Stream,
    before_next_record,
    stream_of,
)

MODEL_NAME = "cognito-sync::bulk-publish"
HOUR = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def set_transition() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Set how moto's state manager advances a bulk publish."""
    yield lambda transition: state_manager.set_transition(MODEL_NAME, transition)
    state_manager.unset_transition(MODEL_NAME)


def publish(dataset: DatasetUnderTest) -> None:
    dataset.client.bulk_publish(IdentityPoolId=dataset.pool_id)


def details(dataset: DatasetUnderTest) -> dict[str, Any]:
    response = dataset.client.get_bulk_publish_details(IdentityPoolId=dataset.pool_id)
    assert response.pop("IdentityPoolId") == dataset.pool_id
    del response["ResponseMetadata"]
    return response  # type: ignore[no-any-return]


def status(dataset: DatasetUnderTest) -> str:
    return details(dataset)["BulkPublishStatus"]  # type: ignore[no-any-return]


def assert_bulk_publish_is_rejected(
    dataset: DatasetUnderTest, error: str, message: str
) -> None:
    """Check that a bulk publish is rejected and leaves the stored details unchanged."""
    before = details(dataset)
    with pytest.raises(
        getattr(dataset.client.exceptions, error), match=f"operation: {message}$"
    ):
        publish(dataset)
    assert details(dataset) == before


# --- Data -------------------------------------------------------------------------


def test_a_published_dataset_has_the_same_format_as_a_streamed_write(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    with freeze_time(NOW) as clock:
        dataset.write(volume="11", theme="dark", gone="soon")
        clock.tick(HOUR)
        dataset.patch(remove("gone", 1))
    stream = stream_of(aws, dataset.pool_id)

    response = sync.bulk_publish(IdentityPoolId=dataset.pool_id)

    assert response["IdentityPoolId"] == dataset.pool_id
    record = {
        "syncCount": 1,
        "lastModifiedDate": NOW_IN_MS,
        "deviceLastModifiedDate": NOW_IN_MS,
        "op": "replace",
    }
    assert stream.events() == [
        {
            "identityPoolId": dataset.pool_id,
            "identityId": dataset.identity_id,
            "datasetName": "settings",
            "operation": "replace",
            "kinesisSyncRecords": [
                {"key": "volume", "value": "11"} | record,
                {"key": "theme", "value": "dark"} | record,
            ],
            "lastModifiedDate": NOW_IN_MS + 3_600_000,
            "kinesisSyncRecordsURL": None,
            "payloadType": "Inline",
            "syncCount": 2,
        }
    ]
    assert stream.records()[0]["PartitionKey"] == dataset.identity_id


def test_every_existing_dataset_of_the_pool_is_sent(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    neighbor, other_pool = make_identity(aws, dataset.pool_id), make_pool(aws)
    stranger = make_identity(aws, other_pool)
    dataset.write(volume="11")
    dataset.named("deleted").write(volume="11")
    dataset.named("deleted").delete()
    dataset.named("emptied").patch(remove("volume"))
    DatasetUnderTest(sync, dataset.pool_id, neighbor, "saves").write(slot="1")
    DatasetUnderTest(sync, other_pool, stranger, "saves").write(slot="1")
    stream = stream_of(aws, dataset.pool_id)

    publish(dataset)

    sent = {
        (event["identityId"], event["datasetName"]): [
            record["key"] for record in event["kinesisSyncRecords"]
        ]
        for event in stream.events()
    }
    assert sent == {
        (dataset.identity_id, "settings"): ["volume"],
        (dataset.identity_id, "emptied"): [],
        (neighbor, "saves"): ["slot"],
    }
    assert len(stream.events()) == 3


def test_a_dataset_too_large_for_kinesis_is_stored_in_s3(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(big=LARGE)

    publish(dataset)

    _, event = stream.events()
    assert event["payloadType"] == "S3Url"
    (record,) = requests.get(event["kinesisSyncRecordsURL"], timeout=30).json()
    assert record["value"] == LARGE


# --- Status -----------------------------------------------------------------------


def test_the_status_is_not_started_before_the_first_bulk_publish(
    aws: Aws, pool_id: str
) -> None:
    response = aws.send("POST", f"/identitypools/{pool_id}/getBulkPublishDetails")

    assert response.body.decode() == (
        '{"BulkPublishCompleteTime":null,"BulkPublishStartTime":null,'
        '"BulkPublishStatus":"NOT_STARTED","FailureMessage":null,'
        f'"IdentityPoolId":"{pool_id}"}}'
    )


@pytest.mark.usefixtures("stream")
def test_a_bulk_publish_succeeds_immediately_by_default(
    dataset: DatasetUnderTest,
) -> None:
    with freeze_time(NOW) as clock:
        publish(dataset)
        clock.tick(HOUR)

        assert details(dataset) == {
            "BulkPublishStatus": "SUCCEEDED",
            "BulkPublishStartTime": NOW,
            "BulkPublishCompleteTime": NOW,
        }


def test_the_state_manager_controls_how_long_a_bulk_publish_is_in_progress(
    dataset: DatasetUnderTest, stream: Stream, set_transition: Any
) -> None:
    set_transition({"progression": "manual", "times": 2})
    dataset.write(volume="11")
    with freeze_time(NOW) as clock:
        publish(dataset)
        clock.tick(HOUR)
        first = details(dataset)
        clock.tick(HOUR)
        second = details(dataset)
        clock.tick(HOUR)

        in_progress = {"BulkPublishStatus": "IN_PROGRESS", "BulkPublishStartTime": NOW}
        succeeded = {
            "BulkPublishStatus": "SUCCEEDED",
            "BulkPublishStartTime": NOW,
            "BulkPublishCompleteTime": NOW + 2 * HOUR,
        }
        assert [first, second, details(dataset)] == [in_progress, succeeded, succeeded]
    assert len(stream.events()) == 2


@pytest.mark.usefixtures("stream")
def test_a_bulk_publish_can_take_a_fixed_amount_of_time(
    dataset: DatasetUnderTest, set_transition: Any
) -> None:
    set_transition({"progression": "time", "seconds": 60})
    with freeze_time(NOW) as clock:
        publish(dataset)
        clock.tick(timedelta(seconds=60))
        assert status(dataset) == "IN_PROGRESS"
        clock.tick(timedelta(seconds=1))
        assert status(dataset) == "SUCCEEDED"


@pytest.mark.usefixtures("stream")
def test_saving_and_loading_state_does_not_delay_a_bulk_publish(
    dataset: DatasetUnderTest, set_transition: Any
) -> None:
    set_transition({"progression": "time", "seconds": 60})
    with freeze_time(NOW) as clock:
        publish(dataset)
        clock.tick(timedelta(seconds=30))
        load_state(dump_state())
        assert status(dataset) == "IN_PROGRESS"
        clock.tick(timedelta(seconds=31))

        assert details(dataset) == {
            "BulkPublishStatus": "SUCCEEDED",
            "BulkPublishStartTime": NOW,
            "BulkPublishCompleteTime": NOW + timedelta(seconds=60),
        }


def test_a_bulk_publish_is_in_progress_until_its_data_is_sent(
    dataset: DatasetUnderTest, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset.write(volume="11")
    seen: list[str] = []
    before_next_record(monkeypatch, lambda: seen.append(status(dataset)))

    publish(dataset)

    assert seen == ["IN_PROGRESS"]
    assert status(dataset) == "SUCCEEDED"
    assert len(stream.events()) == 2


def test_a_bulk_publish_to_a_deleted_stream_fails(
    sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(volume="11")
    stream.delete()
    with freeze_time(NOW):
        publish(dataset)

    assert details(dataset) == {
        "BulkPublishStatus": "FAILED",
        "BulkPublishStartTime": NOW,
        "FailureMessage": "Stream 'changes' not found.",
    }
    configuration = sync.get_identity_pool_configuration(IdentityPoolId=dataset.pool_id)
    assert configuration["CognitoStreams"]["StreamingStatus"] == "DISABLED"


def test_a_bulk_publish_fails_if_kinesis_raises_an_error(
    dataset: DatasetUnderTest, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise RuntimeError("no response")

    dataset.write(volume="11")
    before_next_record(monkeypatch, fail)
    publish(dataset)

    assert status(dataset) == "FAILED"
    assert details(dataset)["FailureMessage"] == "no response"
    assert len(stream.events()) == 1


# --- Rejected requests ------------------------------------------------------------


@pytest.mark.provokes("BulkPublish", "DuplicateRequestException")
@pytest.mark.usefixtures("stream")
def test_only_one_bulk_publish_runs_at_a_time(
    dataset: DatasetUnderTest, set_transition: Any
) -> None:
    set_transition({"progression": "manual", "times": 10})
    publish(dataset)

    assert_bulk_publish_is_rejected(
        dataset,
        "DuplicateRequestException",
        r"A bulk publish is already in progress for this identity pool\.",
    )


ALREADY_STREAMED = (
    "AlreadyStreamedException",
    r"A bulk publish succeeded for this identity pool less than 24 hours ago\.",
)


@pytest.mark.provokes("BulkPublish", "AlreadyStreamedException")
@pytest.mark.usefixtures("stream")
def test_a_bulk_publish_can_run_again_24_hours_after_it_completes(
    dataset: DatasetUnderTest, set_transition: Any
) -> None:
    set_transition({"progression": "manual", "times": 1})
    with freeze_time(NOW) as clock:
        publish(dataset)
        clock.tick(HOUR)
        assert status(dataset) == "SUCCEEDED"
        clock.tick(24 * HOUR - MILLISECOND)
        assert_bulk_publish_is_rejected(dataset, *ALREADY_STREAMED)
        clock.tick(MILLISECOND)
        publish(dataset)


@pytest.mark.usefixtures("stream")
def test_the_24_hours_elapse_without_a_call_to_get_the_details(
    dataset: DatasetUnderTest, set_transition: Any
) -> None:
    set_transition({"progression": "time", "seconds": 60})
    with freeze_time(NOW) as clock:
        publish(dataset)
        clock.tick(25 * HOUR)
        publish(dataset)

        assert details(dataset)["BulkPublishStartTime"] == NOW + 25 * HOUR


def test_a_failed_bulk_publish_does_not_block_the_next(
    aws: Aws, dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(volume="11")
    stream.delete()
    publish(dataset)
    stream = stream_of(aws, dataset.pool_id)

    publish(dataset)

    assert status(dataset) == "SUCCEEDED"
    assert "FailureMessage" not in details(dataset)
    assert len(stream.events()) == 1


def test_pools_publish_independently(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    publish(dataset)
    other_pool = make_pool(aws)
    stream.enable(sync, other_pool)
    other = DatasetUnderTest(sync, other_pool, make_identity(aws, other_pool), "x")

    assert status(other) == "NOT_STARTED"
    publish(other)
    assert status(other) == "SUCCEEDED"


@pytest.mark.provokes("BulkPublish", "InvalidParameterException")
@pytest.mark.parametrize("section", NOT_ENABLED)
def test_a_pool_without_an_enabled_stream_cannot_publish(
    sync: Any, dataset: DatasetUnderTest, stream: Stream, section: dict[str, str]
) -> None:
    sync.set_identity_pool_configuration(
        IdentityPoolId=dataset.pool_id, CognitoStreams=section
    )

    assert_bulk_publish_is_rejected(
        dataset,
        "InvalidParameterException",
        r"Cognito Streams is not enabled for this identity pool\. "
        r"Call SetIdentityPoolConfiguration first\.",
    )
    assert stream.events() == []


@pytest.mark.parametrize(
    "operation",
    provoking("ResourceNotFoundException", ["BulkPublish", "GetBulkPublishDetails"]),
)
def test_an_unknown_pool_is_not_found(sync: Any, operation: str) -> None:
    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=r"operation: IdentityPool 'abc:123af' not found\.$",
    ):
        getattr(sync, xform_name(operation))(IdentityPoolId="abc:123af")
