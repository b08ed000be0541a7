"""Amazon Resource Names."""

from __future__ import annotations


def region_of(arn: str) -> str:
    """Return the region that an ARN names; empty, if the text is no ARN.

    What was loaded as an ARN may be any text, and a mistake in it is for those to find
    who look for what it names.
    """
    return f"{arn}:::".split(":")[3]
