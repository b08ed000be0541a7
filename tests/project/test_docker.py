"""The Dockerfile and the Compose example fit the package; no test here needs Docker."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from moto_cognitosync.assertions import CallLog
from moto_cognitosync.server import CognitoSyncServer, command
from moto_cognitosync.state.files import read_file
from tests.project.test_documentation import BLOCKS, COMPOSE, run

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = read_file(ROOT / "pyproject.toml")
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)", DOCKERFILE, re.MULTILINE)


def arguments_of_image() -> list[str]:
    (entry_point,) = instructions("ENTRYPOINT")
    program, *arguments = json.loads(entry_point)
    assert Path(program).name in PROJECT["project"]["scripts"]
    return arguments


def copied_files() -> list[str]:
    copies = [each.split()[:-1] for each in instructions("COPY")]
    return [name for names in copies for name in names if "--from" not in names[0]]


# --- Dockerfile -------------------------------------------------------------------


def test_the_image_contains_the_files_that_the_build_needs() -> None:
    files = {*copied_files()}
    project = PROJECT["project"]

    assert {"pyproject.toml", project["readme"], *project["license-files"]} <= files
    assert PROJECT["tool"]["hatch"]["version"]["path"].partition("/")[0] in files
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_docker_receives_the_files_that_it_copies() -> None:
    ignore = (ROOT / ".dockerignore").read_text("utf-8")

    assert {*re.findall(r"^!(.+)", ignore, re.MULTILINE)} == {*copied_files()}


def test_the_image_installs_an_extra_of_the_package() -> None:
    (extra,) = re.findall(r"pip install .*'\.\[(\w+)\]'", DOCKERFILE)

    assert extra in PROJECT["project"]["optional-dependencies"]


def test_the_image_has_a_supported_version_of_python() -> None:
    (image,) = {each.partition(" ")[0] for each in instructions("FROM")}
    version = re.fullmatch(r"python:(3\.\d+)-slim", image)

    assert version
    supported = PROJECT["project"]["classifiers"]
    assert f"Programming Language :: Python :: {version[1]}" in supported


def test_the_server_does_not_run_as_root() -> None:
    (user,) = instructions("USER")

    assert int(user.partition(":")[0]) > 0


def test_the_server_listens_on_all_addresses_of_the_exposed_port() -> None:
    options = command._parse_arguments(arguments_of_image())

    assert options.host == "0.0.0.0"
    assert instructions("EXPOSE") == [str(options.port)]


def check_health(port: str) -> subprocess.CompletedProcess[bytes]:
    (check,) = instructions("HEALTHCHECK")
    program, *arguments = json.loads(check.partition("CMD ")[2])
    assert program == "python"
    (exposed,) = instructions("EXPOSE")
    arguments = [each.replace(exposed, port) for each in arguments]
    return subprocess.run(
        [sys.executable, *arguments], check=False, capture_output=True, timeout=60
    )


def test_the_health_check_succeeds_if_the_server_runs(
    cognitosync_server: CognitoSyncServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # as set by Docker

    assert check_health(cognitosync_server.url.rpartition(":")[2]).returncode == 0


def test_the_health_check_fails_if_the_server_does_not_run() -> None:
    assert check_health("1").returncode == 1


# --- Compose ----------------------------------------------------------------------


def test_compose_builds_the_dockerfile() -> None:
    directory = ROOT / "examples" / "docker" / SERVICES["moto"]["build"]

    assert (directory / "Dockerfile").samefile(ROOT / "Dockerfile")


def test_compose_publishes_the_exposed_port_on_a_loopback_address() -> None:
    (exposed,) = instructions("EXPOSE")

    assert SERVICES["moto"]["ports"] == [f"127.0.0.1:{exposed}:{exposed}"]


def test_compose_allows_the_name_of_the_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = {"HTTP_HOST": "moto:5000", "wsgi.url_scheme": "http"}
    arguments = arguments_of_image()

    before = command._parse_arguments(arguments)
    for name, value in SERVICES["moto"]["environment"].items():
        monkeypatch.setenv(name, value)
    after = command._parse_arguments(arguments)

    assert "found the host 'moto'" in before.access.refusal(request)
    assert after.access.refusal(request) is None


def test_compose_starts_the_tests_when_the_server_is_healthy() -> None:
    assert SERVICES["tests"]["depends_on"] == {"moto": {"condition": "service_healthy"}}


def test_the_tests_of_compose_call_the_server(
    cognitosync_server: CognitoSyncServer,
    cognitosync_calls: CallLog,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    tests = SERVICES["tests"]
    for name, value in tests["environment"].items():
        monkeypatch.setenv(
            name, value.replace("http://moto:5000", cognitosync_server.url)
        )
    monkeypatch.setenv("AWS_DEFAULT_REGION", os.environ["AWS_REGION"])  # for version 1

    run("aws", *shlex.split(tests["command"]), directory=tmp_path)

    assert [call.operation for call in cognitosync_calls] == ["ListIdentityPoolUsage"]


# --- Documentation ----------------------------------------------------------------

RUN = re.compile(r"^\$ docker run .* moto-cognitosync\b(.*)", re.MULTILINE)
RUNS = [arguments for block in BLOCKS for arguments in RUN.findall(block.text)]


@pytest.mark.parametrize("arguments", RUNS)
def test_the_image_accepts_the_arguments(
    arguments: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    command._parse_arguments([*arguments_of_image(), *shlex.split(arguments)])
