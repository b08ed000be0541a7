"""Decorators that run functions, and coroutine functions, in a context of their own."""

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
    """Return a function that does what ``func`` does, inside of a context.

    :param make_context: called for each call of the function.
    :param name: of the decorator, for its errors.
    :raises TypeError: what is decorated is no function, or is a class or a generator.
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
    """Tell functions whose body runs after they have returned."""
    return inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func)


def _check_can_be_decorated(func: Callable[..., Any], name: str) -> None:
    if not callable(func):
        raise TypeError(
            f"{name} decorates functions, not objects of type "
            f"{type(func).__name__!r}. Pass its parameters by their names."
        )
    if inspect.isclass(func):
        # As a function, pytest and unittest would pass it by in silence.
        raise TypeError(
            f"{name} cannot decorate the class {func.__qualname__!r}: decorate its "
            "methods."
        )
    if is_generator(func):
        raise TypeError(
            f"{name} cannot decorate the generator {func.__qualname__!r}: its body "
            f"would run after {name} has ended. Use 'with {name}(...):' inside of it."
        )
