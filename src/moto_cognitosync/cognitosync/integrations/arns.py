"""Amazon Resource Names."""

from __future__ import annotations


def region_of(arn: str) -> str:
    """Return the region in an ARN, or an empty string if the text is not an ARN.

    ARNs that were loaded from a state file are not validated. A malformed one raises an
    error only when its resource is looked up.
    """
    return f"{arn}:::".split(":")[3]
