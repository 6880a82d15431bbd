"""Subscriptions, what happened, and what was sent because of it."""

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.webhooks.mishaps import UNHARMED, Fate

EVENTS = (
    "booking.created",
    "booking.updated",
    "booking.cancelled",
    "booking.payment_failed",
    "booking.payment_confirmed",
    "booking.appointment_status_changed",
)
APPOINTMENT_EVENT = EVENTS[-1]
SUBSCRIPTION_STATUSES = ("ACTIVE", "INACTIVE")
DELIVERY_STATUSES = ("PENDING", "DELIVERED", "FAILED")
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@frozen
class Event:
    """Something happened to a booking, which is shown as it was then.

    *previous_status*: that of its appointment, if this is what has changed; None if there was no appointment.
    *delivery_ids*: by which it is told.
    """

    name: str
    booking: Booking
    created_at: dt.datetime
    previous_status: str | None = None
    delivery_ids: tuple[str, ...] = ()


@frozen
class Subscription:
    """Where a partner wants which events sent; the secret signs them. The URL may hold a password."""

    id: str
    partner_id: str
    url: str = field(repr=False)
    events: tuple[str, ...]
    created_at: dt.datetime
    updated_at: dt.datetime
    secret: str = field(repr=False)
    status: str = "ACTIVE"


@frozen
class WebhookRequest:
    """A POST to a receiver; its URL may hold a password, so it is not shown."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@frozen
class Outcome:
    """What became of a request: a status, or else the reason why there is none."""

    status: int | None
    error: str | None = None
    seconds: float = 0.0


@frozen
class DeliveryAttempt:
    """One try at a delivery; without headers where nothing was sent.

    *seconds* are real ones, whatever the simulator's clock did meanwhile.
    """

    at: dt.datetime
    status_code: int | None = None
    error: str | None = None
    seconds: float = 0.0
    signature: str | None = None
    headers: Mapping[str, str] = field(default=_NO_HEADERS, repr=False)


@frozen
class Delivery:
    """One event on its way to one subscription, over all its attempts.

    *attempts* are the last fifty, *attempts_left* those that are made before it counts as failed.
    """

    id: str
    partner_id: str
    subscription_id: str
    event: str
    created_at: dt.datetime
    status: str = "PENDING"
    attempt_count: int = 0
    status_code: int | None = None
    error: str | None = None
    next_retry_at: dt.datetime | None = None
    delivered_at: dt.datetime | None = None
    body: bytes = field(default=b"", repr=False)
    attempts: tuple[DeliveryAttempt, ...] = ()
    attempts_left: int = 0
    fate: Fate = UNHARMED
