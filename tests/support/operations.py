"""The API's operations, from its documentation and from botocore's model."""

from __future__ import annotations

import functools
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from botocore import xform_name
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.exceptions import ClientError
from botocore.serialize import create_serializer
from botocore.session import get_session

from moto_cognitosync.cognitoidentity.responses import cognito_identity
from moto_cognitosync.cognitosync.responses import cognito_sync
from moto_cognitosync.core.wire.http import HttpRequest
from moto_cognitosync.core.wire.operations import Operation

from .datasets import NOW, NOW_IN_MS, replace

DISPATCHERS = {"cognito-sync": cognito_sync, "cognito-identity": cognito_identity}
MODELS = {name: get_session().get_service_model(name) for name in DISPATCHERS}
MODEL = MODELS["cognito-sync"]
SERIALIZER = create_serializer("rest-json", include_validation=False)

POOL = "/identitypools/{IdentityPoolId}"
IDENTITY = POOL + "/identities/{IdentityId}"
DATASET = IDENTITY + "/datasets/{DatasetName}"
SUBSCRIPTION = DATASET + "/subscriptions/{DeviceId}"

# From the request syntax of each action in the AWS API reference.
ROUTES = {
    "BulkPublish": ("POST", POOL + "/bulkpublish"),
    "DeleteDataset": ("DELETE", DATASET),
    "DescribeDataset": ("GET", DATASET),
    "DescribeIdentityPoolUsage": ("GET", POOL),
    "DescribeIdentityUsage": ("GET", IDENTITY),
    "GetBulkPublishDetails": ("POST", POOL + "/getBulkPublishDetails"),
    "GetCognitoEvents": ("GET", POOL + "/events"),
    "GetIdentityPoolConfiguration": ("GET", POOL + "/configuration"),
    "ListDatasets": ("GET", IDENTITY + "/datasets"),
    "ListIdentityPoolUsage": ("GET", "/identitypools"),
    "ListRecords": ("GET", DATASET + "/records"),
    "RegisterDevice": ("POST", POOL + "/identity/{IdentityId}/device"),
    "SetCognitoEvents": ("POST", POOL + "/events"),
    "SetIdentityPoolConfiguration": ("POST", POOL + "/configuration"),
    "SubscribeToDataset": ("POST", SUBSCRIPTION),
    "UnsubscribeFromDataset": ("DELETE", SUBSCRIPTION),
    "UpdateRecords": ("POST", DATASET),
}

# Which credentials can call each operation, according to the API reference.
BOTH = [
    "DeleteDataset",
    "DescribeDataset",
    "DescribeIdentityUsage",
    "ListDatasets",
    "ListRecords",
    "UpdateRecords",
]
DEVELOPERS = [
    "BulkPublish",
    "DescribeIdentityPoolUsage",
    "GetBulkPublishDetails",
    "GetCognitoEvents",
    "GetIdentityPoolConfiguration",
    "ListIdentityPoolUsage",
    "SetCognitoEvents",
    "SetIdentityPoolConfiguration",
]
IDENTITIES = ["RegisterDevice", "SubscribeToDataset", "UnsubscribeFromDataset"]


def request_of(operation: str, parameters: dict[str, Any]) -> HttpRequest:
    """Return the request that botocore sends, without validating the parameters."""
    model = MODEL.operation_model(operation)
    description = SERIALIZER.serialize_to_request(parameters, model)
    prepare_request_dict(description, endpoint_url="https://cognito-sync.test")
    prepared = create_request_object(description).prepare()
    url = urlsplit(prepared.url)
    return HttpRequest(
        prepared.method, url.path, url.query, prepared.headers, prepared.body or b""
    )


def parse(
    request: HttpRequest, service: str = "cognito-sync"
) -> tuple[Operation, dict[str, Any]]:
    """Return a request's operation and parameters."""
    operation, labels = DISPATCHERS[service].service.route(request)
    return operation, operation.parse(request, labels)


def as_sent(date: datetime) -> datetime:
    """Round a date down as botocore does: up to 1.41, it sends whole seconds."""
    milliseconds = date.microsecond // 1000 if _sends_milliseconds() else 0
    return date.replace(microsecond=1000 * milliseconds)


@functools.cache
def _sends_milliseconds() -> bool:
    parameters = required_input("UpdateRecords", "us-east-1:0", "us-east-1:1")
    patch = replace("theme", "dark", DeviceLastModifiedDate=NOW)
    body = request_of("UpdateRecords", parameters | {"RecordPatches": [patch]}).body
    return f'"DeviceLastModifiedDate": {NOW_IN_MS / 1000}'.encode() in (body or b"")


def required_input(operation: str, pool_id: str, identity_id: str) -> dict[str, Any]:
    """Return input for an operation with all required members."""
    values = {
        "IdentityPoolId": pool_id,
        "IdentityId": identity_id,
        "DatasetName": "settings",
        "DeviceId": "device",
        "Platform": "GCM",
        "Token": "token",
        "SyncSessionToken": "token",
        "Events": {},
    }
    required = MODEL.operation_model(operation).input_shape.required_members
    return {name: values[name] for name in required}


def call(client: Any, operation: str, pool_id: str, identity_id: str) -> Any:
    """Call an operation with all required members, and return its error, if any."""
    parameters = required_input(operation, pool_id, identity_id)
    try:
        getattr(client, xform_name(operation))(**parameters)
    except ClientError as error:
        return error.response["Error"]
    return {}
