"""The wire: from an HTTP request to an operation's parameters, and back.

Routes, parameter locations, constraints, output members and HTTP statuses are
all read from botocore's own model of the service, once per process. Nothing in
this module is written for one operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn, cast
from urllib.parse import parse_qsl, unquote

from botocore import xform_name
from botocore.loaders import create_loader
from botocore.model import (
    ListShape,
    MapShape,
    OperationModel,
    ServiceModel,
    Shape,
    StringShape,
    StructureShape,
)
from moto.moto_api._internal import mock_random

from .exceptions import (
    CognitoSyncError,
    InvalidParameterException,
    SerializationException,
    UnknownOperationException,
)

# What a browser may read of an answer, as seen in a live one.
EXPOSED_HEADERS = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

# A message longer than this travels in the body alone: HTTP servers and
# clients cap the length of a header.
LONGEST_HEADER = 1024

# Values longer than this are cut where an error message shows them.
LONGEST_VALUE_SHOWN = 256

# The years a client can turn into a date, as epoch seconds.
EARLIEST_DATE, LATEST_DATE = -62_135_596_800, 253_402_300_799

INTEGER_BITS = {"integer": 32, "long": 64}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request, however it reached us.

    :param path: as sent, not percent-decoded.
    :param query: as sent, not percent-decoded, without the ``?``.
    :param headers: a mapping that ignores case.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, ready to be sent."""

    status: int
    headers: dict[str, str]
    body: bytes


# --- Reading a request ------------------------------------------------------------


@dataclass(slots=True)
class Violation:
    """A constraint of the model that a value breaks."""

    value: object
    constraint: str
    path: str = ""

    def __str__(self) -> str:
        shown = "null" if self.value is None else f"'{_shown(self.value)}'"
        return (
            f"Value {shown} at '{self.path}' failed to satisfy constraint: "
            f"{self.constraint}"
        )


# Takes a value from the wire, returns what the operation is given, and notes
# every broken constraint. A value of the wrong type raises at once.
Parser = Callable[[Any, list[Violation]], Any]


def _shown(value: object) -> str:
    """Show a value in a message as the service does, in the manner of Java."""
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{k}={v}" for k, v in value.items()) + "}"
    else:
        text = str(value)
    if len(text) > LONGEST_VALUE_SHOWN:
        return f"{text[:LONGEST_VALUE_SHOWN]}... ({len(text)} characters)"
    return text


def _camel_case(member: str) -> str:
    return member[0].lower() + member[1:]


_JSON_TYPES: dict[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def _wrong_type(value: object, wanted: str) -> NoReturn:
    found = _JSON_TYPES[type(value)]
    raise SerializationException(f"Expected {wanted}, found {found}: {_shown(value)}")


def _string_parser(shape: StringShape) -> Parser:
    shortest = shape.metadata.get("min", 0)
    longest = shape.metadata.get("max")
    pattern = shape.metadata.get("pattern")
    # The service is written in Java, where \w and \d are ASCII.
    matches = re.compile(pattern, re.ASCII).fullmatch if pattern else None
    choices = shape.enum

    def parse(value: Any, violations: list[Violation]) -> str:
        if not isinstance(value, str):
            _wrong_type(value, "a string")
        if choices and value not in choices:
            allowed = ", ".join(choices)
            violations.append(
                Violation(value, f"Member must satisfy enum value set: [{allowed}]")
            )
        if matches and not matches(value):
            violations.append(
                Violation(
                    value,
                    f"Member must satisfy regular expression pattern: {pattern}",
                )
            )
        _check_length(value, shortest, longest, violations)
        return value

    return parse


def _check_length(
    value: str | dict[str, Any],
    shortest: int,
    longest: int | None,
    violations: list[Violation],
) -> None:
    template = "Member must have length {} than or equal to {}"
    if len(value) < shortest:
        violations.append(Violation(value, template.format("greater", shortest)))
    if longest is not None and len(value) > longest:
        violations.append(Violation(value, template.format("less", longest)))


def _integer_parser(shape: Shape) -> Parser:
    limit = 1 << (INTEGER_BITS[shape.type_name] - 1)

    def parse(value: Any, _: list[Violation]) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            _wrong_type(value, "an integer")
        if not -limit <= value < limit:
            raise SerializationException(
                f"Expected an integer of {INTEGER_BITS[shape.type_name]} bits, "
                f"found {_shown(value)}"
            )
        return value

    return parse


def _timestamp_parser(_shape: Shape) -> Parser:
    def parse(value: Any, _: list[Violation]) -> int:
        """Turn epoch seconds into epoch milliseconds."""
        if isinstance(value, str):
            # The one text of this kind that was seen in the wild.
            raise SerializationException(
                "class java.lang.String can not be converted to milliseconds "
                "since epoch"
            )
        if not isinstance(value, int | float) or isinstance(value, bool):
            _wrong_type(value, "a number of seconds since epoch")
        if not EARLIEST_DATE <= value <= LATEST_DATE:
            raise SerializationException(
                f"{_shown(value)} can not be converted to milliseconds since epoch"
            )
        return round(value * 1000)

    return parse


def _list_parser(shape: ListShape) -> Parser:
    parse_item = _required(_parser(shape.member))

    def parse(value: Any, violations: list[Violation]) -> list[Any]:
        if not isinstance(value, list):
            _wrong_type(value, "a list")
        items = []
        for number, item in enumerate(value, start=1):
            seen = len(violations)
            items.append(parse_item(item, violations))
            if len(violations) > seen:
                _prefix(violations[seen:], f"{number}.member")
        return items

    return parse


def _map_parser(shape: MapShape) -> Parser:
    shortest = shape.metadata.get("min", 0)
    longest = shape.metadata.get("max")
    parse_value = _required(_parser(shape.value))

    def parse(value: Any, violations: list[Violation]) -> dict[str, Any]:
        if not isinstance(value, dict):
            _wrong_type(value, "an object")
        _check_length(value, shortest, longest, violations)
        entries = {}
        for key, entry in value.items():
            seen = len(violations)
            entries[key] = parse_value(entry, violations)
            if len(violations) > seen:
                _prefix(violations[seen:], key)
        return entries

    return parse


def _structure_parser(shape: StructureShape) -> Parser:
    members = [
        (name, _member_parser(shape, name, _parser(member)))
        for name, member in shape.members.items()
    ]

    def parse(value: Any, violations: list[Violation]) -> dict[str, Any]:
        if not isinstance(value, dict):
            _wrong_type(value, "an object")
        parsed = {}
        for name, parse_member in members:
            member = parse_member(value.get(name), violations)
            if member is not None:
                parsed[name] = member
        return parsed

    return parse


def _member_parser(structure: StructureShape, name: str, parse_value: Parser) -> Parser:
    """Wrap the parser of a value into that of a named member, which may be unset."""
    path = _camel_case(name)
    optional = name not in structure.required_members
    if not optional:
        parse_value = _required(parse_value)

    def parse(value: Any, violations: list[Violation]) -> Any:
        if optional and value is None:
            return None
        seen = len(violations)
        parsed = parse_value(value, violations)
        if len(violations) > seen:
            _prefix(violations[seen:], path)
        return parsed

    return parse


def _required(parse_value: Parser) -> Parser:
    def parse(value: Any, violations: list[Violation]) -> Any:
        if value is None:
            violations.append(Violation(None, "Member must not be null"))
            return None
        return parse_value(value, violations)

    return parse


def _prefix(violations: list[Violation], step: str) -> None:
    """Put one more step before the paths of violations found further inside."""
    for violation in violations:
        violation.path = f"{step}.{violation.path}" if violation.path else step


_PARSERS: dict[str, Callable[[Any], Parser]] = {
    "string": _string_parser,
    "integer": _integer_parser,
    "long": _integer_parser,
    "timestamp": _timestamp_parser,
    "list": _list_parser,
    "map": _map_parser,
    "structure": _structure_parser,
}


def _parser(shape: Shape) -> Parser:
    return _PARSERS[shape.type_name](shape)


def _text_parser(shape: Shape) -> Parser:
    """Read a value that arrives as text: in the path, the query or a header."""
    parse_value = _parser(shape)
    if shape.type_name not in INTEGER_BITS:
        return parse_value
    limit = 1 << (INTEGER_BITS[shape.type_name] - 1)

    def parse(value: str, violations: list[Violation]) -> int:
        # Few enough digits for int() to stay cheap, enough for any long.
        if not re.fullmatch(r"-?[0-9]{1,19}", value) or not (
            -limit <= int(value) < limit
        ):
            bits = INTEGER_BITS[shape.type_name]
            violations.append(
                Violation(value, f"Member must be an integer of {bits} bits")
            )
            return 0
        return int(value)

    return parse


def _read_json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
        if b"\\u" in body:
            # A lone surrogate is valid JSON, but no text: it could not be sent back.
            json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise SerializationException(f"The body is not valid JSON: {error}") from None
    if not isinstance(parsed, dict):
        found = _JSON_TYPES.get(type(parsed), "null")
        raise SerializationException(f"The body must be a JSON object, found {found}")
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


# --- Writing an answer ------------------------------------------------------------

Serializer = Callable[[Any], Any]


def _as_is(value: Any) -> Any:
    return value


def _to_epoch_seconds(milliseconds: int) -> float:
    return milliseconds / 1000


def _serializer(shape: Shape) -> Serializer:
    """Make the function that turns an operation's plain data into JSON values."""
    if isinstance(shape, StructureShape):
        # In the order of the alphabet, unset members as null: as seen in live answers.
        members = [
            (name, _serializer(shape.members[name])) for name in sorted(shape.members)
        ]

        def serialize_structure(value: Mapping[str, Any]) -> dict[str, Any]:
            return {
                name: None if (member := value.get(name)) is None else serialize(member)
                for name, serialize in members
            }

        return serialize_structure
    if isinstance(shape, ListShape):
        serialize_item = _serializer(shape.member)
        return lambda value: [serialize_item(item) for item in value]
    return _to_epoch_seconds if shape.type_name == "timestamp" else _as_is


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# --- Operations and routes --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _InputMember:
    """Where a parameter of an operation travels, and how it is read."""

    argument: str  # as the operation's method calls it: identity_pool_id
    location: str  # uri, querystring, header or body
    wire_name: str  # in that location: IdentityPoolId, nextToken, x-amz-Client-Context
    parse: Parser


class Operation:
    """One operation of the service, as the model describes it.

    :ivar name: for example ``DeleteDataset``.
    :ivar method_name: of the method that carries it out: ``delete_dataset``.
    """

    def __init__(self, model: OperationModel) -> None:
        self.name: str = model.name
        self.method_name: str = xform_name(model.name)
        self.http_method: str = model.http["method"]
        self.segments: list[str] = model.http["requestUri"].strip("/").split("/")
        self._labels = [part[1:-1] for part in self.segments if part.startswith("{")]
        shape = cast("StructureShape", model.input_shape)  # every operation has one
        self._members = [_input_member(shape, name) for name in shape.members]
        self._reads_body = any(member.location == "body" for member in self._members)
        self._serialize = (
            _serializer(model.output_shape) if model.output_shape else None
        )

    def parse(self, request: HttpRequest, label_values: list[str]) -> dict[str, Any]:
        """Read and validate the parameters of a request.

        :param label_values: what stands in the path for the URI's labels, decoded.
        :return: the parameters that were sent, by the names that
            :attr:`method_name` takes; timestamps as epoch milliseconds.
        :raises SerializationException: the body is no JSON object, or holds a
            value of the wrong type.
        :raises InvalidParameterException: constraints of the model are broken; the
            message names all of them.
        """
        sources: dict[str, Mapping[str, Any]] = {
            "uri": dict(zip(self._labels, label_values, strict=True)),
            "querystring": _read_query(request.query),
            "header": request.headers,
            "body": _read_json_object(request.body) if self._reads_body else {},
        }
        violations: list[Violation] = []
        parameters = {}
        for member in self._members:
            value = sources[member.location].get(member.wire_name)
            parsed = member.parse(value, violations)
            if parsed is not None:
                parameters[member.argument] = parsed
        if violations:
            raise InvalidParameterException(_describe(violations))
        return parameters

    def serialize(self, result: Mapping[str, Any]) -> bytes:
        """Write the body of a successful answer.

        :param result: the output's members; timestamps as epoch milliseconds.
        """
        return b"" if self._serialize is None else _to_json(self._serialize(result))


def _input_member(shape: StructureShape, name: str) -> _InputMember:
    member = shape.members[name]
    location = member.serialization.get("location", "body")
    parse_value = _parser(member) if location == "body" else _text_parser(member)
    return _InputMember(
        argument=xform_name(name),
        location=location,
        wire_name=member.serialization.get("name", name),
        parse=_member_parser(shape, name, parse_value),
    )


def _read_query(query: str) -> dict[str, str]:
    # Reversed, so that of a repeated parameter the first one counts.
    return dict(reversed(parse_qsl(query, keep_blank_values=True))) if query else {}


def _describe(violations: list[Violation]) -> str:
    count = len(violations)
    errors = "validation error" if count == 1 else "validation errors"
    return f"{count} {errors} detected: {'; '.join(map(str, violations))}"


class Service:
    """The service's operations, and the way from a path to one of them."""

    _LABEL = object()  # no segment of a request can be mistaken for it

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self.operations = {
            name: Operation(model.operation_model(name))
            for name in model.operation_names
        }
        # A tree of path segments, with operations as its leaves, by (method,).
        self._routes: dict[Any, Any] = {}
        for operation in self.operations.values():
            self._add_route(operation)

    def _add_route(self, operation: Operation) -> None:
        node = self._routes
        for segment in operation.segments:
            step = self._LABEL if segment.startswith("{") else segment
            node = node.setdefault(step, {})
        node[operation.http_method,] = operation

    def route(self, method: str, path: str) -> tuple[Operation, list[str]]:
        """Find the operation for a method and a raw path.

        Each segment is percent-decoded once, after the path was split: an encoded
        slash stays inside of its segment, and ``.`` and ``..`` are mere names.

        :return: the operation, and the values of the labels in its URI.
        :raises UnknownOperationException: there is none.
        """
        node = self._routes
        label_values = []
        for segment in map(unquote, path.removeprefix("/").split("/")):
            if segment in node:
                node = node[segment]
            else:
                label_values.append(segment)
                node = node.get(self._LABEL, {})
        operation = node.get((method,))
        if operation is None:
            raise UnknownOperationException(
                f"No operation of Amazon Cognito Sync has the method {method} "
                f"and the path {_shown(path)}"
            )
        return operation, label_values

    def http_status(self, error: CognitoSyncError) -> int:
        """Look up the status an error travels with."""
        if error.code not in self._model.shape_names:
            return error.http_status
        status: int = self._model.shape_for(error.code).metadata["error"][
            "httpStatusCode"
        ]
        return status


@cache
def service() -> Service:
    """Load the model of Amazon Cognito Sync that the installed botocore ships."""
    description = create_loader().load_service_model("cognito-sync", "service-2")
    return Service(ServiceModel(description, "cognito-sync"))


# --- The whole way ----------------------------------------------------------------


def parse(request: HttpRequest) -> tuple[Operation, dict[str, Any]]:
    """Find a request's operation and its parameters.

    :raises CognitoSyncError: see :meth:`Service.route` and :meth:`Operation.parse`.
    """
    operation, label_values = service().route(request.method, request.path)
    return operation, operation.parse(request, label_values)


def serialize(
    request: HttpRequest, operation: Operation, result: Mapping[str, Any]
) -> HttpResponse:
    """Answer a request with an operation's result."""
    return HttpResponse(200, _headers(request), operation.serialize(result))


def serialize_error(request: HttpRequest, error: CognitoSyncError) -> HttpResponse:
    """Answer a request with an error: its name in a header, its text in the body."""
    headers = _headers(request)
    # The colon is what live answers end the name with; clients cut there.
    headers["x-amzn-ErrorType"] = f"{error.code}:"
    if len(error.message) <= LONGEST_HEADER and _fits_into_header(error.message):
        headers["x-amzn-ErrorMessage"] = error.message
    status = service().http_status(error)
    return HttpResponse(status, headers, _to_json({"message": error.message}))


def preflight(request: HttpRequest) -> HttpResponse:
    """Answer the question a browser asks before it calls from another origin."""
    headers = _headers(request)
    headers["Access-Control-Allow-Methods"] = "DELETE,GET,POST"
    headers["Access-Control-Allow-Headers"] = request.headers.get(
        "Access-Control-Request-Headers", "*"
    )
    headers["Access-Control-Max-Age"] = "172800"
    return HttpResponse(200, headers, b"")


def _headers(request: HttpRequest) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "x-amzn-RequestId": str(mock_random.uuid4()),
    }
    if "Origin" in request.headers:
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    return headers


def _fits_into_header(text: str) -> bool:
    return text.isascii() and text.isprintable()
