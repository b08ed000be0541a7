"""The sync session token: format, lifetime and validation."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from freezegun import freeze_time

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.cognitosync.models import get_backend
from moto_cognitosync.cognitosync.store import sync_sessions
from moto_cognitosync.cognitosync.store.sync_sessions import MAX_TOKEN_LENGTH
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.state import add_dataset
from tests.support.aws import REGION, Aws, InProcess, OnServer
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=timezone.utc)
LIFETIME = timedelta(minutes=5)
PATH = "/identitypools/{IdentityPoolId}/identities/{IdentityId}/datasets/{DatasetName}"

Use = Callable[[DatasetUnderTest, str], Any]


def list_with(dataset: DatasetUnderTest, token: str) -> dict[str, Any]:
    return dataset.list(SyncSessionToken=token)


def write_with(dataset: DatasetUnderTest, token: str) -> list[dict[str, Any]]:
    return dataset.patch(replace("volume", "11", 9), SyncSessionToken=token)


each_use = pytest.mark.parametrize("use", [list_with, write_with])


def rejected(dataset: DatasetUnderTest) -> Any:
    return pytest.raises(
        dataset.client.exceptions.InvalidParameterException,
        match=r"operation: SyncSessionToken not valid for these inputs$",
    )


def unpack(token: str) -> list[bytes]:
    """Split a token into the session, the key version and the MAC."""
    return gzip.decompress(base64.b64decode(token)).split(b":")


def pack(*parts: bytes) -> str:
    return base64.b64encode(gzip.compress(b":".join(parts), mtime=0)).decode()


def test_tokens_have_the_same_format_as_on_aws(dataset: DatasetUnderTest) -> None:
    with freeze_time(NOW):
        token = dataset.token()

    assert token.startswith("H4sI")
    payload, version, mac = unpack(token)
    session = json.loads(base64.b64decode(payload))
    assert list(session) == ["sessionId", "expiration", "identityId", "datasetName"]
    assert str(UUID(session.pop("sessionId"))) in base64.b64decode(payload).decode()
    assert session == {
        "expiration": 1772366400000 + 300_000,
        "identityId": dataset.identity_id,
        "datasetName": "settings",
    }
    assert version == b"1"
    assert len(base64.b64decode(mac)) == 32


@pytest.mark.verifiable
def test_each_list_call_starts_a_new_session(dataset: DatasetUnderTest) -> None:
    first, second = dataset.token(), dataset.token()

    write_with(dataset, first)
    with rejected(dataset):
        write_with(dataset, first)
    write_with(dataset, second)


@pytest.mark.verifiable
def test_a_supplied_token_is_returned_unchanged(dataset: DatasetUnderTest) -> None:
    token = dataset.token()

    assert list_with(dataset, token)["SyncSessionToken"] == token
    write_with(dataset, token)


def test_listing_does_not_extend_the_lifetime_of_a_token(
    dataset: DatasetUnderTest,
) -> None:
    with freeze_time(NOW) as clock:
        token = dataset.token()
        clock.tick(timedelta(minutes=4))
        assert list_with(dataset, token)["SyncSessionToken"] == token
        clock.tick(timedelta(minutes=4))

        with rejected(dataset):
            write_with(dataset, token)


@pytest.mark.verifiable
@each_use
def test_a_used_token_is_rejected(dataset: DatasetUnderTest, use: Use) -> None:
    token = dataset.token()
    write_with(dataset, token)

    with rejected(dataset):
        use(dataset, token)


@pytest.mark.verifiable
@pytest.mark.parametrize("patches", [[remove("volume")], []])
def test_every_successful_update_consumes_the_token(
    dataset: DatasetUnderTest, patches: list[dict[str, Any]]
) -> None:
    token = dataset.token()
    dataset.patch(*patches, SyncSessionToken=token)

    with rejected(dataset):
        write_with(dataset, token)


def test_a_used_token_never_becomes_valid_again(dataset: DatasetUnderTest) -> None:
    with freeze_time(NOW) as clock:
        used, other = dataset.token(), dataset.token()
        clock.tick(timedelta(minutes=1))
        young = dataset.token()
        write_with(dataset, used)
        write_with(dataset, young)
        clock.move_to(NOW + LIFETIME - timedelta(milliseconds=1))
        write_with(dataset, other)

        with rejected(dataset):
            write_with(dataset, used)
        clock.move_to(NOW + LIFETIME)
        write_with(dataset, dataset.token())
        with rejected(dataset):
            write_with(dataset, young)
        with rejected(dataset):
            write_with(dataset, used)


def test_a_used_token_stays_invalid_when_the_clock_moves_back(
    dataset: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Discard expired sessions as often as possible.
    monkeypatch.setattr(sync_sessions, "MIN_LIMIT", 0, raising=False)
    with freeze_time(NOW) as clock:
        used = dataset.token()
        write_with(dataset, used)
        clock.move_to(NOW + 2 * LIFETIME)
        for _ in range(3):
            write_with(dataset, dataset.token())
        clock.move_to(NOW)

        with rejected(dataset):
            write_with(dataset, used)
        write_with(dataset, dataset.token())


def test_a_used_token_stays_invalid_in_the_next_mock_with_the_same_pool() -> None:
    ids = f"{REGION}:0", f"{REGION}:1", "settings"
    tokens = []
    for _ in range(2):
        with mock_cognitosync():
            add_dataset(*ids, {"volume": "10"})
            dataset = DatasetUnderTest(InProcess().client("cognito-sync"), *ids)
            for token in tokens:
                with rejected(dataset):
                    write_with(dataset, token)
            tokens = [dataset.token(), dataset.token()]
            write_with(dataset, tokens[0])


def test_a_used_token_stays_invalid_after_a_server_reset(
    cognitosync_server: CognitoSyncServer,
) -> None:
    aws = OnServer(cognitosync_server)
    ids = f"{REGION}:0", f"{REGION}:1", "settings"
    dataset = DatasetUnderTest(aws.client("cognito-sync"), *ids)
    add_dataset(*ids, {"volume": "10"})
    used = dataset.token()
    write_with(dataset, used)

    cognitosync_server.reset()
    add_dataset(*ids, {"volume": "10"})

    with rejected(dataset):
        write_with(dataset, used)


def test_sessions_do_not_accumulate_behind_one_that_expires_later(
    dataset: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_sessions, "MIN_LIMIT", 4)
    sessions = get_backend("123456789012", REGION).sync_sessions
    with freeze_time(NOW + 9 * LIFETIME) as clock:
        dataset.token()
        clock.move_to(NOW)
        for _ in range(50):
            clock.tick(LIFETIME / 2)
            dataset.token()

        assert len(sessions._unused) <= 2 * 4 + 4


@pytest.mark.verifiable
def test_every_page_returns_a_token_that_allows_a_write(
    dataset: DatasetUnderTest,
) -> None:
    dataset.write(a="1", b="1", c="1")

    page = dataset.list(MaxResults=1)
    tokens = [page["SyncSessionToken"]]
    while "NextToken" in page:
        page = dataset.list(MaxResults=1, NextToken=page["NextToken"])
        tokens.append(page["SyncSessionToken"])

    assert len(tokens) == 3
    for token in tokens:
        write_with(dataset, token)


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        (replace("theme", "dark", 0), "ResourceConflictException"),
        (replace("new", "v" * 1_048_575), "LimitExceededException"),
        (replace("new", "dark", -1), "InvalidParameterException"),
        (replace("", "dark"), "InvalidParameterException"),
    ],
)
def test_a_failed_write_does_not_consume_the_token(
    aws: Aws, dataset: DatasetUnderTest, patch: dict[str, Any], error: str
) -> None:
    dataset.write(theme="light")
    token = dataset.token()
    # botocore would not send an empty key.
    body = json.dumps({"SyncSessionToken": token, "RecordPatches": [patch]})

    response = aws.send("POST", PATH.format(**dataset.ids), body.encode())

    assert response.error == error
    (written,) = write_with(dataset, token)
    assert written["SyncCount"] == 2


def test_a_token_is_required(aws: Aws, dataset: DatasetUnderTest) -> None:
    response = aws.send("POST", PATH.format(**dataset.ids), b'{"RecordPatches":[]}')

    assert (response.status, response.error) == (400, "InvalidParameterException")
    assert response.json["message"] == (
        "1 validation error detected: Value null at 'syncSessionToken' failed to "
        "satisfy constraint: Member must not be null"
    )


@pytest.mark.verifiable
def test_a_token_stays_valid_when_others_change_the_dataset(
    dataset: DatasetUnderTest,
) -> None:
    tokens = [dataset.token() for _ in range(2)]
    dataset.write(theme="dark")
    write_with(dataset, tokens[0])
    dataset.delete()
    write_with(dataset, tokens[1])

    assert set(dataset.records()) == {"volume"}


@pytest.mark.verifiable
@each_use
def test_a_token_of_another_dataset_is_rejected(
    dataset: DatasetUnderTest, use: Use
) -> None:
    with rejected(dataset):
        use(dataset, dataset.named("saves").token())


@pytest.mark.verifiable
@each_use
def test_a_token_of_another_identity_is_rejected(
    aws: Aws, dataset: DatasetUnderTest, pool_id: str, use: Use
) -> None:
    other = make_identity(aws, pool_id)
    token = DatasetUnderTest(dataset.client, pool_id, other, "settings").token()

    with rejected(dataset):
        use(dataset, token)


@pytest.mark.verifiable
@each_use
def test_a_token_with_an_extra_character_is_rejected(
    dataset: DatasetUnderTest, use: Use
) -> None:
    token = dataset.token()

    with rejected(dataset):
        use(dataset, f"{token[:8]}!{token[8:]}")


@each_use
def test_a_token_of_another_pool_is_rejected(
    aws: Aws, dataset: DatasetUnderTest, identity_id: str, use: Use
) -> None:
    other = make_pool(aws)
    token = DatasetUnderTest(dataset.client, other, identity_id, "settings").token()

    with rejected(dataset):
        use(dataset, token)


@pytest.mark.verifiable
@each_use
@pytest.mark.parametrize(
    "garbage",
    [
        "",
        " ",
        "null",
        "garbage",
        "H4sI",
        "é☃🎲",
        "A" * 20_000,
        base64.b64encode(b"neither gzip nor long").decode(),
        pack(b"one part"),
        pack(b"e30=", b"1", b"not base64"),
        pack(b"e30=", b"1", b""),
        pack(b"e30=", b"1", base64.b64encode(bytes(32))),
        pack(b"", b"", b"", b""),
    ],
)
def test_a_malformed_token_is_rejected(
    dataset: DatasetUnderTest, use: Use, garbage: str
) -> None:
    with rejected(dataset):
        use(dataset, garbage)


def with_later_expiration(session: bytes, version: bytes, mac: bytes) -> str:
    content = json.loads(base64.b64decode(session))
    content["expiration"] += 1
    return pack(base64.b64encode(json.dumps(content).encode()), version, mac)


def with_another_key_version(session: bytes, _version: bytes, mac: bytes) -> str:
    return pack(session, b"2", mac)


def with_another_mac(session: bytes, version: bytes, mac: bytes) -> str:
    return pack(session, version, mac[::-1])


@pytest.mark.verifiable
@each_use
@pytest.mark.parametrize(
    "tamper", [with_later_expiration, with_another_key_version, with_another_mac]
)
def test_a_tampered_token_is_rejected(
    dataset: DatasetUnderTest, use: Use, tamper: Callable[..., str]
) -> None:
    with rejected(dataset):
        use(dataset, tamper(*unpack(dataset.token())))


def test_a_gzip_bomb_is_not_decompressed(dataset: DatasetUnderTest) -> None:
    size = 2_500_000
    bomb = pack(bytes(size))
    assert len(bomb) < MAX_TOKEN_LENGTH
    dataset.list()  # exclude the memory that the first call allocates

    tracemalloc.start()
    try:
        with rejected(dataset):
            write_with(dataset, bomb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < size / 2
