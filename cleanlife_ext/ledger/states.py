"""What a creation can be to the ledger, and what happens to it: a table, from which the picture in the docs is drawn.

What a caller was told is final. A definite failure that was told is `REJECTED`, whatever it was; only a crash or a
cancellation leaves `PENDING` or `SENT` behind, and only an `OutcomeUnknownError` leaves `UNKNOWN`. So whoever cleans up
finishes only what nobody was told the end of.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["FINAL", "OPEN", "TRANSITIONS", "Event", "State", "as_mermaid", "sources"]


class State(StrEnum):
    """How far a creation has come, as far as the ledger knows.

    Attributes:
        PENDING: It is intended, and nothing of it has gone out.
        SENT: It may have gone out.
        CREATED: It is made, and has an id.
        REJECTED: It was not made, and its reference is free again.
        UNKNOWN: It went out, and nothing said what became of it.
    """

    PENDING = "PENDING"
    SENT = "SENT"
    CREATED = "CREATED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class Event(StrEnum):
    """What happens to a creation.

    Attributes:
        CLAIM: Somebody takes it upon themselves: nobody else does, or their lease has passed.
        SENDING: Its owner is about to send it.
        ANSWERED: It was made.
        REFUSED: It is known that it was not made, and its owner tells the caller so.
        LOST: Its owner could not find out what became of it, and tells the caller so.
    """

    CLAIM = "claim"
    SENDING = "sending"
    ANSWERED = "answered"
    REFUSED = "refused"
    LOST = "lost"


FINAL = frozenset({State.CREATED, State.REJECTED})
OPEN = frozenset(State) - FINAL

# `None` is where there is no row yet. What stands here nowhere does not happen.
TRANSITIONS: Mapping[tuple[State | None, Event], State] = {
    (None, Event.CLAIM): State.PENDING,
    (State.PENDING, Event.CLAIM): State.PENDING,
    (State.SENT, Event.CLAIM): State.SENT,  # In doubt: looked for before anything is sent.
    (State.UNKNOWN, Event.CLAIM): State.SENT,  # The same.
    (State.REJECTED, Event.CLAIM): State.PENDING,  # Also for another request.
    (State.PENDING, Event.SENDING): State.SENT,
    (State.SENT, Event.SENDING): State.SENT,
    # That it was made is a fact, whoever comes to know it: also an owner whose lease had passed.
    (State.PENDING, Event.ANSWERED): State.CREATED,
    (State.SENT, Event.ANSWERED): State.CREATED,
    (State.UNKNOWN, Event.ANSWERED): State.CREATED,
    (State.PENDING, Event.REFUSED): State.REJECTED,
    (State.SENT, Event.REFUSED): State.REJECTED,
    (State.SENT, Event.LOST): State.UNKNOWN,
}


def sources(event: Event) -> tuple[State, ...]:
    """The states in which *event* may happen."""
    return tuple(state for state, happening in TRANSITIONS if happening is event and state is not None)


def as_mermaid() -> str:
    """The table as a Mermaid state diagram."""
    lines = [f"    {state or '[*]'} --> {after}: {event}" for (state, event), after in TRANSITIONS.items()]
    ends = [f"    {state} --> [*]" for state in State if state in FINAL]
    return "\n".join(["stateDiagram-v2", *lines, *ends, ""])
