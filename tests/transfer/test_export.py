"""``moto-cognitosync export``."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from .conftest import Commands, Finished
from .states import ACCOUNT, ADA, DAN, POOL, RICH, date, pool_with

COLUMNS = [
    "IdentityPoolId",
    "IdentityId",
    "DatasetName",
    "Key",
    "Value",
    "SyncCount",
    "LastModifiedDate",
    "LastModifiedBy",
    "DeviceLastModifiedDate",
]


def export(commands: Commands, state: Any, name: str, *options: str) -> Finished:
    path = str(commands.folder / name)
    return commands.run("export", commands.write(state), path, *options)


def read_lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_json_lines_contain_one_record_per_line(commands: Commands) -> None:
    result = export(commands, RICH, "records.jsonl")

    path = commands.folder / "records.jsonl"
    assert result == (0, f"{path}: records: 7\n", "")
    lines = read_lines(path)
    assert len(lines) == 7
    assert lines[0] == {
        "IdentityPoolId": POOL,
        "IdentityId": ADA,
        "DatasetName": "settings",
        "Key": "theme",
        "Value": "dark",
        "SyncCount": 3,
        "LastModifiedDate": date(3),
        "LastModifiedBy": ACCOUNT,
        "DeviceLastModifiedDate": date(2),
    }
    assert [*lines[0]] == COLUMNS
    assert "é" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_csv_contains_the_same(commands: Commands) -> None:
    export(commands, RICH, "records.jsonl")

    export(commands, RICH, "records.csv")

    with (commands.folder / "records.csv").open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert [*rows[0]] == COLUMNS
    lines = read_lines(commands.folder / "records.jsonl")
    assert rows == [{name: str(each) for name, each in line.items()} for line in lines]


def test_removed_records_are_omitted(commands: Commands) -> None:
    export(commands, RICH, "records.jsonl")

    lines = read_lines(commands.folder / "records.jsonl")
    keys = {each["Key"] for each in lines if each["DatasetName"] == "settings"}
    assert keys == {"theme", "é", "a"}


SHORT = pool_with(
    {
        "IdentityId": DAN,
        "Datasets": [{"DatasetName": "d", "Values": {"a": 'x,"y"\nz', "b": ""}}],
    }
)


def test_a_state_in_short_form_can_be_exported(commands: Commands) -> None:
    export(commands, SHORT, "a.jsonl")
    export(commands, SHORT, "a.csv")

    ids = {"IdentityPoolId": POOL, "IdentityId": DAN, "DatasetName": "d"}
    assert read_lines(commands.folder / "a.jsonl") == [
        {**ids, "Key": "a", "Value": 'x,"y"\nz'},
        {**ids, "Key": "b", "Value": ""},
    ]
    with (commands.folder / "a.csv").open(newline="") as file:
        rows = [*csv.reader(file)]
    assert rows == [
        COLUMNS,
        [POOL, DAN, "d", "a", 'x,"y"\nz', "", "", "", ""],
        [POOL, DAN, "d", "b", "", "", "", "", ""],
    ]


def test_an_empty_state_can_be_exported(commands: Commands) -> None:
    assert export(commands, {}, "a.csv").out.endswith("a.csv: records: 0\n")
    assert export(commands, {}, "a.jsonl").status == 0

    assert (commands.folder / "a.csv").read_text() == ",".join(COLUMNS) + "\n"
    assert (commands.folder / "a.jsonl").read_text() == ""


def test_an_existing_file_is_not_overwritten(commands: Commands) -> None:
    path = commands.folder / "a.csv"
    path.write_text("mine")

    result = export(commands, SHORT, "a.csv")

    problem = f"{path} exists: choose another file, or add --overwrite"
    assert result == (1, "", f"moto-cognitosync: {problem}\n")
    assert path.read_text() == "mine"
    assert export(commands, SHORT, "a.csv", "--overwrite").status == 0


def test_other_extensions_are_rejected(commands: Commands) -> None:
    result = export(commands, SHORT, "a.txt")

    path = commands.folder / "a.txt"
    problem = f"cannot write {path}: unsupported extension; use one of .jsonl, .csv"
    assert result == (1, "", f"moto-cognitosync: {problem}\n")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nothing.json", "nothing.json: No such file or directory\n"),
        ("invalid.json", "IdentityPools: 1 is not of type 'array'\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported(
    commands: Commands, name: str, problem: str
) -> None:
    commands.write({"IdentityPools": 1}, "invalid.json")
    path = str(commands.folder / name)

    result = commands.run("export", path, str(commands.folder / "a.csv"))

    assert (result.status, result.out) == (1, "")
    assert result.err.endswith(problem)


def test_a_folder_that_does_not_exist_is_reported(commands: Commands) -> None:
    result = export(commands, SHORT, "no/a.csv")

    assert result.status == 1
    assert result.err.endswith(": No such file or directory\n")
