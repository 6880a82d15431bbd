"""Who may send a creation: decided by what the ledger holds of it, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeAlias

import attrs

from cleanlife_ext.engine.keys import fingerprint_of
from cleanlife_ext.engine.message import Doubt, Request
from cleanlife_ext.ledger.entry import Entry
from cleanlife_ext.ledger.states import OPEN, TRANSITIONS, Event, State

__all__ = ["Busy", "Intent", "Known", "Mine", "Over", "Row", "Taken", "Verdict", "decide", "is_held"]


@attrs.frozen
class Intent:
    """What somebody wants to have made.

    Attributes:
        api: The address of the API: a sandbox and production never share a row.
        reference: What its entry is found by: the key in its body; else the idempotency key that the caller gave; else
            the payload itself, so that whoever asks for the same again finds it without knowing any key. An entry by a
            given key and one by a payload know nothing of each other.
        fingerprint: What is the same for the same request, and for no other.
        request: The body, without what is personal, secret, or not in the spec; nothing at all of it where the key is
            in a header alone.
        complete: Whether nothing of the body had to be left out.
        day: The day that it is for, `""` if that is not said.
        operation: The operation's id.
        key: The idempotency key that a new entry gets, `""` for none.
    """

    api: str
    reference: str
    fingerprint: str = attrs.field(repr=False)
    request: Mapping[str, Any] = attrs.field(repr=False)
    complete: bool = True
    day: str = ""
    operation: str = attrs.field(kw_only=True)
    key: str = ""

    @classmethod
    def of(cls, api: str, request: Request, key: str = "") -> Self:
        """What *request*, which has its key if that is in the body, wants to have made at *api*.

        *key* is the idempotency key that the caller gave.
        """
        operation, body, repeat = request.operation.id, request.body, request.operation.repeat
        if not repeat.key:
            fingerprint = fingerprint_of([operation, request.path, body])
            reference = key or f"payload-{fingerprint[:32]}"  # As many digits as a UUID has.
            return cls(api, reference, fingerprint, {}, complete=False, operation=operation, key=key)
        kept = _kept(request.operation.accepts["body"], body)
        return cls(
            api=api,
            reference=body[repeat.key],
            fingerprint=fingerprint_of(body),
            request=kept,
            complete=kept == body,
            day=str(body.get(repeat.day, "")),
            operation=operation,
            key=key,
        )

    @classmethod
    def again(cls, entry: Entry) -> Self:
        """What *entry* was made for."""
        return cls(
            *(entry.api, entry.reference, entry.fingerprint, entry.request, entry.complete, entry.date),
            operation=entry.operation,
        )


def _kept(rules: Mapping[str, Any], value: Any) -> Any:
    """*value* without what the spec marks as personal or secret, or does not know: nobody can tell what that holds."""
    if isinstance(value, Mapping):
        known = rules.get("properties", {})
        return {
            name: _kept(known[name], inner)
            for name, inner in value.items()
            if name in known and not (known[name].get("x-personal") or known[name].get("x-secret"))
        }
    if isinstance(value, list):
        return [_kept(rules.get("items", {}), item) for item in value]
    return value


@attrs.frozen
class Row:
    """What the ledger holds of a reference, as far as it decides who may send it."""

    fingerprint: str
    state: State
    owner: str = ""
    lease: float = 0.0
    sent_at: float | None = None
    booking_id: str | None = None
    attempts: int = 0
    key: str = ""
    key_at: float | None = None


@attrs.frozen
class Mine:
    """Whoever asked may send it; after a look, if it is in *doubt* whether an earlier owner did.

    *state* is what it becomes, *attempts* counts the claims that led to a sending before, and *sent_at* is when what is
    in doubt was last sent. *key* is the idempotency key to send it with, and *key_at* when it first was.
    """

    state: State
    doubt: Doubt = "none"
    attempts: int = 0
    sent_at: float | None = None
    key: str = ""
    key_at: float | None = None


@attrs.frozen
class Known:
    """It is made."""

    booking_id: str


@attrs.frozen
class Taken:
    """The reference is another request's."""


@attrs.frozen
class Over:
    """It has ended without anything made, and somebody was told so: only who asks for it anew may send it."""


@attrs.frozen
class Busy:
    """Somebody else is at it, and has *seconds* left until they count as dead."""

    seconds: float


Verdict: TypeAlias = Mine | Known | Taken | Over | Busy


def decide(
    row: Row | None, intent: Intent, owner: str, now: float, settles_after: float, *, resumes: bool = False
) -> Verdict:
    """What *owner*, who wants to send what is intended, is told at *now*.

    *settles_after* seconds after it was sent, a request has arrived or never will. Who *resumes* asks for nothing anew.
    What may have been sent keeps its key, so that sending it again is the same to the server.
    """
    if row is None or row.state is State.REJECTED:
        state, attempts = (None, 0) if row is None else (row.state, row.attempts)
        return Over() if resumes else Mine(TRANSITIONS[state, Event.CLAIM], attempts=attempts, key=intent.key)
    if row.fingerprint != intent.fingerprint:
        return Taken()
    if row.booking_id is not None:
        return Known(row.booking_id)
    # Who repeats a claim, because the answer to it was lost, is not held up by themselves.
    if is_held(row.state, row.lease, now) and row.owner != owner:
        return Busy(row.lease - now)
    assert row.state in OPEN
    is_recent = row.sent_at is not None and now - row.sent_at < settles_after
    doubt: Doubt = "none" if row.state is State.PENDING else "recent" if is_recent else "old"
    state = TRANSITIONS[row.state, Event.CLAIM]
    return Mine(state, doubt, row.attempts, row.sent_at, row.key or intent.key, row.key_at)


def is_held(state: State, lease: float, now: float) -> bool:
    """Whether somebody is at what is in this *state*, as far as *lease* tells. Who lost it has told so, and is not."""
    return state is not State.UNKNOWN and lease > now
