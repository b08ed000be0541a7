"""A pull continues where an earlier one was interrupted."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from moto_cognitosync.core.identity_pools import details_of, find_pools
from moto_cognitosync.faults import Fault, fault
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.state import load_state
from moto_cognitosync.transfer import pull
from moto_cognitosync.transfer.clients import Clients, Connection, TransferError
from moto_cognitosync.transfer.journal import Journal

from .conftest import Commands
from .states import ACCOUNT, POOL, RICH, small

DEADLINE = 60  # seconds


@pytest.fixture
def finished(commands: Commands) -> bytes:
    """Pull a pool, and keep the journal; return the state."""
    load_state(RICH)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
        commands.pull(POOL)
    content = commands.state.read_bytes()
    commands.state.unlink()
    return content


def test_a_pull_that_was_killed_anywhere_continues_with_the_same_result(
    commands: Commands, finished: bytes
) -> None:
    journal = commands.journal.read_bytes()
    lines = journal.splitlines(keepends=True)
    assert len(lines) == 7  # options, pool, list of identities, and four identities
    # Killed after each line, or in the middle of the next one.
    lengths = [sum(map(len, lines[:count])) for count in range(2, len(lines) + 1)]
    for length in [each + torn for each in lengths for torn in (0, 9)]:
        commands.journal.write_bytes(journal[:length])

        assert commands.pull(POOL).status == 0

        assert commands.state.read_bytes() == finished
        assert not commands.journal.exists()
        commands.state.unlink()


def test_what_was_read_is_not_read_again(
    commands: Commands, finished: bytes, cognitosync_server: CognitoSyncServer
) -> None:
    cognitosync_server._application.calls.clear()

    commands.pull(POOL)

    calls = cognitosync_server._application.calls.since(0)
    assert [each.operation for each in calls] == ["DescribeIdentityPool"]
    assert commands.state.read_bytes() == finished


@pytest.mark.usefixtures("finished")
def test_a_journal_allows_replacing_the_state(commands: Commands) -> None:
    commands.state.write_text("killed before the journal was deleted")

    assert commands.pull(POOL).status == 0
    assert commands.pulled()["IdentityPoolId"] == POOL


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def start(commands: Commands) -> subprocess.Popen[str]:
    arguments = ["pull", "--pool", POOL, "--endpoint-url", commands.url]
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "moto_cognitosync"),
            *arguments,
            *("--workers", "2", str(commands.state)),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )


def started(commands: Commands) -> subprocess.Popen[str]:
    """Start a process that pulls, and return it when it has read some identities."""
    process = start(commands)
    wait_for(
        lambda: (
            commands.journal.exists()
            and len(commands.journal.read_bytes().splitlines()) > 5
        )
    )
    return process


@pytest.fixture
def slow() -> Any:
    with fault("ListRecords", delay=0.3) as slow:
        yield slow


def test_a_process_that_is_killed_continues(commands: Commands, slow: Fault) -> None:
    load_state(small(40))
    process = started(commands)
    process.kill()
    process.communicate()
    assert not commands.state.exists()
    before = slow.count

    assert commands.pull(POOL).status == 0

    assert slow.count - before < 40
    found = [each["IdentityId"] for each in commands.pulled()["Identities"]]
    assert found == [f"us-east-1:{number:x}" for number in range(40)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.usefixtures("slow")
def test_an_interrupted_process_says_how_to_continue(
    commands: Commands, number: signal.Signals
) -> None:
    load_state(small(40))
    process = started(commands)

    process.send_signal(number)
    out, err = process.communicate(timeout=DEADLINE)

    assert process.returncode == 128 + number
    message = "interrupted. Run the same command again to continue."
    assert (out, err) == ("", f"moto-cognitosync: {message}\n")
    assert not commands.state.exists()
    assert commands.pull(POOL).status == 0


def test_two_processes_cannot_pull_to_the_same_file(commands: Commands) -> None:
    load_state(small(1))

    with Journal(commands.state, {}):  # locks the file
        result = commands.pull(POOL)

    problem = f"{commands.journal} is in use by another process"
    assert result == (1, "", f"moto-cognitosync: {problem}\n")


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (["--limit", "2"], "limit"),
        (["--region", "us-east-1"], "region"),
        (["--redact"], "redact"),
    ],
)
@pytest.mark.usefixtures("finished")
def test_other_options_cannot_continue_a_pull(
    commands: Commands, options: list[str], changed: str
) -> None:
    journal = commands.journal.read_bytes()

    result = commands.pull(POOL, *options)

    assert result == (
        1,
        "",
        f"moto-cognitosync: {commands.journal} belongs to a pull with other options "
        f"({changed}): repeat its options to continue it, or delete the file to start "
        "again\n",
    )
    assert commands.journal.read_bytes() == journal


def test_a_pull_that_read_nothing_does_not_affect_the_next_one(
    commands: Commands,
) -> None:
    load_state(small(3))
    commands.journal.write_text('["Options", {"pool": "another"}]\n["Po')

    assert commands.pull(POOL).status == 0


@pytest.mark.parametrize(
    "content", ["?\n", "[1]\n", "5\n", '["Options", {}]\n[{}, 1]\n']
)
def test_a_damaged_journal_is_reported(commands: Commands, content: str) -> None:
    load_state(small(1))
    commands.journal.write_text(content)

    result = commands.pull(POOL)

    problem = f"{commands.journal} is damaged: delete it to start again"
    assert result == (1, "", f"moto-cognitosync: {problem}\n")


def test_a_full_disk_is_reported(commands: Commands) -> None:
    load_state(small(3))

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as full:
        full.setattr(Journal, "__setitem__", fail)
        result = commands.pull(POOL)

    problem = "moto-cognitosync: No space left on device\n"
    assert result == (1, "", problem)
    assert commands.pull(POOL).status == 0


def test_an_error_in_a_thread_stops_the_others(
    commands: Commands, cognitosync_server: CognitoSyncServer
) -> None:
    load_state(small(100))

    with fault("ListRecords", "NotAuthorizedException", identity_id="us-east-1:5"):
        result = commands.pull(POOL, "--workers", "2")

    assert result.status == 1
    assert result.err.endswith(". Run the same command again to continue.\n")
    calls = cognitosync_server._application.calls.since(0)
    assert sum(each.operation == "ListRecords" for each in calls) < 50
    assert commands.pull(POOL, "--workers", "3").status == 0


def test_a_thread_stops_before_its_next_call_if_another_fails(
    commands: Commands,
) -> None:
    clients = Clients(Connection(None, commands.url, None, 2), POOL, "adaptive")
    errors = []

    def work(item: str) -> None:
        if item == "fails":
            raise RuntimeError
        assert clients._stopped.wait(DEADLINE)
        try:
            clients.sync.list_identity_pool_usage()
        except TransferError as error:
            errors.append(str(error))

    with pytest.raises(RuntimeError):
        [*clients.map(work, ["waits", "fails"])]

    assert errors == ["stopped"]


def test_ten_thousand_identities_continue(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are listed and written; almost all were read before the interruption."""
    load_state(small(0))
    (source,) = find_pools(ACCOUNT, "us-east-1").values()
    for number in range(10_000):
        details_of(ACCOUNT, "us-east-1", source).create(f"us-east-1:{number:x}")
    original = pull._PoolReader.identity
    read = []

    def identity(reader: Any, listed: Any) -> Any:
        read.append(listed["IdentityId"])
        if len(read) <= 9_900:  # without a call, to make the test affordable
            return {**listed, "IdentityStatus": "ENABLED"}
        if len(read) < 10_000:
            return original(reader, listed)
        raise TransferError("interrupted")

    monkeypatch.setattr(pull._PoolReader, "identity", identity)
    monkeypatch.setattr("moto_cognitosync.transfer.commands.check_state", lambda _: [])
    assert commands.pull(POOL).status == 1
    monkeypatch.setattr(pull._PoolReader, "identity", original)

    assert commands.pull(POOL).status == 0

    pulled = commands.pulled()["Identities"]
    expected = [f"us-east-1:{number:x}" for number in range(10_000)]
    assert [each["IdentityId"] for each in pulled] == expected
    assert sum("IdentityStatus" in each for each in pulled) == 9_900


def test_a_journal_reads_each_value_once(tmp_path: Path) -> None:
    values = iter("ab")

    for _ in range(2):
        with suppress(TransferError), Journal(tmp_path / "state", {}) as journal:
            assert journal.read("k", lambda: next(values)) == "a"
            raise TransferError

    lines = journal.path.read_text().splitlines()
    assert [*map(json.loads, lines)] == [["Options", {}], ["k", "a"]]
