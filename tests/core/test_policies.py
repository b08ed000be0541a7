"""IAM policies as they apply to the session of an identity."""

from __future__ import annotations

from typing import Any

import pytest

from moto_cognitosync.core.credentials import IdentitySession
from moto_cognitosync.core.policies import context_of, resolve_policy

SESSION = IdentitySession(
    identity_id="us-east-1:0a1b",
    identity_pool_id="us-east-1:7d9b",
    account_id="123456789012",
    role_arn="arn:aws:iam::123456789012:role/players",
    amr=("authenticated", "login.players"),
    expiration=0,
    principal_tags={"Team": "red", "Pattern": "a*.b"},
)
COGNITO = "cognito-identity.amazonaws.com"
SUB = f"${{{COGNITO}:sub}}"
PATTERN = "${aws:PrincipalTag/pattern}"
AMR = f"${{{COGNITO}:amr}}"


def resolve(*statements: dict[str, Any]) -> list[dict[str, Any]]:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return resolve_policy(policy, context_of(SESSION))["Statement"]  # type: ignore[no-any-return]


def allow(**elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:*", "Resource": "*", **elements}


def is_met(operator: str, key: str, value: Any) -> bool | None:
    """Return whether a condition is met; None if it was left to moto."""
    statements = resolve(allow(Condition={operator: {key: value}}))
    if not statements:
        return False
    return None if "Condition" in statements[0] else True


# --- Variables --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", ["*"]),
        (f"bucket/{SUB}/*", ["bucket/us-east-1:0a1b/*"]),
        ([f"{SUB}/a", "b"], ["us-east-1:0a1b/a", "b"]),
        (f"{SUB}/{SUB}", ["us-east-1:0a1b/us-east-1:0a1b"]),
        (f"${{{COGNITO}:AUD}}", ["us-east-1:7d9b"]),
        (f"a/{AMR}", ["a/authenticated", r"a/login\x2eplayers"]),
        ("${ aws:PrincipalTag/Team }", ["red"]),
        ("${aws:PrincipalTag/team, 'blue'}", ["red"]),
        ("${aws:PrincipalTag/city, 'Köln'}", ["Köln"]),
        (PATTERN, [r"a\x2a\x2eb"]),
        ("${aws:PrincipalTag/city}", ["${aws:PrincipalTag/city}"]),
        ("a${*}b${?}c${$}", [r"a\x2ab\x3fc\x24"]),
    ],
)
def test_variables_in_resources_are_replaced(resource: Any, expected: Any) -> None:
    assert resolve(allow(Resource=resource)) == [allow(Resource=expected)]


def test_variables_in_other_resources_are_replaced() -> None:
    statement = {"Effect": "Deny", "Action": "*", "NotResource": SUB}

    assert resolve(statement)[0]["NotResource"] == ["us-east-1:0a1b"]


def test_a_single_statement_may_be_written_without_a_list() -> None:
    resolved = resolve_policy({"Statement": allow()}, context_of(SESSION))

    assert resolved == {"Statement": [allow(Resource=["*"])]}


def test_the_original_policy_is_not_changed() -> None:
    statement = allow(Resource=SUB, Condition={"Null": {f"{COGNITO}:sub": "false"}})
    before = dict(statement)

    resolve(statement)

    assert statement == before


# --- Conditions -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", f"{COGNITO}:aud", "us-east-1:7d9b", True),
        ("StringEquals", f"{COGNITO}:aud", ["x", "us-east-1:7d9b"], True),
        ("StringEquals", f"{COGNITO}:aud", "us-east-1:*", False),
        ("StringEquals", f"{COGNITO}:AUD", "us-east-1:7d9b", True),
        ("stringequals", f"{COGNITO}:sub", SUB, True),
        ("StringEquals", "aws:PrincipalTag/Team", "RED", False),
        (
            "StringEquals",
            "aws:PrincipalTag/Pattern",
            "${aws:PrincipalTag/pattern}",
            True,
        ),
        ("StringEqualsIgnoreCase", "aws:PrincipalTag/Team", "RED", True),
        ("StringEqualsIgnoreCase", "aws:PrincipalTag/Team", "blue", False),
        ("StringNotEquals", "aws:PrincipalTag/Team", "blue", True),
        ("StringNotEquals", "aws:PrincipalTag/Team", ["blue", "red"], False),
        ("StringNotEqualsIgnoreCase", "aws:PrincipalTag/Team", "RED", False),
        ("StringLike", f"{COGNITO}:aud", "us-*-?:7d9b", True),
        ("StringLike", f"{COGNITO}:aud", "us-east-?", False),
        ("StringLike", "aws:PrincipalTag/Team", PATTERN, False),
        ("StringLike", "aws:PrincipalTag/Pattern", PATTERN, True),
        ("StringNotLike", f"{COGNITO}:aud", "eu-*", True),
        ("StringNotLike", f"{COGNITO}:aud", "us-*", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/players", True),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/play*", True),
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/play*", False),
        ("StringEquals", "aws:PrincipalAccount", "123456789012", True),
        ("StringEquals", "aws:FederatedProvider", COGNITO, True),
        # Several values
        ("ForAnyValue:StringLike", f"{COGNITO}:amr", "authenticated", True),
        ("ForAnyValue:StringLike", f"{COGNITO}:amr", "unauthenticated", False),
        ("ForAnyValue:StringLike", f"{COGNITO}:amr", "login.*", True),
        ("ForAnyValue:StringNotLike", f"{COGNITO}:amr", "login.*", True),
        ("ForAllValues:StringLike", f"{COGNITO}:amr", "login.*", False),
        ("ForAllValues:StringLike", f"{COGNITO}:amr", ["login.*", "auth*"], True),
        ("ForAllValues:StringNotEquals", f"{COGNITO}:amr", "login.players", False),
        ("ForAllValues:StringNotEquals", f"{COGNITO}:amr", "login.others", True),
        ("StringEquals", f"{COGNITO}:amr", "authenticated", True),
        # Missing values
        ("StringEquals", "aws:PrincipalTag/city", "Köln", False),
        ("StringNotEquals", "aws:PrincipalTag/city", "Köln", True),
        ("StringEqualsIfExists", "aws:PrincipalTag/city", "Köln", True),
        ("StringEqualsIfExists", "aws:PrincipalTag/team", "blue", False),
        ("ForAllValues:StringEquals", "aws:PrincipalTag/city", "Köln", True),
        ("ForAnyValue:StringEquals", "aws:PrincipalTag/city", "Köln", False),
        ("Null", "aws:PrincipalTag/city", "true", True),
        ("Null", "aws:PrincipalTag/city", "false", False),
        ("Null", "aws:PrincipalTag/team", False, True),
        ("Null", "aws:PrincipalTag/team", [], False),
        ("Null", "aws:PrincipalTag/team", [True, "false"], True),
        ("StringEquals", f"{COGNITO}:unknown", "a", False),
        # Left to moto
        ("StringEquals", "aws:SourceIp", "10.0.0.1", None),
        ("StringLike", "s3:prefix", f"{SUB}/*", None),
        ("NumericEquals", "aws:PrincipalTag/Team", "1", None),
        ("ForEachValue:StringEquals", f"{COGNITO}:aud", "a", None),
    ],
)
def test_conditions_on_the_identity_are_evaluated(
    operator: str, key: str, value: Any, expected: bool | None
) -> None:
    assert is_met(operator, key, value) is expected


def test_all_conditions_must_be_met() -> None:
    met = {f"{COGNITO}:aud": "us-east-1:7d9b"}
    unmet = {"aws:PrincipalTag/Team": "blue"}
    unknown = {"aws:SourceIp": "10.0.0.1"}

    for condition in (
        {"StringEquals": {**met, **unmet}},
        {"StringEquals": met, "StringLike": unmet},
        {"StringEquals": unknown, "StringLike": unmet},
    ):
        assert resolve(allow(Condition=condition)) == []
    assert resolve(allow(Condition={"StringEquals": {**met, **unknown}})) == [
        allow(Resource=["*"], Condition={"StringEquals": unknown})
    ]
