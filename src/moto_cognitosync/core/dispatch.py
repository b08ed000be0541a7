"""Handles the requests to a service, from the HTTP request to the response."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import requests
from botocore.exceptions import ConnectionClosedError
from werkzeug.wsgi import get_host

from . import hooks
from .caller import Caller
from .clock import http_date
from .exceptions import ConnectionDropped, ServiceError
from .wire.answers import preflight, serialize, serialize_error
from .wire.http import (
    DROPPED,
    HttpRequest,
    HttpResponse,
    close_connection,
    from_botocore,
    from_werkzeug,
)
from .wire.operations import Operation
from .wire.services import Service, load_service


class ConnectionLostError(ConnectionClosedError, requests.ConnectionError):
    """The error that boto3 and ``requests`` raise when a connection is closed early."""

    request = response = None  # attributes of requests' exceptions


class Dispatcher(ABC):
    """Handles the requests to one service.

    :param name: botocore's name of the service, for example ``cognito-sync``.
    :param version: API version, for example ``2014-06-30``.
    """

    def __init__(self, name: str, version: str) -> None:
        self._name = name
        self._version = version

    @cached_property
    def service(self) -> Service:
        """The operations of the service. Loaded on demand."""
        return load_service(self._name, self._version)

    def is_left_to_moto(self) -> bool:
        """Return whether moto handles the requests to this service."""
        return False

    def recognizes(self, path: str, headers: Mapping[str, str]) -> bool:
        """Return whether a request can only be for this service.

        :param path: the raw path.
        """
        return self.service.recognizes(path, headers)

    @abstractmethod
    def run(
        self,
        request: HttpRequest,
        operation: Operation,
        parameters: Mapping[str, Any],
        caller: Caller,
    ) -> Any:
        """Authorize the caller, and run the operation.

        :param parameters: the operation's input, by Python names.
        :return: what :meth:`Operation.serialize` takes.
        :raises ServiceError: if the operation fails.
        """

    def dispatch(self, request: HttpRequest, url: str) -> HttpResponse:
        """Run the requested operation; return the response for its result or error.

        :param url: the URL, or at least its scheme and host; the host may contain a
            region.
        :raises ConnectionDropped: if a hook drops the connection.
        """
        if request.method == "OPTIONS":
            return preflight(request, self.service)
        operation: Operation | None = None
        parameters: dict[str, Any] = {}
        error: BaseException | None = None
        try:
            operation, labels = self.service.route(request)
            parameters = operation.parse(request, labels)
            hooks.run_before(operation, parameters)
            caller = Caller.from_request(url, request.headers, request.query)
            result = self.run(request, operation, parameters, caller)
            return serialize(request, operation, result)
        except ServiceError as raised:
            error = raised
            return serialize_error(request, self.service, raised)
        except BaseException as raised:
            error = raised
            raise
        finally:
            if operation is not None:
                hooks.run_after(operation, parameters, error)

    def dispatch_or_close(
        self, environ: dict[str, Any], request: HttpRequest
    ) -> HttpResponse:
        """Dispatch a request to a server, closing its connection if a hook drops it."""
        url = f"{environ['wsgi.url_scheme']}://{get_host(environ)}"
        try:
            return self.dispatch(request, url)
        except ConnectionDropped:
            close_connection(environ)
            return DROPPED

    def handle(
        self, request: Any, full_url: str, _headers: Any
    ) -> tuple[int, dict[str, str], bytes]:
        """Respond to a request that moto intercepted or that a server received.

        :param request: a werkzeug request if it comes from a server or from moto 5.2.4
            or newer; otherwise a prepared request of botocore.
        :return: status, headers and body.
        :raises ConnectionLostError: if a hook drops the connection (in-process only).
        """
        environ = getattr(request, "environ", None)
        if environ is not None and "REMOTE_ADDR" in environ:
            return self.dispatch_or_close(environ, from_werkzeug(request))
        read = from_botocore if environ is None else from_werkzeug
        try:
            response = self.dispatch(read(request), full_url)
        except ConnectionDropped:
            raise ConnectionLostError(endpoint_url=full_url) from None
        # In-process, no HTTP server adds these headers.
        response.headers["Content-Length"] = str(len(response.body))
        response.headers["Date"] = http_date()
        return response
