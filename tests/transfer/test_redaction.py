"""``moto-cognitosync pull --redact``."""

from __future__ import annotations

import json
import re
import stat
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moto_cognitosync.faults import fault
from moto_cognitosync.state import load_state
from moto_cognitosync.transfer.clients import TransferError
from moto_cognitosync.transfer.redaction import (
    Redactor,
    default_salt_file,
    load_salt,
)

from .conftest import Commands
from .states import ADA, BEN, POOL, RICH, small

REDACTOR = Redactor("salt")
# The texts in RICH that a redacted state may still contain.
PUBLIC = {
    "DISABLED",
    "ENABLED",
    "FAILED",
    "Token",
    "Rules",
    "Deny",
    "AuthenticatedRole",
    "Equals",
    "graph.facebook.com",
    "team",
    "claim",
    "",
}


@pytest.fixture(autouse=True)
def _salt(_environment_of_the_commands: None) -> None:
    """Make the pseudonyms the same in each run, because short ones can be equal."""
    path = default_salt_file()
    path.parent.mkdir(parents=True)
    path.write_text(f"{'5a' * 32}\n")


def texts(data: Any) -> set[str]:
    """Return all texts in data, except names of members and dates."""
    if isinstance(data, dict):
        return {text for each in data.values() for text in texts(each)}
    if isinstance(data, list):
        return {text for each in data for text in texts(each)}
    if isinstance(data, str) and not re.match(r"\d{4}-\d\d-\d\dT", data):
        return {data}
    return set()


def both(commands: Commands) -> tuple[Any, Any]:
    """Pull a pool without and with redaction."""
    load_state(RICH)
    commands.pull(POOL)
    original = commands.pulled()
    assert commands.pull(POOL, "--redact", "--overwrite").status == 0
    return original, commands.pulled()


def test_no_private_text_remains(commands: Commands) -> None:
    original, redacted = both(commands)

    private = {text for text in texts(original) - PUBLIC if len(text) > 2}
    assert len(private) > 25
    assert texts(redacted) & private == set()
    for word in ("players", "123456789012", "office", "openid", "Abc123456", "phone"):
        assert word in json.dumps(original)
        assert word not in json.dumps(redacted)


def test_the_structure_remains(commands: Commands) -> None:
    original, redacted = both(commands)

    assert shape(redacted) == shape(original)


def shape(data: Any) -> Any:
    """Return the lengths of all texts in data, sorted."""
    if isinstance(data, dict):
        pairs = [(len(name), shape(each)) for name, each in data.items()]
        return sorted(pairs, key=repr)
    if isinstance(data, list):
        return sorted(map(shape, data), key=repr)
    return len(data.encode()) if isinstance(data, str) else 0


def test_a_redacted_state_can_be_loaded_and_pulled(commands: Commands) -> None:
    _, redacted = both(commands)

    load_state(commands.state)
    commands.pull(redacted["IdentityPoolId"], "--overwrite")

    assert shape(commands.pulled()) == shape(redacted)
    assert texts(commands.pulled()) == texts(redacted)


def test_pseudonyms_are_the_same_everywhere(commands: Commands) -> None:
    _, redacted = both(commands)

    ada, ben, _, dan = redacted["Identities"]
    datasets = {each["DatasetName"]: each for each in ada["Datasets"]}
    (settings,) = (name for name in datasets if "." not in name and len(name) == 8)
    assert settings == dan["Datasets"][0]["DatasetName"]
    assert f"{settings}.{ben['IdentityId']}" in datasets
    assert ada["Logins"]["graph.facebook.com"] == ada["IdentityId"]
    assert {each["LastModifiedBy"] for each in ada["Datasets"]} == {ada["IdentityId"]}
    (developer,) = (name for name in ada["Logins"] if len(ada["Logins"][name]) == 2)
    assert developer == redacted["DeveloperProviderName"]


def test_pseudonyms_are_stable_between_pulls(commands: Commands) -> None:
    _, redacted = both(commands)

    load_state(RICH)
    commands.pull(POOL, "--redact", "--overwrite")

    again = {**commands.pulled(), "SyncSessionsCount": 0}
    assert again == {**redacted, "SyncSessionsCount": 0}


def test_another_salt_results_in_other_pseudonyms(commands: Commands) -> None:
    _, redacted = both(commands)
    salt = str(commands.folder / "salt")

    load_state(RICH)
    commands.pull(POOL, "--redact", "--salt", salt, "--overwrite")

    assert commands.pulled()["IdentityPoolId"] != redacted["IdentityPoolId"]


def test_the_journal_contains_no_private_data_but_ids(commands: Commands) -> None:
    load_state(RICH)

    with fault("ListRecords", "NotAuthorizedException", identity_id=ADA):
        commands.pull(POOL, "--redact", "--workers", "1")

    journal = commands.journal.read_text()
    assert ADA in journal
    assert "players" not in journal
    assert "dark" not in journal


# --- Texts ------------------------------------------------------------------------

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
SHORT_KEYS = st.text("a0.é", min_size=1, max_size=3)


@given(st.lists(st.one_of(KEYS, SHORT_KEYS), unique=True, max_size=20))
def test_different_keys_have_different_pseudonyms(keys: list[str]) -> None:
    pseudonyms = [REDACTOR.text(key) for key in keys]

    assert len({*pseudonyms}) == len(keys)
    for key, pseudonym in zip(keys, pseudonyms, strict=True):
        assert len(pseudonym) == len(key)
        assert len(pseudonym.encode()) == len(key.encode())


def test_all_short_keys_have_different_pseudonyms() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    keys = [*letters, *(a + b for a in letters for b in letters)]

    assert {REDACTOR.text(key) for key in keys} == {*keys}


def test_similar_texts_have_different_pseudonyms() -> None:
    first, second = (REDACTOR.text(f"player-level-{each}") for each in (1, 2))

    assert first[:12] != second[:12]


def test_the_longest_key_has_a_pseudonym() -> None:
    assert len(REDACTOR.text("\U0001f600" * 1024)) == 1024


@pytest.mark.parametrize(
    "text", ["abc.def", "settings", f"settings.{BEN}", f"a.{ADA}.{BEN}"]
)
def test_names_of_datasets_keep_their_form(text: str) -> None:
    name = REDACTOR.dataset_name(text)

    assert re.fullmatch(r"[a-zA-Z0-9_.:-]+", name)
    assert [*map(len, name.split("."))] == [*map(len, text.split("."))]
    assert name.endswith(REDACTOR.identifier(BEN)) == text.endswith(BEN)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (ADA, r"us-east-1:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("us-east-1:0", r"us-east-1:[0-9a-f]"),
        (ADA.partition(":")[2], r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("123456789012", r"\d{12}"),
        ("Phone-7", r"[A-Z][a-z]{4}-\d"),
    ],
)
def test_ids_keep_their_form(text: str, pattern: str) -> None:
    assert re.fullmatch(pattern, REDACTOR.identifier(text))
    assert REDACTOR.identifier(text) == REDACTOR.identifier(text)
    assert REDACTOR.identifier(text) != text


@pytest.mark.parametrize(
    ("arn", "pattern"),
    [
        ("arn:aws:iam::123456789012:role/a", r"arn:aws:iam::\d{12}:role/[a-f]"),
        (
            "arn:aws:sns:eu-west-1:123456789012:app/APNS_SANDBOX/g-1",
            r"arn:aws:sns:eu-west-1:\d{12}:app/APNS_SANDBOX/[g-z]-\d",
        ),
        (
            "arn:aws:lambda:us-east-1:1:function:check",
            r"arn:aws:lambda:us-east-1:\d:function:[a-z]{5}",
        ),
        ("something", r"[a-z]{9}"),
    ],
)
def test_arns_keep_their_form(arn: str, pattern: str) -> None:
    assert re.fullmatch(pattern, REDACTOR.arn(arn))


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("dark", r"[a-f][a-f][g-z][g-z]"),
        ("", ""),
        ("11", r"[1-9]\d"),
        ("0", "0"),
        ("-0.25", r"-0\.\d\d"),
        ("1e5", r"[1-9]e\d"),
        ("true", "true"),
        ("untrue", r"[a-z]{6}"),
        ("ÄÖ ü", r"[^\x00-\x7f]{2} [^\x00-\x7f]"),
        ("a\nb", r"[a-f]\n[a-f]"),
    ],
)
def test_values_keep_their_form(value: str, pattern: str) -> None:
    redacted = REDACTOR.value(value)

    assert re.fullmatch(pattern, redacted)
    assert len(redacted.encode()) == len(value.encode())
    assert REDACTOR.value(value) == redacted


def test_json_remains_json() -> None:
    value = json.dumps(
        {"name": 'Ädä "x"\n', "level": 30, "ratio": 0.5, "ok": [True, None, 1e5]}
    )

    redacted = json.loads(REDACTOR.value(value))

    assert [type(each) for each in redacted.values()] == [str, int, float, list]
    assert [type(each) for each in [*redacted.values()][3]] == [bool, type(None), float]
    assert "name" not in redacted


@pytest.mark.parametrize("date", ["2026-03-01", "2026-03-01T12:00:00", "9999-99-99"])
def test_dates_remain_dates(date: str) -> None:
    redacted = REDACTOR.value(f'{{"at": "{date}Z"}}')

    (found,) = json.loads(redacted).values()
    assert len(found) == len(date) + 1
    assert datetime.fromisoformat(found[:-1]).isoformat().startswith(found[:-1])
    assert found[:-1] != date


def test_similar_values_have_different_pseudonyms() -> None:
    first, second = (REDACTOR.value(f"the same sentence {each}") for each in (1, 2))

    assert first[:17] != second[:17]


# --- Salt -------------------------------------------------------------------------


def test_the_salt_is_created_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "salt"

    salt = load_salt(path)

    assert re.fullmatch(r"[0-9a-f]{64}", salt)
    assert load_salt(path) == salt
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_salt_is_in_the_configuration_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/configuration")
    assert default_salt_file() == Path("/configuration/moto-cognitosync/salt")

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_salt_file() == tmp_path / ".config" / "moto-cognitosync" / "salt"


def test_a_file_that_is_not_a_salt_is_rejected(commands: Commands) -> None:
    load_state(small(1))
    salt = commands.folder / "salt"
    salt.write_text("pepper")

    result = commands.pull(POOL, "--redact", "--salt", str(salt))

    assert result.status == 1
    assert result.err == (
        f"moto-cognitosync: {salt} does not contain a salt, which consists of 64 "
        "hexadecimal digits\n"
    )
    with pytest.raises(TransferError):
        load_salt(salt)
