"""The floor: the time that boto3 itself needs for a call."""

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

# The name of the floor in the table.
FLOOR = "a constant response"


class _Raw(BytesIO):
    """The body of a response, with the interface that botocore expects."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


def stub_response(client: Any, response: dict[str, Any]) -> None:
    """Make every call of a client return the same response, without moto.

    :param response: from :func:`capture_response`.
    """
    for event, builtin, *_ in BUILTIN_HANDLERS:
        if event.startswith("before-send"):
            client.meta.events.unregister(event, builtin)

    def handler(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(
            request.url, response["status"], response["headers"], _Raw(response["body"])
        )

    client.meta.events.register("before-send", handler)


def capture_response(client: Any, call: Callable[[Any], object]) -> dict[str, Any]:
    """Make a call and return its HTTP response."""
    captured: dict[str, Any] = {}

    def capture(response_dict: dict[str, Any], **_: Any) -> None:
        captured.update(
            status=response_dict["status_code"],
            headers=dict(response_dict["headers"]),
            body=response_dict["body"],
        )

    client.meta.events.register("before-parse", capture)
    call(client)
    client.meta.events.unregister("before-parse", capture)
    return captured


@dataclass(frozen=True)
class Player:
    """The IDs of a dataset, a client for it, and the backend that stores it."""

    client: Any
    backend: CognitoSyncBackend
    ids: dict[str, str]

    def write(self, **values: str) -> None:
        """Replace records regardless of their sync counts."""
        self.client.update_records(
            **self.ids, SyncSessionToken=self.token(), RecordPatches=patches(values)
        )

    def token(self) -> str:
        """Open a sync session."""
        return str(self.client.list_records(**self.ids)["SyncSessionToken"])


def patches(values: dict[str, str]) -> list[dict[str, Any]]:
    """Return patches that are never stale."""
    return [
        {"Op": "replace", "Key": key, "Value": value, "SyncCount": 1 << 40}
        for key, value in values.items()
    ]


@contextmanager
def player(region: str = REGION) -> Iterator[Player]:
    """Start a mock and create a pool and an identity in it."""
    with mock_cognitosync():
        yield new_player(region)


def new_player(region: str = REGION) -> Player:
    """Create a pool and an identity."""
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


def pair_with_floor(
    player: Player, call: Callable[[Any], object]
) -> tuple[Callable[[], object], Callable[[], object]]:
    """Pair a call with one that gets the same bytes from a constant response."""
    floor = boto3.client("cognito-sync", player.client.meta.region_name)
    stub_response(floor, capture_response(player.client, call))
    return lambda: call(player.client), lambda: call(floor)
