"""What is stored, as plain data, and back: the form of :mod:`moto_cognitosync.seeding`.

Members have the names that the API gives them. Dates are ISO 8601 texts in UTC, with
milliseconds. What is read here has passed the schema; what no schema can tell (one id
twice, a count that is too low) is refused with the place where it stands.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.cognitoidentity.models import CognitoIdentityPool

from . import push
from .bulk_publish import BulkPublish
from .clock import now
from .datasets import Dataset, Identity, Record
from .exceptions import InvalidConfigurationException, LimitExceededException
from .pools import IdentityPool
from .push import Device

Described = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)

# The members of a pool that moto's cognito-identity has, and what it calls them.
_SOURCE_MEMBERS = {
    "AllowUnauthenticatedIdentities": "allow_unauthenticated_identities",
    "SupportedLoginProviders": "supported_login_providers",
    "DeveloperProviderName": "developer_provider_name",
    "OpenIdConnectProviderARNs": "open_id_connect_provider_arns",
    "CognitoIdentityProviders": "cognito_identity_providers",
    "SamlProviderARNs": "saml_provider_arns",
    "IdentityPoolTags": "tags",
}


class StateError(ValueError):
    """Data that is no state.

    :ivar path: the place in it: ``IdentityPools[0].Identities[2].IdentityId``.
    """

    def __init__(self, problem: str, *steps: str | int) -> None:
        super().__init__(problem, *steps)
        self.problem = problem
        self.steps = list(steps)

    @property
    def path(self) -> str:
        """The place of the error; empty if it is the whole."""
        path = ""
        for step in self.steps:
            path += f"[{step}]" if isinstance(step, int) else f".{step}"
        return path.removeprefix(".")

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}" if self.steps else self.problem


@contextmanager
def at(*steps: str | int) -> Generator[None, None, None]:
    """Tell of an error inside of this where it is."""
    try:
        yield
    except StateError as error:
        error.steps[:0] = steps
        raise


# --- Out --------------------------------------------------------------------------


def describe_pool(pool: IdentityPool, identity_ids: list[str]) -> Described:
    """Return a pool with all that is stored under it.

    :param identity_ids: of all its identities, whether or not they have anything.
    """
    source = json.loads(pool.source.to_json())
    bulk_publish = pool.bulk_publish and pool.bulk_publish.snapshot()
    return _without_none(
        {
            "IdentityPoolId": pool.identity_pool_id,
            "IdentityPoolName": source["IdentityPoolName"],
            **{name: source.get(name) for name in _SOURCE_MEMBERS},
            "CreationDate": format_date(pool.creation_date),
            "PushSync": pool.push_sync,
            "CognitoStreams": pool.cognito_streams,
            "Events": pool.events or None,
            "BulkPublish": bulk_publish and _format_dates(_without_none(bulk_publish)),
            "SyncSessionsCount": pool.sync_sessions_count,
            "Identities": [
                _describe_identity(pool.identities.get(each) or Identity(each))
                for each in identity_ids
            ],
        }
    )


def _describe_identity(identity: Identity) -> Described:
    described = {
        "IdentityId": identity.identity_id,
        "Datasets": [_describe_dataset(each) for each in identity.datasets.values()],
        "Devices": [_describe_device(each) for each in identity.devices.values()],
    }
    return {name: value for name, value in described.items() if value}


def _describe_dataset(dataset: Dataset) -> Described:
    return _without_none(
        {
            "DatasetName": dataset.name,
            "DatasetExists": dataset.exists,
            "DatasetSyncCount": dataset.sync_count,
            "SyncCountAtDeletion": dataset.sync_count_at_deletion,
            "CreationDate": format_date(dataset.creation_date),
            "LastModifiedDate": format_date(dataset.last_modified_date),
            "LastModifiedBy": dataset.last_modified_by,
            "ReportsMerge": dataset.reports_merge,
            "Records": [
                _format_dates(_without_none(record.describe()))
                for record in dataset.records.values()
            ],
        }
    )


def _describe_device(device: Device) -> Described:
    return {
        "DeviceId": device.device_id,
        "Platform": device.platform,
        "Token": device.token,
        "EndpointArn": device.endpoint_arn,
        "Subscriptions": sorted(device.subscriptions),
    }


def _without_none(members: Mapping[str, Any]) -> Described:
    return {name: value for name, value in members.items() if value is not None}


def _format_dates(members: Mapping[str, Any]) -> Described:
    return {
        name: format_date(value) if name.endswith(("Date", "Time")) else value
        for name, value in members.items()
    }


def format_date(milliseconds: int) -> str:
    """Write a date as a text, to the millisecond."""
    date = _EPOCH + milliseconds * _MILLISECOND
    return f"{date:%Y-%m-%dT%H:%M:%S}.{date.microsecond // 1000:03}Z".zfill(24)


# --- In ---------------------------------------------------------------------------


def read_date(members: Mapping[str, Any], name: str, default: int) -> int:
    """Return a member that is a date, as epoch milliseconds.

    :raises StateError: it is none.
    """
    if name not in members:
        return default
    try:
        # Before 3.11, Python does not know the "Z".
        date = datetime.fromisoformat(members[name].replace("Z", "+00:00"))
        # Here and not below, as its offset may put it beyond the years 1 to 9999.
        date = _to_utc(date)
    except (ValueError, OverflowError):
        raise StateError(
            f"{members[name]!r} is not a date such as '2026-11-23T00:17:00.341Z'", name
        ) from None
    return (date - _EPOCH) // _MILLISECOND


def _to_utc(date: datetime) -> datetime:
    """Return a date in UTC, as which one without a time zone counts.

    :raises OverflowError: it is before the year 1 there, or after 9999.
    """
    if date.tzinfo is None:
        return date.replace(tzinfo=timezone.utc)
    return date.astimezone(timezone.utc)


def restore_pool(described: Described, account_id: str, region: str) -> IdentityPool:
    """Make a pool, for moto's cognito-identity and for this service, with all it has.

    :raises StateError: something in it cannot be.
    """
    created = read_date(described, "CreationDate", now())
    described = {
        "IdentityPoolName": "pool",
        "AllowUnauthenticatedIdentities": True,
        **described,
    }
    source: Any = CognitoIdentityPool(
        region,
        described["IdentityPoolName"],
        **{theirs: described.get(ours) for ours, theirs in _SOURCE_MEMBERS.items()},
    )
    source.identity_pool_id = described["IdentityPoolId"]
    # As moto keeps it: UTC, without saying so.
    source.creation_time = (_EPOCH + created * _MILLISECOND).replace(tzinfo=None)
    pool = IdentityPool(source)
    pool.push_sync = described.get("PushSync")
    pool.cognito_streams = described.get("CognitoStreams")
    pool.events = described.get("Events", {})
    pool.sync_sessions_count = described.get("SyncSessionsCount")
    if "BulkPublish" in described:
        with at("BulkPublish"):
            pool.bulk_publish = _restore_bulk_publish(described["BulkPublish"])
    for number, each in enumerate(described.get("Identities", ())):
        with at("Identities", number):
            identity = _restore_identity(each, pool, account_id)
            add_once(pool.identities, identity.identity_id, identity, "IdentityId")
    return pool


def _restore_bulk_publish(described: Described) -> BulkPublish:
    started = read_date(described, "BulkPublishStartTime", now())
    return BulkPublish.restore(
        started,
        completed=read_date(described, "BulkPublishCompleteTime", started),
        status=described["BulkPublishStatus"],
        failure=described.get("FailureMessage", ""),
    )


def _restore_identity(
    described: Described, pool: IdentityPool, account_id: str
) -> Identity:
    identity = Identity(described["IdentityId"])
    for number, each in enumerate(described.get("Datasets", ())):
        with at("Datasets", number):
            dataset = _restore_dataset(each, identity.identity_id, account_id)
            add_once(identity.datasets, dataset.name, dataset, "DatasetName")
    for number, each in enumerate(described.get("Devices", ())):
        with at("Devices", number):
            device = _restore_device(each, identity, pool, account_id)
            add_once(identity.devices, device.device_id, device, "DeviceId")
    return identity


def _restore_dataset(
    described: Described, identity_id: str, account_id: str
) -> Dataset:
    exists: bool = described.get("DatasetExists", True)
    created = read_date(described, "CreationDate", now() if exists else 0)
    modified = read_date(described, "LastModifiedDate", created)
    by: str = described.get("LastModifiedBy", account_id)
    count: int = described.get("DatasetSyncCount", 1)
    like = Record("", None, count, modified, by, modified)
    records = _restore_records(described, like)
    highest = max((each.sync_count for each in records.values()), default=1)
    sync_count: int = described.get("DatasetSyncCount", highest)
    dataset = Dataset(
        identity_id,
        described["DatasetName"],
        sync_count=sync_count,
        sync_count_at_deletion=described.get(
            "SyncCountAtDeletion", 0 if exists else sync_count
        ),
        exists=exists,
        creation_date=created,
        last_modified_date=modified,
        last_modified_by=by if exists else None,
        reports_merge=described.get("ReportsMerge", exists),
    )
    _check_dataset(dataset, records)
    return dataset


def _restore_records(described: Described, like: Record) -> dict[str, Record]:
    """Make a dataset's records; what one does not say is as in ``like``."""
    records = {
        key: like._replace(key=key, value=value)
        for key, value in described.get("Values", {}).items()
    }
    for number, each in enumerate(described.get("Records", ())):
        with at("Records", number):
            modified = read_date(each, "LastModifiedDate", like.last_modified_date)
            record = Record(
                key=each["Key"],
                value=each.get("Value"),
                sync_count=each.get("SyncCount", like.sync_count),
                last_modified_date=modified,
                last_modified_by=each.get("LastModifiedBy", like.last_modified_by),
                device_last_modified_date=read_date(
                    each, "DeviceLastModifiedDate", modified
                ),
            )
            add_once(records, record.key, record, "Key")
    return records


def _check_dataset(dataset: Dataset, records: dict[str, Record]) -> None:
    """Put records into a dataset, unless that could not be."""
    if records and not dataset.exists:
        raise StateError("a dataset with records must exist", "DatasetExists")
    if dataset.sync_count_at_deletion > dataset.sync_count:
        raise StateError(
            f"{dataset.sync_count_at_deletion} is above the DatasetSyncCount, "
            f"{dataset.sync_count}",
            "SyncCountAtDeletion",
        )
    try:
        dataset.put(records)
    except LimitExceededException as error:
        raise StateError(error.message) from None


def _restore_device(
    described: Described, identity: Identity, pool: IdentityPool, account_id: str
) -> Device:
    platform, token = described["Platform"], described["Token"]
    for number, name in enumerate(described.get("Subscriptions", ())):
        if not identity.dataset(name).exists:
            raise StateError(
                f"the identity has no dataset {name!r}", "Subscriptions", number
            )
    arn = described.get("EndpointArn", "")
    if not arn:
        try:
            application = push.application_arn(pool.push_sync, platform)
            push.find_application(account_id, application)
        except InvalidConfigurationException as error:
            raise StateError(
                f"without an EndpointArn, one is made in SNS. {error.message}"
            ) from None
    subscriptions = set(described.get("Subscriptions", ()))
    return Device(described["DeviceId"], platform, token, arn, subscriptions)


def make_endpoints(pool: IdentityPool, account_id: str) -> None:
    """Make endpoints in SNS for a restored pool's devices that came without."""
    for identity in pool.identities.values():
        for device in identity.devices.values():
            if not device.endpoint_arn:
                application = push.application_arn(pool.push_sync, device.platform)
                device.endpoint_arn = push.create_endpoint(
                    account_id, application, device.token
                )


def add_once(named: dict[str, Any], name: str, item: object, member: str) -> None:
    """Put an item under its name.

    :param member: which holds the name in the data, for the error.
    :raises StateError: the name is there already.
    """
    if name in named:
        raise StateError(f"{name!r} is there twice", member)
    named[name] = item
