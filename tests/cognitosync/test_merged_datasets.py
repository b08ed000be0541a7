"""Datasets of merged identities: ``<name>.<id of the identity that is gone>``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest, make_identity

OLD = "us-east-1:00000000-0000-4000-8000-000000000001"
OLDER = "us-east-1:00000000-0000-4000-8000-000000000000"


def reported(dataset: DatasetUnderTest) -> list[str] | None:
    return dataset.list().get("MergedDatasetNames")


@pytest.fixture
def merged(dataset: DatasetUnderTest) -> DatasetUnderTest:
    """What came to the dataset when another identity was merged into its own."""
    dataset.write(volume="11")
    merged = dataset.named(f"settings.{OLD}")
    merged.write(volume="3")
    return merged


def test_a_dataset_reports_what_it_was_merged_with(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.named(f"settings.{OLDER}").write(theme="dark")

    assert reported(dataset) == [f"settings.{OLDER}", f"settings.{OLD}"]
    assert reported(merged) is None


@pytest.mark.parametrize(
    "name",
    [
        OLD,
        f"settings{OLD}",
        f"settings2.{OLD}",
        f"my.settings.{OLD}",
        f"settings.draft.{OLD}",
        "settings",
        "settings.",
        "settings.backup",
        "settings.us-east-1:",
        "settings.us-east-1:ABC",
        "settings.us-east-1:12:34",
    ],
)
def test_only_names_made_of_its_own_and_an_identitys_id_are_reported(
    dataset: DatasetUnderTest, name: str
) -> None:
    dataset.named(name).write(volume="3")

    assert reported(dataset) is None


@pytest.mark.parametrize("root", ["my.settings", "a:b", "..", "us-east-1:12"])
def test_a_dataset_of_any_name_can_have_been_merged(
    dataset: DatasetUnderTest, root: str
) -> None:
    dataset.named(f"{root}.abc:123af").write(volume="3")

    assert reported(dataset.named(root)) == [f"{root}.abc:123af"]


def test_a_name_alone_is_no_merge(dataset: DatasetUnderTest) -> None:
    dataset.named(f"settings.{OLD}").list()

    assert reported(dataset) is None


def test_another_identitys_datasets_are_not_reported(
    aws: Aws, sync: Any, merged: DatasetUnderTest, pool_id: str
) -> None:
    other = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")
    other.write(volume="11")

    assert merged.list()["DatasetExists"] is True
    assert reported(other) is None


def test_a_merged_dataset_is_listed_like_any_other(
    sync: Any, merged: DatasetUnderTest, pool_id: str, identity_id: str
) -> None:
    listed = sync.list_datasets(IdentityPoolId=pool_id, IdentityId=identity_id)

    assert [each["DatasetName"] for each in listed["Datasets"]] == [
        "settings",
        merged.name,
    ]
    assert merged.records()["volume"]["Value"] == "3"


def test_a_merged_dataset_that_is_deleted_is_no_longer_reported(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.named(f"settings.{OLDER}").write(theme="dark")

    merged.delete()

    assert reported(dataset) == [f"settings.{OLDER}"]


def test_deleting_the_root_ends_the_report_but_not_the_merged_dataset(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.delete()
    assert reported(dataset) is None

    dataset.write(volume="11")
    merged.write(volume="4")
    assert reported(dataset) is None
    assert merged.records()["volume"]["Value"] == "4"


def test_a_later_merge_is_reported_again(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.delete()
    dataset.write(volume="11")

    dataset.named(f"settings.{OLDER}").write(theme="dark")

    assert reported(dataset) == [f"settings.{OLDER}"]
    assert merged.list()["DatasetExists"] is True


def test_deleting_another_dataset_does_not_end_the_report(
    dataset: DatasetUnderTest, merged: DatasetUnderTest
) -> None:
    dataset.named("setting").write(volume="11")
    dataset.named("setting").delete()

    assert reported(dataset) == [merged.name]


def test_a_merged_dataset_has_a_count_of_its_own(
    sync: Any, merged: DatasetUnderTest
) -> None:
    assert merged.list()["DatasetSyncCount"] == 1
    with pytest.raises(
        sync.exceptions.InvalidParameterException,
        match=r"operation: No such SyncCount: 37 exists for this Dataset$",
    ):
        merged.list(LastSyncCount=37)
