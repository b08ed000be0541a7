"""``moto-cognitosync pull``."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from moto_cognitosync.faults import fault
from moto_cognitosync.server import CognitoSyncServer
from moto_cognitosync.state import dump_state, load_state
from moto_cognitosync.transfer import pull

from .conftest import Commands
from .states import (
    ADA,
    BEN,
    CAT,
    DAN,
    DEVELOPER,
    POOL,
    RICH,
    pool_with,
    small,
)

UNKNOWN = "us-east-1:ffffffff-0000-4000-8000-000000000000"


def dumped_pool() -> Any:
    (pool,) = dump_state()["IdentityPools"]
    return pool


def exposed(pool: Any) -> Any:
    """Return what the API exposes of a dumped pool. docs/guide/transfer.md lists it."""
    pool = {**pool}
    for name in ("AccountId", "Region", "CreationDate"):
        del pool[name]
    pool["Identities"] = [
        exposed_identity(each)
        for each in pool["Identities"]
        if each.get("IdentityStatus") != "DELETED"
    ]
    return pool


def exposed_identity(identity: Any) -> Any:
    identity = {**identity}
    identity.pop("Devices", None)
    identity.pop("MergedInto", None)
    if "Logins" in identity:
        identity["Logins"] = {
            provider: users if provider == DEVELOPER else identity["IdentityId"]
            for provider, users in identity["Logins"].items()
        }
    datasets = identity.pop("Datasets", ())
    if existing := [
        exposed_dataset(each) for each in datasets if each["DatasetExists"]
    ]:
        identity["Datasets"] = existing
    return identity


def exposed_dataset(dataset: Any) -> Any:
    dataset = {**dataset}
    for name in ("DatasetExists", "SyncCountAtDeletion"):
        del dataset[name]
    if not dataset["DatasetName"].startswith("settings."):
        del dataset["ReportsMerge"]
    return dataset


def in_one_order(data: Any) -> Any:
    """Sort datasets and records, and leave out empty members."""
    if isinstance(data, dict):
        every = {name: in_one_order(value) for name, value in data.items()}
        keeps = {"Records", "PrincipalTags"}
        return {
            name: value
            for name, value in every.items()
            if value not in ({}, []) or name in keeps
        }
    if isinstance(data, list):
        return sorted(map(in_one_order, data), key=json.dumps)
    return data


def with_tag_maps_as_returned(pool: Any) -> Any:
    """With the defaults, the names of claims are not returned, and vice versa."""
    maps = pool["PrincipalTagAttributeMaps"]
    shortened = {
        provider: {"UseDefaults": True}
        if each.get("UseDefaults")
        else {"PrincipalTags": each["PrincipalTags"]}
        for provider, each in maps.items()
    }
    return {**pool, "PrincipalTagAttributeMaps": shortened}


def test_a_pull_agrees_with_a_dump(commands: Commands) -> None:
    load_state(RICH)
    dumped = with_tag_maps_as_returned(exposed(dumped_pool()))

    result = commands.pull(POOL)

    assert result == (
        0,
        f"{commands.state}: identities: 4, datasets: 6, records: 7\n",
        "",
    )
    assert in_one_order(commands.pulled()) == in_one_order(dumped)
    assert [each["IdentityId"] for each in commands.pulled()["Identities"]] == [
        ADA,
        BEN,
        CAT,
        DAN,
    ]


def test_a_pulled_state_can_be_loaded_and_pulled_again(commands: Commands) -> None:
    load_state(RICH)
    commands.pull(POOL)
    pulled = commands.pulled()

    load_state(commands.state)
    commands.pull(POOL, "--overwrite")

    assert commands.pulled() == pulled


def test_a_pool_without_anything_can_be_pulled(commands: Commands) -> None:
    load_state({"IdentityPools": [{"IdentityPoolId": POOL}]})

    result = commands.pull(POOL)

    assert result.out == f"{commands.state}: identities: 0, datasets: 0, records: 0\n"
    assert commands.pulled() == {
        "IdentityPoolId": POOL,
        "IdentityPoolName": "pool",
        "AllowUnauthenticatedIdentities": True,
        "Identities": [],
    }


def test_yaml_files_can_be_written(commands: Commands) -> None:
    load_state(small(1))
    path = commands.folder / "state.yaml"

    assert commands.pull(POOL, path=path).status == 0

    (pool,) = yaml.safe_load(path.read_text())["IdentityPools"]
    assert pool["Identities"][0]["Datasets"][0]["Records"][0]["Value"] == "0.0"


def test_all_pages_are_read(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IDENTITIES", "USERS", "DATASETS", "RECORDS"):
        monkeypatch.setattr(pull, f"{name}_PER_PAGE", 2)
    values = {str(number): "v" for number in range(5)}
    users = [f"user-{number}" for number in range(5)]
    datasets = [{"DatasetName": f"d{number}", "Values": values} for number in range(5)]
    identity = {"Logins": {DEVELOPER: users}, "Datasets": datasets}
    identities = [
        {"IdentityId": f"us-east-1:{number}", **(identity if number == 3 else {})}
        for number in range(5)
    ]
    load_state(pool_with(*identities, DeveloperProviderName=DEVELOPER))
    dumped = exposed(dumped_pool())["Identities"]
    for dataset in dumped[3]["Datasets"]:
        assert len(dataset["Records"]) == 5

    commands.pull(POOL)

    assert commands.pulled()["Identities"] == dumped


def test_many_identities_are_read_in_parallel(commands: Commands) -> None:
    load_state(small(150))

    with fault("ListDatasets", delay=0.01):
        result = commands.pull(POOL, "--workers", "16")

    assert result.status == 0
    pulled = commands.pulled()["Identities"]
    assert pulled == exposed(dumped_pool())["Identities"]
    assert len(pulled) == 150


# --- Which identities -------------------------------------------------------------


def test_a_limit_reads_the_first_enabled_identities(commands: Commands) -> None:
    load_state(RICH)

    commands.pull(POOL, "--limit", "2")

    found = [each["IdentityId"] for each in commands.pulled()["Identities"]]
    assert found == [ADA, DAN]


def test_a_limit_reads_only_the_pages_that_it_needs(
    commands: Commands, cognitosync_server: CognitoSyncServer
) -> None:
    load_state(small(200))

    commands.pull(POOL, "--limit", "70")

    assert len(commands.pulled()["Identities"]) == 70
    assert count_calls(cognitosync_server, "ListIdentities") == 2


def count_calls(server: CognitoSyncServer, operation: str) -> int:
    return sum(
        each.operation == operation for each in server._application.calls.since(0)
    )


def test_identities_can_be_chosen_by_id(commands: Commands) -> None:
    load_state(RICH)
    file = commands.folder / "ids.txt"
    file.write_text(f"{DAN}\n\n  {ADA}  \n{DAN}\n")
    commands.pull(POOL)
    every = {each["IdentityId"]: each for each in commands.pulled()["Identities"]}

    result = commands.pull(
        POOL, "--overwrite", "--identities", str(file), "--overwrite"
    )

    assert result.err == ""
    assert commands.pulled()["Identities"] == [every[DAN], every[ADA]]


def test_identities_that_do_not_exist_are_reported(commands: Commands) -> None:
    load_state(RICH)
    file = commands.folder / "ids.txt"
    unknown = [f"us-east-1:{number:x}" for number in range(23)]
    file.write_text("\n".join([DAN, *unknown]))

    result = commands.pull(POOL, "--identities", str(file))

    assert result.status == 0
    assert result.err == (
        "moto-cognitosync: these identities do not exist: "
        f"{', '.join(unknown[:20])} and 3 more\n"
    )
    assert [each["IdentityId"] for each in commands.pulled()["Identities"]] == [DAN]


def test_a_missing_file_with_ids_is_reported(commands: Commands) -> None:
    result = commands.pull(POOL, "--identities", "/nonexistent")

    problem = "moto-cognitosync: /nonexistent: No such file or directory\n"
    assert result == (1, "", problem)


def test_a_file_with_other_content_is_reported(commands: Commands) -> None:
    load_state(small(1))
    file = commands.folder / "ids.txt"
    file.write_bytes(b"\xff\xfe")

    result = commands.pull(POOL, "--identities", str(file))

    assert result.status == 1
    assert "(ValidationException)" in result.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--limit", "0"], "expected a number from 1, found '0'"),
        (["--limit", "many"], "expected a number from 1, found 'many'"),
        (["--workers", "65"], "expected at most 64, found 65"),
        (["--limit", "1", "--identities", "f"], "not allowed with argument --limit"),
    ],
)
def test_invalid_options_are_rejected(
    commands: Commands, options: list[str], problem: str
) -> None:
    result = commands.pull(POOL, *options)

    assert result.status == 2
    assert problem in result.err


# --- Data that changes ------------------------------------------------------------


def test_a_dataset_that_changes_between_pages_is_read_again(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "RECORDS_PER_PAGE", 1)
    writer = Writer(monkeypatch, times=2)

    result = commands.pull(POOL)

    assert result.status == 0
    (identity,) = commands.pulled()["Identities"]
    (dataset,) = identity["Datasets"]
    assert dataset["DatasetSyncCount"] == 3
    assert {each["Key"]: each["Value"] for each in dataset["Records"]} == {
        "a": "2",
        "b": "1",
    }
    assert writer.written == 2


def test_a_dataset_that_changes_all_the_time_is_reported(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "RECORDS_PER_PAGE", 1)
    Writer(monkeypatch, times=99)

    result = commands.pull(POOL)

    assert result.status == 1
    assert result.err == (
        f"moto-cognitosync: dataset 'd' of identity '{ADA}' has changed 5 times while "
        "it was read. Try again when it is not in use. "
        "Run the same command again to continue.\n"
    )


class Writer:
    """Writes a dataset after each first page of its records."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        dataset = {"DatasetName": "d", "Values": {"a": "0", "b": "1"}}
        load_state(pool_with({"IdentityId": ADA, "Datasets": [dataset]}))
        self.written = 0
        original = pull._PoolReader._pages

        def pages(reader: Any, operation: Any, **parameters: Any) -> Any:
            for number, page in enumerate(original(reader, operation, **parameters)):
                if number == 0 and "SyncSessionToken" in page and self.written < times:
                    self.written += 1
                    self.write(reader._sync, page["SyncSessionToken"])
                yield page

        monkeypatch.setattr(pull._PoolReader, "_pages", pages)

    def write(self, sync: Any, token: str) -> None:
        patch = {"Op": "replace", "Key": "a", "Value": str(self.written)}
        sync.update_records(
            IdentityPoolId=POOL,
            IdentityId=ADA,
            DatasetName="d",
            SyncSessionToken=token,
            RecordPatches=[{**patch, "SyncCount": 99}],
        )


def test_a_dataset_that_was_just_deleted_is_left_out(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_state(small(1, datasets=2))
    original = pull._PoolReader._records

    def delete_first(reader: Any, identity_id: str, name: str) -> Any:
        if name == "d0":
            reader._sync.delete_dataset(
                IdentityPoolId=POOL, IdentityId=identity_id, DatasetName=name
            )
        return original(reader, identity_id, name)

    monkeypatch.setattr(pull._PoolReader, "_records", delete_first)

    commands.pull(POOL)

    (identity,) = commands.pulled()["Identities"]
    assert [each["DatasetName"] for each in identity["Datasets"]] == ["d1"]


# --- Failures ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        {"error": "TooManyRequestsException"},
        {"error": "InternalErrorException"},
        {"drop_connection": True},
    ],
)
@pytest.mark.parametrize(
    "operation", ["ListIdentities", "GetCognitoEvents", "ListDatasets", "ListRecords"]
)
def test_failed_calls_are_retried(
    commands: Commands, operation: str, failure: Any
) -> None:
    load_state(small(3))

    with fault(operation, times=2, **failure) as failed:
        result = commands.pull(POOL)

    assert (result.status, failed.count) == (0, 2)
    assert commands.pulled()["Identities"] == exposed(dumped_pool())["Identities"]


def test_a_pull_that_is_throttled_all_the_time_says_what_to_do(
    commands: Commands,
) -> None:
    load_state(small(1))

    with fault("ListIdentities", "TooManyRequestsException") as throttled:
        result = commands.pull(POOL)

    assert result.status == 1
    assert result.err.endswith(
        ". Wait, or make fewer calls at the same time with --workers. Run the same "
        "command again to continue.\n"
    )
    assert throttled.count == 7


def test_missing_permission_is_explained(commands: Commands) -> None:
    load_state(small(1))

    with fault("GetCognitoEvents", "NotAuthorizedException", message="Not you"):
        result = commands.pull(POOL)

    assert result.status == 1
    assert (
        ": Not you. This command needs permission for cognito-identity:" in result.err
    )


def test_rejected_credentials_are_explained(
    commands: Commands, enforce: Callable[[], None]
) -> None:
    load_state(small(1))
    enforce()

    result = commands.pull(POOL)

    assert result.status == 1
    assert result.err.endswith(
        ". Check the credentials, or choose a profile with --profile\n"
    )


def test_an_unknown_pool_is_explained(commands: Commands) -> None:
    result = commands.pull(UNKNOWN)

    assert result.status == 1
    assert result.err.endswith(
        f": IdentityPool '{UNKNOWN}' not found. Check the id, the region and the "
        "account\n"
    )
    assert [*commands.folder.iterdir()] == []


def test_an_invalid_id_is_explained(commands: Commands) -> None:
    result = commands.pull("us-east-1:players")

    assert result.status == 1
    assert "(ValidationException)" in result.err
    assert "Value 'us-east-1:players' at 'identityPoolId'" in result.err


def test_missing_credentials_are_explained(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    result = commands.pull(POOL)

    assert result == (
        1,
        "",
        "moto-cognitosync: Unable to locate credentials: set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or choose a profile with --profile. The mock accepts "
        "any values\n",
    )


def test_an_unknown_profile_is_reported(commands: Commands) -> None:
    result = commands.pull(POOL, "--profile", "nobody")

    problem = "moto-cognitosync: The config profile (nobody) could not be found\n"
    assert result == (1, "", problem)


def test_a_server_that_cannot_be_reached_is_reported(commands: Commands) -> None:
    commands.url = "http://127.0.0.1:1"

    result = commands.pull(POOL)

    assert result.status == 1
    assert "Could not connect to the endpoint URL" in result.err
    assert not commands.journal.exists()


def test_a_region_can_be_chosen(commands: Commands) -> None:
    load_state(small(1))

    assert commands.pull(POOL, "--region", "eu-west-1").status == 1
    assert commands.pull(POOL, "--region", "us-east-1").status == 0


# --- Files ------------------------------------------------------------------------


def test_an_existing_file_is_not_overwritten(commands: Commands) -> None:
    load_state(small(1))
    commands.state.write_text("mine")

    result = commands.pull(POOL)

    assert result == (
        1,
        "",
        f"moto-cognitosync: {commands.state} exists: choose another file, or add "
        "--overwrite\n",
    )
    assert commands.state.read_text() == "mine"
    assert commands.pull(POOL, "--overwrite").status == 0


def test_a_path_that_cannot_be_written_is_reported_first(commands: Commands) -> None:
    path = commands.folder / "state.toml"

    result = commands.pull(UNKNOWN, path=path)

    assert result == (
        1,
        "",
        f"moto-cognitosync: cannot write {path}: unsupported extension; use .json, "
        ".yaml or .yml\n",
    )


def test_a_state_that_the_mock_cannot_load_is_written_and_reported(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_state(small(1))
    original = pull._describe_dataset
    # Accounts can have higher limits than the mock.
    monkeypatch.setattr(
        pull,
        "_describe_dataset",
        lambda *each: {**original(*each), "Values": {f"{n}": "" for n in range(1025)}},
    )

    result = commands.pull(POOL)

    assert result.status == 1
    assert re.search(r"the mock cannot load .*: Record limit exceeded", result.err)
    assert commands.state.exists()


def test_the_files_are_private(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_state(small(1))
    modes = []

    def describe(*_: Any) -> Any:
        modes.append(stat.S_IMODE(commands.journal.stat().st_mode))
        return {"Records": []}

    monkeypatch.setattr(pull, "_describe_dataset", describe)

    commands.pull(POOL)

    assert modes == [0o600]
    assert stat.S_IMODE(commands.state.stat().st_mode) == 0o600
    assert [*commands.folder.iterdir()] == [commands.state]


def test_a_progress_bar_is_shown_on_a_terminal(
    commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_state(small(2))
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)

    result = commands.pull(POOL)

    assert result.err == (
        f"\r[{'.' * 30}] 0/2 identities"
        f"\r[{'#' * 15}{'.' * 15}] 1/2 identities"
        f"\r[{'#' * 30}] 2/2 identities\n"
    )
