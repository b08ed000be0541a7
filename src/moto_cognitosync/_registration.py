"""Teaches the installed moto to serve Cognito Sync.

moto has no plugin API, so this is the one module that reaches into moto's own
machinery. ``tests/test_canaries.py`` watches over each name it uses.
"""

from __future__ import annotations

import gc
import re
import sys
import warnings
from functools import partial
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from moto.core.models import MockAWS
    from responses import BaseResponse
    from responses.registries import FirstMatchRegistry

SERVICE = "cognitosync"
OLDEST_MOTO = 5
MODULE = f"moto.{SERVICE}"  # where moto looks for the service

# Where moto looks, in a WSGI environ, for the names of headers with underscores.
PRESERVED_HEADER_NAMES = "moto.preserved_header_names"
# What is left to moto's answer that it has no such service.
_ANY_SERVICE = re.compile(r"https?://.+\.amazonaws.com/.*")

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

    from . import cognitosync
    from .cognitosync.authorization import CognitoIdentityWithKeys
    from .cognitosync.urls import url_bases

    pattern = re.compile(url_bases[0])
    sys.modules[MODULE] = cognitosync
    cognitoidentity_backends.backend = CognitoIdentityWithKeys
    backend_index.backend_url_patterns.insert(0, (SERVICE, pattern))
    _take_short_way(pattern)
    _serve_active_mock(pattern)


def _take_short_way(pattern: re.Pattern[str]) -> None:
    """Answer boto3's calls of this service without what moto does before.

    For each of them, moto makes one more request, of werkzeug's kind: that alone takes
    longer than the service. All else, and whatever it cannot tell, is left to moto.
    """
    from botocore.awsrequest import AWSPreparedRequest
    from moto.core.models import botocore_stubber

    from .cognitosync.urls import handle

    stubber: Any = botocore_stubber
    ask_moto = stubber.process_request

    def process_request(request: Any) -> Any:
        if isinstance(request, AWSPreparedRequest) and not _moto_has_a_say():
            scheme, host, *_ = urlsplit(request.url)
            if pattern.fullmatch(f"{scheme}://{host}"):
                return handle(request, request.url, request.headers)
        return ask_moto(request)

    # Of the one object that moto has; its class stays as it is.
    stubber.process_request = process_request


def _moto_has_a_say() -> bool:
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
        models.responses_mock.add(_callback(method, pattern))


def _callback(method: str, pattern: re.Pattern[str]) -> BaseResponse:
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

    kinds = _family(BaseClient) | _family(Session)
    # Each object refers to its class. To ask all objects for theirs takes longer.
    return [each for each in gc.get_referrers(*kinds) if type(each) in kinds]


def _family(kind: type) -> set[type]:
    """Return a class and all that are derived from it."""
    return {kind}.union(*map(_family, kind.__subclasses__()))


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
    from moto import settings
    from moto.core.models import ServerModeMockAWS

    if not (settings.TEST_SERVER_MODE and ServerModeMockAWS._nested_count > 0):
        return
    host = urlsplit(request.url).hostname or ""
    if host.endswith((".amazonaws.com", ".api.aws")):
        raise RuntimeError(
            f"This client was made before the mock was started, so with "
            f"TEST_SERVER_MODE it would call {host}. Make it inside of the mock, "
            "with boto3.client(), or give it endpoint_url."
        )


def make_moto_mock() -> MockAWS:
    """Make moto's own mock, in the form that moto's settings ask for.

    It starts in a fraction of the time that ``mock_aws`` takes, which makes more than
    a thousand objects for plain ``requests`` calls. Here, the first such call does.
    """
    from moto import mock_aws
    from moto.core.models import MockAWS, responses_mock

    register()
    mock = mock_aws()
    # Server mode and proxy mode have classes, and ways, of their own. This one is
    # changed, and not derived from: a subclass would count its mocks for itself.
    if type(mock) is MockAWS and all(hasattr(responses_mock, name) for name in _USED):
        mock._enable_patching = partial(_enable_patching, mock)  # type: ignore[method-assign]
        mock.reset = _reset  # type: ignore[method-assign]
    return mock


# Without these names in the mock of responses, a start takes as long as with mock_aws.
_USED = ["_patcher", "_registry", "_set_registry", "target"]


def _enable_patching(mock: MockAWS, reset: bool = True) -> None:
    """Do what moto's method of this name does, but for the callbacks."""
    from moto.core.models import botocore_stubber, responses_mock

    if not reset:
        # What an earlier mock has left is to stay, and the callbacks go on top of it.
        type(mock)._enable_patching(mock, reset=False)
        return
    botocore_stubber.enabled = True
    mock.reset()
    registry = _RegistryOnDemand(responses_mock.get_registry())
    responses_mock._registry = cast("FirstMatchRegistry", registry)
    _intercept_requests()


def _reset() -> None:
    """Do what moto's method of this name does, but not compare versions each time."""
    from moto.core.base_backend import BackendDict
    from moto.core.models import responses_mock
    from moto.core.responses_custom_registry import CustomRegistry

    BackendDict.reset()
    responses_mock.reset()
    responses_mock._set_registry(CustomRegistry)
    responses_mock.add_passthru("http")


def _intercept_requests() -> None:
    """Start the mock of responses, which by itself tries to import its target first."""
    from moto.core.models import responses_mock
    from requests.adapters import HTTPAdapter

    if (responses_mock._patcher, responses_mock.target) == (None, _TARGET):
        send = responses_mock.unbound_on_send()
        responses_mock._patcher = patch.object(HTTPAdapter, "send", send)
        responses_mock._patcher.start()
    else:
        responses_mock.start()


_TARGET = "requests.adapters.HTTPAdapter.send"


class _RegistryOnDemand:
    """Stands in for moto's registry of callbacks, and fills it when it is needed."""

    def __init__(self, registry: FirstMatchRegistry) -> None:
        self._registry = registry
        self._is_filled = False
        self._lock = RLock()

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if not self._is_filled:
                _fill(self._registry)
                self._is_filled = True
        return getattr(self._registry, name)


def _fill(registry: FirstMatchRegistry) -> None:
    """Add the callbacks that moto adds when a mock starts, in the same order."""
    from moto.backend_index import backend_url_patterns
    from moto.core import models
    from moto.core.custom_responses_mock import (
        CallbackResponse,
        not_implemented_callback,
    )

    for method in models.RESPONSES_METHODS:
        for _, pattern in backend_url_patterns:
            registry.add(_callback(method, pattern))
        registry.add(
            CallbackResponse(
                method=method, url=_ANY_SERVICE, callback=not_implemented_callback
            )
        )


def count_active_mocks(mock: MockAWS) -> int:
    """Count the mocks of moto that are active in the form of this one."""
    return type(mock)._nested_count


def clear_failed_reset() -> None:
    """Let moto reset a server again, after one did not answer to a reset."""
    from moto.core.models import ServerModeMockAWS

    ServerModeMockAWS._RESET_IN_PROGRESS = False


def check_state_is_here() -> None:
    """Make sure that what is stored is stored in this process.

    :raises RuntimeError: with TEST_SERVER_MODE, it is stored by a server.
    """
    from moto import settings

    register()
    if settings.TEST_SERVER_MODE and count_active_mocks(make_moto_mock()) > 0:
        raise RuntimeError(
            "With TEST_SERVER_MODE, the server has what is stored, not this process. "
            "Use its /moto-api/cognito-sync/state and /moto-api/cognito-sync/faults."
        )


def moto_config() -> dict[str, Any]:
    """Return the configuration of moto, which holds for the whole process."""
    from moto.core.config import default_user_config

    return cast("dict[str, Any]", default_user_config)


def make_moto_application() -> WSGIApplication:
    """Make the WSGI application of moto's own server.

    :raises ImportError: the packages it needs are not installed.
    """
    register()
    with warnings.catch_warnings():
        # moto warns before it raises, and tells to install another package.
        warnings.simplefilter("ignore")
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            create_backend_app,
        )
    return DomainDispatcherApplication(create_backend_app)


def keeps_underscores(header: bytes) -> bool:
    """Tell whether a header's name may have underscores, which WSGI has as dashes."""
    return header.lower().startswith(b"x-amz-meta-")


def reset_state() -> None:
    """Forget the state of all services, as ``/moto-api/reset`` does."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()


def tell_credentials_apart() -> None:
    """Be strict about credentials for as long as the process lives."""
    moto_config()["cognitosync"] = {"strict_credentials": True}
