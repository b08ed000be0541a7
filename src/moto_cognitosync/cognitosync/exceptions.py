"""The errors Amazon Cognito Sync answers with, one class each.

A class is named as the error is named on the wire. HTTP statuses are not
repeated here: :mod:`.rest_json` reads them from the service model, and
``http_status`` only speaks for the errors that the model does not know.
"""

from __future__ import annotations


class CognitoSyncError(Exception):
    """Any error of the service.

    :param message: the text a client shows to its user.
    """

    http_status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> str:
        """The error's name on the wire, for example ``ResourceNotFoundException``."""
        return type(self).__name__


class NotAuthorizedException(CognitoSyncError):
    """The caller may not reach this resource."""


class InvalidParameterException(CognitoSyncError):
    """A parameter breaks a constraint or makes no sense."""


class InternalErrorException(CognitoSyncError):
    """The service itself failed."""


class ResourceNotFoundException(CognitoSyncError):
    """The pool, the identity or the dataset does not exist."""


class TooManyRequestsException(CognitoSyncError):
    """The caller is throttled."""


class ResourceConflictException(CognitoSyncError):
    """Someone else has changed the resource in the meantime."""


class LimitExceededException(CognitoSyncError):
    """A write would go beyond a limit of the service."""


class SerializationException(CognitoSyncError):
    """The request's body cannot be read. Not in the model, but seen on the wire."""


class UnknownOperationException(CognitoSyncError):
    """No operation has this method and path. Not in the model."""

    http_status = 404
