"""The operations of a service: parse their input and serialize their output.

Parameter locations, constraints and output members all come from botocore's model of
the service. Nothing here is specific to one operation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, NoReturn, cast
from urllib.parse import parse_qsl

from botocore import xform_name
from botocore.model import OperationModel, StructureShape

from moto_cognitosync.core.exceptions import SerializationException

from .http import HttpRequest
from .protocols import Protocol
from .shapes import (
    JSON_TYPES,
    Parser,
    Redactor,
    Serializer,
    Violation,
    WrongTypeError,
    location,
    parser,
    redactor,
    serializer,
)

# A request can violate more than a thousand constraints, one per record.
MAX_VIOLATIONS_SHOWN = 20


def _read_json_object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        parsed = json.loads(body.decode(), parse_constant=_reject_constant)
        if b"\\u" in body:
            # JSON allows lone surrogates, but they cannot be encoded in a response.
            json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise SerializationException(f"The body is not valid JSON: {error}") from None
    if not isinstance(parsed, dict):
        found = JSON_TYPES.get(type(parsed), "null")
        raise SerializationException(f"The body must be a JSON object, found {found}")
    return parsed


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


# --- Operations -------------------------------------------------------------------


class _InputMember(NamedTuple):
    """A parameter of an operation, and its location in a request."""

    name: str  # name in the API, for example IdentityPoolId
    argument: str  # name in Python, for example identity_pool_id
    location: str  # uri, querystring, header or body
    wire_name: str  # name in that location, for example nextToken


class Operation:
    """An operation of a service, according to the model.

    :ivar name: the API name, for example ``DeleteDataset``.
    :ivar method_name: the name of the backend method, for example ``delete_dataset``.
    :ivar is_unsigned: whether clients do not sign requests for the operation.
    """

    def __init__(self, model: OperationModel, protocol: Protocol) -> None:
        self._model = model
        self.name: str = model.name
        self.protocol = protocol
        self.method_name: str = xform_name(model.name)
        self.is_unsigned: bool = model.auth_type == "none"
        self.http_method: str = model.http["method"]
        self.segments: list[str] = model.http["requestUri"].strip("/").split("/")
        self._labels = [part[1:-1] for part in self.segments if part.startswith("{")]
        self._input = cast("StructureShape", model.input_shape)  # never None
        self._output = model.output_shape

    # Created on demand, because few processes call all operations.

    @cached_property
    def errors(self) -> list[str]:
        """The codes of the errors that the model lists for the operation."""
        return [shape.name for shape in self._model.error_shapes]

    @cached_property
    def _members(self) -> list[_InputMember]:
        return [_input_member(self._input, name) for name in self._input.members]

    @cached_property
    def _headers(self) -> list[str]:
        return [each.wire_name for each in self._members if each.location == "header"]

    @cached_property
    def _reads_body(self) -> bool:
        return any(each.location == "body" for each in self._members)

    @cached_property
    def _output_names(self) -> list[str]:
        return list(self._output.members) if self._output else []

    @cached_property
    def _parse(self) -> Parser:
        return parser(self._input)

    @cached_property
    def _redact(self) -> Redactor:
        return redactor(self._input)

    @cached_property
    def _serialize(self) -> Serializer | None:
        if self._output is None:
            return None
        return serializer(self._output, writes_nulls=self.protocol.writes_nulls)

    def parse(self, request: HttpRequest, label_values: list[str]) -> dict[str, Any]:
        """Read and validate the parameters of a request.

        :param label_values: values of the labels in the URI, percent-decoded.
        :return: the parameters in the request, by Python names; timestamps in epoch
            milliseconds.
        :raises SerializationException: if the body is incomplete, is not a JSON object,
            or contains a value of the wrong type.
        :raises ServiceError: if parameters violate the model's constraints. The
            protocol determines the class; the message gives the number of violations
            and lists up to 20.
        """
        if request.body is None:  # an error even if the operation reads no body
            raise SerializationException("The request body is incomplete")
        sources: dict[str, Mapping[str, Any]] = {
            "uri": dict(zip(self._labels, label_values, strict=True)),
            "querystring": _read_query(request.query),
            "header": _read_headers(request.headers, self._headers),
            "body": _read_json_object(request.body) if self._reads_body else {},
        }
        sent = {
            member.name: sources[member.location].get(member.wire_name)
            for member in self._members
        }
        violations: list[Violation] = []
        try:
            parsed = self._parse(sent, violations)
        except WrongTypeError as error:
            raise SerializationException(str(error)) from None
        if violations:
            raise self.protocol.constraint_error(_describe(violations))
        return {
            member.argument: parsed[member.name]
            for member in self._members
            if member.name in parsed
        }

    @property
    def member_names(self) -> list[str]:
        """The API names of all parameters."""
        return [member.name for member in self._members]

    @property
    def arguments(self) -> set[str]:
        """The Python names of all parameters."""
        return {member.argument for member in self._members}

    def api_names(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters by their API names, without secrets.

        :param parameters: the parameters by Python names.
        """
        named = {
            member.name: parameters[member.argument]
            for member in self._members
            if member.argument in parameters
        }
        redacted: dict[str, Any] = self._redact(named)
        return redacted

    def serialize(self, result: Any) -> bytes:
        """Return the body of a successful response.

        :param result: the value of the output's only member, or a mapping of all
            members; ignored if the output has none. Timestamps are epoch milliseconds.
        """
        if self._serialize is None:
            return b""
        texts: list[str] = []
        self._serialize(self._wrap(result), texts)
        # An account id from a header or the environment may contain surrogates.
        return "".join(texts).encode(errors="backslashreplace")

    def _wrap(self, result: Any) -> Mapping[str, Any]:
        """Return the members of the output by name."""
        if len(self._output_names) > 1:
            return cast("Mapping[str, Any]", result)
        return dict.fromkeys(self._output_names, result)


def _input_member(shape: StructureShape, name: str) -> _InputMember:
    member = shape.members[name]
    return _InputMember(
        name=name,
        argument=xform_name(name),
        location=location(member),
        wire_name=member.serialization.get("name", name),
    )


def _read_query(query: str) -> dict[str, str]:
    # Reversed, so that the first of several parameters with the same name wins.
    return dict(reversed(parse_qsl(query, keep_blank_values=True))) if query else {}


def _read_headers(headers: Mapping[str, str], names: list[str]) -> dict[str, str]:
    return {name: _read_header(headers[name]) for name in names if name in headers}


def _read_header(value: str) -> str:
    """Decode a header value: SDKs send UTF-8, but WSGI decodes it as Latin-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _describe(violations: list[Violation]) -> str:
    count = len(violations)
    errors = "validation error" if count == 1 else "validation errors"
    listed = [str(violation) for violation in violations[:MAX_VIOLATIONS_SHOWN]]
    if count > len(listed):
        listed.append(f"and {count - len(listed)} more")
    return f"{count} {errors} detected: {'; '.join(listed)}"
