"""Idempotency keys: one for each payload, the same however often that is sent, and never for another one."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

import attrs
import cachetools

from cleanlife_ext.engine.flow import Clock, Flow, Send
from cleanlife_ext.engine.lock import LOCK
from cleanlife_ext.engine.message import Attempt, Headers, Request, Response
from cleanlife_ext.errors import CleanLifeError, IdempotencyConflictError, OutcomeUnknownError

__all__ = ["Keys", "fingerprint_of", "is_known", "key_in", "keyed", "todo", "while_known", "with_header"]

MOST_KNOWN = 10_000
LATE = 1 / 6  # Of a key's lifetime, ten minutes of an hour: what is sent then may come when it has been forgotten.


@attrs.define
class _Use:
    """What a key was used for: the payload, since when, and how that ended. Without *since* it has had no effect.

    *times* is how often it was used.
    """

    payload: str
    since: float | None = None
    in_doubt: bool = False
    times: int = 0

    def took_effect(self) -> None:
        """What the key was used for is done."""
        with LOCK:
            self.in_doubt = False

    def had_none(self, before: _Use) -> None:
        """The last use has had no effect, so all is as it was *before*: unless others have begun one meanwhile."""
        with LOCK:
            if self.times == before.times + 1:
                self.since, self.in_doubt = before.since, before.in_doubt


class Keys:
    """The keys that a client has used, the last 10,000 of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: cachetools.LRUCache[str, _Use] = cachetools.LRUCache(MOST_KNOWN)

    def use(self, request: Request, key: str) -> tuple[_Use, _Use]:
        """How *key* is used for *request* from now on, and how it was before."""
        payload, now = fingerprint_of([request.operation.id, request.path, request.body]), self._clock.now()
        with LOCK:
            use = self._known.setdefault(key, _Use(payload))
            if use.payload != payload:
                raise _conflict(request, "was used for another payload")
            before = attrs.evolve(use)
            use.since, use.in_doubt, use.times = now if use.since is None else use.since, True, use.times + 1
        return use, before


def keyed(keys: Keys, clock: Clock, request: Request, send: Send) -> Flow:
    """Give *request* the key that it is sent with, each time; and refuse the key of another payload."""
    request = with_header(request)
    key, lifetime, now = key_in(request), request.operation.repeat.lifetime, clock.now()
    use, before = keys.use(request, key)
    since = now if before.since is None else before.since
    if lifetime is not None:
        until = since + lifetime if request.key_until is None else request.key_until
        request = attrs.evolve(request, key_until=until)
        # One that was used long ago says nothing any more: what it was used for is looked for, and not sent.
        is_old = before.since is not None and not is_known(request, now)
        if request.doubt == "none" and (before.in_doubt or is_old):
            request = attrs.evolve(request, doubt="recent")
    try:
        response = yield from send(request)
    except CleanLifeError as error:
        if not (error.ambiguous or isinstance(error, OutcomeUnknownError)):
            use.had_none(before)  # Of an earlier one it says nothing.
        raise
    use.took_effect()
    return response


def is_known(request: Request, now: float) -> bool:
    """Whether the API will still know the key of *request* when that arrives, as late as that may be."""
    lifetime, until = request.operation.repeat.lifetime, request.key_until
    assert lifetime is not None
    assert until is not None
    return now + max(request.options.timeout, lifetime * LATE) < until


def while_known(clock: Clock, request: Request, send: Send) -> Flow:
    """Send what is in doubt only while the API knows its key: for its rate it may have been held back for long."""
    if request.doubt != "none" and not is_known(request, clock.now()):
        why = "its idempotency key has grown too old while it was held back"
        held = Attempt(
            request.operation.id, None, "", ambiguous=False, request_id="", seconds=0.0, reason=why, held=True
        )
        request.scope.attempts.append(held)
        raise OutcomeUnknownError(f"{request.operation.id}: in doubt, and {why}; it was not sent again")
    return (yield from send(request))


def with_header(request: Request) -> Request:
    """*request* with an idempotency key: that which was given, else a new one."""
    key = key_in(request) or str(uuid.uuid4())
    return attrs.evolve(request, headers={**request.headers, request.operation.repeat.header.lower(): key})


def key_in(request: Request) -> str:
    """The idempotency key of *request*, `""` if it has none. However a UUID is written, servers compare texts."""
    return request.headers.get(request.operation.repeat.header.lower(), "").lower()


def todo(request: Request) -> str:
    """What whoever is told that the outcome of *request* is unknown does next; `""` if it has no key that tells."""
    repeat = request.operation.repeat
    if repeat.key:
        return f"look for {repeat.key} {request.body[repeat.key]!r} before you send it again"
    if repeat.lifetime is None:
        return ""
    life = f"{repeat.lifetime * (1 - LATE) / 60:.0f} minutes"
    same = f"the same call with idempotency_key={key_in(request)!r}"
    return f"for {life} after it was first sent, {same} tells, and makes nothing twice; one without it may"


def fingerprint_of(payload: Any) -> str:
    """What is the same for the same payload, and for no other."""
    canonical = json.dumps(payload, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _conflict(request: Request, why: str) -> IdempotencyConflictError:
    text = f"{request.operation.id}: this idempotency key {why}; nothing was sent; without one each payload has its own"
    return IdempotencyConflictError(text, response=Response(409, Headers(), b""))
