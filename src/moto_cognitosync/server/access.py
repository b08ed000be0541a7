"""Which hosts a request to the server names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^\s:/@\[\]]+)(?::\d*)?")


def host_of(environ: WSGIEnvironment) -> str:
    """Return the host name of a request, without a port; empty if it is not valid."""
    match = _HOST.fullmatch(environ.get("HTTP_HOST", "").lower())
    return match["name"].strip("[]") if match else ""
