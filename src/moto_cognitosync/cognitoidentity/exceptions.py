"""The errors that only Amazon Cognito Identity has.

Each class is named after its error code.
"""

from __future__ import annotations

from moto_cognitosync.core.exceptions import ServiceError


class DeveloperUserAlreadyRegisteredException(ServiceError):
    """The developer user is linked to another identity."""


class ExternalServiceException(ServiceError):
    """An identity provider does not respond. Only faults raise it."""


class InvalidIdentityPoolConfigurationException(ServiceError):
    """The pool has no suitable role, or the role does not trust the pool."""
