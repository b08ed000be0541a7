"""The same tests for both stores: first for Cognito Sync, then for its replacement."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from stores import (
    CognitoSyncStore,
    Conflict,
    DynamoDBStore,
    SettingsStore,
    merge,
)

from moto_cognitosync import merge_identities, mock_cognitosync
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.state import dump_state

TABLE = "settings"


class OnCognitoSync:
    def __init__(self) -> None:
        self.identities = boto3.client("cognito-identity", region_name="us-east-1")
        self.client = boto3.client("cognito-sync", region_name="us-east-1")
        pool = self.identities.create_identity_pool(
            IdentityPoolName="players", AllowUnauthenticatedIdentities=True
        )
        self.pool = pool["IdentityPoolId"]

    def new_user(self) -> str:
        return self.identities.get_id(IdentityPoolId=self.pool)["IdentityId"]

    def store(self, user: str) -> CognitoSyncStore:
        return CognitoSyncStore(self.client, self.pool, user, "settings")

    def log_in(self, guest: str, user: str) -> None:
        merge_identities(guest, user)


class OnDynamoDB:
    def __init__(self) -> None:
        self.client = boto3.client("dynamodb", region_name="us-east-1")
        DynamoDBStore.create_table(self.client, TABLE)
        self.users = 0

    def new_user(self) -> str:
        self.users += 1
        return f"user {self.users}"

    def store(self, user: str) -> DynamoDBStore:
        return DynamoDBStore(self.client, TABLE, user, "settings")

    def log_in(self, guest: str, user: str) -> None:
        """Nothing happens: DynamoDB does not know that two users are the same."""


@pytest.fixture(params=[OnCognitoSync, OnDynamoDB])
def service(request: pytest.FixtureRequest) -> Iterator[Any]:
    with mock_cognitosync():
        yield request.param()


@pytest.fixture
def user(service: Any) -> str:
    return service.new_user()


@pytest.fixture
def store(service: Any, user: str) -> SettingsStore:
    return service.store(user)


@pytest.fixture
def dynamodb() -> Iterator[DynamoDBStore]:
    with mock_cognitosync():
        yield OnDynamoDB().store("user")


def test_new_store_is_empty(store: SettingsStore) -> None:
    changes = store.changes()
    assert (changes.count, changes.values, changes.deleted) == (0, {}, False)


def test_changes_list_what_was_written(store: SettingsStore) -> None:
    store.write({"theme": "dark", "volume": "11"}, seen=0)

    changes = store.changes()
    assert changes.values == {"theme": "dark", "volume": "11"}
    assert changes.count == 1


def test_changes_since_a_count_list_only_later_writes(store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)
    seen = store.changes().count
    store.write({"volume": "11"}, seen=seen)

    assert store.changes(since=seen).values == {"volume": "11"}


def test_users_do_not_share_settings(service: Any, store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)

    assert service.store(service.new_user()).changes().values == {}


def test_stale_write_conflicts(store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)

    with pytest.raises(Conflict):
        store.write({"theme": "light", "volume": "11"}, seen=0)

    assert store.changes().values == {"theme": "dark"}


def test_write_after_reading_succeeds(store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)

    store.write({"theme": "light"}, seen=store.changes().count)

    assert store.changes().values == {"theme": "light"}


def test_writes_of_different_keys_do_not_conflict(store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)

    store.write({"volume": "11"}, seen=0)

    assert store.changes().values == {"theme": "dark", "volume": "11"}


def test_removal_is_listed_as_a_change(store: SettingsStore) -> None:
    store.write({"theme": "dark", "volume": "11"}, seen=0)
    seen = store.changes().count

    store.write({"theme": None}, seen=seen)

    assert store.changes(since=seen).values == {"theme": None}


def test_stale_write_of_removed_key_conflicts(store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)
    store.write({"theme": None}, seen=1)

    with pytest.raises(Conflict):
        store.write({"theme": "light"}, seen=1)


def test_deletion_is_reported_to_other_devices(store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)
    seen = store.changes().count

    store.delete()

    changes = store.changes(since=seen)
    assert changes.deleted
    assert changes.values == {}


def test_deletion_is_not_reported_to_new_devices(store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)
    store.delete()

    changes = store.changes()
    assert not changes.deleted
    assert changes.values == {}


def test_write_after_deletion_continues_the_count(store: SettingsStore) -> None:
    store.write({"theme": "dark"}, seen=0)
    seen = store.changes().count
    store.delete()

    store.write({"theme": "light"}, seen=0)

    changes = store.changes(since=seen)
    assert changes.deleted
    assert changes.values == {"theme": "light"}
    assert changes.count > seen + 1


def test_merge_adds_settings_of_the_guest(
    service: Any, user: str, store: SettingsStore
) -> None:
    store.write({"theme": "dark"}, seen=0)
    guest = service.new_user()
    service.store(guest).write({"theme": "light", "volume": "11"}, seen=0)
    service.log_in(guest, user)

    merge(store.of_guest(guest), store)

    assert store.changes().values == {"theme": "dark", "volume": "11"}
    assert store.of_guest(guest).changes().values == {}


def test_merge_with_a_user_without_settings(
    service: Any, user: str, store: SettingsStore
) -> None:
    guest = service.new_user()
    service.store(guest).write({"theme": "light"}, seen=0)
    service.log_in(guest, user)

    merge(store.of_guest(guest), store)

    assert store.changes().values == {"theme": "light"}


# --- Copied data ------------------------------------------------------------------


def remove_theme(store: SettingsStore) -> None:
    store.write({"theme": None}, seen=1)


def delete_and_write_again(store: SettingsStore) -> None:
    store.delete()
    store.write({"theme": "light"}, seen=0)


@pytest.mark.parametrize(
    "change", [remove_theme, CognitoSyncStore.delete, delete_and_write_again]
)
def test_devices_continue_with_copied_data(
    change: Callable[[SettingsStore], None],
) -> None:
    with mock_cognitosync():
        service = OnCognitoSync()
        user = service.new_user()
        old, new = service.store(user), OnDynamoDB().store(user)
        old.write({"theme": "dark", "volume": "11"}, seen=0)
        seen = old.changes().count
        change(old)

        (pool,) = dump_state()["IdentityPools"]
        new.load(pool["Identities"][0]["Datasets"][0])

        assert new.changes() == old.changes()
        assert new.changes(since=seen) == old.changes(since=seen)
        seen = old.changes().count
        new.write({"volume": "3"}, seen=seen)
        assert new.changes(since=seen).values == {"volume": "3"}


def test_pulled_data_can_be_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with CognitoSyncServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        service = OnCognitoSync()
        user = service.new_user()
        old, new = service.store(user), OnDynamoDB().store(user)
        old.write({"theme": "dark", "volume": "11"}, seen=0)
        remove_theme(old)

        path = tmp_path / "players.json"
        command = [sys.executable, "-m", "moto_cognitosync"]
        pull = [*command, "pull", "--pool", service.pool, str(path)]
        subprocess.run(pull, check=True)
        (pool,) = json.loads(path.read_text())["IdentityPools"]
        new.load(pool["Identities"][0]["Datasets"][0])

        assert new.changes() == old.changes()


# --- Races, which DynamoDB does not resolve on its own ----------------------------


def interfere(store: DynamoDBStore, operation: str, *writes: dict[str, str]) -> None:
    """Write as another device before each of the next calls of an operation."""
    pending = list(writes)

    def write(**_: Any) -> None:
        if pending:
            other = DynamoDBStore(
                boto3.client("dynamodb", region_name="us-east-1"),
                store.table,
                store.owner,
                store.store,
            )
            other.write(pending.pop(0), seen=other.changes().count)

    store.client.meta.events.register(f"before-call.dynamodb.{operation}", write)


def test_write_is_repeated_if_another_key_was_written(
    dynamodb: DynamoDBStore,
) -> None:
    interfere(dynamodb, "TransactWriteItems", {"volume": "1"}, {"volume": "2"})

    dynamodb.write({"theme": "dark"}, seen=0)

    assert dynamodb.changes().values == {"theme": "dark", "volume": "2"}
    assert dynamodb.changes().count == 3


def test_write_gives_up_after_five_attempts(dynamodb: DynamoDBStore) -> None:
    writes = [{"volume": str(number)} for number in range(5)]
    interfere(dynamodb, "TransactWriteItems", *writes)

    with pytest.raises(Conflict):
        dynamodb.write({"theme": "dark"}, seen=0)

    assert dynamodb.changes().values == {"volume": "4"}


def test_deletion_is_repeated_after_another_write(dynamodb: DynamoDBStore) -> None:
    dynamodb.write({"theme": "dark"}, seen=0)
    interfere(dynamodb, "UpdateItem", {"theme": "light"})

    dynamodb.delete()

    assert dynamodb.changes().values == {}


def test_deletion_keeps_what_is_written_after_it(dynamodb: DynamoDBStore) -> None:
    dynamodb.write({"theme": "dark"}, seen=0)
    interfere(dynamodb, "DeleteItem", {"theme": "light"})

    dynamodb.delete()

    assert dynamodb.changes(since=1).values == {"theme": "light"}


def test_interrupted_deletion_is_complete_for_all_devices(
    dynamodb: DynamoDBStore,
) -> None:
    def interrupt(**_: Any) -> None:
        raise ConnectionError

    dynamodb.write({"theme": "dark", "volume": "11"}, seen=0)
    dynamodb.client.meta.events.register("before-call.dynamodb.DeleteItem", interrupt)
    with pytest.raises(ConnectionError):
        dynamodb.delete()

    assert dynamodb.changes().values == {}
    dynamodb.write({"theme": "light"}, seen=0)
    assert dynamodb.changes().values == {"theme": "light"}


def test_too_many_keys_are_rejected(dynamodb: DynamoDBStore) -> None:
    values = {str(number): "" for number in range(100)}

    with pytest.raises(ValueError, match="expected up to 99 keys, got 100"):
        dynamodb.write(values, seen=0)
