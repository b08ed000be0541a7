"""The calls that the server received.

Recording a call only keeps references to its bytes. Everything else is read from them
when the call is shown.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote
from uuid import uuid4

from moto_cognitosync.core.caller import Caller
from moto_cognitosync.core.exceptions import UnknownOperationException
from moto_cognitosync.core.identity_pools import find_account
from moto_cognitosync.core.wire.http import DROPPED, HttpRequest, HttpResponse, raw_path
from moto_cognitosync.faults import SCOPE_FIELDS
from moto_cognitosync.state.dates import format_date

from .access import ROOT
from .limits import Limits
from .masking import mask_body, mask_header, mask_query
from .services import DISPATCHERS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# WSGI variable: the headers of the request as bytes, by their names.
RAW_HEADERS = "moto_cognitosync.headers"

MOTO_API_SERVICE = "moto-api"  # stands for requests to /moto-api/
MIN_ERROR = 400  # the lowest HTTP status of errors
MAX_QUOTED = 300  # characters of a name or message in the log

# Parameters in a path, by the segment that precedes them.
_LABELS = {
    "identitypools": "identity_pool_id",
    "identities": "identity_id",
    "identity": "identity_id",
    "datasets": "dataset_name",
    "subscriptions": "device_id",
}
_MEMBERS = {"identity_pool_id": "IdentityPoolId", "identity_id": "IdentityId"}
# The headers that determine the caller, by their names in a recorded request. A stream
# of calls decodes only these.
_CALLER_HEADERS = {
    name.title().encode(): name
    for name in (
        "Authorization",
        "Host",
        "User-Agent",
        "X-Amz-Security-Token",
        "x-moto-account-id",
    )
}
_CONFLICT = re.compile(
    r"Current SyncCount for: (?P<key>.*) is: (?P<current>\d+) not: (?P<sent>\d+)",
    re.DOTALL,
)

_logger = logging.getLogger("moto_cognitosync.server.requests")


RawHeaders = Mapping[bytes, bytes] | Mapping[str, str]


class Message(NamedTuple):
    """A recorded request or response.

    :param headers: in Latin-1, or as strings.
    :param body: the body, or its beginning.
    :param size: size of the whole body, in bytes.
    """

    headers: RawHeaders
    body: bytes
    size: int

    @property
    def decoded_headers(self) -> dict[str, str]:
        """The headers as strings."""
        return {_text(name): _text(value) for name, value in self.headers.items()}

    def members(self) -> dict[str, Any]:
        """Return the body as an object; empty if it is not a JSON object."""
        with suppress(ValueError, RecursionError):
            content = json.loads(self.body)
            if isinstance(content, dict):
                return content
        return {}

    def describe(self) -> dict[str, Any]:
        """Return the message as JSON, without secrets."""
        return {
            "headers": [
                [name, mask_header(name, value)]
                for name, value in self.decoded_headers.items()
            ],
            "body": mask_body(self.body.decode(errors="replace")),
            "size": self.size,
            "is_cut": len(self.body) < self.size,
        }


class Call(NamedTuple):
    """A recorded call.

    :param number: counts from 1.
    :param time: when the response was ready, in epoch seconds.
    :param seconds: duration until then.
    :param size: size of the headers and bodies that are kept, in bytes.
    :param service: the signing name; empty if unknown.
    :param path: as sent, not percent-decoded.
    :param query: as sent, not percent-decoded, without the ``?``.
    :param status: HTTP status; None if the connection was dropped.
    :param request: None if another package implements the service.
    :param response: None if another package implements the service.
    """

    number: int
    time: float
    seconds: float
    size: int
    service: str
    method: str
    path: str
    query: str
    status: int | None
    request: Message | None = None
    response: Message | None = None

    def describe(self, details: bool = False) -> dict[str, Any]:
        """Return the call as JSON, without secrets.

        :param details: whether to include headers and bodies.
        """
        operation, names = self.operation, self.names
        error, message = self._error
        described = {
            "number": self.number,
            "time": format_date(int(self.time * 1000)),
            "service": self.service,
            "operation": operation,
            "method": self.method,
            "path": self._masked_path,
            **self._describe_caller(names),
            **{name: names.get(name) for name in SCOPE_FIELDS},
            "device_id": self._find_device(operation, names),
            "status": self.status,
            "error": error,
            "message": message,
            "milliseconds": round(self.seconds * 1000, 3),
            "conflict": _conflict(error, message),
        }
        if details:
            described["request"] = self.request and self.request.describe()
            described["response"] = self.response and self.response.describe()
        return described

    def __str__(self) -> str:
        """Return the call as a line of the log."""
        line = f"{self._subject} {self.status or 'dropped'}"
        error, message = self._error
        if error is not None:
            line += f" {error}"
        if message is not None:
            line += f' "{_escape(message)}"'
        return f"{line} {self.seconds * 1000:.1f} ms"

    @property
    def _subject(self) -> str:
        """What is called: the operation with its dataset, or the method and path."""
        operation, names = self.operation, self.names
        if operation is None:
            return f"{self.method} {_quote(self._masked_path)}"
        id_ = names.get("identity_id") or names.get("identity_pool_id")
        words = [operation, names.get("dataset_name"), id_ and _shorten_id(id_)]
        return " ".join(_quote(each) for each in words if each)

    @property
    def operation(self) -> str | None:
        """Name of the operation; None if another package implements the service."""
        if self.request is None:
            return None
        headers: Mapping[Any, Any] = self.request.headers
        target: str = headers.get(b"X-Amz-Target", b"").decode("latin-1")
        return _operation_name(self.service, self.method, self.path, target)

    @property
    def names(self) -> Mapping[str, str]:
        """The ids and names in the request, by their names in Python."""
        if self.request is None or self.response is None:
            return {}
        if self.service == "cognito-sync":
            return _names_in_path(self.path)
        # The response contains the id of a new identity.
        members = {**self.response.members(), **self.request.members()}
        return {
            name: members[member]
            for name, member in _MEMBERS.items()
            if isinstance(members.get(member), str)
        }

    def _find_device(
        self, operation: str | None, names: Mapping[str, str]
    ) -> str | None:
        """Return the id of the device: in the path, or in the body of UpdateRecords."""
        if self.request is None or operation != "UpdateRecords":
            return names.get("device_id")
        device_id = self.request.members().get("DeviceId")
        return device_id if isinstance(device_id, str) else None

    @property
    def _masked_path(self) -> str:
        return f"{self.path}?{mask_query(self.query)}" if self.query else self.path

    @property
    def _error(self) -> tuple[str | None, str | None]:
        """The code and the message of the error; None if there is no error."""
        if self.response is None or self.status is None or self.status < MIN_ERROR:
            return None, None
        code = self.response.decoded_headers.get("x-amzn-ErrorType", "")
        content = self.response.members()
        message: str | None = content.get("message", content.get("Message"))
        return code.partition(":")[0], message

    def _describe_caller(self, names: Mapping[str, str]) -> dict[str, Any]:
        if self.request is None:
            return dict.fromkeys(("account_id", "region", "caller", "access_key"))
        sent: Mapping[Any, Any] = self.request.headers
        headers = {
            name: _text(sent[raw_name])
            for raw_name, name in _CALLER_HEADERS.items()
            if raw_name in sent
        }
        url = f"http://{headers.get('Host', '')}"
        caller = Caller.from_request(url, headers, self.query)
        account_id, region = caller.account_id, caller.region
        if self.service == "cognito-identity" and not caller.access_key:
            id_ = names.get("identity_pool_id") or names.get("identity_id", "")
            region = id_.partition(":")[0] or region
            account_id = find_account(id_, region, account_id) or account_id
        kind = "identity" if caller.is_identity else "developer"
        return {
            "account_id": account_id,
            "region": region,
            "caller": kind if caller.access_key else "unsigned",
            "access_key": caller.access_key or None,
        }


# Cached, because clients use the same few datasets again and again.


@lru_cache(maxsize=256)
def _operation_name(service: str, method: str, path: str, target: str) -> str | None:
    headers = {"X-Amz-Target": target}
    request = HttpRequest(method, path, query="", headers=headers, body=None)
    try:
        return DISPATCHERS[service].service.route(request)[0].name
    except UnknownOperationException:
        return None


@lru_cache(maxsize=256)
def _names_in_path(path: str) -> Mapping[str, str]:
    segments = [unquote(each) for each in path.strip("/").split("/")]
    return {
        _LABELS[label]: name
        for label, name in zip(segments[::2], segments[1::2], strict=False)
        if label in _LABELS
    }


def _conflict(error: str | None, message: str | None) -> dict[str, Any] | None:
    """Return the sync counts of a conflict from the message of its error."""
    found = _CONFLICT.fullmatch(message or "")
    if error != "ResourceConflictException" or found is None:
        return None
    return {
        "key": found["key"],
        "sent": int(found["sent"]),
        "current": int(found["current"]),
    }


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _shorten_id(text: str) -> str:
    region, colon, name = text.partition(":")
    return f"{region}:…{name[-3:]}" if colon else text


def _quote(text: str) -> str:
    """Return a word as it is, and any other text in quotes."""
    escaped = _escape(text)
    return escaped if escaped == text and " " not in text else f'"{escaped}"'


def _escape(text: str) -> str:
    """Return a text in one line without control characters, shortened if necessary."""
    if len(text) > MAX_QUOTED:
        text = f"{text[:MAX_QUOTED]}…"
    return text if text.isprintable() else json.dumps(text)[1:-1]


# Plain tuples, because the constructors of named tuples take ten times as long.
_RawMessage = tuple[RawHeaders, bytes, int]
_Members = tuple[str, str, str, str, int | None]  # of a call, from service to status
_RawCall = tuple[int, float, float, int, _Members, tuple[_RawMessage, ...]]


class CallRecorder:
    """Records the latest calls, and logs each call.

    :param limits: how much to record.
    :ivar id: identifies the recorder, so that clients notice when the numbers begin at
        1 again.
    :ivar latest: number of the latest call; 0 before the first.
    """

    # Bound at import, so that freezegun does not patch it: durations need real time.
    clock = staticmethod(time.perf_counter)

    def __init__(self, limits: Limits | None = None) -> None:
        self.id = uuid4().hex
        self.latest = 0
        self._limits = limits or Limits()
        self._calls: deque[_RawCall] = deque()
        self._size = 0
        self._lock = Lock()

    def record(
        self,
        start: float,
        service: str,
        headers: Mapping[bytes, bytes],
        request: HttpRequest,
        response: HttpResponse,
    ) -> None:
        """Record and log a call to a service of this package.

        :param start: when the request was received, according to :attr:`clock`.
        :param headers: the raw headers of the request.
        """
        limit = self._limits.body
        sent, received = request.body or b"", response.body
        kept, also_kept = sent[:limit], received[:limit]
        status = None if response is DROPPED else response.status
        self._add(
            start,
            len(kept) + len(also_kept) + sum(map(len, headers.values())),
            (service, request.method, request.path, request.query, status),
            (headers, kept, len(sent)),
            (response.headers, also_kept, len(received)),
        )

    def record_status(
        self, start: float, service: str, environ: WSGIEnvironment, status: int
    ) -> None:
        """Record and log a call to anything else.

        Requests for ``/moto-api/`` are recorded only if they may change state. Requests
        about recorded calls are not recorded.

        :param start: when the request was received, according to :attr:`clock`.
        """
        method, path = environ["REQUEST_METHOD"], raw_path(environ)
        members = service, method, path, environ["QUERY_STRING"], status
        only_reads = method in {"GET", "HEAD", "OPTIONS"} or path == f"{ROOT}calls"
        if service == MOTO_API_SERVICE and only_reads:
            seconds = self.clock() - start
            log_call(Call(0, time.time(), seconds, 0, *members), logging.DEBUG)
        else:
            self._add(start, 0, members)

    def _add(
        self,
        start: float,
        size: int,
        members: _Members,
        *messages: _RawMessage,
    ) -> None:
        """Record and log a call.

        :param size: size of the headers and bodies, in bytes.
        """
        seconds = self.clock() - start
        size += len(members[2]) + len(members[3])
        with self._lock:
            self.latest = number = self.latest + 1
            call = (number, time.time(), seconds, size, members, messages)
            self._calls.append(call)
            self._size += size
            max_calls, max_size, _ = self._limits
            while len(self._calls) > max_calls or self._size > max_size:
                self._size -= self._calls.popleft()[3]
        if _logger.isEnabledFor(logging.INFO):
            log_call(_make_call(*call))

    def since(self, number: int, limit: int | None = None) -> list[Call]:
        """Return the recorded calls after a number, oldest first.

        :param limit: maximum number of calls.
        """
        with self._lock:
            discarded = self.latest - len(self._calls)
            start = max(0, number - discarded)
            stop = None if limit is None else start + limit
            found = list(self._calls)[start:stop]
        return [_make_call(*each) for each in found]

    def find(self, number: int) -> Call | None:
        """Return a call by its number; None if it is not recorded."""
        found = self.since(number - 1, 1)
        return found[0] if found and found[0].number == number else None

    def clear(self) -> None:
        """Discard all calls. The numbers continue."""
        with self._lock:
            self._calls.clear()
            self._size = 0


def _make_call(
    number: int,
    time: float,
    seconds: float,
    size: int,
    members: _Members,
    messages: tuple[_RawMessage, ...],
) -> Call:
    """Return a call from its parts."""
    parts = [Message(*each) for each in messages]
    return Call(number, time, seconds, size, *members, *parts)


def log_call(call: Call, level: int = logging.INFO) -> None:
    """Log a call. The line is made when it is written, if it is written at all."""
    if _logger.isEnabledFor(level):
        # Not through info(), which searches the stack for the caller.
        _logger.handle(
            _logger.makeRecord(_logger.name, level, __file__, 0, call, (), None)
        )
