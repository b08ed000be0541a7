"""DeleteDataset: the response, the state it leaves behind, and its errors."""

from __future__ import annotations

import string
from datetime import datetime
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

LONGEST_ID = "us-east-1:".ljust(55, "a")


@pytest.mark.verifiable
def test_the_response_contains_the_metadata_before_the_deletion(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11", theme="dark")
    described = dataset.describe()

    assert dataset.delete() == described
    assert described["NumRecords"] == 2


@pytest.mark.verifiable
def test_the_metadata_has_the_documented_members_and_types(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11")

    assert {name: type(value) for name, value in dataset.delete().items()} == {
        "IdentityId": str,
        "DatasetName": str,
        "CreationDate": datetime,
        "LastModifiedDate": datetime,
        "LastModifiedBy": str,
        "DataStorage": int,
        "NumRecords": int,
    }


@pytest.mark.verifiable
@pytest.mark.provokes("DeleteDataset", "ResourceNotFoundException")
def test_a_deleted_dataset_is_not_found(sync: Any, dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")
    dataset.delete()

    for operation in (dataset.delete, dataset.describe):
        with pytest.raises(
            sync.exceptions.ResourceNotFoundException,
            match=r"operation: Dataset 'settings' not found\.$",
        ) as caught:
            operation()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.verifiable
def test_a_deleted_dataset_is_not_listed(
    sync: Any, dataset: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    dataset.write(volume="11")
    dataset.named("saves").write(level="3")
    dataset.delete()

    listed = sync.list_datasets(IdentityPoolId=pool_id, IdentityId=identity_id)
    assert [each["DatasetName"] for each in listed["Datasets"]] == ["saves"]


@pytest.mark.verifiable
def test_a_deleted_dataset_has_no_records(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11", theme="dark")
    dataset.patch(remove("theme", sync_count=1))
    dataset.delete()

    response = dataset.list()
    assert response["Records"] == []
    assert response["Count"] == 0
    assert response["DatasetExists"] is False
    assert "LastModifiedBy" not in response


@pytest.mark.verifiable
def test_a_deleted_dataset_can_be_written_again(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11", theme="dark")
    dataset.delete()

    dataset.patch(replace("volume", "3", sync_count=0))

    assert set(dataset.records()) == {"volume"}
    assert dataset.list()["DatasetExists"] is True


def test_a_recreated_dataset_has_new_metadata(
    dataset: DatasetUnderTest,
) -> None:
    with freeze_time("2026-03-01T12:00:00Z"):
        dataset.write(volume="11", theme="dark")
        dataset.delete()
    with freeze_time("2026-03-02T12:00:00Z"):
        dataset.write(volume="3")

    described = dataset.describe()
    assert described["CreationDate"].isoformat() == "2026-03-02T12:00:00+00:00"
    assert described["NumRecords"] == 1
    assert described["DataStorage"] == len("volume3")


@pytest.mark.verifiable
def test_other_datasets_are_not_deleted(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, pool_id: str
) -> None:
    other_pool = make_pool(aws)
    others = [
        dataset.named("saves"),
        DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings"),
        DatasetUnderTest(sync, other_pool, make_identity(aws, other_pool), "settings"),
    ]
    for each in (dataset, *others):
        each.write(volume="11")
    before = [each.describe() for each in others]

    dataset.delete()

    assert [each.describe() for each in others] == before
    assert [set(each.records()) for each in others] == [{"volume"}] * 3


@pytest.mark.verifiable
@pytest.mark.provokes("DeleteDataset", "ResourceNotFoundException")
@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("DatasetName", "saves", "Dataset 'saves' not found."),
        ("IdentityId", "abc:123af", "Identity 'abc:123af' not found."),
        ("IdentityPoolId", "abc:123af", "IdentityPool 'abc:123af' not found."),
        ("IdentityPoolId", LONGEST_ID, f"IdentityPool '{LONGEST_ID}' not found."),
    ],
)
def test_unknown_datasets_identities_and_pools_are_not_found(
    sync: Any, dataset: DatasetUnderTest, member: str, value: str, message: str
) -> None:
    dataset.write(volume="11")

    with pytest.raises(sync.exceptions.ResourceNotFoundException) as caught:
        sync.delete_dataset(**(dataset.ids | {member: value}))
    assert caught.value.response["Error"]["Message"] == message
    assert dataset.describe()["NumRecords"] == 1


@pytest.mark.verifiable
@pytest.mark.provokes("DeleteDataset", "ResourceNotFoundException")
def test_an_identity_is_not_found_in_another_pool(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")

    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: Identity '{dataset.identity_id}' not found\.$",
    ):
        sync.delete_dataset(**(dataset.ids | {"IdentityPoolId": make_pool(aws)}))


@pytest.mark.verifiable
def test_a_failed_deletion_does_not_increment_the_sync_count(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(sync.exceptions.ResourceNotFoundException):
        dataset.delete()

    assert dataset.list()["DatasetSyncCount"] == 0


@pytest.mark.verifiable
@pytest.mark.parametrize(
    "name",
    [
        string.ascii_letters,
        string.digits,
        "_-.",
        "a:b",  # the documentation omits the colon; the service model allows it
        ".",
        "..",
        "datasets",
        "records",
        "x" * 128,
    ],
)
def test_every_valid_name_is_accepted(dataset: DatasetUnderTest, name: str) -> None:
    named = dataset.named(name)
    named.write(volume="11")

    assert named.delete()["DatasetName"] == name
    assert named.list()["DatasetExists"] is False


ID_PATTERN = r"Member must satisfy regular expression pattern: [\w-]+:[0-9a-f-]+"
NAME_PATTERN = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+"
LENGTH = "Member must have length less than or equal to {}"


@pytest.mark.verifiable
@pytest.mark.provokes("DeleteDataset", "InvalidParameterException")
@pytest.mark.parametrize(
    ("member", "value", "constraint"),
    [
        ("IdentityPoolId", "us-east-1", ID_PATTERN),
        # The example in the documentation contains letters that are not allowed.
        ("IdentityId", "us-east-1:23EC4050-6AEA-7089-A2DD-08002EXAMPLE", ID_PATTERN),
        ("IdentityPoolId", f"{LONGEST_ID}a", LENGTH.format(55)),
        ("IdentityId", f"{LONGEST_ID}a", LENGTH.format(55)),
        ("DatasetName", "x" * 129, LENGTH.format(128)),
        ("DatasetName", "high scores", NAME_PATTERN),
        ("DatasetName", "a/b", NAME_PATTERN),
        ("DatasetName", "a%2Fb", NAME_PATTERN),
        ("DatasetName", "naïve", NAME_PATTERN),
        ("DatasetName", "settings\n", NAME_PATTERN),
    ],
)
def test_invalid_parameters_are_rejected(
    sync: Any, dataset: DatasetUnderTest, member: str, value: str, constraint: str
) -> None:
    with pytest.raises(sync.exceptions.InvalidParameterException) as caught:
        sync.delete_dataset(**(dataset.ids | {member: value}))
    assert caught.value.response["Error"]["Message"] == (
        f"1 validation error detected: Value '{value}' at "
        f"'{member[0].lower()}{member[1:]}' failed to satisfy constraint: {constraint}"
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize(
    ("end", "status", "error"),
    [
        ("/datasets/", 400, "InvalidParameterException"),
        ("/datasets", 404, "UnknownOperationException"),
        ("/", 404, "UnknownOperationException"),
        ("", 404, "UnknownOperationException"),
    ],
)
def test_a_path_shortened_by_the_client_deletes_nothing(
    aws: Aws, dataset: DatasetUnderTest, end: str, status: int, error: str
) -> None:
    # Browsers and some SDKs resolve the dataset names "." and ".." in URLs.
    dataset.write(volume="11")
    path = f"/identitypools/{dataset.pool_id}/identities/{dataset.identity_id}{end}"

    response = aws.send("DELETE", path)

    assert (response.status, response.error) == (status, error)
    assert dataset.describe()["NumRecords"] == 1
