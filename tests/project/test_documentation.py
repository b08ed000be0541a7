"""The documentation's examples run, and its links resolve."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from moto_cognitosync.server import CognitoSyncServer, command
from moto_cognitosync.state import SCHEMA
from moto_cognitosync.state.store import check_state

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

# Its modules are available to the examples of every other document.
TUTORIAL = ROOT / "docs" / "guide" / "tutorial.md"

# Blocks that Sphinx expands. They must not contain code, because no test would run it.
DIRECTIVES = {"{toctree}", "{include}", "{eval-rst}", "{command-help}"}

# Modules that the test group does not install, and the targets that do.
OPTIONAL_MODULES = {"aiomoto": "make test-async", "testcontainers": "make test-docker"}

# The URL of the server in the examples.
URL_SHOWN = "http://127.0.0.1:5000"

# With this environment's programs first.
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@dataclass(frozen=True)
class Block:
    """A fenced block of a document.

    :ivar line: the line of the opening fence.
    """

    document: Path
    line: int
    language: str
    text: str

    @property
    def file_name(self) -> str:
        """The name in the first line (``# game.py``), or one that pytest collects."""
        named = re.match(r"(?:#|//|<!--) (\S+\.\w+)(?: -->)?\n", self.text)
        return named[1] if named else f"test_{self.document.stem}_{self.line}.py"

    @property
    def is_helper(self) -> bool:
        """Whether it is a module for tests to import; no runner collects it."""
        return not re.search(r"^test_|^conftest\.|[._]test\.", self.file_name)

    @property
    def text_in_place(self) -> str:
        """The text, padded so that tracebacks show line numbers of the document."""
        return "\n" * self.line + self.text


def find_blocks(document: Path) -> list[Block]:
    text = document.read_text(encoding="utf-8")
    return [
        Block(document, text.count("\n", 0, found.start()) + 1, *found.groups())
        for found in re.finditer(r"^```(.*)\n((?s:.*?))^```$", text, re.MULTILINE)
    ]


BLOCKS = [block for document in DOCUMENTS for block in find_blocks(document)]

DATA_LANGUAGES = {"json", "toml", "yaml"}
COMPOSE = (ROOT / "examples" / "docker" / "compose.yaml").read_text(encoding="utf-8")
# Files for other programs must be copies of the examples.
STATES = [
    block
    for block in BLOCKS
    if block.language in DATA_LANGUAGES and block.text != COMPOSE
]


def blocks_of(document: Path, language: str) -> list[Block]:
    return [
        block
        for block in BLOCKS
        if block.document == document and block.language == language
    ]


def helpers_of(document: Path, language: str) -> list[Block]:
    return [block for block in blocks_of(document, language) if block.is_helper]


def write_files(
    blocks: Iterable[Block], directory: Path, server: CognitoSyncServer
) -> None:
    for block in blocks:
        text = block.text_in_place.replace(URL_SHOWN, server.url)
        (directory / block.file_name).write_text(text, encoding="utf-8")


def documents_with(language: str, name: str = "") -> Any:
    """Select documents with a block in a language whose file name ends with a name."""
    found = [
        pytest.param(
            document,
            id=str(document.relative_to(ROOT)),
            marks=skip_without_modules(document),
        )
        for document in DOCUMENTS
        if any(each.file_name.endswith(name) for each in blocks_of(document, language))
    ]
    return pytest.mark.parametrize("document", found)


def skip_without_modules(document: Path) -> pytest.MarkDecorator:
    text = document.read_text("utf-8")
    missing = [
        f"{module} is not installed: {target}"
        for module, target in OPTIONAL_MODULES.items()
        if re.search(rf"^(import|from) {module}\b", text, re.MULTILINE)
        and find_spec(module) is None
    ]
    return pytest.mark.skipif(bool(missing), reason=", ".join(missing))


def run(*command: str, directory: Path) -> None:
    finished = subprocess.run(
        command,
        cwd=directory,
        env=os.environ | {"PATH": PATH},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout


@documents_with("python")
def test_python_runs(
    document: Path, tmp_path: Path, cognitosync_server: CognitoSyncServer
) -> None:
    blocks = helpers_of(TUTORIAL, "python") + blocks_of(document, "python")
    blocks += helpers_of(document, "yaml")
    write_files(blocks, tmp_path, cognitosync_server)

    settings = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", "."]
    settings.append("-pno:hypothesispytest")  # slow to import
    run("python", "-m", "pytest", *settings, "--verbose", ".", directory=tmp_path)


@documents_with("sh")
def test_shell_commands_run(
    document: Path, tmp_path: Path, cognitosync_server: CognitoSyncServer
) -> None:
    # Run all blocks as one script, because later ones use variables of earlier ones.
    # Without curl, run everything else.
    script = "command -v curl >/dev/null || curl() { :; }\n"
    script += "".join(block.text for block in blocks_of(document, "sh"))

    script = script.replace(URL_SHOWN, cognitosync_server.url)
    run("sh", "-e", "-u", "-c", script, directory=tmp_path)


def commands_of(program: str) -> Any:
    commands = [
        shlex.split(command, comments=True)
        for block in BLOCKS
        if block.language == "console"
        for command in re.findall(rf"^\$ {program}\b.*", block.text, re.MULTILINE)
    ]
    arguments = [command[2:] for command in commands]
    return pytest.mark.parametrize("arguments", arguments, ids=" ".join)


@commands_of("make")
def test_make_target_exists(arguments: list[str]) -> None:
    run("make", "--dry-run", *arguments, directory=ROOT)


@commands_of("moto-cognitosync")
def test_server_accepts_the_arguments(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    addresses = []

    def listen(host: str, port: int) -> None:
        addresses.append(f"http://{host}:{port}")
        raise OSError("in use.")

    (tmp_path / "players.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # keep pytest's handlers
    monkeypatch.setattr(command, "listen", listen)

    with pytest.raises(SystemExit, match=r"^in use\. Choose another port"):
        command.main(arguments)
    assert addresses == [URL_SHOWN]


@pytest.mark.parametrize("block", STATES, ids=lambda block: block.language)
def test_data_is_a_valid_state(block: Block, tmp_path: Path) -> None:
    file = tmp_path / f"state.{block.language}"
    file.write_text(block.text, encoding="utf-8")

    assert check_state(file) == []


def test_editors_find_the_schema() -> None:
    url: str = json.loads(SCHEMA.read_text(encoding="utf-8"))["$id"]

    assert url.endswith(f"/main/{SCHEMA.relative_to(ROOT).as_posix()}")
    assert [block.language for block in STATES if url in block.text] == [
        "json",
        "yaml",
        "toml",
    ]


def test_module_has_the_same_text_everywhere() -> None:
    modules = {(block.file_name, block.text) for block in BLOCKS if block.is_helper}
    names = [name for name, _ in modules]
    assert len(names) == len(set(names))


def test_all_code_is_tested() -> None:
    checked = {"python", "sh", "console", "js", "html", "go", *DATA_LANGUAGES}
    not_run = {"csharp", "java", "php", "ruby"}  # the page says so
    not_code = {"ini", "text"}
    languages = {block.language.partition(" ")[0] for block in BLOCKS}
    assert languages <= checked | not_run | not_code | DIRECTIVES
    in_directives = [
        block
        for block in BLOCKS
        if block.language.startswith("{")
        and re.search(r"code\S*::|::$", block.text, re.MULTILINE)
    ]
    assert in_directives == []

    fences = sum(
        line.lstrip().startswith("```")
        for document in DOCUMENTS
        for line in document.read_text(encoding="utf-8").splitlines()
    )
    assert fences == 2 * len(BLOCKS)


def test_links_between_documents_resolve() -> None:
    links = [
        (document.name, target)
        for document in DOCUMENTS
        for target in re.findall(
            r"\]\((?!https?:)([^)#]+)", document.read_text("utf-8")
        )
        if not (document.parent / target).exists()
    ]
    assert links == []


def test_tables_have_headers() -> None:
    # Without a header, for example after a blank line, rows are rendered as text.
    without_header = [
        rows
        for document in DOCUMENTS
        for rows in re.findall(
            r"(?:^\|.*\n)+", document.read_text("utf-8"), re.MULTILINE
        )
        if not re.search(r"\A.*\n\| --- ", rows)
    ]
    assert without_header == []
