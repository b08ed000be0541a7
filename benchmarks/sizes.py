"""Large datasets, and calls in a region with many datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from moto_cognitosync.cognitosync.store.datasets import (
    MAX_DATASET_SIZE,
    MAX_DATASETS_PER_IDENTITY,
    MAX_RECORDS_PER_DATASET,
    Dataset,
    IdentityData,
)

from .floor import FLOOR, Player, new_player, pair_with_floor, patches, player
from .harness import Comparison, Pair

MANY = {f"key-{number:04}": f"value {number}" for number in range(1024)}
assert len(MANY) == MAX_RECORDS_PER_DATASET

MAX_VALUE_SIZE = MAX_DATASET_SIZE - len("key")


def list_records(values: dict[str, str]) -> Callable[[], Any]:
    """Compare ListRecords with the floor."""

    @contextmanager
    def prepare() -> Iterator[Pair]:
        with player() as one:
            one.write(**values)
            yield pair_with_floor(one, lambda client: client.list_records(**one.ids))

    return prepare


@contextmanager
def update_records() -> Iterator[Pair]:
    """Compare writing 1,024 records with the floor."""
    with player() as one:
        yield pair_with_floor(one, make_writer(one, MANY))


@contextmanager
def special_characters(text: str) -> Iterator[Pair]:
    """Compare writing 1 MB of special characters with 1 MB of letters."""
    value = (text * MAX_VALUE_SIZE)[:MAX_VALUE_SIZE]
    with player() as one:
        special = make_writer(one, {"key": value})
        letters = make_writer(one, {"key": "a" * MAX_VALUE_SIZE})
        yield lambda: special(one.client), lambda: letters(one.client)


def make_writer(one: Player, values: dict[str, str]) -> Callable[[Any], object]:
    """Return a function that writes the same values with the same token each time."""
    token, record_patches = one.token(), patches(values)
    unused = one.backend.sync_sessions._unused
    issued = dict(unused)

    def write(client: Any) -> None:
        client.update_records(
            **one.ids, SyncSessionToken=token, RecordPatches=record_patches
        )
        unused.update(issued)

    return write


@contextmanager
def many_datasets() -> Iterator[Pair]:
    """Describe a dataset in a region with many other datasets, and in one with few."""
    with player("eu-west-1") as many:
        few = new_player("us-east-1")
        for one, count in ((many, 100_000), (few, 1_000)):
            one.write(theme="dark")
            populate(one, count)
        yield (
            lambda: many.client.describe_dataset(**many.ids),
            lambda: few.client.describe_dataset(**few.ids),
        )


def populate(one: Player, count: int) -> None:
    """Add datasets directly to the backend."""
    identities = one.backend.pools.pool(one.ids["IdentityPoolId"]).identities
    for number in range(count // MAX_DATASETS_PER_IDENTITY):
        identity = identities[f"id-{number}"] = IdentityData(f"id-{number}")
        for each in range(MAX_DATASETS_PER_IDENTITY):
            name = f"dataset-{each}"
            identity.datasets[name] = Dataset(identity.identity_id, name, exists=True)


BENCHMARKS = [
    Comparison(
        "ListRecords of 1,024 records",
        FLOOR,
        "<= 1.20 instr.",
        list_records(MANY),
        loops=3,
        rounds=15,
        counted=2,
    ),
    Comparison(
        "UpdateRecords of 1,024 records",
        FLOOR,
        "<= 1.25 instr.",
        update_records,
        loops=3,
        rounds=15,
        counted=2,
    ),
    Comparison(
        "ListRecords of one 1 MB record",
        FLOOR,
        "<= 1.5",
        list_records({"key": "a" * MAX_VALUE_SIZE}),
        loops=10,
        counted=4,
    ),
    *(
        Comparison(
            f"UpdateRecords of 1 MB of `{text}`",
            "1 MB of letters",
            "<= 1.1",
            partial(special_characters, text),
            loops=5,
            counted=4,
        )
        for text in ("&", "%41")
    ),
    Comparison(
        "DescribeDataset, 100,000 datasets in the region",
        "1,000 datasets",
        "<= 1.05",
        many_datasets,
        rounds=50,
    ),
]
