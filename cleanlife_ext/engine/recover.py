"""What surrounds the attempts of a write: what must be known before it is sent, and what is said in the end.

While nobody knows whether it has taken effect, `retry` looks for the effect before it sends anything again. What ends
without an answer is an `OutcomeUnknownError`, never a plain timeout.
"""

from __future__ import annotations

from collections.abc import Callable

import attrs

from cleanlife_ext.engine.flow import Flow, Send
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.settle import Inquiry, Keyed, Settle, answer_of, prepared
from cleanlife_ext.errors import APIStatusError, CleanLifeError, ConflictError, OutcomeUnknownError

__all__ = ["recover"]


def recover(provider: Provider, make_key: Callable[[], str], request: Request, send: Send) -> Flow:
    """Let a write take effect once, and end in the truth."""
    request = _with_key(request, make_key)
    settle = yield from prepared(provider, request, send)
    try:
        return (yield from send(attrs.evolve(request, settle=settle)))
    except ConflictError as error:
        if error.code != request.operation.repeat.taken or not isinstance(settle, Keyed):
            raise
        answer = yield from _bearer(settle, error, send)
        if answer is None:
            raise
        return answer
    except CleanLifeError as error:
        if not error.ambiguous:
            raise
        raise _unknown(request, settle, error) from error


def _with_key(request: Request, make_key: Callable[[], str]) -> Request:
    field = request.operation.repeat.key
    if not field or request.body.get(field):
        return request
    return attrs.evolve(request, body={**request.body, field: make_key()})


def _bearer(settle: Keyed, error: ConflictError, ask: Send) -> Inquiry[Response | None]:
    """Attach to *error* what has the key; give it as the answer to who asked for that."""
    if error.existing is not None:
        return None  # An unknown outcome was looked up on the way, and this is what was found.
    try:
        row, error.existing = yield from settle.bearer(ask)
    except CleanLifeError as failure:
        error.__cause__ = failure
        return None
    if row is None or not settle.request.options.adopt:
        return None
    if settle.counts(row):
        return answer_of(settle.provider, row)
    error.add_note("what has the key is not returned: it is not the same, or no longer counts")
    return None


def _unknown(request: Request, settle: Settle | None, error: CleanLifeError) -> OutcomeUnknownError:
    if isinstance(error, OutcomeUnknownError):
        return error
    key = settle.key if settle is not None else ""
    what = f"; look for {request.operation.repeat.key} {key!r} before you send it again" if key else ""
    status = f"status {error.status_code}" if isinstance(error, APIStatusError) else type(error).__name__
    unknown = OutcomeUnknownError(f"{request.operation.id}: sent, and the outcome is unknown ({status}){what}", key=key)
    unknown.request_id = error.request_id
    unknown.settle = settle
    return unknown
