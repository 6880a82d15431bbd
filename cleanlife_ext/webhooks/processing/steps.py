"""Questions to the API, in flows that serve both clients: whoever can be awaited is, and the other one may block."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, TypeAlias, TypeVar

from cleanlife_ext.engine.flow import Ask, Blocking

__all__ = ["Steps", "ask", "items", "page"]

T = TypeVar("T")
Steps: TypeAlias = Generator[Blocking | Ask, Any, T]


def ask(method: Callable[..., Any], *args: Any) -> Blocking | Ask:
    """Call a client's *method*; it has a deadline of its own."""
    question = partial(method, *args)
    return Ask(question, math.inf) if iscoroutinefunction(method) else Blocking(question)


def page(pages: Iterator[Any] | AsyncIterator[Any]) -> Blocking | Ask:
    """Fetch the next page of a list, `None` at its end; each has a deadline of its own."""
    if isinstance(pages, Iterator):
        return Blocking(partial(next, pages, None))
    return Ask(partial(anext, pages, None), math.inf)


def items(pages: Iterator[Any] | AsyncIterator[Any]) -> Steps[list[Any]]:
    """All that is on them."""
    found: list[Any] = []
    while (new := (yield page(pages))) is not None:
        found += new
    return found
