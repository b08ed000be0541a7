"""A moto plugin that mocks Amazon Cognito Sync and Amazon Cognito Identity.

Importing this package imports neither moto nor boto3: each public name is loaded
on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._mock import MockCognitoSync, mock_cognitosync
    from ._moto.registration import register
    from .cognitosync import cognitosync_backends
    from .cognitosync.integrations.triggers import sync_trigger
    from .cognitosync.models import merge_identities

__all__ = [
    "MockCognitoSync",
    "cognitosync_backends",
    "merge_identities",
    "mock_cognitosync",
    "register",
    "sync_trigger",
]
__version__ = "0.1.0"

_MODULES = {
    "MockCognitoSync": "._mock",
    "cognitosync_backends": ".cognitosync",
    "merge_identities": ".cognitosync.models",
    "mock_cognitosync": "._mock",
    "register": "._moto.registration",
    "sync_trigger": ".cognitosync.integrations.triggers",
}

# Does not include the fixture "cognitosync": a subpackage has the same name.
_FIXTURES = {
    "cognito_identity",
    "cognitosync_calls",
    "cognitosync_dataset",
    "cognitosync_faults",
    "cognitosync_identity",
    "cognitosync_server",
}


def __getattr__(name: str) -> Any:
    if name in _FIXTURES:
        # "from ... import" would hide the message of an AttributeError.
        raise ImportError(
            f"{name!r} is a pytest fixture: add it to the parameters of a test instead "
            f"of importing it from {__name__!r}. Outside pytest, use mock_cognitosync."
        )
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
