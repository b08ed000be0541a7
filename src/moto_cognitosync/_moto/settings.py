"""moto's configuration and modes."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast, get_type_hints

from moto_cognitosync.core.suggestions import closest

if TYPE_CHECKING:
    from moto.core.models import MockAWS


# Our sections of moto's configuration and their keys, which are all booleans.
SECTIONS = {"cognitosync": ("strict_credentials",), "cognitoidentity": ("use_moto",)}


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
    check_config({**before, **config})
    replace_config(before, config)
    try:
        yield
    finally:
        replace_config(before)


def enable(section: str, key: str) -> None:
    """Enable one of our settings for the rest of the process."""
    moto_config()[section] = {key: True}


def check_config(config: Mapping[str, Any]) -> None:
    """Reject settings that conflict, and names that are misspelled or misplaced.

    Other unknown names may belong to another version of moto, which ignores them.

    :raises ValueError: if settings conflict, or if there is such a name; the message
        suggests the right name and place.
    """
    known = _known_keys()
    for section, values in config.items():
        if section not in known:
            sections = {name: f"{{{name!r}: {{...}}}}" for name in known}
            _reject_near_miss(section, sections, *map(_places, known))
        if not isinstance(values, Mapping):
            raise ValueError(  # noqa: TRY004 - as for all other mistakes
                f"expected a dictionary in config[{section!r}], found {values!r}"
            )
        for key in values.keys() - known.get(section, ()):
            _reject_near_miss(key, _places(section), *map(_places, SECTIONS))
    for section, keys in SECTIONS.items():
        _check_section(section, config.get(section, {}), keys)
    is_strict = config.get("cognitosync", {}).get("strict_credentials")
    if is_strict and config.get("cognitoidentity", {}).get("use_moto"):
        raise ValueError(
            conflict(
                "config['cognitosync']['strict_credentials']",
                "config['cognitoidentity']['use_moto']",
            )
        )


def conflict(strict_credentials: str, use_moto: str) -> str:
    """Return the error message for two settings that exclude each other.

    :param strict_credentials: how the user enabled the first setting.
    :param use_moto: how the user enabled the second setting.
    """
    return (
        f"{strict_credentials} and {use_moto} cannot be used together: moto gives all "
        "identities the same access key, so strict credentials would reject each of "
        "them. Disable one of the two."
    )


def _check_section(
    section: str, values: Mapping[str, Any], known: Collection[str]
) -> None:
    for key, value in values.items():
        if key not in known:
            raise ValueError(
                f"unknown key {key!r} in config[{section!r}]; use {', '.join(known)}"
            )
        if type(value) is not bool:
            raise ValueError(
                f"config[{section!r}][{key!r}] must be True or False, found {value!r}"
            )


def check_active_config(config: Mapping[str, Any]) -> None:
    """Check moto's active configuration, which ``mock_aws`` does not check.

    Takes almost no time if there are only moto's own sections.

    :raises ValueError: if :func:`check_config` rejects the configuration.
    """
    if not config.keys() <= _moto_sections():
        check_config(config)


def _reject_near_miss(name: object, *places: dict[str, str]) -> None:
    candidates = {key: place for each in places for key, place in each.items()}
    suggestion = closest(str(name), candidates)
    if suggestion is not None:
        raise ValueError(
            f"unknown name {name!r} in the configuration of the mock; did you mean "
            f"{candidates[suggestion]}?"
        )


def _places(section: str) -> dict[str, str]:
    """Return how to write each key of a section in the configuration."""
    keys = _known_keys().get(section, ())
    return {key: f"{{{section!r}: {{{key!r}: ...}}}}" for key in keys}


@cache
def _known_keys() -> dict[str, tuple[str, ...]]:
    """Return the keys of each section of the configuration, moto's and ours."""
    from moto.core.config import DefaultConfig

    sections = {
        name: tuple(getattr(section, "__annotations__", ()))
        for name, section in get_type_hints(DefaultConfig).items()
    }
    return {**sections, **SECTIONS}


@cache
def _moto_sections() -> frozenset[str]:
    return frozenset(_known_keys()) - SECTIONS.keys()


def count_active_mocks(mock: MockAWS) -> int:
    """Return how many of moto's mocks of this class are active."""
    return type(mock)._nested_count


def is_server_mode() -> bool:
    """Return whether an active mock redirects clients to a server."""
    models = sys.modules.get("moto.core.models")
    return (
        models is not None
        and models.settings.TEST_SERVER_MODE
        and models.ServerModeMockAWS._nested_count > 0
    )


def require_local_state() -> None:
    """Check that data is stored in this process.

    :raises RuntimeError: if TEST_SERVER_MODE is set, because a server stores
        the data in that case.
    """
    if is_server_mode():
        raise RuntimeError(
            "With TEST_SERVER_MODE, the server stores the data, not this process. Use "
            "its /moto-api/cognito-sync/state and /moto-api/cognito-sync/faults."
        )


# Servers in this process that keep the state while no mock is active.
state_holders: list[object] = []

_SERVER_OF_MOTO = "moto.moto_server.threaded_moto_server"


def warn_outside_mock(function: str) -> None:
    """Warn that state has been or will be discarded, if no mock or server is active.

    :param function: the public function's name. The warning points to that function's
        caller.
    """
    from moto.core.models import MockAWS

    # If this module was imported, moto's own server may be running.
    if MockAWS._nested_count or state_holders or _SERVER_OF_MOTO in sys.modules:
        return
    warnings.warn(
        f"{function}() was called while no mock or server was active in this process. "
        "The state is discarded whenever a mock starts or stops: call "
        f"{function}() inside the mock.",
        stacklevel=4,
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

    # Remove the callbacks of earlier mocks, which would accumulate.
    mock.reset = partial(reset_responses_mock, responses_mock)  # type: ignore[method-assign]


def clear_failed_reset() -> None:
    """Allow moto to reset a server again after a reset failed."""
    from moto.core.models import ServerModeMockAWS

    ServerModeMockAWS._RESET_IN_PROGRESS = False


def reset_state() -> None:
    """Reset all services, as ``POST /moto-api/reset`` does."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
