"""Writes the datasets of a state to identities that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from .clients import Clients, error_code
from .progress import Progress
from .records import Data, identities, values

WRITES = 5  # of a dataset that others write at the same time
PERMISSIONS = (
    "cognito-identity:DescribeIdentity, cognito-sync:ListRecords and "
    "cognito-sync:UpdateRecords"
)
# Errors of one dataset, which do not affect others.
DATASET_ERRORS = {
    "InvalidLambdaFunctionOutputException",
    "InvalidParameterException",
    "LambdaSocketTimeoutException",
    "LambdaThrottledException",
    "LimitExceededException",
    "ResourceConflictException",
    "ResourceNotFoundException",
}


class Target(NamedTuple):
    """Datasets of an identity, and where to write them."""

    pool_id: str
    identity_id: str
    datasets: Sequence[Data]


@dataclass
class Result:
    """What was written.

    :ivar written: number of records that were written.
    :ivar unchanged: number of records that already had their values.
    :ivar errors: one line for each dataset that could not be written.
    """

    written: int = 0
    unchanged: int = 0
    errors: list[str] = field(default_factory=list)


def find_targets(state: Mapping[str, Any], ids: Mapping[str, str]) -> list[Target]:
    """Return the identities of a state that have records.

    :param ids: new ids of pools and identities, by their ids in the state.
    """
    return [
        Target(
            ids.get(pool["IdentityPoolId"], pool["IdentityPoolId"]),
            ids.get(identity["IdentityId"], identity["IdentityId"]),
            datasets,
        )
        for pool, identity in identities(state)
        if (datasets := [each for each in identity.get("Datasets", ()) if values(each)])
    ]


def find_missing(clients: Clients, targets: Sequence[Target]) -> list[str]:
    """Return the ids of identities that do not exist."""

    def exists(identity_id: str) -> bool:
        try:
            clients.identity.describe_identity(IdentityId=identity_id)
        except clients.identity.exceptions.ResourceNotFoundException:
            return False
        return True

    ids = [each.identity_id for each in targets]
    found = dict(clients.map(exists, ids))
    return [each for each in ids if not found[each]]


def push(clients: Clients, targets: Sequence[Target]) -> Result:
    """Write all datasets. Records that already have their values are not written.

    :raises botocore.exceptions.BotoCoreError: if a call fails.
    :raises botocore.exceptions.ClientError: if the service returns an error that does
        not concern a single dataset.
    """
    result = Result()
    with Progress("identities", len(targets)) as progress:
        for _, outcomes in clients.map(
            lambda target: [*_push_identity(clients.sync, target)], targets
        ):
            for each in outcomes:
                if isinstance(each, str):
                    result.errors.append(each)
                else:
                    result.written += each[0]
                    result.unchanged += each[1]
            progress.advance()
    return result


def _push_identity(sync: Any, target: Target) -> Iterator[tuple[int, int] | str]:
    for dataset in target.datasets:
        ids = {
            "IdentityPoolId": target.pool_id,
            "IdentityId": target.identity_id,
            "DatasetName": dataset["DatasetName"],
        }
        records = values(dataset)
        try:
            written = _push_dataset(sync, ids, records)
        except ClientError as error:
            if error_code(error) not in DATASET_ERRORS:
                raise
            yield f"{target.identity_id}, dataset {dataset['DatasetName']}: {error}"
        else:
            yield written, len(records) - written


def _push_dataset(
    sync: Any, ids: Mapping[str, str], records: Mapping[str, Data]
) -> int:
    """Write one dataset, and return the number of records that had to be written.

    After a conflict, or if a response was lost and the token was used, the dataset is
    compared again.
    """
    written = attempts = 0
    while True:
        token, sync_count, stored = _list_records(sync, ids)
        patches = [
            _patch(each, sync_count)
            for key, each in records.items()
            if stored.get(key) != each["Value"]
        ]
        if not patches:
            return written
        written = max(written, len(patches))
        attempts += 1
        try:
            sync.update_records(**ids, SyncSessionToken=token, RecordPatches=patches)
        except (
            sync.exceptions.ResourceConflictException,
            sync.exceptions.InvalidParameterException,
        ):
            if attempts == WRITES:
                raise
        else:
            return written


def _list_records(
    sync: Any, ids: Mapping[str, str]
) -> tuple[str, int, dict[str, str | None]]:
    """Return a token, the sync count, and the values by key; None for removed ones."""
    stored: dict[str, str | None] = {}
    page: Data = sync.list_records(**ids)
    sync_count = page["DatasetSyncCount"]
    while True:
        stored.update({each["Key"]: each.get("Value") for each in page["Records"]})
        if not page.get("NextToken"):
            return page["SyncSessionToken"], sync_count, stored
        page = sync.list_records(**ids, NextToken=page["NextToken"])


def _patch(record: Data, sync_count: int) -> Data:
    # The service accepts the sync count of the dataset for each of its records.
    patch = {
        "Op": "replace",
        "Key": record["Key"],
        "Value": record["Value"],
        "SyncCount": sync_count,
    }
    if "DeviceLastModifiedDate" in record:
        patch["DeviceLastModifiedDate"] = record["DeviceLastModifiedDate"]
    return patch


def count_lost(state: Mapping[str, Any]) -> dict[str, int]:
    """Return what a push cannot write, with the number of times it is in a state."""
    every_identity = [identity for _, identity in identities(state)]
    datasets = [
        dataset
        for identity in every_identity
        for dataset in identity.get("Datasets", ())
    ]
    existing = [each for each in datasets if each.get("DatasetExists", True)]
    records = sum(len(values(each)) for each in existing)
    every = sum(
        len(each.get("Values", ())) + len(each.get("Records", ())) for each in existing
    )
    return {
        "sync counts, LastModifiedDate and LastModifiedBy of records": records,
        "removed records (tombstones)": every - records,
        "deleted datasets (tombstones)": len(datasets) - len(existing),
        "datasets without records": sum(not values(each) for each in existing),
        "devices": sum(len(each.get("Devices", ())) for each in every_identity),
    }
