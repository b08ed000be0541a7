"""Every constraint in the service models, violated everywhere it applies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import get_session

from moto_cognitosync.core.exceptions import ServiceError
from tests.core.constraints import CASES, PATTERN_MISMATCH, PLACES, Case, violations
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
    # Cognito Identity
    "ARNString": (20, 2048),
    "AccountId": (1, 15),
    "ClaimName": (1, 64),
    "ClaimValue": (1, 128),
    "CognitoIdentityProviderClientId": (1, 128),
    "CognitoIdentityProviderName": (1, 128),
    "DeveloperProviderName": (1, 128),
    "DeveloperUserIdentifier": (1, 1024),
    "IdentityIdList": (1, 60),
    "IdentityPoolName": (1, 128),
    "IdentityProviderId": (1, 128),
    "IdentityProviderName": (1, 128),
    "IdentityProviderToken": (1, 50_000),
    "IdentityProviders": (0, 10),
    "LoginsMap": (0, 10),
    "MappingRulesList": (1, 400),
    "PaginationKey": (1, 65_535),
    "PrincipalTagID": (1, 128),
    "PrincipalTagValue": (1, 256),
    "PrincipalTags": (0, 50),
    "QueryLimit": (1, 60),
    "RoleMappingMap": (0, 10),
    "RoleType": (1, 128),
    "RolesMap": (0, 2),
    "TagKeysType": (1, 128),
    "TagValueType": (0, 256),
    "TokenDuration": (1, 86_400),
}
PATTERNS = {
    "IdentityPoolId": r"[\w-]+:[0-9a-f-]+",
    "IdentityId": r"[\w-]+:[0-9a-f-]+",
    "DatasetName": r"[a-zA-Z0-9_.:-]+",
    "AssumeRoleArn": r"arn:aws:iam::\d+:role/.*",
    "ApplicationArn": r"arn:aws:sns:[-0-9a-z]+:\d+:app/[A-Z_]+/[a-zA-Z0-9_.-]+",
    # Cognito Identity
    "AccountId": r"\d+",
    "ClaimName": r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+",
    "CognitoIdentityProviderClientId": r"[\w_]+",
    "CognitoIdentityProviderName": r"[\w._:/-]+",
    "DeveloperProviderName": r"[\w._-]+",
    "IdentityPoolName": r"[\w\s+=,.@-]+",
    "IdentityProviderId": r"[\w.;_/-]+",
    "PaginationKey": r"[\S]+",
    "RoleType": r"(un)?authenticated",
}
CHOICES = {
    "Operation": ["replace", "remove"],
    "Platform": ["APNS", "APNS_SANDBOX", "GCM", "ADM"],
    "StreamingStatus": ["ENABLED", "DISABLED"],
    # Cognito Identity
    "AmbiguousRoleResolutionType": ["AuthenticatedRole", "Deny"],
    "MappingRuleMatchType": ["Equals", "Contains", "StartsWith", "NotEqual"],
    "RoleMappingType": ["Token", "Rules"],
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
    "ClaimName": ("sub ", "\u00a0", "\t", "a\u200bb"),
    "DeveloperProviderName": ("login.my app", "login/app", "é"),
    "IdentityPoolName": ("players!", "é", "a/b"),
    "PaginationKey": ("a b", "a\n"),
    "RoleType": ("unauthenticate", "Authenticated", "authenticated "),
}

# The raw service models, as botocore loads them.
DESCRIPTIONS = [
    get_session().get_service_data(service)
    for service in ("cognito-sync", "cognito-identity")
]

LIMITS = ("min", "max", "pattern", "enum")


def described_constraints() -> Iterator[tuple[str, str, str]]:
    """Find the constraints in the raw models, independently of ``constraints.py``."""
    for description in DESCRIPTIONS:
        shapes = description["shapes"]
        for name, operation in description["operations"].items():
            for path, constraint in described_members(
                shapes, operation["input"]["shape"]
            ):
                yield name, path.removeprefix("."), constraint


def described_members(shapes: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    shape = shapes[name]
    for member, reference in shape.get("members", {}).items():
        path = f".{member[0].lower()}{member[1:]}"
        is_required = member in shape.get("required", ())
        yield from described_member(shapes, path, reference, is_required)
    if shape["type"] == "list":
        yield from described_member(shapes, ".1.member", shape["member"], True)
    if shape["type"] == "map":
        key = "authenticated" if name == "RolesMap" else "key"
        is_structure = shapes[shape["value"]["shape"]]["type"] == "structure"
        step = f".{key}.member" if is_structure else f".{key}"
        yield from described_member(shapes, step, shape["value"], True)
        yield from described_limits(shapes, " keys", shape["key"])


def described_member(
    shapes: dict[str, Any], path: str, reference: dict[str, str], is_required: bool
) -> Iterator[tuple[str, str]]:
    shape = shapes[reference["shape"]]
    is_in_body = "location" not in reference
    if is_required and is_in_body:
        yield path, "required"
    if is_in_body or shape["type"] in {"integer", "long"}:
        yield path, "type"
    yield from described_limits(shapes, path, reference)
    for inner, constraint in described_members(shapes, reference["shape"]):
        yield path + inner, constraint


def described_limits(
    shapes: dict[str, Any], path: str, reference: dict[str, str]
) -> Iterator[tuple[str, str]]:
    shape = shapes[reference["shape"]]
    # A minimum length of 0 cannot be violated.
    yield from ((path, limit) for limit in LIMITS if shape.get(limit, 0) != 0)


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
    headers = {
        name: value for name, value in request.headers.items() if name == "X-Amz-Target"
    }

    # None of these ids exist.
    response = aws.send(
        request.method, target, request.body, headers, case.place.service
    )

    assert (response.status, response.error) == (400, case.error)
    assert response.json["message"] == case.message


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_value_that_satisfies_its_constraint_is_accepted(case: Case) -> None:
    operation, _ = parse(case.place.request(case.inside), case.place.service)

    assert operation.name == case.place.operation


@pytest.mark.parametrize(
    ("shape", "value"),
    [(shape, value) for shape, values in NEAR_MISSES.items() for value in values],
)
def test_patterns_match_the_whole_value_and_ascii_only(shape: str, value: str) -> None:
    place = next(place for place in PLACES if place.shape.name == shape)

    with pytest.raises(ServiceError) as caught:
        parse(place.request(value), place.service)

    mismatch = PATTERN_MISMATCH.format(PATTERNS[shape])
    assert caught.value.message == violations(place, value, mismatch)
