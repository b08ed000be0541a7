"""The base class of every service error, and the errors of the wire format."""

from __future__ import annotations


class ServiceError(Exception):
    """An error that the service returns.

    A subclass has the name that the error has on the wire.

    :param message: the text that clients show.
    """

    http_status = 400  # for errors that the service model does not define
    message_key = "message"  # name of the message in the response body

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def code(self) -> str:
        """Name of the error on the wire, for example ``ResourceNotFoundException``."""
        return type(self).__name__


class InvalidParameterException(ServiceError):
    """A parameter violates a constraint or makes no sense."""


class SerializationException(ServiceError):
    """The request body cannot be parsed. Not in the model, but observed on AWS."""


class UnknownOperationException(ServiceError):
    """No operation has this method and path. Not in the model."""

    http_status = 404


class ConnectionDropped(Exception):
    """Close the connection instead of sending a response."""
