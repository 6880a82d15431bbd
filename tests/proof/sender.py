"""The vendor as the one who sends webhooks: a process of its own, which outlives all who receive them.

Its time is that of this machine, and as much later as it was told to be; `Ahead` is the same time for everybody else.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, product
from multiprocessing.connection import Connection
from typing import Any

import attrs
from proof.vendor import PROCESSES

from cleanlife_ext import APIStatusError, CleanLife, Timeslot
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.simulator import Mishaps, Simulator
from cleanlife_ext.simulator.slots import TEAMS_LEAST, WINDOWS
from cleanlife_ext.simulator.webhooks import EVENTS, Delivery

__all__ = ["Ahead", "Sender", "Sent", "sending"]

MISHAPS = Mishaps(duplicate=0.1, reorder=0.2, delay=0.3, delay_seconds=200)
NEXT = {"Scheduled": "Dispatched", "Dispatched": "In Progress", "In Progress": "Completed"}
PATIENCE = 300.0  # Seconds


@attrs.frozen
class Ahead(Clock):
    """This machine's time, and as many seconds later as the vendor's is, which *offset* holds in memory of all."""

    offset: Any

    def wall(self) -> float:
        return time.time() + float(self.offset.value)


@attrs.frozen
class Sent:
    """What the vendor knows of a delivery."""

    booking_id: str
    event: str
    status: str
    attempts: int


@attrs.frozen
class Progress:
    """How many deliveries are still to be sent, or to be tried again; and how many there are, with these."""

    pending: int
    made: int


@attrs.frozen
class Sender:
    """How the vendor is asked what only it knows, and told what to do. It has a *secret* for each event."""

    url: str
    key: str
    secrets: Mapping[str, str]
    clock: Ahead
    _line: Connection

    @property
    def given(self) -> tuple[str, str, Mapping[str, str], Ahead]:
        """What whoever deals with it has to know."""
        return self.url, self.key, self.secrets, self.clock

    def begin(self, events: int, seconds: float) -> None:
        """Let so many things happen to bookings, and then so much time pass; `progress` waits for that."""
        self._line.send(("go_on", events, seconds))

    @property
    def is_busy(self) -> bool:
        """Whether what has begun has not ended yet."""
        return not self._line.poll()

    def progress(self) -> Progress:
        """How far it is, when all is sent that was to be sent by then."""
        progress: Progress = self._answer()
        return progress

    def sent(self) -> dict[str, Sent]:
        """All deliveries, by their ids."""
        self._line.send(("tell",))
        sent: dict[str, Sent] = self._answer()
        return sent

    def behave(self) -> None:
        """Send each delivery once, and in order, from now on."""
        self._line.send(("behave",))
        self._answer()

    def _answer(self) -> Any:
        assert self._line.poll(PATIENCE), "the vendor says nothing"
        return self._line.recv()


@contextmanager
def sending(port: int, responsibility: str, seed: int) -> Iterator[Sender]:
    """A vendor whose webhooks go to this *port*."""
    ours, theirs = PROCESSES.Pipe()
    offset = PROCESSES.RawValue("d", 0.0)
    process = PROCESSES.Process(target=_run, args=(theirs, offset, port, responsibility, seed), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(PATIENCE)
        yield Sender(*ours.recv(), clock=Ahead(offset), line=ours)
    finally:
        ours.close()  # Which is what it waits for.
        process.join(PATIENCE)


class _Office:
    """The vendor's, with all that happens to bookings there."""

    def __init__(self, simulator: Simulator, client: CleanLife, offset: Any, seed: int) -> None:
        self._simulator, self._client, self._offset = simulator, client, offset
        self._luck = random.Random(seed)  # noqa: S311
        self._sent: dict[str, Sent] = {}
        self._open: list[str] = []
        self._numbers = count()
        self._districts = {address.district: address.id for address in simulator.addresses}
        self._free = {district: _free() for district in self._districts}
        self._homes: dict[str, str] = {}

    def go_on(self, events: int, seconds: float) -> Progress:
        for _ in range(events):
            while not self._has_happened():
                pass
        self._simulator.clock.advance(seconds=seconds)
        self._offset.value = (self._simulator.clock.now() - dt.datetime.now(dt.UTC)).total_seconds()
        self._note()
        unpaid = sum(booking.status == "waiting payment" for booking in self._simulator.bookings)  # They will fail.
        pending = sum(each.status == "PENDING" for each in self._sent.values())
        return Progress(pending + unpaid, len(self._sent) + unpaid)

    def tell(self) -> dict[str, Sent]:
        self._note()
        return self._sent

    def behave(self) -> None:
        self._simulator.mishaps = Mishaps()

    def _note(self) -> None:
        # Each time, since the oldest are forgotten.
        for delivery in self._simulator.deliveries:
            before = self._sent.get(delivery.id)
            booking_id = _booking_of(delivery) if before is None else before.booking_id
            self._sent[delivery.id] = Sent(booking_id, delivery.event, delivery.status, delivery.attempt_count)

    def _has_happened(self) -> bool:
        acts = (self._book, self._move, self._pay, self._proceed, self._cancel)
        act = self._luck.choices(acts, [4, 5, 3, 6, 1])[0]
        if not self._open:
            act = self._book
        try:
            act()
        except (APIStatusError, ValueError):  # It is too late for that, or too early, or the slot is taken.
            return False
        return True

    def _book(self) -> None:
        number, district = next(self._numbers), self._luck.choice(list(self._districts))
        contact = self._client.contacts.find_or_create(phone=f"+9665{number:08}", name="Sara")
        service = next(service for service in self._simulator.services if service.is_enabled)
        booking = self._client.bookings.create(
            contact_id=contact.id,
            address_id=self._districts[district],
            service_id=service.id,
            external_reference=f"ORDER-{number}",
            **next(self._free[district]),
        )
        self._open.append(str(booking.booking_id))
        self._homes[str(booking.booking_id)] = district

    def _move(self) -> None:
        id = self._luck.choice(self._open)
        self._client.bookings.update(id, **next(self._free[self._homes[id]]))

    def _pay(self) -> None:
        id = self._luck.choice(self._open)
        if self._is_partners:
            self._client.bookings.confirm_payment(id)
        else:
            self._simulator.pay(id)

    @property
    def _is_partners(self) -> bool:
        return self._simulator._payment_responsibility == "PARTNER"  # noqa: SLF001  # To look, not to touch.

    def _proceed(self) -> None:
        id = self._luck.choice(self._open)
        appointment = self._client.bookings.status(id).appointment
        status = NEXT.get(str(appointment.status)) if appointment else None
        if status is None:
            self._open.remove(id)  # Or it is still to be paid, and fails.
            raise ValueError(id)
        self._simulator.set_appointment_status(id, status)

    def _cancel(self) -> None:
        id = self._luck.choice(self._open)
        self._open.remove(id)
        self._client.bookings.cancel(id)


def _run(line: Connection, offset: Any, port: int, responsibility: Any, seed: int) -> None:
    simulator = Simulator(seed=seed, payment_responsibility=responsibility, allow_http=True, mishaps=MISHAPS)
    client = CleanLife(simulator.api_key, base_url="http://simulator.test/v1", transport=simulator.transport)
    subscribe = client.webhooks.subscriptions.create
    # What goes to one subscription goes one after the other, so each event overtakes the others.
    secrets = {name: subscribe(url=f"http://127.0.0.1:{port}/{name}", events=[name]).secret for name in EVENTS}
    office = _Office(simulator, client, offset, seed)
    with simulator.serve() as server:
        line.send((server.base_url, server.api_key, secrets))
        while True:
            try:
                name, *given = line.recv()
            except EOFError:
                return
            act: Callable[..., Any] = getattr(office, name)
            line.send(act(*given))


def _free() -> Iterator[dict[str, Any]]:
    """Days and slots in one district, each as often as there are teams for certain, and no two alike in a row."""
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=3)
    for _, days, window in product(range(TEAMS_LEAST), range(350), WINDOWS):
        yield {"date": day + dt.timedelta(days=days), "timeslot": Timeslot(window.start_at, window.end_at)}


def _booking_of(delivery: Delivery) -> str:
    return str(json.loads(delivery.body)["data"]["bookingId"])
