"""URLs of the service and the function that handles them."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import requests
from botocore.exceptions import ConnectionClosedError

from moto_cognitosync.core.exceptions import ConnectionDropped
from moto_cognitosync.core.wire.http import from_botocore, from_werkzeug

from .responses import dispatch, dispatch_or_close


class ConnectionLostError(ConnectionClosedError, requests.ConnectionError):
    """The error that boto3 and ``requests`` raise when a connection is closed early."""

    request = response = None  # attributes of requests' exceptions


def handle(
    request: Any, full_url: str, _headers: Any
) -> tuple[int, dict[str, str], bytes]:
    """Respond to a request that moto intercepted or that a server received.

    :param request: a werkzeug request if it comes from a server or from moto 5.2.4 or
        newer; otherwise a prepared request of botocore.
    :return: status, headers and body.
    :raises ConnectionLostError: if a hook drops the connection (in-process only).
    """
    environ = getattr(request, "environ", None)
    if environ is not None and "REMOTE_ADDR" in environ:
        return dispatch_or_close(environ, from_werkzeug(request))
    read = from_botocore if environ is None else from_werkzeug
    try:
        response = dispatch(read(request), full_url)
    except ConnectionDropped:
        raise ConnectionLostError(endpoint_url=full_url) from None
    # In-process, no HTTP server adds these headers.
    response.headers["Content-Length"] = str(len(response.body))
    response.headers["Date"] = formatdate(usegmt=True)
    return response


# The region is one label that does not begin with s3, because a bucket can be called
# cognito-sync.
url_bases = [
    r"https?://cognito-sync(?:-fips)?\.(?!s3\b)([^./]+)\.(?:amazonaws\.com|api\.aws)"
]

# One pattern for all paths. All versions of moto's server turn the named group into a
# Flask route; before 5.1.22, a plain ".*" does not match.
url_paths = {"{0}/(?P<path>.*)$": handle}
