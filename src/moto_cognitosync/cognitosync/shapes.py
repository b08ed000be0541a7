"""The shapes of the service model: what they accept, and how they are written.

For each shape, a function is made once that reads and checks its values, and another
that writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from .exceptions import SerializationException

# Values longer than this are cut where an error message shows them.
LONGEST_VALUE_SHOWN = 256

# The years a client can turn into a date, as epoch seconds.
EARLIEST_DATE, AFTER_LATEST_DATE = -62_135_596_800, 253_402_300_800

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
        value = "null" if self.value is None else f"'{shown(self.value)}'"
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


def shown(value: object) -> str:
    """Show a value in a message as the service does, in the manner of Java."""
    if isinstance(value, dict):
        text = "{" + ", ".join(f"{k}={v}" for k, v in value.items()) + "}"
    else:
        text = str(value).lower() if isinstance(value, bool) else str(value)
    if len(text) > LONGEST_VALUE_SHOWN:
        return f"{text[:LONGEST_VALUE_SHOWN]}... ({len(text)} characters)"
    return text


def _camel_case(member: str) -> str:
    return member[0].lower() + member[1:]


def _wrong_type(value: object, wanted: str) -> NoReturn:
    found = JSON_TYPES[type(value)]
    if not isinstance(value, dict | list):
        found += f": {shown(value)}"
    raise WrongTypeError(wanted, found)


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
            raise WrongTypeError(f"an integer of {bits} bits", shown(value))
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
                "a number of seconds since epoch, in the years 1 to 9999", shown(value)
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
    shortest = shape.metadata.get("min", 0)
    longest = shape.metadata.get("max")
    parse_value = _required(parser(shape.value))

    def parse(value: Any, violations: list[Violation]) -> dict[str, Any]:
        if not isinstance(value, dict):
            _wrong_type(value, "an object")
        _check_length(value, shortest, longest, violations)
        return {
            key: _parse_at(key, parse_value, entry, violations)
            for key, entry in value.items()
        }

    return parse


def _structure_parser(shape: StructureShape) -> Parser:
    members = [
        (name, member_parser(shape, name, parser(member)))
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


def member_parser(structure: StructureShape, name: str, parse_value: Parser) -> Parser:
    """Wrap a parser into that of a named member, which may be unset."""
    path = _camel_case(name)
    optional = name not in structure.required_members
    if not optional:
        parse_value = _required(parse_value)

    def parse(value: Any, violations: list[Violation]) -> Any:
        if optional and value is None:
            return None
        return _parse_at(path, parse_value, value, violations)

    return parse


def _required(parse_value: Parser) -> Parser:
    def parse(value: Any, violations: list[Violation]) -> Any:
        if value is None:
            violations.append(Violation(None, "Member must not be null"))
            return None
        return parse_value(value, violations)

    return parse


def _parse_at(
    step: str, parse_value: Parser, value: Any, violations: list[Violation]
) -> Any:
    """Parse a value, and put its step before the path of all that is wrong there."""
    seen = len(violations)
    try:
        return parse_value(value, violations)
    except WrongTypeError as error:
        _prefix(error, step)
        raise
    finally:
        for violation in violations[seen:]:
            _prefix(violation, step)


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


def text_parser(shape: Shape) -> Parser:
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

# Takes what an operation returns, gives what goes into JSON.
Serializer = Callable[[Any], Any]


def _as_is(value: Any) -> Any:
    return value


def _to_epoch_seconds(milliseconds: int) -> float:
    return milliseconds / 1000


def serializer(shape: Shape) -> Serializer:
    """Make the function that turns plain data of a shape into JSON values."""
    if isinstance(shape, StructureShape):
        # In the order of the alphabet, unset members as null: as seen in live answers.
        members = [
            (name, serializer(shape.members[name])) for name in sorted(shape.members)
        ]

        def serialize_structure(value: Mapping[str, Any]) -> dict[str, Any]:
            return {
                name: None if (member := value.get(name)) is None else serialize(member)
                for name, serialize in members
            }

        return serialize_structure
    if isinstance(shape, ListShape):
        serialize_item = serializer(shape.member)
        return lambda value: [serialize_item(item) for item in value]
    return _to_epoch_seconds if shape.type_name == "timestamp" else _as_is


def check_text(text: str) -> None:
    """Refuse what is a text to Python only, and cannot be sent.

    :raises ValueError: it has a surrogate.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} has a surrogate, which is no character") from None
