"""Logins, dates, the status of identities, and roles survive a dump and a load."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime, timezone
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moto_cognitosync.core.identity_pools import (
    Identity,
    Login,
    PoolDetails,
    details_of,
    find_pools,
)
from moto_cognitosync.core.sharing import state_lock
from moto_cognitosync.pytest_plugin import CognitoSyncIdentity
from moto_cognitosync.state import SCHEMA, StateError, dump_state, load_state
from tests.support.aws import REGION, Aws
from tests.support.datasets import DatasetUnderTest

ACCOUNT = "123456789012"
POOL, OTHER_POOL = "us-east-1:0", "us-east-1:1"
ALICE, BOB = "us-east-1:a", "us-east-1:b"
FACEBOOK, GOOGLE, DEVELOPER = "graph.facebook.com", "accounts.google.com", "login.game"
PUBLIC = [FACEBOOK, GOOGLE]
ROLE = "arn:aws:iam::123456789012:role/player"
RULE = {"Claim": "c", "MatchType": "Equals", "Value": "v", "RoleARN": ROLE}
PLACE = "IdentityPools[0].Identities"


def state_with(*identities: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a state with one pool with these members and identities."""
    pool = {
        "IdentityPoolId": POOL,
        "SupportedLoginProviders": {FACEBOOK: "1", GOOGLE: "2"},
        "DeveloperProviderName": DEVELOPER,
        "Identities": list(identities),
    }
    return {"IdentityPools": [pool | members]}


def dumped_pool() -> dict[str, Any]:
    (pool,) = dump_state()["IdentityPools"]
    return pool  # type: ignore[no-any-return]


@pytest.fixture
def identities(aws: Aws) -> Any:
    """A boto3 client for cognito-identity."""
    return aws.client("cognito-identity")


# --- Load -------------------------------------------------------------------------


def test_a_login_finds_its_identity(identities: Any) -> None:
    load_state(
        state_with(
            {"IdentityId": ALICE, "Logins": {FACEBOOK: "alice"}},
            {"IdentityId": BOB, "Logins": {DEVELOPER: "bob"}},
        )
    )

    found = identities.get_id(IdentityPoolId=POOL, Logins={FACEBOOK: "alice"})
    token = identities.get_open_id_token_for_developer_identity(
        IdentityPoolId=POOL, Logins={DEVELOPER: "bob"}
    )
    new = identities.get_id(IdentityPoolId=POOL, Logins={FACEBOOK: "bob"})
    assert found["IdentityId"] == ALICE
    assert token["IdentityId"] == BOB
    assert new["IdentityId"] not in {ALICE, BOB}


def test_an_identity_can_have_several_developer_users(identities: Any) -> None:
    logins = {FACEBOOK: "alice", DEVELOPER: ["a", "b"]}
    load_state(state_with({"IdentityId": ALICE, "Logins": logins}))

    described = identities.describe_identity(IdentityId=ALICE)
    users = identities.lookup_developer_identity(IdentityPoolId=POOL, IdentityId=ALICE)
    assert described["Logins"] == [FACEBOOK, DEVELOPER]
    assert users["DeveloperUserIdentifierList"] == ["a", "b"]


def test_a_list_sets_the_order_of_the_logins(identities: Any) -> None:
    logins = [{DEVELOPER: "a"}, {FACEBOOK: "alice"}, {DEVELOPER: ["b", "c"]}]
    load_state(state_with({"IdentityId": ALICE, "Logins": logins}))

    identities.unlink_developer_identity(
        IdentityPoolId=POOL,
        IdentityId=ALICE,
        DeveloperProviderName=DEVELOPER,
        DeveloperUserIdentifier="a",
    )

    described = identities.describe_identity(IdentityId=ALICE)
    assert described["Logins"] == [FACEBOOK, DEVELOPER]
    (dumped,) = dumped_pool()["Identities"]
    assert dumped["Logins"] == {FACEBOOK: "alice", DEVELOPER: ["b", "c"]}


def test_different_pools_can_have_the_same_login(identities: Any) -> None:
    login = {"Logins": {FACEBOOK: "alice"}}
    pools = [
        {
            "IdentityPoolId": pool_id,
            "Identities": [{"IdentityId": identity_id, **login}],
        }
        for pool_id, identity_id in [(POOL, ALICE), (OTHER_POOL, BOB)]
    ]
    providers = {"SupportedLoginProviders": {FACEBOOK: "1"}}
    load_state({"IdentityPools": [pool | providers for pool in pools]})

    found = identities.get_id(IdentityPoolId=OTHER_POOL, **login)
    assert found["IdentityId"] == BOB


def test_dates_are_loaded(identities: Any) -> None:
    load_state(
        state_with(
            {
                "IdentityId": ALICE,
                "CreationDate": "2026-03-01T12:00:00.250Z",
                "LastModifiedDate": "2026-03-02",
            },
            {"IdentityId": BOB, "CreationDate": "2026-03-03"},
            {"IdentityId": "us-east-1:c"},
            CreationDate="2026-02-01",
        )
    )

    listed = identities.list_identities(IdentityPoolId=POOL, MaxResults=60)
    assert [
        (each["CreationDate"], each["LastModifiedDate"])
        for each in listed["Identities"]
    ] == [
        (utc(3, 1, 12, 0, 0, 250_000), utc(3, 2)),
        (utc(3, 3), utc(3, 3)),
        (utc(2, 1), utc(2, 1)),
    ]


def utc(*numbers: int) -> datetime:
    """Return a date in 2026."""
    return datetime(2026, *numbers, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


def test_an_identity_without_logins_is_a_guest(identities: Any) -> None:
    """As in files that older versions have written."""
    load_state(state_with({"IdentityId": ALICE, "Datasets": []}))

    identities.get_credentials_for_identity(IdentityId=ALICE)
    linked = identities.get_credentials_for_identity(
        IdentityId=ALICE, Logins={FACEBOOK: "alice"}
    )

    assert linked["IdentityId"] == ALICE
    (dumped,) = dumped_pool()["Identities"]
    assert dumped["Logins"] == {FACEBOOK: "alice"}


def test_a_disabled_identity_is_loaded_with_its_datasets(
    identities: Any, sync: Any
) -> None:
    settings = {"DatasetName": "settings", "Values": {"theme": "dark"}}
    load_state(
        state_with(
            {
                "IdentityId": ALICE,
                "IdentityStatus": "DISABLED",
                "Datasets": [settings],
            },
            {"IdentityId": BOB, "IdentityStatus": "ENABLED"},
        )
    )

    listed = identities.list_identities(
        IdentityPoolId=POOL, MaxResults=60, HideDisabled=True
    )
    assert [each["IdentityId"] for each in listed["Identities"]] == [BOB]
    with pytest.raises(
        identities.exceptions.NotAuthorizedException, match=f"'{ALICE}' is forbidden"
    ):
        identities.get_credentials_for_identity(IdentityId=ALICE)
    datasets = sync.list_datasets(IdentityPoolId=POOL, IdentityId=ALICE)
    assert [each["DatasetName"] for each in datasets["Datasets"]] == ["settings"]


def test_a_merged_guest_leads_to_the_identity_it_was_merged_into(
    identities: Any,
) -> None:
    load_state(
        state_with(
            {"IdentityId": ALICE, "Logins": {FACEBOOK: "alice"}},
            {"IdentityId": BOB, "MergedInto": ALICE},
        )
    )

    found = identities.get_credentials_for_identity(
        IdentityId=BOB, Logins={FACEBOOK: "alice"}
    )

    assert found["IdentityId"] == ALICE


def test_roles_are_loaded(identities: Any) -> None:
    mapping = {
        "Type": "Rules",
        "AmbiguousRoleResolution": "AuthenticatedRole",
        "RulesConfiguration": {"Rules": [RULE]},
    }
    load_state(
        state_with(Roles={"authenticated": ROLE}, RoleMappings={FACEBOOK: mapping})
    )

    loaded = identities.get_identity_pool_roles(IdentityPoolId=POOL)
    assert loaded["Roles"] == {"authenticated": ROLE}
    assert loaded["RoleMappings"] == {FACEBOOK: mapping}


def test_principal_tags_are_loaded(identities: Any) -> None:
    tags = {"UseDefaults": False, "PrincipalTags": {"team": "groups"}}
    load_state(
        state_with(
            PrincipalTagAttributeMaps={FACEBOOK: tags, DEVELOPER: {"UseDefaults": True}}
        )
    )

    loaded, default = (
        identities.get_principal_tag_attribute_map(
            IdentityPoolId=POOL, IdentityProviderName=provider
        )
        for provider in (FACEBOOK, DEVELOPER)
    )
    assert loaded["UseDefaults"] is False
    assert loaded["PrincipalTags"] == {"team": "groups"}
    assert default["UseDefaults"] is True


def test_a_loaded_pool_can_reject_the_classic_flow(identities: Any) -> None:
    load_state(state_with({"IdentityId": ALICE}, AllowClassicFlow=False))

    with pytest.raises(
        identities.exceptions.InvalidParameterException, match="is not enabled"
    ):
        identities.get_open_id_token(IdentityId=ALICE)


# --- Dump -------------------------------------------------------------------------


def test_a_dump_describes_logins_in_short_form(identities: Any) -> None:
    load_state(state_with({"IdentityId": ALICE}))
    for logins in ({FACEBOOK: "alice"}, {FACEBOOK: "alice", GOOGLE: "ada"}):
        identities.get_credentials_for_identity(IdentityId=ALICE, Logins=logins)

    (dumped,) = dumped_pool()["Identities"]

    assert dumped["Logins"] == {FACEBOOK: "alice", GOOGLE: "ada"}
    assert "IdentityStatus" not in dumped


def test_a_merge_survives_a_dump(identities: Any) -> None:
    load_state(
        state_with(
            {"IdentityId": ALICE, "Logins": {FACEBOOK: "alice"}}, {"IdentityId": BOB}
        )
    )
    identities.get_credentials_for_identity(IdentityId=BOB, Logins={FACEBOOK: "alice"})

    load_state(dump_state())

    _, bob = dumped_pool()["Identities"]
    assert bob["IdentityStatus"] == "DISABLED"
    assert bob["MergedInto"] == ALICE
    retried = identities.get_credentials_for_identity(
        IdentityId=BOB, Logins={FACEBOOK: "alice"}
    )
    assert retried["IdentityId"] == ALICE


@pytest.mark.parametrize(
    "members",
    [
        {"Datasets": [{"DatasetName": "settings", "Values": {"theme": "dark"}}]},
        {
            "Devices": [
                {
                    "DeviceId": "phone",
                    "Platform": "GCM",
                    "Token": "token",
                    "EndpointArn": "arn",
                }
            ]
        },
    ],
)
def test_data_written_after_the_deletion_of_its_identity_survives_a_dump(
    identities: Any, members: dict[str, Any]
) -> None:
    deleted = {"IdentityId": BOB, "IdentityStatus": "DELETED", **members}
    load_state(state_with({"IdentityId": ALICE}, deleted))

    dumped = dump_state()
    load_state({})
    load_state(dumped)

    assert dump_state() == dumped
    described = dumped_pool()["Identities"][1]
    assert described["IdentityStatus"] == "DELETED"
    assert described.keys() == deleted.keys()
    listed = identities.list_identities(IdentityPoolId=POOL, MaxResults=60)
    assert [each["IdentityId"] for each in listed["Identities"]] == [ALICE]


@pytest.mark.cognitosync(strict_credentials=True)
def test_credentials_of_a_deleted_identity_write_data_that_survives_a_dump(
    identities: Any, cognitosync_identity: Callable[..., CognitoSyncIdentity]
) -> None:
    guest = cognitosync_identity()
    identities.delete_identities(IdentityIdsToDelete=[guest.identity_id])
    dataset = DatasetUnderTest(
        guest.client, guest.identity_pool_id, guest.identity_id, "settings"
    )
    dataset.write(theme="dark")

    load_state(dump_state())

    assert dataset.records()["theme"]["Value"] == "dark"
    (dumped,) = dumped_pool()["Identities"]
    assert dumped["IdentityStatus"] == "DELETED"


def test_a_deleted_identity_without_data_is_not_dumped(identities: Any) -> None:
    load_state(state_with({"IdentityId": ALICE}))
    identities.delete_identities(IdentityIdsToDelete=[ALICE])

    assert dumped_pool()["Identities"] == []

    load_state(state_with({"IdentityId": ALICE, "IdentityStatus": "DELETED"}))

    assert dumped_pool()["Identities"] == []


@pytest.mark.usefixtures("_frequent_switches")
@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_every_dump_is_consistent_while_threads_merge_identities(
    identities: Any,
) -> None:
    users = [str(number) for number in range(40)]
    load_state(
        state_with(
            *(
                {"IdentityId": f"us-east-1:{number}", "Logins": {provider: user}}
                for number, (provider, user) in enumerate(product(PUBLIC, users))
            )
        )
    )

    def log_in(user: str) -> None:
        identities.get_id(IdentityPoolId=POOL, Logins=dict.fromkeys(PUBLIC, user))

    dumps = []
    with ThreadPoolExecutor(4) as threads:
        logged_in = [threads.submit(log_in, user) for user in users]
        while not all(each.done() for each in logged_in):
            dumps.append(dump_state())
    dumps.append(dump_state())

    assert [each.result() for each in logged_in] == [None] * len(users)
    merged = set()
    for dumped in dumps:
        load_state(dumped)  # rejects a login that two identities have
        logins = [each.get("Logins", {}) for each in dumped_pool()["Identities"]]
        assert sum(map(len, logins)) == 2 * len(users)
        merged.add(logins.count({}))
    assert len(merged) > 1
    assert max(merged) == len(users)


@pytest.fixture
def _frequent_switches() -> Iterator[None]:
    """Switch threads as often as possible to expose missing locks."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


# --- Round trip -------------------------------------------------------------------

PROVIDERS = [*PUBLIC, "idp.\ud800"]
DATES = st.integers(-62_135_596_800_000, 253_402_300_799_999)
USERS = st.lists(
    st.text(st.characters(), max_size=3), min_size=1, max_size=12, unique=True
)
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "Claim": st.just("aud"),
            "MatchType": st.sampled_from(["Equals", "Contains"]),
            "Value": st.text(min_size=1, max_size=3),
            "RoleARN": st.just(ROLE),
        }
    ),
    min_size=1,
    max_size=3,
)
ROLE_MAPPINGS = st.fixed_dictionaries(
    {
        "Type": st.sampled_from(["Token", "Rules"]),
        "AmbiguousRoleResolution": st.sampled_from(["AuthenticatedRole", "Deny"]),
        "RulesConfiguration": st.fixed_dictionaries({"Rules": RULES}),
    }
)
TAGS = st.fixed_dictionaries(
    {},
    optional={
        "UseDefaults": st.booleans(),
        "PrincipalTags": st.dictionaries(st.just("team"), st.just("groups")),
    },
)
NAMES = st.text(min_size=1, max_size=3)


@st.composite
def details(draw: st.DrawFn) -> PoolDetails:
    """Return details that operations can create."""
    details = PoolDetails(
        draw(st.sampled_from([None, False, True])),
        roles=draw(st.dictionaries(st.just("unauthenticated"), st.just(ROLE))),
        role_mappings=draw(st.dictionaries(NAMES, ROLE_MAPPINGS, max_size=2)),
        principal_tags=draw(st.dictionaries(NAMES, TAGS, max_size=2)),
    )
    users = [Login(DEVELOPER, user) for user in draw(USERS)]
    for number in range(draw(st.integers(0, 4))):
        identity = Identity(f"us-east-1:{number}", draw(DATES), draw(DATES))
        kind = draw(st.sampled_from(["guest", "user", "user", "disabled"]))
        if kind == "user":
            count = draw(st.integers(0, len(users)))
            public = draw(st.lists(st.sampled_from(PROVIDERS), unique=True))
            logins = users[:count] + [Login(each, str(number)) for each in public]
            identity.logins = draw(st.permutations(logins))
            users = users[count:]
        identity.is_enabled = kind != "disabled"
        if not identity.is_enabled and draw(st.booleans()):
            # The other identity can be merged, too, and may have been deleted.
            identity.merged_into = f"us-east-1:{draw(st.integers(number + 1, 9))}"
        details.add(identity)
    return details


@pytest.mark.usefixtures("cognitosync")
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expected=details())
def test_all_details_of_a_pool_survive_a_round_trip(expected: PoolDetails) -> None:
    load_state(state_with())
    pools = find_pools(ACCOUNT, REGION)
    vars(pools[POOL])["details"] = expected

    dumped = dump_state()
    load_state({})
    load_state(json.loads(json.dumps(dumped)))

    assert dump_state() == dumped
    with state_lock:
        loaded = details_of(ACCOUNT, REGION, pools[POOL])
    assert list(loaded.identities.items()) == list(expected.identities.items())
    for member in fields(PoolDetails):
        if not member.name.startswith("_"):
            assert getattr(loaded, member.name) == getattr(expected, member.name)


# --- Invalid data -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("identities", "message"),
    [
        (
            [{"Logins": {FACEBOOK: "alice"}}, {"Logins": {FACEBOOK: "alice"}}],
            f"[1].Logins.{FACEBOOK}: 'alice' is already a login of the identity '",
        ),
        (
            [{"Logins": {DEVELOPER: ["a", "b"]}}, {"Logins": {DEVELOPER: ["c", "b"]}}],
            f"[1].Logins.{DEVELOPER}[1]: 'b' is already a login of the identity",
        ),
        (
            [{"Logins": {DEVELOPER: ["a", "a"]}}],
            f"[0].Logins.{DEVELOPER}[1]: 'a' is a duplicate",
        ),
        (
            [{"Logins": [{DEVELOPER: "a"}, {FACEBOOK: "b"}, {DEVELOPER: "a"}]}],
            f"[0].Logins[2].{DEVELOPER}: 'a' is a duplicate",
        ),
        (
            [{"Logins": {FACEBOOK: ["alice", "bob"]}}],
            f"[0].Logins.{FACEBOOK}[1]: expected one user, found another: "
            f"'{FACEBOOK}' is not the pool's DeveloperProviderName",
        ),
        (
            [{"Logins": {DEVELOPER: [str(number) for number in range(21)]}}],
            "[0].Logins: expected at most 20 logins, found 21",
        ),
        ([{"Logins": {"": "alice"}}], "[0].Logins: '' "),
        ([{"Logins": {129 * "p": "alice"}}], f"[0].Logins: '{129 * 'p'}' is too long"),
        ([{"Logins": {FACEBOOK: []}}], f"[0].Logins.{FACEBOOK}: [] "),
        (
            [{"Logins": {FACEBOOK: 5}}],
            f"[0].Logins.{FACEBOOK}: 5 is not of type 'string', 'array': put it in quo",
        ),
        (
            [{"Logins": {DEVELOPER: [5]}}],
            f"[0].Logins.{DEVELOPER}[0]: 5 is not of type 'string': put it in quotes",
        ),
        ([{"Logins": "alice"}], "[0].Logins: 'alice' is not of type 'object', 'array'"),
        ([{"Logins": ["alice"]}], "[0].Logins[0]: 'alice' is not of type 'object'"),
        ([{"CreationDate": "?"}], "[0].CreationDate: '?' is not a date such as '2026-"),
        ([{"LastModifiedDate": "?"}], "[0].LastModifiedDate: '?' is not a date such"),
        ([{"IdentityStatus": "GONE"}], "[0].IdentityStatus: 'GONE' is not one of ['EN"),
        (
            [{"IdentityStatus": "DISABLED", "Logins": {FACEBOOK: "alice"}}],
            "[0].Logins: not allowed if the IdentityStatus is DISABLED",
        ),
        (
            [{"IdentityStatus": "DELETED", "Logins": {FACEBOOK: "alice"}}],
            "[0].Logins: not allowed if the IdentityStatus is DELETED",
        ),
        (
            [{"IdentityStatus": "ENABLED", "MergedInto": BOB}],
            "[0].MergedInto: not allowed if the IdentityStatus is ENABLED",
        ),
        (
            [{"MergedInto": BOB, "Logins": {FACEBOOK: "alice"}}],
            "[0].Logins: not allowed if the IdentityStatus is DISABLED",
        ),
        (
            [{"MergedInto": BOB}, {"MergedInto": ALICE}],
            f": merged into one another: {ALICE} -> {BOB} -> {ALICE}",
        ),
        ([{"MergedInto": ALICE}], f": merged into one another: {ALICE} -> {ALICE}"),
        ([{"MergedInto": "alice"}], "[0].MergedInto: 'alice' "),
        (
            [{"IdentityStatus": "DELETED", "MergedInto": BOB}],
            "[0].MergedInto: not allowed if the IdentityStatus is DELETED",
        ),
        (
            [{"IdentityStatus": "DELETED", "CreationDate": "2026-03-01"}],
            "[0].CreationDate: not allowed if the IdentityStatus is DELETED",
        ),
        (
            [{"IdentityStatus": "DELETED", "LastModifiedDate": "2026-03-01"}],
            "[0].LastModifiedDate: not allowed if the IdentityStatus is DELETED",
        ),
    ],
)
@pytest.mark.usefixtures("cognitosync")
def test_an_invalid_identity_is_rejected_with_its_path(
    identities: list[dict[str, Any]], message: str
) -> None:
    before = dump_state()
    ids = [ALICE, BOB]

    with pytest.raises(StateError) as caught:
        load_state(
            state_with(
                *({"IdentityId": ids.pop(0), **members} for members in identities)
            )
        )

    assert str(caught.value).startswith(PLACE + message)
    assert dump_state() == before


BY_RULES = {"Type": "Rules", "AmbiguousRoleResolution": "Deny"}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"Roles": {"authenticate": ROLE}},
            "Roles: Additional properties are not allowed ('authenticate' was "
            "unexpected); did you mean 'authenticated'?",
        ),
        ({"Roles": {"authenticated": "arn"}}, "Roles.authenticated: 'arn' is too sho"),
        ({"AllowClassicFlow": "yes"}, "AllowClassicFlow: 'yes' is not of type 'boolea"),
        (
            {"RoleMappings": {FACEBOOK: {}}},
            f"RoleMappings.{FACEBOOK}: 'Type' is a required property",
        ),
        (
            {"RoleMappings": {FACEBOOK: {"Type": "Token"}}},
            f"RoleMappings.{FACEBOOK}: 'AmbiguousRoleResolution' is a required proper",
        ),
        (
            {"RoleMappings": {FACEBOOK: BY_RULES}},
            f"RoleMappings.{FACEBOOK}: 'RulesConfiguration' is a required property",
        ),
        (
            {"RoleMappings": {FACEBOOK: BY_RULES | {"Type": "Rule"}}},
            f"RoleMappings.{FACEBOOK}.Type: 'Rule' is not one of ['Token', 'Rules']",
        ),
        (
            {
                "RoleMappings": {
                    FACEBOOK: {
                        **BY_RULES,
                        "RulesConfiguration": {"Rules": [RULE | {"MatchType": "In"}]},
                    }
                }
            },
            f"RoleMappings.{FACEBOOK}.RulesConfiguration.Rules[0].MatchType: 'In' is n",
        ),
        ({"SupportedLoginProviders": [FACEBOOK]}, "SupportedLoginProviders: ['graph."),
        ({"DeveloperProviderName": 5}, "DeveloperProviderName: 5 is not of type 'str"),
        (
            {"CognitoIdentityProviders": [{"ClientId": "game"}]},
            "CognitoIdentityProviders[0]: 'ProviderName' is a required property",
        ),
        ({"IdentityPoolTags": {"team": None}}, "IdentityPoolTags.team: None is not of"),
        (
            {"PrincipalTagAttributeMaps": {FACEBOOK: {"UseDefault": True}}},
            f"PrincipalTagAttributeMaps.{FACEBOOK}: Additional properties are not "
            "allowed ('UseDefault' was unexpected); did you mean 'UseDefaults'?",
        ),
        (
            {"PrincipalTagAttributeMaps": {FACEBOOK: {"PrincipalTags": {"team": 5}}}},
            f"PrincipalTagAttributeMaps.{FACEBOOK}.PrincipalTags.team: 5 is not of typ",
        ),
    ],
)
@pytest.mark.usefixtures("cognitosync")
def test_an_invalid_pool_is_rejected_with_its_path(
    members: dict[str, Any], message: str
) -> None:
    before = dump_state()

    with pytest.raises(StateError) as caught:
        load_state(state_with(**members))

    assert str(caught.value).startswith(f"IdentityPools[0].{message}")
    assert dump_state() == before


# --- Schema -----------------------------------------------------------------------


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the schema of each property."""
    if isinstance(schema, dict):
        found = schema.get("properties", {})
        yield from found.items()
        for keyword, each in schema.items():
            if keyword != "if":
                yield from properties(each)


def test_the_schema_describes_every_member() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))

    undescribed = [
        name
        for name, member in properties(schema)
        if "description" not in member
        and "description" not in definition(schema, member)
    ]
    assert undescribed == []


def definition(schema: Any, member: dict[str, Any]) -> Any:
    return schema["$defs"].get(member.get("$ref", "").rpartition("/")[2], {})
