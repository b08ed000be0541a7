"""``mock_cognitosync``: one object that is decorator, context manager and switch."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from threading import RLock
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeGuard, cast, overload

from ._decorators import Decorated, is_generator, run_inside
from ._moto.quick_start import speed_up
from ._moto.registration import register
from ._moto.settings import (
    clear_failed_reset,
    count_active_mocks,
    moto_config,
    replace_config,
)

if TYPE_CHECKING:
    from moto.core.models import MockAWS
    from typing_extensions import Self

Config = Mapping[str, Any]

# What moto puts in the environment while a mock is active.
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@overload
def mock_cognitosync(func: Decorated, /) -> Decorated: ...


@overload
def mock_cognitosync(
    func: None = None, /, *, config: Config | None = None
) -> MockCognitoSync: ...


def mock_cognitosync(
    func: Decorated | None = None, /, *, config: Config | None = None
) -> Decorated | MockCognitoSync:
    """Mock Amazon Cognito Sync, and every other service that moto knows.

    Use it as a decorator (with or without parentheses) on a function, a coroutine
    function, a ``unittest.TestCase`` or a plain test class; in ``with`` or ``async
    with``; or by its ``start()`` and ``stop()``. State is empty at the start and gone
    at the end; a mock inside of another one shares the state of the outer one.

    :param config: as ``mock_aws`` takes it, for example
        ``{"core": {"mock_credentials": False}}``.
    :raises TypeError: what is decorated is no function or class, or is a generator.
    """
    mock = MockCognitoSync(config)
    return mock if func is None else mock(func)


class MockCognitoSync:
    """A mock that can be started and stopped; see :func:`mock_cognitosync`."""

    def __init__(self, config: Config | None = None) -> None:
        self._config = dict(config or {})
        self._starts = 0

    def start(self, reset: bool = True) -> None:
        """Start to mock.

        :param reset: forget the state that an earlier mock may have left.
        """
        with _active_mocks.lock:
            _active_mocks.start(self._config, reset)
            self._starts += 1

    def stop(self, remove_data: bool = True) -> None:
        """Stop to mock, and put the environment back as it was.

        :param remove_data: forget the state.
        :raises RuntimeError: this mock is not started.
        """
        with _active_mocks.lock:
            if self._starts == 0:
                raise RuntimeError(
                    "stop() was called on a mock_cognitosync() that is not started. "
                    "Call start() first, and stop() once for each start()."
                )
            self._starts -= 1
            _active_mocks.stop(self._config, remove_data)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    def __call__(self, func: Decorated, /) -> Decorated:
        """Decorate a function or a class; each call runs in a mock of its own."""
        if inspect.isclass(func):
            self._decorate_class(func)
            return cast(Decorated, func)
        return self._decorate_function(func)

    def _decorate_function(
        self, func: Decorated, reset: bool = True, remove_data: bool = True
    ) -> Decorated:
        def running_mock() -> ExitStack:
            mock, ending = MockCognitoSync(self._config), ExitStack()
            mock.start(reset=reset)
            ending.callback(mock.stop, remove_data=remove_data)
            return ending

        return run_inside(running_mock, func, "mock_cognitosync")

    def _decorate_class(self, cls: type[Any]) -> None:
        from unittest import TestCase

        if issubclass(cls, TestCase):
            # A test's setUp, its body, tearDown and clean-ups all run inside of this.
            cls.run = self._decorate_function(cls.run)  # type: ignore[method-assign]
            return
        is_set_up = any(hasattr(cls, name) for name in _SETUP_METHODS)
        for name, member in _public_members(cls):
            if inspect.isclass(member) and name.startswith("Test"):
                self._decorate_class(member)
            elif _can_be_mocked(member):
                # What a set-up method makes is there for the test that follows.
                is_test = name.startswith("test") and not is_set_up
                mocked: Callable[..., Any] = self._decorate_function(
                    member,
                    reset=is_test or name in _SETUP_METHODS,
                    remove_data=is_test,
                )
                if name in _XUNIT_METHODS and member.__code__.co_argcount == 1:
                    mocked = _taking_only_self(mocked)
                setattr(cls, name, mocked)


_SETUP_METHODS = ("setup_method", "setup")
_XUNIT_METHODS = (*_SETUP_METHODS, "teardown_method", "teardown")


def _taking_only_self(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Keep pytest from passing a test to a method that does not take it.

    Whether it does, pytest tells by the number of parameters that are named.
    """

    @functools.wraps(method)
    def wrapper(self: Any) -> Any:
        return method(self)

    return wrapper


def _public_members(cls: type[Any]) -> list[tuple[str, Any]]:
    """Return what a class has, inherited or its own, as it was defined."""
    names = [name for name in dir(cls) if not name.startswith("_")]
    return [(name, inspect.getattr_static(cls, name)) for name in names]


def _can_be_mocked(member: object) -> TypeGuard[FunctionType]:
    """Tell methods from everything else; a generator is most likely a fixture."""
    return isinstance(member, FunctionType) and not is_generator(member)


class _ActiveMocks:
    """What all active mocks of the process share.

    The first to start sets moto's own mock in motion and the last to stop ends it, in
    whatever order they stop. So moto's mock is never started twice or stopped too
    often, which would leave its made-up credentials behind or break later mocks.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self._moto: MockAWS | None = None
        self._is_inside_of_mock_aws = False
        self._environment: dict[str, str | None] = {}
        # Not left to moto, which undoes a configuration when the last mock stops.
        self._configs: list[Config] = []
        self._config_before: Config = {}

    def start(self, config: Config, reset: bool) -> None:
        """Count one mock more."""
        if self._moto is None:
            self._config_before = dict(moto_config())
        self._configs.append(config)
        self._apply_configs()
        if self._moto is None:
            try:
                self._start_moto(reset)
            except BaseException:
                # As when TEST_SERVER_MODE is set and no server answers.
                with suppress(Exception):
                    self.stop(config, remove_data=False)
                raise

    def stop(self, config: Config, remove_data: bool) -> None:
        """Count one mock less."""
        try:
            if len(self._configs) == 1:
                self._stop_moto(remove_data)
        finally:
            # Not before: moto looks at its configuration as it stops.
            self._configs.remove(config)
            self._apply_configs()

    def _apply_configs(self) -> None:
        replace_config(self._config_before, *self._configs)

    def _start_moto(self, reset: bool) -> None:
        self._environment = _credentials()
        register()
        from moto import mock_aws

        self._moto = mock_aws()
        speed_up(self._moto)
        self._is_inside_of_mock_aws = count_active_mocks(self._moto) > 0
        self._moto.start(reset=reset)

    def _stop_moto(self, remove_data: bool) -> None:
        moto, self._moto = cast("MockAWS", self._moto), None
        if self._is_inside_of_mock_aws and count_active_mocks(moto) == 1:
            # It has stopped before this one, and put back what was there before both.
            self._environment = _credentials()
        for name in CREDENTIALS:
            # moto fails on a variable that the test has removed.
            os.environ.setdefault(name, "")
        try:
            moto.stop(remove_data=remove_data)
        finally:
            clear_failed_reset()
            for name, value in self._environment.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _credentials() -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in CREDENTIALS}


_active_mocks = _ActiveMocks()
