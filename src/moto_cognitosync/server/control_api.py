"""The server's own API beside moto's: ``/moto-api/cognito-sync/``.

=========  ===================  ==================================================
Method     Path below           What it does
=========  ===================  ==================================================
GET        ``state``            returns what ``state.dump_state`` returns
PUT        ``state``            does what ``state.load_state`` does with its body
POST       ``faults``           switches a fault on, and returns it with its id
GET        ``faults``           lists the faults that are on
DELETE     ``faults``           switches off all faults that came over HTTP
DELETE     ``faults/<id>``      switches off one
=========  ===================  ==================================================

Bodies are JSON; a fault has the parameters of :class:`moto_cognitosync.faults.Fault`.
What is bad is answered with status 400 and an ``error`` that tells what is wrong.
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
    """Answers the requests of one server; the faults it switches on are its own."""

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._ids = count(1)

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request, as WSGI has it."""
        request = Request(environ)
        if request.method == "OPTIONS":
            response = Response(status=200)
            response.headers["Access-Control-Allow-Methods"] = "DELETE,GET,POST,PUT"
            response.headers["Access-Control-Allow-Headers"] = "*"
        else:
            status, content = self._answer(request)
            response = Response(json.dumps(content, indent=2), status)
            response.content_type = "application/json"
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response(environ, start_response)

    def reset(self) -> None:
        """Switch off all faults that this API has switched on."""
        while self._faults:
            self._faults.popitem()[1].stop()

    def _answer(self, request: Request) -> tuple[int, Any]:
        try:
            endpoint, arguments = _ROUTES.bind_to_environ(request.environ).match()
            answer: Callable[..., tuple[int, Any]] = getattr(self, f"_{endpoint}")
            return answer(request, **arguments)
        except HTTPException as error:
            return error.code or 500, {"error": error.description}

    def _get_state(self, _: Request) -> tuple[int, Any]:
        return 200, state.dump_state()

    def _put_state(self, request: Request) -> tuple[int, Any]:
        data = _read_json(request)
        if not isinstance(data, dict):
            raise BadRequest("a state is a JSON object")
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
        id_ = next(self._ids)  # at once, as threads of the server may share this
        self._faults[id_] = fault
        fault.start()
        return 201, {"id": id_, **fault.describe()}

    def _get_faults(self, _: Request) -> tuple[int, Any]:
        faults = list(self._faults.items())
        return 200, {"faults": [{"id": id_, **each.describe()} for id_, each in faults]}

    def _delete_faults(self, _: Request) -> tuple[int, Any]:
        self.reset()
        return 200, {"status": "ok"}

    def _delete_fault(self, _: Request, id: int) -> tuple[int, Any]:  # noqa: A002
        fault = self._faults.pop(id, None)
        if fault is None:
            raise NotFound(f"there is no fault with the id {id}")
        fault.stop()
        return 200, {"status": "ok"}


def _read_json(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not valid JSON: {error}") from None
