"""Tests of the installed wheel, without extras or the other tests' dependencies."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any

import boto3
import pytest

import moto_cognitosync

WHEEL = distribution("moto-cognitosync")


def test_the_installed_wheel_is_imported() -> None:
    site_packages = Path(sysconfig.get_path("purelib"))

    assert Path(moto_cognitosync.__file__).is_relative_to(site_packages)
    assert WHEEL.version == moto_cognitosync.__version__


@pytest.mark.parametrize(
    "name",
    [
        "py.typed",
        "cognitoidentity/test_signing_key.json",
        "server/inspector/static/app.js",
        "server/inspector/static/index.html",
        "server/inspector/static/style.css",
        "state/state.schema.json",
    ],
)
def test_the_wheel_contains_data_files(name: str) -> None:
    assert (files("moto_cognitosync") / name).is_file()


def test_the_wheel_contains_only_the_package() -> None:
    folders = {file.parts[0] for file in WHEEL.files or []} - {".."}

    assert folders == {
        "moto_cognitosync",
        f"moto_cognitosync-{WHEEL.version}.dist-info",
    }


def test_the_wheel_contains_the_license() -> None:
    licenses = [file for file in WHEEL.files or [] if file.name == "LICENSE"]

    assert ["Apache License" in file.read_text() for file in licenses] == [True]
    assert WHEEL.metadata["License-Expression"] == "Apache-2.0"


def test_the_wheel_registers_a_command_and_a_pytest_plugin() -> None:
    entry_points = {entry.group: entry.value for entry in WHEEL.entry_points}

    assert entry_points == {
        "console_scripts": "moto_cognitosync.server.command:main",
        "pytest11": "moto_cognitosync.pytest_plugin",
    }
    for entry in WHEEL.entry_points:
        entry.load()


def test_the_fixture_works(cognitosync: Any) -> None:
    assert cognitosync.list_identity_pool_usage()["IdentityPoolUsages"] == []


@moto_cognitosync.mock_cognitosync
def test_the_decorator_works() -> None:
    client = boto3.client("cognito-sync", "us-east-1")

    assert client.list_identity_pool_usage()["IdentityPoolUsages"] == []


def test_the_server_names_the_missing_extra() -> None:
    process = subprocess.run(
        [sys.executable, "-m", "moto_cognitosync"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert process.returncode != 0
    assert "pip install 'moto-cognitosync[server]'" in process.stderr
    assert "Traceback" not in process.stderr
