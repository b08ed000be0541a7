"""The operations: parsed input in, plain data out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .caller import Caller
from .models import CognitoSyncBackend

Result = Mapping[str, Any]


class CognitoSyncResponse:
    """Carries out the operations for one caller.

    Each method takes the members of its operation's input by their Python names,
    where they were sent, and returns the members of its output.
    """

    def __init__(self, backend: CognitoSyncBackend, caller: Caller) -> None:
        self._backend = backend
        self._caller = caller

    def delete_dataset(self, **parameters: Any) -> Result:
        """Delete a dataset and return its metadata."""
        return {"Dataset": self._backend.delete_dataset(**parameters)}

    def describe_dataset(self, **parameters: Any) -> Result:
        """Return a dataset's metadata."""
        return {"Dataset": self._backend.describe_dataset(**parameters)}

    def list_datasets(self, **parameters: Any) -> Result:
        """Return an identity's datasets."""
        return self._backend.list_datasets(**parameters)

    def list_records(self, **parameters: Any) -> Result:
        """Return a dataset's records and a sync session token."""
        return self._backend.list_records(**parameters)

    def update_records(self, **parameters: Any) -> Result:
        """Write records and return them."""
        parameters.pop("client_context", None)  # the service ignores it, too
        return {"Records": self._backend.update_records(self._caller, **parameters)}
