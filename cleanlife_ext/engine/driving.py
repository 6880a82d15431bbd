"""A generator says what is to be done, and a driver has it done: one a world, for calls and for webhooks alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeVar

__all__ = ["adrive", "drive"]

E = TypeVar("E")
T = TypeVar("T")


def drive(steps: Generator[E, Any, T], perform: Callable[[E], Any], known: type[Exception] = Exception) -> T:
    """What *steps* give in the end, each having been performed in this thread. What is *known* of errors is theirs."""
    try:
        step = next(steps)
        while True:
            try:
                result = perform(step)
            except known as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        ended: T = done.value
        return ended
    finally:
        steps.close()  # What was cancelled or broke elsewhere still runs the steps' own `finally`.


async def adrive(
    steps: Generator[E, Any, T], perform: Callable[[E], Awaitable[Any]], known: type[Exception] = Exception
) -> T:
    """The same, in this task."""
    try:
        step = next(steps)
        while True:
            try:
                result = await perform(step)
            except known as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        ended: T = done.value
        return ended
    finally:
        steps.close()
