"""Writes the page of all operations: ``python -m tests.operations_table PAGE``.

What an operation is, botocore's model knows. Which test provokes an error, the marks
``provokes`` of the tests know; ``conftest.py`` holds each test to them.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from moto_cognitosync.cognitosync.authorization import DEVELOPER_ONLY, IDENTITY_ONLY
from tests.core.constraints import CASES, PLACES, Place
from tests.support.operations import MODEL

# An operation, and the code of an error.
Pair = tuple[str, str]

TESTS = Path(__file__).parent
MODELLED: set[Pair] = {
    (name, shape.name)
    for name in MODEL.operation_names
    for shape in MODEL.operation_model(name).error_shapes
}

# What stands for load, for faults, and for a change at the same moment.
ONLY_BY_A_FAULT = {
    ("DeleteDataset", "ResourceConflictException"),
    ("SetIdentityPoolConfiguration", "ConcurrentModificationException"),
    *(
        (operation, error)
        for operation, error in MODELLED
        if error in {"InternalErrorException", "TooManyRequestsException"}
    ),
}

FAULT = "only by an injected fault"

PAGE = """\
# Operations and errors

The mock has all {count} operations of Amazon Cognito Sync. This page is made by
`make docs-tables`, from the service model that botocore ships and from the marks of the
project's tests.

## Operations

"Credentials" are those that an operation takes while the mock is strict about them;
otherwise, it takes any. An operation that is "paged" takes `MaxResults` and
`NextToken`.

{operations}

## Errors, and the tests that provoke them

These are the errors that the model lists for each operation. A test that is named here
fails unless the operation has answered with the error while it ran. What comes "only by
an injected fault" has no such test: it tells of load, of a breakdown, or of another
change at the same moment, and none of these happens in the mock by itself.
[Let requests fail](how-to/faults.md) tells how to have it.

{modelled}

## Errors that the model does not list

Some operations give these, too. [Differences](differences.md) tells why, and which
errors any request may get: those of IAM, and those for what cannot be read.

{others}

## Constraints on the input

What the model demands of each member, as messages name them: `1.member` stands for any
item of a list, `key` for any of a map. In each operation that is named,
[tests/test_constraints.py](../tests/test_constraints.py) breaks each of them by the
first value that is not allowed any more, and has the last that is allowed read: {cases}
constraints in all. What does not come in the body is a text, which can be of a wrong
type only where it is to be a number; and a request without a part of its path is one
for something else.

{constraints}
"""


def page() -> str:
    """Make the text of the page."""
    tests = find_tests()
    return PAGE.format(
        count=len(MODEL.operation_names),
        operations=table(
            ("Operation", "Request", "Credentials", "Paged"),
            map(describe, MODEL.operation_names),
        ),
        modelled=error_table(MODELLED, tests),
        others=error_table(tests.keys() - MODELLED, tests),
        cases=len(CASES),
        constraints=constraint_table(),
    )


def find_tests() -> dict[Pair, list[str]]:
    """Find the tests that are marked to provoke an error of an operation."""
    found: defaultdict[Pair, list[str]] = defaultdict(list)
    # test_async.py needs what not every environment has, and has no marks.
    for path in sorted(set(TESTS.glob("test_*.py")) - {TESTS / "test_async.py"}):
        for name, test in vars(import_module(f"tests.{path.stem}")).items():
            pairs = {mark.args for mark in marks_of(test) if mark.name == "provokes"}
            for pair in pairs:
                link = f"[tests/{path.name}::{name}](../tests/{path.name})"
                found[pair].append(link)
    return dict(found)


def marks_of(test: Any) -> Iterator[Any]:
    """Find the marks of a test, and those of its parameters."""
    for mark in getattr(test, "pytestmark", ()):
        yield mark
        if mark.name == "parametrize":
            for parameters in mark.args[1]:
                yield from getattr(parameters, "marks", ())


def describe(operation: str) -> tuple[str, ...]:
    """Make an operation's row."""
    model = MODEL.operation_model(operation)
    credentials = {
        **dict.fromkeys(DEVELOPER_ONLY, "a developer's"),
        **dict.fromkeys(IDENTITY_ONLY, "an identity's"),
    }
    return (
        operation,
        f"`{model.http['method']} {model.http['requestUri']}`",
        credentials.get(operation, "both"),
        "yes" if "NextToken" in model.input_shape.members else "no",
    )


def error_table(pairs: Iterable[Pair], tests: dict[Pair, list[str]]) -> str:
    """Make a table with the tests of each pair."""
    return table(
        ("Operation", "Error", "Tests"),
        ((*pair, "<br>".join(tests.get(pair, [FAULT]))) for pair in sorted(pairs)),
    )


def constraint_table() -> str:
    """Make a table with a row for each member, or two if operations differ in it."""
    operations: defaultdict[Pair, list[str]] = defaultdict(list)
    for place in PLACES:
        operations[f"`{place.path}`", constraints_on(place)].append(place.operation)
    return table(
        ("Member", "Constraints", "Operations"),
        ((*member, ", ".join(named)) for member, named in operations.items()),
    )


def constraints_on(place: Place) -> str:
    """Tell what a value has to be."""
    kind, limits = place.shape.type_name, place.shape.metadata
    texts = [f"{kind}, required" if place.required else kind]
    if "max" in limits:
        texts.append(f"length {limits.get('min', 0)} to {limits['max']}")
    if "pattern" in limits:
        texts.append(f"`{limits['pattern']}`")
    if "enum" in limits:
        texts.append(f"one of {', '.join(limits['enum'])}")
    return "<br>".join(texts)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Make a table."""
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
