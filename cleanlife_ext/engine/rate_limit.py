"""Hold requests back: after a 429, for everybody who shares the limit, and beforehand, for those who pace themselves.

All clients of this process with the same address and key share a `Limiter`: whoever is refused begins a cool-down, and
nobody sends before it is over. There is no probing and nothing half open, so whoever is cancelled while held back
leaves nothing behind. The release is spread: each waits up to a tenth of the cool-down longer, by chance.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Generator, Hashable, Mapping
from typing import Any
from weakref import WeakValueDictionary

import attrs

from cleanlife_ext.engine.flow import Blocking, Clock, Effect, Flow, Pause, Send
from cleanlife_ext.engine.lock import LOCK
from cleanlife_ext.engine.message import Attempt, Headers, Request, Response
from cleanlife_ext.engine.pace import Line, Pacing, Place
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.retry import asked_wait
from cleanlife_ext.engine.traits import Rules
from cleanlife_ext.errors import DeadlineExceededError, RateLimitError

__all__ = ["SPREAD", "CoolDown", "Hold", "Limiter", "limiters_of", "note_wait", "rate_limit", "refused"]

RATE_LIMITED = 429
SPREAD = 0.1  # Of the cool-down.
LONGEST = 3600.0  # Seconds: one wrong answer must not silence a program for years.


@attrs.frozen
class Hold:
    """Why a request is held back, and for how long.

    Attributes:
        seconds: How long at the least.
        reason: Why, in words.
        spread: Up to how many seconds longer, by chance.
        whole: How long it was from the beginning, where that is known.
        refusal: What it came from, where that was a refusal.
    """

    seconds: float
    reason: str
    spread: float = 0.0
    whole: float | None = None
    refusal: RateLimitError | None = attrs.field(default=None, repr=False)


@attrs.frozen
class CoolDown:
    """A time in which nobody sends, after so many refusals in a row.

    It stays after its end, until something sent later succeeds: if something sent later is refused, the next is longer.
    """

    began: float
    ends: float
    seconds: float
    strikes: int
    refusal: RateLimitError = attrs.field(repr=False)

    def hold(self, now: float) -> Hold | None:
        """How it holds back who asks at *now*."""
        if now >= self.ends:
            return None
        return Hold(self.ends - now, self.reason, self.seconds * SPREAD, self.seconds, self.refusal)

    @property
    def reason(self) -> str:
        return f"{RATE_LIMITED}: cool-down of {self.seconds:.0f} s shared by this key"


def refused(
    before: CoolDown | None, rules: Rules, error: RateLimitError, asked: float | None, sent: float, now: float
) -> CoolDown:
    """The cool-down after a refusal of what was *sent* then. All that were under way together are one strike."""
    is_news = before is None or sent >= before.ends
    strikes = (before.strikes if before is not None else 0) + is_news
    waits = rules.wait_for(RATE_LIMITED)
    usual = waits[min(strikes, len(waits)) - 1] if isinstance(waits, tuple) else rules.most
    seconds = min(LONGEST, usual if asked is None else asked)
    if before is not None and not is_news and before.ends >= now + seconds:
        return before
    return CoolDown(now, now + seconds, seconds, strikes, copy.copy(error))  # A copy holds on to no frames.


@attrs.define(eq=False)
class Limiter:
    """What is shared by all who share a limit: the cool-down, and the line of those who pace themselves."""

    clock: Clock
    cool_down: CoolDown | None = None
    _line: Line = attrs.Factory(Line)

    def cooling(self) -> Hold | None:
        """How the cool-down holds back who asks now."""
        with LOCK:
            now, cool_down = self.clock.now(), self.cool_down
            if cool_down is not None and now < cool_down.began:  # A clock that jumped backwards.
                self.cool_down = cool_down = attrs.evolve(cool_down, began=now, ends=now + cool_down.seconds)
            return None if cool_down is None else cool_down.hold(now)

    def refused(self, rules: Rules, error: RateLimitError, sent: float) -> Hold:
        """Note the refusal of what was *sent* then; gives how it holds everybody back."""
        asked = asked_wait(error, self.clock.wall())
        with LOCK:
            now = self.clock.now()
            self.cool_down = cool_down = refused(self.cool_down, rules, error, asked, sent, now)
        hold = Hold(cool_down.ends - now, cool_down.reason, whole=cool_down.seconds)
        error.retry_after = max(hold.seconds, asked or 0.0)
        return hold

    def passed(self, sent: float) -> None:
        """Note the success of what was *sent* then."""
        with LOCK:
            if self.cool_down is not None and sent >= self.cool_down.ends:
                self.cool_down = None

    def join(self, place: Place) -> None:
        """Stand in line."""
        with LOCK:
            self._line.join(place, self.clock.now())

    def pace(self, place: Place) -> Hold | None:
        """How the line holds back who has this *place*."""
        with LOCK:
            seconds = self._line.wait(place, self.clock.now())
        return Hold(seconds, str(place.pacing)) if seconds else None

    def leave(self, place: Place, *, sent: bool) -> None:
        """Leave the line, after an answer or without having *sent* anything."""
        with LOCK:
            if sent:
                place.answered = self.clock.now()
            else:
                self._line.leave(place)

    def is_needed(self) -> bool:
        """Whether it holds back, or will, whoever asks next: also a client that is still to be made."""
        now, cool_down = self.clock.now(), self.cool_down
        return not self._line.is_empty(now) or (cool_down is not None and now < cool_down.ends + cool_down.seconds)

    def renew(self) -> None:
        """Go on in the child of a fork, whose other threads are gone."""
        self._line.settle(self.clock.now())


class _Register:
    """All limiters of this process, as long as somebody has them or they hold back whoever comes next."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[Hashable, Limiter] = WeakValueDictionary()
        self._kept: set[Limiter] = set()

    def get(self, whose: Hashable, clock: Clock) -> Limiter:
        with LOCK:
            self._kept = {limiter for limiter in self._kept if limiter.is_needed()}
            # It keeps its clock, so no other can be where that one is.
            return self._known.setdefault((whose, id(clock)), Limiter(clock))

    def keep(self, limiter: Limiter) -> None:
        """Hold on to it as long as it is needed: some programs make a client for each call."""
        with LOCK:
            self._kept.add(limiter)

    def renew(self) -> None:
        for limiter in list(self._known.values()):
            limiter.renew()


_register = _Register()
getattr(os, "register_at_fork", dict)(after_in_child=_register.renew)  # Windows has neither.


def limiters_of(provider: Provider, whose: Hashable, clock: Clock) -> Mapping[str, Limiter]:
    """The limiter of each operation. All who name the same *whose* get the same ones."""
    apart = provider.limited_by == "operation"
    return {id: _register.get((whose, id if apart else ""), clock) for id in provider.operations}


def rate_limit(
    rules: Rules,
    clock: Clock,
    chance: Callable[[], float],
    limiters: Mapping[str, Limiter],
    pacing: Pacing | None,
    request: Request,
    send: Send,
) -> Flow:
    """Send when it may be sent. *chance* gives numbers from 0 to 1 and spreads the release."""
    limiter = limiters[request.operation.id]
    if pacing is None:
        if limiter.cool_down is not None:
            yield from _wait(clock, chance, limiter, None, request)
        return (yield from _send(rules, clock, limiter, request, send))
    _register.keep(limiter)
    place, sent = Place(pacing), False
    try:
        limiter.join(place)
        yield from _wait(clock, chance, limiter, place, request)
        sent = True
        return (yield from _send(rules, clock, limiter, request, send))
    finally:
        limiter.leave(place, sent=sent)


def _send(rules: Rules, clock: Clock, limiter: Limiter, request: Request, send: Send) -> Flow:
    sent = clock.now()
    try:
        response = yield from send(request)
    except RateLimitError as error:
        hold = limiter.refused(rules, error, sent)
        _register.keep(limiter)
        _say(error, request, hold, _why_not(request, hold, clock.now()))
        raise
    if limiter.cool_down is not None:
        limiter.passed(sent)
    return response


def _wait(
    clock: Clock, chance: Callable[[], float], limiter: Limiter, place: Place | None, request: Request
) -> Generator[Effect, Any, None]:
    """Pause for as long as anything holds *request* back, or raise because it takes too long."""
    while (hold := (yield from _held(limiter, place, request.scope.ends))) is not None:
        now = clock.now()
        why_not = _why_not(request, hold, now)
        if why_not:
            raise _unsent(request, hold, why_not)
        to_spare = (request.scope.ends - now - hold.seconds) / 2
        seconds = hold.seconds + chance() * min(hold.spread, to_spare)
        note_wait(request, hold.reason, seconds)
        yield Pause(seconds)


def _held(limiter: Limiter, place: Place | None, ends: float) -> Generator[Effect, Any, Hold | None]:
    hold = limiter.cooling()
    if hold is not None or place is None:
        return hold
    hold = limiter.pace(place)
    if hold is not None or place.pacing.shared is None:
        return hold
    try:
        seconds: float = yield Blocking(place.pacing.shared.take, ends)
    except DeadlineExceededError:  # A turn that comes now is lost.
        seconds = 1.0  # Longer than what is left.
    # Whoever had to ask elsewhere may have missed the beginning of a cool-down.
    return Hold(seconds, str(place.pacing)) if seconds else limiter.cooling()


def _why_not(request: Request, hold: Hold, now: float) -> str:
    """Why *hold* is not waited for, `""` if it is."""
    left = request.scope.ends - now
    is_new = hold.whole is not None and abs(hold.whole - hold.seconds) < 1
    what = hold.reason if is_new else f"{hold.reason}, with {hold.seconds:.0f} s to go"
    if request.options.on_rate_limit == "raise":
        return f"{what}, and on_rate_limit is 'raise'"
    if hold.seconds >= left:
        return f"{what}, which is longer than the {max(0.0, left):.0f} s left of the deadline"
    return ""


def _say(error: RateLimitError, request: Request, hold: Hold, why_not: str) -> None:
    error.goes_on = not why_not
    error.reason = why_not or hold.reason
    error.out_of_time = bool(why_not) and request.options.on_rate_limit == "wait"


def _unsent(request: Request, hold: Hold, why_not: str) -> RateLimitError:
    """The error of a request that is not sent, with the answer of the one that was."""
    text, refusal = f"{request.operation.id}: held back, and not sent: {why_not}", hold.refusal
    if refusal is None:
        error = RateLimitError(text, response=Response(RATE_LIMITED, Headers(), b""))
    else:
        names = ("response", "code", "message", "details", "issues")
        told: dict[str, Any] = {name: getattr(refusal, name) for name in names}
        error = RateLimitError(text, shown=refusal.shown_code, **told)
        error.request_id, error.ids = refusal.request_id, refusal.ids
    error.retry_after = hold.seconds
    _say(error, request, hold, why_not)
    request.scope.attempts.append(_not_made(request, why_not, None))
    return error


def note_wait(request: Request, reason: str, seconds: float) -> None:
    """Add a wait to the refusal that it is for; where that was somebody else's, it has a line of its own."""
    attempts = request.scope.attempts
    if attempts and attempts[-1].reason == reason:
        attempts[-1] = attrs.evolve(attempts[-1], wait=(attempts[-1].wait or 0.0) + seconds)
    else:
        attempts.append(_not_made(request, reason, seconds))


def _not_made(request: Request, reason: str, wait: float | None) -> Attempt:
    return Attempt(
        operation=request.operation.id,
        status=None,
        code="",
        ambiguous=False,
        request_id="",
        seconds=0.0,
        wait=wait,
        reason=reason,
        held=True,
    )
