"""What was answered to whom under which idempotency key.

A key belongs to a client and a path to which it posts, and lives for an hour from its first receipt; payloads are equal
if their JSON is. Only successes are kept: after a refusal the key is free.

Decided here: another payload is refused also while the first one is in progress. The job of a key is given again as
long as it runs, which may be longer than an hour; one that has ended makes room for another, of the same payload as
long as the hour lasts.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Generic, TypeVar

from attrs import frozen

T = TypeVar("T")
HOUR = dt.timedelta(hours=1)
Scope = tuple[str, str, str]  # Whose key, to which path, and the key.


class ReusedKeyError(Exception):
    """The key was used for another payload."""


@frozen
class Made(Generic[T]):
    """What a POST has made, and its answer."""

    id: str
    answer: T


@frozen
class Kept(Generic[T]):
    """What is remembered of a key."""

    fingerprint: bytes
    received_at: dt.datetime
    made: Made[T]


class KeyStore(Generic[T]):
    """The keys of all clients.

    *takes*: for so long a repetition finds the first request *in_progress*. *is_running* says of the id of a job
    whether it does.
    """

    def __init__(
        self,
        now: Callable[[], dt.datetime],
        *,
        lifetime: dt.timedelta = HOUR,
        takes: dt.timedelta = dt.timedelta(),
        in_progress: Callable[[], T] | None = None,
        is_running: Callable[[str], bool] = lambda _id: False,
    ) -> None:
        self._now = now
        self._lifetime = lifetime
        self._takes = takes
        self._in_progress = in_progress
        self._is_running = is_running
        self._kept: dict[Scope, Kept[T]] = {}  # In the order of their receipt.

    def once(self, scope: Scope, payload: bytes, make: Callable[[], Made[T]], *, is_job: bool = False) -> T:
        """The answer to *payload*, for which *make* is called unless it was before; or `ReusedKeyError`."""
        self._forget()
        fingerprint = hashlib.sha256(payload).digest()
        kept = self._kept.get(scope)
        if kept is not None and self._lives(kept):
            if kept.fingerprint != fingerprint:
                raise ReusedKeyError
            if is_job and self._is_running(kept.made.id):
                return kept.made.answer
            if not is_job and self._in_progress is not None and self._now() < kept.received_at + self._takes:
                return self._in_progress()
            if not is_job:
                return kept.made.answer
        self._kept.pop(scope, None)
        made = make()
        self._kept[scope] = Kept(fingerprint, self._now(), made)
        return made.answer

    def _lives(self, kept: Kept[T]) -> bool:
        return self._now() < kept.received_at + self._lifetime or self._is_running(kept.made.id)

    def _forget(self) -> None:
        """Let go of the oldest ones, as far as they are worth nothing any more."""
        while self._kept:
            scope, oldest = next(iter(self._kept.items()))
            if self._lives(oldest):
                return
            del self._kept[scope]
