"""Validates state from users against the schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from moto_cognitosync.core.suggestions import did_you_mean
from moto_cognitosync.core.wire.shapes import check_text

from .errors import StateError, error_path
from .files import SCHEMA
from .plain import SOURCE_MEMBERS

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

FORMAT_VERSION = 1  # of the data; see FormatVersion in the schema

# The services do not check these texts, which come from moto, headers or tokens.
_UNCHECKED = {"AccountId", "LastModifiedBy", "Logins", *SOURCE_MEMBERS}

MAX_PROBLEM_LENGTH = 400  # characters; an invalid value may be a megabyte long


def validate(data: Any) -> dict[str, Any]:
    """Validate data and return it as JSON types.

    :raises StateError: if the data does not match the schema.
    """
    state = prepare(data)
    errors = _validator().iter_errors(state)
    if error := _most_relevant(errors):
        raise error
    valid: dict[str, Any] = state
    return valid


def find_schema_errors(state: Any) -> list[StateError]:
    """Return all errors of data that does not match the schema.

    :param state: the result of :func:`prepare`.
    """
    errors = _validator().iter_errors(state)
    return [found for each in errors if (found := _most_relevant([each]))]


def prepare(data: Any) -> Any:
    """Return data as JSON types, if its version is known.

    :raises StateError: if the data cannot be compared with the schema.
    """
    try:
        state = _to_plain(data)
    except RecursionError:
        # For example, a YAML alias inside its own anchor.
        raise StateError("the data contains itself or is nested too deeply") from None
    _check_version(state)
    return state


def _most_relevant(errors: Iterable[ValidationError]) -> StateError | None:
    """Return the error that explains the others, or None if there are no errors."""
    from jsonschema.exceptions import best_match, by_relevance

    # If a required name is misspelled, report the misspelling, not the missing member.
    relevance = by_relevance(strong={"additionalProperties"})
    error: ValidationError | None = best_match(errors, key=relevance)
    if error is None:
        return None
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
    """Convert data to JSON types: dates to strings, mappings to dictionaries.

    :param check_texts: whether to reject texts that cannot be encoded as UTF-8.
    """
    if isinstance(value, Mapping):
        plain = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise StateError(f"the name {key!r} is not a string: put it in quotes")
            if check_texts:
                _check_text(key)
            with error_path(key):
                plain[key] = _to_plain(item, check_texts and key not in _UNCHECKED)
        return plain
    if isinstance(value, list | tuple):
        items = []
        for number, item in enumerate(value):
            with error_path(number):
                items.append(_to_plain(item, check_texts))
        return items
    if isinstance(value, str) and check_texts:
        _check_text(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)  # JSON Schema considers it an integer
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or timezone.utc).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _check_text(text: str) -> None:
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


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
