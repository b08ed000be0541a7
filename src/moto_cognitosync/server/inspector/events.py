"""Server-sent events: new calls, as soon as they are recorded."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from threading import Lock
from typing import Any

from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wrappers import Response

from moto_cognitosync.server.calls import CallRecorder

MAX_STREAMS = 32
MAX_CALLS = 20  # in one poll, so that streams hardly slow down a busy server
POLL_INTERVAL = 0.1  # seconds
POLLS_PER_HEARTBEAT = 150


class EventStreams:
    """The open streams of a server.

    Each stream has the thread of its connection, which polls the recorded calls, so
    that requests do not have to notify it. Meanwhile, it waits for the connection: a
    stream ends as soon as the client or the server closes it.
    """

    def __init__(self, calls: CallRecorder) -> None:
        self._calls = calls
        self._connections: set[socket.socket] = set()
        self._lock = Lock()

    def open(self, connection: socket.socket, since: int | None) -> Response:
        """Return a response that streams new calls.

        :param connection: the client's connection.
        :param since: number of the last call that the client knows. By default, only
            new calls are sent.
        :raises ServiceUnavailable: if too many streams are open.
        """
        with self._lock:
            if len(self._connections) >= MAX_STREAMS:
                raise ServiceUnavailable(
                    f"expected at most {MAX_STREAMS} open streams of events; close some"
                )
            self._connections.add(connection)
        response = Response(
            self._events(connection, since), content_type="text/event-stream"
        )
        response.cache_control.no_store = True
        response.call_on_close(lambda: self._connections.discard(connection))
        return response

    def stop(self) -> None:
        """End all open streams, even those whose clients do not read."""
        for connection in self._connections.copy():
            with suppress(OSError):  # the client has closed it
                connection.shutdown(socket.SHUT_RDWR)

    def _events(self, connection: socket.socket, since: int | None) -> Iterator[bytes]:
        calls = self._calls
        latest = calls.latest
        # A higher number is from before a restart of the server.
        last = latest if since is None else since if since <= latest else 0
        yield _event("hello", {"server": calls.id, "latest": latest})
        quiet_polls = 0
        with DefaultSelector() as selector:
            selector.register(connection, EVENT_READ)
            while True:
                quiet_polls += 1
                if calls.latest > last:
                    content, last = self._new_calls(last)
                    yield content
                    quiet_polls = 0
                elif quiet_polls == POLLS_PER_HEARTBEAT:
                    yield b":\n\n"
                    quiet_polls = 0
                if selector.select(POLL_INTERVAL):
                    return  # the client or the server has closed the connection

    def _new_calls(self, last: int) -> tuple[bytes, int]:
        """Return events for all calls after a number, and the number of the latest."""
        calls = self._calls.since(last)[-MAX_CALLS:]
        latest = calls[-1].number if calls else self._calls.latest
        events = [_event("call", each.describe(), each.number) for each in calls]
        if skipped := latest - last - len(calls):
            events.insert(0, _event("skipped", {"count": skipped}))
        return b"".join(events), latest


def _event(name: str, data: Any, number: int | None = None) -> bytes:
    id_line = "" if number is None else f"id: {number}\n"
    return f"{id_line}event: {name}\ndata: {json.dumps(data)}\n\n".encode()
