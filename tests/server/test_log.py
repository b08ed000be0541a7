"""The server's log, especially when stderr cannot be written to."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
import requests

from moto_cognitosync.server import CognitoSyncServer, log
from moto_cognitosync.server.log import Log, write_to_stderr
from tests.server.test_server import MODULE, STOP_TIMEOUT, running

FULL = Path("/dev/full")


@pytest.fixture
def unread_pipe() -> Iterator[int]:
    """A pipe that is full, because it is never read."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        deque(iter(lambda: os.write(writer, bytes(4096)), 0))
    os.set_blocking(writer, True)
    yield writer
    os.close(writer)
    os.close(reader)


def request_and_stop(process: subprocess.Popen[str]) -> int:
    """Send requests, one of which fails, stop the server, and return its exit code."""
    assert process.stdout is not None
    url = process.stdout.readline().rstrip().rpartition(" ")[2]
    try:
        with requests.Session() as session:
            for path in 3 * ("/identitypools", "/?accelerate", "/moto-api/"):
                assert session.get(url + path, timeout=30).status_code < 500
            broken = session.put(f"{url}/bucket", data="<", timeout=30)
            assert broken.status_code == 500
            assert "InternalFailure" in broken.text
    finally:
        process.terminate()
        code = process.wait(STOP_TIMEOUT)
        process.stdout.close()
    return code


def test_an_unread_pipe_does_not_stop_responses(
    unread_pipe: int, tmp_path: Path
) -> None:
    saved = tmp_path / "state.json"
    process = subprocess.Popen(
        [*MODULE, "--port", "0", "--state", str(saved), "--save"],
        stdout=subprocess.PIPE,
        stderr=unread_pipe,
        text=True,
    )

    assert request_and_stop(process) == 0
    assert saved.exists()


@pytest.mark.skipif(not FULL.exists(), reason="requires /dev/full")
def test_a_full_device_does_not_stop_responses() -> None:
    with FULL.open("w") as full:
        process = subprocess.Popen(
            [*MODULE, "--port", "0"], stdout=subprocess.PIPE, stderr=full, text=True
        )

        assert request_and_stop(process) == 0


@pytest.mark.parametrize("options", ["", " --reload"])
def test_a_closed_stderr_does_not_stop_responses(options: str) -> None:
    command = f'exec "{sys.executable}" -m moto_cognitosync --port 0{options} 2>&-'
    process = subprocess.Popen(
        ["/bin/sh", "-c", command], stdout=subprocess.PIPE, text=True
    )

    assert request_and_stop(process) == 0


def wait_for_response(url: str) -> None:
    """Wait until a server responds, which the timeout of the test limits."""
    while True:
        with suppress(requests.ConnectionError):
            assert requests.get(url, timeout=30).ok
            return
        time.sleep(0.1)


@pytest.mark.skipif(not FULL.exists(), reason="requires /dev/full")
def test_a_full_stdout_does_not_stop_the_server(tmp_path: Path) -> None:
    saved = tmp_path / "state.json"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with FULL.open("w") as full:
        process = subprocess.Popen(
            [*MODULE, "--port", f"{port}", "--state", str(saved), "--save"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for_response(f"http://127.0.0.1:{port}/identitypools")
        process.terminate()
        process.communicate(timeout=STOP_TIMEOUT)

    assert saved.exists()


@pytest.mark.parametrize(
    "stream", [None, io.StringIO(), io.TextIOWrapper(io.BytesIO())]
)
def test_a_server_in_a_test_survives_a_closed_stderr(
    stream: io.TextIOBase | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stream is not None:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)

    with CognitoSyncServer() as server:
        broken = requests.put(f"{server.url}/bucket", data="<", timeout=30)

    assert broken.status_code == 500


def test_all_lines_are_written_before_the_server_stops() -> None:
    with running("--port", "0") as (line, process):
        url = line.rpartition(" ")[2]
        for number in range(20):
            requests.get(f"{url}/identitypools?maxResults={number}", timeout=30)
        process.terminate()
        _, stderr = process.communicate(timeout=STOP_TIMEOUT)

    assert [f"maxResults={number} " in stderr for number in range(20)] == 20 * [True]


def test_a_log_is_bounded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(log, "MAX_LINES", 2)
    lines = Log()

    for line in "123":
        lines.write(line)
    lines.flush()
    lines.start()
    lines.stop(10)

    assert capsys.readouterr().err == "12"


def test_a_log_that_was_not_started_can_be_stopped() -> None:
    Log().stop(10)


def test_stopping_a_blocked_log_times_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocked = Event()
    monkeypatch.setattr(log, "write_to_stderr", lambda _: blocked.wait(30))
    lines = Log()
    lines.start()
    lines.write("1")

    start = time.monotonic()
    lines.stop(0.1)
    blocked.set()

    assert time.monotonic() - start < 10


def test_lines_are_written_to_a_file_without_buffering(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "log").open("w") as file:
        monkeypatch.setattr(sys, "stderr", file)
        write_to_stderr("é\udc80\n")
        written = (tmp_path / "log").read_bytes()

    assert written == "é\\udc80\n".encode()
