"""Push sync: devices, their subscriptions, and the messages sent through SNS."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore import xform_name
from moto.sns.models import PlatformEndpoint, sns_backends

from tests.support.aws import REGION, Aws
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)
from tests.support.provokes import provoking

ACCOUNT_ID = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/sync"
PLATFORMS = ["ADM", "APNS", "APNS_SANDBOX", "GCM"]


def make_application(aws: Aws, platform: str = "GCM", region: str = REGION) -> str:
    response = aws.client("sns", region).create_platform_application(
        Name="game", Platform=platform, Attributes={}
    )
    return str(response["PlatformApplicationArn"])


def configure(sync: Any, pool_id: str, *applications: str) -> None:
    sync.set_identity_pool_configuration(
        IdentityPoolId=pool_id,
        PushSync={"ApplicationArns": applications, "RoleArn": ROLE},
    )


@pytest.fixture
def applications(aws: Aws, sync: Any, pool_id: str) -> dict[str, str]:
    """An application for each platform, all configured in the pool."""
    arns = {platform: make_application(aws, platform) for platform in PLATFORMS}
    configure(sync, pool_id, *arns.values())
    return arns


def register(dataset: DatasetUnderTest, token: str, platform: str = "GCM") -> str:
    response = dataset.client.register_device(
        IdentityPoolId=dataset.pool_id,
        IdentityId=dataset.identity_id,
        Platform=platform,
        Token=token,
    )
    return response["DeviceId"]  # type: ignore[no-any-return]


def subscribe(dataset: DatasetUnderTest, device_id: str) -> None:
    dataset.client.subscribe_to_dataset(**dataset.ids, DeviceId=device_id)


def unsubscribe(dataset: DatasetUnderTest, device_id: str) -> None:
    dataset.client.unsubscribe_from_dataset(**dataset.ids, DeviceId=device_id)


def subscribing(error: str) -> list[Any]:
    """Return test parameters: both functions, each marked to provoke the error."""
    return [
        pytest.param(function, marks=pytest.mark.provokes(operation, error))
        for operation, function in (
            ("SubscribeToDataset", subscribe),
            ("UnsubscribeFromDataset", unsubscribe),
        )
    ]


def make_subscriber(
    dataset: DatasetUnderTest, token: str, platform: str = "GCM"
) -> str:
    """Subscribe a new device to a dataset, which is created if it does not exist."""
    if not dataset.list()["DatasetExists"]:
        dataset.write(first="write")
    device_id = register(dataset, token, platform)
    subscribe(dataset, device_id)
    return device_id


def endpoint_of(token: str) -> PlatformEndpoint:
    """Return the only endpoint in moto's SNS with this token."""
    endpoints = sns_backends[ACCOUNT_ID][REGION].platform_endpoints.values()
    (endpoint,) = (endpoint for endpoint in endpoints if endpoint.token == token)
    return endpoint


def pushed_counts(token: str) -> list[int]:
    """Return the sync counts that were pushed to a device."""
    messages = map(json.loads, endpoint_of(token).messages.values())
    return [int(message["data"]["syncCount"]) for message in messages]


# --- RegisterDevice ---------------------------------------------------------------


@pytest.mark.parametrize("platform", PLATFORMS)
def test_device_gets_an_endpoint_in_the_application_for_its_platform(
    aws: Aws, dataset: DatasetUnderTest, applications: dict[str, str], platform: str
) -> None:
    device_id = register(dataset, "token", platform)

    assert str(uuid.UUID(device_id)) == device_id
    sns = aws.client("sns")
    for each, arn in applications.items():
        listed = sns.list_endpoints_by_platform_application(PlatformApplicationArn=arn)
        tokens = [endpoint["Attributes"]["Token"] for endpoint in listed["Endpoints"]]
        assert tokens == (["token"] if each == platform else [])


@pytest.mark.usefixtures("applications")
def test_token_is_registered_once_per_identity_and_platform(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    other_id = make_identity(aws, dataset.pool_id)
    other = DatasetUnderTest(dataset.client, dataset.pool_id, other_id, "settings")

    device_id = register(dataset, "token")

    assert register(dataset, "token") == device_id
    different = {
        device_id,
        register(dataset, "TOKEN"),
        register(dataset, "token", "ADM"),
        register(other, "token"),
    }
    assert len(different) == 4


def test_token_gets_an_endpoint_on_each_platform(
    aws: Aws, dataset: DatasetUnderTest, applications: dict[str, str]
) -> None:
    for platform in PLATFORMS:
        register(dataset, "token", platform)

    sns = aws.client("sns")
    for arn in applications.values():
        listed = sns.list_endpoints_by_platform_application(PlatformApplicationArn=arn)
        assert len(listed["Endpoints"]) == 1


def test_application_can_be_in_another_region(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    arn = make_application(aws, "GCM", "eu-west-1")
    configure(sync, dataset.pool_id, arn)
    make_subscriber(dataset, "phone")

    dataset.write(volume="11")

    (endpoint,) = sns_backends[ACCOUNT_ID]["eu-west-1"].platform_endpoints.values()
    assert len(endpoint.messages) == 1


@pytest.mark.provokes("RegisterDevice", "InvalidConfigurationException")
def test_registering_a_device_requires_push_sync(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    with pytest.raises(
        sync.exceptions.InvalidConfigurationException,
        match=r"operation: Push sync is not configured for platform GCM: PushSync has "
        r"no ApplicationArn for it\. Call SetIdentityPoolConfiguration first\.$",
    ) as caught:
        register(dataset, "token")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.provokes("RegisterDevice", "InvalidConfigurationException")
@pytest.mark.parametrize("platform", PLATFORMS)
def test_registering_a_device_requires_an_application_for_its_platform(
    sync: Any, dataset: DatasetUnderTest, applications: dict[str, str], platform: str
) -> None:
    del applications[platform]
    configure(sync, dataset.pool_id, *applications.values())

    with pytest.raises(
        sync.exceptions.InvalidConfigurationException,
        match=f"operation: Push sync is not configured for platform {platform}: ",
    ):
        register(dataset, "token", platform)


@pytest.mark.provokes("RegisterDevice", "InvalidConfigurationException")
@pytest.mark.parametrize(
    "arn",
    [
        pytest.param(
            f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:app/GCM/other", id="other name"
        ),
        pytest.param(
            f"arn:aws:sns:eu-west-1:{ACCOUNT_ID}:app/GCM/game", id="other region"
        ),
        pytest.param(
            f"arn:aws:sns:{REGION}:222222222222:app/GCM/game", id="other account"
        ),
        pytest.param(
            f"arn:aws:sns:mars-1:{ACCOUNT_ID}:app/GCM/game", id="invalid region"
        ),
    ],
)
def test_application_missing_from_sns_is_rejected(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, arn: str
) -> None:
    make_application(aws)
    configure(sync, dataset.pool_id, arn)

    with pytest.raises(
        sync.exceptions.InvalidConfigurationException,
        match=rf"operation: The platform application {arn} does not exist in SNS\.$",
    ):
        register(dataset, "token")


# --- SubscribeToDataset and UnsubscribeFromDataset --------------------------------


@pytest.mark.usefixtures("applications")
def test_subscribing_and_unsubscribing_return_an_empty_object(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(volume="11")
    path = (
        f"/identitypools/{dataset.pool_id}/identities/{dataset.identity_id}"
        f"/datasets/settings/subscriptions/{register(dataset, 'token')}"
    )

    assert aws.send("POST", path).body == b"{}"
    assert aws.send("DELETE", path).body == b"{}"


@pytest.mark.provokes("SubscribeToDataset", "ResourceNotFoundException")
@pytest.mark.usefixtures("applications")
@pytest.mark.parametrize("was_deleted", [False, True])
def test_subscribing_requires_an_existing_dataset(
    sync: Any, dataset: DatasetUnderTest, was_deleted: bool
) -> None:
    if was_deleted:
        dataset.write(volume="11")
        dataset.delete()
    device_id = register(dataset, "token")

    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=r"operation: Dataset 'settings' not found\.$",
    ):
        subscribe(dataset, device_id)


@pytest.mark.usefixtures("applications")
@pytest.mark.parametrize("operation", subscribing("ResourceNotFoundException"))
@pytest.mark.parametrize("is_foreign", [False, True])
def test_unknown_device_is_not_found(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, operation: Any, is_foreign: bool
) -> None:
    other_id = make_identity(aws, dataset.pool_id)
    other = DatasetUnderTest(sync, dataset.pool_id, other_id, "settings")
    dataset.write(volume="11")
    device_id = make_subscriber(other, "token") if is_foreign else "phone"

    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: Device '{device_id}' not found\.$",
    ):
        operation(dataset, device_id)


@pytest.mark.provokes("UnsubscribeFromDataset", "ResourceNotFoundException")
@pytest.mark.usefixtures("applications")
@pytest.mark.parametrize("history", ["never", "another dataset", "unsubscribed"])
def test_device_that_is_not_subscribed_cannot_unsubscribe(
    sync: Any, dataset: DatasetUnderTest, history: str
) -> None:
    dataset.write(volume="11")
    device_id = register(dataset, "token")
    if history == "another dataset":
        make_subscriber(dataset.named("saves"), "token")
    elif history == "unsubscribed":
        subscribe(dataset, device_id)
        subscribe(dataset, device_id)
        unsubscribe(dataset, device_id)

    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: Device '{device_id}' is not subscribed to dataset "
        r"'settings'\.$",
    ):
        unsubscribe(dataset, device_id)


@pytest.mark.usefixtures("applications")
@pytest.mark.parametrize("operation", subscribing("InvalidConfigurationException"))
def test_subscribing_and_unsubscribing_require_push_sync(
    sync: Any, dataset: DatasetUnderTest, operation: Any
) -> None:
    device_id = make_subscriber(dataset, "token")
    sync.set_identity_pool_configuration(IdentityPoolId=dataset.pool_id, PushSync={})

    with pytest.raises(
        sync.exceptions.InvalidConfigurationException,
        match=r"operation: Push sync is not configured for this identity pool\. "
        r"Call SetIdentityPoolConfiguration first\.$",
    ):
        operation(dataset, device_id)


# Required parameters of each operation, except for the pool and the identity.
REQUIRED = {
    "RegisterDevice": {"Platform": "GCM", "Token": "token"},
    "SubscribeToDataset": {"DatasetName": "settings", "DeviceId": "phone"},
    "UnsubscribeFromDataset": {"DatasetName": "settings", "DeviceId": "phone"},
}


@pytest.mark.parametrize("operation", provoking("ResourceNotFoundException", REQUIRED))
@pytest.mark.parametrize("unknown", ["Identity", "IdentityPool"])
def test_unknown_identity_or_pool_is_not_found(
    sync: Any, pool_id: str, identity_id: str, operation: str, unknown: str
) -> None:
    ids = {"IdentityPoolId": pool_id, "IdentityId": identity_id}

    with pytest.raises(
        sync.exceptions.ResourceNotFoundException,
        match=rf"operation: {unknown} 'abc:123af' not found\.$",
    ):
        getattr(sync, xform_name(operation))(
            **ids | {f"{unknown}Id": "abc:123af"}, **REQUIRED[operation]
        )


# --- Pushed messages --------------------------------------------------------------


@pytest.mark.usefixtures("applications")
@pytest.mark.parametrize(
    ("platform", "extra"),
    [
        ("ADM", {}),
        ("APNS", {"aps": {"content-available": 1}}),
        ("APNS_SANDBOX", {"aps": {"content-available": 1}}),
        ("GCM", {}),
    ],
)
def test_message_uses_the_format_of_its_platform(
    dataset: DatasetUnderTest, platform: str, extra: dict[str, Any]
) -> None:
    make_subscriber(dataset, "token", platform)

    dataset.write(volume="11")

    (message,) = endpoint_of("token").messages.values()
    assert json.loads(message) == extra | {
        "data": {
            "source": "cognito-sync",
            "identityPoolId": dataset.pool_id,
            "identityId": dataset.identity_id,
            "datasetName": "settings",
            "syncCount": "2",
        }
    }


@pytest.mark.usefixtures("applications")
def test_device_is_notified_of_each_write(dataset: DatasetUnderTest) -> None:
    make_subscriber(dataset, "phone")

    dataset.write(volume="11", theme="dark")
    dataset.patch(remove("theme", 2))
    dataset.write(volume="3")

    assert pushed_counts("phone") == [2, 3, 4]


@pytest.mark.usefixtures("applications")
def test_device_is_notified_of_writes_by_others(
    dataset: DatasetUnderTest,
) -> None:
    phone = make_subscriber(dataset, "phone")
    tablet = make_subscriber(dataset, "tablet")
    register(dataset, "not subscribed")

    dataset.patch(replace("volume", "11"), DeviceId=phone)
    dataset.patch(replace("volume", "3", sync_count=2), DeviceId=tablet)
    dataset.patch(replace("volume", "7", sync_count=3))
    dataset.patch(replace("volume", "9", sync_count=4), DeviceId="never registered")

    assert pushed_counts("phone") == [3, 4, 5]
    assert pushed_counts("tablet") == [2, 4, 5]
    assert pushed_counts("not subscribed") == []


@pytest.mark.usefixtures("applications")
def test_requests_that_change_nothing_push_no_message(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    make_subscriber(dataset, "phone")

    dataset.list()
    dataset.patch()
    with pytest.raises(sync.exceptions.ResourceConflictException):
        dataset.patch(replace("first", "stale"))

    assert pushed_counts("phone") == []


@pytest.mark.usefixtures("applications")
def test_device_is_notified_only_of_datasets_it_subscribed_to(
    aws: Aws, sync: Any, dataset: DatasetUnderTest
) -> None:
    other_id = make_identity(aws, dataset.pool_id)
    make_subscriber(dataset, "phone")
    make_subscriber(dataset.named("saves"), "phone")

    dataset.named("saves").write(slot="1")
    dataset.named("another").write(slot="1")
    DatasetUnderTest(sync, dataset.pool_id, other_id, "settings").write(volume="11")

    (message,) = endpoint_of("phone").messages.values()
    assert json.loads(message)["data"]["datasetName"] == "saves"


@pytest.mark.usefixtures("applications")
def test_subscribing_twice_does_not_duplicate_messages(
    dataset: DatasetUnderTest,
) -> None:
    device_id = make_subscriber(dataset, "phone")
    subscribe(dataset, device_id)

    dataset.write(volume="11")

    assert pushed_counts("phone") == [2]


@pytest.mark.usefixtures("applications")
def test_unsubscribed_device_is_no_longer_notified(dataset: DatasetUnderTest) -> None:
    phone = make_subscriber(dataset, "phone")
    make_subscriber(dataset, "tablet")
    dataset.write(volume="11")

    unsubscribe(dataset, phone)
    dataset.write(volume="3")

    assert pushed_counts("phone") == [2]
    assert pushed_counts("tablet") == [2, 3]


@pytest.mark.usefixtures("applications")
def test_deleting_a_dataset_ends_its_subscriptions(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    phone = make_subscriber(dataset, "phone")
    make_subscriber(dataset.named("saves"), "phone")

    dataset.delete()
    dataset.write(volume="11")
    assert pushed_counts("phone") == []
    with pytest.raises(
        sync.exceptions.ResourceNotFoundException, match="is not subscribed"
    ):
        unsubscribe(dataset, phone)

    dataset.named("saves").write(slot="1")
    assert pushed_counts("phone") == [2]


@pytest.mark.usefixtures("applications")
def test_no_device_is_notified_after_push_sync_is_turned_off(
    sync: Any, dataset: DatasetUnderTest
) -> None:
    make_subscriber(dataset, "phone")
    sync.set_identity_pool_configuration(IdentityPoolId=dataset.pool_id, PushSync={})

    dataset.write(volume="11")

    assert pushed_counts("phone") == []


def test_devices_in_other_pools_are_not_notified(
    aws: Aws, sync: Any, dataset: DatasetUnderTest, applications: dict[str, str]
) -> None:
    other_pool = make_pool(aws)
    configure(sync, other_pool, *applications.values())
    identity_id = make_identity(aws, other_pool)
    other = DatasetUnderTest(sync, other_pool, identity_id, "settings")
    make_subscriber(dataset, "phone")
    make_subscriber(other, "tablet")

    dataset.write(volume="11")

    assert (pushed_counts("phone"), pushed_counts("tablet")) == ([2], [])


# --- Unreachable endpoints --------------------------------------------------------


@pytest.mark.usefixtures("applications")
def test_disabled_endpoint_is_skipped_until_it_is_enabled(
    aws: Aws, dataset: DatasetUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    sns = aws.client("sns")
    make_subscriber(dataset, "phone")
    make_subscriber(dataset, "tablet")

    arn = endpoint_of("phone").arn
    sns.set_endpoint_attributes(EndpointArn=arn, Attributes={"Enabled": "false"})
    dataset.write(volume="11")
    sns.set_endpoint_attributes(EndpointArn=arn, Attributes={"Enabled": "true"})
    dataset.write(volume="3")

    assert (pushed_counts("phone"), pushed_counts("tablet")) == ([3], [2, 3])
    assert caplog.text == ""  # not logged as a failure


@pytest.mark.parametrize("deleted", ["endpoint", "application"])
def test_deleted_endpoint_is_skipped(
    aws: Aws,
    dataset: DatasetUnderTest,
    applications: dict[str, str],
    deleted: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sns = aws.client("sns")
    make_subscriber(dataset, "phone")
    make_subscriber(dataset, "tablet", "ADM")
    if deleted == "endpoint":
        sns.delete_endpoint(EndpointArn=endpoint_of("phone").arn)
    else:
        arn = applications["GCM"]
        sns.delete_platform_application(PlatformApplicationArn=arn)

    dataset.write(volume="11")

    assert dataset.records()["volume"]["Value"] == "11"
    assert pushed_counts("tablet") == [2]
    assert caplog.text == ""  # not logged as a failure


@pytest.mark.usefixtures("applications")
def test_registering_again_replaces_a_deleted_endpoint(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    device_id = make_subscriber(dataset, "phone")
    aws.client("sns").delete_endpoint(EndpointArn=endpoint_of("phone").arn)

    assert register(dataset, "phone") == device_id
    dataset.write(volume="11")

    assert pushed_counts("phone") == [2]


@pytest.mark.usefixtures("applications")
def test_device_can_register_again_while_its_endpoint_is_disabled(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    device_id = register(dataset, "phone")
    aws.client("sns").set_endpoint_attributes(
        EndpointArn=endpoint_of("phone").arn, Attributes={"Enabled": "false"}
    )

    assert register(dataset, "phone") == device_id
