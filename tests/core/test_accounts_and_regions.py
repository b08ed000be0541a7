"""Accounts and regions are apart, and pools are those of cognito-identity."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.cognitoidentity.models import cognitoidentity_backends

from tests.support.aws import REGION, Aws
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool, replace

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


def naming_regions(agent: str = "", signature: str = "") -> dict[str, str]:
    """Headers that name a region, as moto and the SDKs write them."""
    scope = f"Credential=testing/20260301/{signature}/cognito-sync/aws4_request"
    return {"User-Agent": f"region/{agent}", "Authorization": scope}


@pytest.mark.parametrize("aws", ["server"], indirect=True)
@pytest.mark.parametrize(
    ("headers", "region"),
    [
        ({}, "us-east-1"),
        (naming_regions(signature=OTHER_REGION), OTHER_REGION),
        (naming_regions(agent=OTHER_REGION), OTHER_REGION),
        (naming_regions(agent=OTHER_REGION, signature=REGION), OTHER_REGION),
    ],
)
def test_headers_name_the_region_where_the_host_does_not(
    aws: Aws, headers: dict[str, str], region: str
) -> None:
    path = f"/identitypools/{make_pool(aws, region)}"

    assert aws.send("GET", path, headers=headers).status == 200


@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_the_host_goes_before_all_that_names_the_region(aws: Aws) -> None:
    path = f"/identitypools/{make_pool(aws)}"
    headers = naming_regions(agent=OTHER_REGION, signature=OTHER_REGION)

    assert aws.send("GET", path, headers=headers).status == 200


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


class InOtherAccount:
    """A form of the mock whose clients name the other account in each request."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any:
        client = self.aws.client(service, region, config=Config(), **kwargs)
        client.meta.events.register("before-sign", add_account_header)
        return client


@pytest.fixture
def theirs(aws: Aws) -> DatasetUnderTest:
    """A dataset of the other account, as its owners see it."""
    owners: Any = InOtherAccount(aws)
    pool_id = make_pool(owners)
    identity_id = make_identity(owners, pool_id)
    client = owners.client("cognito-sync")
    dataset = DatasetUnderTest(client, pool_id, identity_id, "settings")
    dataset.write(volume="11")
    return dataset


def key_of_user(aws: Aws, account_id: str) -> dict[str, str]:
    # moto makes users in the account of who asks: here, of a role.
    iam = aws.client("iam", **key_of_role(aws, account_id))
    iam.create_user(UserName="owner")
    key = iam.create_access_key(UserName="owner")["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def key_of_role(aws: Aws, account_id: str) -> dict[str, str]:
    key = aws.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account_id}:role/owner", RoleSessionName="session"
    )["Credentials"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
        "aws_session_token": key["SessionToken"],
    }


def test_who_names_the_account_works_in_it(sync: Any, theirs: DatasetUnderTest) -> None:
    assert theirs.describe()["LastModifiedBy"] == OTHER_ACCOUNT
    assert is_unknown(through(theirs, sync))


@pytest.mark.parametrize("make_key", [key_of_user, key_of_role])
def test_an_access_key_leads_to_its_account(
    aws: Aws, theirs: DatasetUnderTest, make_key: Callable[..., dict[str, str]]
) -> None:
    client = aws.client("cognito-sync", **make_key(aws, OTHER_ACCOUNT))

    (written,) = through(theirs, client).write(theme="dark")

    assert written["LastModifiedBy"] == OTHER_ACCOUNT
    assert set(theirs.records()) == {"volume", "theme"}


def test_a_header_goes_before_an_access_key(aws: Aws, theirs: DatasetUnderTest) -> None:
    key = key_of_role(aws, "333333333333")

    client = InOtherAccount(aws).client("cognito-sync", **key)

    assert set(through(theirs, client).records()) == {"volume"}


def test_the_environment_goes_before_a_header(
    sync: Any, theirs: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", OTHER_ACCOUNT)
    assert set(through(theirs, sync).records()) == {"volume"}

    monkeypatch.setenv("MOTO_ACCOUNT_ID", "333333333333")
    assert is_unknown(theirs)


def test_a_pool_takes_only_its_own_datasets_with_it(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")

    pools = cognitoidentity_backends["123456789012"][REGION].identity_pools
    del pools[make_pool(aws)]

    assert set(dataset.records()) == {"theme"}


def test_nothing_can_be_written_or_listed_once_the_pool_is_gone(
    dataset: DatasetUnderTest,
) -> None:
    token = dataset.token()
    del cognitoidentity_backends["123456789012"][REGION].identity_pools[dataset.pool_id]
    ids = {"IdentityPoolId": dataset.pool_id, "IdentityId": dataset.identity_id}

    for call in (
        lambda: dataset.patch(replace("theme", "dark"), SyncSessionToken=token),
        lambda: dataset.client.list_datasets(**ids),
    ):
        with pytest.raises(
            dataset.client.exceptions.ResourceNotFoundException,
            match=rf"operation: IdentityPool '{dataset.pool_id}' not found\.$",
        ):
            call()


@pytest.fixture
def own(aws: Aws, dataset: DatasetUnderTest) -> DatasetUnderTest:
    """The dataset, reached with the credentials of the identity it belongs to."""
    key = aws.client("cognito-identity").get_credentials_for_identity(
        IdentityId=dataset.identity_id
    )["Credentials"]
    client = aws.client(
        "cognito-sync",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretKey"],
        aws_session_token=key["SessionToken"],
    )
    return through(dataset, client)


def test_a_developers_write_is_the_accounts(dataset: DatasetUnderTest) -> None:
    (written,) = dataset.write(volume="11")

    assert written["LastModifiedBy"] == "123456789012"
    assert dataset.list()["LastModifiedBy"] == "123456789012"
    assert dataset.describe()["LastModifiedBy"] == "123456789012"


def test_an_identitys_write_is_its_own(own: DatasetUnderTest) -> None:
    (written,) = own.write(volume="11")

    assert written["LastModifiedBy"] == own.identity_id
    assert own.list()["LastModifiedBy"] == own.identity_id
    assert own.describe()["LastModifiedBy"] == own.identity_id


def test_each_record_tells_who_wrote_it(
    dataset: DatasetUnderTest, own: DatasetUnderTest
) -> None:
    own.write(volume="11")
    dataset.write(theme="dark")
    own.patch(replace("level", "3"), DeviceId="phone")
    dataset.patch(replace("score", "4"), DeviceId="tablet")

    by = {key: each["LastModifiedBy"] for key, each in dataset.records().items()}
    assert by == {
        "volume": own.identity_id,
        "theme": "123456789012",
        "level": "phone",
        "score": "tablet",
    }


def test_an_identity_can_call_every_operation_on_its_datasets(
    own: DatasetUnderTest,
) -> None:
    own.write(volume="11")
    ids = {"IdentityPoolId": own.pool_id, "IdentityId": own.identity_id}

    assert own.client.list_datasets(**ids)["Datasets"] == [own.describe()]
    assert own.delete()["NumRecords"] == 1
    assert own.list()["DatasetExists"] is False
