"""The WSGI application of moto's own server."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .registration import register

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# The WSGI variable from which moto reads the names of headers with underscores.
PRESERVED_HEADER_NAMES = "moto.preserved_header_names"


def make_moto_application() -> WSGIApplication:
    """Create the WSGI application of moto's own server.

    :raises ImportError: if a required package is not installed.
    """
    register()
    with warnings.catch_warnings():
        # Before it raises ImportError, moto warns and suggests another package.
        warnings.simplefilter("ignore")
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )

    def create_app(backend: Any) -> Any:
        if backend is None:
            raise NotImplementedError("moto does not support this service")
        return create_backend_app(backend)

    return DomainDispatcherApplication(create_app)


def keeps_underscores(header: bytes) -> bool:
    """Return whether the underscores in a header's name must be preserved."""
    return header.lower().startswith(b"x-amz-meta-")
