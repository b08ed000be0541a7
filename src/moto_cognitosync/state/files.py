"""State files: JSON, YAML and TOML."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from shutil import copymode
from tempfile import gettempdir, mkdtemp
from threading import Lock
from typing import Any, TextIO
from uuid import uuid4

from .errors import StateError
from .json_writer import write_json

# With nested aliases, a small file can expand to billions of values.
MAX_REPEATED_VALUES = 100_000
LIBYAML_MAX_DEPTH = 1000

_WRITING = Lock()

Writer = Callable[[dict[str, Any], TextIO], None]

SCHEMA = Path(__file__).with_name("state.schema.json")


def read_file(path: Path) -> Any:
    """Return the content of a JSON, YAML or TOML file.

    :raises StateError: if the extension is not supported, or the content is invalid.
    :raises OSError: if the file cannot be read.
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


@contextmanager
def replace_file(path: Path, mode: int = 0o666) -> Generator[TextIO, None, None]:
    """Write a file atomically.

    The file is replaced as a whole when the block ends: if writing fails, the old file
    remains. Temporary files of earlier processes that were killed while writing it are
    deleted.

    :param mode: the permissions of a new file, which the umask limits.
    :raises OSError: if the file cannot be written.
    """
    target = path.resolve()  # the target, if this is a symbolic link
    with _WRITING:
        for abandoned in _temporary_files(target):
            abandoned.unlink(missing_ok=True)
        with _temporary_file(target, mode) as temporary:
            # JSON can read the escape sequences that this error handler writes.
            with temporary.open(
                "w", encoding="utf-8", errors="backslashreplace", newline="\n"
            ) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                copymode(target, temporary)
            temporary.replace(target)


@contextmanager
def _temporary_file(target: Path, mode: int = 0o600) -> Generator[Path, None, None]:
    """Create a file next to the target, and delete it unless it is renamed.

    If it replaces another file, which may be private, only its owner can read it.
    """
    temporary = target.with_name(f".{target.name}.{uuid4().hex}")
    temporary.touch(0o600 if target.exists() else mode, exist_ok=False)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _temporary_files(target: Path) -> list[Path]:
    name = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{32}}")
    return [each for each in target.parent.iterdir() if name.fullmatch(each.name)]


def check_can_save(path: str | os.PathLike[str]) -> None:
    """Check that a state can be saved to a file.

    :raises ValueError: if the extension is not supported, or the folder does not exist
        or is not writable.
    """
    find_writer(Path(path))
    target = Path(path).resolve()
    if not target.parent.is_dir():
        raise ValueError(f"the folder of {path} does not exist: create it first")
    if target.is_dir():
        raise ValueError(f"cannot write {path}: expected a file, found a folder")
    try:
        with _temporary_file(target):
            pass
    except OSError as error:
        raise ValueError(
            f"cannot write a temporary file in {target.parent}: {error.strerror}; "
            "choose another file, or allow writing to its folder"
        ) from None


def write_elsewhere(state: dict[str, Any]) -> Path:
    """Write a JSON file to a new folder that only its owner can read.

    :return: path of the file.
    :raises OSError: if no folder is writable.
    """
    for choose_folder in (gettempdir, Path.cwd, Path.home):
        with suppress(OSError, RuntimeError):
            folder = mkdtemp(prefix="moto-cognitosync-", dir=choose_folder())
            path = Path(folder, "state.json")
            with replace_file(path) as file:
                _write_json(state, file)
            return path
    raise OSError("no folder is writable")


def _read_yaml(text: str) -> Any:
    import yaml

    # libyaml is faster, but its errors do not show the line.
    with suppress(AttributeError, yaml.YAMLError):
        if _libyaml_limits_depth():
            return _construct(yaml.CSafeLoader(text))
    try:
        return _construct(yaml.SafeLoader(text))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from None


@cache
def _libyaml_limits_depth() -> bool:
    """Return whether libyaml rejects deeply nested text.

    Older versions read it until the process crashes.

    :raises AttributeError: if libyaml is not available.
    """
    import yaml

    problem = ""
    try:
        list(yaml.parse("[" * (LIBYAML_MAX_DEPTH + 1), yaml.CLoader))
    except yaml.YAMLError as error:
        problem = str(error)
    return "maximum nesting depth" in problem


def _construct(loader: Any) -> Any:
    node = loader.get_single_node()
    if node is None:
        return None
    sizes: dict[int, int] = {}
    # Check before construction, because merge keys ("<<") copy their values.
    if _size(node, sizes) > len(sizes) + MAX_REPEATED_VALUES:
        raise ValueError(
            f"its aliases repeat more than {MAX_REPEATED_VALUES} values; write "
            "them out, or use JSON"
        )
    return loader.construct_document(node)


def _size(node: Any, sizes: dict[int, int]) -> int:
    """Return the number of values in a YAML node, including each repetition.

    :param sizes: the sizes of all nodes seen so far, by id.
    """
    if id(node) not in sizes:
        sizes[id(node)] = 1  # in case the node contains itself
        children = () if isinstance(node.value, str) else node.value
        for child in children:
            for each in child if isinstance(child, tuple) else [child]:
                sizes[id(node)] += _size(each, sizes)
    return sizes[id(node)]


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


def find_writer(path: Path) -> Writer:
    """Return the function that writes a state to a file with this extension.

    The state may contain iterators instead of lists.

    :raises ValueError: if the extension is not supported.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        return _write_json
    if suffix in {".yaml", ".yml"}:
        return _write_yaml
    raise ValueError(
        f"cannot write {path}: unsupported extension; use .json, .yaml or .yml"
    )


def _write_json(state: dict[str, Any], file: TextIO) -> None:
    write_json(state, file.write)
    file.write("\n")


def _write_yaml(state: dict[str, Any], file: TextIO) -> None:
    import yaml

    state = _iterators_to_lists(state)
    try:
        text = _to_yaml(state, yaml.CSafeDumper)
    except (AttributeError, _UnsupportedText):
        text = _to_yaml(state, yaml.SafeDumper)
    file.write(text)


def _iterators_to_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _iterators_to_lists(item) for name, item in value.items()}
    if isinstance(value, list | Iterator):
        return [_iterators_to_lists(item) for item in value]
    return value


class _UnsupportedText(Exception):
    """libyaml fails to write surrogates, and escapes characters such as emojis."""


_NOT_FOR_LIBYAML = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")


def _to_yaml(state: dict[str, Any], base: Any) -> str:
    import yaml

    # A new class, because representers belong to a class.
    dumper_class: Any = type("Dumper", (base,), {})

    def represent_text(dumper: Any, text: str) -> yaml.ScalarNode:
        if base is not yaml.SafeDumper and _NOT_FOR_LIBYAML.search(text):
            raise _UnsupportedText
        # Without quotes, PyYAML writes some line separators that it cannot read.
        style = None if text.isprintable() else '"'
        node: yaml.ScalarNode = dumper.represent_scalar(
            "tag:yaml.org,2002:str", text, style
        )
        return node

    dumper_class.add_representer(str, represent_text)
    text: str = yaml.dump(
        state, Dumper=dumper_class, sort_keys=False, allow_unicode=True
    )
    return text
