"""The control API of the server: ``/moto-api/cognito-sync/``.

``GET openapi.json`` describes it. Bodies are JSON. Invalid input returns status 400,
with a description of the problem in ``error``.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest, HTTPException, NotFound
from werkzeug.routing import IntegerConverter, Map, Rule
from werkzeug.wrappers import Request, Response

from moto_cognitosync import __version__, state
from moto_cognitosync.cognitoidentity.models import get_backend
from moto_cognitosync.core.caller import Caller, default_account_id
from moto_cognitosync.core.exceptions import ResourceNotFoundException, ServiceError
from moto_cognitosync.core.identity_pools import find_account
from moto_cognitosync.core.sharing import state_lock
from moto_cognitosync.core.suggestions import did_you_mean
from moto_cognitosync.faults import (
    EVERY_OPERATION,
    Fault,
    documented_errors,
    from_parameters,
)
from moto_cognitosync.state.dates import format_date

from .access import ROOT
from .calls import CallRecorder
from .inspector import data
from .inspector.data import PoolName
from .inspector.events import EventStreams
from .inspector.page import serve_page
from .openapi import DOCUMENT
from .services import DISPATCHERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MAX_DIGITS = 18  # of a parameter

_logger = logging.getLogger(__name__)

_OPERATIONS: dict[str, Any] = {
    operation["operationId"]: operation
    for operations in DOCUMENT["paths"].values()
    for operation in operations.values()
}


def _make_rules() -> list[Rule]:
    rules = [
        Rule(ROOT, methods=["GET"], endpoint="get_page"),
        Rule(f"{ROOT}static/<path:name>", methods=["GET"], endpoint="get_page"),
    ]
    for path, operations in DOCUMENT["paths"].items():
        # {id} in OpenAPI is <int:id> in werkzeug; all of these are numbers.
        rule = ROOT.rstrip("/") + re.sub(r"{(\w+)}", r"<int:\1>", path)
        rules += [
            Rule(rule, methods=[method.upper()], endpoint=operation["operationId"])
            for method, operation in operations.items()
        ]
    return rules


class _NumberConverter(IntegerConverter):
    """Accepts only numbers that Python converts: others have thousands of digits."""

    regex = rf"\d{{1,{MAX_DIGITS}}}"


_ROUTES = Map(_make_rules(), converters={"int": _NumberConverter})


class ControlApi:
    """The control API of one server. It stops only the faults that it started."""

    def __init__(self, calls: CallRecorder) -> None:
        self._calls = calls
        self._streams = EventStreams(calls)
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
            response = self._dispatch(request)
        if origin := request.headers.get("Origin"):  # an allowed one
            response.headers["Access-Control-Allow-Origin"] = origin
            response.vary.add("Origin")
        return response(environ, start_response)

    def reset(self) -> None:
        """Stop all faults that were started through this API."""
        with state_lock:
            while self._faults:
                self._faults.popitem()[1].stop()

    def stop_streams(self) -> None:
        """End all streams of events."""
        self._streams.stop()

    def _dispatch(self, request: Request) -> Response:
        try:
            endpoint, arguments = _ROUTES.bind_to_environ(request.environ).match()
            handler: Callable[..., Any] = getattr(self, f"_{endpoint}")
            arguments = {**arguments, **_read_parameters(endpoint, request)}
            result = handler(request, **arguments)
        except HTTPException as error:
            return _respond({"error": error.description}, error.code or 500)
        except ResourceNotFoundException as error:
            return _respond({"error": error.message}, 404)
        except ServiceError as error:
            return _respond({"error": error.message}, 400)
        return result if isinstance(result, Response) else _respond(result)

    # --- State and faults ---

    def _get_state(self, _: Request) -> Any:
        return state.dump_state()

    def _put_state(self, request: Request) -> Any:
        data = _read_json(request)
        if not isinstance(data, dict):
            raise BadRequest("a state must be a JSON object")
        try:
            state.load_state(data)
        except state.StateError as error:
            raise BadRequest(str(error)) from None
        _logger.info("Loaded a state sent by %s", request.remote_addr)
        return {"status": "ok"}

    def _post_fault(self, request: Request) -> Response:
        try:
            fault = from_parameters(_read_json(request))
        except ValueError as error:
            raise BadRequest(str(error)) from None
        with state_lock:
            id_ = next(self._ids)
            self._faults[id_] = fault
            fault.start()
            return _respond({"id": id_, **fault.describe()}, 201)

    def _get_faults(self, _: Request) -> Any:
        with state_lock:
            faults = [
                {"id": id_, **each.describe()} for id_, each in self._faults.items()
            ]
        return {"faults": faults}

    def _delete_faults(self, _: Request) -> Any:
        self.reset()
        return {"status": "ok"}

    def _delete_fault(self, _: Request, id: int) -> Any:  # noqa: A002
        with state_lock:
            fault = self._faults.pop(id, None)
            if fault is None:
                raise NotFound(f"there is no fault with id {id}")
            fault.stop()
        return {"status": "ok"}

    def _get_operations(self, _: Request) -> Any:
        names = [
            name
            for dispatcher in DISPATCHERS.values()
            for name in sorted(dispatcher.service.operations)
        ]
        return {
            "operations": {
                name: documented_errors(name) for name in [EVERY_OPERATION, *names]
            }
        }

    # --- Calls ---

    def _get_calls(self, _: Request, since: int, limit: int, details: bool) -> Any:
        calls = self._calls.since(since, limit)
        return {
            **self._describe_calls(),
            "calls": [each.describe(details) for each in calls],
        }

    def _describe_calls(self) -> dict[str, Any]:
        return {"server": self._calls.id, "latest": self._calls.latest}

    def _delete_calls(self, _: Request) -> Any:
        self._calls.clear()
        return {"status": "ok"}

    def _get_call(self, _: Request, number: int) -> Any:
        call = self._calls.find(number)
        if call is None:
            raise NotFound(f"there is no recorded call with number {number}")
        return call.describe(details=True)

    def _get_events(self, request: Request, since: int | None) -> Response:
        # A browser that reconnects sends this header.
        last = request.headers.get("Last-Event-ID", "")
        if last.isdecimal() and len(last) <= MAX_DIGITS:
            since = int(last)
        if request.method == "HEAD":
            return Response(content_type="text/event-stream")
        return self._streams.open(request.environ["werkzeug.socket"], since)

    # --- Data ---

    def _get_overview(self, _: Request, filter: str) -> Any:  # noqa: A002 - as below
        return {
            "version": __version__,
            **self._describe_calls(),
            "pools": data.describe_pools(filter),
        }

    def _get_pool(self, _: Request, **pool: Any) -> Any:
        return data.describe_pool(_pool_name(**pool))

    def _get_identities(
        self,
        _: Request,
        filter: str,  # noqa: A002 - name of the parameter
        offset: int,
        limit: int,
        **pool: Any,
    ) -> Any:
        return data.describe_identities(_pool_name(**pool), filter, offset, limit)

    def _get_users(self, _: Request, identity_ids: str, account_id: str | None) -> Any:
        account_id = account_id or default_account_id()
        return {"users": data.find_users(account_id, identity_ids.split(","))}

    def _get_identity(self, _: Request, identity_id: str, **pool: Any) -> Any:
        return {
            **data.describe_identity(_pool_name(**pool), identity_id),
            "CredentialsExpiration": self._find_expiration(identity_id),
        }

    def _find_expiration(self, identity_id: str) -> str | None:
        """Return when the latest recorded credentials of an identity expire."""
        for call in reversed(self._calls.since(0)):
            if (
                call.operation == "GetCredentialsForIdentity"
                and call.names.get("identity_id") == identity_id
                and call.status == 200  # noqa: PLR2004
                and call.response is not None
            ):
                expiration = call.response.members()["Credentials"]["Expiration"]
                return format_date(int(expiration * 1000))
        return None

    def _get_dataset(
        self, _: Request, identity_id: str, dataset_name: str, **pool: Any
    ) -> Any:
        return data.describe_dataset(_pool_name(**pool), identity_id, dataset_name)

    # --- Actions ---

    def _post_merge(self, request: Request) -> Any:
        body = _read_json(request)
        if not isinstance(body, dict) or body.keys() != {"source", "into"}:
            raise BadRequest("expected an object with the members source and into")
        source, into = body["source"], body["into"]
        if not isinstance(source, str) or not isinstance(into, str):
            raise BadRequest("expected the ids of two identities")
        region = source.partition(":")[0]
        account_id = find_account(source, region, default_account_id())
        if account_id is None:
            raise NotFound(f"Identity '{source}' not found.")
        caller = Caller.from_request(request.host_url, {}, "")
        get_backend(account_id, region).merge_identities(
            caller._replace(account_id=account_id, region=region), source, into
        )
        return {"status": "ok"}

    def _delete_sync_sessions(
        self, _: Request, identity_pool_id: str | None, **place: Any
    ) -> Any:
        pool = None
        if identity_pool_id is not None:
            pool = _pool_name(identity_pool_id, **place)
        return {"status": "ok", "count": data.expire_sync_sessions(pool)}

    # --- The server ---

    def _get_health(self, _: Request) -> Any:
        return {"status": "ok", "version": __version__}

    def _get_openapi(self, _: Request) -> Any:
        return DOCUMENT

    def _get_page(self, _: Request, name: str = "") -> Response:
        return serve_page(name)


def _respond(content: Any, status: int = 200) -> Response:
    text = json.dumps(content, indent=2) + "\n"  # for terminals
    return Response(text, status, content_type="application/json")


def _pool_name(
    identity_pool_id: str, account_id: str | None, region: str | None
) -> PoolName:
    return PoolName(
        account_id or default_account_id(),
        region or identity_pool_id.partition(":")[0],
        identity_pool_id,
    )


# --- Input ------------------------------------------------------------------------


def _read_json(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"the body is not valid JSON: {error}") from None


def _read_parameters(endpoint: str, request: Request) -> dict[str, Any]:
    """Return the parameters in the query.

    :raises BadRequest: if one of them is unknown, missing or invalid.
    """
    documented = {
        each["name"]: each
        for each in _OPERATIONS.get(endpoint, {"parameters": ()})["parameters"]
        if each["in"] == "query"
    }
    for name in request.args:
        if name not in documented:
            raise BadRequest(
                f"unknown parameter {name!r}{did_you_mean(name, documented)}"
            )
    values = {}
    for name, parameter in documented.items():
        if name in request.args:
            values[name] = _convert(name, request.args[name], parameter["schema"])
        elif parameter["required"]:
            raise BadRequest(f"the parameter {name!r} is required")
        else:
            values[name] = parameter["schema"].get("default")
    return values


def _convert(name: str, text: str, schema: dict[str, Any]) -> Any:
    if schema["type"] == "string":
        return text
    if schema["type"] == "boolean":
        if text not in {"true", "false"}:
            raise BadRequest(f"expected {name} to be true or false, found {text!r}")
        return text == "true"
    least, most = schema["minimum"], schema.get("maximum", 10**MAX_DIGITS)
    is_number = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
    if not is_number or not least <= int(text) <= most:
        raise BadRequest(
            f"expected {name} to be a number from {least} to {most}, found {text!r}"
        )
    return int(text)
