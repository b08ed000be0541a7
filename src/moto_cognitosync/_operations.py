"""The operations of both services."""

from __future__ import annotations

from functools import cache

from .cognitoidentity.responses import cognito_identity
from .cognitosync.responses import cognito_sync
from .core.suggestions import did_you_mean
from .core.wire.operations import Operation
from .core.wire.services import Service


def services() -> tuple[Service, Service]:
    """Return the models of both services, which are loaded on demand."""
    return cognito_sync.service, cognito_identity.service


@cache
def operations() -> dict[str, Operation]:
    """Return all operations by API name."""
    sync, identity = services()
    return sync.operations | identity.operations


def find_operation(name: str) -> Operation:
    """Return an operation by its API name.

    :raises ValueError: if the operation does not exist.
    """
    known = operations()
    if name not in known:
        raise ValueError(
            f"unknown operation {name!r}; use one of {', '.join(known)}"
            f"{did_you_mean(name, known)}"
        )
    return known[name]
