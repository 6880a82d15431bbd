"""All operations over a real socket, with the transports that users get."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import attrs
import pytest
from cleanlife_client import models
from cleanlife_client.api.services import list_services
from cleanlife_traits import OPERATIONS
from conformance import examine
from worlds import FakeClock, World, cooled

from cleanlife_ext import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    CleanLife,
    DuplicateExternalReferenceError,
    NotFoundError,
    PermissionDeniedError,
    PriceItem,
    RateLimitError,
    UnprocessableEntityError,
)
from cleanlife_ext.simulator import Delivery, Server, Simulator

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
DAY = dt.date(2026, 6, 21)
HOOK = "https://hooks.example.com/cleanlife"
ID = "7d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a01"


@attrs.frozen
class Place:
    """A simulator behind a socket."""

    simulator: Simulator
    server: Server

    @property
    def asked(self) -> list[str | None]:
        """The operations that were asked for, in order."""
        return [request.operation_id for request in self.simulator.requests]


@pytest.fixture(scope="module")
def served() -> Iterator[Place]:
    """One server for all tests here."""
    simulator = Simulator(now=lambda: NOW, examine=examine, receive=lambda _request: 200)
    with simulator.serve() as server:
        yield Place(simulator, server)


@pytest.fixture
def place(served: Place) -> Place:
    """That server, with a fresh simulator behind it."""
    served.simulator.reset()
    return served


@pytest.fixture
def client(world: World, place: Place) -> Iterator[Any]:
    """A client of this world with its usual transport."""
    client = world.make(api_key=place.server.api_key, base_url=place.server.base_url)
    yield client
    world.close(client)


def order(world: World, client: Any, place: Place, **changes: Any) -> dict[str, Any]:
    """What it takes to book."""
    service = place.simulator.services[0].id
    address = place.simulator.addresses[0].id
    contact = world(client.contacts.find_or_create(phone="+966500000001", name="Sara"))
    slots = world(client.timeslots.available(address_id=address, service_id=service, date=DAY))
    return {
        "contact_id": contact.id,
        "address_id": address,
        "service_id": service,
        "date": DAY,
        "timeslot": slots[0],
        "external_reference": "ORDER-1",
        **changes,
    }


def test_the_catalogue(world: World, client: Any, place: Place) -> None:
    """Services, tiers and reasons; asked for once."""
    known = {service.id: service for service in place.simulator.services if service.is_enabled}

    for _ in range(2):
        services = world(client.services.list().all())
        assert {str(service.id): (service.name, service.name_ar) for service in services} == {
            id: (service.name, service.name_ar) for id, service in known.items()
        }
        assert world(client.services.get(services[0].id)).name == services[0].name
        assert [tier.factor for tier in world(client.pricing.tiers())] == [1.0, 0.95, 0.9]
        assert "Customer changed plans" in [reason.name_en for reason in world(client.bookings.cancellation_reasons())]

    assert place.asked == ["listServices", "getService", "listPricingTiers", "listCancellationReasons"]


def test_the_list_is_sorted_as_asked(world: World, client: Any) -> None:
    """The order arrives at the other end."""
    down = [service.name for service in world.items(client.services.list(sort_by="name", sort_order="DESC"))]
    up = [service.name for service in world.items(client.services.list(sort_by="name", sort_order="ASC"))]

    assert up == sorted(up)
    assert down == up[::-1]


def test_the_prices(world: World, client: Any, place: Place) -> None:
    """23 items in 3 calls; the amounts add up to the halala."""
    services = [service for service in place.simulator.services if service.is_enabled]
    items = [PriceItem(service_id=service.id, hours=hours) for service in services for hours in (2, 3)][:23]

    quotes = world(client.pricing.calculate(items))

    assert place.asked == ["calculatePrice"] * 3
    for quote, service in zip(quotes, (service for service in services for _ in (2, 3)), strict=False):
        assert str(quote.item.service_id) == service.id
        assert quote.currency == "SAR"
        assert quote.total == quote.base_price - quote.discount + quote.vat
    assert quotes[0].base_price == services[0].price_per_hour * 2
    assert quotes[1].base_price == (services[0].price_per_hour * 3 * Decimal("0.95")).quantize(Decimal("0.01"))


def test_the_prices_with_a_coupon(world: World, client: Any, place: Place) -> None:
    """Ten percent off."""
    item = PriceItem(service_id=place.simulator.services[0].id, hours=2)

    (quote,) = world(client.pricing.calculate([item], codes=["SUMMER10"]))

    assert quote.base_price == Decimal(90)
    assert quote.discount == Decimal(9)


def test_the_contacts(world: World, client: Any, place: Place) -> None:
    """Made once, found from then on."""
    made = world(client.contacts.find_or_create(phone="+966500000001", name="سارة"))
    found = world(client.contacts.find_or_create(phone="+966500000001", name="Somebody else", utm_source="APP"))

    assert (made.is_new_contact, found.is_new_contact) == (True, False)
    assert (made.id, made.name, made.phone) == (found.id, "سارة", "+966500000001")
    assert world(client.contacts.get(made.id)).name == "سارة"
    assert place.asked == ["findOrCreateContact", "findOrCreateContact", "getContact"]


def test_the_life_of_a_booking(world: World, client: Any, place: Place) -> None:
    """Made, found, listed, moved, paid and cancelled."""
    wanted = order(world, client, place)

    made = world(client.bookings.create(**wanted))
    assert made.external_reference == "ORDER-1"
    assert made.status == models.BookingStatus.IN_PROGRESS
    assert made.date == "2026-06-21T00:00:00.000Z"
    assert (made.timeslot.start_at, made.timeslot.end_at) == ("06:00", "09:00")

    assert world(client.bookings.status(made.booking_id)) == made
    assert world(client.bookings.find("ORDER-1")) == made
    assert world(client.bookings.find("ORDER-2")) is None
    assert world.items(client.bookings.list(status="in progress", from_date=DAY, to_date=DAY)) == [made]
    assert world(client.bookings.list(from_date="2026-06-22").all()) == []

    moved = world(
        client.bookings.update(made.booking_id, date="2026-06-22", notes="Ring", external_reference="ORDER-3")
    )
    assert (moved.date[:10], moved.external_reference) == ("2026-06-22", "ORDER-3")

    paid = world(client.bookings.confirm_payment(made.booking_id, payment_reference="PAY-1"))
    assert paid.payment_status == models.PaymentStatus.PAID
    with pytest.raises(UnprocessableEntityError) as caught:
        world(client.bookings.confirm_payment(made.booking_id))
    assert caught.value.code == "PAYMENT_ALREADY_CONFIRMED"

    (reason, *_) = world(client.bookings.cancellation_reasons())
    gone = world(client.bookings.cancel(made.booking_id, reason_id=reason.id, notes="Away"))
    assert gone.status == models.BookingStatus.CANCELED


def test_the_same_reference_twice(world: World, client: Any, place: Place) -> None:
    """An error with the booking in it, or that booking."""
    wanted = order(world, client, place)
    made = world(client.bookings.create(**wanted))

    with pytest.raises(DuplicateExternalReferenceError) as caught:
        world(client.bookings.create(**wanted))
    assert caught.value.existing == made

    assert world(client.bookings.create(**wanted, if_exists="return")) == made
    with pytest.raises(DuplicateExternalReferenceError):
        world(client.bookings.create(**{**wanted, "date": "2026-06-22"}, if_exists="return"))
    assert len(place.simulator.bookings) == 1


def test_many_bookings_are_listed_in_pages(world: World, client: Any, place: Place) -> None:
    """A hundred to a call, each once."""
    wanted = order(world, client, place)
    del wanted["external_reference"]
    made = set()
    for day in range(21):
        wanted["date"] = DAY + dt.timedelta(days=day)
        slots = world(
            client.timeslots.available(
                **{name: wanted[name] for name in ("address_id", "service_id", "date")},
            )
        )
        made |= {world(client.bookings.create(**{**wanted, "timeslot": slot})).booking_id for slot in slots}
    before = len(place.asked)

    listed = [booking.booking_id for booking in world.items(client.bookings.list())]

    assert set(listed) == made
    assert len(listed) == len(made) > 100
    assert place.asked[before:] == ["listBookings"] * 2


def test_the_webhooks(world: World, client: Any, place: Place) -> None:
    """Subscriptions, their secrets, and deliveries."""
    subscriptions, deliveries = client.webhooks.subscriptions, client.webhooks.deliveries

    made = world(subscriptions.create(url=HOOK, events=["booking.created"]))
    assert (made.url, made.status, len(made.secret)) == (HOOK, "ACTIVE", 64)
    assert [(known.id, known.events) for known in world(subscriptions.list())] == [(made.id, ["booking.created"])]

    changed = world(subscriptions.update(made.id, events=["booking.updated"], status="INACTIVE"))
    assert (changed.url, changed.events, changed.status) == (HOOK, ["booking.updated"], "INACTIVE")

    rotated = world(subscriptions.rotate_secret(made.id))
    assert rotated.id == made.id
    assert rotated.secret != made.secret

    assert world(subscriptions.update(made.id, status="ACTIVE")).status == "ACTIVE"
    failed = put_failed_delivery(place, str(made.id))
    (listed,) = world.items(deliveries.list(subscription_id=made.id, status="FAILED"))
    assert (str(listed.id), listed.attempt_count, listed.status_code) == (failed, 4, 500)
    assert world(deliveries.retry(listed.id)).status == "PENDING"
    place.simulator.settle()  # This time it is delivered.
    with pytest.raises(NotFoundError) as caught:
        world(deliveries.retry(listed.id))
    assert caught.value.code == "DELIVERY_NOT_RETRYABLE"

    assert world(subscriptions.delete(made.id)).removed is True
    assert world(subscriptions.list()) == []


def put_failed_delivery(place: Place, subscription: str) -> str:
    """A delivery that failed, behind the API's back."""
    state = place.simulator._api.state  # noqa: SLF001
    partner = state.keys[place.server.api_key].partner.id
    state.deliveries[ID] = Delivery(
        id=ID,
        partner_id=partner,
        subscription_id=subscription,
        event="booking.created",
        created_at=NOW,
        status="FAILED",
        attempt_count=4,
        status_code=500,
        error="no",
    )
    return ID


def test_every_operation_is_here(world: World, place: Place) -> None:
    """The tests above, one after the other, leave none out."""
    seen = set[str | None]()
    for test in (
        *(test_the_catalogue, test_the_prices, test_the_contacts),
        *(test_the_life_of_a_booking, test_the_webhooks),
    ):
        place.simulator.reset()
        client = world.make(api_key=place.server.api_key, base_url=place.server.base_url)
        test(world, client, place)
        world.close(client)
        seen |= set(place.asked)

    assert seen == set(OPERATIONS)


def test_a_wrong_key_is_an_authentication_error(world: World, place: Place) -> None:
    """Once, and not again: a key does not get better."""
    client = world.make(api_key="pk_wrong", base_url=place.server.base_url)
    with pytest.raises(AuthenticationError) as caught:
        world(client.pricing.tiers())
    world.close(client)

    assert caught.value.code == "UNAUTHORIZED"
    assert caught.value.request_id
    assert len(place.asked) == 1


def test_a_key_without_permission_is_a_permission_error(world: World, place: Place) -> None:
    """The key is good, but not for this."""
    key = place.simulator.add_key(permissions=["partner_services_read"])
    client = world.make(api_key=key, base_url=place.server.base_url)
    assert world.items(client.services.list())
    with pytest.raises(PermissionDeniedError):
        world(client.pricing.tiers())
    world.close(client)


def test_too_many_requests_wait_as_the_vendor_asks(world: World, place: Place) -> None:
    """60, then 90 seconds; the third cool-down would pass the deadline, and is not begun."""
    key = place.simulator.add_key(rate_limit=1)
    clock = FakeClock()
    client = world.make(api_key=key, base_url=place.server.base_url, clock=clock)
    assert world(client.pricing.tiers())
    with pytest.raises(RateLimitError) as caught:
        world(client.bookings.cancellation_reasons())
    world.close(client)

    assert cooled(clock.slept, 60, 90)
    assert caught.value.retry_after == 120


def test_what_is_not_there_is_a_not_found_error(world: World, client: Any) -> None:
    """With the request id that the vendor's support asks for."""
    with pytest.raises(NotFoundError) as caught:
        world(client.bookings.status(ID))

    assert caught.value.request_id == caught.value.attempts[-1].request_id != ""


def test_the_generated_functions_travel_the_same_way(world: World, client: Any, place: Place) -> None:
    """Over the same connections."""
    page = world.generated(list_services, client, limit=5)

    assert len(page.data) == 5
    assert page.meta.total_pages == 3
    assert place.asked == ["listServices"]


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/v1"


def test_a_server_that_is_down_is_a_connection_error_after_the_attempts(world: World, nobody: str) -> None:
    """Also for a booking: nothing was sent, so it is as safe to repeat as a read."""
    for ask in (
        lambda client: client.bookings.status(ID),
        lambda client: client.bookings.cancel(ID),
        lambda client: client.bookings.create(
            contact_id=ID, address_id="a", service_id=ID, date=DAY, timeslot=models.Timeslot("09:00", "12:00")
        ),
    ):
        clock = FakeClock()
        client = world.make(base_url=nobody, clock=clock)
        with pytest.raises(APIConnectionError) as caught:
            world(ask(client))
        world.close(client)

        assert type(caught.value) is APIConnectionError
        assert len(caught.value.attempts) == 4
        assert len(clock.slept) == 3
        assert not caught.value.ambiguous
        assert "no connection to 127.0.0.1:" in str(caught.value)  # And the system's reason.


def test_a_server_that_says_nothing_is_a_timeout(world: World) -> None:
    """After the time that was given to it."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        client = world.make(base_url=url, timeout=0.1, max_attempts=1)
        with pytest.raises(APITimeoutError, match=r"0\.1 s"):
            world(client.bookings.status(ID))
        world.close(client)


def test_many_threads_share_one_client(place: Place) -> None:
    """32 at once: each gets its own answer, and what may be kept is asked for once."""
    contacts = [f"+9665000001{number:02}" for number in range(64)]
    with CleanLife(place.server.api_key, base_url=place.server.base_url) as client, ThreadPoolExecutor(32) as pool:

        def work(phone: str) -> tuple[str, int]:
            found = client.contacts.find_or_create(phone=phone, name=phone)
            return client.contacts.get(found.id).phone, len(client.services.list().all())

        results = list(pool.map(work, contacts))

    assert results == [(phone, 12) for phone in contacts]
    assert place.asked.count("listServices") == 1
    assert place.asked.count("getContact") == 64
