"""Requests to the server, from one client and from eight at once.

The benchmark with eight clients takes a few seconds. Set ``BENCH_SECONDS=60`` to run
it for a minute.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from selectors import EVENT_READ, DefaultSelector
from statistics import quantiles
from typing import Any, cast
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from cheroot.server import HTTPConnection

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.server.access import AccessRules
from moto_cognitosync.server.application import make_application
from moto_cognitosync.server.http import HttpServer
from moto_cognitosync.state import load_state

from .harness import Comparison, Measurement, Pair

HOST = "127.0.0.1"
MOTO_SERVER = "`moto_server` with the plugin"
OURS = "from moto_cognitosync.server.command import main; main()"
MOTOS = (
    "import moto_cognitosync; moto_cognitosync.register();"
    "from moto.server import main; main()"
)
CLIENTS = 8
KEEP_ALIVE_CLIENTS = 64
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
START_TIMEOUT = 60  # seconds
LOOPS = 100  # enough to hide the effect of switching between the two servers

Ids = dict[str, str]


# --- Servers and clients ----------------------------------------------------------


@contextmanager
def _running(program: str) -> Iterator[int]:
    """Run a server in a separate process and yield its port once it is ready."""
    with socket.create_server((HOST, 0)) as probe:
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-c", program, "--port", str(port)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    end = time.monotonic() + START_TIMEOUT
    with socket.socket() as probe:
        while probe.connect_ex((HOST, port)):
            if time.monotonic() > end:
                raise TimeoutError(f"no server is listening on port {port}")
            time.sleep(0.1)


def _client(port: int, service: str = "cognito-sync") -> Any:
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name="us-east-1",
        endpoint_url=f"http://{HOST}:{port}",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


def _make_dataset(port: int) -> Ids:
    """Create a dataset with one record whose value is the number 0."""
    identities = _client(port, "cognito-identity")
    pool = identities.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    identity = identities.get_id(IdentityPoolId=pool)["IdentityId"]
    ids = {"IdentityPoolId": pool, "IdentityId": identity, "DatasetName": "settings"}
    _write(_client(port), ids, "0", 0)
    return ids


def _write(client: Any, ids: Ids, value: str, sync_count: int) -> None:
    token = client.list_records(**ids)["SyncSessionToken"]
    patch = {"Op": "replace", "Key": "n", "Value": value, "SyncCount": sync_count}
    client.update_records(**ids, SyncSessionToken=token, RecordPatches=[patch])


class _RawConnection:
    """Sends the same DescribeDataset request each time, with almost no overhead."""

    def __init__(self, port: int, ids: Ids) -> None:
        self._address = (HOST, port)
        self._connection = socket.create_connection(self._address)
        client = _client(port)
        client.meta.events.register("before-send", self._capture_request)
        client.describe_dataset(**ids)

    def _capture_request(self, request: Any, **_: object) -> None:
        url = urlsplit(request.url)
        headers = {"Host": url.netloc, **request.headers}
        lines = [f"{request.method} {url.path} HTTP/1.1"]
        for name, value in headers.items():
            text = value.decode() if isinstance(value, bytes) else value
            lines.append(f"{name}: {text}")
        self._request = "\r\n".join([*lines, "", ""]).encode()

    def send(self) -> None:
        """Send the request and read the response."""
        self.start()
        while not self.receive():
            pass
        if b"\r\nconnection: close" in self._response.lower():
            self._connection.close()
            self._connection = socket.create_connection(self._address)

    def start(self) -> None:
        """Send the request."""
        self._response = b""
        self.started = time.perf_counter()
        self._connection.sendall(self._request)

    def receive(self) -> bool:
        """Read what has arrived, and return whether the response is complete."""
        self._response += self._connection.recv(65536)
        if not _is_complete(self._response):
            return False
        if not self._response.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"unexpected response: {self._response!r}")
        return True

    def fileno(self) -> int:
        return self._connection.fileno()

    def close(self) -> None:
        self._connection.close()


def _is_complete(response: bytes) -> bool:
    head, end, body = response.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(end) and len(body) >= int(length)


# --- One client -------------------------------------------------------------------


@contextmanager
def describe_dataset() -> Iterator[Pair]:
    """Describe a dataset on one connection, for as long as the server keeps it open."""
    with ExitStack() as cleanup:
        pair = []
        for program in (OURS, MOTOS):
            port = cleanup.enter_context(_running(program))
            ids = _make_dataset(port)
            connection = _RawConnection(port, ids)
            cleanup.callback(connection.close)
            pair.append(connection.send)
        yield pair[0], pair[1]


@contextmanager
def describe_dataset_with_boto3() -> Iterator[Pair]:
    """Describe a dataset with boto3, which itself takes most of the time."""
    with ExitStack() as cleanup:
        pair = []
        for program in (OURS, MOTOS):
            port = cleanup.enter_context(_running(program))
            ids, client = _make_dataset(port), _client(port)
            pair.append(partial(client.describe_dataset, **ids))
        yield pair[0], pair[1]


# --- Recorded calls ---------------------------------------------------------------


class _InProcess:
    """A server that handles requests in the calling thread.

    Only then can the instructions of a request be counted.
    """

    def __init__(self, records: bool) -> None:
        application = make_application(AccessRules(HOST))
        if not records:
            application.calls.record = lambda *_: None  # type: ignore[method-assign]
        server = HttpServer(application, socket.create_server((HOST, 0)))
        server.prepare()
        self._client, theirs = socket.socketpair()
        self._connection = server.ConnectionClass(server, theirs, None)
        self._connection.remote_addr = HOST

    def send(self, request: bytes) -> None:
        """Send a request and read the response."""
        self._client.sendall(request)
        self._connection._has_request()  # starts the time limit
        HTTPConnection.communicate(self._connection)  # type: ignore[no-untyped-call]
        self._connection.wfile.flush()
        response = self._client.recv(65536)
        if not response.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"unexpected response: {response!r}")


@contextmanager
def recorded_calls() -> Iterator[Pair]:
    """Describe a dataset with and without recording the call."""
    pool_id, identity_id = "us-east-1:0", "us-east-1:1"
    dataset = {"DatasetName": "settings", "Values": {"theme": "dark"}}
    identity = {"IdentityId": identity_id, "Datasets": [dataset]}
    request = (
        f"GET /identitypools/{pool_id}/identities/{identity_id}/datasets/settings "
        "HTTP/1.1\r\n"
        "Host: 127.0.0.1:5000\r\n"
        "User-Agent: Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 os/linux lang/python\r\n"
        "X-Amz-Date: 20261126T154807Z\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=testing/20261126/us-east-1/"
        "cognito-sync/aws4_request, SignedHeaders=host;x-amz-date, Signature=0\r\n"
        "Amz-Sdk-Invocation-Id: 1e114d8c-b158-4f15-8058-b570fe76c95f\r\n"
        "Amz-Sdk-Request: attempt=1; max=3\r\n"
        "\r\n"
    ).encode()
    with mock_cognitosync():
        load_state(
            {"IdentityPools": [{"IdentityPoolId": pool_id, "Identities": [identity]}]}
        )
        subject, baseline = _InProcess(records=True), _InProcess(records=False)
        yield partial(subject.send, request), partial(baseline.send, request)


# --- Many clients -----------------------------------------------------------------


class _Player:
    """A client that repeatedly reads a dataset and increments its number."""

    def __init__(self, port: int, ids: Ids) -> None:
        self._client = _client(port)
        self._ids = ids
        self.added = 0
        self.times: list[float] = []

    def play(self, end: float) -> None:
        """Repeat until the given time."""
        while time.monotonic() < end:
            self._timed("describe_dataset")
            listed = self._timed("list_records")
            [record] = listed["Records"]
            patch = {
                "Op": "replace",
                "Key": record["Key"],
                "Value": str(int(record["Value"]) + 1),
                "SyncCount": record["SyncCount"],
            }
            try:
                self._timed(
                    "update_records",
                    SyncSessionToken=listed["SyncSessionToken"],
                    RecordPatches=[patch],
                )
                self.added += 1
            except self._client.exceptions.ResourceConflictException:
                pass  # another client got there first

    def _timed(self, call: str, **parameters: Any) -> Any:
        start = time.perf_counter()
        try:
            return getattr(self._client, call)(**self._ids, **parameters)
        finally:
            self.times.append(time.perf_counter() - start)


def _play(port: int, clients: int) -> list[float]:
    """Run clients on one dataset and return the duration of each call.

    :raises RuntimeError: an update was lost.
    """
    ids = _make_dataset(port)
    players = [_Player(port, ids) for _ in range(clients)]
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(clients) as threads:
        # Iterating over the results raises any exception from a client.
        list(threads.map(lambda player: player.play(end), players))
    [record] = _client(port).list_records(**ids)["Records"]
    added = sum(player.added for player in players)
    if int(record["Value"]) != added:
        raise RuntimeError(f"expected {added} updates, found {record['Value']}")
    return [duration for player in players for duration in player.times]


def many_clients() -> str:
    """Read and write with several clients, then with one."""
    with _running(OURS) as port:
        many, one = _play(port, CLIENTS), _play(port, 1)
    percentiles = quantiles(many, n=100)
    p50, p99 = percentiles[49], percentiles[98]
    return (
        f"no errors, no lost updates; p99 = {p99 / p50:.1f} * p50; "
        f"{len(many) / len(one):.2f} times the calls"
    )


# --- Keep-alive clients -----------------------------------------------------------


def _response_times(connections: list[_RawConnection]) -> list[float]:
    """Send requests on all connections at the same time; return their durations.

    One thread serves all clients, so that they take little of the processors' time.
    """
    times: list[float] = []
    end = time.monotonic() + SECONDS
    with DefaultSelector() as selector:
        for each in connections:
            selector.register(each, EVENT_READ)
            each.start()
        while time.monotonic() < end:
            for key, _ in selector.select():
                connection = cast("_RawConnection", key.fileobj)
                if connection.receive():
                    times.append(time.perf_counter() - connection.started)
                    connection.start()
    return times


def keep_alive_clients() -> str:
    """Describe a dataset on many connections that stay open."""
    with _running(OURS) as port, ExitStack() as cleanup:
        ids = _make_dataset(port)
        connections = [_RawConnection(port, ids) for _ in range(KEEP_ALIVE_CLIENTS)]
        for each in connections:
            cleanup.callback(each.close)
        times = _response_times(connections)
    percentiles = quantiles(times, n=100)
    p50, p99 = percentiles[49], percentiles[98]
    return (
        f"p99 = {p99 / p50:.1f} * p50 ({p50 * 1000:.1f} ms); "
        f"{len(times) / SECONDS:,.0f} requests per second"
    )


BENCHMARKS = [
    Comparison(
        "DescribeDataset on the server, one connection",
        MOTO_SERVER,
        "<= 1/9",
        describe_dataset,
        loops=LOOPS,
        counted=0,
    ),
    Comparison(
        "DescribeDataset on the server, with boto3",
        MOTO_SERVER,
        "<= 1/3",
        describe_dataset_with_boto3,
        loops=LOOPS,
        counted=0,
    ),
    Comparison(
        "DescribeDataset on the server, recorded",
        "not recorded",
        "<= 1.03 instr.",
        recorded_calls,
        loops=LOOPS,
        counted=500,
    ),
    Measurement(
        f"DescribeDataset on the server, {KEEP_ALIVE_CLIENTS} keep-alive clients",
        "p50",
        "p99 <= 7 * p50",
        keep_alive_clients,
    ),
    Measurement(
        f"{CLIENTS} clients, reads and writes, {SECONDS:g} s",
        "one client",
        "no errors, no lost updates; p99 <= 20 * p50",
        many_clients,
    ),
]
