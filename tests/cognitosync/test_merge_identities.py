"""merge_identities() moves datasets to another identity, renaming conflicts."""

from __future__ import annotations

from typing import Any

import pytest

from moto_cognitosync import merge_identities
from moto_cognitosync.state import dump_state, load_state
from tests.support.aws import Aws
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
)
from tests.support.streams import LARGE, Stream, summary


@pytest.fixture
def guest(aws: Aws, sync: Any, pool_id: str) -> DatasetUnderTest:
    """A dataset with the same name, owned by the identity to merge from."""
    return DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")


def merged_name(guest: DatasetUnderTest) -> str:
    return f"settings.{guest.identity_id}"


def test_dataset_moves_with_its_sync_count(
    dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    guest.write(theme="dark")
    guest.write(theme="light")

    merge_identities(guest.identity_id, dataset.identity_id)

    assert dataset.describe()["IdentityId"] == dataset.identity_id
    assert dataset.list()["DatasetSyncCount"] == 2
    assert dataset.records()["theme"]["Value"] == "light"
    assert guest.list()["DatasetExists"] is False


def test_sync_count_never_decreases_when_a_dataset_moves(
    dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    dataset.write(theme="light")
    dataset.delete()
    guest.write(volume="11")

    merge_identities(guest.identity_id, dataset.identity_id)

    listed = dataset.list(LastSyncCount=2)
    assert listed["DatasetSyncCount"] == 4
    assert listed["DatasetDeletedAfterRequestedSyncCount"] is True


@pytest.mark.parametrize("name", ["settings", "merged"])
def test_a_client_that_has_seen_a_deletion_receives_the_merged_records(
    dataset: DatasetUnderTest, guest: DatasetUnderTest, name: str
) -> None:
    target = dataset
    if name == "merged":
        dataset.write(theme="dark")
        target = dataset.named(merged_name(guest))
    for theme in ("dark", "light"):
        target.write(theme=theme)
    target.delete()
    guest.write(volume="11", theme="blue")
    guest.write(volume="12")

    merge_identities(guest.identity_id, dataset.identity_id)

    listed = target.list(LastSyncCount=3)
    counts = {each["Key"]: each["SyncCount"] for each in listed["Records"]}
    assert counts == {"theme": 4, "volume": 5}
    assert listed["DatasetDeletedAfterRequestedSyncCount"] is False
    (written,) = target.write(theme="green")
    assert written["SyncCount"] > 4


def test_sync_count_of_the_old_identity_never_decreases(
    dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    guest.write(theme="dark")
    guest.write(theme="light")

    merge_identities(guest.identity_id, dataset.identity_id)

    listed = guest.list(LastSyncCount=2)
    assert listed["DatasetSyncCount"] == 3
    assert listed["DatasetExists"] is False
    assert listed["DatasetDeletedAfterRequestedSyncCount"] is True
    (written,) = guest.write(theme="blue")
    assert written["SyncCount"] == 4


def test_conflicting_dataset_is_renamed_after_the_old_identity(
    dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    guest.write(theme="light")
    guest.write(volume="11")

    merge_identities(guest.identity_id, dataset.identity_id)

    assert dataset.list()["MergedDatasetNames"] == [merged_name(guest)]
    assert dataset.records()["theme"]["Value"] == "dark"
    merged = dataset.named(merged_name(guest))
    assert merged.list()["DatasetSyncCount"] == 1
    counts = {key: each["SyncCount"] for key, each in merged.records().items()}
    assert counts == {"theme": 1, "volume": 2}


def test_second_merge_overwrites_nothing(
    dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    for theme in ("light", "blue"):
        guest.write(theme=theme)
        merge_identities(guest.identity_id, dataset.identity_id)

    once = merged_name(guest)
    twice = f"{once}.{guest.identity_id}"
    themes = [
        dataset.named(name).records()["theme"]["Value"]
        for name in (dataset.name, once, twice)
    ]
    assert themes == ["dark", "light", "blue"]
    state = dump_state()
    load_state(state)
    assert dump_state() == state


def test_datasets_renamed_to_the_same_name_are_both_kept(
    dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    guest.write(theme="light")
    guest.named(merged_name(guest)).write(theme="blue")

    merge_identities(guest.identity_id, dataset.identity_id)

    once = dataset.named(merged_name(guest))
    twice = dataset.named(f"{once.name}.{guest.identity_id}")
    assert once.records()["theme"]["Value"] == "light"
    assert twice.records()["theme"]["Value"] == "blue"


def test_sync_count_never_decreases_when_a_dataset_is_renamed(
    dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    once = dataset.named(merged_name(guest))
    once.write(theme="light")
    once.delete()
    guest.write(theme="blue")

    merge_identities(guest.identity_id, dataset.identity_id)

    listed = once.list(LastSyncCount=1)
    assert listed["DatasetSyncCount"] == 3
    assert listed["DatasetDeletedAfterRequestedSyncCount"] is True


def test_previous_sync_count_is_unknown_after_a_merge(
    sync: Any, dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    guest.write(theme="light")
    guest.write(theme="dark")
    merge_identities(guest.identity_id, dataset.identity_id)

    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match="No such SyncCount: 2 exists for this Dataset",
    ):
        dataset.named(merged_name(guest)).list(LastSyncCount=2)


@pytest.mark.parametrize("deleted", ["settings", "merged"])
def test_deleting_either_dataset_clears_merged_dataset_names(
    dataset: DatasetUnderTest, guest: DatasetUnderTest, deleted: str
) -> None:
    dataset.write(theme="dark")
    guest.write(theme="light")
    merge_identities(guest.identity_id, dataset.identity_id)

    name = merged_name(guest) if deleted == "merged" else deleted
    dataset.named(name).delete()

    assert "MergedDatasetNames" not in dataset.list()


def test_only_a_merge_can_exceed_the_dataset_limit(
    sync: Any, dataset: DatasetUnderTest, guest: DatasetUnderTest
) -> None:
    for number in range(20):
        dataset.named(f"mine-{number}").write(theme="dark")
    guest.write(theme="light")

    merge_identities(guest.identity_id, dataset.identity_id)

    ids = {key: dataset.ids[key] for key in ("IdentityPoolId", "IdentityId")}
    assert sync.list_datasets(**ids)["Count"] == 21
    dataset.write(theme="dark")
    with pytest.raises(sync.exceptions.LimitExceededException):
        dataset.named("one-more").write(theme="dark")


def test_merge_requires_two_identities_of_the_same_pool(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    foreign_identity = make_identity(aws, make_pool(aws))

    names = " and ".join(sorted([foreign_identity, dataset.identity_id]))
    with pytest.raises(ValueError, match=f"no identity pool contains both {names}$"):
        merge_identities(foreign_identity, dataset.identity_id)
    with pytest.raises(ValueError, match="into itself"):
        merge_identities(dataset.identity_id, dataset.identity_id)


@pytest.mark.parametrize("name", ["settings", "saves"])
def test_stream_receives_a_deletion_and_an_update(
    dataset: DatasetUnderTest, guest: DatasetUnderTest, stream: Stream, name: str
) -> None:
    dataset.write(theme="dark")
    moved = guest.named(name)
    moved.write(theme="light", volume="11")
    moved.patch(remove("volume", 1))
    seen = len(stream.events())

    merge_identities(guest.identity_id, dataset.identity_id)

    deletion, update = stream.events()[seen:]
    assert summary(deletion) == ("remove", name, 3)
    assert deletion["identityId"] == guest.identity_id
    renamed = (merged_name(guest), 1) if name == "settings" else (name, 2)
    assert summary(update) == ("replace", *renamed)
    assert update["identityId"] == dataset.identity_id
    values = {each["key"]: each["value"] for each in update["kinesisSyncRecords"]}
    assert values == {"theme": "light"}


def test_stream_receives_large_datasets_as_urls(
    dataset: DatasetUnderTest, guest: DatasetUnderTest, stream: Stream
) -> None:
    guest.write(large=LARGE)

    merge_identities(guest.identity_id, dataset.identity_id)

    url = stream.events()[-1]["kinesisSyncRecordsURL"]
    assert url.startswith("https://s3.us-east-1.amazonaws.com/")


def test_merge_works_while_streaming_is_disabled(
    sync: Any, dataset: DatasetUnderTest, guest: DatasetUnderTest, stream: Stream
) -> None:
    stream.enable(sync, dataset.pool_id, StreamingStatus="DISABLED")
    guest.write(theme="light")

    merge_identities(guest.identity_id, dataset.identity_id)

    assert stream.events() == []
    assert dataset.records()["theme"]["Value"] == "light"
