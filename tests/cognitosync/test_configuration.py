"""The configuration of a pool: push sync, streams and the SyncTrigger event."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import xform_name

from tests.support.aws import Aws
from tests.support.datasets import make_pool
from tests.support.provokes import provoking

ROLE = "arn:aws:iam::123456789012:role/sync"
PUSH = {
    "ApplicationArns": ["arn:aws:sns:us-east-1:123456789012:app/GCM/game"],
    "RoleArn": ROLE,
}
STREAMS = {"StreamName": "changes", "RoleArn": ROLE, "StreamingStatus": "ENABLED"}
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:check"


def get(sync: Any, pool_id: str) -> dict[str, Any]:
    """Return the configured sections."""
    response = sync.get_identity_pool_configuration(IdentityPoolId=pool_id)
    return without_metadata(response)


def configure(sync: Any, pool_id: str, **sections: Any) -> dict[str, Any]:
    response = sync.set_identity_pool_configuration(IdentityPoolId=pool_id, **sections)
    assert response["IdentityPoolId"] == pool_id
    return without_metadata(response)


def without_metadata(response: dict[str, Any]) -> dict[str, Any]:
    del response["ResponseMetadata"], response["IdentityPoolId"]
    return response


def events(sync: Any, pool_id: str) -> dict[str, str]:
    return sync.get_cognito_events(IdentityPoolId=pool_id)["Events"]  # type: ignore[no-any-return]


# --- Sections ---------------------------------------------------------------------


def test_a_new_pool_has_no_configuration(aws: Aws, pool_id: str) -> None:
    response = aws.send("GET", f"/identitypools/{pool_id}/configuration")

    assert response.body.decode() == (
        f'{{"CognitoStreams":null,"IdentityPoolId":"{pool_id}","PushSync":null}}'
    )


@pytest.mark.parametrize(
    "sections",
    [
        pytest.param({"PushSync": PUSH}, id="push"),
        pytest.param({"CognitoStreams": STREAMS}, id="streams"),
        pytest.param({"PushSync": PUSH, "CognitoStreams": STREAMS}, id="both"),
        pytest.param({"PushSync": {"ApplicationArns": []}}, id="no application"),
        pytest.param({"CognitoStreams": {"StreamName": "changes"}}, id="no status"),
    ],
)
def test_a_configuration_is_returned_and_stored(
    sync: Any, pool_id: str, sections: dict[str, Any]
) -> None:
    assert configure(sync, pool_id, **sections) == sections
    assert get(sync, pool_id) == sections


def test_push_sync_does_not_require_a_role(aws: Aws, sync: Any, pool_id: str) -> None:
    arns = PUSH["ApplicationArns"]
    configure(sync, pool_id, PushSync={"ApplicationArns": arns})

    response = aws.send("GET", f"/identitypools/{pool_id}/configuration")

    assert response.json["PushSync"] == {"ApplicationArns": arns, "RoleArn": None}


@pytest.mark.parametrize(
    ("section", "other"),
    [("PushSync", "CognitoStreams"), ("CognitoStreams", "PushSync")],
)
def test_omitted_sections_are_kept_and_empty_sections_are_cleared(
    sync: Any, pool_id: str, section: str, other: str
) -> None:
    both = {"PushSync": PUSH, "CognitoStreams": STREAMS}
    configure(sync, pool_id, **both)

    assert configure(sync, pool_id) == both
    assert configure(sync, pool_id, **{section: {}}) == {other: both[other]}
    assert get(sync, pool_id) == {other: both[other]}


@pytest.mark.parametrize(
    "section",
    [
        {"PushSync": {"ApplicationArns": [PUSH["ApplicationArns"][0] + "2"]}},
        {"CognitoStreams": {"StreamingStatus": "DISABLED"}},
    ],
)
def test_a_section_is_replaced_not_merged(
    sync: Any, pool_id: str, section: dict[str, Any]
) -> None:
    configure(sync, pool_id, PushSync=PUSH, CognitoStreams=STREAMS)

    configure(sync, pool_id, **section)

    assert get(sync, pool_id) == {"PushSync": PUSH, "CognitoStreams": STREAMS} | section


def test_each_pool_has_its_own_configuration(aws: Aws, sync: Any, pool_id: str) -> None:
    configure(sync, pool_id, PushSync=PUSH)

    assert get(sync, make_pool(aws)) == {}


# --- Events -----------------------------------------------------------------------


def test_a_new_pool_has_no_events(aws: Aws, pool_id: str) -> None:
    response = aws.send("GET", f"/identitypools/{pool_id}/events")

    assert response.body == b'{"Events":{}}'


def test_setting_events_returns_an_empty_body(aws: Aws, pool_id: str) -> None:
    path = f"/identitypools/{pool_id}/events"

    response = aws.send("POST", path, b'{"Events":{"SyncTrigger":"any text"}}')

    assert (response.status, response.body) == (200, b"")
    assert aws.send("GET", path).body == b'{"Events":{"SyncTrigger":"any text"}}'


@pytest.mark.parametrize(
    ("change", "left"),
    [
        ({}, {"SyncTrigger": FUNCTION}),
        ({"SyncTrigger": f"{FUNCTION}-2"}, {"SyncTrigger": f"{FUNCTION}-2"}),
        ({"SyncTrigger": ""}, {}),
    ],
)
def test_an_event_is_kept_until_it_is_replaced_or_cleared(
    aws: Aws, sync: Any, pool_id: str, change: dict[str, str], left: dict[str, str]
) -> None:
    sync.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": FUNCTION})

    sync.set_cognito_events(IdentityPoolId=pool_id, Events=change)

    assert events(sync, pool_id) == left
    assert events(sync, make_pool(aws)) == {}


def test_clearing_an_event_that_is_not_set_succeeds(sync: Any, pool_id: str) -> None:
    sync.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": ""})

    assert events(sync, pool_id) == {}


@pytest.mark.provokes("SetCognitoEvents", "InvalidParameterException")
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Sync": "x"}, "Event 'Sync' does not exist: the only event is SyncTrigger."),
        (
            {"SyncTrigger": "x", "Sync": "y"},
            "1 validation error detected: Value '{SyncTrigger=x, Sync=y}' at 'events' "
            "failed to satisfy constraint: "
            "Member must have length less than or equal to 1",
        ),
    ],
)
def test_sync_trigger_is_the_only_event(
    sync: Any, pool_id: str, change: dict[str, str], message: str
) -> None:
    sync.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": FUNCTION})

    with pytest.raises(sync.exceptions.InvalidParameterException) as caught:
        sync.set_cognito_events(IdentityPoolId=pool_id, Events=change)

    assert caught.value.response["Error"]["Message"] == message
    assert events(sync, pool_id) == {"SyncTrigger": FUNCTION}


# --- Unknown pools ----------------------------------------------------------------


# The parameters that each operation requires in addition to the pool.
REQUIRED: dict[str, dict[str, Any]] = {
    "GetCognitoEvents": {},
    "GetIdentityPoolConfiguration": {},
    "SetCognitoEvents": {"Events": {}},
    "SetIdentityPoolConfiguration": {},
}


@pytest.mark.parametrize("operation", provoking("ResourceNotFoundException", REQUIRED))
def test_an_unknown_pool_is_not_found(sync: Any, operation: str) -> None:
    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=r"operation: IdentityPool 'abc:123af' not found\.$",
    ):
        getattr(sync, xform_name(operation))(
            IdentityPoolId="abc:123af", **REQUIRED[operation]
        )
