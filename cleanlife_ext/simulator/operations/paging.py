"""Pages, as they are asked for and cut."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from cleanlife_ext.simulator.calls import Page

_T = TypeVar("_T")
USUAL_LIMIT = 20


def place(query: Mapping[str, Any]) -> tuple[int, int]:
    """The number of the page, from 1, and how many items it holds at most."""
    return query.get("page", 1), query.get("limit", USUAL_LIMIT)


def is_descending(query: Mapping[str, Any]) -> bool:
    """Whether the last come first, which is usual."""
    return bool(query.get("sortOrder", "DESC") == "DESC")


def cut(things: Iterable[_T], query: Mapping[str, Any], show: Callable[[_T], object]) -> Page:
    """The page of *things* that is asked for."""
    everything = list(things)
    page, limit = place(query)
    start = (page - 1) * limit
    return Page([show(thing) for thing in everything[start : start + limit]], page, limit, len(everything))
