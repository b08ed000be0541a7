"""Start-up times of a mock, a test, a process and pytest."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from moto import mock_aws

from moto_cognitosync import mock_cognitosync, register

from .harness import Action, Comparison, Measurement, Pair, Processes, ratios

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


def call_with_default_session() -> None:
    """Make a call as most code does."""
    client = boto3.client("cognito-sync", region_name="us-east-1")
    client.list_identity_pool_usage()


def call_with_own_session() -> None:
    """Make a call in a session that the code under test creates."""
    client = boto3.Session().client("cognito-sync", region_name="us-east-1")
    client.list_identity_pool_usage()


def decorated(call: Action) -> Callable[[], AbstractContextManager[Pair]]:
    """Compare a decorated function with one that mock_aws decorates."""

    @contextmanager
    def prepare() -> Iterator[Pair]:
        yield mock_cognitosync(call), mock_aws(call)

    return prepare


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
    Comparison(
        "A decorated function: `boto3.client`, one call",
        "the same with `mock_aws`",
        "<= 1/9",
        decorated(call_with_default_session),
        loops=3,
        counted=2,
    ),
    Comparison(
        "A decorated function: `boto3.Session().client`, one call",
        "the same with `mock_aws`",
        "<= 1/4",
        decorated(call_with_own_session),
        loops=3,
        counted=2,
    ),
    Measurement(
        "A test with the `cognitosync` fixture and one call",
        "`mock_aws`, `boto3.client`, one call",
        "<= 1/9",
        one_test,
    ),
    Processes(
        "Process start to first response",
        "`import moto`, `mock_aws`, client, no call",
        "<= 1.00 instr.",
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
