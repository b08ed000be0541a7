"""Records, datasets and identities: what is stored, and the rules within a dataset.

Nothing here knows of JSON or HTTP. Times are epoch milliseconds, sizes are bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from moto_cognitosync.cognitosync.exceptions import (
    InvalidParameterException,
    LimitExceededException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from moto_cognitosync.core.clock import now

# Amazon Cognito developer guide, "Limits". A megabyte is 1024 * 1024 bytes.
MAX_DATASETS_PER_IDENTITY = 20
MAX_RECORDS_PER_DATASET = 1024
MAX_DATASET_SIZE = 1_048_576

# What comes behind "<root>." in the name of a dataset of a merged identity.
_IDENTITY_ID = re.compile(r"[\w-]+:[0-9a-f-]+", re.ASCII)


class Record(NamedTuple):
    """One key of a dataset. A removed record stays, with the value None.

    Never changed in place: a write puts a new one in the old one's stead.
    """

    key: str
    value: str | None
    sync_count: int
    last_modified_date: int
    last_modified_by: str
    device_last_modified_date: int

    @property
    def size(self) -> int:
        """What the record adds to its dataset's storage: its key and its value."""
        if self.value is None:
            return 0
        return len(self.key.encode()) + len(self.value.encode())

    def describe(self) -> dict[str, Any]:
        """Return the record as the API shows it."""
        return {
            "Key": self.key,
            "Value": self.value,
            "SyncCount": self.sync_count,
            "LastModifiedDate": self.last_modified_date,
            "LastModifiedBy": self.last_modified_by,
            "DeviceLastModifiedDate": self.device_last_modified_date,
        }


@dataclass(slots=True)
class Dataset:
    """A name under an identity: what it holds now, and what outlives a deletion.

    The sync count rises by one with each batch of records and with each deletion,
    and never falls, so that a client can tell what happened since it last asked.

    :ivar exists: false before the first write, and after a deletion.
    :ivar sync_count_at_deletion: the count of the latest deletion; 0 without one.
    :ivar records: by key, removed ones included.
    :ivar data_storage: of the records that are not removed, in bytes.
    :ivar num_records: of those that are not removed.
    :ivar reports_merge: whether the dataset it was merged with lists this one.
    """

    identity_id: str
    name: str
    sync_count: int = 0
    sync_count_at_deletion: int = 0
    exists: bool = False
    records: dict[str, Record] = field(default_factory=dict)
    data_storage: int = 0
    num_records: int = 0
    creation_date: int = 0
    last_modified_date: int = 0
    last_modified_by: str | None = None
    reports_merge: bool = False

    def describe(self) -> dict[str, Any]:
        """Return the metadata as the API shows it."""
        return {
            "IdentityId": self.identity_id,
            "DatasetName": self.name,
            "CreationDate": self.creation_date,
            "LastModifiedDate": self.last_modified_date,
            "LastModifiedBy": self.last_modified_by,
            "DataStorage": self.data_storage,
            "NumRecords": self.num_records,
        }

    def was_deleted_after(self, sync_count: int) -> bool:
        """Tell a client that has seen ``sync_count`` whether to start afresh.

        Never one that has seen nothing (0): it would start afresh for ever.
        """
        return 0 < sync_count < self.sync_count_at_deletion

    def check_last_sync_count(self, sync_count: int) -> None:
        """Refuse to list what changed after a count that the dataset never had.

        :raises InvalidParameterException: the count is negative or too high.
        """
        if sync_count < 0:
            raise InvalidParameterException(
                f"LastSyncCount must not be negative, found {sync_count}"
            )
        if sync_count > self.sync_count:
            raise InvalidParameterException(
                f"No such SyncCount: {sync_count} exists for this Dataset"
            )

    def check_conflicts(self, patches: Sequence[Mapping[str, Any]]) -> None:
        """Refuse patches that were made in ignorance of a later change.

        A count above the record's own is fine: clients send that of the dataset.

        :raises ResourceConflictException: naming the first stale patch.
        """
        for patch in patches:
            stored = self.records.get(patch["Key"])
            if stored is not None and stored.sync_count > patch["SyncCount"]:
                raise ResourceConflictException(
                    f"Current SyncCount for: {stored.key} "
                    f"is: {stored.sync_count} not: {patch['SyncCount']}"
                )

    def write(
        self, patches: Sequence[Mapping[str, Any]], modified_by: str
    ) -> list[Record]:
        """Apply patches as one batch: all of them, or none.

        :return: the records as they are now. Of two patches for one key, the last.
        :raises LimitExceededException: the dataset would hold too many records or
            bytes.
        """
        time = now()
        written = {
            patch["Key"]: Record(
                key=patch["Key"],
                value=patch["Value"] if patch["Op"] == "replace" else None,
                sync_count=self.sync_count + 1,
                last_modified_date=time,
                last_modified_by=modified_by,
                device_last_modified_date=patch.get("DeviceLastModifiedDate", time),
            )
            for patch in patches
        }
        self.put(written)
        self.sync_count += 1
        if not self.exists:
            self.exists = self.reports_merge = True
            self.creation_date = time
        self.last_modified_date = time
        self.last_modified_by = modified_by
        return list(written.values())

    def put(self, written: Mapping[str, Record]) -> None:
        """Put records in their places, and update the totals.

        :raises LimitExceededException: the dataset would hold too many records or
            bytes; nothing is changed.
        """
        data_storage, num_records = self.data_storage, self.num_records
        for key, record in written.items():
            data_storage += record.size
            num_records += record.value is not None
            if replaced := self.records.get(key):
                data_storage -= replaced.size
                num_records -= replaced.value is not None
        if num_records > MAX_RECORDS_PER_DATASET:
            raise LimitExceededException(
                f"Record limit exceeded: dataset '{self.name}' would hold "
                f"{num_records} records, the limit is {MAX_RECORDS_PER_DATASET}."
            )
        if data_storage > MAX_DATASET_SIZE:
            raise LimitExceededException(
                f"Dataset size limit exceeded: dataset '{self.name}' would hold "
                f"{data_storage} bytes, the limit is {MAX_DATASET_SIZE}."
            )
        self.data_storage, self.num_records = data_storage, num_records
        self.records.update(written)

    def tombstone(self) -> Dataset:
        """Return what remains of the dataset once it is deleted: its counts."""
        sync_count = self.sync_count + 1
        return Dataset(
            self.identity_id,
            self.name,
            sync_count=sync_count,
            sync_count_at_deletion=sync_count,
            last_modified_date=now(),
        )

    def live_records(self) -> list[Record]:
        """Return the records that are not removed."""
        return [record for record in self.records.values() if record.value is not None]


@dataclass(slots=True)
class Device:
    """A device of an identity.

    :ivar endpoint_arn: of its platform endpoint in SNS.
    :ivar subscriptions: the names of the datasets whose changes it wants to know.
    """

    device_id: str
    platform: str
    token: str
    endpoint_arn: str
    subscriptions: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Identity:
    """What one identity has: datasets by name, and devices by id.

    Deleted datasets stay, for their counts.
    """

    identity_id: str
    datasets: dict[str, Dataset] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)

    @property
    def last_modified_date(self) -> int:
        """When a dataset was last written or deleted; 0 if none ever was."""
        dates = (dataset.last_modified_date for dataset in self.datasets.values())
        return max(dates, default=0)

    def dataset(self, name: str) -> Dataset:
        """Return a dataset, or one that was never written and is not kept."""
        return self.datasets.get(name) or Dataset(self.identity_id, name)

    def existing_dataset(self, name: str) -> Dataset:
        """Return a dataset that was written and is not deleted.

        :raises ResourceNotFoundException: there is none.
        """
        dataset = self.dataset(name)
        if not dataset.exists:
            raise ResourceNotFoundException(f"Dataset '{name}' not found.")
        return dataset

    def existing_datasets(self) -> list[Dataset]:
        """Return all datasets that can be seen."""
        return [dataset for dataset in self.datasets.values() if dataset.exists]

    def check_dataset_limit(self) -> None:
        """Refuse to create one more dataset than an identity may have.

        :raises LimitExceededException: the identity has 20 of them.
        """
        if len(self.existing_datasets()) >= MAX_DATASETS_PER_IDENTITY:
            raise LimitExceededException(
                f"Dataset limit exceeded: identity '{self.identity_id}' "
                f"already has {MAX_DATASETS_PER_IDENTITY} datasets."
            )

    def delete(self, dataset: Dataset) -> None:
        """Delete a dataset, whatever subscribes to it, and all reports of a merge."""
        for merged in self.datasets_merged_with(dataset.name):
            merged.reports_merge = False
        for device in self.devices.values():
            device.subscriptions.discard(dataset.name)
        self.datasets[dataset.name] = dataset.tombstone()

    def device(self, device_id: str) -> Device:
        """Return a registered device.

        :raises ResourceNotFoundException: there is none of this id.
        """
        if device_id not in self.devices:
            raise ResourceNotFoundException(f"Device '{device_id}' not found.")
        return self.devices[device_id]

    def merge_from(self, other: Identity) -> None:
        """Move the datasets of another identity here, as linking two logins does.

        One whose name is taken becomes ``<name>.<id of the other>``, and starts to
        count at 1 while its records keep their counts, as seen at AWS. If that is
        taken, too, the id comes once more. No name's count ever falls.
        """
        for dataset in sorted(other.existing_datasets(), key=lambda each: each.name):
            del other.datasets[dataset.name]
            dataset.identity_id = self.identity_id
            if self.dataset(dataset.name).exists:
                dataset.sync_count = 1
            while self.dataset(dataset.name).exists:
                dataset.name += f".{other.identity_id}"
            there = self.dataset(dataset.name)
            dataset.sync_count = max(dataset.sync_count, there.sync_count)
            dataset.sync_count_at_deletion = there.sync_count_at_deletion
            self.datasets[dataset.name] = dataset

    def datasets_merged_with(self, name: str) -> list[Dataset]:
        """Return the datasets that came to ``name`` when identities were merged.

        They are known by their names: ``<name>.<id of the merged identity>``.
        """
        prefix = f"{name}."
        return [
            dataset
            for dataset in self.existing_datasets()
            if dataset.reports_merge
            and dataset.name.startswith(prefix)
            and _IDENTITY_ID.fullmatch(dataset.name, len(prefix))
        ]


def check_patch(patch: Mapping[str, Any]) -> None:
    """Refuse a patch that the model allows but that makes no sense."""
    if patch["SyncCount"] < 0:
        raise InvalidParameterException(
            f"SyncCount of record '{patch['Key']}' must not be negative, "
            f"found {patch['SyncCount']}"
        )
    if patch["Op"] == "replace" and "Value" not in patch:
        raise InvalidParameterException(
            f"Record '{patch['Key']}' has no Value: operation replace needs one"
        )
