"""The errors of Amazon Cognito Identity.

Each class is named after its error code. HTTP statuses come from the service model;
``http_status`` is set only for errors that the model does not define.
"""

from __future__ import annotations

from moto_cognitosync.core.exceptions import (
    InvalidParameterException as InvalidParameterException,  # noqa: PLC0414
)
from moto_cognitosync.core.exceptions import ServiceError


class NotAuthorizedException(ServiceError):
    """A login is invalid, or does not give access to the identity."""


class ResourceNotFoundException(ServiceError):
    """The pool, identity or developer user does not exist."""


class ResourceConflictException(ServiceError):
    """A login belongs to another identity, or cannot be linked to this one."""


class DeveloperUserAlreadyRegisteredException(ServiceError):
    """A developer user belongs to another identity."""


class InvalidIdentityPoolConfigurationException(ServiceError):
    """The pool has no role for the identity, or the role cannot be assumed."""


class LimitExceededException(ServiceError):
    """A quota of the service is exceeded."""


class AccessDeniedException(ServiceError):
    """The caller may not access the resource. Not in the model."""
