"""What a request to the server takes, and what eight clients at once do to it.

The last of these takes some seconds; for a minute, set ``BENCH_SECONDS=60``.
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
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config

from .harness import Comparison, Measurement, Pair

HOST = "127.0.0.1"
MOTO_SERVER = "moto_server with the plugin"
OURS = "from moto_cognitosync.server.command import main; main()"
MOTOS = (
    "import moto_cognitosync; moto_cognitosync.register();"
    "from moto.server import main; main()"
)
CLIENTS = 8
SECONDS = float(os.environ.get("BENCH_SECONDS", "5"))
START = 60  # seconds that a server may take to start
LOOPS = 100  # so many that it hardly matters that the other one was served before

Ids = dict[str, str]


# --- Servers and clients ----------------------------------------------------------


@contextmanager
def _running(program: str) -> Iterator[int]:
    """Run a server in a process of its own; give its port, once it answers."""
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
    end = time.monotonic() + START
    with socket.socket() as probe:
        while probe.connect_ex((HOST, port)):
            if time.monotonic() > end:
                raise TimeoutError(f"no server answers on port {port}")
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
    """Make a dataset with one record, which is the number 0."""
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


class _Wire:
    """Describes a dataset by the same bytes each time, which takes next to no time."""

    def __init__(self, port: int, ids: Ids) -> None:
        self._address = (HOST, port)
        self._connection = socket.create_connection(self._address)
        client = _client(port)
        client.meta.events.register("before-send", self._keep)
        client.describe_dataset(**ids)

    def _keep(self, request: Any, **_: object) -> None:
        url = urlsplit(request.url)
        headers = {"Host": url.netloc, **request.headers}
        lines = [f"{request.method} {url.path} HTTP/1.1"]
        for name, value in headers.items():
            text = value.decode() if isinstance(value, bytes) else value
            lines.append(f"{name}: {text}")
        self._request = "\r\n".join([*lines, "", ""]).encode()

    def ask(self) -> None:
        """Send the request, and read the answer."""
        self._connection.sendall(self._request)
        answer = b""
        while not _is_whole(answer):
            answer += self._connection.recv(65536)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"this is not the answer: {answer!r}")
        if b"\r\nconnection: close" in answer.lower():
            self._connection.close()
            self._connection = socket.create_connection(self._address)

    def close(self) -> None:
        self._connection.close()


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(end) and len(body) >= int(length)


# --- One client -------------------------------------------------------------------


@contextmanager
def describe_dataset() -> Iterator[Pair]:
    """Describe a dataset, on one connection for as long as the server keeps it."""
    with ExitStack() as ending:
        pair = []
        for program in (OURS, MOTOS):
            port = ending.enter_context(_running(program))
            ids = _make_dataset(port)
            wire = _Wire(port, ids)
            ending.callback(wire.close)
            pair.append(wire.ask)
        yield pair[0], pair[1]


@contextmanager
def describe_dataset_by_boto3() -> Iterator[Pair]:
    """Do the same through boto3, which takes most of the time itself."""
    with ExitStack() as ending:
        pair = []
        for program in (OURS, MOTOS):
            port = ending.enter_context(_running(program))
            ids, client = _make_dataset(port), _client(port)
            pair.append(partial(client.describe_dataset, **ids))
        yield pair[0], pair[1]


# --- Many clients -----------------------------------------------------------------


class _Player:
    """A client that reads a dataset and adds 1 to its number, in turn."""

    def __init__(self, port: int, ids: Ids) -> None:
        self._client = _client(port)
        self._ids = ids
        self.added = 0
        self.times: list[float] = []

    def play(self, end: float) -> None:
        """Go on until then."""
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
                pass  # another was faster: begin anew

    def _timed(self, call: str, **parameters: Any) -> Any:
        begin = time.perf_counter()
        try:
            return getattr(self._client, call)(**self._ids, **parameters)
        finally:
            self.times.append(time.perf_counter() - begin)


def _play(port: int, clients: int) -> list[float]:
    """Let clients play on one dataset; return how long each call took.

    :raises RuntimeError: an update was lost.
    """
    ids = _make_dataset(port)
    players = [_Player(port, ids) for _ in range(clients)]
    end = time.monotonic() + SECONDS
    with ThreadPoolExecutor(clients) as threads:
        # An error of any of them is raised here.
        list(threads.map(lambda player: player.play(end), players))
    [record] = _client(port).list_records(**ids)["Records"]
    added = sum(player.added for player in players)
    if int(record["Value"]) != added:
        raise RuntimeError(f"of {added} updates, only {record['Value']} are left")
    return [taken for player in players for taken in player.times]


def many_clients() -> str:
    """Read and write from several threads, then from one."""
    with _running(OURS) as port:
        many, one = _play(port, CLIENTS), _play(port, 1)
    percentiles = quantiles(many, n=100)
    p50, p99 = percentiles[49], percentiles[98]
    return (
        f"no error, no update lost; p99 = {p99 / p50:.1f} p50; "
        f"{len(many) / len(one):.2f} times the calls"
    )


BENCHMARKS = [
    Comparison(
        "DescribeDataset on the server",
        MOTO_SERVER,
        "<= 1/9",
        describe_dataset,
        loops=LOOPS,
        counted=0,
    ),
    Comparison(
        "the same through boto3",
        MOTO_SERVER,
        "<= 1/3",
        describe_dataset_by_boto3,
        loops=LOOPS,
        counted=0,
    ),
    Measurement(
        f"{CLIENTS} clients, reads and writes, {SECONDS:g} s",
        "one client",
        "no error, no update lost; p99 <= 20 p50",
        many_clients,
    ),
]
