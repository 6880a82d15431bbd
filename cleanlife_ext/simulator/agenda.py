"""What will happen, and when.

An entry is a plain value. When its time has come, whoever runs the agenda takes it out and lets it happen.
"""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    from cleanlife_ext.simulator.state import State


class Posting(Protocol):
    """A request that leaves the simulator, and what becomes of the state when it has come to an end."""


class Due(Protocol):
    """Something that happens by itself once its time has come."""

    def happen(self, state: State) -> Posting | None:
        """Change *state*; give back what has to be sent over the network, if anything has."""
        ...


@frozen(order=True)
class _Entry:
    at: dt.datetime
    number: int
    due: Due = field(order=False)


class Agenda:
    """Entries by their time; those of the same time in the order in which they were planned."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._entries: list[_Entry] = []
        self._numbers = count()

    def plan(self, at: dt.datetime, due: Due) -> None:
        """Let *due* happen at that moment, or as soon as somebody looks if it has passed."""
        heapq.heappush(self._entries, _Entry(at, next(self._numbers), due))
        self._changed()

    def next_at(self) -> dt.datetime | None:
        """When the next entry is due; None if nothing is planned."""
        return self._entries[0].at if self._entries else None

    def take(self, until: dt.datetime) -> Due | None:
        """The next entry that is due at *until* or before, taken out."""
        if not self._entries or self._entries[0].at > until:
            return None
        return heapq.heappop(self._entries).due
