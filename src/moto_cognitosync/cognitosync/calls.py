"""What was called, for tests that ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import rest_json
from .exceptions import UnknownOperationException
from .rest_json import HttpRequest


@dataclass(frozen=True, slots=True)
class Call:
    """A request that the service has answered.

    :ivar operation: as the API names it: ``UpdateRecords``.
    :ivar input: the members that were sent, by the API's names; dates are epoch
        milliseconds. Empty if the request broke the rules of the model.
    :ivar error: the name of the error that it was answered with, or None.
    """

    operation: str
    input: dict[str, Any]
    error: str | None

    def __str__(self) -> str:
        members = ", ".join(f"{name}={value!r}" for name, value in self.input.items())
        end = f" -> {self.error}" if self.error else ""
        return f"{self.operation}({members}){end}"


# Where calls are noted, while somebody wants to know.
logs: list[list[Call]] = []


def note(
    request: HttpRequest, parameters: Mapping[str, Any], error: Exception | None
) -> None:
    """Note a request that was answered.

    :param parameters: its input, by its Python names.
    :param error: what it was answered with, if not with a result.
    """
    if not logs:
        return
    try:
        operation, _ = rest_json.service().route(request.method, request.path)
    except UnknownOperationException:
        return
    # The class of an error has the error's own name.
    name = None if error is None else type(error).__name__
    call = Call(operation.name, operation.api_names(parameters), name)
    for log in logs:
        log.append(call)
