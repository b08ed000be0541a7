"""Calls with little data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .floor import FLOOR, pair_with_floor, player
from .harness import Comparison, Pair


@contextmanager
def describe_dataset() -> Iterator[Pair]:
    """Describe a dataset with one record."""
    with player() as one:
        one.write(theme="dark")
        yield pair_with_floor(one, lambda client: client.describe_dataset(**one.ids))


@contextmanager
def delete_dataset() -> Iterator[Pair]:
    """Delete a dataset with one record, which is put back before each call."""
    with player() as one:
        one.write(theme="dark")
        pool = one.backend.pools.pool(one.ids["IdentityPoolId"])
        datasets = pool.identities[one.ids["IdentityId"]].datasets
        (dataset,) = datasets.values()

        def delete(client: Any) -> None:
            datasets[dataset.name] = dataset
            client.delete_dataset(**one.ids)

        yield pair_with_floor(one, delete)


BENCHMARKS = [
    Comparison("DescribeDataset", FLOOR, "<= 1.15 instr.", describe_dataset),
    Comparison("DeleteDataset", FLOOR, "<= 1.5, <= 1.35 instr.", delete_dataset),
]
