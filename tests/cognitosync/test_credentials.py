"""Strict credentials: which credentials can call which operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import botocore.session
import pytest
from moto.core.config import default_user_config

from moto_cognitosync import mock_cognitosync, sync_trigger
from moto_cognitosync.core.credentials import Signature, access_key_of
from tests.support.aws import REGION, Aws
from tests.support.datasets import DatasetUnderTest, make_identity, make_pool
from tests.support.identities import client_of, set_roles
from tests.support.operations import (
    BOTH,
    DEVELOPERS,
    IDENTITIES,
    call,
    request_of,
    required_input,
)
from tests.support.provokes import provoking

STRICT = {"cognitosync": {"strict_credentials": True}}

WRONG_KIND = "These credentials are not valid for accessing this resource"
WRONG_IDENTITY = "Mismatch between session identity id and request identity id"


@pytest.fixture
def strict(aws: Aws) -> Iterator[None]:  # noqa: ARG001 - start the mock first
    """Enable strict credentials in-process and on the server.

    The tests' server shares moto's configuration with this process.
    """
    with patch.dict(cast("dict[str, Any]", default_user_config), STRICT):
        yield


@pytest.fixture
def pool_id(pool_id: str, aws: Aws) -> str:
    """A pool with roles, without which strict mode issues no credentials."""
    set_roles(aws, pool_id)
    return pool_id


@pytest.mark.parametrize(
    "operation",
    [*BOTH, *provoking("NotAuthorizedException", [*DEVELOPERS, *IDENTITIES])],
)
@pytest.mark.usefixtures("strict")
def test_operations_accept_only_the_documented_kind_of_credentials(
    aws: Aws, sync: Any, pool_id: str, identity_id: str, operation: str
) -> None:
    rejected = {"Code": "NotAuthorizedException", "Message": WRONG_KIND}
    of_developer = call(sync, operation, pool_id, identity_id)
    of_identity = call(client_of(aws, identity_id), operation, pool_id, identity_id)

    assert (of_developer == rejected) == (operation in IDENTITIES)
    assert (of_identity == rejected) == (operation in DEVELOPERS)


@pytest.mark.parametrize("operation", [*BOTH, *DEVELOPERS, *IDENTITIES])
def test_all_credentials_can_call_every_operation_by_default(
    aws: Aws, sync: Any, pool_id: str, identity_id: str, operation: str
) -> None:
    for client in (sync, client_of(aws, make_identity(aws, pool_id))):
        error = call(client, operation, pool_id, identity_id)
        assert error.get("Code") != "NotAuthorizedException"


@pytest.mark.parametrize(
    "operation", provoking("NotAuthorizedException", [*BOTH, *IDENTITIES])
)
@pytest.mark.usefixtures("strict")
def test_an_identity_cannot_access_another_identity(
    aws: Aws, pool_id: str, identity_id: str, operation: str
) -> None:
    client = client_of(aws, make_identity(aws, pool_id))

    assert call(client, operation, pool_id, identity_id) == {
        "Code": "NotAuthorizedException",
        "Message": WRONG_IDENTITY,
    }


@pytest.mark.usefixtures("strict")
def test_a_write_by_an_identity_is_attributed_to_it(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    client = client_of(aws, dataset.identity_id)
    own = DatasetUnderTest(client, dataset.pool_id, dataset.identity_id, "settings")

    (record,) = own.write(theme="dark")

    assert record["LastModifiedBy"] == dataset.identity_id


@pytest.mark.usefixtures("strict")
def test_each_identity_gets_its_own_access_key(aws: Aws, pool_id: str) -> None:
    identities = aws.client("cognito-identity")
    keys = {
        identities.get_credentials_for_identity(IdentityId=each)["Credentials"][
            "AccessKeyId"
        ]
        for each in [make_identity(aws, pool_id) for _ in range(3)]
    }

    assert len(keys) == 3
    assert {len(key) for key in keys} == {20}


def presigned_path(client: Any, dataset: DatasetUnderTest) -> str:
    """Return the path and query of a presigned URL for DescribeDataset."""
    url = urlsplit(client.generate_presigned_url("describe_dataset", dataset.ids))
    return f"{url.path}?{url.query}"


@pytest.mark.parametrize(
    "operation",
    provoking("MissingAuthenticationTokenException", [*BOTH, *DEVELOPERS, *IDENTITIES]),
)
@pytest.mark.usefixtures("strict")
def test_no_operation_accepts_an_unsigned_request(
    aws: Aws, dataset: DatasetUnderTest, operation: str
) -> None:
    ids = dataset.pool_id, dataset.identity_id
    request = request_of(operation, required_input(operation, *ids))

    response = aws.send(request.method, request.path, request.body or b"")

    assert response.status == 403
    assert response.error == "MissingAuthenticationTokenException"
    assert response.json == {"message": "Missing Authentication Token"}


def test_the_service_model_requires_a_signature_for_every_operation() -> None:
    model = botocore.session.get_session().get_service_model("cognito-sync")

    for name in model.operation_names:
        assert model.operation_model(name).auth_type != "none"
        # botocore 1.34 does not have this attribute.
        auth = getattr(model.operation_model(name), "auth", None)
        assert "smithy.api#noAuth" not in (auth or [])


@pytest.mark.usefixtures("strict")
def test_a_presigned_request_has_the_permissions_of_its_identity(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    own = client_of(aws, dataset.identity_id)
    foreign = client_of(aws, make_identity(aws, dataset.pool_id))

    assert aws.send("GET", presigned_path(own, dataset)).status == 200
    response = aws.send("GET", presigned_path(foreign, dataset))
    assert response.error == "NotAuthorizedException"
    assert response.json == {"message": WRONG_IDENTITY}


@pytest.mark.usefixtures("strict")
def test_a_header_credential_takes_precedence_over_a_presigned_one(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    dataset.write(theme="dark")
    path = presigned_path(client_of(aws, dataset.identity_id), dataset)
    foreign = access_key_of(make_identity(aws, dataset.pool_id))
    scope = f"Credential={foreign}/20261122/{REGION}/cognito-sync/aws4_request"

    response = aws.send("GET", path, headers={"Authorization": scope})

    assert response.error == "NotAuthorizedException"


@pytest.mark.parametrize(
    ("authorization", "query", "expected"),
    [
        ("", "", ("", "", "")),
        ("Credential=a/20261122/r/s/aws4_request", "", ("a", "r", "s")),
        ("V Credential=a/20261122/s/aws4_request, Signature=0", "", ("a", "", "s")),
        ("", "x=1&X-Amz-Credential=a%2F20261122%2Fr%2Fs%2Faws4_request", tuple("ars")),
        ("Bearer b", "X-Amz-Credential=a/20261122/r/s/aws4_request", tuple("ars")),
        ("", "prefix=X-Amz-Credential%3Da/20261122/r/s/aws4_request", ("", "", "")),
        ("Credential=a/20261122/r/s", "", ("", "", "")),
        ("Credential=a/r/s/aws4_request/more", "", ("", "", "")),
        ("AWS a:0", "AWSAccessKeyId=a&Signature=0", ("", "", "")),
    ],
)
def test_the_signature_is_read_from_the_header_or_the_query(
    authorization: str, query: str, expected: tuple[str, ...]
) -> None:
    assert Signature.from_request(authorization, query)[:3] == expected


@pytest.mark.usefixtures("strict")
def test_an_access_key_without_a_session_token_identifies_its_identity(
    aws: Aws, dataset: DatasetUnderTest
) -> None:
    keys = {
        "aws_access_key_id": access_key_of(dataset.identity_id),
        "aws_secret_access_key": "any",
    }
    client = aws.client("cognito-sync", **keys)
    other = make_identity(aws, dataset.pool_id)

    assert call(client, "ListDatasets", dataset.pool_id, dataset.identity_id) == {}
    assert call(client, "ListDatasets", dataset.pool_id, other) == {
        "Code": "NotAuthorizedException",
        "Message": WRONG_IDENTITY,
    }


def test_a_mock_configuration_can_enable_strict_credentials() -> None:
    ids = {"IdentityPoolId": "us-east-1:0", "IdentityId": "us-east-1:0"}
    with mock_cognitosync(config=STRICT):
        sync = boto3.client("cognito-sync", REGION)
        with pytest.raises(sync.exceptions.NotAuthorizedException, match=WRONG_KIND):
            sync.register_device(**ids, Platform="GCM", Token="token")
    with (
        mock_cognitosync(),
        pytest.raises(sync.exceptions.ResourceNotFoundException),
    ):
        sync.register_device(**ids, Platform="GCM", Token="token")


def test_developer_writes_skip_the_trigger_with_strict_credentials(aws: Aws) -> None:
    called: list[str] = []

    @sync_trigger("arn:counted")
    def count(event: dict[str, Any], _: Any) -> dict[str, Any]:
        called.append(event["datasetName"])
        return event

    pool_id = make_pool(aws)
    set_roles(aws, pool_id)
    identity_id = make_identity(aws, pool_id)
    developer = aws.client("cognito-sync")
    developer.set_cognito_events(
        IdentityPoolId=pool_id, Events={"SyncTrigger": "arn:counted"}
    )
    DatasetUnderTest(developer, pool_id, identity_id, "lenient").write(theme="dark")
    with patch.dict(cast("dict[str, Any]", default_user_config), STRICT):
        client = client_of(aws, identity_id)
        DatasetUnderTest(developer, pool_id, identity_id, "developer").write(a="1")
        DatasetUnderTest(client, pool_id, identity_id, "identity").write(a="1")
    sync_trigger("arn:counted", None)

    assert called == ["lenient", "identity"]
