"""The errors that only Amazon Cognito Sync has.

Each class is named after its error code. HTTP statuses come from the service model.
"""

from __future__ import annotations

from moto_cognitosync.core.exceptions import ServiceError


class InvalidConfigurationException(ServiceError):
    """Push sync is not configured for the pool or the platform."""


class DuplicateRequestException(ServiceError):
    """A bulk publish is still in progress."""


class AlreadyStreamedException(ServiceError):
    """A bulk publish succeeded less than 24 hours ago."""


class InvalidLambdaFunctionOutputException(ServiceError):
    """The SyncTrigger failed or returned invalid output."""


class LambdaThrottledException(ServiceError):
    """The SyncTrigger is throttled."""


class LambdaSocketTimeoutException(ServiceError):
    """The SyncTrigger timed out. Documented, but missing from botocore's model."""
