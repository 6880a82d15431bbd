"""What the ledger shows of a booking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import attrs

from cleanlife_ext.ledger.states import State

__all__ = ["Entry"]


@attrs.frozen
class Entry:
    """A booking as the ledger knows it. Times are in UTC.

    Attributes:
        api: The address of the API that it was meant for.
        reference: Its external reference, with the client's prefix.
        state: How far it has come.
        booking_id: Its id, once it is made.
        error_code: Why it was rejected, or why its outcome is unknown: the API's code, or the error's name.
        attempts: How many claims of it led to a sending.
        date: The day of service, as it was asked for.
        request: What was asked for, by the API's names, without personal data; empty if it cannot be read.
        complete: Whether that is all of it, so that it could be sent from here.
        fingerprint: What is the same for the same request, and for no other.
        lease: Until when whoever sends it counts as alive.
        sent_at: When it was last about to be sent, `None` if it never was since it was claimed.
        created_at: When its reference was first claimed.
        updated_at: When this last changed.
    """

    api: str
    reference: str
    state: State
    booking_id: str | None
    error_code: str
    attempts: int
    date: str
    request: Mapping[str, Any]
    complete: bool
    fingerprint: str
    lease: dt.datetime
    sent_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime
