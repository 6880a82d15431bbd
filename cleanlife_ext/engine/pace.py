"""Keep under a limit beforehand: those who want to send stand in line.

The server counts what arrives within some minute, whose beginning nobody knows. So a request counts from when it is
sent until a minute after its answer came: whenever it arrived in between, no minute sees more than the limit.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Protocol

import attrs

__all__ = ["WINDOW", "Line", "Pacing", "Place", "Shared"]

WINDOW = 60.0


class Shared(Protocol):
    """A queue that other processes share."""

    def take(self) -> float:
        """Take a turn (0.0), or say after how many seconds it makes sense to ask again."""
        ...

    def close(self) -> None: ...


@attrs.frozen
class Pacing:
    """At most *limit* requests in any minute, counted here, and where other processes count too if *shared*."""

    limit: int
    shared: Shared | None = None

    def __str__(self) -> str:
        return f"rate_limit of {self.limit} requests a minute"


@attrs.define(eq=False)
class Place:
    """A place in the line, kept until a minute after the answer came, at *answered*."""

    pacing: Pacing
    answered: float | None = None


class Line:
    """Who sent in the last minute, and behind them those who wait, in the order in which they came.

    Whoever has fewer places before them than their limit may send. It is not safe for threads by itself.
    """

    def __init__(self) -> None:
        self._places: deque[Place] = deque()

    def __len__(self) -> int:
        return len(self._places)

    def join(self, place: Place, now: float) -> None:
        while self._places and _is_over(self._places[0], now):
            self._places.popleft()
        self._places.append(place)

    def wait(self, place: Place, now: float) -> float:
        """Seconds until it may be the turn of *place*; 0 if it is."""
        limit = place.pacing.limit
        if len(self._places) > limit:
            self._forget(now)
        ahead = self._places.index(place) if len(self._places) > limit else 0
        if ahead < limit:
            return 0.0
        # One place ahead after the other becomes free, and is taken for a minute by somebody who waits further ahead.
        free = sorted(
            (now if first.answered is None else first.answered) + WINDOW for first in islice(self._places, limit)
        )
        minutes, nth = divmod(ahead - limit, limit)
        return free[nth] + minutes * WINDOW - now

    def leave(self, place: Place) -> None:
        """Give up a place without having sent anything; those behind move up."""
        if place in self._places:  # Ctrl-C may have come before it was taken.
            self._places.remove(place)

    def is_empty(self, now: float) -> bool:
        """Whether nobody is in it who counts."""
        self._forget(now)
        return not self._places

    def settle(self, now: float) -> None:
        """Take all who are under way as answered: in the child of a fork nobody else is."""
        for place in self._places:
            place.answered = now if place.answered is None else place.answered

    def _forget(self, now: float) -> None:
        for place in self._places:
            if place.answered is not None:
                place.answered = min(place.answered, now)  # A clock that jumped backwards delays nothing for good.
        self._places = deque(place for place in self._places if not _is_over(place, now))


def _is_over(place: Place, now: float) -> bool:
    return place.answered is not None and place.answered + WINDOW <= now
