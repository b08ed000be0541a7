"""Decorators that run each call of a function in a new context."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, TypeVar, cast

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_DECORATOR = "__moto_cognitosync_decorator__"


def run_inside(
    make_context: Callable[[], AbstractContextManager[object]],
    func: Decorated,
    name: str,
) -> Decorated:
    """Return a function, or coroutine function, that runs ``func`` in a context.

    :param make_context: creates the context manager for one call of the function.
    :param name: the decorator's name, for error messages.
    :raises TypeError: if the decorated object is not a function, or is a generator. The
        returned function also raises it if a call did not run the body of ``func``.
    """
    _check_can_be_decorated(func, name)
    check = functools.partial(_check, func, name)
    decorated = wrap(lambda *_: make_context(), func, check)
    setattr(decorated, _DECORATOR, name)
    return decorated


def wrap(
    make_context: Callable[..., AbstractContextManager[object]],
    func: Decorated,
    check: Callable[[object], None] = lambda _: None,
) -> Decorated:
    """Return a function, or coroutine function, that runs ``func`` in a context.

    :param make_context: called with the positional arguments of each call.
    :param check: called with each return value.
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with make_context(*args):
            result = func(*args, **kwargs)
            check(result)
            return result

    @functools.wraps(func)
    async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
        with make_context(*args):
            result = await func(*args, **kwargs)
            check(result)
            return result

    return cast(Decorated, async_wrapper if _is_async(func) else wrapper)


def reject_decorated_fixture(func: Callable[..., Any]) -> None:
    """Check the function of a fixture, which was decorated before it became a fixture.

    :raises TypeError: if ``run_inside`` returned the function.
    """
    name = getattr(func, _DECORATOR, None)
    if name:
        raise _fixture_error(func, name)


def is_generator(func: Callable[..., Any]) -> bool:
    """Return whether a function's body runs only after the call has returned."""
    return any(
        inspect.isgeneratorfunction(each) or inspect.isasyncgenfunction(each)
        for each in (func, type(func).__call__)
    )


def _is_async(func: Callable[..., Any]) -> bool:
    """Return whether a function, or an object with ``__call__``, is asynchronous."""
    return any(map(inspect.iscoroutinefunction, (func, type(func).__call__)))


def _check_can_be_decorated(func: Callable[..., Any], name: str) -> None:
    if not callable(func):
        raise TypeError(
            f"{name} expected a function to decorate, found an object of type "
            f"{type(func).__name__!r}. Pass parameters as keyword arguments."
        )
    if inspect.isclass(func):
        # If it became a function, pytest and unittest would silently skip it.
        raise TypeError(
            f"{name} cannot decorate the class {func.__qualname__!r}: decorate its "
            "methods instead."
        )
    if _is_fixture(func):
        raise _fixture_error(func, name)
    if is_generator(func):
        raise TypeError(
            f"{name} cannot decorate the generator {_name_of(func)!r}: its body "
            f"would run after {name} has ended. Use 'with {name}(...):' in its body."
        )


def _is_fixture(func: Callable[..., Any]) -> bool:
    """Return whether an object was created by ``pytest.fixture``."""
    # pytest 8.4 and newer create an object; older versions mark the function.
    return type(func).__module__ == "_pytest.fixtures" or hasattr(
        func, "_pytestfixturefunction"
    )


def _fixture_error(func: Callable[..., Any], name: str) -> TypeError:
    return TypeError(
        f"{name} cannot decorate the fixture {_name_of(func)!r}: the test would run "
        f"after {name} has ended. Use 'with {name}(...):' in its body, and yield "
        "inside it."
    )


def _check(func: Callable[..., Any], name: str, result: object) -> None:
    """Reject a result that would run more code after the call has returned.

    :raises TypeError: if the result is a coroutine, a generator, or a context manager
        that runs a generator.
    """
    body = inspect.unwrap(func)
    is_manager = isinstance(
        result, (AbstractContextManager, AbstractAsyncContextManager)
    )
    if (
        inspect.isawaitable(result)
        or inspect.isgenerator(result)
        or inspect.isasyncgen(result)
        or (is_manager and is_generator(body))
    ):
        if inspect.iscoroutine(result):
            result.close()  # otherwise Python warns that it was never awaited
        raise TypeError(
            f"{name} cannot decorate {_name_of(func)!r}, which returned an object of "
            f"type {type(result).__name__!r}: its body would run after {name} has "
            f"ended. Use 'with {name}(...):' in its body."
        )


def _name_of(func: Callable[..., Any]) -> str:
    return getattr(func, "__qualname__", None) or repr(func)
