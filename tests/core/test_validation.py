"""Malformed requests are rejected before anything is looked up or changed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_cognitosync.core.exceptions import SerializationException
from moto_cognitosync.core.wire.http import HttpRequest
from moto_cognitosync.server import CognitoSyncServer
from tests.core.constraints import (
    NOT_IN_ENUM,
    NULL,
    PATTERN_MISMATCH,
    TOO_SHORT,
    message,
)
from tests.server.test_http_server import CHUNKED, request, response_to
from tests.support.aws import Aws, OnServer, Response
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool, replace
from tests.support.operations import ROUTES, parse, request_of


def visible_data(dataset: DatasetUnderTest) -> tuple[Any, ...]:
    """Return all of an identity's data that a client can see."""
    listed = dataset.list()
    datasets = dataset.client.list_datasets(
        IdentityPoolId=dataset.pool_id, IdentityId=dataset.identity_id
    )
    return listed["DatasetSyncCount"], listed["Records"], datasets["Datasets"]


def update(aws: Aws, dataset: DatasetUnderTest, body: str | bytes) -> Response:
    """Send UpdateRecords with any body."""
    path = request_of("DescribeDataset", dataset.ids).path
    return aws.send("POST", path, body if isinstance(body, bytes) else body.encode())


def send_invalid(aws: Aws, dataset: DatasetUnderTest, body: str | bytes) -> Response:
    """Send an invalid body, and check that nothing changes."""
    before = visible_data(dataset)
    response = update(aws, dataset, body)
    assert response.status == 400
    assert visible_data(dataset) == before
    return response


def body_of(dataset: DatasetUnderTest, *patches: Any, **members: Any) -> str:
    body = {
        "RecordPatches": patches,
        "SyncSessionToken": dataset.token(),
    }
    return json.dumps(body | members)


# --- Constraints in the model -----------------------------------------------------


def test_two_invalid_ids_are_reported_together(sync: Any) -> None:
    with pytest.raises(sync.exceptions.InvalidParameterException) as caught:
        sync.list_datasets(IdentityPoolId="INVALID", IdentityId="A:B:C")

    pattern = PATTERN_MISMATCH.format(r"[\w-]+:[0-9a-f-]+")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert caught.value.response["Error"]["Message"] == (
        "2 validation errors detected: "
        f"Value 'INVALID' at 'identityPoolId' failed to satisfy constraint: {pattern}; "
        f"Value 'A:B:C' at 'identityId' failed to satisfy constraint: {pattern}"
    )


def test_one_violation_is_reported_in_the_singular(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(sync.exceptions.InvalidParameterException) as caught:
        dataset.named("a b").delete()

    assert caught.value.response["Error"]["Message"] == (
        "1 validation error detected: Value 'a b' at 'datasetName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+"
    )


@pytest.mark.parametrize(
    ("count", "end"), [(20, ""), (21, "; and 1 more"), (1024, "; and 1004 more")]
)
def test_only_the_first_twenty_violations_are_listed(
    aws: Aws, dataset: DatasetUnderTest, count: int, end: str
) -> None:
    bad = [replace("", "11") for _ in range(count)]

    response = send_invalid(aws, dataset, body_of(dataset, *bad))

    twenty = message(
        *(
            ("", f"recordPatches.{number}.member.key", TOO_SHORT.format(1))
            for number in range(1, 21)
        )
    )
    assert response.json["message"] == twenty.replace("20", str(count), 1) + end


def test_all_violations_are_reported_in_one_message(aws: Aws) -> None:
    body = {
        "DeviceId": "",
        "RecordPatches": [
            replace("fine", "1"),
            {"Op": "increase", "Key": "", "SyncCount": None},
            None,
        ],
    }
    path = "/identitypools/INVALID/identities/a:0/datasets/a%20b"

    response = aws.send("POST", path, json.dumps(body).encode())

    assert response.json["message"] == message(
        ("INVALID", "identityPoolId", PATTERN_MISMATCH.format(r"[\w-]+:[0-9a-f-]+")),
        ("a b", "datasetName", PATTERN_MISMATCH.format("[a-zA-Z0-9_.:-]+")),
        ("", "deviceId", TOO_SHORT.format(1)),
        (
            "increase",
            "recordPatches.2.member.op",
            NOT_IN_ENUM.format("replace, remove"),
        ),
        ("", "recordPatches.2.member.key", TOO_SHORT.format(1)),
        (None, "recordPatches.2.member.syncCount", NULL),
        (None, "recordPatches.3.member", NULL),
        (None, "syncSessionToken", NULL),
    )


@pytest.mark.parametrize("member", ["Op", "Key", "SyncCount"])
def test_a_patch_without_a_required_member_is_rejected(
    aws: Aws, dataset: DatasetUnderTest, member: str
) -> None:
    patch = replace("volume", "11")
    del patch[member]

    response = send_invalid(aws, dataset, body_of(dataset, replace("fine", "1"), patch))

    path = f"recordPatches.2.member.{member[0].lower()}{member[1:]}"
    assert response.json["message"] == message((None, path, NULL))


@pytest.mark.parametrize("body", ["", "{}", '{"SyncSessionToken":null}'])
def test_update_records_requires_a_token(
    aws: Aws, dataset: DatasetUnderTest, body: str
) -> None:
    response = send_invalid(aws, dataset, body)

    assert response.error == "InvalidParameterException"
    assert response.json["message"] == message((None, "syncSessionToken", NULL))


def test_null_members_are_treated_as_omitted(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    patch = {"Op": "remove", "Key": "volume", "SyncCount": 0}
    nulls = {"Value": None, "DeviceLastModifiedDate": None}

    response = update(aws, dataset, body_of(dataset, patch | nulls, DeviceId=None))

    assert response.status == 200
    assert [record["Key"] for record in response.json["Records"]] == ["volume"]


def test_unknown_members_are_ignored(aws: Aws, dataset: DatasetUnderTest) -> None:
    patch = replace("volume", "11") | {"Color": "red", "key": "other"}

    response = update(aws, dataset, body_of(dataset, patch, Mood={"good": [True]}))

    assert response.status == 200
    assert list(dataset.records()) == ["volume"]


def test_a_rejected_request_does_not_consume_its_token(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    token = dataset.token()
    invalid = replace("volume", "11") | {"Key": ""}
    send_invalid(aws, dataset, body_of(dataset, invalid, SyncSessionToken=token))

    assert dataset.patch(replace("volume", "11"), SyncSessionToken=token)


@pytest.mark.parametrize(
    "query",
    [
        "maxResults=",
        "maxResults=ten",
        "maxResults=1.5",
        "maxResults=1e3",
        "maxResults=+1",
        "maxResults=%D9%A3",  # a digit, but not an ASCII digit
        "maxResults=2147483648",
        "maxResults=" + 5000 * "9",
        "lastSyncCount=null",
        "lastSyncCount=9223372036854775808",
    ],
)
def test_an_invalid_number_in_the_query_is_rejected(
    aws: Aws, dataset: DatasetUnderTest, query: str
) -> None:
    path = request_of("ListRecords", dataset.ids).path

    response = aws.send("GET", f"{path}?{query}")

    assert response.status == 400
    assert response.error == "InvalidParameterException"
    assert f"at '{query.partition('=')[0]}' failed" in response.json["message"]


# --- Unreadable bodies ------------------------------------------------------------

UNREADABLE = {
    "list": (b"[]", "The body must be a JSON object, found a list"),
    "string": (b'"text"', "The body must be a JSON object, found a string"),
    "number": (b"5", "The body must be a JSON object, found a number"),
    "boolean": (b"true", "The body must be a JSON object, found a boolean"),
    "null": (b"null", "The body must be a JSON object, found null"),
    "truncated": (b'{"SyncSessionToken":"', "The body is not valid JSON: "),
    "single quotes": (b"{'SyncSessionToken':''}", "The body is not valid JSON: "),
    "trailing comma": (b'{"SyncSessionToken":"",}', "The body is not valid JSON: "),
    "two values": (b"{}{}", "The body is not valid JSON: "),
    "query string": (b"Action=DeleteDataset", "The body is not valid JSON: "),
    "nan": (b'{"a":NaN}', "The body is not valid JSON: NaN is not a JSON value"),
    "infinity": (
        b'{"a":-Infinity}',
        "The body is not valid JSON: -Infinity is not a JSON value",
    ),
    "too many digits": (b'{"a":' + 5000 * b"9" + b"}", "The body is not valid JSON: "),
    "deeply nested": (b'{"a":' + 100_000 * b"[", "The body is not valid JSON: "),
    "latin-1": ('{"SyncSessionToken":"ü"}'.encode("latin-1"), "The body is not valid"),
    "utf-16": ('{"SyncSessionToken":"t"}'.encode("utf-16"), "The body is not valid"),
    "escaped surrogate": (rb'{"SyncSessionToken":"\ud800"}', "The body is not valid"),
    "surrogate in key": (rb'{"\ud800":1}', "The body is not valid"),
    "encoded surrogate": (
        b'{"SyncSessionToken":"\xed\xa0\x80"}',
        "The body is not valid",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_body_that_is_not_a_json_object_is_rejected(
    aws: Aws, dataset: DatasetUnderTest, name: str
) -> None:
    body, reason = UNREADABLE[name]

    response = send_invalid(aws, dataset, body)

    assert response.error == "SerializationException"
    assert response.json["message"].startswith(reason)


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        (
            "SyncSessionToken",
            5,
            "Expected a string at 'syncSessionToken', found a number: 5",
        ),
        ("DeviceId", ["a"], "Expected a string at 'deviceId', found a list"),
        ("RecordPatches", {}, "Expected a list at 'recordPatches', found an object"),
        (
            "RecordPatches",
            "all",
            "Expected a list at 'recordPatches', found a string: all",
        ),
        (
            "RecordPatches",
            ["a"],
            "Expected an object at 'recordPatches.1.member', found a string: a",
        ),
        (
            "RecordPatches",
            [[]],
            "Expected an object at 'recordPatches.1.member', found a list",
        ),
    ],
)
def test_a_member_of_the_wrong_type_is_rejected(
    aws: Aws, dataset: DatasetUnderTest, member: str, value: Any, message: str
) -> None:
    body = body_of(dataset, replace("volume", "11"), **{member: value})

    response = send_invalid(aws, dataset, body)

    assert response.error == "SerializationException"
    assert response.json["message"] == message


LONG = "an integer of 64 bits"
DATE = "a number of seconds since epoch"
NEAR_DATE = f"{DATE} (years 1 to 9999)"


@pytest.mark.parametrize(
    ("member", "value", "wanted", "found"),
    [
        ("Op", "1", "a string", "a number: 1"),
        ("Key", "false", "a string", "a boolean: false"),
        ("Value", "11", "a string", "a number: 11"),
        ("Value", '{"a":1}', "a string", "an object"),
        ("SyncCount", '"0"', "an integer", "a string: 0"),
        ("SyncCount", "true", "an integer", "a boolean: true"),
        ("SyncCount", "0.5", "an integer", "a number: 0.5"),
        ("SyncCount", "1e400", "an integer", "a number: inf"),
        ("SyncCount", "9223372036854775808", LONG, "9223372036854775808"),
        ("SyncCount", "-9223372036854775809", LONG, "-9223372036854775809"),
        ("SyncCount", "1e19", LONG, "10000000000000000000"),
        ("DeviceLastModifiedDate", "true", DATE, "a boolean: true"),
        ("DeviceLastModifiedDate", "[0]", DATE, "a list"),
        ("DeviceLastModifiedDate", "253402300800", NEAR_DATE, "253402300800"),
        ("DeviceLastModifiedDate", "-62135596801", NEAR_DATE, "-62135596801"),
        ("DeviceLastModifiedDate", "1e400", NEAR_DATE, "inf"),
    ],
)
def test_a_wrong_type_in_one_patch_rejects_the_batch(
    aws: Aws,
    dataset: DatasetUnderTest,
    member: str,
    value: str,
    wanted: str,
    found: str,
) -> None:
    wrong = replace("volume", "11") | {member: "@"}
    body = body_of(dataset, replace("fine", "1"), wrong)

    response = send_invalid(aws, dataset, body.replace('"@"', value))

    path = f"recordPatches.2.member.{member[0].lower()}{member[1:]}"
    assert response.error == "SerializationException"
    assert response.json["message"] == f"Expected {wanted} at '{path}', found {found}"


def test_a_date_string_is_rejected_with_the_services_message(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    date = "2014-06-30T00:00:00Z"
    wrong = replace("volume", "11", DeviceLastModifiedDate=date)

    response = send_invalid(aws, dataset, body_of(dataset, wrong))

    assert response.error == "SerializationException"
    assert response.json["message"] == (
        "class java.lang.String can not be converted to milliseconds since epoch"
    )


@pytest.mark.parametrize("date", [0, -1.5, 1700574873.059, 253402300799, -62135596800])
def test_dates_supported_by_clients_are_returned_unchanged(
    aws: Aws, dataset: DatasetUnderTest, date: float
) -> None:
    patch = replace("volume", "11", DeviceLastModifiedDate=date)

    [record] = update(aws, dataset, body_of(dataset, patch)).json["Records"]

    assert record["DeviceLastModifiedDate"] == date


def test_an_integer_can_be_sent_as_a_float(aws: Aws, dataset: DatasetUnderTest) -> None:
    patch = replace("volume", "11") | {"SyncCount": 0.0}

    response = update(aws, dataset, body_of(dataset, patch))

    assert response.json["Records"][0]["SyncCount"] == 1


def test_nested_values_of_any_depth_are_rejected() -> None:
    path = "/identitypools/a:0/identities/a:1/datasets/settings"
    # At some depths, a value can be parsed but not formatted.
    for depth in range(1, 1100):
        nested = depth * '{"a":' + "1" + depth * "}"
        body = f'{{"RecordPatches":[{{"Op":{nested}}}]}}'.encode()

        with pytest.raises(SerializationException):
            parse(HttpRequest("POST", path, "", {}, body))


@pytest.mark.parametrize("arrived", [b"", b'{"SyncS', b'{"SyncSessionToken":"token"}'])
@pytest.mark.parametrize(("method", "template"), ROUTES.values(), ids=ROUTES)
def test_a_truncated_request_is_rejected(
    cognitosync_server: CognitoSyncServer, method: str, template: str, arrived: bytes
) -> None:
    path = re.sub(r"{\w+}", "a%3A0", template)

    sent = request(f"{method} {path} HTTP/1.1", "Content-Length: 100", body=arrived)
    response = response_to(cognitosync_server, sent)

    assert response.startswith(b"HTTP/1.1 400 ")
    assert b"x-amzn-ErrorType: SerializationException:" in response
    assert b"The request body is incomplete" in response


@pytest.mark.parametrize(
    ("header", "arrived"),
    [
        ("Content-Length: 9", b"{}"),
        (CHUNKED, b"2\r\n{}\r\n"),
        (CHUNKED, b"2\r\n{}\r\n0\r\n"),
        (CHUNKED, b"2\r\n{}\r\n0\r\nTrailer: 1\r\n"),
    ],
)
def test_a_truncated_deletion_deletes_nothing(
    cognitosync_server: CognitoSyncServer, header: str, arrived: bytes
) -> None:
    aws = OnServer(cognitosync_server)
    pool_id = make_pool(aws)
    dataset = DatasetUnderTest(
        aws.client("cognito-sync"), pool_id, make_identity(aws, pool_id), "settings"
    )
    dataset.write(theme="dark")
    path = request_of("DeleteDataset", dataset.ids).path

    sent = request(f"DELETE {path} HTTP/1.1", header, body=arrived)
    assert response_to(cognitosync_server, sent).startswith(b"HTTP/1.1 400 ")

    assert set(dataset.records()) == {"theme"}


# --- Fuzzing ----------------------------------------------------------------------

fuzz = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "Op": st.sampled_from(["replace", "remove"]) | JSON_VALUES,
        "Key": st.text() | JSON_VALUES,
        "Value": st.text() | JSON_VALUES,
        "SyncCount": st.integers(-1, 2) | JSON_VALUES,
        "DeviceLastModifiedDate": st.floats(-1e12, 1e12) | JSON_VALUES,
    },
)

KNOWN_SEGMENTS = {part for _, path in ROUTES.values() for part in path.split("/")}
SEGMENTS = st.sampled_from(
    ["a:0", "%2F", "..", "%ff", *sorted(KNOWN_SEGMENTS)]
) | st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="?#"))
LATIN_1 = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"])
)
SIGNATURE = "AWS4-HMAC-SHA256 Credential={}/20140630/{}/cognito-sync/aws4_request"
HEADERS = st.fixed_dictionaries(
    {
        # The server detects the service in this header, whatever the path.
        "Authorization": st.builds(
            SIGNATURE.format,
            st.from_regex("[A-Z0-9]*", fullmatch=True),
            st.sampled_from(["us-east-1", "mars-1", ""]),
        )
    },
    optional=dict.fromkeys(
        [
            "Access-Control-Request-Headers",
            "Content-Type",
            "Origin",
            "User-Agent",
            "X-Amz-Target",
            "x-amz-Client-Context",
            "x-moto-account-id",
        ],
        LATIN_1,
    ),
)


def assert_is_valid_response(response: Response, method: str = "POST") -> None:
    assert response.status < 500
    if response.status != 200:
        assert response.headers["x-amzn-errortype"].endswith("Exception:")
        assert method == "HEAD" or response.json["message"]


@fuzz
@given(body=st.binary() | JSON_VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_body_gets_a_valid_response(
    aws: Aws, dataset: DatasetUnderTest, body: bytes
) -> None:
    assert_is_valid_response(send_invalid(aws, dataset, body))


@fuzz
@given(patches=st.lists(PATCHES | JSON_VALUES, max_size=3), device_id=JSON_VALUES)
def test_any_patches_get_a_valid_response(
    aws: Aws, dataset: DatasetUnderTest, patches: list[Any], device_id: Any
) -> None:
    body = body_of(dataset, *patches, DeviceId=device_id)

    assert_is_valid_response(update(aws, dataset, body))


@fuzz
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "HEAD", "OPTIONS"])
    | st.from_regex("[A-Z]{1,9}", fullmatch=True),
    segments=st.lists(SEGMENTS),
    # A fragment is not valid in an HTTP request, so the server rejects it.
    query=st.text(
        st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#")
    ),
    headers=HEADERS,
    body=st.binary(),
)
def test_any_request_gets_a_valid_response(
    aws: Aws,
    method: str,
    segments: list[str],
    query: str,
    headers: dict[str, str],
    body: bytes,
) -> None:
    path = "/" + "/".join(["identitypools", *segments])

    assert_is_valid_response(aws.send(method, f"{path}?{query}", body, headers), method)
