"""Changes to boto3 and botocore sessions while a mock is active.

Sessions ignore configured endpoints, such as ``AWS_ENDPOINT_URL``.
"""

from __future__ import annotations

from threading import local
from typing import Any

from botocore.client import BaseClient
from botocore.configprovider import BaseProvider
from botocore.exceptions import BotoCoreError
from botocore.regions import EndpointResolverBuiltins
from botocore.session import Session

from .settings import mocking

_IGNORE_ENDPOINTS = "ignore_configured_endpoint_urls"


def connect_session(session: Any) -> None:
    """Make a session ignore configured endpoints while a mock is active.

    A session can be created before a mock and outlive it, so each new client checks
    whether a mock is active.
    """
    config = session.get_component("config_store")
    provider = _IgnoresEndpoints(config.get_config_provider(_IGNORE_ENDPOINTS))
    config.set_config_provider(_IGNORE_ENDPOINTS, provider)
    session.register("creating-client-class", _follow_mocks)


def connect_client(client: BaseClient) -> None:
    """Make an older client ignore its endpoint in a mock, unless set explicitly."""
    if client.meta.endpoint_url == _default_endpoint(client):
        client.meta.events.register_first(_RESOLVE_ENDPOINT, _ignore_endpoint)


def _default_endpoint(client: BaseClient) -> str | None:
    """Return the endpoint that a new client for this service and region would use."""
    try:
        new = Session().create_client(
            client.meta.service_model.service_name,
            client.meta.region_name,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )
    except BotoCoreError:  # for example, the profile does not exist
        return None
    return new.meta.endpoint_url


# --- Configured endpoints ---------------------------------------------------------

_RESOLVE_ENDPOINT = "before-endpoint-resolution"

# botocore reads the setting below only if a new client has no explicit endpoint;
# reading it clears a flag in this object.
_new_client = local()


class _IgnoresEndpoints(BaseProvider):
    """Provides the setting to ignore configured endpoints: true in a mock."""

    def __init__(self, provider: BaseProvider) -> None:
        self._provider = provider

    def provide(self) -> Any:
        _new_client.endpoint_is_explicit = False
        return mocking.is_active or self._provider.provide()


def _follow_mocks(base_classes: list[type], **_: Any) -> None:
    """Add a base class to each client that is created outside a mock."""
    if not mocking.is_active:
        _new_client.endpoint_is_explicit = True
        base_classes.insert(0, _FollowsMocks)


class _FollowsMocks:
    """A client that ignores a configured endpoint while a mock is active."""

    meta: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not _new_client.endpoint_is_explicit:
            # Runs before S3's handlers, which read the endpoint.
            self.meta.events.register_first(_RESOLVE_ENDPOINT, _ignore_endpoint)


def _ignore_endpoint(builtins: dict[Any, Any], **_: Any) -> None:
    if mocking.is_active:
        builtins[EndpointResolverBuiltins.SDK_ENDPOINT] = None
