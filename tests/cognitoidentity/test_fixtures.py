"""The pytest fixtures for Cognito Identity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import time_machine

from moto_cognitosync.assertions import CallLog
from moto_cognitosync.core.credentials import read_session
from moto_cognitosync.core.exceptions import NotAuthorizedException
from moto_cognitosync.pytest_plugin import CognitoSyncIdentity
from moto_cognitosync.server import CognitoSyncServer
from tests.support.aws import Aws
from tests.support.datasets import replace

# Before the fixtures to test, which use the server if it is running.
pytestmark = pytest.mark.usefixtures("aws")

LogIn = Callable[..., CognitoSyncIdentity]

FACEBOOK, DEVELOPER = "graph.facebook.com", "developer"
ALICE = {FACEBOOK: "alice"}
NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)


def save_theme(identity: CognitoSyncIdentity, theme: str) -> str:
    """Write a dataset, and return its LastModifiedBy."""
    settings: Any = {**identity, "DatasetName": "settings"}
    listed = identity.client.list_records(**settings)
    identity.client.update_records(
        **settings,
        SyncSessionToken=listed["SyncSessionToken"],
        RecordPatches=[replace("theme", theme, listed["DatasetSyncCount"])],
    )
    dataset = identity.client.describe_dataset(**settings)["Dataset"]
    return dataset["LastModifiedBy"]


# --- cognito_identity -------------------------------------------------------------


def test_the_client_stores_pools_where_other_clients_find_them(
    aws: Aws, cognito_identity: Any
) -> None:
    created = cognito_identity.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )

    listed = aws.client("cognito-identity").list_identity_pools(MaxResults=60)
    assert [each["IdentityPoolId"] for each in listed["IdentityPools"]] == [
        created["IdentityPoolId"]
    ]


@pytest.mark.cognitosync(region="eu-west-1")
def test_the_client_uses_the_region_of_the_other_fixtures(
    cognito_identity: Any, cognitosync_identity: LogIn
) -> None:
    guest = cognitosync_identity()

    assert cognito_identity.meta.region_name == "eu-west-1"
    assert guest.client.meta.region_name == "eu-west-1"
    assert guest.identity_pool_id.startswith("eu-west-1:")
    described = cognito_identity.describe_identity(IdentityId=guest.identity_id)
    assert described["IdentityId"] == guest.identity_id


@pytest.mark.usefixtures("cognitosync", "cognitosync_server")
def test_clients_call_the_mock_if_a_test_uses_both(
    cognito_identity: Any, cognitosync_identity: LogIn
) -> None:
    for client in (cognito_identity, cognitosync_identity().client):
        assert client.meta.endpoint_url.endswith(".amazonaws.com")


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_clients_call_the_server_if_a_test_uses_only_that(
    cognito_identity: Any,
    cognitosync_identity: LogIn,
    cognitosync_server: CognitoSyncServer,
) -> None:
    for client in (cognito_identity, cognitosync_identity().client):
        assert client.meta.endpoint_url == cognitosync_server.url


# --- cognitosync_identity ---------------------------------------------------------


def test_a_guest_can_sync(cognitosync_identity: LogIn) -> None:
    guest = cognitosync_identity()

    assert save_theme(guest, "dark") == guest.identity_id

    guest.dataset("settings").assert_contents({"theme": "dark"})


def test_each_guest_is_another_identity_of_the_same_pool(
    cognitosync_identity: LogIn,
) -> None:
    guest, other = cognitosync_identity(), cognitosync_identity()

    assert guest.identity_id != other.identity_id
    assert guest.identity_pool_id == other.identity_pool_id
    assert guest.credentials["AccessKeyId"] != other.credentials["AccessKeyId"]


def test_a_user_can_sync_from_a_second_device(cognitosync_identity: LogIn) -> None:
    phone = cognitosync_identity(ALICE)
    save_theme(phone, "dark")

    tablet = cognitosync_identity(ALICE)

    assert tablet.identity_id == phone.identity_id
    assert save_theme(tablet, "light") == phone.identity_id
    phone.dataset("settings").assert_contents({"theme": "light"})


@pytest.mark.parametrize(
    "provider",
    [
        "accounts.google.com",
        "api.twitter.com",
        "appleid.apple.com",
        FACEBOOK,
        "www.amazon.com",
        DEVELOPER,
    ],
)
def test_users_of_public_providers_and_developer_users_can_sync(
    cognito_identity: Any, cognitosync_identity: LogIn, provider: str
) -> None:
    user = cognitosync_identity({provider: "alice"})

    assert save_theme(user, "dark") == user.identity_id
    described = cognito_identity.describe_identity(IdentityId=user.identity_id)
    assert described["Logins"] == [provider]


def test_several_logins_are_linked(cognitosync_identity: LogIn) -> None:
    linked = cognitosync_identity({**ALICE, DEVELOPER: "ada"})

    for logins in (ALICE, {DEVELOPER: "ada"}):
        assert cognitosync_identity(logins).identity_id == linked.identity_id


def test_an_identity_can_belong_to_a_pool_of_the_test(
    aws: Aws, cognitosync_identity: LogIn
) -> None:
    pool = aws.client("cognito-identity", "eu-west-1").create_identity_pool(
        IdentityPoolName="players",
        AllowUnauthenticatedIdentities=False,
        DeveloperProviderName="login.game",
    )
    pool_id = pool["IdentityPoolId"]

    ada = cognitosync_identity({"login.game": "ada"}, identity_pool_id=pool_id)

    assert ada.identity_pool_id == pool_id
    assert save_theme(ada, "dark") == ada.identity_id
    with pytest.raises(NotAuthorizedException, match="Unauthenticated access is not"):
        cognitosync_identity(identity_pool_id=pool_id)


def test_a_user_of_another_provider_is_rejected(cognitosync_identity: LogIn) -> None:
    with pytest.raises(NotAuthorizedException, match="not from a supported provider"):
        cognitosync_identity({"login.game": "ada"})


def test_credentials_have_the_form_of_the_api(
    cognito_identity: Any, cognitosync_identity: LogIn
) -> None:
    with time_machine.travel(NOW, tick=False):
        alice = cognitosync_identity(ALICE)
        expected = cognito_identity.get_credentials_for_identity(
            IdentityId=alice.identity_id, Logins=ALICE
        )

    assert alice.credentials == expected["Credentials"]
    assert alice.credentials["Expiration"] == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("logins", "role"), [({}, "unauthenticated"), (ALICE, "authenticated")]
)
def test_credentials_belong_to_a_role(
    cognitosync_identity: LogIn, logins: dict[str, str], role: str
) -> None:
    session = read_session(cognitosync_identity(logins).credentials["SessionToken"])

    assert session is not None
    assert session.role_arn == f"arn:aws:iam::123456789012:role/{role}"


def test_the_text_form_contains_no_secrets(cognitosync_identity: LogIn) -> None:
    guest = cognitosync_identity()

    assert repr(guest) == (
        f"CognitoSyncIdentity(identity_pool_id='{guest.identity_pool_id}', "
        f"identity_id='{guest.identity_id}')"
    )


@pytest.mark.cognitosync(strict_credentials=True)
def test_an_identity_cannot_read_data_of_another_one(
    cognitosync_identity: LogIn,
) -> None:
    guest, alice = cognitosync_identity(), cognitosync_identity(ALICE)
    save_theme(alice, "dark")

    with pytest.raises(guest.client.exceptions.NotAuthorizedException):
        guest.client.list_datasets(**alice)


def test_logging_in_sends_no_requests(
    cognitosync_calls: CallLog,
    cognitosync_faults: Callable[..., Any],
    cognitosync_identity: LogIn,
) -> None:
    cognitosync_faults("*", drop_connection=True, optional=True)

    cognitosync_identity(ALICE)

    assert cognitosync_calls == []
