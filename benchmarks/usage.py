"""Calls in a pool with many identities, and in a region with many pools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import boto3

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.state import add_dataset, load_state

from .harness import Comparison, Pair

MANY_IDENTITIES, FEW_IDENTITIES = 100_000, 1_000
MANY_POOLS, FEW_POOLS = 10_000, 1_000


class Region:
    """Clients of a region, and the actions to measure."""

    def __init__(self, name: str) -> None:
        self.sync: Any = boto3.client("cognito-sync", name)
        self.identity: Any = boto3.client("cognito-identity", name)
        self.pool_id = f"{name}:0"
        self._numbers = count()

    def first_use(self) -> None:
        """Create an identity and use it in Cognito Sync."""
        identity_id = self.identity.get_id(IdentityPoolId=self.pool_id)["IdentityId"]
        self.sync.describe_identity_usage(
            IdentityPoolId=self.pool_id, IdentityId=identity_id
        )

    def describe_usage(self) -> None:
        """Describe the usage of the pool."""
        self.sync.describe_identity_pool_usage(IdentityPoolId=self.pool_id)

    def list_usage(self) -> None:
        """List the usage of one pool."""
        self.sync.list_identity_pool_usage(MaxResults=1)

    def add_dataset(self) -> None:
        """Add a new identity with a dataset."""
        identity_id = f"{self.pool_id}-{next(self._numbers)}"
        add_dataset(self.pool_id, identity_id, "settings", {"theme": "dark"})


def make_pool(region: str, number: int, identities: int) -> dict[str, Any]:
    """Return a pool for ``load_state`` whose identities have one dataset each."""
    return {
        "IdentityPoolId": f"{region}:{number:x}",
        "Identities": [
            {
                "IdentityId": f"{region}:{each:x}",
                "Datasets": [{"DatasetName": "settings", "Values": {"theme": "dark"}}],
            }
            for each in range(identities)
        ],
    }


def compare(
    action: Callable[[Region], object], many: tuple[int, int], few: tuple[int, int]
) -> Any:
    """Compare an action in two regions.

    :param many: number of pools and of identities in each pool.
    :param few: the same for the baseline.
    """

    @contextmanager
    def prepare() -> Iterator[Pair]:
        sizes = {"us-east-1": many, "eu-west-1": few}
        with mock_cognitosync():
            pools = [
                make_pool(region, number, identities)
                for region, (count, identities) in sizes.items()
                for number in range(count)
            ]
            load_state({"IdentityPools": pools})
            subject, baseline = map(Region, sizes)
            yield partial(action, subject), partial(action, baseline)

    return prepare


BENCHMARKS = [
    *(
        Comparison(
            f"{title}, {MANY_IDENTITIES:,} identities in the pool",
            f"{FEW_IDENTITIES:,} identities",
            "<= 1.1",
            compare(action, (1, MANY_IDENTITIES), (1, FEW_IDENTITIES)),
            counted=0,
        )
        for title, action in (
            ("First use of an identity", Region.first_use),
            ("DescribeIdentityPoolUsage", Region.describe_usage),
            ("ListIdentityPoolUsage", Region.list_usage),
            ("`add_dataset`", Region.add_dataset),
        )
    ),
    Comparison(
        f"ListIdentityPoolUsage, {MANY_POOLS:,} pools in the region",
        f"{FEW_POOLS:,} pools",
        "<= 1.1",
        compare(Region.list_usage, (MANY_POOLS, 0), (FEW_POOLS, 0)),
        counted=0,
    ),
]
