"""Runs one target: ``python -m fuzz.engine TARGET FOLDER [OPTION ...]``.

The options are those of libFuzzer.
"""

from __future__ import annotations

import sys
from hashlib import sha1
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType

import atheris

LONGEST_INPUT = 2048
LONGEST_RUN = 20  # seconds


def main() -> None:
    """Feed a target until its time is over, or something is found."""
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
            f"-max_len={LONGEST_INPUT}",
            f"-timeout={LONGEST_RUN}",
            *options,
        ],
        target.check,
    )
    atheris.Fuzz()  # ends the process


def _instrumented(name: str) -> ModuleType:
    """Load a target, and all of the service, with counters at each branch."""
    with atheris.instrument_imports(include=["moto_cognitosync", "cheroot"]):
        service = import_module("moto_cognitosync.cognitosync")
        for module in walk_packages(service.__path__, f"{service.__name__}."):
            import_module(module.name)
        return import_module(f"fuzz.{name}")


def _write_seeds(corpus: Path, seeds: list[bytes]) -> None:
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        # Named as libFuzzer names what it adds.
        Path(corpus, sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)


def _quoted(word: str) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in word.encode()) + '"'


if __name__ == "__main__":
    main()
