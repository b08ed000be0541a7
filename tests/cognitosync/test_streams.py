"""Cognito Streams: the records that Kinesis receives when a dataset changes."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from freezegun import freeze_time

from tests.support.aws import REGION, Aws, OnServer
from tests.support.datasets import (
    NOW,
    NOW_IN_MS,
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)
from tests.support.streams import (
    LARGE,
    NOT_ENABLED,
    ROLE,
    Stream,
    before_next_record,
    summary,
)


def stream_configuration(dataset: DatasetUnderTest) -> dict[str, Any]:
    response = dataset.client.get_identity_pool_configuration(
        IdentityPoolId=dataset.pool_id
    )
    return response.get("CognitoStreams", {})  # type: ignore[no-any-return]


# --- Events -----------------------------------------------------------------------


def test_a_write_is_published_in_the_same_format_as_on_aws(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    device_time = NOW.replace(microsecond=0)  # like older versions of boto3
    with freeze_time(NOW):
        dataset.patch(
            replace("name", "Zoë 🎲", DeviceLastModifiedDate=device_time),
            remove("theme"),
        )

    (event,) = stream.events()
    common = {"syncCount": 1, "lastModifiedDate": NOW_IN_MS}
    assert event == {
        "identityPoolId": dataset.pool_id,
        "identityId": dataset.identity_id,
        "datasetName": "settings",
        "operation": "replace",
        "kinesisSyncRecords": [
            {
                "key": "name",
                "value": "Zoë 🎲",
                "deviceLastModifiedDate": NOW_IN_MS - 250,
                "op": "replace",
            }
            | common,
            {
                "key": "theme",
                "value": None,
                "deviceLastModifiedDate": NOW_IN_MS,
                "op": "remove",
            }
            | common,
        ],
        "lastModifiedDate": NOW_IN_MS,
        "kinesisSyncRecordsURL": None,
        "payloadType": "Inline",
        "syncCount": 1,
    }


def test_a_deletion_is_published_in_the_same_format_as_on_aws(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(volume="11")
    with freeze_time(NOW):
        dataset.delete()

    assert stream.events()[1:] == [
        {
            "identityPoolId": dataset.pool_id,
            "identityId": dataset.identity_id,
            "datasetName": "settings",
            "operation": "remove",
            "kinesisSyncRecords": None,
            "lastModifiedDate": NOW_IN_MS,
            "kinesisSyncRecordsURL": None,
            "payloadType": "Inline",
            "syncCount": 2,
        }
    ]


def test_the_partition_key_is_the_identity_id(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    neighbor = make_identity(aws, dataset.pool_id)
    dataset.write(volume="11")
    DatasetUnderTest(sync, dataset.pool_id, neighbor, "settings").write(volume="11")
    dataset.delete()

    keys = [record["PartitionKey"] for record in stream.records()]
    assert keys == [dataset.identity_id, neighbor, dataset.identity_id]


def test_only_written_records_are_published(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(volume="11", theme="dark")
    dataset.write(volume="3")

    (record,) = stream.events()[1]["kinesisSyncRecords"]
    assert (record["key"], record["value"], record["syncCount"]) == ("volume", "3", 2)


def test_changes_are_published_in_order(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    saves = dataset.named("saves")
    for number in range(12):
        dataset.write(volume=str(number))
    saves.write(slot="1")
    dataset.delete()
    dataset.write(volume="11")
    saves.write(slot="2")

    assert [summary(event) for event in stream.events()] == [
        *(("replace", "settings", number) for number in range(1, 13)),
        ("replace", "saves", 1),
        ("remove", "settings", 13),
        ("replace", "settings", 14),
        ("replace", "saves", 2),
    ]


def test_calls_that_change_nothing_are_not_published(
    sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(volume="11")

    dataset.list()
    dataset.patch()
    with pytest.raises(sync.exceptions.ResourceConflictException):
        dataset.patch(replace("volume", "3", sync_count=0))
    with pytest.raises(sync.exceptions.ResourceNotFoundException):
        dataset.named("saves").delete()

    assert [summary(event) for event in stream.events()] == [("replace", "settings", 1)]


# --- Target stream ----------------------------------------------------------------


@pytest.mark.parametrize("section", NOT_ENABLED)
def test_nothing_is_published_unless_streaming_is_enabled(
    sync: Any, dataset: DatasetUnderTest, stream: Stream, section: dict[str, str]
) -> None:
    dataset.write(volume="11")
    sync.set_identity_pool_configuration(
        IdentityPoolId=dataset.pool_id, CognitoStreams=section
    )
    dataset.write(volume="3")
    dataset.delete()
    stream.enable(sync, dataset.pool_id)
    dataset.write(volume="7")

    assert [event["syncCount"] for event in stream.events()] == [1, 4]


def test_each_pool_publishes_only_to_its_own_stream(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    other_stream = Stream(aws, "others")
    other_pool, silent_pool = make_pool(aws), make_pool(aws)
    other_stream.enable(sync, other_pool)

    dataset.write(volume="11")
    for pool_id in other_pool, silent_pool:
        identity_id = make_identity(aws, pool_id)
        DatasetUnderTest(sync, pool_id, identity_id, "settings").write(volume="11")

    assert [event["identityPoolId"] for event in stream.events()] == [dataset.pool_id]
    assert [event["identityPoolId"] for event in other_stream.events()] == [other_pool]


def test_changes_go_to_the_stream_in_the_pools_region(aws: Aws, stream: Stream) -> None:
    region = "eu-west-1"
    sync, pool_id = aws.client("cognito-sync", region), make_pool(aws, region)
    namesake = Stream(aws, stream.name, region)
    namesake.enable(sync, pool_id)
    identity_id = make_identity(aws, pool_id, region)

    DatasetUnderTest(sync, pool_id, identity_id, "settings").write(volume=LARGE)

    assert stream.events() == []
    (event,) = namesake.events()
    assert event["identityId"] == identity_id
    (record,) = requests.get(event["kinesisSyncRecordsURL"], timeout=30).json()
    assert record["value"] == LARGE


def test_changes_go_to_the_stream_in_the_pools_account(
    aws: Aws, sync: Any, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("MOTO_ACCOUNT_ID", "222222222222")
        pool_id = make_pool(aws)
        namesake = Stream(aws, stream.name)
        namesake.enable(sync, pool_id)
        identity_id = make_identity(aws, pool_id)
        DatasetUnderTest(sync, pool_id, identity_id, "settings").write(volume=LARGE)
        (event,) = namesake.events()

    assert event["identityId"] == identity_id
    (record,) = requests.get(event["kinesisSyncRecordsURL"], timeout=30).json()
    assert record["value"] == LARGE
    assert stream.events() == []


# --- Deleted stream ---------------------------------------------------------------


@pytest.mark.parametrize("change", ["write", "deletion"])
def test_a_deleted_stream_disables_streaming(
    dataset: DatasetUnderTest, stream: Stream, change: str
) -> None:
    dataset.write(volume="11")
    stream.delete()

    if change == "write":
        dataset.write(volume="3")
        assert dataset.records()["volume"]["Value"] == "3"
    else:
        dataset.delete()
        assert dataset.records() == {}

    assert stream_configuration(dataset) == {
        "StreamName": "changes",
        "RoleArn": ROLE,
        "StreamingStatus": "DISABLED",
    }


def test_a_stream_that_never_existed_disables_streaming(
    sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    stream.enable(sync, dataset.pool_id, StreamName="misspelled")

    dataset.write(volume="11")

    assert dataset.describe()["NumRecords"] == 1
    assert stream_configuration(dataset)["StreamingStatus"] == "DISABLED"


def test_streaming_must_be_enabled_again_after_recreating_the_stream(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    stream.delete()
    dataset.write(volume="11")
    stream = Stream(aws)
    dataset.write(volume="3")
    assert stream.events() == []

    stream.enable(sync, dataset.pool_id)
    dataset.write(volume="7")

    assert [event["syncCount"] for event in stream.events()] == [3]


def test_a_deleted_stream_does_not_affect_other_pools(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    other_pool = make_pool(aws)
    stream.enable(sync, other_pool)
    stream.delete()

    dataset.write(volume="11")

    other = DatasetUnderTest(sync, other_pool, make_identity(aws, other_pool), "x")
    assert stream_configuration(other)["StreamingStatus"] == "ENABLED"


@pytest.mark.parametrize(
    "section", [{"StreamName": "another", "StreamingStatus": "ENABLED"}, {}]
)
def test_a_deleted_stream_does_not_affect_a_newer_configuration(
    sync: Any,
    dataset: DatasetUnderTest,
    stream: Stream,
    monkeypatch: pytest.MonkeyPatch,
    section: dict[str, str],
) -> None:
    def reconfigure() -> None:
        sync.set_identity_pool_configuration(
            IdentityPoolId=dataset.pool_id, CognitoStreams=section
        )

    stream.delete()
    before_next_record(monkeypatch, reconfigure)

    dataset.write(volume="11")

    assert stream_configuration(dataset) == section


# --- Large records ----------------------------------------------------------------


def test_records_too_large_for_kinesis_are_stored_in_s3(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.patch(remove("theme"))
    with freeze_time(NOW):
        dataset.patch(replace("big", LARGE), remove("theme", 1))
        event = stream.events()[1]
        response = requests.get(event["kinesisSyncRecordsURL"], timeout=30)

    assert response.status_code == 200
    common = {
        "syncCount": 2,
        "lastModifiedDate": NOW_IN_MS,
        "deviceLastModifiedDate": NOW_IN_MS,
    }
    assert json.loads(response.content, parse_float=str) == [
        {"key": "big", "value": LARGE, "op": "replace"} | common,
        {"key": "theme", "value": None, "op": "remove"} | common,
    ]
    del event["kinesisSyncRecordsURL"]
    assert event == {
        "identityPoolId": dataset.pool_id,
        "identityId": dataset.identity_id,
        "datasetName": "settings",
        "operation": "replace",
        "kinesisSyncRecords": None,
        "lastModifiedDate": NOW_IN_MS,
        "payloadType": "S3Url",
        "syncCount": 2,
    }


def test_the_presigned_url_uses_the_callers_s3_endpoint(
    aws: Aws, dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(big=LARGE)

    (event,) = stream.events()
    url = event["kinesisSyncRecordsURL"]
    is_server = isinstance(aws, OnServer)
    root = aws.server.url if is_server else f"https://s3.{REGION}.amazonaws.com"
    assert url.startswith(f"{root}/")
    assert "&X-Amz-Signature=" in url
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Expires"] == ["3600"]
    assert query["X-Amz-Credential"][0].endswith(f"/{REGION}/s3/aws4_request")


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_an_aws_host_with_a_port_is_recognized(
    aws: OnServer, dataset: DatasetUnderTest, stream: Stream
) -> None:
    ids = f"{dataset.pool_id}/identities/{dataset.identity_id}"
    requests.post(
        f"{aws.server.url}/identitypools/{ids}/datasets/settings",
        json={
            "SyncSessionToken": dataset.token(),
            "RecordPatches": [replace("big", LARGE)],
        },
        headers={"Host": f"cognito-sync.{REGION}.amazonaws.com:443"},
        timeout=30,
    )

    (event,) = stream.events()
    url = event["kinesisSyncRecordsURL"]
    assert url.startswith(f"https://s3.{REGION}.amazonaws.com/")


def test_each_url_returns_the_records_of_its_own_write(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    for number in "12":
        dataset.write(big=LARGE + number)

    values = [
        requests.get(event["kinesisSyncRecordsURL"], timeout=30).json()[0]["value"]
        for event in stream.events()
    ]
    assert values == [LARGE + "1", LARGE + "2"]


def test_a_record_of_the_maximum_size_is_sent_inline(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(key="")
    (small,) = stream.records()
    room = 1_048_576 - len(small["Data"]) - len(small["PartitionKey"])

    for number, name in enumerate(["max_size", "too_long"]):  # as long as "settings"
        dataset.named(name).write(key="x" * (room + number))

    inline, by_url = stream.events()[1:]
    assert (inline["payloadType"], by_url["payloadType"]) == ("Inline", "S3Url")


def test_data_sent_to_kinesis_is_compact_json(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(name="Zoë 🎲")

    (record,) = stream.records()
    assert '"value":"Zoë 🎲","syncCount":1,' in record["Data"].decode()


def test_deleting_a_large_dataset_does_not_use_s3(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(big=LARGE)
    dataset.delete()

    deletion = stream.events()[1]
    assert deletion["payloadType"] == "Inline"
    assert deletion["kinesisSyncRecordsURL"] is None


def test_the_bucket_is_hidden_from_users(
    aws: Aws, dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(big=LARGE)

    assert stream.events()[0]["payloadType"] == "S3Url"
    assert aws.client("s3").list_buckets()["Buckets"] == []
