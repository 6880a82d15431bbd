"""What the ledger shows of a creation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import attrs

from cleanlife_ext.ledger.states import State

__all__ = ["Entry"]


@attrs.frozen
class Entry:
    """A creation as the ledger knows it, such as that of a booking. Times are in UTC.

    Attributes:
        api: The address of the API that it was meant for.
        reference: Its external reference, with the client's prefix; where there is none the idempotency key that the
            caller gave, or `payload-` with a digest of what was asked for.
        operation: The id of the operation that creates it.
        state: How far it has come.
        booking_id: The id of what was made, once it is, whatever it may be.
        error_code: Why it was rejected, or why its outcome is unknown: the API's code, or the error's name.
        attempts: How many claims of it led to a sending.
        date: The day of service, as it was asked for.
        request: What was asked for, by the API's names, without personal data; empty if it cannot be read, or if its
            key is in a header alone.
        complete: Whether that is all of it, so that it could be sent from here.
        fingerprint: What is the same for the same request, and for no other.
        lease: Until when whoever sends it counts as alive.
        sent_at: When it was last about to be sent, `None` if it never was since it was claimed.
        idempotency_key: The key that it is sent with in a header, `""` for none.
        key_at: When it was first about to be sent with that key, `None` if it never was.
        created_at: When its reference was first claimed.
        updated_at: When this last changed.
    """

    api: str
    reference: str
    operation: str
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
    idempotency_key: str
    key_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime
