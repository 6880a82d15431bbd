"""Our values as the JSON of the documentation."""

import datetime as dt
from decimal import Decimal
from typing import Any

from cleanlife_ext.simulator.bookings import Appointment, Booking
from cleanlife_ext.simulator.catalogue import CancellationReason, PricingTier, Service
from cleanlife_ext.simulator.contacts import Contact
from cleanlife_ext.simulator.pricing import Quote
from cleanlife_ext.simulator.slots import Timeslot
from cleanlife_ext.simulator.times import riyadh_text
from cleanlife_ext.simulator.webhooks import Delivery, Subscription


def booking(value: Booking) -> dict[str, Any]:
    """A booking; it shows neither price nor contact, address or service."""
    return {
        "bookingId": value.id,
        "externalReference": value.external_reference,
        "appointmentId": value.appointment.id if value.appointment else None,
        "status": value.status,
        "paymentStatus": value.payment_status,
        "trackingReference": value.tracking_reference,
        # The documentation's own spelling: the day at midnight UTC, though the day is Riyadh's.
        "date": f"{value.date.isoformat()}T00:00:00.000Z",
        "timeslot": {**timeslot(value.timeslot), "endsAtNextDay": value.timeslot.ends_at_next_day},
        "appointment": value.appointment and _appointment(value.appointment),
    }


def _appointment(value: Appointment) -> dict[str, Any]:
    return {
        "id": value.id,
        "name": value.name,
        "status": value.status,
        "scheduledStartDateTime": riyadh_text(value.scheduled_start),
        "scheduledEndDateTime": riyadh_text(value.scheduled_end),
    }


def timeslot(value: Timeslot) -> dict[str, Any]:
    """A slot that can be handed to a booking as it is."""
    return {"startAt": value.start_at, "endAt": value.end_at}


def contact(value: Contact, *, is_new: bool) -> dict[str, Any]:
    """A contact, and whether it was made just now."""
    return {"id": value.id, "name": value.name, "phone": value.phone, "isNewContact": is_new}


def service(value: Service) -> dict[str, Any]:
    """A service as it stands in the list."""
    return {"id": value.id, "name": value.name, "nameAr": value.name_ar, "isActive": value.is_enabled}


def service_details(value: Service) -> dict[str, Any]:
    """A service with all that is known of it."""
    packages = [{"id": package.id, "name": package.name} for package in value.packages]
    return {**service(value), "description": value.description, "packages": packages}


def tier(value: PricingTier) -> dict[str, Any]:
    """A pricing tier."""
    return {
        "id": value.id,
        "minMinutes": value.min_minutes,
        "maxMinutes": value.max_minutes,
        "factor": float(value.factor),
        "sorting": value.sorting,
    }


def reason(value: CancellationReason) -> dict[str, Any]:
    """A reason to cancel, in both languages."""
    return {"id": value.id, "nameEn": value.name_en, "nameAr": value.name_ar}


def quote(value: Quote) -> dict[str, Any]:
    """The amounts of one item."""
    return {
        "basePrice": amount(value.base_price),
        "discount": amount(value.discount),
        "vat": amount(value.vat),
        "total": amount(value.total),
        "currency": "SAR",
    }


def amount(value: Decimal) -> float:
    """SAR as a JSON number; two digits survive the journey unharmed."""
    return float(value)


def subscription(value: Subscription) -> dict[str, Any]:
    """A subscription without its secret."""
    return {
        "id": value.id,
        "partnerClientId": value.partner_id,
        "url": value.url,
        "events": list(value.events),
        "status": value.status,
        "createdAt": riyadh_text(value.created_at),
        "updatedAt": riyadh_text(value.updated_at),
    }


def delivery(value: Delivery) -> dict[str, Any]:
    """A delivery; what it carries is not shown."""
    return {
        "id": value.id,
        "subscriptionId": value.subscription_id,
        "event": value.event,
        "status": value.status,
        "attemptCount": value.attempt_count,
        "statusCode": value.status_code,
        "error": value.error,
        "nextRetryAt": _moment(value.next_retry_at),
        "deliveredAt": _moment(value.delivered_at),
        "createdAt": riyadh_text(value.created_at),
    }


def _moment(value: dt.datetime | None) -> str | None:
    return riyadh_text(value) if value else None
