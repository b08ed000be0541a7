"""Random sequences of logins, merges and syncs on which mock and oracle must agree.

The sequences are the same in every run. Set ``IDENTITY_EXAMPLES`` to a number to run
that many new ones, and to compare everything that can be read after each step.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
import requests
import time_machine
from botocore.exceptions import ClientError
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from moto_cognitosync.state import dump_state, load_state
from tests.project.identity_oracle import (
    COGNITO,
    INVALID,
    MAX_LOGINS,
    NOT_AUTHORIZED,
    IdentityOracle,
    Pool,
    claims_of,
)
from tests.project.oracle import LIFETIME, Oracle, Rejected
from tests.project.test_oracle import MILLISECOND, plain, to_snake_case
from tests.support.aws import Aws, OnServer
from tests.support.datasets import NOW, remove, replace

ALREADY_REGISTERED = "DeveloperUserAlreadyRegisteredException"
CONFLICT = "ResourceConflictException"
NOT_FOUND = "ResourceNotFoundException"

EXAMPLES = os.environ.get("IDENTITY_EXAMPLES")
LENGTH = 30  # steps in a sequence
# Comparing everything takes most of the time, so `make test` does so less often.
STEPS_PER_COMPARISON = 1 if EXAMPLES else 3

FACEBOOK, GOOGLE, DEVELOPER = "graph.facebook.com", "accounts.google.com", "login.game"
CLIENT_ID = "game"
UNKNOWN = "us-east-1:00000000-0000-4000-8000-000000000000"

TOKEN_LIFETIME = 900_000  # of developer users, in milliseconds

# Most steps use the same pool and few users, so that they affect each other.
POOLS = st.sampled_from(["players"] * 8 + ["members", "unknown"])
# Positions in the list of all identities so far; -1 is an unknown identity.
WHO = st.sampled_from([*range(8)] * 3 + [-1])
USERS = st.sampled_from(["alice", "bob", "carol"])
LOGINS = st.sampled_from(
    [{}]
    + [{FACEBOOK: user} for user in ("alice", "bob")] * 2
    + [{GOOGLE: user} for user in ("alice", "bob")] * 2
    + [{FACEBOOK: "alice", GOOGLE: user} for user in ("alice", "bob")] * 2
)
OTHER_LOGINS = st.sampled_from(
    [{}] * 20
    + [
        {"api.twitter.com": "alice"},
        {DEVELOPER: "alice"},
        {COGNITO: "token"},
        {GOOGLE: "expired"},
    ]
)
OFTEN = st.sampled_from([True, True, True, False])
DEVELOPER_PROVIDERS = st.sampled_from([DEVELOPER] * 9 + [FACEBOOK])
# The last one has the form of a merged dataset.
NAMES = st.sampled_from(["settings"] * 3 + ["saves", "settings.{0}"])
KEYS = st.sampled_from(["theme", "volume"])
# Three of the long pauses outlive a token.
PAUSES = st.sampled_from([0, 0, 1000, LIFETIME + 1000])
Parameters = dict[str, Any]


def jwt(**claims: Any) -> str:
    parts = [{"alg": "RS256", "typ": "JWT"}, claims, {}]
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()) for each in parts]
    return b".".join(each.rstrip(b"=") for each in encoded).decode()


def normalized(response: Parameters) -> Any:
    """Return what the oracle returns for the same call."""
    unknown = {"ResponseMetadata", "Token", "Credentials", "SyncSessionToken"}
    return _without_order(
        {name: plain(response[name]) for name in response if name not in unknown}
    )


def _without_order(value: Any) -> Any:
    """Sort the logins in a response, and remove empty lists of them."""
    if isinstance(value, list):
        return [_without_order(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {name: _without_order(member) for name, member in value.items()}
    if logins := value.pop("Logins", None):
        value["Logins"] = sorted(logins)
    return value


# The arguments of each kind of step, by the name of the method.
STEPS: dict[str, st.SearchStrategy[Parameters]] = {"do_nothing": st.just({})}
WEIGHTED: list[str] = [*STEPS]  # failures shrink to the first one
Step = TypeVar("Step", bound=Callable[..., None])


def step(weight: int = 1, **arguments: Any) -> Callable[[Step], Step]:
    """Declare a method of the player as a random step with these arguments."""

    def declare(method: Step) -> Step:
        STEPS[method.__name__] = st.fixed_dictionaries(arguments)
        WEIGHTED.extend([method.__name__] * weight)
        return method

    return declare


class Player:
    """Performs steps that change identities or their datasets."""

    def __init__(self, aws: Aws, clock: Any) -> None:
        self.aws = aws
        self.seen_errors: set[str] = set()
        self.cognito = aws.client("cognito-identity")
        self.sync = aws.client("cognito-sync")
        self.clock = clock
        self.oracle = IdentityOracle(Oracle(plain(NOW)))
        self.ids: list[str] = []
        self.tokens: list[tuple[str, str]] = []  # identities and their OpenID tokens
        self.tokens_made = 0
        self.load({"IdentityPools": []})
        self.pool_ids = {"unknown": UNKNOWN}
        self.add_pool("players", Pool(True, {FACEBOOK, GOOGLE}, DEVELOPER))
        self.add_pool(
            "members", Pool(False, {FACEBOOK, GOOGLE}, allows_classic_flow=False)
        )

    def add_pool(self, name: str, pool: Pool) -> None:
        created = self.cognito.create_identity_pool(**self.input_of(name, pool))
        self.pool_ids[name] = created["IdentityPoolId"]
        self.oracle.add_pool(self.pool_ids[name], pool)

    def input_of(self, name: str, pool: Pool) -> Parameters:
        provider = pool.developer_provider
        return {
            "IdentityPoolName": name,
            "AllowUnauthenticatedIdentities": pool.allows_guests,
            "AllowClassicFlow": pool.allows_classic_flow,
            "SupportedLoginProviders": dict.fromkeys(pool.providers, CLIENT_ID),
            **({"DeveloperProviderName": provider} if provider else {}),
        }

    # --- State --------------------------------------------------------------------

    def dump(self) -> Any:
        if isinstance(self.aws, OnServer):
            return requests.get(self.state_url(self.aws), timeout=60).json()
        return dump_state()

    def load(self, state: Any) -> None:
        if isinstance(self.aws, OnServer):
            response = requests.put(self.state_url(self.aws), json=state, timeout=60)
            assert response.ok, response.text
        else:
            load_state(state)

    def state_url(self, aws: OnServer) -> str:
        return f"{aws.server.url}/moto-api/cognito-sync/state"

    # --- Input --------------------------------------------------------------------

    def id_of(self, who: int) -> str:
        return UNKNOWN if who < 0 else self.ids[who % len(self.ids)]

    def token_of(self, provider: str, user: str) -> str:
        """Return a token of a user: a new JWT each time for one of the providers."""
        if provider != GOOGLE:
            return user
        self.tokens_made += 1
        return jwt(
            iss="https://accounts.google.com",
            aud=CLIENT_ID,
            sub=user,
            exp=self.oracle.data.now // 1000 + (-5 if user == "expired" else 3600),
            jti=self.tokens_made,
        )

    def logins(self, users: dict[str, str]) -> dict[str, str]:
        return {name: self.token_of(name, user) for name, user in users.items()}

    def own_logins(self, identity_id: str) -> dict[str, str]:
        """Return one of the identity's users of public providers."""
        own = self.oracle.logins_of(identity_id)
        public = [each for each in own if each.provider != DEVELOPER]
        return {each.provider: each.user.split(" ")[0] for each in public[:1]}

    # --- Comparing the mock with the oracle ---------------------------------------

    def compare(
        self, call: Callable[[], Parameters], expect: Callable[[], Parameters]
    ) -> Parameters:
        """Call the mock and the oracle, and check that their responses are equal.

        :return: the response, with the members that the oracle cannot know.
        """
        response, error = {}, None
        try:
            response = call()
        except ClientError as raised:
            error = raised.response["Error"]
        actual = normalized(response)
        self.oracle.next_id = actual.get("IdentityId", "")
        expected, rejected = {}, None
        try:
            expected = expect()
        except Rejected as raised:
            rejected = raised
        if error and rejected:
            assert rejected.allows(error["Code"], error["Message"]), (error, rejected)
            self.seen_errors.add(error["Code"])
            return {}
        result, wanted = error or actual, rejected or expected
        assert result == wanted, f"{result}\ninstead of\n{wanted}"
        return response

    def call(self, operation: str, **parameters: Any) -> Parameters:
        """Compare an operation of Cognito Identity."""
        response = self.compare(
            lambda: getattr(self.cognito, operation)(**parameters),
            lambda: getattr(self.oracle, operation)(**to_snake_case(parameters)),
        )
        identity_id = response.get("IdentityId")
        if identity_id and identity_id not in self.ids:
            self.ids.append(identity_id)
        return response

    def call_pages(self, operation: str, member: str, **parameters: Any) -> None:
        """Compare the pages of a list, joined to one."""

        def call() -> Parameters:
            joined: Parameters = {}
            page: Parameters = {"NextToken": None}
            while "NextToken" in page:
                token = {"NextToken": page["NextToken"]} if joined else {}
                page = getattr(self.cognito, operation)(**parameters, **token)
                joined = page | {member: joined.get(member, []) + page[member]}
            return joined

        expected = {**parameters}
        del expected["MaxResults"]
        self.compare(
            call, lambda: getattr(self.oracle, operation)(**to_snake_case(expected))
        )

    def call_sync(
        self,
        operation: str,
        identity_id: str,
        client: Any = None,
        expected: Parameters | None = None,
        **parameters: Any,
    ) -> Parameters:
        """Compare an operation of Cognito Sync.

        :param expected: parameters that only the oracle needs.
        """
        pool_id = self.oracle.pool_id_of(identity_id) or self.pool_ids["players"]
        parameters |= {"IdentityPoolId": pool_id, "IdentityId": identity_id}
        python = to_snake_case(parameters | (expected or {}))
        return self.compare(
            lambda: getattr(client or self.sync, operation)(**parameters),
            lambda: getattr(self.oracle.data, operation)(**python),
        )

    def compare_everything(self) -> None:
        """Compare what all read operations return for every identity."""
        for pool_id in [*self.oracle.pools]:
            self.list_identities(pool_id, MaxResults=60)
        self.list_identities(self.pool_ids["players"], MaxResults=5, HideDisabled=True)
        for user in ("alice", "bob", "carol"):
            self.look_up(DeveloperUserIdentifier=user)
        for identity_id in self.ids:
            self.call("describe_identity", IdentityId=identity_id)
            self.look_up(IdentityId=identity_id)
            self.call_sync("list_datasets", identity_id)
            for name in self.names_of(identity_id):
                self.call_sync("list_records", identity_id, DatasetName=name)
                self.call_sync("describe_dataset", identity_id, DatasetName=name)

    def advance_clock(self, milliseconds: int) -> None:
        self.clock.shift(milliseconds * MILLISECOND)
        self.oracle.data.now += milliseconds

    def list_identities(self, pool_id: str, **parameters: Any) -> None:
        self.call_pages(
            "list_identities", "Identities", IdentityPoolId=pool_id, **parameters
        )

    def look_up(self, pool: str = "players", size: int = 60, **parameters: str) -> None:
        self.call_pages(
            "lookup_developer_identity",
            "DeveloperUserIdentifierList",
            IdentityPoolId=self.pool_ids[pool],
            MaxResults=size,
            **parameters,
        )

    def names_of(self, identity_id: str) -> list[str]:
        """Return the names of all datasets of an identity, also of deleted ones."""
        pool_id = self.oracle.pool_id_of(identity_id)
        if pool_id is None:
            return []
        return sorted(self.oracle.data.pools[pool_id].identities[identity_id].names)

    # --- Logins -------------------------------------------------------------------

    def begin(self) -> None:
        """Create a guest and three users. The oldest user does not have a dataset."""
        self.get_id("players", {}, {})
        self.get_id("players", {FACEBOOK: "alice"}, {})
        self.get_id("players", {GOOGLE: "bob"}, {})
        self.log_in_as_developer("players", None, "alice", {}, {}, False)
        self.look_up(IdentityId=self.ids[-1], DeveloperUserIdentifier="alice")
        for who in (0, 2, 3):
            self.write(who, "settings", "theme", str(who), 0, 0, False)

    def do_nothing(self) -> None:
        pass

    @step(3, pool=POOLS, users=LOGINS, other=OTHER_LOGINS)
    def get_id(self, pool: str, users: dict[str, str], other: dict[str, str]) -> None:
        logins = self.logins(users | other)
        parameters = {"Logins": logins} if logins else {}
        self.call("get_id", IdentityPoolId=self.pool_ids[pool], **parameters)

    @step(
        8,
        operation=st.sampled_from(
            ["get_open_id_token", "get_credentials_for_identity"]
        ),
        who=WHO,
        users=LOGINS,
        other=OTHER_LOGINS,
        own=OFTEN,
    )
    def log_in(
        self,
        operation: str,
        who: int,
        users: dict[str, str],
        other: dict[str, str],
        own: bool,
    ) -> None:
        """Use an identity, with or without one of its own logins."""
        identity_id = self.id_of(who)
        logins = users | other | (self.own_logins(identity_id) if own else {})
        parameters = {"Logins": self.logins(logins)} if logins else {}
        response = self.call(operation, IdentityId=identity_id, **parameters)
        if "Token" in response:
            self.check_token(response, bool(logins))

    def check_token(self, response: Parameters, is_authenticated: bool) -> None:
        claims = claims_of(response["Token"])
        assert claims["sub"] == response["IdentityId"]
        assert response["IdentityId"] in self.oracle.pools[claims["aud"]].identities
        kind = "authenticated" if is_authenticated else "unauthenticated"
        assert claims["amr"][0] == kind

    @step(
        4,
        pool=POOLS,
        who=st.none() | WHO,
        user=USERS,
        users=LOGINS,
        other=OTHER_LOGINS,
        own=OFTEN,
    )
    def log_in_as_developer(
        self,
        pool: str,
        who: int | None,
        user: str,
        users: dict[str, str],
        other: dict[str, str],
        own: bool,
    ) -> None:
        parameters: Parameters = {"IdentityPoolId": self.pool_ids[pool]}
        logins = {DEVELOPER: user} | self.logins(users | other)
        if who is not None:
            parameters["IdentityId"] = self.id_of(who)
            if own:
                logins |= self.logins(self.own_logins(parameters["IdentityId"]))
        response = self.call(
            "get_open_id_token_for_developer_identity", Logins=logins, **parameters
        )
        if response:
            self.check_token(response, True)
            identity_id, token = response["IdentityId"], response["Token"]
            self.tokens.append((identity_id, token))
            self.oracle.tokens[token] = identity_id, self.oracle.now + TOKEN_LIFETIME

    @step(number=st.integers(0, 9), who=st.none() | WHO)
    def use_developer_token(self, number: int, who: int | None) -> None:
        """Use a token of a developer user, perhaps for another identity."""
        owner, token = self.tokens[number % len(self.tokens)]
        self.call(
            "get_credentials_for_identity",
            IdentityId=owner if who is None else self.id_of(who),
            Logins={COGNITO: token},
        )

    @step(who=WHO, number=st.integers(MAX_LOGINS - 3, MAX_LOGINS + 1))
    def add_many_users(self, who: int, number: int) -> None:
        """Link about as many developer users as the limit allows."""
        identity_id = self.id_of(who)
        logins = self.logins(self.own_logins(identity_id))
        for count in range(number):
            linked = self.call(
                "get_open_id_token_for_developer_identity",
                IdentityPoolId=self.pool_ids["players"],
                IdentityId=identity_id,
                Logins=logins | {DEVELOPER: f"user {count:02}"},
            )
            if not linked:
                break
        self.look_up(size=3, IdentityId=identity_id)

    # --- Merges, unlinks, deletions -----------------------------------------------

    @step(
        3,
        pool=POOLS,
        provider=DEVELOPER_PROVIDERS,
        source=USERS,
        destination=USERS,
    )
    def merge_developer_users(
        self, pool: str, provider: str, source: str, destination: str
    ) -> None:
        self.call(
            "merge_developer_identities",
            IdentityPoolId=self.pool_ids[pool],
            DeveloperProviderName=provider,
            SourceUserIdentifier=source,
            DestinationUserIdentifier=destination,
        )

    @step(
        2,
        who=WHO,
        users=LOGINS,
        other=OTHER_LOGINS,
        own=OFTEN,
        providers=st.lists(
            st.sampled_from([FACEBOOK, GOOGLE, FACEBOOK, GOOGLE, DEVELOPER]), max_size=2
        ),
    )
    def unlink(
        self,
        who: int,
        users: dict[str, str],
        other: dict[str, str],
        own: bool,
        providers: list[str],
    ) -> None:
        identity_id = self.id_of(who)
        logins = users | other | (self.own_logins(identity_id) if own else {})
        self.call(
            "unlink_identity",
            IdentityId=identity_id,
            Logins=self.logins(logins),
            LoginsToRemove=providers,
        )

    @step(
        pool=POOLS,
        provider=DEVELOPER_PROVIDERS,
        who=st.none() | WHO,
        user=USERS,
    )
    def unlink_developer_user(
        self, pool: str, provider: str, who: int | None, user: str
    ) -> None:
        """Unlink a user from an identity: by default, from its own one."""
        owners = [
            each
            for each in self.ids
            if (DEVELOPER, user) in self.oracle.logins_of(each)
        ]
        identity_id = owners[0] if owners and who is None else self.id_of(who or 0)
        self.call(
            "unlink_developer_identity",
            IdentityPoolId=self.pool_ids[pool],
            IdentityId=identity_id,
            DeveloperProviderName=provider,
            DeveloperUserIdentifier=user,
        )

    @step(who=st.lists(WHO, min_size=1, max_size=2))
    def delete_identities(self, who: list[int]) -> None:
        self.call(
            "delete_identities", IdentityIdsToDelete=[self.id_of(each) for each in who]
        )

    @step(pool=POOLS, who=st.none() | WHO, user=st.none() | USERS)
    def look_up_identity_and_user(
        self, pool: str, who: int | None, user: str | None
    ) -> None:
        parameters: Parameters = {}
        if who is not None:
            parameters["IdentityId"] = self.id_of(who)
        if user is not None:
            parameters["DeveloperUserIdentifier"] = user
        self.look_up(pool, **parameters)

    # --- Pools --------------------------------------------------------------------

    @step(guests=OFTEN, google=OFTEN)
    def update_pool(self, guests: bool, google: bool) -> None:
        """Change who can log in."""
        pool_id = self.pool_ids["players"]
        pool = self.oracle.pools[pool_id]
        pool.allows_guests = guests
        pool.providers = {FACEBOOK, GOOGLE} if google else {FACEBOOK}
        self.cognito.update_identity_pool(
            IdentityPoolId=pool_id, **self.input_of("players", pool)
        )

    @step(pool=st.sampled_from(["members", "unknown"]))
    def delete_pool(self, pool: str) -> None:
        self.call("delete_identity_pool", IdentityPoolId=self.pool_ids[pool])

    # --- Datasets -----------------------------------------------------------------

    @step(
        4,
        who=WHO,
        name=NAMES,
        key=KEYS,
        value=st.none() | st.sampled_from(["dark", "light"]),
        behind=st.sampled_from([0, 0, 0, 1]),
        pause=PAUSES,
        as_identity=st.booleans(),
    )
    def write(
        self,
        who: int,
        name: str,
        key: str,
        value: str | None,
        behind: int,
        pause: int,
        as_identity: bool,
    ) -> None:
        """Write like a client: list, then write with a current or stale count."""
        identity_id = self.id_of(who)
        client, author = None, Parameters()
        if as_identity:
            logins = self.logins(self.own_logins(identity_id))
            response = self.call(
                "get_credentials_for_identity", IdentityId=identity_id, Logins=logins
            )
            if response:
                identity_id = response["IdentityId"]
                client = self.client_of(response["Credentials"])
                author = {"DeviceId": identity_id}
        name = name.format(*self.ids)
        dataset: Parameters = {"DatasetName": name}
        listed = self.call_sync("list_records", identity_id, client, **dataset)
        pool_id = self.oracle.pool_id_of(identity_id) or self.pool_ids["players"]
        self.oracle.data.add_session(
            (pool_id, identity_id, name), listed["SyncSessionToken"]
        )
        self.advance_clock(pause)
        count = max(listed["DatasetSyncCount"] - behind, 0)
        patch = replace(key, value, count) if value else remove(key, count)
        self.call_sync(
            "update_records",
            identity_id,
            client,
            author,
            SyncSessionToken=listed["SyncSessionToken"],
            RecordPatches=[patch],
            **dataset,
        )

    def client_of(self, credentials: Parameters) -> Any:
        return self.aws.client(
            "cognito-sync",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretKey"],
            aws_session_token=credentials["SessionToken"],
        )

    @step(who=WHO, number=st.integers(0, 3))
    def delete_dataset(self, who: int, number: int) -> None:
        identity_id = self.id_of(who)
        names = [*self.names_of(identity_id), "settings"]
        name = names[number % len(names)]
        self.call_sync("delete_dataset", identity_id, DatasetName=name)

    # --- State --------------------------------------------------------------------

    @step(2)
    def save_and_load(self) -> None:
        state = self.dump()
        self.load(state)
        assert self.dump() == state


RANDOM_STEPS = st.sampled_from(WEIGHTED).flatmap(
    lambda name: st.tuples(st.just(name), STEPS[name])
)


@pytest.mark.timeout(0 if EXAMPLES else 300)
def test_identities_agree_with_the_oracle(aws: Aws) -> None:
    # On the server, a sequence takes three times as long.
    examples = EXAMPLES or (14 if isinstance(aws, OnServer) else 26)

    @settings(
        derandomize=EXAMPLES is None,
        database=None,
        deadline=None,
        max_examples=int(examples),
        # Shrinking a failing sequence takes minutes.
        phases=[Phase.generate, *([Phase.shrink] if EXAMPLES else [])],
    )
    @given(st.lists(RANDOM_STEPS, min_size=LENGTH, max_size=LENGTH))
    def agree(steps: list[tuple[str, Parameters]]) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            player = Player(aws, clock)
            player.begin()
            for number, (name, arguments) in enumerate(steps, 1):
                getattr(player, name)(**arguments)
                if number % STEPS_PER_COMPARISON == 0:
                    player.compare_everything()
                player.advance_clock(1)

    agree()


# --- Stories that need each rule of the oracle --------------------------------------
# The random sequences depend on the version of Hypothesis.

ALICE, BOB = {FACEBOOK: "alice"}, {GOOGLE: "bob"}


@pytest.fixture
def player(aws: Aws) -> Iterator[Player]:
    with time_machine.travel(NOW, tick=False) as clock:
        player = Player(aws, clock)
        player.begin()
        yield player
        player.compare_everything()


def test_invalid_logins_agree_with_the_oracle(player: Player) -> None:
    player.do_nothing()
    for pool in ("members", "unknown"):
        player.get_id(pool, {}, {})
        player.log_in_as_developer(pool, None, "bob", {}, {}, own=False)
    player.get_id("members", ALICE, {})
    for number in range(-1, len(player.ids)):
        player.log_in("get_open_id_token", number, {}, {}, own=False)
    for provider in (GOOGLE, COGNITO, DEVELOPER, "api.twitter.com"):
        player.get_id("players", {}, {provider: "expired"})
    player.log_in("get_credentials_for_identity", 1, BOB, {}, own=False)
    player.update_pool(guests=False, google=False)
    player.get_id("players", {}, {})
    player.get_id("players", BOB, {})

    assert player.seen_errors == {INVALID, NOT_AUTHORIZED, NOT_FOUND}


def test_merges_agree_with_the_oracle(player: Player) -> None:
    player.write(0, "settings.{0}", "theme", None, 0, 0, as_identity=True)
    player.write(2, "saves", "theme", "dark", 0, LIFETIME, as_identity=True)
    player.get_id("players", ALICE | BOB, {})
    for _ in range(2):  # as if the first response was lost
        player.log_in("get_credentials_for_identity", 0, ALICE, {}, own=False)
        player.save_and_load()
    player.log_in("get_open_id_token", 1, {GOOGLE: "alice"}, {}, own=True)
    player.log_in("get_open_id_token", 2, {FACEBOOK: "bob"}, {}, own=False)
    for who in (1, -1):
        player.write(who, "settings", "theme", "dark", 1, 0, as_identity=True)
    player.delete_dataset(1, 0)

    assert player.seen_errors == {CONFLICT, INVALID, NOT_AUTHORIZED, NOT_FOUND}


def test_developer_users_agree_with_the_oracle(player: Player) -> None:
    player.get_id("members", ALICE, {})
    for who, user in [(0, "alice"), (1, "alice"), (4, "bob"), (-1, "bob")]:
        player.log_in_as_developer("players", who, user, {}, {}, own=who > 0)
    player.log_in_as_developer("players", None, "bob", {}, BOB, own=True)
    player.log_in_as_developer("players", None, "bob", {}, {"x": "y"}, own=True)
    player.log_in_as_developer("players", None, "carol", {}, {}, own=True)
    for source in ("carol", "carol", "x"):
        player.merge_developer_users("players", DEVELOPER, source, "alice")
    player.merge_developer_users("players", FACEBOOK, "carol", "alice")
    for owner in (None, 1):
        player.use_developer_token(0, owner)
    for number in (1, MAX_LOGINS):
        player.add_many_users(1, number)

    assert player.seen_errors == {
        *(ALREADY_REGISTERED, CONFLICT, INVALID, NOT_AUTHORIZED, NOT_FOUND),
    }


def test_lookups_agree_with_the_oracle(player: Player) -> None:
    for who in (None, 2, 3):
        for user in (None, "alice", "x"):
            player.look_up_identity_and_user("players", who, user)

    assert player.seen_errors == {CONFLICT, INVALID, NOT_FOUND}


def test_unlinking_and_deleting_agree_with_the_oracle(player: Player) -> None:
    player.get_id("players", ALICE | BOB, {})
    for who in (0, None, None):
        player.unlink_developer_user("players", DEVELOPER, who, "alice")
    player.unlink_developer_user("players", FACEBOOK, 3, "alice")
    for providers in ([DEVELOPER], [GOOGLE], [FACEBOOK]):
        player.unlink(1, {}, {}, True, providers)
    player.unlink(1, BOB, {}, False, [GOOGLE])
    player.compare_everything()
    player.delete_identities([1, -1])
    for _ in range(2):
        player.delete_pool("members")

    assert player.seen_errors == {CONFLICT, INVALID, NOT_AUTHORIZED, NOT_FOUND}
