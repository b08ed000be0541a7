"""Suggestions for misspelled names, for use in error messages."""

from __future__ import annotations

from collections.abc import Iterable

# From 0 to 1. High enough that 'cognitoidp' does not suggest 'cognitoidentity'.
MIN_SIMILARITY = 0.73


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to ``name``, or None."""
    from difflib import get_close_matches  # only errors need it

    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=MIN_SIMILARITY)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of an error message: a suggestion, or an empty string."""
    suggestion = closest(name, known)
    return f"; did you mean {suggestion!r}?" if suggestion else ""
