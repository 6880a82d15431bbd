"""The JSON of what the simulator holds, as the page shows it. No key and no secret is in it, and no text is endless."""

import datetime as dt
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from attrs import AttrsInstance, asdict

from cleanlife_ext.simulator import bookings, lifecycle
from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.control.material import MOST_EVENTS, Material
from cleanlife_ext.simulator.faults import Rule, fault_to_json
from cleanlife_ext.simulator.faults.rules import ALL
from cleanlife_ext.simulator.faults.spelling import MAKERS, camel
from cleanlife_ext.simulator.recording import RecordedRequest
from cleanlife_ext.simulator.refusals import Refusal
from cleanlife_ext.simulator.routes import TABLE
from cleanlife_ext.simulator.times import riyadh_text
from cleanlife_ext.simulator.webhooks import Delivery, DeliveryAttempt, Event, Subscription
from cleanlife_ext.simulator.webhooks.deliveries import retried

LONGEST_TEXT, LONGEST_BODY, MOST_ATTEMPTS = 500, 20_000, 10
Json = dict[str, Any]


def drawn(material: Material, faults: Sequence[Json], mishaps: Mapping[str, Any], *, limit: int, now: str) -> Json:
    """All of it, with the newest *limit* bookings."""
    return {
        "clock": {"now": now, "nextAt": _moment(material.next_at)},
        "counts": dict(material.counts),
        "bookings": [_booking(booking, material) for booking in material.bookings[:limit]],
        "deliveries": [_delivery(delivery, material.urls) for delivery in material.deliveries],
        "requests": [_request(request) for request in material.requests],
        "subscriptions": [_subscription(subscription) for subscription in material.subscriptions],
        "faults": list(faults),
        "mishaps": dict(mishaps),
        "addresses": [asdict(address) for address in material.catalogue.addresses.values()],
        "services": [
            {"id": service.id, "name": service.name, "nameAr": service.name_ar, "isActive": service.is_enabled}
            for service in material.catalogue.services.values()
        ],
        "choices": {"operations": [ALL, *TABLE.operations], "faults": _CHOICES},
    }


def rule_json(rule: Rule) -> Json:
    """A rule by which a fault strikes, and how often it did."""
    return {
        "number": rule.number,
        "operation": rule.operation_id,
        "fault": fault_to_json(rule.fault),
        "times": rule.times,
        "after": rule.after,
        "probability": rule.probability,
        "seen": rule.seen,
        "struck": rule.struck,
    }


def spelled(value: AttrsInstance) -> Json:
    """The fields of *value* under the names that JSON gives them."""
    return {camel(name): each for name, each in asdict(value).items()}


def _booking(booking: Booking, material: Material) -> Json:
    story = material.stories[booking.id]
    partner = material.partners[booking.partner_id]
    earlier = max(0, len(story) - MOST_EVENTS)
    return {
        "id": booking.id,
        "trackingReference": booking.tracking_reference,
        "externalReference": booking.external_reference,
        "contactName": material.contacts[booking.contact_id].name[:LONGEST_TEXT],
        "address": material.catalogue.addresses[booking.address_id].name,
        "service": material.catalogue.services[booking.service_id].name,
        "date": booking.date.isoformat(),
        "startAt": booking.timeslot.start_at,
        "endAt": booking.timeslot.end_at,
        "status": booking.status,
        "paymentStatus": booking.payment_status,
        "paymentBy": partner.payment_responsibility,
        "appointmentStatus": _appointment_status(booking),
        "createdAt": riyadh_text(booking.created_at),
        "updatedAt": riyadh_text(booking.updated_at),
        "actions": _actions(booking, partner.payment_responsibility),
        "earlier": earlier,
        "timeline": [_event(number, event) for number, event in enumerate(story) if number >= earlier],
    }


def _event(number: int, event: Event) -> Json:
    return {
        "number": number,
        "name": event.name,
        "at": riyadh_text(event.created_at),
        "status": event.booking.status,
        "paymentStatus": event.booking.payment_status,
        "appointmentStatus": _appointment_status(event.booking),
        "previousStatus": event.previous_status,
        "deliveries": list(event.delivery_ids),
    }


def _appointment_status(booking: Booking) -> str | None:
    return booking.appointment.status if booking.appointment else None


def _delivery(delivery: Delivery, urls: Mapping[str, str]) -> Json:
    url = urls.get(delivery.subscription_id)
    first = max(0, len(delivery.attempts) - MOST_ATTEMPTS)
    return {
        "id": delivery.id,
        "subscriptionId": delivery.subscription_id,
        "url": url and _shown(url),
        "event": delivery.event,
        "status": delivery.status,
        "attemptCount": delivery.attempt_count,
        "statusCode": delivery.status_code,
        "error": delivery.error,
        "createdAt": riyadh_text(delivery.created_at),
        "nextRetryAt": _moment(delivery.next_retry_at),
        "deliveredAt": _moment(delivery.delivered_at),
        "body": delivery.body[:LONGEST_BODY].decode(errors="replace"),
        "attempts": [
            _attempt(number, attempt) for number, attempt in enumerate(delivery.attempts[first:], start=first + 1)
        ],
        "resend": {"refusal": _refusal(lambda: retried(delivery))},
    }


def _attempt(number: int, attempt: DeliveryAttempt) -> Json:
    return {
        "number": number,
        "at": riyadh_text(attempt.at),
        "statusCode": attempt.status_code,
        "error": attempt.error,
        "seconds": round(attempt.seconds, 3),
        "signature": attempt.signature,
        "headers": dict(attempt.headers),
    }


def _request(request: RecordedRequest) -> Json:
    return {
        "at": riyadh_text(request.at),
        "method": request.method,
        "path": request.path,
        "query": "&".join(f"{name}={value}" for name, value in request.query.items())[:LONGEST_TEXT],
        "operation": request.operation_id,
        "status": request.status,
        "requestId": request.request_id,
        "fault": request.fault,
    }


def _subscription(subscription: Subscription) -> Json:
    return {
        "id": subscription.id,
        "partnerId": subscription.partner_id,
        "url": _shown(subscription.url),
        "events": list(subscription.events),
        "status": subscription.status,
        "createdAt": riyadh_text(subscription.created_at),
    }


def _shown(url: str) -> str:
    """*url*, without a password that may stand in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()[:LONGEST_TEXT]


def _actions(booking: Booking, responsibility: str) -> Json:
    """What can be done to *booking* now; a refusal says why not."""
    now, status = booking.updated_at, next_status(booking)
    wanted = status or "Scheduled"  # Where nothing comes next, any status has the same refusal.
    return {
        "moveOn": {"to": status, "refusal": _refusal(lambda: lifecycle.set_by_hand(booking, wanted, now))},
        "pay": {"refusal": _refusal(lambda: _check_payable(booking, responsibility))},
        "cancel": {"refusal": _refusal(lambda: bookings.check_cancellable(booking))},
    }


def next_status(booking: Booking) -> str | None:
    """What the appointment of *booking* comes to by itself, if it does."""
    step = lifecycle.next_step(booking)
    return step[1] if step and booking.appointment else None


def _check_payable(booking: Booking, responsibility: str) -> None:
    if responsibility == "PARTNER":
        now = booking.updated_at
        bookings.payment_confirmed(booking, now, responsibility=responsibility, reference=None)
    else:
        lifecycle.check_waits_for_payment(booking, responsibility)


def _refusal(attempt: Callable[[], object]) -> str | None:
    """Why *attempt*, which changes nothing, would be refused."""
    try:
        attempt()
    except Refusal as refusal:
        return refusal.message
    except ValueError as error:
        return str(error)
    return None


def _moment(moment: dt.datetime | None) -> str | None:
    return riyadh_text(moment) if moment else None


_KINDS: Mapping[object, str] = {str: "text", str | None: "text", bool: "checkbox"}


def _parameter(parameter: inspect.Parameter) -> Json:
    is_required = parameter.default is inspect.Parameter.empty
    return {
        "name": camel(parameter.name),
        "kind": _KINDS.get(parameter.annotation, "number"),
        "isRequired": is_required,
        "default": None if is_required else parameter.default,
    }


_CHOICES = [
    {"type": name, "parameters": [_parameter(each) for each in inspect.signature(make).parameters.values()]}
    for name, make in MAKERS.items()
]
