"""The identities and records of a state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Data = dict[str, Any]

# The members of a record, in the API and in a state.
RECORD_MEMBERS = (
    "Key",
    "Value",
    "SyncCount",
    "LastModifiedDate",
    "LastModifiedBy",
    "DeviceLastModifiedDate",
)


def identities(state: Mapping[str, Any]) -> Iterator[tuple[Data, Data]]:
    """Yield each identity of a state, after its pool."""
    for pool in state.get("IdentityPools", ()):
        for identity in pool.get("Identities", ()):
            yield pool, identity


def values(dataset: Mapping[str, Any]) -> dict[str, Data]:
    """Return the records of a dataset by key, without removed ones."""
    short = {
        key: {"Key": key, "Value": value}
        for key, value in dataset.get("Values", {}).items()
    }
    return short | {
        each["Key"]: each for each in dataset.get("Records", ()) if "Value" in each
    }
