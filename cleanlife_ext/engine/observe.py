"""Two layers that watch and change nothing: the whole call, and each attempt of it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial

import attrs

from cleanlife_ext.engine.budget import Budget
from cleanlife_ext.engine.flow import Clock, Flow, Send
from cleanlife_ext.engine.keys import todo
from cleanlife_ext.engine.log import key_fields, level_of, log_call, logs
from cleanlife_ext.engine.message import FINAL, Attempt, Headers, Notes, Request, Response, Scope
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.trace import NOTICEABLE, Call, Tracer
from cleanlife_ext.errors import APIStatusError, CleanLifeError, DeadlineExceededError

__all__ = ["attempt", "call", "inform"]


def call(clock: Clock, budget: Budget, tracer: Tracer, request: Request, send: Send) -> Flow:
    """Let an error that leaves the engine say what was tried, and tell of the call to whoever listens."""
    budget.pay()
    watch = _Watch(clock, tracer, request, clock.now())
    request.scope.notes = Notes(request, first=len(request.scope.attempts))
    request.scope.rested = watch.began
    try:
        watch.check_time()
        response = yield from send(request)
    except CleanLifeError as error:
        error.operation = request.operation.id
        inform(error, request.scope)
        if error.attempts:
            error.add_note(_story(error))
        error.call = watch.tell(type(error).__name__)
        raise
    except BaseException as broken:
        watch.tell(_name_of(broken))
        _warn(request.scope.notes.request or request, broken)
        raise
    if watch.is_heard():
        watch.tell("ok")
    return response


def inform(error: CleanLifeError, scope: Scope) -> None:
    """Let *error* know what was sent in *scope*, under which ids and for what."""
    error.transaction = scope.transaction
    error.attempts = tuple(scope.attempts) or error.attempts
    if error.attempts:
        error.request_id = error.request_id or error.attempts[-1].request_id
    its = (made.ids for made in reversed(error.attempts) if made.request_id == error.request_id)
    error.ids = error.ids or next(its, {})


def _story(error: CleanLifeError) -> str:
    """What a traceback adds to the error's text: enough for a first look, and for the vendor's support."""
    times = Counter(attempt.operation for attempt in error.attempts if not attempt.held)
    sent = ", ".join(operation if count == 1 else f"{operation} {count} times" for operation, count in times.items())
    last = error.attempts[-1]
    why = [f"not sent again: {last.reason}"] if last.reason not in ("", FINAL) else []
    return "; ".join([f"sent: {sent or 'nothing'}", *why, f"request id {error.request_id}"])


@attrs.frozen(eq=False)
class _Watch:
    """One call, from its beginning on."""

    clock: Clock
    tracer: Tracer
    request: Request
    began: float

    def check_time(self) -> None:
        """Raise if it comes too late."""
        if self.began >= self.request.scope.ends:
            raise DeadlineExceededError("the deadline has passed before this could be sent")

    def is_heard(self) -> bool:
        """Whether anybody wants to know that it went well; telling costs more than asking."""
        return logs(level_of("ok", self.request.scope.notes.source)) or bool(self.tracer.listeners())

    def tell(self, result: str) -> Call:
        """Record how it ended, for all who listen."""
        now = self.clock.now()
        _rested(self.request.scope, now)
        call = self._recorded(result, now)
        for calls in self.tracer.listeners():
            calls.add(call)
        log_call(call)
        return call

    def _recorded(self, result: str, now: float) -> Call:
        scope, operation = self.request.scope, self.request.operation
        notes = scope.notes
        return Call(
            id=scope.id,
            operation=operation.id,
            method=operation.method,
            path=operation.path,
            fields=key_fields(notes.request or self.request),
            began=dt.datetime.fromtimestamp(self.clock.wall() - (now - self.began), dt.UTC),
            seconds=_exact(now - self.began),
            attempts=tuple(scope.attempts[notes.first :]),
            result=result,
            source=notes.source,
            reason=notes.reason,
            earlier=_exact(self.began - scope.began),
            sent_before=_sent(scope.attempts[: notes.first]),
            transaction=scope.transaction,
        )


def attempt(provider: Provider, clock: Clock, check_open: Callable[[], None], request: Request, send: Send) -> Flow:
    """Give each attempt a request id of its own, and write down how it went. A closed client makes none."""
    check_open()
    scope, began, header = request.scope, clock.now(), provider.sends_request_id
    _rested(scope, began)
    request_id = _new_id(provider, request)
    if (asked := scope.notes.request) is not None and asked.operation is request.operation:
        scope.notes.request = request  # With what was added on the way, such as a key.
    ended = partial(_ended, clock, began, request)
    try:
        response = yield from send(attrs.evolve(request, headers={**request.headers, header: request_id}))
    except CleanLifeError as error:
        error.request_id = error.request_id or request_id
        error.ids = error.ids or provider.ids(_headers_of(error), sent=request_id)
        ended(_status_of(error), _code_of(error), error.request_id, error.ids, ambiguous=error.ambiguous)
        raise
    except BaseException as broken:
        ended(None, _name_of(broken), request_id, {header: request_id}, ambiguous=True)  # Nobody knows how far it came.
        raise
    ids = provider.ids(response.headers, sent=request_id)
    ended(response.status_code, "", provider.request_id(response.headers) or request_id, ids, ambiguous=False)
    return response


def _new_id(provider: Provider, request: Request) -> str:
    given = request.headers.get(provider.sends_request_id)
    if provider.sends_uuids:
        # One that was given goes with each attempt as it is: only another operation must not have it again, and a
        # lookup, which is one, takes none of the headers along.
        return given or str(uuid.uuid4())
    return f"{given or request.scope.id}.{1 + _sent(request.scope.attempts)}"


def _sent(attempts: list[Attempt]) -> int:
    return sum(not made.held for made in attempts)


def _status_of(error: CleanLifeError) -> int | None:
    return getattr(error, "status_code", None)


def _headers_of(error: CleanLifeError) -> Headers:
    response: Response | None = getattr(error, "response", None)
    return Headers() if response is None else response.headers


def _code_of(error: CleanLifeError) -> str:
    return (error.shown_code if isinstance(error, APIStatusError) else "") or type(error).__name__


def _ended(
    clock: Clock,
    began: float,
    request: Request,
    status: int | None,
    code: str,
    request_id: str,
    ids: Mapping[str, str],
    *,
    ambiguous: bool,
) -> None:
    scope, now = request.scope, clock.now()
    seconds = _exact(now - began)
    scope.attempts.append(Attempt(request.operation.id, status, code, ambiguous, request_id, seconds, ids=ids))
    scope.rested = now


def _rested(scope: Scope, now: float) -> None:
    """Nothing was under way until *now*: see to it that the waits noted since are as long as that, truly."""
    noted: list[Attempt] = []
    for made in reversed(scope.attempts[scope.notes.first :]):
        noted.append(made)
        if not made.held:
            break
    if not noted:
        return
    missing = now - scope.rested - sum(made.wait or 0.0 for made in noted)
    # What passed before anything was sent or held back stands in no attempt.
    if missing <= -NOTICEABLE or (missing >= NOTICEABLE and not noted[-1].held):
        wait = max(0.0, (noted[0].wait or 0.0) + missing)
        scope.attempts[-1] = attrs.evolve(noted[0], wait=_exact(wait))


def _warn(request: Request, broken: BaseException) -> None:
    """Say beside what is not ours (a cancellation, or a callback's error) that a write was left in doubt."""
    operation, made, cause = request.operation, request.scope.attempts, _cause_of(broken)
    # What a callback raised was raised before anything went out; of a cancellation nobody knows.
    before = made[:-1] if isinstance(cause, Exception) else made
    if operation.repeat.safe or not any(_may_have_done(operation.id, attempt) for attempt in before):
        return
    cause.add_note("; ".join(filter(None, [f"{operation.id}: sent, and the outcome is unknown", todo(request)])))


def _may_have_done(id: str, attempt: Attempt) -> bool:
    """Whether it is one that took effect, or may have."""
    return attempt.operation == id and not attempt.held and (attempt.ambiguous or not attempt.code)


def _cause_of(broken: BaseException) -> BaseException:
    """What ended a flow that was closed: the driver closes it while it passes on what happened elsewhere."""
    if not isinstance(broken, GeneratorExit):
        return broken
    cause: BaseException = broken
    while isinstance(cause, GeneratorExit) and cause.__context__ is not None:  # Closed by a layer that was closed.
        cause = cause.__context__
    return cause


def _name_of(broken: BaseException) -> str:
    return type(_cause_of(broken)).__name__


def _exact(seconds: float) -> float:
    return round(seconds, 6)
