"""The form of an identity's credentials, and the caller that they identify."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import patch

import pytest
import time_machine
from botocore.exceptions import ClientError
from moto.core.config import default_user_config

from moto_cognitosync.core.credentials import (
    IdentitySession,
    issue_credentials,
    read_session,
)
from tests.support.aws import Aws
from tests.support.datasets import (
    NOW,
    NOW_IN_MS,
    DatasetUnderTest,
    make_identity,
    make_pool,
)
from tests.support.identities import (
    ACCOUNT,
    ROLE_ARN,
    client_of,
    client_with,
    credentials_of,
    set_roles,
)
from tests.support.operations import call

STRICT = {"cognitosync": {"strict_credentials": True}}
HOUR = 60 * 60  # seconds
TOKEN_PREFIX = "SYNC"

SESSION = IdentitySession(
    identity_id="us-east-1:0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
    identity_pool_id="us-east-1:7d9b1f3c-2a4e-4c6d-8e0f-1a2b3c4d5e6f",
    account_id=ACCOUNT,
    role_arn=ROLE_ARN,
    amr=("authenticated", "graph.facebook.com"),
    expiration=NOW_IN_MS,
    principal_tags={"team": "röd"},
)


@pytest.fixture
def strict(aws: Aws) -> Iterator[None]:  # noqa: ARG001 - start the mock first
    """Enable strict credentials, in-process and on the server."""
    with patch.dict(cast("dict[str, Any]", default_user_config), STRICT):
        yield


@pytest.fixture
def pool_id(pool_id: str, aws: Aws) -> str:
    """A pool with roles, without which strict mode issues no credentials."""
    set_roles(aws, pool_id)
    return pool_id


# --- Form -------------------------------------------------------------------------


def test_credentials_have_the_form_of_temporary_credentials(
    aws: Aws, identity_id: str
) -> None:
    with time_machine.travel(NOW, tick=False):
        credentials = credentials_of(aws, identity_id)

    assert credentials.keys() == {
        *("AccessKeyId", "SecretKey", "SessionToken", "Expiration")
    }
    assert credentials["AccessKeyId"].startswith("ASIASYNC")
    assert len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretKey"]) == 40
    # One hour later, in whole seconds.
    assert credentials["Expiration"].timestamp() == NOW_IN_MS // 1000 + HOUR


def test_each_identity_has_its_own_credentials(aws: Aws, pool_id: str) -> None:
    credentials = [credentials_of(aws, make_identity(aws, pool_id)) for _ in range(3)]

    for name in ("AccessKeyId", "SecretKey", "SessionToken"):
        assert len({each[name] for each in credentials}) == 3


def test_a_session_token_contains_the_session() -> None:
    credentials = issue_credentials(SESSION)

    session = read_session(credentials["SessionToken"])
    assert session == SESSION._replace(expiration=NOW_IN_MS // 1000 * 1000)
    assert session is not None
    assert credentials["Expiration"] == session.expiration


def forge(token: str) -> str:
    """Change the session in a token, but not its signature."""
    signed = b64decode(token.removeprefix(TOKEN_PREFIX))
    return TOKEN_PREFIX + b64encode(signed.replace(b"players", b"admins!")).decode()


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: TOKEN_PREFIX,
        lambda _: "FQoGZXIvYXdzEBYaD",
        lambda token: token.removeprefix(TOKEN_PREFIX),
        lambda token: token[:-4],
        lambda token: token + "=",
        lambda token: token + "ä",
        forge,
    ],
)
def test_a_session_token_with_a_wrong_signature_is_not_an_identitys(
    change: Any,
) -> None:
    assert read_session(change(issue_credentials(SESSION)["SessionToken"])) is None


# --- The caller -------------------------------------------------------------------


def test_a_write_is_attributed_to_the_identity(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    client = client_of(aws, dataset.identity_id)
    own = DatasetUnderTest(client, *dataset.ids.values())

    (record,) = own.write(theme="dark")

    assert record["LastModifiedBy"] == dataset.identity_id


def test_the_access_key_of_motos_own_cognito_identity_belongs_to_an_identity(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    credentials = {
        "AccessKeyId": "TESTACCESSKEY12345",
        "SecretKey": "ABCSECRETKEY",
        "SessionToken": "ABC12345",
    }
    client = client_with(aws, credentials, "cognito-sync")

    (record,) = DatasetUnderTest(client, *dataset.ids.values()).write(theme="dark")

    assert record["LastModifiedBy"] == dataset.identity_id


def test_credentials_belong_to_the_account_of_the_pool(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111122223333")
    pool_id = make_pool(aws)
    identity_id = make_identity(aws, pool_id)
    credentials = credentials_of(aws, identity_id)
    client_with(aws, credentials, "sqs").create_queue(QueueName="of-the-account")
    monkeypatch.delenv("MOTO_ACCOUNT_ID")
    client = client_with(aws, credentials, "cognito-sync")

    (record,) = DatasetUnderTest(client, pool_id, identity_id, "a").write(a="1")
    queues = client_with(aws, credentials, "sqs").list_queues()

    assert record["LastModifiedBy"] == identity_id
    assert "111122223333/of-the-account" in queues["QueueUrls"][0]
    assert "QueueUrls" not in aws.client("sqs").list_queues()


@pytest.mark.usefixtures("strict")
def test_the_session_token_must_belong_to_the_access_key(
    aws: Aws, pool_id: str, identity_id: str
) -> None:
    own, other = (
        credentials_of(aws, each) for each in (identity_id, make_identity(aws, pool_id))
    )
    mixed = own | {"SessionToken": other["SessionToken"]}
    client = client_with(aws, mixed, "cognito-sync")

    # As without a token, the access key decides.
    assert call(client, "ListDatasets", pool_id, identity_id) == {}


# --- Expiration -------------------------------------------------------------------


def test_expired_credentials_are_accepted_by_default(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    client = client_of(aws, dataset.identity_id)
    own = DatasetUnderTest(client, *dataset.ids.values())

    with time_machine.travel(2 * HOUR + NOW_IN_MS // 1000):
        (record,) = own.write(theme="dark")

    assert record["LastModifiedBy"] == dataset.identity_id


@pytest.mark.usefixtures("strict")
def test_expired_credentials_are_rejected_in_strict_mode(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = client_of(aws, dataset.identity_id)
        clock.shift(HOUR - 1)
        client.list_records(**dataset.ids)
        clock.shift(1)
        with pytest.raises(ClientError) as caught:
            client.list_records(**dataset.ids)

    assert caught.value.response["Error"] == {
        "Code": "ExpiredTokenException",
        "Message": "The security token included in the request is expired",
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


# --- Deleted identities -----------------------------------------------------------


def delete(aws: Aws, identity_id: str) -> None:
    aws.client("cognito-identity").delete_identities(IdentityIdsToDelete=[identity_id])


@pytest.mark.usefixtures("strict")
def test_a_deleted_identity_can_sync_until_its_credentials_expire(
    aws: Aws, pool_id: str, dataset: DatasetUnderTest
) -> None:
    client = client_of(aws, dataset.identity_id)
    own = DatasetUnderTest(client, *dataset.ids.values())
    own.write(theme="dark")
    delete(aws, dataset.identity_id)

    assert not own.list()["DatasetExists"]
    assert (
        client.describe_identity_usage(
            IdentityPoolId=pool_id, IdentityId=dataset.identity_id
        )["IdentityUsage"]["DatasetCount"]
        == 0
    )
    assert (
        call(dataset.client, "DescribeIdentityUsage", pool_id, dataset.identity_id)[
            "Code"
        ]
        == "ResourceNotFoundException"
    )
    (record,) = own.write(theme="light")

    assert record["LastModifiedBy"] == dataset.identity_id
    assert own.records().keys() == dataset.records().keys() == {"theme"}
    with pytest.raises(ClientError) as caught:
        aws.client("cognito-identity").describe_identity(IdentityId=dataset.identity_id)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.usefixtures("strict")
def test_a_deleted_identity_cannot_sync_with_another_pool(
    aws: Aws, identity_id: str
) -> None:
    client = client_of(aws, identity_id)
    delete(aws, identity_id)

    error = call(client, "DescribeDataset", make_pool(aws), identity_id)

    assert error == {
        "Code": "ResourceNotFoundException",
        "Message": f"Identity '{identity_id}' not found.",
    }


def test_a_deleted_identity_cannot_sync_by_default(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    client = client_of(aws, dataset.identity_id)
    own = DatasetUnderTest(client, *dataset.ids.values())
    delete(aws, dataset.identity_id)

    with pytest.raises(ClientError) as caught:
        own.write(theme="dark")

    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"Identity '{dataset.identity_id}' not found.",
    }


@pytest.mark.usefixtures("strict")
def test_a_deleted_identity_can_register_a_device(
    aws: Aws, sync: Any, pool_id: str, identity_id: str
) -> None:
    application = aws.client("sns").create_platform_application(
        Name="app", Platform="GCM", Attributes={"PlatformCredential": "secret"}
    )["PlatformApplicationArn"]
    sync.set_identity_pool_configuration(
        IdentityPoolId=pool_id,
        PushSync={"ApplicationArns": [application], "RoleArn": ROLE_ARN},
    )
    client = client_of(aws, identity_id)
    delete(aws, identity_id)
    ids = {"IdentityPoolId": pool_id, "IdentityId": identity_id}
    device = {"Platform": "GCM", "Token": "token"}

    first, second = (client.register_device(**ids, **device) for _ in range(2))

    assert first["DeviceId"] == second["DeviceId"]


# --- Secrets ----------------------------------------------------------------------


@pytest.mark.usefixtures("strict")
def test_errors_do_not_contain_secrets(
    aws: Aws, pool_id: str, identity_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    other = make_identity(aws, pool_id)
    with time_machine.travel(NOW, tick=False) as clock:
        credentials = credentials_of(aws, identity_id)
        client = client_with(aws, credentials, "cognito-sync")
        messages = [call(client, "ListDatasets", pool_id, other)["Message"]]
        clock.shift(HOUR)
        messages.append(call(client, "ListDatasets", pool_id, identity_id)["Message"])

    shown = "".join(messages) + "".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("moto_cognitosync")
    )
    assert credentials["SecretKey"] not in shown
    assert credentials["SessionToken"] not in shown
