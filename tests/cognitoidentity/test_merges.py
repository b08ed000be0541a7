"""Merges of identities move their datasets to the parent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.aws import Aws
from tests.support.identity_pools import PoolUnderTest, rejects
from tests.support.streams import Stream, stream_of

# Each merges the identities of two logins, and returns the parent.
MergeTwo = Callable[[PoolUnderTest], str]


def by_get_id(pool: PoolUnderTest) -> str:
    return pool.get_id(facebook="alice", google="a")


def by_token(pool: PoolUnderTest) -> str:
    identity_id = pool.get_id(facebook="alice")
    return str(pool.get_token(identity_id, facebook="alice", google="a")["IdentityId"])


def by_credentials(pool: PoolUnderTest) -> str:
    return pool.log_in(pool.get_id(facebook="alice"), facebook="alice", google="a")


def by_developer_login(pool: PoolUnderTest) -> str:
    return pool.log_in_developer_user("new", facebook="alice", google="a")


def by_developer_merge(pool: PoolUnderTest) -> str:
    pool.log_in_developer_user("1", facebook="alice")
    pool.log_in_developer_user("2", google="a")
    return pool.merge_developer_users("2", "1")


MERGES = [by_get_id, by_token, by_credentials, by_developer_login, by_developer_merge]
each_merge = pytest.mark.parametrize("merge", MERGES)


@pytest.fixture
def two(pool: PoolUnderTest) -> tuple[str, str]:
    """Two identities; the first one becomes the parent."""
    return pool.get_id(facebook="alice"), pool.get_id(google="a")


@each_merge
def test_datasets_are_moved_and_renamed(
    pool: PoolUnderTest, two: tuple[str, str], merge: MergeTwo
) -> None:
    parent, source = two
    pool.dataset(parent, "settings").write(theme="dark")
    pool.dataset(source, "settings").write(theme="light")
    pool.dataset(source, "saves").write(level="7")

    assert merge(pool) == parent

    settings = pool.dataset(parent, "settings")
    merged = f"settings.{source}"
    assert settings.records()["theme"]["Value"] == "dark"
    assert settings.list()["MergedDatasetNames"] == [merged]
    assert settings.named(merged).records()["theme"]["Value"] == "light"
    assert settings.named(merged).list()["DatasetSyncCount"] == 1
    assert settings.named("saves").records()["level"]["Value"] == "7"
    for name in ("settings", "saves"):
        assert pool.dataset(source, name).list()["DatasetExists"] is False


@each_merge
def test_merge_that_would_create_too_long_a_name_changes_nothing(
    pool: PoolUnderTest, two: tuple[str, str], merge: MergeTwo
) -> None:
    parent, source = two
    name = "n" * 100
    for identity_id in two:
        pool.dataset(identity_id, name).write(theme="dark")
        pool.dataset(identity_id, "a").write(theme="dark")
    if merge is by_developer_merge:
        pool.log_in_developer_user("1", facebook="alice")
        pool.log_in_developer_user("2", google="a")
    before = pool.list_identities()

    length = len(f"{name}.{source}")
    with rejects(
        "ResourceConflictException",
        "The identities cannot be merged: expected names of at most 128 characters "
        f"after the merge, found {length}: '{name}.{source}'; delete the dataset "
        f"'{name}' of one of the identities first.",
    ):
        merge(pool)

    assert pool.list_identities() == before
    assert pool.dataset(source, "a").list()["DatasetExists"] is True
    assert "MergedDatasetNames" not in pool.dataset(parent, "a").list()


def test_guest_that_logs_in_keeps_its_datasets(pool: PoolUnderTest) -> None:
    guest = pool.guest()
    pool.dataset(guest).write(theme="dark")

    pool.log_in(guest, facebook="alice")

    assert pool.dataset(guest).records()["theme"]["Value"] == "dark"


def test_guest_gives_its_datasets_to_the_known_user(pool: PoolUnderTest) -> None:
    user, guest = pool.get_id(facebook="alice"), pool.guest()
    pool.dataset(guest).write(theme="dark")

    pool.log_in(guest, facebook="alice")

    assert pool.dataset(user).records()["theme"]["Value"] == "dark"


def test_disabled_identity_can_get_datasets_again(pool: PoolUnderTest) -> None:
    user, guest = pool.get_id(facebook="alice"), pool.guest()
    pool.dataset(guest).write(theme="dark")
    pool.log_in(guest, facebook="alice")

    pool.dataset(guest).write(volume="11")

    assert pool.dataset(guest).records().keys() == {"volume"}
    assert pool.dataset(user).records().keys() == {"theme"}


def test_several_identities_are_merged_in_the_order_of_their_creation(
    pool: PoolUnderTest,
) -> None:
    guest = pool.guest()
    google, facebook = pool.get_id(google="a"), pool.get_id(facebook="alice")
    amazon = pool.get_id(amazon="b")
    for identity_id in (amazon, facebook, guest):
        pool.dataset(identity_id).write(owner=identity_id)

    parent = pool.log_in(guest, amazon="b", facebook="alice", google="a")

    assert parent == google
    settings = pool.dataset(google)
    assert settings.records()["owner"]["Value"] == guest
    names = [f"settings.{facebook}", f"settings.{amazon}"]
    assert settings.list()["MergedDatasetNames"] == sorted(names)
    assert pool.enabled_ids() == [google]


def test_merge_of_several_identities_is_all_or_nothing(pool: PoolUnderTest) -> None:
    ids = [pool.get_id(google="a"), pool.get_id(facebook="alice")]
    ids.append(pool.get_id(amazon="b"))
    pool.dataset(ids[1], "first").write(theme="dark")
    name = "n" * 100
    pool.dataset(ids[0], name).write(theme="dark")
    pool.dataset(ids[2], name).write(theme="dark")

    with rejects("ResourceConflictException", too_long(name, ids[2])):
        pool.get_id(google="a", facebook="alice", amazon="b")

    assert pool.enabled_ids() == ids
    assert pool.dataset(ids[1], "first").list()["DatasetExists"] is True


def too_long(name: str, source: str) -> str:
    renamed = f"{name}.{source}"
    return (
        "The identities cannot be merged: expected names of at most 128 characters "
        f"after the merge, found {len(renamed)}: '{renamed}'; delete the dataset "
        f"'{name}' of one of the identities first."
    )


def test_conflicting_logins_move_no_datasets(pool: PoolUnderTest) -> None:
    first = pool.get_id(facebook="alice", amazon="a")
    second = pool.get_id(google="a", amazon="b")
    pool.dataset(second).write(theme="dark")

    with rejects(
        "ResourceConflictException",
        "The identity would have several logins of the provider 'www.amazon.com'; the "
        "limit is one.",
    ):
        pool.get_id(facebook="alice", google="a")

    assert pool.enabled_ids() == [first, second]
    assert pool.dataset(second).list()["DatasetExists"] is True


def test_merges_work_where_cognito_sync_is_not_offered(aws: Aws) -> None:
    pool = PoolUnderTest(aws, region="sa-east-1")
    user, guest = pool.get_id(facebook="alice"), pool.guest()

    assert pool.log_in(guest, facebook="alice") == user
    assert pool.enabled_ids() == [user]


# --- Streams and subscriptions ---


@pytest.fixture
def changes(aws: Aws, pool: PoolUnderTest) -> Stream:
    return stream_of(aws, pool.id)


@each_merge
def test_stream_receives_a_deletion_and_all_records_of_each_moved_dataset(
    pool: PoolUnderTest, two: tuple[str, str], changes: Stream, merge: MergeTwo
) -> None:
    parent, source = two
    pool.dataset(parent).write(theme="dark")
    pool.dataset(source).write(theme="light", volume="11")
    seen = len(changes.events())

    merge(pool)

    deletion, update = changes.events()[seen:]
    assert deletion["operation"] == "remove"
    assert (deletion["identityId"], deletion["datasetName"]) == (source, "settings")
    assert deletion["syncCount"] == 2
    assert update["operation"] == "replace"
    assert update["identityId"] == parent
    assert update["datasetName"] == f"settings.{source}"
    assert update["syncCount"] == 1
    values = {each["key"]: each["value"] for each in update["kinesisSyncRecords"]}
    assert values == {"theme": "light", "volume": "11"}


def test_subscriptions_to_moved_datasets_end(aws: Aws, pool: PoolUnderTest) -> None:
    arn = aws.client("sns").create_platform_application(
        Name="game", Platform="GCM", Attributes={}
    )["PlatformApplicationArn"]
    sync = aws.client("cognito-sync")
    sync.set_identity_pool_configuration(
        IdentityPoolId=pool.id,
        PushSync={"ApplicationArns": [arn], "RoleArn": "arn:aws:iam::1:role/sync"},
    )
    user, guest = pool.get_id(facebook="alice"), pool.guest()
    pool.dataset(guest).write(theme="dark")
    device = sync.register_device(
        IdentityPoolId=pool.id, IdentityId=guest, Platform="GCM", Token="token"
    )["DeviceId"]
    subscription = {**pool.dataset(guest).ids, "DeviceId": device}
    sync.subscribe_to_dataset(**subscription)

    pool.log_in(guest, facebook="alice")

    with rejects(
        "ResourceNotFoundException",
        f"Device '{device}' is not subscribed to dataset 'settings'.",
    ):
        sync.unsubscribe_from_dataset(**subscription)
    with rejects("ResourceNotFoundException", f"Device '{device}' not found."):
        sync.subscribe_to_dataset(**{**subscription, "IdentityId": user})
