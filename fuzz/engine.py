"""Runs one target: ``python -m fuzz.engine TARGET FOLDER [OPTION ...]``.

The options are passed to libFuzzer.
"""

from __future__ import annotations

import sys
from hashlib import sha1
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import atheris

MAX_INPUT_SIZE = 2048
RUN_TIMEOUT = 20  # seconds


def main() -> None:
    """Fuzz a target until the time is up or an input fails."""
    name, folder, *options = sys.argv[1:]
    target = _instrumented(name)
    corpus = Path(folder, name)
    _write_seeds(corpus, target.seeds())
    words = Path(folder, f"{name}.dict")
    words.write_text("\n".join(map(_quoted, target.WORDS)), encoding="utf-8")
    if not any(Path(option).is_file() for option in options):
        options.append(str(corpus))
    atheris.Setup(
        [
            name,
            f"-artifact_prefix={corpus}-",
            f"-dict={words}",
            f"-max_len={MAX_INPUT_SIZE}",
            f"-timeout={RUN_TIMEOUT}",
            *options,
        ],
        target.check,
    )
    atheris.Fuzz()  # exits the process


def _instrumented(name: str) -> ModuleType:
    """Import a target and the whole service with coverage instrumentation."""
    with atheris.instrument_imports(include=["moto_cognitosync", "cheroot"]):
        service = import_module("moto_cognitosync.cognitosync")
        for module in walk_packages(service.__path__, f"{service.__name__}."):
            import_module(module.name)
        return import_module(f"fuzz.{name}")


def _write_seeds(corpus: Path, seeds: list[bytes]) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        # libFuzzer names the files that it adds in the same way.
        Path(corpus, sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


def _quoted(word: str) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"'


if __name__ == "__main__":
    main()
