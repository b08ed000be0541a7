"""The errors Amazon Cognito Sync answers with, one class each.

A class is named as the error is named on the wire. HTTP statuses are not
repeated here: ``rest_json`` reads them from the service model, and
``http_status`` only speaks for the errors that the model does not know.
"""

from __future__ import annotations


class CognitoSyncError(Exception):
    """Any error of the service.

    :param message: the text a client shows to its user.
    """

    http_status = 400
    message_key = "message"  # what the text is called in the body

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


class InvalidConfigurationException(CognitoSyncError):
    """The pool is not configured for what was asked."""


class DuplicateRequestException(CognitoSyncError):
    """A bulk publish is still in progress."""


class AlreadyStreamedException(CognitoSyncError):
    """A bulk publish has succeeded less than 24 hours ago."""


class ConcurrentModificationException(CognitoSyncError):
    """The configuration is being changed by someone else."""


class InvalidLambdaFunctionOutputException(CognitoSyncError):
    """The pool's trigger failed, or returned what it must not."""


class LambdaThrottledException(CognitoSyncError):
    """The pool's trigger is throttled."""


class LambdaSocketTimeoutException(CognitoSyncError):
    """The pool's trigger took too long. Documented, but missing in botocore's model."""


class AccessDeniedException(CognitoSyncError):
    """IAM refuses. Not in the model."""

    http_status = 403
    message_key = "Message"  # as clients of the live service can tell


class InvalidSignatureException(CognitoSyncError):
    """The signature does not match. Not in the model."""

    http_status = 403


class UnrecognizedClientException(CognitoSyncError):
    """IAM does not know the access key. Not in the model."""

    http_status = 403


class MissingAuthenticationTokenException(CognitoSyncError):
    """The request is not signed. Not in the model."""

    http_status = 403
