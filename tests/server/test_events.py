"""The stream of new calls."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.server.inspector import events
from tests.support.control_api import ControlApi

Event = tuple[str | None, str, Any]  # id, name and data


class Events:
    """An open stream."""

    def __init__(self, response: requests.Response) -> None:
        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        self._lines = response.iter_lines(chunk_size=1, decode_unicode=True)

    def next(self) -> Event:
        """Return the next event."""
        members: dict[str, str] = {}
        while line := next(self._lines):
            name, _, value = line.partition(": ")
            members[name] = value
        return members.get("id"), members["event"], json.loads(members["data"])

    def next_call(self) -> str:
        """Return the number and the path of the next call, which is the next event."""
        number, name, call = self.next()
        assert name == "call"
        assert number == str(call["number"])
        return f"{number} {call['path']}"

    def comment(self) -> str:
        """Return the next line, which is a comment."""
        line: str = next(self._lines)
        assert line.startswith(":")
        assert next(self._lines) == ""
        return line


@contextmanager
def opened(
    server: CognitoSyncServer, last_id: str = "", **query: Any
) -> Iterator[Events]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with requests.get(
        f"{server.url}/moto-api/cognito-sync/events",
        params=query,
        headers=headers,
        stream=True,
        timeout=30,
    ) as response:
        yield Events(response)


def call(server: CognitoSyncServer, *names: str) -> None:
    for name in names:
        requests.get(f"{server.url}/identitypools?{name}", timeout=30)


def test_a_stream_begins_with_the_server_and_its_latest_call(
    server: CognitoSyncServer,
) -> None:
    call(server, "a")
    with opened(server) as stream:
        number, name, hello = stream.next()

    assert (number, name) == (None, "hello")
    assert hello == {
        "server": ControlApi(server.url).get("calls")["server"],
        "latest": 1,
    }


def test_new_calls_are_sent_within_200_milliseconds(server: CognitoSyncServer) -> None:
    call(server, "a")
    delays = []
    with opened(server) as stream:
        stream.next()
        for number in range(5):
            call(server, f"b{number}")
            start = time.monotonic()
            assert stream.next_call() == f"{number + 2} /identitypools?b{number}"
            delays.append(time.monotonic() - start)

    assert min(delays) < 0.2  # not all of them, because the machine may be busy


def test_events_contain_what_the_control_api_returns(
    server: CognitoSyncServer,
) -> None:
    with opened(server) as stream:
        stream.next()
        call(server, "a")
        _, _, sent = stream.next()

    assert [sent] == ControlApi(server.url).calls()


def test_a_client_that_reconnects_gets_the_calls_that_it_missed(
    server: CognitoSyncServer,
) -> None:
    call(server, "a", "b", "c")

    with opened(server, last_id="1") as stream:
        assert stream.next()[1] == "hello"
        assert stream.next_call() == "2 /identitypools?b"
        assert stream.next_call() == "3 /identitypools?c"
    with opened(server, since=2) as stream:
        assert stream.next()[1] == "hello"
        assert stream.next_call() == "3 /identitypools?c"


@pytest.mark.parametrize("last_id", ["x", "-1", "²", 30 * "9"])
def test_an_invalid_last_id_is_ignored(server: CognitoSyncServer, last_id: str) -> None:
    call(server, "a")
    with opened(server, last_id=last_id.encode().decode("latin-1")) as stream:
        assert stream.next()[1] == "hello"
        call(server, "b")
        assert stream.next_call() == "2 /identitypools?b"


def test_a_client_of_an_earlier_server_gets_all_calls(
    server: CognitoSyncServer,
) -> None:
    call(server, "a", "b")

    with opened(server, last_id="500") as stream:
        assert stream.next()[2]["latest"] == 2
        assert stream.next_call() == "1 /identitypools?a"
        assert stream.next_call() == "2 /identitypools?b"


def test_only_the_latest_of_many_calls_are_sent(
    server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_CALLS", 2)
    call(server, "a", "b", "c", "d", "e")

    with opened(server, since=1) as stream:
        assert stream.next()[1] == "hello"
        assert stream.next() == (None, "skipped", {"count": 2})
        assert stream.next_call() == "4 /identitypools?d"
        assert stream.next_call() == "5 /identitypools?e"


def test_calls_that_are_not_kept_are_skipped() -> None:
    with CognitoSyncServer(max_calls=0) as server, opened(server) as stream:
        stream.next()
        call(server, "a")
        assert stream.next() == (None, "skipped", {"count": 1})


def test_a_quiet_stream_sends_comments(
    server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "POLLS_PER_HEARTBEAT", 2)
    with opened(server) as stream:
        stream.next()
        assert stream.comment() == ":"
        assert stream.comment() == ":"


def test_a_stream_can_be_described_without_being_opened(
    server: CognitoSyncServer,
) -> None:
    response = requests.head(f"{server.url}/moto-api/cognito-sync/events", timeout=30)

    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/event-stream")


# --- Limits and shutdown ----------------------------------------------------------


def test_the_number_of_streams_is_limited(
    server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_STREAMS", 1)
    with opened(server) as stream:
        stream.next()
        refused = ControlApi(server.url).send("GET", "events")

    assert refused.status_code == 503
    assert refused.json() == {
        "error": "expected at most 1 open streams of events; close some"
    }


def test_a_closed_stream_makes_room_for_another(
    server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_STREAMS", 1)
    for _ in range(3):
        end = time.monotonic() + 30
        response = None
        while response is None or response.status_code == 503:
            assert time.monotonic() < end
            response = requests.get(
                f"{server.url}/moto-api/cognito-sync/events", stream=True, timeout=30
            )
        assert Events(response).next()[1] == "hello"
        response.close()


def test_requests_are_handled_while_streams_are_open(
    server: CognitoSyncServer,
) -> None:
    with opened(server) as first, opened(server) as second:
        for stream in (first, second):
            stream.next()
        call(server, "a")
        assert first.next_call() == second.next_call() == "1 /identitypools?a"


def stop_quickly(server: CognitoSyncServer) -> None:
    start = time.monotonic()
    server.stop()
    # Without the streams, the server stops as fast.
    assert time.monotonic() - start < 0.9


def test_open_streams_do_not_delay_the_shutdown(server: CognitoSyncServer) -> None:
    with opened(server) as stream, opened(server) as other:
        stream.next()
        other.next()
        stop_quickly(server)

        for each in (stream, other):
            with pytest.raises((StopIteration, requests.RequestException)):
                each.next()


def test_a_client_that_does_not_read_does_not_delay_the_shutdown(
    server: CognitoSyncServer,
) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    request = "GET /moto-api/cognito-sync/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect((host, int(port)))
        connection.sendall(request.encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        # Fill the buffers, so that the server cannot send any more.
        with requests.Session() as session:
            for _ in range(150):
                url = f"{server.url}/identitypools?{40_000 * 'a'}"
                session.get(url, timeout=30)

        stop_quickly(server)
