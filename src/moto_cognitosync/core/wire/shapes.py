"""Parsers and serializers for the shapes of a service model.

Each shape is compiled once into a function that parses and validates values, or into a
function that serializes them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import Any, NoReturn
from unicodedata import category

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from moto_cognitosync.core.exceptions import SerializationException

# Error messages truncate longer values to this number of characters.
MAX_VALUE_SHOWN = 256

# Epoch seconds. Clients cannot represent dates outside the years 1 to 9999.
START_OF_YEAR_1, START_OF_YEAR_10000 = -62_135_596_800, 253_402_300_800

# Strings that may be longer than this are data, not names or keys.
MAX_NAME_LENGTH = 1024

MISSING = "Member must not be null"

REDACTED = "***"  # replaces secrets

# Older versions of botocore do not mark these shapes as sensitive.
SENSITIVE_SHAPES = {"IdentityProviderToken", "OIDCToken", "SecretKeyString"}

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
    text = _format(value)
    if len(text) > MAX_VALUE_SHOWN:
        return f"{text[:MAX_VALUE_SHOWN]}... ({len(text)} characters)"
    return text


def _format(value: object) -> str:
    if isinstance(value, dict):
        entries = (f"{key}={_format(each)}" for key, each in value.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_format, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def _camel_case(member: str) -> str:
    return member[0].lower() + member[1:]


def _wrong_type(value: object, expected: str, *, is_secret: bool = False) -> NoReturn:
    found = JSON_TYPES[type(value)]
    if not isinstance(value, dict | list) and not is_secret:
        found += f": {format_value(value)}"
    raise WrongTypeError(expected, found)


# --- Texts of constraints ---


def _not_in_enum(choices: Iterable[str]) -> str:
    return f"Member must satisfy enum value set: [{', '.join(choices)}]"


def _mismatch(pattern: str) -> str:
    return f"Member must satisfy regular expression pattern: {pattern}"


def _at_most(measure: str, maximum: int) -> str:
    return f"Member must have {measure} less than or equal to {maximum}"


def _at_least(measure: str, minimum: int) -> str:
    return f"Member must have {measure} greater than or equal to {minimum}"


def _outside(measure: str, number: int, allowed: range) -> str:
    """Describe the limit that a length or value exceeds."""
    if number < allowed.start:
        return _at_least(measure, allowed.start)
    return _at_most(measure, allowed.stop - 1)


def _constraints(shape: Shape) -> list[str]:
    """Return the constraints of a string or number."""
    measure = "value" if shape.type_name in INTEGER_BITS else "length"
    describe: dict[str, Callable[[Any], str]] = {
        "max": partial(_at_most, measure),
        "min": partial(_at_least, measure),
        "pattern": _mismatch,
        "enum": _not_in_enum,
    }
    return [
        describe[name](shape.metadata[name])
        for name in describe
        if name in shape.metadata
    ]


# --- Parsers of each type ---


def _string_parser(shape: StringShape) -> Parser:
    lengths = _lengths(shape)
    # Names and keys are interned, because most identities use the same ones. Values are
    # not, because some versions of Python never free interned strings.
    intern = sys.intern if lengths.stop <= MAX_NAME_LENGTH + 1 else str
    pattern: str = shape.metadata.get("pattern", "")
    matches = _matcher(pattern) if pattern else None
    choices = shape.enum
    is_secret = _is_secret(shape)
    redact = redactor(shape)

    def parse(value: Any, violations: list[Violation]) -> str:
        if not isinstance(value, str):
            _wrong_type(value, "a string", is_secret=is_secret)
        if choices and value not in choices:
            violations.append(Violation(redact(value), _not_in_enum(choices)))
        if matches and not matches(value):
            violations.append(Violation(redact(value), _mismatch(pattern)))
        if len(value) not in lengths:
            text = _outside("length", len(value), lengths)
            violations.append(Violation(redact(value), text))
            return value
        return intern(value)

    return parse


def _matcher(pattern: str) -> Callable[[str], object]:
    """Return the function that matches a pattern with a whole string."""
    if categories := re.findall(r"\\p\{(\w)}", pattern):
        # Python has no such classes. A pattern with them contains nothing else.
        return lambda value: (
            bool(value)
            and all(category(character)[0] in categories for character in value)
        )
    # The service is written in Java, where \w and \d match ASCII only.
    return re.compile(pattern, re.ASCII).fullmatch


def _lengths(shape: Shape) -> range:
    """Return the range of lengths that a shape allows."""
    maximum = shape.metadata.get("max", sys.maxsize - 1)
    return range(shape.metadata.get("min", 0), maximum + 1)


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

    if shape.metadata.keys() & {"min", "max"}:
        return _with_range(parse, shape)
    return parse


def _integers(shape: Shape) -> range:
    """Return the range of values that the type of an integer shape allows."""
    limit = 1 << (INTEGER_BITS[shape.type_name] - 1)
    return range(-limit, limit)


def _with_range(parse_integer: Parser, shape: Shape) -> Parser:
    every = _integers(shape)
    allowed = range(
        shape.metadata.get("min", every.start),
        shape.metadata.get("max", every.stop - 1) + 1,
    )

    def parse(value: Any, violations: list[Violation]) -> int:
        number: int = parse_integer(value, violations)
        if number not in allowed:
            text = _outside("value", number, allowed)
            violations.append(Violation(number, text))
        return number

    return parse


def _boolean_parser(_shape: Shape) -> Parser:
    def parse(value: Any, _: list[Violation]) -> bool:
        if not isinstance(value, bool):
            _wrong_type(value, "a boolean")
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
    parse_item, summarize = _element_parser(shape.member, "Member")
    lengths = _lengths(shape)
    redact = redactor(shape)

    def parse(value: Any, violations: list[Violation]) -> list[Any]:
        if not isinstance(value, list):
            _wrong_type(value, "a list")
        if len(value) not in lengths:
            text = _outside("length", len(value), lengths)
            violations.append(Violation(redact(value), text))
        broken: list[Violation] = []
        parsed = [
            _parse_at(f"{number}.member", parse_item, item, broken)
            for number, item in enumerate(value, start=1)
        ]
        if broken:
            violations += summarize(broken, redact(value))
        return parsed

    return parse


def _map_parser(shape: MapShape) -> Parser:
    lengths = _lengths(shape)
    parse_key, summarize_keys = _element_parser(shape.key, "Map keys")
    parse_value, summarize_values = _element_parser(shape.value, "Map value")
    step = "{}.member" if isinstance(shape.value, StructureShape) else "{}"
    redact = redactor(shape)

    def parse(value: Any, violations: list[Violation]) -> dict[str, Any]:
        if not isinstance(value, dict):
            _wrong_type(value, "an object")
        if len(value) not in lengths:
            text = _outside("length", len(value), lengths)
            violations.append(Violation(redact(value), text))
        broken_keys: list[Violation] = []
        broken_values: list[Violation] = []
        parsed = {
            parse_key(key, broken_keys): _parse_at(
                step.format(key), parse_value, entry, broken_values
            )
            for key, entry in value.items()
        }
        if broken_keys:
            violations += summarize_keys(broken_keys, redact(value))
        if broken_values:
            violations += summarize_values(broken_values, redact(value))
        return parsed

    return parse


# Converts the violations in a list or map to the reported ones.
Summarize = Callable[[list[Violation], object], list[Violation]]


def _element_parser(shape: Shape, subject: str) -> tuple[Parser, Summarize]:
    """Return the parser for items, keys or values, and how to report violations.

    Violations by strings and numbers are reported once, with all constraints and with
    the whole list or map as the value. Others are reported one by one.

    :param subject: what the constraints apply to, for example ``Map keys``.
    """
    parse_element = _required(parser(shape))
    constraints = _constraints(shape)
    if not constraints or not isinstance(shape, StringShape):
        return parse_element, lambda violations, _: violations
    text = f"{subject} must satisfy constraint: [{', '.join(constraints)}]"
    return parse_element, lambda _, whole: [Violation(whole, text)]


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
    "boolean": _boolean_parser,
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


# --- Redacting --------------------------------------------------------------------

# Replaces the secrets in a value.
Redactor = Callable[[Any], Any]


def redactor(shape: Shape) -> Redactor:
    """Return the function that replaces the values of sensitive shapes.

    No list in the models contains any.
    """
    if _is_secret(shape):
        return lambda _: REDACTED
    if isinstance(shape, MapShape) and _has_secrets(shape.value):
        redact_value = redactor(shape.value)
        return lambda value: {key: redact_value(value[key]) for key in value}
    if isinstance(shape, StructureShape) and _has_secrets(shape):
        members = {name: redactor(shape.members[name]) for name in shape.members}
        return lambda value: {name: members[name](value[name]) for name in value}
    return lambda value: value


def _is_secret(shape: Shape) -> bool:
    return bool(shape.metadata.get("sensitive", shape.name in SENSITIVE_SHAPES))


def _has_secrets(shape: Shape) -> bool:
    inner: Iterable[Shape] = ()
    if isinstance(shape, StructureShape):
        inner = shape.members.values()
    elif isinstance(shape, MapShape):
        inner = [shape.value]
    return _is_secret(shape) or any(map(_has_secrets, inner))


# --- Serializing ------------------------------------------------------------------

# Takes a value from the operation and adds its JSON text to a list. The strings in the
# list are joined only once, because copying a long value takes as long as many calls.
Serializer = Callable[[Any, list[str]], None]

_ESCAPED_CHARACTERS = [*map(chr, range(32)), '"', "\\"]

# For strings of this length or longer, it is faster to check first whether any
# character must be escaped.
_LONG_STRING = 1024


# Short enough for the fastest cache of a processor, because each part is searched for
# one character at a time.
_PART = 2**14


def _write_string(value: str, texts: list[str]) -> None:
    if len(value) < _LONG_STRING or _needs_escapes(value):
        texts.append(encode_basestring(value))
    else:
        texts += '"', value, '"'


def _needs_escapes(value: str) -> bool:
    parts = (value[start : start + _PART] for start in range(0, len(value), _PART))
    return any(c in part for part in parts for c in _ESCAPED_CHARACTERS)


def _write_integer(value: int, texts: list[str]) -> None:
    texts.append(repr(value))


def _write_timestamp(milliseconds: int, texts: list[str]) -> None:
    """Write epoch milliseconds as epoch seconds."""
    texts.append(repr(milliseconds / 1000))


def _write_json(value: Any, texts: list[str]) -> None:
    texts.append(to_json(value))


def _structure_serializer(shape: StructureShape, *, writes_nulls: bool) -> Serializer:
    # In alphabetical order, as observed on AWS.
    members = [
        (name, f',"{name}":', serializer(member, writes_nulls=writes_nulls))
        for name, member in sorted(shape.members.items())
    ]

    def write(value: Mapping[str, Any], texts: list[str]) -> None:
        start = len(texts)
        for name, key, write_member in members:
            member = value.get(name)
            if member is not None:
                texts.append(key)
                write_member(member, texts)
            elif writes_nulls:
                texts += key, "null"
        texts.append("}")
        texts[start] = "{" + texts[start].removeprefix(",")

    return write


def _list_serializer(shape: ListShape, *, writes_nulls: bool) -> Serializer:
    write_item = serializer(shape.member, writes_nulls=writes_nulls)

    def write(value: Iterable[Any], texts: list[str]) -> None:
        start = len(texts)
        for item in value:
            texts.append(",")
            write_item(item, texts)
        texts.append("]")
        texts[start] = "[" + texts[start].removeprefix(",")

    return write


_SERIALIZERS: dict[str, Serializer] = {
    "string": _write_string,
    "integer": _write_integer,
    "long": _write_integer,
    "timestamp": _write_timestamp,
}


def serializer(shape: Shape, *, writes_nulls: bool) -> Serializer:
    """Return the function that serializes values of a shape as JSON.

    :param writes_nulls: whether to write unset members of structures, as null.
    """
    if isinstance(shape, StructureShape):
        return _structure_serializer(shape, writes_nulls=writes_nulls)
    if isinstance(shape, ListShape):
        return _list_serializer(shape, writes_nulls=writes_nulls)
    return _SERIALIZERS.get(shape.type_name, _write_json)


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
