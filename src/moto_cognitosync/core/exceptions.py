"""The base class of all service errors, and errors that any service can raise."""

from __future__ import annotations


class ServiceError(Exception):
    """An error that the service returns.

    Subclasses are named after the error code.

    :param message: the error message that clients show.
    """

    http_status = 400  # used only if the service model does not define the error
    message_key = "message"  # name of the message in the response body

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> str:
        """The error code, for example ``ResourceNotFoundException``."""
        return type(self).__name__


# --- In the models of both services ---


class InternalErrorException(ServiceError):
    """The service failed."""


class InvalidParameterException(ServiceError):
    """A parameter is invalid."""


class NotAuthorizedException(ServiceError):
    """The credentials or logins are not valid for this resource."""


class ResourceNotFoundException(ServiceError):
    """The pool, identity or another resource does not exist."""


class ResourceConflictException(ServiceError):
    """The resource was changed in the meantime, or is in use."""


class TooManyRequestsException(ServiceError):
    """The caller is throttled."""


class LimitExceededException(ServiceError):
    """A write would exceed a limit of the service."""


class ConcurrentModificationException(ServiceError):
    """Another request is changing the configuration."""


# --- In no model: any service can raise them ---


class AccessDeniedException(ServiceError):
    """No IAM policy allows the call, or a policy denies it."""

    http_status = 403
    message_key = "Message"  # capitalized, as observed on AWS


class ExpiredTokenException(ServiceError):
    """The credentials of the identity have expired."""

    http_status = 403


class InvalidSignatureException(ServiceError):
    """The signature is incomplete or does not match."""

    http_status = 403


class MissingAuthenticationTokenException(ServiceError):
    """The request is not signed."""

    http_status = 403


class SerializationException(ServiceError):
    """The request body cannot be parsed. Observed on AWS."""


class UnknownOperationException(ServiceError):
    """No operation matches the request."""

    http_status = 404


class UnrecognizedClientException(ServiceError):
    """The access key does not exist."""

    http_status = 403


class ValidationException(ServiceError):
    """Input violates the model's constraints. For services with JSON 1.1."""


class ConnectionDropped(Exception):
    """Raised by a hook to close the connection instead of sending a response."""
