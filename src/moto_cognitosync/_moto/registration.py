"""Makes the installed moto serve Cognito Sync.

moto has no plugin API. The canary tests check each of moto's names that is used here.
"""

from __future__ import annotations

import gc
import re
import sys
import warnings
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .settings import is_server_mode, moto_config

if TYPE_CHECKING:
    from responses import BaseResponse

SERVICE = "cognitosync"
OLDEST_MOTO = 5
MODULE = f"moto.{SERVICE}"  # where moto looks for the service

_lock = RLock()


def register() -> None:
    """Make every form of moto serve Cognito Sync from now on.

    That is: ``mock_aws``, ``ThreadedMotoServer``, moto's own server and its API under
    ``/moto-api/``. May be called any number of times, before or inside of a mock.

    Should moto one day come with a service of this name itself, nothing is changed
    and a ``UserWarning`` says so.

    :raises RuntimeError: moto is too old.
    """
    with _lock:
        if MODULE in sys.modules:
            return
        # Before the first look at moto, which brings botocore along.
        earlier = _clients_and_sessions()
        if find_spec(MODULE) is not None:
            warnings.warn(
                "The installed moto serves Cognito Sync itself: "
                "moto_cognitosync leaves it alone.",
                stacklevel=2,
            )
            return
        _add_service()
        _connect(earlier)


def _check_moto() -> None:
    from moto import __version__ as installed

    if int(installed.partition(".")[0]) < OLDEST_MOTO:
        raise RuntimeError(
            f"moto-cognitosync needs moto {OLDEST_MOTO}.0 or newer, and moto "
            f"{installed} is installed. Upgrade it: pip install --upgrade moto"
        )


def _add_service() -> None:
    _check_moto()
    from moto import backend_index
    from moto.cognitoidentity.models import cognitoidentity_backends

    from moto_cognitosync import cognitosync
    from moto_cognitosync.cognitosync.authorization import CognitoIdentityWithKeys
    from moto_cognitosync.cognitosync.urls import url_bases

    pattern = re.compile(url_bases[0])
    sys.modules[MODULE] = cognitosync
    cognitoidentity_backends.backend = CognitoIdentityWithKeys
    backend_index.backend_url_patterns.insert(0, (SERVICE, pattern))
    _bypass_moto_dispatch(pattern)
    _serve_active_mock(pattern)


def _bypass_moto_dispatch(pattern: re.Pattern[str]) -> None:
    """Answer boto3's calls of this service without what moto does before.

    For each of them, moto makes one more request, of werkzeug's kind: that alone takes
    longer than the service. All else, and whatever it cannot tell, is left to moto.
    """
    from botocore.awsrequest import AWSPreparedRequest
    from moto.core.models import botocore_stubber

    from moto_cognitosync.cognitosync.urls import handle

    stubber: Any = botocore_stubber
    ask_moto = stubber.process_request

    def process_request(request: Any) -> Any:
        if isinstance(request, AWSPreparedRequest) and not _needs_moto_dispatch():
            scheme, host, *_ = urlsplit(request.url)
            if pattern.fullmatch(f"{scheme}://{host}"):
                return handle(request, request.url, request.headers)
        return ask_moto(request)

    # Of the one object that moto has; its class stays as it is.
    stubber.process_request = process_request


def _needs_moto_dispatch() -> bool:
    """Tell whether moto may have to let a request through, refuse or record it."""
    from moto.moto_api import recorder

    core = moto_config().get("core", {})
    return (
        any(core.get("passthrough", {}).values())
        or core.get("service_whitelist") is not None
        or getattr(recorder, "_user_enabled", True)
    )


def _serve_active_mock(pattern: re.Pattern[str]) -> None:
    """Catch plain ``requests`` calls in a mock that was started before."""
    from moto.core import models

    for method in models.RESPONSES_METHODS:
        models.responses_mock.add(callback(method, pattern))


def callback(method: str, pattern: re.Pattern[str]) -> BaseResponse:
    """Make what lets moto answer plain ``requests`` calls to a service."""
    from moto.core import models
    from moto.core.custom_responses_mock import CallbackResponse

    stubber = models.botocore_stubber
    # Before 5.2.4, one method of the stubber serves botocore and requests alike.
    callback = getattr(stubber, "process_prepared_request", stubber.process_request)
    return CallbackResponse(method=method, url=pattern, callback=callback)


def _clients_and_sessions() -> list[Any]:
    """Find what botocore has made so far, and what may not know moto therefore."""
    if "botocore.session" not in sys.modules:
        return []
    from botocore.client import BaseClient
    from botocore.session import Session

    kinds = _subclasses(BaseClient) | _subclasses(Session)
    # Each object refers to its class. To ask all objects for theirs takes longer.
    return [each for each in gc.get_referrers(*kinds) if type(each) in kinds]


def _subclasses(kind: type) -> set[type]:
    """Return a class and all that are derived from it."""
    return {kind}.union(*map(_subclasses, kind.__subclasses__()))


def _connect(earlier: list[Any]) -> None:
    """Let every client, made earlier or from now on, ask moto before it sends."""
    from botocore.client import BaseClient
    from botocore.handlers import BUILTIN_HANDLERS
    from moto.core.models import botocore_stubber

    refusals = [(event, _refuse_aws_in_server_mode) for event in _GUARDED_EVENTS]
    BUILTIN_HANDLERS.extend(refusals)
    for one in earlier:
        events: Any = one.meta.events if isinstance(one, BaseClient) else one
        # Where it is there already, once is enough: each call is carried out by each.
        events.unregister("before-send", botocore_stubber)
        events.register("before-send", botocore_stubber)
        for refusal in refusals:
            events.register(*refusal)


# Of the two services that everyone needs who is here; others are moto's affair.
_GUARDED_EVENTS = ("before-send.cognito-sync", "before-send.cognito-identity")


def _refuse_aws_in_server_mode(request: Any, **_: Any) -> None:
    """Keep a client that was made before the mock from calling AWS.

    With TEST_SERVER_MODE, moto redirects clients at the moment they are made, and
    catches nothing later on.
    """
    if not is_server_mode():
        return
    host = urlsplit(request.url).hostname or ""
    if host.endswith((".amazonaws.com", ".api.aws")):
        raise RuntimeError(
            f"This client was made before the mock was started, so with "
            f"TEST_SERVER_MODE it would call {host}. Make it inside of the mock, "
            "with boto3.client(), or give it endpoint_url."
        )
