"""Types of the fixtures in a test that uses the packages types-boto3-*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from types_boto3_cognito_identity import CognitoIdentityClient
from types_boto3_cognito_sync import CognitoSyncClient
from types_boto3_cognito_sync.type_defs import (
    DatasetTypeDef,
    DeleteDatasetResponseTypeDef,
)
from typing_extensions import assert_type

from moto_cognitosync.assertions import CallLog, DatasetView
from moto_cognitosync.faults import Fault
from moto_cognitosync.pytest_plugin import CognitoSyncIdentity
from moto_cognitosync.server import CognitoSyncServer


def test_play(
    cognitosync: CognitoSyncClient, cognitosync_server: CognitoSyncServer
) -> None:
    deleted = cognitosync.delete_dataset(
        IdentityPoolId=cognitosync_server.url, IdentityId="", DatasetName=""
    )
    assert_type(deleted, DeleteDatasetResponseTypeDef)
    assert_type(deleted["Dataset"], DatasetTypeDef)

    cognitosync.delete_dataset(DatasetName="")  # type: ignore[call-arg]
    cognitosync.delete_data_set()  # type: ignore[attr-defined]

    on_server = cognitosync_server.client("cognito-sync", region_name="eu-west-1")
    assert_type(on_server, CognitoSyncClient)
    on_server.delete_dataset(DatasetName="")  # type: ignore[call-arg]
    assert_type(cognitosync_server.client("sqs"), Any)


def test_log_in(
    cognito_identity: CognitoIdentityClient,
    cognitosync_identity: Callable[..., CognitoSyncIdentity],
    cognitosync_server: CognitoSyncServer,
) -> None:
    guest = cognitosync_identity()
    assert_type(guest.client, CognitoSyncClient)
    assert_type(guest.credentials, dict[str, Any])
    assert_type(guest.dataset("settings"), DatasetView)
    guest.client.describe_identity_usage(**guest)

    guest.identity_id = ""  # type: ignore[misc]
    cognito_identity.get_id()  # type: ignore[call-arg]
    on_server = cognitosync_server.client("cognito-identity")
    assert_type(on_server, CognitoIdentityClient)


def test_delete(
    cognitosync: CognitoSyncClient,
    cognitosync_dataset: Callable[..., DatasetView],
    cognitosync_faults: Callable[..., Fault],
    cognitosync_calls: CallLog,
) -> None:
    settings = cognitosync_dataset("settings", {"theme": "dark"})
    assert_type(settings.contents, dict[str, str])
    assert_type(cognitosync.delete_dataset(**settings), DeleteDatasetResponseTypeDef)
    assert_type(cognitosync_faults("ListRecords").count, int)
    assert_type(cognitosync_calls[0].operation, str)

    cognitosync.delete_identity(**settings)  # type: ignore[attr-defined]
