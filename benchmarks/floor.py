"""The floor: what boto3 itself takes for a call, whoever answers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.handlers import BUILTIN_HANDLERS

from moto_cognitosync import cognitosync_backends, mock_cognitosync
from moto_cognitosync.cognitosync.models import CognitoSyncBackend

ACCOUNT = "123456789012"
REGION = "us-east-1"

# What measurements against it name as such.
FLOOR = "a constant answer"


class _Raw(BytesIO):
    """The body of an answer, in the form that botocore reads."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def answering(client: Any, answer: dict[str, Any]) -> None:
    """Let a client be given the same answer each time, and nobody else be asked.

    :param answer: as :func:`answer_of` returns it.
    """
    for event, builtin, *_ in BUILTIN_HANDLERS:
        if event.startswith("before-send"):
            client.meta.events.unregister(event, builtin)

    def handler(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(
            request.url, answer["status"], answer["headers"], _Raw(answer["body"])
        )

    client.meta.events.register("before-send", handler)


def answer_of(client: Any, call: Callable[[Any], object]) -> dict[str, Any]:
    """Make a call, and return what was sent back for it."""
    seen: dict[str, Any] = {}

    def look(response_dict: dict[str, Any], **_: Any) -> None:
        seen.update(
            status=response_dict["status_code"],
            headers=dict(response_dict["headers"]),
            body=response_dict["body"],
        )

    client.meta.events.register("before-parse", look)
    call(client)
    client.meta.events.unregister("before-parse", look)
    return seen


@dataclass(frozen=True)
class Player:
    """A dataset's ids, a client that can reach it, and the backend that has it."""

    client: Any
    backend: CognitoSyncBackend
    ids: dict[str, str]

    def write(self, **values: str) -> None:
        """Replace records, whatever is there."""
        self.client.update_records(
            **self.ids, SyncSessionToken=self.token(), RecordPatches=patches(values)
        )

    def token(self) -> str:
        """Open a sync session."""
        return str(self.client.list_records(**self.ids)["SyncSessionToken"])


def patches(values: dict[str, str]) -> list[dict[str, Any]]:
    """Make patches that are never stale."""
    return [
        {"Op": "replace", "Key": key, "Value": value, "SyncCount": 1 << 40}
        for key, value in values.items()
    ]


@contextmanager
def player(region: str = REGION) -> Iterator[Player]:
    """Start a mock, and make a pool and an identity in it."""
    with mock_cognitosync():
        yield new_player(region)


def new_player(region: str = REGION) -> Player:
    """Make a pool and an identity."""
    identities = boto3.client("cognito-identity", region)
    pool_id = identities.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    ids = {
        "IdentityPoolId": pool_id,
        "IdentityId": identities.get_id(IdentityPoolId=pool_id)["IdentityId"],
        "DatasetName": "settings",
    }
    client = boto3.client("cognito-sync", region)
    return Player(client, cognitosync_backends[ACCOUNT][region], ids)


def against_floor(
    player: Player, call: Callable[[Any], object]
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Pair a call with one that gets the very same bytes from a constant answer."""
    floor = boto3.client("cognito-sync", player.client.meta.region_name)
    answering(floor, answer_of(player.client, call))
    return lambda: call(player.client), lambda: call(floor)
