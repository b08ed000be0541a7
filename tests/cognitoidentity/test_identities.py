"""Identities are described, listed and deleted."""

from __future__ import annotations

import base64
from datetime import timedelta
from functools import partial
from itertools import count

import pytest
import time_machine
from moto.cognitoidentity.models import cognitoidentity_backends

from moto_cognitosync.core import identity_pools
from moto_cognitosync.state import dump_state, load_state
from tests.support.aws import REGION, Aws, seed
from tests.support.datasets import NOW, NOW_IN_MS
from tests.support.identity_pools import (
    ACCOUNT,
    DEVELOPER,
    FACEBOOK,
    GOOGLE,
    UNKNOWN_ID,
    PoolUnderTest,
    rejects,
)

HOUR = timedelta(hours=1)
NOT_FOUND = f"Identity '{UNKNOWN_ID}' not found."
POOL_NOT_FOUND = f"IdentityPool '{UNKNOWN_ID}' not found."


def encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# --- DescribeIdentity ---


def test_new_guest_has_no_logins_and_two_equal_dates(pool: PoolUnderTest) -> None:
    with time_machine.travel(NOW, tick=False):
        described = pool.describe(pool.guest())

    assert "Logins" not in described
    assert described["CreationDate"] == described["LastModifiedDate"] == NOW


def test_new_user_has_two_equal_dates(
    pool: PoolUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The clock advances each time it is read.
    monkeypatch.setattr(identity_pools, "now", partial(next, count(NOW_IN_MS)))

    described = pool.describe(pool.get_id(facebook="alice"))

    assert described["CreationDate"] == described["LastModifiedDate"]


def test_logins_are_the_names_of_providers(pool: PoolUnderTest) -> None:
    identity_id = pool.get_id(google="alice", facebook="alice")
    pool.log_in_developer_user("1", identity_id, google="alice")
    pool.log_in_developer_user("2", identity_id, google="alice")

    assert pool.logins_of(identity_id) == [GOOGLE, FACEBOOK, DEVELOPER]


def test_modification_date_changes_with_the_logins(pool: PoolUnderTest) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        identity_id = pool.guest()
        clock.shift(HOUR)
        pool.log_in(identity_id, facebook="alice")
        linked = pool.describe(identity_id)
        clock.shift(HOUR)
        pool.log_in(identity_id, facebook="alice")
        used = pool.describe(identity_id)
        pool.unlink(identity_id, FACEBOOK, facebook="alice")
        unlinked = pool.describe(identity_id)

    assert linked["CreationDate"] == NOW
    assert linked["LastModifiedDate"] == used["LastModifiedDate"] == NOW + HOUR
    assert unlinked["LastModifiedDate"] == NOW + 2 * HOUR


@pytest.mark.provokes("DescribeIdentity", "ResourceNotFoundException")
def test_unknown_identity_cannot_be_described(pool: PoolUnderTest) -> None:
    with rejects("ResourceNotFoundException", NOT_FOUND):
        pool.describe(UNKNOWN_ID)


# --- ListIdentities ---


def test_identities_are_listed_in_the_order_of_their_creation(
    pool: PoolUnderTest,
) -> None:
    ids = [pool.guest(), pool.get_id(facebook="alice"), pool.guest()]

    listed = pool.list_identities()

    assert [each["IdentityId"] for each in listed["Identities"]] == ids
    assert listed["IdentityPoolId"] == pool.id
    assert "NextToken" not in listed
    described = pool.describe(ids[1])
    del described["ResponseMetadata"]
    assert listed["Identities"][1] == described


def test_clean_up_that_deletes_each_page_misses_no_identity(
    pool: PoolUnderTest,
) -> None:
    expected = [pool.guest() for _ in range(5)]

    deleted = []
    page = pool.list_identities(MaxResults=2)
    while True:
        ids = [each["IdentityId"] for each in page["Identities"]]
        pool.client.delete_identities(IdentityIdsToDelete=ids)
        deleted += ids
        if "NextToken" not in page:
            break
        page = pool.list_identities(MaxResults=2, NextToken=page["NextToken"])

    assert deleted == expected
    assert pool.ids() == []


def test_last_page_can_be_full(pool: PoolUnderTest) -> None:
    for _ in range(2):
        pool.guest()

    assert "NextToken" not in pool.list_identities(MaxResults=2)


def test_identities_created_between_two_pages_are_listed(pool: PoolUnderTest) -> None:
    ids = [pool.guest() for _ in range(2)]
    token = pool.list_identities(MaxResults=1)["NextToken"]
    ids.append(pool.guest())

    assert pool.ids(NextToken=token) == ids[1:]


def test_token_of_a_list_stays_valid_when_the_state_is_dumped_and_loaded(
    pool: PoolUnderTest,
) -> None:
    deleted, *ids = [pool.guest() for _ in range(4)]
    pool.client.delete_identities(IdentityIdsToDelete=[deleted])
    token = pool.list_identities(MaxResults=1)["NextToken"]

    load_state(dump_state())

    assert pool.ids(NextToken=token) == ids[1:]


def test_token_of_a_list_stays_valid_when_the_next_identity_is_deleted(
    pool: PoolUnderTest,
) -> None:
    ids = [pool.guest() for _ in range(4)]
    token = pool.list_identities(MaxResults=1)["NextToken"]

    pool.client.delete_identities(IdentityIdsToDelete=ids[:2])

    assert pool.ids(NextToken=token) == ids[2:]


def test_disabled_identities_can_be_hidden(pool: PoolUnderTest) -> None:
    first, disabled = pool.guest(), pool.get_id(facebook="alice")
    last = pool.get_id(facebook="bob")
    pool.unlink(disabled, FACEBOOK, facebook="alice")

    assert pool.ids() == [first, disabled, last]
    assert pool.ids(HideDisabled=False) == [first, disabled, last]
    assert pool.ids(HideDisabled=True) == [first, last]
    page = pool.list_identities(MaxResults=1, HideDisabled=True)
    rest = pool.list_identities(
        MaxResults=1, HideDisabled=True, NextToken=page["NextToken"]
    )
    assert [each["IdentityId"] for each in rest["Identities"]] == [last]
    assert "NextToken" not in rest


@pytest.mark.provokes("ListIdentities", "ResourceNotFoundException")
def test_identities_of_an_unknown_pool_cannot_be_listed(pool: PoolUnderTest) -> None:
    with rejects("ResourceNotFoundException", POOL_NOT_FOUND):
        pool.client.list_identities(IdentityPoolId=UNKNOWN_ID, MaxResults=1)


INVALID_POSITIONS = ("a", "1", "-1 a", f"{10**18} a", "\N{SUPERSCRIPT TWO} a")


@pytest.mark.provokes("ListIdentities", "InvalidParameterException")
@pytest.mark.parametrize("token", ["?", *map(encode, INVALID_POSITIONS)])
def test_list_of_identities_rejects_an_invalid_token(
    pool: PoolUnderTest, token: str
) -> None:
    with rejects("InvalidParameterException", f"NextToken not valid: '{token}'"):
        pool.list_identities(NextToken=token)


# --- DeleteIdentities ---


def test_deleted_identities_are_gone_with_their_datasets_and_logins(
    pool: PoolUnderTest,
) -> None:
    kept, deleted = pool.guest(), pool.get_id(facebook="alice")
    for identity_id in (kept, deleted):
        pool.dataset(identity_id).write(theme="dark")

    response = pool.client.delete_identities(IdentityIdsToDelete=[deleted])

    assert response["UnprocessedIdentityIds"] == []
    assert pool.ids() == [kept]
    listed = cognitoidentity_backends[ACCOUNT][REGION].pools_identities[pool.id]
    assert listed["Identities"] == [{"IdentityId": kept}]
    assert pool.dataset(deleted).list()["DatasetExists"] is False
    assert pool.dataset(kept).list()["DatasetExists"] is True
    with rejects("ResourceNotFoundException", f"Identity '{deleted}' not found."):
        pool.get_credentials(deleted, facebook="alice")
    assert pool.get_id(facebook="alice") not in (kept, deleted)


def test_datasets_do_not_come_back_with_an_identity_of_the_same_id(
    aws: Aws, pool: PoolUnderTest
) -> None:
    seed(aws)
    identity_id = pool.guest()
    pool.dataset(identity_id).write(theme="dark")
    pool.client.delete_identities(IdentityIdsToDelete=[identity_id])

    seed(aws)

    assert pool.guest() == identity_id
    assert pool.dataset(identity_id).list()["DatasetExists"] is False


def test_identities_of_several_pools_can_be_deleted_at_once(
    aws: Aws, pool: PoolUnderTest
) -> None:
    other = PoolUnderTest(aws)
    ids = [pool.guest(), other.guest(), pool.guest()]

    pool.client.delete_identities(IdentityIdsToDelete=ids)

    assert pool.ids() == other.ids() == []


def test_unknown_identities_count_as_deleted(pool: PoolUnderTest) -> None:
    ids = [UNKNOWN_ID, pool.guest()]

    response = pool.client.delete_identities(IdentityIdsToDelete=ids)

    assert response["UnprocessedIdentityIds"] == []
    assert pool.ids() == []


def test_identities_of_other_regions_count_as_deleted(
    aws: Aws, pool: PoolUnderTest
) -> None:
    guest = pool.guest()

    response = aws.client("cognito-identity", "eu-west-1").delete_identities(
        IdentityIdsToDelete=[guest]
    )

    assert response["UnprocessedIdentityIds"] == []
    assert pool.ids() == [guest]


def test_identities_are_deleted_where_cognito_sync_is_not_offered(aws: Aws) -> None:
    pool = PoolUnderTest(aws, region="sa-east-1")

    pool.client.delete_identities(IdentityIdsToDelete=[pool.guest()])

    assert pool.ids() == []


def test_identities_of_other_accounts_count_as_deleted(
    pool: PoolUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = pool.guest()

    with monkeypatch.context() as patch:
        patch.setenv("MOTO_ACCOUNT_ID", "111122223333")
        response = pool.client.delete_identities(IdentityIdsToDelete=[guest])

    assert response["UnprocessedIdentityIds"] == []
    assert pool.ids() == [guest]


# --- Limits ---


def test_request_rates_are_not_limited(pool: PoolUnderTest) -> None:
    with time_machine.travel(NOW, tick=False):
        guests = [pool.guest() for _ in range(30)]  # AWS allows 25 in a second

    assert pool.ids() == guests


# --- Ids ---


def test_same_seed_creates_the_same_ids_but_none_twice(
    aws: Aws, pool: PoolUnderTest
) -> None:
    seed(aws)
    first = pool.guest()
    seed(aws)
    second = pool.guest()

    other = PoolUnderTest(aws)
    seed(aws)
    assert other.guest() == first
    assert first != second


def test_ids_have_the_region_of_the_pool(aws: Aws) -> None:
    pool = PoolUnderTest(aws, region="eu-west-1")

    region, _, name = pool.guest().partition(":")

    assert region == "eu-west-1"
    assert len(name) == 36
