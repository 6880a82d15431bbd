"""Send again what may be sent again, after the wait that the spec names.

One pure function decides (`decide`); the loop is stamina's; the waiting is an effect, so clock, sleep and world stay
outside. A user's `stamina.set_active(False)` switches these retries off as well.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import attrs
import stamina

from cleanlife_ext.engine.flow import Clock, Flow, Pause, Send
from cleanlife_ext.engine.message import FINAL, Request
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.traits import Operation, Rules
from cleanlife_ext.errors import (
    APIConnectionError,
    APIStatusError,
    CleanLifeError,
    ConfigurationError,
    DeadlineExceededError,
    RateLimitError,
)

__all__ = ["Decision", "asked_wait", "backoff", "decide", "retry"]

RATE_LIMITED = 429


@attrs.frozen
class Decision:
    """What to do after a failed attempt: wait so many seconds and send again, or (`None`) leave it; and why."""

    wait: float | None
    reason: str


def retry(
    provider: Provider, clock: Clock, chance: Callable[[], float], limit: int, request: Request, send: Send
) -> Flow:
    """Ask *send* up to *limit* times. *chance* gives numbers from 0 to 1 and spreads the waits."""
    try:
        return (yield from send(request))  # The way almost every call goes: no loop is set up for it.
    except CleanLifeError as error:
        first = error
        course = _Course(provider, clock, chance, limit, request)
        if not course.goes_on(error):
            raise  # From here, and not from the depths of a loop: most refusals are final.

    def on(error: BaseException) -> bool | float:
        # stamina must not sleep, it would block an event loop; so it is told to wait for zero seconds.
        return 0.0 if error is first or course.goes_on(error) else False

    for attempt in stamina.retry_context(on=on, attempts=None, timeout=None):
        with attempt:
            if attempt.num == 1:
                raise first
            yield Pause(course.pause)
            return (yield from send(request))
    raise AssertionError("stamina ends with an answer or an error")


@attrs.define(eq=False)
class _Course:
    """How far a request has come: what it has used up, and how long it pauses next."""

    provider: Provider
    clock: Clock
    chance: Callable[[], float]
    limit: int
    request: Request
    counted: int = 0
    refused: int = 0
    pause: float = 0.0

    def goes_on(self, error: BaseException) -> bool:
        """Count *error*, and say whether another attempt follows."""
        if not isinstance(error, CleanLifeError):
            return False  # Somebody cancelled, or broke: stamina swallows that too, and raises it when told to stop.
        if isinstance(error, ConfigurationError):
            return False  # It is about us, and nothing was attempted.
        if isinstance(error, RateLimitError):
            self.refused += 1
        else:
            self.counted += 1
        rules, operation, now = self.provider.rules, self.request.operation, self.clock.wall()
        wanted = decide(rules, operation, error, self.counted, self.refused, self.limit, self.chance(), now)
        decision = _within(wanted, self.request.scope.ends - self.clock.now())
        error.out_of_time = error.out_of_time or decision is not wanted
        _note(self.request, decision)
        self.pause = decision.wait or 0.0
        return decision.wait is not None


def decide(
    rules: Rules,
    operation: Operation,
    error: CleanLifeError,
    counted: int,
    refused: int,
    limit: int,
    chance: float,
    wall: float,
) -> Decision:
    """Whether *error* is worth another attempt, and after how many seconds.

    *counted* attempts of *limit* were used up; *refused* more were turned away for the rate, which uses up none.
    """
    if isinstance(error, RateLimitError):
        return _cool_down(rules, error, refused, wall)
    how = _how_to_wait(rules, operation, error)
    if how is None:
        return Decision(None, FINAL)
    if error.ambiguous and not operation.repeat.safe:
        return Decision(None, "it may have taken effect, and sending it twice is not safe")
    if counted >= limit:
        return Decision(None, f"that was attempt {counted} of {limit}")
    asked = asked_wait(error, wall) if how == "retry-after" else None
    if asked is not None:
        return Decision(asked, f"{_outcome(error)}: the server asked for {asked:.0f} s")
    return Decision(backoff(rules, counted, chance), f"{_outcome(error)}: backoff after attempt {counted}")


def _how_to_wait(rules: Rules, operation: Operation, error: CleanLifeError) -> str | None:
    if isinstance(error, DeadlineExceededError):
        return None
    if isinstance(error, APIConnectionError):
        how = rules.wait_for(None)
    elif not isinstance(error, APIStatusError):
        return None
    elif error.code in operation.repeat.again:
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


def _note(request: Request, decision: Decision) -> None:
    attempts = request.scope.attempts
    attempts[-1] = attrs.evolve(attempts[-1], wait=decision.wait, reason=decision.reason)


def _outcome(error: CleanLifeError) -> str:
    return str(error.status_code) if isinstance(error, APIStatusError) else type(error).__name__


def jitter() -> float:
    """The usual source of *chance*."""
    return random.random()  # noqa: S311  # Waits need to differ, not to be secret.
