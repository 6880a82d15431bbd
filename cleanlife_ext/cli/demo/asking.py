"""The lines that a user would write. They are what runs, and their source is what is shown.

A function is named as its result is; its parameters are what the functions before it found. It stands once: with a
`CleanLife` it gives the result, with an `AsyncCleanLife` something to await, and both are checked by the type checkers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable
from typing import Any, TypeAlias, TypeVar

from cleanlife_client.models import (
    Booking,
    CancellationReason,
    Contact,
    Delivery,
    EventType,
    PricingTier,
    Service,
    SubscriptionWithSecret,
)

from cleanlife_ext.cli.demo.receiver import Receiver, Webhook
from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.quotes import PriceItem, Quote
from cleanlife_ext.simulator import Address, Simulator
from cleanlife_ext.timeslot import Timeslot

T = TypeVar("T")
Answer: TypeAlias = T | Awaitable[T]
Client: TypeAlias = CleanLife | AsyncCleanLife

# Formatted for terminals of 80 columns, with room for a prompt and an `await`.
# fmt: off


def services(client: Client) -> Answer[list[Service]]:
    return client.services.list().all()


def services_again(client: Client) -> Answer[list[Service]]:
    return client.services.list().all()


def service(services: list[Service]) -> Service:
    return next(s for s in services if s.name == "Deep Home Cleaning")


def tiers(client: Client) -> Answer[list[PricingTier]]:
    return client.pricing.tiers()


def quotes(client: Client, services: list[Service]) -> Answer[list[Quote]]:
    items = [PriceItem(service_id=s.id, hours=2) for s in services]
    items += [PriceItem(service_id=s.id, hours=3) for s in services[1:]]
    return client.pricing.calculate(items)


def slots(client: Client, service: Service, address: Address, day: dt.date) -> Answer[list[Timeslot]]:
    return client.timeslots.available(
        address_id=address.id, service_id=service.id, date=day
    )


def contact(client: Client) -> Answer[Contact]:
    return client.contacts.find_or_create(
        phone="+966500000000", name="Sara"
    )


def subscription(client: Client, receiver: Receiver) -> Answer[SubscriptionWithSecret]:
    return client.webhooks.subscriptions.create(
        url=receiver.url, events=list(EventType)
    )


def order(
    service: Service, contact: Contact, address: Address, day: dt.date, slots: list[Timeslot]
) -> dict[str, Any]:
    return {
        "contact_id": contact.id, "address_id": address.id,
        "service_id": service.id, "date": day, "timeslot": slots[0],
        "external_reference": "ORDER-1",
    }


def booking(client: Client, order: dict[str, Any]) -> Answer[Booking]:
    return client.bookings.create(**order)


def booking_again(client: Client, order: dict[str, Any]) -> Answer[Booking]:
    return client.bookings.create(**order)


def same(client: Client, order: dict[str, Any]) -> Answer[Booking]:
    return client.bookings.create(**order, if_exists="return")


def bookings(client: Client, day: dt.date) -> Answer[list[Booking]]:
    return client.bookings.list(
        status="in progress", from_date=day, to_date=day
    ).all()


def moved(client: Client, booking: Booking, slots: list[Timeslot]) -> Answer[Booking]:
    return client.bookings.update(
        booking.booking_id, timeslot=slots[1]
    )


def paid(client: Client, booking: Booking) -> Answer[Booking]:
    return client.bookings.confirm_payment(
        booking.booking_id, payment_reference="PAY-1"
    )


def reasons(client: Client) -> Answer[list[CancellationReason]]:
    return client.bookings.cancellation_reasons()


def cancelled(client: Client, booking: Booking, reasons: list[CancellationReason]) -> Answer[Booking]:
    return client.bookings.cancel(
        booking.booking_id, reason_id=reasons[0].id
    )


def second(client: Client, order: dict[str, Any]) -> Answer[Booking]:
    order = order | {"external_reference": "ORDER-2"}
    return client.bookings.create(**order)


def passing(simulator: Simulator) -> None:
    simulator.clock.advance(days=9)


def finished(client: Client, second: Booking) -> Answer[Booking]:
    return client.bookings.status(second.booking_id)


def webhooks(receiver: Receiver) -> list[Webhook]:
    return receiver.arrived()


def deliveries(client: Client) -> Answer[list[Delivery]]:
    return client.webhooks.deliveries.list(
        status="DELIVERED"
    ).all()


def missing(client: Client) -> Answer[Booking]:
    return client.bookings.status("00000000-0000-4000-8000-000000000000")


def too_long(client: Client, service: Service) -> Answer[list[Quote]]:
    return client.pricing.calculate(
        [PriceItem(service_id=service.id, hours=25)]
    )
