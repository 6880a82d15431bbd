"""One event a call and one a retry, through the logger `cleanlife_ext`, with nothing secret or personal in them.

The message is for people. For programs, each record has these fields (`extra=`), every one of them always:

```text
cleanlife_event         "call" or "retry"
cleanlife_operation     the operation's id in the spec
cleanlife_operation_id  what the request ids of all it sent begin with, where the vendor lets them be numbered
cleanlife_method        GET, POST, …
cleanlife_path          the path's template, without its values
cleanlife_status        the HTTP status of the last answer, None if there was none; of a failure never a lookup's
cleanlife_code          the API's error code, or the error's name where no answer came; "" for success
cleanlife_request_id    what the vendor's support asks for
cleanlife_ids           all ids of that request, by the header that bore them: sent, and received
cleanlife_transaction   the caller's own id for what the call is a part of, "" if none was given
cleanlife_ms            milliseconds: of the whole call, or of the attempt that a retry follows
cleanlife_attempt       requests sent so far
cleanlife_wait          seconds: waited in the whole call, or before the retry
cleanlife_reason        why it is sent again, held back, or not simply sent
cleanlife_result        "ok" or the class name of the exception; of a retry ""
cleanlife_source        "sent", "kept", "stale" or "shared"; of a retry ""
```

and `cleanlife_field_<name>` for each key field that the spec allows to be logged (`x-log`) and that was given.

Levels: a call that was sent and went well is `INFO`, one that was answered from the cache or shared is `DEBUG`; a
retry, an old answer for want of a new one, and a call that failed or was cancelled are `WARNING`. So is the one line
that is about no call, and has no fields: the Redis that shares the rate limit has failed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from cleanlife_ext.engine.message import FINAL, Attempt, Request
from cleanlife_ext.engine.trace import NOTICEABLE, Call

__all__ = ["LOGGER", "key_fields", "level_of", "log_call", "log_retry", "logs"]

LOGGER = logging.getLogger("cleanlife_ext")
LOGGER.addHandler(logging.NullHandler())

LONGEST = 64  # characters
PLAIN = re.compile(r"[\w.:,+/-]+")


def logs(level: int) -> bool:
    """Whether anybody would hear of it."""
    return LOGGER.isEnabledFor(level)


def level_of(result: str, source: str) -> int:
    """How loud the event of a call is."""
    if result != "ok" or source == "stale":
        return logging.WARNING
    return logging.INFO if source == "sent" else logging.DEBUG


def key_fields(request: Request) -> dict[str, str]:
    """What of *request* may be logged, by the names of the API: no more than the spec allows, bounded, in one line."""
    template, path = request.operation.path.split("/"), request.path.split("/")
    places = {name[1:-1]: unquote(value) for name, value in zip(template, path, strict=True) if name.startswith("{")}
    body: Mapping[str, Any] = request.body if isinstance(request.body, Mapping) else {}
    given = {**body, **request.query, **places}
    return {name: _shown(given[name]) for name in request.operation.log if given.get(name) is not None}


def _shown(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return text if PLAIN.fullmatch(text) else repr(text)  # Which escapes what would begin a line of its own.


def log_call(call: Call) -> None:
    """A call has ended."""
    level = level_of(call.result, call.source)
    if not logs(level):
        return
    last = _telling(call)
    ended = call.attempts[-1].reason if call.attempts and call.result != "ok" else ""
    reason = call.reason or (ended if ended != FINAL else "")
    LOGGER.log(
        level,
        "%s %s%s -> %s in %.0f ms%s",
        call.method,
        call.path,
        _listed(call.fields, call.transaction),
        _outcome(call, last),
        call.seconds * 1000,
        _remarks(call, last, reason),
        extra=_extra(
            call.fields,
            event="call",
            operation=call.operation,
            operation_id=call.id,
            method=call.method,
            path=call.path,
            transaction=call.transaction,
            **_of_attempt(last),
            ms=round(call.seconds * 1000, 3),
            attempt=call.sent,
            wait=round(call.waiting, 3),
            reason=reason,
            result=call.result,
            source=call.source,
        ),
    )


def log_retry(request: Request, wait: float) -> None:
    """The last attempt failed, and another one follows after a *wait*."""
    if not logs(logging.WARNING):
        return
    attempts = request.scope.attempts
    last, fields, operation = attempts[-1], key_fields(request), request.operation
    number = sum(not attempt.held for attempt in attempts)
    LOGGER.warning(
        "%s %s%s: attempt %d%s -> %s in %.0f ms; goes on in %.1f s (%s; %s)",
        operation.method,
        operation.path,
        _listed(fields, request.scope.transaction),
        number,
        "" if last.operation == operation.id else f" ({last.operation})",
        _answer(last),
        last.seconds * 1000,
        wait,
        last.reason,
        _known_as(last),
        extra=_extra(
            fields,
            event="retry",
            operation=operation.id,
            operation_id=request.scope.id,
            method=operation.method,
            path=operation.path,
            transaction=request.scope.transaction,
            **_of_attempt(last),
            ms=round(last.seconds * 1000, 3),
            attempt=number,
            wait=round(wait, 3),
            reason=last.reason,
            result="",
            source="",
        ),
    )


def _telling(call: Call) -> Attempt | None:
    """The attempt that says most about how *call* ended: of a failure its own last one, and not that of a lookup."""
    sent = [attempt for attempt in call.attempts if not attempt.held]
    own = [attempt for attempt in sent if attempt.operation == call.operation]
    return next(reversed(sent if call.result == "ok" else own or sent), None)


def _extra(fields: Mapping[str, str], **more: object) -> dict[str, object]:
    return {f"cleanlife_{name}": value for name, value in more.items()} | {
        f"cleanlife_field_{name}": value for name, value in fields.items()
    }


def _of_attempt(last: Attempt | None) -> dict[str, Any]:
    if last is None:
        return {"status": None, "code": "", "request_id": "", "ids": {}}
    return {"status": last.status, "code": last.code, "request_id": last.request_id, "ids": dict(last.ids)}


def _listed(fields: Mapping[str, str], transaction: str) -> str:
    listed = "".join(f" {name}={value}" for name, value in fields.items())
    return f"{listed} transaction={transaction}" if transaction else listed


def _known_as(attempt: Attempt) -> str:
    correlation = f"; correlation id {attempt.correlation_id}" if attempt.correlation_id else ""
    return f"request id {attempt.request_id}{correlation}"


def _answer(attempt: Attempt) -> str:
    return " ".join(filter(None, [str(attempt.status or "no answer"), attempt.code]))


def _outcome(call: Call, last: Attempt | None) -> str:
    answer = f"{call.source} answer" if last is None or call.source != "sent" else _answer(last)
    if call.result == "ok":
        return answer
    if last is None:
        return call.result
    who = f"{last.operation} " if last.operation != call.operation else ""
    return f"{who}{_answer(last)}{f', {call.result}' if call.result != last.code else ''}"


def _remarks(call: Call, last: Attempt | None, reason: str) -> str:
    remarks = [
        f"{call.sent} attempts" if call.sent > 1 else "",
        f"{call.waiting:.1f} s of waits" if call.waiting >= NOTICEABLE else "",
        reason,
        _known_as(last) if last is not None else "",
    ]
    said = "; ".join(filter(None, remarks))
    return f" ({said})" if said else ""
