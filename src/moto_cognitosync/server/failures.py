"""Responses for requests that fail in moto, or that moto does not support."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from uuid import uuid4
from xml.sax.saxutils import escape

from moto_cognitosync.core.credentials import Signature
from moto_cognitosync.core.wire.answers import EXPOSED_HEADERS
from moto_cognitosync.core.wire.http import HttpResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_logger = logging.getLogger(__name__)

# Signing names of the services that use the protocol rest-xml. In the other XML
# protocols, requests are forms.
XML_SERVICES = {"cloudfront", "route53", "s3", "s3-object-lambda", "s3express"}


def failure_response(error: Exception, environ: WSGIEnvironment) -> HttpResponse:
    """Return a response for an exception, in the protocol of the request.

    Without it, the HTTP server would send no body and close the connection.
    """
    if isinstance(error, NotImplementedError):  # boto3 does not retry a 501
        status, code = 501, "NotImplemented"
        message = str(error) or "moto does not support this operation"
    else:
        status, code = 500, "InternalFailure"
        message = f"{type(error).__name__}: {error}; the server's log has the traceback"
        _logger.error("%s", message, exc_info=error)
    message = "".join(each if each.isprintable() else " " for each in message)
    request_id = str(uuid4())
    if _expects_xml(environ):
        content_type = "text/xml"
        body = (
            "<ErrorResponse><Error><Type>Receiver</Type>"
            f"<Code>{code}</Code><Message>{escape(message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    else:
        content_type = "application/json"
        body = json.dumps({"__type": code, "message": message})
    headers = {
        "Content-Type": content_type,
        "x-amzn-RequestId": request_id,
        "x-amzn-ErrorType": f"{code}:",
    }
    if "HTTP_ORIGIN" in environ:
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    return HttpResponse(status, headers, body.encode())


def _expects_xml(environ: WSGIEnvironment) -> bool:
    if "HTTP_X_AMZ_TARGET" in environ or "json" in environ.get("CONTENT_TYPE", ""):
        return False
    query: str = environ.get("QUERY_STRING", "")
    signature = Signature.from_request(environ.get("HTTP_AUTHORIZATION", ""), query)
    return (
        "form-urlencoded" in environ.get("CONTENT_TYPE", "")
        or "Action" in parse_qs(query)
        # moto routes unsigned requests to S3.
        or not signature.service
        or signature.service in XML_SERVICES
    )
