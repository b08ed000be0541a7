"""Concurrent logins and merges neither duplicate identities nor lose records."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Any

import pytest
from botocore.exceptions import ClientError

from moto_cognitosync.cognitoidentity import models
from moto_cognitosync.cognitoidentity.tokens import issue_token
from moto_cognitosync.core.sharing import state_lock
from tests.mock.test_threads import run_concurrently
from tests.support.aws import Aws
from tests.support.datasets import DatasetUnderTest, replace

FACEBOOK, GOOGLE, DEVELOPER = "graph.facebook.com", "accounts.google.com", "login.game"
ROUNDS = 5
WRITES = 8


@pytest.fixture(autouse=True)
def _frequent_switches() -> Iterator[None]:
    """Switch threads as often as possible to expose missing locks."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


class Players:
    """A pool whose users log in with any of three providers."""

    def __init__(self, aws: Aws) -> None:
        self.client = aws.client("cognito-identity")
        self.sync = aws.client("cognito-sync")
        self.pool_id = self.client.create_identity_pool(
            IdentityPoolName="players",
            AllowUnauthenticatedIdentities=True,
            DeveloperProviderName=DEVELOPER,
            SupportedLoginProviders={FACEBOOK: "1", GOOGLE: "2"},
        )["IdentityPoolId"]

    def get_id(self, **logins: str) -> str:
        response = self.client.get_id(IdentityPoolId=self.pool_id, Logins=logins)
        return str(response["IdentityId"])

    def log_in(self, identity_id: str, **logins: str) -> str:
        """Use an identity with logins, which can link or merge it."""
        response = self.client.get_credentials_for_identity(
            IdentityId=identity_id, Logins=logins
        )
        return str(response["IdentityId"])

    def log_in_as_developer(self, user: str) -> str:
        response = self.client.get_open_id_token_for_developer_identity(
            IdentityPoolId=self.pool_id, Logins={DEVELOPER: user}
        )
        return str(response["IdentityId"])

    def merge(self, source: str, destination: str) -> str:
        response = self.client.merge_developer_identities(
            IdentityPoolId=self.pool_id,
            DeveloperProviderName=DEVELOPER,
            SourceUserIdentifier=source,
            DestinationUserIdentifier=destination,
        )
        return str(response["IdentityId"])

    def identities(self) -> list[str]:
        """Return the ids of all identities that are not disabled."""
        listed = self.client.list_identities(
            IdentityPoolId=self.pool_id, MaxResults=60, HideDisabled=True
        )
        return [each["IdentityId"] for each in listed["Identities"]]

    def settings(self, identity_id: str) -> DatasetUnderTest:
        return DatasetUnderTest(self.sync, self.pool_id, identity_id, "settings")

    def values(self, *identity_ids: str) -> list[str]:
        """Return the sorted values in all datasets of these identities."""
        values = []
        for identity_id in identity_ids:
            listed = self.sync.list_datasets(
                IdentityPoolId=self.pool_id, IdentityId=identity_id
            )
            for each in listed["Datasets"]:
                dataset = self.settings(identity_id).named(each["DatasetName"])
                values += [record["Value"] for record in dataset.records().values()]
        return sorted(values)


@pytest.fixture
def players(aws: Aws) -> Players:
    return Players(aws)


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_that_log_in_the_same_new_user_get_one_identity(
    players: Players, threads: int
) -> None:
    for number in range(ROUNDS):
        log_in = partial(players.get_id, **{FACEBOOK: f"user {number}"})
        assert len({*run_concurrently(*[log_in] * threads)}) == 1

    assert len(players.identities()) == ROUNDS


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_that_log_in_the_same_new_developer_user_get_one_identity(
    players: Players, threads: int
) -> None:
    for number in range(ROUNDS):
        log_in = partial(players.log_in_as_developer, f"user {number}")
        assert len({*run_concurrently(*[log_in] * threads)}) == 1

    assert len(players.identities()) == ROUNDS


def test_guests_that_log_in_the_same_new_user_become_one_identity(
    players: Players,
) -> None:
    for number in range(ROUNDS):
        guests = [players.get_id() for _ in range(4)]
        for guest in guests:
            players.settings(guest).write(theme=guest)

        user = {FACEBOOK: f"user {number}"}
        returned = run_concurrently(
            *(partial(players.log_in, guest, **user) for guest in guests)
        )

        (identity_id,) = {*returned}
        assert identity_id in guests
        assert players.get_id(**user) == identity_id
        assert players.values(identity_id) == sorted(guests)

    assert len(players.identities()) == ROUNDS


def test_threads_that_link_different_logins_to_a_guest_keep_all_of_them(
    players: Players,
) -> None:
    for number in range(ROUNDS):
        guest, user = players.get_id(), f"user {number}"

        results = run_concurrently(
            partial(result_of, partial(players.log_in, guest, **{FACEBOOK: user})),
            partial(result_of, partial(players.log_in, guest, **{GOOGLE: user})),
        )

        # After the first call, the guest is authenticated, so the second call needs
        # the login that the first one has linked.
        assert sorted(results) == sorted([guest, "NotAuthorizedException"])
        players.log_in(guest, **{FACEBOOK: user, GOOGLE: user})
        described = players.client.describe_identity(IdentityId=guest)
        assert sorted(described["Logins"]) == [GOOGLE, FACEBOOK]


def result_of(call: Callable[[], str]) -> str:
    """Return the result of a call, or its error code."""
    try:
        return call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def test_merges_in_a_circle_end_with_one_identity_and_all_records(
    players: Players,
) -> None:
    for number in range(ROUNDS):
        users = [f"{name} {number}" for name in ("alice", "bob", "carol")]
        ids = [players.log_in_as_developer(user) for user in users]
        for identity_id in ids:
            players.settings(identity_id).write(theme=identity_id)

        run_concurrently(
            *(
                partial(players.merge, source, destination)
                for source, destination in zip(
                    users, users[1:] + users[:1], strict=True
                )
            )
        )

        (identity_id,) = {players.log_in_as_developer(user) for user in users}
        assert players.values(identity_id) == sorted(ids)

    assert len(players.identities()) == ROUNDS


def write_often(dataset: DatasetUnderTest) -> list[str]:
    """Write a new record several times, and return all values."""
    values = [f"{dataset.identity_id} {number}" for number in range(WRITES)]
    for value in values:
        dataset.patch(replace(value, value, 99))
    return values


def test_records_written_during_a_merge_are_not_lost(players: Players) -> None:
    for number in range(ROUNDS):
        user = {FACEBOOK: f"user {number}"}
        into = players.get_id(**user)
        guests = [players.get_id() for _ in range(2)]

        *written, first, second = run_concurrently(
            *(partial(write_often, players.settings(each)) for each in [into, *guests]),
            *(partial(players.log_in, guest, **user) for guest in guests),
        )

        assert (first, second) == (into, into)
        assert players.values(into, *guests) == sorted(chain.from_iterable(written))


@pytest.mark.parametrize("is_developer", [False, True])
def test_other_requests_are_served_while_a_token_is_signed(
    players: Players, monkeypatch: pytest.MonkeyPatch, is_developer: bool
) -> None:
    was_free = []

    def sign(*arguments: Any) -> str:
        with ThreadPoolExecutor(max_workers=1) as other_thread:
            acquired = other_thread.submit(state_lock.acquire, timeout=10)
            was_free.append(acquired.result())
            other_thread.submit(state_lock.release)
        return issue_token(*arguments)

    monkeypatch.setattr(models, "issue_token", sign)

    if is_developer:
        players.log_in_as_developer("alice")
    else:
        guest = players.get_id()
        players.client.get_open_id_token(IdentityId=guest)

    assert was_free == [True]
