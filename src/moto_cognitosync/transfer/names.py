"""Names of merged datasets."""

from __future__ import annotations

import re

from moto_cognitosync.cognitosync.store.datasets import IDENTITY_ID

MERGED = re.compile(rf"(.+)\.{IDENTITY_ID.pattern}", re.ASCII)


def merged_root(name: str) -> str | None:
    """Return the root of a merged dataset's name, ``<root>.<identity id>``."""
    found = MERGED.fullmatch(name)
    return found and found[1]
