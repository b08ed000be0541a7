"""Reads this package's settings in moto's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.core.config import default_user_config


def is_enabled(section: str, key: str) -> bool:
    """Return whether a setting is enabled.

    :param section: for example ``cognitosync``.
    :param key: for example ``strict_credentials``.
    """
    values: Mapping[str, Any] = default_user_config.get(section, {})  # type: ignore[assignment]
    return bool(values.get(key, False))
