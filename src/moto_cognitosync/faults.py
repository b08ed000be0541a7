"""Simulated failures: throttling, conflicts, delays and dropped connections.

For example, to test that code retries after it was throttled twice::

    with fault("DeleteDataset", "TooManyRequestsException", times=2) as throttled:
        forget_settings(player)
    assert throttled.count == 2
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, asdict, dataclass, field, fields, replace
from functools import cache, wraps
from inspect import signature
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from moto.moto_api._internal import mock_random

from ._decorators import Decorated, run_inside
from ._moto.settings import require_local_state
from ._operations import find_operation, services
from .cognitoidentity import exceptions as identity_exceptions
from .cognitosync import exceptions as sync_exceptions
from .core import exceptions, hooks
from .core.exceptions import ConnectionDropped, ServiceError
from .core.sharing import SharedList, state_lock
from .core.suggestions import did_you_mean
from .core.wire.operations import Operation
from .core.wire.services import Service
from .core.wire.shapes import check_text

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Fault", "fault"]

EVERY_OPERATION = "*"
MAX_DELAY = 3600  # seconds

# Fields that limit a fault to some requests; named like members of the input.
SCOPE_FIELDS = ("identity_pool_id", "identity_id", "dataset_name")

# Documented for UpdateRecords, but missing from botocore's model.
_UNMODELED_ERRORS = {"UpdateRecords": ["LambdaSocketTimeoutException"]}

Class = TypeVar("Class", bound="type[Any]")


def _suggest_parameters(cls: Class) -> Class:
    """Make a class's TypeError for an unknown parameter suggest a known one."""
    init: Any = cls.__init__

    @wraps(init)
    def checked_init(self: object, *args: Any, **kwargs: Any) -> None:
        for name in kwargs.keys() - _parameter_types().keys():
            raise TypeError(_describe_unknown_parameter(name))
        init(self, *args, **kwargs)

    cls.__init__ = checked_init
    return cls


@_suggest_parameters
@dataclass(eq=False)
class Fault:
    """A simulated failure, active in a ``with`` statement or a decorated function.

    A fault is applied to each valid request, including retries, before the service
    processes it. If several faults match a request, only the one that was started
    first is applied.

    :param operation: name in the API, for example ``DeleteDataset``; ``*`` for all
        operations of both services that document the error.
    :param error: name of an error that is documented for the operation, for example
        ``TooManyRequestsException``.
    :param times: number of requests to affect; by default, all.
    :param identity_pool_id: apply only to requests for this pool.
    :param identity_id: apply only to requests for this identity.
    :param dataset_name: apply only to requests for this dataset.
    :param probability: fraction of the matching requests to affect, from 0 to 1.
    :param seed: seed for ``probability``, for reproducible runs; by default, moto's
        seed is used.
    :param delay: seconds to wait first, at most 3600. Without an error, the request is
        then processed as usual.
    :param drop_connection: close the connection instead of responding.
    :param message: the error's message.
    :param optional: allow a ``with`` statement or a decorated function to end before
        the fault has affected a request. By default, this raises an ``AssertionError``
        unless ``probability`` is below 1.
    :ivar count: number of affected requests since the fault was started.
    :raises ValueError: if a parameter is invalid; the message names the valid values.
    :raises TypeError: if a parameter is unknown; the message suggests a known one.
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
    optional: bool = False
    count: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        _check(self)

    def start(self) -> None:
        """Activate the fault. Does nothing if it is already active.

        :raises RuntimeError: if TEST_SERVER_MODE is set, because a server stores
            the data in that case.
        """
        require_local_state()
        with state_lock:
            if self in _active:
                return
            self.count = 0
            self._excused = False
            source: Random = mock_random if self.seed is None else Random(self.seed)
            self._draw: Callable[[], float] = source.random
            _active.append(self)

    def stop(self) -> None:
        """Deactivate the fault. Does nothing if it is not active."""
        with suppress(ValueError):
            _active.remove(self)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        __tracebackhide__ = True
        self.stop()
        if error is None:
            self._check_used()

    def _check_used(self) -> None:
        __tracebackhide__ = True
        if self.count or self.optional or self._excused or self.probability < 1:
            return
        given = [
            f"{each.name}={getattr(self, each.name)!r}"
            for each in fields(self)
            if getattr(self, each.name) != each.default
        ]
        raise AssertionError(
            "expected this fault to affect at least one request, but it affected none: "
            f"fault({', '.join(given)}). Check the operation and the scope, or pass "
            "optional=True."
        )

    def __call__(self, func: Decorated, /) -> Decorated:
        """Decorate a function; each call runs with its own copy of the fault."""
        return run_inside(lambda: replace(self), func, "fault")

    def describe(self) -> dict[str, Any]:
        """Return the parameters and the count by name, omitting any that are None."""
        return {
            name: value for name, value in asdict(self).items() if value is not None
        }

    def claim(self, operation: str, parameters: Mapping[str, Any]) -> bool:
        """Return whether the fault applies to a request, and count it if so.

        :param parameters: the operation's input, by Python names.
        """
        if not self._covers(operation):
            return False
        for name in SCOPE_FIELDS:
            if getattr(self, name) not in {None, parameters.get(name)}:
                return False
        with state_lock:
            exhausted = self.times is not None and self.count >= self.times
            if exhausted or self._draw() >= self.probability:
                return False
            self.count += 1
            return True

    def _covers(self, operation: str) -> bool:
        if self.operation != EVERY_OPERATION:
            return self.operation == operation
        return self.error is None or self.error in documented_errors(operation)

    def inject(self) -> None:
        """Delay or fail the current request.

        :raises ConnectionDropped: if the connection must be closed without a response.
        :raises ServiceError: if the fault specifies an error.
        """
        time.sleep(self.delay)
        if self.drop_connection:
            raise ConnectionDropped
        if self.error:
            error = _error_class(self.error)
            raise error(self.message or f"Injected by fault({self.operation!r}).")


fault = Fault  # reads better in a with statement

_active = SharedList[Fault]()  # in the order they were started


def apply_faults(operation: Operation, parameters: Mapping[str, Any]) -> None:
    """Apply the first active fault that matches a request.

    :raises ConnectionDropped: if the connection must be closed without a response.
    :raises ServiceError: if the fault specifies an error.
    """
    for each in _active:  # others may start and stop during a delay
        if each.claim(operation.name, parameters):
            each.inject()
            break


hooks.before.append(apply_faults)


def excuse_unused_faults() -> None:
    """Do not report active faults as unused, because the test has failed already."""
    for each in tuple(_active):
        each._excused = True


def _error_class(name: str) -> type[ServiceError]:
    modules = (exceptions, sync_exceptions, identity_exceptions)
    found: type[ServiceError] = next(
        getattr(module, name) for module in modules if hasattr(module, name)
    )
    return found


# --- Parameters -------------------------------------------------------------------


def _common_errors(service: Service) -> set[str]:
    return set.intersection(*(set(each.errors) for each in service.operations.values()))


def documented_errors(operation: str) -> list[str]:
    """Return the names of the errors documented for an operation.

    :param operation: name in the API; ``*`` for the errors common to all operations of
        a service.
    :raises ValueError: if the operation does not exist.
    """
    if operation == EVERY_OPERATION:
        return sorted(set().union(*map(_common_errors, services())))
    errors = find_operation(operation).errors
    return sorted(errors + _UNMODELED_ERRORS.get(operation, []))


def from_parameters(parameters: Any) -> Fault:
    """Create a fault from JSON received by the control API.

    :raises ValueError: if a parameter is missing or invalid.
    """
    if not isinstance(parameters, dict):
        raise ValueError("a fault must be a JSON object")  # noqa: TRY004
    if "operation" not in parameters:
        raise ValueError(
            f"operation is required; found {', '.join(sorted(parameters)) or 'nothing'}"
        )
    try:
        return Fault(**parameters)
    except TypeError as error:
        raise ValueError(str(error)) from None


def _describe_unknown_parameter(name: str) -> str:
    names = _parameter_types()
    return (
        f"unknown parameter {name!r} of a fault; use {', '.join(names)}"
        f"{did_you_mean(name, names)}"
    )


def _check(fault: Fault) -> None:
    _check_types(fault)
    errors = documented_errors(fault.operation)
    if fault.error is not None and fault.error not in errors:
        raise ValueError(
            f"{fault.operation} does not document the error {fault.error!r}; use one "
            f"of {', '.join(errors)}{did_you_mean(fault.error, errors)}"
        )
    if fault.times is not None and fault.times < 1:
        raise ValueError(f"times must be at least 1, found {fault.times}")
    if not 0 <= fault.probability <= 1:
        raise ValueError(
            f"probability must be between 0 and 1, found {fault.probability}"
        )
    if not 0 <= fault.delay <= MAX_DELAY:
        raise ValueError(
            f"delay must be between 0 and {MAX_DELAY} seconds, found {fault.delay}"
        )
    check_text(fault.message or "")
    _check_scope(fault)
    if not (fault.error or fault.delay or fault.drop_connection):
        raise ValueError("a fault requires error, delay or drop_connection=True")


def _check_scope(fault: Fault) -> None:
    """Reject a fault that could never apply."""
    if fault.operation == EVERY_OPERATION:
        return
    for name in set(SCOPE_FIELDS) - find_operation(fault.operation).arguments:
        if getattr(fault, name) is not None:
            raise ValueError(f"{fault.operation} has no parameter {name}: remove it")


def _check_types(fault: Fault) -> None:
    for name, hint in _parameter_types().items():
        value = getattr(fault, name)
        # Not isinstance(), because a bool is an int in Python.
        if type(value) not in hint:
            expected = " or ".join(each.__name__ for each in hint if each is not _NONE)
            raise ValueError(f"{name} must be of type {expected}, found {value!r}")


_NONE = type(None)


@cache
def _parameter_types() -> dict[str, tuple[type, ...]]:
    """Return the types that each parameter of a fault accepts, from its annotation."""
    types = {}
    for name, parameter in signature(Fault, eval_str=True).parameters.items():
        accepted = get_args(parameter.annotation) or (parameter.annotation,)
        # By convention, an annotation of float accepts int as well.
        types[name] = (int, *accepted) if float in accepted else accepted
    return types
