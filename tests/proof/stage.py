"""Calls that run at the same time, and each time in the same order.

Each call has a thread, but only one of them runs. Wherever a call waits, for an answer or for time to pass, the stage
decides who goes on: by the order it was given among those who can, and if nobody can, time passes for all.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import attrs
from proof.office import Office

__all__ = ["PLACES", "Stage"]

PLACES = 3


@attrs.define(eq=False)
class _Act:
    """A call that is under way: when it wants to go on, and what lets it."""

    wakes: dt.datetime
    is_over: bool = False
    go: threading.Semaphore = attrs.Factory(lambda: threading.Semaphore(0))


class Stage:
    """Lets at most three calls act on an office at a time, each in a place with an event loop of its own."""

    def __init__(self) -> None:
        self.office = Office()
        self._threads = ThreadPoolExecutor(PLACES, "stage")
        self._loops = [asyncio.Runner() for _ in range(PLACES)]
        self._acting: _Act | None = None
        self._back = threading.Semaphore(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        for loop in self._loops:
            loop.close()

    def play(self, calls: Sequence[Callable[[], None]], order: Iterable[int]) -> None:
        """Run *calls* to their ends."""
        if len(calls) == 1:  # Nobody can come between.
            calls[0]()
            return
        acts = [_Act(self.office.moment) for _ in calls]
        threads = [self._threads.submit(self._act, act, call) for act, call in zip(acts, calls, strict=True)]
        self._direct(acts, iter(order))
        for thread in threads:
            thread.result()

    def pause(self, seconds: float = 0.0) -> None:
        """Let the others go on, and so much time pass."""
        wakes = self.office.moment + dt.timedelta(seconds=seconds)
        if (act := self._acting) is None:
            self.office.advance(wakes)
            return
        act.wakes = wakes
        self._back.release()
        act.go.acquire()

    def run(self, place: int, call: Coroutine[Any, Any, Any]) -> Any:
        """What *call* gives, on the event loop of this place."""
        return self._loops[place].run(call)

    def _direct(self, acts: Sequence[_Act], order: Iterator[int]) -> None:
        while under_way := [act for act in acts if not act.is_over]:
            able = [act for act in under_way if act.wakes <= self.office.moment]
            if not able:
                self.office.advance(min(act.wakes for act in under_way))
                continue
            self._acting = able[next(order, 0) % len(able)]
            self._acting.go.release()
            self._back.acquire()
        self._acting = None

    def _act(self, act: _Act, call: Callable[[], None]) -> None:
        act.go.acquire()
        try:
            call()
        finally:
            act.is_over = True
            self._back.release()
