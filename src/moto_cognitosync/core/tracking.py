"""The lists of instances that moto's dashboard shows."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar

from moto.core.common_models import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def untracked(kind: type[Model], *arguments: Any, **keywords: Any) -> Model:
    """Create an instance that moto's dashboard does not show until it is stored."""
    instance = object.__new__(kind)
    kind.__init__(instance, *arguments, **keywords)
    return instance


def untrack(instances: Iterable[BaseModel]) -> None:
    """Remove instances from the list that moto keeps for its dashboard."""
    for each in instances:
        with suppress(ValueError):  # moto was reset
            tracked(type(each)).remove(each)


def tracked(kind: type[BaseModel]) -> list[BaseModel]:
    """Return the list of the instances of a class that the dashboard shows."""
    # Before moto 5.1, the list had another name.
    name = "instances_tracked" if hasattr(kind, "instances_tracked") else "instances"
    tracked: list[BaseModel] = getattr(kind, name)
    return tracked
