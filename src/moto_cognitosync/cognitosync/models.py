"""The rules of Amazon Cognito Sync, and the state they work on.

Nothing here knows of JSON or HTTP. Times are epoch milliseconds, sizes are bytes.
What is returned uses the API's own names for members (``DatasetName``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from moto.cognitoidentity.models import CognitoIdentityPool, cognitoidentity_backends
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.common_models import BaseModel

from .caller import Caller
from .clock import now
from .exceptions import (
    InvalidParameterException,
    LimitExceededException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from .paging import paginate
from .sync_session import SyncSessions

# Amazon Cognito developer guide, "Limits". A megabyte is 1024 * 1024 bytes.
MAX_DATASETS_PER_IDENTITY = 20
MAX_RECORDS_PER_DATASET = 1024
MAX_DATASET_SIZE = 1_048_576

# What the service's own clients ask for.
DEFAULT_RECORDS_PER_PAGE = 1024
DEFAULT_DATASETS_PER_PAGE = 64

# What comes behind "<root>." in the name of a dataset of a merged identity.
_IDENTITY_ID = re.compile(r"[\w-]+:[0-9a-f-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
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
        self._measure(written)
        self.records.update(written)
        self.sync_count += 1
        if not self.exists:
            self.exists = self.reports_merge = True
            self.creation_date = time
        self.last_modified_date = time
        self.last_modified_by = modified_by
        return list(written.values())

    def _measure(self, written: Mapping[str, Record]) -> None:
        """Update the totals to what they will be, unless that is too much."""
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

    def deleted(self) -> Dataset:
        """Return what remains of the dataset once it is deleted: its counts."""
        sync_count = self.sync_count + 1
        return Dataset(
            self.identity_id,
            self.name,
            sync_count=sync_count,
            sync_count_at_deletion=sync_count,
        )


@dataclass(slots=True)
class Identity:
    """The datasets of one identity, by name; deleted ones stay for their counts."""

    identity_id: str
    datasets: dict[str, Dataset] = field(default_factory=dict)

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

    def check_room(self) -> None:
        """Refuse to create one more dataset than an identity may have.

        :raises LimitExceededException: the identity has 20 of them.
        """
        if len(self.existing_datasets()) >= MAX_DATASETS_PER_IDENTITY:
            raise LimitExceededException(
                f"Dataset limit exceeded: identity '{self.identity_id}' "
                f"already has {MAX_DATASETS_PER_IDENTITY} datasets."
            )

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


class IdentityPool(BaseModel):
    """What is synced under one identity pool.

    The pool itself lives in moto's cognito-identity, as ``source``.
    """

    def __init__(self, source: CognitoIdentityPool) -> None:
        self.source = source
        self.identities: dict[str, Identity] = {}

    @property
    def identity_pool_id(self) -> str:
        """The pool's id, for moto's dashboard."""
        return str(self.source.identity_pool_id)

    @property
    def datasets(self) -> list[dict[str, Any]]:
        """All datasets of all identities, for moto's dashboard."""
        return [
            dataset.describe()
            for identity in list(self.identities.values())
            for dataset in identity.existing_datasets()
        ]


class CognitoSyncBackend(BaseBackend):
    """Amazon Cognito Sync in one region of one account.

    Every public method holds the backend's lock from its first look at the state to
    its last, and returns data that later calls do not change.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._lock = RLock()
        self._pools: dict[str, IdentityPool] = {}
        self._sync_sessions = SyncSessions()

    def reset(self) -> None:
        """Forget everything, but never under the hands of a request in progress."""
        with self._lock:
            self._pools = {}
            self._sync_sessions = SyncSessions()

    def delete_dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> dict[str, Any]:
        """Delete a dataset for good.

        Datasets that were merged with it no longer report the merge.

        :return: the metadata as it was.
        :raises ResourceNotFoundException: there is no such pool, identity or dataset.
        """
        with self._lock:
            identity = self._identity(identity_pool_id, identity_id)
            dataset = identity.existing_dataset(dataset_name)
            for merged in identity.datasets_merged_with(dataset_name):
                merged.reports_merge = False
            identity.datasets[dataset_name] = dataset.deleted()
            return dataset.describe()

    def describe_dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> dict[str, Any]:
        """Return a dataset's metadata.

        :raises ResourceNotFoundException: there is no such pool, identity or dataset.
        """
        with self._lock:
            identity = self._identity(identity_pool_id, identity_id)
            return identity.existing_dataset(dataset_name).describe()

    def list_datasets(
        self,
        identity_pool_id: str,
        identity_id: str,
        next_token: str | None = None,
        max_results: int = DEFAULT_DATASETS_PER_PAGE,
    ) -> dict[str, Any]:
        """List an identity's datasets by name. An unknown identity has none.

        :return: ``Datasets``, ``Count`` (of this page) and ``NextToken``.
        :raises ResourceNotFoundException: there is no such pool.
        :raises InvalidParameterException: ``max_results`` or ``next_token`` is bad.
        """
        with self._lock:
            identity = self._identity_or_empty(identity_pool_id, identity_id)
            page = paginate(
                ((dataset.name, dataset) for dataset in identity.existing_datasets()),
                max_results,
                next_token,
            )
            return {
                "Datasets": [dataset.describe() for dataset in page.items],
                "Count": len(page.items),
                "NextToken": page.next_token,
            }

    def list_records(
        self,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
        last_sync_count: int = 0,
        next_token: str | None = None,
        max_results: int = DEFAULT_RECORDS_PER_PAGE,
        sync_session_token: str | None = None,
    ) -> dict[str, Any]:
        """List the records of a dataset by key, and open or go on with a sync session.

        A dataset that does not exist is listed as empty.

        :param last_sync_count: leave out what has this count or a lower one.
        :return: the members of ListRecords' response; ``Count`` is that of this page.
        :raises ResourceNotFoundException: there is no such pool.
        :raises InvalidParameterException: the dataset never had ``last_sync_count``;
            ``max_results``, ``next_token`` or ``sync_session_token`` is bad.
        """
        with self._lock:
            identity = self._identity_or_empty(identity_pool_id, identity_id)
            dataset = identity.dataset(dataset_name)
            _check_last_sync_count(last_sync_count, dataset)
            page = paginate(
                (
                    (record.key, record)
                    for record in dataset.records.values()
                    if record.sync_count > last_sync_count
                ),
                max_results,
                next_token,
            )
            inputs = (identity_pool_id, identity_id, dataset_name)
            if sync_session_token is None:
                sync_session_token = self._sync_sessions.issue(*inputs)
            else:
                self._sync_sessions.check(sync_session_token, *inputs)
            merged = identity.datasets_merged_with(dataset_name)
            return {
                "Records": [record.describe() for record in page.items],
                "NextToken": page.next_token,
                "Count": len(page.items),
                "DatasetSyncCount": dataset.sync_count,
                "LastModifiedBy": dataset.last_modified_by,
                "MergedDatasetNames": sorted(each.name for each in merged) or None,
                "DatasetExists": dataset.exists,
                "DatasetDeletedAfterRequestedSyncCount": dataset.was_deleted_after(
                    last_sync_count
                ),
                "SyncSessionToken": sync_session_token,
            }

    def update_records(
        self,
        caller: Caller,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
        sync_session_token: str,
        record_patches: Sequence[Mapping[str, Any]] = (),
        device_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Write a batch of records, and create the dataset where it does not exist.

        :param record_patches: ``RecordPatch`` structures; dates in epoch milliseconds.
        :return: the records as they are now, removed ones included. Without patches
            nothing is written and nothing is created, but the token is used up.
        :raises ResourceNotFoundException: there is no such pool or identity.
        :raises InvalidParameterException: a patch makes no sense; the token is bad.
        :raises ResourceConflictException: a patch is stale.
        :raises LimitExceededException: of datasets, records or bytes.
        """
        for patch in record_patches:
            _check_patch(patch)
        with self._lock:
            identity = self._identity(identity_pool_id, identity_id)
            session = self._sync_sessions.check(
                sync_session_token, identity_pool_id, identity_id, dataset_name
            )
            dataset = identity.dataset(dataset_name)
            dataset.check_conflicts(record_patches)
            records: list[Record] = []
            if record_patches:
                if not dataset.exists:
                    identity.check_room()
                by = identity_id if caller.is_identity else caller.account_id
                records = dataset.write(record_patches, device_id or by)
                identity.datasets[dataset_name] = dataset
            self._sync_sessions.consume(session)
            return [record.describe() for record in records]

    def _pool(self, identity_pool_id: str) -> IdentityPool:
        """Return what is synced under a pool that cognito-identity has.

        :raises ResourceNotFoundException: it has none of this id.
        """
        source = self._cognito_identity.identity_pools.get(identity_pool_id)
        pool = self._pools.get(identity_pool_id)
        if pool is not None and pool.source is not source:
            # Deleted over there, perhaps made again: nothing of it is left.
            del self._pools[identity_pool_id]
            pool.identities.clear()
            pool = None
        if source is None:
            raise ResourceNotFoundException(
                f"IdentityPool '{identity_pool_id}' not found."
            )
        if pool is None:
            pool = self._pools[identity_pool_id] = IdentityPool(source)
        return pool

    def _identity(self, identity_pool_id: str, identity_id: str) -> Identity:
        """Return what is synced under an identity that cognito-identity has.

        :raises ResourceNotFoundException: it has no such pool or identity.
        """
        pool = self._pool(identity_pool_id)
        identity = pool.identities.get(identity_id)
        if identity is None:
            known = self._cognito_identity.pools_identities[identity_pool_id]
            if {"IdentityId": identity_id} not in known["Identities"]:
                raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
            identity = pool.identities[identity_id] = Identity(identity_id)
        return identity

    def _identity_or_empty(self, identity_pool_id: str, identity_id: str) -> Identity:
        """Return an identity as :meth:`_identity` does, or an empty one if unknown.

        :raises ResourceNotFoundException: there is no such pool.
        """
        pool = self._pool(identity_pool_id)
        return pool.identities.get(identity_id) or Identity(identity_id)

    @property
    def _cognito_identity(self) -> Any:
        return cognitoidentity_backends[self.account_id][self.region_name]


def _check_last_sync_count(last_sync_count: int, dataset: Dataset) -> None:
    if last_sync_count < 0:
        raise InvalidParameterException(
            f"LastSyncCount must not be negative, found {last_sync_count}"
        )
    if last_sync_count > dataset.sync_count:
        raise InvalidParameterException(
            f"No such SyncCount: {last_sync_count} exists for this Dataset"
        )


def _check_patch(patch: Mapping[str, Any]) -> None:
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


cognitosync_backends = BackendDict(CognitoSyncBackend, "cognito-sync")
