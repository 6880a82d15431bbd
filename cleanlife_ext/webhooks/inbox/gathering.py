"""Many commits as one: whoever comes while others write is written with all who came meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from cleanlife_ext.webhooks.inbox.forks import renewed_by_forks

__all__ = ["Gathering"]

QUICK = 1.0  # Seconds
T = TypeVar("T")
R = TypeVar("R")


class _Waiting(Generic[T, R]):
    """Somebody who waits for their item to be written, or for their turn to write for all who wait."""

    result: R

    def __init__(self, item: T) -> None:
        self.item = item
        self.called = threading.Semaphore(0)
        self.is_next = self.is_over = False
        self.error: Exception | None = RuntimeError("whoever was to write it was interrupted")


class Gathering(Generic[T, R]):
    """Calls *write* with the items of all threads that wait, one call at a time.

    There is no thread of its own: the first who comes writes for those that came meanwhile, and hands over to the next.
    What fails together is tried one by one, so that one which cannot be written takes nobody with it; unless that took
    long, since what hangs would hang again for each.
    """

    def __init__(self, write: Callable[[Sequence[T]], Sequence[R]], now: Callable[[], float] = time.monotonic) -> None:
        self._write, self._now = write, now
        renewed_by_forks(self)

    def renew(self) -> None:
        """Begin, with nobody who waits or writes."""
        self._guard = threading.Lock()  # Of the two below, and never held while anything is written.
        self._waiting: list[_Waiting[T, R]] = []
        self._is_writing = False

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def __call__(self, item: T) -> R:
        """What *write* gives for *item*. It raises what that raises."""
        mine = _Waiting[T, R](item)
        with self._guard:
            self._waiting.append(mine)
            mine.is_next, self._is_writing = not self._is_writing, True
        try:
            if not mine.is_next:
                mine.called.acquire()
            if not mine.is_over:
                self._write_for_all()
        except BaseException:  # Ctrl-C, for one.
            self._leave(mine)
            raise
        if mine.error is not None:
            raise mine.error
        return mine.result

    def _write_for_all(self) -> None:
        group: list[_Waiting[T, R]] = []
        try:
            with self._guard:
                group, self._waiting = self._waiting, []
            began = self._now()
            self._try(group)
            if len(group) > 1 and group[0].error is not None and self._now() - began < QUICK:
                for each in group:
                    self._try([each])
        finally:
            self._hand_over(group)

    def _hand_over(self, group: list[_Waiting[T, R]]) -> None:
        with self._guard:
            successor = self._waiting[0] if self._waiting else None
            self._is_writing = successor is not None
            if successor is not None:
                successor.is_next = True
        for each in group:
            each.is_over = True
            each.called.release()
        if successor is not None:
            successor.called.release()

    def _leave(self, mine: _Waiting[T, R]) -> None:
        """Wait no more; whoever was to write next lets the one behind do so."""
        with self._guard:
            self._waiting = [each for each in self._waiting if each is not mine]
            was_next = mine.is_next and not mine.is_over
        if was_next:
            self._hand_over([])

    def _try(self, group: list[_Waiting[T, R]]) -> None:
        try:
            results = self._write([each.item for each in group])
        except Exception as error:  # noqa: BLE001  # It is raised where it belongs.
            for each in group:
                each.error = error
        else:
            for each, result in zip(group, results, strict=True):
                each.result, each.error = result, None
