"""The types work without the packages types-boto3-*, which are optional."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TYPING_TESTS = Path(__file__).parents[1] / "typing_tests"
NEEDS_STUBS = TYPING_TESTS / "fixtures.py"

UNTYPED_CLIENT = """\
from typing import Any

from typing_extensions import assert_type

from moto_cognitosync.server import CognitoSyncServer

assert_type(CognitoSyncServer().client("cognito-sync"), Any)
"""


def test_types_do_not_require_stubs(tmp_path: Path) -> None:
    (tmp_path / "untyped_client.py").write_text(UNTYPED_CLIENT, encoding="utf-8")
    files = {*TYPING_TESTS.glob("*.py"), *tmp_path.glob("*.py")} - {NEEDS_STUBS}

    # In another directory, mypy does not find the configuration of the project.
    mypy = [sys.executable, "-m", "mypy", "--strict", *map(str, files)]
    checked = subprocess.run(
        mypy, cwd=tmp_path, check=False, capture_output=True, text=True
    )

    assert checked.stdout == f"Success: no issues found in {len(files)} source files\n"
