"""Changes to boto3 and botocore sessions while a mock is active.

Sessions ignore configured endpoints, such as ``AWS_ENDPOINT_URL``. They share the data
that they read from botocore's files, and copy botocore's event handlers instead of
registering each of them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from threading import local
from typing import Any

from botocore import handlers
from botocore.client import BaseClient
from botocore.configprovider import BaseProvider
from botocore.exceptions import BotoCoreError
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import Loader, create_loader
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


def share_data(session: Any) -> None:
    """Make a new session share data with other sessions while a mock is active."""
    if mocking.is_active:
        session.lazy_register_component("data_loader", lambda: _SharedLoader(session))


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


# --- Data files -------------------------------------------------------------------


class _SharedLoader(Loader):
    """A loader that shares data with other loaders for the same search paths.

    Reading the data takes longer than most tests.
    """

    def __init__(self, session: Any) -> None:
        super().__init__()
        paths = create_loader(session.get_config_variable("data_path")).search_paths
        self.search_paths[:] = paths

    def _shared(self) -> Loader:
        return _loader(tuple(self.search_paths))

    def list_available_services(self, type_name: str) -> Any:
        return self._shared().list_available_services(type_name)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        return self._shared().load_service_model(service_name, type_name, api_version)

    def load_data_with_path(self, name: str) -> Any:
        return self._shared().load_data_with_path(name)


# Bounded, because each loader keeps the model of every service that was used.
@lru_cache(maxsize=4)
def _loader(paths: tuple[str, ...]) -> Loader:
    return Loader(extra_search_paths=paths, include_default_search_paths=False)


# --- Event handlers ---------------------------------------------------------------


def make_get_session(get_session: Callable[..., Session]) -> Callable[..., Session]:
    """Return a function that creates sessions faster while a mock is active.

    :param get_session: botocore's function, which boto3 calls for each new session.
    """

    def get_session_quickly(env_vars: Any = None) -> Session:
        """Return a new session object."""
        if not mocking.is_active:
            return get_session(env_vars)
        hooks = copy.copy(_builtin_handlers(tuple(handlers.BUILTIN_HANDLERS)))
        return Session(env_vars, event_hooks=hooks, include_builtin_handlers=False)

    return get_session_quickly


@lru_cache(maxsize=1)
def _builtin_handlers(specs: tuple[Any, ...]) -> HierarchicalEmitter:
    """Return an emitter with botocore's handlers, which takes long to create.

    :param specs: the items of ``BUILTIN_HANDLERS``.
    """
    emitter = HierarchicalEmitter()
    events = EventAliaser(emitter)
    for name, handler, *position in specs:
        if position == [handlers.REGISTER_FIRST]:
            events.register_first(name, handler)
        elif position == [handlers.REGISTER_LAST]:
            events.register_last(name, handler)
        else:
            events.register(name, handler)
    return emitter
