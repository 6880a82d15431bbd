"""Subscriptions, what happened, and what was sent because of it."""

import datetime as dt

from attrs import evolve, field, frozen

from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.refusals import delivery_not_retryable

EVENTS = (
    "booking.created",
    "booking.updated",
    "booking.cancelled",
    "booking.payment_failed",
    "booking.payment_confirmed",
    "booking.appointment_status_changed",
)
SUBSCRIPTION_STATUSES = ("ACTIVE", "INACTIVE")
DELIVERY_STATUSES = ("PENDING", "DELIVERED", "FAILED")


@frozen
class Event:
    """Something happened to a booking, which is shown as it was then."""

    name: str
    booking: Booking
    created_at: dt.datetime


@frozen
class Subscription:
    """Where a partner wants which events sent; the secret signs them."""

    id: str
    partner_id: str
    url: str
    events: tuple[str, ...]
    created_at: dt.datetime
    updated_at: dt.datetime
    secret: str = field(repr=False)
    status: str = "ACTIVE"


@frozen
class Delivery:
    """One event on its way to one subscription, over all its attempts."""

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


def retried(delivery: Delivery) -> Delivery:
    """*delivery*, waiting to be sent once more."""
    if delivery.status != "FAILED":
        raise delivery_not_retryable()
    return evolve(delivery, status="PENDING", error=None, next_retry_at=None)
