"""Load, dump and save state as plain data."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from copy import deepcopy
from datetime import date, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import boto3
import pytest
import requests
import yaml
from botocore.session import get_session
from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from moto import mock_aws
from moto.cognitoidentity.models import cognitoidentity_backends

from moto_cognitosync import merge_identities, mock_cognitosync
from moto_cognitosync._moto.settings import reset_state, state_holders
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.state import (
    SCHEMA,
    StateError,
    add_dataset,
    dump_state,
    load_state,
    save_state,
    store,
)
from moto_cognitosync.state.files import check_can_save
from tests.support.aws import REGION, Aws
from tests.support.datasets import NOW, DatasetUnderTest, remove, replace

SERVER_OF_MOTO = "moto.moto_server.threaded_moto_server"

POOL = "us-east-1:0"
IDENTITY = "us-east-1:1"
APPLICATION = "arn:aws:sns:us-east-1:123456789012:app/GCM/game"
ROLE = "arn:aws:iam::123456789012:role/sync"
SETTINGS: dict[str, Any] = {"DatasetName": "settings"}


def state_with(*datasets: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a state with one pool with these members, and one identity."""
    identity = {"IdentityId": IDENTITY, "Datasets": list(datasets)}
    return {
        "IdentityPools": [{"IdentityPoolId": POOL, "Identities": [identity], **members}]
    }


@pytest.fixture
def loaded(sync: Any) -> DatasetUnderTest:
    """The dataset that these tests load."""
    return DatasetUnderTest(sync, POOL, IDENTITY, "settings")


# --- Load -------------------------------------------------------------------------


def test_a_dataset_needs_only_a_name_and_values(loaded: DatasetUnderTest) -> None:
    load_state(state_with({"DatasetName": "settings", "Values": {"theme": "dark"}}))

    listed = loaded.list()
    assert [(each["Key"], each["Value"]) for each in listed["Records"]] == [
        ("theme", "dark")
    ]
    assert listed["DatasetSyncCount"] == 1
    assert listed["LastModifiedBy"] == "123456789012"
    assert loaded.delete()["NumRecords"] == 1


def test_sync_counts_dates_and_tombstones_are_loaded(loaded: DatasetUnderTest) -> None:
    load_state(
        state_with(
            {
                "DatasetName": "settings",
                "DatasetSyncCount": 7,
                "SyncCountAtDeletion": 3,
                "CreationDate": "2024-02-29T01:02:03.004999Z",
                "LastModifiedDate": "2025-01-01T00:00:00Z",
                "LastModifiedBy": "tablet",
                "Values": {"volume": "11"},
                "Records": [
                    {"Key": "theme", "SyncCount": 6, "LastModifiedBy": "phone"},
                    {
                        "Key": "name",
                        "Value": "Ada",
                        "SyncCount": 5,
                        "LastModifiedDate": "2024-03-01",
                        "DeviceLastModifiedDate": "2024-02-01T12:00:00+02:00",
                    },
                ],
            }
        )
    )

    described = loaded.describe()
    assert described["CreationDate"] == utc(2024, 2, 29, 1, 2, 3, 4000)
    assert described["LastModifiedDate"] == utc(2025, 1, 1)
    assert described["LastModifiedBy"] == "tablet"
    assert described["NumRecords"] == 2
    assert described["DataStorage"] == len("volume11nameAda")

    listed = loaded.list(LastSyncCount=2)
    assert listed["DatasetSyncCount"] == 7
    assert listed["DatasetDeletedAfterRequestedSyncCount"] is True
    records = {each["Key"]: each for each in listed["Records"]}
    assert records["volume"]["SyncCount"] == 7
    assert records["volume"]["LastModifiedDate"] == utc(2025, 1, 1)
    assert "Value" not in records["theme"]
    assert records["theme"]["SyncCount"] == 6
    assert records["theme"]["LastModifiedBy"] == "phone"
    assert records["name"]["LastModifiedDate"] == utc(2024, 3, 1)
    assert records["name"]["DeviceLastModifiedDate"] == utc(2024, 2, 1, 10)


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_omitted_members_get_the_defaults_of_a_new_dataset(
    loaded: DatasetUnderTest,
) -> None:
    with freeze_time(NOW):
        load_state(state_with({**SETTINGS, "DatasetSyncCount": 7}))

    described = loaded.describe()
    assert described["CreationDate"] == described["LastModifiedDate"] == NOW
    assert not loaded.list(LastSyncCount=6)["DatasetDeletedAfterRequestedSyncCount"]
    assert dumped_dataset()["SyncCountAtDeletion"] == 0


def dumped_dataset() -> dict[str, Any]:
    (pool,) = dump_state()["IdentityPools"]
    return pool["Identities"][0]["Datasets"][0]  # type: ignore[no-any-return]


@pytest.mark.usefixtures("cognitosync")
def test_the_dates_of_a_deleted_dataset_default_to_the_epoch() -> None:
    load_state(state_with({**SETTINGS, "DatasetExists": False}))

    dumped = dumped_dataset()
    assert (
        dumped["CreationDate"]
        == dumped["LastModifiedDate"]
        == ("1970-01-01T00:00:00.000Z")
    )


def test_a_deleted_dataset_keeps_its_sync_count(loaded: DatasetUnderTest) -> None:
    load_state(
        state_with(
            {"DatasetName": "settings", "DatasetExists": False, "DatasetSyncCount": 5}
        )
    )

    listed = loaded.list(LastSyncCount=4)
    assert listed["DatasetExists"] is False
    assert listed["DatasetDeletedAfterRequestedSyncCount"] is True
    assert "LastModifiedBy" not in listed


def test_dates_can_be_date_objects(loaded: DatasetUnderTest) -> None:
    load_state(
        state_with(
            {
                "DatasetName": "settings",
                "CreationDate": date(2024, 1, 2),
                "LastModifiedDate": datetime(2024, 1, 2, 3),  # noqa: DTZ001 - treated as UTC
                "Records": ({"Key": "a", "LastModifiedDate": utc(2024, 1, 2, 4)},),
            }
        )
    )

    described = loaded.describe()
    assert described["CreationDate"] == utc(2024, 1, 2)
    assert described["LastModifiedDate"] == utc(2024, 1, 2, 3)
    assert loaded.records()["a"]["LastModifiedDate"] == utc(2024, 1, 2, 4)


def test_loaded_pools_and_identities_exist_in_cognito_identity(aws: Aws) -> None:
    load_state(
        state_with(
            IdentityPoolName="players",
            AllowUnauthenticatedIdentities=False,
            DeveloperProviderName="login.game",
            IdentityPoolTags={"team": "blue"},
            CreationDate="2024-01-01T00:00:00Z",
        )
    )

    identities = aws.client("cognito-identity")
    pool = identities.describe_identity_pool(IdentityPoolId=POOL)
    assert pool["IdentityPoolName"] == "players"
    assert pool["AllowUnauthenticatedIdentities"] is False
    assert pool["DeveloperProviderName"] == "login.game"
    assert pool["IdentityPoolTags"] == {"team": "blue"}
    listed = identities.list_identities(IdentityPoolId=POOL, MaxResults=10)
    assert listed["IdentityPoolId"] == POOL
    assert [each["IdentityId"] for each in listed["Identities"]] == [IDENTITY]
    usage = aws.client("cognito-sync").describe_identity_pool_usage(IdentityPoolId=POOL)
    assert usage["IdentityPoolUsage"]["LastModifiedDate"] == utc(2024, 1, 1)


def test_a_pool_allows_guests_by_default(aws: Aws) -> None:
    load_state(state_with())

    pool = aws.client("cognito-identity").describe_identity_pool(IdentityPoolId=POOL)
    assert pool["AllowUnauthenticatedIdentities"] is True


def test_configuration_and_usage_are_loaded(sync: Any) -> None:
    push_sync = {"ApplicationArns": [APPLICATION], "RoleArn": ROLE}
    streams = {"StreamName": "changes", "StreamingStatus": "DISABLED", "RoleArn": ROLE}
    load_state(
        state_with(
            PushSync=push_sync,
            CognitoStreams=streams,
            Events={"SyncTrigger": "arn:tidy"},
            SyncSessionsCount=9,
            BulkPublish={
                "BulkPublishStatus": "FAILED",
                "BulkPublishStartTime": "2024-01-01T00:00:00Z",
                "FailureMessage": "no such stream",
            },
        )
    )

    pool = {"IdentityPoolId": POOL}
    configuration = sync.get_identity_pool_configuration(**pool)
    assert configuration["PushSync"] == push_sync
    assert configuration["CognitoStreams"] == streams
    assert sync.get_cognito_events(**pool)["Events"] == {"SyncTrigger": "arn:tidy"}
    usage = sync.describe_identity_pool_usage(**pool)["IdentityPoolUsage"]
    assert usage["SyncSessionsCount"] == 9
    details = sync.get_bulk_publish_details(**pool)
    assert details["BulkPublishStatus"] == "FAILED"
    assert details["BulkPublishStartTime"] == utc(2024, 1, 1)
    assert details["FailureMessage"] == "no such stream"


def test_a_loaded_bulk_publish_blocks_another_within_24_hours(sync: Any) -> None:
    now = datetime.now(timezone.utc).replace(microsecond=0)
    hours_ago = now - timedelta(hours=23)
    load_state(
        state_with(
            CognitoStreams={"StreamName": "changes", "StreamingStatus": "ENABLED"},
            BulkPublish={
                "BulkPublishStatus": "SUCCEEDED",
                "BulkPublishStartTime": hours_ago,
            },
        )
    )

    details = sync.get_bulk_publish_details(IdentityPoolId=POOL)
    assert details["BulkPublishCompleteTime"] == hours_ago
    with pytest.raises(sync.exceptions.AlreadyStreamedException):
        sync.bulk_publish(IdentityPoolId=POOL)


def test_a_failed_bulk_publish_needs_no_failure_message(sync: Any) -> None:
    load_state(state_with(BulkPublish={"BulkPublishStatus": "FAILED"}))

    details = sync.get_bulk_publish_details(IdentityPoolId=POOL)
    assert (details["BulkPublishStatus"], details["FailureMessage"]) == ("FAILED", "")


def test_the_24_hours_start_when_a_loaded_bulk_publish_completes(sync: Any) -> None:
    now = datetime.now(timezone.utc)
    load_state(
        state_with(
            CognitoStreams={"StreamName": "changes", "StreamingStatus": "ENABLED"},
            BulkPublish={
                "BulkPublishStatus": "SUCCEEDED",
                "BulkPublishStartTime": now - timedelta(hours=30),
                "BulkPublishCompleteTime": now - timedelta(hours=23),
            },
        )
    )

    with pytest.raises(sync.exceptions.AlreadyStreamedException):
        sync.bulk_publish(IdentityPoolId=POOL)


def test_a_loaded_bulk_publish_in_progress_completes(sync: Any) -> None:
    load_state(state_with(BulkPublish={"BulkPublishStatus": "IN_PROGRESS"}))

    details = sync.get_bulk_publish_details(IdentityPoolId=POOL)
    assert details["BulkPublishStatus"] == "SUCCEEDED"


def test_a_loaded_device_gets_an_endpoint_in_sns(
    aws: Aws, loaded: DatasetUnderTest
) -> None:
    sns = aws.client("sns")
    arn = sns.create_platform_application(
        Name="game", Platform="GCM", Attributes={"PlatformCredential": "key"}
    )["PlatformApplicationArn"]
    device = {
        "DeviceId": "phone",
        "Platform": "GCM",
        "Token": "token",
        "Subscriptions": ["settings"],
    }
    state = state_with(
        {"DatasetName": "settings", "Values": {"theme": "dark"}},
        PushSync={"ApplicationArns": [arn]},
    )
    state["IdentityPools"][0]["Identities"][0]["Devices"] = [device]

    load_state(state)

    endpoints = sns.list_endpoints_by_platform_application(PlatformApplicationArn=arn)
    (endpoint,) = endpoints["Endpoints"]
    assert endpoint["Attributes"]["Token"] == "token"
    loaded.client.unsubscribe_from_dataset(**loaded.ids, DeviceId="phone")


@pytest.mark.usefixtures("cognitosync")
def test_a_loaded_device_keeps_its_endpoint() -> None:
    arn = f"{APPLICATION.replace(':app/', ':endpoint/')}/1"
    state = state_with()
    state["IdentityPools"][0]["Identities"][0]["Devices"] = [
        {"DeviceId": "phone", "Platform": "GCM", "Token": "t", "EndpointArn": arn}
    ]

    load_state(state)

    (device,) = dump_state()["IdentityPools"][0]["Identities"][0]["Devices"]
    assert device["EndpointArn"] == arn


def test_a_pool_can_specify_its_region(aws: Aws) -> None:
    pools = [
        {"IdentityPoolId": "eu-west-1:0"},
        {"IdentityPoolId": "us-east-1:0", "Region": "eu-west-1"},
    ]
    load_state({"IdentityPools": pools})

    listed = aws.client("cognito-sync", "eu-west-1").list_identity_pool_usage()
    assert [each["IdentityPoolId"] for each in listed["IdentityPoolUsages"]] == [
        "eu-west-1:0",
        "us-east-1:0",
    ]


def test_a_pool_can_specify_its_account(aws: Aws) -> None:
    pool = {"IdentityPoolId": POOL, "AccountId": "222222222222"}
    load_state({"IdentityPools": [pool]})

    assert aws.client("cognito-sync").list_identity_pool_usage()["Count"] == 0
    (dumped,) = dump_state()["IdentityPools"]
    assert dumped["AccountId"] == "222222222222"


def test_the_account_defaults_to_moto_account_id(
    sync: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "222222222222")
    load_state({"IdentityPools": [{"IdentityPoolId": POOL}]})

    assert sync.list_identity_pool_usage()["Count"] == 1


def test_loading_a_state_replaces_existing_data(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")

    load_state({"IdentityPools": [{"IdentityPoolId": POOL}]})

    listed = sync.list_identity_pool_usage()["IdentityPoolUsages"]
    assert [each["IdentityPoolId"] for each in listed] == [POOL]
    with pytest.raises(sync.exceptions.ResourceNotFoundException):
        dataset.describe()


def test_loading_an_empty_state_removes_all_data(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")

    load_state({})

    assert sync.list_identity_pool_usage()["Count"] == 0


@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_replaced_pools_disappear_from_the_dashboard(dataset: DatasetUnderTest) -> None:
    dataset.write(theme="dark")
    for _ in range(3):
        load_state(dump_state())

    assert pools_on_the_dashboard() == (1, 1)


@pytest.mark.usefixtures("cognitosync")
def test_loaded_datasets_appear_on_the_dashboard() -> None:
    load_state(state_with({"DatasetName": "settings", "Values": {"theme": "dark"}}))

    (pool,) = dashboard()["cognitosync"]["IdentityPool"]
    assert [each["DatasetName"] for each in pool["datasets"]] == ["settings"]


def dashboard() -> Any:
    url = "http://motoapi.amazonaws.com/moto-api/data.json"
    return requests.get(url, timeout=30).json()


def pools_on_the_dashboard() -> tuple[int, int]:
    """Count the Cognito Sync pools and the Cognito Identity pools that moto shows."""
    shown = dashboard()
    return (
        len(shown["cognitosync"]["IdentityPool"]),
        len(shown["cognitoidentity"]["CognitoIdentityPool"]),
    )


def test_an_integer_can_be_written_as_a_float(loaded: DatasetUnderTest) -> None:
    load_state(state_with({"DatasetName": "settings", "DatasetSyncCount": 2.0}))

    assert repr(loaded.list()["DatasetSyncCount"]) == "2"


@pytest.mark.usefixtures("cognitosync")
@pytest.mark.parametrize("pools", ["identity_pools", "pools_identities"])
def test_a_pool_can_be_deleted_during_a_dump(
    monkeypatch: pytest.MonkeyPatch, pools: str
) -> None:
    describe_pool = store.describe_pool

    def delete_other_and_describe(*args: Any) -> Any:
        # The oldest supported version of moto does not have DeleteIdentityPool.
        backend = cognitoidentity_backends["123456789012"][REGION]
        getattr(backend, pools).pop("us-east-1:1", None)
        return describe_pool(*args)

    load_state({"IdentityPools": [{"IdentityPoolId": f"us-east-1:{n}"} for n in "01"]})
    monkeypatch.setattr(store, "describe_pool", delete_other_and_describe)

    dumped = [pool["IdentityPoolId"] for pool in dump_state()["IdentityPools"]]
    assert dumped == ["us-east-1:0", "us-east-1:1"]


# --- Invalid data -----------------------------------------------------------------

DATASET = "IdentityPools[0].Identities[0].Datasets[0]"


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"Pools": []}, "Additional properties are not allowed ('Pools' was"),
        (
            {"identityPool": []},
            "Additional properties are not allowed ('identityPool' was unexpected); "
            "did you mean 'IdentityPools'?",
        ),
        (
            {"IdentityPools": [{"IdentityPoolID": POOL}]},
            "IdentityPools[0]: Additional properties are not allowed ('IdentityPoolID' "
            "was unexpected); did you mean 'IdentityPoolId'?",
        ),
        ({"IdentityPools": {}}, "IdentityPools: {} is not of type 'array'"),
        (
            {"IdentityPools": [{}]},
            "IdentityPools[0]: 'IdentityPoolId' is a required property",
        ),
        (
            {"IdentityPools": [{"IdentityPoolId": "mars:0"}]},
            "IdentityPools[0].Region: Amazon Cognito Sync is not available in the "
            "region 'mars'. Choose one of: ap-northeast-1, ",
        ),
        (
            {"IdentityPools": [{"IdentityPoolId": POOL}, {"IdentityPoolId": POOL}]},
            "IdentityPools[1].IdentityPoolId: 'us-east-1:0' is a duplicate",
        ),
        (
            state_with({**SETTINGS, "Values": {"theme": 5}}),
            f"{DATASET}.Values.theme: 5 is not of type 'string': put it in quotes",
        ),
        (
            state_with({**SETTINGS, "Values": {"\ud800": "dark"}}),
            rf"{DATASET}.Values: '\ud800' contains a surrogate, which cannot",
        ),
        *(
            (
                state_with({**SETTINGS, "LastModifiedDate": beyond}),
                f"{DATASET}.LastModifiedDate: '{beyond}' is not a date such as ",
            )
            for beyond in ("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00")
        ),
        ([], "[] is not of type 'object'"),
        (state_with(SETTINGS, {"DatasetName": "a b"}), "'a b' does not match"),
        (state_with(SETTINGS, {"DatasetName": "a\n"}), "'a\\n' does not match"),
        (
            {
                "IdentityPools": [
                    {
                        "IdentityPoolId": POOL,
                        "Identities": [{"IdentityId": IDENTITY}] * 2,
                    }
                ]
            },
            f"IdentityPools[0].Identities[1].IdentityId: '{IDENTITY}' is a duplicate",
        ),
        (
            state_with(SETTINGS, SETTINGS),
            "Datasets[1].DatasetName: 'settings' is a duplicate",
        ),
        (
            state_with({**SETTINGS, "Values": {"a": ""}, "Records": [{"Key": "a"}]}),
            f"{DATASET}.Records[0].Key: 'a' is a duplicate",
        ),
        (
            state_with({**SETTINGS, "Records": [{"Key": "a", "SyncCount": -1}]}),
            f"{DATASET}.Records[0].SyncCount: -1 is less than the minimum of 0",
        ),
        (
            state_with({**SETTINGS, "CreationDate": "yesterday"}),
            f"{DATASET}.CreationDate: 'yesterday' is not a date such as '2026-11-23T",
        ),
        (
            state_with({**SETTINGS, "SyncCountAtDeletion": 2}),
            f"{DATASET}.SyncCountAtDeletion: 2 is greater than the DatasetSyncCount, 1",
        ),
        (
            state_with({**SETTINGS, "DatasetExists": False, "Values": {"a": ""}}),
            f"{DATASET}.DatasetExists: must be true if the dataset has records",
        ),
        (
            state_with({**SETTINGS, "Values": {"a": "v" * 1_048_575, "b": "v"}}),
            f"{DATASET}: Dataset size limit exceeded: dataset 'settings' would contain",
        ),
        (
            state_with({**SETTINGS, "Values": {"a": "v" * 1_048_576}}),
            f"{DATASET}.Values.a: 'vvvv",
        ),
        (
            state_with({**SETTINGS, "Values": {"a": "\ud800"}}),
            f"{DATASET}.Values.a: '\\ud800' contains a surrogate, which cannot",
        ),
        (
            state_with({**SETTINGS, "Values": {5: "a"}}),
            f"{DATASET}.Values: the name 5 is not a string: put it in quotes",
        ),
        (
            state_with(
                BulkPublish={"BulkPublishStatus": "FAILED", "FailureMessage": 1}
            ),
            "IdentityPools[0].BulkPublish.FailureMessage: 1 is not of type 'string'",
        ),
        (
            state_with(
                BulkPublish={
                    "BulkPublishStatus": "FAILED",
                    "BulkPublishStartTime": "?",
                }
            ),
            "IdentityPools[0].BulkPublish.BulkPublishStartTime: '?' is not a date",
        ),
        (
            {"OpenSyncSessions": [{"Region": "mars", "Expirations": {}}]},
            "OpenSyncSessions[0].Region: Amazon Cognito Sync is not available",
        ),
        (
            {"OpenSyncSessions": [{"Region": REGION, "Expirations": {"a": "?"}}]},
            "OpenSyncSessions[0].Expirations.a: '?' is not a date",
        ),
    ],
)
@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_invalid_data_is_rejected_with_its_path(
    dataset: DatasetUnderTest, state: dict[str, Any], message: str
) -> None:
    dataset.write(theme="dark")
    before = dump_state()

    with pytest.raises(StateError) as caught:
        load_state(state)

    assert message in str(caught.value)
    assert len(str(caught.value)) < 600
    assert dump_state() == before


def test_a_state_error_can_be_pickled() -> None:
    """ProcessPoolExecutor pickles errors to return them."""
    with mock_cognitosync(), pytest.raises(StateError) as caught:
        load_state(state_with({"DatasetName": "a/b"}))

    received = pickle.loads(pickle.dumps(caught.value))

    assert str(received) == str(caught.value)
    assert received.args == caught.value.args


DEVICE: dict[str, Any] = {"DeviceId": "phone", "Platform": "GCM", "Token": "token"}


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (
            [DEVICE],
            "Devices[0]: cannot create an endpoint in SNS for a device without "
            "EndpointArn: Push sync is not configured for platform GCM",
        ),
        (
            [{**DEVICE, "EndpointArn": "arn", "Subscriptions": ["settings"]}],
            "Devices[0].Subscriptions[0]: the identity has no dataset 'settings'",
        ),
        (
            [{**DEVICE, "EndpointArn": "arn"}, {**DEVICE, "EndpointArn": "arn"}],
            "Devices[1].DeviceId: 'phone' is a duplicate",
        ),
    ],
)
@pytest.mark.usefixtures("cognitosync")
def test_an_invalid_device_is_rejected_with_its_path(
    devices: list[dict[str, Any]], message: str
) -> None:
    state = state_with()
    state["IdentityPools"][0]["Identities"][0]["Devices"] = devices

    with pytest.raises(StateError) as caught:
        load_state(state)

    assert str(caught.value).startswith("IdentityPools[0].Identities[0].")
    assert message in str(caught.value)
    assert caught.value.path.startswith("IdentityPools[0].Identities[0].Devices[")


INVALID_ARN = ":app/GCM/game"  # not an ARN, but it contains a platform


@pytest.mark.usefixtures("cognitosync")
def test_an_application_with_an_invalid_arn_is_not_found_in_sns() -> None:
    state = state_with(PushSync={"ApplicationArns": [INVALID_ARN]})
    state["IdentityPools"][0]["Identities"][0]["Devices"] = [DEVICE]

    with pytest.raises(StateError, match=f"application {INVALID_ARN} does not exist"):
        load_state(state)


def test_an_endpoint_with_an_invalid_arn_is_ignored(
    loaded: DatasetUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    state = state_with(
        {"DatasetName": "settings"}, PushSync={"ApplicationArns": [INVALID_ARN]}
    )
    state["IdentityPools"][0]["Identities"][0]["Devices"] = [
        {**DEVICE, "EndpointArn": "arn", "Subscriptions": ["settings"]}
    ]
    load_state(state)

    loaded.write(volume="11")

    assert list(loaded.records()) == ["volume"]
    assert "A delivery to another service failed" not in caplog.text


# --- Dump and reload --------------------------------------------------------------


def test_a_dump_survives_a_round_trip_through_json(dataset: DatasetUnderTest) -> None:
    dataset.write(theme="dark", volume="11")
    dataset.patch(remove("theme", 1))
    dataset.named("other").write(name="Ada")
    dataset.named("other").delete()
    before = [dataset.describe(), dataset.records(), dataset.named("other").list()]

    dumped = dump_state()
    load_state(json.loads(json.dumps(dumped)))

    assert dump_state() == dumped
    after = [dataset.describe(), dataset.records(), dataset.named("other").list()]
    for each in (before[2], after[2]):
        each.pop("SyncSessionToken")
        each.pop("ResponseMetadata")
    assert after == before


def test_an_identity_without_data_is_dumped_with_its_dates(identity_id: str) -> None:
    (pool,) = dump_state()["IdentityPools"]

    (identity,) = pool["Identities"]
    assert identity.keys() == {"IdentityId", "CreationDate", "LastModifiedDate"}
    assert identity["IdentityId"] == identity_id


def test_devices_and_subscriptions_are_dumped(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    sns = aws.client("sns")
    arn = sns.create_platform_application(
        Name="game", Platform="GCM", Attributes={"PlatformCredential": "key"}
    )["PlatformApplicationArn"]
    sync, ids = dataset.client, dataset.ids
    sync.set_identity_pool_configuration(
        IdentityPoolId=dataset.pool_id,
        PushSync={"ApplicationArns": [arn], "RoleArn": ROLE},
    )
    dataset.write(theme="dark")
    device = sync.register_device(
        IdentityPoolId=dataset.pool_id,
        IdentityId=dataset.identity_id,
        Platform="GCM",
        Token="token",
    )["DeviceId"]
    sync.subscribe_to_dataset(**ids, DeviceId=device)

    dumped = dump_state()
    load_state(dumped)

    assert dump_state() == dumped
    (described,) = dumped["IdentityPools"][0]["Identities"][0]["Devices"]
    assert described.pop("EndpointArn").startswith(arn.replace(":app/", ":endpoint/"))
    assert described == {
        "DeviceId": device,
        "Platform": "GCM",
        "Token": "token",
        "Subscriptions": ["settings"],
    }
    sync.unsubscribe_from_dataset(**ids, DeviceId=device)


def test_sync_session_tokens_survive_a_dump_and_load(dataset: DatasetUnderTest) -> None:
    used, unused = dataset.token(), dataset.token()
    dataset.patch(replace("theme", "dark"), SyncSessionToken=used)

    load_state(dump_state())

    with pytest.raises(dataset.client.exceptions.InvalidParameterException):
        dataset.patch(replace("theme", "light", 1), SyncSessionToken=used)
    dataset.patch(replace("theme", "light", 1), SyncSessionToken=unused)


def test_load_state_copies_its_input(loaded: DatasetUnderTest) -> None:
    state = state_with(
        {"DatasetName": "settings", "Values": {"theme": "dark"}},
        Events={"SyncTrigger": "arn:tidy"},
    )
    before = deepcopy(state)
    load_state(state)

    loaded.client.set_cognito_events(IdentityPoolId=POOL, Events={"SyncTrigger": ""})
    loaded.write(theme="light")

    assert state == before


@pytest.mark.usefixtures("cognitosync")
def test_changing_a_dumped_state_does_not_change_the_stored_one() -> None:
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    load_state(
        state_with(
            Events={"SyncTrigger": "arn:tidy"},
            PushSync={"ApplicationArns": ["arn:aws:sns:us-east-1:1:app/GCM/a"]},
            CognitoStreams={"StreamName": "a"},
            RoleMappings={"graph.facebook.com": mapping},
            PrincipalTagAttributeMaps={"graph.facebook.com": {"UseDefaults": True}},
        )
    )
    state = dump_state()
    before = deepcopy(state)

    (pool,) = state["IdentityPools"]
    pool["Events"].clear()
    pool["PushSync"]["ApplicationArns"].clear()
    pool["CognitoStreams"].clear()
    for name in ("RoleMappings", "PrincipalTagAttributeMaps"):
        pool[name]["graph.facebook.com"].clear()

    assert dump_state() == before


KEYS = st.sampled_from(["a", "b", "ключ"])
VALUES = st.text(st.characters(codec="utf-8"), max_size=9)
OPERATIONS = st.one_of(
    st.tuples(
        st.just("write"), KEYS, st.text(st.characters(codec="utf-8"), max_size=9)
    ),
    st.tuples(st.just("remove"), KEYS),
    st.tuples(st.just("delete")),
    st.tuples(st.just("list")),
    st.tuples(st.just("merge")),
    st.tuples(st.just("configure"), st.sampled_from(["ENABLED", "DISABLED"])),
    st.tuples(st.just("publish")),
)


@pytest.mark.usefixtures("cognitosync")
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(operations=st.lists(OPERATIONS, max_size=25))
def test_a_dumped_state_loads_unchanged(operations: list[Any]) -> None:
    load_state(state_with())
    player = Player()
    for name, *arguments in operations:
        getattr(player, name)(*arguments)

    dumped = dump_state()
    load_state({})
    load_state(dumped)

    assert dump_state() == dumped


class Player:
    """Runs the operations that Hypothesis generates."""

    def __init__(self) -> None:
        self.sync = boto3.client("cognito-sync", REGION)
        self.dataset = DatasetUnderTest(self.sync, POOL, IDENTITY, "settings")

    def write(self, key: str, value: str) -> None:
        self.dataset.write(**{key: value})

    def remove(self, key: str) -> None:
        self.dataset.patch(remove(key, self.dataset.list()["DatasetSyncCount"]))

    def delete(self) -> None:
        self.dataset.write(a="1")
        self.dataset.delete()

    def list(self) -> None:
        self.dataset.token()

    def merge(self) -> None:
        identities = boto3.client("cognito-identity", REGION)
        guest = identities.get_id(IdentityPoolId=POOL)["IdentityId"]
        DatasetUnderTest(self.sync, POOL, guest, "settings").write(a="2")
        merge_identities(guest, IDENTITY)

    def configure(self, status: str) -> None:
        streams = {"StreamName": "changes", "StreamingStatus": status}
        self.sync.set_identity_pool_configuration(
            IdentityPoolId=POOL, CognitoStreams=streams
        )

    def publish(self) -> None:
        # The stream does not exist, so publishing any data disables streaming.
        self.configure("ENABLED")
        with suppress(self.sync.exceptions.AlreadyStreamedException):
            self.sync.bulk_publish(IdentityPoolId=POOL)


# --- Files ------------------------------------------------------------------------

STATE = state_with(
    {
        "DatasetName": "settings",
        "CreationDate": "2024-01-02T03:04:05Z",
        "Values": {"theme": "dark"},
    }
)
TOML = f"""
[[IdentityPools]]
IdentityPoolId = "{POOL}"
[[IdentityPools.Identities]]
IdentityId = "{IDENTITY}"
[[IdentityPools.Identities.Datasets]]
DatasetName = "settings"
CreationDate = 2024-01-02T03:04:05Z
Values = {{theme = "dark"}}
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("state.json", json.dumps(STATE)),
        (
            "state.yaml",
            yaml.safe_dump(STATE).replace(
                "'2024-01-02T03:04:05Z'", "2024-01-02T03:04:05Z"
            ),
        ),
        ("state.YML", yaml.safe_dump(STATE)),
        ("state.toml", TOML),
    ],
)
def test_a_state_can_be_loaded_from_a_file(
    tmp_path: Path, loaded: DatasetUnderTest, name: str, text: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")

    load_state(path)

    assert loaded.describe()["CreationDate"] == utc(2024, 1, 2, 3, 4, 5)
    assert loaded.records()["theme"]["Value"] == "dark"


@pytest.mark.parametrize("name", ["state.json", "state.yaml", "state.toml"])
def test_a_file_can_start_with_a_byte_order_mark(
    tmp_path: Path, loaded: DatasetUnderTest, name: str
) -> None:
    text = TOML if name == "state.toml" else json.dumps(STATE)
    path = tmp_path / name
    path.write_text(text, encoding="utf-8-sig")

    load_state(path)

    assert loaded.records()["theme"]["Value"] == "dark"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("state.ini", "", "unsupported extension; use one of .json, .yaml"),
        ("state.json", "{", "state.json: Expecting property name"),
        ("state.json", "[]", "[] is not of type 'object'"),
        ("state.json", "[" * 100_000, "state.json: "),
        ("state.yaml", "a: [", "state.yaml: while parsing"),
        ("state.yaml", "&a\nb: *a", "the data contains itself or is nested too deeply"),
        ("state.yaml", "!!python/name:os.system", "state.yaml: could"),
        ("state.toml", "a = ", "state.toml: Invalid value"),
    ],
)
@pytest.mark.usefixtures("cognitosync")
def test_an_invalid_file_is_rejected(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")

    with pytest.raises(StateError) as caught:
        load_state(str(path))

    assert message in str(caught.value)
    assert not str(caught.value).startswith(":")  # no path for whole-file errors


LEVELS = range(1, 10)
ALIASES = "a0: &a0 [v]\n" + "".join(
    f"a{n}: &a{n} [{', '.join(9 * [f'*a{n - 1}'])}]\n" for n in LEVELS
)
MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join(9 * [f'*a{n - 1}'])}]}}\n" for n in LEVELS
)


@pytest.mark.parametrize("text", [ALIASES, MERGES], ids=["aliases", "merge keys"])
@pytest.mark.usefixtures("cognitosync")
def test_nested_aliases_are_rejected_quickly(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.yaml"
    path.write_text(text)
    start = time.monotonic()

    with pytest.raises(StateError, match="its aliases repeat more than 100000 values"):
        load_state(path)

    assert time.monotonic() - start < 5


def test_a_file_can_use_aliases(tmp_path: Path, loaded: DatasetUnderTest) -> None:
    path = tmp_path / "state.yaml"
    path.write_text(f"""
IdentityPools:
  - IdentityPoolId: {POOL}
    Identities:
      - IdentityId: {IDENTITY}
        Datasets:
          - &settings
            DatasetName: settings
            Values: &values {{theme: dark}}
          - <<: *settings
            DatasetName: other
          - {{DatasetName: third, Values: *values}}
""")

    load_state(path)

    for name in ("settings", "other", "third"):
        assert loaded.named(name).records()["theme"]["Value"] == "dark"


@pytest.mark.usefixtures("cognitosync")
def test_an_empty_yaml_file_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "state.yaml"
    path.write_text("# nothing\n")

    with pytest.raises(StateError, match="None is not of type 'object'"):
        load_state(path)


class Touch:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


@pytest.mark.parametrize("kind", ["json", "yaml", "yml", "toml", "pickle"])
@pytest.mark.usefixtures("cognitosync")
def test_code_in_a_file_is_never_executed(tmp_path: Path, kind: str) -> None:
    touched = tmp_path / "touched"
    tag = "!!python/object/apply"
    texts = [
        pickle.dumps(Touch(touched)),
        pickle.dumps(Touch(touched), protocol=0),  # in ASCII
        f"{tag}:os.mkdir ['{touched}']".encode(),
        f"IdentityPools: [{tag}:subprocess.call [[touch, '{touched}']]]".encode(),
    ]

    for text in texts:
        path = tmp_path / f"state.{kind}"
        path.write_bytes(text)
        with pytest.raises(StateError):
            load_state(path)

    assert not touched.exists()


@pytest.mark.parametrize("name", ["state.json", "state.yaml", "state.yml"])
def test_a_saved_state_can_be_loaded(
    tmp_path: Path, dataset: DatasetUnderTest, name: str
) -> None:
    dataset.write(theme="тёмная")
    dumped = dump_state()

    save_state(tmp_path / name)
    load_state({})
    load_state(tmp_path / name)

    assert dump_state() == dumped
    assert "тёмная" in (tmp_path / name).read_text("utf-8")


@pytest.mark.usefixtures("cognitosync")
def test_overwriting_a_file_keeps_its_mode_and_symlinks(
    tmp_path: Path,
) -> None:
    file, link = tmp_path / "state.json", tmp_path / "link.json"
    file.write_text("{}")
    file.chmod(0o644)
    link.symlink_to(file)

    save_state(link)

    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o644
    assert "IdentityPools" in json.loads(file.read_text("utf-8"))


@pytest.mark.usefixtures("cognitosync")
def test_saving_toml_is_not_supported(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unsupported extension; use \.json, \.yaml"):
        save_state(tmp_path / "state.toml")


@pytest.mark.usefixtures("cognitosync")
def test_a_failed_save_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "state.json").mkdir()

    with pytest.raises(OSError, match="state"):
        save_state(tmp_path / "state.json")

    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize(("old_mode", "mode"), [(0o600, 0o600), (0o644, 0o600)])
@pytest.mark.usefixtures("cognitosync")
def test_the_temporary_file_is_private_during_a_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old_mode: int, mode: int
) -> None:
    def fsync(file: int) -> None:
        modes.append(os.fstat(file).st_mode & 0o777)

    modes: list[int] = []
    path = tmp_path / "state.json"
    path.write_text("{}")
    path.chmod(old_mode)
    monkeypatch.setattr(os, "fsync", fsync)

    save_state(path)

    assert modes == [mode]
    assert path.stat().st_mode & 0o777 == old_mode


@pytest.mark.usefixtures("cognitosync")
def test_a_new_file_has_default_permissions(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()

    save_state(tmp_path / "state.json")

    assert (tmp_path / "state.json").stat().st_mode == usual.stat().st_mode


def test_check_can_save_leaves_the_folder_unchanged(tmp_path: Path) -> None:
    folder = tmp_path / "folder.json"
    folder.mkdir()
    (tmp_path / "state.json").write_text("{}")

    check_can_save(tmp_path / "state.json")
    check_can_save(tmp_path / "other.yaml")

    names = {each.name for each in tmp_path.iterdir()}
    assert names == {"folder.json", "state.json"}
    with pytest.raises(ValueError, match="expected a file, found a folder"):
        check_can_save(folder)


@pytest.mark.usefixtures("cognitosync")
def test_a_save_deletes_only_its_own_abandoned_temporary_files(
    tmp_path: Path,
) -> None:
    abandoned = tmp_path / f".state.json.{uuid4().hex}"
    others = [f".other.json.{uuid4().hex}", ".state.json.bak", "state.json.old"]
    for name in (abandoned.name, *others):
        (tmp_path / name).touch()

    save_state(tmp_path / "state.json")

    assert {each.name for each in tmp_path.iterdir()} == {*others, "state.json"}


SAVE_AND_KILL = """
import io, os, signal, sys
from itertools import count
from pathlib import Path
from moto_cognitosync import mock_cognitosync
from moto_cognitosync.state import add_dataset, save_state

PATH = Path(sys.argv[1])

def save_in_child(steps):
    # Kill the child before the given call to the operating system or to a file.
    def trace_call(frame, event, called):
        nonlocal steps
        steps -= event == "c_call" and (
            called.__module__ in ("posix", "io", "_io")
            or isinstance(called.__self__, io.IOBase)
        )
        if steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        sys.setprofile(trace_call)
        save_state(PATH)
        os._exit(0)
    return os.waitpid(child, 0)[1]

with mock_cognitosync():
    add_dataset("us-east-1:0", "us-east-1:0", "settings", {"name": "old"})
    save_state(PATH)
    add_dataset("us-east-1:0", "us-east-1:0", "saves", {"level": 1_000_000 * "x"})
    old, found = PATH.read_text(), set()
    for steps in count():
        status = save_in_child(steps)
        found.add(PATH.read_text())
        if status == 0:
            break
    print(steps, found == {old, PATH.read_text()}, len(PATH.read_text()))
"""


def test_a_process_killed_during_a_save_leaves_a_complete_file(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-c", SAVE_AND_KILL, str(tmp_path / "state.json")]

    result = subprocess.run(command, capture_output=True, check=False, timeout=240)

    assert result.stderr == b""
    steps, only_whole_files, size = result.stdout.split()
    assert int(steps) > 10
    assert only_whole_files == b"True"
    assert int(size) > 1_000_000
    # The last save deletes the temporary files of the killed ones.
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


# --- Schema -----------------------------------------------------------------------


def test_the_schema_is_valid() -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text("utf-8")))


@pytest.mark.parametrize(
    ("definition", "shape"),
    [
        ("Id", "IdentityPoolId"),
        ("Id", "IdentityId"),
        ("DatasetName", "DatasetName"),
        ("Key", "RecordKey"),
        ("Value", "RecordValue"),
    ],
)
def test_the_schema_has_the_same_limits_as_the_service(
    definition: str, shape: str
) -> None:
    defined = json.loads(SCHEMA.read_text("utf-8"))["$defs"][definition]
    defined = defined.get("else", defined)  # ids that Cognito Identity did not create
    model = get_session().get_service_model("cognito-sync").shape_for(shape)

    assert defined.get("minLength") == model.metadata.get("min")
    assert defined["maxLength"] == model.metadata["max"]
    pattern = model.metadata.get("pattern", "").replace(r"\w", "A-Za-z0-9_")
    ours = defined.get("pattern", "").removeprefix("^").removesuffix(r"$(?!\n)")
    assert ours == pattern


def test_a_dump_contains_every_member_of_the_schema() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    with mock_cognitosync():
        load_state(
            state_with(
                {"DatasetName": "settings", "Records": [{"Key": "a", "Value": "1"}]},
                PushSync={},
                CognitoStreams={},
                Events={"SyncTrigger": "arn"},
                SyncSessionsCount=1,
                BulkPublish={"BulkPublishStatus": "SUCCEEDED"},
                DeveloperProviderName="login",
                SupportedLoginProviders={},
                OpenIdConnectProviderARNs=[],
                CognitoIdentityProviders=[],
                SamlProviderARNs=[],
                IdentityPoolTags={},
                AllowClassicFlow=True,
                Roles={"authenticated": ROLE},
                RoleMappings={
                    "login": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
                },
                PrincipalTagAttributeMaps={"login": {}},
            )
        )
        (pool,) = dump_state()["IdentityPools"]

    (identity,) = pool["Identities"]
    (dataset,) = identity["Datasets"]
    (record,) = dataset["Records"]
    for name, members in [
        ("IdentityPool", pool),
        ("Dataset", {**dataset, "Values": {}}),
        ("Record", record),
    ]:
        assert set(members) == set(schema["$defs"][name]["properties"])


# --- Add a dataset ----------------------------------------------------------------


def test_a_dataset_can_be_added(dataset: DatasetUnderTest) -> None:
    dataset.write(theme="dark")

    add_dataset(dataset.pool_id, dataset.identity_id, "other", {"a": "1"})
    add_dataset(dataset.pool_id, "us-east-1:1", "settings", {"b": "2"})
    add_dataset("us-east-1:0", "us-east-1:1", "never-written", {})

    assert dataset.records()["theme"]["Value"] == "dark"
    assert dataset.named("other").records()["a"]["Value"] == "1"
    listed = dataset.client.list_identity_pool_usage()["IdentityPoolUsages"]
    assert {each["IdentityPoolId"] for each in listed} == {dataset.pool_id, POOL}


@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_adding_a_dataset_reuses_an_existing_pool(dataset: DatasetUnderTest) -> None:
    add_dataset(dataset.pool_id, dataset.identity_id, "settings", {"a": "1"})
    add_dataset(dataset.pool_id, dataset.identity_id, "other", {"a": "1"})

    assert pools_on_the_dashboard() == (1, 1)


def test_an_added_identity_exists_in_cognito_identity(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    for name in ("settings", "other"):
        add_dataset(dataset.pool_id, IDENTITY, name, {"a": "1"})

    listed = aws.client("cognito-identity").list_identities(
        IdentityPoolId=dataset.pool_id, MaxResults=10
    )
    identity_ids = [each["IdentityId"] for each in listed["Identities"]]
    assert identity_ids == [dataset.identity_id, IDENTITY]


def test_an_added_identity_can_write_another_dataset(
    dataset: DatasetUnderTest,
) -> None:
    add_dataset(dataset.pool_id, IDENTITY, "settings", {"a": "1"})
    other = DatasetUnderTest(dataset.client, dataset.pool_id, IDENTITY, "other")

    other.write(a="1")

    assert other.describe()["IdentityId"] == IDENTITY


def test_a_dataset_cannot_be_added_twice(dataset: DatasetUnderTest) -> None:
    dataset.write(theme="dark")

    with pytest.raises(StateError, match="dataset 'settings' already exists"):
        add_dataset(dataset.pool_id, dataset.identity_id, "settings", {"a": "1"})


# --- Outside a mock ---------------------------------------------------------------


def load_nothing() -> None:
    load_state({"IdentityPools": []})


def save_to_temporary_file() -> None:
    with TemporaryDirectory() as folder:
        save_state(Path(folder) / "state.json")


def add_settings() -> None:
    add_dataset(POOL, IDENTITY, "settings", {"theme": "dark"})


USES = [
    ("load_state", load_nothing),
    ("add_dataset", add_settings),
    ("dump_state", dump_state),
    ("save_state", save_to_temporary_file),
]


@pytest.fixture
def _without_other_servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide the fixture's server, and moto's own server, if any."""
    monkeypatch.delitem(sys.modules, SERVER_OF_MOTO, raising=False)
    others = state_holders.copy()
    state_holders.clear()
    yield
    state_holders.extend(others)
    reset_state()


@pytest.mark.usefixtures("_without_other_servers")
@pytest.mark.parametrize(("name", "use"), USES)
def test_using_state_outside_a_mock_causes_a_warning(
    name: str, use: Callable[[], object]
) -> None:
    with mock_cognitosync(), mock_aws():
        use()

    with pytest.warns(
        UserWarning,
        match=rf"^{name}\(\) was called while no mock .* call {name}\(\) inside the",
    ) as caught:
        use()

    own_code = use.__code__.co_filename if use is not dump_state else __file__
    assert caught[0].filename == own_code


@pytest.mark.usefixtures("_without_other_servers")
@pytest.mark.parametrize(("name", "use"), USES)
def test_state_can_be_used_while_a_server_runs(
    name: str, use: Callable[[], object]
) -> None:
    with CognitoSyncServer() as server:
        use()
        server.reset()

    with pytest.warns(UserWarning, match=name):
        use()


@pytest.mark.usefixtures("_without_other_servers")
@pytest.mark.parametrize(("_name", "use"), USES)
def test_state_can_be_used_if_moto_server_may_be_running(
    _name: str, use: Callable[[], object]
) -> None:
    import_module(SERVER_OF_MOTO)

    use()
