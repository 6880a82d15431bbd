"""What surrounds the attempts of a write: what must be known before it is sent, and what is said in the end.

While nobody knows whether it has taken effect, `retry` looks for the effect before it sends anything again. What ends
without an answer is an `OutcomeUnknownError`, never a plain timeout.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from cleanlife_ext.engine.flow import Flow, Send
from cleanlife_ext.engine.keys import todo
from cleanlife_ext.engine.lookups import Inquiry
from cleanlife_ext.engine.message import Attempt, Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.settle import Creation, Settle, prepared
from cleanlife_ext.errors import CleanLifeError, ConflictError, OutcomeUnknownError

__all__ = ["recover", "with_key"]


def recover(provider: Provider, make_key: Callable[[], str], request: Request, send: Send) -> Flow:
    """Let a write take effect once, and end in the truth."""
    request = with_key(request, make_key)
    settle = yield from _prepared(provider, request, send)
    try:
        return (yield from send(attrs.evolve(request, settle=settle)))
    except OutcomeUnknownError as error:
        error.settle, error.key = settle, error.key or (settle.key if settle is not None else "")
        raise
    except CleanLifeError as error:
        if error.ambiguous:
            raise _unknown(request, settle) from error
        answer = None
        if isinstance(error, ConflictError) and isinstance(settle, Creation) and error.code == settle.repeat.taken:
            answer = yield from _bearer(settle, error, send)
        if answer is None:
            raise
        return answer


def _prepared(provider: Provider, request: Request, send: Send) -> Inquiry[Settle | None]:
    try:
        return (yield from prepared(provider, request, send))
    except CleanLifeError as error:
        error.ambiguous = False  # What was sent so far only looked.
        raise


def with_key(request: Request, make_key: Callable[[], str]) -> Request:
    """*request*, with a key if its operation wants one and none was given."""
    field = request.operation.repeat.key
    if not field or request.body.get(field):
        return request
    return attrs.evolve(request, body={**request.body, field: make_key()})


def _bearer(settle: Creation, error: ConflictError, ask: Send) -> Inquiry[Response | None]:
    """Attach to *error* what has the key; give it as the answer to who asked for that."""
    if error.existing is not None or not settle.visible:
        return None  # An unknown outcome was looked up on the way, and this is what was found.
    try:
        row, existing = yield from settle.bearer(ask)
    except CleanLifeError as failure:
        error.__cause__ = failure
        return None
    error.collides_with(existing)
    if row is None or not settle.request.options.adopt:
        return None
    if settle.counts(row):
        return settle.answer_of(row)
    error.add_note("what has the key is not returned: it is not the same, or no longer counts")
    return None


def _unknown(request: Request, settle: Settle | None) -> OutcomeUnknownError:
    attempts, id = request.scope.attempts, request.operation.id
    # None: an earlier call sent it, and this one could not find out what became of it.
    lost = next((attempt for attempt in reversed(attempts) if attempt.operation == id and attempt.ambiguous), None)
    why = "by an earlier call" if lost is None else _outcome(lost)
    failed = "".join(f"; {last.operation}: {_outcome(last)}" for last in attempts[-1:] if _is_failed_look(last, id))
    key = settle.key if settle is not None else ""
    text = "; ".join(filter(None, [f"sent, and the outcome is unknown ({why}{failed})", todo(request)]))
    unknown = OutcomeUnknownError(f"{id}: {text}", key=key)
    if lost is not None:
        # Of what support has to look for, and not of the last look.
        unknown.request_id, unknown.ids = lost.request_id, lost.ids
    unknown.settle = settle
    return unknown


def _is_failed_look(attempt: Attempt, id: str) -> bool:
    return attempt.operation != id and bool(attempt.code)


def _outcome(attempt: Attempt) -> str:
    return attempt.code if attempt.status is None else f"status {attempt.status}"
