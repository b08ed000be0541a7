"""The services that this package implements, and which of them a request is for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from moto_cognitosync.cognitoidentity.responses import cognito_identity
from moto_cognitosync.cognitoidentity.urls import url_bases as identity_url_bases
from moto_cognitosync.cognitosync.responses import cognito_sync
from moto_cognitosync.cognitosync.urls import url_bases as sync_url_bases
from moto_cognitosync.core.credentials import Signature
from moto_cognitosync.core.hosts import is_aws_host
from moto_cognitosync.core.wire.http import headers_of, raw_path

from .access import host_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from moto_cognitosync.core.dispatch import Dispatcher

# By the service name in signatures.
DISPATCHERS: dict[str, Dispatcher] = {
    "cognito-sync": cognito_sync,
    "cognito-identity": cognito_identity,
}
_HOSTS = {
    "cognito-sync": re.compile(sync_url_bases[0]),
    "cognito-identity": re.compile(identity_url_bases[0]),
}


def service_of(environ: WSGIEnvironment) -> str:
    """Return the signing name of the service that a request is for; empty if unknown.

    The scope of the SigV4 signature decides; if there is no signature, an AWS host name
    does. Preflight requests, and clients without credentials, have neither, so their
    path must match an operation of Cognito Sync, or their headers name an operation of
    Cognito Identity. Its public keys have their own path.
    """
    authorization: str = environ.get("HTTP_AUTHORIZATION", "")
    query: str = environ.get("QUERY_STRING", "")
    signature = Signature.from_request(authorization, query)
    if signature.service:
        return signature.service
    host = host_of(environ)
    if is_aws_host(host):
        url = f"https://{host}"
        found = (name for name, hosts in _HOSTS.items() if hosts.fullmatch(url))
        return next(found, "")
    if authorization.startswith("AWS ") or "Signature" in parse_qs(query):
        return ""  # SigV2, which these services do not accept
    path, headers = raw_path(environ), headers_of(environ)
    recognized = (
        name
        for name, dispatcher in DISPATCHERS.items()
        if dispatcher.recognizes(path, headers)
    )
    return next(recognized, "")
