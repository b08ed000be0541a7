"""Access keys of Cognito identities, and whether the mock checks them."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from moto.core.config import default_user_config

# moto returns the same access key for every identity.
SHARED_ACCESS_KEY = "TESTACCESSKEY12345"
# Prefix of access keys that belong to one identity.
_PREFIX = "ASIASYNC"
_KEY_LENGTH = 20


def is_strict() -> bool:
    """Return whether the mock configuration enables strict credentials."""
    ours: Mapping[str, Any] = default_user_config.get("cognitosync", {})  # type: ignore[assignment]
    return bool(ours.get("strict_credentials", False))


def belongs_to_identity(access_key: str) -> bool:
    """Return whether an access key belongs to an identity, not to a developer."""
    return access_key == SHARED_ACCESS_KEY or access_key.startswith(_PREFIX)


def access_key_of(identity_id: str) -> str:
    """Return the access key of an identity in strict mode.

    The key is derived from the id, so nothing has to be stored.
    """
    digest = b32encode(sha256(identity_id.encode()).digest()).decode()
    return _PREFIX + digest[: _KEY_LENGTH - len(_PREFIX)]
