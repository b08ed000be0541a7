"""Logins, dates, the status of identities, and roles survive a dump and a load."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
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
from moto_cognitosync.state import SCHEMA, StateError, dump_state, load_state
from tests.support.aws import REGION

ACCOUNT = "123456789012"
POOL = "us-east-1:0"
ALICE, BOB = "us-east-1:a", "us-east-1:b"
FACEBOOK, DEVELOPER = "graph.facebook.com", "login.game"
ROLE = "arn:aws:iam::123456789012:role/player"
PLACE = "IdentityPools[0].Identities"


def state_with(*identities: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a state with one pool with these members and identities."""
    pool = {
        "IdentityPoolId": POOL,
        "DeveloperProviderName": DEVELOPER,
        "Identities": list(identities),
    }
    return {"IdentityPools": [pool | members]}


def dumped_pool() -> dict[str, Any]:
    (pool,) = dump_state()["IdentityPools"]
    return pool  # type: ignore[no-any-return]


def dumped_identities() -> dict[str, dict[str, Any]]:
    return {each["IdentityId"]: each for each in dumped_pool()["Identities"]}


# --- Round trip -------------------------------------------------------------------

PROVIDERS = [FACEBOOK, "accounts.google.com", "idp.\ud800"]
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


RULE = {"Claim": "c", "MatchType": "Equals", "Value": "v", "RoleARN": ROLE}
BY_RULES = {"Type": "Rules", "AmbiguousRoleResolution": "Deny"}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"Roles": {"authentcated": ROLE}},
            "Roles: Additional properties are not allowed ('authentcated' was "
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
