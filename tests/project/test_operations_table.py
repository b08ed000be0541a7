"""Tests for the operations page and the pytest marks it is generated from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.operations_table import MODELED, ONLY_BY_A_FAULT, find_tests

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date(tmp_path: Path) -> None:
    generated = tmp_path / "operations.md"
    command = [sys.executable, "-m", "tests.project.operations_table", generated]
    subprocess.run(command, cwd=ROOT, check=True)

    page = ROOT / "docs" / "background" / "operations.md"
    assert page.read_bytes() == generated.read_bytes(), "run: make docs-tables"


def test_every_documented_error_is_provoked_by_a_test_or_requires_a_fault() -> None:
    assert MODELED - find_tests().keys() == ONLY_BY_A_FAULT


DESCRIBE_UNKNOWN_DATASET = """
import pytest

def describe(cognitosync):
    with pytest.raises(cognitosync.exceptions.ResourceNotFoundException):
        cognitosync.describe_dataset(
            IdentityPoolId="a:0", IdentityId="a:0", DatasetName="settings"
        )

@pytest.mark.provokes("DescribeDataset", "ResourceNotFoundException")
def test_correct(cognitosync):
    describe(cognitosync)

@pytest.mark.provokes("DeleteDataset", "ResourceNotFoundException")
def test_wrong_operation(cognitosync):
    describe(cognitosync)

@pytest.mark.provokes("DescribeDataset", "ResourceNotFoundException")
@pytest.mark.provokes("DescribeDataset", "InvalidParameterException")
def test_wrong_error(cognitosync):
    describe(cognitosync)
"""


def test_a_mark_is_checked_against_the_responses(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    pytester.makepyfile(DESCRIBE_UNKNOWN_DATASET)

    result = pytester.runpytest_subprocess(
        *("-c", ROOT / "pyproject.toml", "--rootdir", "."),
        *("-ptests.conftest", "-pno:randomly", "-pno:hypothesispytest", "."),
    )

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "*not provoked: *('DeleteDataset', 'ResourceNotFoundException')*",
            "*not provoked: *('DescribeDataset', 'InvalidParameterException')*",
        ]
    )
