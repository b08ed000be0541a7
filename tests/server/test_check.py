"""``moto-cognitosync check FILE``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from moto_cognitosync.server import command
from tests.server.test_server import run

POOLS = [{"IdentityPoolId": "us-east-1:1"}, {"IdentityPoolId": "us-east-1:2"}]


def test_a_valid_file_passes(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"IdentityPools": POOLS}))

    result = run("check", str(path))

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{path}: valid\n"


def test_all_errors_that_the_schema_finds_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "state.yaml"
    path.write_text(
        "IdentityPools:\n"
        "- IdentityPoolId: us-east-1:1\n"
        "  Identity: []\n"
        "- IdentityPoolId: 5\n"
    )

    result = run("check", str(path))

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        f"{path}: IdentityPools[0]: Additional properties are not allowed ('Identity' "
        "was unexpected); did you mean 'Identities'?\n"
        f"{path}: IdentityPools[1].IdentityPoolId: 5 is not of type 'string': put it "
        "in quotes\n"
    )


def errors(path: Path, state: Any, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Check a state, and return the errors without the name of the file."""
    path.write_text(state if isinstance(state, str) else json.dumps(state))
    with pytest.raises(SystemExit) as caught:
        command.main(["check", str(path)])
    if caught.value.code is None:
        assert capsys.readouterr().out == f"{path}: valid\n"
        return []
    return [
        line.removeprefix(f"{path}: ") for line in str(caught.value.code).splitlines()
    ]


@pytest.fixture(autouse=True)
def _keeps_signal_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, []),
        (
            {
                "IdentityPools": [
                    {**POOLS[0], "CreationDate": "yesterday"},
                    POOLS[1],
                    {"IdentityPoolId": "mars:1", "Events": {}},
                    {
                        "IdentityPoolId": "us-east-1:3",
                        "Identities": 2 * [{"IdentityId": "us-east-1:4"}],
                    },
                ]
            },
            [
                "IdentityPools[0].CreationDate: 'yesterday' is not a date such as "
                "'2026-11-23T00:17:00.341Z'",
                "IdentityPools[2].Region: ",
                "IdentityPools[3].Identities[1].IdentityId: 'us-east-1:4' is a "
                "duplicate",
            ],
        ),
        (
            {"IdentityPools": [POOLS[0], POOLS[0]]},
            ["IdentityPools[1].IdentityPoolId: 'us-east-1:1' is a duplicate"],
        ),
        ({"FormatVersion": 99}, ["FormatVersion: expected at most 1, found 99: "]),
        ("{", ["cannot read "]),
    ],
)
def test_errors_name_their_places(
    state: Any,
    expected: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = errors(tmp_path / "state.json", state, capsys)

    assert len(found) == len(expected)
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_long_lists_of_errors_are_shortened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pools = [{"IdentityPoolId": number} for number in range(53)]

    found = errors(tmp_path / "state.json", {"IdentityPools": pools}, capsys)

    assert len(found) == 51
    assert found[-1] == "and 3 more errors"


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    result = run("check", str(tmp_path))
    other = run("check", str(tmp_path / "nothing.json"))

    assert result.returncode == other.returncode == 1
    assert "unsupported extension" in result.stderr
    problem = "cannot read the file: No such file or directory\n"
    assert other.stderr == f"{tmp_path / 'nothing.json'}: {problem}"


def test_nothing_is_loaded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from moto_cognitosync import mock_cognitosync
    from moto_cognitosync.state import dump_state

    with mock_cognitosync():
        before = dump_state()
        assert errors(tmp_path / "a.json", {"IdentityPools": POOLS}, capsys) == []
        assert dump_state() == before
