"""Questions to the API in flows that serve both clients: they are asked at once, or awaited."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import partial
from typing import Any, TypeAlias, TypeVar

from cleanlife_ext.engine.flow import Ask, Effect

__all__ = ["Steps", "ask", "items", "page"]

T = TypeVar("T")
Steps: TypeAlias = Generator[Effect, Any, T]


def ask(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Ask:
    """Call a client's *method*, which has a deadline of its own."""
    return Ask(partial(method, *args, **kwargs), math.inf)


def page(pages: Iterator[Any] | AsyncIterator[Any]) -> Ask:
    """Fetch the next of a list's pages, `None` at its end. Each has a deadline of its own."""
    if isinstance(pages, Iterator):
        return ask(next, pages, None)
    return ask(anext, pages, None)


def items(pages: Iterator[Any] | AsyncIterator[Any]) -> Steps[list[Any]]:
    """All that is on them."""
    found: list[Any] = []
    while (new := (yield page(pages))) is not None:
        found += new
    return found
