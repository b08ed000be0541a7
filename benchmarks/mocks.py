"""What it takes to start: a mock, a test, a process, and pytest."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from moto import mock_aws

from moto_cognitosync import mock_cognitosync, register

from .harness import Comparison, Measurement, Pair, shown

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
        options += ["-p", "no:randomly", "-c", os.devnull, f"--rootdir={directory}"]
        pytest.main([*options, str(file)], plugins=[durations])
    subject, baseline = (
        # The first ones load what all others find there.
        [each for name, each in durations.seconds.items() if kind in name][2:]
        for kind in ("subject", "baseline")
    )
    return (
        f"{shown(median(subject) / median(baseline))} "
        f"({shown(min(subject) / min(baseline))})"
    )


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


@contextmanager
def first_answer() -> Iterator[Pair]:
    """Start a process that asks, and one that does not."""
    yield lambda: run_python("-c", FIRST_ANSWER), lambda: run_python("-c", NO_ANSWER)


def pytest_start() -> str:
    """Return the milliseconds that pytest takes to load the plugin."""
    samples: tuple[list[float], list[float]] = [], []
    with tempfile.TemporaryDirectory() as directory:
        command = ["-m", "pytest", "-q", "-c", os.devnull, directory]
        for _ in range(25):
            for options, taken in zip(
                ([], ["-p", "no:cognitosync"]), samples, strict=True
            ):
                begin = time.perf_counter()
                run_python(*command, *options)
                taken.append(time.perf_counter() - begin)
    subject, baseline = samples
    return (
        f"{1000 * (median(subject) - median(baseline)):+.1f} ms "
        f"({1000 * (min(subject) - min(baseline)):+.1f} ms)"
    )


def run_python(*arguments: str) -> None:
    """Run a process to its end. What it compiles is kept, as for a user."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    # Not checked: pytest ends with 5 if there are no tests.
    subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, check=False
    )


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
    Comparison(
        "process start to first answer",
        "import moto, mock_aws, client, no call",
        "<= 1.05",
        first_answer,
        loops=1,
        counted=0,
    ),
    Measurement(
        "pytest start-up with the plugin, unused", "without", "<= 5 ms", pytest_start
    ),
]
