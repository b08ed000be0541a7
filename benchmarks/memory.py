"""What datasets take in memory."""

from __future__ import annotations

import gc
import tracemalloc

import boto3

from moto_cognitosync.cognitosync.store.datasets import (
    MAX_DATASET_SIZE,
    MAX_DATASETS_PER_IDENTITY,
)

from .floor import Player, player
from .harness import Measurement

IDENTITIES = 20
# As many as it takes to fill what Python and botocore remember of their latest calls.
IDENTITIES_BEFORE = 8
REPLACES = 1_000


def small_datasets() -> str:
    """Return the bytes of a dataset with one record, with its share of an identity."""
    with player() as one:
        others = [another(one) for _ in range(IDENTITIES_BEFORE + IDENTITIES)]
        memory(one)
        for other in others[:IDENTITIES_BEFORE]:
            fill(other)
        before = memory(one)
        for other in others[IDENTITIES_BEFORE:]:
            fill(other)
        taken = memory(one) - before
    return f"{taken / (IDENTITIES * MAX_DATASETS_PER_IDENTITY) / 1000:.2f} kB"


def another(one: Player) -> Player:
    """Make one more identity in the same pool."""
    region = one.client.meta.region_name
    identity = boto3.client("cognito-identity", region).get_id(
        IdentityPoolId=one.ids["IdentityPoolId"]
    )
    ids = one.ids | {"IdentityId": identity["IdentityId"]}
    return Player(one.client, one.backend, ids)


def fill(one: Player) -> None:
    """Make all datasets that an identity may have, each with one record."""
    for number in range(MAX_DATASETS_PER_IDENTITY):
        name = f"dataset-{number}"
        Player(one.client, one.backend, one.ids | {"DatasetName": name}).write(
            theme="dark"
        )


def large_replaces() -> str:
    """Return how much many replaces of a large record leave behind."""
    value = "a" * (MAX_DATASET_SIZE - len("key"))
    with player() as one:
        memory(one)
        one.write(key=value)
        before = memory(one)
        for _ in range(REPLACES):
            one.write(key=value)
        taken = memory(one) - before
    return f"{taken / 1000:+.0f} kB"


def memory(one: Player) -> int:
    """Return the bytes that are in use, sync sessions aside: they end by themselves."""
    one.backend._sync_sessions._consumed.clear()
    gc.collect()
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    return tracemalloc.get_traced_memory()[0]


BENCHMARKS = [
    Measurement("A dataset with one record", "memory", "<= 0.6 kB", small_datasets),
    Measurement(
        f"{REPLACES:,} replaces of a record of 1 MB",
        "memory before",
        "no growth",
        large_replaces,
    ),
]
