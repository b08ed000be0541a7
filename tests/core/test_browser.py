"""Cross-origin requests from a browser."""

from __future__ import annotations

import re

import pytest

from tests.support.aws import Aws, Response
from tests.support.datasets import DatasetUnderTest
from tests.support.operations import ROUTES, request_of

ORIGIN = {"Origin": "https://example.org"}

# Copied from a live response.
EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

# Headers of the AWS SDK for JavaScript that need a preflight.
SDK_HEADERS = "amz-sdk-invocation-id,authorization,content-type,x-amz-date"


def preflight(aws: Aws, path: str, method: str) -> Response:
    """Send a preflight request without credentials, as browsers do."""
    requested = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": SDK_HEADERS,
    }
    return aws.send("OPTIONS", path, headers=ORIGIN | requested)


@pytest.mark.parametrize(("method", "template"), ROUTES.values(), ids=ROUTES)
def test_a_preflight_is_allowed_for_each_operation(
    aws: Aws, method: str, template: str
) -> None:
    path = re.sub(r"{\w+}", "us-east-1%3A0", template)

    response = preflight(aws, path, method)

    assert response.status == 200
    assert response.body == b""
    assert response.headers["access-control-allow-origin"] == "*"
    assert method in response.headers["access-control-allow-methods"].split(",")
    assert response.headers["access-control-allow-headers"] == SDK_HEADERS
    assert int(response.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize(
    ("requested", "allowed"),
    [
        ("date\r date", {"*", "date  date"}),  # the server replaces a bare CR
        ("d\xe2te", {"*"}),
    ],
)
def test_a_preflight_does_not_echo_invalid_header_names(
    aws: Aws, requested: str, allowed: set[str]
) -> None:
    headers = ORIGIN | {"Access-Control-Request-Headers": requested}

    response = aws.send("OPTIONS", "/identitypools", headers=headers)

    assert response.headers["access-control-allow-headers"] in allowed


def test_a_preflight_without_requested_headers_allows_all_headers(aws: Aws) -> None:
    response = aws.send("OPTIONS", "/identitypools", headers=ORIGIN)

    assert response.headers["access-control-allow-headers"] == "*"


@pytest.mark.parametrize("name", [".", "..", "a%2Fb", "%3A"])
def test_a_preflight_succeeds_for_every_dataset_name(aws: Aws, name: str) -> None:
    path = f"/identitypools/a%3A0/identities/a%3A1/datasets/{name}"

    assert preflight(aws, path, "DELETE").status == 200


def test_a_preflight_changes_nothing(aws: Aws, dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")
    described = dataset.describe()

    preflight(aws, request_of("DeleteDataset", dataset.ids).path, "DELETE")

    assert dataset.describe() == described


@pytest.mark.parametrize(
    ("operation", "status"), [("ListRecords", 200), ("DescribeDataset", 404)]
)
def test_successes_and_errors_allow_cross_origin_access(
    aws: Aws, dataset: DatasetUnderTest, operation: str, status: int
) -> None:
    response = aws.send("GET", request_of(operation, dataset.ids).path, headers=ORIGIN)

    assert response.status == status
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-expose-headers"] == EXPOSED


@pytest.mark.parametrize("path", ["/identitypools/a:0/nothing", "/identitypools/a/b/c"])
def test_unknown_paths_allow_cross_origin_access(aws: Aws, path: str) -> None:
    response = aws.send("PUT", path, headers=ORIGIN)

    assert response.error == "UnknownOperationException"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-expose-headers"] == EXPOSED


@pytest.mark.parametrize("operation", ["ListRecords", "DescribeDataset"])
def test_requests_without_an_origin_header_get_no_cors_headers(
    aws: Aws, dataset: DatasetUnderTest, operation: str
) -> None:
    response = aws.send("GET", request_of(operation, dataset.ids).path)

    assert not [name for name in response.headers if name.startswith("access-control")]
