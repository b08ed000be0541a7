"""Push sync: devices, and what they are told through SNS when a dataset changes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moto_cognitosync.cognitosync.exceptions import InvalidConfigurationException

from .arns import region_of

if TYPE_CHECKING:
    from moto_cognitosync.cognitosync.store.datasets import Dataset, Device


def application_arn(push_sync: dict[str, Any] | None, platform: str) -> str:
    """Find the platform application that a pool is configured with.

    :raises InvalidConfigurationException: there is none for this platform.
    """
    arns: list[str] = (push_sync or {}).get("ApplicationArns", [])
    for arn in arns:
        if f":app/{platform}/" in arn:
            return arn
    raise InvalidConfigurationException(
        f"Push sync is not configured for platform {platform}: PushSync has no "
        "ApplicationArn for it. Call SetIdentityPoolConfiguration first."
    )


def check_configured(push_sync: dict[str, Any] | None) -> None:
    """Refuse to subscribe where nothing can be pushed.

    :raises InvalidConfigurationException: push sync is not configured.
    """
    if push_sync is None:
        raise InvalidConfigurationException(
            "Push sync is not configured for this identity pool. "
            "Call SetIdentityPoolConfiguration first."
        )


def find_application(account_id: str, arn: str) -> Any:
    """Return a platform application of SNS.

    :raises InvalidConfigurationException: SNS has no such application.
    """
    from moto.sns.exceptions import SNSNotFoundError

    try:
        return _sns(account_id, arn).get_application(arn)
    except (KeyError, SNSNotFoundError):
        raise InvalidConfigurationException(
            f"The platform application {arn} does not exist in SNS."
        ) from None


def create_endpoint(account_id: str, arn: str, token: str) -> str:
    """Make the platform endpoint for a device's token, or return the one there is.

    :param arn: of the platform application.
    :return: the endpoint's ARN.
    :raises InvalidConfigurationException: SNS has no such application.
    """
    from moto.sns.models import PlatformEndpoint

    application = find_application(account_id, arn)
    sns = _sns(account_id, arn)
    for endpoint in sns.platform_endpoints.values():
        if endpoint.application is application and endpoint.token == token:
            return str(endpoint.arn)
    # Not by SNS itself: moto's takes one token for one endpoint in all applications.
    made: Any = PlatformEndpoint(
        account_id, sns.region_name, application, "", token, attributes={}
    )
    sns.platform_endpoints[made.arn] = made
    return str(made.arn)


def message(device: Device, pool_id: str, dataset: Dataset) -> str:
    """Write what a device is told of a dataset that has changed, as its platform asks.

    The keys under ``data`` are those of the Amazon Cognito developer guide, "Push
    sync"; the service's own clients read all values as strings.
    """
    payload: dict[str, Any] = {
        "data": {
            "source": "cognito-sync",
            "identityPoolId": pool_id,
            "identityId": dataset.identity_id,
            "datasetName": dataset.name,
            "syncCount": str(dataset.sync_count),
        }
    }
    if device.platform.startswith("APNS"):
        payload["aps"] = {"content-available": 1}  # wakes the app without a sound
    return json.dumps(payload)


def publish(account_id: str, device: Device, text: str) -> None:
    """Send a message to a device. An endpoint that is off or gone is passed over."""
    from moto.sns.exceptions import SnsEndpointDisabled, SNSNotFoundError

    with suppress(KeyError, SnsEndpointDisabled, SNSNotFoundError):
        _sns(account_id, device.endpoint_arn).publish(text, device.endpoint_arn)


def _sns(account_id: str, arn: str) -> Any:
    """Find SNS in the region of an ARN.

    :raises KeyError: there is no such region.
    """
    from moto.sns.models import sns_backends

    return sns_backends[account_id][region_of(arn)]
