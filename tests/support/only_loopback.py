"""A pytest plugin that fails the run if a test tries to reach another machine.

It covers the test process and every Python process that it starts. A test must not
resolve any other host, even if the attempt fails.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .loopback.sitecustomize import LOG

FOLDER = Path(__file__).parent / "loopback"


@pytest.fixture(autouse=True, scope="session")
def only_loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Fail if any process of this run resolved a host that is not on this machine."""
    log = tmp_path_factory.mktemp("loopback") / "hosts"
    log.touch()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv(LOG, os.fspath(log))
        monkeypatch.setenv("PYTHONPATH", os.fspath(FOLDER), prepend=os.pathsep)
        yield log
    hosts = log.read_text(encoding="utf-8")
    if hosts:
        pytest.fail(f"expected only loopback addresses, found:\n{hosts}", pytrace=False)
