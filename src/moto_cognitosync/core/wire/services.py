"""Services, and the routes from requests to their operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import unquote

from botocore.loaders import create_loader
from botocore.model import ServiceModel

from moto_cognitosync.core.exceptions import ServiceError, UnknownOperationException

from .http import HttpRequest
from .operations import Operation
from .protocols import protocol_of
from .shapes import format_value

# Browsers send this header with preflight requests.
REQUESTED_HEADERS = "Access-Control-Request-Headers"


class Router(Protocol):
    """Finds the operation that a request calls."""

    def route(self, request: HttpRequest) -> tuple[Operation, list[str]]:
        """Return the operation, and the values of the labels in its URI.

        :raises UnknownOperationException: if no operation matches.
        """
        ...

    def recognizes(self, path: str, headers: Mapping[str, str]) -> bool:
        """Return whether a request can only be for this service.

        Needed if neither the signature nor the host tells.

        :param path: the raw path.
        """
        ...


class PathRouter:
    """Routes by method and path."""

    _LABEL = object()  # stands for any segment in the tree of routes

    def __init__(
        self, model: ServiceModel, operations: Mapping[str, Operation]
    ) -> None:
        self._service = model.metadata["serviceFullName"]
        # A tree of path segments; within a node, an operation's key is (method,).
        self._routes: dict[Any, Any] = {}
        for operation in operations.values():
            self._add(operation)
        # Cached, because a test repeats the same few paths.
        self._walk = lru_cache(maxsize=64)(self._find_node)

    def _add(self, operation: Operation) -> None:
        node = self._routes
        for segment in operation.segments:
            step = self._LABEL if segment.startswith("{") else segment
            node = node.setdefault(step, {})
        node[operation.http_method,] = operation

    def route(self, request: HttpRequest) -> tuple[Operation, list[str]]:
        """Find the operation for a method and a raw path.

        The path is split before its segments are percent-decoded, so a segment can
        contain an encoded slash. ``.`` and ``..`` have no special meaning.
        """
        operations, label_values = self._walk(request.path)
        operation = operations.get((request.method,))
        if operation is None:
            raise UnknownOperationException(
                f"{self._service} has no operation for {request.method} "
                f"{format_value(request.path)}"
            )
        return operation, label_values

    def recognizes(self, path: str, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Return whether any operation has this path.

        A path with a single label must contain an id: without a colon, it could name an
        object in an S3 bucket.
        """
        node, labels = self._walk(path)
        has_operations = any(isinstance(key, tuple) for key in node)
        return has_operations and (len(labels) != 1 or ":" in labels[0])

    def _find_node(self, path: str) -> tuple[dict[Any, Any], list[str]]:
        """Return the node of a raw path in the tree, and the values of its labels."""
        node = self._routes
        values = []
        for segment in map(unquote, path.removeprefix("/").split("/")):
            if segment in node:
                node = node[segment]
            else:
                values.append(segment)
                node = node.get(self._LABEL, {})
        return node, values


class TargetRouter:
    """Routes by the header ``X-Amz-Target``, for example ``Service.Operation``."""

    def __init__(
        self, model: ServiceModel, operations: Mapping[str, Operation]
    ) -> None:
        self._service = model.metadata["serviceFullName"]
        self._prefix: str = model.metadata["targetPrefix"]
        self._operations = operations

    def route(self, request: HttpRequest) -> tuple[Operation, list[str]]:
        """Find the operation for a target; all have the same method and path."""
        target = request.headers.get("X-Amz-Target", "")
        prefix, _, name = target.rpartition(".")
        operation = self._operations.get(name)
        if operation is None or not self._matches(prefix) or request.method != "POST":
            raise UnknownOperationException(
                f"{self._service} has no operation for {request.method} "
                f"{format_value(request.path)} with the target '{format_value(target)}'"
            )
        return operation, []

    def recognizes(self, path: str, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Return whether the target is in this service, or may be after a preflight."""
        if "x-amz-target" in headers.get(REQUESTED_HEADERS, "").lower():
            return True
        return self._matches(headers.get("X-Amz-Target", "").rpartition(".")[0])

    def _matches(self, prefix: str) -> bool:
        # The API reference puts the name of a package in front.
        return prefix.rpartition(".")[2] == self._prefix


class Service:
    """A service, according to botocore's model.

    :ivar operations: the operations by API name.
    :ivar route: finds the operation that a request calls; see :class:`Router`.
    :ivar recognizes: see :class:`Router`.
    """

    def __init__(self, description: Mapping[str, Any], name: str) -> None:
        model = ServiceModel(description, name)
        self.protocol = protocol_of(model)
        self.operations = {
            name: Operation(model.operation_model(name), self.protocol)
            for name in model.operation_names
        }
        self.methods = sorted({each.http_method for each in self.operations.values()})
        router_class = TargetRouter if self.protocol.name == "json" else PathRouter
        router: Router = router_class(model, self.operations)
        # Bound here, because every request is routed.
        self.route: Callable[[HttpRequest], tuple[Operation, list[str]]] = router.route
        self.recognizes = router.recognizes
        self._shapes: Mapping[str, Any] = description["shapes"]

    def http_status(self, error: ServiceError) -> int:
        """Return an error's HTTP status, from the model if it defines the error."""
        shape = self._shapes.get(error.code)
        if shape is None:
            return error.http_status if self.protocol.has_statuses else 400
        default = 500 if shape.get("fault") else 400
        status: int = shape.get("error", {}).get("httpStatusCode", default)
        return status


def load_service(name: str, version: str) -> Service:
    """Load a service from the models in the installed botocore.

    :param name: botocore's name of the service, for example ``cognito-sync``.
    :param version: API version, for example ``2014-06-30``.
    """
    # Loading by path avoids botocore's scan of all service folders.
    return Service(create_loader().load_data(f"{name}/{version}/service-2"), name)
