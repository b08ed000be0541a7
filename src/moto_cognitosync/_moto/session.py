"""The default boto3 session for tests that use the ``cognitosync`` fixture."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3

# A session reads variables with these prefixes, and these files, only once.
_VARIABLES = ("AWS_", "BOTO", "HOME", "USERPROFILE")
_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
}


@contextmanager
def default_session() -> Generator[None, None, None]:
    """Set a default boto3 session that is reused from test to test.

    A mock discards boto3's default session and all data loaded from files. Loading it
    again takes longer than most tests. All clients share the reused session, even in
    the code under test, because clients of different sessions have different exception
    classes. If a test sets up its own default session, that one is used until the test
    ends.
    """
    session = boto3.DEFAULT_SESSION or _session(_session_inputs())
    with patch.object(boto3, "DEFAULT_SESSION", session):
        yield


@lru_cache(maxsize=4)
def _session(_: tuple[Any, ...]) -> boto3.Session:
    return boto3.Session()


def _session_inputs() -> tuple[Any, ...]:
    """Return what a session depends on. A change requires a new session."""
    variables = [each for each in os.environ.items() if each[0].startswith(_VARIABLES)]
    paths = [os.environ.get(name, path) for name, path in _FILES.items()]
    return (*sorted(variables), *map(_version, paths))


def _version(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).expanduser().stat()
    except (OSError, RuntimeError):
        # The file or the home directory does not exist.
        return None
    return status.st_mtime_ns, status.st_size
