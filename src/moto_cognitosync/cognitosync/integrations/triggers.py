"""The SyncTrigger: a Lambda function that can change or reject a write.

Source: Amazon Cognito developer guide, "Customizing workflows with Amazon Cognito
Events".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from reprlib import Repr
from threading import Lock, Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

from moto.moto_api._internal import mock_random

from moto_cognitosync.cognitosync.exceptions import (
    InvalidLambdaFunctionOutputException,
    LambdaSocketTimeoutException,
    LambdaThrottledException,
)
from moto_cognitosync.core.exceptions import ServiceError

from .arns import region_of

if TYPE_CHECKING:
    from moto_cognitosync.cognitosync.store.datasets import Dataset

TIMEOUT = 5.0  # seconds; a fixed limit of the service

# Maximum lengths from the service model, in characters.
MAX_KEY_LENGTH = 1024
MAX_VALUE_LENGTH = 1_048_575

_logger = logging.getLogger(__name__)

Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]
HandlerType = TypeVar("HandlerType", bound=Handler)
_AS_DECORATOR: Any = object()


class Registration:
    """A function that runs for an ARN, or only until the end of a ``with`` statement.

    :param handler: None runs the Lambda function itself.
    """

    def __init__(self, arn: str, handler: Handler | None) -> None:
        self.arn = arn
        self.handler = handler
        self._is_scoped = False
        with _lock:
            # Discard replaced functions except for the last one: if this is a with
            # statement, its end restores that function.
            replaced = [
                each for each in _registered if each.arn == arn and not each._is_scoped
            ]
            for each in replaced[:-1]:
                _registered.remove(each)
            _registered.append(self)

    def __enter__(self) -> None:
        self._is_scoped = True

    def __exit__(self, *_: object) -> None:
        with _lock, suppress(ValueError):
            _registered.remove(self)


_registered: list[Registration] = []  # the last one for an ARN is used
_lock = Lock()


def _find(arn: str) -> Registration | None:
    return next((each for each in _registered[::-1] if each.arn == arn), None)


@overload
def sync_trigger(arn: str) -> Callable[[HandlerType], HandlerType]: ...


@overload
def sync_trigger(arn: str, handler: Handler | None) -> Registration: ...


def sync_trigger(arn: str, handler: Handler | None = _AS_DECORATOR) -> Any:
    """Run a Python function instead of the Lambda function with this ARN.

    Use it in a ``with`` statement (``with sync_trigger(arn, handler):``), as a
    decorator (``@sync_trigger(arn)``) or as a call (``sync_trigger(arn, handler)``).
    The function runs for every identity pool whose ``SetCognitoEvents`` names the ARN,
    in all mocks and servers of the process. When the ``with`` statement ends, the
    previous function is restored; ``sync_trigger(arn, None)`` removes the function.

    :param handler: a function that takes an event and a context, as a Lambda handler
        does, and returns the event, changed or unchanged. If it raises an exception,
        the write is rejected. If it calls ``pytest.fail``, the test fails.
    """

    def decorate(function: HandlerType) -> HandlerType:
        Registration(arn, function)
        return function

    return decorate if handler is _AS_DECORATOR else Registration(arn, handler)


class Trigger(NamedTuple):
    """The function that is set as a pool's SyncTrigger."""

    arn: str
    account_id: str

    def run(self, event: Event) -> Event:
        """Call the function, and validate and return its output.

        :param event: the result of :func:`make_event`.
        :raises InvalidLambdaFunctionOutputException: if the function failed, or its
            output is malformed or changes a read-only member.
        :raises LambdaThrottledException: if the function's reserved concurrency is 0.
        :raises LambdaSocketTimeoutException: if the function ran longer than 5 seconds.
        :raises BaseException: if the function raised it to fail or end the test.
        """
        registered = _find(self.arn)
        handler = registered.handler if registered else None
        invoke = self._invoke_lambda if handler is None else self._invoker(handler)
        # Pass a copy, because a function that timed out may still change its event.
        output = _with_timeout(self.arn, invoke, json.loads(json.dumps(event)))
        _check_output(event, output)
        return output  # type: ignore[no-any-return]

    def _invoker(self, handler: Handler) -> Callable[[Event], Any]:
        context = SimpleNamespace(
            function_name=self.arn.rpartition(":")[2],
            invoked_function_arn=self.arn,
            aws_request_id=str(mock_random.uuid4()),
            get_remaining_time_in_millis=lambda: int(TIMEOUT * 1000),
        )
        return lambda event: handler(event, context)

    def _invoke_lambda(self, event: Event) -> Any:
        """Invoke the function through moto's Lambda backend."""
        from moto.awslambda.utils import get_backend

        backend: Any = get_backend(self.account_id, region_of(self.arn))
        function = backend.get_function(self.arn)
        if str(function.reserved_concurrency) == "0":
            raise LambdaThrottledException(f"Rate exceeded for function {self.arn}")
        headers: dict[str, Any] = {}  # of the response
        payload = backend.invoke(self.arn, None, json.dumps(event), {}, headers)
        if "x-amz-function-error" in headers:
            raise InvalidLambdaFunctionOutputException(
                f"Function {self.arn} failed: {payload.decode(errors='replace')}"
            )
        return json.loads(payload)


def _to_json(output: Any) -> Any:
    """Convert an output to JSON and back, as Lambda does.

    :raises InvalidLambdaFunctionOutputException: if JSON cannot represent the output.
    """
    try:
        _check_names(output)
        return json.loads(json.dumps(output, ensure_ascii=False).encode())
    except ServiceError:
        raise
    except Exception as error:
        raise _invalid(
            f"it cannot be converted to JSON: {describe_safely(error)}"
        ) from error


def _check_names(value: Any) -> None:
    """Reject keys that are not strings, which :mod:`json` would convert."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _invalid(f"a key must be a string, found {describe_safely(key)}")
            _check_names(item)


def _with_timeout(arn: str, invoke: Callable[[Event], Any], event: Event) -> Any:
    outcome: list[Any] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(_to_json(invoke(event)))
        except BaseException as error:  # noqa: BLE001 - raised in the calling thread
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    for error in errors:
        if isinstance(error, ServiceError) or not isinstance(error, Exception):
            raise error
        _logger.error("The SyncTrigger %s failed", arn, exc_info=error)
        raise InvalidLambdaFunctionOutputException(
            f"Function {arn} failed: {describe_safely(error)}"
        ) from error
    if not outcome:
        raise LambdaSocketTimeoutException(
            f"Function {arn} timed out after {TIMEOUT:g} seconds"
        )
    return outcome[0]


_repr = Repr()
_repr.maxother = _repr.maxstring = 1000


def describe_safely(value: object) -> str:
    """Return the representation of a value, even if its ``repr()`` fails."""
    return _repr.repr(value)


# --- The event --------------------------------------------------------------------

_READ_ONLY = (
    "version",
    "eventType",
    "region",
    "identityPoolId",
    "identityId",
    "datasetName",
)


def make_event(
    region: str, pool_id: str, dataset: Dataset, patches: Sequence[Mapping[str, Any]]
) -> Event:
    """Return the event for a write, with all records of the dataset.

    :param patches: ``RecordPatch`` structures.
    """
    records: dict[str, dict[str, str | None]] = {
        key: {"oldValue": record.value, "newValue": record.value, "op": "replace"}
        for key, record in dataset.records.items()
        if record.value is not None
    }
    for patch in patches:
        stored = dataset.records.get(patch["Key"])
        records[patch["Key"]] = {
            "oldValue": stored.value if stored else None,
            "newValue": patch["Value"] if patch["Op"] == "replace" else None,
            "op": patch["Op"],
        }
    return {
        "version": 2,
        "eventType": "SyncTrigger",
        "region": region,
        "identityPoolId": pool_id,
        "identityId": dataset.identity_id,
        "datasetName": dataset.name,
        "datasetRecords": records,
    }


def _check_output(event: Event, output: Any) -> None:
    if not isinstance(output, dict):
        raise _invalid(f"expected an object, found {describe_safely(output):.100}")
    for name in _READ_ONLY:
        if output.get(name) != event[name]:
            raise _invalid(f"{name} is read-only, but was changed or removed")
    records = output.get("datasetRecords")
    if not isinstance(records, dict):
        raise _invalid("datasetRecords must be an object")
    for key, record in records.items():
        _check_record(key, record)


def _check_record(key: str, record: Any) -> None:
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise _invalid(
            f"a key must have 1 to {MAX_KEY_LENGTH} characters, found {len(key)}"
        )
    if not isinstance(record, dict) or record.get("op") not in ("replace", "remove"):
        raise _invalid(f"op of record '{key:.100}' must be replace or remove")
    value = record.get("newValue")
    if not isinstance(value, str | None) or len(value or "") > MAX_VALUE_LENGTH:
        raise _invalid(
            f"newValue of record '{key:.100}' must be null or a string of at most "
            f"{MAX_VALUE_LENGTH} characters"
        )


def _invalid(reason: str) -> InvalidLambdaFunctionOutputException:
    return InvalidLambdaFunctionOutputException(
        f"The output of the trigger is not valid: {reason}"
    )


def apply_output(
    output: Event, dataset: Dataset, patches: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the patches to write, according to the trigger's output.

    A record that the trigger removed from ``datasetRecords`` keeps its stored value,
    even if the request contains a patch for it.

    :param patches: the patches in the request.
    """
    sent = {patch["Key"]: patch for patch in patches}
    records = output["datasetRecords"]
    written = []
    for key in sorted(records, key=lambda key: key not in sent):
        value = None if records[key]["op"] == "remove" else records[key].get("newValue")
        stored = dataset.records.get(key)
        if key in sent or value != (stored.value if stored else None):
            written.append(_patch(key, value, sent.get(key, {})))
    return written


def _patch(key: str, value: str | None, sent: Mapping[str, Any]) -> dict[str, Any]:
    if value is None:
        changed = {"Key": key, "Op": "remove"}
    else:
        changed = {"Key": key, "Op": "replace", "Value": value}
    return {**sent, **changed}
