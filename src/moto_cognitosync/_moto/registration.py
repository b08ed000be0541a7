"""Registers Cognito Sync and Cognito Identity with the installed moto.

moto has no plugin API. The canary tests check every moto name used here.
"""

from __future__ import annotations

import copy
import gc
import re
import sys
import warnings
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit

from moto_cognitosync.core.hosts import is_aws_host
from moto_cognitosync.core.locks import setup_lock

from .settings import check_active_config, is_server_mode, moto_config

if TYPE_CHECKING:
    from responses import BaseResponse

    from moto_cognitosync.core.dispatch import Dispatcher

SERVICE = "cognitosync"
IDENTITY_SERVICE = "cognitoidentity"
MIN_MOTO_VERSION = 5  # major version
MODULE = f"moto.{SERVICE}"  # where moto looks for the service


def register() -> None:
    """Make moto serve Cognito Sync for the rest of the process.

    Cognito Identity replaces moto's own, unless moto implements all of it.
    This applies to ``mock_aws``, ``ThreadedMotoServer``, moto's own server and its API
    under ``/moto-api/``. Further calls do nothing. The first one can be made before or
    inside a mock.

    If the installed moto supports Cognito Sync itself, nothing is changed and a
    ``UserWarning`` is issued. If the call fails, nothing is changed, and the next call
    tries again.

    :raises RuntimeError: if the installed moto is too old.
    """
    with setup_lock:
        if MODULE in sys.modules:
            return
        # Before find_spec(), which imports moto and thereby botocore.
        existing = _clients_and_sessions()
        if find_spec(MODULE) is not None:
            warnings.warn(
                "The installed moto supports Cognito Sync itself, so "
                "moto_cognitosync is not registered.",
                stacklevel=2,
            )
            return
        with ExitStack() as undo:
            patterns = _add_services(undo)
            _connect(existing, undo)
            _serve_active_mock(patterns)  # last: cannot be undone with moto 5.0.0
            undo.pop_all()  # keep the changes: nothing failed


def _check_moto() -> None:
    from moto import __version__ as installed

    if int(installed.partition(".")[0]) < MIN_MOTO_VERSION:
        raise RuntimeError(
            f"moto-cognitosync requires moto {MIN_MOTO_VERSION}.0 or newer, but moto "
            f"{installed} is installed. Upgrade it with: pip install --upgrade moto"
        )


def _add_services(undo: ExitStack) -> list[re.Pattern[str]]:
    """Add the services to moto, and return the patterns of their URLs."""
    _check_moto()
    from moto_cognitosync import cognitosync
    from moto_cognitosync.cognitoidentity.responses import (
        cognito_identity,
        moto_is_complete,
    )
    from moto_cognitosync.cognitosync.responses import cognito_sync
    from moto_cognitosync.cognitosync.urls import url_bases

    from .identities import accept_identities

    sys.modules[MODULE] = cognitosync
    undo.callback(sys.modules.pop, MODULE, None)
    dispatchers: dict[re.Pattern[str], Dispatcher] = {
        _add_pattern(SERVICE, url_bases[0], undo): cognito_sync
    }
    accept_identities(undo)
    if not moto_is_complete():
        dispatchers[_replace_cognito_identity(undo)] = cognito_identity
    _bypass_moto_dispatch(dispatchers, undo)
    return [*dispatchers]


def _add_pattern(service: str, url_base: str, undo: ExitStack) -> re.Pattern[str]:
    from moto import backend_index

    pattern = re.compile(url_base)
    patterns, entry = backend_index.backend_url_patterns, (service, pattern)
    patterns.insert(0, entry)
    undo.callback(patterns.remove, entry)
    return pattern


def _replace_cognito_identity(undo: ExitStack) -> re.Pattern[str]:
    """Make moto look for the URLs of Cognito Identity in this package.

    moto finds them through the class of the backend. Existing backends keep their data.

    :return: the pattern of the URLs.
    """
    from moto.cognitoidentity.models import cognitoidentity_backends

    from moto_cognitosync.cognitoidentity.models import CognitoIdentityBackend
    from moto_cognitosync.cognitoidentity.urls import url_bases

    accounts = [*cognitoidentity_backends.values()]
    for factory in (cognitoidentity_backends, *accounts):
        undo.enter_context(patch.object(factory, "backend", CognitoIdentityBackend))
    for backend in [each for account in accounts for each in account.values()]:
        undo.callback(setattr, backend, "__class__", type(backend))
        backend.__class__ = CognitoIdentityBackend
    _add_cloudformation_resources(undo)
    # moto's own pattern does not match FIPS and dual-stack host names.
    return _add_pattern(IDENTITY_SERVICE, url_bases[0], undo)


def _add_cloudformation_resources(undo: ExitStack) -> None:
    """Add the resource types of Cognito Identity to moto's CloudFormation.

    moto lists the subclasses of CloudFormationModel when the first stack is created.
    Only then, import the module that defines ours: CloudFormation takes seconds to
    import.
    """
    from moto.core.common_models import CloudFormationModel

    def subclasses(cls: type) -> list[type]:
        import_module("moto_cognitosync.cognitoidentity.cloudformation")
        return type.__subclasses__(cls)

    undo.callback(_clear_cloudformation_caches)
    undo.enter_context(
        patch.object(CloudFormationModel, "__subclasses__", classmethod(subclasses))
    )
    _clear_cloudformation_caches()


def _clear_cloudformation_caches() -> None:
    """Make moto list the resource types again, if it already has."""
    parsing = sys.modules.get("moto.cloudformation.parsing")
    if parsing is not None:
        for name in CLOUDFORMATION_CACHES:
            getattr(parsing, name).cache_clear()


CLOUDFORMATION_CACHES = ["get_model_list", "get_model_map", "get_name_type_map"]


def _bypass_moto_dispatch(
    dispatchers: Mapping[re.Pattern[str], Dispatcher], undo: ExitStack
) -> None:
    """Handle boto3's calls to these services without moto's dispatch.

    moto converts each request into a werkzeug request, which alone takes longer than
    the service. moto still dispatches all other requests.
    """
    from botocore.awsrequest import AWSPreparedRequest
    from moto.core.models import botocore_stubber
    from moto.moto_api import recorder

    config = moto_config()
    stubber: Any = botocore_stubber
    moto_process_request = stubber.process_request

    def process_request(request: Any) -> Any:
        request = _normalize_host(request)
        if isinstance(request, AWSPreparedRequest) and not _needs_moto_dispatch(
            config, recorder
        ):
            scheme, host, *_ = urlsplit(request.url)
            url = f"{scheme}://{host}"
            for pattern, dispatcher in dispatchers.items():
                if pattern.fullmatch(url) and not dispatcher.is_left_to_moto():
                    return dispatcher.handle(request, request.url, request.headers)
        return moto_process_request(request)

    # Patch moto's only instance, not its class.
    undo.enter_context(patch.object(stubber, "process_request", process_request))


def _normalize_host(request: Any) -> Any:
    """Convert the host of an AWS request to lower case, and remove its port.

    moto's URL patterns match neither capitals nor ports.
    """
    parts = urlsplit(request.url)
    host = parts.hostname or ""
    if parts.netloc == host or not is_aws_host(host):
        return request
    normalized = copy.copy(request)
    normalized.url = parts._replace(netloc=host).geturl()
    return normalized


def _needs_moto_dispatch(config: Mapping[str, Any], recorder: object) -> bool:
    """Return whether moto's passthrough, whitelist or recorder is in use."""
    check_active_config(config)
    core = config.get("core", {})
    return (
        any(core.get("passthrough", {}).values())
        or core.get("service_whitelist") is not None
        or getattr(recorder, "_user_enabled", True)
    )


def _serve_active_mock(patterns: Iterable[re.Pattern[str]]) -> None:
    """Serve plain ``requests`` calls in a mock that is already active."""
    from moto.core import models

    for added in [
        callback(method, pattern)
        for pattern in patterns
        for method in models.RESPONSES_METHODS
    ]:
        models.responses_mock.add(added)


def callback(method: str, pattern: re.Pattern[str]) -> BaseResponse:
    """Create the callback that sends plain ``requests`` calls to moto."""
    from moto.core import models
    from moto.core.custom_responses_mock import CallbackResponse

    stubber = models.botocore_stubber
    # Before moto 5.2.4, one method handles both botocore and requests.
    callback = getattr(stubber, "process_prepared_request", stubber.process_request)
    return CallbackResponse(method=method, url=pattern, callback=callback)


def _clients_and_sessions() -> list[Any]:
    """Return botocore's existing clients and sessions, which may bypass moto."""
    if "botocore.session" not in sys.modules:
        return []
    from botocore.client import BaseClient
    from botocore.session import Session

    classes = _subclasses(BaseClient) | _subclasses(Session)
    # Every object refers to its class. Scanning all objects would take longer.
    return [each for each in gc.get_referrers(*classes) if type(each) in classes]


def _subclasses(cls: type) -> set[type]:
    """Return a class and all its direct and indirect subclasses."""
    return {cls}.union(*map(_subclasses, cls.__subclasses__()))


def _connect(existing: list[Any], undo: ExitStack) -> None:
    """Make all clients, existing and future, pass their requests to moto."""
    import botocore.session
    from botocore import register_initializer, unregister_initializer
    from botocore.client import BaseClient
    from botocore.handlers import BUILTIN_HANDLERS
    from moto.core.models import botocore_stubber

    from .quick_session import make_get_session, speed_up_session
    from .session import connect_client, connect_session

    guards = [(event, _block_aws_in_server_mode) for event in _GUARDED_EVENTS]
    for guard in guards:
        BUILTIN_HANDLERS.append(guard)
        undo.callback(BUILTIN_HANDLERS.remove, guard)
    for one in existing:
        if isinstance(one, BaseClient):
            events: Any = one.meta.events
            if not is_aws_host(urlsplit(one.meta.endpoint_url).hostname or ""):
                connect_client(one)
        else:
            events = one
            connect_session(one)
        # If the handler were registered twice, each call would run twice.
        for handler in (("before-send", botocore_stubber), *guards):
            events.unregister(*handler)
            events.register(*handler)
    get_session = make_get_session(botocore.session.get_session)
    undo.enter_context(patch.object(botocore.session, "get_session", get_session))
    for initializer in (connect_session, speed_up_session):
        register_initializer(initializer)
        undo.callback(unregister_initializer, initializer)


# Only the services that every user of this package calls; moto owns the others.
_GUARDED_EVENTS = ("before-send.cognito-sync", "before-send.cognito-identity")


def _block_aws_in_server_mode(request: Any, **_: Any) -> None:
    """Prevent a client that was created before the mock from calling AWS.

    With TEST_SERVER_MODE, moto redirects clients when they are created, and intercepts
    no requests after that.
    """
    if not is_server_mode():
        return
    host = urlsplit(request.url).hostname or ""
    if is_aws_host(host):
        raise RuntimeError(
            f"This client was created before the mock was started, so with "
            f"TEST_SERVER_MODE it would call {host}. Create it with boto3.client() "
            "inside the mock, or pass endpoint_url."
        )
