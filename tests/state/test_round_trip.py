"""Everything that can be stored can be dumped, loaded and saved."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import time_machine
from freezegun import freeze_time
from moto.cognitoidentity.models import CognitoIdentityPool, cognitoidentity_backends
from moto.moto_api import state_manager
from moto.moto_api._internal import mock_random

from moto_cognitosync import merge_identities
from moto_cognitosync.core.identity_pools import store_pool
from moto_cognitosync.state import StateError, dump_state, load_state, save_state
from moto_cognitosync.state.plain import SOURCE_MEMBERS
from tests.cognitosync.test_bulk_publish import MODEL_NAME, details, publish
from tests.core.test_validation import body_of, update
from tests.support.aws import REGION, Aws, OnServer
from tests.support.datasets import (
    NOW,
    DatasetUnderTest,
    make_identity,
    make_pool,
    replace,
)
from tests.support.streams import ROLE, stream_of

ACCOUNT = "123456789012"
POOL = "us-east-1:0"
END_OF_9999 = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=timezone.utc)


def assert_round_trip() -> dict[str, Any]:
    """Check that the state survives a dump and a load, and return it."""
    dumped = dump_state()
    load_state({})
    load_state(dumped)
    assert dump_state() == dumped
    return dumped


@pytest.fixture
def set_transition() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Set how moto's state manager advances a bulk publish."""
    yield lambda transition: state_manager.set_transition(MODEL_NAME, transition)
    state_manager.unset_transition(MODEL_NAME)


# --- Dates ------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [253402300799.9996, 253402300799.99994])
def test_a_date_is_never_rounded_into_the_year_10000(
    aws: Aws, dataset: DatasetUnderTest, seconds: float
) -> None:
    patch = replace("volume", "11", DeviceLastModifiedDate=seconds)

    [record] = update(aws, dataset, body_of(dataset, patch)).json["Records"]

    assert record["DeviceLastModifiedDate"] == 253402300799.999
    assert dataset.records()["volume"]["DeviceLastModifiedDate"].year == 9999
    assert_round_trip()


@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_a_state_from_the_last_microsecond_of_the_year_9999_can_be_loaded(
    aws: Aws,
) -> None:
    with freeze_time("9999-12-31T23:59:59.999999"):
        pool_id = make_pool(aws)
        state = assert_round_trip()

    assert state["IdentityPools"][0]["IdentityPoolId"] == pool_id
    assert state["IdentityPools"][0]["CreationDate"] == "9999-12-31T23:59:59.999Z"


def test_a_token_may_expire_after_the_year_9999(dataset: DatasetUnderTest) -> None:
    with time_machine.travel(END_OF_9999 - timedelta(minutes=1), tick=False):
        dataset.token()
        (sessions,) = assert_round_trip()["OpenSyncSessions"]

    assert list(sessions["Expirations"].values()) == ["9999-12-31T23:59:59.999Z"]


@pytest.mark.usefixtures("stream")
@pytest.mark.parametrize(
    "transition",
    [
        {"progression": "time", "seconds": 1e9},
        {"progression": "time", "seconds": 1e11},
        {"progression": "time", "seconds": 1e15},
        {"progression": "time", "seconds": "1"},
        {"progression": "time"},
    ],
)
@pytest.mark.parametrize("earlier", ["immediate", "manual"])
def test_an_unusual_transition_does_not_prevent_a_dump(
    dataset: DatasetUnderTest, set_transition: Any, earlier: str, transition: Any
) -> None:
    set_transition({"progression": earlier, "times": 2})
    with freeze_time(NOW):
        publish(dataset)
        set_transition(transition)

        (pool,) = assert_round_trip()["IdentityPools"]

        expected = {"immediate": "SUCCEEDED", "manual": "IN_PROGRESS"}[earlier]
        assert pool["BulkPublish"]["BulkPublishStatus"] == expected
        assert details(dataset)["BulkPublishStatus"] == expected


@pytest.mark.usefixtures("cognitosync")
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_bulk_publish_may_have_started_in_the_year_1(
    monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    start = "0001-01-01T00:00:00.000Z"
    run = {"BulkPublishStatus": "IN_PROGRESS", "BulkPublishStartTime": start}
    with monkeypatch.context() as patched:
        patched.setenv("TZ", zone)
        time.tzset()
        load_state({"IdentityPools": [{"IdentityPoolId": POOL, "BulkPublish": run}]})
        (pool,) = dump_state()["IdentityPools"]
    time.tzset()

    assert pool["BulkPublish"]["BulkPublishStartTime"] == start


# --- Texts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "\x85",
        "a\x85b",
        "\u2028",
        "\ufeff",
        "\0",
        "a\n\nb ",
        "<<",
        "=",
        "2026-03-01",
        "~",
    ],
)
def test_any_string_can_be_saved(
    dataset: DatasetUnderTest, tmp_path: Path, text: str
) -> None:
    dataset.write(**{text: text})

    assert_can_be_saved(tmp_path)
    assert dataset.records()[text]["Value"] == text


# --- Accounts, regions and pools ---------------------------------------------------


@pytest.mark.parametrize("account_id", ["12345", "my account", "\udcff"])
def test_every_account_id_from_the_environment_can_be_loaded(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, account_id: str
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", account_id)
    pool_id = make_pool(aws)
    dataset = DatasetUnderTest(
        aws.client("cognito-sync"), pool_id, make_identity(aws, pool_id), "settings"
    )

    dataset.write(volume="11")

    assert dataset.records()["volume"]["LastModifiedBy"] == account_id
    assert assert_round_trip()["IdentityPools"][0]["AccountId"] == account_id
    assert_can_be_saved(tmp_path)


def assert_can_be_saved(folder: Path) -> None:
    """Check that the state survives saving and loading files."""
    dumped = dump_state()
    for path in (folder / "state.json", folder / "state.yaml"):
        save_state(path)
        load_state({})
        load_state(path)
        assert dump_state() == dumped


def test_an_account_id_that_is_not_utf_8_can_be_sent_to_a_stream(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "\udcff")
    pool_id = make_pool(aws)
    stream = stream_of(aws, pool_id)
    identity_id = make_identity(aws, pool_id)
    sync = aws.client("cognito-sync")

    DatasetUnderTest(sync, pool_id, identity_id, "settings").write(volume="11")

    assert len(stream.records()) == 1


def call_cognito_identity(
    aws: Aws, operation: str, account_id: str, **body: Any
) -> None:
    """Send a request that boto3 would reject."""
    signature = f"AWS4-HMAC-SHA256 Credential=a/20260301/{REGION}/cognito-identity/x"
    headers = {
        "X-Amz-Target": f"AWSCognitoIdentityService.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": signature,
        "x-moto-account-id": account_id,
    }
    url = f"https://cognito-identity.{REGION}.amazonaws.com"
    if isinstance(aws, OnServer):
        url = aws.server.url
    response = requests.post(url, json.dumps(body), headers=headers, timeout=30)
    assert response.status_code == 200, response.text


def test_every_account_id_from_a_header_can_be_loaded(aws: Aws) -> None:
    call_cognito_identity(
        aws,
        "CreateIdentityPool",
        account_id="my 1",
        IdentityPoolName="players",
        AllowUnauthenticatedIdentities=True,
    )

    (pool,) = assert_round_trip()["IdentityPools"]

    assert pool["AccountId"] == "my 1"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("DeveloperProviderName", "login.\ud800"),
        ("IdentityPoolTags", {"\udfff": "\ud800"}),
        ("SupportedLoginProviders", {"a" * 200: ""}),
        ("AllowUnauthenticatedIdentities", None),
    ],
)
@pytest.mark.usefixtures("cognitosync")
def test_attributes_that_only_moto_allows_can_be_saved_and_loaded(
    tmp_path: Path, member: str, value: object
) -> None:
    attributes = {
        "allow_unauthenticated_identities": True,
        SOURCE_MEMBERS[member]: value,
    }
    source = CognitoIdentityPool(REGION, "players", **attributes)
    store_pool(ACCOUNT, REGION, source)

    (pool,) = assert_round_trip()["IdentityPools"]

    assert pool[member] == value
    assert_can_be_saved(tmp_path)


@pytest.mark.usefixtures("cognitosync")
@pytest.mark.parametrize(
    "region", ["mars-1", "my.region", "a region of our own in the basement", ""]
)
def test_every_region_that_moto_allows_can_be_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, region: str
) -> None:
    monkeypatch.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")
    backend = cognitoidentity_backends[ACCOUNT][region]
    nothing: Any = None
    created = backend.create_identity_pool("players", True, *6 * [nothing])
    pool_id = json.loads(created)["IdentityPoolId"]
    backend.get_id(pool_id)

    (pool,) = assert_round_trip()["IdentityPools"]

    assert_can_be_saved(tmp_path)
    assert pool["IdentityPoolId"] == pool_id
    assert pool["Region"] == region
    assert len(pool["Identities"]) == 1


def test_data_in_a_nonexistent_region_can_be_loaded(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")
    region = "xx-mars-1"
    pool_id = make_pool(aws, region)
    dataset = DatasetUnderTest(
        aws.client("cognito-sync", region),
        pool_id,
        make_identity(aws, pool_id, region),
        "settings",
    )
    dataset.write(volume="11")

    dumped = assert_round_trip()

    assert [each["Region"] for each in dumped["IdentityPools"]] == [region]
    assert dataset.records()["volume"]["Value"] == "11"


ELSEWHERE = "eu-west-3"  # Cognito Identity is available here, Cognito Sync is not


def test_pools_in_regions_without_cognito_sync_can_be_loaded(aws: Aws) -> None:
    pool_id = make_pool(aws, ELSEWHERE)
    identity_id = make_identity(aws, pool_id, ELSEWHERE)

    (pool,) = assert_round_trip()["IdentityPools"]

    assert pool["IdentityPoolId"] == pool_id
    assert [each["IdentityId"] for each in pool["Identities"]] == [identity_id]
    listed = aws.client("cognito-identity", ELSEWHERE).list_identities(
        IdentityPoolId=pool_id, MaxResults=10
    )
    assert [each["IdentityId"] for each in listed["Identities"]] == [identity_id]


@pytest.mark.parametrize(
    "members",
    [
        {"SyncSessionsCount": 1},
        {"Identities": [{"IdentityId": f"{ELSEWHERE}:1", "Datasets": []}]},
    ],
)
@pytest.mark.usefixtures("cognitosync")
def test_synced_data_in_a_region_without_cognito_sync_is_rejected(
    members: dict[str, Any],
) -> None:
    pool = {"IdentityPoolId": f"{ELSEWHERE}:0", **members}

    with pytest.raises(StateError, match="is not available in the region 'eu-west-3'"):
        load_state({"IdentityPools": [pool]})


def test_an_identity_that_moto_creates_twice_can_be_loaded(aws: Aws) -> None:
    pool_id = make_pool(aws)
    moto = cognitoidentity_backends[ACCOUNT][REGION]
    for _ in range(2):
        mock_random.seed(0)
        identity_id = json.loads(moto.get_id(pool_id))["IdentityId"]

    (pool,) = assert_round_trip()["IdentityPools"]

    assert [each["IdentityId"] for each in pool["Identities"]] == [identity_id]


def test_counts_stop_at_the_largest_64_bit_integer(sync: Any) -> None:
    largest = 2**63 - 1
    dataset = DatasetUnderTest(sync, POOL, "us-east-1:1", "settings")
    settings = {"DatasetName": "settings", "DatasetSyncCount": largest}
    identity = {"IdentityId": dataset.identity_id, "Datasets": [settings]}
    pool = {"IdentityPoolId": POOL, "Identities": [identity]}
    load_state({"IdentityPools": [{**pool, "SyncSessionsCount": largest}]})

    dataset.write(volume="11")
    assert_round_trip()
    dataset.delete()
    (pool,) = assert_round_trip()["IdentityPools"]

    assert dataset.list()["DatasetSyncCount"] == largest
    assert pool["SyncSessionsCount"] == largest


# --- Merges -----------------------------------------------------------------------


def test_a_merge_ends_the_subscriptions_to_the_moved_datasets(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    device = subscribed_device(aws, dataset)

    merge_identities(dataset.identity_id, make_identity(aws, dataset.pool_id))

    assert_round_trip()
    dataset.write(volume="12")
    with pytest.raises(dataset.client.exceptions.ResourceNotFoundException):
        dataset.client.unsubscribe_from_dataset(**dataset.ids, DeviceId=device)


def subscribed_device(aws: Aws, dataset: DatasetUnderTest) -> str:
    """Create the dataset and subscribe a device to it."""
    arn = aws.client("sns").create_platform_application(
        Name="game", Platform="GCM", Attributes={"PlatformCredential": "key"}
    )["PlatformApplicationArn"]
    dataset.client.set_identity_pool_configuration(
        IdentityPoolId=dataset.pool_id,
        PushSync={"ApplicationArns": [arn], "RoleArn": ROLE},
    )
    device = dataset.client.register_device(
        IdentityPoolId=dataset.pool_id,
        IdentityId=dataset.identity_id,
        Platform="GCM",
        Token="token",
    )["DeviceId"]
    dataset.write(volume="11")
    dataset.client.subscribe_to_dataset(**dataset.ids, DeviceId=device)
    return str(device)


@pytest.fixture
def other(aws: Aws, dataset: DatasetUnderTest) -> DatasetUnderTest:
    """A dataset of another identity in the same pool."""
    identity_id = make_identity(aws, dataset.pool_id)
    return DatasetUnderTest(dataset.client, dataset.pool_id, identity_id, "settings")


@pytest.mark.parametrize("length", [82, 128])
def test_a_merge_never_creates_a_name_that_is_too_long(
    dataset: DatasetUnderTest, other: DatasetUnderTest, length: int
) -> None:
    dataset.write(volume="11")
    for each in (dataset, other):
        each.named(length * "n").write(volume="11")
    before = dump_state()

    with pytest.raises(ValueError, match=rf"at most 128 .* found {length + 47}: 'nnn"):
        merge_identities(dataset.identity_id, other.identity_id)

    assert dump_state() == before


def test_the_longest_name_after_a_merge_can_be_deleted(
    dataset: DatasetUnderTest, other: DatasetUnderTest
) -> None:
    for each in (dataset, other):
        each.named(81 * "n").write(volume="11")

    merge_identities(dataset.identity_id, other.identity_id)

    merged = other.named(f"{81 * 'n'}.{dataset.identity_id}")
    assert len(merged.name) == 128
    assert merged.delete()["NumRecords"] == 1


def test_a_merge_never_uses_a_name_twice(
    dataset: DatasetUnderTest, other: DatasetUnderTest
) -> None:
    suffix = f".{dataset.identity_id}"
    for each in (other, dataset, dataset.named(f"settings{suffix}")):
        each.write(volume="11")

    merge_identities(dataset.identity_id, other.identity_id)

    listed = dataset.client.list_datasets(
        IdentityPoolId=dataset.pool_id, IdentityId=other.identity_id
    )
    names = [f"settings{count * suffix}" for count in range(3)]
    assert [each["DatasetName"] for each in listed["Datasets"]] == names


# --- Versions ---------------------------------------------------------------------


def test_a_dump_contains_its_format_version(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")
    dumped = dump_state()

    assert dumped.pop("FormatVersion") == 1
    load_state({})
    load_state(dumped)  # as written by older versions
    assert dataset.records()["volume"]["Value"] == "11"


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (2, "FormatVersion: expected at most 1, found 2: a newer version of"),
        (1.5, "FormatVersion: 1.5 is not one of [1]"),
        ("1", "FormatVersion: '1' is not one of [1]"),
        (0, "FormatVersion: 0 is not one of [1]"),
        (True, "FormatVersion: True is not one of [1]"),
    ],
)
@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_other_format_versions_are_rejected(
    dataset: DatasetUnderTest, version: object, message: str
) -> None:
    dataset.write(volume="11")
    before = dump_state()

    with pytest.raises(StateError) as caught:
        load_state({"FormatVersion": version})

    assert str(caught.value).startswith(message)
    assert dump_state() == before


@pytest.mark.usefixtures("cognitosync")
def test_a_newer_version_is_reported_before_unknown_members() -> None:
    with pytest.raises(StateError, match="pip install --upgrade moto-cognitosync"):
        load_state({"FormatVersion": 3, "Pools": []})
