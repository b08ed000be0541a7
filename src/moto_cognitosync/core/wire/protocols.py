"""The protocols of AWS services, and what differs between them."""

from __future__ import annotations

from typing import NamedTuple

from botocore.model import ServiceModel

from moto_cognitosync.core.exceptions import (
    InvalidParameterException,
    ServiceError,
    ValidationException,
)


class Protocol(NamedTuple):
    """The protocol of a service.

    :param name: botocore's name, for example ``rest-json``.
    :param content_type: the content type of responses.
    :param constraint_error: raised if input violates the model's constraints.
    :param writes_nulls: whether responses contain unset members, as null.
    :param writes_codes: whether bodies of errors contain the error code.
    :param has_statuses: whether errors have different HTTP statuses. Otherwise, all
        errors of the client have the status 400.
    """

    name: str
    content_type: str
    constraint_error: type[ServiceError]
    writes_nulls: bool
    writes_codes: bool
    has_statuses: bool


def protocol_of(model: ServiceModel) -> Protocol:
    """Return the protocol of a service: ``rest-json`` or ``json``."""
    name = model.metadata["protocol"]
    if name == "json":
        return Protocol(
            name=name,
            content_type=f"application/x-amz-json-{model.metadata['jsonVersion']}",
            constraint_error=ValidationException,
            writes_nulls=False,
            writes_codes=True,
            has_statuses=False,
        )
    return Protocol(
        name=name,
        content_type="application/json",
        constraint_error=InvalidParameterException,
        writes_nulls=True,
        writes_codes=False,
        has_statuses=True,
    )
