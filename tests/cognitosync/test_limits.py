"""Limits: exactly 20 datasets, 1,024 records and 1,048,576 bytes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config

from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest, make_identity, remove, replace

DATASETS = 20
RECORDS = 1024
BYTES = 1_048_576


@pytest.fixture
def sync(aws: Aws) -> Any:
    """A client without retries: botocore treats an exceeded limit as throttling."""
    return aws.client("cognito-sync", config=Config(retries={"total_max_attempts": 1}))


def limit_exceeded(dataset: DatasetUnderTest, message: str) -> Any:
    return pytest.raises(
        dataset.client.exceptions.LimitExceededException,
        match=rf": {message}$",
    )


def too_many_datasets(dataset: DatasetUnderTest) -> Any:
    return limit_exceeded(
        dataset,
        f"Dataset limit exceeded: identity '{dataset.identity_id}' already has "
        r"20 datasets\.",
    )


def too_many_records(dataset: DatasetUnderTest, total: int) -> Any:
    return limit_exceeded(
        dataset,
        f"Record limit exceeded: dataset 'settings' would contain {total} records; "
        r"the limit is 1024\.",
    )


def too_many_bytes(dataset: DatasetUnderTest, total: int) -> Any:
    return limit_exceeded(
        dataset,
        f"Dataset size limit exceeded: dataset 'settings' would contain {total} bytes; "
        r"the limit is 1048576\.",
    )


def snapshot(dataset: DatasetUnderTest) -> Any:
    """Return everything a client can see in a dataset."""
    listed = dataset.list()
    del listed["SyncSessionToken"], listed["ResponseMetadata"]
    return listed, dataset.describe()


# Datasets per identity.


@pytest.fixture
def full_identity(dataset: DatasetUnderTest) -> DatasetUnderTest:
    """The dataset "00" of an identity that is at the dataset limit."""
    for number in range(DATASETS):
        dataset.named(f"{number:02}").patch(replace("volume", "11"))
    return dataset.named("00")


@pytest.mark.provokes("UpdateRecords", "LimitExceededException")
def test_identity_holds_at_most_20_datasets(
    sync: Any, full_identity: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    another = full_identity.named("another")

    with too_many_datasets(another) as caught:
        another.write(volume="11")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    listed = sync.list_datasets(IdentityPoolId=pool_id, IdentityId=identity_id)
    assert listed["Count"] == DATASETS
    assert another.list()["DatasetSyncCount"] == 0


def test_identity_at_the_limit_can_write_to_existing_datasets(
    full_identity: DatasetUnderTest,
) -> None:
    full_identity.write(volume="3")

    assert full_identity.records()["volume"]["Value"] == "3"


def test_empty_batch_does_not_count_as_a_dataset(
    full_identity: DatasetUnderTest,
) -> None:
    assert full_identity.named("another").patch() == []


def test_merged_datasets_count_toward_the_limit(
    full_identity: DatasetUnderTest,
) -> None:
    full_identity.delete()
    full_identity.named("01.abc:123af").write(volume="11")

    assert full_identity.named("01").list()["MergedDatasetNames"] == ["01.abc:123af"]
    with too_many_datasets(full_identity):
        full_identity.write(volume="11")


def test_deleting_a_dataset_makes_room_for_another(
    full_identity: DatasetUnderTest,
) -> None:
    full_identity.delete()
    full_identity.named("another").write(volume="11")

    # Recreating the deleted dataset would exceed the limit again.
    with too_many_datasets(full_identity):
        full_identity.write(volume="11")
    assert full_identity.list()["DatasetExists"] is False


def test_dataset_limit_applies_per_identity(
    aws: Aws, sync: Any, full_identity: DatasetUnderTest, pool_id: str
) -> None:
    other = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")

    other.write(volume="11")

    assert other.describe()["NumRecords"] == full_identity.describe()["NumRecords"]


# Records per dataset.


@pytest.fixture
def full_of_records(dataset: DatasetUnderTest) -> DatasetUnderTest:
    dataset.patch(*(replace(f"{number:04}", "") for number in range(RECORDS)))
    return dataset


@pytest.mark.provokes("UpdateRecords", "LimitExceededException")
def test_dataset_holds_at_most_1024_records(full_of_records: DatasetUnderTest) -> None:
    before = snapshot(full_of_records)

    with too_many_records(full_of_records, RECORDS + 1):
        full_of_records.patch(replace("0000", "11", 1), replace("another", "11"))

    assert snapshot(full_of_records) == before
    assert before[1]["NumRecords"] == RECORDS


def test_oversized_first_batch_does_not_create_a_dataset(
    dataset: DatasetUnderTest,
) -> None:
    with too_many_records(dataset, RECORDS + 1):
        dataset.patch(*(replace(f"{number}", "") for number in range(RECORDS + 1)))

    assert dataset.list()["DatasetExists"] is False
    assert dataset.list()["DatasetSyncCount"] == 0


def test_records_in_a_full_dataset_can_be_replaced(
    full_of_records: DatasetUnderTest,
) -> None:
    full_of_records.patch(
        *(replace(f"{number:04}", "11", 1) for number in range(RECORDS))
    )

    assert full_of_records.describe()["NumRecords"] == RECORDS
    assert full_of_records.describe()["DataStorage"] == RECORDS * len("000011")


def test_removing_a_record_makes_room_in_the_same_batch(
    full_of_records: DatasetUnderTest,
) -> None:
    full_of_records.patch(replace("another", "11"), remove("0000", 1))

    assert full_of_records.describe()["NumRecords"] == RECORDS


def test_restoring_a_removed_record_counts_toward_the_limit(
    full_of_records: DatasetUnderTest,
) -> None:
    full_of_records.patch(replace("another", "11"), remove("0000", 1))

    with too_many_records(full_of_records, RECORDS + 1):
        full_of_records.patch(replace("0000", "11", 2))
    assert "Value" not in full_of_records.records(LastSyncCount=1)["0000"]


def test_record_pages_default_to_1024_records(
    full_of_records: DatasetUnderTest,
) -> None:
    assert "NextToken" not in full_of_records.list()

    # A removed record does not count toward the limit, but is still listed.
    full_of_records.patch(remove("unknown"))

    first = full_of_records.list()
    assert (first["Count"], len(first["Records"])) == (RECORDS, RECORDS)
    (last,) = full_of_records.list(NextToken=first["NextToken"])["Records"]
    assert last["Key"] == "unknown"
    assert full_of_records.list(MaxResults=2000)["Count"] == RECORDS + 1


# Bytes per dataset.


def filler(key: str, size: int, character: str = "v") -> dict[str, Any]:
    """Return a patch whose record adds exactly ``size`` bytes."""
    length, rest = divmod(size - len(key.encode()), len(character.encode()))
    return replace(key, character * length + "v" * rest)


@pytest.mark.parametrize(
    "patches",
    [
        [filler("k", BYTES)],
        [filler("é", BYTES)],
        [filler("🎲", BYTES, "🎲")],
        [filler("é", BYTES, "é")],
        [filler("ключ" * 255, BYTES, "ж")],
        [filler("a", BYTES - 1), replace("b", "")],
        [filler("a", BYTES // 2), filler("b", BYTES // 2, "é")],
    ],
    ids=[
        "ascii",
        "2-byte key",
        "4-byte key and value",
        "2-byte key and value",
        "long key",
        "empty value",
        "two records",
    ],
)
def test_dataset_holds_at_most_1048576_bytes(
    dataset: DatasetUnderTest, patches: list[dict[str, Any]]
) -> None:
    last = patches[-1]
    one_byte_more = {**last, "Key": f"{last['Key']}k"}

    with too_many_bytes(dataset, BYTES + 1):
        dataset.patch(*patches[:-1], one_byte_more)
    assert dataset.list()["DatasetExists"] is False

    dataset.patch(*patches)
    assert dataset.describe()["DataStorage"] == BYTES


@pytest.fixture
def full_of_bytes(dataset: DatasetUnderTest) -> DatasetUnderTest:
    dataset.patch(filler("volume", BYTES - len("themedark")), replace("theme", "dark"))
    return dataset


@pytest.mark.parametrize(
    ("patch", "total"),
    [
        (replace("k", ""), BYTES + 1),
        (replace("theme", "darky", 1), BYTES + 1),
        (replace("theme", "dérk", 1), BYTES + 1),
    ],
)
def test_batch_over_the_size_limit_changes_nothing(
    full_of_bytes: DatasetUnderTest, patch: dict[str, Any], total: int
) -> None:
    before = snapshot(full_of_bytes)

    with too_many_bytes(full_of_bytes, total):
        full_of_bytes.patch(remove("unknown"), patch)

    assert snapshot(full_of_bytes) == before


def test_size_is_checked_only_after_the_whole_batch_is_applied(
    full_of_bytes: DatasetUnderTest,
) -> None:
    full_of_bytes.patch(
        replace("theme", "brighter", 1),
        replace("theme", "red", 1),
        replace("k", ""),
    )

    assert full_of_bytes.describe()["DataStorage"] == BYTES


def test_removed_record_does_not_count_toward_the_size(
    full_of_bytes: DatasetUnderTest,
) -> None:
    full_of_bytes.patch(remove("theme", 1), remove("unknown"))
    full_of_bytes.patch(filler("another", len("themedark")))

    assert full_of_bytes.describe()["DataStorage"] == BYTES
    with too_many_bytes(full_of_bytes, BYTES + 1):
        full_of_bytes.patch(replace("k", ""))


def test_size_limit_applies_per_dataset(full_of_bytes: DatasetUnderTest) -> None:
    saves = full_of_bytes.named("saves")
    saves.patch(filler("level", BYTES))

    assert saves.describe()["DataStorage"] == BYTES


def test_deleting_a_dataset_frees_its_bytes(full_of_bytes: DatasetUnderTest) -> None:
    full_of_bytes.delete()
    full_of_bytes.patch(filler("volume", BYTES))

    assert full_of_bytes.describe()["DataStorage"] == BYTES
