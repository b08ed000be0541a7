"""The server's log, especially when stderr cannot be written to."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest
import requests
from botocore.exceptions import ClientError, ConnectionClosedError

from moto_cognitosync import sync_trigger
from moto_cognitosync.faults import fault
from moto_cognitosync.server import CognitoSyncServer, log
from moto_cognitosync.server.log import ErrorStream, Log, write_to_stderr
from tests.server.test_server import MODULE, STOP_TIMEOUT, running
from tests.support.aws import OnServer
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    replace,
)
from tests.support.streams import stream_of

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


@contextmanager
def no_other_handlers() -> Iterator[None]:
    """Remove the handlers of pytest."""
    root = logging.getLogger()
    removed = [*root.handlers]
    root.handlers.clear()
    try:
        yield
    finally:
        root.handlers += removed


def fail_on(server: CognitoSyncServer) -> None:
    """Send a request that fails in moto."""
    broken = requests.put(f"{server.url}/bucket", data="<", timeout=30)
    assert broken.status_code == 500


@pytest.mark.parametrize(
    "stream", [None, io.StringIO(), io.TextIOWrapper(io.BytesIO())]
)
def test_a_server_in_a_test_survives_a_closed_stderr(
    stream: io.TextIOBase | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stream is not None:
        stream.close()
    monkeypatch.setattr(sys, "stderr", stream)

    with no_other_handlers(), CognitoSyncServer() as server:
        fail_on(server)


def test_servers_in_a_test_log_errors_if_nothing_else_does(
    capsys: pytest.CaptureFixture[str],
) -> None:
    handlers = logging.getLogger("moto_cognitosync").handlers
    before = [*handlers]  # the server of a fixture may be running
    with (
        no_other_handlers(),
        CognitoSyncServer() as server,
        CognitoSyncServer() as other,
    ):
        fail_on(server)
        server.stop()
        fail_on(other)

    error = capsys.readouterr().err
    assert error.count(" ERROR ExpatError: ") == 2
    assert error.count("Traceback (most recent call last):\n") == 2
    assert "PUT /bucket" not in error  # not an error
    assert handlers == before


def test_servers_in_a_test_leave_errors_to_configured_handlers(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with CognitoSyncServer() as server:
        fail_on(server)

    assert capsys.readouterr().err == ""
    assert "ExpatError" in caplog.text


# --- Requests ---------------------------------------------------------------------


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return the lines of the log, without durations."""
    caplog.set_level("INFO", "moto_cognitosync")

    def read() -> list[str]:
        found = [
            re.sub(r" \d+\.\d ms$", " N ms", record.getMessage())
            for record in caplog.records
            if record.name == "moto_cognitosync.server.requests"
        ]
        caplog.clear()
        return found

    return read


Lines = Callable[[], list[str]]


def test_a_line_names_the_operation_and_the_dataset(
    cognitosync_server: CognitoSyncServer, lines: Lines
) -> None:
    aws = OnServer(cognitosync_server)
    pool_id = make_pool(aws)
    identity_id = make_identity(aws, pool_id)
    sync = aws.client("cognito-sync")
    dataset = DatasetUnderTest(sync, pool_id, identity_id, "settings")
    dataset.write(theme="dark")
    with pytest.raises(ClientError):
        dataset.patch(replace("theme", "light"))
    sync.list_identity_pool_usage()

    pool, identity = f"us-east-1:…{pool_id[-3:]}", f"us-east-1:…{identity_id[-3:]}"
    assert lines() == [
        f"CreateIdentityPool {pool} 200 N ms",
        f"GetId {identity} 200 N ms",
        f"ListRecords settings {identity} 200 N ms",
        f"ListRecords settings {identity} 200 N ms",
        f"UpdateRecords settings {identity} 200 N ms",
        f"ListRecords settings {identity} 200 N ms",
        f"UpdateRecords settings {identity} 409 ResourceConflictException "
        '"Current SyncCount for: theme is: 1 not: 0" N ms',
        "ListIdentityPoolUsage 200 N ms",
    ]


def test_a_line_for_other_services_names_the_method_and_the_path(
    cognitosync_server: CognitoSyncServer, lines: Lines
) -> None:
    url = cognitosync_server.url
    requests.get(f"{url}/saves/game?X-Amz-Signature=s3cret", timeout=30)
    requests.patch(f"{url}/identitypools/a:b", timeout=30)
    requests.post(f"{url}/moto-api/reset", timeout=30)
    requests.get(f"{url}/moto-api/data.json", timeout=30)

    assert lines() == [
        "GET /saves/game?X-Amz-Signature=*** 404 N ms",
        "PATCH /identitypools/a:b 404 UnknownOperationException "
        '"Amazon Cognito Sync has no operation for PATCH /identitypools/a:b" N ms',
        "POST /moto-api/reset 200 N ms",
    ]


def test_requests_that_only_read_the_control_api_are_debug_messages(
    cognitosync_server: CognitoSyncServer,
    caplog: pytest.LogCaptureFixture,
    lines: Lines,
) -> None:
    caplog.set_level("DEBUG", "moto_cognitosync")
    requests.get(f"{cognitosync_server.url}/moto-api/cognito-sync/faults", timeout=30)

    assert lines() == ["GET /moto-api/cognito-sync/faults 200 N ms"]


def test_a_dropped_connection_is_logged(
    cognitosync_server: CognitoSyncServer, lines: Lines
) -> None:
    client = cognitosync_server.client("cognito-sync")
    with (
        fault("ListIdentityPoolUsage", drop_connection=True),
        pytest.raises(ConnectionClosedError),
    ):
        client.list_identity_pool_usage()

    assert {*lines()} == {"ListIdentityPoolUsage dropped N ms"}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a%20b", '"a b"'),
        ("%1B%5B2J", r'"\u001b[2J"'),
        ("%E2%80%AE", r'"\u202e"'),
        (400 * "a", f"{300 * 'a'}…"),
    ],
)
def test_names_cannot_forge_lines(
    cognitosync_server: CognitoSyncServer, lines: Lines, name: str, shown: str
) -> None:
    path = f"/identitypools/a:b/identities/c/datasets/{name}"
    OnServer(cognitosync_server).send("GET", path)

    (line,) = lines()
    words = f"DescribeDataset {shown} c 400 InvalidParameterException "
    assert line.startswith(
        words if len(name) < 300 else words.replace(shown, f'"{shown}"')
    )
    assert line.isprintable()


# --- Failures ---------------------------------------------------------------------


def test_the_traceback_of_a_trigger_is_logged(
    cognitosync_server: CognitoSyncServer, caplog: pytest.LogCaptureFixture
) -> None:
    aws = OnServer(cognitosync_server)
    sync, pool_id = aws.client("cognito-sync"), make_pool(aws)
    dataset = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:broken"
    sync.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": arn})

    def fail(_event: object, _context: object) -> None:
        raise ZeroDivisionError

    with sync_trigger(arn, fail), pytest.raises(ClientError):
        dataset.write(theme="dark")

    assert f"The SyncTrigger {arn} failed" in caplog.text
    assert "in fail\n    raise ZeroDivisionError" in caplog.text


def test_the_traceback_of_a_trigger_that_fails_the_test_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:strict"
    server = CognitoSyncServer()
    server.start()
    aws = OnServer(server)
    sync, pool_id = server.client("cognito-sync"), make_pool(aws)
    dataset = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")
    sync.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": arn})
    with (
        sync_trigger(arn, lambda *_: pytest.fail("not now")),
        pytest.raises(ClientError),
    ):
        dataset.write(theme="dark")
    server.stop()

    assert "A SyncTrigger tried to end the test" in caplog.text
    assert "Failed: not now" in caplog.text


def test_a_stream_that_does_not_exist_is_logged(
    cognitosync_server: CognitoSyncServer, caplog: pytest.LogCaptureFixture
) -> None:
    aws = OnServer(cognitosync_server)
    pool_id = make_pool(aws)
    sync = aws.client("cognito-sync")
    dataset = DatasetUnderTest(sync, pool_id, make_identity(aws, pool_id), "settings")
    stream_of(aws, pool_id).delete()

    dataset.write(theme="dark")

    assert "Disabled the stream of a pool: Stream 'changes' not found." in caplog.text


def test_errors_that_moto_writes_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    errors = ErrorStream()
    print("first\nsecond", file=errors)
    errors.flush()

    assert caplog.messages == ["first\nsecond"]


# --- Levels and formats -----------------------------------------------------------


def logged(*options: str) -> str:
    """Send two requests to a server, and return its log."""
    with running("--port", "0", *options) as (line, process):
        url = line.rpartition(" ")[2]
        requests.get(f"{url}/identitypools", timeout=30)
        requests.put(f"{url}/bucket", data="<", timeout=30)
        process.terminate()
        return process.communicate(timeout=STOP_TIMEOUT)[1]


def test_lines_have_a_date_and_errors_a_level_and_a_traceback() -> None:
    first, error, traceback, *rest = logged().splitlines()

    date = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"
    assert re.fullmatch(f"{date} ListIdentityPoolUsage 200 .* ms", first)
    assert re.match(f"{date} ERROR ExpatError: ", error)
    assert traceback == "Traceback (most recent call last):"
    assert re.fullmatch(f"{date} PUT /bucket 500 .* ms", rest[-1])


def test_a_level_can_be_chosen() -> None:
    text = logged("--log-level", "error")

    assert " ERROR ExpatError: " in text
    assert " 200 " not in text


def test_lines_can_be_json() -> None:
    request, error, _ = map(json.loads, logged("--log-format", "json").splitlines())

    assert request == {
        "time": request["time"],
        "level": "info",
        "logger": "moto_cognitosync.server.requests",
        "message": request["message"],
        "call": request["call"],
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", request["time"])
    assert request["call"]["operation"] == "ListIdentityPoolUsage"
    assert error["level"] == "error"
    assert error["traceback"].startswith("Traceback (most recent call last):\n")


def test_loading_and_saving_state_is_logged(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text("{}")
    with running("--port", "0", "--state", str(state), "--save") as (line, process):
        url = line.rpartition(" ")[2] + "/moto-api/cognito-sync/state"
        assert requests.put(url, json={}, timeout=30).status_code == 200
        process.terminate()
        lines = process.communicate(timeout=STOP_TIMEOUT)[1].splitlines()

    messages = [line.split(" ", 2)[2] for line in lines]
    assert messages[0] == f"Loaded the state from {state}"
    assert messages[1] == "Loaded a state sent by 127.0.0.1"
    assert messages[-1] == f"Saved the state to {state}"


# --- Writing ----------------------------------------------------------------------


def test_all_lines_are_written_before_the_server_stops() -> None:
    with running("--port", "0") as (line, process):
        url = line.rpartition(" ")[2]
        for number in range(20):
            requests.get(f"{url}/saves?page={number}", timeout=30)
        process.terminate()
        _, stderr = process.communicate(timeout=STOP_TIMEOUT)

    assert [f"page={number} " in stderr for number in range(20)] == 20 * [True]


def record(message: str) -> logging.LogRecord:
    return logging.makeLogRecord({"msg": message, "levelno": logging.INFO})


def test_a_log_is_bounded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(log, "MAX_LINES", 2)
    lines = Log()

    for line in "123":
        lines.emit(record(line))
    lines.start()
    lines.stop(10)

    assert capsys.readouterr().err == "1\n2\n"


def test_a_log_that_was_not_started_can_be_stopped() -> None:
    Log().stop(10)


def test_stopping_a_blocked_log_times_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocked = Event()
    monkeypatch.setattr(log, "write_to_stderr", lambda _: blocked.wait(30))
    lines = Log()
    lines.start()
    lines.emit(record("1"))

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
