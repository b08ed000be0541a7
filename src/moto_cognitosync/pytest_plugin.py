"""The pytest fixtures, the marker and the ini options.

pytest imports this module in every run, even if no test uses it, so slow imports are
inside the fixtures.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from ._decorators import reject_decorated_fixture

if TYPE_CHECKING:
    import warnings

    from types_boto3_cognito_identity import CognitoIdentityClient
    from types_boto3_cognito_sync import CognitoSyncClient

    from .assertions import CallLog, DatasetView
    from .faults import Fault
    from .server import CognitoSyncServer

MARKER = "cognitosync"
OPTIONS = ("region", "state", "strict_credentials")
NAMES = {"cognitosync", __name__}  # of the entry point, and of the module
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")


def pytest_plugin_registered(
    plugin_name: str, manager: pytest.PytestPluginManager
) -> None:
    """Allow projects to name this plugin even though pytest has already loaded it.

    pytest loads it as ``cognitosync`` because of the entry point. Naming its module, in
    ``-p`` or ``pytest_plugins``, would otherwise be an error.
    """
    if plugin_name in NAMES:
        for name in NAMES - {plugin_name}:
            manager.set_blocked(name)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini options: defaults for tests without a marker."""
    parser.addini(
        "cognitosync_region",
        "region of the fixtures [AWS_REGION, AWS_DEFAULT_REGION or us-east-1]",
    )
    parser.addini(
        "cognitosync_state",
        "state file to load before each test, relative to the ini file",
    )
    parser.addini(
        "cognitosync_strict_credentials",
        "accept only the credentials that AWS accepts for each operation",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(region=..., state=..., strict_credentials=...): configure "
        "the moto-cognitosync fixtures for this test.",
    )


def pytest_runtest_makereport(call: pytest.CallInfo[Any]) -> None:
    """Do not report unused faults if the test has failed already."""
    faults = sys.modules.get("moto_cognitosync.faults")
    if call.excinfo is not None and faults is not None:
        faults.excuse_unused_faults()


@pytest.hookimpl(tryfirst=True)
def pytest_warning_recorded(warning_message: warnings.WarningMessage) -> None:
    """Reject unknown ini options of this plugin, about which pytest only warns."""
    _, found, name = str(warning_message.message).partition(f"option: {MARKER}_")
    if found and warning_message.category is pytest.PytestConfigWarning:
        from .core.suggestions import closest

        suggestion = closest(name.strip(), OPTIONS)
        raise pytest.UsageError(
            f"unknown ini option '{MARKER}_{name.strip()}'; use "
            f"{', '.join(f'{MARKER}_{each}' for each in OPTIONS)}"
            + (f"; did you mean '{MARKER}_{suggestion}'?" if suggestion else "")
        )


# --- Decorated classes ------------------------------------------------------------


def _mock_of(owner: pytest.Item | pytest.FixtureRequest) -> AbstractContextManager[Any]:
    """Return the mock of a class that mock_cognitosync decorates."""
    cls = getattr(owner, "cls", None)
    return getattr(cls, "__mock_cognitosync__", None) or nullcontext()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Run a test of a decorated class in a mock, together with its fixtures."""
    with _mock_of(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Iterator[None]:
    """Reject decorated fixtures, and mock a decorated class until it ends.

    The mock of a class starts with its first class fixture. pytest also calls
    ``setup_class`` in such a fixture. It creates one for every ``unittest.TestCase``,
    even without a ``setUpClass``; these are excluded.
    """
    reject_decorated_fixture(fixturedef.func)
    if fixturedef.scope == "class" and fixturedef.func.__module__ != "_pytest.unittest":
        stack = ExitStack()
        stack.enter_context(_mock_of(request))
        # Finalizers run in reverse order. This is the class's and not the fixture's,
        # because pytest does not call the latter if the fixture fails to start.
        request.node.addfinalizer(stack.close)
    yield


# --- Fixtures ---------------------------------------------------------------------


class _Settings(NamedTuple):
    """Settings of the fixtures for one test.

    :ivar state: the argument for ``load_state``, or None.
    """

    region: str
    state: Mapping[str, Any] | Path | None
    strict_credentials: bool

    @property
    def config(self) -> dict[str, Any]:
        """The configuration for moto."""
        return {"cognitosync": {"strict_credentials": self.strict_credentials}}

    def load_state(self) -> None:
        """Load the state, if any, and fail the test if it is invalid."""
        if self.state is None:
            return
        from .state import StateError, load_state

        problem = None
        try:
            load_state(self.state)
        except OSError as error:
            problem = f"cannot read {self.state}: {error.strerror}"
        except StateError as error:
            problem = str(error)
        if problem is not None:  # not in the handler: pytest would show both errors
            pytest.fail(
                f"cannot load the state of @pytest.mark.{MARKER}(state=...) or of the "
                f"ini option cognitosync_state: {problem}",
                pytrace=False,
            )


@pytest.fixture
def _cognitosync_settings(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> _Settings:
    settings = _read_settings(request)
    # For clients in the code under test and its subprocesses. monkeypatch undoes this
    # after any changes that the test makes to the same variables.
    for name in REGION_VARIABLES:
        monkeypatch.setenv(name, settings.region)
    return settings


def _read_settings(request: pytest.FixtureRequest) -> _Settings:
    ini = request.config.getini
    state = ini("cognitosync_state") or None
    if state is not None and request.config.inipath is not None:
        state = request.config.inipath.parent / state
    settings: dict[str, Any] = {
        "region": ini("cognitosync_region")
        or next(filter(None, map(os.environ.get, REGION_VARIABLES)), "us-east-1"),
        "state": state,
        "strict_credentials": ini("cognitosync_strict_credentials"),
    }
    # The closest marker comes first, but takes precedence over the others.
    for mark in reversed(list(request.node.iter_markers(MARKER))):
        _check_marker(mark)
        settings |= mark.kwargs
    if isinstance(settings["state"], str):
        settings["state"] = request.path.parent / settings["state"]
    return _Settings(**settings)


def _check_marker(mark: pytest.Mark) -> None:
    unknown = [name for name in mark.kwargs if name not in OPTIONS]
    if mark.args or unknown:
        from .core.suggestions import did_you_mean

        found = [*map(repr, mark.args), *mark.kwargs]
        pytest.fail(
            f"@pytest.mark.{MARKER} accepts only "
            f"{', '.join(f'{each}=' for each in OPTIONS)}; found {', '.join(found)}"
            f"{''.join(did_you_mean(name, OPTIONS) for name in unknown)}",
            pytrace=False,
        )


@pytest.fixture
def cognitosync(_cognitosync_settings: _Settings) -> Iterator[CognitoSyncClient]:
    """Provide a boto3 client for Cognito Sync, in a mock that starts empty.

    Clients for other services are mocked as well; create them in the test. The region
    is the first of these that is set: the marker, the ini option, ``AWS_REGION`` and
    ``AWS_DEFAULT_REGION``. The default is ``us-east-1``. During the test, both
    variables are set to it, so that all clients without a ``region_name`` use it.
    """
    import boto3

    from . import mock_cognitosync

    settings = _cognitosync_settings
    with mock_cognitosync(config=settings.config):
        settings.load_state()
        yield boto3.client("cognito-sync", region_name=settings.region)


@pytest.fixture(scope="session")
def _cognitosync_session_server() -> Iterator[CognitoSyncServer]:
    from .server import CognitoSyncServer

    with CognitoSyncServer() as server:
        # It keeps running between the tests that use it, whose mocks start empty.
        server.release_state()
        yield server


@pytest.fixture
def cognitosync_server(
    _cognitosync_session_server: CognitoSyncServer,
    _cognitosync_settings: _Settings,
) -> Iterator[CognitoSyncServer]:
    """Provide a server on a free port. It starts once and is reset for each test.

    Pass its ``url`` to an SDK as ``endpoint_url``.
    """
    from ._moto.settings import override_config

    server = _cognitosync_session_server
    server.hold_state()
    try:
        server.reset()
        with (
            override_config(_cognitosync_settings.config),
            pytest.MonkeyPatch.context() as monkeypatch,
        ):
            monkeypatch.setattr(server, "region_name", _cognitosync_settings.region)
            _cognitosync_settings.load_state()
            yield server
        server.reset()
    finally:  # otherwise, mocks of later tests would share the state
        server.release_state()
    server.raise_failure()


@pytest.fixture
def _mocked_cognitosync(request: pytest.FixtureRequest) -> None:
    """Ensure that a mock or a server is running before data is created."""
    names = {"cognitosync", "cognitosync_server"} & set(request.fixturenames)
    for name in sorted(names) or ["cognitosync"]:
        request.getfixturevalue(name)


@pytest.fixture
def _cognitosync_new_client(
    _mocked_cognitosync: None,
    _cognitosync_settings: _Settings,
    request: pytest.FixtureRequest,
) -> Callable[..., Any]:
    """Provide a function that creates clients in the same region.

    They call the server only if the test does not use the mock.
    """
    import boto3

    names = request.fixturenames
    if "cognitosync_server" in names and "cognitosync" not in names:
        server: CognitoSyncServer = request.getfixturevalue("cognitosync_server")
        return server.client
    return partial(boto3.client, region_name=_cognitosync_settings.region)


@pytest.fixture
def cognito_identity(
    _cognitosync_new_client: Callable[..., CognitoIdentityClient],
) -> CognitoIdentityClient:
    """Provide a boto3 client for Cognito Identity, in the region of the other fixtures.

    In a test that uses ``cognitosync_server`` and not ``cognitosync``, it calls the
    server.
    """
    return _cognitosync_new_client("cognito-identity")


@dataclass(frozen=True)
class CognitoSyncIdentity:
    """An identity with credentials, which also unpacks into keyword arguments.

    ``**identity`` passes IdentityPoolId and IdentityId::

        identity.client.list_datasets(**identity)

    :ivar credentials: ``AccessKeyId``, ``SecretKey``, ``SessionToken`` and
        ``Expiration``, as GetCredentialsForIdentity returns them.
    :ivar client: a boto3 client for Cognito Sync that uses these credentials.
    """

    identity_pool_id: str
    identity_id: str
    credentials: dict[str, Any] = field(repr=False)
    client: CognitoSyncClient = field(repr=False)

    def keys(self) -> tuple[str, ...]:
        """Return the names of the keyword arguments."""
        return ("IdentityPoolId", "IdentityId")

    def __getitem__(self, name: str) -> str:
        return {
            "IdentityPoolId": self.identity_pool_id,
            "IdentityId": self.identity_id,
        }[name]

    def dataset(self, name: str) -> DatasetView:
        """Return a view of one of the identity's datasets."""
        from .assertions import DatasetView

        return DatasetView(self.identity_pool_id, self.identity_id, name)


@pytest.fixture
def cognitosync_identity(
    _cognitosync_new_client: Callable[..., Any], _cognitosync_settings: _Settings
) -> Callable[..., CognitoSyncIdentity]:
    """Provide a function that logs in and returns the identity with its credentials.

    Without arguments, it creates a guest. ``logins`` maps identity providers to users
    or tokens; the same logins return the same identity. ``identity_pool_id`` names a
    pool that the test has created. By default, the function creates one for the test,
    which accepts guests, users of ``accounts.google.com``, ``api.twitter.com``,
    ``appleid.apple.com``, ``graph.facebook.com`` and ``www.amazon.com``, and users of
    the developer provider ``developer``.

    It returns a :class:`CognitoSyncIdentity`. It sends no requests, which faults could
    affect and ``cognitosync_calls`` would record.
    """
    from . import _identities

    pool_id = ""

    def log_in(
        logins: Mapping[str, str] | None = None, *, identity_pool_id: str | None = None
    ) -> CognitoSyncIdentity:
        nonlocal pool_id
        if identity_pool_id is None:
            pool_id = pool_id or _identities.create_pool(_cognitosync_settings.region)
            identity_pool_id = pool_id
        identity_id, credentials = _identities.log_in(identity_pool_id, logins or {})
        client = _cognitosync_new_client(
            "cognito-sync",
            region_name=identity_pool_id.partition(":")[0],
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretKey"],
            aws_session_token=credentials["SessionToken"],
        )
        return CognitoSyncIdentity(identity_pool_id, identity_id, credentials, client)

    return log_in


@pytest.fixture
def cognitosync_dataset(
    _mocked_cognitosync: None, _cognitosync_settings: _Settings
) -> Callable[..., DatasetView]:
    """Provide a function that creates datasets, all for the same identity.

    It accepts the dataset's name and its values by key. It returns a
    :class:`~moto_cognitosync.assertions.DatasetView`, which unpacks into the three
    arguments of an operation (``**dataset``) and shows what is stored. Without values,
    the dataset is not written.
    """
    from moto.moto_api._internal import mock_random

    from .assertions import DatasetView
    from .state import add_dataset

    region = _cognitosync_settings.region
    pool_id = f"{region}:{mock_random.uuid4()}"
    identity_id = f"{region}:{mock_random.uuid4()}"

    def make(
        name: str = "dataset", values: Mapping[str, str] | None = None
    ) -> DatasetView:
        add_dataset(pool_id, identity_id, name, values or {})
        return DatasetView(pool_id, identity_id, name)

    return make


@pytest.fixture
def cognitosync_faults(_mocked_cognitosync: None) -> Iterator[Callable[..., Fault]]:
    """Provide a function that starts a fault, which stops at the end of the test.

    It accepts the parameters of :class:`moto_cognitosync.faults.Fault` and returns the
    fault. The test fails if a fault never affects a request, unless ``optional=True``.
    """
    from .faults import fault

    with ExitStack() as faults:

        def start_fault(*args: Any, **kwargs: Any) -> Fault:
            return faults.enter_context(fault(*args, **kwargs))

        yield start_fault


@pytest.fixture
def cognitosync_calls(_mocked_cognitosync: None) -> Iterator[CallLog]:
    """Provide a log of the calls that the test makes, in order."""
    from .assertions import CallLog

    with CallLog() as calls:
        yield calls
