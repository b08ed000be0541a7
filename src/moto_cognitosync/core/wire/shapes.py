"""Parsers and serializers for the shapes of a service model.

Each shape is compiled once into a function that parses and validates values, or into a
function that serializes them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import Any, NoReturn

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from moto_cognitosync.core.exceptions import SerializationException

# Error messages truncate longer values to this number of characters.
MAX_VALUE_SHOWN = 256

# Epoch seconds. Clients cannot represent dates outside the years 1 to 9999.
START_OF_YEAR_1, START_OF_YEAR_10000 = -62_135_596_800, 253_402_300_800

# Strings that may be longer than this are data, not names or keys.
MAX_NAME_LENGTH = 1024

MISSING = "Member must not be null"

INTEGER_BITS = {"integer": 32, "long": 64}

JSON_TYPES: dict[type, str] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


# --- Parsing ----------------------------------------------------------------------


@dataclass(slots=True)
class Violation:
    """A value that violates a constraint of the model.

    :ivar path: location of the value in the input, for example
        ``recordPatches.1.member.key``.
    """

    value: object
    constraint: str
    path: str = ""

    def __str__(self) -> str:
        value = "null" if self.value is None else f"'{format_value(self.value)}'"
        return (
            f"Value {value} at '{self.path}' failed to satisfy constraint: "
            f"{self.constraint}"
        )


class WrongTypeError(Exception):
    """A value has the wrong JSON type.

    :ivar path: location of the value, as in :class:`Violation`.
    """

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected = expected
        self.found = found
        self.path = ""

    def __str__(self) -> str:
        return f"Expected {self.expected} at '{self.path}', found {self.found}"


# Takes a JSON value and returns the value for the operation. Violated constraints are
# added to the list; a value of the wrong type raises WrongTypeError.
Parser = Callable[[Any, list[Violation]], Any]


def format_value(value: object) -> str:
    """Format a value as AWS error messages do, in Java's syntax.

    Long values are truncated.
    """
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{k}={v}" for k, v in value.items()) + "}"
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > MAX_VALUE_SHOWN:
        return f"{text[:MAX_VALUE_SHOWN]}... ({len(text)} characters)"
    return text


def _camel_case(member: str) -> str:
    return member[0].lower() + member[1:]


def _wrong_type(value: object, expected: str) -> NoReturn:
    found = JSON_TYPES[type(value)]
    if not isinstance(value, dict | list):
        found += f": {format_value(value)}"
    raise WrongTypeError(expected, found)


def _string_parser(shape: StringShape) -> Parser:
    lengths = _lengths(shape)
    # Names and keys are interned, because most identities use the same ones. Values are
    # not, because some versions of Python never free interned strings.
    intern = sys.intern if lengths.stop <= MAX_NAME_LENGTH + 1 else str
    pattern = shape.metadata.get("pattern")
    # The service is written in Java, where \w and \d match ASCII only.
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
        if len(value) not in lengths:
            violations.append(_wrong_length(value, lengths))
            return value
        return intern(value)

    return parse


def _lengths(shape: Shape) -> range:
    """Return the range of lengths that a shape allows."""
    maximum = shape.metadata.get("max", sys.maxsize - 1)
    return range(shape.metadata.get("min", 0), maximum + 1)


def _wrong_length(value: str | dict[str, Any], allowed: range) -> Violation:
    is_short = len(value) < allowed.start
    relation, limit = (
        ("greater", allowed.start) if is_short else ("less", allowed.stop - 1)
    )
    return Violation(
        value, f"Member must have length {relation} than or equal to {limit}"
    )


def _integers(shape: Shape) -> range:
    """Return the range of values that an integer shape allows."""
    limit = 1 << (INTEGER_BITS[shape.type_name] - 1)
    return range(-limit, limit)


def _integer_parser(shape: Shape) -> Parser:
    bits, allowed = INTEGER_BITS[shape.type_name], _integers(shape)

    def parse(value: Any, _: list[Violation]) -> int:
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            _wrong_type(value, "an integer")
        if value not in allowed:
            raise WrongTypeError(f"an integer of {bits} bits", format_value(value))
        return value

    return parse


def _timestamp_parser(_shape: Shape) -> Parser:
    def parse(value: Any, _: list[Violation]) -> int:
        """Turn epoch seconds into epoch milliseconds."""
        if isinstance(value, str):
            # Observed on AWS, unlike the other messages about wrong types.
            raise SerializationException(
                "class java.lang.String can not be converted to milliseconds "
                "since epoch"
            )
        if not isinstance(value, int | float) or isinstance(value, bool):
            _wrong_type(value, "a number of seconds since epoch")
        if not START_OF_YEAR_1 <= value < START_OF_YEAR_10000:
            raise WrongTypeError(
                "a number of seconds since epoch (years 1 to 9999)",
                format_value(value),
            )
        # Rounding must not move a date into the year 10000.
        return min(round(value * 1000), START_OF_YEAR_10000 * 1000 - 1)

    return parse


def _list_parser(shape: ListShape) -> Parser:
    parse_item = _required(parser(shape.member))

    def parse(value: Any, violations: list[Violation]) -> list[Any]:
        if not isinstance(value, list):
            _wrong_type(value, "a list")
        return [
            _parse_at(f"{number}.member", parse_item, item, violations)
            for number, item in enumerate(value, start=1)
        ]

    return parse


def _map_parser(shape: MapShape) -> Parser:
    lengths = _lengths(shape)
    parse_value = _required(parser(shape.value))

    def parse(value: Any, violations: list[Violation]) -> dict[str, Any]:
        if not isinstance(value, dict):
            _wrong_type(value, "an object")
        if len(value) not in lengths:
            violations.append(_wrong_length(value, lengths))
        return {
            key: _parse_at(key, parse_value, entry, violations)
            for key, entry in value.items()
        }

    return parse


def _structure_parser(shape: StructureShape) -> Parser:
    members = [
        (
            name,
            _camel_case(name),
            _member_parser(member),
            name in shape.required_members,
        )
        for name, member in shape.members.items()
    ]

    def parse(value: Any, violations: list[Violation]) -> dict[str, Any]:
        if not isinstance(value, dict):
            _wrong_type(value, "an object")
        parsed = {}
        for name, path, parse_member, required in members:
            member = value.get(name)
            if member is not None:
                parsed[name] = _parse_at(path, parse_member, member, violations)
            elif required:
                violations.append(Violation(None, MISSING, path))
        return parsed

    return parse


def location(member: Shape) -> str:
    """Return the location of an input member: uri, querystring, header or body."""
    return str(member.serialization.get("location", "body"))


def _member_parser(member: Shape) -> Parser:
    return parser(member) if location(member) == "body" else _text_parser(member)


def _required(parse_value: Parser) -> Parser:
    def parse(value: Any, violations: list[Violation]) -> Any:
        if value is None:
            violations.append(Violation(None, MISSING))
            return None
        return parse_value(value, violations)

    return parse


def _parse_at(
    step: str, parse_value: Parser, value: Any, violations: list[Violation]
) -> Any:
    """Parse a value; prefix the paths of its errors and violations with ``step``."""
    seen = len(violations)
    try:
        parsed = parse_value(value, violations)
    except WrongTypeError as error:
        _prefix(error, step)
        raise
    if len(violations) > seen:
        for violation in violations[seen:]:
            _prefix(violation, step)
    return parsed


def _prefix(problem: Violation | WrongTypeError, step: str) -> None:
    problem.path = f"{step}.{problem.path}" if problem.path else step


_PARSERS: dict[str, Callable[[Any], Parser]] = {
    "string": _string_parser,
    "integer": _integer_parser,
    "long": _integer_parser,
    "timestamp": _timestamp_parser,
    "list": _list_parser,
    "map": _map_parser,
    "structure": _structure_parser,
}


def parser(shape: Shape) -> Parser:
    """Return the function that parses JSON values of a shape."""
    return _PARSERS[shape.type_name](shape)


def _text_parser(shape: Shape) -> Parser:
    """Return the function that parses values in a URI, query string or header."""
    parse_value = parser(shape)
    if shape.type_name not in INTEGER_BITS:
        return parse_value
    bits, allowed = INTEGER_BITS[shape.type_name], _integers(shape)

    def parse(value: str, violations: list[Violation]) -> int:
        # 19 digits are enough for 64 bits. More would make int() slow.
        if not re.fullmatch(r"-?[0-9]{1,19}", value) or int(value) not in allowed:
            violations.append(
                Violation(value, f"Member must be an integer of {bits} bits")
            )
            return 0
        return int(value)

    return parse


# --- Serializing ------------------------------------------------------------------

# Takes a value from the operation and returns its JSON text. Joining strings is faster
# than converting the value first and then calling the JSON encoder.
Serializer = Callable[[Any], str]

_ESCAPED_CHARACTERS = [*map(chr, range(32)), '"', "\\"]

# For strings of this length or longer, it is faster to check first whether any
# character must be escaped.
_LONG_STRING = 1024


def _write_string(value: str) -> str:
    if len(value) < _LONG_STRING or any(c in value for c in _ESCAPED_CHARACTERS):
        return encode_basestring(value)
    return f'"{value}"'


def _write_timestamp(milliseconds: int) -> str:
    """Write epoch milliseconds as epoch seconds."""
    return repr(milliseconds / 1000)


def _structure_serializer(shape: StructureShape) -> Serializer:
    # In alphabetical order, and unset members as null, as observed on AWS.
    members = [
        (name, f'"{name}":', serializer(shape.members[name]))
        for name in sorted(shape.members)
    ]

    def write(value: Mapping[str, Any]) -> str:
        written = [
            start + ("null" if (member := value.get(name)) is None else write(member))
            for name, start, write in members
        ]
        return f"{{{','.join(written)}}}"

    return write


def _list_serializer(shape: ListShape) -> Serializer:
    write_item = serializer(shape.member)
    return lambda value: f"[{','.join(map(write_item, value))}]"


_SERIALIZERS: dict[str, Callable[[Any], Serializer]] = {
    "string": lambda _: _write_string,
    "integer": lambda _: repr,
    "long": lambda _: repr,
    "timestamp": lambda _: _write_timestamp,
    "list": _list_serializer,
    "structure": _structure_serializer,
}


def serializer(shape: Shape) -> Serializer:
    """Return the function that serializes values of a shape as JSON."""
    make_serializer = _SERIALIZERS.get(shape.type_name)
    return to_json if make_serializer is None else make_serializer(shape)


to_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def check_text(text: str) -> None:
    """Check that a string can be encoded as UTF-8.

    :raises ValueError: if the string contains a surrogate.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(
            f"{text!r} contains a surrogate, which cannot be encoded as UTF-8"
        ) from None
