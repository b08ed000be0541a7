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

    # --- Datasets and records ---

    def delete_dataset(self, **parameters: Any) -> Result:
        """Delete a dataset and return its metadata."""
        return {"Dataset": self._backend.delete_dataset(self._caller, **parameters)}

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

    # --- Usage ---

    def describe_identity_usage(self, **parameters: Any) -> Result:
        """Return what an identity uses."""
        return {"IdentityUsage": self._backend.describe_identity_usage(**parameters)}

    def describe_identity_pool_usage(self, **parameters: Any) -> Result:
        """Return what a pool uses."""
        usage = self._backend.describe_identity_pool_usage(**parameters)
        return {"IdentityPoolUsage": usage}

    def list_identity_pool_usage(self, **parameters: Any) -> Result:
        """Return what each pool uses."""
        return self._backend.list_identity_pool_usage(**parameters)

    # --- Configuration ---

    def get_identity_pool_configuration(self, **parameters: Any) -> Result:
        """Return a pool's configuration."""
        return self._backend.get_identity_pool_configuration(**parameters)

    def set_identity_pool_configuration(self, **parameters: Any) -> Result:
        """Change a pool's configuration and return it."""
        return self._backend.set_identity_pool_configuration(**parameters)

    def get_cognito_events(self, **parameters: Any) -> Result:
        """Return a pool's events."""
        return {"Events": self._backend.get_cognito_events(**parameters)}

    def set_cognito_events(self, **parameters: Any) -> Result:
        """Change a pool's events."""
        self._backend.set_cognito_events(**parameters)
        return {}

    # --- Bulk publish ---

    def bulk_publish(self, identity_pool_id: str) -> Result:
        """Send all datasets of a pool to its stream."""
        self._backend.bulk_publish(self._caller, identity_pool_id)
        return {"IdentityPoolId": identity_pool_id}

    def get_bulk_publish_details(self, identity_pool_id: str) -> Result:
        """Return how the latest bulk publish of a pool went."""
        details = self._backend.get_bulk_publish_details(identity_pool_id)
        return {"IdentityPoolId": identity_pool_id, **details}

    # --- Push sync ---

    def register_device(self, **parameters: Any) -> Result:
        """Register a device and return its id."""
        return {"DeviceId": self._backend.register_device(**parameters)}

    def subscribe_to_dataset(self, **parameters: Any) -> Result:
        """Let a device know of a dataset's changes."""
        self._backend.subscribe_to_dataset(**parameters)
        return {}

    def unsubscribe_from_dataset(self, **parameters: Any) -> Result:
        """Let a device know no more of a dataset's changes."""
        self._backend.unsubscribe_from_dataset(**parameters)
        return {}
