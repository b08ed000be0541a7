"""The files that publish the package fit the package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/moto-cognitosync/moto-cognitosync/blob/main/"
README = (ROOT / "README.md").read_text(encoding="utf-8")

# With the definitions of reference links: "[label]: target".
LINKS = re.findall(r"\]\(([^)]+)\)|^\[[^]]+\]: (\S+)", README, re.MULTILINE)
TARGETS = [inline or reference for inline, reference in LINKS]


# --- README -----------------------------------------------------------------------


def test_links_in_the_readme_are_absolute() -> None:
    # PyPI shows the README, but not the files that a relative link names.
    assert [target for target in TARGETS if not target.startswith("https://")] == []


def test_links_in_the_readme_name_files_of_the_repository() -> None:
    names = [
        target.removeprefix(REPOSITORY).partition("#")[0]
        for target in TARGETS
        if target.startswith(REPOSITORY)
    ]
    assert "docs/guide/pytest.md" in names
    assert [name for name in names if not (ROOT / name).is_file()] == []


def test_link_labels_in_the_readme_are_defined_and_used() -> None:
    text = re.sub(r"^```(?s:.*?)^```$", "", README, flags=re.MULTILINE)
    definition = re.compile(r"^\[([^]]+)\]: \S+$", re.MULTILINE)
    labels = re.findall(r"\[([^]]+)\](?!\()", definition.sub("", text))
    used = {" ".join(label.split()) for label in labels} - {"server"}  # an extra

    assert used == {*definition.findall(text)}


# --- Hosted CI --------------------------------------------------------------------


@pytest.fixture
def jobs() -> dict[str, Any]:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(workflow)["jobs"]
    return found


def test_a_release_is_published_after_all_other_jobs(jobs: dict[str, Any]) -> None:
    publish = jobs.pop("publish")

    assert publish["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert sorted(publish["needs"]) == sorted(jobs)


def test_only_the_job_that_publishes_has_permissions(jobs: dict[str, Any]) -> None:
    permissions = {
        name: job["permissions"] for name, job in jobs.items() if "permissions" in job
    }
    assert permissions == {"publish": {"id-token": "write"}}
