"""`reconcile()`: both sides of whatever the ledger and the API do not agree on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cleanlife_client.models import Booking
from ledger.left import Left, Vendor, booked, id_of
from worlds import FakeClock, World

from cleanlife_ext import ConfigurationError
from cleanlife_ext.ledger import Difference, Different, Ledger, Missing, State, Unexpected
from cleanlife_ext.ledger.entry import Entry
from cleanlife_ext.ledger.reconciliation import Days, differing, weeks
from cleanlife_ext.provider import CLEANLIFE

REPEAT = CLEANLIFE.operations["createBooking"].repeat
NOW = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
JUNE = {"from_date": "2026-06-01", "to_date": "2026-06-30"}
SLOT = {"startAt": "09:00", "endAt": "12:00"}


def entry(state: State, *, held: bool = False) -> Entry:
    return Entry(
        api="https://api.test/v1",
        reference="ORDER-1",
        operation="createBooking",
        state=state,
        booking_id=id_of("ORDER-1") if state is State.CREATED else None,
        error_code="",
        attempts=1,
        date="2026-06-20",
        request={"date": "2026-06-20", "timeslot": SLOT, "externalReference": "ORDER-1"},
        complete=True,
        fingerprint="",
        lease=NOW + dt.timedelta(seconds=1 if held else -1),
        sent_at=None,
        idempotency_key="",
        key_at=None,
        created_at=NOW,
        updated_at=NOW,
    )


def fields(ours: Entry, **theirs: Any) -> tuple[str, ...]:
    booking = Booking.from_dict({**booked("ORDER-1"), **theirs})
    found = differing(REPEAT, ours, booking, NOW.timestamp())
    assert all(isinstance(each, Different) and (each.entry, each.booking) == (ours, booking) for each in found)
    return found[0].fields if found and isinstance(found[0], Different) else ()


# --- Two of them


@pytest.mark.parametrize(
    ("theirs", "names"),
    [
        ({}, ()),
        ({"status": "success"}, ()),
        ({"status": "canceled"}, ("status",)),
        ({"status": "Failed"}, ("status",)),
        ({"date": "2026-06-21T00:00:00.000Z"}, ("date",)),
        ({"timeslot": {**SLOT, "startAt": "10:00", "endsAtNextDay": False}}, ("timeslot",)),
        ({"externalReference": None}, ("external_reference",)),
        ({"bookingId": id_of("ORDER-2"), "status": "canceled"}, ("booking_id", "status")),
    ],
)
def test_a_booking_is_as_the_ledger_has_it_or_differs(theirs: dict[str, Any], names: tuple[str, ...]) -> None:
    """By the names that the booking's fields have in Python."""
    assert fields(entry(State.CREATED), **theirs) == names


@pytest.mark.parametrize(
    ("state", "held", "names"),
    [
        (State.PENDING, False, ("state",)),
        (State.SENT, False, ("state",)),
        (State.UNKNOWN, True, ("state",)),
        (State.REJECTED, True, ("state",)),
        (State.PENDING, True, ()),
        (State.SENT, True, ()),
    ],
)
def test_a_booking_of_which_the_ledger_does_not_say_that_it_is_made(
    *, state: State, held: bool, names: tuple[str, ...]
) -> None:
    """It is a difference, unless somebody is making it this very moment, or it is dead."""
    assert fields(entry(state, held=held)) == names
    assert fields(entry(state, held=held), status="canceled") == ()


# --- The days


def test_days_are_taken_by_the_week() -> None:
    """The last week ends with the last day; the last day that there is, is one as well."""
    days = Days(dt.date(2026, 6, 1), dt.date(2026, 6, 15))
    ends = Days(dt.date(9999, 12, 30), dt.date.max)

    assert [(week.first.day, week.last.day) for week in weeks(days)] == [(1, 7), (8, 14), (15, 15)]
    assert [*weeks(ends)] == [ends]
    assert "2026-06-15" in days
    assert "2026-06-16" not in days


# --- All of them


@pytest.fixture
def left(ledger: Ledger) -> Left:
    return Left(ledger, FakeClock())


def reconciled(world: World, left: Left, vendor: Vendor, **days: Any) -> tuple[list[Difference], list[str]]:
    """What there is to tell, and what was asked for it."""
    left.clock.time += 60
    with world.client(vendor, ledger=left.ledger, clock=left.clock) as (client, script):
        found = world.items(client.bookings.reconcile(**{**JUNE, **days}))
        return found, script.calls


def short(found: list[Difference]) -> list[tuple[str, str | None]]:
    """The kind, and the reference."""
    return [
        (
            " ".join(each.fields) if isinstance(each, Different) else type(each).__name__,
            each.booking.external_reference if isinstance(each, Unexpected) else each.entry.reference,
        )
        for each in found
    ]


def test_where_both_agree_there_is_nothing_to_tell(world: World, left: Left) -> None:
    """A call for each week is all that it takes."""
    left.created("ORDER-1")
    left.created("ORDER-2", day="2026-06-21")
    left.rejected("ORDER-3")
    left.unknown("ORDER-4")
    vendor = Vendor([booked("ORDER-1"), booked("ORDER-2", "2026-06-21"), booked("ORDER-9", "2026-07-01")])

    assert reconciled(world, left, vendor) == ([], ["GET /partners/bookings"] * 5)


def test_what_only_one_has_is_told(world: World, left: Left) -> None:
    """Missing is what the API does not even know by its id."""
    left.created("ORDER-1")
    vendor = Vendor([booked("ORDER-2"), booked(None)])
    found, calls = reconciled(world, left, vendor)

    assert short(found) == [("Unexpected", "ORDER-2"), ("Unexpected", None), ("Missing", "ORDER-1")]
    assert isinstance(found[2], Missing)
    assert found[2].entry == left.ledger.get("ORDER-1")
    assert calls.count(f"GET /partners/bookings/{id_of('ORDER-1')}/status") == 1


def test_what_is_no_booking_is_no_bookings_entry(world: World, left: Left) -> None:
    """Though it is known by what a booking has for its reference."""
    left.payload("ORDER-1")

    assert short(reconciled(world, left, Vendor([booked("ORDER-1")]))[0]) == [("Unexpected", "ORDER-1")]


@pytest.mark.parametrize("day", ["2026-06-21", "2026-06-28", "2026-07-28"])
def test_a_booking_that_was_moved_is_not_missing(world: World, left: Left, day: str) -> None:
    """Within its week, to another one, or out of sight; it is told once."""
    left.created("ORDER-1")

    assert short(reconciled(world, left, Vendor([booked("ORDER-1", day)]))[0]) == [("date", "ORDER-1")]


def test_a_booking_that_was_moved_here_is_told(world: World, left: Left) -> None:
    """Its entry is of a day that was not asked for."""
    left.created("ORDER-1", day="2026-05-30")

    assert short(reconciled(world, left, Vendor([booked("ORDER-1")]))[0]) == [("date", "ORDER-1")]


def test_a_booking_whose_reference_was_changed_is_known_by_its_id(world: World, left: Left) -> None:
    """So it is neither missing nor unexpected."""
    left.created("ORDER-1")
    vendor = Vendor([booked("ORDER-2", bookingId=id_of("ORDER-1"))])

    assert short(reconciled(world, left, vendor)[0]) == [("external_reference", "ORDER-1")]


def test_a_booking_that_a_crash_left_open_is_told(world: World, left: Left) -> None:
    """And is none any more once it is recovered."""
    left.sent("ORDER-1")
    vendor = Vendor([booked("ORDER-1")])
    assert short(reconciled(world, left, vendor)[0]) == [("state", "ORDER-1")]

    with world.client(vendor, ledger=left.ledger, clock=left.clock) as (client, _):
        world(client.bookings.recover())

    assert reconciled(world, left, vendor)[0] == []


def test_two_bookings_with_one_reference_are_told(world: World, left: Left) -> None:
    """The ledger's, which was cancelled, and another one that somebody made elsewhere."""
    left.created("ORDER-1")
    vendor = Vendor([booked("ORDER-1", bookingId=id_of("ORDER-2")), booked("ORDER-1", status="canceled")])

    assert short(reconciled(world, left, vendor)[0]) == [("booking_id", "ORDER-1"), ("status", "ORDER-1")]


def test_a_week_is_fetched_when_it_is_walked(world: World, left: Left) -> None:
    """Whoever stops early has asked for no more than they took."""
    vendor = Vendor([booked(f"ORDER-{day}", f"2026-06-{day:02}") for day in range(1, 31)])
    with world.client(vendor, ledger=left.ledger, clock=left.clock) as (client, script):
        differences = client.bookings.reconcile(**JUNE)
        assert script.calls == []
        if world.is_async:
            walk = aiter(differences)
            world(anext(walk))
        else:
            next(iter(differences))

        assert script.calls == ["GET /partners/bookings"]
        assert len(world.items(differences)) == 30


@pytest.mark.parametrize("days", [{"from_date": "yesterday"}, {"to_date": "2026-05-31"}])
def test_days_that_make_no_sense_are_refused_at_once(world: World, left: Left, days: dict[str, str]) -> None:
    """By the field's name."""
    with pytest.raises(ValueError, match=f"^{next(iter(days))}: "):
        reconciled(world, left, Vendor(), **days)


def test_without_a_ledger_there_is_nothing_to_compare(world: World) -> None:
    """Which is said at once."""
    with world.client(Vendor()) as (client, _), pytest.raises(ConfigurationError, match="has no ledger"):
        client.bookings.reconcile(**JUNE)
