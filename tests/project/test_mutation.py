"""The mapping from modules to the test files that run for their mutants."""

from __future__ import annotations

from pathlib import Path

from mutation.plugin import TESTS

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "moto_cognitosync"


def test_every_module_has_tests_for_its_mutants() -> None:
    """A module without tests would abort the hour-long mutation run midway."""
    modules = {
        ".".join(path.relative_to(SOURCES).with_suffix("").parts)
        for folder in ("cognitosync", "core", "state")
        for path in SOURCES.glob(f"{folder}/**/[a-z]*.py")
    }

    assert {*TESTS} == modules | {"_decorators", "_mock", "assertions", "faults"}


def test_mapped_test_files_exist() -> None:
    files = {
        path.stem.removeprefix("test_") for path in ROOT.glob("tests/**/test_*.py")
    }

    assert set().union(*TESTS.values()) <= files
