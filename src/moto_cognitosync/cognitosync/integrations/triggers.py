"""The SyncTrigger: a Lambda function that sees a write before it is stored.

Rules: Amazon Cognito developer guide, "Customizing workflows with Amazon Cognito
events".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from threading import Thread
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

TIMEOUT = 5.0  # seconds; the service's limit cannot be raised

LONGEST_KEY = 1024
LONGEST_VALUE = 1_048_575

Event = dict[str, Any]
Handler = Callable[[Event, Any], Any]
HandlerType = TypeVar("HandlerType", bound=Handler)

_handlers: dict[str, Handler] = {}
_AS_DECORATOR: Any = object()


@overload
def sync_trigger(arn: str) -> Callable[[HandlerType], HandlerType]: ...


@overload
def sync_trigger(arn: str, handler: Handler | None) -> None: ...


def sync_trigger(arn: str, handler: Handler | None = _AS_DECORATOR) -> Any:
    """Let a Python function stand in for the Lambda function of this ARN.

    As a decorator (``@sync_trigger(arn)``) or as a call (``sync_trigger(arn,
    handler)``; the handler None takes it back). It serves all mocks and servers of
    the process that name the ARN in ``SetCognitoEvents``, until it is taken back.

    :param handler: takes the event and a context, as a Lambda handler does, and
        returns the event, changed or not. What it raises refuses the write.
    """

    def decorate(function: HandlerType) -> HandlerType:
        _handlers[arn] = function
        return function

    if handler is _AS_DECORATOR:
        return decorate
    if handler is None:
        _handlers.pop(arn, None)
    else:
        _handlers[arn] = handler
    return None


class Trigger(NamedTuple):
    """A pool's trigger, ready to be called."""

    arn: str
    account_id: str

    def run(self, event: Event) -> Event:
        """Call the function and return its output, if that is an event like the input.

        :raises InvalidLambdaFunctionOutputException: it failed, or its output is not
            of the form of the input, or changes what is read-only.
        :raises LambdaThrottledException: it may not run at all.
        :raises LambdaSocketTimeoutException: it takes longer than 5 seconds.
        """
        handler = _handlers.get(self.arn)
        invoke = self._invoke_lambda if handler is None else self._caller(handler)
        # The function works on a copy: what it does late must not do harm.
        output = _within_time(self.arn, invoke, json.loads(json.dumps(event)))
        _check_output(event, output)
        return output  # type: ignore[no-any-return]

    def _caller(self, handler: Handler) -> Callable[[Event], Any]:
        context = SimpleNamespace(
            function_name=self.arn.rpartition(":")[2],
            invoked_function_arn=self.arn,
            aws_request_id=str(mock_random.uuid4()),
            get_remaining_time_in_millis=lambda: int(TIMEOUT * 1000),
        )
        return lambda event: handler(event, context)

    def _invoke_lambda(self, event: Event) -> Any:
        """Run the function in moto's Lambda, however that is set to run it."""
        from moto.awslambda.utils import get_backend

        backend: Any = get_backend(self.account_id, region_of(self.arn))
        function = backend.get_function(self.arn)
        if str(function.reserved_concurrency) == "0":
            raise LambdaThrottledException(f"Rate exceeded for function {self.arn}")
        answer: dict[str, Any] = {}
        payload = backend.invoke(self.arn, None, json.dumps(event), {}, answer)
        if "x-amz-function-error" in answer:
            raise InvalidLambdaFunctionOutputException(
                f"Function {self.arn} failed: {payload.decode(errors='replace')}"
            )
        return json.loads(payload)


def _within_time(arn: str, invoke: Callable[[Event], Any], event: Event) -> Any:
    outcome: list[Any] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            outcome.append(invoke(event))
        except Exception as error:  # noqa: BLE001 - whatever it is, it refuses the write
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    if errors:
        if isinstance(errors[0], ServiceError):
            raise errors[0]
        raise InvalidLambdaFunctionOutputException(
            f"Function {arn} failed: {errors[0]!r}"
        ) from errors[0]
    if not outcome:
        raise LambdaSocketTimeoutException(
            f"Function {arn} did not answer within {TIMEOUT:g} seconds"
        )
    return outcome[0]


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
    """Describe a write: all records of the dataset, those that change and the rest."""
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
        raise _invalid(f"it is no object: {output!r:.100}")
    for name in _READ_ONLY:
        if output.get(name) != event[name]:
            raise _invalid(f"{name} is read-only, and was changed or left out")
    records = output.get("datasetRecords")
    if not isinstance(records, dict):
        raise _invalid("datasetRecords is no object")
    for key, record in records.items():
        _check_record(key, record)


def _check_record(key: str, record: Any) -> None:
    if not 1 <= len(key) <= LONGEST_KEY:
        raise _invalid(f"a key has {len(key)} characters")
    if not isinstance(record, dict) or record.get("op") not in ("replace", "remove"):
        raise _invalid(f"record '{key:.100}' needs an op: replace or remove")
    value = record.get("newValue")
    if not isinstance(value, str | None) or len(value or "") > LONGEST_VALUE:
        raise _invalid(f"newValue of record '{key:.100}' is no string, or too long")
    try:
        f"{key}{value}".encode()
    except UnicodeEncodeError as error:
        raise _invalid(f"a key or a newValue is not text: {error}") from error


def _invalid(why: str) -> InvalidLambdaFunctionOutputException:
    return InvalidLambdaFunctionOutputException(
        f"The function's output is not valid: {why}"
    )


def apply_output(
    output: Event, dataset: Dataset, patches: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Turn a trigger's output into the patches to write.

    A record that is left out stays as it is, even if it was to be patched.
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
