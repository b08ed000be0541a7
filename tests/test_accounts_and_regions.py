"""Accounts and regions are apart, and pools are those of cognito-identity."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.cognitoidentity.models import cognitoidentity_backends

from .conftest import REGION, Aws, DatasetUnderTest, make_identity, make_pool, replace

OTHER_ACCOUNT = "222222222222"
OTHER_REGION = "eu-west-1"


def dataset_in(aws: Aws, region: str) -> DatasetUnderTest:
    pool_id = make_pool(aws, region)
    identity_id = make_identity(aws, pool_id, region)
    client = aws.client("cognito-sync", region)
    return DatasetUnderTest(client, pool_id, identity_id, "settings")


def through(dataset: DatasetUnderTest, client: Any) -> DatasetUnderTest:
    """The same dataset, through another client."""
    return DatasetUnderTest(client, dataset.pool_id, dataset.identity_id, dataset.name)


def is_unknown(dataset: DatasetUnderTest) -> bool:
    """Whether the pool is not found by any operation on datasets."""
    for call in (dataset.describe, dataset.delete, dataset.list):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"] == {
            "Code": "ResourceNotFoundException",
            "Message": f"IdentityPool '{dataset.pool_id}' not found.",
        }
    return True


def test_a_region_does_not_see_the_pools_of_another(aws: Aws) -> None:
    here, there = dataset_in(aws, REGION), dataset_in(aws, OTHER_REGION)
    here.write(theme="dark")
    there.write(theme="light")

    assert here.records()["theme"]["Value"] == "dark"
    assert there.records()["theme"]["Value"] == "light"
    assert is_unknown(through(here, there.client))
    assert is_unknown(through(there, here.client))


def test_a_pool_with_another_region_in_its_id_is_unknown(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    _, _, number = dataset.pool_id.partition(":")

    foreign = DatasetUnderTest(
        sync, f"us-east-0:{number}", dataset.identity_id, "settings"
    )

    assert is_unknown(foreign)


def test_the_environment_may_name_the_account(
    monkeypatch: pytest.MonkeyPatch, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")

    monkeypatch.setenv("MOTO_ACCOUNT_ID", OTHER_ACCOUNT)
    assert is_unknown(dataset)

    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    assert dataset.describe()["LastModifiedBy"] == "123456789012"


def add_account_header(request: Any, **_: Any) -> None:
    request.headers["x-moto-account-id"] = OTHER_ACCOUNT


def test_a_header_may_name_the_account(aws: Aws, dataset: DatasetUnderTest) -> None:
    dataset.write(theme="dark")
    clients = {
        # With an argument of its own, so that no other test has this client.
        name: aws.client(name, aws_session_token="token")
        for name in ("cognito-identity", "cognito-sync")
    }
    for name, client in clients.items():
        client.meta.events.register(f"before-sign.{name}", add_account_header)

    assert is_unknown(through(dataset, clients["cognito-sync"]))

    pool = clients["cognito-identity"].create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )
    usage = clients["cognito-sync"].list_identity_pool_usage()
    assert [each["IdentityPoolId"] for each in usage["IdentityPoolUsages"]] == [
        pool["IdentityPoolId"]
    ]


def test_the_access_key_of_another_account_names_it(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    assumed = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{OTHER_ACCOUNT}:role/player", RoleSessionName="session"
    )["Credentials"]
    client = aws.client(
        "cognito-sync",
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )

    assert is_unknown(through(dataset, client))


def test_a_region_without_the_service_is_explained(aws: Aws) -> None:
    client = aws.client("cognito-sync", "af-south-1")

    with pytest.raises(client.exceptions.InvalidParameterException) as caught:
        client.list_identity_pool_usage()
    message = caught.value.response["Error"]["Message"]
    assert message.startswith(
        "Amazon Cognito Sync is not available in the region 'af-south-1'. Choose one "
        "of: ap-northeast-1, "
    )
    assert message.endswith("or set MOTO_ALLOW_NONEXISTENT_REGION=true to allow any.")


def test_a_region_without_the_service_can_be_allowed(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")

    client = aws.client("cognito-sync", "af-south-1")

    assert client.list_identity_pool_usage()["Count"] == 0


def test_a_pool_takes_its_datasets_with_it(dataset: DatasetUnderTest) -> None:
    """As DeleteIdentityPool does it, which older versions of moto do not have."""
    pools = cognitoidentity_backends["123456789012"][REGION].identity_pools
    dataset.write(theme="dark")

    pool = pools.pop(dataset.pool_id)
    assert is_unknown(dataset)

    pools[dataset.pool_id] = pool
    assert dataset.list()["DatasetSyncCount"] == 0


def test_a_pool_that_is_made_again_starts_empty(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    backend = cognitoidentity_backends["123456789012"][REGION]
    dataset.write(theme="dark")

    again = copy.copy(backend.identity_pools[dataset.pool_id])
    backend.identity_pools[dataset.pool_id] = again

    assert dataset.list()["DatasetExists"] is False
    with pytest.raises(sync.exceptions.ResourceNotFoundException):
        dataset.describe()


@pytest.mark.parametrize("operation", ["describe", "delete", "patch"])
def test_an_unknown_identity_of_a_pool_is_not_found(
    sync: Any, pool_id: str, operation: str
) -> None:
    stranger = DatasetUnderTest(sync, pool_id, "us-east-1:0", "settings")
    arguments = [replace("theme", "dark")] if operation == "patch" else []

    with pytest.raises(sync.exceptions.ResourceNotFoundException) as caught:
        getattr(stranger, operation)(*arguments)
    assert caught.value.response["Error"]["Message"] == (
        "Identity 'us-east-1:0' not found."
    )


def test_an_unknown_identity_of_a_pool_is_listed_as_empty(
    sync: Any, pool_id: str
) -> None:
    stranger = DatasetUnderTest(sync, pool_id, "us-east-1:0", "settings")

    assert stranger.list()["Records"] == []
    listed = sync.list_datasets(IdentityPoolId=pool_id, IdentityId="us-east-1:0")
    assert listed["Datasets"] == []
