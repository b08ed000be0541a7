"""Requests from clients other than boto3: other SDKs, other languages, plain HTTP."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
import requests
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from freezegun import freeze_time
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.cognitosync.responses import cognito_sync
from moto_cognitosync.core.wire.http import from_botocore, from_werkzeug, from_wsgi
from moto_cognitosync.faults import fault
from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import Aws, OnServer, Response
from tests.support.datasets import DatasetUnderTest, make_pool, remove, replace

NAMES = [".", "..", "a:b", "datasets", "records", "events", "-", 128 * "x"]


def pool_path(dataset: DatasetUnderTest) -> str:
    return f"/identitypools/{quote(dataset.pool_id)}"


def identity_path(dataset: DatasetUnderTest) -> str:
    return f"{pool_path(dataset)}/identities/{quote(dataset.identity_id)}"


def dataset_path(dataset: DatasetUnderTest) -> str:
    return f"{identity_path(dataset)}/datasets/{dataset.name}"


def names(dataset: DatasetUnderTest) -> list[str]:
    """List the names of the identity's datasets."""
    response = dataset.client.list_datasets(
        IdentityPoolId=dataset.pool_id, IdentityId=dataset.identity_id
    )
    return [each["DatasetName"] for each in response["Datasets"]]


def update(
    aws: Aws,
    dataset: DatasetUnderTest,
    *patches: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> Response:
    body = {"RecordPatches": patches, "SyncSessionToken": dataset.token()}
    return aws.send(
        "POST", dataset_path(dataset), json.dumps(body).encode(), headers or {}
    )


# --- Paths ------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_name_that_matches_the_pattern_is_allowed(
    dataset: DatasetUnderTest, name: str
) -> None:
    dataset.write(untouched="1")
    named = dataset.named(name)

    named.write(volume="11")
    assert named.describe()["DatasetName"] == name
    assert list(named.records()) == ["volume"]
    assert sorted(names(dataset)) == sorted([name, "settings"])

    assert named.delete()["DatasetName"] == name
    assert names(dataset) == ["settings"]


@pytest.mark.parametrize("colon", [":", "%3A", "%3a"])
def test_colons_in_paths_can_be_percent_encoded(
    aws: Aws, dataset: DatasetUnderTest, colon: str
) -> None:
    named = dataset.named("a:b")
    named.write(volume="11")
    path = (
        f"/identitypools/{dataset.pool_id}/identities/{dataset.identity_id}"
        "/datasets/a:b"
    )

    response = aws.send("GET", path.replace(":", colon))

    assert response.json["Dataset"]["DatasetName"] == "a:b"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("a%2Fb", "a/b"),
        ("a%2frecords", "a/records"),
        ("%2E%2E%2F..", "../.."),
        ("a%253Ab", "a%3Ab"),
        ("a%2525", "a%25"),
        ("a+b", "a+b"),
        ("a%", "a%"),
        ("a%zz", "a%zz"),
        ("a%FF", "a\ufffd"),
    ],
)
def test_path_segments_are_decoded_exactly_once(
    aws: Aws, dataset: DatasetUnderTest, sent: str, read: str
) -> None:
    response = aws.send("DELETE", dataset_path(dataset.named(sent)))

    assert response.status == 400
    assert response.json["message"] == (
        f"1 validation error detected: Value '{read}' at 'datasetName' failed to "
        "satisfy constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9_.:-]+"
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("{identity}/datasets/", 400),  # was {identity}/datasets/.
        ("{identity}/", 404),  # was {identity}/datasets/..
        ("{identity}", 404),
        ("{identity}/datasets", 404),
        ("{pool}/identities/", 404),
        ("{pool}/", 404),
        ("{pool}", 404),
        ("/identitypools/", 404),
        ("/identitypools", 404),
    ],
)
def test_a_path_with_dot_segments_already_resolved_deletes_nothing(
    aws: Aws, dataset: DatasetUnderTest, path: str, status: int
) -> None:
    for name in (".", "..", "settings"):
        dataset.named(name).write(volume="11")

    response = aws.send(
        "DELETE",
        path.format(identity=identity_path(dataset), pool=pool_path(dataset)),
    )

    assert response.status == status
    assert response.json["message"]
    assert names(dataset) == [".", "..", "settings"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/identitypools/a:0/identities"),
        ("GET", "/identitypools/a:0/identities/a:1/datasets/settings/records/volume"),
        ("GET", "/identitypools/a:0/identity/a:1/device"),
        ("GET", "/IdentityPools"),
        ("PUT", "/identitypools/a:0/identities/a:1/datasets/settings"),
        ("PATCH", "/identitypools/a:0/identities/a:1/datasets/settings"),
        ("BREW", "/identitypools"),
    ],
)
def test_unknown_operations_return_a_clear_error(
    aws: Aws, method: str, path: str
) -> None:
    signature = "Credential=key/20140630/us-east-1/cognito-sync/aws4_request"
    response = aws.send(method, path, headers={"Authorization": signature})

    assert response.status == 404
    assert response.headers["content-type"] == "application/json"
    assert response.error == "UnknownOperationException"
    assert response.json["message"] == (
        f"Amazon Cognito Sync has no operation for {method} {path}"
    )


def test_a_response_to_a_head_request_has_no_body(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    response = aws.send("HEAD", dataset_path(dataset))

    assert response.status == 404
    assert response.error == "UnknownOperationException"
    assert response.body == b""


def test_the_server_can_be_used_as_a_proxy(
    cognitosync_server: CognitoSyncServer,
) -> None:
    # A request to a proxy contains the full URL.
    response = OnServer(cognitosync_server).send(
        "GET", "http://cognito-sync.us-east-1.amazonaws.com/identitypools/a:0/events/.."
    )

    assert response.json["message"].endswith("for GET /identitypools/a:0/events/..")


# --- Queries ----------------------------------------------------------------------


def test_max_results_is_read_from_the_query(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark", volume="11")

    response = aws.send("GET", f"{dataset_path(dataset)}/records?maxResults=1")

    assert [record["Key"] for record in response.json["Records"]] == ["theme"]


def test_the_first_value_of_a_repeated_query_parameter_is_used(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark", volume="11")

    query = "maxResults=1&maxResults=2"
    response = aws.send("GET", f"{dataset_path(dataset)}/records?{query}")

    assert response.json["Count"] == 1


def test_unknown_query_parameters_are_ignored(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")

    query = "Action=DeleteDataset&MaxResults=none&&=&x"
    response = aws.send("GET", f"{dataset_path(dataset)}/records?{query}")

    assert response.json["Count"] == 1


def test_query_parameters_are_decoded_exactly_once(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    response = aws.send(
        "GET", f"{dataset_path(dataset)}/records?nextToken=%2525+%2B%26%3D%C3%BC"
    )

    assert response.status == 400
    assert response.json["message"] == "NextToken not valid: '%25 +&=ü'"


def test_a_page_token_can_contain_a_plus_sign(dataset: DatasetUnderTest) -> None:
    dataset.patch(replace("~~~", "1"), replace("~~~~", "2"))

    page = dataset.list(MaxResults=1)
    assert page["NextToken"] == "fn5+"

    rest = dataset.list(MaxResults=1, NextToken=page["NextToken"])
    assert [record["Key"] for record in rest["Records"]] == ["~~~~"]


# --- Bodies -----------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"{}", b"null", b"\xff"])
@pytest.mark.parametrize("tail", ["", "/records"])
def test_the_body_of_a_get_request_is_ignored(
    aws: Aws, dataset: DatasetUnderTest, tail: str, body: bytes
) -> None:
    dataset.write(volume="11")

    assert aws.send("GET", dataset_path(dataset) + tail, body).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/x-amz-json-1.1",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        None,
    ],
)
def test_the_content_type_is_ignored(
    aws: Aws, dataset: DatasetUnderTest, content_type: str | None
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    response = update(aws, dataset, replace("volume", "11"), headers=headers)

    assert response.status == 200
    assert dataset.records()["volume"]["Value"] == "11"


@pytest.mark.parametrize("content_type", ["json", "x-www-form-urlencoded"])
def test_values_are_never_parsed_as_a_query_string(
    aws: Aws, dataset: DatasetUnderTest, content_type: str
) -> None:
    value = "&Action=DeleteDataset&Version=2014-06-30&"
    headers = {"Content-Type": f"application/{content_type}"}

    response = update(aws, dataset, replace(value, value), headers=headers)

    assert response.status == 200
    assert dataset.records()[value]["Value"] == value
    assert names(dataset) == ["settings"]


@pytest.mark.parametrize("length", [1, 2000])
def test_characters_that_json_escapes_survive_a_round_trip(
    dataset: DatasetUnderTest, length: int
) -> None:
    value = '"\\\n' * length

    dataset.write(volume=value)

    assert dataset.records()["volume"]["Value"] == value


@pytest.mark.parametrize("kind", [bytes, bytes.decode, io.BytesIO])
def test_a_request_body_can_be_bytes_text_or_a_file(
    kind: Callable[[bytes], Any],
) -> None:
    path = "/identitypools/a%3A0/identities/a%3A1/datasets/settings"
    url = f"https://cognito-sync.us-east-1.amazonaws.com{path}"
    body = kind(b'{"SyncSessionToken":5}')
    headers = HeadersDict({"Content-Type": b"application/json"})

    # Before 5.2.4, moto passed requests from any HTTP client in this form.
    request = AWSPreparedRequest("POST", url, headers, body, stream_output=False)
    status, _, content = cognito_sync.handle(request, url, headers)

    assert status == 400
    assert json.loads(content)["message"] == (
        "Expected a string at 'syncSessionToken', found a number: 5"
    )


def test_a_request_target_can_be_a_full_url(
    cognitosync_server: CognitoSyncServer,
) -> None:
    aws = OnServer(cognitosync_server)
    pool_id = make_pool(aws)

    response = aws.send("GET", f"{cognitosync_server.url}/identitypools/{pool_id}")

    assert response.json["IdentityPoolUsage"]["IdentityPoolId"] == pool_id


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ({"RAW_URI": "/a%2Fb"}, "/a%2Fb"),
        ({"REQUEST_URI": "/a%2Fb"}, "/a%2Fb"),
        ({"RAW_URI": "//a/b"}, "//a/b"),
        ({"RAW_URI": "http://aws.test/a%2Fb?c"}, "/a%2Fb"),
        ({"RAW_URI": "http://aws.test"}, "/"),
        ({}, "/a/b"),
    ],
)
def test_the_raw_path_is_read_from_any_wsgi_server(
    target: dict[str, str], path: str
) -> None:
    environ = EnvironBuilder("/a/b").get_environ()
    for name in ("RAW_URI", "REQUEST_URI"):
        del environ[name]

    response = cognito_sync.dispatch_or_close(environ, from_wsgi(environ | target))

    assert json.loads(response.body)["message"].endswith(f"for GET {path}")


def test_werkzeug_requests_are_read_unmodified() -> None:
    environ = EnvironBuilder(
        method="POST", data=b"{}", query_string="a=%2F", headers={"Origin": "here"}
    ).get_environ()

    read = from_werkzeug(Request(environ | {"RAW_URI": "/a%2Fb?a=%2F"}))

    assert (read.method, read.path, read.query) == ("POST", "/a%2Fb", "a=%2F")
    assert (read.headers["Origin"], read.body) == ("here", b"{}")


def test_headers_given_as_bytes_are_decoded() -> None:
    headers = HeadersDict({"Content-Type": b"application/json", "Origin": "here"})
    request = AWSPreparedRequest(
        "GET", "https://aws.test/", headers, b"", stream_output=False
    )

    read = from_botocore(request).headers

    assert len(read) == 2
    assert {**read} == {"Content-Type": "application/json", "Origin": "here"}
    assert "Date" not in read
    assert read.get("Date", "never") == "never"
    with pytest.raises(KeyError, match="Date"):
        read["Date"]


def test_headers_with_invalid_utf8_are_accepted() -> None:
    url = "https://cognito-sync.us-east-1.amazonaws.com/identitypools"
    headers = HeadersDict({"Authorization": b"Caf\xe9"})
    request = AWSPreparedRequest("GET", url, headers, b"", stream_output=False)

    with mock_cognitosync():
        status, _, _ = cognito_sync.handle(request, url, headers)

    assert status == 200


@pytest.mark.parametrize(
    ("method", "extra"),
    [
        ("GET", {"x-amzn-ErrorType", "x-amzn-ErrorMessage"}),
        (
            "OPTIONS",
            {
                "Access-Control-Allow-Headers",
                "Access-Control-Allow-Methods",
                "Access-Control-Max-Age",
            },
        ),
    ],
)
def test_header_names_are_capitalized_as_in_live_responses(
    method: str, extra: set[str]
) -> None:
    url = "https://cognito-sync.us-east-1.amazonaws.com/identitypools/a:0"
    headers = HeadersDict({"Origin": "here"})
    request = AWSPreparedRequest(method, url, headers, b"", stream_output=False)

    with mock_cognitosync():
        _, response_headers, body = cognito_sync.handle(request, url, headers)

    assert set(response_headers) == extra | {
        *("Access-Control-Allow-Origin", "Access-Control-Expose-Headers"),
        *("Content-Type", "Content-Length", "Date", "x-amzn-RequestId"),
    }
    assert response_headers["Content-Length"] == str(len(body))


def test_a_remove_patch_can_have_an_empty_value(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")

    [removed] = dataset.patch(remove("volume", 1, Value=""))

    assert removed["Key"] == "volume"
    assert "Value" not in removed


# --- Responses --------------------------------------------------------------------


def test_the_next_token_of_the_last_page_is_null(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark", volume="11")
    datasets = f"{identity_path(dataset)}/datasets?maxResults=1"
    records = f"{dataset_path(dataset)}/records?maxResults=1"
    token = aws.send("GET", records).json["NextToken"]

    assert aws.send("GET", f"{records}&nextToken={token}").json["NextToken"] is None
    assert aws.send("GET", datasets).json["NextToken"] is None


def test_counts_and_flags_are_never_null(aws: Aws, dataset: DatasetUnderTest) -> None:
    def unboxed() -> dict[str, Any]:
        response = aws.send("GET", f"{dataset_path(dataset)}/records").json
        boxed = {"LastModifiedBy", "MergedDatasetNames", "NextToken"}
        strings = {"SyncSessionToken", "Records"}
        return {name: response[name] for name in response.keys() - boxed - strings}

    flags = {
        "Count": 0,
        "DatasetDeletedAfterRequestedSyncCount": False,
        "DatasetExists": False,
        "DatasetSyncCount": 0,
    }
    assert unboxed() == flags

    dataset.write(volume="11")
    assert unboxed() == flags | {
        "Count": 1,
        "DatasetExists": True,
        "DatasetSyncCount": 1,
    }

    dataset.delete()
    assert unboxed() == flags | {"DatasetSyncCount": 2}


def test_dataset_metadata_has_all_members_with_their_json_types(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")
    dataset.patch(remove("volume", 1))
    paths = (dataset_path(dataset), f"{identity_path(dataset)}/datasets")
    described, listed = (aws.send("GET", path).json for path in paths)
    deleted = aws.send("DELETE", dataset_path(dataset)).json

    assert described == deleted
    assert listed == {
        "Count": 1,
        "Datasets": [described["Dataset"]],
        "NextToken": None,
    }
    assert {name: type(value) for name, value in described["Dataset"].items()} == {
        "CreationDate": float,
        "DataStorage": int,
        "DatasetName": str,
        "IdentityId": str,
        "LastModifiedBy": str,
        "LastModifiedDate": float,
        "NumRecords": int,
    }
    assert described["Dataset"]["NumRecords"] == 0


def test_the_value_of_a_removed_record_is_null(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")

    [removed] = update(aws, dataset, remove("volume", 1)).json["Records"]

    assert removed["Value"] is None
    assert type(removed["DeviceLastModifiedDate"]) is float
    assert type(removed["LastModifiedDate"]) is float


def test_a_successful_response_is_compact_json(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    response = aws.send("GET", f"{dataset_path(dataset)}/records")

    assert response.headers["content-type"] == "application/json"
    assert "x-amzn-errortype" not in response.headers
    assert "x-amzn-errormessage" not in response.headers
    # Compact: no space after a comma or a colon.
    assert response.body == json.dumps(response.json, separators=(",", ":")).encode()


def test_headers_contain_the_name_and_message_of_an_error(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    response = aws.send("GET", dataset_path(dataset))

    assert response.status == 404
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-amzn-errortype"] == "ResourceNotFoundException:"
    assert response.headers["x-amzn-errormessage"] == "Dataset 'settings' not found."
    assert response.body == b'{"message":"Dataset \'settings\' not found."}'


@pytest.mark.parametrize("name", ["%C3%BC", "%E2%82%AC", "a%0D%0Ab", "%00", "%7F"])
def test_messages_invalid_in_a_header_are_sent_only_in_the_body(
    aws: Aws, dataset: DatasetUnderTest, name: str
) -> None:
    response = aws.send("GET", dataset_path(dataset.named(name)))

    assert "x-amzn-errormessage" not in response.headers
    assert response.error == "InvalidParameterException"
    assert response.json["message"].startswith("1 validation error detected: ")


@pytest.mark.parametrize(("length", "in_header"), [(1024, True), (1025, False)])
def test_messages_of_up_to_a_kilobyte_are_sent_in_a_header(
    aws: Aws, dataset: DatasetUnderTest, length: int, in_header: bool
) -> None:
    with fault("ListRecords", "InternalErrorException", message=length * "x"):
        response = aws.send("GET", f"{dataset_path(dataset)}/records")

    assert ("x-amzn-errormessage" in response.headers) is in_header
    assert response.json == {"message": length * "x"}


@pytest.mark.parametrize(("bad_patches", "in_header"), [(1, True), (20, False)])
def test_long_validation_messages_are_sent_only_in_the_body(
    aws: Aws, dataset: DatasetUnderTest, bad_patches: int, in_header: bool
) -> None:
    response = update(aws, dataset, *(bad_patches * [replace("", "1")]))

    assert ("x-amzn-errormessage" in response.headers) is in_header
    assert response.json["message"].startswith(f"{bad_patches} validation error")


def test_each_response_has_a_unique_request_id(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    paths = 2 * [f"{dataset_path(dataset)}/records", dataset_path(dataset)]
    ids = [aws.send("GET", path).headers["x-amzn-requestid"] for path in paths]

    assert [str(UUID(each)) for each in ids] == ids
    assert len(set(ids)) == len(ids)


def test_boto3_finds_the_request_id(dataset: DatasetUnderTest) -> None:
    metadata = dataset.list()["ResponseMetadata"]

    assert metadata["RequestId"] == metadata["HTTPHeaders"]["x-amzn-requestid"]


@pytest.mark.parametrize("tail", ["/records", ""])
def test_each_response_has_a_date_header(
    aws: Aws, dataset: DatasetUnderTest, tail: str
) -> None:
    with freeze_time("2014-06-30 12:00:00"):
        response = aws.send("GET", dataset_path(dataset) + tail)

    assert response.headers["date"] == "Mon, 30 Jun 2014 12:00:00 GMT"


@mock_cognitosync
def test_responses_to_plain_http_requests_in_a_mock_have_a_date_header() -> None:
    url = "https://cognito-sync.us-east-1.amazonaws.com/identitypools/a:0/nothing"

    with freeze_time("2014-06-30 12:00:00"):
        response = requests.get(url, timeout=30)

    assert response.headers["Date"] == "Mon, 30 Jun 2014 12:00:00 GMT"


@pytest.mark.parametrize("path", ["/identitypools/a:0", "/identitypools/a:0/nothing"])
def test_the_server_never_repeats_a_header(
    cognitosync_server: CognitoSyncServer, path: str
) -> None:
    host = cognitosync_server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    connection.request("GET", path, headers={"Origin": "https://example.org"})
    with connection.getresponse() as response:
        sent = sorted(name.lower() for name in response.headers)
    connection.close()

    assert sent == sorted(set(sent))
    assert "date" in sent
