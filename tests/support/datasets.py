"""Identity pools, identities and datasets for tests."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from .aws import REGION, Aws

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
NOW_IN_MS = 1772366400250


def make_pool(aws: Aws, region: str = REGION) -> str:
    pool = aws.client("cognito-identity", region).create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
    return str(pool["IdentityPoolId"])


def make_identity(aws: Aws, pool_id: str, region: str = REGION) -> str:
    client = aws.client("cognito-identity", region)
    return str(client.get_id(IdentityPoolId=pool_id)["IdentityId"])


class DatasetUnderTest:
    """A dataset, with methods that fill in its ids and its name."""

    def __init__(self, client: Any, pool_id: str, identity_id: str, name: str) -> None:
        self.client = client
        self.pool_id = pool_id
        self.identity_id = identity_id
        self.name = name
        self.ids = {
            "IdentityPoolId": pool_id,
            "IdentityId": identity_id,
            "DatasetName": name,
        }

    def named(self, name: str) -> DatasetUnderTest:
        """Return another dataset of the same identity."""
        return DatasetUnderTest(self.client, self.pool_id, self.identity_id, name)

    def token(self) -> str:
        return str(self.client.list_records(**self.ids)["SyncSessionToken"])

    def list(self, **kwargs: Any) -> dict[str, Any]:
        return self.client.list_records(**self.ids, **kwargs)  # type: ignore[no-any-return]

    def records(self, **kwargs: Any) -> dict[str, Any]:
        return {record["Key"]: record for record in self.list(**kwargs)["Records"]}

    def patch(self, *patches: dict[str, Any], **kwargs: Any) -> list[dict[str, Any]]:
        """Send patches, with a new token unless one is given."""
        if "SyncSessionToken" not in kwargs:
            kwargs["SyncSessionToken"] = self.token()
        response = self.client.update_records(
            **self.ids, RecordPatches=list(patches), **kwargs
        )
        return response["Records"]  # type: ignore[no-any-return]

    def write(self, **values: str) -> list[dict[str, Any]]:
        """Set values with the current sync count, which avoids conflicts."""
        count = self.list()["DatasetSyncCount"]
        return self.patch(*(replace(key, values[key], count) for key in values))

    def describe(self) -> dict[str, Any]:
        return self.client.describe_dataset(**self.ids)["Dataset"]  # type: ignore[no-any-return]

    def delete(self) -> dict[str, Any]:
        return self.client.delete_dataset(**self.ids)["Dataset"]  # type: ignore[no-any-return]


def replace(key: str, value: str, sync_count: int = 0, **extra: Any) -> dict[str, Any]:
    patch = {"Op": "replace", "Key": key, "Value": value, "SyncCount": sync_count}
    return patch | extra


def remove(key: str, sync_count: int = 0, **extra: Any) -> dict[str, Any]:
    return {"Op": "remove", "Key": key, "SyncCount": sync_count} | extra
