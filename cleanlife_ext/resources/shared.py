"""What all resources share."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import isfunction
from typing import Any, TypeVar

from cleanlife_client.models import SortOrder

from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.pages import filters
from cleanlife_ext.values import choice_of

__all__ = ["discreetly", "documented_as", "sorting"]

Resource = TypeVar("Resource", bound=type)


def discreetly(resource: Resource) -> Resource:
    """Let no exception carry what was passed to the methods of *resource*."""
    for name, method in [*vars(resource).items()]:
        if isfunction(method) and not name.startswith("_"):
            setattr(resource, name, discreet(method))
    return resource


def sorting(sort_by: str | None, sort_order: SortOrder | str | None) -> dict[str, Any]:
    """The filters of a list that can be sorted."""
    order = None if sort_order is None else choice_of(SortOrder, sort_order, "sort_order")
    return filters(sort_by=sort_by, sort_order=order)


def awaited(text: str) -> str:
    """*text* with its examples as one writes them with an asynchronous client."""
    parts = re.split(r"(```python\n.*?```)", text, flags=re.DOTALL)  # Prose and examples in turn.
    return "".join(_awaited(part) if at % 2 else part for at, part in enumerate(parts))


def _awaited(example: str) -> str:
    example = re.sub(r"^(\s*)for ", r"\1async for ", example, flags=re.MULTILINE)
    return re.sub(r"(^\s*|= )(client|job)\.", r"\1await \2.", example, flags=re.MULTILINE)


def documented_as(twin: type) -> Callable[[Resource], Resource]:
    """Give the methods of a class the documentation of those of *twin*: one text, read in both worlds."""

    def document(resource: Resource) -> Resource:
        for name, method in vars(resource).items():
            if callable(method) and not name.startswith("_"):
                method.__doc__ = awaited(getattr(twin, name).__doc__)
        return resource

    return document
