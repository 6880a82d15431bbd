"""What all resources share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from cleanlife_client.models import SortOrder

from cleanlife_ext.pages import filters
from cleanlife_ext.values import choice_of

__all__ = ["documented_as", "sorting"]

Resource = TypeVar("Resource", bound=type)


def sorting(sort_by: str | None, sort_order: SortOrder | str | None) -> dict[str, Any]:
    """The filters of a list that can be sorted."""
    order = None if sort_order is None else choice_of(SortOrder, sort_order, "sort_order")
    return filters(sort_by=sort_by, sort_order=order)


def documented_as(twin: type) -> Callable[[Resource], Resource]:
    """Give the methods of a class the documentation of those of *twin*: one text, read in both worlds."""

    def document(resource: Resource) -> Resource:
        for name, method in vars(resource).items():
            if callable(method) and not name.startswith("_"):
                method.__doc__ = getattr(twin, name).__doc__
        return resource

    return document
