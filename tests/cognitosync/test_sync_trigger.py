"""The SyncTrigger: its event, the changes it makes, and its failures."""

from __future__ import annotations

import io
import json
import weakref
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event, Thread, current_thread
from typing import Any
from uuid import UUID

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from moto_cognitosync import mock_cognitosync, register, sync_trigger
from moto_cognitosync.cognitosync.integrations import triggers
from moto_cognitosync.server import CognitoSyncServer
from tests.server.test_server import free_port
from tests.support.aws import REGION, Aws, InProcess, OnServer
from tests.support.datasets import (
    DatasetUnderTest,
    make_identity,
    make_pool,
    remove,
    replace,
)
from tests.support.streams import Stream, summary

ARN = f"arn:aws:lambda:{REGION}:123456789012:function:tidy"

Handler = Callable[[dict[str, Any], Any], Any]
SetTrigger = Callable[[Handler], None]


@pytest.fixture
def sync(aws: Aws) -> Any:
    """A client without retries: botocore treats some of the errors as throttling."""
    return aws.client("cognito-sync", config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def trigger(sync: Any, pool_id: str) -> Iterator[SetTrigger]:
    """Return a function that sets the trigger of the pool to a Python function."""

    def set_trigger(handler: Handler) -> None:
        sync_trigger(ARN, handler)
        sync.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": ARN})

    yield set_trigger
    sync_trigger(ARN, None)


def values(dataset: DatasetUnderTest) -> dict[str, Any]:
    return {key: each.get("Value") for key, each in dataset.records().items()}


def changing(**records: Any) -> Handler:
    """Return a handler that adds records to the event."""

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        event["datasetRecords"].update(records)
        return event

    return handler


def test_the_trigger_receives_all_records_before_they_are_stored(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    dataset.write(theme="dark", volume="11", lives="3", gone="1")
    dataset.patch(remove("gone", 1))
    seen: list[Any] = []

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        seen.extend([event, dataset.list()["DatasetSyncCount"]])
        return event

    trigger(handler)
    dataset.patch(replace("theme", "light", 1), remove("lives", 1), replace("new", "1"))

    assert seen == [
        {
            "version": 2,
            "eventType": "SyncTrigger",
            "region": REGION,
            "identityPoolId": dataset.pool_id,
            "identityId": dataset.identity_id,
            "datasetName": "settings",
            "datasetRecords": {
                "theme": {"oldValue": "dark", "newValue": "light", "op": "replace"},
                "volume": {"oldValue": "11", "newValue": "11", "op": "replace"},
                "lives": {"oldValue": "3", "newValue": None, "op": "remove"},
                "new": {"oldValue": None, "newValue": "1", "op": "replace"},
            },
        },
        2,
    ]


def test_the_trigger_receives_a_lambda_context(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    contexts: list[Any] = []

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        contexts.append(context)
        return event

    trigger(handler)
    dataset.write(theme="dark")

    (context,) = contexts
    assert context.function_name == "tidy"
    assert context.invoked_function_arn == ARN
    assert str(UUID(context.aws_request_id)) == context.aws_request_id
    assert context.get_remaining_time_in_millis() == 5000


def test_changes_made_by_the_trigger_are_written_with_the_batch(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    dataset.write(volume="11", lives="3", level="7")
    trigger(
        changing(
            theme={"newValue": "light", "op": "replace"},
            volume={"newValue": "9", "op": "replace"},
            lives={"newValue": "4", "op": "remove"},
            level={"newValue": None, "op": "replace"},
            added={"newValue": "1", "op": "replace"},
        )
    )

    written = dataset.write(theme="dark")

    assert {each["SyncCount"] for each in written} == {2}
    assert {each["Key"]: each.get("Value") for each in written} == values(dataset)
    assert values(dataset) == {
        "theme": "light",
        "volume": "9",
        "lives": None,
        "level": None,
        "added": "1",
    }


def test_records_that_the_trigger_accepts_keep_their_device_and_are_streamed(
    dataset: DatasetUnderTest, trigger: SetTrigger, stream: Stream
) -> None:
    trigger(lambda event, _: event)

    dataset.patch(replace("theme", "dark"), DeviceId="phone")

    assert dataset.records()["theme"]["LastModifiedBy"] == "phone"
    assert [summary(event) for event in stream.events()] == [("replace", "settings", 1)]


def test_client_records_are_returned_before_those_the_trigger_adds(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    added = {"newValue": "1", "op": "replace"}

    def add_records(event: dict[str, Any], _: Any) -> dict[str, Any]:
        return {
            **event,
            "datasetRecords": {"b": added, **event["datasetRecords"], "a": added},
        }

    trigger(add_records)

    written = dataset.patch(replace("z", "1"), replace("y", "1"))

    assert [each["Key"] for each in written] == ["z", "y", "b", "a"]


def test_the_trigger_can_add_the_shortest_and_the_longest_key(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    added = {"newValue": "1", "op": "replace"}
    trigger(changing(**{"k": added, "k" * 1024: added}))

    dataset.write(theme="dark")

    assert values(dataset).keys() == {"k", "k" * 1024, "theme"}


def test_unchanged_records_are_not_written(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    dataset.write(theme="dark", volume="11")
    trigger(lambda event, _: event)

    (written,) = dataset.patch(replace("theme", "light", 1))

    assert (written["Key"], written["SyncCount"]) == ("theme", 2)
    assert dataset.records()["volume"]["SyncCount"] == 1


def test_a_patch_with_the_current_value_is_written(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    dataset.write(theme="dark")
    trigger(lambda event, _: event)

    (written,) = dataset.patch(replace("theme", "dark", 1))

    assert written["SyncCount"] == 2


def test_records_that_the_trigger_drops_are_not_written(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    dataset.write(volume="11")

    def drop(event: dict[str, Any], _: Any) -> dict[str, Any]:
        del event["datasetRecords"]["theme"]
        return event

    trigger(drop)

    assert dataset.write(theme="dark", lives="3")[0]["Key"] == "lives"
    assert values(dataset) == {"lives": "3", "volume": "11"}


def test_the_device_date_survives_the_trigger(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    trigger(lambda event, _: event)
    dataset.patch(replace("theme", "dark", DeviceLastModifiedDate=1_700_000_000))

    date = dataset.records()["theme"]["DeviceLastModifiedDate"]
    assert date.timestamp() == 1_700_000_000


def test_added_records_count_toward_the_limits(
    sync: Any, dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    trigger(changing(big={"newValue": "v" * 1_048_575, "op": "replace"}))

    with pytest.raises(sync.exceptions.LimitExceededException):
        dataset.write(theme="dark")
    assert dataset.list()["DatasetExists"] is False


def failing(_event: Any, _context: Any) -> Any:
    raise ValueError("no")


class UnprintableError(Exception):
    def __repr__(self) -> str:
        raise TypeError("no representation")


def failing_with(error: BaseException) -> Handler:
    def handler(_event: Any, _context: Any) -> Any:
        raise error

    return handler


def returning(output: Any) -> Handler:
    return lambda _event, _context: output


def adding(key: Any, record: Any) -> Handler:
    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        event["datasetRecords"][key] = record
        return event

    return handler


def containing_itself(event: dict[str, Any], _: Any) -> dict[str, Any]:
    event["datasetRecords"]["theme"]["newValue"] = event
    return event


def without(name: str) -> Handler:
    return lambda event, _: {key: event[key] for key in event if key != name}


@pytest.mark.provokes("UpdateRecords", "InvalidLambdaFunctionOutputException")
@pytest.mark.parametrize(
    ("handler", "text"),
    [
        (failing, f"Function {ARN} failed: ValueError('no')"),
        (lambda _event, _context: None, "expected an object, found None"),
        (without("version"), "version is read-only"),
        (lambda event, _: {**event, "datasetName": "x"}, "datasetName is read-only"),
        (without("datasetRecords"), "datasetRecords must be an object"),
        (changing(theme="light"), "op of record 'theme' must be"),
        (changing(theme={"op": "add"}), "op of record 'theme' must be"),
        (changing(theme={"op": []}), "op of record 'theme' must be"),
        (
            changing(theme={"op": "replace", "newValue": 1}),
            "newValue of record 'theme'",
        ),
        (
            changing(theme={"op": "replace", "newValue": "v" * 1_048_576}),
            "newValue of record 'theme'",
        ),
        (changing(**{"": {"op": "remove"}}), "characters, found 0"),
        (changing(**{"k" * 1025: {"op": "remove"}}), "characters, found 1025"),
        (
            changing(theme={"op": "replace", "newValue": "\ud800"}),
            "surrogates not allowed",
        ),
        (changing(**{"\ud800": {"op": "add"}}), "surrogates not allowed"),
        (failing_with(UnprintableError()), "failed: <UnprintableError instance at"),
        (failing_with(ValueError("\ud800" * 2000)), r"failed: ValueError('\ud800"),
        (returning([UnprintableError()]), "it cannot be converted to JSON: TypeE"),
        (returning("x" * 2000), "expected an object, found 'xxx"),
        (adding(1, {"op": "remove"}), "a key must be a string, found 1"),
        (adding("theme", {1: "x"}), "a key must be a string, found 1"),
        (adding("theme", {"op": UnprintableError()}), "converted to JSON: TypeErr"),
        (containing_itself, "it cannot be converted to JSON: RecursionError("),
    ],
)
def test_a_failure_or_invalid_output_rejects_the_write(
    sync: Any,
    dataset: DatasetUnderTest,
    trigger: SetTrigger,
    handler: Handler,
    text: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Reports with lone surrogates, as in these tracebacks, make pytest-xdist crash.
    caplog.set_level("CRITICAL", "moto_cognitosync")
    trigger(handler)
    token = dataset.token()

    with pytest.raises(sync.exceptions.InvalidLambdaFunctionOutputException) as caught:
        dataset.patch(replace("theme", "dark"), SyncSessionToken=token)
    assert text in str(caught.value)
    assert dataset.list()["DatasetExists"] is False

    sync_trigger(ARN, lambda event, _: event)
    dataset.patch(replace("theme", "dark"), SyncSessionToken=token)


@pytest.mark.provokes("UpdateRecords", "LambdaSocketTimeoutException")
def test_a_slow_trigger_times_out(
    dataset: DatasetUnderTest, trigger: SetTrigger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(triggers, "TIMEOUT", 0.05)
    wake = Event()

    def wait(event: dict[str, Any], _: Any) -> dict[str, Any]:
        wake.wait(timeout=30)
        return event

    trigger(wait)
    try:
        with pytest.raises(ClientError) as caught:
            dataset.write(theme="dark")
    finally:
        wake.set()
    error = caught.value.response
    assert error["Error"]["Code"] == "LambdaSocketTimeoutException"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert dataset.list()["DatasetExists"] is False


def test_a_hanging_trigger_does_not_keep_the_process_alive(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    threads: list[Thread] = []

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        threads.append(current_thread())
        return event

    trigger(handler)
    dataset.write(theme="dark")

    (thread,) = threads
    assert thread.daemon  # Python does not wait for daemon threads


def test_a_stale_patch_is_rejected_before_the_trigger_runs(
    sync: Any, dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    dataset.write(theme="dark")
    trigger(failing)

    with pytest.raises(sync.exceptions.ResourceConflictException):
        dataset.patch(replace("theme", "light", 0))


@pytest.mark.provokes("UpdateRecords", "ResourceConflictException")
def test_a_change_while_the_trigger_runs_is_a_conflict(
    sync: Any, dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    """Also checks that no lock is held while the trigger runs."""

    def interfere(event: dict[str, Any], _: Any) -> dict[str, Any]:
        sync_trigger(ARN, lambda event, _: event)
        writer = Thread(target=dataset.write, kwargs={"volume": "11"})
        writer.start()
        writer.join()
        return event

    trigger(interfere)
    with pytest.raises(
        sync.exceptions.ResourceConflictException,
        match="Dataset 'settings' was changed while its SyncTrigger ran",
    ):
        dataset.patch(replace("theme", "dark"))
    assert values(dataset) == {"volume": "11"}


def test_the_trigger_does_not_run_without_patches(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    trigger(failing)

    assert dataset.patch() == []


def test_a_trigger_can_be_set_with_a_decorator_and_removed(
    sync: Any, dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    trigger(failing)

    @sync_trigger(ARN)
    def keep(event: dict[str, Any], _: Any) -> dict[str, Any]:
        return event

    dataset.write(theme="dark")
    assert keep({"an": "event"}, None) == {"an": "event"}

    sync_trigger(ARN, None)
    with pytest.raises(sync.exceptions.InvalidLambdaFunctionOutputException):
        dataset.write(theme="light")


@pytest.mark.parametrize("aws", ["in-process"], indirect=True)
@pytest.mark.parametrize("error", [SystemExit(3), pytest.fail.Exception("text")])
def test_an_exception_in_a_trigger_can_fail_the_test(
    dataset: DatasetUnderTest, trigger: SetTrigger, error: BaseException
) -> None:
    trigger(failing_with(error))

    with pytest.raises(type(error)) as caught:
        dataset.write(theme="dark")

    assert caught.value is error
    assert dataset.list()["DatasetExists"] is False


@pytest.mark.parametrize("aws", ["server"], indirect=True)
def test_raise_failure_raises_the_first_exception_from_a_trigger_once(
    aws: OnServer, dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    errors = [SystemExit(3), pytest.fail.Exception("text")]
    rejected = dataset.client.exceptions.InvalidLambdaFunctionOutputException
    for error in errors:
        trigger(failing_with(error))
        with pytest.raises(rejected, match=f"The SyncTrigger raised .*{error}"):
            dataset.write(theme="dark")

    with pytest.raises(SystemExit) as caught:
        aws.server.raise_failure()
    assert caught.value is errors[0]
    aws.server.raise_failure()  # the failures are cleared


def end_test_in_trigger(url: str) -> None:
    """Write to a server whose trigger raises SystemExit."""
    options: Any = {
        "endpoint_url": url,
        "region_name": REGION,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
    }
    identities = boto3.client("cognito-identity", **options)
    client = boto3.client("cognito-sync", **options)
    pool_id = identities.create_identity_pool(
        IdentityPoolName="players", AllowUnauthenticatedIdentities=True
    )["IdentityPoolId"]
    identity_id = identities.get_id(IdentityPoolId=pool_id)["IdentityId"]
    client.set_cognito_events(IdentityPoolId=pool_id, Events={"SyncTrigger": ARN})
    with (
        sync_trigger(ARN, failing_with(SystemExit(3))),
        pytest.raises(client.exceptions.InvalidLambdaFunctionOutputException),
    ):
        DatasetUnderTest(client, pool_id, identity_id, "settings").write(theme="dark")


def test_stopping_a_server_reraises_an_exception_from_a_trigger() -> None:
    with pytest.raises(SystemExit), CognitoSyncServer() as server:
        end_test_in_trigger(server.url)


def test_moto_server_rejects_a_write_if_the_trigger_raises_system_exit() -> None:
    register()
    port = free_port()  # moto 5.0 has no public way to find out the port
    server = ThreadedMotoServer(port=port, verbose=False)
    server.start()
    try:
        end_test_in_trigger(f"http://127.0.0.1:{port}")
    finally:
        server.stop()


# --- Registration -----------------------------------------------------------------


def keeping(value: str) -> Handler:
    """Return a handler that sets one record."""
    return changing(theme={"newValue": value, "op": "replace"})


def written(dataset: DatasetUnderTest) -> Any:
    """Write a record, and return the value that the trigger sets."""
    dataset.write(theme="sent")
    return values(dataset)["theme"]


def test_leaving_a_with_statement_restores_the_previous_trigger(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    trigger(keeping("before"))

    with sync_trigger(ARN, keeping("outer")):
        with sync_trigger(ARN, keeping("inner")):
            assert written(dataset) == "inner"
        assert written(dataset) == "outer"
        with sync_trigger(ARN, None), pytest.raises(ClientError):
            dataset.write(theme="sent")
        assert written(dataset) == "outer"
    assert written(dataset) == "before"

    with pytest.raises(ZeroDivisionError), sync_trigger(ARN, keeping("failed")):
        raise ZeroDivisionError
    assert written(dataset) == "before"


def test_with_statements_that_set_triggers_can_end_in_any_order(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    trigger(keeping("before"))
    first, second = ExitStack(), ExitStack()
    first.enter_context(sync_trigger(ARN, keeping("first")))
    second.enter_context(sync_trigger(ARN, keeping("second")))

    first.close()
    assert written(dataset) == "second"
    second.close()
    assert written(dataset) == "before"


def test_a_trigger_registered_inside_a_with_statement_outlasts_it(
    dataset: DatasetUnderTest, trigger: SetTrigger
) -> None:
    trigger(keeping("before"))

    with sync_trigger(ARN, keeping("inside")):
        for value in ("a", "b", "c"):
            sync_trigger(ARN, keeping(value))
        assert written(dataset) == "c"
    assert written(dataset) == "c"


def test_replaced_triggers_are_not_kept_alive() -> None:
    class Handler:
        def __call__(self, event: Any, _: Any) -> Any:
            raise NotImplementedError  # pragma: no cover

    functions = [Handler() for _ in range(9)]
    references = [weakref.ref(each) for each in functions]
    while functions:
        sync_trigger(ARN, functions.pop(0))
    sync_trigger(ARN, None)
    sync_trigger(ARN, None)

    assert [each() for each in references] == [None] * 9


@pytest.mark.parametrize("arn", ["not an ARN", ARN])
def test_a_write_is_rejected_if_the_trigger_does_not_exist(
    sync: Any, dataset: DatasetUnderTest, arn: str
) -> None:
    events = {"SyncTrigger": arn}
    sync.set_cognito_events(IdentityPoolId=dataset.pool_id, Events=events)

    with pytest.raises(
        sync.exceptions.InvalidLambdaFunctionOutputException, match="failed"
    ):
        dataset.write(theme="dark")


# --- In moto's Lambda -------------------------------------------------------------


@pytest.fixture
def in_lambda() -> Iterator[DatasetUnderTest]:
    """A dataset whose trigger is a function in moto's Lambda, run without Docker."""
    with mock_cognitosync(config={"lambda": {"use_docker": False}}):
        aws = InProcess()
        role = aws.client("iam").create_role(
            RoleName="tidy", AssumeRolePolicyDocument="{}"
        )
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("tidy.py", "")
        function = boto3.client("lambda", REGION).create_function(
            FunctionName="tidy",
            Runtime="python3.12",
            Handler="tidy.handler",
            Role=role["Role"]["Arn"],
            Code={"ZipFile": code.getvalue()},
        )
        client = boto3.client(
            "cognito-sync", REGION, config=Config(retries={"total_max_attempts": 1})
        )
        pool_id = make_pool(aws)
        identity_id = make_identity(aws, pool_id)
        client.set_cognito_events(
            IdentityPoolId=pool_id, Events={"SyncTrigger": function["FunctionArn"]}
        )
        yield DatasetUnderTest(client, pool_id, identity_id, "settings")


def test_a_lambda_function_is_called(in_lambda: DatasetUnderTest) -> None:
    # moto's simple Lambda backend returns the event.
    in_lambda.write(theme="dark")

    assert values(in_lambda) == {"theme": "dark"}


def test_a_lambda_function_receives_the_same_event_as_a_python_function(
    in_lambda: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(_: Any, function: str, _qualifier: Any, body: str, *_rest: Any) -> bytes:
        event = json.loads(body)
        event["datasetRecords"]["theme"]["newValue"] = function
        return json.dumps(event).encode()

    monkeypatch.setattr(
        "moto.awslambda_simple.models.LambdaSimpleBackend.invoke", invoke
    )

    in_lambda.write(theme="dark")

    assert values(in_lambda) == {"theme": ARN}


@pytest.mark.parametrize("output", [b"[]", b"not JSON"])
def test_invalid_output_of_a_lambda_function_rejects_the_write(
    in_lambda: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch, output: bytes
) -> None:
    monkeypatch.setattr(
        "moto.awslambda_simple.models.LambdaSimpleBackend.invoke",
        lambda *_: output,
    )

    with pytest.raises(
        in_lambda.client.exceptions.InvalidLambdaFunctionOutputException
    ):
        in_lambda.write(theme="dark")


@pytest.mark.provokes("UpdateRecords", "InvalidLambdaFunctionOutputException")
def test_a_failing_lambda_function_rejects_the_write(
    in_lambda: DatasetUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(*arguments: Any) -> bytes:
        arguments[-1]["x-amz-function-error"] = "Handled"
        return b'{"errorMessage": "no \xff"}'

    monkeypatch.setattr(
        "moto.awslambda_simple.models.LambdaSimpleBackend.invoke", invoke
    )

    with pytest.raises(
        in_lambda.client.exceptions.InvalidLambdaFunctionOutputException,
        match='"errorMessage": "no \ufffd"',
    ):
        in_lambda.write(theme="dark")


@pytest.mark.provokes("UpdateRecords", "LambdaThrottledException")
def test_a_lambda_function_without_concurrency_is_throttled(
    in_lambda: DatasetUnderTest,
) -> None:
    boto3.client("lambda", REGION).put_function_concurrency(
        FunctionName="tidy", ReservedConcurrentExecutions=0
    )

    with pytest.raises(in_lambda.client.exceptions.LambdaThrottledException) as caught:
        in_lambda.write(theme="dark")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
