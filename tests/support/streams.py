"""Kinesis streams for tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .aws import REGION, Aws

ROLE = "arn:aws:iam::123456789012:role/sync"

# Small enough for a dataset, but larger than one megabyte as JSON.
LARGE = '"é' * 340_000

NOT_ENABLED = [
    pytest.param({}, id="no section"),
    pytest.param({"StreamName": "changes"}, id="no status"),
    pytest.param(
        {"StreamName": "changes", "StreamingStatus": "DISABLED"}, id="disabled"
    ),
]


class Stream:
    """A Kinesis stream with one shard."""

    def __init__(self, aws: Aws, name: str = "changes", region: str = REGION) -> None:
        self.name = name
        self.kinesis = aws.client("kinesis", region)
        self.kinesis.create_stream(StreamName=name, ShardCount=1)

    def enable(self, sync: Any, pool_id: str, **changes: str) -> None:
        """Enable streaming from a pool to this stream, with optional ``changes``."""
        section = {
            "StreamName": self.name,
            "RoleArn": ROLE,
            "StreamingStatus": "ENABLED",
        }
        sync.set_identity_pool_configuration(
            IdentityPoolId=pool_id, CognitoStreams=section | changes
        )

    def delete(self) -> None:
        self.kinesis.delete_stream(StreamName=self.name)

    def records(self) -> list[dict[str, Any]]:
        iterator = self.kinesis.get_shard_iterator(
            StreamName=self.name,
            ShardId="shardId-000000000000",
            ShardIteratorType="TRIM_HORIZON",
        )["ShardIterator"]
        return self.kinesis.get_records(ShardIterator=iterator)["Records"]  # type: ignore[no-any-return]

    def events(self) -> list[dict[str, Any]]:
        # Numbers must be integers: a float becomes a string, so comparisons fail.
        return [json.loads(each["Data"], parse_float=str) for each in self.records()]


def stream_of(aws: Aws, pool_id: str) -> Stream:
    """Create a stream and enable streaming from a pool to it."""
    stream = Stream(aws)
    stream.enable(aws.client("cognito-sync"), pool_id)
    return stream


def before_next_record(
    monkeypatch: pytest.MonkeyPatch, call: Callable[[], object]
) -> None:
    """Call a function once, right before the next record is put into Kinesis."""
    from moto.kinesis.models import KinesisBackend

    put_record, calls = KinesisBackend.put_record, [call]

    def call_and_put(*args: Any, **kwargs: Any) -> Any:
        if calls:
            calls.pop()()
        return put_record(*args, **kwargs)

    monkeypatch.setattr(KinesisBackend, "put_record", call_and_put)


def summary(event: dict[str, Any]) -> tuple[str, str, int]:
    return event["operation"], event["datasetName"], event["syncCount"]
