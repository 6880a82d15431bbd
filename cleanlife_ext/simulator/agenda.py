"""What will happen, and when.

What happens changes a state; which one that is, an entry and whoever plans it know alone.
An entry is a plain value. When its time has come, whoever runs the agenda takes it out and lets it happen.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Hashable
from itertools import count
from typing import Any, Protocol

from cleanlife_ext.simulator.webhooks.values import Outcome, WebhookRequest

_MOST_STALE = 1000


class Sending(Protocol):
    """A request that has to leave now."""

    @property
    def request(self) -> WebhookRequest:
        """What to send."""
        ...

    def end(self, state: Any, outcome: Outcome, /) -> None:
        """Change *state*, now that the request has come to its end."""
        ...


class Posting(Protocol):
    """A request that leaves the simulator as soon as those before it on the same lane have come to an end."""

    @property
    def lane(self) -> str:
        """Requests of one lane go one after the other."""
        ...

    def start(self, state: Any, /) -> Sending | None:
        """What to send, by the *state* of this moment; None if nothing is sent after all."""
        ...


class Due(Hashable, Protocol):
    """Something that happens by itself once its time has come; equal ones are the same thing."""

    def happen(self, state: Any, /) -> Posting | None:
        """Change *state*; give back what has to be sent over the network, if anything has."""
        ...


class Agenda:
    """Entries by their time; those of the same time in the order in which they were planned.

    *changed* is called whenever something that was planned just now is next.
    """

    def __init__(self) -> None:
        self.changed: Callable[[], None] = lambda: None
        self._numbers = count()
        # What is planned anew or given up leaves a stale entry in the heap, whose number is no longer the thing's.
        self._current: dict[Due, int] = {}
        self._heap: list[tuple[dt.datetime, int, Due]] = []

    def __contains__(self, due: Due) -> bool:
        """Whether it is planned."""
        return due in self._current

    def plan(self, at: dt.datetime, due: Due) -> None:
        """Let *due* happen at that moment, and not when it was planned for before."""
        number = next(self._numbers)
        is_known = due in self._current
        self._current[due] = number
        heapq.heappush(self._heap, (at, number, due))
        if is_known:
            self._tidy()
        if self._heap[0][1] == number:
            self.changed()

    def forget(self, due: Due) -> None:
        """Let *due* not happen."""
        self._current.pop(due, None)
        self._tidy()

    def next_at(self) -> dt.datetime | None:
        """When the next entry is due; None if nothing is planned."""
        return self._heap[0][0] if self._heap else None

    def take(self, until: dt.datetime) -> Due | None:
        """The next entry that is due at *until* or before, taken out."""
        if not self._heap or self._heap[0][0] > until:
            return None
        due = heapq.heappop(self._heap)[2]
        del self._current[due]
        self._tidy()
        return due

    def _tidy(self) -> None:
        """Keep a good entry in front, and not too many bad ones behind it."""
        while self._heap and not self._is_current(self._heap[0]):
            heapq.heappop(self._heap)
        if len(self._heap) > 2 * len(self._current) + _MOST_STALE:
            self._heap = [entry for entry in self._heap if self._is_current(entry)]
            heapq.heapify(self._heap)

    def _is_current(self, entry: tuple[dt.datetime, int, Due]) -> bool:
        return self._current.get(entry[2]) == entry[1]
