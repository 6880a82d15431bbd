"""The vendor, in a process of its own, on a real socket: it outlives all who call it, and it misbehaves."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import attrs

from cleanlife_ext import CleanLife
from cleanlife_ext.simulator import Simulator, faults
from cleanlife_ext.simulator.calls import Answer, Call
from cleanlife_ext.simulator.front import LateCall
from cleanlife_ext.simulator.slots import TEAMS_LEAST, WINDOWS

__all__ = ["PROCESSES", "Made", "Order", "Tally", "Vendor", "opened"]

PROCESSES = multiprocessing.get_context("forkserver")
# Once for all that is proved in one process, and before the first begins: so whoever is started is there at once.
PROCESSES.set_forkserver_preload(
    [
        *("proof.clerks", "proof.receiving", "cleanlife_ext.ledger.store", "cleanlife_ext.webhooks.inbox.deliveries"),
        *("cleanlife_ext.simulator", "aiohttp", "psycopg", "uvicorn.protocols.http.h11_impl", "uvicorn.loops.asyncio"),
    ]
)
SHARE = 0.3  # Of creations, and of lookups, that something befalls.
LATEST = 0.5  # Seconds after which what arrives late has arrived.
ON_CREATIONS = (
    faults.drop_before_commit(),
    faults.drop_after_commit(),
    faults.late_commit(LATEST / 10),
    faults.late_commit(LATEST),
    faults.truncate(),
    faults.status(503),
    faults.html(502),
    faults.status(422, "BOOKING_CREATION_FAILED"),
)
ON_LOOKS = (faults.drop_before_commit(), faults.truncate(), faults.status(503), faults.html(502))
LOOKS = ("listBookings", "getBookingStatus")
FULL = 0.005  # Of creations: other customers take the whole slot, so that some orders are refused for good.
PATIENCE = 60.0  # Seconds


@attrs.frozen
class Order:
    """What somebody wants to have booked. No other order is for the same contact."""

    reference: str
    contact_id: str
    address_id: str
    service_id: str
    date: str
    start_at: str
    end_at: str


@attrs.frozen
class Made:
    """A booking as the vendor has it."""

    id: str
    reference: str | None
    contact_id: str
    is_alive: bool


@attrs.frozen
class Tally:
    """What has happened at the vendor's."""

    made: Sequence[Made]
    requests: int
    creations: int
    struck: Counter[str]


@attrs.frozen
class Vendor:
    """Where it can be reached, and how it is asked what only it knows."""

    url: str
    key: str
    orders: Sequence[Order]
    _line: Connection

    def behave(self) -> None:
        """Let nothing go wrong any more, and everything arrive that is still on its way."""
        self._ask("behave")

    def tally(self) -> Tally:
        return self._ask("tally")

    def _ask(self, question: str) -> Any:
        self._line.send(question)
        assert self._line.poll(PATIENCE)
        return self._line.recv()


@contextmanager
def opened(orders: int, seed: int) -> Iterator[Vendor]:
    """A vendor that so many *orders* can be made at."""
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=_open, args=(theirs, orders, seed), daemon=True)
    process.start()
    theirs.close()
    try:
        assert ours.poll(PATIENCE)
        yield Vendor(*ours.recv(), line=ours)
    finally:
        ours.close()  # Which is what it waits for.
        process.join(PATIENCE)


class _Counted(Simulator):
    """A simulator that counts what it is asked."""

    asked = creations = 0

    def answer(self, call: Call) -> Answer:
        self.asked += 1
        self.creations += call.method == "POST"
        return super().answer(call)


def _open(line: Connection, count: int, seed: int) -> None:
    simulator = _Counted(seed=seed)
    orders = [*_orders(simulator, count)]
    simulator.asked = simulator.creations = 0
    rules = [*_misbehaving(simulator)]
    with simulator.serve() as server:
        line.send((server.base_url, server.api_key, orders))
        while True:
            try:
                question = line.recv()
            except EOFError:
                return
            if question == "tally":
                struck = Counter(
                    f"{rule.operation_id}: {rule.fault.name}" for rule in rules for _ in range(rule.struck)
                )
                line.send(Tally(_made(simulator), simulator.asked, simulator.creations, struck))
            else:
                simulator.faults.clear()
                while _is_expecting(simulator):
                    time.sleep(LATEST / 10)
                line.send(None)


def _orders(simulator: Simulator, count: int) -> Iterator[Order]:
    """Orders that all find a team, but for those on a Friday morning, when nobody works."""
    places = {address.district: address for address in simulator.addresses}.values()
    service = next(service for service in simulator.services if service.is_enabled)
    with CleanLife(simulator.api_key, base_url="http://simulator.test/v1", transport=simulator.transport) as client:
        day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=3)
        free = (
            (day + dt.timedelta(days=days), window, place)
            for days in range(350)
            for window in WINDOWS
            for place in places
            for _ in range(TEAMS_LEAST)
        )
        for number, (date, window, place) in zip(range(count), free, strict=False):
            contact = client.contacts.find_or_create(phone=f"+9665{number:08}", name="Sara")
            yield Order(
                f"ORDER-{number}",
                str(contact.id),
                place.id,
                service.id,
                date.isoformat(),
                window.start_at,
                window.end_at,
            )


def _misbehaving(simulator: Simulator) -> Iterator[faults.Rule]:
    weighed = defaultdict(list[faults.Fault])
    weighed["createBooking"].extend(ON_CREATIONS)
    for look in LOOKS:
        weighed[look].extend(ON_LOOKS)
    for operation, befalling in weighed.items():
        each = 1 - (1 - SHARE) ** (1 / len(befalling))  # The first of the rules that fire strikes.
        for fault in befalling:
            yield simulator.faults.add(operation, fault, times=None, probability=each)
    yield simulator.faults.add("createBooking", faults.fill_slot(), times=None, probability=FULL)


def _made(simulator: Simulator) -> list[Made]:
    return [
        Made(booking.id, booking.external_reference, booking.contact_id, booking.is_alive)
        for booking in simulator.bookings
    ]


def _is_expecting(simulator: Simulator) -> bool:
    """Whether a call is still to be done whose sender has given it up."""
    agenda = simulator._api.state.agenda  # noqa: SLF001  # To look, not to touch.
    return any(isinstance(due, LateCall) for _, _, due in tuple(agenda._heap))  # noqa: SLF001
