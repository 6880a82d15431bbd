"""Deliveries as CleanLife sends them, made up: for tests of what takes them."""

from __future__ import annotations

import datetime as dt
import json
import time
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs
from cleanlife_client.models import Booking, EventType

from cleanlife_ext.values import RIYADH, choice_of, date_of
from cleanlife_ext.webhooks.signing.schemes import SignatureScheme

__all__ = ["Webhook", "WebhookMaker"]

BOOKING_ID = "7d9f3b21-4e6a-4c8d-9b05-2a1c3e5f7d90"
APPOINTMENT = {
    "id": "3c5e7a91-2b4d-4f6a-8c0e-1d3f5b7a9c24",
    "name": "SA-0042",
    "status": "Dispatched",
    "scheduledStartDateTime": "2026-06-20T09:00:00+03:00",
    "scheduledEndDateTime": "2026-06-20T12:00:00+03:00",
}
# What is different about a booking after these events.
AFTER: Mapping[EventType, Mapping[str, Any]] = {
    EventType.BOOKING_CANCELLED: {"status": "canceled"},
    EventType.BOOKING_PAYMENT_FAILED: {"status": "failed", "paymentStatus": "FAILED"},
    EventType.BOOKING_PAYMENT_CONFIRMED: {"paymentStatus": "PAID"},
    EventType.BOOKING_APPOINTMENT_STATUS_CHANGED: {
        "appointmentId": APPOINTMENT["id"],
        "trackingReference": APPOINTMENT["name"],
        "appointment": APPOINTMENT,
    },
}


@attrs.frozen
class Webhook:
    """A delivery as it comes in.

    Attributes:
        headers: What CleanLife sends with it, the signature among them.
        body: What is signed, byte for byte.
        delivery_id: The same whenever this is delivered again.
    """

    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    delivery_id: str


@attrs.frozen
class WebhookMaker:
    """Makes deliveries, signed with *secret* as *scheme* says."""

    secret: str = attrs.field(repr=False)
    scheme: SignatureScheme = SignatureScheme.CLEANLIFE

    def __call__(
        self,
        event: EventType | str = "booking.created",
        *,
        delivery_id: str | None = None,
        at: dt.datetime | None = None,
        previous_status: str | None = None,
        **booking: Any,
    ) -> Webhook:
        """A delivery of *event* that is signed now.

        It is about a booking for a day in June 2026, or for what is said of it by the names of `Booking`:
        `external_reference="ORDER-1"`, `status="success"`, `date="2026-06-21"`. Each call tells of another delivery,
        but those with the same *delivery_id*. *at*: when it happened, with a zone. *previous_status*: of the
        appointment, where that has changed.
        """
        name = choice_of(EventType, event, "event")
        moment = dt.datetime.now(RIYADH) if at is None else at
        if moment.utcoffset() is None:
            raise ValueError("at: a datetime with a zone is needed")
        data = _booking(name, booking).to_dict()
        if name is EventType.BOOKING_APPOINTMENT_STATUS_CHANGED:
            data["previousStatus"] = previous_status
        id = delivery_id or str(uuid.uuid4())
        told = {"deliveryId": id, "event": name.value, "createdAt": moment.isoformat(timespec="seconds"), "data": data}
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = self.scheme.headers(body, self.secret, now=time.time(), id=id)
        return Webhook(MappingProxyType({"Content-Type": "application/json", **headers}), body, id)


def _booking(event: EventType, changes: Mapping[str, Any]) -> Booking:
    """A booking as it is after *event*, with *changes*."""
    fields = {field.name for field in attrs.fields(Booking)} - {"additional_properties"}
    if unknown := sorted(changes.keys() - fields):
        raise TypeError(f"{unknown[0]}: a booking has {', '.join(sorted(fields))}")
    id = changes.get("booking_id", BOOKING_ID)
    sample: dict[str, Any] = {
        "bookingId": str(id),
        "externalReference": "ORDER-1",
        "appointmentId": None,
        "status": "in progress",
        "paymentStatus": "PENDING",
        "trackingReference": str(id),
        "date": "2026-06-20T00:00:00.000Z",
        "timeslot": {"startAt": "09:00", "endAt": "12:00", "endsAtNextDay": False},
        "appointment": None,
        **AFTER.get(event, {}),
    }
    if "date" in changes:
        changes = {**changes, "date": f"{date_of(changes['date'], 'date')}T00:00:00.000Z"}
    return attrs.evolve(Booking.from_dict(sample), **changes)
