"""moto's seed makes the random values of the mock reproducible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from freezegun import freeze_time
from moto.moto_api._internal import mock_random

from tests.cognitosync.test_push_sync import configure, make_application, register
from tests.support.aws import Aws, reset, seed
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool, replace
from tests.support.streams import LARGE, stream_of

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def _restore_random_state() -> Iterator[None]:
    # moto's API can seed the generator, but not restore it.
    state = mock_random.getstate()
    yield
    mock_random.setstate(state)


def random_values(aws: Aws) -> dict[str, Any]:
    """Create a pool, a dataset and a device, and return their random values."""
    sync, pool_id = aws.client("cognito-sync"), make_pool(aws)
    dataset = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")
    with freeze_time(NOW):
        stream = stream_of(aws, pool_id)
        listed = dataset.list()
        dataset.patch(replace("big", LARGE))
        (event,) = stream.events()
    configure(sync, pool_id, make_application(aws))
    return {
        "pool": pool_id,
        "identity": dataset.identity_id,
        "request": listed["ResponseMetadata"]["RequestId"],
        "token": listed["SyncSessionToken"],
        "url": event["kinesisSyncRecordsURL"],
        "device": register(dataset, "token"),
    }


@pytest.mark.parametrize("steps", [(seed, reset), (reset, seed)])
def test_the_same_seed_repeats_every_value(
    aws: Aws, steps: tuple[Callable[[Aws], None], ...]
) -> None:
    runs = []
    for _ in range(3):
        for step in steps:
            step(aws)
        runs.append(random_values(aws))

    assert runs[0] == runs[1] == runs[2]


def test_another_seed_changes_every_value(aws: Aws) -> None:
    runs = []
    for number in (42, 43):
        seed(aws, number)
        reset(aws)
        runs.append(random_values(aws))

    first, second = runs
    assert [name for name in first if first[name] == second[name]] == []


def test_a_seed_repeats_the_tokens_of_an_existing_dataset(
    dataset: DatasetUnderTest, aws: Aws
) -> None:
    tokens = []
    with freeze_time(NOW):
        for _ in range(2):
            seed(aws)
            tokens.append(dataset.token())

    assert tokens[0] == tokens[1]
