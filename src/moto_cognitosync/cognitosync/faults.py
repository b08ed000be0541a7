"""Errors on demand: what the service does now and then, when a test wants it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, asdict, dataclass, field, replace
from random import Random
from threading import Lock
from typing import TYPE_CHECKING, Any

from moto.moto_api._internal import mock_random

from moto_cognitosync import _registration
from moto_cognitosync._decorators import Decorated, run_inside

from . import exceptions
from .rest_json import service
from .shapes import check_text

if TYPE_CHECKING:
    from typing_extensions import Self

ANY = "*"  # every operation

# What a fault can be confined to; the names are those of the operations' input.
SCOPES = ("identity_pool_id", "identity_id", "dataset_name")


class ConnectionDropped(Exception):
    """The client is to get no answer."""


@dataclass(eq=False)
class Fault:
    """Lets requests fail, in a ``with`` statement or in a decorated function.

    It strikes requests that are valid, before the service carries them out, so that a
    client's own retries meet it as they would the real thing. Of several faults, the
    first that fits a request strikes it.

    :param operation: as the API names it, ``DeleteDataset``; or ``*`` for all.
    :param error: one that the operation documents: ``TooManyRequestsException``.
    :param times: strike so many requests, then no more; by default all.
    :param identity_pool_id: strike only requests about this pool.
    :param identity_id: only those about this identity.
    :param dataset_name: only those about this dataset.
    :param probability: the share of these requests to strike, from 0 to 1.
    :param seed: of the choice, so that each run strikes the same requests; by default
        it follows moto's own seed.
    :param delay: seconds to wait first. Without an error, the request then succeeds.
    :param drop_connection: close the connection instead of answering.
    :param message: the error's text.
    :ivar count: how many requests it has struck since it was switched on.
    :raises ValueError: a parameter makes no sense; the message tells what does.
    """

    operation: str
    error: str | None = None
    _: KW_ONLY
    times: int | None = None
    identity_pool_id: str | None = None
    identity_id: str | None = None
    dataset_name: str | None = None
    probability: float = 1
    seed: int | None = None
    delay: float = 0
    drop_connection: bool = False
    message: str | None = None
    count: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        _check(self)
        self._lock = Lock()

    def _make_draw(self) -> Callable[[], float]:
        chance: Random = mock_random if self.seed is None else Random(self.seed)
        return chance.random

    def start(self) -> None:
        """Switch it on, behind the faults that are on. A second call does nothing."""
        _registration.check_state_is_here()
        with self._lock:
            if self in _active:
                return
            self.count = 0
            self._draw = self._make_draw()
            _active.append(self)

    def stop(self) -> None:
        """Switch it off. A second call does nothing."""
        with suppress(ValueError):
            _active.remove(self)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __call__(self, func: Decorated, /) -> Decorated:
        """Decorate a function; each call has a fault of its own."""
        return run_inside(lambda: replace(self), func, "fault")

    def describe(self) -> dict[str, Any]:
        """Return its parameters and its count, without what is None."""
        described = asdict(self)
        return {name: value for name, value in described.items() if value is not None}

    def strikes(self, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Tell whether a request is struck, and count it if it is.

        :param parameters: the operation's input, by its Python names.
        """
        if self.operation not in {operation, ANY}:
            return False
        for name in SCOPES:
            if getattr(self, name) not in {None, parameters.get(name)}:
                return False
        with self._lock:
            exhausted = self.times is not None and self.count >= self.times
            if exhausted or self._draw() >= self.probability:
                return False
            self.count += 1
            return True

    def strike(self) -> None:
        """Do what it is there for.

        :raises ConnectionDropped: the client is to get no answer.
        :raises CognitoSyncError: the error.
        """
        time.sleep(self.delay)
        if self.drop_connection:
            raise ConnectionDropped
        if self.error:
            error: type[exceptions.CognitoSyncError] = getattr(exceptions, self.error)
            raise error(self.message or f"Injected by fault({self.operation!r}).")


# In the order in which they were switched on.
_active: list[Fault] = []


def meet(operation: str, parameters: Mapping[str, Any]) -> None:
    """Let a request meet the faults that are on.

    :raises ConnectionDropped: the client is to get no answer.
    :raises CognitoSyncError: a fault has struck.
    """
    # A copy: while this one waits, others may be switched on or off.
    for each in tuple(_active):
        if each.strikes(operation, parameters):
            return each.strike()
    return None


def close_connection(environ: Mapping[str, Any]) -> None:
    """Close the connection of a WSGI request; what is then sent is lost."""
    connection: socket.socket = environ["werkzeug.socket"]
    with suppress(OSError):  # the client was faster
        connection.shutdown(socket.SHUT_RDWR)


# --- Parameters -------------------------------------------------------------------

# Documented for UpdateRecords, but missing in the model.
_UNMODELLED = {"UpdateRecords": ["LambdaSocketTimeoutException"]}

_NUMBER = (int, float)
_TYPES: dict[str, tuple[type, ...]] = {
    "operation": (str,),
    "error": (str,),
    "times": (int,),
    "identity_pool_id": (str,),
    "identity_id": (str,),
    "dataset_name": (str,),
    "probability": _NUMBER,
    "seed": (int,),
    "delay": _NUMBER,
    "drop_connection": (bool,),
    "message": (str,),
}


def errors_of(operation: str) -> list[str]:
    """Return the errors that an operation documents; with ``*``, that all do.

    :raises ValueError: there is no such operation.
    """
    operations = service().operations
    if operation == ANY:
        documented = [set(errors_of(name)) for name in operations]
        return sorted(set.intersection(*documented))
    if operation not in operations:
        raise ValueError(
            f"there is no operation {operation!r}; choose {ANY!r} or one of "
            f"{', '.join(operations)}"
        )
    return sorted(operations[operation].errors + _UNMODELLED.get(operation, []))


def from_parameters(parameters: Any) -> Fault:
    """Make a fault from data that came over HTTP.

    :raises ValueError: they are not the parameters of a fault.
    """
    if not isinstance(parameters, dict):
        raise ValueError("a fault is described by a JSON object")  # noqa: TRY004
    unknown = set(parameters) - set(_TYPES)
    if unknown or "operation" not in parameters:
        raise ValueError(
            f"a fault needs an operation, and knows {', '.join(_TYPES)}; "
            f"found {', '.join(sorted(parameters)) or 'nothing'}"
        )
    return Fault(**parameters)


def _check(fault: Fault) -> None:
    _check_types(fault)
    errors = errors_of(fault.operation)
    if fault.error is not None and fault.error not in errors:
        raise ValueError(
            f"{fault.operation} does not document the error {fault.error!r}; choose "
            f"one of {', '.join(errors)}"
        )
    if fault.times is not None and fault.times < 1:
        raise ValueError(f"times must be at least 1, found {fault.times}")
    if not 0 <= fault.probability <= 1:
        raise ValueError(f"probability must be from 0 to 1, found {fault.probability}")
    if not 0 <= fault.delay <= LONGEST_DELAY:
        raise ValueError(
            f"delay must be from 0 to {LONGEST_DELAY} seconds, found {fault.delay}"
        )
    check_text(fault.message or "")
    _check_scope(fault)
    if not (fault.error or fault.delay or fault.drop_connection):
        raise ValueError("a fault needs an error, a delay or drop_connection=True")


LONGEST_DELAY = 3600


def _check_scope(fault: Fault) -> None:
    """Refuse a fault that could never strike."""
    if fault.operation == ANY:
        return
    for name in set(SCOPES) - service().operations[fault.operation].arguments:
        if getattr(fault, name) is not None:
            raise ValueError(f"{fault.operation} has no {name}: leave it out")


def _check_types(fault: Fault) -> None:
    for name, types in _TYPES.items():
        value = getattr(fault, name)
        if value is None and getattr(Fault, name, ANY) is None:
            continue
        # Not by isinstance(): to Python, a bool is an int.
        if type(value) not in types:
            wanted = " or ".join(each.__name__ for each in types)
            raise ValueError(f"{name} must be of type {wanted}, found {value!r}")
