"""moto's configuration and modes. Imports nothing else from this package."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from moto.core.models import MockAWS


class _Mocking:
    """Whether a mock of this package intercepts requests in this process."""

    is_active = False


mocking = _Mocking()


def moto_config() -> dict[str, Any]:
    """Return moto's configuration, which applies to the whole process."""
    from moto.core.config import default_user_config

    return cast("dict[str, Any]", default_user_config)


def replace_config(*configs: Mapping[str, Any]) -> None:
    """Replace moto's configuration. Later arguments take precedence."""
    config = moto_config()
    config.clear()
    for each in configs:
        config.update(each)


@contextmanager
def override_config(config: Mapping[str, Any]) -> Generator[None, None, None]:
    """Override moto's configuration inside a ``with`` block."""
    before = dict(moto_config())
    replace_config(before, config)
    try:
        yield
    finally:
        replace_config(before)


def enable_strict_credentials() -> None:
    """Enable strict credentials for the rest of the process."""
    moto_config()["cognitosync"] = {"strict_credentials": True}


def count_active_mocks(mock: MockAWS) -> int:
    """Return how many of moto's mocks of this class are active."""
    return type(mock)._nested_count


def is_server_mode() -> bool:
    """Return whether a mock is active that redirects clients to a server."""
    from moto import settings
    from moto.core.models import ServerModeMockAWS

    return settings.TEST_SERVER_MODE and ServerModeMockAWS._nested_count > 0


def require_local_state() -> None:
    """Check that data is stored in this process.

    :raises RuntimeError: with TEST_SERVER_MODE, a server stores the data.
    """
    if is_server_mode():
        raise RuntimeError(
            "With TEST_SERVER_MODE, the server stores the data, not this process. Use "
            "its /moto-api/cognito-sync/state and /moto-api/cognito-sync/faults."
        )


def intercepts_requests(mock: MockAWS) -> bool:
    """Return whether a mock handles requests in this process.

    With TEST_SERVER_MODE or TEST_PROXY_MODE, moto sends them to another server.
    """
    from moto.core.models import MockAWS

    return type(mock) is MockAWS


def keep_state(mock: MockAWS) -> None:
    """Make one of moto's mocks start without discarding state."""
    from moto.core.custom_responses_mock import reset_responses_mock
    from moto.core.models import responses_mock

    # Without the callbacks of earlier mocks, which would accumulate.
    mock.reset = partial(reset_responses_mock, responses_mock)  # type: ignore[method-assign]


def clear_failed_reset() -> None:
    """Allow moto to reset a server again after a reset failed."""
    from moto.core.models import ServerModeMockAWS

    ServerModeMockAWS._RESET_IN_PROGRESS = False


def reset_state() -> None:
    """Reset all services, as ``POST /moto-api/reset`` does."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
