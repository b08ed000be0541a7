"""Everything that requests and the environment can store survives a dump and a load.

The sequences are the same in every run. To run new ones, set ``STATE_EXAMPLES`` to
their number.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from moto.cognitoidentity.models import cognitoidentity_backends
from moto.core.models import botocore_stubber
from moto.moto_api import state_manager
from moto.moto_api._internal import mock_random
from moto.sns.models import sns_backends

from moto_cognitosync import merge_identities, mock_cognitosync
from moto_cognitosync.state import dump_state, load_state, save_state
from tests.cognitosync.test_bulk_publish import MODEL_NAME

EXAMPLES = os.environ.get("STATE_EXAMPLES")

# Includes surrogates, which JSON and the environment allow.
ANY_TEXT = st.text(st.characters(), max_size=5)
VALID_TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda items: (
        st.lists(items, max_size=2) | st.dictionaries(ANY_TEXT, items, max_size=2)
    ),
    max_leaves=4,
)
ROLE = "arn:aws:iam::123456789012:role/sync"
FACEBOOK, GOOGLE, DEVELOPER = "graph.facebook.com", "accounts.google.com", "login.game"
PROVIDERS = st.sampled_from([FACEBOOK, GOOGLE, DEVELOPER])
VALID_MEMBERS = {
    "AllowUnauthenticatedIdentities": st.booleans(),
    "AllowClassicFlow": st.booleans(),
    "SupportedLoginProviders": st.just({FACEBOOK: "1", GOOGLE: "2"}),
    "DeveloperProviderName": st.just(DEVELOPER),
    "OpenIdConnectProviderARNs": st.just([ROLE]),
    "CognitoIdentityProviders": st.just([{"ProviderName": "a/b", "ClientId": "c"}]),
    "SamlProviderARNs": st.just([ROLE]),
    "IdentityPoolTags": st.dictionaries(st.sampled_from("ab"), VALID_TEXT, max_size=2),
}
# The service rejects most invalid members, and everything else is stored.
MEMBERS = st.one_of(
    st.fixed_dictionaries({}, optional=VALID_MEMBERS),
    st.dictionaries(st.sampled_from(sorted(VALID_MEMBERS)), ANY_JSON, max_size=2),
)


def unsigned_jwt(subject: str) -> str:
    """Return a token of a public provider, without a valid signature."""
    payload = json.dumps({"sub": subject}).encode()
    return f"e30.{urlsafe_b64encode(payload).decode()}.x"


USERS = st.sampled_from(["ada", "ben", "cy", "dee"])
LOGINS = st.dictionaries(
    PROVIDERS, USERS | USERS | ANY_TEXT.map(unsigned_jwt), max_size=2
)
RULES = {
    "Rules": [{"Claim": "c", "MatchType": "Equals", "Value": "é", "RoleARN": ROLE}]
}
MAPPINGS = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(["Token", "Rules"]),
        "AmbiguousRoleResolution": st.sampled_from(["AuthenticatedRole", "Deny"]),
    },
    optional={"RulesConfiguration": st.just(RULES)},
)
POOL_NAMES = st.sampled_from(["players", " ", "é_1\n", "٣=,.@-"])
# One account is the default, and one has an application in SNS.
ACCOUNT = "123456789012"
VARIABLES = st.sampled_from(["", "", ACCOUNT, "12", "\udcff", " é "])
HEADERS = st.sampled_from(["", "", "", ACCOUNT, "my account", "\xff", "0"])
REGIONS = st.sampled_from(
    ["us-east-1"] * 6 + ["eu-west-1", "eu-west-3", "mars-1", "a_region", "x" * 40]
)
DATES = st.sampled_from(
    [
        datetime(1, 1, 3, tzinfo=timezone.utc),  # datetime.now() fails before this
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc),
        datetime(2026, 3, 1, tzinfo=timezone.utc),
        datetime(2026, 3, 1, 0, 4, 59, 999_500, tzinfo=timezone.utc),
        datetime.max.replace(tzinfo=timezone.utc),
    ]
)
START, END = -62_135_596_800, 253_402_300_800
SECONDS = st.sampled_from([START, END - 1, 253402300799.9996, 253402300799.99997]) | (
    st.floats(START, END, exclude_max=True) | st.integers(START, END - 1)
)
NAMES = st.sampled_from(["a", "b.c", "n" * 81, "n" * 82, "n" * 128])
PATCHES = st.lists(
    st.fixed_dictionaries(
        {
            "Op": st.sampled_from(["replace", "replace", "remove"]),
            "Key": st.sampled_from(["k", "\0", "é", "🎲", "<<", "=", "~", "1"])
            | VALID_TEXT.filter(bool),
            "Value": VALID_TEXT,
            "SyncCount": st.sampled_from([0, 9, 2**63 - 1]),
        },
        optional={"DeviceLastModifiedDate": SECONDS},
    ),
    max_size=3,
)
DEVICES = st.sampled_from([None, None, "phone", "d" * 256])
APPLICATION = f"arn:aws:sns:us-east-1:{ACCOUNT}:app/GCM/game"
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        "PushSync": st.sampled_from(
            [{}, {"ApplicationArns": [APPLICATION], "RoleArn": ROLE}]
        ),
        "CognitoStreams": st.sampled_from(
            [
                {},
                {"StreamName": "changes", "StreamingStatus": "ENABLED"},
                {"StreamingStatus": "DISABLED", "RoleArn": ROLE},
            ]
        ),
    },
)
TRANSITIONS = st.sampled_from(
    [
        {"progression": "immediate"},
        {"progression": "manual", "times": 1},
        {"progression": "time", "seconds": 60},
        {"progression": "time", "seconds": 1e15},
        {"progression": "time", "seconds": "x"},
        {"progression": "time"},
    ]
)
# Indexes of existing items; most operations use the first two.
CHOICES = st.sampled_from([0, 0, 0, 1, 1, 2])
OPERATIONS = {
    "create_pool": (POOL_NAMES, MEMBERS),
    "update_pool": (CHOICES, MEMBERS),
    "delete_pool": (CHOICES,),
    "create_identity": (CHOICES,),
    "log_in": (CHOICES, LOGINS),
    "link": (CHOICES, LOGINS),
    "link_developer_user": (CHOICES, USERS, LOGINS),
    "link_several": (CHOICES,),
    "merge_guest": (CHOICES, USERS),
    "merge_users": (CHOICES, USERS, USERS),
    "unlink": (CHOICES, LOGINS),
    "unlink_user": (CHOICES, USERS),
    "delete_identity": (CHOICES,),
    "set_roles": (CHOICES, st.dictionaries(PROVIDERS, MAPPINGS, max_size=2)),
    "set_principal_tags": (CHOICES, PROVIDERS, st.booleans()),
    "write": (CHOICES, NAMES, PATCHES, DEVICES),
    "delete": (CHOICES, NAMES),
    "list": (CHOICES, NAMES),
    "delete_after_write": (CHOICES, NAMES),
    "merge": (CHOICES, CHOICES, NAMES),
    "configure": (CHOICES, SECTIONS),
    "set_trigger": (CHOICES, st.sampled_from(["", "arn:aws:lambda:x:1:function:f"])),
    "publish": (CHOICES,),
    "register": (CHOICES, st.sampled_from(["token", "t" * 3072, "é"])),
    "subscribe": (CHOICES, NAMES, CHOICES),
    "delete_application": (),
    "seed": (st.sampled_from([0, 1]),),
    "travel": (DATES,),
    "set_transition": (TRANSITIONS,),
    "set_account": (VARIABLES,),
    "set_header": (HEADERS,),
    "set_region": (REGIONS,),
}
# Change the environment less often than the data.
RARELY = {"delete_application", "set_account", "set_header", "set_region", "travel"}
STEPS = st.one_of(
    [
        st.tuples(st.just(name), *values)
        for name, values in OPERATIONS.items()
        for _ in range(1 if name in RARELY else 3)
    ]
)
PATCH = {"Op": "replace", "Key": "k", "Value": "v", "SyncCount": 2**63 - 1}


class World:
    """Runs operations and ignores their errors."""

    def __init__(self) -> None:
        self.region = "us-east-1"
        self.header = ""
        self.pools: list[str] = []
        self.identities: list[tuple[str, str]] = []
        self.devices: list[str] = []
        self.travel_to = time_machine.travel(datetime(2026, 3, 1, tzinfo=timezone.utc))
        self.clock = self.travel_to.start()
        self.stored: set[str] = set()
        sns: Any = sns_backends[ACCOUNT]["us-east-1"]
        sns.create_platform_application("game", "GCM", {})
        for _ in range(2):
            self.create_pool(
                "players",
                {
                    "SupportedLoginProviders": {FACEBOOK: "1", GOOGLE: "2"},
                    "DeveloperProviderName": DEVELOPER,
                },
            )
            self.create_identity(0)
            self.create_identity(0)

    def close(self) -> None:
        self.travel_to.stop()
        os.environ.pop("MOTO_ACCOUNT_ID", None)
        state_manager.unset_transition(MODEL_NAME)

    def send(
        self, service: str, method: str, path: str, body: Any, **headers: str
    ) -> dict[str, Any]:
        url = f"https://{service}.{self.region}.amazonaws.com{quote(path, '/%')}"
        if self.header:
            headers["x-moto-account-id"] = self.header
        sent: Any = HeadersDict(headers)
        text = json.dumps(body).encode() if body is not None else b""
        request = AWSPreparedRequest(method, url, sent, text, stream_output=False)
        response = botocore_stubber("before-send", request)
        if response is None or response.status_code != 200:
            return {}
        return json.loads(response.content or "{}")  # type: ignore[no-any-return]

    def call_identity(self, operation: str, **body: Any) -> dict[str, Any]:
        target = f"AWSCognitoIdentityService.{operation}"
        headers = {
            "X-Amz-Target": target,
            "Content-Type": "application/x-amz-json-1.1",
        }
        return self.send("cognito-identity", "POST", "/", body, **headers)

    def call_sync(
        self, method: str, pool: str, path: str = "", body: Any = None
    ) -> dict[str, Any]:
        return self.send("cognito-sync", method, f"/identitypools/{pool}{path}", body)

    def pool(self, choice: int) -> str:
        return [*self.pools, "us-east-1:0"][choice % (len(self.pools) + 1)]

    def identity(self, choice: int) -> tuple[str, str]:
        items = [*self.identities, ("us-east-1:0", "us-east-1:0")]
        return items[choice % len(items)]

    def create_pool(self, name: str, members: dict[str, Any]) -> None:
        pool = {"IdentityPoolName": name, "AllowUnauthenticatedIdentities": True}
        created = self.call_identity("CreateIdentityPool", **(pool | members))
        if created:
            self.pools.insert(0, created["IdentityPoolId"])
            self.stored.add("pool")

    def update_pool(self, choice: int, members: dict[str, Any]) -> None:
        pool = {
            "IdentityPoolId": self.pool(choice),
            "IdentityPoolName": "players",
            "AllowUnauthenticatedIdentities": True,
        }
        self.call_identity("UpdateIdentityPool", **(pool | members))

    def delete_pool(self, choice: int) -> None:
        if choice == 2:  # rarely  # pragma: no cover
            self.call_identity("DeleteIdentityPool", IdentityPoolId=self.pool(0))

    def create_identity(self, choice: int) -> None:
        pool = self.pool(choice)
        created = self.call_identity("GetId", IdentityPoolId=pool)
        if created:
            self.identities.insert(0, (pool, created["IdentityId"]))
            self.stored.add("identity")

    def log_in(self, choice: int, logins: dict[str, str]) -> None:
        pool = self.pool(choice)
        created = self.call_identity("GetId", IdentityPoolId=pool, Logins=logins)
        if created and logins:
            self.identities.insert(0, (pool, created["IdentityId"]))

    def link(self, choice: int, logins: dict[str, str]) -> None:
        _, identity = self.identity(choice)
        self.call_identity(
            "GetCredentialsForIdentity", IdentityId=identity, Logins=logins
        )

    def link_developer_user(
        self, choice: int, user: str, logins: dict[str, str]
    ) -> None:
        pool, identity = self.identity(choice)
        self.call_identity(
            "GetOpenIdTokenForDeveloperIdentity",
            IdentityPoolId=pool,
            IdentityId=identity,
            Logins={DEVELOPER: user, **logins},
        )

    def link_several(self, choice: int) -> None:
        """Link a public login between two developer users."""
        self.link_developer_user(choice, "ada", {FACEBOOK: "ada"})
        self.link_developer_user(choice, "ben", {FACEBOOK: "ada"})

    def merge_guest(self, choice: int, user: str) -> None:
        for _ in range(2):
            self.create_identity(choice)
            self.link(0, {GOOGLE: user})

    def merge_users(self, choice: int, source: str, destination: str) -> None:
        self.call_identity(
            "MergeDeveloperIdentities",
            IdentityPoolId=self.pool(choice),
            DeveloperProviderName=DEVELOPER,
            SourceUserIdentifier=source,
            DestinationUserIdentifier=destination,
        )

    def unlink(self, choice: int, logins: dict[str, str]) -> None:
        _, identity = self.identity(choice)
        self.call_identity(
            "UnlinkIdentity",
            IdentityId=identity,
            Logins=logins,
            LoginsToRemove=sorted(logins),
        )

    def unlink_user(self, choice: int, user: str) -> None:
        pool, identity = self.identity(choice)
        self.call_identity(
            "UnlinkDeveloperIdentity",
            IdentityPoolId=pool,
            IdentityId=identity,
            DeveloperProviderName=DEVELOPER,
            DeveloperUserIdentifier=user,
        )

    def delete_identity(self, choice: int) -> None:
        if choice == 2:  # rarely  # pragma: no cover
            _, identity = self.identity(0)
            self.call_identity("DeleteIdentities", IdentityIdsToDelete=[identity])

    def set_roles(self, choice: int, mappings: dict[str, Any]) -> None:
        self.call_identity(
            "SetIdentityPoolRoles",
            IdentityPoolId=self.pool(choice),
            Roles={"authenticated": ROLE},
            RoleMappings=mappings,
        )

    def set_principal_tags(self, choice: int, provider: str, defaults: bool) -> None:
        self.call_identity(
            "SetPrincipalTagAttributeMap",
            IdentityPoolId=self.pool(choice),
            IdentityProviderName=provider,
            UseDefaults=defaults,
            PrincipalTags={"team": "é"},
        )

    def write(
        self, choice: int, name: str, patches: list[Any], device: str | None
    ) -> None:
        pool, identity = self.identity(choice)
        path = f"/identities/{identity}/datasets/{name}"
        listed = self.call_sync("GET", pool, f"{path}/records")
        body = {
            "SyncSessionToken": listed.get("SyncSessionToken"),
            "RecordPatches": patches,
            "DeviceId": device,
        }
        if self.call_sync("POST", pool, path, body).get("Records"):
            self.stored.add("record")

    def delete(self, choice: int, name: str) -> None:
        pool, identity = self.identity(choice)
        path = f"/identities/{identity}/datasets/{name}"
        if self.call_sync("DELETE", pool, path):
            self.stored.add("tombstone")

    def delete_after_write(self, choice: int, name: str) -> None:
        self.write(choice, name, [PATCH], None)
        self.delete(choice, name)

    def list(self, choice: int, name: str) -> None:
        pool, identity = self.identity(choice)
        self.call_sync("GET", pool, f"/identities/{identity}/datasets/{name}/records")

    def merge(self, source: int, into: int, name: str) -> None:
        for choice in (source, into):
            self.write(choice, name, [PATCH], None)
        try:
            merge_identities(self.identity(source)[1], self.identity(into)[1])
        except ValueError as error:
            if "at most 128" in str(error):
                self.stored.add("long name")
        else:
            self.stored.add("merge")

    def configure(self, choice: int, sections: dict[str, Any]) -> None:
        self.call_sync("POST", self.pool(choice), "/configuration", sections)

    def set_trigger(self, choice: int, arn: str) -> None:
        events = {"Events": {"SyncTrigger": arn}}
        self.call_sync("POST", self.pool(choice), "/events", events)

    def publish(self, choice: int) -> None:
        streams = {"StreamName": "none", "StreamingStatus": "ENABLED"}
        self.configure(choice, {"CognitoStreams": streams})
        if self.call_sync("POST", self.pool(choice), "/bulkpublish"):
            self.stored.add("bulk publish")
        self.call_sync("POST", self.pool(choice), "/getBulkPublishDetails")

    def register(self, choice: int, token: str) -> None:
        pool, identity = self.identity(choice)
        push_sync = {"ApplicationArns": [APPLICATION], "RoleArn": ROLE}
        self.call_sync("POST", pool, "/configuration", {"PushSync": push_sync})
        body = {"Platform": "GCM", "Token": token}
        created = self.call_sync("POST", pool, f"/identity/{identity}/device", body)
        if created:
            self.devices.insert(0, created["DeviceId"])
            self.stored.add("device")

    def subscribe(self, choice: int, name: str, device: int) -> None:
        pool, identity = self.identity(choice)
        devices = [*self.devices, "none"]
        self.call_sync(
            "POST",
            pool,
            f"/identities/{identity}/datasets/{name}/subscriptions/"
            f"{devices[device % len(devices)]}",
        )

    def delete_application(self) -> None:
        sns_backends[ACCOUNT]["us-east-1"].applications.clear()

    def seed(self, value: int) -> None:
        mock_random.seed(value)

    def travel(self, date: datetime) -> None:
        self.clock.move_to(date, tick=False)

    def set_transition(self, transition: dict[str, Any]) -> None:
        state_manager.set_transition(MODEL_NAME, transition)

    def set_account(self, account_id: str) -> None:
        os.environ["MOTO_ACCOUNT_ID"] = account_id

    def set_header(self, account_id: str) -> None:
        self.header = account_id

    def set_region(self, region: str) -> None:
        self.region = region


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")
    yield tmp_path
    mock_random.seed(None)


def test_everything_that_can_be_stored_can_be_dumped_loaded_and_saved(
    folder: Path,
) -> None:
    stored: set[str] = set()

    @settings(
        max_examples=int(EXAMPLES or 80),
        deadline=None,
        database=None,
        derandomize=EXAMPLES is None,
        phases=[Phase.generate],  # shrinking a failing sequence takes minutes
        suppress_health_check=list(HealthCheck),
    )
    @given(steps=st.lists(STEPS, min_size=10, max_size=40))
    def check(steps: list[Any]) -> None:
        with mock_cognitosync():
            world = World()
            try:
                for name, *arguments in steps:
                    getattr(world, name)(*arguments)
                stored.update(world.stored, assert_nothing_is_lost(folder))
            finally:
                world.close()

    check()

    # Together, the sequences store every kind of data.
    assert stored >= {"pool", "identity", "record", "tombstone", "merge", "long name"}
    assert stored >= {"bulk publish", "device", "Logins", "IdentityStatus"}
    assert stored >= {"MergedInto", "AllowClassicFlow", "Roles", "RoleMappings"}
    assert stored >= {"PrincipalTagAttributeMaps"}


def assert_nothing_is_lost(folder: Path) -> set[str]:
    """Check that everything survives, and return the members that are stored."""
    dumped = dump_state()
    pools = {
        pool_id
        for regions in cognitoidentity_backends.values()
        for backend in regions.values()
        for pool_id in backend.identity_pools
    }
    assert {each["IdentityPoolId"] for each in dumped["IdentityPools"]} == pools
    load_state({})
    load_state(dumped)
    assert dump_state() == dumped
    for path in (folder / "state.json", folder / "state.yaml"):
        save_state(path)
        load_state({})
        load_state(path)
        assert dump_state() == dumped, path
    # Loaded data can also be read and listed.
    for pool in dumped["IdentityPools"]:
        names = [
            dataset["DatasetName"]
            for identity in pool.get("Identities", ())
            for dataset in identity.get("Datasets", ())
        ]
        assert all(len(name) <= 128 for name in names)
    return {
        name
        for pool in dumped["IdentityPools"]
        for described in (pool, *pool.get("Identities", ()))
        for name in described
    }
