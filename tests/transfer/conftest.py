"""Runs the commands in this process, against a server."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.retries.bucket import TokenBucket
from botocore.retries.standard import ExponentialBackoff

from moto_cognitosync.server import CognitoSyncServer, command


class Finished(NamedTuple):
    status: int
    out: str
    err: str


class Commands:
    """Runs commands on a server, in a temporary folder."""

    def __init__(
        self, url: str, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.url = url
        self.folder = folder
        self._capsys = capsys

    def run(self, *arguments: str) -> Finished:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            command.main(arguments)
        out, err = self._capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return Finished(caught.value.code, out, err)

    def pull(self, pool_id: str, *options: str, path: Path | None = None) -> Finished:
        target = str(path or self.state)
        url = ["--endpoint-url", self.url]
        return self.run("pull", "--pool", pool_id, *url, *options, target)

    def push(self, *options: str) -> Finished:
        return self.run("push", "--endpoint-url", self.url, *options)

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def journal(self) -> Path:
        return self.folder / "state.json.journal"

    def pulled(self) -> Any:
        """Return the pool in state.json."""
        (pool,) = json.loads(self.state.read_text())["IdentityPools"]
        return pool

    def write(self, state: Any, name: str = "given.json") -> str:
        path = self.folder / name
        path.write_text(json.dumps(state))
        return str(path)


@pytest.fixture(autouse=True)
def _environment_of_the_commands(
    _environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # keep pytest's handlers
    # Retry without waiting, and without limiting the rate.
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
    monkeypatch.setattr(TokenBucket, "acquire", lambda *_: True)


@pytest.fixture
def commands(
    cognitosync_server: CognitoSyncServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> Commands:
    folder = tmp_path / "states"
    folder.mkdir()
    return Commands(cognitosync_server.url, folder, capsys)
