"""Keep answers for as long as the spec allows. Of many who miss at once, one asks and the others wait for it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from urllib.parse import urlencode

import attrs
import cachetools

from cleanlife_ext.engine.flow import Flight, Flow, Join, Send
from cleanlife_ext.engine.lock import LOCK
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.errors import CleanLifeError

__all__ = ["Shelf", "cache"]

MOST_KEPT = 1024


@attrs.frozen(eq=False)
class Shelf:
    """What is kept of one operation, and what is under way for it.

    Answers are kept as bytes, so every caller gets models of its own. Flights are kept apart by event loop
    (and from plain threads): who waits for a flight must live where it lands.
    """

    kept: cachetools.TTLCache[Hashable, Response]
    flights: dict[Hashable, Flight] = attrs.Factory(dict)
    lock: AbstractContextManager[bool] = LOCK  # Guards single dict operations; it never spans a yield.

    @classmethod
    def make(cls, ttl: float, now: Callable[[], float]) -> Shelf:
        return cls(cachetools.TTLCache(MOST_KEPT, ttl, now))

    def land(self, key: Hashable, place: Hashable, mine: Flight, response: Response | None) -> None:
        """End *mine*, and keep what it brought, unless all was forgotten meanwhile."""
        with self.lock:
            if self.flights.get(place) is mine:
                del self.flights[place]
                if response is not None:
                    self.kept[key] = response

    def clear(self) -> None:
        """Forget all answers. A flight under way lands as before, but what it brings is not kept."""
        with self.lock:
            self.kept.clear()
            self.flights.clear()


def cache(shelf: Shelf, here: Callable[[], Hashable], request: Request, send: Send) -> Flow:
    """Answer from *shelf* if it can. *here* tells one event loop from another."""
    key = (request.path, urlencode(request.query))
    place = (key, here(), request.options)  # Who has more time does not wait for one who has less.
    while True:
        with shelf.lock:
            if (kept := shelf.kept.get(key)) is not None:
                return kept
            if (flight := shelf.flights.get(place)) is None:
                mine: Flight = Future()
                shelf.flights[place] = mine
                break
        landed: Response | None
        try:
            landed = yield Join(flight, request.scope.ends)
        except CleanLifeError as error:
            raise copy.copy(error) from None  # The others raise the same one; each gets its own.
        if landed is not None:
            return landed
    return (yield from _fly(shelf, key, place, mine, request, send))


def _fly(shelf: Shelf, key: Hashable, place: Hashable, mine: Flight, request: Request, send: Send) -> Flow:
    try:
        response = yield from send(request)
    except CleanLifeError as error:
        error.attempts = tuple(request.scope.attempts)  # Followers have none of their own to show.
        shelf.land(key, place, mine, None)
        if error.out_of_time:
            mine.set_result(None)  # This caller's time was up; the others may have more.
        else:
            mine.set_exception(copy.copy(error))
        raise
    except BaseException:  # The leader was cancelled: a follower takes over.
        shelf.land(key, place, mine, None)
        mine.set_result(None)
        raise
    shelf.land(key, place, mine, response)
    mine.set_result(response)
    return response


def shelves(
    operations: Mapping[str, Operation], cache_ttl: float | None, now: Callable[[], float]
) -> Mapping[str, Shelf]:
    """A shelf for each operation whose answers may be kept. *cache_ttl*, in seconds, overrules the spec; 0 is none."""
    if cache_ttl == 0:
        return {}
    return {
        id: Shelf.make(operation.cache.ttl if cache_ttl is None else cache_ttl, now)
        for id, operation in operations.items()
        if operation.cache is not None
    }
