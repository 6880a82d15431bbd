"""Keep answers for as long as the spec allows. Of many who miss at once, one asks and the others wait for it.

An answer that is too old to be given is kept on for a while (`stale` in the spec), and given where no new one can be
had. While there is such an answer, a new one is asked for once and without waits: a catalogue that is an hour old is
better than one that comes in three minutes. After a failure nobody asks for the next 30 seconds.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode

import attrs
import cachetools

from cleanlife_ext.engine.flow import Ask, Flight, Flow, Join, Send
from cleanlife_ext.engine.lock import LOCK
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.traits import Caching, Operation
from cleanlife_ext.errors import APIConnectionError, APIStatusError, CleanLifeError, RateLimitError

__all__ = ["Shelf", "cache", "fresh", "shelves"]

MOST_KEPT = 1024
REST = 30.0  # seconds, after a failure that an old answer made up for


@attrs.frozen(eq=False)
class Kept:
    """An answer, as bytes, when it came, and for how many seconds it is good."""

    response: Response
    at: float
    ttl: float


@attrs.define(eq=False)
class Shelf:
    """What is kept of one operation, and what is under way for it.

    Answers are kept as bytes, so every caller gets models of its own. Flights are kept apart by event loop
    (and from plain threads): who waits for a flight must live where it lands.
    """

    rule: Caching
    now: Callable[[], float]
    kept: cachetools.Cache[Hashable, Kept]
    life: Callable[[Response], float]
    flights: dict[Hashable, tuple[Flight, str]] = attrs.Factory(dict)
    failed: float | None = None
    lock: AbstractContextManager[bool] = LOCK  # Guards what takes no time, and never spans a yield.

    @classmethod
    def make(cls, rule: Caching, now: Callable[[], float], life: Callable[[Response], float] | None = None) -> Shelf:
        """A shelf for answers that are good as long as *rule* says, or as *life* says of each."""
        kept: cachetools.Cache[Hashable, Kept] = (
            cachetools.TTLCache(MOST_KEPT, max(rule.ttl, rule.stale), now) if life is None else cachetools.LRUCache(1)
        )
        return cls(rule, now, kept, life or (lambda _: rule.ttl))

    def get(self, key: Hashable) -> Kept | None:
        """What is kept under *key*, fresh or old."""
        kept = self.kept.get(key)
        if kept is not None and self.age(kept) < 0:
            del self.kept[key]  # The clock was set back: nobody knows how old it is.
            return None
        return kept

    def age(self, kept: Kept) -> float:
        return self.now() - kept.at

    def is_fresh(self, kept: Kept) -> bool:
        return self.age(kept) < kept.ttl

    def rests(self) -> float | None:
        """For how long it has been failing, if it is too early to ask again."""
        since = self.now() - self.failed if self.failed is not None else REST
        return since if 0 <= since < REST else None

    def land(self, key: Hashable, place: Hashable, mine: Flight, response: Response | None) -> None:
        """End *mine*, and keep what it brought, unless all was forgotten meanwhile."""
        with self.lock:
            if place in self.flights and self.flights[place][0] is mine:
                del self.flights[place]
                if response is not None:
                    self.kept[key] = Kept(response, self.now(), self.life(response))
                    self.failed = None

    def give_up(self, place: Hashable, mine: Flight) -> None:
        """End *mine* without an answer, unless it has landed."""
        self.land(None, place, mine, None)
        if not mine.done():
            mine.set_result(None)

    def drop(self, key: Hashable) -> None:
        """Keep the answer to *key* no longer."""
        with self.lock:
            self.kept.pop(key, None)

    def clear(self) -> None:
        """Forget all answers, old ones too. A flight under way lands as before, but what it brings is not kept."""
        with self.lock:
            self.kept.clear()
            self.flights.clear()
            self.failed = None


def cache(
    shelf: Shelf,
    here: Callable[[], Hashable],
    fingerprint: Callable[[], Any] | None,
    once: Send,
    request: Request,
    send: Send,
) -> Flow:
    """Answer from *shelf* if it can, and by an old answer if *once* asking brings no new one.

    *here* tells one event loop from another; *fingerprint* tells whose answers these are, where that may change.
    """
    whose = None if fingerprint is None else (yield Ask(fingerprint, request.scope.ends))
    key = (whose, request.path, urlencode(request.query))
    with shelf.lock:
        kept, since = shelf.get(key), shelf.rests()
    if kept is None:
        return (yield from fresh(shelf, key, here, request, send))
    if shelf.is_fresh(kept):
        request.scope.notes.source = "kept"
        return kept.response
    if since is not None:
        return _instead(shelf, kept, request, f"the API failed {since:.0f} s ago, and is not asked again yet")
    impatient = attrs.evolve(request, options=attrs.evolve(request.options, on_rate_limit="raise"))
    try:
        return (yield from fresh(shelf, key, here, impatient, once))
    except CleanLifeError as error:
        if not _may_pass(error):
            if _is_final(error):
                shelf.drop(key)  # The API has spoken: it is not there, or not for this key.
            raise
        shelf.failed = shelf.now()
        return _instead(shelf, kept, request, type(error).__name__)


def _may_pass(error: CleanLifeError) -> bool:
    """Whether nothing is wrong but that the API cannot answer now."""
    is_down = getattr(error, "status_code", 0) >= 500  # Whatever the answer looked like.
    return is_down or isinstance(error, APIConnectionError | RateLimitError)


def _is_final(error: CleanLifeError) -> bool:
    """Whether what was kept must not be given again. Gateways refuse a key in words of their own."""
    return isinstance(error, APIStatusError) or getattr(error, "status_code", 0) in (401, 403)


def _instead(shelf: Shelf, kept: Kept, request: Request, why: str) -> Response:
    notes = request.scope.notes
    notes.source, notes.reason = "stale", f"{why}; an answer {shelf.age(kept) / 60:.0f} min old is given instead"
    return kept.response


def fresh(shelf: Shelf, key: Hashable, here: Callable[[], Hashable], request: Request, send: Send) -> Flow:
    """A fresh answer: the kept one, that of a flight under way, or one of our own."""
    place = (key, here(), request.options)  # Who has more time does not wait for one who has less.
    notes = request.scope.notes
    mine: Flight = Future()
    try:
        while True:
            with shelf.lock:
                if (kept := shelf.get(key)) is not None and shelf.is_fresh(kept):
                    notes.source = "kept"
                    return kept.response
                flight, whose = shelf.flights.setdefault(place, (mine, request.scope.id))
            if flight is mine:
                notes.source = "sent"
                return (yield from _fly(shelf, key, place, mine, request, send))
            notes.source, notes.reason = "shared", f"the same was under way as operation {whose}"
            landed: Response | None = yield Join(flight, request.scope.ends)
            if landed is not None:
                return landed
    finally:
        shelf.give_up(place, mine)  # Wherever it broke off, Ctrl-C included: a follower takes over.


def _fly(shelf: Shelf, key: Hashable, place: Hashable, mine: Flight, request: Request, send: Send) -> Flow:
    try:
        response = yield from send(request)
    except CleanLifeError as error:
        error.attempts = tuple(request.scope.attempts)  # Followers have none of their own to show.
        shelf.land(key, place, mine, None)
        if not error.out_of_time:  # When this caller's time was up, the others may have more.
            mine.set_exception(copy.copy(error))
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
        id: Shelf.make(operation.cache if cache_ttl is None else attrs.evolve(operation.cache, ttl=cache_ttl), now)
        for id, operation in operations.items()
        if operation.cache is not None
    }
