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

from attrs import frozen

from cleanlife_ext.simulator.calls import Answer
from cleanlife_ext.simulator.healthgorilla import outcomes
from cleanlife_ext.simulator.healthgorilla.reading import Ask

Scope = tuple[str, str, str]


@frozen
class Made:
    """What a POST has made, and its answer."""

    id: str
    answer: Answer


@frozen
class Kept:
    """What is remembered of a key."""

    fingerprint: bytes
    received_at: dt.datetime
    made: Made


class KeyStore:
    """The keys of all clients. *is_running* says of the id of a job whether it does."""

    def __init__(
        self,
        now: Callable[[], dt.datetime],
        is_running: Callable[[str], bool],
        *,
        lifetime: dt.timedelta,
        creation_takes: dt.timedelta,
    ) -> None:
        self._now = now
        self._is_running = is_running
        self._lifetime = lifetime
        self._creation_takes = creation_takes
        self._kept: dict[Scope, Kept] = {}  # In the order of their receipt.

    def once(self, ask: Ask, make: Callable[[], Made], *, is_job: bool = False) -> Answer:
        """The answer to *ask*, for which *make* is called unless it was before."""
        if ask.key is None:
            return make().answer
        self._forget()
        scope, fingerprint = (ask.client.id, ask.path, ask.key), hashlib.sha256(ask.payload).digest()
        kept = self._kept.get(scope)
        if kept is not None and self._lives(kept):
            if kept.fingerprint != fingerprint:
                raise outcomes.key_conflict(ask.key)
            if not is_job or self._is_running(kept.made.id):
                return self._again(kept, is_job=is_job)
        self._kept.pop(scope, None)
        made = make()
        self._kept[scope] = Kept(fingerprint, self._now(), made)
        return made.answer

    def _again(self, kept: Kept, *, is_job: bool) -> Answer:
        is_ready = is_job or self._now() >= kept.received_at + self._creation_takes
        return kept.made.answer if is_ready else outcomes.empty(202)

    def _lives(self, kept: Kept) -> bool:
        return self._now() < kept.received_at + self._lifetime or self._is_running(kept.made.id)

    def _forget(self) -> None:
        """Let go of the oldest ones, as far as they are worth nothing any more."""
        while self._kept:
            scope, oldest = next(iter(self._kept.items()))
            if self._lives(oldest):
                return
            del self._kept[scope]
