"""The errors of Amazon Cognito Sync.

Each class has the name of the error on the wire. HTTP statuses come from the service
model; ``http_status`` is set only where the model does not define the error.
"""

from __future__ import annotations

from moto_cognitosync.core.exceptions import (
    InvalidParameterException as InvalidParameterException,  # noqa: PLC0414
)
from moto_cognitosync.core.exceptions import ServiceError


class NotAuthorizedException(ServiceError):
    """The caller may not reach this resource."""


class InternalErrorException(ServiceError):
    """The service itself failed."""


class ResourceNotFoundException(ServiceError):
    """The pool, the identity or the dataset does not exist."""


class TooManyRequestsException(ServiceError):
    """The caller is throttled."""


class ResourceConflictException(ServiceError):
    """Someone else has changed the resource in the meantime."""


class LimitExceededException(ServiceError):
    """A write would go beyond a limit of the service."""


class InvalidConfigurationException(ServiceError):
    """The pool is not configured for what was asked."""


class DuplicateRequestException(ServiceError):
    """A bulk publish is still in progress."""


class AlreadyStreamedException(ServiceError):
    """A bulk publish has succeeded less than 24 hours ago."""


class ConcurrentModificationException(ServiceError):
    """The configuration is being changed by someone else."""


class InvalidLambdaFunctionOutputException(ServiceError):
    """The pool's trigger failed, or returned what it must not."""


class LambdaThrottledException(ServiceError):
    """The pool's trigger is throttled."""


class LambdaSocketTimeoutException(ServiceError):
    """The pool's trigger took too long. Documented, but missing in botocore's model."""


class AccessDeniedException(ServiceError):
    """IAM refuses. Not in the model."""

    http_status = 403
    message_key = "Message"  # as clients of the live service can tell


class InvalidSignatureException(ServiceError):
    """The signature does not match. Not in the model."""

    http_status = 403


class UnrecognizedClientException(ServiceError):
    """IAM does not know the access key. Not in the model."""

    http_status = 403


class MissingAuthenticationTokenException(ServiceError):
    """The request is not signed. Not in the model."""

    http_status = 403
