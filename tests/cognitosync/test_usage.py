"""Usage of one identity, of one pool and of all pools."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from freezegun import freeze_time

from moto_cognitosync.state import load_state
from tests.support.aws import REGION, Aws
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
LATER = NOW + timedelta(days=10_000)  # later than the creation of any pool


def usage_of_identity(dataset: DatasetUnderTest) -> dict[str, Any]:
    response = dataset.client.describe_identity_usage(
        IdentityPoolId=dataset.pool_id, IdentityId=dataset.identity_id
    )
    return response["IdentityUsage"]  # type: ignore[no-any-return]


def usage_of_pool(sync: Any, pool_id: str) -> dict[str, Any]:
    response = sync.describe_identity_pool_usage(IdentityPoolId=pool_id)
    return response["IdentityPoolUsage"]  # type: ignore[no-any-return]


def listed(sync: Any, **kwargs: Any) -> list[str]:
    usages = sync.list_identity_pool_usage(**kwargs)["IdentityPoolUsages"]
    return [usage["IdentityPoolId"] for usage in usages]


# --- One identity -----------------------------------------------------------------


def test_identity_usage_is_the_total_of_its_datasets(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    with freeze_time(NOW):
        dataset.write(my_key="my_value", gone="soon")
        dataset.patch(remove("gone", 1))
        dataset.named("saves").write(slot="é")
    neighbor = make_identity(aws, dataset.pool_id)
    DatasetUnderTest(dataset.client, dataset.pool_id, neighbor, "x").write(big="x" * 9)

    assert usage_of_identity(dataset) == {
        "IdentityId": dataset.identity_id,
        "IdentityPoolId": dataset.pool_id,
        "DatasetCount": 2,
        "DataStorage": len("my_key") + len("my_value") + len("slot") + 2,
        "LastModifiedDate": NOW,
    }


def test_a_deleted_dataset_uses_nothing(dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")
    dataset.delete()

    usage = usage_of_identity(dataset)

    assert (usage["DatasetCount"], usage["DataStorage"]) == (0, 0)


@pytest.mark.parametrize("last_change", ["write", "removal", "new dataset", "deletion"])
def test_changing_a_dataset_updates_its_identitys_modification_date(
    dataset: DatasetUnderTest, last_change: str
) -> None:
    with freeze_time(NOW) as clock:
        dataset.write(volume="11")
        dataset.named("saves").write(slot="1")
        clock.tick(HOUR)
        if last_change == "write":
            dataset.write(volume="3")
        elif last_change == "removal":
            dataset.patch(remove("volume", 1))
        elif last_change == "new dataset":
            dataset.named("another").write(volume="11")
        else:
            dataset.delete()
        clock.tick(HOUR)
        dataset.list()

    assert usage_of_identity(dataset)["LastModifiedDate"] == NOW + HOUR


def test_an_identity_without_data_uses_nothing(dataset: DatasetUnderTest) -> None:
    usage = usage_of_identity(dataset)

    assert (usage["DatasetCount"], usage["DataStorage"]) == (0, 0)


def test_an_identity_without_data_has_the_creation_date_of_its_pool(aws: Aws) -> None:
    """moto does not store the creation date of an identity."""
    with freeze_time(NOW) as clock:
        pool_id = make_pool(aws)
        clock.tick(HOUR)
        identity_id = make_identity(aws, pool_id)

    dataset = DatasetUnderTest(aws.client("cognito-sync"), pool_id, identity_id, "x")
    assert usage_of_identity(dataset)["LastModifiedDate"] == NOW


def test_identity_usage_is_returned_in_the_exact_wire_format(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    with freeze_time(NOW):
        dataset.write(volume="11")
    path = f"/identitypools/{dataset.pool_id}/identities/{dataset.identity_id}"

    response = aws.send("GET", path)

    assert response.body.decode() == (
        '{"IdentityUsage":{"DataStorage":8,"DatasetCount":1,'
        f'"IdentityId":"{dataset.identity_id}","IdentityPoolId":"{dataset.pool_id}",'
        '"LastModifiedDate":1772366400.25}}'
    )


@pytest.mark.provokes("DescribeIdentityUsage", "ResourceNotFoundException")
@pytest.mark.parametrize("unknown", ["Identity", "IdentityPool"])
def test_an_unknown_identity_is_not_found(
    sync: Any, dataset: DatasetUnderTest, unknown: str
) -> None:
    ids = {"IdentityPoolId": dataset.pool_id, "IdentityId": dataset.identity_id}

    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: {unknown} 'abc:123af' not found\.$",
    ):
        sync.describe_identity_usage(**ids | {f"{unknown}Id": "abc:123af"})


@pytest.mark.provokes("DescribeIdentityUsage", "ResourceNotFoundException")
def test_an_identity_of_another_pool_is_not_found(
    aws: Aws, sync: Any, identity_id: str
) -> None:
    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: Identity '{identity_id}' not found\.$",
    ):
        sync.describe_identity_usage(
            IdentityPoolId=make_pool(aws), IdentityId=identity_id
        )


# --- One pool ---------------------------------------------------------------------


def test_a_new_pool_uses_nothing(aws: Aws, sync: Any) -> None:
    with freeze_time(NOW):
        pool_id = make_pool(aws)

    assert usage_of_pool(sync, pool_id) == {
        "IdentityPoolId": pool_id,
        "DataStorage": 0,
        "LastModifiedDate": NOW,
    }


def test_pool_usage_is_returned_in_the_exact_wire_format(aws: Aws) -> None:
    with freeze_time(NOW):
        pool_id = make_pool(aws)

    response = aws.send("GET", f"/identitypools/{pool_id}")

    assert response.body.decode() == (
        f'{{"IdentityPoolUsage":{{"DataStorage":0,"IdentityPoolId":"{pool_id}",'
        '"LastModifiedDate":1772366400.25,"SyncSessionsCount":null}}'
    )


def test_pool_usage_is_the_total_of_its_identities(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    neighbor = make_identity(aws, dataset.pool_id)
    with freeze_time(LATER):
        dataset.write(volume="11")
        dataset.named("saves").write(slot="1")
        DatasetUnderTest(sync, dataset.pool_id, neighbor, "settings").write(theme="é")

    usage = usage_of_pool(sync, dataset.pool_id)

    assert usage["DataStorage"] == len("volume11") + len("slot1") + len("theme") + 2
    assert usage["LastModifiedDate"] == LATER


def test_a_sync_session_is_counted_when_its_token_is_issued(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    token = dataset.token()
    patches = [replace("volume", "11")]
    sync.update_records(**dataset.ids, SyncSessionToken=token, RecordPatches=patches)
    assert usage_of_pool(sync, dataset.pool_id)["SyncSessionsCount"] == 1

    token = dataset.named("saves").token()
    dataset.named("saves").list(SyncSessionToken=token)
    assert usage_of_pool(sync, dataset.pool_id)["SyncSessionsCount"] == 2


def test_a_sync_session_is_counted_only_for_its_pool(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    other = make_pool(aws)
    dataset.token()

    assert "SyncSessionsCount" not in usage_of_pool(sync, other)


@pytest.mark.provokes("DescribeIdentityPoolUsage", "ResourceNotFoundException")
@pytest.mark.parametrize("unknown", ["abc:123af", "us-east-0:c09e640-b8a1-4b84"])
def test_an_unknown_pool_is_not_found(sync: Any, unknown: str) -> None:
    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: IdentityPool '{unknown}' not found\.$",
    ) as caught:
        usage_of_pool(sync, unknown)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_pool_is_found_only_in_its_region(aws: Aws, pool_id: str) -> None:
    elsewhere = aws.client("cognito-sync", "eu-west-1")

    with pytest.raises(
        elsewhere.exceptions.ResourceNotFoundException,
        match=rf"operation: IdentityPool '{pool_id}' not found\.$",
    ):
        usage_of_pool(elsewhere, pool_id)


# --- All pools --------------------------------------------------------------------


def test_an_account_without_pools_gets_an_empty_list(aws: Aws) -> None:
    response = aws.send("GET", "/identitypools")

    assert response.body == (
        b'{"Count":0,"IdentityPoolUsages":[],"MaxResults":60,"NextToken":null}'
    )


def test_listed_usage_equals_described_usage(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")
    pool_ids = sorted([dataset.pool_id, make_pool(aws), make_pool(aws)])

    response = sync.list_identity_pool_usage()

    assert response["IdentityPoolUsages"] == [
        usage_of_pool(sync, pool_id) for pool_id in pool_ids
    ]
    assert response["Count"] == 3
    assert "NextToken" not in response


def test_a_page_is_returned_in_the_exact_wire_format(aws: Aws) -> None:
    with freeze_time(NOW):
        first, last, _ = sorted(make_pool(aws) for _ in range(3))

    response = aws.send("GET", "/identitypools?maxResults=2")

    common = '"LastModifiedDate":1772366400.25,"SyncSessionsCount":null'
    assert response.body.decode() == (
        '{"Count":2,"IdentityPoolUsages":['
        f'{{"DataStorage":0,"IdentityPoolId":"{first}",{common}}},'
        f'{{"DataStorage":0,"IdentityPoolId":"{last}",{common}}}],'
        f'"MaxResults":2,"NextToken":"{base64.b64encode(last.encode()).decode()}"}}'
    )


def test_each_pool_is_listed_on_exactly_one_page(aws: Aws, sync: Any) -> None:
    pool_ids = sorted(make_pool(aws) for _ in range(5))
    pages, more = [], {}

    while True:
        response = sync.list_identity_pool_usage(MaxResults=2, **more)
        pages.append(
            [each["IdentityPoolId"] for each in response["IdentityPoolUsages"]]
        )
        assert response["Count"] == len(pages[-1])
        if "NextToken" not in response:
            break
        more = {"NextToken": response["NextToken"]}

    assert pages == [pool_ids[:2], pool_ids[2:4], pool_ids[4:]]


def test_a_page_contains_sixty_pools_by_default(aws: Aws, sync: Any) -> None:
    for _ in range(61):
        make_pool(aws)

    assert len(listed(sync)) == 60
    response = sync.list_identity_pool_usage(MaxResults=1000)
    assert (response["Count"], response["MaxResults"]) == (61, 1000)


@pytest.mark.provokes("ListIdentityPoolUsage", "InvalidParameterException")
@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"MaxResults": 0}, "MaxResults must be greater than or equal to 1, found 0"),
        ({"MaxResults": -1}, "MaxResults must be greater than or equal to 1, found -1"),
        ({"NextToken": "no token"}, "NextToken not valid: 'no token'"),
    ],
)
def test_invalid_paging_parameters_are_rejected(
    sync: Any, parameter: dict[str, Any], message: str
) -> None:
    with pytest.raises(
        sync.exceptions.InvalidParameterException, match=f"operation: {message}$"
    ):
        sync.list_identity_pool_usage(**parameter)


def test_each_region_and_account_lists_its_own_pools(aws: Aws, sync: Any) -> None:
    here, there = make_pool(aws), make_pool(aws, "eu-west-1")
    role = "arn:aws:iam::222222222222:role/developer"
    assumed = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
    other_account = aws.client(
        "cognito-sync",
        aws_access_key_id=assumed["Credentials"]["AccessKeyId"],
        aws_secret_access_key=assumed["Credentials"]["SecretAccessKey"],
    )

    assert listed(sync) == [here]
    assert listed(aws.client("cognito-sync", "eu-west-1")) == [there]
    assert listed(other_account) == []


def test_the_list_is_up_to_date_after_each_change(aws: Aws, sync: Any) -> None:
    identities = aws.client("cognito-identity")
    pools = [make_pool(aws), make_pool(aws)]
    assert listed(sync) == sorted(pools)
    for _ in range(3):
        identities.delete_identity_pool(IdentityPoolId=pools.pop(0))
        pools.append(make_pool(aws))  # the number of pools is the same as before
        assert listed(sync) == sorted(pools)
    while pools:
        identities.delete_identity_pool(IdentityPoolId=pools.pop())
        assert listed(sync) == sorted(pools)


@pytest.mark.usefixtures("cognitosync")
def test_the_list_is_up_to_date_after_another_state_was_loaded() -> None:
    sync = boto3.client("cognito-sync", REGION)
    for number in ("1", "2"):
        ids = [f"{REGION}:{number}", f"{REGION}:0"]
        load_state({"IdentityPools": [{"IdentityPoolId": each} for each in ids]})

        assert listed(sync) == sorted(ids)
