"""Random requests to existing data: rejected requests and reads change nothing."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_cognitosync.state import dump_state
from tests.core.test_validation import (
    JSON_VALUES,
    PATCHES,
    assert_is_valid_response,
    fuzz,
)
from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest
from tests.support.operations import ROUTES

METHODS = st.sampled_from(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])
PATHS = st.sampled_from(sorted({path for _, path in ROUTES.values()}))
OPERATIONS = st.sampled_from([*ROUTES.values(), *[ROUTES["UpdateRecords"]] * 9])
# Changes to a path parameter, mostly none.
CHANGES = st.sampled_from(
    ["{}"] * 12
    + ["{}x", "%20{}", "{}%00", "{}%2F..", "..", "", "%C3%A9", "{}?{}", "%{}"]
)
QUERIES = st.dictionaries(
    st.sampled_from(["maxResults", "nextToken", "lastSyncCount", "syncSessionToken"]),
    st.sampled_from(["0", "1", "-1", "x", "YQ==", "%ff", "%F0%9F%8E%B2", ""]),
).map(lambda query: "&".join(f"{name}={value}" for name, value in query.items()))
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "SyncSessionToken": st.just("{token}") | JSON_VALUES,
        "RecordPatches": st.lists(PATCHES, max_size=3) | JSON_VALUES,
        "DeviceId": st.just("phone") | JSON_VALUES,
        "Events": st.dictionaries(st.just("SyncTrigger"), JSON_VALUES) | JSON_VALUES,
        "PushSync": JSON_VALUES,
        "CognitoStreams": JSON_VALUES,
        "Platform": st.just("GCM") | JSON_VALUES,
        "Token": JSON_VALUES,
    },
)


@pytest.fixture
def stored(dataset: DatasetUnderTest) -> DatasetUnderTest:
    dataset.write(theme="dark", volume="11")
    return dataset


def encoded(body: dict[str, Any], token: str) -> bytes:
    filled = {
        name: token if member == "{token}" else member for name, member in body.items()
    }
    return json.dumps(filled).encode()


@fuzz
@given(
    route=OPERATIONS | st.tuples(METHODS, PATHS),
    changes=st.lists(CHANGES, min_size=4, max_size=4),
    query=QUERIES,
    body=BODIES,
)
def test_a_rejected_request_changes_nothing(
    aws: Aws,
    stored: DatasetUnderTest,
    route: tuple[str, str],
    changes: list[str],
    query: str,
    body: dict[str, Any],
) -> None:
    method, path = route
    parts = {name: quote(part) for name, part in stored.ids.items()}
    names = ["IdentityPoolId", "IdentityId", "DatasetName", "DeviceId"]
    parts = {
        name: change.replace("{}", parts.get(name, "phone"))
        for name, change in zip(names, changes, strict=True)
    }
    content = encoded(body, stored.token())
    before = dump_state()

    response = aws.send(method, f"{path.format(**parts)}?{query}", content)

    assert_is_valid_response(response, method)
    assert response.status == 200 or dump_state() == before


@fuzz
@given(path=PATHS, query=QUERIES, body=BODIES)
def test_reads_do_not_change_stored_data(
    aws: Aws,
    stored: DatasetUnderTest,
    path: str,
    query: str,
    body: dict[str, Any],
) -> None:
    ids = {name: quote(part) for name, part in stored.ids.items()}
    before = stored.describe(), stored.records()

    aws.send(
        "GET", f"{path.format(**ids, DeviceId='phone')}?{query}", encoded(body, "")
    )

    assert (stored.describe(), stored.records()) == before
