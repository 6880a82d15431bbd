"""`recover()`: whatever a crash left open comes to its end, and nothing is made twice on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from engine.writes import DOWN, LOST
from ledger.left import Left, Vendor, booked, fails, id_of
from worlds import URL, FakeClock, Script, World, refused, world_of

from cleanlife_ext import APIConnectionError, AuthenticationError, ConfigurationError
from cleanlife_ext.ledger import Entry, Ledger, Recovered, State

NOT_SENT = "createBooking: ORDER-1 is not sent: "
POST, LIST = "POST /partners/bookings", "GET /partners/bookings"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def left(ledger: Ledger, clock: FakeClock) -> Left:
    return Left(ledger, clock)


@pytest.fixture
def vendor() -> Vendor:
    """One who has nothing yet."""
    return Vendor()


@contextmanager
def recovering(world: World, left: Left, vendor: Vendor, **options: Any) -> Iterator[tuple[Any, Script]]:
    """A client, some time after the crash."""
    left.clock.time += 60
    with world.client(vendor, ledger=left.ledger, clock=left.clock, **options) as (client, script):
        yield client, script


def recover(world: World, client: Any, **how: Any) -> list[Recovered]:
    results: list[Recovered] = world(client.bookings.recover(**how))
    return results


def told(results: list[Recovered]) -> list[tuple[str, str]]:
    """Reference and state of each; who is told of a booking is told of a final state."""
    assert all((result.booking is not None) == (result.state is State.CREATED) for result in results)
    return [(result.reference, result.state.value) for result in results]


def entry_of(left: Left, reference: str = "ORDER-1") -> Entry:
    entry = left.ledger.get(reference)
    assert entry is not None
    return entry


# --- What it does with each state


def test_what_was_never_sent_is_sent(world: World, left: Left, vendor: Vendor) -> None:
    """There is nothing to look for, and nobody was told anything."""
    left.pending("ORDER-1")
    with recovering(world, left, vendor) as (client, script):
        (result,) = recover(world, client)
        assert recover(world, client) == []

    assert (result.reference, result.state, result.error) == ("ORDER-1", State.CREATED, None)
    assert result.booking is not None
    assert str(result.booking.booking_id) == entry_of(left).booking_id == id_of("ORDER-1")
    assert script.calls == [POST]
    assert script.bodies == [dict(entry_of(left).request)]


@pytest.mark.parametrize("how", [Left.sent, Left.unknown])
def test_what_may_have_been_sent_is_looked_for(world: World, left: Left, vendor: Vendor, how: Any) -> None:
    """And not sent if it is there."""
    how(left, "ORDER-1")
    vendor.bookings = [booked("ORDER-1")]
    with recovering(world, left, vendor) as (client, script):
        assert told(recover(world, client)) == [("ORDER-1", "CREATED")]

    assert script.calls == [LIST]
    assert entry_of(left).booking_id == id_of("ORDER-1")


@pytest.mark.parametrize("how", [Left.sent, Left.unknown])
@pytest.mark.parametrize("seconds", [0, 600])
def test_what_is_not_there_is_sent(world: World, left: Left, vendor: Vendor, how: Any, seconds: float) -> None:
    """Whether it may still arrive or not: the vendor takes a reference once."""
    how(left, "ORDER-1")
    left.clock.time += seconds
    with recovering(world, left, vendor) as (client, script):
        assert told(recover(world, client)) == [("ORDER-1", "CREATED")]

    assert script.calls == [LIST, POST]


def test_who_may_be_sending_is_left_alone(world: World, left: Left, vendor: Vendor) -> None:
    """And it is told that something is open."""
    left.pending("ORDER-1")
    left.clock.time += 55
    left.sent("ORDER-2")
    left.clock.time -= 55
    with recovering(world, left, vendor) as (client, script):
        results = recover(world, client)

    assert told(results) == [("ORDER-1", "CREATED"), ("ORDER-2", "SENT")]
    assert [result.is_open for result in results] == [False, True]
    assert results[1].error is None
    assert script.calls == [POST]


def test_what_is_no_booking_is_left_alone(world: World, left: Left, vendor: Vendor) -> None:
    """The ledger does not hold it; who has it may have it created again."""
    left.payload()
    left.pending("ORDER-1")
    with recovering(world, left, vendor) as (client, script):
        assert told(recover(world, client)) == [("ORDER-1", "CREATED")]

    assert script.calls == [POST]
    assert [entry.operation for entry in left.ledger.entries(open=True)] == ["createPatient"]


def test_what_is_final_is_left_alone(world: World, left: Left, vendor: Vendor) -> None:
    """So a second time does nothing."""
    left.created("ORDER-1")
    left.rejected("ORDER-2")
    with recovering(world, left, vendor) as (client, script):
        assert recover(world, client) == []

    assert script.calls == []


def test_another_api_is_another_matter(world: World, left: Left, vendor: Vendor) -> None:
    """The sandbox's orders are not production's."""
    left.pending("ORDER-1")
    with recovering(world, left, vendor, base_url="https://sandbox.test/v1") as (client, _):
        assert recover(world, client) == []


# --- What it ends in


def test_a_refusal_ends_it(world: World, left: Left, vendor: Vendor) -> None:
    """The reason is told, and the reference is free again. The others go on."""
    left.pending("ORDER-1")
    left.pending("ORDER-2")
    vendor.reacts["ORDER-1"] = fails(refused(422, "TIMESLOT_NOT_AVAILABLE"))
    with recovering(world, left, vendor) as (client, _):
        results = recover(world, client)

    assert told(results) == [("ORDER-1", "REJECTED"), ("ORDER-2", "CREATED")]
    assert getattr(results[0].error, "code", "") == "TIMESLOT_NOT_AVAILABLE"
    assert entry_of(left).error_code == "TIMESLOT_NOT_AVAILABLE"


@pytest.mark.parametrize(
    ("step", "kind"),
    [(DOWN, APIConnectionError), (refused(401, "UNAUTHORIZED"), AuthenticationError)],
)
def test_a_failure_that_is_not_its_own_ends_nothing(
    world: World, left: Left, vendor: Vendor, step: httpx.Response | Exception, kind: type[Exception]
) -> None:
    """Nobody loses an order because the network or the key was wrong when somebody cleaned up."""
    left.pending("ORDER-1")
    vendor.reacts["ORDER-1"] = fails(step)
    with recovering(world, left, vendor) as (client, _):
        (result,) = recover(world, client)
        assert isinstance(result.error, kind)
        assert result.is_open
        vendor.reacts.clear()
        left.clock.time += 60
        assert told(recover(world, client)) == [("ORDER-1", "CREATED")]


def test_what_stays_unknown_is_told_so(world: World, left: Left, vendor: Vendor) -> None:
    """With a way to look later, as if one had called oneself."""
    left.sent("ORDER-1")
    vendor.reacts["ORDER-1"] = fails(LOST)
    with recovering(world, left, vendor) as (client, _):
        (result,) = recover(world, client)
        vendor.bookings = [booked("ORDER-1")]
        error: Any = result.error
        assert str(world(error.resolve()).booking_id) == id_of("ORDER-1")
        assert (result.state, error.key) == (State.UNKNOWN, "ORDER-1")
        assert told(recover(world, client)) == [("ORDER-1", "CREATED")]


def test_whoever_made_it_it_is_what_was_wanted(world: World, left: Left, vendor: Vendor) -> None:
    """If it is the same and alive. Else the reference is another's."""
    left.pending("ORDER-1")
    left.pending("ORDER-2")
    vendor.bookings = [booked("ORDER-1"), booked("ORDER-2", "2026-06-21")]
    with recovering(world, left, vendor) as (client, _):
        results = recover(world, client)

    assert told(results) == [("ORDER-1", "CREATED"), ("ORDER-2", "REJECTED")]
    assert getattr(results[1].error, "existing", None) is not None


def test_each_has_a_deadline_of_its_own(world: World, left: Left, vendor: Vendor) -> None:
    """The first one's silence takes nothing from the second."""

    def silence() -> httpx.Response:
        left.clock.time += 1000
        raise LOST

    left.pending("ORDER-1")
    left.pending("ORDER-2")
    vendor.reacts["ORDER-1"] = silence
    with recovering(world, left, vendor) as (client, _):
        assert told(recover(world, client)) == [("ORDER-1", "UNKNOWN"), ("ORDER-2", "CREATED")]


# --- Only looking


def test_one_can_only_look(world: World, left: Left, vendor: Vendor) -> None:
    """What is there is recorded, and what is not stays as it is."""
    left.pending("ORDER-1")
    left.sent("ORDER-2")
    left.unknown("ORDER-3")
    left.sent("ORDER-4")
    before = [entry_of(left, reference) for reference in ("ORDER-1", "ORDER-3", "ORDER-4")]
    vendor.bookings = [booked("ORDER-2"), booked("ORDER-4", status="canceled")]
    with recovering(world, left, vendor) as (client, script):
        results = recover(world, client, send=False)

    assert told(results) == [
        *(("ORDER-1", "PENDING"), ("ORDER-2", "CREATED")),
        *(("ORDER-3", "UNKNOWN"), ("ORDER-4", "SENT")),
    ]
    assert [getattr(result.error, "existing", None) is not None for result in results] == [False, False, False, True]
    assert [entry_of(left, reference) for reference in ("ORDER-1", "ORDER-3", "ORDER-4")] == before
    assert set(script.calls) == {LIST}


# --- What cannot be sent


def test_what_is_not_stored_whole_is_never_sent(world: World, left: Left, vendor: Vendor) -> None:
    """It is looked up; if it is not there, only who knows the rest can make it."""
    left.sent("ORDER-1", note="ring twice")
    left.sent("ORDER-2", note="ring twice")
    vendor.bookings = [booked("ORDER-2")]
    with recovering(world, left, vendor) as (client, script):
        results = recover(world, client)

    assert told(results) == [("ORDER-1", "SENT"), ("ORDER-2", "CREATED")]
    assert str(results[0].error) == (
        f"{NOT_SENT}the ledger does not hold all of its request; create it again with the same reference"
    )
    assert set(script.calls) == {LIST}


def test_what_the_spec_forbids_by_now_is_not_sent(world: World, left: Left, vendor: Vendor) -> None:
    """It does not keep the others from being sent."""
    left.pending("ORDER-1", hours=0)
    left.pending("ORDER-2")
    with recovering(world, left, vendor) as (client, _):
        results = recover(world, client)

    assert told(results) == [("ORDER-1", "PENDING"), ("ORDER-2", "CREATED")]
    assert str(results[0].error).startswith(f"{NOT_SENT}hours: ")


@pytest.mark.parametrize(
    ("how", "seconds", "state"),
    [
        (Left.pending, 0, State.REJECTED),
        (Left.sent, 0, State.UNKNOWN),
        (Left.unknown, 0, State.UNKNOWN),
        (Left.sent, 600, State.REJECTED),
        (Left.unknown, 600, State.REJECTED),
    ],
)
def test_what_is_for_a_day_that_is_over_is_not_sent(
    world: World, left: Left, vendor: Vendor, how: Any, seconds: float, state: State
) -> None:
    """It ends once nothing can arrive any more that was sent."""
    how(left, "ORDER-1", day="2026-05-27")
    left.clock.time += seconds
    with recovering(world, left, vendor) as (client, script):
        (result,) = recover(world, client)

    assert (result.state, str(result.error)) == (state, f"{NOT_SENT}its day of service is over")
    assert entry_of(left).state is state
    assert entry_of(left).error_code == "DAY_OF_SERVICE_OVER"
    assert set(script.calls) == {LIST}


def test_what_was_made_for_a_day_that_is_over_is_found(world: World, left: Left, vendor: Vendor) -> None:
    """That it was made is a fact."""
    left.sent("ORDER-1", day="2026-05-27")
    vendor.bookings = [booked("ORDER-1", "2026-05-27")]
    with recovering(world, left, vendor) as (client, _):
        assert told(recover(world, client)) == [("ORDER-1", "CREATED")]


def test_a_day_is_over_at_midnight_in_riyadh(world: World, left: Left, vendor: Vendor) -> None:
    """Which is three hours earlier than in London's winter."""
    left.clock.time = 1_780_001_940 - 1_780_000_000.0  # 2026-05-28T20:59:00Z, with the minute of `recovering`.
    assert left.clock.wall() % 86400 == 20 * 3600 + 59 * 60
    left.pending("ORDER-1", day="2026-05-28")
    with recovering(world, left, vendor) as (client, _):
        assert told(recover(world, client)) == [("ORDER-1", "REJECTED")]


def test_a_reference_that_is_anothers_ends_what_cannot_be_sent(world: World, left: Left, vendor: Vendor) -> None:
    """As it ends what can: no look will ever say anything else."""
    left.sent("ORDER-1", day="2026-05-27")
    vendor.bookings = [booked("ORDER-1", "2026-05-27", status="canceled")]
    with recovering(world, left, vendor) as (client, _):
        (result,) = recover(world, client)

    assert result.state is State.REJECTED
    assert getattr(result.error, "existing", None) is not None
    assert entry_of(left).error_code == "DUPLICATE_EXTERNAL_REFERENCE"


# --- Others at the same time


def test_what_others_have_done_meanwhile_is_left_out(world: World, left: Left, vendor: Vendor) -> None:
    """And what they are doing is left to them."""
    others: dict[str, Any] = {name: left.pending(name) for name in ("ORDER-1", "ORDER-2", "ORDER-3")}
    store = left.ledger.journal(URL).store

    def meanwhile() -> httpx.Response:
        now = left.clock.wall()
        assert store.created(others["ORDER-2"], id_of("ORDER-2"), now)
        store.claim(others["ORDER-3"], "somebody else", now, now + 10, 600)
        return refused(422, "TIMESLOT_NOT_AVAILABLE")

    vendor.reacts["ORDER-1"] = meanwhile
    with recovering(world, left, vendor) as (client, _):
        assert told(recover(world, client)) == [("ORDER-1", "REJECTED"), ("ORDER-3", "PENDING")]

    assert vendor.made == ["ORDER-1"]


def test_what_somebody_takes_while_it_is_looked_for_is_theirs(world: World, left: Left) -> None:
    """It does not come to an end under their hands."""
    intent = left.sent("ORDER-1", day="2026-05-27")
    left.clock.time += 600

    class Slow(Vendor):
        def _list(self, wanted: httpx.QueryParams) -> httpx.Response:
            now = left.clock.wall()
            left.ledger.journal(URL).store.claim(intent, "somebody else", now, now + 10, 600)
            return super()._list(wanted)

    with recovering(world, left, Slow()) as (client, _):
        assert [result.state for result in recover(world, client)] == [State.SENT]

    assert entry_of(left).error_code == ""


def test_several_may_recover_at_once(left: Left, vendor: Vendor) -> None:
    """Each order is made once, whoever does it, and nobody waits for the slowest."""
    orders = [f"ORDER-{number:02}" for number in range(30)]
    for number, order in enumerate(orders):
        (left.pending, left.sent, left.unknown)[number % 3](order)
    vendor.bookings = [booked(order) for order in orders[1::6]]
    lock, results = threading.Lock(), list[Recovered]()

    def answer(request: httpx.Request) -> httpx.Response:
        with lock:
            return vendor(request)

    def work() -> None:
        with world_of("sync") as world, world.client(answer, ledger=left.ledger, clock=left.clock) as (client, _):
            results.extend(recover(world, client))

    left.clock.time += 60
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(vendor.made) == sorted({*orders} - {*orders[1::6]})
    assert {entry.state for entry in left.ledger.entries()} == {State.CREATED}
    assert {result.reference for result in results if not result.is_open} == {*orders}


def test_who_is_interrupted_can_go_on(left: Left, vendor: Vendor) -> None:
    """What was done is done, and the one under way is looked for."""

    def interrupted() -> httpx.Response:
        vendor.bookings.append(booked("ORDER-2"))
        raise KeyboardInterrupt

    for order in ("ORDER-1", "ORDER-2", "ORDER-3"):
        left.pending(order)
    vendor.reacts["ORDER-2"] = interrupted
    with world_of("sync") as world, recovering(world, left, vendor) as (client, _):
        with pytest.raises(KeyboardInterrupt):
            client.bookings.recover()
        assert [entry.state.value for entry in left.ledger.entries()] == ["CREATED", "SENT", "PENDING"]
        left.clock.time += 60
        assert told(recover(world, client)) == [("ORDER-2", "CREATED"), ("ORDER-3", "CREATED")]

    assert vendor.made == ["ORDER-1", "ORDER-2", "ORDER-3"]


# --- Without a ledger


def test_without_a_ledger_there_is_nothing_to_recover(world: World, vendor: Vendor) -> None:
    """And one is told how to get one."""
    with world.client(vendor) as (client, _), pytest.raises(ConfigurationError, match=r"CleanLife\(ledger=Ledger"):
        recover(world, client)


def test_a_closed_client_recovers_nothing(world: World, left: Left, vendor: Vendor) -> None:
    """Even if nothing is open."""
    with recovering(world, left, vendor) as (client, _):
        pass
    with pytest.raises(ConfigurationError, match="closed"):
        recover(world, client)
