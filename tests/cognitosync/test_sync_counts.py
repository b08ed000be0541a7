"""Sync counts: increments, conflicts and deletions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from moto_cognitosync import mock_cognitosync
from tests.support.aws import InProcess
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)


def counts(dataset: DatasetUnderTest) -> dict[str, int]:
    return {key: record["SyncCount"] for key, record in dataset.records().items()}


@pytest.mark.verifiable
def test_a_batch_increments_the_sync_count_once(dataset: DatasetUnderTest) -> None:
    assert dataset.list()["DatasetSyncCount"] == 0

    first = dataset.write(volume="11", theme="dark", level="3")
    assert dataset.list()["DatasetSyncCount"] == 1
    second = dataset.patch(replace("volume", "3", 1), remove("theme", 1))
    assert dataset.list()["DatasetSyncCount"] == 2

    assert [record["SyncCount"] for record in first] == [1, 1, 1]
    assert [record["SyncCount"] for record in second] == [2, 2]


@pytest.mark.verifiable
def test_unchanged_records_keep_their_sync_counts(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11", theme="dark")
    dataset.write(level="3")
    dataset.write(volume="3")

    assert counts(dataset) == {"volume": 3, "theme": 1, "level": 2}


@pytest.mark.verifiable
def test_a_new_key_gets_the_sync_count_of_the_dataset(
    dataset: DatasetUnderTest,
) -> None:
    for _ in range(8):
        dataset.write(volume="11")

    (written,) = dataset.patch(replace("theme", "dark", sync_count=0))

    assert written["SyncCount"] == 9


@pytest.mark.verifiable
def test_writing_the_same_value_increments_the_sync_count(
    dataset: DatasetUnderTest,
) -> None:
    dataset.patch(replace("volume", "11"))

    (written,) = dataset.patch(replace("volume", "11", sync_count=1))

    assert (written["Value"], written["SyncCount"]) == ("11", 2)
    assert dataset.list()["DatasetSyncCount"] == 2


@pytest.mark.verifiable
def test_each_dataset_has_its_own_sync_count(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")
    dataset.write(volume="3")
    dataset.named("saves").write(level="3")

    assert dataset.list()["DatasetSyncCount"] == 2
    assert dataset.named("saves").list()["DatasetSyncCount"] == 1


@pytest.mark.verifiable
@pytest.mark.provokes("UpdateRecords", "ResourceConflictException")
@pytest.mark.parametrize("patch", [replace("user", "x"), remove("user")])
@pytest.mark.parametrize("written", ["x", "y"])  # the same value is also a conflict
@pytest.mark.parametrize(("stored", "sent"), [(1, 0), (2, 1), (3, 1)])
def test_a_stale_patch_is_rejected(
    sync: Any,
    dataset: DatasetUnderTest,
    patch: dict[str, Any],
    written: str,
    stored: int,
    sent: int,
) -> None:
    for _ in range(stored):
        dataset.write(user=written)

    with pytest.raises(
        sync.exceptions.ResourceConflictException,
        match=rf"operation: Current SyncCount for: user is: {stored} not: {sent}$",
    ) as caught:
        dataset.patch(patch | {"SyncCount": sent})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


@pytest.mark.verifiable
def test_a_patch_can_contain_the_sync_count_of_the_dataset(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11")
    dataset.write(theme="dark")

    written = dataset.patch(
        replace("volume", "3", sync_count=2), replace("level", "3", sync_count=2)
    )

    assert [record["SyncCount"] for record in written] == [3, 3]


@pytest.mark.verifiable
@pytest.mark.parametrize("key", ["volume", "unknown"])
def test_a_patch_can_contain_a_future_sync_count(
    dataset: DatasetUnderTest, key: str
) -> None:
    dataset.write(volume="11")

    (written,) = dataset.patch(replace(key, "3", sync_count=5285))

    assert written["SyncCount"] == 2
    assert dataset.list()["DatasetSyncCount"] == 2


@pytest.mark.verifiable
def test_a_conflict_changes_nothing(sync: Any, dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11", theme="dark")
    before = dataset.describe(), dataset.records(), dataset.list()["DatasetSyncCount"]

    with pytest.raises(sync.exceptions.ResourceConflictException):
        dataset.patch(
            replace("new", "1"),
            replace("theme", "light", 1),
            replace("volume", "3", 0),
            remove("theme", 1),
        )

    after = dataset.describe(), dataset.records(), dataset.list()["DatasetSyncCount"]
    assert after == before


@pytest.mark.verifiable
def test_the_first_of_several_stale_patches_is_reported(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(a="1")
    dataset.write(b="1", c="1")

    with pytest.raises(
        sync.exceptions.ResourceConflictException,
        match=r"operation: Current SyncCount for: c is: 2 not: 1$",
    ):
        dataset.patch(replace("a", "2", 1), replace("c", "2", 1), replace("b", "2", 0))


@pytest.mark.verifiable
def test_a_removed_record_keeps_its_sync_count(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")
    dataset.patch(remove("volume", 1))

    with pytest.raises(
        sync.exceptions.ResourceConflictException,
        match=r"operation: Current SyncCount for: volume is: 2 not: 0$",
    ):
        dataset.patch(replace("volume", "3", sync_count=0))
    (written,) = dataset.patch(replace("volume", "3", sync_count=2))
    assert (written["Value"], written["SyncCount"]) == ("3", 3)
    assert dataset.records()["volume"]["Value"] == "3"


@pytest.mark.verifiable
def test_a_removal_is_listed_for_other_devices(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11", theme="dark")
    dataset.patch(remove("volume", 1))

    (listed,) = dataset.list(LastSyncCount=1)["Records"]

    assert listed["Key"] == "volume"
    assert "Value" not in listed


@pytest.mark.verifiable
def test_a_deletion_increments_the_sync_count(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")
    dataset.write(volume="3")
    dataset.delete()

    assert dataset.list()["DatasetSyncCount"] == 3


@pytest.mark.verifiable
def test_a_recreated_dataset_continues_its_sync_count(
    dataset: DatasetUnderTest,
) -> None:
    for _ in range(3):
        dataset.write(volume="11")
    dataset.delete()

    # The new dataset has no tombstones of the old records, so 0 is not stale.
    (written,) = dataset.patch(replace("volume", "3", sync_count=0))

    assert written["SyncCount"] == 5
    assert dataset.list()["DatasetSyncCount"] == 5


@pytest.mark.verifiable
@pytest.mark.parametrize(
    ("seen", "deleted"),
    [(None, False), (0, False), (1, True), (2, True), (3, False)],
)
@pytest.mark.parametrize("recreated", [False, True])
def test_list_records_reports_a_deletion_after_the_last_sync(
    dataset: DatasetUnderTest, seen: int | None, deleted: bool, recreated: bool
) -> None:
    dataset.write(volume="11")
    dataset.write(volume="3")
    dataset.delete()  # sync count 3
    if recreated:
        dataset.write(theme="dark")

    response = dataset.list(**({} if seen is None else {"LastSyncCount": seen}))

    assert response["DatasetDeletedAfterRequestedSyncCount"] is deleted
    assert response["DatasetExists"] is recreated
    assert [each["Key"] for each in response["Records"]] == ["theme"] * recreated


@pytest.mark.verifiable
def test_list_records_reports_the_latest_deletion(dataset: DatasetUnderTest) -> None:
    for _ in range(2):
        dataset.write(volume="11")
        dataset.delete()
    dataset.write(volume="11")

    flags = [
        dataset.list(LastSyncCount=seen)["DatasetDeletedAfterRequestedSyncCount"]
        for seen in range(6)
    ]
    assert flags == [False, True, True, True, False, False]


@pytest.mark.verifiable
def test_a_dataset_that_was_never_deleted_reports_no_deletion(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11")
    dataset.write(volume="3")

    response = dataset.list(LastSyncCount=1)

    assert response["DatasetDeletedAfterRequestedSyncCount"] is False


@pytest.mark.verifiable
def test_last_sync_count_cannot_exceed_the_count_of_a_deleted_dataset(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")
    dataset.delete()

    dataset.list(LastSyncCount=2)
    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=r"operation: No such SyncCount: 3 exists for this Dataset$",
    ):
        dataset.list(LastSyncCount=3)


@dataclass
class Model:
    """A minimal model of one dataset."""

    count: int = 0
    deleted_at: int = 0
    exists: bool = False
    records: dict[str, tuple[str | None, int]] = field(default_factory=dict)

    def update(self, patches: list[dict[str, Any]]) -> str | None:
        """Apply a batch, or return the conflict message."""
        for patch in patches:
            key, sent = patch["Key"], patch["SyncCount"]
            stored = self.records.get(key, (None, 0))[1]
            if stored > sent:
                return f"Current SyncCount for: {key} is: {stored} not: {sent}"
        self.count += bool(patches)
        self.exists = self.exists or bool(patches)
        for patch in patches:
            self.records[patch["Key"]] = patch.get("Value"), self.count
        return None

    def delete(self) -> str | None:
        if not self.exists:
            return "Dataset 'settings' not found."
        self.count += 1
        self.deleted_at, self.exists, self.records = self.count, False, {}
        return None


KEYS = st.sampled_from(["a", "b", "é"])
COUNTS = st.integers(0, 6)
PATCHES = st.one_of(
    st.builds(replace, KEYS, st.sampled_from(["", "x", "🎲🎲"]), COUNTS),
    st.builds(remove, KEYS, COUNTS),
)


class SyncCounts(RuleBasedStateMachine):
    """Runs random operations and compares the mock with the model."""

    def __init__(self) -> None:
        super().__init__()
        self.mock = mock_cognitosync()
        self.mock.start()
        aws = InProcess()
        pool_id = make_pool(aws)
        identity_id = make_identity(aws, pool_id)
        self.dataset = DatasetUnderTest(
            aws.client("cognito-sync"), pool_id, identity_id, "settings"
        )
        self.model = Model()

    def teardown(self) -> None:
        self.mock.stop()

    @rule(patches=st.lists(PATCHES, max_size=4), current=st.booleans())
    def update(self, patches: list[dict[str, Any]], current: bool) -> None:
        if current:  # otherwise most updates would be conflicts
            patches = [patch | {"SyncCount": self.model.count} for patch in patches]
        assert message_of(self.dataset.patch, *patches) == self.model.update(patches)

    @rule()
    def delete(self) -> None:
        assert message_of(self.dataset.delete) == self.model.delete()

    @rule(seen=st.integers(0, 12))
    def list_changes(self, seen: int) -> None:
        error = f"No such SyncCount: {seen} exists for this Dataset"
        if seen > self.model.count:
            assert message_of(self.dataset.list, LastSyncCount=seen) == error
            return
        listed = self.dataset.list(LastSyncCount=seen)
        assert [
            (each["Key"], (each.get("Value"), each["SyncCount"]))
            for each in listed["Records"]
        ] == sorted(each for each in self.model.records.items() if each[1][1] > seen)
        assert listed["DatasetDeletedAfterRequestedSyncCount"] == (
            0 < seen < self.model.deleted_at
        )

    @invariant()
    def totals_match(self) -> None:
        listed = self.dataset.list()
        assert listed["DatasetSyncCount"] == self.model.count
        assert listed["DatasetExists"] == self.model.exists
        if self.model.exists:
            described = self.dataset.describe()
            live = [
                key + value
                for key, (value, _) in self.model.records.items()
                if value is not None
            ]
            assert described["NumRecords"] == len(live)
            assert described["DataStorage"] == len("".join(live).encode())


def message_of(operation: Callable[..., Any], *args: Any, **kwargs: Any) -> str | None:
    """Call an operation, and return the message of its error, if any."""
    try:
        operation(*args, **kwargs)
    except ClientError as error:
        return str(error.response["Error"]["Message"])
    return None


TestSyncCounts = SyncCounts.TestCase
TestSyncCounts.settings = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=20,
    stateful_step_count=20,
    # Do not shrink failing examples: it takes minutes, and 20 steps are few enough.
    phases=[Phase.generate],
)
