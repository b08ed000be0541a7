"""Writes the page about operations: ``python -m tests.project.operations_table PAGE``.

The operations come from botocore's model. The tests of each error come from the
``provokes`` marks, which ``conftest.py`` verifies when the tests run.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from moto_cognitosync.cognitosync.authorization import DEVELOPER_ONLY, IDENTITY_ONLY
from tests.core.constraints import BITS, CASES, PLACES, Place
from tests.support.operations import MODELS

# The name of an operation and the code of an error. No operation is in both services.
Pair = tuple[str, str]

TESTS = Path(__file__).parents[1]
SYNC, IDENTITY = MODELS
MODELED_BY: dict[str, set[Pair]] = {
    service: {
        (name, shape.name)
        for name in model.operation_names
        for shape in model.operation_model(name).error_shapes
    }
    for service, model in MODELS.items()
}
MODELED = MODELED_BY[SYNC] | MODELED_BY[IDENTITY]

# Errors that report load, failures and concurrent changes.
FAILURES = {
    "ConcurrentModificationException",
    "ExternalServiceException",
    "InternalErrorException",
    "TooManyRequestsException",
}

# Errors that AWS lists for an operation without describing when they occur.
UNDESCRIBED = {
    "LimitExceededException": ["GetId", "UpdateIdentityPool"],
    # A request that IAM denies returns AccessDeniedException instead.
    "NotAuthorizedException": [
        "CreateIdentityPool",
        "DeleteIdentityPool",
        "DescribeIdentity",
        "DescribeIdentityPool",
        "GetIdentityPoolRoles",
        "GetPrincipalTagAttributeMap",
        "ListIdentities",
        "ListIdentityPools",
        "ListTagsForResource",
        "LookupDeveloperIdentity",
        "MergeDeveloperIdentities",
        "SetPrincipalTagAttributeMap",
        "TagResource",
        "UnlinkDeveloperIdentity",
        "UntagResource",
        "UpdateIdentityPool",
    ],
    "ResourceConflictException": [
        "CreateIdentityPool",
        "DeleteDataset",
        "GetIdentityPoolRoles",
        "SetIdentityPoolRoles",
        "UnlinkIdentity",
        "UpdateIdentityPool",
    ],
    "ResourceNotFoundException": ["ListIdentityPools"],
}

ONLY_BY_A_FAULT = {
    (operation, error)
    for operation, error in MODELED
    if error in FAILURES or operation in UNDESCRIBED.get(error, ())
}

FAULT = "Simulated failures only"

PAGE = """\
# Operations and errors

The mock implements {counts}.
`make docs-tables` generates this page from botocore's service models and from the marks
on the tests.

## Operations

Paged operations accept `MaxResults` and `NextToken`.

### Cognito Sync

The Credentials column shows the kind of credentials that each operation accepts with
[strict credentials](../guide/credentials.md). By default, every operation accepts any
credentials.

{sync_operations}

### Cognito Identity

Every request is `POST /` with the name of the operation in the `X-Amz-Target` header.
The Signed column shows which operations require a signature on AWS. The mock requires
it with [strict credentials](../guide/credentials.md) or if IAM policies are enforced.

{identity_operations}

## Errors and their tests

These tables list the errors that the service models document for each operation. Each
test in the last column fails unless the operation returns the error during the test.
"{fault}" marks errors that report load, a failure, or a concurrent
change, and errors whose cause AWS does not describe. These errors do not occur in the
mock on their own, but tests can [simulate them](../guide/faults.md).

### Errors of Cognito Sync

{sync_errors}

### Errors of Cognito Identity

{identity_errors}

## Errors that the models do not list

Some operations also return the errors in this table.
[Differences from AWS](differences.md) explains why. It also lists the errors that any
request may return: IAM errors and errors for malformed requests.

{others}

## Input constraints

These tables list the constraints on each member, using the names from error messages:
`1.member` stands for any item in a list, and `key` stands for any key in a map. For
each of the {cases} constraints, `test_constraints.py` sends the last valid value and
the first invalid value to the operation. In Cognito Sync, two kinds of violations are
impossible: strings in the path and the query cannot have the wrong type, and a request
that omits part of its path matches a different route.

### Constraints in Cognito Sync

{sync_constraints}

### Constraints in Cognito Identity

{identity_constraints}
"""


def page() -> str:
    """Return the text of the page."""
    tests = find_tests()
    return PAGE.format(
        counts=" and ".join(
            f"all {len(model.operation_names)} operations of {model.service_id}"
            for model in MODELS.values()
        ),
        sync_operations=table(
            ("Operation", "Request", "Credentials", "Paged"),
            map(describe_sync, MODELS[SYNC].operation_names),
        ),
        identity_operations=table(
            ("Operation", "Signed", "Paged"),
            map(describe_identity, MODELS[IDENTITY].operation_names),
        ),
        fault=FAULT,
        sync_errors=error_table(MODELED_BY[SYNC], tests),
        identity_errors=error_table(MODELED_BY[IDENTITY], tests),
        others=error_table(tests.keys() - MODELED, tests),
        cases=len(CASES),
        sync_constraints=constraint_table(SYNC),
        identity_constraints=constraint_table(IDENTITY),
    )


def find_tests() -> dict[Pair, list[str]]:
    """Find the tests that are marked to provoke each error."""
    found: defaultdict[Pair, list[str]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        file = path.relative_to(TESTS.parent).as_posix()
        for name, test in contents_of(file).items():
            pairs = {mark.args for mark in marks_of(test) if mark.name == "provokes"}
            for pair in pairs:
                found[pair].append(f"[{file}::{name}](../../{file})")
    return dict(found)


def contents_of(file: str) -> dict[str, Any]:
    """Return the contents of a test module, if its optional packages are installed."""
    with suppress(pytest.skip.Exception):
        return vars(import_module(file.removesuffix(".py").replace("/", ".")))
    return {}


def marks_of(test: Any) -> Iterator[Any]:
    """Yield the marks of a test and of its parameters."""
    for mark in getattr(test, "pytestmark", ()):
        yield mark
        if mark.name == "parametrize":
            for parameters in mark.args[1]:
                yield from getattr(parameters, "marks", ())


def describe_sync(operation: str) -> tuple[str, ...]:
    """Return the row of an operation of Cognito Sync."""
    model = MODELS[SYNC].operation_model(operation)
    credentials = {
        **dict.fromkeys(DEVELOPER_ONLY, "developer"),
        **dict.fromkeys(IDENTITY_ONLY, "identity"),
    }
    return (
        operation,
        f"`{model.http['method']} {model.http['requestUri']}`",
        credentials.get(operation, "both"),
        yes_or_no("NextToken" in model.input_shape.members),
    )


def describe_identity(operation: str) -> tuple[str, ...]:
    """Return the row of an operation of Cognito Identity."""
    model = MODELS[IDENTITY].operation_model(operation)
    return (
        operation,
        yes_or_no(model.auth_type != "none"),
        yes_or_no("NextToken" in model.input_shape.members),
    )


def yes_or_no(value: bool) -> str:
    """Return how tables show a boolean."""
    return "yes" if value else "no"


def error_table(pairs: Iterable[Pair], tests: dict[Pair, list[str]]) -> str:
    """Return a table with the tests of each error."""
    return table(
        ("Operation", "Error", "Tests"),
        ((*pair, "<br>".join(tests.get(pair, [FAULT]))) for pair in sorted(pairs)),
    )


def constraint_table(service: str) -> str:
    """Return a table with a row per member and set of constraints."""
    operations: defaultdict[Pair, list[str]] = defaultdict(list)
    for place in (each for each in PLACES if each.service == service):
        operations[f"`{place.path}`", constraints_on(place)].append(place.operation)
    return table(
        ("Member", "Constraints", "Operations"),
        ((*member, ", ".join(named)) for member, named in operations.items()),
    )


def constraints_on(place: Place) -> str:
    """Describe the constraints of a value."""
    kind, limits = place.shape.type_name, place.shape.metadata
    texts = [f"{kind}, required" if place.required else kind]
    if "max" in limits:
        length = "" if kind in BITS else "length "
        texts.append(f"{length}{limits.get('min', 0)} to {limits['max']}")
    if "pattern" in limits:
        texts.append(f"`{limits['pattern']}`")
    if "enum" in limits:
        texts.append(f"one of {', '.join(limits['enum'])}")
    return "<br>".join(texts)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
