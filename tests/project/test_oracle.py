"""Long random stories, in which the mock and the oracle must never disagree.

They are the same at each run. CONTRIBUTING.md tells how to have other ones, and more.
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
    Refused,
)
from tests.support.aws import Aws
from tests.support.datasets import NOW, make_identity, make_pool, replace
from tests.support.operations import as_sent

EXAMPLES = os.environ.get("ORACLE_EXAMPLES")
MILLISECOND = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

# Most is done by few, so that something comes about.
ACTORS = st.sampled_from(
    ["anna"] * 6 + ["bert"] * 3 + ["cleo", "stranger", "nobody", "nowhere"]
)
NAMES = st.sampled_from(
    ["settings"] * 4 + ["saves", "settings.{anna}", "settings.{bert}"]
)
KEYS = st.sampled_from(["volume", "theme", "é", "🎲"])
# Two large values are too many for one dataset.
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
# How many counts a patch is behind; None for whatever count it has itself.
BEHIND = st.sampled_from([None, 0, 0, 1])
# What the stories are to meet, lest the rules for it are never compared.
REFUSALS = {
    *("InvalidParameterException", BAD_SESSION, "ResourceNotFoundException"),
    *("ResourceConflictException", "datasets", "records", "bytes"),
}
# Not those that are only there to fill up. A name that is longer cannot be asked for.
MERGEABLE = re.compile(r"[a-z].{,127}")

Parameters = dict[str, Any]
Session = tuple[dict[str, str], str]  # a dataset, and a token


def plain(value: Any) -> Any:
    """Write times as milliseconds, however deep they are."""
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return (value - EPOCH) // MILLISECOND
    return value


def snaked(parameters: Parameters) -> Parameters:
    return {xform_name(name): value for name, value in parameters.items()}


class Story(RuleBasedStateMachine):
    """Does at random whatever can be done to data."""

    sessions: Bundle[Session] = Bundle("sessions")

    def __init__(self, aws: Aws, client: Any, refusals: set[str]) -> None:
        super().__init__()
        self.aws = aws
        self.client = client
        self.refusals = refusals
        self.travel = time_machine.travel(NOW, tick=False)
        self.clock = self.travel.start()
        self.oracle = Oracle(plain(NOW))
        self.filled: set[str] = set()
        load_state({"IdentityPools": []})
        self.x, self.y = self.new_pool(), self.new_pool()
        self.ids = {
            "anna": self.new_identity(self.x),
            "bert": self.new_identity(self.x),
        }
        self.ids["cleo"] = self.new_identity(self.y)

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

    # --- Both are asked -----------------------------------------------------------

    def identity(self, actor: str) -> dict[str, str]:
        pool_id, identity_id = {
            "anna": (self.x, self.ids["anna"]),
            "bert": (self.x, self.ids["bert"]),
            "cleo": (self.y, self.ids["cleo"]),
            "stranger": (self.x, self.ids["cleo"]),
            "nobody": (self.x, "us-east-1:0"),
            "nowhere": ("us-east-1:1", self.ids["anna"]),
        }[actor]
        return {"IdentityPoolId": pool_id, "IdentityId": identity_id}

    def dataset(self, actor: str, name: str) -> dict[str, str]:
        return {**self.identity(actor), "DatasetName": name.format(**self.ids)}

    def agree(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Ask the oracle, ask the mock, and compare their answers."""
        try:
            expected = getattr(self.oracle, operation)(**snaked(plain(parameters)))
        except Refused as error:
            expected = error
            self.refusals.update([error.code, *error.texts, *self.oracle.limits])
        try:
            answer = getattr(self.client, operation)(**parameters)
        except ClientError as error:
            refusal = error.response["Error"]
            assert isinstance(expected, Refused), refusal
            assert expected.allows(refusal["Code"], refusal["Message"]), refusal
            return {}
        del answer["ResponseMetadata"]
        token = {"SyncSessionToken": answer.pop("SyncSessionToken", None)}
        assert plain(answer) == expected
        return answer | token  # type: ignore[no-any-return]

    def open_session(self, dataset: dict[str, str], **parameters: Any) -> Parameters:
        answer = self.agree("list_records", **dataset, **parameters)
        if answer:
            pool_id, identity_id, name = dataset.values()
            token = answer["SyncSessionToken"]
            self.oracle.hear((pool_id, identity_id, name), token)
        return answer

    def list_changes(
        self, dataset: dict[str, str], ago: int, **page: Any
    ) -> Parameters:
        """List records as one that has last heard of the dataset some counts ago."""
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
        # Only here, as Hypothesis is slow to print what is large.
        patches = [
            patch | {"Value": LARGE} if patch.get("Value") == "LARGE" else patch
            for patch in patches
        ]
        self.agree(
            "update_records",
            **dataset,
            SyncSessionToken=token,
            RecordPatches=patches,
            **device,
        )

    def let_time_pass(self, milliseconds: int) -> None:
        self.clock.shift(milliseconds * MILLISECOND)
        self.oracle.now += milliseconds

    # --- Sync sessions, reads and writes --------------------------------------------

    @initialize(target=sessions)
    def begin(self) -> MultipleResults[Session]:
        """Let two identities have a dataset of one name, and tokens that are none."""
        for actor in ("anna", "bert"):
            self.sync(actor, "settings", [replace("theme", "dark")], None, 0, {})
        anna = self.dataset("anna", "settings")
        return multiple((anna, ""), (anna, "garbage"))

    @rule(target=sessions, actor=ACTORS, name=NAMES, ago=AGO, page=PAGES)
    def list_some_records(
        self, actor: str, name: str, ago: int, page: Parameters
    ) -> Session:
        dataset = self.dataset(actor, name)
        listed = self.list_changes(dataset, ago, **page)
        return dataset, listed.get("SyncSessionToken", "")

    @rule(session=sessions)
    def list_within_a_session(self, session: Session) -> None:
        dataset, token = session
        answer = self.agree("list_records", **dataset, SyncSessionToken=token)
        assert answer.get("SyncSessionToken", token) == token

    @rule(actor=ACTORS, name=NAMES, size=st.integers(1, 3))
    def page_through_records(self, actor: str, name: str, size: int) -> None:
        dataset = self.dataset(actor, name)
        answer = self.open_session(dataset, MaxResults=size)
        while "NextToken" in answer:
            following = answer["NextToken"]
            answer = self.open_session(dataset, MaxResults=size, NextToken=following)

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
        """Do what clients do: list, write what they know to be current, or was."""
        dataset = self.dataset(actor, name)
        listed = self.open_session(dataset)
        if behind is not None:
            count = max(listed.get("DatasetSyncCount", 0) - behind, 0)
            patches = [patch | {"SyncCount": count} for patch in patches]
        self.let_time_pass(pause)
        token = listed.get("SyncSessionToken", "")
        self.update_records(dataset, token, patches, **device)
        return dataset, token

    @rule(session=sessions, patches=PATCHES, odd=ODD_PATCHES)
    def write_within_a_session(
        self, session: Session, patches: list[Parameters], odd: Parameters
    ) -> None:
        self.update_records(*session, [*patches, odd])

    @rule(session=sessions, actor=ACTORS, name=NAMES)
    def take_a_token_elsewhere(self, session: Session, actor: str, name: str) -> None:
        dataset, token = self.dataset(actor, name), session[1]
        self.agree("list_records", **dataset, SyncSessionToken=token)
        self.update_records(dataset, token, [])

    # --- Limits, of which each is reached once at most, as it takes long --------------

    def write(self, actor: str, name: str, patches: list[Parameters]) -> None:
        """Write, whatever was there before."""
        dataset = self.dataset(actor, name)
        token = self.open_session(dataset)["SyncSessionToken"]
        self.update_records(dataset, token, patches)

    @precondition(lambda self: "datasets" not in self.filled)
    @rule(actor=st.sampled_from(["anna", "bert"]))
    def make_datasets(self, actor: str) -> None:
        """Make as many datasets as there may be, and then some."""
        self.filled.add("datasets")
        for number in range(DATASETS + 1):
            self.write(actor, f"{number:02}", [replace("volume", "11", 99)])

    @precondition(lambda self: "records" not in self.filled)
    @rule(actor=st.sampled_from(["anna", "bert"]), missing=st.sampled_from([-1, 0, 1]))
    def make_records(self, actor: str, missing: int) -> None:
        """Make as many records as there may be, or nearly, and then one more."""
        self.filled.add("records")
        keys = [f"{number:04}" for number in range(RECORDS - missing)]
        for written in (keys, ["one more"]):
            self.write(actor, "saves", [replace(key, "1", 99) for key in written])

    @precondition(lambda self: "bytes" not in self.filled)
    @rule(actor=st.sampled_from(["anna", "bert"]))
    def make_it_large(self, actor: str) -> None:
        """Write half of the bytes that there may be, and then more than the others."""
        self.filled.add("bytes")
        for key in ("volume", "theme"):
            self.write(actor, "settings", [replace(key, "LARGE", 99)])

    # --- Datasets and usage ---------------------------------------------------------

    @rule(actor=ACTORS, name=NAMES)
    def delete(self, actor: str, name: str) -> None:
        self.agree("delete_dataset", **self.dataset(actor, name))

    @rule(actor=ACTORS, name=NAMES, page=PAGES)
    def look_around(self, actor: str, name: str, page: Parameters) -> None:
        identity = self.identity(actor)
        pool_id = identity["IdentityPoolId"]
        self.agree("describe_dataset", **self.dataset(actor, name))
        self.agree("list_datasets", **identity, **page)
        self.agree("describe_identity_usage", **identity)
        self.agree("describe_identity_pool_usage", IdentityPoolId=pool_id)
        self.agree("list_identity_pool_usage", **page)

    # --- What happens beside --------------------------------------------------------

    @rule(names=st.permutations(["anna", "bert"]), ago=AGO)
    def merge(self, names: list[str], ago: int) -> None:
        old, new = (self.ids[name] for name in names)
        merge_identities(old, new)
        self.oracle.merge(self.x, old, new)
        inherited = self.agree("list_datasets", **self.identity(names[1]))["Datasets"]
        for each in inherited:
            if MERGEABLE.fullmatch(each["DatasetName"]):
                self.list_changes(self.dataset(names[1], each["DatasetName"]), ago)

    @rule()
    def save_and_load(self) -> None:
        state = dump_state()
        load_state(state)
        assert dump_state() == state


def test_no_story_is_told_in_two_ways(aws: Aws) -> None:
    # What is wrong is to reach the mock; and botocore, which takes a limit for
    # throttling, is not to ask again.
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    client = aws.client("cognito-sync", config=config)
    refusals: set[str] = set()
    run_state_machine_as_test(
        lambda: Story(aws, client, refusals),
        settings=settings(
            derandomize=EXAMPLES is None,
            database=None,
            deadline=None,
            max_examples=int(EXAMPLES or 30),
            stateful_step_count=30,
            # To make a failing story shorter takes minutes.
            phases=[Phase.generate] if EXAMPLES is None else list(Phase),
        ),
    )
    assert EXAMPLES or refusals >= REFUSALS
