"""A page on another origin: what a browser must be told before it lets it through."""

from __future__ import annotations

import re

import pytest

from tests.support.aws import Answer, Aws
from tests.support.datasets import DatasetUnderTest
from tests.support.operations import ROUTES, request_of

ORIGIN = {"Origin": "https://example.org"}

# As seen in a live answer.
EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

# What the AWS SDK for JavaScript sends besides the headers any page may send.
SDK_HEADERS = "amz-sdk-invocation-id,authorization,content-type,x-amz-date"


def preflight(aws: Aws, path: str, method: str) -> Answer:
    """Ask as a browser does: without credentials."""
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": SDK_HEADERS,
    }
    return aws.send("OPTIONS", path, headers=ORIGIN | asked)


@pytest.mark.parametrize(("method", "template"), ROUTES.values(), ids=ROUTES)
def test_the_preflight_of_each_operation_allows_it(
    aws: Aws, method: str, template: str
) -> None:
    path = re.sub(r"{\w+}", "us-east-1%3A0", template)

    answer = preflight(aws, path, method)

    assert answer.status == 200
    assert answer.body == b""
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method in answer.headers["access-control-allow-methods"].split(",")
    assert answer.headers["access-control-allow-headers"] == SDK_HEADERS
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("asked", ["date\r date", "d\xe2te"])
def test_a_preflight_for_what_is_no_header_gets_none_back(aws: Aws, asked: str) -> None:
    headers = ORIGIN | {"Access-Control-Request-Headers": asked}

    answer = aws.send("OPTIONS", "/identitypools", headers=headers)

    assert answer.headers["access-control-allow-headers"] == "*"


def test_a_preflight_that_asks_for_no_headers_allows_all(aws: Aws) -> None:
    answer = aws.send("OPTIONS", "/identitypools", headers=ORIGIN)

    assert answer.headers["access-control-allow-headers"] == "*"


@pytest.mark.parametrize("name", [".", "..", "a%2Fb", "%3A"])
def test_a_preflight_does_not_depend_on_the_name(aws: Aws, name: str) -> None:
    path = f"/identitypools/a%3A0/identities/a%3A1/datasets/{name}"

    assert preflight(aws, path, "DELETE").status == 200


def test_a_preflight_asks_but_does_nothing(aws: Aws, dataset: DatasetUnderTest) -> None:
    dataset.write(volume="11")
    described = dataset.describe()

    preflight(aws, request_of("DeleteDataset", dataset.ids).path, "DELETE")

    assert dataset.describe() == described


@pytest.mark.parametrize(
    ("operation", "status"), [("ListRecords", 200), ("DescribeDataset", 404)]
)
def test_a_page_may_read_successes_and_errors(
    aws: Aws, dataset: DatasetUnderTest, operation: str, status: int
) -> None:
    answer = aws.send("GET", request_of(operation, dataset.ids).path, headers=ORIGIN)

    assert answer.status == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == EXPOSED


@pytest.mark.parametrize("path", ["/identitypools/a:0/nothing", "/identitypools/a/b/c"])
def test_a_page_may_read_that_a_path_is_unknown(aws: Aws, path: str) -> None:
    answer = aws.send("PUT", path, headers=ORIGIN)

    assert answer.error == "UnknownOperationException"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-expose-headers"] == EXPOSED


@pytest.mark.parametrize("operation", ["ListRecords", "DescribeDataset"])
def test_without_an_origin_nothing_is_said_of_it(
    aws: Aws, dataset: DatasetUnderTest, operation: str
) -> None:
    answer = aws.send("GET", request_of(operation, dataset.ids).path)

    assert not [name for name in answer.headers if name.startswith("access-control")]
