"""Identity pools: what is stored for one beside its identities."""

from __future__ import annotations

from datetime import timezone
from threading import RLock
from typing import TYPE_CHECKING, Any

from moto.cognitoidentity.models import CognitoIdentityPool
from moto.core.common_models import BaseModel

from .bulk_publish import BulkPublish
from .datasets import Dataset, Identity

if TYPE_CHECKING:
    from typing_extensions import Self


def forget_instances(*instances: BaseModel) -> None:
    """Let moto's dashboard no longer show what was replaced, nor memory hold it."""
    replaced = set(map(id, instances))
    for kind in set(map(type, instances)):
        # Until 5.1, moto calls the list otherwise.
        name = (
            "instances_tracked" if hasattr(kind, "instances_tracked") else "instances"
        )
        tracked: list[BaseModel] = getattr(kind, name)
        tracked[:] = [each for each in tracked if id(each) not in replaced]


class IdentityPool(BaseModel):
    """What is synced under one identity pool, and how.

    The pool itself lives in moto's cognito-identity, as ``source``.

    :ivar lock: the backend's own, which moto's dashboard does not know.
    :ivar push_sync: as ``SetIdentityPoolConfiguration`` takes it; None if not set.
    :ivar cognito_streams: likewise.
    :ivar events: names of events, and the ARNs of their Lambda functions.
    :ivar bulk_publish: the latest bulk publish; None before the first.
    :ivar sync_sessions_count: of the sync sessions opened so far; None before any.
    """

    if TYPE_CHECKING:
        # That of moto tells of a BaseModel, which pyright takes at its word.
        def __new__(cls, source: CognitoIdentityPool) -> Self: ...  # noqa: D102

    def __init__(self, source: CognitoIdentityPool) -> None:
        self.source = source
        self.lock = RLock()
        self.identities: dict[str, Identity] = {}
        self.push_sync: dict[str, Any] | None = None
        self.cognito_streams: dict[str, Any] | None = None
        self.events: dict[str, str] = {}
        self.bulk_publish: BulkPublish | None = None
        self.sync_sessions_count: int | None = None

    @property
    def identity_pool_id(self) -> str:
        """The pool's id."""
        return str(self.source.identity_pool_id)

    @property
    def datasets(self) -> list[dict[str, Any]]:
        """All datasets of all identities, for moto's dashboard."""
        with self.lock:
            return [dataset.describe() for dataset in self.existing_datasets()]

    def existing_datasets(self) -> list[Dataset]:
        """Return all datasets of all identities that can be seen."""
        return [
            dataset
            for identity in self.identities.values()
            for dataset in identity.existing_datasets()
        ]

    def describe_configuration(self) -> dict[str, Any]:
        """Return the configuration as the API shows it."""
        return {
            "IdentityPoolId": self.identity_pool_id,
            "PushSync": self.push_sync,
            "CognitoStreams": self.cognito_streams,
        }

    @property
    def creation_date(self) -> int:
        """When the pool was created, which moto keeps as UTC without saying so."""
        created = self.source.creation_time.replace(tzinfo=timezone.utc)
        return int(created.timestamp() * 1000)

    def describe_usage(self) -> dict[str, Any]:
        """Return the usage as the API shows it."""
        modified = [each.last_modified_date for each in self.identities.values()]
        return {
            "IdentityPoolId": self.identity_pool_id,
            "SyncSessionsCount": self.sync_sessions_count,
            "DataStorage": sum(each.data_storage for each in self.existing_datasets()),
            "LastModifiedDate": max([self.creation_date, *modified]),
        }
