"""A fault is the same to a user, over a socket and in process, in every world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest
from simulator.calling import EIGHT_O_CLOCK, SUNDAY, Caller
from worlds import FakeClock, World

from cleanlife_ext import CleanLifeError, Timeslot
from cleanlife_ext.simulator import Server, Simulator, faults
from cleanlife_ext.simulator.faults import Fault

SHORT = 0.75  # seconds: a timeout that is meant to be hit
LONG = 20.0  # seconds: one that is not


@attrs.frozen
class Outcome:
    """What a user, and whoever looks into the simulator, gets to see of one call; attempts include the lookups."""

    error: str | None
    status: int | None
    attempts: tuple[tuple[int | None, str, bool], ...]
    requests: tuple[tuple[int | None, str | None], ...]
    bookings: int


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    """One for all tests here."""
    return Simulator(now=lambda: EIGHT_O_CLOCK)


@pytest.fixture(scope="module")
def server(simulator: Simulator) -> Iterator[Server]:
    """That simulator behind a socket."""
    with simulator.serve() as server:
        yield server


@pytest.fixture(params=["socket", "process"])
def way(request: pytest.FixtureRequest, simulator: Simulator, server: Server) -> dict[str, Any]:
    """What a client needs to come in that way; each test that takes it runs once for both."""
    simulator.reset()
    if request.param == "socket":
        return {"base_url": server.base_url}
    return {"base_url": "http://simulator/v1", "transport": simulator.transport}


def booked(*attempts: tuple[int | None, str, bool], asked: tuple[tuple[int | None, str | None], ...]) -> Outcome:
    """A call that ends well, with one booking; *asked* leaves out the lookups."""
    return Outcome(None, None, attempts, asked, 1)


Outcomes = Callable[[Fault, str, float], Outcome]


@pytest.fixture
def outcome(world: World, way: dict[str, Any], simulator: Simulator) -> Outcomes:
    """What comes of a call when a fault strikes the first that it sends."""
    contact = Caller(simulator.answer, simulator.api_key).post("/contacts", phone="+966500000000", name="Sara").data

    def outcome(fault: Fault, operation: str, timeout: float) -> Outcome:
        simulator.faults.add(operation, fault)
        client = world.make(api_key=simulator.api_key, clock=FakeClock(), timeout=timeout, **way)
        calls = {
            "listPricingTiers": client.pricing.tiers,
            "createBooking": lambda: client.bookings.create(
                contact_id=contact["id"],
                address_id=simulator.addresses[0].id,
                service_id=simulator.services[0].id,
                date=SUNDAY,
                timeslot=Timeslot("09:00", "12:00"),
                external_reference="ORDER-1",
            ),
        }
        error: CleanLifeError | None = None
        try:
            with client.trace() as trace:
                world(calls[operation]())
        except CleanLifeError as caught:
            error = caught
        finally:
            world.close(client)
        return Outcome(
            error=type(error).__name__ if error else None,
            status=getattr(error, "status_code", None),
            attempts=tuple((each.status, each.code, each.ambiguous) for each in trace[-1].attempts),
            requests=tuple((each.status, each.fault) for each in simulator.requests if each.operation_id == operation),
            bookings=len(simulator.bookings),
        )

    return outcome


LOST = (None, "APIConnectionError", True)
LATE = (None, "APITimeoutError", True)
BUSY = (503, "INTERNAL_ERROR", True)
PAGE = (502, "InternalServerError", True)
SLOW = (429, "RATE_LIMIT_EXCEEDED", False)
FINE = (200, "", False)
FULL = (422, "TIMESLOT_NOT_AVAILABLE", False)

WRITES = [
    # Not done: looked up, not found, sent again.
    (faults.status(503), LONG, booked(BUSY, FINE, FINE, asked=((503, "status"), (200, None)))),
    (
        faults.html(502),
        LONG,
        booked(PAGE, FINE, FINE, asked=((502, "html"), (200, None))),
    ),
    (faults.drop_before_commit(), LONG, booked(LOST, FINE, FINE, asked=((None, "drop_before_commit"), (200, None)))),
    (faults.late_commit(60), LONG, booked(LOST, FINE, FINE, asked=((None, "late_commit"), (200, None)))),
    # Done: looked up and found.
    (faults.drop_after_commit(), LONG, booked(LOST, FINE, asked=((None, "drop_after_commit"),))),
    (faults.delay(60), SHORT, booked(LATE, FINE, asked=((200, "delay"),))),
    (faults.truncate(), LONG, booked(LOST, FINE, asked=((200, "truncate"),))),
    (faults.drip(20), SHORT, booked(LATE, FINE, asked=((200, "drip"),))),
    # Nothing to look up.
    (faults.delay(0.1), LONG, booked(FINE, asked=((200, "delay"),))),
    (faults.drip(5000), LONG, booked(FINE, asked=((200, "drip"),))),
    (faults.change_price(2), LONG, booked(FINE, asked=((200, "change_price"),))),
    (faults.status(429), LONG, booked(SLOW, FINE, asked=((429, "status"), (200, None)))),
    (
        faults.status(422, "TIMESLOT_NOT_AVAILABLE"),
        LONG,
        Outcome("UnprocessableEntityError", 422, (FULL,), ((422, "status"),), 0),
    ),
    (faults.fill_slot(), LONG, Outcome("UnprocessableEntityError", 422, (FULL,), ((422, "fill_slot"),), 0)),
]


def named(value: Any) -> str | None:
    """What a case is called."""
    return value.name if isinstance(value, Fault) else None


@pytest.mark.parametrize(("fault", "timeout", "expected"), WRITES, ids=named)
def test_a_booking_ends_the_same_way_whatever_lies_between(
    outcome: Outcomes, fault: Fault, timeout: float, expected: Outcome
) -> None:
    """Error, attempts, what was asked of the API, and whether the booking exists."""
    assert outcome(fault, "createBooking", timeout) == expected


READS = [
    (faults.status(503, retry_after=3), LONG, ((503, "status"), (200, None))),
    (faults.html(), LONG, ((502, "html"), (200, None))),
    (faults.drop_before_commit(), LONG, ((None, "drop_before_commit"), (200, None))),
    (faults.drop_after_commit(), LONG, ((None, "drop_after_commit"), (200, None))),
    (faults.late_commit(1), LONG, ((None, "late_commit"), (200, None))),
    (faults.truncate(), LONG, ((200, "truncate"), (200, None))),
    (faults.delay(60), SHORT, ((200, "delay"), (200, None))),
    (faults.drip(20), SHORT, ((200, "drip"), (200, None))),
    (faults.drip(10_000), LONG, ((200, "drip"),)),
]


@pytest.mark.parametrize(("fault", "timeout", "requests"), READS, ids=named)
def test_a_read_is_asked_again_whatever_lies_between(
    outcome: Outcomes, fault: Fault, timeout: float, requests: tuple[tuple[int | None, str | None], ...]
) -> None:
    """And then is answered."""
    ended = outcome(fault, "listPricingTiers", timeout)

    assert attrs.evolve(ended, attempts=()) == Outcome(None, None, (), requests, 0)
    assert [status for status, _, _ in ended.attempts][-1] == 200
    assert len(ended.attempts) == len(requests)
