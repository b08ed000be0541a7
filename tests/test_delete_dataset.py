"""DeleteDataset: what it returns, what it leaves behind, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import DatasetUnderTest, replace


def test_returns_the_metadata_as_it_was(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11", theme="dark")
    described = dataset.describe()

    assert dataset.delete() == described
    assert described["NumRecords"] == 2


def test_a_deleted_dataset_is_not_found_afterwards(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")
    dataset.delete()

    with pytest.raises(sync.exceptions.ResourceNotFoundException) as caught:
        dataset.delete()
    assert caught.value.response["Error"]["Message"] == "Dataset 'settings' not found."
    with pytest.raises(sync.exceptions.ResourceNotFoundException):
        dataset.describe()


def test_a_deleted_dataset_can_be_written_again_from_scratch(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(volume="11", theme="dark")
    dataset.delete()

    dataset.patch(replace("volume", "3", sync_count=0))

    assert set(dataset.records()) == {"volume"}
