"""Memory usage of datasets."""

from __future__ import annotations

import gc
import tracemalloc
from functools import lru_cache

import boto3

from moto_cognitosync import mock_cognitosync
from moto_cognitosync._moto import quick_session
from moto_cognitosync.cognitosync.store.datasets import (
    MAX_DATASET_SIZE,
    MAX_DATASETS_PER_IDENTITY,
)

from .floor import REGION, Player, player
from .harness import Measurement

IDENTITIES = 20
# Enough to fill the caches of Python and botocore before measuring.
WARM_UP_IDENTITIES = 8
REPLACES = 1_000


def small_datasets() -> str:
    """Return the memory per one-record dataset, including its share of an identity."""
    with player() as one:
        others = [new_identity(one) for _ in range(WARM_UP_IDENTITIES + IDENTITIES)]
        memory(one)
        for other in others[:WARM_UP_IDENTITIES]:
            fill(other)
        before = memory(one)
        for other in others[WARM_UP_IDENTITIES:]:
            fill(other)
        used = memory(one) - before
    return f"{used / (IDENTITIES * MAX_DATASETS_PER_IDENTITY) / 1000:.2f} kB"


def new_identity(one: Player) -> Player:
    """Create another identity in the same pool."""
    region = one.client.meta.region_name
    identity = boto3.client("cognito-identity", region).get_id(
        IdentityPoolId=one.ids["IdentityPoolId"]
    )
    ids = one.ids | {"IdentityId": identity["IdentityId"]}
    return Player(one.client, one.backend, ids)


def fill(one: Player) -> None:
    """Create as many datasets as the limit allows, each with one record."""
    for number in range(MAX_DATASETS_PER_IDENTITY):
        name = f"dataset-{number}"
        Player(one.client, one.backend, one.ids | {"DatasetName": name}).write(
            theme="dark"
        )


def large_replaces() -> str:
    """Return the growth in memory use when a large record is replaced many times."""
    value = "a" * (MAX_DATASET_SIZE - len("key"))
    with player() as one:
        memory(one)
        one.write(key=value)
        before = memory(one)
        for _ in range(REPLACES):
            one.write(key=value)
        growth = memory(one) - before
    return f"{growth / 1000:+.0f} kB"


def memory(one: Player) -> int:
    """Return the bytes in use, excluding open sync sessions, which expire anyway."""
    one.backend.sync_sessions._unused.clear()
    return _memory()


def _memory() -> int:
    gc.collect()
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    return tracemalloc.get_traced_memory()[0]


def shared_data() -> str:
    """Return the memory that sessions of later tests share with the first one."""
    loaded = [_shared_data(["cognito-sync"]), _shared_data(), _unshared_data()]
    one, every, unlimited = (size / 1e6 for size in loaded)
    return f"{one:.1f} MB; all services: {every:.0f} MB, without limit {unlimited:.0f}"


def _shared_data(services: list[str] | None = None) -> int:
    quick_session._load_installed.cache_clear()
    before = _memory()
    with mock_cognitosync():
        session = boto3.Session()
        for name in services or session.get_available_services():
            session._session.get_service_model(name)
        session.client("cognito-sync", REGION)
        del session
    return _memory() - before


def _unshared_data() -> int:
    limited = quick_session._load_installed
    quick_session._load_installed = lru_cache(None)(limited.__wrapped__)
    try:
        return _shared_data()
    finally:
        quick_session._load_installed = limited


BENCHMARKS = [
    Measurement("A dataset with one record", "memory", "<= 0.6 kB", small_datasets),
    Measurement(
        "Data files that sessions share", "this service only", "<= 20 MB", shared_data
    ),
    Measurement(
        f"Replacing a 1 MB record {REPLACES:,} times",
        "memory before",
        "no growth",
        large_replaces,
    ),
]
