"""The quick check agrees with jsonschema, which explains what it rejects."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.state import SCHEMA, dump_state, load_state
from moto_cognitosync.state.quick_check import compile_schema

Path = tuple[str | int, ...]

SCHEMA_DATA = json.loads(SCHEMA.read_text("utf-8"))
is_valid = Draft202012Validator(SCHEMA_DATA).is_valid
is_accepted = compile_schema(SCHEMA_DATA)

ROLE = "arn:aws:iam::123456789012:role/player"
UUID = "us-east-1:5b8c4e0f-6b3d-4f0a-9d3c-1a2b3c4d5e6f"
DATE = "2026-03-01T12:00:00.250Z"
RULE = {"Claim": "sub", "MatchType": "Equals", "Value": "ada", "RoleARN": ROLE}
POOL = {
    "AccountId": "123456789012",
    "Region": "us-east-1",
    "IdentityPoolId": UUID,
    "IdentityPoolName": "players",
    "AllowUnauthenticatedIdentities": None,
    "AllowClassicFlow": True,
    "SupportedLoginProviders": {"graph.facebook.com": "1"},
    "DeveloperProviderName": "login.game",
    "OpenIdConnectProviderARNs": [ROLE],
    "CognitoIdentityProviders": [
        {"ProviderName": "a/b", "ClientId": "c", "ServerSideTokenCheck": False}
    ],
    "SamlProviderARNs": [ROLE],
    "IdentityPoolTags": {"team": "red"},
    "Roles": {"authenticated": ROLE, "unauthenticated": ROLE},
    "RoleMappings": {
        "a/b:c": {
            "Type": "Rules",
            "AmbiguousRoleResolution": "Deny",
            "RulesConfiguration": {"Rules": [RULE]},
        },
        "graph.facebook.com": {
            "Type": "Token",
            "AmbiguousRoleResolution": "AuthenticatedRole",
        },
    },
    "PrincipalTagAttributeMaps": {
        "a/b": {"UseDefaults": False, "PrincipalTags": {"team": "custom:team"}}
    },
    "CreationDate": DATE,
    "PushSync": {"ApplicationArns": ["arn"], "RoleArn": ROLE},
    "CognitoStreams": {
        "StreamName": "changes",
        "RoleArn": ROLE,
        "StreamingStatus": "ENABLED",
    },
    "Events": {"SyncTrigger": "arn"},
    "BulkPublish": {
        "BulkPublishStatus": "FAILED",
        "BulkPublishStartTime": DATE,
        "BulkPublishCompleteTime": DATE,
        "FailureMessage": "no stream",
    },
    "SyncSessionsCount": 3,
}
RECORD = {
    "Key": "theme",
    "Value": "dark",
    "SyncCount": 2,
    "LastModifiedDate": DATE,
    "LastModifiedBy": "phone",
    "DeviceLastModifiedDate": DATE,
}
DATASET = {
    "DatasetName": "settings",
    "DatasetExists": True,
    "DatasetSyncCount": 3,
    "SyncCountAtDeletion": 1,
    "CreationDate": DATE,
    "LastModifiedDate": DATE,
    "LastModifiedBy": "phone",
    "ReportsMerge": True,
    "Values": {"volume": "11"},
    "Records": [RECORD],
}
DEVICE = {
    "DeviceId": "phone",
    "Platform": "GCM",
    "Token": "t",
    "EndpointArn": "arn",
    "Subscriptions": ["settings"],
}
IDENTITIES = [
    {
        "IdentityId": "us-east-1:0",
        "CreationDate": DATE,
        "LastModifiedDate": DATE,
        "Logins": {"login.game": ["ada", "ben"], "graph.facebook.com": "ada"},
        "Datasets": [DATASET],
        "Devices": [DEVICE],
    },
    {"IdentityId": "us-east-1:1", "Logins": [{"login.game": "cy"}]},
    {
        "IdentityId": "us-east-1:2",
        "IdentityStatus": "DISABLED",
        "MergedInto": "us-east-1:1",
    },
]
SESSIONS = {
    "AccountId": "123456789012",
    "Region": "us-east-1",
    "Expirations": {"session": DATE},
}
STATE = {
    "$schema": "state.schema.json",
    "FormatVersion": 1,
    "IdentityPools": [{**POOL, "Identities": IDENTITIES}],
    "OpenSyncSessions": [SESSIONS],
    "UsedSyncSessions": [SESSIONS],
}

ODD_VALUES: list[Any] = [
    None,
    True,
    1,
    -1,
    2**63,
    1.5,
    "",
    "a\n",
    "e\u0301",
    "us-east-1:A",
    f"{'r' * 99}:{UUID.partition(':')[2]}",
    *("n" * length for length in (56, 257, 2049)),
    [],
    [None],
    [RULE] * 26,
    {},
    {"": "a"},
    {"a": 1},
    {str(number): "a" for number in range(51)},
]


def paths(data: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each value."""
    yield path
    if isinstance(data, dict | list):
        for key, item in data.items() if isinstance(data, dict) else enumerate(data):
            yield from paths(item, (*path, key))


PATHS = [*paths(STATE)]


def changed(path: Path, value: Any) -> Any:
    """Return the state with another value at a place."""
    if not path:
        return value
    state = copy.deepcopy(STATE)
    place(state, path)[path[-1]] = value
    return state


def place(state: Any, path: Path) -> Any:
    """Return the object or list that contains the value at a path."""
    for step in path[:-1]:
        state = state[step]
    return state


def test_a_state_with_all_members_is_accepted() -> None:
    names = {step for path in PATHS for step in path}
    for schema in (SCHEMA_DATA, *SCHEMA_DATA["$defs"].values()):
        assert names.issuperset(schema.get("properties", ()))

    assert is_accepted(STATE)
    assert is_valid(STATE)


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: type(value).__name__)
def test_both_agree_on_a_changed_value(value: Any) -> None:
    for path in PATHS:
        state = changed(path, value)
        assert is_accepted(state) == is_valid(state), path


def test_both_agree_on_a_missing_value() -> None:
    for path in PATHS[1:]:
        state = copy.deepcopy(STATE)
        del place(state, path)[path[-1]]
        assert is_accepted(state) == is_valid(state), path


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        ({"minimum": 1, "maximum": 2}, [0, 1, 2, 3]),
        ({"minLength": 1, "maxLength": 2}, ["", "é", "🎲🎲", "🎲🎲🎲"]),
        ({"minItems": 1, "maxItems": 2}, [[], [0], [0, 0], [0, 0, 0]]),
        ({"maxProperties": 1}, [{}, {"a": 0}, {"a": 0, "b": 0}]),
    ],
    ids=["integer", "string", "array", "object"],
)
def test_both_agree_on_limits(schema: dict[str, Any], values: list[Any]) -> None:
    for value in values:
        expected = Draft202012Validator(schema).is_valid(value)
        assert compile_schema(schema)(value) == expected, value


def test_both_agree_on_an_added_member() -> None:
    for path in PATHS:
        if path and isinstance(path[-1], str):
            state = changed((*path[:-1], "unknown"), "a")
            assert is_accepted(state) == is_valid(state), path


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=60),
    lambda items: (
        st.lists(items, max_size=3) | st.dictionaries(st.text(), items, max_size=3)
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(st.sampled_from(PATHS), ANY_JSON)
def test_nothing_is_accepted_that_jsonschema_rejects(path: Path, value: Any) -> None:
    state = changed(path, value)

    assert is_valid(state) or not is_accepted(state)


def test_a_schema_with_an_unsupported_keyword_is_rejected() -> None:
    with pytest.raises(KeyError, match="oneOf"):
        compile_schema({"oneOf": [{"type": "string"}]})


def test_a_valid_state_is_loaded_without_jsonschema(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)

    with mock_cognitosync():
        load_state({"IdentityPools": [{"IdentityPoolId": "us-east-1:0"}]})

        assert len(dump_state()["IdentityPools"]) == 1
