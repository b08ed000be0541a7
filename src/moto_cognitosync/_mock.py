"""``mock_cognitosync``, which works as a decorator and as a context manager."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
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
from .core.locks import setup_lock

if TYPE_CHECKING:
    from moto.core.models import MockAWS
    from typing_extensions import Self

Config = Mapping[str, Any]

# Environment variables that moto sets while a mock is active.
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
    """Mock Amazon Cognito Sync and every other service that moto supports.

    Use it as a decorator (with or without parentheses) on a function, a coroutine
    function, a ``unittest.TestCase`` or a plain test class; as a context manager in
    ``with`` or ``async with``; or call ``start()`` and ``stop()``. A mock starts empty
    and discards its state when it stops. Mocks nest: an inner mock shares the outer
    one's state.

    :param config: moto's configuration, as for ``mock_aws``; for example
        ``{"core": {"mock_credentials": False}}``.
    :raises TypeError: the decorated object is not a function or class, or is a
        generator.
    """
    mock = MockCognitoSync(config)
    return mock if func is None else mock(func)


class MockCognitoSync:
    """A mock that can be started and stopped; see :func:`mock_cognitosync`."""

    def __init__(self, config: Config | None = None) -> None:
        self._config = dict(config or {})
        self._starts = 0

    def start(self, reset: bool = True) -> None:
        """Start mocking.

        :param reset: discard any state that an earlier mock has left.
        """
        with _active_mocks.lock:
            _active_mocks.start(self._config, reset)
            self._starts += 1

    def stop(self, remove_data: bool = True) -> None:
        """Stop mocking and restore the environment.

        :param remove_data: discard the state.
        :raises RuntimeError: this mock is not active.
        """
        with _active_mocks.lock:
            if self._starts == 0:
                raise RuntimeError(
                    "stop() was called on a mock_cognitosync() that is not active. "
                    "Call start() first, and call stop() once for each start()."
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
        """Decorate a function or a class. Each call runs in a separate mock."""
        if inspect.isclass(func):
            self._decorate_class(func)
            return cast(Decorated, func)
        return self._decorate_function(func)

    def _decorate_function(
        self, func: Decorated, reset: bool = True, remove_data: bool = True
    ) -> Decorated:
        def started_mock() -> ExitStack:
            mock, stack = MockCognitoSync(self._config), ExitStack()
            mock.start(reset=reset)
            stack.callback(mock.stop, remove_data=remove_data)
            return stack

        return run_inside(started_mock, func, "mock_cognitosync")

    def _decorate_class(self, cls: type[Any]) -> None:
        from unittest import TestCase

        if issubclass(cls, TestCase):
            # run() includes setUp, the test itself, tearDown and cleanups.
            cls.run = self._decorate_function(cls.run)  # type: ignore[method-assign]
            return
        has_setup = any(hasattr(cls, name) for name in _SETUP_METHODS)
        for name, member in _public_members(cls):
            if inspect.isclass(member) and name.startswith("Test"):
                self._decorate_class(member)
            elif _can_be_mocked(member):
                # Tests keep the state that a setup method has created.
                is_test = name.startswith("test") and not has_setup
                mocked: Callable[..., Any] = self._decorate_function(
                    member,
                    reset=is_test or name in _SETUP_METHODS,
                    remove_data=is_test,
                )
                if name in _XUNIT_METHODS and member.__code__.co_argcount == 1:
                    mocked = _accept_only_self(mocked)
                setattr(cls, name, mocked)


_SETUP_METHODS = ("setup_method", "setup")
_XUNIT_METHODS = (*_SETUP_METHODS, "teardown_method", "teardown")


def _accept_only_self(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a method with ``self`` as its only parameter.

    pytest counts named parameters to decide whether to pass the test method, so it
    would pass it to a wrapper that takes ``*args``.
    """

    @functools.wraps(method)
    def wrapper(self: Any) -> Any:
        return method(self)

    return wrapper


def _public_members(cls: type[Any]) -> list[tuple[str, Any]]:
    """Return the public members of a class, own and inherited, without binding them."""
    names = [name for name in dir(cls) if not name.startswith("_")]
    return [(name, inspect.getattr_static(cls, name)) for name in names]


def _can_be_mocked(member: object) -> TypeGuard[FunctionType]:
    """Return whether a member is a method. A generator is most likely a fixture."""
    return isinstance(member, FunctionType) and not is_generator(member)


class _ActiveMocks:
    """All active mocks of the process, which share one mock of moto.

    The first mock to start also starts moto's mock, and the last one to stop also
    stops it; they may stop in any order. So moto's mock is never started twice, which
    would leave its fake credentials behind, and never stopped too often, which would
    break later mocks.
    """

    def __init__(self) -> None:
        self.lock = setup_lock
        self._moto: MockAWS | None = None
        self._is_inside_mock_aws = False
        self._environment: dict[str, str | None] = {}
        # Tracked here because moto restores it only when the last mock stops.
        self._configs: list[Config] = []
        self._config_before: Config = {}

    def start(self, config: Config, reset: bool) -> None:
        """Add a mock. The first one starts moto's mock."""
        if self._moto is None:
            self._config_before = dict(moto_config())
        self._configs.append(config)
        self._apply_configs()
        if self._moto is None:
            try:
                self._start_moto(reset)
            except BaseException:
                # For example, TEST_SERVER_MODE is set and no server is running.
                with suppress(Exception):
                    self.stop(config, remove_data=False)
                raise

    def stop(self, config: Config, remove_data: bool) -> None:
        """Remove a mock. The last one stops moto's mock."""
        try:
            if len(self._configs) == 1:
                self._stop_moto(remove_data)
        finally:
            # Not earlier: moto reads its configuration while it stops.
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
        self._is_inside_mock_aws = count_active_mocks(self._moto) > 0
        self._moto.start(reset=reset)

    def _stop_moto(self, remove_data: bool) -> None:
        moto, self._moto = cast("MockAWS", self._moto), None
        if self._is_inside_mock_aws and count_active_mocks(moto) == 1:
            # mock_aws has stopped first and has restored the original variables.
            self._environment = _credentials()
        for name in CREDENTIALS:
            # moto fails if the test has deleted one of the variables.
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
