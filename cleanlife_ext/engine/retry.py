"""Send again what may be sent again, after the wait that the spec names.

One pure function decides (`decide`); the loop is stamina's; the waiting is an effect, so clock, sleep and world stay
outside. A user's `stamina.set_active(False)` switches these retries off as well.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from functools import partial

import attrs
import stamina

from cleanlife_ext.engine.budget import Budget
from cleanlife_ext.engine.flow import Clock, Flow, Pause, Send
from cleanlife_ext.engine.log import log_retry
from cleanlife_ext.engine.message import FINAL, Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.traits import Operation, Rules
from cleanlife_ext.errors import (
    APIConnectionError,
    APIStatusError,
    CleanLifeError,
    ConfigurationError,
    DeadlineExceededError,
    RateLimitError,
    UnexpectedResponseError,
)

__all__ = ["Decision", "History", "asked_wait", "backoff", "decide", "retry"]

RATE_LIMITED = 429


@attrs.frozen
class Decision:
    """What to do after a failed attempt: wait so many seconds and go on, or (`None`) leave it; and why.

    *last*: what follows is only a last look for the effect; nothing is sent again.
    """

    wait: float | None
    reason: str
    last: bool = False


@attrs.frozen
class History:
    """What came before a decision, the failure that it is about included.

    Attributes:
        counted: Attempts that were used up, of *limit*.
        refused: Attempts that were turned away for the rate, which use up none.
        in_doubt: Whether something that was sent may have taken effect, or may still do so.
        looked_last: Whether the last look was taken.
    """

    limit: int
    counted: int = 0
    refused: int = 0
    in_doubt: bool = False
    looked_last: bool = False


def retry(
    provider: Provider,
    clock: Clock,
    chance: Callable[[], float],
    budget: Budget,
    limit: int,
    request: Request,
    send: Send,
) -> Flow:
    """Ask *send* up to *limit* times. *chance* gives numbers from 0 to 1 and spreads the waits."""
    try:
        return (yield from send(request))  # The way almost every call goes: no loop is set up for it.
    except CleanLifeError as error:
        first = error
        course = _Course(provider, clock, chance, budget, request, History(limit))
        if not course.goes_on(error):
            raise  # From here, and not from the depths of a loop: most refusals are final.

    def on(error: BaseException) -> bool | float:
        # stamina must not sleep, it would block an event loop; so it is told to wait for zero seconds.
        return 0.0 if error is first or course.goes_on(error) else False

    # A lookup is retried like any read, and is no load that the budget would have to bound.
    ask = partial(retry, provider, clock, chance, Budget.endless(), limit, send=send)
    for attempt in stamina.retry_context(on=on, attempts=None, timeout=None):
        with attempt:
            if attempt.num == 1:
                raise first
            yield Pause(course.pause)
            return (yield from course.again(send, ask))
    raise AssertionError("stamina ends with an answer or an error")


@attrs.define(eq=False)
class _Course:
    """How far a request has come: what it has used up, and how long it pauses next."""

    provider: Provider
    clock: Clock
    chance: Callable[[], float]
    budget: Budget
    request: Request
    history: History
    pause: float = 0.0
    failure: CleanLifeError | None = None
    truth: CleanLifeError | None = None

    def goes_on(self, error: BaseException) -> bool:
        """Count *error*, and say whether another attempt, or a last look, follows."""
        if not isinstance(error, CleanLifeError):
            return False  # Somebody cancelled, or broke: stamina swallows that too, and raises it when told to stop.
        if isinstance(error, ConfigurationError) or error is self.truth:
            return False  # It is about us, and nothing was attempted; or all is known.
        self.failure = error
        self.history = _after(self.history, self.request.operation, error)
        wanted = decide(
            self.provider.rules, self.request.operation, error, self.history, self.chance(), self.clock.wall()
        )
        timely = _within(wanted, self.request.scope.ends - self.clock.now())
        error.out_of_time = error.out_of_time or timely is not wanted
        decision = _afforded(timely, self.request.operation, self.history, error, self.budget)
        self.history = attrs.evolve(self.history, looked_last=self.history.looked_last or decision.last)
        _note(self.request, decision)
        if decision.wait is not None:
            log_retry(self.request)
        self.pause = decision.wait or 0.0
        if decision.wait is None and self.history.in_doubt:
            error.ambiguous = True  # Of the operation, whatever the last thing was that came back.
        return decision.wait is not None

    def again(self, send: Send, ask: Send) -> Flow:
        """Look, if something may have taken effect; then send again, if that makes sense."""
        settle = self.request.settle if self.history.in_doubt else None
        if settle is not None and (self.request.operation.repeat.looks_first or self.history.looked_last):
            settled = yield from settle.look(ask)
            if settled is not None:
                return self._told(settled)
        if self.history.looked_last:
            assert self.failure is not None
            raise self.failure
        try:
            return (yield from send(self.request))
        except APIStatusError as refusal:
            if settle is None or refusal.ambiguous or isinstance(refusal, RateLimitError):
                raise
            settled = yield from settle.judge(refusal, ask)
            if settled is not None:
                return self._told(settled)
            if refusal.status_code in settle.believed:
                self.truth = refusal
            raise

    def _told(self, settled: Response | CleanLifeError) -> Response:
        if isinstance(settled, CleanLifeError):
            self.truth = settled
            raise settled
        return settled


def _after(history: History, operation: Operation, error: CleanLifeError) -> History:
    """*history*, with *error* added to it."""
    in_doubt = history.in_doubt or (error.ambiguous and not operation.repeat.safe)
    if isinstance(error, RateLimitError):
        return attrs.evolve(history, refused=history.refused + 1, in_doubt=in_doubt)
    return attrs.evolve(history, counted=history.counted + 1, in_doubt=in_doubt)


def decide(
    rules: Rules, operation: Operation, error: CleanLifeError, history: History, chance: float, wall: float
) -> Decision:
    """Whether *error* is worth another attempt, and after how many seconds."""
    if isinstance(error, RateLimitError):
        return _cool_down(rules, error, history.refused, wall)
    if history.in_doubt:
        return _in_doubt(rules, operation, error, history, chance)
    how = _how_to_wait(rules, operation, error)
    if how is None:
        return Decision(None, FINAL)
    if history.counted >= history.limit:
        return Decision(None, f"that was attempt {history.counted} of {history.limit}")
    asked = asked_wait(error, wall) if how == "retry-after" else None
    if asked is not None:
        return Decision(asked, f"{_outcome(error)}: the server asked for {asked:.0f} s")
    wait = backoff(rules, history.counted, chance)
    return Decision(wait, f"{_outcome(error)}: backoff after attempt {history.counted}")


def _in_doubt(rules: Rules, operation: Operation, error: CleanLifeError, history: History, chance: float) -> Decision:
    repeat, outcome = operation.repeat, _outcome(error)
    if not repeat.settles:
        return Decision(None, "it may have taken effect, and sending it twice is not safe")
    if isinstance(error, DeadlineExceededError) or history.looked_last:
        return Decision(None, "it may have taken effect, and nothing says whether")
    wait = backoff(rules, history.counted, chance)
    is_worth_it = _how_to_wait(rules, operation, error) is not None or _is_unread_success(error)
    if is_worth_it and history.counted < history.limit:
        how = "looked up before it is sent again" if repeat.looks_first else "sent again, which tells"
        return Decision(wait, f"{outcome}: it may have taken effect; {how}")
    if not repeat.looks:
        return Decision(None, "it may have taken effect, and nothing says whether")
    return Decision(wait, f"{outcome}: it may have taken effect; a last look", last=True)


def _is_unread_success(error: CleanLifeError) -> bool:
    return isinstance(error, UnexpectedResponseError) and 200 <= error.status_code < 300


def _how_to_wait(rules: Rules, operation: Operation, error: CleanLifeError) -> str | None:
    if isinstance(error, DeadlineExceededError):
        return None
    if isinstance(error, APIConnectionError):
        how = rules.wait_for(None)
    elif not isinstance(error, APIStatusError):
        return None
    elif error.code in operation.repeat.again and not error.ambiguous:
        return "backoff"
    else:
        how = rules.wait_for(error.status_code)
    return how if isinstance(how, str) else None


def backoff(rules: Rules, attempt: int, chance: float) -> float:
    """Twice as long each time, never less than the shortest wait or more than the longest, in seconds."""
    longest = min(rules.most, rules.first * 2.0 ** min(attempt, 60))  # More doublings than fit are no matter.
    return rules.first + (longest - rules.first) * chance


def asked_wait(error: CleanLifeError, wall: float) -> float | None:
    """`Retry-After` in seconds, at least one; `None` where it is missing or makes no sense."""
    text = error.response.headers.get("retry-after", "").strip() if isinstance(error, APIStatusError) else ""
    if text.isascii() and text.isdigit() and len(text) < 10:
        return max(1.0, float(text))
    try:
        date = parsedate_to_datetime(text)
        # The oldest form of a date names no zone, and means GMT.
        return max(1.0, (date if date.tzinfo else date.replace(tzinfo=dt.UTC)).timestamp() - wall)
    except (ValueError, TypeError, OverflowError):
        return None


def _cool_down(rules: Rules, error: RateLimitError, refused: int, wall: float) -> Decision:
    # Here every call waits for itself; one cool-down shared by all callers of a key will take this place.
    waits = rules.wait_for(RATE_LIMITED)
    usual = waits[min(refused, len(waits)) - 1] if isinstance(waits, tuple) else rules.most
    asked = asked_wait(error, wall)
    error.retry_after = usual if asked is None else asked
    return Decision(error.retry_after, f"{RATE_LIMITED}: cool-down of {error.retry_after:.0f} s")


def _within(decision: Decision, left: float) -> Decision:
    """A wait that would pass the deadline is not begun."""
    if decision.wait is None or decision.wait < left:
        return decision
    return Decision(None, f"{decision.reason}, which is longer than the {max(0.0, left):.0f} s left of the deadline")


def _afforded(
    decision: Decision, operation: Operation, history: History, error: CleanLifeError, budget: Budget
) -> Decision:
    """A retry that the budget does not allow is not made; nor is one without time. Either leaves a look at once."""
    is_retry = decision.wait is not None and not decision.last and not isinstance(error, RateLimitError)
    if is_retry and not budget.take():
        decision = Decision(None, f"{_outcome(error)}: the retry budget of this client is used up")
    may_look = history.in_doubt and operation.repeat.looks and not history.looked_last
    if decision.wait is None and may_look and not isinstance(error, DeadlineExceededError):
        return Decision(0.0, f"{decision.reason}; a last look", last=True)
    return decision


def _note(request: Request, decision: Decision) -> None:
    attempts = request.scope.attempts
    attempts[-1] = attrs.evolve(attempts[-1], wait=decision.wait, reason=decision.reason)


def _outcome(error: CleanLifeError) -> str:
    return str(error.status_code) if isinstance(error, APIStatusError) else type(error).__name__


def jitter() -> float:
    """The usual source of *chance*."""
    return random.random()  # noqa: S311  # Waits need to differ, not to be secret.
