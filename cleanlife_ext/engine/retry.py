"""Send again what may be sent again, after the wait that the spec names.

One pure function decides (`decide`); the loop is stamina's; the waiting is an effect, so clock, sleep and world stay
outside. A user's `stamina.set_active(False)` switches these retries off as well.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial

import attrs
import stamina

from cleanlife_ext.engine.budget import Budget
from cleanlife_ext.engine.flow import Clock, Flow, Pause, Send
from cleanlife_ext.engine.log import log_retry
from cleanlife_ext.engine.lookups import Inquiry
from cleanlife_ext.engine.message import FINAL, Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.settle import Settle, Settled
from cleanlife_ext.engine.traits import Operation, Rules
from cleanlife_ext.errors import (
    APIConnectionError,
    APIStatusError,
    CleanLifeError,
    ConfigurationError,
    ConflictError,
    DeadlineExceededError,
    InProgressError,
    LedgerError,
    OutcomeUnknownError,
    RateLimitError,
    UnexpectedResponseError,
)

__all__ = ["Decision", "History", "asked_wait", "backoff", "decide", "retry", "retry_after"]


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
        counted: Attempts that were used up, of *limit*; a look that failed uses up one as well.
        in_doubt: Whether something that was sent may have taken effect, or may still do so.
        visible: Whether that can be seen without sending anything again.
        harmless: Whether sending it again does no harm, so that it comes before any look.
        forgotten: Whether it must not be sent again: the API has forgotten the key that made it harmless.
        running: How often the API said that it is still at it; that uses up no attempt.
        looking: Whether it is a look that failed, and not the request itself.
        looked_last: Whether it was the last look.
        is_old: Whether only an earlier call is in doubt, and so long ago that what cannot be seen was not done.
    """

    limit: int
    counted: int = 0
    in_doubt: bool = False
    visible: bool = False
    harmless: bool = False
    forgotten: bool = False
    running: int = 0
    looking: bool = False
    looked_last: bool = False
    is_old: bool = False


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

    def ask(lookup: Request) -> Flow:
        # A lookup is retried like any read, and is no load that the budget would have to bound.
        return retry(provider, clock, chance, Budget.endless(), limit, lookup, send)

    begin = partial(_begun, provider, clock, chance, budget, limit, request)
    course = None if request.doubt == "none" else begin()
    try:
        # The way almost every call goes: no loop is set up for it.
        return (yield from send(request) if course is None else course.again(send, ask))
    except CleanLifeError as error:
        first, course = error, course or begin()
        if not course.goes_on(error):
            course.ends_with(error)
            raise  # From here, and not from the depths of a loop: most refusals are final.

    begun = False

    def on(error: BaseException) -> bool | float:
        # stamina must not sleep, it would block an event loop; so it is told to wait for zero seconds.
        return 0.0 if not begun or course.goes_on(error) else False

    try:
        for attempt in stamina.retry_context(on=on, attempts=None, timeout=None):
            with attempt:
                if attempt.num == 1:
                    raise first
                begun = True
                if course.pause:
                    yield Pause(course.pause)
                return (yield from course.again(send, ask))
    except CleanLifeError as error:
        course.ends_with(error)
        raise
    raise AssertionError("stamina ends with an answer or an error")


def _begun(
    provider: Provider, clock: Clock, chance: Callable[[], float], budget: Budget, limit: int, request: Request
) -> _Course:
    history = History(limit, in_doubt=request.doubt != "none", is_old=request.doubt == "old")
    if (settle := request.settle) is not None:
        history = attrs.evolve(history, visible=settle.visible, harmless=settle.sends_first)
    return _Course(provider, clock, chance, budget, request, history)


@attrs.define(eq=False)
class _Course:
    """How far a request has come: what it has used up, and how long it pauses next.

    *failure* is the last one of the request itself, or of a look for what an earlier call sent; *end* the error after
    which nothing follows.
    """

    provider: Provider
    clock: Clock
    chance: Callable[[], float]
    budget: Budget
    request: Request
    history: History
    pause: float = 0.0
    failure: CleanLifeError | None = None
    end: CleanLifeError | None = None

    def goes_on(self, error: BaseException) -> bool:
        """Count *error*, and say whether another attempt, or a last look, follows."""
        if not isinstance(error, CleanLifeError):
            return False  # Somebody cancelled, or broke: stamina swallows that too, and raises it when told to stop.
        if error is self.end:
            return False
        if isinstance(error, ConfigurationError | LedgerError):  # It is about us, and nothing went out.
            return False
        self.history = attrs.evolve(_after(self.history, self.request.operation, error), forgotten=not self._may_send())
        decision = self._decided(error)
        _note(self.request, decision, after_a_look=self.history.looking)
        if decision.wait is not None:
            cooling = error.retry_after if isinstance(error, RateLimitError) else None  # The rate limiter waits for it.
            log_retry(self.request, cooling or decision.wait)
        if not self.history.looking or self.failure is None:
            self.failure = error
        self.history = attrs.evolve(self.history, looking=False, looked_last=decision.last)
        self.pause = decision.wait or 0.0
        return decision.wait is not None

    def ends_with(self, error: CleanLifeError) -> None:
        """Say of *error* whether the request is in doubt, whoever it was that would not go on: us, or stamina."""
        if self.history.in_doubt and error is not self.end:
            error.ambiguous = True  # Of the operation, whatever the last thing was that came back.

    def _decided(self, error: CleanLifeError) -> Decision:
        operation, left = self.request.operation, self.request.scope.ends - self.clock.now()
        wanted = decide(self.provider.rules, operation, error, self.history, self.chance(), self.clock.wall())
        if wanted.wait is not None and not stamina.is_active():
            return Decision(None, f"{_outcome(error)}: retries are switched off (stamina.set_active)")
        timely = _within(wanted, left)
        error.out_of_time = error.out_of_time or timely is not wanted
        return _looking_once_more(_afforded(timely, error, self.budget), wanted, error, self.history, left)

    def again(self, send: Send, ask: Send) -> Flow:
        """Look, if something may have taken effect; then send again, if that makes sense."""
        settle = self.request.settle if self.history.in_doubt else None
        if settle is not None and settle.visible and not self._sends_first(settle):
            settled = yield from self._settled(settle.look(ask))
            if settled is not None:
                return settled
            if self.history.is_old and self._may_send():
                self.history = attrs.evolve(self.history, in_doubt=False, is_old=False)
                settle = None
        if self.history.looked_last or (settle is not None and not self._may_send()):
            raise self._left_in_doubt()
        request = attrs.evolve(self.request, doubt="none" if settle is None else "recent")
        try:
            return (yield from send(request))
        except APIStatusError as refusal:
            if settle is None or self._says_nothing(refusal):
                raise
            _remark(self.request, "an earlier attempt may have taken effect; what became of it is asked")
            settled = yield from self._settled(settle.judge(refusal, ask))
            if settled is not None:
                return settled
            if refusal.status_code in settle.believed:
                self.end = refusal
                _remark(self.request, "the refusal is believed")
            raise

    def _sends_first(self, settle: Settle) -> bool:
        # Who is told to come again, comes again: there is nothing to be seen before that.
        is_harmless = settle.sends_first or isinstance(self.failure, InProgressError)
        return is_harmless and not self.history.looked_last and self._may_send()

    def _may_send(self) -> bool:
        return self.request.settle is None or self.request.settle.may_send(self.clock.now())

    def _settled(self, inquiry: Inquiry[Settled]) -> Inquiry[Response | None]:
        self.history = attrs.evolve(self.history, looking=True)
        settled = yield from inquiry
        self.history = attrs.evolve(self.history, looking=False)
        if isinstance(settled, CleanLifeError):
            self.end = settled
            raise settled
        _remark(self.request, "it is not to be seen so far" if settled is None else "it has taken effect")
        return settled

    def _says_nothing(self, refusal: APIStatusError) -> bool:
        """Whether *refusal* leaves open what became of an earlier attempt, and only of that."""
        again = self.request.operation.repeat.again
        if refusal.operation:  # It is about another request, which this one needed: that for a token.
            return True
        return refusal.ambiguous or isinstance(refusal, RateLimitError) or refusal.code in again

    def _left_in_doubt(self) -> CleanLifeError:
        self.end = self.failure or self._forgotten()
        self.end.ambiguous = True
        return self.end

    def _forgotten(self) -> CleanLifeError:
        text = "sent by an earlier call, and its idempotency key is too old to be sent again; nothing was sent"
        return OutcomeUnknownError(f"{self.request.operation.id}: {text}")


def _after(history: History, operation: Operation, error: CleanLifeError) -> History:
    """*history*, with *error* added to it."""
    in_doubt = history.in_doubt or (error.ambiguous and not operation.repeat.safe)
    if isinstance(error, RateLimitError):
        return attrs.evolve(history, in_doubt=in_doubt)
    if isinstance(error, InProgressError):
        return attrs.evolve(history, in_doubt=in_doubt, running=history.running + 1)
    return attrs.evolve(history, counted=history.counted + 1, in_doubt=in_doubt)


def decide(
    rules: Rules, operation: Operation, error: CleanLifeError, history: History, chance: float, wall: float
) -> Decision:
    """Whether *error* is worth another attempt, or a last look, and after how many seconds."""
    if history.looking and isinstance(error, APIStatusError) and not error.ambiguous:
        return Decision(None, "the lookup was refused, and nothing else says whether it has taken effect")
    if isinstance(error, RateLimitError):
        return _cool_down(error)
    if history.in_doubt:
        return _in_doubt(rules, operation, error, history, chance, wall)
    how = _how_to_wait(rules, operation, error)
    if how is None:
        return Decision(None, FINAL)
    if history.counted >= history.limit:
        return Decision(None, f"that was attempt {history.counted} of {history.limit}")
    wait, why = _wait(rules, error, history, how, chance, wall)
    return Decision(wait, f"{_outcome(error)}: {why}")


def _in_doubt(
    rules: Rules, operation: Operation, error: CleanLifeError, history: History, chance: float, wall: float
) -> Decision:
    said = _said(error, history)
    if (obstacle := _obstacle(operation, error, history)) is not None:
        return Decision(None, f"{said}, and {obstacle}")
    how = _how_to_wait(rules, operation, error)
    wait, why = _wait(rules, error, history, how, chance, wall)
    is_worth_it = how is not None or _may_be_done(operation, error, history)
    if is_worth_it and history.counted < history.limit and not history.forgotten:
        if isinstance(error, InProgressError):
            return Decision(wait, f"{_outcome(error)}: the API is still at it; {why}")
        if history.harmless or not history.visible:
            return Decision(wait, f"{said}; sent again, which does no harm; {why}")
        return Decision(wait, f"{said}; looked up before it is sent again; {why}")
    spent = "its idempotency key is too old" if history.forgotten else "no attempt is left"
    ended = f"{said}; {spent}" if is_worth_it else said
    if history.visible:
        return Decision(wait, f"{ended}; a last look; {why}", last=True)
    return Decision(None, f"{ended}; nothing says whether it has")


def _said(error: CleanLifeError, history: History) -> str:
    if history.looking:
        return "the lookup failed"
    which = "it" if error.ambiguous else "an earlier attempt"
    return f"{_outcome(error)}: {which} may have taken effect"


def _obstacle(operation: Operation, error: CleanLifeError, history: History) -> str | None:
    """What keeps us from doing anything more about a request in doubt."""
    if not operation.repeat.settles:
        return "sending it twice is not safe"
    if isinstance(error, DeadlineExceededError):
        return "no time is left"
    return "it was the last look" if history.looked_last else None


def _wait(
    rules: Rules, error: CleanLifeError, history: History, how: str | None, chance: float, wall: float
) -> tuple[float, str]:
    """How long to wait, and why that long."""
    asked = asked_wait(error, wall) if how == "retry-after" else None
    if asked is not None:
        return asked, f"the server asked for {asked:.0f} s"
    tried = history.counted + history.running
    return backoff(rules, tried, chance), f"backoff after attempt {tried}"


def _may_be_done(operation: Operation, error: CleanLifeError, history: History) -> bool:
    """Whether *error* is a success that cannot be read, or speaks of an effect that cannot be seen yet."""
    if isinstance(error, UnexpectedResponseError):
        return history.looking or 200 <= error.status_code < 300
    return isinstance(error, ConflictError) and error.code != "" and error.code == operation.repeat.taken


def _how_to_wait(rules: Rules, operation: Operation, error: CleanLifeError) -> str | None:
    if isinstance(error, DeadlineExceededError):
        return None
    if isinstance(error, InProgressError):
        return "retry-after"
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
    """How many seconds the server wants us to wait after *error*, at least one; `None` if it does not say."""
    return retry_after(error.response.headers, wall) if isinstance(error, APIStatusError | InProgressError) else None


def retry_after(headers: Mapping[str, str], wall: float) -> float | None:
    """`Retry-After` in seconds, at least one; `None` where it is missing or makes no sense."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return max(1.0, float(text))
    try:
        date = parsedate_to_datetime(text)
        # The oldest form of a date names no zone, and means GMT.
        return max(1.0, (date if date.tzinfo else date.replace(tzinfo=dt.UTC)).timestamp() - wall)
    except (ValueError, TypeError, OverflowError):
        return None


def _cool_down(error: RateLimitError) -> Decision:
    # The rate limiter waits, for everybody who shares the limit; here nobody does.
    return Decision(0.0 if error.goes_on else None, error.reason)


def _within(decision: Decision, left: float) -> Decision:
    """A wait that would pass the deadline is not begun."""
    if decision.wait is None or decision.wait < left:
        return decision
    return Decision(None, f"{decision.reason}, which is longer than the {max(0.0, left):.0f} s left of the deadline")


def _afforded(decision: Decision, error: CleanLifeError, budget: Budget) -> Decision:
    """A retry that the budget does not allow is not made. What has to wait, and looks, cost nothing."""
    is_free = decision.wait is None or decision.last or isinstance(error, RateLimitError | InProgressError)
    if is_free or budget.take():
        return decision
    return Decision(None, f"{_outcome(error)}: the retry budget of this client is used up")


def _looking_once_more(
    decision: Decision, wanted: Decision, error: CleanLifeError, history: History, left: float
) -> Decision:
    """Without the time or the budget to send again there may still be enough of both for a look."""
    if decision.wait is not None or wanted.wait is None:
        return decision
    # A key that is refused for its rate is so for its looks as well.
    if not (history.in_doubt and history.visible) or isinstance(error, RateLimitError) or left <= 0:
        return decision
    wait = wanted.wait if wanted.wait < left else 0.0
    return Decision(wait, f"{decision.reason}; a last look", last=True)


def _note(request: Request, decision: Decision, *, after_a_look: bool) -> None:
    """Write the decision down beside the attempt that it follows."""
    attempts = request.scope.attempts
    # Why that look was not tried again has been said there already.
    said = [attempts[-1].reason] if after_a_look else []
    reason = "; ".join(filter(None, [*said, decision.reason]))
    attempts[-1] = attrs.evolve(attempts[-1], wait=decision.wait, reason=reason)


def _remark(request: Request, reason: str) -> None:
    attempts = request.scope.attempts
    attempts[-1] = attrs.evolve(attempts[-1], reason=reason)


def _outcome(error: CleanLifeError) -> str:
    return str(error.status_code) if isinstance(error, APIStatusError | InProgressError) else type(error).__name__


def jitter() -> float:
    """The usual source of *chance*."""
    return random.random()  # noqa: S311  # Waits need to differ, not to be secret.
