"""The example for the AWS SDK for Go passes, with Debian's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from moto_cognitosync.server import CognitoSyncServer
from tests.project.test_documentation import ROOT, blocks_of, write_files

PACKAGES = Path("/usr/share/gocode")
SDK = PACKAGES / "src/github.com/aws/aws-sdk-go"


@pytest.mark.skipif(
    not (shutil.which("go") and SDK.exists()),
    reason="requires Debian's golang-go and golang-github-aws-aws-sdk-go-dev",
)
def test_go_example_passes(  # pragma: no cover (Go is optional)
    cognitosync_server: CognitoSyncServer, tmp_path: Path
) -> None:
    package = tmp_path / "src" / "game"
    package.mkdir(parents=True)
    blocks = blocks_of(ROOT / "docs/guide/languages.md", "go")
    write_files(blocks, package, cognitosync_server)

    tested = subprocess.run(
        ["go", "test", "-count=1", "."],
        cwd=package,
        env=os.environ
        | {"GO111MODULE": "off", "GOPATH": f"{tmp_path}{os.pathsep}{PACKAGES}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
