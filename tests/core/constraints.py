"""Every input constraint in the service model, with a valid and an invalid value.

The constraints come from botocore's model. The error messages are defined here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from botocore.model import ListShape, MapShape, Shape, StructureShape

from moto_cognitosync.core.wire.http import HttpRequest
from moto_cognitosync.core.wire.shapes import location
from tests.support.operations import MODEL, request_of

NULL = "Member must not be null"
TOO_LONG = "Member must have length less than or equal to {}"
TOO_SHORT = "Member must have length greater than or equal to {}"
PATTERN_MISMATCH = "Member must satisfy regular expression pattern: {}"
NOT_IN_ENUM = "Member must satisfy enum value set: [{}]"
NO_INTEGER = "Member must be an integer of {} bits"
WRONG_TYPE = "Expected {} at '{}', found a boolean: true"

BITS = {"integer": 32, "long": 64}

# The names that error messages use for the model's types.
IN_JSON = {
    "integer": "an integer",
    "list": "a list",
    "long": "an integer",
    "map": "an object",
    "string": "a string",
    "structure": "an object",
    "timestamp": "a number of seconds since epoch",
}

# Prefixes for shapes where a string of zeros is not valid.
PREFIXES = {
    "ApplicationArn": "arn:aws:sns:us-east-1:1:app/GCM/0",
    "AssumeRoleArn": "arn:aws:iam::1:role/",
    "IdentityId": "a:0",
    "IdentityPoolId": "a:0",
}


class Place(NamedTuple):
    """A place in an operation's input that takes a value of the given shape.

    :param path: the path in error messages, such as ``recordPatches.1.member.key``.
    :param put: builds an otherwise valid input with the given value in this place.
    """

    operation: str
    path: str
    shape: Shape
    required: bool
    put: Callable[[Any], dict[str, Any]]

    @property
    def is_in_body(self) -> bool:
        return location(self.shape) == "body"

    def request(self, value: Any) -> HttpRequest:
        """Build the request that a client without validation sends for this value."""
        members = MODEL.operation_model(self.operation).input_shape.members
        parts: dict[bool, dict[str, Any]] = {True: {}, False: {}}
        for name, each in self.put(value).items():
            parts[location(members[name]) == "body"][name] = each
        # botocore cannot serialize values of the wrong type, so build the body here.
        sent = request_of(self.operation, parts[False])
        return sent._replace(body=json.dumps(parts[True]).encode())


class Case(NamedTuple):
    """A constraint and a value that violates it.

    :param inside: the last valid value.
    :param outside: the first invalid value.
    :param broken: the constraints that ``outside`` violates; empty if it cannot be
        deserialized.
    """

    place: Place
    constraint: str
    inside: Any
    outside: Any
    broken: tuple[str, ...] = ()

    @property
    def error(self) -> str:
        return "InvalidParameterException" if self.broken else "SerializationException"

    @property
    def message(self) -> str:
        path = self.place.path
        if not self.broken:
            return WRONG_TYPE.format(IN_JSON[self.place.shape.type_name], path)
        return message(*((self.outside, path, each) for each in self.broken))

    def __str__(self) -> str:
        return f"{self.place.operation}-{self.place.path}-{self.constraint}"


def message(*errors: tuple[Any, str, str]) -> str:
    plural = "s" if len(errors) > 1 else ""
    return f"{len(errors)} validation error{plural} detected: " + "; ".join(
        f"Value {quoted(value)} at '{path}' failed to satisfy constraint: {constraint}"
        for value, path, constraint in errors
    )


def quoted(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, dict):
        value = "{" + ", ".join(f"{key}={value[key]}" for key in value) + "}"
    text = str(value)
    cut = f"{text[:256]}... ({len(text)} characters)"
    return f"'{text if len(text) <= 256 else cut}'"


# --- Places -----------------------------------------------------------------------


def places() -> Iterator[Place]:
    """Yield every place in the input of every operation, including nested ones."""
    for name in MODEL.operation_names:
        shape = MODEL.operation_model(name).input_shape
        yield from _members(Place(name, "", shape, True, lambda value: value))


def _members(structure: Place) -> Iterator[Place]:
    valid = valid_value(structure.shape)
    for name, shape in structure.shape.members.items():
        yield from _with_inner(
            structure._replace(
                path=f"{structure.path}.{name[0].lower()}{name[1:]}".lstrip("."),
                shape=shape,
                required=name in structure.shape.required_members,
                put=lambda value, name=name: structure.put(valid | {name: value}),
            )
        )


def _with_inner(place: Place) -> Iterator[Place]:
    yield place
    if isinstance(place.shape, StructureShape):
        yield from _members(place)
    elif isinstance(place.shape, ListShape):
        put_item = place._replace(put=lambda value: place.put([value]))
        yield from _with_inner(_inside(put_item, "1.member", place.shape.member))
    elif isinstance(place.shape, MapShape):
        put_entry = place._replace(put=lambda value: place.put({"key": value}))
        yield from _with_inner(_inside(put_entry, "key", place.shape.value))


def _inside(place: Place, step: str, shape: Shape) -> Place:
    return place._replace(path=f"{place.path}.{step}", shape=shape, required=True)


# --- Values -----------------------------------------------------------------------


def valid_value(shape: Shape) -> Any:
    """Build the smallest valid value."""
    if isinstance(shape, StructureShape):
        return {
            name: valid_value(shape.members[name]) for name in shape.required_members
        }
    plain = {"list": [], "map": {}, "string": of_length(shape, 1)}
    return (getattr(shape, "enum", None) or [plain.get(shape.type_name, 0)])[0]


def of_length(shape: Shape, length: int) -> Any:
    """Build a valid value of this length, or longer if none is that short."""
    if isinstance(shape, MapShape):
        return {str(number): "" for number in range(length)}
    return PREFIXES.get(shape.name, "").ljust(length, "0")


# --- Cases ------------------------------------------------------------------------


def cases() -> Iterator[Case]:
    """Yield a case for each constraint in each place."""
    for place in PLACES:
        yield from _presence(place)
        yield from _type(place)
        yield from _lengths(place)
        yield from _choices(place)


def _presence(place: Place) -> Iterator[Case]:
    # Without a path parameter, the request matches a different operation or none.
    if place.required and place.is_in_body:
        yield Case(place, "required", valid_value(place.shape), None, (NULL,))


def _type(place: Place) -> Iterator[Case]:
    # Values outside the body are strings; only integers can have the wrong type.
    bits = BITS.get(place.shape.type_name)
    inside = 2 ** (bits - 1) - 1 if bits else valid_value(place.shape)
    if place.is_in_body:
        yield Case(place, "type", inside, True)
    elif bits:
        yield Case(place, "type", inside, inside + 1, (NO_INTEGER.format(bits),))


def _lengths(place: Place) -> Iterator[Case]:
    shape = place.shape
    limits = shape.metadata
    if shortest := limits.get("min"):
        inside = of_length(shape, shortest)
        too_short = (*_mismatch(shape), TOO_SHORT.format(shortest))
        yield Case(place, "min", inside, inside[: shortest - 1], too_short)
    if longest := limits.get("max"):
        inside, outside = of_length(shape, longest), of_length(shape, longest + 1)
        yield Case(place, "max", inside, outside, (TOO_LONG.format(longest),))


def _mismatch(shape: Shape) -> tuple[str, ...]:
    pattern = shape.metadata.get("pattern")
    return (PATTERN_MISMATCH.format(pattern),) if pattern else ()


def _choices(place: Place) -> Iterator[Case]:
    if mismatch := _mismatch(place.shape):
        inside = valid_value(place.shape)
        yield Case(place, "pattern", inside, f"é{inside}", mismatch)
    if choices := getattr(place.shape, "enum", None):
        broken = NOT_IN_ENUM.format(", ".join(choices))
        yield Case(place, "enum", choices[-1], choices[-1].swapcase(), (broken,))


PLACES = [*places()]
CASES = [*cases()]
