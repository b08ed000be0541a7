"""URLs of the service, and the function that moto calls for them."""

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

    request = response = None  # attributes of an exception from requests


def handle(
    request: Any, full_url: str, _headers: Any
) -> tuple[int, dict[str, str], bytes]:
    """Respond to a request that moto intercepted or received.

    :param request: a prepared request of botocore; from a server, or from moto 5.2.4
        on, a werkzeug request.
    :return: status, headers and body.
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


url_bases = [r"https?://cognito-sync(?:-fips)?\.(.+)\.(?:amazonaws\.com|api\.aws)"]

# One pattern for all paths. moto's server turns the named group into a Flask route on
# every version; a bare ".*" is a 404 before 5.1.22.
url_paths = {"{0}/(?P<path>.*)$": handle}
