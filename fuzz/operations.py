"""Requests to the handler that moto calls, most of them almost valid."""

from __future__ import annotations

import json
from random import Random
from typing import Any, cast
from urllib.parse import quote, urlencode

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.session import get_session

from moto_cognitosync import sync_trigger
from moto_cognitosync.core.credentials import access_key_of
from moto_cognitosync.state import dump_state

from .draw import Draw
from .world import (
    ACCOUNT,
    APPLICATION,
    DATASETS,
    DEVICES,
    IDENTITY,
    POOL,
    REGION,
    ROLE,
    TRIGGER,
    Request,
    World,
    check_reload,
    send,
)

WORDS = [POOL, IDENTITY, "identitypools", "region/eu-west-1"]

MODEL = get_session().get_service_model("cognito-sync")
OPERATIONS = list(MODEL.operation_names)
READS = ("Describe", "Get", "List")
METHODS = ["GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "get", ""]
HEADERS = [
    "Access-Control-Request-Headers",
    "Authorization",
    "Content-Type",
    "Origin",
    "User-Agent",
    "x-amz-Client-Context",
    "x-moto-account-id",
]

WORLD = World()
KEYS = ["testing", access_key_of(IDENTITY), WORLD.user.access_key]
SIGNATURES = [
    f"AWS4-HMAC-SHA256 Credential={key}/20140630/eu-west-1/cognito-sync/aws4_request"
    for key in KEYS
]

# Meaningful values by shape name.
KNOWN: dict[str, list[Any]] = {
    "ApplicationArn": [APPLICATION, APPLICATION.replace("GCM", "ADM")],
    "AssumeRoleArn": [ROLE],
    "CognitoEventType": ["SyncTrigger", "Other"],
    "DatasetName": DATASETS,
    "DeviceId": DEVICES,
    "IdentityId": [IDENTITY, f"{REGION}:2", f"{REGION}:3"],
    "IdentityPoolId": [POOL, f"{REGION}:a", f"{REGION}:b"],
    "IntegerString": [1, 2, 1000],
    "LambdaFunctionArn": [TRIGGER, "", "function"],
    "Long": [0, 1, 2, 3],
    "PushToken": ["token", "other"],
    "RecordKey": ["theme", "removed", "new"],
    "StreamName": ["changes", "none"],
    "SyncSessionToken": WORLD.tokens,
}


def seeds() -> list[bytes]:
    """Return one input for each operation, and some random inputs."""
    random = Random(0)
    calls = [bytes(64) + bytes([number]) for number in range(len(OPERATIONS))]
    return calls + [random.randbytes(2**size) for size in range(4, 11)]


def check(data: bytes) -> None:
    """Send a few requests; check each response and the changes to the state."""
    draw = Draw(data)
    WORLD.reset(strict=draw.once_in(4), check_iam=draw.once_in(4))
    sync_trigger(TRIGGER, lambda event, _: _output(draw, event))
    for _ in range(1 + draw.count(4)):
        if draw.once_in(6):
            _check_random_path(draw)
        else:
            _check_operation(draw)


def _output(draw: Draw, event: dict[str, Any]) -> Any:
    """Return a possible SyncTrigger output for an event."""
    changed = draw.one_of([event, event["datasetRecords"]])
    for name in changed:
        if draw.once_in(4):
            changed[name] = draw.json()
    return draw.json() if draw.once_in(8) else event


def _check_operation(draw: Draw) -> None:
    operation = draw.one_of(OPERATIONS)
    request = _request_for(draw, operation)
    before = dump_state()
    status, _ = send(request)
    if status == 200 and not operation.startswith(READS):
        check_reload()
    else:
        assert _without_sessions(dump_state()) == _without_sessions(before)


def _without_sessions(state: dict[str, Any]) -> dict[str, Any]:
    """Remove the number of sync sessions, which reads may change."""
    for pool in state["IdentityPools"]:
        pool.pop("SyncSessionsCount", None)
    return state


def _check_random_path(draw: Draw) -> None:
    """Send a request that rarely matches an operation."""
    path = "".join(
        "/" + draw.one_of(["", "identitypools", draw.text()]) for _ in range(4)
    )
    request = _request(draw, draw.one_of(METHODS), path, draw.raw())
    before = dump_state()
    status, _ = send(request)
    assert status == 200 or dump_state() == before


def _request_for(draw: Draw, operation: str) -> Request:
    model = MODEL.operation_model(operation)
    parts: dict[str, dict[str, Any]] = {"uri": {}, "querystring": {}, "body": {}}
    shape = cast("StructureShape", model.input_shape)  # every operation has one
    for name, member in shape.members.items():
        location = member.serialization.get("location", "body")
        if location == "uri" or (location in parts and not draw.once_in(3)):
            wire_name = member.serialization.get("name", name)
            parts[location][wire_name] = _value(draw, member)
    path = model.http["requestUri"]
    for label, value in parts["uri"].items():
        path = path.replace(f"{{{label}}}", _in_path(draw, value))
    if query := urlencode(parts["querystring"], errors="surrogatepass"):
        path = f"{path}?{query}"
    body = json.dumps(parts["body"]).encode() if parts["body"] else draw.raw()
    return _request(draw, model.http["method"], path, body)


def _in_path(draw: Draw, value: Any) -> str:
    raw = draw.once_in(8)
    return str(value) if raw else quote(str(value), safe="", errors="surrogatepass")


def _request(draw: Draw, method: str, path: str, body: bytes) -> Request:
    headers = {draw.one_of(HEADERS): _header(draw) for _ in range(draw.count())}
    region = "mars-1" if draw.once_in(16) else REGION
    request = Request(method, path, body, headers, region)
    if draw.once_in(3):
        request.sign(WORLD.user)
    if draw.once_in(4):
        request.headers = {
            name: _damaged(draw, value) for name, value in request.headers.items()
        }
    return request


def _damaged(draw: Draw, header: str | bytes) -> str | bytes:
    """Return a header value, possibly with part of it replaced."""
    if isinstance(header, bytes) or draw.once_in(2):
        return header
    start = draw.count(len(header))
    written = draw.one_of([",", "/", "=", ";", " ", draw.text()])
    return header[:start] + written + header[start + draw.count(40) :]


def _header(draw: Draw) -> str | bytes:
    if draw.once_in(3):
        return draw.one_of([*SIGNATURES, "*", ACCOUNT, "999999999999"])
    return draw.raw() if draw.once_in(2) else draw.raw().decode("latin-1")


def _value(draw: Draw, shape: Shape) -> Any:
    if draw.once_in(16):
        return draw.json()
    if isinstance(shape, StructureShape):
        return {
            name: _value(draw, member)
            for name, member in shape.members.items()
            if name in shape.required_members or not draw.once_in(3)
        }
    if isinstance(shape, ListShape):
        return [_value(draw, shape.member) for _ in range(draw.count())]
    if isinstance(shape, MapShape):
        return {str(_value(draw, shape.key)): _value(draw, shape.value)}
    if shape.type_name == "timestamp":
        return draw.one_of([0, 1772366400.25, -62_135_596_800, 253_402_300_799])
    known = KNOWN.get(shape.name) or getattr(shape, "enum", None)
    return draw.one_of(known) if known and not draw.once_in(8) else draw.text()
