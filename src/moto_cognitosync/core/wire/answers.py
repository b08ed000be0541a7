"""HTTP responses for results, errors and preflight requests."""

from __future__ import annotations

from typing import Any

from moto.moto_api._internal import mock_random

from moto_cognitosync.core.exceptions import ServiceError

from .http import HttpRequest, HttpResponse
from .operations import Operation
from .services import Service
from .shapes import to_json

# Headers that scripts in a browser may read, as observed on AWS.
EXPOSED_HEADERS = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"

# Longer messages are sent in the body only, because servers and clients limit the
# length of a header.
MAX_HEADER_LENGTH = 1024


def serialize(request: HttpRequest, operation: Operation, result: Any) -> HttpResponse:
    """Return the response for the result of an operation."""
    headers = _headers(request, operation.protocol.content_type)
    return HttpResponse(200, headers, operation.serialize(result))


def serialize_document(request: HttpRequest, content: Any) -> HttpResponse:
    """Return the response for a JSON document, without running an operation."""
    headers = _headers(request, "application/json")
    return HttpResponse(200, headers, to_json(content).encode())


def serialize_error(
    request: HttpRequest, service: Service, error: ServiceError
) -> HttpResponse:
    """Return the response for an error: code in a header, message in the body."""
    headers = _headers(request, service.protocol.content_type)
    # AWS appends a colon to the code; clients ignore everything after it.
    headers["x-amzn-ErrorType"] = f"{error.code}:"
    if len(error.message) <= MAX_HEADER_LENGTH and _fits_into_header(error.message):
        headers["x-amzn-ErrorMessage"] = error.message
    content = {error.message_key: error.message}
    if service.protocol.writes_codes:
        content = {"__type": error.code, **content}
    body = to_json(content).encode()
    if request.method == "HEAD":
        body = b""
    return HttpResponse(service.http_status(error), headers, body)


def preflight(request: HttpRequest, service: Service) -> HttpResponse:
    """Return the response for a CORS preflight request."""
    headers = _headers(request, service.protocol.content_type)
    headers["Access-Control-Allow-Methods"] = ",".join(service.methods)
    requested = request.headers.get("Access-Control-Request-Headers", "*")
    headers["Access-Control-Allow-Headers"] = (
        requested if _fits_into_header(requested) else "*"
    )
    headers["Access-Control-Max-Age"] = "172800"
    return HttpResponse(200, headers, b"")


def _headers(request: HttpRequest, content_type: str) -> dict[str, str]:
    headers = {
        "Content-Type": content_type,
        "x-amzn-RequestId": str(mock_random.uuid4()),
    }
    if "Origin" in request.headers:
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    return headers


def _fits_into_header(text: str) -> bool:
    return text.isascii() and text.isprintable()
