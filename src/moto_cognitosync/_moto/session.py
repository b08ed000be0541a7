"""The boto3 session that is there for the tests with the fixture ``cognitosync``."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3

# What a session reads once and keeps: variables that begin so, and these files.
_VARIABLES = ("AWS_", "BOTO", "HOME", "USERPROFILE")
_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
}


@contextmanager
def default_session() -> Generator[None, None, None]:
    """Give boto3 a default session that is kept from test to test.

    A mock takes boto3's own away, and with it all that was loaded from files: to load
    it again takes longer than most tests. All clients come from the one that is kept,
    those of the code under test as well, for else their errors would be of other
    classes. A test that sets up a default session has that one, until it ends.
    """
    session = boto3.DEFAULT_SESSION or _session(_surroundings())
    with patch.object(boto3, "DEFAULT_SESSION", session):
        yield


@lru_cache(maxsize=4)
def _session(_: tuple[Any, ...]) -> boto3.Session:
    return boto3.Session()


def _surroundings() -> tuple[Any, ...]:
    """Describe what a session depends on; another one is made when that changes."""
    variables = [each for each in os.environ.items() if each[0].startswith(_VARIABLES)]
    paths = [os.environ.get(name, path) for name, path in _FILES.items()]
    return (*sorted(variables), *map(_version, paths))


def _version(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).expanduser().stat()
    except (OSError, RuntimeError):
        # There is no such file, or no home directory.
        return None
    return status.st_mtime_ns, status.st_size
