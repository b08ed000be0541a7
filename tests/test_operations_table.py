"""The page of all operations, and the marks that it is made from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .operations_table import MODELLED, ONLY_BY_A_FAULT, find_tests

ROOT = Path(__file__).parents[1]


def test_the_page_is_up_to_date(tmp_path: Path) -> None:
    made = tmp_path / "operations.md"
    command = [sys.executable, "-m", "tests.operations_table", made]
    subprocess.run(command, cwd=ROOT, check=True)

    page = ROOT / "docs" / "operations.md"
    assert page.read_bytes() == made.read_bytes(), "run: make docs-tables"


def test_every_error_of_the_model_is_provoked_unless_it_takes_a_fault() -> None:
    assert MODELLED - find_tests().keys() == ONLY_BY_A_FAULT


DESCRIBES_WHAT_IS_UNKNOWN = """
import pytest

def describe(cognitosync):
    with pytest.raises(cognitosync.exceptions.ResourceNotFoundException):
        cognitosync.describe_dataset(
            IdentityPoolId="a:0", IdentityId="a:0", DatasetName="settings"
        )

@pytest.mark.provokes("DescribeDataset", "ResourceNotFoundException")
def test_honest(cognitosync):
    describe(cognitosync)

@pytest.mark.provokes("DeleteDataset", "ResourceNotFoundException")
def test_wrong_operation(cognitosync):
    describe(cognitosync)

@pytest.mark.provokes("DescribeDataset", "ResourceNotFoundException")
@pytest.mark.provokes("DescribeDataset", "InvalidParameterException")
def test_wrong_error(cognitosync):
    describe(cognitosync)
"""


def test_a_mark_is_held_against_what_was_answered(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
    pytester.makepyfile(DESCRIBES_WHAT_IS_UNKNOWN)

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
