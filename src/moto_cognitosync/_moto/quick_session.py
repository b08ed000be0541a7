"""Creates sessions faster while a mock is active. Everything works without it.

Each test has its own boto3 session, because a session can be changed in many ways.
Sessions share only what no test changes: the data files of the installed packages, and
the names of events. They copy botocore's event handlers instead of registering each of
them, and create a chain of credential providers only if the environment contains no
credentials.
"""

from __future__ import annotations

import copy
import gzip
import json
import os
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore import handlers
from botocore.credentials import CredentialResolver, EnvProvider
from botocore.exceptions import DataNotFoundError
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader, create_loader
from botocore.session import Session

from .settings import mocking


def speed_up_session(session: Any) -> None:
    """Make a new session faster while a mock is active.

    Subclasses stay as they are. That of aiobotocore awaits its components, for example.
    """
    if not mocking.is_active or type(session) is not Session:
        return
    session.lazy_register_component("data_loader", lambda: _create_loader(session))
    create_resolver = getattr(session, "_create_credential_resolver", None)
    if create_resolver is not None:
        session.lazy_register_component(
            "credential_provider", lambda: _QuickResolver(session, create_resolver)
        )


# --- Data files -------------------------------------------------------------------

# The files in these folders do not change while a process runs.
INSTALLED = {
    Loader.BUILTIN_DATA_PATH,
    os.fspath(Path(boto3.__file__).with_name("data")),
}

# Each client reads about four files. Without a limit, loading the models of all
# services would take hundreds of megabytes.
MAX_FILES = 128


def _create_loader(session: Any) -> Loader:
    loader = create_loader(session.get_config_variable("data_path"))
    return _SharedLoader(loader.search_paths)


class _SharedLoader(Loader):
    """A loader that shares the data of installed packages with other loaders.

    If there are other data files, it shares nothing, because they can change.
    """

    def __init__(self, search_paths: list[str]) -> None:
        super().__init__(search_paths, include_default_search_paths=False)

    def list_available_services(self, type_name: str) -> Any:
        return self._load("list_available_services", type_name)

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        return self._load("load_service_model", service_name, type_name, api_version)

    def load_data_with_path(self, name: str) -> Any:
        return self._load("load_data_with_path", name)

    def _load(self, method: str, *arguments: Any) -> Any:
        folders = tuple(filter(os.path.isdir, self.search_paths))
        if INSTALLED.issuperset(folders):
            return _load_installed(folders, method, *arguments)
        return getattr(super(), method)(*arguments)


@lru_cache(MAX_FILES)
def _load_installed(folders: tuple[str, ...], method: str, *arguments: Any) -> Any:
    loader: Any = Loader(
        [*folders], _QuickFileLoader(), include_default_search_paths=False
    )
    if method == "load_service_model":
        service, type_name, _ = arguments
        with suppress(DataNotFoundError):
            loader.list_api_versions(service, type_name)
            # The service exists, so the loader need not search all other folders.
            loader.list_available_services = lambda _: [service]
    return getattr(loader, method)(*arguments)


class _QuickFileLoader(JSONFileLoader):
    """Reads JSON into plain dictionaries, which are faster than ordered ones."""

    def load_file(self, file_path: str) -> Any:
        for suffix, open_file in ((".json", open), (".json.gz", gzip.open)):
            with (
                suppress(FileNotFoundError),
                open_file(file_path + suffix, "rb") as file,
            ):
                return json.load(file)
        return None


# --- Credentials ------------------------------------------------------------------


class _QuickResolver(CredentialResolver):
    """Looks for credentials in the environment before it creates other providers.

    :param create: creates botocore's resolver, whose first provider does the same.
    """

    def __init__(
        self, session: Session, create: Callable[[], CredentialResolver]
    ) -> None:
        self._session = session
        self._create = create

    @cached_property
    def providers(self) -> list[Any]:  # type: ignore[override]
        """All providers, which a user may have changed."""
        return self._create().providers

    def load_credentials(self) -> Any:
        has_profile = self._session.instance_variables().get("profile") is not None
        if not has_profile and "providers" not in vars(self):
            self._session.get_scoped_config()  # fails if AWS_PROFILE does not exist
            found = CredentialResolver([EnvProvider()]).load_credentials()
            if found is not None:
                return found
        return super().load_credentials()


# --- Event handlers ---------------------------------------------------------------


def make_get_session(get_session: Callable[..., Session]) -> Callable[..., Session]:
    """Return a function that creates sessions faster while a mock is active.

    :param get_session: botocore's function, which boto3 calls for each new session.
    """

    def get_session_quickly(env_vars: Any = None) -> Session:
        """Return a new session object."""
        if not mocking.is_active:
            return get_session(env_vars)
        emitter = copy.copy(_builtin_handlers(tuple(handlers.BUILTIN_HANDLERS)))
        session = botocore.session.Session(
            env_vars, event_hooks=emitter, include_builtin_handlers=False
        )
        events: Any = _QuickAliaser(emitter)
        session.register_component("event_emitter", events)  # for clients
        session._events = events  # type: ignore[attr-defined]
        return session

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


class _QuickAliaser(EventAliaser):
    """Finds the current names of events, which botocore would search for each session.

    If botocore renames the method, this class does the same as its base class.
    """

    def _alias_event_name(self, event_name: str) -> str:
        return _alias(event_name)


@lru_cache(1024)
def _alias(event_name: str) -> str:
    aliaser: Any = EventAliaser(HierarchicalEmitter())
    name: str = aliaser._alias_event_name(event_name)
    return name
