"""Round trips of requests and responses between the mock and botocore."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest import mock

import pytest
from botocore import xform_name
from botocore.awsrequest import HeadersDict
from botocore.model import ListShape, Shape, StructureShape
from botocore.parsers import create_parser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_cognitosync.cognitosync import responses
from moto_cognitosync.cognitosync.responses import cognito_sync
from moto_cognitosync.core.exceptions import ServiceError
from moto_cognitosync.core.wire import answers
from moto_cognitosync.core.wire.http import HttpRequest, HttpResponse
from moto_cognitosync.core.wire.shapes import location
from tests.support.operations import (
    MODEL,
    ROUTES,
    as_sent,
    parse,
    request_of,
    required_input,
)

PARSER = create_parser("rest-json")

# From "Errors" of each action in the AWS API reference. botocore lacks the last one.
STATUSES = {
    "AlreadyStreamedException": 400,
    "ConcurrentModificationException": 400,
    "DuplicateRequestException": 400,
    "InternalErrorException": 500,
    "InvalidConfigurationException": 400,
    "InvalidLambdaFunctionOutputException": 400,
    "InvalidParameterException": 400,
    "LambdaThrottledException": 429,
    "LimitExceededException": 400,
    "NotAuthorizedException": 403,
    "ResourceConflictException": 409,
    "ResourceNotFoundException": 404,
    "TooManyRequestsException": 429,
    "LambdaSocketTimeoutException": 400,
}

# A live response of UpdateRecords, with the ids replaced.
LIVE_RESPONSE = (
    '{"Records":[{"DeviceLastModifiedDate":1.70057487582E9,"Key":"KEY",'
    '"LastModifiedBy":"eu-central-1:00000000-0000-4000-8000-000000000001",'
    '"LastModifiedDate":1.70057487574E9,"SyncCount":9,"Value":"..."}]}'
)

# The sample responses in the AWS API reference.
SAMPLES = {
    "ListDatasets": (
        '{"Count":1,"Datasets":[{"CreationDate":1.412974057151E9,"DataStorage":16,'
        '"DatasetName":"my_list","IdentityId":"IDENTITY_ID",'
        '"LastModifiedBy":"123456789012","LastModifiedDate":1.412974057244E9,'
        '"NumRecords":1}],"NextToken":null}'
    ),
    "ListRecords": (
        '{"Count":0,"DatasetDeletedAfterRequestedSyncCount":false,'
        '"DatasetExists":false,"DatasetSyncCount":0,"LastModifiedBy":null,'
        '"MergedDatasetNames":null,"NextToken":null,"Records":[],'
        '"SyncSessionToken":"SYNC_SESSION_TOKEN"}'
    ),
    "DescribeIdentityUsage": (
        '{"IdentityUsage":{"DataStorage":16,"DatasetCount":1,'
        '"IdentityId":"IDENTITY_ID","IdentityPoolId":"IDENTITY_POOL_ID",'
        '"LastModifiedDate":1.412974081336E9}}'
    ),
    "DescribeIdentityPoolUsage": (
        '{"IdentityPoolUsage":{"DataStorage":0,"IdentityPoolId":"IDENTITY_POOL_ID",'
        '"LastModifiedDate":1.413231134115E9,"SyncSessionsCount":null}}'
    ),
}

# SetCognitoEvents is the only operation without output.
WITH_OUTPUT = sorted(ROUTES.keys() - {"SetCognitoEvents"})

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
REQUEST = HttpRequest("GET", "/", "", HeadersDict(), b"")

fuzz = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def serialize(operation: str, members: dict[str, Any]) -> HttpResponse:
    result = unwrapped(operation, members)
    return answers.serialize(
        REQUEST, cognito_sync.service.operations[operation], result
    )


def unwrapped(operation: str, members: dict[str, Any]) -> Any:
    """Return what a method of the backend returns for members of the output."""
    output = MODEL.operation_model(operation).output_shape
    if output is not None and len(output.members) == 1:
        return members.get(*output.members)
    return members


def parsed_by_botocore(response: HttpResponse) -> dict[str, Any]:
    raw = {
        "status_code": response.status,
        "headers": HeadersDict(response.headers),
        "body": response.body,
    }
    parsed: dict[str, Any] = PARSER.parse(raw, None)
    del parsed["ResponseMetadata"]
    return parsed


# Text that an HTTP header carries in UTF-8 without trimming it.
HEADERS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]))


def values(shape: Shape, dates: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Generate any value that the model allows, with timestamps from ``dates``."""
    strategies: dict[str, Callable[[Any], st.SearchStrategy[Any]]] = {
        "boolean": lambda _: st.booleans(),
        "integer": lambda _: st.integers(-(2**31), 2**31 - 1),
        "list": lambda s: st.lists(values(s.member, dates), max_size=3),
        "long": lambda _: st.integers(-(2**63), 2**63 - 1),
        "map": lambda s: st.dictionaries(
            values(s.key, dates), values(s.value, dates), max_size=s.metadata["max"]
        ),
        "string": texts,
        "structure": lambda s: structures(s, dates),
        "timestamp": lambda _: dates,
    }
    return strategies[shape.type_name](shape)


def structures(
    shape: StructureShape, dates: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    members = {name: values(each, dates) for name, each in shape.members.items()}
    required = {name: members.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(required, optional=members)


def texts(shape: Any) -> st.SearchStrategy[str]:
    if shape.enum:
        return st.sampled_from(shape.enum)
    if location(shape) == "header":
        return HEADERS
    shortest, longest = shape.metadata.get("min", 0), shape.metadata.get("max", 10**6)
    if "pattern" not in shape.metadata:
        return st.text(min_size=shortest, max_size=longest)
    pattern = re.compile(shape.metadata["pattern"], re.ASCII)
    return st.from_regex(pattern, fullmatch=True).filter(
        lambda text: shortest <= len(text) <= longest
    )


def with_dates(shape: Shape, value: Any, convert: Callable[[Any], Any]) -> Any:
    """Convert the timestamps in a value, and drop the members that are None."""
    if isinstance(shape, StructureShape):
        return {
            name: with_dates(shape.members[name], member, convert)
            for name, member in value.items()
            if member is not None
        }
    if isinstance(shape, ListShape):
        return [with_dates(shape.member, item, convert) for item in value]
    return convert(value) if shape.type_name == "timestamp" else value


def milliseconds(date: datetime) -> int:
    # Round, because floats lose microseconds for dates far from 1970.
    return round((date - EPOCH) / timedelta(milliseconds=1))


def java_floats(text: str) -> str:
    """Convert floats from Java's format to Python's: 1.7E9 becomes 1700000000.0."""
    return re.sub(r"[0-9.]+E9", lambda match: repr(float(match[0])), text)


@pytest.mark.parametrize("name", ROUTES)
def test_requests_are_routed_by_method_and_path(name: str) -> None:
    method, template = ROUTES[name]
    path = re.sub(r"{(\w+)}", r"the-\1", template)

    operation, labels = cognito_sync.service.route(
        REQUEST._replace(method=method, path=path)
    )

    assert operation.name == name
    assert labels == re.findall(r"the-\w+", path)


def test_the_service_has_seventeen_operations() -> None:
    assert sorted(cognito_sync.service.operations) == list(ROUTES)


SENT_DATES = st.datetimes(timezones=st.just(timezone.utc)).map(as_sent)
SENT = {
    name: values(MODEL.operation_model(name).input_shape, SENT_DATES) for name in ROUTES
}
OUTPUTS = {
    name: MODEL.operation_model(name).output_shape
    or StructureShape("Nothing", {"type": "structure"})
    for name in ROUTES
}
# One day inside the range of datetime, because botocore converts to local time.
RETURNED_DATES = st.integers(-62_135_510_400_000, 253_402_214_399_999)
RETURNED = {name: values(shape, RETURNED_DATES) for name, shape in OUTPUTS.items()}


@pytest.mark.parametrize("name", ROUTES)
@fuzz
@given(data=st.data())
def test_input_and_output_survive_a_round_trip(
    sync: Any, name: str, data: st.DataObject
) -> None:
    method, shape = xform_name(name), MODEL.operation_model(name).input_shape
    sent, result = data.draw(SENT[name]), data.draw(RETURNED[name])

    with mock.patch.object(responses, "get_backend") as get_backend:
        operation = getattr(get_backend.return_value, method)
        operation.return_value = unwrapped(name, result)
        response = getattr(sync, method)(**sent)

    received = with_dates(shape, sent, milliseconds)
    operation.assert_called_once_with(
        mock.ANY, **{xform_name(key): received[key] for key in received}
    )
    del response["ResponseMetadata"]
    assert with_dates(OUTPUTS[name], response, milliseconds) == result


@pytest.mark.parametrize("context", ["Caf\xe9", "\u20ac"])
def test_a_header_that_is_not_utf8_is_read_unchanged(context: str) -> None:
    sent = required_input("UpdateRecords", "us-east-1:0", "us-east-1:1")

    _, received = parse(request_of("UpdateRecords", sent | {"ClientContext": context}))

    assert received["client_context"] == context


def test_record_keys_are_interned_but_values_are_not() -> None:
    """Identities often share record keys, but rarely share values."""
    patch = {"Op": "replace", "Key": 1024 * "k", "Value": 1024 * "v", "SyncCount": 0}
    sent = required_input("UpdateRecords", "us-east-1:0", "us-east-1:1")
    sent["RecordPatches"] = [patch]

    (first,), (second,) = (
        parse(request_of("UpdateRecords", sent))[1]["record_patches"] for _ in range(2)
    )

    assert first == second
    assert first["Key"] is second["Key"]
    assert first["Value"] is not second["Value"]


@pytest.mark.parametrize("name", WITH_OUTPUT)
def test_members_are_sorted_and_unset_members_are_null(name: str) -> None:
    members = MODEL.operation_model(name).output_shape.members

    response = serialize(name, {})

    assert response.status == 200
    assert response.body.decode() == json.dumps(
        dict.fromkeys(sorted(members)), separators=(",", ":")
    )
    assert response.body == serialize(name, dict.fromkeys(members)).body


def test_nested_members_are_sorted() -> None:
    response = serialize("ListRecords", {"Records": [{"Value": "v", "Key": "k"}]})

    assert json.dumps(json.loads(response.body)["Records"]) == (
        '[{"DeviceLastModifiedDate": null, "Key": "k", "LastModifiedBy": null, '
        '"LastModifiedDate": null, "SyncCount": null, "Value": "v"}]'
    )


def test_an_empty_list_is_not_null() -> None:
    body = json.loads(serialize("ListRecords", {"Records": []}).body)

    assert body["Records"] == []
    assert body["MergedDatasetNames"] is None


def test_set_cognito_events_returns_an_empty_body() -> None:
    assert serialize("SetCognitoEvents", {}).body == b""


def test_a_live_response_is_reproduced_byte_for_byte() -> None:
    record = {
        "Key": "KEY",
        "Value": "...",
        "SyncCount": 9,
        "LastModifiedDate": 1_700_574_875_740,
        "LastModifiedBy": "eu-central-1:00000000-0000-4000-8000-000000000001",
        "DeviceLastModifiedDate": 1_700_574_875_820,
    }

    response = serialize("UpdateRecords", {"Records": [record]})

    assert response.body.decode() == java_floats(LIVE_RESPONSE)


@pytest.mark.parametrize("name", SAMPLES)
def test_documented_responses_are_reproduced_byte_for_byte(name: str) -> None:
    shape = MODEL.operation_model(name).output_shape
    result = with_dates(shape, json.loads(SAMPLES[name]), lambda date: date * 1000)

    assert serialize(name, result).body.decode() == java_floats(SAMPLES[name])


def test_text_is_sent_as_utf8() -> None:
    response = serialize("BulkPublish", {"IdentityPoolId": 'ü€😀\u2028\x00"'})

    assert response.body == '{"IdentityPoolId":"ü€😀\u2028\\u0000\\""}'.encode()


@pytest.mark.parametrize("code", STATUSES)
def test_botocore_can_parse_every_error(code: str) -> None:
    error = type(code, (ServiceError,), {})("Something went wrong.")

    response = answers.serialize_error(REQUEST, cognito_sync.service, error)

    assert response.status == STATUSES[code]
    assert response.body == b'{"message":"Something went wrong."}'
    assert parsed_by_botocore(response)["Error"] == {
        "Code": code,
        "Message": "Something went wrong.",
    }


def test_every_error_in_the_model_is_covered() -> None:
    modeled = {shape.name for shape in MODEL.error_shapes}

    assert modeled == STATUSES.keys() - {"LambdaSocketTimeoutException"}
