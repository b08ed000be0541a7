"""ListRecords: what it tells about a dataset and its records."""

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
    """Return the answer that a client without an AWS SDK would read."""
    answer = aws.send(
        "GET",
        "/identitypools/{IdentityPoolId}/identities/{IdentityId}"
        "/datasets/{DatasetName}/records".format(**dataset.ids),
    )
    assert answer.status == 200
    return answer.json, answer.body.decode()


def test_a_dataset_that_was_never_written_lists_as_empty(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    answer, body = raw_list(aws, dataset)

    token = answer.pop("SyncSessionToken")
    assert body == (
        '{"Count":0,"DatasetDeletedAfterRequestedSyncCount":false,'
        '"DatasetExists":false,"DatasetSyncCount":0,"LastModifiedBy":null,'
        '"MergedDatasetNames":null,"NextToken":null,"Records":[],'
        f'"SyncSessionToken":"{token}"}}'
    )


def test_a_written_dataset_lists_its_records(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    with freeze_time(NOW):
        dataset.write(volume="11")

    answer, body = raw_list(aws, dataset)

    token = answer.pop("SyncSessionToken")
    assert body == (
        '{"Count":1,"DatasetDeletedAfterRequestedSyncCount":false,'
        f'"DatasetExists":true,"DatasetSyncCount":1,"LastModifiedBy":"{ACCOUNT_ID}",'
        '"MergedDatasetNames":null,"NextToken":null,"Records":['
        '{"DeviceLastModifiedDate":1772366400.25,"Key":"volume",'
        f'"LastModifiedBy":"{ACCOUNT_ID}","LastModifiedDate":1772366400.25,'
        '"SyncCount":1,"Value":"11"}],'
        f'"SyncSessionToken":"{token}"}}'
    )


def test_what_clients_unbox_is_never_null(aws: Aws, dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")
    dataset.delete()

    answer, _ = raw_list(aws, dataset)

    del answer["SyncSessionToken"]
    assert answer == {
        "Count": 0,
        "DatasetDeletedAfterRequestedSyncCount": False,
        "DatasetExists": False,
        "DatasetSyncCount": 2,
        "LastModifiedBy": None,
        "MergedDatasetNames": None,
        "NextToken": None,
        "Records": [],
    }


def test_dates_arrive_as_dates(dataset: DatasetUnderTest) -> None:
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
def test_records_are_listed_by_key(dataset: DatasetUnderTest) -> None:
    dataset.write(b="1", a="1", B="1")
    dataset.patch(replace("é", "1"), replace("2", "1"), replace("a.b", "1"))

    assert list(dataset.records()) == ["2", "B", "a", "a.b", "b", "é"]


@pytest.mark.verifiable
@pytest.mark.parametrize(
    ("seen", "listed"),
    [
        (0, {"first", "changed", "third"}),
        (1, {"changed", "third"}),
        (2, {"third"}),
        (3, set()),
    ],
)
def test_only_records_changed_since_the_last_sync_count_are_listed(
    dataset: DatasetUnderTest, seen: int, listed: set[str]
) -> None:
    dataset.write(first="1", changed="1")
    dataset.write(changed="2")
    dataset.write(third="3")

    answer = dataset.list(LastSyncCount=seen)

    assert {record["Key"] for record in answer["Records"]} == listed
    assert answer["Count"] == len(listed)
    assert answer["DatasetSyncCount"] == 3


@pytest.mark.verifiable
def test_everything_is_listed_without_a_last_sync_count(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11")
    dataset.write(theme="dark")

    assert set(dataset.records()) == {"volume", "theme"}


@pytest.mark.verifiable
@pytest.mark.provokes("ListRecords", "InvalidParameterException")
@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_last_sync_count_above_the_datasets_is_refused(
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
def test_a_negative_last_sync_count_is_refused(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=r"operation: LastSyncCount must not be negative, found -1$",
    ):
        dataset.list(LastSyncCount=-1)


@pytest.mark.verifiable
def test_the_dataset_tells_who_changed_it_last(dataset: DatasetUnderTest) -> None:
    dataset.patch(replace("volume", "11"), DeviceId="phone")
    dataset.patch(replace("theme", "dark"), DeviceId="tablet")

    answer = dataset.list()
    assert answer["LastModifiedBy"] == "tablet"
    assert [each["LastModifiedBy"] for each in answer["Records"]] == ["tablet", "phone"]


@pytest.mark.verifiable
@pytest.mark.parametrize("seen", [0, 1])
def test_removed_records_are_listed_without_a_value(
    dataset: DatasetUnderTest, seen: int
) -> None:
    dataset.write(volume="11")
    dataset.patch(remove("volume", 1))

    record = dataset.records(LastSyncCount=seen)["volume"]
    assert "Value" not in record
    assert record["SyncCount"] == 2


def test_the_value_of_a_removed_record_is_null_on_the_wire(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.patch(remove("volume"))

    answer, _ = raw_list(aws, dataset)

    assert answer["Records"][0]["Value"] is None
    assert answer["Count"] == 1


@pytest.mark.verifiable
def test_an_unknown_identity_lists_as_one_without_data(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    answer = sync.list_records(**(dataset.ids | {"IdentityId": "abc:123af"}))

    assert answer["Records"] == []
    assert answer["DatasetExists"] is False
    assert answer["SyncSessionToken"]


@pytest.mark.verifiable
@pytest.mark.provokes("ListRecords", "ResourceNotFoundException")
@pytest.mark.parametrize("unknown", ["abc:123af", "us-east-0:c09e640"])
def test_records_of_an_unknown_pool_cannot_be_listed(
    sync: Any, dataset: DatasetUnderTest, unknown: str
) -> None:
    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: IdentityPool '{unknown}' not found\.$",
    ) as caught:
        sync.list_records(**(dataset.ids | {"IdentityPoolId": unknown}))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.verifiable
def test_an_identity_has_no_data_in_another_pool(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")

    answer = sync.list_records(**(dataset.ids | {"IdentityPoolId": make_pool(aws)}))

    assert answer["Records"] == []
    assert answer["DatasetSyncCount"] == 0
