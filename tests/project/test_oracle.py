"""Random sequences of operations on which the mock and the oracle must agree.

The sequences are the same in every run. Set ``ORACLE_EXAMPLES`` to a number to run
that many new ones.
"""

from __future__ import annotations

import os
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import time_machine
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from moto_cognitosync import merge_identities
from moto_cognitosync.state import dump_state, load_state
from tests.project.oracle import (
    BAD_SESSION,
    DATASETS,
    LIFETIME,
    RECORDS,
    Identity,
    Oracle,
    Pool,
    Rejected,
)
from tests.support.aws import Aws
from tests.support.datasets import NOW, make_identity, make_pool, replace
from tests.support.operations import as_sent

EXAMPLES = os.environ.get("ORACLE_EXAMPLES")
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# A few actors do most of the work, so that their operations affect each other.
ACTORS = st.sampled_from(
    ["alice"] * 6
    + ["bob"] * 3
    + ["carol", "carol in wrong pool", "unknown identity", "unknown pool"]
)
NAMES = st.sampled_from(
    ["settings"] * 4 + ["saves", "settings.{alice}", "settings.{bob}"]
)
KEYS = st.sampled_from(["volume", "theme", "é", "🎲"])
# Two large values exceed the size limit of a dataset.
LARGE = "v" * 600_000
VALUES = st.sampled_from(["", "1", "dark", "é🎲"] * 3 + ["LARGE"])
DEVICES = st.sampled_from([{}, {}, {"DeviceId": "phone"}, {"DeviceId": "us/é"}])
DATES = st.sampled_from([as_sent(NOW.replace(year=1999)), EPOCH])
PAGES = st.fixed_dictionaries(
    {},
    optional={
        "MaxResults": st.sampled_from([1, 1, 2, 3, 1000, 0, -1]),
        "NextToken": st.sampled_from(
            ["dGhlbWU=", "c2V0dGluZ3M=", "dXM=", "/", "wyg=", ""]
        ),
    },
)
PATCHES = st.lists(
    st.fixed_dictionaries(
        {
            "Op": st.sampled_from(["replace", "replace", "remove"]),
            "Key": KEYS,
            "Value": VALUES,
            "SyncCount": st.sampled_from([0, 0, 1, 3, 99]),
        },
        optional={"DeviceLastModifiedDate": DATES},
    ),
    max_size=4,
)
ODD_PATCHES = st.sampled_from(
    [
        {"Op": "replace", "Key": "volume", "SyncCount": 9},
        {"Op": "replace", "Key": "volume", "Value": "11", "SyncCount": -1},
        {"Op": "remove", "Key": "theme", "SyncCount": -1},
        {"Op": "remove", "Key": "theme", "SyncCount": 9},
    ]
)
PAUSES = st.sampled_from([0, 1, 1, 1000, LIFETIME - 1, LIFETIME])
AGO = st.sampled_from([0, 1, 2, 3, -1])
# How far patches lag behind the current sync count; None keeps their own counts.
BEHIND = st.sampled_from([None, 0, 0, 1])
# Errors that the sequences must provoke, so that the rules for each are tested.
EXPECTED_ERRORS = {
    *("InvalidParameterException", BAD_SESSION, "ResourceNotFoundException"),
    *("ResourceConflictException", "datasets", "records", "bytes"),
}
# Excludes filler datasets and names that are too long to request.
MERGEABLE = re.compile(r"[a-z].{,127}")

Parameters = dict[str, Any]
Session = tuple[dict[str, str], str]  # a dataset and a token


def plain(value: Any) -> Any:
    """Convert datetimes to milliseconds, at any depth."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return (value - EPOCH) // MILLISECOND
    return value


def to_snake_case(parameters: Parameters) -> Parameters:
    return {xform_name(name): value for name, value in parameters.items()}


class DataMachine(RuleBasedStateMachine):
    """Performs random operations that read or change data."""

    sessions: Bundle[Session] = Bundle("sessions")

    def __init__(self, aws: Aws, client: Any, seen_errors: set[str]) -> None:
        super().__init__()
        self.aws = aws
        self.client = client
        self.seen_errors = seen_errors
        self.travel = time_machine.travel(NOW, tick=False)
        self.clock = self.travel.start()
        self.oracle = Oracle(plain(NOW))
        self.reached: set[str] = set()
        load_state({"IdentityPools": []})
        self.pool_id, self.other_pool_id = self.new_pool(), self.new_pool()
        self.ids = {
            "alice": self.new_identity(self.pool_id),
            "bob": self.new_identity(self.pool_id),
        }
        self.ids["carol"] = self.new_identity(self.other_pool_id)

    def new_pool(self) -> str:
        pool_id = make_pool(self.aws)
        self.oracle.pools[pool_id] = Pool(self.oracle.now)
        return pool_id

    def new_identity(self, pool_id: str) -> str:
        identity_id = make_identity(self.aws, pool_id)
        self.oracle.pools[pool_id].identities[identity_id] = Identity()
        return identity_id

    def teardown(self) -> None:
        self.travel.stop()

    # --- Comparing the mock with the oracle ---------------------------------------

    def identity(self, actor: str) -> dict[str, str]:
        pool_id, identity_id = {
            "alice": (self.pool_id, self.ids["alice"]),
            "bob": (self.pool_id, self.ids["bob"]),
            "carol": (self.other_pool_id, self.ids["carol"]),
            "carol in wrong pool": (self.pool_id, self.ids["carol"]),
            "unknown identity": (self.pool_id, "us-east-1:0"),
            "unknown pool": ("us-east-1:1", self.ids["alice"]),
        }[actor]
        return {"IdentityPoolId": pool_id, "IdentityId": identity_id}

    def dataset(self, actor: str, name: str) -> dict[str, str]:
        return {**self.identity(actor), "DatasetName": name.format(**self.ids)}

    def compare(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Call the oracle and the mock, and check that their responses are equal."""
        try:
            expected = getattr(self.oracle, operation)(
                **to_snake_case(plain(parameters))
            )
        except Rejected as error:
            expected = error
            self.seen_errors.update([error.code, *error.texts, *self.oracle.limits])
        try:
            response = getattr(self.client, operation)(**parameters)
        except ClientError as error:
            actual = error.response["Error"]
            assert isinstance(expected, Rejected), actual
            assert expected.allows(actual["Code"], actual["Message"]), actual
            return {}
        del response["ResponseMetadata"]
        token = {"SyncSessionToken": response.pop("SyncSessionToken", None)}
        assert plain(response) == expected
        return response | token  # type: ignore[no-any-return]

    def open_session(self, dataset: dict[str, str], **parameters: Any) -> Parameters:
        response = self.compare("list_records", **dataset, **parameters)
        if response:
            pool_id, identity_id, name = dataset.values()
            token = response["SyncSessionToken"]
            self.oracle.add_session((pool_id, identity_id, name), token)
        return response

    def list_changes(
        self, dataset: dict[str, str], ago: int, **page: Any
    ) -> Parameters:
        """List records like a client whose last sync was ``ago`` sync counts ago."""
        known = self.open_session(dataset, MaxResults=1)
        count = known.get("DatasetSyncCount", 0)
        return self.open_session(dataset, LastSyncCount=count - ago, **page)

    def update_records(
        self,
        dataset: dict[str, str],
        token: str,
        patches: list[Parameters],
        **device: str,
    ) -> None:
        # Expanded only here, because Hypothesis is slow to print large values.
        patches = [
            patch | {"Value": LARGE} if patch.get("Value") == "LARGE" else patch
            for patch in patches
        ]
        self.compare(
            "update_records",
            **dataset,
            SyncSessionToken=token,
            RecordPatches=patches,
            **device,
        )

    def advance_clock(self, milliseconds: int) -> None:
        self.clock.shift(milliseconds * MILLISECOND)
        self.oracle.now += milliseconds

    # --- Sync sessions, reads and writes --------------------------------------------

    @initialize(target=sessions)
    def begin(self) -> MultipleResults[Session]:
        """Give two identities a dataset of the same name, and return invalid tokens.

        The second write of alice causes a conflict.
        """
        for actor in ("alice", "bob", "alice"):
            self.sync(actor, "settings", [replace("theme", "dark")], None, 0, {})
        alice = self.dataset("alice", "settings")
        return multiple((alice, ""), (alice, "garbage"))

    @rule(target=sessions, actor=ACTORS, name=NAMES, ago=AGO, page=PAGES)
    def list_changed_records(
        self, actor: str, name: str, ago: int, page: Parameters
    ) -> Session:
        dataset = self.dataset(actor, name)
        listed = self.list_changes(dataset, ago, **page)
        return dataset, listed.get("SyncSessionToken", "")

    @rule(session=sessions)
    def list_within_a_session(self, session: Session) -> None:
        dataset, token = session
        response = self.compare("list_records", **dataset, SyncSessionToken=token)
        assert response.get("SyncSessionToken", token) == token

    @rule(actor=ACTORS, name=NAMES, size=st.integers(1, 2))
    def page_through_records(self, actor: str, name: str, size: int) -> None:
        dataset = self.dataset(actor, name)
        response = self.open_session(dataset, MaxResults=size)
        while "NextToken" in response:
            following = response["NextToken"]
            response = self.open_session(dataset, MaxResults=size, NextToken=following)

    @rule(
        target=sessions,
        actor=ACTORS,
        name=NAMES,
        patches=PATCHES,
        behind=BEHIND,
        pause=PAUSES,
        device=DEVICES,
    )
    def sync(
        self,
        actor: str,
        name: str,
        patches: list[Parameters],
        behind: int | None,
        pause: int,
        device: Parameters,
    ) -> Session:
        """Act like a client: list, then write with a current or stale sync count."""
        dataset = self.dataset(actor, name)
        listed = self.open_session(dataset)
        if behind is not None:
            count = max(listed.get("DatasetSyncCount", 0) - behind, 0)
            patches = [patch | {"SyncCount": count} for patch in patches]
        self.advance_clock(pause)
        token = listed.get("SyncSessionToken", "")
        self.update_records(dataset, token, patches, **device)
        return dataset, token

    @rule(session=sessions, patches=PATCHES, odd=ODD_PATCHES)
    def write_within_a_session(
        self, session: Session, patches: list[Parameters], odd: Parameters
    ) -> None:
        self.update_records(*session, [*patches, odd])

    @rule(session=sessions, actor=ACTORS, name=NAMES)
    def use_token_for_another_dataset(
        self, session: Session, actor: str, name: str
    ) -> None:
        dataset, token = self.dataset(actor, name), session[1]
        self.compare("list_records", **dataset, SyncSessionToken=token)
        self.update_records(dataset, token, [])

    # --- Limits, each reached at most once because it is slow -------------------------

    def write(self, actor: str, name: str, patches: list[Parameters]) -> None:
        """Write in a new sync session."""
        dataset = self.dataset(actor, name)
        token = self.open_session(dataset)["SyncSessionToken"]
        self.update_records(dataset, token, patches)

    @precondition(lambda self: "datasets" not in self.reached)
    @rule(actor=st.sampled_from(["alice", "bob"]))
    def exceed_dataset_limit(self, actor: str) -> None:
        """Write to one more dataset than the limit allows."""
        self.reached.add("datasets")
        for number in range(DATASETS + 1):
            self.write(actor, f"{number:02}", [replace("volume", "11", 99)])

    @precondition(lambda self: "records" not in self.reached)
    @rule(actor=st.sampled_from(["alice", "bob"]), missing=st.sampled_from([-1, 0, 1]))
    def reach_record_limit(self, actor: str, missing: int) -> None:
        """Write about as many records as the limit allows, then one more."""
        self.reached.add("records")
        keys = [f"{number:04}" for number in range(RECORDS - missing)]
        for written in (keys, ["one more"]):
            self.write(actor, "saves", [replace(key, "1", 99) for key in written])

    @precondition(lambda self: "bytes" not in self.reached)
    @rule(actor=st.sampled_from(["alice", "bob"]))
    def write_large_values(self, actor: str) -> None:
        """Write a large value, then a second one that exceeds the size limit."""
        self.reached.add("bytes")
        for key in ("volume", "theme"):
            self.write(actor, "settings", [replace(key, "LARGE", 99)])

    # --- Datasets and usage ---------------------------------------------------------

    @rule(actor=ACTORS, name=NAMES)
    def delete(self, actor: str, name: str) -> None:
        self.compare("delete_dataset", **self.dataset(actor, name))

    @rule(actor=ACTORS, name=NAMES, page=PAGES)
    def read_metadata(self, actor: str, name: str, page: Parameters) -> None:
        identity = self.identity(actor)
        pool_id = identity["IdentityPoolId"]
        self.compare("describe_dataset", **self.dataset(actor, name))
        self.compare("list_datasets", **identity, **page)
        self.compare("describe_identity_usage", **identity)
        self.compare("describe_identity_pool_usage", IdentityPoolId=pool_id)
        self.compare("list_identity_pool_usage", **page)

    # --- Changes made outside the service API ---------------------------------------

    @rule(names=st.permutations(["alice", "bob"]), ago=AGO)
    def merge(self, names: list[str], ago: int) -> None:
        old, new = (self.ids[name] for name in names)
        merge_identities(old, new)
        self.oracle.merge(self.pool_id, old, new)
        datasets = self.compare("list_datasets", **self.identity(names[1]))["Datasets"]
        for each in datasets:
            if MERGEABLE.fullmatch(each["DatasetName"]):
                self.list_changes(self.dataset(names[1], each["DatasetName"]), ago)

    @rule()
    def save_and_load(self) -> None:
        state = dump_state()
        load_state(state)
        assert dump_state() == state


def test_mock_agrees_with_the_oracle(aws: Aws) -> None:
    # Invalid parameters must reach the mock. Retries are off because botocore treats an
    # exceeded limit as throttling.
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    client = aws.client("cognito-sync", config=config)
    seen_errors: set[str] = set()
    run_state_machine_as_test(
        lambda: DataMachine(aws, client, seen_errors),
        settings=settings(
            derandomize=EXAMPLES is None,
            database=None,
            deadline=None,
            max_examples=int(EXAMPLES or 30),
            stateful_step_count=30,
            # Shrinking a failing sequence takes minutes.
            phases=[Phase.generate] if EXAMPLES is None else list(Phase),
        ),
    )
    assert EXAMPLES or seen_errors >= EXPECTED_ERRORS
