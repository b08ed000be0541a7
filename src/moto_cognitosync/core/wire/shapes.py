"""The shapes of the service model: what they accept, and how they are written.

For each shape, a function is made once that reads and checks its values, and another
that writes them.
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

# Values longer than this are cut where an error message shows them.
MAX_VALUE_SHOWN = 256

# The years a client can turn into a date, as epoch seconds.
EARLIEST_DATE, AFTER_LATEST_DATE = -62_135_596_800, 253_402_300_800

# What the model allows to be longer is data, and not a name or a key.
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


# --- Reading ----------------------------------------------------------------------


@dataclass(slots=True)
class Violation:
    """A constraint of the model that a value breaks."""

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
    """A value is of a type that cannot be read.

    :ivar path: as of a :class:`Violation`.
    """

    def __init__(self, wanted: str, found: str) -> None:
        super().__init__(wanted, found)
        self.wanted = wanted
        self.found = found
        self.path = ""

    def __str__(self) -> str:
        return f"Expected {self.wanted} at '{self.path}', found {self.found}"


# Takes a value from the wire, returns what the operation is given, and notes
# every broken constraint. A value of the wrong type raises WrongTypeError at once.
Parser = Callable[[Any, list[Violation]], Any]


def format_value(value: object) -> str:
    """Show a value in a message as the service does, in the manner of Java."""
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{k}={v}" for k, v in value.items()) + "}"
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > MAX_VALUE_SHOWN:
        return f"{text[:MAX_VALUE_SHOWN]}... ({len(text)} characters)"
    return text


def _camel_case(member: str) -> str:
    return member[0].lower() + member[1:]


def _wrong_type(value: object, wanted: str) -> NoReturn:
    found = JSON_TYPES[type(value)]
    if not isinstance(value, dict | list):
        found += f": {format_value(value)}"
    raise WrongTypeError(wanted, found)


def _string_parser(shape: StringShape) -> Parser:
    lengths = _lengths(shape)
    # Names and keys are kept once, as one identity after another has the same. Values
    # are not: some versions of Python keep what is interned for as long as they run.
    keep = sys.intern if lengths.stop <= MAX_NAME_LENGTH + 1 else str
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
        if len(value) not in lengths:
            violations.append(_wrong_length(value, lengths))
            return value
        return keep(value)

    return parse


def _lengths(shape: Shape) -> range:
    """Return all lengths that values of a shape can have."""
    longest = shape.metadata.get("max", sys.maxsize - 1)
    return range(shape.metadata.get("min", 0), longest + 1)


def _wrong_length(value: str | dict[str, Any], allowed: range) -> Violation:
    is_short = len(value) < allowed.start
    relation, limit = (
        ("greater", allowed.start) if is_short else ("less", allowed.stop - 1)
    )
    return Violation(
        value, f"Member must have length {relation} than or equal to {limit}"
    )


def _integers(shape: Shape) -> range:
    """Return all values that an integer shape can have."""
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
            # The one text of this kind that was seen in the wild.
            raise SerializationException(
                "class java.lang.String can not be converted to milliseconds "
                "since epoch"
            )
        if not isinstance(value, int | float) or isinstance(value, bool):
            _wrong_type(value, "a number of seconds since epoch")
        if not EARLIEST_DATE <= value < AFTER_LATEST_DATE:
            raise WrongTypeError(
                "a number of seconds since epoch, in the years 1 to 9999",
                format_value(value),
            )
        return round(value * 1000)

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
    """Tell where a member of an input travels: uri, querystring, header or body."""
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
    """Parse a value, and put its step before the path of all that is wrong there."""
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


def _prefix(wrong: Violation | WrongTypeError, step: str) -> None:
    wrong.path = f"{step}.{wrong.path}" if wrong.path else step


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
    """Make the function that reads values of a shape from JSON."""
    return _PARSERS[shape.type_name](shape)


def _text_parser(shape: Shape) -> Parser:
    """Make the function that reads values that arrive as text, outside of JSON."""
    parse_value = parser(shape)
    if shape.type_name not in INTEGER_BITS:
        return parse_value
    bits, allowed = INTEGER_BITS[shape.type_name], _integers(shape)

    def parse(value: str, violations: list[Violation]) -> int:
        # Few enough digits for int() to stay cheap, enough for any long.
        if not re.fullmatch(r"-?[0-9]{1,19}", value) or int(value) not in allowed:
            violations.append(
                Violation(value, f"Member must be an integer of {bits} bits")
            )
            return 0
        return int(value)

    return parse


# --- Writing ----------------------------------------------------------------------

# Takes what an operation returns, gives the text of it in JSON. The text is put
# together here, as it takes less than to make JSON values first.
Serializer = Callable[[Any], str]

_ESCAPED = [*map(chr, range(32)), '"', "\\"]

# From here on it takes less to look first whether there is anything to escape.
_LONG = 1024


def _write_string(value: str) -> str:
    if len(value) < _LONG or any(character in value for character in _ESCAPED):
        return encode_basestring(value)
    return f'"{value}"'


def _write_timestamp(milliseconds: int) -> str:
    """Write epoch milliseconds as epoch seconds."""
    return repr(milliseconds / 1000)


def _structure_serializer(shape: StructureShape) -> Serializer:
    # In the order of the alphabet, unset members as null: as seen in live answers.
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
    """Make the function that writes plain data of a shape as JSON."""
    make = _SERIALIZERS.get(shape.type_name)
    return to_json if make is None else make(shape)


to_json = JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def check_text(text: str) -> None:
    """Refuse what is a text to Python only, and cannot be sent.

    :raises ValueError: it has a surrogate.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} has a surrogate, which is no character") from None
