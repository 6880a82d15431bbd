"""The vendor plans an idempotency key for bookings: one line of the spec sends it, and the reference still decides."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from cleanlife_traits import OPERATIONS, PROVIDER
from worlds import URL, FakeClock, World

from cleanlife_ext import IdempotencyConflictError, Timeslot
from cleanlife_ext.engine.provider import Provider
from cleanlife_ext.engine.session import Core
from cleanlife_ext.provider import CLEANLIFE
from cleanlife_ext.simulator import RecordedRequest, Simulator, faults

HEADER, KEY = "idempotency-key", "4f5a6f6e-0c39-4d27-9a2e-6a1c7d0f1b11"
CREATION = OPERATIONS["createBooking"]
SWITCHED = Provider.read(
    PROVIDER,
    {
        **OPERATIONS,
        "createBooking": {
            **CREATION,
            "repeat": {**CREATION["repeat"], "header": "Idempotency-Key", "reused": ["IDEMPOTENCY_CONFLICT"]},
        },
    },
    CLEANLIFE.decode,
)
NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)


@attrs.frozen
class Shop:
    """A simulator that knows such keys, and a client with the switch on."""

    world: World
    simulator: Simulator
    client: Any
    provider: Provider
    clock: FakeClock

    def book(self) -> Any:
        """Make a booking as users do."""
        body = self.body()
        return self.world(
            self.client.bookings.create(
                contact_id=body["contactId"],
                address_id=body["addressId"],
                service_id=body["serviceId"],
                date=body["date"],
                timeslot=Timeslot(**{f"{end}_at": body["timeslot"][f"{end}At"] for end in ("start", "end")}),
            )
        )

    def body(self, reference: str = "ORDER-1") -> dict[str, Any]:
        """A booking that can be made."""
        [service, *_] = self.world.items(self.client.services.list())
        contact = self.world(self.client.contacts.find_or_create(phone="+966500000009", name="Noura"))
        address, day = self.simulator.addresses[0].id, dt.date(2026, 6, 21)
        slots = self.world(self.client.timeslots.available(address_id=address, service_id=service.id, date=day))
        return {
            "contactId": str(contact.id),
            "addressId": address,
            "serviceId": str(service.id),
            "date": day.isoformat(),
            "timeslot": {"startAt": slots[0].start_at, "endAt": slots[0].end_at},
            "externalReference": reference,
        }

    def post(self, body: dict[str, Any], key: str) -> Any:
        """Ask for a booking as generated code does."""
        headers = {HEADER: key, "Content-Type": "application/json"}
        session = self.client.generated.session
        return self.world(session.request("POST", "/partners/bookings", json=body, headers=headers))

    def begin_anew(self) -> None:
        """Let the client be one that remembers nothing."""
        core = Core(self.provider, clock=self.clock)
        self.client._begin(attrs.evolve(self.client._session, core=core), URL)  # noqa: SLF001

    @property
    def sent(self) -> list[RecordedRequest]:
        """How bookings were asked for."""
        return [each for each in self.simulator.requests if each.operation_id == "createBooking"]

    @property
    def keys(self) -> list[str | None]:
        """The keys with which they were."""
        return [each.headers.get(HEADER) for each in self.sent]


def shop_of(world: World, provider: Provider) -> Iterator[Shop]:
    simulator = Simulator(now=lambda: NOW, idempotency_keys=True)
    clock = FakeClock()
    client = world.make(simulator.transport, api_key=simulator.api_key, clock=clock)
    shop = Shop(world, simulator, client, provider, clock)
    shop.begin_anew()
    try:
        yield shop
    finally:
        world.close(shop.client)


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    """With the switch on."""
    yield from shop_of(world, SWITCHED)


@pytest.fixture
def today(world: World) -> Iterator[Shop]:
    """With the spec as it is."""
    yield from shop_of(world, CLEANLIFE)


def test_it_is_not_sent_today(today: Shop) -> None:
    """The documentation calls it planned."""
    today.book()

    assert today.keys == [None]


def test_each_booking_has_a_key_of_its_own(shop: Shop) -> None:
    """A UUID of version 4, made by chance."""
    shop.book()
    shop.book()
    first, second = shop.keys

    assert first != second
    assert [uuid.UUID(str(key)).version for key in (first, second)] == [4, 4]


def test_a_booking_that_is_sent_again_has_the_same_key(shop: Shop) -> None:
    """And is made once."""
    shop.simulator.faults.add("createBooking", faults.status(503))
    shop.simulator.faults.add("createBooking", faults.drop_before_commit())

    shop.book()

    first, *others = shop.keys
    assert others == [first, first]
    assert len(shop.simulator.bookings) == 1


def test_the_reference_is_still_looked_up_first(shop: Shop) -> None:
    """Nothing is concluded from a key that nobody has documented."""
    shop.simulator.faults.add("createBooking", faults.drop_after_commit())

    booking = shop.book()

    asked = [each.operation_id for each in shop.simulator.requests][-2:]
    assert asked == ["createBooking", "listBookings"]
    assert [str(booking.booking_id)] == [each.id for each in shop.simulator.bookings]


def test_a_key_of_another_booking_is_refused_before_anything_is_sent(shop: Shop) -> None:
    """By the client that has used it."""
    shop.post(shop.body("ORDER-1"), KEY)

    with pytest.raises(IdempotencyConflictError):
        shop.post(shop.body("ORDER-2"), KEY)

    assert len(shop.sent) == 1


def test_a_key_of_another_booking_is_refused_by_the_api_as_what_it_is(shop: Shop) -> None:
    """Where another client has used it."""
    shop.post(shop.body("ORDER-1"), KEY)
    shop.begin_anew()

    with pytest.raises(IdempotencyConflictError) as refused:
        shop.post(shop.body("ORDER-2"), KEY)

    assert refused.value.code == "IDEMPOTENCY_CONFLICT"
    assert len(shop.simulator.bookings) == 1
