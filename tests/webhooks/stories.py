"""Stories of bookings: told by hand, or played at a simulator, which says how they really ended."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import attrs
from cleanlife_client.models import Booking
from worlds import BOOKING

from cleanlife_ext import CleanLife, CleanLifeError
from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.webhooks import EVENTS
from cleanlife_ext.simulator.webhooks.sending import Receive
from cleanlife_ext.webhooks.events import Event, parse

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
DAY = dt.date(2026, 6, 1)
NINE = NOW.timestamp()
STATUSES = ("Scheduled", "Dispatched", "In Progress", "Completed")


def booked(appointment: str | None = "Scheduled", **changes: Any) -> dict[str, Any]:
    """A booking, as the API shows it, with its appointment in this status."""
    visit = {
        "id": "7d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a99",
        "name": "SA-0042",
        "status": appointment,
        "scheduledStartDateTime": "2026-06-20T09:00:00+03:00",
        "scheduledEndDateTime": "2026-06-20T12:00:00+03:00",
    }
    return {**BOOKING, "appointment": None if appointment is None else visit, **changes}


def told(name: str, second: float, shown: dict[str, Any] | None = None, **data: Any) -> Event:
    """An event of so many seconds after nine, as it is parsed; *data* is what stands beside the booking."""
    at = dt.datetime.fromtimestamp(NINE + second, dt.UTC).isoformat()
    content = {"event": f"booking.{name}", "createdAt": at, "data": {**(shown or booked()), **data}}
    return parse(json.dumps(content).encode())


def moved_on(second: float, previous: str | None, to: str, **changes: Any) -> Event:
    """The appointment's status has changed."""
    return told("appointment_status_changed", second, booked(to, **changes), previousStatus=previous)


def shuffled(events: Sequence[Event], source: random.Random, *, again: int = 2) -> list[Event]:
    """The events in some order, some of them twice."""
    mixed = [*events, *source.choices(events, k=again)]
    source.shuffle(mixed)
    return mixed


@attrs.frozen
class Shop:
    """A partner with a simulator, to which things happen."""

    simulator: Simulator
    client: CleanLife
    contact: str
    source: random.Random

    def book(self) -> Booking:
        """Make a booking, for today or one of the next days."""
        address, service = self.simulator.addresses[0].id, self.simulator.services[0].id
        day = DAY + dt.timedelta(days=self.source.randrange(3))
        slots = self.client.timeslots.available(address_id=address, service_id=service, date=day)
        return self.client.bookings.create(
            contact_id=self.contact,
            address_id=address,
            service_id=service,
            date=day,
            timeslot=self.source.choice(slots),
        )

    def happen(self, booking: Booking) -> None:
        """Let something happen to *booking*, if it can."""
        id, choose = booking.booking_id, self.source.choice
        happenings = (
            lambda: self.simulator.pay(str(id)),
            lambda: self.client.bookings.confirm_payment(id),
            lambda: self.client.bookings.update(id, date=DAY + dt.timedelta(days=choose(range(1, 4)))),
            lambda: self.client.bookings.update(id, external_reference=f"ORDER-{choose(range(9))}"),
            lambda: self.client.bookings.update(id, notes=f"Bell {choose(range(9))}"),
            lambda: self.simulator.set_appointment_status(str(id), choose(STATUSES)),
            lambda: self.simulator.set_appointment_status(str(id), choose(STATUSES)),
            lambda: self.client.bookings.cancel(id),
        )
        with suppress(CleanLifeError, ValueError):
            choose(happenings)()

    def truth(self) -> dict[str, Booking]:
        """All bookings, as the API shows them."""
        return {str(booking.booking_id): booking for booking in self.client.bookings.list()}


@contextmanager
def shop(receive: Receive, seed: int = 0, **options: Any) -> Iterator[Shop]:
    """A shop that subscribes to all events; they go to *receive*."""
    simulator = Simulator(seed=seed % 7, now=lambda: NOW, receive=receive, **options)
    with CleanLife(simulator.api_key, base_url="http://simulator/v1", transport=simulator.transport) as client:
        client.webhooks.subscriptions.create(url="https://hooks.shop.example/cleanlife", events=EVENTS)
        contact = client.contacts.find_or_create(phone="+966500000009", name="Noura")
        yield Shop(simulator, client, str(contact.id), random.Random(seed))  # noqa: S311  # No secret is made of it.


def played(seed: int, *, moments: Sequence[float]) -> tuple[list[Event], dict[str, Booking]]:
    """What some bookings told, in order, and how they ended. Between happenings, one of *moments* (seconds) passes."""
    bodies: list[bytes] = []
    responsibility = ("PARTNER", "CLEANOS")[seed % 2]
    with shop(lambda request: bodies.append(request.body) or 200, seed, payment_responsibility=responsibility) as here:
        bookings = [here.book() for _ in range(here.source.randrange(1, 4))]
        for _ in range(here.source.randrange(12)):
            here.happen(here.source.choice(bookings))
            here.simulator.clock.advance(seconds=here.source.choice(moments))
        here.simulator.settle()
        return [parse(body) for body in bodies], here.truth()
