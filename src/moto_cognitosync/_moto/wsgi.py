"""The WSGI application of moto's own server."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from .registration import register

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# WSGI variable in which moto looks for the names of headers with underscores.
PRESERVED_HEADER_NAMES = "moto.preserved_header_names"


def make_moto_application() -> WSGIApplication:
    """Create the WSGI application of moto's own server.

    :raises ImportError: the packages it needs are not installed.
    """
    register()
    with warnings.catch_warnings():
        # Before it raises, moto warns and suggests another package.
        warnings.simplefilter("ignore")
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )
    return DomainDispatcherApplication(create_backend_app)


def keeps_underscores(header: bytes) -> bool:
    """Return whether a header may have underscores, which WSGI turns into dashes."""
    return header.lower().startswith(b"x-amz-meta-")
