"""Reading and writing files quickly gives the same result as doing it slowly."""

from __future__ import annotations

import json
import os
import tracemalloc
from enum import Enum
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from moto_cognitosync import mock_cognitosync
from moto_cognitosync.state import (
    StateError,
    dump_state,
    files,
    load_state,
    save_state,
)
from moto_cognitosync.state.files import find_writer, read_file
from moto_cognitosync.state.json_writer import write_json

POOL_ID = "us-east-1:0"


def state_with(**values: str) -> dict[str, Any]:
    dataset = {"DatasetName": "settings", "Values": values}
    identity = {"IdentityId": "us-east-1:1", "Datasets": [dataset]}
    return {"IdentityPools": [{"IdentityPoolId": POOL_ID, "Identities": [identity]}]}


# --- JSON -------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(), max_size=9)  # includes surrogates
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda items: (
        st.lists(items, max_size=3) | st.dictionaries(ANY_TEXT, items, max_size=3)
    ),
    max_leaves=9,
)


def written(value: Any) -> str:
    file = StringIO()
    write_json(value, file.write)
    return file.getvalue()


@settings(deadline=None)
@given(ANY_JSON)
@example({"a": [1, -1, True, False, None, 1.5, "é\u2028\ud800", {}, [], [{}], {"": 0}]})
def test_json_is_written_like_json_dumps(value: Any) -> None:
    assert written(value) == json.dumps(value, indent=2, ensure_ascii=False)


@pytest.mark.parametrize("value", [[], [1], [[1], {"a": [2]}]])
def test_an_iterator_is_written_like_a_list(value: list[Any]) -> None:
    assert written({"items": iter(value)}) == written({"items": value})


class Theme(str, Enum):
    DARK = "dark"
    NAME = "theme"


@pytest.mark.parametrize("name", ["state.json", "state.yaml"])
@pytest.mark.usefixtures("cognitosync")
def test_a_string_of_another_class_is_stored_as_a_string(
    tmp_path: Path, name: str
) -> None:
    load_state(state_with(**{Theme.NAME: Theme.DARK}))

    save_state(tmp_path / name)

    (pool,) = read_file(tmp_path / name)["IdentityPools"]
    (record,) = pool["Identities"][0]["Datasets"][0]["Records"]
    assert (record["Key"], record["Value"]) == ("theme", "dark")


@pytest.mark.usefixtures("cognitosync")
def test_saving_needs_less_memory_than_the_file_has_bytes(tmp_path: Path) -> None:
    identities = [{"IdentityId": f"us-east-1:{each}"} for each in range(5_000)]
    load_state(
        {"IdentityPools": [{"IdentityPoolId": POOL_ID, "Identities": identities}]}
    )
    path = tmp_path / "state.json"
    save_state(path)  # imports and caches

    tracemalloc.start()
    save_state(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < path.stat().st_size / 2


@pytest.mark.usefixtures("cognitosync")
def test_a_failed_save_keeps_the_file_and_releases_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError("disk full")

    path = tmp_path / "state.json"
    path.write_text("{}")
    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(OSError, match="disk full"):
        save_state(path)

    assert path.read_text() == "{}"
    assert [*tmp_path.iterdir()] == [path]
    thread = Thread(target=dump_state)
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()


# --- YAML -------------------------------------------------------------------------


def read_yaml(path: Path) -> Any:
    try:
        return read_file(path)
    except StateError as error:
        return str(error)


# One difference is known: libyaml allows tabs after a colon, as YAML does.
YAML = [
    "",
    "a",
    "a: {b: [1, 0x1f, 0o17, 017, 1_000, 1.5, .inf, 190:20:30, 1e3, -0]}",
    "a: [yes, No, ~, null, 'null', true, on]",
    "a: [2026-03-01, 2026-03-01T12:00:00Z, 2026-03-01 12:00:00.25 +1]",
    "a: 1\na: 2",
    "a: |\n  line\n  line\n\nb: >-\n  folded\n  text\n",
    "a: 'it''s'\nb: \"\\u00e9\\U0001F3B2\\x41\\n\\/\"",
    'a: "\\ud83d"',
    "x: &x {y: 1}\nz: {<<: *x, w: 2}",
    "? [a, b]\n: c",
    "{a: http://example.com, b: c:d}",
    "a: - b",
    "\ta: b",
    "a: 🎲é\u0085\u2028",
    "a: \x07",
    "a: [",
    "a: *b",
    "!!binary YQ==",
    "!!set {a, b}",
    "!!python/name:os.system",
    "--- a\n--- b",
    "%YAML 1.2\n---\na: 1",
    "%YAML 2.0\n---\na: 1",
    "# comment\na: b # comment",
    "&a\nb: *a",
]


@pytest.mark.parametrize("text", YAML)
def test_libyaml_reads_the_same_data_and_errors(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.yaml"
    path.write_text(text, encoding="utf-8")
    expected = read_slowly(path)

    assert repr(read_yaml(path)) == repr(expected)


@pytest.mark.parametrize("text", ["[" * 50_000, "{a: " * 50_000, "- " * 50_000])
def test_deeply_nested_yaml_is_rejected(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.yaml"
    path.write_text(text)

    with pytest.raises(StateError, match=r"cannot read .*state\.yaml: "):
        read_file(path)


def test_libyaml_is_not_used_if_it_does_not_limit_the_depth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.yaml"
    path.write_text("a: [1]")
    # Two levels are allowed by all versions, as if this one had no limit.
    monkeypatch.setattr(files, "LIBYAML_MAX_DEPTH", 1)
    uncached = files._libyaml_limits_depth.__wrapped__
    monkeypatch.setattr(files, "_libyaml_limits_depth", uncached)
    monkeypatch.setattr(yaml, "CSafeLoader", None)

    assert read_file(path) == {"a": [1]}


def read_slowly(path: Path) -> Any:
    with patch.object(yaml, "CSafeLoader", yaml.SafeLoader):
        return read_yaml(path)


def written_yaml(state: dict[str, Any]) -> str:
    file = StringIO()
    find_writer(Path("state.yaml"))(state, file)
    return file.getvalue()


def written_slowly(state: dict[str, Any]) -> str:
    with patch.object(yaml, "CSafeDumper", yaml.SafeDumper):
        return written_yaml(state)


TEXTS = ["", "dark", "a: b", "yes", "1", "2026-03-01", " x", "\t\n", "x " * 60, "\x85"]
TEXTS += ["\u2028", "\ufeff", "\x00", "\xa0", "é", "🎲", "\ud800", "- a", "# a", "'\""]


@settings(deadline=None)
@given(st.lists(ANY_TEXT, max_size=5))
@example([*TEXTS, "\r"])
def test_libyaml_writes_the_same_text(texts: list[str]) -> None:
    for text in texts:
        # libyaml writes names with carriage returns differently; the meaning is equal.
        name = "x" + text.replace("\r", "")
        state = {"Texts": [text], "Text": text, name: 1}
        assert written_yaml(state) == written_slowly(state)


@pytest.mark.usefixtures("cognitosync")
def test_yaml_is_read_and_written_without_libyaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader")
    monkeypatch.delattr(yaml, "CSafeDumper")
    load_state(state_with(theme="dark"))
    dumped = dump_state()

    save_state(tmp_path / "state.yaml")
    load_state({})
    load_state(tmp_path / "state.yaml")

    assert dump_state() == dumped


def test_emojis_are_not_escaped_in_yaml(tmp_path: Path) -> None:
    with mock_cognitosync():
        load_state(state_with(name="🎲"))

        save_state(tmp_path / "state.yaml")

    assert "Value: 🎲\n" in (tmp_path / "state.yaml").read_text("utf-8")
