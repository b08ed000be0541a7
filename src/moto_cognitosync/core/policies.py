"""IAM policies as they apply to the session of an identity.

moto's IAM evaluates actions and resources, but neither policy variables nor most
conditions. This module replaces the variables and evaluates the conditions that depend
on the identity, so that moto can evaluate the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product
from typing import Any

from .credentials import IdentitySession

PROVIDER = "cognito-identity.amazonaws.com"

# Values by condition key. The names of keys are case-insensitive; here, lower-case.
Context = Mapping[str, tuple[str, ...]]

_IDENTITY_KEYS = (f"{PROVIDER}:", "aws:principaltag/")
_VARIABLE = re.compile(r"\$\{\s*([^},]+?)\s*(?:,\s*'([^']*)'\s*)?\}")
_SPECIAL_IN_REGEX = re.compile(r"[.^$*+?{}\[\]\\|()]")
_WILDCARDS = str.maketrans("*?", "\ue000\ue001")  # characters for private use
_OPERATOR = re.compile(
    r"(?:(?P<quantifier>forallvalues|foranyvalue):)?"
    r"(?P<type>string|arn)(?P<negation>not)?(?P<match>equals|equalsignorecase|like)"
    r"(?P<optional>ifexists)?"
)


def context_of(session: IdentitySession) -> Context:
    """Return the values of condition keys and policy variables for a session."""
    tags = {
        f"aws:principaltag/{name.lower()}": (value,)
        for name, value in session.principal_tags.items()
    }
    return {
        f"{PROVIDER}:sub": (session.identity_id,),
        f"{PROVIDER}:aud": (session.identity_pool_id,),
        f"{PROVIDER}:amr": session.amr,
        "aws:federatedprovider": (PROVIDER,),
        "aws:principalaccount": (session.account_id,),
        "aws:principalarn": (session.role_arn,),
        **tags,
        # Variables for characters that have a meaning in policies.
        **{character: (character,) for character in "*?$"},
    }


def resolve_policy(document: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Return the part of a policy that applies in a context.

    Statements with unmet conditions are omitted. Conditions that are met are removed.
    Conditions on other keys, or with other operators than those for strings and ARNs,
    remain. Variables in resources are replaced.

    :param document: the parsed policy document.
    """
    statements = []
    for statement in statements_of(document):
        remaining = remaining_conditions(statement, context)
        if remaining is None:
            continue
        resolved = dict(statement)
        resolved.pop("Condition", None)
        if remaining:
            resolved["Condition"] = remaining
        for element in {"Resource", "NotResource"} & statement.keys():
            resolved[element] = [
                each
                for pattern in as_list(statement[element])
                for each in _expand(pattern, context, _escape)
            ]
        statements.append(resolved)
    return {**document, "Statement": statements}


def statements_of(document: Any) -> list[dict[str, Any]]:
    """Return the statements of a policy document."""
    return as_list(document.get("Statement", [])) if isinstance(document, dict) else []


def as_list(value: Any) -> list[Any]:
    """Return a list; policies may contain a single value instead of a list of one."""
    return value if isinstance(value, list) else [value]


def matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern with the wildcards ``*`` and ``?``."""
    regex = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(regex, text, re.DOTALL) is not None


def remaining_conditions(
    statement: Mapping[str, Any], context: Context
) -> dict[str, Any] | None:
    """Return the conditions of a statement that cannot be evaluated in a context.

    :return: None if another condition is not met.
    """
    remaining: dict[str, Any] = {}
    for operator, conditions in statement.get("Condition", {}).items():
        for key, expected in conditions.items():
            is_met = _evaluate(operator, key, as_list(expected), context)
            if is_met is None:
                remaining.setdefault(operator, {})[key] = expected
            elif not is_met:
                return None
    return remaining


def _evaluate(
    operator: str, key: str, expected: list[Any], context: Context
) -> bool | None:
    """Return whether a condition is met; None if it cannot be evaluated."""
    operator, key = operator.lower(), key.lower()
    if key not in context and not key.startswith(_IDENTITY_KEYS):
        return None
    values = context.get(key, ())
    if operator == "null":
        return str(not values).lower() in {str(each).lower() for each in expected}
    parts = _OPERATOR.fullmatch(operator)
    if parts is None:
        return None
    if parts["optional"] and not values:
        return True
    compare = _COMPARISONS["like" if parts["type"] == "arn" else parts["match"]]
    patterns = [
        pattern
        for each in expected
        for pattern in _expand(str(each), context, _hide_wildcards)
    ]
    results = [any(compare(each, value) for each in patterns) for value in values]
    is_negated = parts["negation"] is not None
    if parts["quantifier"] is None:
        return any(results) != is_negated
    quantify = all if parts["quantifier"] == "forallvalues" else any
    return quantify(result != is_negated for result in results)


def _hide_wildcards(text: str) -> str:
    return text.translate(_WILDCARDS)


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "equals": lambda expected, value: (
        _hide_wildcards(expected) == _hide_wildcards(value)
    ),
    "equalsignorecase": lambda expected, value: (
        _hide_wildcards(expected).lower() == _hide_wildcards(value).lower()
    ),
    "like": lambda pattern, value: matches(pattern, _hide_wildcards(value)),
}


def _escape(value: str) -> str:
    """Escape a value for moto, which converts resources to regular expressions."""
    return _SPECIAL_IN_REGEX.sub(lambda found: rf"\x{ord(found[0]):02x}", value)


def _expand(text: str, context: Context, escape: Callable[[str], str]) -> Iterator[str]:
    """Replace the variables in a text, once for each combination of their values.

    Variables without a value remain, so that the text matches nothing.

    :param escape: applied to each value.
    """
    values = {}
    for variable in _VARIABLE.finditer(text):
        name, default = variable.groups()
        found = context.get(name.lower()) or (default,)
        values[variable[0]] = [variable[0] if v is None else escape(v) for v in found]
    for combination in product(*values.values()):
        replacements = dict(zip(values, combination, strict=True))
        yield _VARIABLE.sub(partial(_replace, replacements), text)


def _replace(replacements: Mapping[str, str], variable: re.Match[str]) -> str:
    return replacements[variable[0]]
