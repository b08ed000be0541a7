"""Starts moto's mock faster. It is purely an optimization: everything works without it.

When moto's mock starts, it creates more than a thousand callbacks for plain
``requests`` calls. This module creates them on the first such call.
"""

from __future__ import annotations

import re
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from moto_cognitosync.core.locks import hold_during_forks

from .registration import callback

if TYPE_CHECKING:
    from moto.core.models import MockAWS
    from responses.registries import FirstMatchRegistry

# Matches the URLs of all other services, which moto reports as not implemented.
_ANY_SERVICE = re.compile(r"https?://.+\.amazonaws.com/.*")


def speed_up(mock: MockAWS) -> None:
    """Make one of moto's mocks start faster, if it has the expected internals."""
    from moto.core.models import MockAWS, responses_mock

    # Server mode and proxy mode use other classes and methods. Patch the instance,
    # because a subclass would count its active mocks separately.
    if type(mock) is MockAWS and all(
        hasattr(responses_mock, name) for name in _RESPONSES_INTERNALS
    ):
        mock._enable_patching = partial(_enable_patching, mock)  # type: ignore[method-assign]
        mock.reset = _reset  # type: ignore[method-assign]


# If responses lacks one of these names, a mock starts as slowly as mock_aws.
_RESPONSES_INTERNALS = ["_patcher", "_registry", "_set_registry", "target"]


def _enable_patching(mock: MockAWS, reset: bool = True) -> None:
    """Do the same as moto's method of this name, but without creating callbacks."""
    from moto.core.models import botocore_stubber, responses_mock

    if not reset:
        # Keep the callbacks of an earlier mock, and add to them.
        type(mock)._enable_patching(mock, reset=False)
        return
    botocore_stubber.enabled = True
    mock.reset()
    registry = _LazyRegistry(responses_mock.get_registry())
    responses_mock._registry = cast("FirstMatchRegistry", registry)
    _intercept_requests()


def _reset() -> None:
    """Do the same as moto's method of this name, but without comparing versions."""
    from moto.core.base_backend import BackendDict
    from moto.core.models import responses_mock
    from moto.core.responses_custom_registry import CustomRegistry

    BackendDict.reset()
    responses_mock.reset()
    responses_mock._set_registry(CustomRegistry)
    responses_mock.add_passthru("http")


def _intercept_requests() -> None:
    """Start the mock of responses, but skip its attempt to import the target."""
    from moto.core.models import responses_mock
    from requests.adapters import HTTPAdapter

    if (responses_mock._patcher, responses_mock.target) == (None, _TARGET):
        send = responses_mock.unbound_on_send()
        responses_mock._patcher = patch.object(HTTPAdapter, "send", send)
        responses_mock._patcher.start()
    else:
        responses_mock.start()


_TARGET = "requests.adapters.HTTPAdapter.send"


_fill_lock = hold_during_forks(RLock())


class _LazyRegistry:
    """Wraps moto's registry of callbacks and fills it on first use."""

    def __init__(self, registry: FirstMatchRegistry) -> None:
        self._registry = registry
        self._is_filled = False

    def __getattr__(self, name: str) -> Any:
        with _fill_lock:
            if not self._is_filled:
                _add_all_callbacks(self._registry)
                self._is_filled = True
        return getattr(self._registry, name)


def _add_all_callbacks(registry: FirstMatchRegistry) -> None:
    """Add the callbacks that moto adds when a mock starts, in the same order."""
    from moto.backend_index import backend_url_patterns
    from moto.core import models
    from moto.core.custom_responses_mock import (
        CallbackResponse,
        not_implemented_callback,
    )

    for method in models.RESPONSES_METHODS:
        for _, pattern in backend_url_patterns:
            registry.add(callback(method, pattern))
        registry.add(
            CallbackResponse(
                method=method, url=_ANY_SERVICE, callback=not_implemented_callback
            )
        )
