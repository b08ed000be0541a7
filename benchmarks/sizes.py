"""What large datasets take, and calls in a region with many of them."""

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
    Identity,
)

from .floor import FLOOR, Player, against_floor, new_player, patches, player
from .harness import Comparison, Pair

MANY = {f"key-{number:04}": f"value {number}" for number in range(1024)}
assert len(MANY) == MAX_RECORDS_PER_DATASET

ROOM = MAX_DATASET_SIZE - len("key")


def listing(values: dict[str, str]) -> Callable[[], Any]:
    """List records against the floor."""

    @contextmanager
    def prepare() -> Iterator[Pair]:
        with player() as one:
            one.write(**values)
            yield against_floor(one, lambda client: client.list_records(**one.ids))

    return prepare


@contextmanager
def update_records() -> Iterator[Pair]:
    """Write 1,024 records against the floor."""
    with player() as one:
        yield against_floor(one, writing(one, MANY))


@contextmanager
def odd_letters(text: str) -> Iterator[Pair]:
    """Write a value of a megabyte against one of plain letters."""
    value = (text * ROOM)[:ROOM]
    with player() as one:
        odd, plain = writing(one, {"key": value}), writing(one, {"key": "a" * ROOM})
        yield lambda: odd(one.client), lambda: plain(one.client)


def writing(one: Player, values: dict[str, str]) -> Callable[[Any], object]:
    """Make a function that writes the same each time, with the same token."""
    token, record_patches = one.token(), patches(values)
    used = one.backend._sync_sessions._consumed

    def write(client: Any) -> None:
        client.update_records(
            **one.ids, SyncSessionToken=token, RecordPatches=record_patches
        )
        used.clear()

    return write


@contextmanager
def crowds() -> Iterator[Pair]:
    """Describe a dataset in a region with many others, and in one with few."""
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
    """Put datasets into a region, behind the service."""
    identities = one.backend._pool(one.ids["IdentityPoolId"]).identities
    for number in range(count // MAX_DATASETS_PER_IDENTITY):
        identity = identities[f"id-{number}"] = Identity(f"id-{number}")
        for each in range(MAX_DATASETS_PER_IDENTITY):
            name = f"dataset-{each}"
            identity.datasets[name] = Dataset(identity.identity_id, name, exists=True)


BENCHMARKS = [
    Comparison(
        "ListRecords of 1,024 records",
        FLOOR,
        "<= 1.20 instr.",
        listing(MANY),
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
        "ListRecords of one record of 1 MB",
        FLOOR,
        "<= 2.0",
        listing({"key": "a" * ROOM}),
        loops=10,
        counted=4,
    ),
    *(
        Comparison(
            f"UpdateRecords of 1 MB full of {text}",
            "of plain letters",
            "<= 1.1",
            partial(odd_letters, text),
            loops=5,
            counted=4,
        )
        for text in ("&", "%41")
    ),
    Comparison(
        "DescribeDataset, 100,000 datasets in the region",
        "1,000 datasets",
        "<= 1.05",
        crowds,
        rounds=50,
    ),
]
