"""Cognito Streams: Kinesis records for changes to datasets.

The format matches records observed on AWS. The Amazon Cognito developer guide,
"Implementing Amazon Cognito Sync streams", differs only in the name of one field; on
AWS, that field is ``datasetName``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from moto.moto_api._internal import mock_random

if TYPE_CHECKING:
    from moto_cognitosync.cognitosync.store.datasets import Dataset, Record

# Kinesis's limit for the data and the partition key together, in bytes.
MAX_PAYLOAD = 1_048_576

# Larger payloads are stored in a bucket of this account, which belongs to the service.
SERVICE_ACCOUNT_ID = "000000000000"
URL_LIFETIME = 3600  # seconds


class StreamGoneError(Exception):
    """The configured stream does not exist."""


class Stream(NamedTuple):
    """A Kinesis stream in the account and region of the pool.

    :param endpoint: base URL of S3, for large payloads.
    """

    name: str
    account_id: str
    region: str
    endpoint: str

    def put_update(
        self, pool_id: str, dataset: dict[str, Any], records: Iterable[Record]
    ) -> None:
        """Put an event about written records.

        :param dataset: the result of :func:`describe` right after the write.
        :raises StreamGoneError: if the stream does not exist.
        """
        described = [_describe_record(record) for record in records]
        event = {
            "identityPoolId": pool_id,
            **dataset,
            "operation": "replace",
            "kinesisSyncRecords": described,
            "kinesisSyncRecordsURL": None,
            "payloadType": "Inline",
        }
        if self._size(event) > MAX_PAYLOAD:
            event["kinesisSyncRecords"] = None
            event["kinesisSyncRecordsURL"] = self._store(described)
            event["payloadType"] = "S3Url"
        self._put(event)

    def put_deletion(self, pool_id: str, dataset: dict[str, Any]) -> None:
        """Put an event about a deleted dataset.

        :param dataset: the result of :func:`describe` for the tombstone.
        :raises StreamGoneError: if the stream does not exist.
        """
        self._put(
            {
                "identityPoolId": pool_id,
                **dataset,
                "operation": "remove",
                "kinesisSyncRecords": None,
                "kinesisSyncRecordsURL": None,
                "payloadType": "Inline",
            }
        )

    def _size(self, event: dict[str, Any]) -> int:
        return len(_to_json(event)) + len(event["identityId"])

    def _put(self, event: dict[str, Any]) -> None:
        from moto.kinesis.exceptions import StreamNotFoundError
        from moto.kinesis.models import kinesis_backends

        try:
            kinesis_backends[self.account_id][self.region].put_record(
                stream_arn=None,  # type: ignore[arg-type]
                stream_name=self.name,
                partition_key=event["identityId"],
                explicit_hash_key=None,  # type: ignore[arg-type]
                data=base64.b64encode(_to_json(event)).decode(),
            )
        except StreamNotFoundError as error:
            raise StreamGoneError(f"Stream '{self.name}' not found.") from error

    def _store(self, records: list[dict[str, Any]]) -> str:
        """Put records into S3 and return a presigned URL."""
        from moto.s3.models import s3_backends

        s3 = s3_backends[SERVICE_ACCOUNT_ID]["global"]
        bucket = f"cognito-sync-streams-{self.account_id}-{self.region}"
        key = f"{mock_random.uuid4()}.json"
        if bucket not in s3.buckets:
            s3.create_bucket(bucket, self.region)
        s3.put_object(bucket, key, _to_json(records))
        return _presign(f"{self.endpoint}/{bucket}/{key}", self.region)


def describe(dataset: Dataset) -> dict[str, Any]:
    """Return the members of an event that describe a dataset."""
    return {
        "identityId": dataset.identity_id,
        "datasetName": dataset.name,
        "lastModifiedDate": dataset.last_modified_date,
        "syncCount": dataset.sync_count,
    }


def _describe_record(record: Record) -> dict[str, Any]:
    return {
        "key": record.key,
        "value": record.value,
        "syncCount": record.sync_count,
        "lastModifiedDate": record.last_modified_date,
        "deviceLastModifiedDate": record.device_last_modified_date,
        "op": "remove" if record.value is None else "replace",
    }


def _to_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(
        errors="backslashreplace"  # the account id may contain surrogates
    )


def _presign(url: str, region: str) -> str:
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    credentials = Credentials("ASIACOGNITOSYNC00000", "fake")
    request = AWSRequest("GET", url)
    S3SigV4QueryAuth(credentials, "s3", region, URL_LIFETIME).add_auth(request)
    return str(request.url)
