"""Cognito Streams: what Kinesis is told when a dataset changes."""

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


def configured(dataset: DatasetUnderTest) -> dict[str, Any]:
    answer = dataset.client.get_identity_pool_configuration(
        IdentityPoolId=dataset.pool_id
    )
    return answer.get("CognitoStreams", {})  # type: ignore[no-any-return]


# --- What is told -----------------------------------------------------------------


def test_a_write_is_told_in_the_form_of_the_service(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    device_time = NOW.replace(microsecond=0)  # as older versions of boto3 send it
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


def test_a_deletion_is_told_in_the_form_of_the_service(
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


def test_the_partition_key_is_the_identity(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    neighbour = make_identity(aws, dataset.pool_id)
    dataset.write(volume="11")
    DatasetUnderTest(sync, dataset.pool_id, neighbour, "settings").write(volume="11")
    dataset.delete()

    keys = [record["PartitionKey"] for record in stream.records()]
    assert keys == [dataset.identity_id, neighbour, dataset.identity_id]


def test_only_what_was_written_is_told(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(volume="11", theme="dark")
    dataset.write(volume="3")

    (record,) = stream.events()[1]["kinesisSyncRecords"]
    assert (record["key"], record["value"], record["syncCount"]) == ("volume", "3", 2)


def test_changes_are_told_in_their_order(
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


def test_what_changes_nothing_is_not_told(
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


# --- Where it goes ----------------------------------------------------------------


@pytest.mark.parametrize("section", NOT_ENABLED)
def test_nothing_is_told_while_streaming_is_not_enabled(
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


def test_each_pool_has_its_own_stream_or_none(
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


def test_the_stream_is_that_of_the_pools_region(aws: Aws, stream: Stream) -> None:
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


def test_the_stream_is_that_of_the_pools_account(
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


# --- A stream that is gone --------------------------------------------------------


@pytest.mark.parametrize("change", ["write", "deletion"])
def test_a_stream_that_is_gone_switches_streaming_off(
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

    assert configured(dataset) == {
        "StreamName": "changes",
        "RoleArn": ROLE,
        "StreamingStatus": "DISABLED",
    }


def test_a_stream_that_never_was_switches_streaming_off(
    sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    stream.enable(sync, dataset.pool_id, StreamName="misspelt")

    dataset.write(volume="11")

    assert dataset.describe()["NumRecords"] == 1
    assert configured(dataset)["StreamingStatus"] == "DISABLED"


def test_a_stream_that_comes_back_has_to_be_enabled_again(
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


def test_a_stream_that_is_gone_leaves_other_pools_alone(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, stream: Stream
) -> None:
    other_pool = make_pool(aws)
    stream.enable(sync, other_pool)
    stream.delete()

    dataset.write(volume="11")

    other = DatasetUnderTest(sync, other_pool, make_identity(aws, other_pool), "x")
    assert configured(other)["StreamingStatus"] == "ENABLED"


@pytest.mark.parametrize(
    "section", [{"StreamName": "another", "StreamingStatus": "ENABLED"}, {}]
)
def test_a_stream_that_is_gone_leaves_what_took_its_place_alone(
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

    assert configured(dataset) == section


# --- What is too large for Kinesis ------------------------------------------------


def test_records_too_large_for_kinesis_are_read_from_s3(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.patch(remove("theme"))
    with freeze_time(NOW):
        dataset.patch(replace("big", LARGE), remove("theme", 1))
        event = stream.events()[1]
        answer = requests.get(event["kinesisSyncRecordsURL"], timeout=30)

    assert answer.status_code == 200
    common = {
        "syncCount": 2,
        "lastModifiedDate": NOW_IN_MS,
        "deviceLastModifiedDate": NOW_IN_MS,
    }
    assert json.loads(answer.content, parse_float=str) == [
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


def test_the_url_is_presigned_and_leads_to_where_the_caller_reaches_s3(
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
def test_a_port_behind_a_host_of_aws_does_not_hide_it(
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


def test_each_url_keeps_what_was_written_then(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    for number in "12":
        dataset.write(big=LARGE + number)

    values = [
        requests.get(event["kinesisSyncRecordsURL"], timeout=30).json()[0]["value"]
        for event in stream.events()
    ]
    assert values == [LARGE + "1", LARGE + "2"]


def test_a_record_may_be_as_large_as_kinesis_allows(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(key="")
    (small,) = stream.records()
    room = 1_048_576 - len(small["Data"]) - len(small["PartitionKey"])

    for number, name in enumerate(["as_large", "too_much"]):  # as long as "settings"
        dataset.named(name).write(key="x" * (room + number))

    inline, by_url = stream.events()[1:]
    assert (inline["payloadType"], by_url["payloadType"]) == ("Inline", "S3Url")


def test_what_goes_to_kinesis_has_no_letter_too_many(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(name="Zoë 🎲")

    (record,) = stream.records()
    assert '"value":"Zoë 🎲","syncCount":1,' in record["Data"].decode()


def test_the_deletion_of_a_large_dataset_needs_no_s3(
    dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(big=LARGE)
    dataset.delete()

    deletion = stream.events()[1]
    assert deletion["payloadType"] == "Inline"
    assert deletion["kinesisSyncRecordsURL"] is None


def test_the_bucket_is_not_the_users(
    aws: Aws, dataset: DatasetUnderTest, stream: Stream
) -> None:
    dataset.write(big=LARGE)

    assert stream.events()[0]["payloadType"] == "S3Url"
    assert aws.client("s3").list_buckets()["Buckets"] == []
