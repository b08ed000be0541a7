"""Announces writes to other services: streams, push messages and SyncTriggers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from moto_cognitosync.cognitosync.store.bulk_publish import BulkPublish
from moto_cognitosync.cognitosync.store.datasets import Dataset, IdentityData, Record
from moto_cognitosync.cognitosync.store.pools import IdentityPool
from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.credentials import is_strict
from moto_cognitosync.core.sharing import state_lock

from . import push, streams
from .outbox import Outbox
from .streams import Stream, StreamGoneError
from .triggers import Trigger

_logger = logging.getLogger(__name__)


class Announcer:
    """Decides who is notified of a write, and notifies them.

    The ``announce_*`` methods must be called with the backend's lock held, and only
    queue deliveries. Release the lock before calling :meth:`flush`, which runs them.
    """

    def __init__(self, account_id: str, region_name: str) -> None:
        self._account_id = account_id
        self._region_name = region_name
        self._outbox = Outbox()

    def clear(self) -> None:
        """Discard all queued deliveries."""
        self._outbox.clear()

    def flush(self) -> None:
        """Run all queued deliveries."""
        self._outbox.flush()

    def announce_write(
        self,
        pool: IdentityPool,
        identity: IdentityData,
        dataset: Dataset,
        records: list[Record],
        modified_by: str,
        caller: Caller,
    ) -> None:
        """Notify the pool's stream and all other subscribed devices of a write.

        :param modified_by: id of the device that wrote the records, which is not
            notified.
        """
        pool_id = pool.identity_pool_id
        stream = self.stream(pool, caller)
        if stream is not None:
            metadata = streams.describe(dataset)
            self._send(pool, partial(stream.put_update, pool_id, metadata, records))
        if pool.push_sync is None:
            return
        for device in identity.devices.values():
            if dataset.name in device.subscriptions and device.device_id != modified_by:
                message = push.message(device, pool_id, dataset)
                self._outbox.put(
                    partial(push.publish, self._account_id, device, message)
                )

    def announce_deletion(
        self, pool: IdentityPool, tombstone: Dataset, caller: Caller
    ) -> None:
        """Notify the pool's stream that a dataset was deleted."""
        stream = self.stream(pool, caller)
        if stream is not None:
            metadata = streams.describe(tombstone)
            self._send(
                pool, partial(stream.put_deletion, pool.identity_pool_id, metadata)
            )

    def announce_merge(
        self, pool: IdentityPool, moved: list[tuple[Dataset, Dataset]], caller: Caller
    ) -> None:
        """Notify the pool's stream that datasets were moved to another identity.

        :param moved: the tombstone of each dataset, and the dataset itself.
        """
        stream = self.stream(pool, caller)
        if stream is None:
            return
        for tombstone, dataset in moved:
            self.announce_deletion(pool, tombstone, caller)
            metadata, records = streams.describe(dataset), dataset.live_records()
            put = partial(stream.put_update, pool.identity_pool_id, metadata, records)
            self._send(pool, put)

    def announce_all(
        self, pool: IdentityPool, stream: Stream, run: BulkPublish
    ) -> None:
        """Send all datasets of a pool to a stream and record the outcome in ``run``."""
        contents = [
            (streams.describe(dataset), dataset.live_records())
            for dataset in pool.existing_datasets()
        ]

        def put_all() -> None:
            try:
                for metadata, records in contents:
                    stream.put_update(pool.identity_pool_id, metadata, records)
            except Exception as error:
                with state_lock:
                    run.fail(str(error))
                raise
            with state_lock:
                run.sent()

        self._send(pool, put_all)

    def stream(self, pool: IdentityPool, caller: Caller) -> Stream | None:
        """Return a pool's stream, or None if streaming is not enabled."""
        configured = pool.cognito_streams or {}
        if configured.get("StreamingStatus") != "ENABLED":
            return None
        name = configured.get("StreamName", "")
        return Stream(name, self._account_id, self._region_name, caller.s3_endpoint)

    def trigger(self, pool: IdentityPool, caller: Caller) -> Trigger | None:
        """Return the SyncTrigger to run before a write, or None.

        According to the AWS documentation, writes with developer credentials do not run
        the trigger. Only strict mode implements this: most tests use the same fake
        credentials everywhere and expect any trigger they set to run.
        """
        arn = pool.events.get("SyncTrigger")
        if arn is None or (is_strict() and not caller.is_identity):
            return None
        return Trigger(arn, self._account_id)

    def _send(self, pool: IdentityPool, put: Callable[[], None]) -> None:
        """Queue a delivery to a stream. If the stream is gone, disable streaming."""
        configured = pool.cognito_streams

        def deliver() -> None:
            try:
                put()
            except StreamGoneError as error:
                _logger.warning("Disabled the stream of a pool: %s", error)
                with state_lock:
                    if configured and pool.cognito_streams is configured:
                        disabled = {**configured, "StreamingStatus": "DISABLED"}
                        pool.cognito_streams = disabled

        self._outbox.put(deliver)
