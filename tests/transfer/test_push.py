"""``moto-cognitosync push``."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from moto_cognitosync.assertions import DatasetView
from moto_cognitosync.faults import fault
from moto_cognitosync.state import dump_state, load_state
from moto_cognitosync.transfer import push
from moto_cognitosync.transfer.clients import Clients, Connection

from .conftest import Commands, Finished
from .states import ADA, BEN, CAT, DAN, EVE, POOL, RICH, date, pool_with, record, small

OTHER_POOL = "us-east-1:00000000-0000-4000-8000-000000000002"
EMPTY = pool_with(*({"IdentityId": each} for each in (ADA, BEN, CAT, DAN)))
SETTINGS = DatasetView(POOL, ADA, "settings")
LOST = (
    "Not written, because the API cannot set it:\n"
    "  sync counts, LastModifiedDate and LastModifiedBy of records: {}\n"
)


def one(*records: Any, name: str = "settings") -> Any:
    """Return a state with one dataset of ADA."""
    dataset = {"DatasetName": name, "Records": [*records]}
    return pool_with({"IdentityId": ADA, "Datasets": [dataset]})


@pytest.fixture
def target(commands: Commands) -> Commands:
    """A server on which the identities exist, without data."""
    load_state(EMPTY)
    return commands


def push_state(commands: Commands, state: Any, *options: str) -> Finished:
    return commands.push(*options, commands.write(state))


def test_records_are_written(target: Commands) -> None:
    result = push_state(target, one(record("a", "1", 7), record("b", "", 8)))

    assert result == (
        0,
        f"{POOL}: records written: 2, unchanged: 0\n{LOST.format(2)}",
        "",
    )
    assert SETTINGS.contents == {"a": "1", "b": ""}
    assert SETTINGS.sync_count == 1


def test_a_state_in_short_form_can_be_written(target: Commands) -> None:
    dataset = {"DatasetName": "settings", "Values": {"a": "1"}}

    push_state(target, pool_with({"IdentityId": ADA, "Datasets": [dataset]}))

    assert SETTINGS.contents == {"a": "1"}


def test_the_date_on_the_device_is_written(target: Commands) -> None:
    push_state(target, one(record("a", "1", 7)))

    (pool,) = dump_state()["IdentityPools"]
    (written,) = pool["Identities"][0]["Datasets"][0]["Records"]
    # Old versions of botocore send whole seconds.
    assert written["DeviceLastModifiedDate"][:19] == date(2)[:19]
    assert written["LastModifiedDate"] > date(3)


def test_a_pulled_state_can_be_pushed_to_an_empty_pool(commands: Commands) -> None:
    load_state(RICH)
    commands.pull(POOL)
    expected = contents(commands.pulled())
    load_state(EMPTY)

    assert commands.push(str(commands.state)).status == 0

    (pool,) = dump_state()["IdentityPools"]
    assert contents(pool) == expected
    assert len(expected) == 5  # a dataset without records cannot be written


def contents(pool: Any) -> dict[tuple[str, str], dict[str, str]]:
    found = {
        (identity["IdentityId"], dataset["DatasetName"]): {
            each["Key"]: each["Value"] for each in push.values(dataset).values()
        }
        for identity in pool["Identities"]
        for dataset in identity.get("Datasets", ())
    }
    return {name: values for name, values in found.items() if values}


def test_data_that_cannot_be_written_is_listed(target: Commands) -> None:
    result = push_state(target, RICH, "--map", target.write(RICH_MAP, "map.json"))

    assert result.out.endswith(
        "Not written, because the API cannot set it:\n"
        "  sync counts, LastModifiedDate and LastModifiedBy of records: 7\n"
        "  removed records (tombstones): 1\n"
        "  deleted datasets (tombstones): 1\n"
        "  datasets without records: 1\n"
        "  devices: 1\n"
    )


RICH_MAP = {EVE: CAT}


def test_records_with_the_same_value_are_not_written_again(target: Commands) -> None:
    push_state(target, one(record("a", "1", 7), record("b", "2", 8)))

    result = push_state(target, one(record("a", "1", 7), record("b", "3", 8)))

    assert result.out.startswith(f"{POOL}: records written: 1, unchanged: 1\n")
    assert SETTINGS.contents == {"a": "1", "b": "3"}
    assert push_state(target, one(record("b", "3", 8))).out.startswith(
        f"{POOL}: records written: 0, unchanged: 1\n"
    )
    assert SETTINGS.sync_count == 2


def test_other_records_and_removed_ones_stay(target: Commands) -> None:
    push_state(target, one(record("a", "1", 7), record("b", "2", 8)))

    push_state(target, one(record("a", "3", 7), record("b", None, 9)))

    assert SETTINGS.contents == {"a": "3", "b": "2"}


def test_a_state_without_records_writes_nothing(target: Commands) -> None:
    assert push_state(target, EMPTY) == (0, "", "")


def test_records_on_later_pages_are_compared(
    target: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = one(*(record(str(number), "v", 1) for number in range(5)))
    push_state(target, state)
    original = boto3.Session.client

    def client(*args: Any, **kwargs: Any) -> Any:
        client = original(*args, **kwargs)
        client.meta.events.register(
            "provide-client-params.cognito-sync.ListRecords",
            lambda params, **_: {"MaxResults": 2, **params},
        )
        return client

    monkeypatch.setattr(boto3.Session, "client", client)

    result = push_state(target, state)

    assert result.out.startswith(f"{POOL}: records written: 0, unchanged: 5\n")


# --- Maps -------------------------------------------------------------------------


def test_pools_and_identities_are_mapped(commands: Commands) -> None:
    load_state({"IdentityPools": [pool_with({"IdentityId": BEN})["IdentityPools"][0]]})
    state = one(record("a", "1", 7))
    state["IdentityPools"][0]["IdentityPoolId"] = OTHER_POOL
    ids = commands.write({OTHER_POOL: POOL, ADA: BEN}, "map.json")

    assert push_state(commands, state, "--map", ids).status == 0

    assert DatasetView(POOL, BEN, "settings").contents == {"a": "1"}


def test_several_pools_are_written(commands: Commands) -> None:
    pools = [
        {"IdentityPoolId": pool_id, "Identities": [{"IdentityId": identity_id}]}
        for pool_id, identity_id in ((POOL, ADA), ("eu-west-1:2", "eu-west-1:3"))
    ]
    load_state({"IdentityPools": pools})
    for pool in pools:
        pool["Identities"][0]["Datasets"] = [  # type: ignore[index]
            {"DatasetName": "settings", "Values": {"a": pool["IdentityPoolId"]}}
        ]

    result = push_state(commands, {"IdentityPools": pools})

    assert result.out == (
        f"{POOL}: records written: 1, unchanged: 0\n"
        "eu-west-1:2: records written: 1, unchanged: 0\n" + LOST.format(2)
    )
    view = DatasetView("eu-west-1:2", "eu-west-1:3", "settings")
    assert view.contents == {"a": "eu-west-1:2"}


def test_nothing_is_written_if_an_identity_does_not_exist(target: Commands) -> None:
    state = one(record("a", "1", 7))
    dataset = {"DatasetName": "settings", "Values": {"a": "1"}}
    unknown = {"IdentityId": "us-east-1:99", "Datasets": [dataset]}
    state["IdentityPools"][0]["Identities"].append(unknown)

    result = push_state(target, state)

    assert result == (
        1,
        "",
        "moto-cognitosync: these identities do not exist: us-east-1:99. Create them, "
        "or map them to others with --map. Nothing was written\n",
    )
    assert not SETTINGS.exists


@pytest.mark.parametrize("ids", [[], {"a": 1}])
def test_an_invalid_map_is_reported(target: Commands, ids: Any) -> None:
    path = target.write(ids, "map.json")

    result = push_state(target, one(record("a", "1", 7)), "--map", path)

    assert result.status == 1
    assert result.err.startswith(
        f"moto-cognitosync: --map {path}: expected new ids by old ids, such as "
    )


def test_a_map_with_an_unknown_id_is_rejected(target: Commands) -> None:
    ids = target.write({ADA: BEN, "us-east-1:99": DAN}, "map.json")

    result = push_state(target, one(record("a", "1", 7)), "--map", ids)

    message = f"moto-cognitosync: --map {ids}: not in the state: us-east-1:99\n"
    assert result == (1, "", message)
    assert not DatasetView(POOL, BEN, "settings").exists


def test_a_map_of_two_identities_to_one_is_rejected(target: Commands) -> None:
    dataset = {"DatasetName": "settings", "Values": {"a": "1"}}
    state = pool_with(*({"IdentityId": i, "Datasets": [dataset]} for i in (ADA, BEN)))
    ids = target.write({ADA: DAN, BEN: DAN}, "map.json")

    result = push_state(target, state, "--map", ids)

    assert result.status == 1
    assert result.err.startswith(
        f"moto-cognitosync: several identities are mapped to {DAN}. Map each to its own"
    )
    assert not DatasetView(POOL, DAN, "settings").exists


def test_an_invalid_state_is_reported(target: Commands) -> None:
    result = push_state(target, {"IdentityPools": [{}]})

    problem = "IdentityPools[0]: 'IdentityPoolId' is a required property"
    assert result == (1, "", f"moto-cognitosync: {problem}\n")


# --- Failures ---------------------------------------------------------------------


def test_conflicts_are_resolved(target: Commands) -> None:
    with fault("UpdateRecords", "ResourceConflictException", times=2) as conflict:
        result = push_state(target, one(record("a", "1", 7)))

    assert (result.status, conflict.count) == (0, 2)
    assert SETTINGS.contents == {"a": "1"}
    assert "records written: 1" in result.out


def test_a_record_that_others_write_at_the_same_time_is_compared_again(
    target: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = push._list_records
    written = []

    def list_and_write(sync: Any, ids: Any) -> Any:
        listed = original(sync, ids)
        if not written:
            written.append(1)
            token, _, _ = original(sync, ids)
            patches = [
                {"Op": "replace", "Key": key, "Value": value, "SyncCount": 0}
                for key, value in (("a", "theirs"), ("b", "2"))
            ]
            sync.update_records(**ids, SyncSessionToken=token, RecordPatches=patches)
        return listed

    monkeypatch.setattr(push, "_list_records", list_and_write)

    result = push_state(target, one(record("a", "1", 7), record("b", "2", 8)))

    assert result.status == 0
    assert SETTINGS.contents == {"a": "1", "b": "2"}
    assert SETTINGS.sync_count == 2


class LosesResponse:
    """A client that does not receive a response, and sends the request again."""

    def __init__(self, sync: Any) -> None:
        self.sync = sync
        self.list_records = sync.list_records
        self.exceptions = sync.exceptions

    def update_records(self, **parameters: Any) -> Any:
        self.sync.update_records(**parameters)
        return self.sync.update_records(**parameters)


def test_a_lost_response_does_not_write_twice(
    target: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The retry fails because its token was used; everything was written."""
    original = push._push_dataset
    monkeypatch.setattr(
        push,
        "_push_dataset",
        lambda sync, *arguments: original(LosesResponse(sync), *arguments),
    )

    result = push_state(target, one(record("a", "1", 7)))

    assert result.status == 0
    assert SETTINGS.contents == {"a": "1"}
    assert SETTINGS.sync_count == 1


@pytest.mark.parametrize("failure", ["TooManyRequestsException", "drop"])
@pytest.mark.parametrize("operation", ["ListRecords", "UpdateRecords"])
def test_failed_calls_are_retried(
    target: Commands, operation: str, failure: str
) -> None:
    how: dict[str, Any] = {"error": failure}
    if failure == "drop":
        how = {"drop_connection": True}

    with fault(operation, times=2, **how) as failed:
        result = push_state(target, one(record("a", "1", 7)))

    assert (result.status, failed.count) == (0, 2)
    assert SETTINGS.contents == {"a": "1"}


def test_a_dataset_that_cannot_be_written_does_not_stop_the_others(
    target: Commands,
) -> None:
    full = [{"DatasetName": f"d{each}", "Values": {"k": "v"}} for each in range(20)]
    load_state(pool_with({"IdentityId": ADA, "Datasets": full}, {"IdentityId": DAN}))
    state = one(record("a", "1", 7))
    state["IdentityPools"][0]["Identities"] += [
        {"IdentityId": DAN, "Datasets": [{"DatasetName": "d", "Values": {"a": "1"}}]}
    ]

    result = push_state(target, state)

    assert result.status == 1
    assert result.out.startswith(f"{POOL}: records written: 1, unchanged: 0\n")
    assert result.err.startswith(
        f"moto-cognitosync: {ADA}, dataset settings: An error occurred "
        "(LimitExceededException)"
    )
    assert DatasetView(POOL, DAN, "d").contents == {"a": "1"}


def test_a_dataset_that_always_conflicts_is_reported(target: Commands) -> None:
    with fault("UpdateRecords", "ResourceConflictException") as conflict:
        result = push_state(target, one(record("a", "1", 7)))

    assert (result.status, conflict.count) == (1, push.WRITES)
    assert "(ResourceConflictException)" in result.err


def test_missing_permission_stops_the_push(target: Commands) -> None:
    with fault("UpdateRecords", "NotAuthorizedException"):
        result = push_state(target, one(record("a", "1", 7)))

    assert result.status == 1
    assert "This command needs permission for cognito-identity:Describe" in result.err


# --- AWS --------------------------------------------------------------------------


@pytest.fixture
def aws(target: Commands, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Make the server look like AWS, and the input like a script's."""
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    monkeypatch.setattr(Clients, "is_aws", True)
    return target


def test_only_hosts_of_aws_are_aws(target: Commands) -> None:
    for url, expected in [
        (None, True),
        ("https://cognito-sync.cn-north-1.amazonaws.com.cn", True),
        (target.url, False),
        ("http://amazonaws.com.example", False),
    ]:
        found = Clients(Connection(None, url, None, 1), POOL, "legacy")
        assert found.is_aws is expected


def test_a_script_must_confirm_writing_to_aws(aws: Commands) -> None:
    result = push_state(aws, one(record("a", "1", 7)))

    assert result == (1, "", "moto-cognitosync: to write to AWS, add --yes\n")
    assert not SETTINGS.exists


def test_an_option_confirms_writing_to_aws(aws: Commands) -> None:
    assert push_state(aws, one(record("a", "1", 7)), "--yes").status == 0
    assert SETTINGS.exists


@pytest.mark.parametrize(
    ("answer", "is_written"), [("y", True), (" YES ", True), ("", False), ("no", False)]
)
def test_writing_to_aws_is_confirmed_on_a_terminal(
    aws: Commands, monkeypatch: pytest.MonkeyPatch, answer: str, is_written: bool
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return answer

    monkeypatch.setattr("builtins.input", ask)

    result = push_state(aws, one(record("a", "1", 7)))

    assert questions == [f"Write to AWS? Identities: 1, pools: {POOL} [y/N] "]
    assert SETTINGS.exists is is_written
    assert result.status == (not is_written)


def test_many_identities_are_written_in_parallel(commands: Commands) -> None:
    state = small(60)
    load_state(small(60, datasets=0))

    result = push_state(commands, state, "--workers", "16")

    assert result.out.startswith(f"{POOL}: records written: 60, unchanged: 0\n")
    (pool,) = dump_state()["IdentityPools"]
    assert contents(pool) == contents(state["IdentityPools"][0])
