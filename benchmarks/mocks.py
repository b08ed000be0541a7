"""Start-up times of a mock, a test, a process and pytest."""

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
    """Start and stop a mock."""

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
    """A pytest plugin that adds up the durations of each test's phases."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the duration of the setup, call or teardown of a test."""
        if report.failed:
            raise RuntimeError(report.longreprtext)
        self.seconds[report.nodeid.partition("::")[2]] += report.duration


def one_test() -> str:
    """Run tests of both kinds alternately and return the ratio of their durations."""
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
        # The first two tests include imports that later ones reuse.
        [each for name, each in durations.seconds.items() if kind in name][2:]
        for kind in ("subject", "baseline")
    )
    return ratios(subject, baseline)


# --- Processes --------------------------------------------------------------------

FIRST_CALL = """
import boto3
from moto_cognitosync import mock_cognitosync
with mock_cognitosync():
    boto3.client("cognito-sync", "us-east-1").list_identity_pool_usage()
"""
NO_CALL = """
import boto3
from moto import mock_aws
with mock_aws():
    boto3.client("cognito-sync", "us-east-1")
"""


# This directory does not contain tests.
START_PYTEST = ("-m", "pytest", "-c", os.devnull, os.fspath(Path(__file__).parent))


BENCHMARKS = [
    Comparison(
        "`with mock_cognitosync(): pass`",
        "`with mock_aws(): pass`",
        "<= 1/35",
        empty_mock,
    ),
    Measurement(
        "A test with the `cognitosync` fixture and one call",
        "`mock_aws`, `boto3.client`, one call",
        "<= 1/20",
        one_test,
    ),
    Processes(
        "Process start to first response",
        "`import moto`, `mock_aws`, client, no call",
        "<= 1.05 instr.",
        ("-c", FIRST_CALL),
        ("-c", NO_CALL),
    ),
    Processes(
        "pytest start-up with the plugin, unused",
        "without the plugin",
        "<= 1.01 instr.",
        START_PYTEST,
        (*START_PYTEST, "-p", "no:cognitosync"),
    ),
]
