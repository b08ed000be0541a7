"""DescribeDataset and ListDatasets: the metadata of one or all datasets."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from freezegun import freeze_time

from tests.support.aws import Aws
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
ACCOUNT_ID = "123456789012"


def names(sync: Any, pool_id: str, identity_id: str) -> list[str]:
    response = sync.list_datasets(IdentityPoolId=pool_id, IdentityId=identity_id)
    return [each["DatasetName"] for each in response["Datasets"]]


def test_describe_dataset_returns_the_metadata(dataset: DatasetUnderTest) -> None:
    with freeze_time(NOW):
        dataset.write(my_key="my_value")

    assert dataset.describe() == {
        "IdentityId": dataset.identity_id,
        "DatasetName": "settings",
        "CreationDate": NOW,
        "LastModifiedDate": NOW,
        "LastModifiedBy": ACCOUNT_ID,
        "DataStorage": len("my_key") + len("my_value"),
        "NumRecords": 1,
    }


@pytest.mark.verifiable
def test_list_datasets_returns_the_same_metadata_as_describe_dataset(
    sync: Any, dataset: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    dataset.write(volume="11")

    listed = sync.list_datasets(IdentityPoolId=pool_id, IdentityId=identity_id)

    assert listed["Datasets"] == [dataset.describe()]
    assert listed["Count"] == 1
    assert "NextToken" not in listed


def test_datasets_are_listed_in_the_exact_wire_format(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    with freeze_time(NOW):
        dataset.write(volume="11")
    path = f"/identitypools/{dataset.pool_id}/identities/{dataset.identity_id}/datasets"

    response = aws.send("GET", path)

    assert response.body.decode() == (
        '{"Count":1,"Datasets":[{"CreationDate":1772366400.25,"DataStorage":8,'
        f'"DatasetName":"settings","IdentityId":"{dataset.identity_id}",'
        f'"LastModifiedBy":"{ACCOUNT_ID}","LastModifiedDate":1772366400.25,'
        '"NumRecords":1}],"NextToken":null}'
    )


@pytest.mark.verifiable
def test_data_storage_counts_the_utf_8_bytes_of_keys_and_values(
    dataset: DatasetUnderTest,
) -> None:
    dataset.patch(replace("ключ", "é"), replace("emoji", "🎲"), replace("empty", ""))

    described = dataset.describe()
    assert described["DataStorage"] == (8 + 2) + (5 + 4) + 5
    assert described["NumRecords"] == 3


@pytest.mark.verifiable
def test_replaced_values_are_not_counted(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="loud", theme="dark")
    dataset.write(volume="11")

    described = dataset.describe()
    assert described["DataStorage"] == len("volume11") + len("themedark")
    assert described["NumRecords"] == 2


@pytest.mark.verifiable
def test_removed_records_are_not_counted(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11", theme="dark")
    dataset.patch(remove("volume", 1), remove("unknown"))

    described = dataset.describe()
    assert described["DataStorage"] == len("themedark")
    assert described["NumRecords"] == 1

    dataset.patch(replace("volume", "3", sync_count=2))
    assert dataset.describe()["DataStorage"] == len("volume3") + len("themedark")
    assert dataset.describe()["NumRecords"] == 2


@pytest.mark.verifiable
def test_a_dataset_without_records_still_exists(
    sync: Any, dataset: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    dataset.write(volume="11")
    dataset.patch(remove("volume", 1))

    described = dataset.describe()
    assert (described["NumRecords"], described["DataStorage"]) == (0, 0)
    assert names(sync, pool_id, identity_id) == ["settings"]


@pytest.mark.verifiable
def test_the_first_write_creates_a_dataset(
    sync: Any, dataset: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    dataset.list()
    assert names(sync, pool_id, identity_id) == []

    dataset.write(volume="11")
    assert names(sync, pool_id, identity_id) == ["settings"]


@pytest.mark.verifiable
def test_datasets_are_sorted_by_name(
    sync: Any, dataset: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    for name in ("b", "a", "B", "a.b", "2"):
        dataset.named(name).write(volume="11")

    assert names(sync, pool_id, identity_id) == ["2", "B", "a", "a.b", "b"]


@pytest.mark.verifiable
def test_datasets_of_other_identities_are_not_listed(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    dataset.write(volume="11")
    other = make_identity(aws, pool_id)
    DatasetUnderTest(sync, pool_id, other, "saves").write(level="3")

    assert names(sync, pool_id, identity_id) == ["settings"]
    assert names(sync, pool_id, other) == ["saves"]


@pytest.mark.verifiable
@pytest.mark.parametrize("known", [True, False])
def test_the_list_is_empty_for_an_identity_without_datasets(
    sync: Any, pool_id: str, identity_id: str, known: bool
) -> None:
    response = sync.list_datasets(
        IdentityPoolId=pool_id, IdentityId=identity_id if known else "abc:123af"
    )

    assert response["Datasets"] == []
    assert response["Count"] == 0
    assert "NextToken" not in response


@pytest.mark.verifiable
@pytest.mark.provokes("ListDatasets", "ResourceNotFoundException")
@pytest.mark.parametrize("unknown", ["abc:123af", "us-east-0:c09e640"])
def test_listing_the_datasets_of_an_unknown_pool_fails(
    sync: Any, identity_id: str, unknown: str
) -> None:
    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: IdentityPool '{unknown}' not found\.$",
    ) as caught:
        sync.list_datasets(IdentityPoolId=unknown, IdentityId=identity_id)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.verifiable
@pytest.mark.provokes("DescribeDataset", "ResourceNotFoundException")
@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("DatasetName", "saves", "Dataset 'saves' not found."),
        ("IdentityId", "abc:123af", "Identity 'abc:123af' not found."),
        ("IdentityPoolId", "abc:123af", "IdentityPool 'abc:123af' not found."),
    ],
)
def test_unknown_datasets_identities_and_pools_are_not_found(
    sync: Any, dataset: DatasetUnderTest, member: str, value: str, message: str
) -> None:
    dataset.write(volume="11")

    with pytest.raises(sync.exceptions.ResourceNotFoundException) as caught:
        sync.describe_dataset(**(dataset.ids | {member: value}))
    assert caught.value.response["Error"]["Message"] == message


@pytest.mark.verifiable
@pytest.mark.provokes("DescribeDataset", "ResourceNotFoundException")
def test_an_identity_is_not_found_in_another_pool(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, identity_id: str
) -> None:
    dataset.write(volume="11")
    other_pool = make_pool(aws)

    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: Identity '{identity_id}' not found\.$",
    ):
        sync.describe_dataset(**(dataset.ids | {"IdentityPoolId": other_pool}))
    assert names(sync, other_pool, identity_id) == []
