"""The rules of Amazon Cognito Sync, and the state they work on.

Nothing here knows of JSON or HTTP. Times are epoch milliseconds, sizes are bytes.
What is returned uses the API's own names for members (``DatasetName``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from threading import RLock
from typing import Any, NamedTuple

from moto.cognitoidentity.models import cognitoidentity_backends
from moto.core.base_backend import BackendDict, BaseBackend
from moto.moto_api._internal import mock_random

from . import push, snapshot, streams, triggers
from .authorization import is_strict
from .bulk_publish import BulkPublish
from .caller import Caller
from .datasets import Dataset, Identity, Record, check_patch
from .exceptions import (
    InvalidParameterException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from .outbox import Outbox
from .paging import paginate
from .pools import IdentityPool, forget_instances
from .streams import Stream, StreamGoneError
from .sync_session import SyncSessions
from .triggers import Trigger

# What the service's own clients ask for, and the quota of a listing of pools.
DEFAULT_RECORDS_PER_PAGE = 1024
DEFAULT_DATASETS_PER_PAGE = 64
DEFAULT_POOLS_PER_PAGE = 60

Patches = Sequence[Mapping[str, Any]]


class CognitoSyncBackend(BaseBackend):
    """Amazon Cognito Sync in one region of one account.

    Every public method looks at the state and changes it under the backend's lock,
    and returns data that later calls do not change. What goes to other services is
    put into the outbox under the lock, and sent without it.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._lock = RLock()
        self._outbox = Outbox()
        self._forget()

    def reset(self) -> None:
        """Forget everything, but never under the hands of a request in progress."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        self._outbox.clear()
        self._pools: dict[str, IdentityPool] = {}
        self._sync_sessions = SyncSessions()

    # --- Datasets and records ---

    def delete_dataset(
        self,
        caller: Caller,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
    ) -> dict[str, Any]:
        """Delete a dataset for good, and tell the pool's stream.

        Datasets that were merged with it no longer report the merge.

        :return: the metadata as it was.
        :raises ResourceNotFoundException: there is no such pool, identity or dataset.
        """
        with self._lock:
            pool, identity = self._identity(identity_pool_id, identity_id)
            dataset = identity.existing_dataset(dataset_name)
            identity.delete(dataset)
            stream = self._stream(pool, caller)
            if stream is not None:
                remains = streams.describe(identity.dataset(dataset_name))
                self._send(
                    pool, partial(stream.put_deletion, identity_pool_id, remains)
                )
        self._outbox.flush()
        return dataset.describe()

    def describe_dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> dict[str, Any]:
        """Return a dataset's metadata.

        :raises ResourceNotFoundException: there is no such pool, identity or dataset.
        """
        with self._lock:
            _, identity = self._identity(identity_pool_id, identity_id)
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
            _, identity = self._identity_or_empty(identity_pool_id, identity_id)
            datasets, next_token = paginate(
                ((dataset.name, dataset) for dataset in identity.existing_datasets()),
                max_results,
                next_token,
            )
            return {
                "Datasets": [dataset.describe() for dataset in datasets],
                "Count": len(datasets),
                "NextToken": next_token,
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
            pool, identity = self._identity_or_empty(identity_pool_id, identity_id)
            dataset = identity.dataset(dataset_name)
            dataset.check_last_sync_count(last_sync_count)
            records, next_token = paginate(
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
                pool.sync_sessions_count = (pool.sync_sessions_count or 0) + 1
            else:
                self._sync_sessions.check(sync_session_token, *inputs)
            merged = identity.datasets_merged_with(dataset_name)
            return {
                "Records": [record.describe() for record in records],
                "NextToken": next_token,
                "Count": len(records),
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
        record_patches: Patches = (),
        device_id: str | None = None,
    ) -> list[dict[str, Any]]:
        """Write a batch of records, and create the dataset where it does not exist.

        The pool's SyncTrigger, if it has one, sees the batch first; its stream and the
        subscribed devices are told afterwards.

        :param record_patches: ``RecordPatch`` structures; dates in epoch milliseconds.
        :return: the records as they are now, removed ones included. Without patches
            nothing is written and nothing is created, but the token is used up.
        :raises ResourceNotFoundException: there is no such pool or identity.
        :raises InvalidParameterException: a patch makes no sense; the token is bad.
        :raises ResourceConflictException: a patch is stale.
        :raises LimitExceededException: of datasets, records or bytes.
        :raises InvalidLambdaFunctionOutputException: the trigger failed, or returned
            what it must not.
        :raises LambdaThrottledException: the trigger may not run at all.
        :raises LambdaSocketTimeoutException: the trigger takes too long.
        """
        for patch in record_patches:
            check_patch(patch)
        inputs = (identity_pool_id, identity_id, dataset_name)
        records = self._write(
            caller, inputs, sync_session_token, record_patches, device_id
        )
        self._outbox.flush()
        return [record.describe() for record in records]

    def _write(
        self,
        caller: Caller,
        inputs: tuple[str, str, str],
        token: str,
        patches: Patches,
        device_id: str | None,
    ) -> list[Record]:
        by = caller.identity_or_account(inputs[1]) if device_id is None else device_id
        with self._lock:
            target = self._check_write(inputs, token, patches)
            trigger = self._trigger(target.pool, caller)
            if trigger is None or not patches:
                return self._commit(target, patches, by, caller)
            sync_count = target.dataset.sync_count
            event = triggers.make_event(
                self.region_name, inputs[0], target.dataset, patches
            )
        # Without the lock: the function may call the service, from another thread.
        output = trigger.run(event)
        with self._lock:
            target = self._check_write(inputs, token, patches)
            if target.dataset.sync_count != sync_count:
                raise ResourceConflictException(
                    f"Dataset '{inputs[2]}' was changed while its SyncTrigger ran."
                )
            patches = triggers.apply_output(output, target.dataset, patches)
            return self._commit(target, patches, by, caller)

    def _check_write(
        self, inputs: tuple[str, str, str], token: str, patches: Patches
    ) -> _Target:
        identity_pool_id, identity_id, dataset_name = inputs
        pool, identity = self._identity(identity_pool_id, identity_id)
        session = self._sync_sessions.check(token, *inputs)
        dataset = identity.dataset(dataset_name)
        dataset.check_conflicts(patches)
        return _Target(pool, identity, dataset, session)

    def _commit(
        self, target: _Target, patches: Patches, by: str, caller: Caller
    ) -> list[Record]:
        records: list[Record] = []
        if patches:
            if not target.dataset.exists:
                target.identity.check_room()
            records = target.dataset.write(patches, by)
            target.identity.datasets[target.dataset.name] = target.dataset
            self._announce(target, records, by, caller)
        self._sync_sessions.consume(target.session)
        return records

    def _announce(
        self, target: _Target, records: list[Record], by: str, caller: Caller
    ) -> None:
        """Tell the pool's stream of a write, and the devices that want to know."""
        pool, identity, dataset, _ = target
        pool_id = pool.identity_pool_id
        stream = self._stream(pool, caller)
        if stream is not None:
            described = streams.describe(dataset)
            self._send(pool, partial(stream.put_update, pool_id, described, records))
        if pool.push_sync is None:
            return
        for device in identity.devices.values():
            if dataset.name in device.subscriptions and device.device_id != by:
                message = push.message(device, pool_id, dataset)
                self._outbox.put(
                    partial(push.publish, self.account_id, device, message)
                )

    def _trigger(self, pool: IdentityPool, caller: Caller) -> Trigger | None:
        """Return the function that is to see a write first.

        By the documents, writes of developers pass it by. A mock cannot tell a
        developer's credentials from made-up ones, and who sets a trigger in a test
        wants to see it run: so only strict credentials follow the documents.
        """
        arn = pool.events.get("SyncTrigger")
        if arn is None or (is_strict() and not caller.is_identity):
            return None
        return Trigger(arn, self.account_id)

    def _stream(self, pool: IdentityPool, caller: Caller) -> Stream | None:
        """Return the stream that a pool's changes go to, if streaming is enabled."""
        configured = pool.cognito_streams or {}
        if configured.get("StreamingStatus") != "ENABLED":
            return None
        name = configured.get("StreamName", "")
        return Stream(name, self.account_id, self.region_name, caller.s3_endpoint)

    def _send(self, pool: IdentityPool, put: Callable[[], None]) -> None:
        """Send to a stream; one that is gone switches streaming off, as AWS does."""
        configured = pool.cognito_streams

        def deliver() -> None:
            try:
                put()
            except StreamGoneError:
                with self._lock:
                    if configured and pool.cognito_streams is configured:
                        disabled = {**configured, "StreamingStatus": "DISABLED"}
                        pool.cognito_streams = disabled

        self._outbox.put(deliver)

    # --- Usage ---

    def describe_identity_usage(
        self, identity_pool_id: str, identity_id: str
    ) -> dict[str, Any]:
        """Return what an identity uses; before its first write, the pool's date.

        :raises ResourceNotFoundException: there is no such pool or identity.
        """
        with self._lock:
            pool, identity = self._identity(identity_pool_id, identity_id)
            datasets = identity.existing_datasets()
            return {
                "IdentityId": identity_id,
                "IdentityPoolId": identity_pool_id,
                "LastModifiedDate": identity.last_modified_date or pool.creation_date,
                "DatasetCount": len(datasets),
                "DataStorage": sum(dataset.data_storage for dataset in datasets),
            }

    def describe_identity_pool_usage(self, identity_pool_id: str) -> dict[str, Any]:
        """Return what a pool uses.

        :raises ResourceNotFoundException: there is no such pool.
        """
        with self._lock:
            return self._pool(identity_pool_id).describe_usage()

    def list_identity_pool_usage(
        self, next_token: str | None = None, max_results: int = DEFAULT_POOLS_PER_PAGE
    ) -> dict[str, Any]:
        """List what each pool of cognito-identity uses, by its id.

        :return: ``IdentityPoolUsages``, ``MaxResults``, ``Count`` (of this page) and
            ``NextToken``.
        :raises InvalidParameterException: ``max_results`` or ``next_token`` is bad.
        """
        with self._lock:
            known = [(pool_id, pool_id) for pool_id in list(self._sources)]
            pools, next_token = paginate(known, max_results, next_token)
            return {
                "IdentityPoolUsages": [
                    self._pool(pool_id).describe_usage() for pool_id in pools
                ],
                "MaxResults": max_results,
                "Count": len(pools),
                "NextToken": next_token,
            }

    # --- Configuration ---

    def get_identity_pool_configuration(self, identity_pool_id: str) -> dict[str, Any]:
        """Return a pool's configuration.

        :raises ResourceNotFoundException: there is no such pool.
        """
        with self._lock:
            return self._pool(identity_pool_id).describe_configuration()

    def set_identity_pool_configuration(
        self,
        identity_pool_id: str,
        push_sync: dict[str, Any] | None = None,
        cognito_streams: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change a pool's configuration and return it.

        A section that is left out stays as it is; an empty one is cleared.

        :raises ResourceNotFoundException: there is no such pool.
        """
        with self._lock:
            pool = self._pool(identity_pool_id)
            if push_sync is not None:
                pool.push_sync = push_sync or None
            if cognito_streams is not None:
                pool.cognito_streams = cognito_streams or None
            return pool.describe_configuration()

    def get_cognito_events(self, identity_pool_id: str) -> dict[str, str]:
        """Return a pool's events and the ARNs of their functions.

        :raises ResourceNotFoundException: there is no such pool.
        """
        with self._lock:
            return dict(self._pool(identity_pool_id).events)

    def set_cognito_events(
        self, identity_pool_id: str, events: Mapping[str, str]
    ) -> None:
        """Set the function of an event; an empty ARN removes it.

        :raises ResourceNotFoundException: there is no such pool.
        :raises InvalidParameterException: there is no such event.
        """
        for name in events:
            if name != "SyncTrigger":
                raise InvalidParameterException(
                    f"Event '{name}' does not exist: the only event is SyncTrigger."
                )
        with self._lock:
            pool = self._pool(identity_pool_id)
            pool.events = {
                name: arn for name, arn in {**pool.events, **events}.items() if arn
            }

    # --- Bulk publish ---

    def bulk_publish(self, caller: Caller, identity_pool_id: str) -> None:
        """Send all datasets of a pool to its stream.

        :raises ResourceNotFoundException: there is no such pool.
        :raises InvalidParameterException: streaming is not configured, or disabled.
        :raises DuplicateRequestException: one is in progress.
        :raises AlreadyStreamedException: one has succeeded in the last 24 hours.
        """
        with self._lock:
            pool = self._pool(identity_pool_id)
            stream = self._stream(pool, caller)
            if stream is None:
                raise InvalidParameterException(
                    "Cognito Streams is not enabled for this identity pool. "
                    "Call SetIdentityPoolConfiguration first."
                )
            if pool.bulk_publish is not None:
                pool.bulk_publish.check_may_run_again()
            run = pool.bulk_publish = BulkPublish()
            datasets = [
                (streams.describe(dataset), dataset.live_records())
                for dataset in pool.existing_datasets()
            ]

        def put_all() -> None:
            try:
                for described, records in datasets:
                    stream.put_update(identity_pool_id, described, records)
            except Exception as error:
                run.fail(str(error))
                raise
            run.sent()

        self._send(pool, put_all)
        self._outbox.flush()

    def get_bulk_publish_details(self, identity_pool_id: str) -> dict[str, Any]:
        """Return how the latest bulk publish of a pool went.

        :raises ResourceNotFoundException: there is no such pool.
        """
        with self._lock:
            pool = self._pool(identity_pool_id)
            if pool.bulk_publish is None:
                return {"BulkPublishStatus": "NOT_STARTED"}
            return pool.bulk_publish.describe()

    # --- Push sync ---

    def register_device(
        self, identity_pool_id: str, identity_id: str, platform: str, token: str
    ) -> str:
        """Make an endpoint in SNS for a device, and return the device's id.

        The same token gets the same device again.

        :raises ResourceNotFoundException: there is no such pool or identity.
        :raises InvalidConfigurationException: the pool has no application for the
            platform, or SNS has no such application.
        """
        with self._lock:
            pool, identity = self._identity(identity_pool_id, identity_id)
            application = push.application_arn(pool.push_sync, platform)
            endpoint = push.create_endpoint(self.account_id, application, token)
            for device in identity.devices.values():
                if (device.platform, device.token) == (platform, token):
                    device.endpoint_arn = endpoint
                    return device.device_id
            device_id = str(mock_random.uuid4())
            identity.devices[device_id] = push.Device(
                device_id, platform, token, endpoint
            )
            return device_id

    def subscribe_to_dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str, device_id: str
    ) -> None:
        """Tell a device of later changes that other devices make to a dataset.

        :raises ResourceNotFoundException: there is no such pool, identity, dataset or
            device.
        :raises InvalidConfigurationException: push sync is not configured.
        """
        with self._lock:
            pool, identity = self._identity(identity_pool_id, identity_id)
            push.check_configured(pool.push_sync)
            dataset = identity.existing_dataset(dataset_name)
            identity.device(device_id).subscriptions.add(dataset.name)

    def unsubscribe_from_dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str, device_id: str
    ) -> None:
        """Tell a device no more of a dataset's changes.

        :raises ResourceNotFoundException: there is no such pool, identity or device,
            or the device is not subscribed.
        :raises InvalidConfigurationException: push sync is not configured.
        """
        with self._lock:
            pool, identity = self._identity(identity_pool_id, identity_id)
            push.check_configured(pool.push_sync)
            device = identity.device(device_id)
            if dataset_name not in device.subscriptions:
                raise ResourceNotFoundException(
                    f"Device '{device_id}' is not subscribed to dataset "
                    f"'{dataset_name}'."
                )
            device.subscriptions.remove(dataset_name)

    # --- For tests ---

    def dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> Dataset:
        """Return a copy of a dataset, with its records and what remains of it.

        One that was never written is empty. No sync session is opened.

        :raises ResourceNotFoundException: there is no such pool.
        """
        with self._lock:
            _, identity = self._identity_or_empty(identity_pool_id, identity_id)
            dataset = identity.dataset(dataset_name)
            return replace(dataset, records=dict(dataset.records))

    def snapshot(self) -> tuple[list[dict[str, Any]], dict[str, int]]:
        """Return all pools as plain data, and the used sync sessions.

        :return: what ``snapshot.describe_pool`` returns for each, and the epoch
            milliseconds at which each used session expires, by its id.
        """
        with self._lock:
            pools = []
            for pool_id in list(self._sources):
                # It may come or go now: cognito-identity does not wait for our lock.
                with suppress(ResourceNotFoundException, KeyError):
                    pool, identity_ids = self._pool(pool_id), self._known(pool_id)
                    pools.append(snapshot.describe_pool(pool, identity_ids))
            return pools, self._sync_sessions.used

    def restore(
        self, pools: Mapping[str, IdentityPool], sync_sessions: SyncSessions
    ) -> None:
        """Put pools in the place of all that is here and in cognito-identity."""
        with self._lock:
            cognito_identity = self._cognito_identity
            forget_instances(
                *self._pools.values(), *cognito_identity.identity_pools.values()
            )
            self._pools = {}
            self._sync_sessions = sync_sessions
            cognito_identity.identity_pools.clear()
            cognito_identity.pools_identities.clear()
            for pool in pools.values():
                self._store(pool)

    def add(self, added: IdentityPool) -> None:
        """Add the datasets of a pool to what is stored under its id.

        :raises ValueError: a dataset is there already; nothing has changed.
        """
        with self._lock:
            pool_id = added.identity_pool_id
            if pool_id not in self._cognito_identity.identity_pools:
                return self._store(added)
            forget_instances(added, added.source)
            pool = self._pool(pool_id)
            for identity in added.identities.values():
                name = identity.identity_id
                stored = pool.identities.get(name) or Identity(name)
                twice = stored.datasets.keys() & identity.datasets.keys()
                if twice:
                    raise ValueError(f"dataset {min(twice)!r} is there already")
                stored.datasets.update(identity.datasets)
                pool.identities[name] = stored
                self._make_known(pool_id, name)
            return None

    def _store(self, pool: IdentityPool) -> None:
        """Store a pool, here and in cognito-identity."""
        pool_id = pool.identity_pool_id
        pool.lock = self._lock
        self._pools[pool_id] = pool
        self._cognito_identity.identity_pools[pool_id] = pool.source
        self._cognito_identity.pools_identities[pool_id] = {
            "IdentityPoolId": pool_id,
            "Identities": [{"IdentityId": each} for each in pool.identities],
        }

    def _make_known(self, identity_pool_id: str, identity_id: str) -> None:
        if identity_id not in self._known(identity_pool_id):
            known = self._cognito_identity.pools_identities[identity_pool_id]
            known["Identities"].append({"IdentityId": identity_id})

    # --- Identities ---

    def merge_identities(
        self, identity_pool_id: str, source_id: str, into_id: str
    ) -> None:
        """Move the datasets of one identity to another one of the same pool.

        :raises ResourceNotFoundException: there is no such pool or identity.
        """
        with self._lock:
            _, source = self._identity(identity_pool_id, source_id)
            _, into = self._identity(identity_pool_id, into_id)
            into.take_over(source)

    def _pool(self, identity_pool_id: str) -> IdentityPool:
        """Return what is synced under a pool that cognito-identity has.

        :raises ResourceNotFoundException: it has none of this id.
        """
        source = self._sources.get(identity_pool_id)
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
            pool.lock = self._lock
        return pool

    def _identity(
        self, identity_pool_id: str, identity_id: str
    ) -> tuple[IdentityPool, Identity]:
        """Return what is synced under an identity that cognito-identity has.

        :raises ResourceNotFoundException: it has no such pool or identity.
        """
        pool = self._pool(identity_pool_id)
        identity = pool.identities.get(identity_id)
        if identity is None:
            if identity_id not in self._known(identity_pool_id):
                raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
            identity = pool.identities[identity_id] = Identity(identity_id)
        return pool, identity

    def _identity_or_empty(
        self, identity_pool_id: str, identity_id: str
    ) -> tuple[IdentityPool, Identity]:
        """Return an identity as :meth:`_identity` does, or an empty one if unknown.

        :raises ResourceNotFoundException: there is no such pool.
        """
        pool = self._pool(identity_pool_id)
        return pool, pool.identities.get(identity_id) or Identity(identity_id)

    def _known(self, identity_pool_id: str) -> list[str]:
        """Return the ids of all identities that cognito-identity has in a pool."""
        known = self._cognito_identity.pools_identities[identity_pool_id]
        return [identity["IdentityId"] for identity in known["Identities"]]

    @property
    def _sources(self) -> Mapping[str, Any]:
        """The pools of cognito-identity, by their ids.

        As long as nobody has called it, there are none; to look into it takes a tenth
        of a second then, as moto lists its regions.
        """
        if self.account_id not in cognitoidentity_backends:
            return {}
        pools: Mapping[str, Any] = self._cognito_identity.identity_pools
        return pools

    @property
    def _cognito_identity(self) -> Any:
        return cognitoidentity_backends[self.account_id][self.region_name]


class _Target(NamedTuple):
    """What a write is about, once it was found and checked."""

    pool: IdentityPool
    identity: Identity
    dataset: Dataset
    session: dict[str, Any]


# As botocore lists them; for moto to ask it takes a twentieth of a second.
REGIONS = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "us-east-1",
    "us-east-2",
    "us-west-2",
]

cognitosync_backends = BackendDict(
    CognitoSyncBackend,
    "cognito-sync",
    use_boto3_regions=False,
    additional_regions=REGIONS,
)
