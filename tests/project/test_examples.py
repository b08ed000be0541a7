"""The examples run, and the README shows their output."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tests.project.test_documentation import run

ROOT = Path(__file__).parents[2]


def normalize(text: str) -> str:
    """Replace ids and times, which differ between runs."""
    text = re.sub(r"us-east-1:[0-9a-f-]{36}", "<id>", text)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00:00", "<time>", text)


def test_the_readme_shows_the_output_of_delete_dataset(
    capsys: pytest.CaptureFixture[str],
) -> None:
    runpy.run_path(str(ROOT / "examples" / "delete_dataset.py"), run_name="__main__")

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("$ make demo\n")[2].partition("```")[0]
    assert normalize(capsys.readouterr().out) == normalize(shown)


def test_the_tests_of_the_migration_pass() -> None:
    settings = ["-c", str(ROOT / "pyproject.toml"), "-pno:hypothesispytest"]
    run("python", "-m", "pytest", *settings, ".", directory=ROOT / "examples/migration")
