"""What a delivery can be to the inbox, and what happens to it: a table, from which the one in the docs is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["OPEN", "TRANSITIONS", "Happening", "State"]


class State(StrEnum):
    """How far a delivery has come.

    Attributes:
        WAITING: It is on disk, and was answered with 200. Its turn comes, or comes again after a failure.
        PROCESSING: Somebody is at it, until their lease passes.
        DONE: All its handlers have returned.
        DEAD: Its handlers have failed too often. Nothing happens to it until somebody says so.
    """

    WAITING = "WAITING"
    PROCESSING = "PROCESSING"
    DONE = "DONE"
    DEAD = "DEAD"


class Happening(StrEnum):
    """What happens to a delivery.

    Attributes:
        ARRIVED: It came in, signed, with an id that was not there.
        CLAIMED: Somebody takes it up: for the first time, again, or after the one before has died.
        PROCESSED: All its handlers have returned, and what they did in the inbox's transaction stands.
        FAILED: A handler has raised.
        GIVEN_UP: The same, once too often; or whoever was at it died, as often.
        REVIVED: A person has asked for another try.
    """

    ARRIVED = "arrived"
    CLAIMED = "claimed"
    PROCESSED = "processed"
    FAILED = "failed"
    GIVEN_UP = "given up"
    REVIVED = "revived"


OPEN = frozenset({State.WAITING, State.PROCESSING})

# `None` is where there is no row yet. What stands here nowhere does not happen: a duplicate changes nothing.
TRANSITIONS: Mapping[tuple[State | None, Happening], State] = {
    (None, Happening.ARRIVED): State.WAITING,
    (State.WAITING, Happening.CLAIMED): State.PROCESSING,
    (State.PROCESSING, Happening.CLAIMED): State.PROCESSING,
    (State.PROCESSING, Happening.PROCESSED): State.DONE,
    (State.PROCESSING, Happening.FAILED): State.WAITING,
    (State.PROCESSING, Happening.GIVEN_UP): State.DEAD,
    (State.DEAD, Happening.REVIVED): State.WAITING,
}
