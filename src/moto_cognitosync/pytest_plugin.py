"""The pytest fixtures, the marker and the ini options.

pytest loads this module in every run where the package is installed, used or not, so
what is slow to import is imported by the fixtures.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from types_boto3_cognito_sync import CognitoSyncClient

    from .assertions import CallLog, DatasetView
    from .faults import Fault
    from .server import CognitoSyncServer

MARKER = "cognitosync"
OPTIONS = ("region", "state", "strict_credentials")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ini options, which hold where a test has no marker."""
    parser.addini(
        "cognitosync_region",
        "region of the fixture cognitosync [AWS_REGION, AWS_DEFAULT_REGION, us-east-1]",
    )
    parser.addini(
        "cognitosync_state",
        "file with the state that each test begins with, beside the ini file",
    )
    parser.addini(
        "cognitosync_strict_credentials",
        "tell credentials apart, as AWS does",
        type="bool",
        default=False,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(region=..., state=..., strict_credentials=...): how the fixtures "
        "of moto-cognitosync are set up for this test.",
    )


class _Settings(NamedTuple):
    """How the mock of a test is set up.

    :ivar state: what ``load_state`` takes, or None.
    """

    region: str
    state: Mapping[str, Any] | Path | None
    strict_credentials: bool

    @property
    def config(self) -> dict[str, Any]:
        """The configuration, as moto takes it."""
        return {"cognitosync": {"strict_credentials": self.strict_credentials}}

    def load_state(self) -> None:
        """Load the state, if there is one, or fail the test that cannot have it."""
        if self.state is None:
            return
        from .state import StateError, load_state

        try:
            load_state(self.state)
        except (StateError, OSError) as error:
            pytest.fail(
                f"cannot load the state of @pytest.mark.{MARKER}(state=...), or of "
                f"cognitosync_state in pytest's configuration: {error}",
                pytrace=False,
            )


@pytest.fixture
def _cognitosync_settings(request: pytest.FixtureRequest) -> _Settings:
    ini = request.config.getini
    state = ini("cognitosync_state") or None
    if state is not None and request.config.inipath is not None:
        state = request.config.inipath.parent / state
    settings: dict[str, Any] = {
        "region": ini("cognitosync_region")
        or os.environ.get("AWS_REGION")
        or os.environ.get("AWS_DEFAULT_REGION")
        or "us-east-1",
        "state": state,
        "strict_credentials": ini("cognitosync_strict_credentials"),
    }
    # The closest comes first, and is to be the last.
    for mark in reversed(list(request.node.iter_markers(MARKER))):
        _check_marker(mark)
        settings |= mark.kwargs
    if isinstance(settings["state"], str):
        settings["state"] = request.path.parent / settings["state"]
    return _Settings(**settings)


def _check_marker(mark: pytest.Mark) -> None:
    if mark.args or set(mark.kwargs) - set(OPTIONS):
        shown = [*map(repr, mark.args), *mark.kwargs]
        pytest.fail(
            f"@pytest.mark.{MARKER} takes {', '.join(f'{each}=' for each in OPTIONS)} "
            f"and nothing else; found {', '.join(shown)}",
            pytrace=False,
        )


@pytest.fixture
def cognitosync(_cognitosync_settings: _Settings) -> Iterator[CognitoSyncClient]:
    """Give a boto3 client for Cognito Sync, in a mock that starts empty.

    Clients for other services can be made in the test; they are mocked as well. The
    region is that of the marker or the ini option, else that of ``AWS_REGION`` or
    ``AWS_DEFAULT_REGION``, else ``us-east-1``.
    """
    import boto3

    from . import mock_cognitosync
    from ._moto.session import default_session

    settings = _cognitosync_settings
    with mock_cognitosync(config=settings.config), default_session():
        settings.load_state()
        yield boto3.client("cognito-sync", region_name=settings.region)


@pytest.fixture(scope="session")
def _cognitosync_server_of_session() -> Iterator[CognitoSyncServer]:
    from .server import CognitoSyncServer

    with CognitoSyncServer() as server:
        yield server


@pytest.fixture
def cognitosync_server(
    _cognitosync_server_of_session: CognitoSyncServer,
    _cognitosync_settings: _Settings,
) -> Iterator[CognitoSyncServer]:
    """Give a server of its own to the session, on a free port, empty for each test.

    Its ``url`` is what an SDK takes as ``endpoint_url``.
    """
    from ._moto.settings import override_config

    server = _cognitosync_server_of_session
    server.reset()
    with (
        override_config(_cognitosync_settings.config),
        pytest.MonkeyPatch.context() as monkeypatch,
    ):
        monkeypatch.setattr(server, "region_name", _cognitosync_settings.region)
        _cognitosync_settings.load_state()
        yield server
    server.reset()


@pytest.fixture
def _mocked_cognitosync(request: pytest.FixtureRequest) -> None:
    """Make sure that there is a mock or a server, or both, before any data is."""
    names = {"cognitosync", "cognitosync_server"} & set(request.fixturenames)
    for name in sorted(names) or ["cognitosync"]:
        request.getfixturevalue(name)


@pytest.fixture
def cognitosync_dataset(
    _mocked_cognitosync: None, _cognitosync_settings: _Settings
) -> Callable[..., DatasetView]:
    """Give a function that makes datasets, all of one identity.

    It takes the dataset's name, and its values by key. What it returns serves as the
    three arguments that an operation takes (``**dataset``), and can be asked what the
    dataset holds. A dataset without values is one that was never written.
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
    """Give a function that switches faults on, until the end of the test.

    It takes the parameters of :class:`moto_cognitosync.faults.Fault`, and returns it.
    """
    from .faults import fault

    with ExitStack() as faults:

        def switch_on(*args: Any, **kwargs: Any) -> Fault:
            return faults.enter_context(fault(*args, **kwargs))

        yield switch_on


@pytest.fixture
def cognitosync_calls(_mocked_cognitosync: None) -> Iterator[CallLog]:
    """Give a log of the calls that the test makes, in order."""
    from .assertions import CallLog

    with CallLog() as calls:
        yield calls
