"""The layer that keeps the ledger: intent, sending and outcome are on disk before anything follows from them.

It stands around `recover`, so what it sees of a creation is its end. It also looks at the effects that pass by: no byte
of the creation goes out before that is recorded, and nothing is waited for that would outlast the lease.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from cleanlife_ext.engine.flow import Blocking, Clock, Effect, Flow, Pause, Send
from cleanlife_ext.engine.keys import key_in
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.rate_limit import note_wait
from cleanlife_ext.engine.recover import with_key
from cleanlife_ext.errors import (
    APIStatusError,
    AuthenticationError,
    CleanLifeError,
    LedgerError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
)
from cleanlife_ext.ledger.claim import Busy, Intent, Known, Mine, Over, Taken, Verdict
from cleanlife_ext.ledger.creation import carrying, id_of, read, taken
from cleanlife_ext.ledger.states import Event

if TYPE_CHECKING:
    from cleanlife_ext.ledger.store import Store

__all__ = ["MARGIN", "Journal", "code_of", "watched"]

MARGIN = 10.0  # Seconds: what a lease is longer than what it is for.
FIRST, MOST = 0.05, 1.0  # Seconds between two questions whether somebody else has done it.
ELSEWHERE = "another process is sending this reference"

Step = Generator[Effect, Any, Any]


@attrs.frozen(eq=False)
class Journal:
    """Records what is created at *api*."""

    store: Store
    settles_after: float
    api: str

    def __call__(
        self,
        provider: Provider,
        clock: Clock,
        chance: Callable[[], float],
        make_key: Callable[[], str],
        ask: Send,
        request: Request,
        send: Send,
    ) -> Flow:
        """Create what *request* asks for, once. *ask* goes around this layer and is for reading."""
        given = key_in(request)
        request = with_key(request, make_key)
        wanted = Intent.of(self.api, request, given)
        while True:
            owner = uuid.uuid4().hex
            # A fresh one each time: somebody else may have used up the last, and its lifetime.
            key = given or (str(uuid.uuid4()) if request.operation.repeat.header else "")
            intent = attrs.evolve(wanted, key=key)
            verdict = yield from self._claimed(clock, chance, intent, owner, request)
            if isinstance(verdict, Known):
                return (yield from _read(provider, request, intent, verdict.booking_id, ask))
            if isinstance(verdict, Taken):
                raise taken(provider, request)
            if isinstance(verdict, Over):
                text = f"{request.operation.id}: it was ended elsewhere meanwhile; nothing was sent"
                raise LedgerError(text, key=intent.reference)
            carried = carrying(request, verdict, clock)
            tenure = _Tenure(self.store, clock, provider, intent, owner, carried, verdict)
            response = yield from tenure.create(send)
            if response is not None:
                return response

    def _claimed(
        self, clock: Clock, chance: Callable[[], float], intent: Intent, owner: str, request: Request
    ) -> Generator[Effect, Any, Mine | Known | Taken | Over]:
        """The verdict, once nobody else is at it any longer."""
        wait = FIRST
        while True:
            now, resumes = clock.wall(), request.options.resumes
            claim = partial(self.store.claim, intent, owner, now, now + MARGIN, self.settles_after, resumes=resumes)
            verdict: Verdict = yield from _asked(claim, intent, request, sent=False)
            if not isinstance(verdict, Busy):
                return verdict
            left = request.scope.ends - clock.now()
            if left <= 0:
                # No definite failure: the other one may have it made, and whoever asked must not take it as refused.
                text = f"{request.operation.id}: {ELSEWHERE}; nothing was sent"
                raise LedgerError(text, key=intent.reference)
            seconds = min(wait * (1 + chance()) / 2, verdict.seconds, left)
            note_wait(request, ELSEWHERE, seconds)
            yield Pause(seconds)
            wait = min(2 * wait, MOST)


@attrs.define(eq=False)
class _Tenure:
    """The time in which a creation is ours.

    *sent* is whether it may have gone out; *lost* whether somebody else has it by now; it is ours until *lease*.
    """

    store: Store
    clock: Clock
    provider: Provider
    intent: Intent
    owner: str
    request: Request
    claim: Mine
    lease: float = 0.0
    sent: bool = False
    lost: bool = False

    def create(self, send: Send) -> Generator[Effect, Any, Response | None]:
        """Send it, and record how it ended. `None`: it was lost to somebody else before it was sent."""
        try:
            response = yield from watched(send(attrs.evolve(self.request, doubt=self.claim.doubt)), self.before)
        except OutcomeUnknownError as error:
            yield from self._left(error)
            raise
        except CleanLifeError as error:
            if self.lost:
                return None
            if self._ends_with(error):
                yield from self._refused(error)
            raise
        yield from self._made(response)
        return response

    def before(self, effect: Effect) -> Step:
        """See to it that it is ours for as long as *effect* may take; and that it is known, if it is sent now."""
        now, seconds = self.clock.wall(), self._longest(effect)
        lease = now + seconds + MARGIN
        if isinstance(effect, Request) and effect.operation is self.request.operation:
            attempts = self.claim.attempts + 1
            change = partial(self.store.sending, self.intent, self.owner, now, lease, attempts)
            is_sent = True
        elif self.lease < now + seconds + MARGIN / 2:
            change, is_sent = partial(self.store.renew, self.intent, self.owner, lease), self.sent
        else:
            return
        if not (yield from _asked(change, self.intent, self.request, sent=self.sent)):
            self.lost = True
            raise LedgerError(f"{self.request.operation.id}: {ELSEWHERE}", sent=self.sent, key=self.intent.reference)
        self.lease, self.sent = lease, is_sent

    def _ends_with(self, error: CleanLifeError) -> bool:
        """Whether *error* is the end of it: it is told to whoever asked for it, or the API has refused it as such."""
        if isinstance(error, LedgerError):
            return False
        says_nothing = AuthenticationError | PermissionDeniedError | RateLimitError
        is_refused = isinstance(error, APIStatusError) and not isinstance(error, says_nothing)
        return is_refused or not self.request.options.resumes

    def _longest(self, effect: Effect) -> float:
        """Seconds that *effect* may take."""
        now = self.clock.now()
        if isinstance(effect, Request):
            return min(effect.options.timeout, effect.scope.ends - now)
        return effect.seconds if isinstance(effect, Pause) else 0.0

    def _made(self, response: Response) -> Step:
        id = id_of(self.provider, self.request.operation, response)
        yield from self._recorded(
            partial(self.store.created, self.intent, id, self.clock.wall()), f"it was made, with the id {id}"
        )

    def _refused(self, error: CleanLifeError) -> Step:
        code = code_of(error)
        end = partial(self.store.ended, self.intent, self.owner, Event.REFUSED, code, self.clock.wall())
        yield from self._recorded(end, f"it was not made ({code})")

    def _left(self, error: OutcomeUnknownError) -> Step:
        # What was refused adds nothing to an earlier doubt. Or who asks again and again would never see it settle.
        attempts, id = self.request.scope.attempts, self.request.operation.id
        is_in_doubt = any(attempt.ambiguous and attempt.operation == id for attempt in attempts)
        sent_at = None if is_in_doubt else self.claim.sent_at
        now = self.clock.wall()
        try:
            yield Blocking(partial(self.store.ended, self.intent, self.owner, Event.LOST, code_of(error), now, sent_at))
        except LedgerError as failure:
            # It stays what it is, which leads to the same: whoever comes next looks first.
            error.add_note(f"the ledger could not be told so: {failure}")

    def _recorded(self, work: Callable[[], bool], known: str) -> Step:
        """Record the end of it, or say what is *known* of it."""
        why = "another process has taken it over meanwhile"
        try:
            if (yield Blocking(work)):
                return
        except LedgerError as failure:
            why = str(failure)
        raise LedgerError(
            f"{self.request.operation.id}: {known}, but that could not be recorded: {why}; call again with the same "
            f"{'reference, or recover(),' if self.request.operation.repeat.key else 'payload'} to have it settled",
            sent=self.sent,
            key=self.intent.reference,
        )


def _asked(work: Callable[[], Any], intent: Intent, request: Request, *, sent: bool) -> Step:
    """What *work* gives. If it fails, nothing of *request* follows, and nothing has come of it so far."""
    try:
        return (yield Blocking(work))
    except LedgerError as failure:
        so_far = "nothing was made" if sent else "nothing was sent"
        text = f"{request.operation.id}: {failure}; {so_far}"
        raise LedgerError(text, sent=sent, key=intent.reference) from None


def _read(provider: Provider, request: Request, intent: Intent, id: str, ask: Send) -> Flow:
    """What was made with this *id*. If it cannot be read now, that is no reason to say that it was not made."""
    try:
        return (yield from read(provider, request, id, ask))
    except NotFoundError:
        raise
    except CleanLifeError as error:
        text = f"{request.operation.id}: it was made, with the id {id}, but it cannot be read now: {error}"
        raise LedgerError(text, key=intent.reference) from error


def code_of(error: CleanLifeError) -> str:
    """What the ledger calls *error*: the API's code if it has one, else its name."""
    return (error.shown_code if isinstance(error, APIStatusError) else "") or type(error).__name__


def watched(flow: Flow, before: Callable[[Effect], Step]) -> Flow:
    """`yield from flow`, with the effects of *before* ahead of each of its own.

    What *before* raises is raised in *flow* in place of the effect, which is then not asked for.
    """
    try:
        effect = next(flow)
        while True:
            try:
                yield from before(effect)
                result = yield effect
            except GeneratorExit:
                raise
            except BaseException as error:  # noqa: BLE001  # Whatever it may be, it is for *flow* to know.
                effect = flow.throw(error)
            else:
                effect = flow.send(result)
    except StopIteration as done:
        response: Response = done.value
        return response
    finally:
        flow.close()
