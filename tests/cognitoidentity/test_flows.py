"""Applications use Cognito Identity and Cognito Sync from end to end."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from freezegun import freeze_time
from moto.core import set_initial_no_auth_action_count

from tests.core.test_accounts_and_regions import (
    OTHER_ACCOUNT,
    InOtherAccount,
    key_of_role,
)
from tests.support.apps import (
    DEVELOPER,
    FACEBOOK,
    GOOGLE,
    App,
    client_of_identity,
    make_pool_with_logins,
)
from tests.support.aws import Aws
from tests.support.datasets import NOW, DatasetUnderTest

ALICE = {FACEBOOK: "alice"}
ALICE_AT_GOOGLE = {GOOGLE: "alice@example.com"}


@pytest.fixture
def identities(aws: Aws) -> Any:
    """A client with the developer's credentials."""
    return aws.client("cognito-identity")


@pytest.fixture
def pool_id(identities: Any) -> str:
    return make_pool_with_logins(identities)


@pytest.fixture
def phone(aws: Aws, pool_id: str) -> App:
    return App(aws, pool_id)


@pytest.fixture
def tablet(aws: Aws, pool_id: str) -> App:
    return App(aws, pool_id)


def values_of(dataset: DatasetUnderTest) -> dict[str, str]:
    return {key: each["Value"] for key, each in dataset.records().items()}


def logins_of(identities: Any, identity_id: str) -> list[str]:
    described = identities.describe_identity(IdentityId=identity_id)
    return described.get("Logins", [])  # type: ignore[no-any-return]


# --- Developer users --------------------------------------------------------------


def test_developer_user_syncs_on_two_devices(
    identities: Any, pool_id: str, phone: App, tablet: App
) -> None:
    def log_in_on_backend() -> Any:
        return identities.get_open_id_token_for_developer_identity(
            IdentityPoolId=pool_id, Logins={DEVELOPER: "alice"}
        )

    phone.log_in_as_developer_user(log_in_on_backend())
    phone.dataset().write(theme="dark")

    tablet.log_in_as_developer_user(log_in_on_backend())
    tablet.dataset().write(volume="11")

    assert tablet.identity_id == phone.identity_id
    assert values_of(phone.dataset()) == {"theme": "dark", "volume": "11"}
    assert phone.dataset().describe()["LastModifiedBy"] == phone.identity_id
    assert logins_of(identities, phone.identity_id) == [DEVELOPER]


def test_guest_becomes_a_developer_user(
    identities: Any, pool_id: str, phone: App, tablet: App
) -> None:
    phone.log_in()
    guest_id = phone.identity_id
    phone.dataset().write(theme="dark")

    linked = identities.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool_id, IdentityId=guest_id, Logins={DEVELOPER: "alice"}
    )
    phone.log_in_as_developer_user(linked)
    again = identities.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool_id, Logins={DEVELOPER: "alice"}
    )
    tablet.log_in_as_developer_user(again)

    assert phone.identity_id == tablet.identity_id == guest_id
    assert values_of(tablet.dataset()) == {"theme": "dark"}


def test_merge_of_two_developer_users_is_reported_to_the_next_sync(
    identities: Any, pool_id: str, phone: App, tablet: App
) -> None:
    for app, user in ((phone, "alice"), (tablet, "alice@example.com")):
        response = identities.get_open_id_token_for_developer_identity(
            IdentityPoolId=pool_id, Logins={DEVELOPER: user}
        )
        app.log_in_as_developer_user(response)
        app.dataset().write(user=user)

    merged = identities.merge_developer_identities(
        SourceUserIdentifier="alice@example.com",
        DestinationUserIdentifier="alice",
        DeveloperProviderName=DEVELOPER,
        IdentityPoolId=pool_id,
    )

    assert merged["IdentityId"] == phone.identity_id
    (name,) = phone.dataset().list()["MergedDatasetNames"]
    assert name == f"settings.{tablet.identity_id}"
    assert values_of(phone.dataset(name)) == {"user": "alice@example.com"}
    found = identities.lookup_developer_identity(
        IdentityPoolId=pool_id, DeveloperUserIdentifier="alice@example.com"
    )
    assert found["IdentityId"] == phone.identity_id


# --- Guests -----------------------------------------------------------------------


def test_guest_with_a_new_login_keeps_its_id_and_data(
    identities: Any, phone: App, tablet: App
) -> None:
    phone.log_in()
    guest_id = phone.identity_id
    phone.dataset().write(theme="dark")

    phone.log_in(ALICE)
    phone.dataset().write(volume="11")
    tablet.log_in(ALICE)

    assert phone.identity_id == tablet.identity_id == guest_id
    assert logins_of(identities, guest_id) == [FACEBOOK]
    assert values_of(tablet.dataset()) == {"theme": "dark", "volume": "11"}
    assert "MergedDatasetNames" not in tablet.dataset().list()


def test_guest_with_a_known_login_is_merged_until_the_app_resolves_the_merge(
    identities: Any, phone: App, tablet: App
) -> None:
    tablet.log_in(ALICE)
    tablet.dataset().write(theme="dark")
    phone.log_in()
    guest_id = phone.identity_id
    phone.dataset().write(theme="light", volume="11")
    phone.dataset("scores").write(level="3")

    phone.log_in(ALICE)

    assert phone.identity_id == tablet.identity_id
    assert values_of(phone.dataset("scores")) == {"level": "3"}
    settings = phone.dataset()
    assert values_of(settings) == {"theme": "dark"}
    (name,) = settings.list()["MergedDatasetNames"]
    assert name == f"settings.{guest_id}"
    merged = phone.dataset(name)
    assert values_of(merged) == {"theme": "light", "volume": "11"}

    settings.write(volume=merged.records()["volume"]["Value"])
    merged.delete()

    assert "MergedDatasetNames" not in tablet.dataset().list()
    assert values_of(tablet.dataset()) == {"theme": "dark", "volume": "11"}
    with pytest.raises(identities.exceptions.NotAuthorizedException) as caught:
        identities.get_credentials_for_identity(IdentityId=guest_id)
    assert caught.value.response["Error"]["Message"] == (
        f"Access to Identity '{guest_id}' is forbidden."
    )


def test_logged_in_user_is_not_available_to_guests(phone: App) -> None:
    phone.log_in(ALICE)

    exceptions = phone.identities.exceptions
    with pytest.raises(exceptions.NotAuthorizedException, match=r"is forbidden\.$"):
        phone.log_in()


# --- Several providers ------------------------------------------------------------


def test_either_of_two_linked_providers_finds_the_same_data(
    identities: Any, phone: App, tablet: App
) -> None:
    phone.log_in(ALICE)
    phone.dataset().write(theme="dark")
    phone.log_in(ALICE | ALICE_AT_GOOGLE)

    tablet.log_in(ALICE_AT_GOOGLE)

    assert tablet.identity_id == phone.identity_id
    assert values_of(tablet.dataset()) == {"theme": "dark"}
    assert set(logins_of(identities, phone.identity_id)) == {FACEBOOK, GOOGLE}


def test_linking_two_known_users_merges_their_data(phone: App, tablet: App) -> None:
    phone.log_in(ALICE)
    phone.dataset().write(theme="dark")
    tablet.log_in(ALICE_AT_GOOGLE)
    tablet.dataset().write(theme="light")
    old_id = tablet.identity_id

    phone.log_in(ALICE | ALICE_AT_GOOGLE)

    assert phone.dataset().list()["MergedDatasetNames"] == [f"settings.{old_id}"]
    tablet.identity_id = ""
    tablet.log_in(ALICE_AT_GOOGLE)
    assert tablet.identity_id == phone.identity_id


def test_unlinked_login_starts_with_a_new_identity(
    identities: Any, phone: App, tablet: App
) -> None:
    phone.log_in(ALICE)
    phone.log_in(ALICE | ALICE_AT_GOOGLE)
    phone.dataset().write(theme="dark")

    identities.unlink_identity(
        IdentityId=phone.identity_id, Logins=ALICE, LoginsToRemove=[GOOGLE]
    )
    tablet.log_in(ALICE_AT_GOOGLE)

    assert tablet.identity_id != phone.identity_id
    assert tablet.dataset().list()["DatasetExists"] is False
    assert logins_of(identities, phone.identity_id) == [FACEBOOK]


# --- A clean-up script ------------------------------------------------------------


def delete_old_guests(identities: Any, pool_id: str, before: datetime) -> int:
    """Delete the guests that have not changed since a date, and return their number."""
    old: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = identities.list_identities(IdentityPoolId=pool_id, MaxResults=2, **token)
        old += [
            each["IdentityId"]
            for each in page["Identities"]
            if not each.get("Logins") and each["LastModifiedDate"] < before
        ]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    response = identities.delete_identities(IdentityIdsToDelete=old)
    assert response["UnprocessedIdentityIds"] == []
    return len(old)


def test_clean_up_script_deletes_old_guests_with_their_data(
    aws: Aws, identities: Any, pool_id: str
) -> None:
    old, users, new = ([App(aws, pool_id) for _ in range(3)] for _ in range(3))
    with freeze_time(NOW):
        for app in old:
            app.log_in()
        for number, app in enumerate(users):
            app.log_in({FACEBOOK: f"user-{number}"})
    with freeze_time(NOW + timedelta(days=90)):
        for app in new:
            app.log_in()
        for app in (*old, *users, *new):
            app.dataset().write(theme="dark")

        count = delete_old_guests(identities, pool_id, NOW + timedelta(days=30))

    assert count == len(old)
    kept = identities.list_identities(IdentityPoolId=pool_id, MaxResults=60)
    assert [each["IdentityId"] for each in kept["Identities"]] == [
        app.identity_id for app in (*users, *new)
    ]
    assert all(values_of(app.dataset()) == {"theme": "dark"} for app in (*users, *new))
    developer = aws.client("cognito-sync")
    usage = developer.describe_identity_pool_usage(IdentityPoolId=pool_id)
    assert usage["IdentityPoolUsage"]["DataStorage"] == sum(
        app.dataset().describe()["DataStorage"] for app in (*users, *new)
    )
    exceptions = old[0].identities.exceptions
    with pytest.raises(exceptions.ResourceNotFoundException) as caught:
        old[0].log_in()
    assert caught.value.response["Error"]["Message"] == (
        f"Identity '{old[0].identity_id}' not found."
    )


# --- Regions and accounts ---------------------------------------------------------


def test_unsigned_calls_find_the_region_through_the_id(aws: Aws) -> None:
    region = "eu-west-1"
    developer = aws.client("cognito-identity", region)
    app = App(aws, make_pool_with_logins(developer))

    app.log_in()
    app.log_in(ALICE | ALICE_AT_GOOGLE)
    app.dataset().write(theme="dark")
    user = {"IdentityId": app.identity_id, "Logins": ALICE}
    token = app.identities.get_open_id_token(**user)
    app.identities.unlink_identity(**user, LoginsToRemove=[GOOGLE])

    assert app.identity_id.startswith(f"{region}:")
    assert token["IdentityId"] == app.identity_id
    assert logins_of(developer, app.identity_id) == [FACEBOOK]
    synced = DatasetUnderTest(
        aws.client("cognito-sync", region), app.pool_id, app.identity_id, "settings"
    )
    assert values_of(synced) == {"theme": "dark"}


@pytest.mark.parametrize("owner", ["header", "role"])
def test_identities_of_a_pool_in_another_account_sync_there(
    aws: Aws, owner: str
) -> None:
    def client_of_owner(service: str) -> Any:
        if owner == "header":
            return InOtherAccount(aws).client(service)
        return aws.client(service, **key_of_role(aws, OTHER_ACCOUNT))

    app = App(aws, make_pool_with_logins(client_of_owner("cognito-identity")))

    app.log_in()
    app.log_in(ALICE)
    app.dataset().write(theme="dark")

    ids = app.pool_id, app.identity_id, "settings"
    there = DatasetUnderTest(client_of_owner("cognito-sync"), *ids)
    assert values_of(there) == {"theme": "dark"}
    assert there.describe()["LastModifiedBy"] == app.identity_id
    here = DatasetUnderTest(aws.client("cognito-sync"), *ids)
    with pytest.raises(here.client.exceptions.ResourceNotFoundException):
        here.describe()


# --- IAM --------------------------------------------------------------------------


@set_initial_no_auth_action_count(0)
def error_with_iam(call: Any, *arguments: Any, **keywords: Any) -> str | None:
    """Make a call while moto enforces IAM policies, and return its error code."""
    try:
        call(*arguments, **keywords)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def make_role(aws: Aws, name: str, pool_id: str, *actions: str) -> str:
    """Create a role that allows actions on the datasets of the identity itself."""
    iam = aws.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": "cognito-identity.amazonaws.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {"cognito-identity.amazonaws.com:aud": pool_id},
            "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": name},
        },
    }
    aud, sub = (f"${{cognito-identity.amazonaws.com:{key}}}" for key in ("aud", "sub"))
    own_identity = f"arn:aws:cognito-sync:us-east-1:*:identitypool/{aud}/identity/{sub}"
    own_data = {
        "Effect": "Allow",
        "Action": [f"cognito-sync:{action}" for action in actions],
        "Resource": f"{own_identity}/*",
    }

    def document(statement: dict[str, Any]) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(
        RoleName=name, PolicyName="sync", PolicyDocument=document(own_data)
    )
    return str(role["Role"]["Arn"])


@pytest.fixture
def _roles(aws: Aws, identities: Any, pool_id: str) -> None:
    """Guests may read their own datasets; users may also write to them."""
    roles = {
        "unauthenticated": ("ListRecords",),
        "authenticated": ("ListRecords", "UpdateRecords"),
    }
    identities.set_identity_pool_roles(
        IdentityPoolId=pool_id,
        Roles={
            name: make_role(aws, name, pool_id, *actions)
            for name, actions in roles.items()
        },
    )


@pytest.mark.usefixtures("_roles")
def test_role_of_the_pool_decides_what_an_identity_may_do(
    phone: App, tablet: App
) -> None:
    patch = {"Op": "replace", "Key": "theme", "Value": "dark", "SyncCount": 0}
    phone.log_in()
    tablet.log_in()
    token = phone.dataset().token()

    def write() -> None:
        phone.dataset().patch(patch, SyncSessionToken=token)

    assert error_with_iam(phone.dataset().list) is None
    assert error_with_iam(write) == "AccessDeniedException"

    phone.log_in(ALICE)

    assert error_with_iam(write) is None
    assert error_with_iam(phone.dataset().delete) == "AccessDeniedException"
    someone_else = phone.dataset().ids | {"IdentityId": tablet.identity_id}
    assert (
        error_with_iam(phone.sync.list_records, **someone_else)
        == "AccessDeniedException"
    )


@pytest.mark.usefixtures("_roles")
@pytest.mark.parametrize(
    ("logins", "role"), [(None, "unauthenticated"), (ALICE, "authenticated")]
)
def test_credentials_belong_to_a_session_of_the_role(
    aws: Aws, identities: Any, phone: App, logins: dict[str, str] | None, role: str
) -> None:
    phone.log_in(logins)
    credentials = identities.get_credentials_for_identity(
        IdentityId=phone.identity_id, **({"Logins": logins} if logins else {})
    )["Credentials"]

    sts = client_of_identity(aws, credentials, service="sts")

    assert sts.get_caller_identity()["Arn"] == (
        f"arn:aws:sts::123456789012:assumed-role/{role}/CognitoIdentityCredentials"
    )
