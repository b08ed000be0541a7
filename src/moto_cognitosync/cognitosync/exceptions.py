"""The errors of Amazon Cognito Sync.

Each class is named after its error code. HTTP statuses come from the service model;
``http_status`` is set only for errors that the model does not define.
"""

from __future__ import annotations

from moto_cognitosync.core.exceptions import (
    InvalidParameterException as InvalidParameterException,  # noqa: PLC0414
)
from moto_cognitosync.core.exceptions import ServiceError


class NotAuthorizedException(ServiceError):
    """The credentials are not valid for this resource."""


class InternalErrorException(ServiceError):
    """The service failed."""


class ResourceNotFoundException(ServiceError):
    """The pool, identity, dataset, device or subscription does not exist."""


class TooManyRequestsException(ServiceError):
    """The caller is throttled."""


class ResourceConflictException(ServiceError):
    """The resource was changed in the meantime."""


class LimitExceededException(ServiceError):
    """A write would exceed a limit of the service."""


class InvalidConfigurationException(ServiceError):
    """Push sync is not configured for the pool or the platform."""


class DuplicateRequestException(ServiceError):
    """A bulk publish is still in progress."""


class AlreadyStreamedException(ServiceError):
    """A bulk publish succeeded less than 24 hours ago."""


class ConcurrentModificationException(ServiceError):
    """Another request is changing the configuration."""


class InvalidLambdaFunctionOutputException(ServiceError):
    """The SyncTrigger failed or returned invalid output."""


class LambdaThrottledException(ServiceError):
    """The SyncTrigger is throttled."""


class LambdaSocketTimeoutException(ServiceError):
    """The SyncTrigger timed out. Documented, but missing from botocore's model."""


class AccessDeniedException(ServiceError):
    """No IAM policy allows the call, or a policy denies it. Not in the model."""

    http_status = 403
    message_key = "Message"  # capitalized, as observed on AWS


class InvalidSignatureException(ServiceError):
    """The signature is incomplete or does not match. Not in the model."""

    http_status = 403


class UnrecognizedClientException(ServiceError):
    """The access key does not exist. Not in the model."""

    http_status = 403


class MissingAuthenticationTokenException(ServiceError):
    """The request is not signed. Not in the model."""

    http_status = 403
