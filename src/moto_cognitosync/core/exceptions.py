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


class InvalidParameterException(ServiceError):
    """A parameter is invalid."""


class SerializationException(ServiceError):
    """The request body cannot be parsed. Not in the model, but observed on AWS."""


class UnknownOperationException(ServiceError):
    """No operation matches the method and path. Not in the model."""

    http_status = 404


class ConnectionDropped(Exception):
    """Raised by a hook to close the connection instead of sending a response."""
