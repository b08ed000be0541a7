"""Names of merged datasets."""

from __future__ import annotations

import re

MERGED = re.compile(r"(.+)\.[\w-]+:[0-9a-f-]+", re.ASCII)


def merged_root(name: str) -> str | None:
    """Return the root of a merged dataset's name, ``<root>.<identity id>``."""
    found = MERGED.fullmatch(name)
    return found and found[1]
