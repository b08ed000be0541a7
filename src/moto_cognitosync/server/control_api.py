"""The control API of the server: ``/moto-api/cognito-sync/``.

=========  ===================  ==================================================
Method     Relative path        Description
=========  ===================  ==================================================
GET        ``state``            return the state, as ``state.dump_state`` does
PUT        ``state``            replace the state, as ``state.load_state`` does
POST       ``faults``           start a fault, and return it with its id
GET        ``faults``           list the faults started through this API
DELETE     ``faults``           stop all faults started through this API
DELETE     ``faults/<id>``      stop one fault
=========  ===================  ==================================================

Bodies are JSON. A fault has the parameters of :class:`moto_cognitosync.faults.Fault`.
Invalid input returns status 400, with a description of the problem in ``error``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from moto_cognitosync import state
from moto_cognitosync.core.sharing import state_lock
from moto_cognitosync.faults import Fault, from_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = "/moto-api/cognito-sync/"

_ROUTES = Map(
    [
        Rule(f"{ROOT}state", methods=["GET"], endpoint="get_state"),
        Rule(f"{ROOT}state", methods=["PUT"], endpoint="put_state"),
        Rule(f"{ROOT}faults", methods=["POST"], endpoint="post_fault"),
        Rule(f"{ROOT}faults", methods=["GET"], endpoint="get_faults"),
        Rule(f"{ROOT}faults", methods=["DELETE"], endpoint="delete_faults"),
        Rule(f"{ROOT}faults/<int:id>", methods=["DELETE"], endpoint="delete_fault"),
    ]
)


class ControlApi:
    """The control API of one server. It stops only the faults that it started."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._ids = count(1)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Handle one WSGI request."""
        request = Request(environ)
        if request.method == "OPTIONS":
            response = Response(status=200)
            response.headers["Access-Control-Allow-Methods"] = "DELETE,GET,POST,PUT"
            response.headers["Access-Control-Allow-Headers"] = "*"
        else:
            status, content = self._dispatch(request)
            response = Response(json.dumps(content, indent=2), status)
            response.content_type = "application/json"
        if origin := request.headers.get("Origin"):  # an allowed one
            response.headers["Access-Control-Allow-Origin"] = origin
            response.vary.add("Origin")
        return response(environ, start_response)

    def reset(self) -> None:
        """Stop all faults that were started through this API."""
        with state_lock:
            while self._faults:
                self._faults.popitem()[1].stop()

    def _dispatch(self, request: Request) -> tuple[int, Any]:
        try:
            endpoint, arguments = _ROUTES.bind_to_environ(request.environ).match()
            handler: Callable[..., tuple[int, Any]] = getattr(self, f"_{endpoint}")
            return handler(request, **arguments)
        except HTTPException as error:
            return error.code or 500, {"error": error.description}

    def _get_state(self, _: Request) -> tuple[int, Any]:
        return 200, state.dump_state()

    def _put_state(self, request: Request) -> tuple[int, Any]:
        data = _read_json(request)
        if not isinstance(data, dict):
            raise BadRequest("a state must be a JSON object")
        try:
            state.load_state(data)
        except state.StateError as error:
            raise BadRequest(str(error)) from None
        return 200, {"status": "ok"}

    def _post_fault(self, request: Request) -> tuple[int, Any]:
        try:
            fault = from_parameters(_read_json(request))
        except ValueError as error:
            raise BadRequest(str(error)) from None
        with state_lock:
            id_ = next(self._ids)
            self._faults[id_] = fault
            fault.start()
            return 201, {"id": id_, **fault.describe()}

    def _get_faults(self, _: Request) -> tuple[int, Any]:
        with state_lock:
            faults = [
                {"id": id_, **each.describe()} for id_, each in self._faults.items()
            ]
        return 200, {"faults": faults}

    def _delete_faults(self, _: Request) -> tuple[int, Any]:
        self.reset()
        return 200, {"status": "ok"}

    def _delete_fault(self, _: Request, id: int) -> tuple[int, Any]:  # noqa: A002
        with state_lock:
            fault = self._faults.pop(id, None)
            if fault is None:
                raise NotFound(f"there is no fault with id {id}")
            fault.stop()
        return 200, {"status": "ok"}


def _read_json(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not valid JSON: {error}") from None
