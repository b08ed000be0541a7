"""Routes requests to operations, parses their input and serializes their output.

Routes, parameter locations, constraints, output members and HTTP statuses all come
from botocore's model of the service. Nothing here is specific to one operation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, NoReturn, cast
from urllib.parse import parse_qsl, unquote

from botocore import xform_name
from botocore.loaders import create_loader
from botocore.model import OperationModel, ServiceModel, StructureShape

from moto_cognitosync.core.exceptions import (
    InvalidParameterException,
    SerializationException,
    ServiceError,
    UnknownOperationException,
)

from .http import HttpRequest
from .shapes import (
    JSON_TYPES,
    Parser,
    Serializer,
    Violation,
    WrongTypeError,
    format_value,
    location,
    parser,
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
            # A lone surrogate is valid JSON, but no text: it could not be sent back.
            json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise SerializationException(f"The body is not valid JSON: {error}") from None
    if not isinstance(parsed, dict):
        found = JSON_TYPES.get(type(parsed), "null")
        raise SerializationException(f"The body must be a JSON object, found {found}")
    return parsed


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


# --- Operations and routes --------------------------------------------------------


class _InputMember(NamedTuple):
    """Where a parameter of an operation travels."""

    name: str  # as the API calls it: IdentityPoolId
    argument: str  # as the operation's method calls it: identity_pool_id
    location: str  # uri, querystring, header or body
    wire_name: str  # in that location: IdentityPoolId, nextToken, x-amz-Client-Context


class Operation:
    """One operation of the service, as the model describes it.

    :ivar name: for example ``DeleteDataset``.
    :ivar errors: the names of those that the model lists for it.
    :ivar method_name: of the method that carries it out: ``delete_dataset``.
    """

    def __init__(self, model: OperationModel) -> None:
        self.name: str = model.name
        self.method_name: str = xform_name(model.name)
        self.errors: list[str] = [shape.name for shape in model.error_shapes]
        self.http_method: str = model.http["method"]
        self.segments: list[str] = model.http["requestUri"].strip("/").split("/")
        self._labels = [part[1:-1] for part in self.segments if part.startswith("{")]
        self._input = cast("StructureShape", model.input_shape)  # all of them have one
        self._output = model.output_shape
        self._output_names = list(self._output.members) if self._output else []
        self._members = [
            _input_member(self._input, name) for name in self._input.members
        ]
        self._headers = [
            member.wire_name for member in self._members if member.location == "header"
        ]
        self._reads_body = any(member.location == "body" for member in self._members)

    # These two are made when they are needed, as few processes call all operations.

    @cached_property
    def _parse(self) -> Parser:
        return parser(self._input)

    @cached_property
    def _serialize(self) -> Serializer | None:
        return serializer(self._output) if self._output else None

    def parse(self, request: HttpRequest, label_values: list[str]) -> dict[str, Any]:
        """Read and validate the parameters of a request.

        :param label_values: what stands in the path for the URI's labels, decoded.
        :return: the parameters that were sent, by the names that
            :attr:`method_name` takes; timestamps as epoch milliseconds.
        :raises SerializationException: the body broke off, is no JSON object, or
            holds a value of the wrong type.
        :raises InvalidParameterException: constraints of the model are broken; the
            message counts all of them, and names the first.
        """
        if request.body is None:  # even if it is not needed: it was not all sent
            raise SerializationException("The body broke off before its end")
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
            raise InvalidParameterException(_describe(violations))
        return {
            member.argument: parsed[member.name]
            for member in self._members
            if member.name in parsed
        }

    @property
    def arguments(self) -> set[str]:
        """The names of all parameters, as :attr:`method_name` takes them."""
        return {member.argument for member in self._members}

    def api_names(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters by the names that the API gives them."""
        return {
            member.name: parameters[member.argument]
            for member in self._members
            if member.argument in parameters
        }

    def serialize(self, result: Any) -> bytes:
        """Return the body of a successful response.

        :param result: the value of the output's only member, or a mapping of all
            members; ignored if the output has none. Timestamps are epoch milliseconds.
        """
        if self._serialize is None:
            return b""
        return self._serialize(self._wrap(result)).encode()

    def _wrap(self, result: Any) -> Mapping[str, Any]:
        """Return the members of the output by their names."""
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
    # Reversed, so that of a repeated parameter the first one counts.
    return dict(reversed(parse_qsl(query, keep_blank_values=True))) if query else {}


def _read_headers(headers: Mapping[str, str], names: list[str]) -> dict[str, str]:
    return {name: _read_header(headers[name]) for name in names if name in headers}


def _read_header(value: str) -> str:
    """Read the UTF-8 that SDKs send, which comes as if it were Latin-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _describe(violations: list[Violation]) -> str:
    count = len(violations)
    errors = "validation error" if count == 1 else "validation errors"
    texts = [str(violation) for violation in violations[:MAX_VIOLATIONS_SHOWN]]
    if count > len(texts):
        texts.append(f"and {count - len(texts)} more")
    return f"{count} {errors} detected: {'; '.join(texts)}"


class Service:
    """The service's operations, and the way from a path to one of them."""

    _LABEL = object()  # no segment of a request can be mistaken for it

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._name = model.metadata["serviceFullName"]
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
                f"No operation of {self._name} has the method {method} "
                f"and the path {format_value(path)}"
            )
        return operation, label_values

    def http_status(self, error: ServiceError) -> int:
        """Look up the status an error travels with."""
        if error.code not in self._model.shape_names:
            return error.http_status
        status: int = self._model.shape_for(error.code).metadata["error"][
            "httpStatusCode"
        ]
        return status


def load_service(name: str, version: str) -> Service:
    """Load a service from the models that the installed botocore ships.

    :param name: as botocore spells it, for example ``cognito-sync``.
    :param version: API version, for example ``2014-06-30``.
    """
    # Loading by path avoids botocore's scan of all service folders.
    description = create_loader().load_data(f"{name}/{version}/service-2")
    return Service(ServiceModel(description, name))
