"""``mock_cognitosync``, which works as a decorator and as a context manager."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeGuard, cast, overload

from ._decorators import Decorated, is_generator, run_inside, wrap
from ._moto.quick_start import speed_up
from ._moto.registration import register
from ._moto.settings import (
    check_config,
    clear_failed_reset,
    count_active_mocks,
    intercepts_requests,
    keep_state,
    mocking,
    moto_config,
    replace_config,
    reset_state,
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
    one's state. A mock also shares the state of a running
    :class:`~moto_cognitosync.server.CognitoSyncServer`.

    :param config: moto's configuration, as for ``mock_aws``; for example
        ``{"core": {"mock_credentials": False}}``.
    :raises ValueError: if a name in the configuration is misspelled or in the wrong
        place.
    :raises TypeError: if the decorated object is not a function or class, or is a
        generator.
    """
    mock = MockCognitoSync(config)
    return mock if func is None else mock(func)


class MockCognitoSync:
    """A mock that can be started and stopped; see :func:`mock_cognitosync`."""

    def __init__(self, config: Config | None = None) -> None:
        self._config = dict(config or {})
        if self._config:  # do not import moto for an empty configuration
            check_config(self._config)
        self._starts = 0

    def start(self, reset: bool = True) -> None:
        """Start mocking.

        :param reset: whether to discard any state left by an earlier mock.
        """
        with active_mocks.lock:
            active_mocks.start(self._config, reset)
            self._starts += 1

    def stop(self, remove_data: bool = True) -> None:
        """Stop mocking and restore the environment.

        :param remove_data: whether to discard the state.
        :raises RuntimeError: if this mock is not active.
        """
        with active_mocks.lock:
            if self._starts == 0:
                raise RuntimeError(
                    "stop() was called on a mock_cognitosync() that is not active. "
                    "Call start() first, and call stop() once for each start()."
                )
            self._starts -= 1
            active_mocks.stop(self._config, remove_data)

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
        """Decorate a function or a class. Each call runs in its own mock."""
        if inspect.isclass(func):
            self._decorate_class(func)
            return cast(Decorated, func)
        return self._decorate_function(func)

    def _decorate_function(self, func: Decorated) -> Decorated:
        return run_inside(
            lambda: MockCognitoSync(self._config), func, "mock_cognitosync"
        )

    def _decorate_class(self, cls: type[Any]) -> None:
        """Mock the methods of a class and its subclasses, existing or future.

        Each method starts a mock, as with ``mock_aws``. The pytest plugin also starts
        one around each test and its fixtures.
        """
        self._decorate_members(cls)
        cls.__mock_cognitosync__ = self  # for the pytest plugin
        own = vars(cls).get("__init_subclass__")

        def init_subclass(subclass: type[Any], /, **kwargs: Any) -> None:
            inherited = super(cls, subclass).__init_subclass__
            init = own.__get__(None, subclass) if own else inherited
            init(**kwargs)
            self._decorate_members(subclass, again=False)

        cls.__init_subclass__ = classmethod(init_subclass)  # type: ignore[assignment]

    def _decorate_members(self, cls: type[Any], again: bool = True) -> None:
        from unittest import TestCase

        for name in dir(cls):
            member = inspect.getattr_static(cls, name)
            func = getattr(member, "__func__", member)
            if name.startswith("_") or (_is_decorated(func) and not again):
                continue
            if inspect.isclass(member):
                if name.startswith("Test"):
                    self._decorate_class(member)
            elif issubclass(cls, TestCase) and isinstance(member, classmethod):
                self._decorate_class_level(cls, name, func)
            elif _can_be_mocked(member, name):
                self._decorate_method(cls, name, member)

    def _decorate_method(self, cls: type[Any], name: str, func: FunctionType) -> None:
        ends_test = name.startswith("test") or (
            name in _RUN_METHODS and hasattr(cls, "addClassCleanup")
        )
        mocked: Any = wrap(functools.partial(self._mock_method, ends_test), func)
        if name in _XUNIT_METHODS and func.__code__.co_argcount == 1:
            mocked = _accept_only_self(mocked)
        mocked.__mock_cognitosync__ = self
        setattr(cls, name, mocked)

    @contextmanager
    def _mock_method(
        self, ends_test: bool, test: Any, *_: object
    ) -> Generator[None, None, None]:
        """Mock one method of a test; the test is an instance of the class.

        The first method to run discards the state of earlier tests. If it runs the
        whole test, it also discards this test's state when it ends.
        """
        is_first = not getattr(test, "__mock_started__", False)
        mock = MockCognitoSync(self._config)
        mock.start(reset=is_first)
        test.__mock_started__ = True
        try:
            yield
        finally:
            if is_first and ends_test:
                test.__mock_started__ = False
            mock.stop(remove_data=is_first and ends_test)

    def _decorate_class_level(
        self, cls: type[Any], name: str, func: Callable[[Any], Any]
    ) -> None:
        """Mock a class method of a ``TestCase`` that unittest calls."""

        def start(case: Any) -> None:
            mock = MockCognitoSync(self._config)
            mock.start()
            case.addClassCleanup(mock.stop)  # added first, so it runs last
            try:
                func(case)
            except BaseException as error:
                if not isinstance(error, Exception):  # unittest cleans up after others
                    case.doClassCleanups()
                raise

        if name == "setUpClass" and not _is_from_unittest(func):
            mocked: Any = functools.wraps(func)(start)
        elif name in {"tearDownClass", "doClassCleanups"}:
            mocked = wrap(lambda *_: MockCognitoSync(self._config), func)
        else:
            return
        mocked.__mock_cognitosync__ = self
        setattr(cls, name, classmethod(mocked))


_XUNIT_METHODS = ("setup_method", "setup", "teardown_method", "teardown")
_RUN_METHODS = ("run", "debug")  # include set-up, tear-down and clean-ups


def _can_be_mocked(member: object, name: str) -> TypeGuard[FunctionType]:
    """Return whether a member is a method that a user or a test runner calls.

    Generators are excluded: they are most likely fixtures.
    """
    return (
        isinstance(member, FunctionType)
        and not is_generator(member)
        and (name in _RUN_METHODS or not _is_from_unittest(member))
    )


def _is_decorated(member: object) -> bool:
    return hasattr(member, "__mock_cognitosync__")


def _is_from_unittest(func: Callable[..., Any]) -> bool:
    return func.__module__.partition(".")[0] == "unittest"


def _accept_only_self(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a method with ``self`` as its only parameter.

    pytest counts named parameters to decide whether to pass the test method, so it
    would pass it to a wrapper that takes ``*args``.
    """

    @functools.wraps(method)
    def wrapper(self: Any) -> Any:
        return method(self)

    return wrapper


class _ActiveMocks:
    """The process's active mocks and running servers, all of which share their state.

    All mocks share a single moto mock. The first one to start also starts moto's mock,
    and the last one to stop also stops moto's; they may stop in any order. So moto's
    mock is never started twice, which would leave its fake credentials behind, and
    never stopped too often, which would break later mocks.

    The first mock or server to start discards any older state, and the last one to
    stop discards the shared state.
    """

    def __init__(self) -> None:
        self.lock = setup_lock
        self._moto: MockAWS | None = None
        self._servers = 0
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
            # The latest one, by identity: another mock can have an equal configuration.
            index = max(i for i, each in enumerate(self._configs) if each is config)
            del self._configs[index]
            self._apply_configs()

    def add_server(self) -> None:
        """Share the state with a server in this process."""
        with self.lock:
            self._reset_unless_shared()
            self._servers += 1

    def remove_server(self) -> None:
        """Stop sharing the state with a server in this process."""
        with self.lock:
            self._servers -= 1
            self._reset_unless_shared()

    def _reset_unless_shared(self) -> None:
        from moto import mock_aws

        if not self._servers and not count_active_mocks(mock_aws()):
            reset_state()

    def _apply_configs(self) -> None:
        replace_config(self._config_before, *self._configs)

    def _start_moto(self, reset: bool) -> None:
        self._environment = _credentials()
        register()
        from moto import mock_aws

        self._moto = mock_aws()
        speed_up(self._moto)
        is_local = intercepts_requests(self._moto)
        if self._servers and is_local:
            keep_state(self._moto)
        self._is_inside_mock_aws = count_active_mocks(self._moto) > 0
        self._moto.start(reset=reset)
        mocking.is_active = is_local

    def _stop_moto(self, remove_data: bool) -> None:
        moto, self._moto = cast("MockAWS", self._moto), None
        mocking.is_active = False
        if self._is_inside_mock_aws and count_active_mocks(moto) == 1:
            # mock_aws has stopped first and has restored the original variables.
            self._environment = _credentials()
        for name in CREDENTIALS:
            # moto fails if the test has deleted one of the variables.
            os.environ.setdefault(name, "")
        try:
            if self._servers and intercepts_requests(moto):
                remove_data = False
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


active_mocks = _ActiveMocks()
