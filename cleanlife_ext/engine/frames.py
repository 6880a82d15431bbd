"""Tracebacks keep their lines and lose the variables of our frames.

Many tools print or upload the variables of every frame of a traceback, and in ours stand names, phone numbers and what
the API answered. So whatever leaves a public method has them cleared: in our frames, in those of the generated client,
and in those of the HTTP libraries beneath. The frames of your own code, callbacks included, are left as they are.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar, cast

__all__ = ["clear_too", "discreet"]

P = ParamSpec("P")
R = TypeVar("R")

CLEARED = {"aiohttp", "anyio", "cleanlife_ext", "h11", "httpcore", "httpx", "jwt", "psycopg", "sqlalchemy", "stamina"}


def clear_too(package: str) -> None:
    """Treat the frames of *package* like ours: a generated client, which handles what is personal."""
    CLEARED.add(package)


def discreet(function: Callable[P, R]) -> Callable[P, R]:
    """Let no exception that leaves *function* carry the variables of the frames it came through."""
    if iscoroutinefunction(function):
        return cast("Callable[P, R]", _adiscreet(function))

    @wraps(function)
    def discreetly(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _forget(error)
            raise

    return discreetly


def _adiscreet(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def discreetly(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            _forget(error)
            raise

    return discreetly


def _forget(error: BaseException) -> None:
    for each in _chain(error):
        for frame, _ in traceback.walk_tb(each.__traceback__):
            if frame.f_globals.get("__name__", "").partition(".")[0] in CLEARED:
                with suppress(RuntimeError):  # It is still running: the one that called us, for one.
                    frame.clear()


def _chain(error: BaseException) -> Iterator[BaseException]:
    """*error*, and what it came of."""
    seen = set[int]()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [cause for cause in (each.__cause__, each.__context__) if cause is not None]
