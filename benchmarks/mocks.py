"""What it takes to start: a mock, a test, a process, and pytest."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from moto import mock_aws

from moto_cognitosync import mock_cognitosync, register

from .harness import Comparison, Measurement, Pair, Processes, ratios

if TYPE_CHECKING:
    import pytest


@contextmanager
def empty_mock() -> Iterator[Pair]:
    """Start a mock, and stop it."""

    def subject() -> None:
        with mock_cognitosync():
            pass

    def baseline() -> None:
        with mock_aws():
            pass

    yield subject, baseline


# --- Tests ------------------------------------------------------------------------

TESTS = """
import boto3
from moto import mock_aws

def test_subject_{number}(cognitosync):
    cognitosync.list_identity_pool_usage()

@mock_aws
def test_baseline_{number}():
    client = boto3.client("cognito-sync", region_name="us-east-1")
    client.list_identity_pool_usage()
"""


class Durations:
    """A plugin of pytest that adds up what each test takes, by its name."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the set-up, the call or the tear-down of a test."""
        if report.failed:
            raise RuntimeError(report.longreprtext)
        self.seconds[report.nodeid.partition("::")[2]] += report.duration


def one_test() -> str:
    """Run tests of both kinds in turn, and return their ratio."""
    import pytest

    register()
    durations = Durations()
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, "test_start.py")
        file.write_text("".join(TESTS.format(number=each) for each in range(25)))
        options = ["-p", "no:terminal", "-p", "no:cacheprovider"]
        options += ["-p", "no:randomly", "-p", "no:asyncio"]
        options += ["-c", os.devnull, f"--rootdir={directory}"]
        pytest.main([*options, str(file)], plugins=[durations])
    subject, baseline = (
        # The first ones load what all others find there.
        [each for name, each in durations.seconds.items() if kind in name][2:]
        for kind in ("subject", "baseline")
    )
    return ratios(subject, baseline)


# --- Processes --------------------------------------------------------------------

FIRST_ANSWER = """
import boto3
from moto_cognitosync import mock_cognitosync
with mock_cognitosync():
    boto3.client("cognito-sync", "us-east-1").list_identity_pool_usage()
"""
NO_ANSWER = """
import boto3
from moto import mock_aws
with mock_aws():
    boto3.client("cognito-sync", "us-east-1")
"""


# In a directory without tests.
START_PYTEST = ("-m", "pytest", "-c", os.devnull, os.fspath(Path(__file__).parent))


BENCHMARKS = [
    Comparison(
        "with mock_cognitosync(): pass", "with mock_aws(): pass", "<= 1/35", empty_mock
    ),
    Measurement(
        "a test with the fixture cognitosync and one call",
        "mock_aws, boto3.client, one call",
        "<= 1/20",
        one_test,
    ),
    Processes(
        "process start to first answer",
        "import moto, mock_aws, client, no call",
        "<= 1.05 instr.",
        ("-c", FIRST_ANSWER),
        ("-c", NO_ANSWER),
    ),
    Processes(
        "pytest start-up with the plugin, unused",
        "without",
        "<= 1.01 instr.",
        START_PYTEST,
        (*START_PYTEST, "-p", "no:cognitosync"),
    ),
]
