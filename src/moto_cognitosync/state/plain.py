"""Converts pools to plain data and back.

Members are named as in the API. Dates are ISO 8601 strings in UTC, with milliseconds.
Data to restore has been validated against the schema. This module reports the errors
that a schema cannot express, such as a duplicate id or an invalid count.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from moto.cognitoidentity.models import CognitoIdentityPool

from moto_cognitosync.cognitosync.exceptions import InvalidConfigurationException
from moto_cognitosync.cognitosync.integrations import push
from moto_cognitosync.cognitosync.store.bulk_publish import BulkPublish
from moto_cognitosync.cognitosync.store.datasets import (
    Dataset,
    Device,
    IdentityData,
    Record,
)
from moto_cognitosync.cognitosync.store.pools import IdentityPool
from moto_cognitosync.core.clock import now, to_datetime
from moto_cognitosync.core.exceptions import LimitExceededException
from moto_cognitosync.core.identity_pools import PoolDetails, attach_details
from moto_cognitosync.core.tracking import untracked

from .dates import format_date, read_date
from .details import (
    check_merges,
    describe_details,
    describe_identity,
    restore_details,
    restore_identity,
)
from .errors import StateError, add_once, error_path

Data = dict[str, Any]
Collect = Callable[[Iterable[Data]], Iterable[Data]]  # list() or iter()
Endpoints = list[tuple[Device, str, Any]]  # with account id and SNS application

# Members of a pool that moto's Cognito Identity stores, and moto's names for them.
SOURCE_MEMBERS = {
    "AllowUnauthenticatedIdentities": "allow_unauthenticated_identities",
    "SupportedLoginProviders": "supported_login_providers",
    "DeveloperProviderName": "developer_provider_name",
    "OpenIdConnectProviderARNs": "open_id_connect_provider_arns",
    "CognitoIdentityProviders": "cognito_identity_providers",
    "SamlProviderARNs": "saml_provider_arns",
    "IdentityPoolTags": "tags",
}


# --- Dump -------------------------------------------------------------------------


def describe_pool(pool: IdentityPool, details: PoolDetails, collect: Collect) -> Data:
    """Return a pool and everything stored in it as plain data."""
    return {
        **describe_settings(pool, details),
        "Identities": collect(
            _describe_identity(each, pool, details)
            for each in (*details.identities, *_deleted(pool, details))
        ),
    }


def describe_settings(pool: IdentityPool, details: PoolDetails) -> Data:
    """Return a pool without its identities as plain data."""
    source = json.loads(pool.source.to_json())
    bulk_publish = pool.bulk_publish and pool.bulk_publish.snapshot()
    data = _without_none(
        {
            "IdentityPoolId": pool.identity_pool_id,
            "IdentityPoolName": source["IdentityPoolName"],
            **{name: source.get(name) for name in SOURCE_MEMBERS},
            **describe_details(details),
            "CreationDate": format_date(pool.creation_date),
            "PushSync": pool.push_sync,
            "CognitoStreams": pool.cognito_streams,
            "Events": pool.events or None,
            "BulkPublish": bulk_publish and _format_dates(_without_none(bulk_publish)),
            "SyncSessionsCount": pool.sync_sessions_count,
        }
    )
    # Present even if moto stores None, which is not the default of this member.
    data.setdefault("AllowUnauthenticatedIdentities", None)
    return deepcopy(data)  # a caller may change it


def _deleted(pool: IdentityPool, details: PoolDetails) -> list[str]:
    """Return ids of deleted identities that have data again.

    Credentials of a deleted identity can write until they expire.
    """
    return [
        identity_id
        for identity_id, stored in pool.identities.items()
        if identity_id not in details.identities and (stored.datasets or stored.devices)
    ]


def _describe_identity(
    identity_id: str, pool: IdentityPool, details: PoolDetails
) -> Data:
    stored = pool.identities.get(identity_id) or IdentityData(identity_id)
    data = {
        "IdentityId": identity_id,
        **describe_identity(details.identities.get(identity_id)),
        "Datasets": [_describe_dataset(each) for each in stored.datasets.values()],
        "Devices": [_describe_device(each) for each in stored.devices.values()],
    }
    return {name: value for name, value in data.items() if value}


def _describe_dataset(dataset: Dataset) -> Data:
    data = {
        "DatasetName": dataset.name,
        "DatasetExists": dataset.exists,
        "DatasetSyncCount": dataset.sync_count,
        "SyncCountAtDeletion": dataset.sync_count_at_deletion,
        "CreationDate": format_date(dataset.creation_date),
        "LastModifiedDate": format_date(dataset.last_modified_date),
        "LastModifiedBy": dataset.last_modified_by,
        "ReportsMerge": dataset.reports_merge,
        "Records": [describe_record(each) for each in dataset.records.values()],
    }
    if dataset.last_modified_by is None:
        del data["LastModifiedBy"]
    return data


def describe_record(record: Record) -> Data:
    """Return a record as plain data. A removed record has no ``Value``."""
    data = {
        "Key": record.key,
        "Value": record.value,
        "SyncCount": record.sync_count,
        "LastModifiedDate": format_date(record.last_modified_date),
        "LastModifiedBy": record.last_modified_by,
        "DeviceLastModifiedDate": format_date(record.device_last_modified_date),
    }
    if record.value is None:
        del data["Value"]
    return data


def _describe_device(device: Device) -> Data:
    return {
        "DeviceId": device.device_id,
        "Platform": device.platform,
        "Token": device.token,
        "EndpointArn": device.endpoint_arn,
        "Subscriptions": sorted(device.subscriptions),
    }


def _without_none(members: Mapping[str, Any]) -> Data:
    return {name: value for name, value in members.items() if value is not None}


def _format_dates(members: Mapping[str, Any]) -> Data:
    return {
        name: format_date(value) if name.endswith("Time") else value
        for name, value in members.items()
    }


# --- Load -------------------------------------------------------------------------


def restore_pool(
    data: Data, account_id: str, region: str, endpoints: Endpoints
) -> IdentityPool:
    """Create a pool from plain data, including moto's Cognito Identity pool.

    :param endpoints: receives the devices that need an endpoint in SNS.
    :raises StateError: if the data is inconsistent.
    """
    created = read_date(data, "CreationDate", now())
    data = {
        "IdentityPoolName": "pool",
        "AllowUnauthenticatedIdentities": True,
        **data,
    }
    source: Any = untracked(
        CognitoIdentityPool,
        region,
        data["IdentityPoolName"],
        **{theirs: data.get(ours) for ours, theirs in SOURCE_MEMBERS.items()},
    )
    source.identity_pool_id = data["IdentityPoolId"]
    # moto stores a naive datetime in UTC.
    source.creation_time = to_datetime(created).replace(tzinfo=None)
    pool = untracked(IdentityPool, source)
    pool.push_sync = data.get("PushSync")
    pool.cognito_streams = data.get("CognitoStreams")
    pool.events = data.get("Events", {})
    pool.sync_sessions_count = data.get("SyncSessionsCount")
    details = attach_details(source)
    restore_details(data, details)
    if "BulkPublish" in data:
        with error_path("BulkPublish"):
            pool.bulk_publish = _restore_bulk_publish(data["BulkPublish"])
    for number, each in enumerate(data.get("Identities", ())):
        with error_path("Identities", number):
            identity = _restore_identity(each, pool, account_id, endpoints)
            add_once(pool.identities, identity.identity_id, identity, "IdentityId")
            restore_identity(each, details, data.get("DeveloperProviderName"), created)
    check_merges(details)
    return pool


def _restore_bulk_publish(data: Data) -> BulkPublish:
    started = read_date(data, "BulkPublishStartTime", now())
    return BulkPublish.restore(
        started,
        completed=read_date(data, "BulkPublishCompleteTime", started),
        status=data["BulkPublishStatus"],
        failure=data.get("FailureMessage", ""),
    )


def _restore_identity(
    data: Data, pool: IdentityPool, account_id: str, endpoints: Endpoints
) -> IdentityData:
    identity = IdentityData(data["IdentityId"])
    for number, each in enumerate(data.get("Datasets", ())):
        with error_path("Datasets", number):
            dataset = _restore_dataset(each, identity.identity_id, account_id)
            add_once(identity.datasets, dataset.name, dataset, "DatasetName")
    for number, each in enumerate(data.get("Devices", ())):
        with error_path("Devices", number):
            device = _restore_device(each, identity, pool, account_id, endpoints)
            add_once(identity.devices, device.device_id, device, "DeviceId")
    return identity


def _restore_dataset(data: Data, identity_id: str, account_id: str) -> Dataset:
    exists: bool = data.get("DatasetExists", True)
    created = read_date(data, "CreationDate", now() if exists else 0)
    modified = read_date(data, "LastModifiedDate", created)
    modified_by: str = data.get("LastModifiedBy", account_id)
    count: int = data.get("DatasetSyncCount", 1)
    defaults = Record("", None, count, modified, modified_by, modified)
    records = _restore_records(data, defaults)
    highest = max((each.sync_count for each in records.values()), default=1)
    sync_count: int = data.get("DatasetSyncCount", highest)
    dataset = Dataset(
        identity_id,
        data["DatasetName"],
        sync_count=sync_count,
        sync_count_at_deletion=data.get(
            "SyncCountAtDeletion", 0 if exists else sync_count
        ),
        exists=exists,
        creation_date=created,
        last_modified_date=modified,
        last_modified_by=modified_by if exists else None,
        reports_merge=data.get("ReportsMerge", exists),
    )
    _fill_dataset(dataset, records)
    return dataset


def _restore_records(data: Data, defaults: Record) -> dict[str, Record]:
    """Create a dataset's records. ``defaults`` provides missing members."""
    records = {
        key: defaults._replace(key=key, value=value)
        for key, value in data.get("Values", {}).items()
    }
    for number, each in enumerate(data.get("Records", ())):
        with error_path("Records", number):
            modified = read_date(each, "LastModifiedDate", defaults.last_modified_date)
            record = Record(
                key=each["Key"],
                value=each.get("Value"),
                sync_count=each.get("SyncCount", defaults.sync_count),
                last_modified_date=modified,
                last_modified_by=each.get("LastModifiedBy", defaults.last_modified_by),
                device_last_modified_date=read_date(
                    each, "DeviceLastModifiedDate", modified
                ),
            )
            add_once(records, record.key, record, "Key")
    return records


def _fill_dataset(dataset: Dataset, records: dict[str, Record]) -> None:
    """Put records into a dataset.

    :raises StateError: if the dataset would be inconsistent or too large.
    """
    if records and not dataset.exists:
        raise StateError("must be true if the dataset has records", "DatasetExists")
    if dataset.sync_count_at_deletion > dataset.sync_count:
        raise StateError(
            f"{dataset.sync_count_at_deletion} is greater than the DatasetSyncCount, "
            f"{dataset.sync_count}",
            "SyncCountAtDeletion",
        )
    try:
        dataset.put(records)
    except LimitExceededException as error:
        raise StateError(error.message) from None


def _restore_device(
    data: Data,
    identity: IdentityData,
    pool: IdentityPool,
    account_id: str,
    endpoints: Endpoints,
) -> Device:
    platform, token = data["Platform"], data["Token"]
    for number, name in enumerate(data.get("Subscriptions", ())):
        if not identity.dataset(name).exists:
            raise StateError(
                f"the identity has no dataset {name!r}", "Subscriptions", number
            )
    subscriptions = set(data.get("Subscriptions", ()))
    arn = data.get("EndpointArn", "")
    device = Device(data["DeviceId"], platform, token, arn, subscriptions)
    if not arn:
        try:
            application_arn = push.application_arn(pool.push_sync, platform)
            application = push.find_application(account_id, application_arn)
        except InvalidConfigurationException as error:
            raise StateError(
                "cannot create an endpoint in SNS for a device without EndpointArn: "
                f"{error.message}"
            ) from None
        endpoints.append((device, account_id, application))
    return device


def create_endpoints(endpoints: Endpoints) -> None:
    """Create the SNS endpoints of restored devices. This cannot fail."""
    for device, account_id, application in endpoints:
        device.endpoint_arn = push.create_endpoint(
            account_id, application, device.token
        )
