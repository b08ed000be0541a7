"""Types of mocks and servers as context managers, and of start() and stop()."""

from __future__ import annotations

from typing import Any

from typing_extensions import assert_type

from moto_cognitosync import (
    MockCognitoSync,
    cognitosync_backends,
    mock_cognitosync,
    register,
    sync_trigger,
)
from moto_cognitosync.cognitosync.models import CognitoSyncBackend
from moto_cognitosync.server import CognitoSyncServer


class OwnMock(MockCognitoSync):
    pass


def with_statements() -> int:
    with mock_cognitosync() as mock:
        assert_type(mock, MockCognitoSync)
    with OwnMock() as own_mock:
        assert_type(own_mock, OwnMock)
    with CognitoSyncServer() as server, mock_cognitosync():
        assert_type(server, CognitoSyncServer)
        return 11
    # No return is needed here: the context managers do not suppress exceptions.


def with_statement_of_a_trigger() -> int:
    with sync_trigger("arn", lambda event, _: event):
        return 11
    # No return is needed here either.


def trigger_decorators_keep_types() -> None:
    @sync_trigger("arn")
    def handler(event: dict[str, Any], context: object) -> str:
        return str(event) + str(context)

    assert_type(handler({}, None), str)


async def async_with_statements() -> None:
    async with mock_cognitosync() as mock:
        assert_type(mock, MockCognitoSync)
    async with CognitoSyncServer():  # type: ignore[attr-defined]
        pass


def start_and_stop() -> None:
    mock = mock_cognitosync()
    mock.start()
    mock.start(reset=False)
    mock.stop()
    mock.stop(remove_data=False)

    mock.start(reset="no")  # type: ignore[arg-type]
    mock.stop(reset=False)  # type: ignore[call-arg]


def servers() -> None:
    server = CognitoSyncServer(host="localhost", port=0)
    assert_type(server.url, str)
    assert_type(server.client("s3", region_name="eu-west-1"), Any)

    server.url = "http://localhost"  # type: ignore[misc]
    CognitoSyncServer(port="5000")  # type: ignore[arg-type]


def other_public_names() -> None:
    register()
    assert_type(cognitosync_backends["123456789012"]["us-east-1"], CognitoSyncBackend)
