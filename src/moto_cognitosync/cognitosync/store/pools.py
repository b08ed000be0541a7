"""Identity pools, and the store that looks up pools and identities."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timezone
from typing import TYPE_CHECKING, Any

from moto.cognitoidentity.models import CognitoIdentityPool
from moto.core.common_models import BaseModel

from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.clock import to_milliseconds
from moto_cognitosync.core.credentials import is_strict
from moto_cognitosync.core.exceptions import ResourceNotFoundException
from moto_cognitosync.core.identity_pools import (
    PoolDetails,
    details_of,
    find_pools,
    remove_pools,
    store_pool,
)
from moto_cognitosync.core.sharing import state_lock
from moto_cognitosync.core.tracking import tracked, untrack

from .bulk_publish import BulkPublish
from .datasets import Dataset, IdentityData, Usage

if TYPE_CHECKING:
    from typing_extensions import Self


class IdentityPool(BaseModel):
    """The synced data and the configuration of an identity pool.

    A ``BaseModel``, so that moto's dashboard shows it.

    :ivar source: the pool in moto's Cognito Identity.
    :ivar identities: identities by id.
    :ivar push_sync: the ``PushSync`` structure of the API; None if not configured.
    :ivar cognito_streams: the ``CognitoStreams`` structure; None if not configured.
    :ivar events: ARNs of Lambda functions, by event name.
    :ivar bulk_publish: the latest bulk publish; None before the first.
    :ivar sync_sessions_count: number of sync sessions started; None before the first.
    """

    if TYPE_CHECKING:
        # moto annotates `__new__` as returning BaseModel, and pyright believes it.
        def __new__(cls, source: CognitoIdentityPool) -> Self: ...  # noqa: D102

    def __init__(self, source: CognitoIdentityPool) -> None:
        self.source = source
        self.identities: dict[str, IdentityData] = {}
        self.push_sync: dict[str, Any] | None = None
        self.cognito_streams: dict[str, Any] | None = None
        self.events: dict[str, str] = {}
        self.bulk_publish: BulkPublish | None = None
        self.sync_sessions_count: int | None = None
        self._usage: Usage | None = None

    @property
    def identity_pool_id(self) -> str:
        """The id of the pool."""
        return str(self.source.identity_pool_id)

    @property
    def datasets(self) -> list[dict[str, Any]]:
        """All datasets of all identities, for moto's dashboard, which uses no lock."""
        with state_lock:
            return [dataset.describe() for dataset in self.existing_datasets()]

    def existing_datasets(self) -> list[Dataset]:
        """Return all datasets of all identities, except tombstones."""
        return [
            dataset
            for identity in self.identities.values()
            for dataset in identity.existing_datasets()
        ]

    @property
    def usage(self) -> Usage:
        """The usage of all datasets, counted again only if it is unknown."""
        if self._usage is None:
            self._usage = Usage.total(
                dataset
                for identity in self.identities.values()
                for dataset in identity.datasets.values()
            )
        return self._usage

    def replace_usage(self, before: Usage, after: Usage) -> None:
        """Update the usage after some of the datasets have changed."""
        if self._usage is not None:
            self._usage = self._usage.replace(before, after)

    def forget_usage(self) -> None:
        """Count the usage again when it is needed."""
        self._usage = None

    def describe_configuration(self) -> dict[str, Any]:
        """Return the configuration as the API returns it."""
        return {
            "IdentityPoolId": self.identity_pool_id,
            "PushSync": self.push_sync,
            "CognitoStreams": self.cognito_streams,
        }

    @property
    def creation_date(self) -> int:
        """When the pool was created, in epoch milliseconds."""
        # moto stores a naive datetime in UTC.
        created = self.source.creation_time.replace(tzinfo=timezone.utc)
        return to_milliseconds(created)

    def describe_usage(self) -> dict[str, Any]:
        """Return the usage as the API returns it."""
        usage = self.usage
        return {
            "IdentityPoolId": self.identity_pool_id,
            "SyncSessionsCount": self.sync_sessions_count,
            "DataStorage": usage.data_storage,
            "LastModifiedDate": max(self.creation_date, usage.last_modified_date),
        }


class PoolStore:
    """The identity pools of an account and region.

    Pools and identities are created and deleted in moto's Cognito Identity; the store
    adds their synced data. Callers must hold the state lock. moto does not hold that
    lock, so moto's collections are copied before they are iterated over.
    """

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account_id = account_id
        self._region_name = region_name
        self._pools: dict[str, IdentityPool] = {}

    def clear(self) -> None:
        """Discard all pools."""
        self._pools = {}

    def sources(self) -> dict[str, Any]:
        """Return all pools in Cognito Identity, by id."""
        return self._sources.copy()

    def details(self, source: Any) -> PoolDetails:
        """Return the identities and other details of a pool in Cognito Identity."""
        return details_of(self._account_id, self._region_name, source)

    def pool(self, identity_pool_id: str) -> IdentityPool:
        """Return a pool that exists in Cognito Identity.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        source = self._sources.get(identity_pool_id)
        if source is None:
            self._discard(identity_pool_id)
            raise ResourceNotFoundException(
                f"IdentityPool '{identity_pool_id}' not found."
            )
        return self.pool_of(source)

    def pool_of(self, source: CognitoIdentityPool) -> IdentityPool:
        """Return the synced data of a Cognito Identity pool."""
        pool_id = str(source.identity_pool_id)
        pool = self._pools.get(pool_id)
        if pool is None or pool.source is not source:
            self._discard(pool_id)  # Cognito Identity has replaced the pool
            pool = self._pools[pool_id] = IdentityPool(source)
        return pool

    def remove(self, identity_pool_id: str) -> None:
        """Remove the synced data of a pool, also from moto's dashboard."""
        pool = self._discard(identity_pool_id)
        if pool is not None:
            untrack([pool])

    def _discard(self, identity_pool_id: str) -> IdentityPool | None:
        pool = self._pools.pop(identity_pool_id, None)
        if pool is not None:
            pool.identities.clear()
        return pool

    def identity(
        self, identity_pool_id: str, identity_id: str, caller: Caller
    ) -> tuple[IdentityPool, IdentityData]:
        """Return a pool and an identity that exist in Cognito Identity.

        In strict mode, a deleted identity is returned empty to itself, because its
        credentials remain valid. A caller that writes to it must store it.

        :raises ResourceNotFoundException: if the pool or the identity does not exist.
        """
        pool = self.pool(identity_pool_id)
        identity = pool.identities.get(identity_id)
        if identity is None:
            identity = IdentityData(identity_id)
            if identity_id in self.details(pool.source).identities:
                pool.identities[identity_id] = identity
            elif not (
                is_strict() and caller.has_session(identity_pool_id, identity_id)
            ):
                raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
        return pool, identity

    def identity_or_empty(
        self, identity_pool_id: str, identity_id: str
    ) -> tuple[IdentityPool, IdentityData]:
        """Return a pool and an identity; an unknown identity is returned empty.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        pool = self.pool(identity_pool_id)
        return pool, pool.identities.get(identity_id) or IdentityData(identity_id)

    def restore(self, pools: Iterable[IdentityPool]) -> None:
        """Replace all pools, here and in Cognito Identity."""
        sources = self.sources().values()
        untrack(self._pools.values())
        self._pools = {}
        remove_pools(self._account_id, self._region_name, sources)
        for pool in pools:
            self._store(pool)

    def add(self, added: IdentityPool) -> None:
        """Add the datasets of a pool to the stored pool with the same id.

        :raises ValueError: if a dataset with the same name, or its tombstone, exists;
            nothing is added.
        """
        if added.identity_pool_id not in self._sources:
            return self._store(added)
        pool = self.pool(added.identity_pool_id)
        for name, identity in added.identities.items():
            stored = pool.identities.get(name) or IdentityData(name)
            duplicates = stored.datasets.keys() & identity.datasets.keys()
            if duplicates:
                raise ValueError(f"dataset {min(duplicates)!r} already exists")
        known = self.details(pool.source)
        for name, identity in added.identities.items():
            stored = pool.identities.setdefault(name, IdentityData(name))
            stored.datasets.update(identity.datasets)
            for dataset in identity.datasets.values():
                pool.replace_usage(Usage(), dataset.usage())
            if name not in known.identities:
                known.create(name)
        return None

    def _store(self, pool: IdentityPool) -> None:
        """Store a pool here, in Cognito Identity and on moto's dashboard."""
        for each in (pool, pool.source):
            tracked(type(each)).append(each)
        self._pools[pool.identity_pool_id] = pool
        store_pool(self._account_id, self._region_name, pool.source)

    @property
    def _sources(self) -> dict[str, Any]:
        return find_pools(self._account_id, self._region_name)
