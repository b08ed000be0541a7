"""Every input constraint in the service models, with a valid and an invalid value.

The constraints come from botocore's models. The error messages are defined here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from botocore.awsrequest import HeadersDict
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from moto_cognitosync.core.wire.http import HttpRequest
from moto_cognitosync.core.wire.shapes import location
from tests.support.operations import MODELS, request_of

NULL = "Member must not be null"
TOO_LONG = "Member must have length less than or equal to {}"
TOO_SHORT = "Member must have length greater than or equal to {}"
TOO_HIGH = "Member must have value less than or equal to {}"
TOO_LOW = "Member must have value greater than or equal to {}"
PATTERN_MISMATCH = "Member must satisfy regular expression pattern: {}"
NOT_IN_ENUM = "Member must satisfy enum value set: [{}]"
NO_INTEGER = "Member must be an integer of {} bits"
WRONG_TYPE = "Expected {} at '{}', found {}"

BITS = {"integer": 32, "long": 64}

# The names that error messages use for the model's types.
IN_JSON = {
    "boolean": "a boolean",
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

# Shapes that allow few strings.
ALLOWED = {"RoleType": ["authenticated", "unauthenticated"]}

# Values that do not match the patterns that allow letters such as é.
MISMATCHES = {"ClaimName": "a b", "PaginationKey": "a b"}

# The shapes of secrets, which older versions of botocore do not mark.
SECRETS = {"IdentityProviderToken", "OIDCToken", "SecretKeyString"}

CONSTRAINT_ERRORS = {
    "cognito-sync": "InvalidParameterException",
    "cognito-identity": "ValidationException",
}


class Place(NamedTuple):
    """A place in an operation's input that takes a value of the given shape.

    :param path: the path in error messages, such as ``recordPatches.1.member.key``.
    :param put: builds an otherwise valid input with the given value in this place.
    :param subject: in a list or map, what the constraints apply to.
    :param container: the path of the list or map.
    :param wrap: builds the list or map with the given value in it.
    """

    service: str
    operation: str
    path: str
    shape: Shape
    required: bool
    put: Callable[[Any], dict[str, Any]]
    subject: str = ""
    container: str = ""
    wrap: Callable[[Any], Any] = lambda value: value

    @property
    def is_in_body(self) -> bool:
        return location(self.shape) == "body"

    @property
    def is_key(self) -> bool:
        return self.subject == "Map keys"

    def request(self, value: Any) -> HttpRequest:
        """Build the request that a client without validation sends for this value."""
        if self.service == "cognito-identity":
            target = f"AWSCognitoIdentityService.{self.operation}"
            body = json.dumps(self.put(value)).encode()
            return HttpRequest(
                "POST", "/", "", HeadersDict({"X-Amz-Target": target}), body
            )
        members = MODELS[self.service].operation_model(self.operation).input_shape
        parts: dict[bool, dict[str, Any]] = {True: {}, False: {}}
        for name, each in self.put(value).items():
            parts[location(members.members[name]) == "body"][name] = each
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
        if self.broken:
            return CONSTRAINT_ERRORS[self.place.service]
        return "SerializationException"

    @property
    def message(self) -> str:
        place = self.place
        if not self.broken:
            found = "a string: x" if self.outside == "x" else "a boolean: true"
            if place.shape.name in SECRETS:
                found = "a boolean"
            return WRONG_TYPE.format(IN_JSON[place.shape.type_name], place.path, found)
        return violations(place, self.outside, *self.broken)

    def __str__(self) -> str:
        return f"{self.place.operation}-{self.place.path}-{self.constraint}"


def violations(place: Place, value: Any, *broken: str) -> str:
    """Return the message for a value that violates constraints in a place."""
    path, shape = place.path, place.shape
    if isinstance(shape, StringShape) and place.subject and limits_of(shape):
        # A list or map reports all of its strings at once, with all constraints.
        broken = (summary(place.subject, shape),)
        value, path = place.wrap(value), place.container
    if path == "logins" and isinstance(value, dict):
        value = dict.fromkeys(value, "***")
    return message(*((value, path, each) for each in broken))


def summary(subject: str, shape: Shape) -> str:
    return (
        f"{subject} must satisfy constraint: [{', '.join(limits_of(shape).values())}]"
    )


def limits_of(shape: Shape) -> dict[str, str]:
    """Return the text of each constraint of a string."""
    texts = {
        "max": TOO_LONG,
        "min": TOO_SHORT,
        "pattern": PATTERN_MISMATCH,
        "enum": NOT_IN_ENUM,
    }
    return {
        name: texts[name].format(shape.metadata[name])
        for name in texts
        if name in shape.metadata
    }


def message(*errors: tuple[Any, str, str]) -> str:
    plural = "s" if len(errors) > 1 else ""
    return f"{len(errors)} validation error{plural} detected: " + "; ".join(
        f"Value {quoted(value)} at '{path}' failed to satisfy constraint: {constraint}"
        for value, path, constraint in errors
    )


def quoted(value: Any) -> str:
    if value is None:
        return "null"
    text = in_java(value)
    cut = f"{text[:256]}... ({len(text)} characters)"
    return f"'{text if len(text) <= 256 else cut}'"


def in_java(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={in_java(value[key])}" for key in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(in_java, value)) + "]"
    return "null" if value is None else str(value)


# --- Places -----------------------------------------------------------------------


def places() -> Iterator[Place]:
    """Yield every place in the input of every operation, including nested ones."""
    for service, model in MODELS.items():
        for name in model.operation_names:
            shape = model.operation_model(name).input_shape
            whole = Place(service, name, "", shape, True, lambda value: value)
            yield from _members(whole)


def _members(structure: Place) -> Iterator[Place]:
    valid = valid_value(structure.shape)
    for name, shape in structure.shape.members.items():
        yield from _with_inner(
            structure._replace(
                path=f"{structure.path}.{name[0].lower()}{name[1:]}".lstrip("."),
                shape=shape,
                required=name in structure.shape.required_members,
                put=lambda value, name=name: structure.put(valid | {name: value}),
                subject="",
            )
        )


def _with_inner(place: Place) -> Iterator[Place]:
    yield place
    shape = place.shape
    if isinstance(shape, StructureShape):
        yield from _members(place)
    elif isinstance(shape, ListShape):
        yield from _inside(
            place, ".1.member", shape.member, "Member", lambda item: [item]
        )
    elif isinstance(shape, MapShape):
        key, value = ALLOWED.get(shape.key.name, ["key"])[0], valid_value(shape.value)
        is_structure = isinstance(shape.value, StructureShape)
        step = f".{key}.member" if is_structure else f".{key}"
        yield from _inside(
            place, step, shape.value, "Map value", lambda value: {key: value}
        )
        yield from _inside(
            place, " keys", shape.key, "Map keys", lambda key: {key: value}
        )


def _inside(
    place: Place,
    step: str,
    shape: Shape,
    subject: str,
    wrap: Callable[[Any], Any],
) -> Iterator[Place]:
    yield from _with_inner(
        place._replace(
            path=f"{place.path}{step}",
            shape=shape,
            required=True,
            put=lambda value: place.put(wrap(value)),
            subject=subject,
            container=place.path,
            wrap=wrap,
        )
    )


# --- Values -----------------------------------------------------------------------


def valid_value(shape: Shape) -> Any:
    """Build the smallest valid value."""
    if isinstance(shape, StructureShape):
        return {
            name: valid_value(shape.members[name]) for name in shape.required_members
        }
    if isinstance(shape, StringShape):
        allowed = shape.enum or ALLOWED.get(shape.name)
        return allowed[0] if allowed else of_length(shape, 1)
    if isinstance(shape, ListShape | MapShape):
        return of_length(shape, 0)
    return False if shape.type_name == "boolean" else shape.metadata.get("min", 0)


def of_length(shape: Shape, length: int) -> Any:
    """Build a valid value of this length, or longer if none is that short.

    Too many entries of a map may have invalid keys.
    """
    length = max(length, shape.metadata.get("min", 0))
    if isinstance(shape, MapShape):
        allowed = ALLOWED.get(shape.key.name, [])
        keys = [*allowed, *map(str, range(length))][:length]
        return dict.fromkeys(keys, valid_value(shape.value))
    if isinstance(shape, ListShape):
        return [valid_value(shape.member)] * length
    return PREFIXES.get(shape.name, "").ljust(length, "0")


# --- Cases ------------------------------------------------------------------------


def cases() -> Iterator[Case]:
    """Yield a case for each constraint in each place."""
    for place in PLACES:
        if not place.is_key:  # keys are always strings
            yield from _presence(place)
            yield from _type(place)
        yield from _ranges(place) if place.shape.type_name in BITS else _lengths(place)
        yield from _choices(place)


def _presence(place: Place) -> Iterator[Case]:
    # Without a path parameter, the request matches a different operation or none.
    if place.required and place.is_in_body:
        yield Case(place, "required", valid_value(place.shape), None, (NULL,))


def _type(place: Place) -> Iterator[Case]:
    # Values outside the body are strings; only integers can have the wrong type.
    shape = place.shape
    bits = BITS.get(shape.type_name)
    highest = shape.metadata.get("max", 2 ** (bits - 1) - 1) if bits else None
    inside = valid_value(shape) if highest is None else highest
    if place.is_in_body:
        yield Case(place, "type", inside, "x" if shape.type_name == "boolean" else True)
    elif bits:
        yield Case(place, "type", inside, inside + 1, (NO_INTEGER.format(bits),))


def _ranges(place: Place) -> Iterator[Case]:
    limits = place.shape.metadata
    if "min" in limits:
        lowest = limits["min"]
        yield Case(place, "min", lowest, lowest - 1, (TOO_LOW.format(lowest),))
    if "max" in limits:
        highest = limits["max"]
        yield Case(place, "max", highest, highest + 1, (TOO_HIGH.format(highest),))


def _lengths(place: Place) -> Iterator[Case]:
    shape = place.shape
    limits = shape.metadata
    allowed = ALLOWED.get(shape.name)
    if shortest := limits.get("min"):
        inside = allowed[0] if allowed else of_length(shape, shortest)
        too_short = (*_mismatch(shape), TOO_SHORT.format(shortest))
        yield Case(place, "min", inside, inside[: shortest - 1], too_short)
    if longest := limits.get("max"):
        inside = allowed[0] if allowed else of_length(shape, longest)
        outside = of_length(shape, longest + 1)
        broken = (TOO_LONG.format(longest),)
        if isinstance(shape, MapShape) and shape.key.name in ALLOWED:
            broken += (summary("Map keys", shape.key),)  # there is no other valid key
        yield Case(place, "max", inside, outside, broken)


def _mismatch(shape: Shape) -> tuple[str, ...]:
    pattern = shape.metadata.get("pattern")
    return (PATTERN_MISMATCH.format(pattern),) if pattern else ()


def _choices(place: Place) -> Iterator[Case]:
    if mismatch := _mismatch(place.shape):
        inside = valid_value(place.shape)
        outside = MISMATCHES.get(place.shape.name, f"é{inside}")
        yield Case(place, "pattern", inside, outside, mismatch)
    if choices := getattr(place.shape, "enum", None):
        broken = NOT_IN_ENUM.format(", ".join(choices))
        yield Case(place, "enum", choices[-1], choices[-1].swapcase(), (broken,))


PLACES = [*places()]
CASES = [*cases()]
