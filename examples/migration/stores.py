"""The same store of settings on Amazon Cognito Sync and on DynamoDB alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol


class Conflict(Exception):
    """Another device has written one of the keys since this device read them."""


@dataclass
class Changes:
    """What changed since a count.

    :ivar count: pass it to the next call of ``changes`` and ``write``.
    :ivar values: the new values. None means that the key was removed.
    :ivar deleted: whether the store was deleted since the count. If it was, discard all
        local values first: the removed keys are not listed.
    """

    count: int
    values: dict[str, str | None]
    deleted: bool = False


class SettingsStore(Protocol):
    def changes(self, since: int = 0) -> Changes: ...

    def write(self, values: Mapping[str, str | None], seen: int) -> None:
        """Write all of the values, or raise Conflict. None removes a key."""

    def delete(self) -> None: ...

    def of_guest(self, guest: str) -> SettingsStore:
        """Return the settings of the guest that logged in as this user."""


def merge(guest: SettingsStore, user: SettingsStore) -> None:
    """Move the guest's settings to the user, who keeps existing settings."""
    theirs, ours = guest.changes().values, user.changes()
    missing = {key: theirs[key] for key in theirs if ours.values.get(key) is None}
    if missing:
        user.write(missing, seen=ours.count)
    guest.delete()


class CognitoSyncStore:
    def __init__(self, client: Any, pool: str, identity: str, dataset: str) -> None:
        self.client = client
        self.ids = {
            "IdentityPoolId": pool,
            "IdentityId": identity,
            "DatasetName": dataset,
        }

    def changes(self, since: int = 0) -> Changes:
        pages = self._list(since)
        return Changes(
            count=pages[0]["DatasetSyncCount"],
            values={
                record["Key"]: record.get("Value")
                for page in pages
                for record in page["Records"]
            },
            deleted=pages[0]["DatasetDeletedAfterRequestedSyncCount"],
        )

    def write(self, values: Mapping[str, str | None], seen: int) -> None:
        patches = [
            {"Op": "remove", "Key": key, "SyncCount": seen}
            if value is None
            else {"Op": "replace", "Key": key, "Value": value, "SyncCount": seen}
            for key, value in values.items()
        ]
        session = self.client.list_records(**self.ids, MaxResults=1)
        try:
            self.client.update_records(
                **self.ids,
                SyncSessionToken=session["SyncSessionToken"],
                RecordPatches=patches,
            )
        except self.client.exceptions.ResourceConflictException as error:
            raise Conflict from error

    def delete(self) -> None:
        with suppress(self.client.exceptions.ResourceNotFoundException):
            self.client.delete_dataset(**self.ids)

    def of_guest(self, guest: str) -> CognitoSyncStore:
        merged = f"{self.ids['DatasetName']}.{guest}"
        ids = self.ids["IdentityPoolId"], self.ids["IdentityId"]
        return CognitoSyncStore(self.client, *ids, merged)

    def _list(self, since: int) -> list[dict[str, Any]]:
        pages = [self.client.list_records(**self.ids, LastSyncCount=since)]
        while token := pages[-1].get("NextToken"):
            pages.append(
                self.client.list_records(
                    **self.ids, LastSyncCount=since, NextToken=token
                )
            )
        return pages


class DynamoDBStore:
    """Stores each setting as one item, and the state of the store as another one.

    - ``owner`` (partition key): the identity ID, so that an IAM policy with
      ``dynamodb:LeadingKeys`` can restrict each user to their own items
    - ``name`` (sort key): ``store#key``, or ``store#`` for the state of the store
    - ``change`` (sort key of the local index ``changes``): ``store#count``

    A removed setting remains as an item without a value. The name of the store must not
    contain "#".
    """

    MAX_COUNT = 10**20 - 1
    # TransactWriteItems writes up to 100 items; one is the state of the store.
    MAX_KEYS = 99
    ATTEMPTS = 5

    def __init__(self, client: Any, table: str, owner: str, store: str) -> None:
        self.client = client
        self.table = table
        self.owner = owner
        self.store = store

    @staticmethod
    def create_table(client: Any, table: str) -> None:
        def schema(sort_key: str) -> list[dict[str, str]]:
            return [
                {"AttributeName": "owner", "KeyType": "HASH"},
                {"AttributeName": sort_key, "KeyType": "RANGE"},
            ]

        client.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"}
                for name in ("owner", "name", "change")
            ],
            KeySchema=schema("name"),
            LocalSecondaryIndexes=[
                {
                    "IndexName": "changes",
                    "KeySchema": schema("change"),
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )

    def changes(self, since: int = 0) -> Changes:
        # Read the state first: a transaction that is part of its count is then visible.
        # Newer changes are listed as well, and once more by the next call.
        count, deleted_at = self._read_state()
        items = self._list(since=max(since, deleted_at))
        return Changes(
            count=count,
            values={
                item["name"]["S"].partition("#")[2]: item.get("value", {}).get("S")
                for item in items
            },
            deleted=0 < since < deleted_at,
        )

    def write(self, values: Mapping[str, str | None], seen: int) -> None:
        if len(values) > self.MAX_KEYS:
            raise ValueError(f"expected up to {self.MAX_KEYS} keys, got {len(values)}")
        for _ in range(self.ATTEMPTS):
            count, deleted_at = self._read_state()
            # The count and the settings change together, so that no reader sees a count
            # before the settings that belong to it.
            puts = [
                self._put(key, value, count + 1, newest=max(seen, deleted_at))
                for key, value in values.items()
            ]
            try:
                self.client.transact_write_items(
                    TransactItems=[{"Update": self._step(count, deleted_at)}, *puts]
                )
            except self.client.exceptions.TransactionCanceledException as error:
                _, *reasons = error.response["CancellationReasons"]
                if any(each["Code"] == "ConditionalCheckFailed" for each in reasons):
                    raise Conflict from error
            else:
                return
        raise Conflict

    def delete(self) -> None:
        for _ in range(self.ATTEMPTS):
            count, _ = self._read_state()
            try:
                self.client.update_item(**self._step(count, deleted_at=count + 1))
            except self.client.exceptions.ConditionalCheckFailedException:
                continue
            self._delete_items(until=count)
            return
        raise Conflict

    def of_guest(self, guest: str) -> DynamoDBStore:
        return DynamoDBStore(self.client, self.table, guest, self.store)

    def load(self, dataset: Mapping[str, Any]) -> None:
        """Copy a dataset of a state file, with its counts, before any device writes."""
        counts = [dataset["DatasetSyncCount"]]
        for record in dataset["Records"]:
            counts.append(record["SyncCount"])
            item = self._item(record["Key"], record.get("Value"), counts[-1])
            self.client.put_item(TableName=self.table, Item=item)
        deleted_at = dataset.get("SyncCountAtDeletion", 0)  # pull cannot read it
        # Records that were merged into a dataset can have higher counts than it has.
        state = {"count": max(counts), "deleted_at": deleted_at}
        numbers = {name: {"N": str(count)} for name, count in state.items()}
        self.client.put_item(TableName=self.table, Item=self._name() | numbers)

    def _name(self, key: str = "") -> dict[str, Any]:
        return {"owner": {"S": self.owner}, "name": {"S": f"{self.store}#{key}"}}

    def _change(self, count: int) -> dict[str, str]:
        return {"S": f"{self.store}#{count:020}"}  # in numeric order

    def _item(self, key: str, value: str | None, count: int) -> dict[str, Any]:
        item = self._name(key) | {"change": self._change(count)}
        return item if value is None else item | {"value": {"S": value}}

    def _read_state(self) -> tuple[int, int]:
        """Return the current count, and the count of the last deletion or 0."""
        response = self.client.get_item(
            TableName=self.table, Key=self._name(), ConsistentRead=True
        )
        item = response.get("Item", {})
        return tuple(
            int(item.get(each, {}).get("N", 0)) for each in ("count", "deleted_at")
        )

    def _step(self, count: int, deleted_at: int) -> dict[str, Any]:
        """Increase the count if it has not changed."""
        return {
            "TableName": self.table,
            "Key": self._name(),
            "UpdateExpression": "SET #count = :next, deleted_at = :deleted_at",
            "ConditionExpression": "#count = :count OR attribute_not_exists(#count)",
            "ExpressionAttributeNames": {"#count": "count"},
            "ExpressionAttributeValues": {
                ":count": {"N": str(count)},
                ":next": {"N": str(count + 1)},
                ":deleted_at": {"N": str(deleted_at)},
            },
        }

    def _put(
        self, key: str, value: str | None, count: int, newest: int
    ) -> dict[str, Any]:
        """Put a setting unless it has changed after the count ``newest``."""
        return {
            "Put": {
                "TableName": self.table,
                "Item": self._item(key, value, count),
                "ConditionExpression": "attribute_not_exists(#c) OR #c <= :newest",
                "ExpressionAttributeNames": {"#c": "change"},
                "ExpressionAttributeValues": {":newest": self._change(newest)},
            }
        }

    def _list(self, since: int, until: int = MAX_COUNT) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName="changes",
            ConsistentRead=True,
            KeyConditionExpression="#o = :owner AND #c BETWEEN :first AND :last",
            ExpressionAttributeNames={"#o": "owner", "#c": "change"},
            ExpressionAttributeValues={
                ":owner": {"S": self.owner},
                ":first": self._change(since + 1),
                ":last": self._change(until),
            },
        )
        return [item for page in pages for item in page["Items"]]

    def _delete_items(self, until: int) -> None:
        """Free the space of deleted items, unless they have been written again."""
        for item in self._list(since=0, until=until):
            with suppress(self.client.exceptions.ConditionalCheckFailedException):
                self.client.delete_item(
                    TableName=self.table,
                    Key={"owner": item["owner"], "name": item["name"]},
                    ConditionExpression="#c = :seen",
                    ExpressionAttributeNames={"#c": "change"},
                    ExpressionAttributeValues={":seen": item["change"]},
                )
