"""Push sync: SNS notifications for devices that subscribed to a dataset."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from moto_cognitosync.cognitosync.exceptions import InvalidConfigurationException

from .arns import region_of

if TYPE_CHECKING:
    from moto_cognitosync.cognitosync.store.datasets import Dataset, Device


def application_arn(push_sync: dict[str, Any] | None, platform: str) -> str:
    """Return the ARN of a pool's SNS platform application for a platform.

    :param push_sync: the pool's ``PushSync`` structure; None if not configured.
    :param platform: for example ``APNS`` or ``GCM``.
    :raises InvalidConfigurationException: if the pool has no application for the
        platform.
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
    """Check that push sync is configured.

    :raises InvalidConfigurationException: if push sync is not configured.
    """
    if push_sync is None:
        raise InvalidConfigurationException(
            "Push sync is not configured for this identity pool. "
            "Call SetIdentityPoolConfiguration first."
        )


def find_application(account_id: str, arn: str) -> Any:
    """Return an SNS platform application.

    :return: a moto ``PlatformApplication``.
    :raises InvalidConfigurationException: if the application does not exist in SNS.
    """
    from moto.sns.exceptions import SNSNotFoundError

    try:
        return _sns(account_id, arn).get_application(arn)
    except (KeyError, SNSNotFoundError):
        raise InvalidConfigurationException(
            f"The platform application {arn} does not exist in SNS."
        ) from None


def create_endpoint(account_id: str, application: Any, token: str) -> str:
    """Create a platform endpoint for a device token, or return the existing one.

    :param application: the result of :func:`find_application`.
    :return: ARN of the endpoint.
    """
    from moto.sns.models import PlatformEndpoint

    sns = _sns(account_id, application.arn)
    for endpoint in sns.platform_endpoints.copy().values():
        if endpoint.application is application and endpoint.token == token:
            return str(endpoint.arn)
    # Not created through SNS, because moto allows a token in only one application.
    created: Any = PlatformEndpoint(
        account_id, sns.region_name, application, "", token, attributes={}
    )
    sns.platform_endpoints[created.arn] = created
    return str(created.arn)


def message(device: Device, pool_id: str, dataset: Dataset) -> str:
    """Return the message for a changed dataset, as JSON for the device's platform.

    The keys under ``data`` follow the Amazon Cognito developer guide, "Push sync". All
    values are strings, because the AWS SDKs expect strings.
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
        payload["aps"] = {"content-available": 1}  # a silent notification
    return json.dumps(payload)


def publish(account_id: str, device: Device, text: str) -> None:
    """Send a message to a device, unless its endpoint is disabled or deleted."""
    from moto.sns.exceptions import SnsEndpointDisabled, SNSNotFoundError

    with suppress(KeyError, SnsEndpointDisabled, SNSNotFoundError):
        _sns(account_id, device.endpoint_arn).publish(text, device.endpoint_arn)


def _sns(account_id: str, arn: str) -> Any:
    """Return the SNS backend for the region of an ARN.

    :raises KeyError: if the region does not exist.
    """
    from moto.sns.models import sns_backends

    return sns_backends[account_id][region_of(arn)]
