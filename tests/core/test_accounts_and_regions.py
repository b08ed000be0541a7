"""Accounts and regions are isolated; pools come from Cognito Identity."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.cognitoidentity.models import cognitoidentity_backends

from tests.core.constraints import valid_value
from tests.support.aws import REGION, Aws
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool, replace
from tests.support.operations import MODELS
from tests.support.provokes import provoking

OTHER_ACCOUNT = "222222222222"
OTHER_REGION = "eu-west-1"


def dataset_in(aws: Aws, region: str) -> DatasetUnderTest:
    pool_id = make_pool(aws, region)
    identity_id = make_identity(aws, pool_id, region)
    client = aws.client("cognito-sync", region)
    return DatasetUnderTest(client, pool_id, identity_id, "settings")


def through(dataset: DatasetUnderTest, client: Any) -> DatasetUnderTest:
    """Return the same dataset, accessed with another client."""
    return DatasetUnderTest(client, dataset.pool_id, dataset.identity_id, dataset.name)


def is_unknown(dataset: DatasetUnderTest) -> bool:
    """Check that no operation finds the pool of the dataset."""
    for call in (dataset.describe, dataset.delete, dataset.list):
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"] == {
            "Code": "ResourceNotFoundException",
            "Message": f"IdentityPool '{dataset.pool_id}' not found.",
        }
    return True


def test_each_region_has_its_own_pools(aws: Aws) -> None:
    here, there = dataset_in(aws, REGION), dataset_in(aws, OTHER_REGION)
    here.write(theme="dark")
    there.write(theme="light")

    assert here.records()["theme"]["Value"] == "dark"
    assert there.records()["theme"]["Value"] == "light"
    assert is_unknown(through(here, there.client))
    assert is_unknown(through(there, here.client))


def region_headers(agent: str = "", signature: str = "") -> dict[str, str]:
    """Build headers that name a region the way moto and the SDKs do."""
    scope = f"Credential=testing/20260301/{signature}/cognito-sync/aws4_request"
    return {"User-Agent": f"region/{agent}", "Authorization": scope}


@pytest.mark.parametrize("aws", ["server"], indirect=True)
@pytest.mark.parametrize(
    ("headers", "region"),
    [
        ({}, "us-east-1"),
        (region_headers(signature=OTHER_REGION), OTHER_REGION),
        (region_headers(agent=OTHER_REGION), OTHER_REGION),
        (region_headers(agent=OTHER_REGION, signature=REGION), OTHER_REGION),
    ],
)
def test_the_server_takes_the_region_from_headers(
    aws: Aws, headers: dict[str, str], region: str
) -> None:
    path = f"/identitypools/{make_pool(aws, region)}"

    assert aws.send("GET", path, headers=headers).status == 200


@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
def test_the_region_in_the_host_takes_precedence_over_headers(aws: Aws) -> None:
    path = f"/identitypools/{make_pool(aws)}"
    headers = region_headers(agent=OTHER_REGION, signature=OTHER_REGION)

    assert aws.send("GET", path, headers=headers).status == 200


def test_a_pool_id_with_another_region_is_not_found(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    _, _, number = dataset.pool_id.partition(":")

    foreign = DatasetUnderTest(
        sync, f"us-east-0:{number}", dataset.identity_id, "settings"
    )

    assert is_unknown(foreign)


def test_an_environment_variable_sets_the_account(
    monkeypatch: pytest.MonkeyPatch, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")

    monkeypatch.setenv("MOTO_ACCOUNT_ID", OTHER_ACCOUNT)
    assert is_unknown(dataset)

    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    assert dataset.describe()["LastModifiedBy"] == "123456789012"


def add_account_header(request: Any, **_: Any) -> None:
    request.headers["x-moto-account-id"] = OTHER_ACCOUNT


def test_a_header_sets_the_account(aws: Aws, dataset: DatasetUnderTest) -> None:
    dataset.write(theme="dark")
    clients = {
        # The extra argument bypasses the cache, so other tests do not get this client.
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


def test_an_access_key_cannot_access_another_account(
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


def test_a_region_without_the_service_is_rejected(aws: Aws) -> None:
    client = aws.client("cognito-sync", "af-south-1")

    with pytest.raises(client.exceptions.InvalidParameterException) as caught:
        client.list_identity_pool_usage()
    message = caught.value.response["Error"]["Message"]
    assert message.startswith(
        "Amazon Cognito Sync is not available in the region 'af-south-1'. Choose one "
        "of: ap-northeast-1, "
    )
    assert message.endswith("or set MOTO_ALLOW_NONEXISTENT_REGION=true to allow any.")


@pytest.mark.parametrize(
    "operation",
    provoking("InvalidParameterException", MODELS["cognito-identity"].operation_names),
)
def test_a_region_without_cognito_identity_is_rejected(
    aws: Aws, operation: str
) -> None:
    client = aws.client("cognito-identity", "xx-north-1")
    model = MODELS["cognito-identity"].operation_model(operation)

    with pytest.raises(
        client.exceptions.InvalidParameterException,
        match="Identity is not available in the region 'xx-north-1'",
    ):
        getattr(client, xform_name(operation))(**valid_value(model.input_shape))


def test_a_setting_can_allow_regions_without_the_service(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ALLOW_NONEXISTENT_REGION", "true")

    client = aws.client("cognito-sync", "af-south-1")

    assert client.list_identity_pool_usage()["Count"] == 0


def test_deleting_a_pool_deletes_its_datasets(dataset: DatasetUnderTest) -> None:
    # Like DeleteIdentityPool, which older versions of moto do not have.
    pools = cognitoidentity_backends["123456789012"][REGION].identity_pools
    dataset.write(theme="dark")

    pool = pools.pop(dataset.pool_id)
    assert is_unknown(dataset)

    pools[dataset.pool_id] = pool
    assert dataset.list()["DatasetSyncCount"] == 0


def test_a_recreated_pool_starts_empty(sync: Any, dataset: DatasetUnderTest) -> None:
    backend = cognitoidentity_backends["123456789012"][REGION]
    dataset.write(theme="dark")

    again = copy.copy(backend.identity_pools[dataset.pool_id])
    backend.identity_pools[dataset.pool_id] = again

    assert dataset.list()["DatasetExists"] is False
    with pytest.raises(sync.exceptions.ResourceNotFoundException):
        dataset.describe()


@pytest.mark.parametrize("operation", ["describe", "delete", "patch"])
def test_an_unknown_identity_is_not_found(
    sync: Any, pool_id: str, operation: str
) -> None:
    stranger = DatasetUnderTest(sync, pool_id, "us-east-1:0", "settings")
    arguments = [replace("theme", "dark")] if operation == "patch" else []

    with pytest.raises(sync.exceptions.ResourceNotFoundException) as caught:
        getattr(stranger, operation)(*arguments)
    assert caught.value.response["Error"]["Message"] == (
        "Identity 'us-east-1:0' not found."
    )


def test_listing_an_unknown_identity_returns_nothing(sync: Any, pool_id: str) -> None:
    stranger = DatasetUnderTest(sync, pool_id, "us-east-1:0", "settings")

    assert stranger.list()["Records"] == []
    listed = sync.list_datasets(IdentityPoolId=pool_id, IdentityId="us-east-1:0")
    assert listed["Datasets"] == []


class InOtherAccount:
    """Creates clients that name the other account in a request header."""

    def __init__(self, aws: Aws) -> None:
        self.aws = aws

    def client(self, service: str, region: str = REGION, **kwargs: Any) -> Any:
        client = self.aws.client(service, region, config=Config(), **kwargs)
        client.meta.events.register("before-sign", add_account_header)
        return client


@pytest.fixture
def theirs(aws: Aws) -> DatasetUnderTest:
    """A dataset in the other account, accessed from that account."""
    owners: Any = InOtherAccount(aws)
    pool_id = make_pool(owners)
    identity_id = make_identity(owners, pool_id)
    client = owners.client("cognito-sync")
    dataset = DatasetUnderTest(client, pool_id, identity_id, "settings")
    dataset.write(volume="11")
    return dataset


def key_of_user(aws: Aws, account_id: str) -> dict[str, str]:
    # moto creates users in the caller's account; the caller is an assumed role.
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


def test_clients_that_send_an_account_header_use_that_account(
    sync: Any, theirs: DatasetUnderTest
) -> None:
    assert theirs.describe()["LastModifiedBy"] == OTHER_ACCOUNT
    assert is_unknown(through(theirs, sync))


@pytest.mark.parametrize("make_key", [key_of_user, key_of_role])
def test_an_access_key_selects_its_account(
    aws: Aws, theirs: DatasetUnderTest, make_key: Callable[..., dict[str, str]]
) -> None:
    client = aws.client("cognito-sync", **make_key(aws, OTHER_ACCOUNT))

    (written,) = through(theirs, client).write(theme="dark")

    assert written["LastModifiedBy"] == OTHER_ACCOUNT
    assert set(theirs.records()) == {"volume", "theme"}


def test_the_account_header_takes_precedence_over_the_access_key(
    aws: Aws, theirs: DatasetUnderTest
) -> None:
    key = key_of_role(aws, "333333333333")

    client = InOtherAccount(aws).client("cognito-sync", **key)

    assert set(through(theirs, client).records()) == {"volume"}


def test_the_environment_takes_precedence_over_the_account_header(
    sync: Any, theirs: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", OTHER_ACCOUNT)
    assert set(through(theirs, sync).records()) == {"volume"}

    monkeypatch.setenv("MOTO_ACCOUNT_ID", "333333333333")
    assert is_unknown(theirs)


def test_deleting_a_pool_keeps_the_datasets_of_other_pools(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")

    pools = cognitoidentity_backends["123456789012"][REGION].identity_pools
    del pools[make_pool(aws)]

    assert set(dataset.records()) == {"theme"}


def test_a_deleted_pool_cannot_be_written_or_listed(
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
    """The dataset, accessed with the credentials of its identity."""
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


def test_a_write_with_developer_credentials_is_attributed_to_the_account(
    dataset: DatasetUnderTest,
) -> None:
    (written,) = dataset.write(volume="11")

    assert written["LastModifiedBy"] == "123456789012"
    assert dataset.list()["LastModifiedBy"] == "123456789012"
    assert dataset.describe()["LastModifiedBy"] == "123456789012"


def test_a_write_by_an_identity_is_attributed_to_it(own: DatasetUnderTest) -> None:
    (written,) = own.write(volume="11")

    assert written["LastModifiedBy"] == own.identity_id
    assert own.list()["LastModifiedBy"] == own.identity_id
    assert own.describe()["LastModifiedBy"] == own.identity_id


def test_each_record_stores_who_last_modified_it(
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
