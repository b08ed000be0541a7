"""The boto3 session that the client of the fixture ``cognitosync`` is made by."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3

if TYPE_CHECKING:
    from types_boto3_cognito_sync import CognitoSyncClient

# What a session reads once and keeps: variables that begin so, and these files.
_VARIABLES = ("AWS_", "BOTO", "HOME", "USERPROFILE")
_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
}


def make_client(region: str) -> CognitoSyncClient:
    """Make a client as ``boto3.client`` does, but in a fraction of the time.

    A mock takes boto3's default session away, and with it all that was loaded from
    files. The client comes from a session that nobody else can reach, so that it is
    as good as new. A default session that was set up inside of a mock is used.
    """
    session = boto3.DEFAULT_SESSION or _session(_surroundings())
    # By way of boto3.client, which moto or a test may have replaced.
    with patch.object(boto3, "DEFAULT_SESSION", session):
        client: CognitoSyncClient = boto3.client("cognito-sync", region_name=region)
    return client


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
