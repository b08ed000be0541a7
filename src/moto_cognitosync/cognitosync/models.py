"""The backend: the operations of Amazon Cognito Sync and the state they work on.

Independent of HTTP and JSON. Times are in epoch milliseconds, sizes in bytes. Results
use the member names of the API, such as ``DatasetName``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from moto.cognitoidentity.models import cognitoidentity_backends
from moto.core.base_backend import BackendDict, BaseBackend
from moto.moto_api._internal import mock_random

from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.exceptions import (
    InvalidParameterException,
    ResourceConflictException,
    ResourceNotFoundException,
)
from moto_cognitosync.core.identity_pools import find_pool_of, list_pools
from moto_cognitosync.core.paging import paginate
from moto_cognitosync.core.sharing import state_lock

from .integrations import push, triggers
from .integrations.announcer import Announcer
from .store.bulk_publish import BulkPublish
from .store.datasets import (
    Dataset,
    Device,
    IdentityData,
    Record,
    Usage,
    check_patch,
    next_count,
)
from .store.pools import IdentityPool, PoolStore
from .store.sync_sessions import SyncSessions

# Page sizes of the AWS clients, and the quota for lists of pools.
DEFAULT_RECORDS_PER_PAGE = 1024
DEFAULT_DATASETS_PER_PAGE = 64
DEFAULT_POOLS_PER_PAGE = 60

Patches = Sequence[Mapping[str, Any]]


class CognitoSyncBackend(BaseBackend):
    """Amazon Cognito Sync in one region of one account.

    Each operation is a method that takes the caller and the operation's input, by
    Python names. It returns a mapping of the output's members or, if there is only one,
    its value. Later requests do not change a returned result. State is read and written
    under ``lock``; other services are notified after the lock is released.

    :ivar lock: guards all stored state, in all regions and accounts.
    """

    lock = state_lock

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.pools = PoolStore(account_id, region_name)
        self.sync_sessions = SyncSessions()
        self._announcer = Announcer(account_id, region_name)

    def reset(self) -> None:
        """Discard all state. Waits for requests that hold the lock."""
        with self.lock:
            self._announcer.clear()
            self.pools.clear()
            self.sync_sessions = SyncSessions()

    # --- Datasets and records ---

    def delete_dataset(
        self,
        caller: Caller,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
    ) -> dict[str, Any]:
        """Delete a dataset and notify the pool's stream.

        Datasets that were merged with this one are no longer reported as merged.

        :return: the metadata before the deletion.
        :raises ResourceNotFoundException: if the pool, identity or dataset does not
            exist.
        """
        with self.lock:
            pool, identity = self.pools.identity(identity_pool_id, identity_id, caller)
            dataset = identity.existing_dataset(dataset_name)
            identity.delete(dataset)
            tombstone = identity.dataset(dataset_name)
            pool.replace_usage(dataset.usage(), tombstone.usage())
            self._announcer.announce_deletion(pool, tombstone, caller)
        self._announcer.flush()
        return dataset.describe()

    def describe_dataset(
        self,
        caller: Caller,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
    ) -> dict[str, Any]:
        """Return the metadata of a dataset.

        :raises ResourceNotFoundException: if the pool, identity or dataset does not
            exist.
        """
        with self.lock:
            _pool, identity = self.pools.identity(identity_pool_id, identity_id, caller)
            return identity.existing_dataset(dataset_name).describe()

    def list_datasets(
        self,
        _: Caller,
        identity_pool_id: str,
        identity_id: str,
        next_token: str | None = None,
        max_results: int = DEFAULT_DATASETS_PER_PAGE,
    ) -> dict[str, Any]:
        """List the datasets of an identity, sorted by name.

        The list is empty if the identity does not exist.

        :return: ``Datasets``, ``Count`` (datasets on this page) and ``NextToken``.
        :raises ResourceNotFoundException: if the pool does not exist.
        :raises InvalidParameterException: if ``max_results`` or ``next_token`` is
            invalid.
        """
        with self.lock:
            _pool, identity = self.pools.identity_or_empty(
                identity_pool_id, identity_id
            )
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
        _: Caller,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
        last_sync_count: int = 0,
        next_token: str | None = None,
        max_results: int = DEFAULT_RECORDS_PER_PAGE,
        sync_session_token: str | None = None,
    ) -> dict[str, Any]:
        """List the records of a dataset by key; start or continue a sync session.

        A dataset that does not exist is listed as empty.

        :param last_sync_count: skip records with this sync count or a lower one.
        :return: the members of the response; ``Count`` is the number of records on
            this page.
        :raises ResourceNotFoundException: if the pool does not exist.
        :raises InvalidParameterException: if ``last_sync_count`` is higher than the
            dataset's sync count, or ``max_results``, ``next_token`` or
            ``sync_session_token`` is invalid.
        """
        with self.lock:
            pool, identity = self.pools.identity_or_empty(identity_pool_id, identity_id)
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
                sync_session_token = self.sync_sessions.issue(*inputs)
                pool.sync_sessions_count = next_count(pool.sync_sessions_count or 0)
            else:
                self.sync_sessions.check(sync_session_token, *inputs)
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
        client_context: str | None = None,  # noqa: ARG002 - AWS ignores it as well
    ) -> list[dict[str, Any]]:
        """Write a batch of records; create the dataset if it does not exist.

        The pool's SyncTrigger runs first. The pool's stream and any subscribed devices
        are notified afterwards.

        :param record_patches: ``RecordPatch`` structures; dates in epoch milliseconds.
        :return: the records after the write, including removed ones. If there are no
            patches, nothing is written or created, but the token is consumed.
        :raises ResourceNotFoundException: if the pool or identity does not exist.
        :raises InvalidParameterException: if a patch or the token is invalid.
        :raises ResourceConflictException: if a patch is stale.
        :raises LimitExceededException: if there would be too many datasets, records or
            bytes.
        :raises InvalidLambdaFunctionOutputException: if the trigger failed or returned
            invalid output.
        :raises LambdaThrottledException: if the trigger is throttled.
        :raises LambdaSocketTimeoutException: if the trigger took too long.
        """
        for patch in record_patches:
            check_patch(patch)
        inputs = (identity_pool_id, identity_id, dataset_name)
        records = self._write(
            caller, inputs, sync_session_token, record_patches, device_id
        )
        self._announcer.flush()
        return [record.describe() for record in records]

    def _write(
        self,
        caller: Caller,
        inputs: tuple[str, str, str],
        token: str,
        patches: Patches,
        device_id: str | None,
    ) -> list[Record]:
        modified_by = (
            caller.identity_or_account(inputs[1]) if device_id is None else device_id
        )
        with self.lock:
            target = self._check_write(caller, inputs, token, patches)
            trigger = self._announcer.trigger(target.pool, caller)
            if trigger is None or not patches:
                return self._commit(target, patches, modified_by, caller)
            sync_count = target.dataset.sync_count
            event = triggers.make_event(
                self.region_name, inputs[0], target.dataset, patches
            )
        # Without the lock: the function may call the service from another thread.
        output = trigger.run(event)
        with self.lock:
            target = self._check_write(caller, inputs, token, patches)
            if target.dataset.sync_count != sync_count:
                raise ResourceConflictException(
                    f"Dataset '{inputs[2]}' was changed while its SyncTrigger ran."
                )
            patches = triggers.apply_output(output, target.dataset, patches)
            return self._commit(target, patches, modified_by, caller)

    def _check_write(
        self,
        caller: Caller,
        inputs: tuple[str, str, str],
        token: str,
        patches: Patches,
    ) -> _WriteTarget:
        identity_pool_id, identity_id, dataset_name = inputs
        pool, identity = self.pools.identity(identity_pool_id, identity_id, caller)
        session = self.sync_sessions.check(token, *inputs)
        dataset = identity.dataset(dataset_name)
        dataset.check_conflicts(patches)
        return _WriteTarget(pool, identity, dataset, session)

    def _commit(
        self, target: _WriteTarget, patches: Patches, modified_by: str, caller: Caller
    ) -> list[Record]:
        pool, identity, dataset, session = target
        records: list[Record] = []
        if patches:
            if not dataset.exists:
                identity.check_dataset_limit()
            usage = dataset.usage()
            records = dataset.write(patches, modified_by)
            identity.datasets[dataset.name] = dataset
            pool.identities[identity.identity_id] = identity
            pool.replace_usage(usage, dataset.usage())
            self._announcer.announce_write(
                pool, identity, dataset, records, modified_by, caller
            )
        self.sync_sessions.consume(session)
        return records

    # --- Usage ---

    def describe_identity_usage(
        self, caller: Caller, identity_pool_id: str, identity_id: str
    ) -> dict[str, Any]:
        """Return the usage of an identity.

        Before the first write, its modification date is the pool's creation date.

        :raises ResourceNotFoundException: if the pool or identity does not exist.
        """
        with self.lock:
            pool, identity = self.pools.identity(identity_pool_id, identity_id, caller)
            usage = identity.usage()
            return {
                "IdentityId": identity_id,
                "IdentityPoolId": identity_pool_id,
                "LastModifiedDate": usage.last_modified_date or pool.creation_date,
                "DatasetCount": usage.dataset_count,
                "DataStorage": usage.data_storage,
            }

    def describe_identity_pool_usage(
        self, _: Caller, identity_pool_id: str
    ) -> dict[str, Any]:
        """Return the usage of a pool.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            return self.pools.pool(identity_pool_id).describe_usage()

    def list_identity_pool_usage(
        self,
        _: Caller,
        next_token: str | None = None,
        max_results: int = DEFAULT_POOLS_PER_PAGE,
    ) -> dict[str, Any]:
        """List the usage of all pools in Cognito Identity, sorted by pool id.

        :return: ``IdentityPoolUsages``, ``MaxResults``, ``Count`` (pools on this page)
            and ``NextToken``.
        :raises InvalidParameterException: if ``max_results`` or ``next_token`` is
            invalid.
        """
        with self.lock:
            sources, next_token = list_pools(
                self.account_id, self.region_name, max_results, next_token
            )
            return {
                "IdentityPoolUsages": [
                    self.pools.pool_of(each).describe_usage() for each in sources
                ],
                "MaxResults": max_results,
                "Count": len(sources),
                "NextToken": next_token,
            }

    # --- Configuration ---

    def get_identity_pool_configuration(
        self, _: Caller, identity_pool_id: str
    ) -> dict[str, Any]:
        """Return the configuration of a pool.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            return self.pools.pool(identity_pool_id).describe_configuration()

    def set_identity_pool_configuration(
        self,
        _: Caller,
        identity_pool_id: str,
        push_sync: dict[str, Any] | None = None,
        cognito_streams: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Change the configuration of a pool and return it.

        An omitted section keeps its value; an empty section is cleared.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            pool = self.pools.pool(identity_pool_id)
            if push_sync is not None:
                pool.push_sync = push_sync or None
            if cognito_streams is not None:
                pool.cognito_streams = cognito_streams or None
            return pool.describe_configuration()

    def get_cognito_events(self, _: Caller, identity_pool_id: str) -> dict[str, str]:
        """Return the ARNs of a pool's Lambda functions, by event name.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            return dict(self.pools.pool(identity_pool_id).events)

    def set_cognito_events(
        self, _: Caller, identity_pool_id: str, events: Mapping[str, str]
    ) -> None:
        """Set the Lambda functions for events; an empty ARN removes a function.

        :param events: ARNs of functions, by event name.

        :raises ResourceNotFoundException: if the pool does not exist.
        :raises InvalidParameterException: if ``events`` names an unknown event.
        """
        for name in events:
            if name != "SyncTrigger":
                raise InvalidParameterException(
                    f"Event '{name}' does not exist: the only event is SyncTrigger."
                )
        with self.lock:
            pool = self.pools.pool(identity_pool_id)
            pool.events = {
                name: arn for name, arn in {**pool.events, **events}.items() if arn
            }

    # --- Bulk publish ---

    def bulk_publish(self, caller: Caller, identity_pool_id: str) -> str:
        """Send all datasets of a pool to its stream, and return the pool's id.

        :raises ResourceNotFoundException: if the pool does not exist.
        :raises InvalidParameterException: if streaming is not configured or not
            enabled.
        :raises DuplicateRequestException: if a bulk publish is in progress.
        :raises AlreadyStreamedException: if a bulk publish succeeded less than 24 hours
            ago.
        """
        with self.lock:
            pool = self.pools.pool(identity_pool_id)
            stream = self._announcer.stream(pool, caller)
            if stream is None:
                raise InvalidParameterException(
                    "Cognito Streams is not enabled for this identity pool. "
                    "Call SetIdentityPoolConfiguration first."
                )
            if pool.bulk_publish is not None:
                pool.bulk_publish.check_may_run_again()
            pool.bulk_publish = BulkPublish()
            self._announcer.announce_all(pool, stream, pool.bulk_publish)
        self._announcer.flush()
        return identity_pool_id

    def get_bulk_publish_details(
        self, _: Caller, identity_pool_id: str
    ) -> dict[str, Any]:
        """Return the status of a pool's latest bulk publish.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            run = self.pools.pool(identity_pool_id).bulk_publish
            details = run.describe() if run else {"BulkPublishStatus": "NOT_STARTED"}
            return {"IdentityPoolId": identity_pool_id, **details}

    # --- Push sync ---

    def register_device(
        self,
        caller: Caller,
        identity_pool_id: str,
        identity_id: str,
        platform: str,
        token: str,
    ) -> str:
        """Create an SNS endpoint for a device, and return the device's id.

        Registering the same token again returns the same device.

        :raises ResourceNotFoundException: if the pool or identity does not exist.
        :raises InvalidConfigurationException: if the pool has no application for the
            platform, or the application does not exist in SNS.
        """
        with self.lock:
            pool, identity = self.pools.identity(identity_pool_id, identity_id, caller)
            arn = push.application_arn(pool.push_sync, platform)
            application = push.find_application(self.account_id, arn)
            endpoint = push.create_endpoint(self.account_id, application, token)
            for device in identity.devices.values():
                if (device.platform, device.token) == (platform, token):
                    device.endpoint_arn = endpoint
                    return device.device_id
            device_id = str(mock_random.uuid4())
            identity.devices[device_id] = Device(device_id, platform, token, endpoint)
            pool.identities[identity_id] = identity
            return device_id

    def subscribe_to_dataset(
        self,
        caller: Caller,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
        device_id: str,
    ) -> None:
        """Notify a device of changes that other devices make to a dataset.

        :raises ResourceNotFoundException: if the pool, identity, dataset or device does
            not exist.
        :raises InvalidConfigurationException: if push sync is not configured.
        """
        with self.lock:
            pool, identity = self.pools.identity(identity_pool_id, identity_id, caller)
            push.check_configured(pool.push_sync)
            dataset = identity.existing_dataset(dataset_name)
            identity.device(device_id).subscriptions.add(dataset.name)

    def unsubscribe_from_dataset(
        self,
        caller: Caller,
        identity_pool_id: str,
        identity_id: str,
        dataset_name: str,
        device_id: str,
    ) -> None:
        """Stop notifying a device of changes to a dataset.

        :raises ResourceNotFoundException: if the pool, identity or device does not
            exist, or the device is not subscribed.
        :raises InvalidConfigurationException: if push sync is not configured.
        """
        with self.lock:
            pool, identity = self.pools.identity(identity_pool_id, identity_id, caller)
            push.check_configured(pool.push_sync)
            device = identity.device(device_id)
            if dataset_name not in device.subscriptions:
                raise ResourceNotFoundException(
                    f"Device '{device_id}' is not subscribed to dataset "
                    f"'{dataset_name}'."
                )
            device.subscriptions.remove(dataset_name)

    # --- For other modules, not part of the API ---

    def dataset(
        self, identity_pool_id: str, identity_id: str, dataset_name: str
    ) -> Dataset:
        """Return a copy of a dataset, without starting a sync session.

        The copy is empty if the identity or the dataset does not exist.

        :raises ResourceNotFoundException: if the pool does not exist.
        """
        with self.lock:
            _, identity = self.pools.identity_or_empty(identity_pool_id, identity_id)
            dataset = identity.dataset(dataset_name)
            return replace(dataset, records=dict(dataset.records))

    def merge_identities(
        self,
        caller: Caller,
        identity_pool_id: str,
        source_ids: Iterable[str],
        into_id: str,
    ) -> None:
        """Move the datasets of identities to another identity of the same pool.

        Call :meth:`notify` afterwards, without the lock.

        :raises ValueError: if a dataset's new name would be too long; nothing is moved.
        """
        with self.lock:
            pool = self.pools.pool(identity_pool_id)
            into, *sources = (
                pool.identities.setdefault(each, IdentityData(each))
                for each in (into_id, *source_ids)
            )
            moved = into.merge_from(*sources)
            pool.forget_usage()
            self._announcer.announce_merge(pool, moved, caller)

    def notify(self) -> None:
        """Notify other services of all changes. Call it without the lock."""
        self._announcer.flush()

    def delete_identities(
        self, identity_pool_id: str, identity_ids: Iterable[str]
    ) -> None:
        """Delete all data of identities of a pool. Unknown identities are ignored."""
        with self.lock:
            pool = self.pools.pool(identity_pool_id)
            for each in identity_ids:
                if identity := pool.identities.pop(each, None):
                    pool.replace_usage(identity.usage(), Usage())

    def delete_pool(self, identity_pool_id: str) -> None:
        """Delete all synced data of a pool."""
        with self.lock:
            self.pools.remove(identity_pool_id)


class _WriteTarget(NamedTuple):
    """The objects that a write changes."""

    pool: IdentityPool
    identity: IdentityData
    dataset: Dataset
    session: dict[str, Any]


# The regions in botocore's endpoint data. Getting the list from moto takes 50 ms.
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


def get_backend(account_id: str, region: str) -> CognitoSyncBackend:
    """Return the backend of an account and region.

    :raises InvalidParameterException: if the service is not offered in the region. AWS
        has no such error: there, the host name cannot be resolved.
    """
    with state_lock:  # moto fails if a reset happens during the look-up
        regions = cognitosync_backends[account_id]
    try:
        return regions[region]
    except KeyError:
        raise InvalidParameterException(
            f"Amazon Cognito Sync is not available in the region '{region}'. "
            f"Choose one of: {', '.join(sorted(regions.regions))}; or set "
            "MOTO_ALLOW_NONEXISTENT_REGION=true to allow any."
        ) from None


def find_backend(account_id: str, region: str) -> CognitoSyncBackend | None:
    """Return the backend, or None if the service is not offered in the region."""
    try:
        return get_backend(account_id, region)
    except InvalidParameterException:
        return None


def merge_identities(source: str, into: str) -> None:
    """Merge two identities, as Cognito Identity does when it links two logins.

    The datasets of ``source`` move to ``into``. If ``into`` already has a dataset with
    the same name, the moved one becomes ``<name>.<source>``, with a DatasetSyncCount of
    1, and ListRecords reports it in the MergedDatasetNames of ``<name>`` until either
    dataset is deleted.

    :param source: id of the identity to merge; it still exists afterwards, but has no
        datasets.
    :param into: id of the identity that receives the datasets.
    :raises ValueError: if both ids are the same, no identity pool contains both, or a
        dataset's new name would have more than 128 characters. In that case, nothing is
        merged.
    """
    if source == into:
        raise ValueError(f"cannot merge the identity {source!r} into itself")
    with state_lock:
        backend, pool_id = _find_common_pool(source, into)
        region = backend.region_name
        host = f"https://cognito-sync.{region}.amazonaws.com"
        caller = Caller(backend.account_id, region, host, "", is_identity=False)
        backend.merge_identities(caller, pool_id, [source], into)
    backend.notify()


def _find_common_pool(source: str, into: str) -> tuple[CognitoSyncBackend, str]:
    for account_id, regions in cognitoidentity_backends.copy().items():
        for region in regions.copy():
            backend = find_backend(account_id, region)
            pool = find_pool_of(account_id, region, source)
            if backend and pool and into in backend.pools.details(pool).identities:
                return backend, pool.identity_pool_id
    raise ValueError(
        f"no identity pool contains both {' and '.join(sorted([source, into]))}"
    )
