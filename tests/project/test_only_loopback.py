"""The plugin that fails the test run if a test tries to reach another machine."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

HOST = "cognito-sync.us-east-1.amazonaws.com"
RESOLVE = f"""
import socket
try:
    socket.getaddrinfo({HOST!r}, 443)
except OSError as error:
    print(error)
"""


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A separate log, so that these tests do not fail the run."""
    monkeypatch.setenv("ONLY_LOOPBACK_LOG", str(tmp_path / "hosts"))
    return tmp_path / "hosts"


def test_other_hosts_are_recorded_and_not_resolved(log: Path) -> None:
    for host in (HOST, HOST.encode()):
        with pytest.raises(OSError, match="tests must not resolve"):
            socket.getaddrinfo(host, 443)
    assert log.read_text().count("amazonaws") == 2
    assert "test_other_hosts_are_recorded" in log.read_text()


@pytest.mark.parametrize("host", [None, "localhost", "127.0.0.1", "::1", "0.0.0.0"])
def test_this_machine_can_be_resolved(log: Path, host: str | None) -> None:
    assert socket.getaddrinfo(host, 80, flags=socket.AI_NUMERICSERV)
    assert not log.exists()


def test_subprocesses_are_recorded(log: Path) -> None:
    command = [sys.executable, "-c", RESOLVE]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output == f"tests must not resolve {HOST!r}\n"
    assert log.read_text().startswith(HOST)


def test_a_recorded_host_fails_the_run(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("pytest_plugins = ['tests.support.only_loopback']")
    pytester.makepyfile(f"def test_one():\n    exec({RESOLVE!r})")
    root = Path(__file__).parents[2]
    pytester._monkeypatch.setenv("PYTHONPATH", f"{root}", prepend=":")
    result = pytester.runpytest_subprocess("-pno:randomly")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        ["expected only loopback addresses, found:", f"{HOST}*"]
    )
