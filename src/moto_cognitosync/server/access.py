"""Rules for ``/moto-api/``: which hosts and origins may read and change the state.

The server has no authentication, so without these rules every web page in a developer's
browser could use the API: from its own origin, or through a host name that it rebinds
to the loopback address. Programs other than browsers do not send ``Origin`` or
``Sec-Fetch-Site``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOTO_API = "/moto-api"  # without a trailing slash, as in moto's own check
ROOT = f"{MOTO_API}/cognito-sync/"  # the control API and the inspector

HOSTS_VARIABLE = "MOTO_COGNITOSYNC_ALLOWED_HOSTS"
ORIGINS_VARIABLE = "MOTO_COGNITOSYNC_ALLOWED_ORIGINS"

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s:/@\[\]]+)(?::\d*)?")
_ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]*://[^\s/@]+")
# Values of Sec-Fetch-Site in requests that did not come from another site.
_OWN_SITE = {"", "none", "same-origin"}


def host_of(environ: WSGIEnvironment) -> str:
    """Return the host name of a request, without a port; empty if it is not valid."""
    match = _HOST.fullmatch(environ.get("HTTP_HOST", "").lower())
    return match["name"].strip("[]") if match else ""


class AccessRules:
    """Checks the hosts and origins of requests for ``/moto-api/``.

    :param listening: the host that the server listens on. Like loopback
        addresses, it is always allowed.
    :param hosts: additional names or addresses to allow.
    :param origins: origins to allow in addition to the server's own.
    :raises ValueError: if a host or an origin is malformed.
    """

    def __init__(
        self, listening: str, hosts: Iterable[str] = (), origins: Iterable[str] = ()
    ) -> None:
        hosts = [*hosts, *_from_environment(HOSTS_VARIABLE)]
        origins = [*origins, *_from_environment(ORIGINS_VARIABLE)]
        self._hosts = {
            listening.lower(),
            *(_check_host(each.lower()) for each in hosts),
        }
        self._origins = {_check_origin(each.lower()) for each in origins}

    def refusal(self, environ: WSGIEnvironment) -> str | None:
        """Return why a request may not use the API; None if it may."""
        host = host_of(environ)
        if not _is_loopback(host) and host not in self._hosts:
            shown = host or environ.get("HTTP_HOST", "")
            return (
                "expected a request to a loopback address such as 127.0.0.1, or to an "
                f"allowed host, found the host {shown!r}; to allow it, start the "
                f"server with --allowed-host {host or 'HOST'}, set {HOSTS_VARIABLE}, "
                "or pass allowed_hosts to CognitoSyncServer"
            )
        origin = environ.get("HTTP_ORIGIN")
        if origin is None:
            site = environ.get("HTTP_SEC_FETCH_SITE", "")
            found = f"a request from another site ({site})"
            is_allowed = site in _OWN_SITE
        else:
            own = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}"
            found = f"the origin {origin!r}"
            is_allowed = origin.lower() in {own.lower(), *self._origins}
        if is_allowed:
            return None
        return (
            "expected a request from the server's own pages, or from an allowed "
            f"origin, found {found}; to allow it, start the server with "
            f"--allowed-origin {origin or 'ORIGIN'}, set {ORIGINS_VARIABLE}, or pass "
            "allowed_origins to CognitoSyncServer"
        )


def _from_environment(variable: str) -> list[str]:
    return os.environ.get(variable, "").replace(",", " ").split()


def _is_loopback(host: str) -> bool:
    # Browsers do not look up names under .localhost in DNS.
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_host(host: str) -> str:
    bracketed = f"[{host}]" if ":" in host and "[" not in host else host
    match = _HOST.fullmatch(bracketed)
    if match is None or match["name"] != bracketed:
        raise ValueError(
            f"expected the name or address of a host, found {host!r}; omit the scheme, "
            "the port and the path"
        )
    return bracketed.strip("[]")


def _check_origin(origin: str) -> str:
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(
            "expected an origin such as http://localhost:3000, "
            f"found {origin!r}; include the scheme, and omit the path"
        )
    return origin
