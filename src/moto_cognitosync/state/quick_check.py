"""Compiles a JSON Schema to a function that checks data quickly.

The function accepts only data that jsonschema accepts, in a small part of the time. It
may reject valid data, such as instances of subclasses of ``str``.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

Schema = Mapping[str, Any]
Check = Callable[[Any], bool]
Compile = Callable[[Any], Check]

_TYPES: dict[str, type] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "object": dict,
    "string": str,
}
_IGNORED = {
    *("$schema", "$id", "$defs", "title", "description", "default", "format", "type")
}


def compile_schema(root: Schema) -> Check:
    """Return a function that checks data against a schema.

    :raises KeyError: if the schema contains a keyword that is not supported.
    """

    @cache
    def compile_definition(reference: str) -> Check:
        return compile_part(root["$defs"][reference.removeprefix("#/$defs/")])

    def compile_part(schema: Any) -> Check:
        if isinstance(schema, bool):
            return lambda _: schema
        if isinstance(schema, str):
            return compile_definition(schema)
        names = schema.get("type", [*_TYPES])
        checks: dict[type, list[Check]] = {
            _TYPES[name]: [] for name in ([names] if isinstance(names, str) else names)
        }
        # Some keywords are handled together.
        keywords = [_KEYWORDS[each] for each in schema if each not in _IGNORED]
        for applies_to, compile_keyword in dict.fromkeys(keywords):
            check = compile_keyword(schema, compile_part)
            for type_, found in checks.items():
                if applies_to in (type_, object):
                    found.append(check)
        return _check_by_type(checks)

    return compile_part(root)


def _check_by_type(checks: Mapping[type, Sequence[Check]]) -> Check:
    other: Sequence[Check] = [lambda _: False]

    def check_value(value: Any) -> bool:
        for check in checks.get(type(value), other):  # noqa: SIM110 - all() is slower
            if not check(value):
                return False
        return True

    return check_value


def _compile_enum(schema: Schema, _: Compile) -> Check:
    allowed = schema["enum"] if "enum" in schema else [schema["const"]]
    # In Python, True equals 1.
    return lambda value: value in allowed and not isinstance(value, bool)


def _compile_if(schema: Schema, compile_part: Compile) -> Check:
    condition, then, otherwise = (
        compile_part(schema.get(each, True)) for each in ("if", "then", "else")
    )
    return lambda value: (then if condition(value) else otherwise)(value)


def _compile_properties(schema: Schema, compile_part: Compile) -> Check:
    properties = schema.get("properties", {})
    known = {name: compile_part(each) for name, each in properties.items()}
    others = compile_part(schema.get("additionalProperties", True))

    def check_members(value: dict[str, Any]) -> bool:
        for name, item in value.items():  # noqa: SIM110 - all() is slower
            if not known.get(name, others)(item):
                return False
        return True

    return check_members


def _compile_required(schema: Schema, _: Compile) -> Check:
    required = frozenset(schema["required"])
    return lambda value: required <= value.keys()


def _compile_pattern(schema: Schema, _: Compile) -> Check:
    search = re.compile(schema["pattern"]).search
    return lambda value: search(value) is not None


def _compile_each(keyword: str) -> Callable[[Schema, Compile], Check]:
    """Handle a keyword for all items of a list, or for all names of an object."""

    def compile_keyword(schema: Schema, compile_part: Compile) -> Check:
        check = compile_part(schema[keyword])
        return lambda value: all(map(check, value))

    return compile_keyword


def _compile_limit(
    keyword: str, is_within: Callable[[Any, int], bool]
) -> Callable[[Schema, Compile], Check]:
    def compile_keyword(schema: Schema, _: Compile) -> Check:
        limit = schema[keyword]
        return lambda value: is_within(value, limit)

    return compile_keyword


def _is_long(value: Any, limit: int) -> bool:
    return len(value) >= limit


def _is_short(value: Any, limit: int) -> bool:
    return len(value) <= limit


# The type to which each keyword applies, and the function that compiles it.
_KEYWORDS: dict[str, tuple[type, Callable[[Schema, Compile], Check]]] = {
    "$ref": (object, lambda schema, compile_part: compile_part(schema["$ref"])),
    "enum": (object, _compile_enum),
    "const": (object, _compile_enum),
    "if": (object, _compile_if),
    "then": (object, _compile_if),
    "else": (object, _compile_if),
    "minimum": (int, _compile_limit("minimum", operator.ge)),
    "maximum": (int, _compile_limit("maximum", operator.le)),
    "minLength": (str, _compile_limit("minLength", _is_long)),
    "maxLength": (str, _compile_limit("maxLength", _is_short)),
    "pattern": (str, _compile_pattern),
    "minItems": (list, _compile_limit("minItems", _is_long)),
    "maxItems": (list, _compile_limit("maxItems", _is_short)),
    "items": (list, _compile_each("items")),
    "properties": (dict, _compile_properties),
    "additionalProperties": (dict, _compile_properties),
    "propertyNames": (dict, _compile_each("propertyNames")),
    "required": (dict, _compile_required),
    "maxProperties": (dict, _compile_limit("maxProperties", _is_short)),
}
