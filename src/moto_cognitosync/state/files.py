"""State files: JSON, YAML and TOML."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from shutil import copymode
from typing import Any
from uuid import uuid4

from .errors import StateError

SCHEMA = Path(__file__).with_name("state.schema.json")


def read_file(path: Path) -> Any:
    """Return the content of a JSON, YAML or TOML file.

    :raises StateError: the extension is not supported, or the content is invalid.
    :raises OSError: the file cannot be read.
    """
    suffix = path.suffix.lower()
    if suffix not in _READERS:
        raise StateError(
            f"cannot read {path}: unsupported extension; use one of "
            f"{', '.join(_READERS)}"
        )
    try:
        # Some editors write a byte order mark.
        return _READERS[suffix](path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise StateError(f"cannot read {path}: {error}") from None


def write_file(path: Path, state: dict[str, Any]) -> None:
    """Write a JSON or YAML file atomically.

    The file is replaced as a whole: if writing fails, the old file remains.

    :raises ValueError: the extension is not supported.
    :raises OSError: the file cannot be written.
    """
    text = _writer(path)(state)
    target = path.resolve()  # the target, if this is a symbolic link
    temporary = target.with_name(f".{target.name}.{uuid4().hex}")
    try:
        with temporary.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            copymode(target, temporary)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def check_can_save(path: str | os.PathLike[str]) -> None:
    """Check that :func:`write_file` accepts a path.

    :raises ValueError: the extension is not supported, or the folder does not exist.
    """
    _writer(Path(path))
    if not Path(path).parent.is_dir():
        raise ValueError(f"the folder of {path} does not exist: create it first")


def _read_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


def _read_toml(text: str) -> Any:
    # In the standard library since Python 3.11.
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    return toml.loads(text)


_READERS: dict[str, Callable[[str], Any]] = {
    ".json": json.loads,
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".toml": _read_toml,
}


def _writer(path: Path) -> Callable[[dict[str, Any]], str]:
    suffix = path.suffix.lower()
    if suffix == ".json":
        return lambda state: json.dumps(state, indent=2, ensure_ascii=False) + "\n"
    if suffix in {".yaml", ".yml"}:
        return _write_yaml
    raise ValueError(
        f"cannot write {path}: unsupported extension; use .json, .yaml or .yml"
    )


def _write_yaml(state: dict[str, Any]) -> str:
    import yaml

    text: str = yaml.safe_dump(state, sort_keys=False, allow_unicode=True)
    return text
