"""The stored data as the inspector shows it.

Members are named as in the API; dates are ISO 8601 strings in UTC, as in state files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from moto_cognitosync.cognitosync.store.datasets import (
    MAX_DATASET_SIZE,
    MAX_RECORDS_PER_DATASET,
    Dataset,
    Device,
    IdentityData,
)
from moto_cognitosync.cognitosync.store.pools import IdentityPool
from moto_cognitosync.core.credentials import access_key_of
from moto_cognitosync.core.exceptions import ResourceNotFoundException
from moto_cognitosync.core.identity_pools import (
    Identity,
    PoolDetails,
    attach_details,
    find_pool_of,
    find_pools,
)
from moto_cognitosync.core.sharing import state_lock
from moto_cognitosync.state.dates import format_date
from moto_cognitosync.state.plain import describe_record, describe_settings
from moto_cognitosync.state.store import backend_of, locations

Data = dict[str, Any]

MAX_DEVICES = 100  # of a pool


class PoolName(NamedTuple):
    """An identity pool, and where it is."""

    account_id: str
    region: str
    identity_pool_id: str


def describe_pools(text: str) -> list[Data]:
    """Return pools of all accounts and regions, with the size of their data.

    :param text: return only pools whose id or name contains this text, in any case, or
        that have a matching identity; see :func:`describe_identities`.
    """
    text = text.lower()
    with state_lock:
        return [
            {
                "account_id": account_id,
                "region": region,
                "IdentityPoolId": pool_id,
                "IdentityPoolName": pool.source.identity_pool_name,
                **_count_data(pool, details),
                "MatchingIdentityCount": len(found),
            }
            for account_id, region in locations()
            for pool_id in sorted(find_pools(account_id, region).copy())
            for pool, details in [_find(PoolName(account_id, region, pool_id))]
            for found in [_search(pool, details, text)]
            if found or text in f"{pool_id}\n{pool.source.identity_pool_name}".lower()
        ]


def describe_pool(name: PoolName) -> Data:
    """Return the settings of a pool, its first devices, and the size of its data.

    :raises ResourceNotFoundException: if the pool does not exist.
    """
    with state_lock:
        pool, details = _find(name)
        devices = [
            (identity.identity_id, device)
            for identity in pool.identities.values()
            for device in identity.devices.values()
        ]
        return {
            "account_id": name.account_id,
            "region": name.region,
            **describe_settings(pool, details),
            **_count_data(pool, details),
            "DeviceCount": len(devices),
            "SubscriptionCount": sum(len(each.subscriptions) for _, each in devices),
            "Devices": [
                {"IdentityId": identity_id, **_describe_device(each)}
                for identity_id, each in devices[:MAX_DEVICES]
            ],
        }


def _count_data(pool: IdentityPool, details: PoolDetails) -> Data:
    usage = pool.usage
    return {
        "IdentityCount": len(details.identities),
        "DatasetCount": usage.dataset_count,
        "DataStorage": usage.data_storage,
    }


def describe_identities(name: PoolName, text: str, offset: int, limit: int) -> Data:
    """Return a page of the identities of a pool, in the order of their creation.

    :param text: return only identities whose id, logins or datasets contain this text,
        in any case.
    :raises ResourceNotFoundException: if the pool does not exist.
    """
    with state_lock:
        pool, details = _find(name)
        found = _search(pool, details, text.lower())
        return {
            "total": len(found),
            "offset": offset,
            "identities": [
                _describe_identity(each, _data_of(pool, each.identity_id))
                for each in found[offset : offset + limit]
            ],
        }


def _search(pool: IdentityPool, details: PoolDetails, text: str) -> list[Identity]:
    """Return identities that contain a text, which must be in lower case."""
    return [
        each
        for each in details.identities.values()
        if not text or text in _searched_text(each, pool)
    ]


def _searched_text(identity: Identity, pool: IdentityPool) -> str:
    """Return all texts of an identity that can be searched, in lower case."""
    logins = (text for login in identity.logins for text in login)
    datasets = _data_of(pool, identity.identity_id).datasets
    return "\n".join([identity.identity_id, *logins, *datasets]).lower()


def describe_identity(name: PoolName, identity_id: str) -> Data:
    """Return an identity with its datasets and devices.

    :raises ResourceNotFoundException: if the pool or the identity does not exist.
    """
    with state_lock:
        pool, details = _find(name)
        identity = details.identities.get(identity_id)
        if identity is None:
            raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
        data = _data_of(pool, identity_id)
        return {
            **_describe_identity(identity, data),
            "IdentityPoolName": pool.source.identity_pool_name,
            "Datasets": [
                _describe_dataset(data.datasets[each]) for each in sorted(data.datasets)
            ],
            "Devices": [_describe_device(each) for each in data.devices.values()],
            "AccessKeyId": access_key_of(identity_id),
        }


def _describe_device(device: Device) -> Data:
    return {
        "DeviceId": device.device_id,
        "Platform": device.platform,
        "EndpointArn": device.endpoint_arn,
        "Subscriptions": sorted(device.subscriptions),
    }


def _describe_identity(identity: Identity, data: IdentityData) -> Data:
    usage = data.usage()
    return {
        "IdentityId": identity.identity_id,
        "IsEnabled": identity.is_enabled,
        "MergedInto": identity.merged_into or None,
        "CreationDate": format_date(identity.creation_date),
        "LastModifiedDate": format_date(identity.last_modified_date),
        "Logins": [
            {"Provider": each.provider, "User": each.user} for each in identity.logins
        ],
        "DatasetCount": usage.dataset_count,
        "DataStorage": usage.data_storage,
        "DeviceCount": len(data.devices),
    }


def find_users(account_id: str, identity_ids: Iterable[str]) -> dict[str, str]:
    """Return the users of identities of an account, by identity id.

    Identities without logins are omitted.
    """
    with state_lock:
        users = {each: _find_user(account_id, each) for each in identity_ids}
    return {each: user for each, user in users.items() if user is not None}


def _find_user(account_id: str, identity_id: str) -> str | None:
    region = identity_id.partition(":")[0]
    pool = find_pool_of(account_id, region, identity_id)
    identities = attach_details(pool).identities if pool else {}
    return _user_of(identities.get(identity_id))


def _user_of(identity: Identity | None) -> str | None:
    """Return the user of the first login of an identity, if it has one."""
    return identity.logins[0].user if identity and identity.logins else None


def describe_dataset(name: PoolName, identity_id: str, dataset_name: str) -> Data:
    """Return a dataset, or its tombstone, with its records, including removed ones.

    :raises ResourceNotFoundException: if the pool or the dataset does not exist.
    """
    with state_lock:
        pool, details = _find(name)
        data = _data_of(pool, identity_id)
        dataset = data.datasets.get(dataset_name)
        if dataset is None:
            raise ResourceNotFoundException(f"Dataset '{dataset_name}' not found.")
        merged = data.datasets_merged_with(dataset_name)
        return {
            "IdentityId": identity_id,
            "IdentityPoolName": pool.source.identity_pool_name,
            "User": _user_of(details.identities.get(identity_id)),
            **_describe_dataset(dataset),
            "MergedDatasetNames": sorted(each.name for each in merged),
            "SubscribedDevices": [
                each.device_id
                for each in data.devices.values()
                if dataset_name in each.subscriptions
            ],
            "MaxRecords": MAX_RECORDS_PER_DATASET,
            "MaxBytes": MAX_DATASET_SIZE,
            "Records": [
                {"Value": None, **describe_record(each), "Size": each.size}
                for _, each in sorted(dataset.records.items())
            ],
        }


def _describe_dataset(dataset: Dataset) -> Data:
    return {
        "DatasetName": dataset.name,
        "DatasetExists": dataset.exists,
        "DatasetSyncCount": dataset.sync_count,
        "SyncCountAtDeletion": dataset.sync_count_at_deletion,
        "CreationDate": format_date(dataset.creation_date) if dataset.exists else None,
        "LastModifiedDate": format_date(dataset.last_modified_date),
        "LastModifiedBy": dataset.last_modified_by,
        "NumRecords": dataset.num_records,
        "DataStorage": dataset.data_storage,
        "ReportsMerge": dataset.reports_merge,
    }


def expire_sync_sessions(name: PoolName | None) -> int:
    """Expire open sync sessions, and return their number.

    :param name: expire only sessions of this pool.
    :raises ResourceNotFoundException: if the pool does not exist.
    """
    with state_lock:
        if name is None:
            places: Iterable[tuple[str, str]] = locations()
            return sum(backend_of(*each).sync_sessions.expire() for each in places)
        _find(name)
        sessions = backend_of(name.account_id, name.region).sync_sessions
        return sessions.expire(name.identity_pool_id)


def _find(name: PoolName) -> tuple[IdentityPool, PoolDetails]:
    """Return a pool. Callers must hold the state lock."""
    # Otherwise, looking for the pool would create backends.
    if name.identity_pool_id not in find_pools(name.account_id, name.region):
        raise ResourceNotFoundException(
            f"IdentityPool '{name.identity_pool_id}' not found."
        )
    pools = backend_of(name.account_id, name.region).pools
    pool = pools.pool(name.identity_pool_id)
    return pool, pools.details(pool.source)


def _data_of(pool: IdentityPool, identity_id: str) -> IdentityData:
    return pool.identities.get(identity_id) or IdentityData(identity_id)
