"""What partners do, written once: recorded from the synchronous client, replayed in every world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from worlds import World

from cleanlife_ext import (
    DuplicateExternalReferenceError,
    NotFoundError,
    PriceItem,
    UnprocessableEntityError,
)

NOBODY = "00000000-0000-4000-8000-000000000404"
PHONE = "+966500000001"


@attrs.frozen
class Setting:
    """What a recording depends on, kept beside the tapes so that a replay asks for the same.

    Attributes:
        address_id: An address of the account; the API has no way to find one.
        day: A day on which slots are free, as text.
        reference: What all external references begin with. They are unique for all time.
        webhook_url: A URL on a host that is registered for the account.
    """

    address_id: str
    day: str
    reference: str
    webhook_url: str


Scenario = Callable[[World, Any, Setting], None]


def catalogue(world: World, client: Any, setting: Setting) -> None:
    """Look at all there is, twice; the second time costs no call."""
    del setting
    services = world.items(client.services.list())

    assert services
    assert len({service.id for service in services}) == len(services)
    assert world(client.services.get(services[0].id)).name == services[0].name
    assert all(tier.factor > 0 for tier in world(client.pricing.tiers()))
    assert all(reason.name_en and reason.name_ar for reason in world(client.bookings.cancellation_reasons()))

    assert world.items(client.services.list()) == services
    assert world(client.pricing.tiers())
    assert world(client.bookings.cancellation_reasons())


def prices(world: World, client: Any, setting: Setting) -> None:
    """Price more items than fit into a call."""
    del setting
    services = world.items(client.services.list())
    items = [PriceItem(service_id=service.id, hours=hours) for service in services for hours in (2, 3)][:23]

    quotes = world(client.pricing.calculate([*items, items[0]]))

    assert [quote.item for quote in quotes] == [*items, items[0]]
    assert quotes[0] == quotes[-1]


def booking(world: World, client: Any, setting: Setting) -> None:
    """From a free slot to a cancelled booking."""
    order, contact_id, service_id = _order(world, client, setting, "BOOKING")
    slots = world(
        client.timeslots.available(address_id=setting.address_id, service_id=service_id, date=setting.day),
    )
    reference = f"{setting.reference}BOOKING"

    made = world(client.bookings.create(**order, timeslot=slots[0], external_reference=reference))
    assert made.external_reference == reference
    assert made.timeslot.start_at == slots[0].start_at

    assert world(client.bookings.status(made.booking_id)).booking_id == made.booking_id
    assert world(client.bookings.find(reference)).booking_id == made.booking_id
    assert world(client.bookings.find(f"{reference}-NOT")) is None
    assert [
        found.booking_id
        for found in world.items(client.bookings.list(from_date=setting.day, external_reference=reference))
    ] == [made.booking_id]

    moved = world(client.bookings.update(made.booking_id, timeslot=slots[-1]))
    assert moved.timeslot.start_at == slots[-1].start_at

    assert world(client.bookings.confirm_payment(made.booking_id, payment_reference="PAY-1")).payment_status == "PAID"

    reason = world(client.bookings.cancellation_reasons())[0]
    assert world(client.bookings.cancel(made.booking_id, reason_id=reason.id)).status == "canceled"
    with pytest.raises(UnprocessableEntityError) as refused:
        world(client.bookings.cancel(made.booking_id, reason_id=reason.id))
    assert refused.value.code == "BOOKING_ALREADY_CANCELLED"

    assert world(client.contacts.get(contact_id)).id == contact_id


def duplicate(world: World, client: Any, setting: Setting) -> None:
    """Book the same twice."""
    order, _, service_id = _order(world, client, setting, "DUPLICATE")
    slots = world(
        client.timeslots.available(address_id=setting.address_id, service_id=service_id, date=setting.day),
    )
    order |= {"timeslot": slots[0], "external_reference": f"{setting.reference}DUPLICATE"}

    made = world(client.bookings.create(**order))
    with pytest.raises(DuplicateExternalReferenceError) as caught:
        world(client.bookings.create(**order))

    assert caught.value.existing.booking_id == made.booking_id
    assert world(client.bookings.create(**order, if_exists="return")).booking_id == made.booking_id


def webhooks(world: World, client: Any, setting: Setting) -> None:
    """Subscribe, change, rotate, look at deliveries, and unsubscribe."""
    subscriptions, deliveries = client.webhooks.subscriptions, client.webhooks.deliveries

    made = world(subscriptions.create(url=setting.webhook_url, events=["booking.created"]))
    assert made.secret
    assert made.id in [known.id for known in world(subscriptions.list())]
    assert world(subscriptions.update(made.id, status="INACTIVE")).status == "INACTIVE"
    assert world(subscriptions.rotate_secret(made.id)).secret

    assert world.items(deliveries.list(subscription_id=made.id, status="FAILED")) == []
    with pytest.raises(NotFoundError):
        world(deliveries.retry(NOBODY))

    assert world(subscriptions.delete(made.id)).removed
    with pytest.raises(NotFoundError):
        world(subscriptions.delete(made.id))


def unknown_ids(world: World, client: Any, setting: Setting) -> None:
    """Ask for what is not there."""
    del setting
    for ask in (client.services.get, client.contacts.get, client.bookings.status):
        with pytest.raises(NotFoundError) as caught:
            world(ask(NOBODY))
        assert caught.value.code == "RESOURCE_NOT_FOUND"
        assert caught.value.request_id


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario for scenario in (catalogue, prices, booking, duplicate, webhooks, unknown_ids)
}


def _order(world: World, client: Any, setting: Setting, name: str) -> tuple[dict[str, Any], Any, Any]:
    """What a booking needs besides its slot and reference."""
    service = world.items(client.services.list())[0]
    contact = world(client.contacts.find_or_create(phone=PHONE, name=f"Test {name.title()}"))
    order = {"contact_id": contact.id, "address_id": setting.address_id, "service_id": service.id, "date": setting.day}
    return order, contact.id, service.id
