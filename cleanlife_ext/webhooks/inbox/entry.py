"""What the inbox shows of a delivery."""

from __future__ import annotations

import datetime as dt

import attrs

from cleanlife_ext.webhooks.inbox.states import State

__all__ = ["InboxEntry"]


@attrs.frozen
class InboxEntry:
    """A delivery as the inbox knows it. Times are in UTC.

    Attributes:
        delivery_id: Its id, by which duplicates are known.
        event: What happened, as `booking.created`.
        booking_id: Of which booking, `""` where it is of none.
        occurred_at: When it happened, as the event says; when it came in, if the event does not.
        received_at: When it came in.
        secret_name: The name of the secret that signed it.
        body: What came in, byte for byte.
        state: How far it has come.
        attempts: How often it was taken up.
        due: When it may be taken up; of one in work, when whoever is at it no longer counts as alive.
        error: What the last handler that failed has raised.
        ended_at: When it was done, or given up.
    """

    delivery_id: str
    event: str
    booking_id: str
    occurred_at: dt.datetime
    received_at: dt.datetime
    secret_name: str
    body: bytes = attrs.field(repr=False)
    state: State
    attempts: int
    due: dt.datetime
    error: str = attrs.field(repr=False)
    ended_at: dt.datetime | None
