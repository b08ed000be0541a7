"""ListRecords returns the metadata and records of a dataset."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from freezegun import freeze_time

from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest, make_pool, remove, replace

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
ACCOUNT_ID = "123456789012"


def raw_list(aws: Aws, dataset: DatasetUnderTest) -> tuple[dict[str, Any], str]:
    """Return the raw response, as a client without an AWS SDK reads it."""
    response = aws.send(
        "GET",
        "/identitypools/{IdentityPoolId}/identities/{IdentityId}"
        "/datasets/{DatasetName}/records".format(**dataset.ids),
    )
    assert response.status == 200
    return response.json, response.body.decode()


def test_unwritten_dataset_is_listed_as_empty(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    response, body = raw_list(aws, dataset)

    token = response.pop("SyncSessionToken")
    assert body == (
        '{"Count":0,"DatasetDeletedAfterRequestedSyncCount":false,'
        '"DatasetExists":false,"DatasetSyncCount":0,"LastModifiedBy":null,'
        '"MergedDatasetNames":null,"NextToken":null,"Records":[],'
        f'"SyncSessionToken":"{token}"}}'
    )


def test_written_dataset_lists_its_records(aws: Aws, dataset: DatasetUnderTest) -> None:
    with freeze_time(NOW):
        dataset.write(volume="11")

    response, body = raw_list(aws, dataset)

    token = response.pop("SyncSessionToken")
    assert body == (
        '{"Count":1,"DatasetDeletedAfterRequestedSyncCount":false,'
        f'"DatasetExists":true,"DatasetSyncCount":1,"LastModifiedBy":"{ACCOUNT_ID}",'
        '"MergedDatasetNames":null,"NextToken":null,"Records":['
        '{"DeviceLastModifiedDate":1772366400.25,"Key":"volume",'
        f'"LastModifiedBy":"{ACCOUNT_ID}","LastModifiedDate":1772366400.25,'
        '"SyncCount":1,"Value":"11"}],'
        f'"SyncSessionToken":"{token}"}}'
    )


def test_numbers_and_booleans_are_never_null(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")
    dataset.delete()

    response, _ = raw_list(aws, dataset)

    del response["SyncSessionToken"]
    assert response == {
        "Count": 0,
        "DatasetDeletedAfterRequestedSyncCount": False,
        "DatasetExists": False,
        "DatasetSyncCount": 2,
        "LastModifiedBy": None,
        "MergedDatasetNames": None,
        "NextToken": None,
        "Records": [],
    }


def test_dates_are_parsed_as_datetimes(dataset: DatasetUnderTest) -> None:
    with freeze_time(NOW):
        dataset.write(volume="11")

    assert dataset.records()["volume"] == {
        "Key": "volume",
        "Value": "11",
        "SyncCount": 1,
        "LastModifiedDate": NOW,
        "LastModifiedBy": ACCOUNT_ID,
        "DeviceLastModifiedDate": NOW,
    }


@pytest.mark.verifiable
def test_listing_does_not_create_a_dataset(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.list()

    assert dataset.list()["DatasetExists"] is False
    with pytest.raises(sync.exceptions.ResourceNotFoundException):
        dataset.describe()


@pytest.mark.verifiable
def test_records_are_sorted_by_key(dataset: DatasetUnderTest) -> None:
    dataset.write(b="1", a="1", B="1")
    dataset.patch(replace("é", "1"), replace("2", "1"), replace("a.b", "1"))

    assert list(dataset.records()) == ["2", "B", "a", "a.b", "b", "é"]


@pytest.mark.verifiable
@pytest.mark.parametrize(
    ("last_sync_count", "listed"),
    [
        (0, {"first", "changed", "third"}),
        (1, {"changed", "third"}),
        (2, {"third"}),
        (3, set()),
    ],
)
def test_only_records_changed_since_the_last_sync_count_are_listed(
    dataset: DatasetUnderTest, last_sync_count: int, listed: set[str]
) -> None:
    dataset.write(first="1", changed="1")
    dataset.write(changed="2")
    dataset.write(third="3")

    response = dataset.list(LastSyncCount=last_sync_count)

    assert {record["Key"] for record in response["Records"]} == listed
    assert response["Count"] == len(listed)
    assert response["DatasetSyncCount"] == 3


@pytest.mark.verifiable
def test_all_records_are_listed_without_a_last_sync_count(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11")
    dataset.write(theme="dark")

    assert set(dataset.records()) == {"volume", "theme"}


@pytest.mark.verifiable
@pytest.mark.provokes("ListRecords", "InvalidParameterException")
@pytest.mark.parametrize("writes", [0, 1, 2])
def test_last_sync_count_above_the_current_count_is_rejected(
    sync: Any, dataset: DatasetUnderTest, writes: int
) -> None:
    for _ in range(writes):
        dataset.write(volume="11")

    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=rf"operation: No such SyncCount: {writes + 1} exists for this Dataset$",
    ) as caught:
        dataset.list(LastSyncCount=writes + 1)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.verifiable
@pytest.mark.provokes("ListRecords", "InvalidParameterException")
def test_negative_last_sync_count_is_rejected(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=r"operation: LastSyncCount must not be negative, found -1$",
    ):
        dataset.list(LastSyncCount=-1)


@pytest.mark.verifiable
def test_last_modified_by_is_the_device_that_wrote_last(
    dataset: DatasetUnderTest,
) -> None:
    dataset.patch(replace("volume", "11"), DeviceId="phone")
    dataset.patch(replace("theme", "dark"), DeviceId="tablet")

    response = dataset.list()
    assert response["LastModifiedBy"] == "tablet"
    assert [each["LastModifiedBy"] for each in response["Records"]] == [
        "tablet",
        "phone",
    ]


@pytest.mark.verifiable
@pytest.mark.parametrize("last_sync_count", [0, 1])
def test_removed_records_are_listed_without_a_value(
    dataset: DatasetUnderTest, last_sync_count: int
) -> None:
    dataset.write(volume="11")
    dataset.patch(remove("volume", 1))

    record = dataset.records(LastSyncCount=last_sync_count)["volume"]
    assert "Value" not in record
    assert record["SyncCount"] == 2


def test_value_of_a_removed_record_is_null_on_the_wire(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.patch(remove("volume"))

    response, _ = raw_list(aws, dataset)

    assert response["Records"][0]["Value"] is None
    assert response["Count"] == 1


@pytest.mark.verifiable
def test_unknown_identity_is_listed_as_empty(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    response = sync.list_records(**(dataset.ids | {"IdentityId": "abc:123af"}))

    assert response["Records"] == []
    assert response["DatasetExists"] is False
    assert response["SyncSessionToken"]


@pytest.mark.verifiable
@pytest.mark.provokes("ListRecords", "ResourceNotFoundException")
@pytest.mark.parametrize("unknown", ["abc:123af", "us-east-0:c09e640"])
def test_unknown_pool_is_not_found(
    sync: Any, dataset: DatasetUnderTest, unknown: str
) -> None:
    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: IdentityPool '{unknown}' not found\.$",
    ) as caught:
        sync.list_records(**(dataset.ids | {"IdentityPoolId": unknown}))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.verifiable
def test_identity_has_no_data_in_another_pool(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")

    response = sync.list_records(**(dataset.ids | {"IdentityPoolId": make_pool(aws)}))

    assert response["Records"] == []
    assert response["DatasetSyncCount"] == 0
