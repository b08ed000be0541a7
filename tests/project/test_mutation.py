"""Which tests meet the mutants of which module."""

from __future__ import annotations

from pathlib import Path

from mutation.plugin import TESTS

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src" / "moto_cognitosync"


def test_the_mutants_of_each_module_meet_tests() -> None:
    """Else the run would break off at the first of them, some time in its hour."""
    modules = {path.stem for path in SOURCES.glob("cognitosync/[a-z]*.py")}

    assert {*TESTS} == modules | {"_decorators", "_mock"}


def test_all_of_these_tests_are_there() -> None:
    files = {path.stem.removeprefix("test_") for path in ROOT.glob("tests/test_*.py")}

    assert set().union(*TESTS.values()) <= files
