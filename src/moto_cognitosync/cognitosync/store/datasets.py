"""Records, datasets, devices and identities, and the rules for changing them.

Independent of HTTP and JSON. Times are in epoch milliseconds, sizes in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from moto_cognitosync.core.clock import now
from moto_cognitosync.core.exceptions import (
    InvalidParameterException,
    LimitExceededException,
    ResourceConflictException,
    ResourceNotFoundException,
)

# Amazon Cognito developer guide, "Limits". A megabyte is 1024 * 1024 bytes.
MAX_DATASETS_PER_IDENTITY = 20
MAX_RECORDS_PER_DATASET = 1024
MAX_DATASET_SIZE = 1_048_576

MAX_DATASET_NAME_LENGTH = 128
MAX_COUNT = 2**63 - 1  # counts are 64-bit integers in the API

# The suffix of a merged dataset's name: "<name>.<identity id>".
IDENTITY_ID = re.compile(r"[\w-]+:[0-9a-f-]+", re.ASCII)


class Usage(NamedTuple):
    """The size of some datasets, and when they changed.

    :ivar dataset_count: number of datasets, excluding tombstones.
    :ivar data_storage: total size of all records, in bytes.
    :ivar last_modified_date: when a dataset was last written or deleted; 0 if never.
    """

    dataset_count: int = 0
    data_storage: int = 0
    last_modified_date: int = 0

    @classmethod
    def total(cls, datasets: Iterable[Dataset]) -> Usage:
        """Return the usage of all given datasets."""
        dataset_count = data_storage = last_modified_date = 0
        for dataset in datasets:
            dataset_count += dataset.exists
            data_storage += dataset.data_storage
            last_modified_date = max(last_modified_date, dataset.last_modified_date)
        return cls(dataset_count, data_storage, last_modified_date)

    def replace(self, before: Usage, after: Usage) -> Usage | None:
        """Return the usage after a part of it has changed; None if unknown."""
        latest = self.last_modified_date
        if after.last_modified_date < before.last_modified_date == latest:
            return None  # the clock moved back
        return Usage(
            self.dataset_count + after.dataset_count - before.dataset_count,
            self.data_storage + after.data_storage - before.data_storage,
            max(latest, after.last_modified_date),
        )


class Record(NamedTuple):
    """A record of a dataset. A removed record is kept, with the value None.

    Records are immutable: a write replaces them.
    """

    key: str
    value: str | None
    sync_count: int
    last_modified_date: int
    last_modified_by: str
    device_last_modified_date: int

    @property
    def size(self) -> int:
        """Size of the key and value in UTF-8, in bytes; 0 for a removed record."""
        if self.value is None:
            return 0
        return len(self.key.encode()) + len(self.value.encode())

    def describe(self) -> dict[str, Any]:
        """Return the record as the API returns it."""
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
    """A dataset of an identity, or the tombstone of a deleted one.

    The sync count increases by one with each batch of records and each deletion. It
    never decreases, not even when a dataset is deleted and created again, because
    clients use it to find out what has changed.

    :ivar exists: False before the first write and after a deletion.
    :ivar sync_count_at_deletion: the sync count that the latest deletion set, or 0.
    :ivar records: all records by key, including removed ones.
    :ivar data_storage: total size of all records, in bytes.
    :ivar num_records: number of records, excluding removed ones.
    :ivar creation_date: 0 if the dataset does not exist.
    :ivar reports_merge: whether ListRecords reports this dataset in the
        ``MergedDatasetNames`` of the dataset that its name starts with.
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
        """Return the metadata as the API returns it."""
        return {
            "IdentityId": self.identity_id,
            "DatasetName": self.name,
            "CreationDate": self.creation_date,
            "LastModifiedDate": self.last_modified_date,
            "LastModifiedBy": self.last_modified_by,
            "DataStorage": self.data_storage,
            "NumRecords": self.num_records,
        }

    def usage(self) -> Usage:
        """Return the usage of this dataset."""
        return Usage(self.exists, self.data_storage, self.last_modified_date)

    def was_deleted_after(self, sync_count: int) -> bool:
        """Return whether the dataset was deleted after a client saw ``sync_count``.

        Always False for 0. If this is True, clients discard their data and list again
        from 0; if it were also True for 0, they would loop forever.
        """
        return 0 < sync_count < self.sync_count_at_deletion

    def check_last_sync_count(self, sync_count: int) -> None:
        """Check the sync count after which a client wants to list changes.

        :raises InvalidParameterException: if the count is negative, or higher than the
            dataset's.
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
        """Check that no patch is based on an outdated record.

        A patch may have a higher sync count than its record, because clients send the
        sync count of the dataset.

        :param patches: ``RecordPatch`` structures.
        :raises ResourceConflictException: if a patch is stale; the message names the
            first one.
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
        """Apply all patches, or none if a limit is exceeded.

        If there are several patches for a key, the last one wins.

        :param patches: ``RecordPatch`` structures; dates in epoch milliseconds.
        :param modified_by: id of a device or identity, or an account id.
        :return: the written records, including removed ones.
        :raises LimitExceededException: if the dataset would contain too many records or
            bytes.
        """
        time = now()
        written = {
            patch["Key"]: Record(
                key=patch["Key"],
                value=patch["Value"] if patch["Op"] == "replace" else None,
                sync_count=next_count(self.sync_count),
                last_modified_date=time,
                last_modified_by=modified_by,
                device_last_modified_date=patch.get("DeviceLastModifiedDate", time),
            )
            for patch in patches
        }
        self.put(written)
        self.sync_count = next_count(self.sync_count)
        if not self.exists:
            self.exists = self.reports_merge = True
            self.creation_date = time
        self.last_modified_date = time
        self.last_modified_by = modified_by
        return list(written.values())

    def put(self, written: Mapping[str, Record]) -> None:
        """Store records and update the totals.

        :param written: records by key.
        :raises LimitExceededException: if the dataset would contain too many records or
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
                f"Record limit exceeded: dataset '{self.name}' would contain "
                f"{num_records} records; the limit is {MAX_RECORDS_PER_DATASET}."
            )
        if data_storage > MAX_DATASET_SIZE:
            raise LimitExceededException(
                f"Dataset size limit exceeded: dataset '{self.name}' would contain "
                f"{data_storage} bytes; the limit is {MAX_DATASET_SIZE}."
            )
        self.data_storage, self.num_records = data_storage, num_records
        self.records.update(written)

    def tombstone(self) -> Dataset:
        """Return the tombstone of the dataset, which keeps its sync count."""
        sync_count = next_count(self.sync_count)
        return Dataset(
            self.identity_id,
            self.name,
            sync_count=sync_count,
            sync_count_at_deletion=sync_count,
            last_modified_date=now(),
        )

    def continue_from(self, tombstone: Dataset) -> None:
        """Add the sync count of a tombstone to all sync counts."""
        self.sync_count += tombstone.sync_count
        self.sync_count_at_deletion = tombstone.sync_count_at_deletion
        self.records = {
            key: record._replace(sync_count=record.sync_count + tombstone.sync_count)
            for key, record in self.records.items()
        }

    def live_records(self) -> list[Record]:
        """Return the records that are not removed."""
        return [record for record in self.records.values() if record.value is not None]


@dataclass(slots=True)
class Device:
    """A device of an identity.

    :ivar token: the push token that the platform gave the device.
    :ivar endpoint_arn: ARN of the device's platform endpoint in SNS.
    :ivar subscriptions: names of the datasets that the device is subscribed to.
    """

    device_id: str
    platform: str
    token: str
    endpoint_arn: str
    subscriptions: set[str] = field(default_factory=set)


@dataclass(slots=True)
class IdentityData:
    """An identity's data.

    :ivar datasets: datasets by name, including the tombstones of deleted ones.
    :ivar devices: devices by id.
    """

    identity_id: str
    datasets: dict[str, Dataset] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)

    def usage(self) -> Usage:
        """Return the usage of all datasets of the identity."""
        return Usage.total(self.datasets.values())

    def dataset(self, name: str) -> Dataset:
        """Return a dataset, its tombstone, or a new dataset that is not stored."""
        return self.datasets.get(name) or Dataset(self.identity_id, name)

    def existing_dataset(self, name: str) -> Dataset:
        """Return a dataset that was written and not deleted.

        :raises ResourceNotFoundException: if the dataset does not exist.
        """
        dataset = self.dataset(name)
        if not dataset.exists:
            raise ResourceNotFoundException(f"Dataset '{name}' not found.")
        return dataset

    def existing_datasets(self) -> list[Dataset]:
        """Return all datasets except tombstones."""
        return [dataset for dataset in self.datasets.values() if dataset.exists]

    def check_dataset_limit(self) -> None:
        """Check that the identity may create another dataset.

        :raises LimitExceededException: if the identity already has 20 datasets.
        """
        if len(self.existing_datasets()) >= MAX_DATASETS_PER_IDENTITY:
            raise LimitExceededException(
                f"Dataset limit exceeded: identity '{self.identity_id}' "
                f"already has {MAX_DATASETS_PER_IDENTITY} datasets."
            )

    def delete(self, dataset: Dataset) -> None:
        """Delete a dataset and its subscriptions, and stop reporting its merges."""
        for merged in self.datasets_merged_with(dataset.name):
            merged.reports_merge = False
        self._end_subscriptions(dataset.name)
        self.datasets[dataset.name] = dataset.tombstone()

    def _end_subscriptions(self, name: str) -> None:
        for device in self.devices.values():
            device.subscriptions.discard(name)

    def device(self, device_id: str) -> Device:
        """Return a registered device.

        :raises ResourceNotFoundException: if no device has this id.
        """
        if device_id not in self.devices:
            raise ResourceNotFoundException(f"Device '{device_id}' not found.")
        return self.devices[device_id]

    def merge_from(self, *others: IdentityData) -> list[tuple[Dataset, Dataset]]:
        """Move other identities' datasets to this one, and end their subscriptions.

        If a name is taken, the moved dataset becomes ``<name>.<other identity's id>``.
        Its sync count becomes 1, and its records keep theirs, as observed on AWS. If
        the new name is taken as well, the id is appended again. If there is a tombstone
        with that name, all sync counts continue from the tombstone's, so that clients
        list the records. The other identities keep a tombstone of each moved dataset.

        :return: the tombstone of each moved dataset, and the dataset itself.
        :raises ValueError: if a new name would be too long; nothing is moved.
        """
        moved = []
        for other, dataset, name in self._names_after_merge(others):
            tombstone = other.datasets[dataset.name] = dataset.tombstone()
            other._end_subscriptions(dataset.name)
            dataset.identity_id = self.identity_id
            if name != dataset.name:
                dataset.name, dataset.sync_count = name, 1
            dataset.continue_from(self.dataset(dataset.name))
            self.datasets[dataset.name] = dataset
            moved.append((tombstone, dataset))
        return moved

    def _names_after_merge(
        self, others: Iterable[IdentityData]
    ) -> list[tuple[IdentityData, Dataset, str]]:
        taken = {each.name for each in self.existing_datasets()}
        moves = []
        sources = [
            (other, dataset)
            for other in others
            for dataset in sorted(other.existing_datasets(), key=lambda each: each.name)
        ]
        for other, dataset in sources:
            name = dataset.name
            while name in taken:
                name += f".{other.identity_id}"
            if len(name) > MAX_DATASET_NAME_LENGTH:
                raise ValueError(
                    f"expected names of at most {MAX_DATASET_NAME_LENGTH} characters "
                    f"after the merge, found {len(name)}: {name!r}; delete the dataset "
                    f"{dataset.name!r} of one of the identities first"
                )
            taken.add(name)
            moves.append((other, dataset, name))
        return moves

    def datasets_merged_with(self, name: str) -> list[Dataset]:
        """Return the datasets to report as merged with the dataset ``name``.

        Their names have the form ``<name>.<id of the merged identity>``.
        """
        prefix = f"{name}."
        return [
            dataset
            for dataset in self.existing_datasets()
            if dataset.reports_merge
            and dataset.name.startswith(prefix)
            and IDENTITY_ID.fullmatch(dataset.name, len(prefix))
        ]


def next_count(count: int) -> int:
    """Return the count after a change, at most the largest 64-bit integer."""
    return min(count + 1, MAX_COUNT)


def check_patch(patch: Mapping[str, Any]) -> None:
    """Check a ``RecordPatch`` against rules that the service model does not express.

    :raises InvalidParameterException: if the sync count is negative, or the operation
        is ``replace`` but there is no value.
    """
    if patch["SyncCount"] < 0:
        raise InvalidParameterException(
            f"SyncCount of record '{patch['Key']}' must not be negative, "
            f"found {patch['SyncCount']}"
        )
    if patch["Op"] == "replace" and "Value" not in patch:
        raise InvalidParameterException(
            f"Record '{patch['Key']}' has no Value; operation replace requires one"
        )
