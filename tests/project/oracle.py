"""A second, minimal implementation of the rules for stored data.

It is based on what is known about the service and on ``docs/differences.md``, never on
the source code that it checks. It returns what boto3 returns, except that times are in
milliseconds. The tests pass it each SyncSessionToken that the mock generates.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

DATASETS, RECORDS, BYTES = 20, 1024, 1_048_576
LIFETIME = 300_000
DEVELOPER = "123456789012"
IDENTITY_ID = r"[\w-]+:[0-9a-f-]+"

BAD_SESSION = "SyncSessionToken not valid for these inputs"
ANY_TEXT = ""  # Matches any message: the text is not documented.

Structure = dict[str, Any]  # as boto3 takes and returns it
Key = tuple[str, str, str]


class Rejected(Exception):
    """An expected error. If several texts apply, the mock may use any of them."""

    def __init__(self, code: str, *texts: str) -> None:
        super().__init__(code, texts)
        self.code = code
        self.texts = texts

    def allows(self, code: str, text: str) -> bool:
        return code == self.code and (text in self.texts or ANY_TEXT in self.texts)


def reject_invalid(reasons: dict[str, bool]) -> None:
    texts = [text for text, applies in reasons.items() if applies]
    if texts:
        raise Rejected("InvalidParameterException", *texts)


def not_found(kind: str, name: str) -> Rejected:
    return Rejected("ResourceNotFoundException", f"{kind} '{name}' not found.")


def present(**members: Any) -> Structure:
    """Build a response as boto3 returns it, without null members."""
    return {name: value for name, value in members.items() if value is not None}


def page_of(
    items: Iterable[Structure], name: str, size: int, after: str | None
) -> tuple[list[Structure], str | None]:
    """Return one page and the token for the next."""
    last = "" if after is None else decoded(after)
    reject_invalid({ANY_TEXT: size < 1 or last is None})
    left = [item for item in items if item[name] > str(last)]
    page = sorted(left, key=lambda item: str(item[name]))[:size]
    more = len(left) > len(page)
    return page, base64.b64encode(page[-1][name].encode()).decode() if more else None


def decoded(token: str) -> str | None:
    try:
        return base64.b64decode(token, validate=True).decode() or None
    except (binascii.Error, UnicodeDecodeError):
        return None


def is_malformed(patch: Structure) -> bool:
    lacks_value = patch["Op"] == "replace" and "Value" not in patch
    return lacks_value or patch["SyncCount"] < 0


@dataclass
class Record:
    value: str | None
    count: int
    modified: int
    by: str
    device_modified: int

    def describe(self, key: str) -> Structure:
        return present(
            Key=key,
            Value=self.value,
            SyncCount=self.count,
            LastModifiedDate=self.modified,
            LastModifiedBy=self.by,
            DeviceLastModifiedDate=self.device_modified,
        )


def live(records: dict[str, Record]) -> dict[str, str]:
    return {key: each.value for key, each in records.items() if each.value is not None}


def size_of(records: dict[str, Record]) -> int:
    return sum(len((key + value).encode()) for key, value in live(records).items())


@dataclass
class Dataset:
    """The state kept for a dataset name, even while no dataset has that name."""

    name: str
    exists: bool = False
    count: int = 0
    deleted_at: int = 0
    created: int = 0
    modified: int = 0
    by: str | None = None
    forgotten: bool = False  # no longer listed in MergedDatasetNames
    records: dict[str, Record] = field(default_factory=dict)

    def describe(self, identity_id: str) -> Structure:
        return present(
            IdentityId=identity_id,
            DatasetName=self.name,
            CreationDate=self.created,
            LastModifiedDate=self.modified,
            LastModifiedBy=self.by,
            DataStorage=size_of(self.records),
            NumRecords=len(live(self.records)),
        )


@dataclass
class Identity:
    names: dict[str, Dataset] = field(default_factory=dict)

    @property
    def modified(self) -> int:
        return max((each.modified for each in self.names.values()), default=0)

    def dataset(self, name: str) -> Dataset:
        return self.names.setdefault(name, Dataset(name))

    def existing(self, name: str) -> Dataset:
        dataset = self.dataset(name)
        if not dataset.exists:
            raise not_found("Dataset", name)
        return dataset

    def datasets(self) -> list[Dataset]:
        return [each for each in self.names.values() if each.exists]

    def merged_with(self, name: str) -> list[Dataset]:
        pattern = re.compile(rf"{re.escape(name)}\.{IDENTITY_ID}", re.ASCII)
        found = [each for each in self.datasets() if pattern.fullmatch(each.name)]
        return [each for each in found if not each.forgotten]

    def storage(self) -> int:
        return sum(size_of(each.records) for each in self.datasets())


@dataclass
class Pool:
    created: int
    identities: dict[str, Identity] = field(default_factory=dict)
    sessions: int = 0

    def describe(self, pool_id: str) -> Structure:
        identities = self.identities.values()
        return present(
            IdentityPoolId=pool_id,
            DataStorage=sum(each.storage() for each in identities),
            LastModifiedDate=max([0, *(each.modified for each in identities)])
            or self.created,
            SyncSessionsCount=self.sessions or None,
        )


@dataclass
class Session:
    key: Key
    expires: int
    used: bool = False


@dataclass
class Oracle:
    now: int
    pools: dict[str, Pool] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    limits: set[str] = field(default_factory=set)  # the limits that writes have hit

    def pool(self, pool_id: str) -> Pool:
        if pool_id not in self.pools:
            raise not_found("IdentityPool", pool_id)
        return self.pools[pool_id]

    def identity(self, pool_id: str, identity_id: str) -> Identity:
        identities = self.pool(pool_id).identities
        if identity_id not in identities:
            raise not_found("Identity", identity_id)
        return identities[identity_id]

    def identity_or_empty(self, pool_id: str, identity_id: str) -> Identity:
        return self.pool(pool_id).identities.get(identity_id, Identity())

    def is_good(self, token: str, key: Key) -> bool:
        session = self.sessions.get(token, Session(("", "", ""), 0))
        return not session.used and session.key == key and self.now < session.expires

    def add_session(self, key: Key, token: str) -> None:
        """Register a token that ListRecords returned for a dataset."""
        assert token not in self.sessions
        self.sessions[token] = Session(key, self.now + LIFETIME)
        self.pools[key[0]].sessions += 1

    # --- Operations ---------------------------------------------------------------

    def list_records(
        self,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
        last_sync_count: int = 0,
        max_results: int = RECORDS,
        next_token: str | None = None,
        sync_session_token: str | None = None,
    ) -> Structure:
        identity = self.identity_or_empty(identity_pool_id, identity_id)
        dataset = identity.dataset(dataset_name)
        key = (identity_pool_id, identity_id, dataset_name)
        reject_invalid(
            {
                BAD_SESSION: sync_session_token is not None
                and not self.is_good(sync_session_token, key),
                f"No such SyncCount: {last_sync_count} exists for this Dataset": (
                    last_sync_count > dataset.count
                ),
                ANY_TEXT: last_sync_count < 0
                or max_results < 1
                or (next_token is not None and decoded(next_token) is None),
            }
        )
        changed = [
            record.describe(name)
            for name, record in dataset.records.items()
            if record.count > last_sync_count
        ]
        page, more = page_of(changed, "Key", max_results, next_token)
        merged = sorted(each.name for each in identity.merged_with(dataset_name))
        return present(
            Records=page,
            Count=len(page),
            NextToken=more,
            DatasetExists=dataset.exists,
            DatasetSyncCount=dataset.count,
            DatasetDeletedAfterRequestedSyncCount=(
                0 < last_sync_count < dataset.deleted_at
            ),
            LastModifiedBy=dataset.by,
            MergedDatasetNames=merged or None,
        )

    def update_records(
        self,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
        sync_session_token: str,
        record_patches: list[Structure],
        device_id: str = DEVELOPER,
    ) -> Structure:
        reject_invalid({ANY_TEXT: any(is_malformed(each) for each in record_patches)})
        identity = self.identity(identity_pool_id, identity_id)
        dataset = identity.dataset(dataset_name)
        key = (identity_pool_id, identity_id, dataset_name)
        reject_invalid({BAD_SESSION: not self.is_good(sync_session_token, key)})
        self._reject_stale(dataset, record_patches)
        written = {
            patch["Key"]: Record(
                patch["Value"] if patch["Op"] == "replace" else None,
                dataset.count + 1,
                self.now,
                device_id,
                patch.get("DeviceLastModifiedDate", self.now),
            )
            for patch in record_patches
        }
        records = dataset.records | written
        if written:
            self._check_limits(identity, dataset, records)
            dataset.created = dataset.created if dataset.exists else self.now
            dataset.exists, dataset.records, dataset.by = True, records, device_id
            dataset.modified = self.now
            dataset.count += 1
        self.sessions[sync_session_token].used = True
        return {"Records": [each.describe(name) for name, each in written.items()]}

    def _reject_stale(self, dataset: Dataset, patches: list[Structure]) -> None:
        for patch in patches:
            record = dataset.records.get(patch["Key"])
            if record and record.count > patch["SyncCount"]:
                raise Rejected(
                    "ResourceConflictException",
                    f"Current SyncCount for: {patch['Key']} is: {record.count} "
                    f"not: {patch['SyncCount']}",
                )

    def _check_limits(
        self, identity: Identity, dataset: Dataset, records: dict[str, Record]
    ) -> None:
        is_new = not dataset.exists
        reached = {
            "datasets": is_new and len(identity.datasets()) >= DATASETS,
            "records": len(live(records)) > RECORDS,
            "bytes": size_of(records) > BYTES,
        }
        if any(reached.values()):
            self.limits.update(name for name in reached if reached[name])
            raise Rejected("LimitExceededException", ANY_TEXT)

    def delete_dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> Structure:
        identity = self.identity(identity_pool_id, identity_id)
        dataset = identity.existing(dataset_name)
        deleted = dataset.describe(identity_id)
        for merged in identity.merged_with(dataset_name):
            merged.forgotten = True
        count = dataset.count + 1
        identity.names[dataset_name] = Dataset(
            dataset_name, count=count, deleted_at=count, modified=self.now
        )
        return {"Dataset": deleted}

    def describe_dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> Structure:
        identity = self.identity(identity_pool_id, identity_id)
        return {"Dataset": identity.existing(dataset_name).describe(identity_id)}

    def list_datasets(
        self,
        identity_pool_id: str,
        identity_id: str,
        max_results: int = 64,
        next_token: str | None = None,
    ) -> Structure:
        datasets = self.identity_or_empty(identity_pool_id, identity_id).datasets()
        described = [each.describe(identity_id) for each in datasets]
        page, more = page_of(described, "DatasetName", max_results, next_token)
        return present(Datasets=page, Count=len(page), NextToken=more)

    def describe_identity_usage(
        self, identity_pool_id: str, identity_id: str
    ) -> Structure:
        identity = self.identity(identity_pool_id, identity_id)
        return {
            "IdentityUsage": {
                "IdentityId": identity_id,
                "IdentityPoolId": identity_pool_id,
                "DatasetCount": len(identity.datasets()),
                "DataStorage": identity.storage(),
                "LastModifiedDate": identity.modified
                or self.pool(identity_pool_id).created,
            }
        }

    def describe_identity_pool_usage(self, identity_pool_id: str) -> Structure:
        described = self.pool(identity_pool_id).describe(identity_pool_id)
        return {"IdentityPoolUsage": described}

    def list_identity_pool_usage(
        self, max_results: int = 60, next_token: str | None = None
    ) -> Structure:
        described = [pool.describe(pool_id) for pool_id, pool in self.pools.items()]
        page, more = page_of(described, "IdentityPoolId", max_results, next_token)
        return present(
            IdentityPoolUsages=page,
            Count=len(page),
            MaxResults=max_results,
            NextToken=more,
        )

    # --- Cognito Identity ---------------------------------------------------------

    def merge(self, pool_id: str, old_id: str, new_id: str) -> None:
        """Merge one identity into another, which takes its datasets."""
        old, new = self.identity(pool_id, old_id), self.identity(pool_id, new_id)
        for dataset in sorted(old.datasets(), key=lambda each: each.name):
            count = dataset.count + 1
            old.names[dataset.name] = Dataset(
                dataset.name, count=count, deleted_at=count, modified=self.now
            )
            if new.dataset(dataset.name).exists:
                dataset.count = 1
            while new.dataset(dataset.name).exists:
                dataset.name += f".{old_id}"
            previous = new.dataset(dataset.name)
            dataset.count += previous.count
            dataset.deleted_at = previous.deleted_at
            dataset.records = {
                key: replace(record, count=record.count + previous.count)
                for key, record in dataset.records.items()
            }
            new.names[dataset.name] = dataset
