"""Validates state from users against the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from moto_cognitosync.core.suggestions import did_you_mean
from moto_cognitosync.core.wire.shapes import check_text

from .errors import StateError
from .files import SCHEMA
from .plain import SOURCE_MEMBERS
from .quick_check import Check, compile_schema

if TYPE_CHECKING:
    from jsonschema import ValidationError

FORMAT_VERSION = 1  # of the data; see FormatVersion in the schema

# The services do not check these texts, which come from moto, headers or tokens.
_UNCHECKED = {"AccountId", "LastModifiedBy", "Logins", *SOURCE_MEMBERS}

MAX_PROBLEM_LENGTH = 400  # characters; an invalid value may be a megabyte long


def validate(data: Any) -> dict[str, Any]:
    """Validate data and return it as JSON types.

    :raises StateError: if the data does not match the schema.
    """
    state = prepare(data)
    if errors := _find_errors(state):
        raise _most_relevant(errors)
    valid: dict[str, Any] = state
    return valid


def find_schema_errors(state: Any) -> list[StateError]:
    """Return all errors of a state that does not match the schema.

    :param state: the result of :func:`prepare`.
    """
    return [_most_relevant([each]) for each in _find_errors(state)]


def prepare(data: Any) -> Any:
    """Return data as JSON types, to be compared with the schema.

    :raises StateError: if that is not possible, or its version is not known.
    """
    try:
        state = _to_plain(data)
    except RecursionError:
        # For example, a YAML alias inside its own anchor.
        raise StateError("the data contains itself or is nested too deeply") from None
    _check_version(state)
    return state


def _most_relevant(errors: list[ValidationError]) -> StateError:
    """Return the error that explains the others."""
    from jsonschema.exceptions import best_match, by_relevance

    # If a required name is misspelled, report the misspelling, not the missing member.
    relevance = by_relevance(strong={"additionalProperties"})
    error: Any = best_match(errors, key=relevance)
    return StateError(_describe(error), *error.absolute_path)


def _check_version(state: Any) -> None:
    version = state.get("FormatVersion") if isinstance(state, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise StateError(
            f"expected at most {FORMAT_VERSION}, found {version}: a newer version of "
            "moto-cognitosync wrote this state; upgrade with "
            "pip install --upgrade moto-cognitosync",
            "FormatVersion",
        )


def _to_plain(value: Any, check_texts: bool = True) -> Any:
    """Copy data as JSON types: dates as strings, mappings as dictionaries.

    :param check_texts: whether to reject texts that cannot be encoded as UTF-8.
    """
    if isinstance(value, str):  # first, because most values are strings
        if check_texts:
            _check_text(value)
        return _exactly_str(value)
    if isinstance(value, Mapping):
        return _mapping_to_plain(value, check_texts)
    if isinstance(value, list | tuple):
        return _list_to_plain(value, check_texts)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # JSON Schema considers it an integer
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or timezone.utc).isoformat()
    return value.isoformat() if isinstance(value, date) else value


# These functions do not use error_path(), because it would take most of their time.


def _mapping_to_plain(value: Mapping[Any, Any], check_texts: bool) -> dict[str, Any]:
    for name in value:
        if not isinstance(name, str):
            raise StateError(f"the name {name!r} is not a string: put it in quotes")
        if check_texts:
            _check_text(name)
    plain = {}
    name = ""
    try:
        for name, item in value.items():
            plain[str.__str__(name)] = _to_plain(
                item, check_texts and name not in _UNCHECKED
            )
    except StateError as error:
        error.steps.insert(0, name)
        raise
    return plain


def _list_to_plain(value: Sequence[Any], check_texts: bool) -> list[Any]:
    plain = []
    try:
        for item in value:
            plain.append(_to_plain(item, check_texts))  # noqa: PERF401 - for len()
    except StateError as error:
        error.steps.insert(0, len(plain))
        raise
    return plain


def _exactly_str(text: str) -> str:
    """Convert an instance of a subclass, such as an enum, which YAML cannot contain."""
    return text if type(text) is str else str.__str__(text)


def _check_text(text: str) -> None:
    if text.isascii():
        return
    try:
        check_text(text)
    except ValueError as error:
        raise StateError(str(error)) from None


def _describe(error: ValidationError) -> str:
    problem = error.message
    if len(problem) > MAX_PROBLEM_LENGTH:
        problem = f"{problem[:MAX_PROBLEM_LENGTH]}..."
    allowed: Any = error.validator_value if error.validator == "type" else ()
    if "string" in allowed and isinstance(error.instance, int | float):
        problem += ": put it in quotes"
    if error.validator == "additionalProperties":
        schema, instance = cast("Any", error.schema), cast("Any", error.instance)
        known = schema["properties"]
        unknown = [name for name in instance if name not in known]
        problem += "".join(did_you_mean(name, known) for name in unknown[:3])
    return problem


def _find_errors(state: Any) -> list[ValidationError]:
    """Return all errors. Ask jsonschema, which is slow, only if there may be some."""
    if _quick_check()(state):
        return []
    from jsonschema import Draft202012Validator

    return list(Draft202012Validator(_schema()).iter_errors(state))


@cache
def _quick_check() -> Check:
    return compile_schema(_schema())


def _schema() -> Any:
    return json.loads(SCHEMA.read_text(encoding="utf-8"))
