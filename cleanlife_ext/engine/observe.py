"""Two layers that watch and change nothing: the whole call, and each attempt of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import attrs

from cleanlife_ext.engine.budget import Budget
from cleanlife_ext.engine.flow import Clock, Flow, Send
from cleanlife_ext.engine.message import FINAL, Attempt, Request
from cleanlife_ext.engine.provider import Provider, shown_code
from cleanlife_ext.errors import APIStatusError, CleanLifeError, DeadlineExceededError, UnexpectedResponseError

__all__ = ["attempt", "call"]


def call(clock: Clock, budget: Budget, request: Request, send: Send) -> Flow:
    """Let an error that leaves the engine say which operation it was, and what was tried."""
    budget.pay()
    try:
        if clock.now() >= request.scope.ends:
            raise DeadlineExceededError("the deadline has passed before this could be sent")
        return (yield from send(request))
    except CleanLifeError as error:
        error.operation = request.operation.id
        error.attempts = tuple(request.scope.attempts) or error.attempts
        if error.attempts:
            error.request_id = error.request_id or error.attempts[-1].request_id
            error.add_note(_story(error))
        raise


def _story(error: CleanLifeError) -> str:
    """What a traceback adds to the error's text: enough for a first look, and for the vendor's support."""
    times = Counter(attempt.operation for attempt in error.attempts if not attempt.held)
    sent = ", ".join(operation if count == 1 else f"{operation} {count} times" for operation, count in times.items())
    last = error.attempts[-1]
    why = [f"not sent again: {last.reason}"] if last.reason not in ("", FINAL) else []
    return "; ".join([f"sent: {sent or 'nothing'}", *why, f"request id {error.request_id}"])


def attempt(
    provider: Provider,
    clock: Clock,
    make_id: Callable[[], str],
    check_open: Callable[[], None],
    request: Request,
    send: Send,
) -> Flow:
    """Give each attempt a request id of its own, and write down how it went. A closed client makes none."""
    check_open()
    header = provider.sends_request_id
    request_id = request.headers.get(header) or make_id()
    stamped = attrs.evolve(request, headers={**request.headers, header: request_id})
    began = clock.now()
    try:
        response = yield from send(stamped)
    except CleanLifeError as error:
        error.request_id = error.request_id or request_id
        request.scope.attempts.append(_failed(request, error, clock.now() - began))
        raise
    request.scope.attempts.append(
        Attempt(
            operation=request.operation.id,
            status=response.status_code,
            code="",
            ambiguous=False,
            request_id=provider.request_id(response.headers) or request_id,
            seconds=clock.now() - began,
        )
    )
    return response


def _failed(request: Request, error: CleanLifeError, seconds: float) -> Attempt:
    code = shown_code(error.code) if isinstance(error, APIStatusError) else ""
    return Attempt(
        operation=request.operation.id,
        status=error.status_code if isinstance(error, APIStatusError | UnexpectedResponseError) else None,
        code=code or type(error).__name__,
        ambiguous=error.ambiguous,
        request_id=error.request_id,
        seconds=seconds,
    )
