"""Datasets of merged identities, named ``<name>.<id of the merged identity>``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest, make_identity

MERGED_ID = "us-east-1:00000000-0000-4000-8000-000000000001"
OTHER_MERGED_ID = "us-east-1:00000000-0000-4000-8000-000000000000"


def merged_names(dataset: DatasetUnderTest) -> list[str] | None:
    return dataset.list().get("MergedDatasetNames")


@pytest.fixture
def merged(dataset: DatasetUnderTest) -> DatasetUnderTest:
    """The dataset that another identity contributed when it was merged."""
    dataset.write(volume="11")
    merged = dataset.named(f"settings.{MERGED_ID}")
    merged.write(volume="3")
    return merged


def test_list_records_reports_merged_datasets(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.named(f"settings.{OTHER_MERGED_ID}").write(theme="dark")

    assert merged_names(dataset) == [
        f"settings.{OTHER_MERGED_ID}",
        f"settings.{MERGED_ID}",
    ]
    assert merged_names(merged) is None


@pytest.mark.parametrize(
    "name",
    [
        MERGED_ID,
        f"settings{MERGED_ID}",
        f"settings2.{MERGED_ID}",
        f"my.settings.{MERGED_ID}",
        f"settings.draft.{MERGED_ID}",
        "settings",
        "settings.",
        "settings.backup",
        "settings.us-east-1:",
        "settings.us-east-1:ABC",
        "settings.us-east-1:12:34",
    ],
)
def test_names_without_a_valid_identity_id_suffix_are_not_reported(
    dataset: DatasetUnderTest, name: str
) -> None:
    dataset.named(name).write(volume="3")

    assert merged_names(dataset) is None


@pytest.mark.parametrize("root", ["my.settings", "a:b", "..", "us-east-1:12"])
def test_merged_datasets_are_reported_for_any_dataset_name(
    dataset: DatasetUnderTest, root: str
) -> None:
    dataset.named(f"{root}.abc:123af").write(volume="3")

    assert merged_names(dataset.named(root)) == [f"{root}.abc:123af"]


def test_unwritten_dataset_is_not_reported_as_merged(dataset: DatasetUnderTest) -> None:
    dataset.named(f"settings.{MERGED_ID}").list()

    assert merged_names(dataset) is None


def test_merged_datasets_of_another_identity_are_not_reported(
    aws: Aws, sync: Any, merged: DatasetUnderTest, pool_id: str
) -> None:
    other = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")
    other.write(volume="11")

    assert merged.list()["DatasetExists"] is True
    assert merged_names(other) is None


def test_merged_dataset_is_listed_like_any_other(
    sync: Any, merged: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    listed = sync.list_datasets(IdentityPoolId=pool_id, IdentityId=identity_id)

    assert [each["DatasetName"] for each in listed["Datasets"]] == [
        "settings",
        merged.name,
    ]
    assert merged.records()["volume"]["Value"] == "3"


def test_deleted_merged_dataset_is_no_longer_reported(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.named(f"settings.{OTHER_MERGED_ID}").write(theme="dark")

    merged.delete()

    assert merged_names(dataset) == [f"settings.{OTHER_MERGED_ID}"]


def test_deleting_the_root_keeps_merged_datasets_but_stops_reporting_them(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.delete()
    assert merged_names(dataset) is None

    dataset.write(volume="11")
    merged.write(volume="4")
    assert merged_names(dataset) is None
    assert merged.records()["volume"]["Value"] == "4"


def test_dataset_merged_after_a_deletion_is_reported(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.delete()
    dataset.write(volume="11")

    dataset.named(f"settings.{OTHER_MERGED_ID}").write(theme="dark")

    assert merged_names(dataset) == [f"settings.{OTHER_MERGED_ID}"]
    assert merged.list()["DatasetExists"] is True


def test_deleting_an_unrelated_dataset_keeps_merged_dataset_names(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.named("setting").write(volume="11")
    dataset.named("setting").delete()

    assert merged_names(dataset) == [merged.name]


def test_merged_dataset_has_its_own_sync_count(
    sync: Any, merged: DatasetUnderTest
) -> None:
    assert merged.list()["DatasetSyncCount"] == 1
    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=r"operation: No such SyncCount: 37 exists for this Dataset$",
    ):
        merged.list(LastSyncCount=37)
