"""What a delivery says: an event of a known kind, or one that is kept as it came. Nothing here checks who said it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs
from cleanlife_client.models import Booking, EventType

from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.engine.message import DECODER
from cleanlife_ext.engine.shape import misfit
from cleanlife_ext.webhooks.identifiers import is_identifier
from cleanlife_ext.webhooks.signing.clocks import in_utc

__all__ = [
    "KINDS",
    "BookingAppointmentStatusChanged",
    "BookingCancelled",
    "BookingCreated",
    "BookingEvent",
    "BookingPaymentConfirmed",
    "BookingPaymentFailed",
    "BookingUpdated",
    "Event",
    "UnknownEvent",
    "content_of",
    "parse",
]

PREVIOUS = "previousStatus"


@attrs.frozen(kw_only=True)
class Event:
    """Something has happened.

    Attributes:
        delivery_id: The same whenever this is delivered again: deduplicate by it.
        event: What has happened, such as `booking.created`.
        created_at: When, in UTC; `None` if an `UnknownEvent` does not say.
        booking: The booking as it was then; `None` if an `UnknownEvent` holds none.
        secret_name: The name of the secret that it was signed with, `""` if that has none.
    """

    delivery_id: str
    event: str
    created_at: dt.datetime | None
    booking: Booking | None
    _content: dict[str, Any] = attrs.field(factory=dict[str, Any], repr=False)
    secret_name: str = ""

    @property
    def content(self) -> Mapping[str, Any]:
        """All that the delivery said, also what nobody knows yet. The `repr` does not show it."""
        return MappingProxyType(self._content)

    @property
    def booking_id(self) -> str:
        """Which booking it is about, as far as that can be told, else `""`."""
        if self.booking is not None:
            return str(self.booking.booking_id)
        return _identifier(_inner(self._content).get("bookingId"))


@attrs.frozen(kw_only=True)
class BookingEvent(Event):
    """Something has happened to a booking."""

    created_at: dt.datetime
    booking: Booking


@attrs.frozen(kw_only=True)
class BookingCreated(BookingEvent):
    """A booking was made."""


@attrs.frozen(kw_only=True)
class BookingUpdated(BookingEvent):
    """A booking was moved, or changed otherwise."""


@attrs.frozen(kw_only=True)
class BookingCancelled(BookingEvent):
    """A booking was cancelled."""


@attrs.frozen(kw_only=True)
class BookingPaymentFailed(BookingEvent):
    """CleanLife could not collect the money for a booking."""


@attrs.frozen(kw_only=True)
class BookingPaymentConfirmed(BookingEvent):
    """The partner has confirmed that a booking is paid."""


@attrs.frozen(kw_only=True)
class BookingAppointmentStatusChanged(BookingEvent):
    """The visit has come further.

    Attributes:
        previous_status: The status of the appointment before; `None` if there was none.
    """

    previous_status: str | None = None


@attrs.frozen(kw_only=True)
class UnknownEvent(Event):
    """An event that the spec does not know, or a known one that does not look as it should: kept, for you to judge."""


KINDS: Mapping[str, type[BookingEvent]] = MappingProxyType(
    {
        EventType.BOOKING_APPOINTMENT_STATUS_CHANGED: BookingAppointmentStatusChanged,
        EventType.BOOKING_CANCELLED: BookingCancelled,
        EventType.BOOKING_CREATED: BookingCreated,
        EventType.BOOKING_PAYMENT_CONFIRMED: BookingPaymentConfirmed,
        EventType.BOOKING_PAYMENT_FAILED: BookingPaymentFailed,
        EventType.BOOKING_UPDATED: BookingUpdated,
    }
)


@discreet
def parse(body: bytes, *, delivery_id: str = "", secret_name: str = "") -> Event:
    """The event that *body* tells. What it says of its own id is signed, so it outweighs the *delivery_id* beside it.

    Raises:
        ValueError: It is no JSON object.
    """
    content = content_of(body)
    if content is None:
        raise ValueError("the body is no JSON object")
    event, data = _identifier(content.get("event")), _inner(content)
    booking, created_at = _booking(data), in_utc(content.get("createdAt"))
    said: dict[str, Any] = {
        "delivery_id": _identifier(content.get("deliveryId")) or _identifier(delivery_id) or _digest(body),
        "event": event,
        "created_at": created_at,
        "booking": booking,
        "content": content,
        "secret_name": secret_name,
    }
    kind, previous = KINDS.get(event), data.get(PREVIOUS)
    if kind is None or booking is None or created_at is None:
        return UnknownEvent(**said)
    if kind is not BookingAppointmentStatusChanged:
        return kind(**said)
    if previous is None or isinstance(previous, str):
        return kind(**said, previous_status=previous)
    return UnknownEvent(**said)


def content_of(body: bytes) -> dict[str, Any] | None:
    """The JSON object that *body* is, or `None`: Python's own error would carry the whole body along."""
    try:
        content = DECODER.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _inner(content: Mapping[str, Any]) -> dict[str, Any]:
    data = content.get("data")
    return data if isinstance(data, dict) else {}


def _booking(data: Mapping[str, Any]) -> Booking | None:
    """The booking in *data*, without what stands beside it there."""
    try:
        booking = Booking.from_dict({name: value for name, value in data.items() if name != PREVIOUS})
    except (AttributeError, KeyError, TypeError, ValueError):  # What generated code meets strange values with.
        return None
    return booking if misfit(booking) is None else None


def _identifier(value: Any) -> str:
    return value if is_identifier(value) else ""


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"
