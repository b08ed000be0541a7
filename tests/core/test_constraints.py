"""Every constraint in the service model, violated everywhere it applies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.session import get_session

from moto_cognitosync.core.exceptions import InvalidParameterException
from tests.core.constraints import CASES, PATTERN_MISMATCH, PLACES, Case, message
from tests.support.aws import Aws
from tests.support.operations import parse

# From the AWS API reference.
LENGTHS = {
    "IdentityPoolId": (1, 55),
    "IdentityId": (1, 55),
    "DatasetName": (1, 128),
    "RecordKey": (1, 1024),
    "RecordValue": (0, 1_048_575),
    "DeviceId": (1, 256),
    "StreamName": (1, 128),
    "AssumeRoleArn": (20, 2048),
    "Events": (0, 1),
}
PATTERNS = {
    "IdentityPoolId": r"[\w-]+:[0-9a-f-]+",
    "IdentityId": r"[\w-]+:[0-9a-f-]+",
    "DatasetName": r"[a-zA-Z0-9_.:-]+",
    "AssumeRoleArn": r"arn:aws:iam::\d+:role/.*",
    "ApplicationArn": r"arn:aws:sns:[-0-9a-z]+:\d+:app/[A-Z_]+/[a-zA-Z0-9_.-]+",
}
CHOICES = {
    "Operation": ["replace", "remove"],
    "Platform": ["APNS", "APNS_SANDBOX", "GCM", "ADM"],
    "StreamingStatus": ["ENABLED", "DISABLED"],
}

# Values that almost match a pattern.
NEAR_MISSES = {
    "IdentityPoolId": (
        "INVALID",
        "A:B:C",
        "a:g",
        "a:AB",
        "a:",
        ":0",
        "é:0",  # \w and \d match ASCII only
        "a:٣",
        "a/b:0",
        "a:0\n",  # the pattern applies to the whole string
        "\na:0",
    ),
    "IdentityId": ("A:B:C", "é:0"),
    "DatasetName": ("a b", "a/b", "a%2Fb", "é", "a\n", "\na", "a?b", "a;b", "*"),
    "AssumeRoleArn": (
        "arn:aws:iam::one:role/name",
        "arn:aws:iam::٣:role/a-name",
        "arn:aws:iam::1:user/a-name",
        " arn:aws:iam::1:role/a-name",
    ),
    "ApplicationArn": (
        "arn:aws:sns:us-east-1:1:app/gcm/app",
        "arn:aws:sns:us-east-1:1:app/GCM/",
        "arn:aws:sns:us-east-1:1:app/GCM/app\n",
        "arn:aws:sns:us-east-1:1:topic",
    ),
}

# The raw service model, as botocore loads it.
DESCRIPTION = get_session().get_service_data("cognito-sync")

LIMITS = ("min", "max", "pattern", "enum")


def described_constraints() -> Iterator[tuple[str, str, str]]:
    """Find the constraints in the raw model, independently of ``constraints.py``."""
    for name, operation in DESCRIPTION["operations"].items():
        shape = operation["input"]["shape"]
        for path, constraint in described_members(shape):
            yield name, path.removeprefix("."), constraint


def described_members(name: str) -> Iterator[tuple[str, str]]:
    shape = DESCRIPTION["shapes"][name]
    for member, reference in shape.get("members", {}).items():
        path = f".{member[0].lower()}{member[1:]}"
        is_required = member in shape.get("required", ())
        yield from described_member(path, reference, is_required)
    if shape["type"] == "list":
        yield from described_member(".1.member", shape["member"], True)
    if shape["type"] == "map":
        yield from described_member(".key", shape["value"], True)


def described_member(
    path: str, reference: dict[str, str], is_required: bool
) -> Iterator[tuple[str, str]]:
    shape = DESCRIPTION["shapes"][reference["shape"]]
    is_in_body = "location" not in reference
    if is_required and is_in_body:
        yield path, "required"
    if is_in_body or shape["type"] in {"integer", "long"}:
        yield path, "type"
    # A minimum length of 0 cannot be violated.
    yield from ((path, limit) for limit in LIMITS if shape.get(limit, 0) != 0)
    for inner, constraint in described_members(reference["shape"]):
        yield path + inner, constraint


def test_the_cases_cover_every_constraint_in_the_model() -> None:
    broken = [
        (case.place.operation, case.place.path, case.constraint) for case in CASES
    ]

    assert sorted(broken) == sorted(described_constraints())


def test_the_constraints_in_the_model_match_the_api_reference() -> None:
    shapes = {place.shape.name: place.shape for place in PLACES}
    limits = {name: shape.metadata for name, shape in shapes.items()}

    lengths = {
        name: (each.get("min", 0), each["max"])
        for name, each in limits.items()
        if "max" in each
    }
    assert lengths == LENGTHS
    assert {
        name: each["pattern"] for name, each in limits.items() if "pattern" in each
    } == PATTERNS
    assert {
        name: each["enum"] for name, each in limits.items() if "enum" in each
    } == CHOICES


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, marks=pytest.mark.provokes(case.place.operation, case.error))
        for case in CASES
    ],
    ids=str,
)
def test_constraints_are_checked_before_ids_are_looked_up(aws: Aws, case: Case) -> None:
    request = case.place.request(case.outside)
    target = f"{request.path}?{request.query}"

    # None of these ids exist.
    response = aws.send(request.method, target, request.body)

    assert (response.status, response.error) == (400, case.error)
    assert response.json == {"message": case.message}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_value_that_satisfies_its_constraint_is_accepted(case: Case) -> None:
    operation, _ = parse(case.place.request(case.inside))

    assert operation.name == case.place.operation


@pytest.mark.parametrize(
    ("shape", "value"),
    [(shape, value) for shape, values in NEAR_MISSES.items() for value in values],
)
def test_patterns_match_the_whole_value_and_ascii_only(shape: str, value: str) -> None:
    place = next(place for place in PLACES if place.shape.name == shape)

    with pytest.raises(InvalidParameterException) as caught:
        parse(place.request(value))

    mismatch = PATTERN_MISMATCH.format(PATTERNS[shape])
    assert caught.value.message == message((value, place.path, mismatch))
