"""Decorators that run each call of a function in a new context."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def run_inside(
    make_context: Callable[[], AbstractContextManager[object]],
    func: Decorated,
    name: str,
) -> Decorated:
    """Return a function, or coroutine function, that runs ``func`` in a context.

    :param make_context: creates the context manager for one call of the function.
    :param name: name of the decorator, for error messages.
    :raises TypeError: the decorated object is not a function, or is a generator.
    """
    _check_can_be_decorated(func, name)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with make_context():
            return func(*args, **kwargs)

    @functools.wraps(func)
    async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
        with make_context():
            return await func(*args, **kwargs)

    is_async = inspect.iscoroutinefunction(func)
    return cast(Decorated, async_wrapper if is_async else wrapper)


def is_generator(func: Callable[..., Any]) -> bool:
    """Return whether a function is a generator function, asynchronous or not."""
    return inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func)


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
    if is_generator(func):
        raise TypeError(
            f"{name} cannot decorate the generator {func.__qualname__!r}: its body "
            f"would run after {name} has ended. Use 'with {name}(...):' inside it."
        )
