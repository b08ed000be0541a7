"""The limits: 20 datasets, 1,024 records, 1,048,576 bytes, each to the last one."""

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
    """A client that asks once: botocore takes a limit for throttling."""
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


def too_many_records(dataset: DatasetUnderTest, found: int) -> Any:
    return limit_exceeded(
        dataset,
        f"Record limit exceeded: dataset 'settings' would hold {found} records, "
        r"the limit is 1024\.",
    )


def too_many_bytes(dataset: DatasetUnderTest, found: int) -> Any:
    return limit_exceeded(
        dataset,
        f"Dataset size limit exceeded: dataset 'settings' would hold {found} bytes, "
        r"the limit is 1048576\.",
    )


def state(dataset: DatasetUnderTest) -> Any:
    """Return all that can be seen of a dataset."""
    listed = dataset.list()
    del listed["SyncSessionToken"], listed["ResponseMetadata"]
    return listed, dataset.describe()


# Datasets of an identity.


@pytest.fixture
def full_identity(dataset: DatasetUnderTest) -> DatasetUnderTest:
    """A dataset of an identity that can have no more; its name is "00"."""
    for number in range(DATASETS):
        dataset.named(f"{number:02}").patch(replace("volume", "11"))
    return dataset.named("00")


@pytest.mark.provokes("UpdateRecords", "LimitExceededException")
def test_an_identity_has_up_to_20_datasets(
    sync: Any, full_identity: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    another = full_identity.named("another")

    with too_many_datasets(another) as caught:
        another.write(volume="11")

    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    listed = sync.list_datasets(IdentityPoolId=pool_id, IdentityId=identity_id)
    assert listed["Count"] == DATASETS
    assert another.list()["DatasetSyncCount"] == 0


def test_the_datasets_of_a_full_identity_can_be_written(
    full_identity: DatasetUnderTest,
) -> None:
    full_identity.write(volume="3")

    assert full_identity.records()["volume"]["Value"] == "3"


def test_a_batch_without_patches_needs_no_room(
    full_identity: DatasetUnderTest,
) -> None:
    assert full_identity.named("another").patch() == []


def test_merged_datasets_take_up_room(full_identity: DatasetUnderTest) -> None:
    full_identity.delete()
    full_identity.named("01.abc:123af").write(volume="11")

    assert full_identity.named("01").list()["MergedDatasetNames"] == ["01.abc:123af"]
    with too_many_datasets(full_identity):
        full_identity.write(volume="11")


def test_a_deletion_makes_room_for_one_dataset(
    full_identity: DatasetUnderTest,
) -> None:
    full_identity.delete()
    full_identity.named("another").write(volume="11")

    # It would be one too many again.
    with too_many_datasets(full_identity):
        full_identity.write(volume="11")
    assert full_identity.list()["DatasetExists"] is False


def test_each_identity_has_room_of_its_own(
    aws: Aws, sync: Any, full_identity: DatasetUnderTest, pool_id: str
) -> None:
    other = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")

    other.write(volume="11")

    assert other.describe()["NumRecords"] == full_identity.describe()["NumRecords"]


# Records of a dataset.


@pytest.fixture
def full_of_records(dataset: DatasetUnderTest) -> DatasetUnderTest:
    dataset.patch(*(replace(f"{number:04}", "") for number in range(RECORDS)))
    return dataset


@pytest.mark.provokes("UpdateRecords", "LimitExceededException")
def test_a_dataset_has_up_to_1024_records(full_of_records: DatasetUnderTest) -> None:
    before = state(full_of_records)

    with too_many_records(full_of_records, RECORDS + 1):
        full_of_records.patch(replace("0000", "11", 1), replace("another", "11"))

    assert state(full_of_records) == before
    assert before[1]["NumRecords"] == RECORDS


def test_a_first_batch_of_too_many_records_creates_no_dataset(
    dataset: DatasetUnderTest,
) -> None:
    with too_many_records(dataset, RECORDS + 1):
        dataset.patch(*(replace(f"{number}", "") for number in range(RECORDS + 1)))

    assert dataset.list()["DatasetExists"] is False
    assert dataset.list()["DatasetSyncCount"] == 0


def test_the_records_of_a_full_dataset_can_be_replaced(
    full_of_records: DatasetUnderTest,
) -> None:
    full_of_records.patch(
        *(replace(f"{number:04}", "11", 1) for number in range(RECORDS))
    )

    assert full_of_records.describe()["NumRecords"] == RECORDS
    assert full_of_records.describe()["DataStorage"] == RECORDS * len("000011")


def test_a_removed_record_makes_room_in_the_same_batch(
    full_of_records: DatasetUnderTest,
) -> None:
    full_of_records.patch(replace("another", "11"), remove("0000", 1))

    assert full_of_records.describe()["NumRecords"] == RECORDS


def test_a_removed_record_needs_room_when_it_returns(
    full_of_records: DatasetUnderTest,
) -> None:
    full_of_records.patch(replace("another", "11"), remove("0000", 1))

    with too_many_records(full_of_records, RECORDS + 1):
        full_of_records.patch(replace("0000", "11", 2))
    assert "Value" not in full_of_records.records(LastSyncCount=1)["0000"]


def test_a_page_of_records_holds_1024_unless_asked_otherwise(
    full_of_records: DatasetUnderTest,
) -> None:
    assert "NextToken" not in full_of_records.list()

    # A removed record takes no room, but a line in the list.
    full_of_records.patch(remove("unknown"))

    first = full_of_records.list()
    assert (first["Count"], len(first["Records"])) == (RECORDS, RECORDS)
    (last,) = full_of_records.list(NextToken=first["NextToken"])["Records"]
    assert last["Key"] == "unknown"
    assert full_of_records.list(MaxResults=2000)["Count"] == RECORDS + 1


# Bytes of a dataset.


def filler(key: str, size: int, character: str = "v") -> dict[str, Any]:
    """Make a patch that adds a number of bytes, all of them in one record."""
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
    ids=["1+1", "2+1", "4+4", "2+2", "long key", "key alone", "two"],
)
def test_a_dataset_has_up_to_1048576_bytes(
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
    ("patch", "found"),
    [
        (replace("k", ""), BYTES + 1),
        (replace("theme", "darky", 1), BYTES + 1),
        (replace("theme", "dérk", 1), BYTES + 1),
    ],
)
def test_a_batch_that_is_too_much_changes_nothing(
    full_of_bytes: DatasetUnderTest, patch: dict[str, Any], found: int
) -> None:
    before = state(full_of_bytes)

    with too_many_bytes(full_of_bytes, found):
        full_of_bytes.patch(remove("unknown"), patch)

    assert state(full_of_bytes) == before


def test_only_what_a_batch_leaves_behind_counts(
    full_of_bytes: DatasetUnderTest,
) -> None:
    full_of_bytes.patch(
        replace("theme", "brighter", 1),
        replace("theme", "red", 1),
        replace("k", ""),
    )

    assert full_of_bytes.describe()["DataStorage"] == BYTES


def test_a_removed_record_takes_no_bytes(full_of_bytes: DatasetUnderTest) -> None:
    full_of_bytes.patch(remove("theme", 1), remove("unknown"))
    full_of_bytes.patch(filler("another", len("themedark")))

    assert full_of_bytes.describe()["DataStorage"] == BYTES
    with too_many_bytes(full_of_bytes, BYTES + 1):
        full_of_bytes.patch(replace("k", ""))


def test_each_dataset_has_bytes_of_its_own(full_of_bytes: DatasetUnderTest) -> None:
    saves = full_of_bytes.named("saves")
    saves.patch(filler("level", BYTES))

    assert saves.describe()["DataStorage"] == BYTES


def test_a_deletion_frees_the_bytes(full_of_bytes: DatasetUnderTest) -> None:
    full_of_bytes.delete()
    full_of_bytes.patch(filler("volume", BYTES))

    assert full_of_bytes.describe()["DataStorage"] == BYTES
