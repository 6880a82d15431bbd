"""The list of bookings: filters, orders, pages, and an index that keeps up."""

import datetime as dt
from collections.abc import Callable
from itertools import product

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.calling import EVENING, MORNING, SATURDAY, Caller, Reply

from cleanlife_ext.simulator import Booking, Timeslot, Visit
from cleanlife_ext.simulator.register import Register, Search

Book = Callable[..., Reply]


@pytest.fixture
def booked(book: Book, call: Caller) -> list[str]:
    """Four references: Tuesday, Sunday, Monday, Monday (cancelled), in the order of creation."""
    dates = ["2026-06-16", "2026-06-14", "2026-06-15", "2026-06-15"]
    made = [book(externalReference=f"ORDER-{number}", date=date).data for number, date in enumerate(dates)]
    call.patch(f"/bookings/{made[3]['bookingId']}/cancel")
    return [booking["externalReference"] for booking in made]


def references(call: Caller, **query: object) -> list[str]:
    """Which bookings are listed."""
    return [booking["externalReference"][-1] for booking in call.get("/bookings", **query).data]


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "3210"),
        ({"sortOrder": "ASC"}, "0123"),
        ({"sortBy": "createdAt", "sortOrder": "DESC"}, "3210"),
        ({"sortBy": "date"}, "0321"),
        ({"sortBy": "date", "sortOrder": "ASC"}, "1230"),
        ({"sortBy": "colour"}, "3210"),
        ({"status": "in progress"}, "210"),
        ({"status": "canceled"}, "3"),
        ({"status": "waiting payment"}, ""),
        ({"fromDate": "2026-06-15"}, "320"),
        ({"fromDate": "2026-06-15", "toDate": "2026-06-15"}, "32"),
        ({"fromDate": "2026-06-15", "toDate": "2026-06-14"}, ""),
        ({"fromDate": "2026-06-15", "status": "in progress", "sortOrder": "ASC"}, "02"),
        ({"fromDate": "2026-06-15", "sortBy": "date", "limit": 1, "page": 3}, "2"),
        ({"toDate": "2026-06-14"}, "3210"),
        ({"externalReference": "ORDER-2"}, "2"),
        ({"externalReference": "ORDER-2", "page": 2}, ""),
        ({"externalReference": "ORDER"}, ""),
        ({"externalReference": "ORDER-2", "status": "canceled"}, ""),
        ({"externalReference": "ORDER-2", "status": "in progress"}, "2"),
        ({"externalReference": "ORDER-2", "fromDate": "2026-06-16"}, ""),
        ({"limit": 3}, "321"),
        ({"limit": 3, "page": 2}, "0"),
    ],
    ids=str,
)
@pytest.mark.rule(
    "list.order", "list.status", "list.from", "list.to", "list.to-alone", "list.reference", "page.descending"
)
@pytest.mark.rule(
    "list.order", "list.status", "list.from", "list.to", "list.to-alone", "list.reference", "page.descending"
)
def test_bookings_are_listed_by_the_documented_rules(call: Caller, query: dict[str, object], expected: str) -> None:
    """Newest first; exact filters; days included; an end without a beginning is ignored."""
    assert "".join(references(call, **query)) == expected


@pytest.mark.usefixtures("booked")
def test_the_meta_counts_what_was_found_and_not_what_is_there(call: Caller) -> None:
    """total is after the filters."""
    meta = call.get("/bookings", status="in progress", limit=2).body["meta"]

    assert meta == {"page": 1, "limit": 2, "total": 3, "totalPages": 2}


@pytest.mark.usefixtures("booked")
@pytest.mark.rule("list.own")
def test_a_partner_sees_only_its_own_bookings(cleanos: Caller) -> None:
    """And has none yet."""
    reply = cleanos.get("/bookings")

    assert reply.data == []
    assert reply.body["meta"]["totalPages"] == 0


@pytest.mark.parametrize("status", ["In Progress", "nonsense", ""])
@pytest.mark.rule("enum.booking-status")
def test_a_status_to_look_for_must_be_one(call: Caller, status: str) -> None:
    """What the API does with another word is not documented; silence would hide a mistake."""
    assert call.get("/bookings", status=status).messages == [
        "status must be one of the following values: in progress, waiting payment, success, canceled, failed"
    ]


def test_days_must_be_days(call: Caller) -> None:
    """Both, even where one would be ignored."""
    assert call.get("/bookings", fromDate="soon").messages == ["fromDate must be a valid ISO 8601 date string"]
    assert call.get("/bookings", toDate="2026-13-01").messages == ["toDate must be a valid ISO 8601 date string"]


def test_a_list_shows_the_bookings_as_they_are_now(book: Book, call: Caller) -> None:
    """Moved, it is found on its new day only."""
    booking = book().data["bookingId"]
    call.patch(f"/bookings/{booking}", date="2026-06-16", timeslot=EVENING)

    assert call.get("/bookings", fromDate="2026-06-14", toDate="2026-06-14").data == []
    assert [each["bookingId"] for each in call.get("/bookings", fromDate="2026-06-16").data] == [booking]


STATUSES = ("in progress", "canceled")
MOMENT = dt.datetime(2026, 6, 13, tzinfo=dt.UTC)


def made_booking(number: int, day: int, status: str) -> Booking:
    """A booking as plain as can be."""
    return Booking(
        id=str(number),
        number=number,
        partner_id="p",
        contact_id="c",
        address_id="a",
        service_id="s",
        visit=Visit("Al Olaya", SATURDAY + dt.timedelta(days=day), Timeslot(MORNING["startAt"], MORNING["endAt"])),
        created_at=MOMENT,
        updated_at=MOMENT,
        status=status,
        payment_status="PENDING",
        external_reference=f"ORDER-{number}" if number % 2 else None,
    )


def walked(bookings: list[Booking], search: Search) -> tuple[int, list[Booking]]:
    """What a search finds, by the simplest way to find it."""
    found = [
        booking
        for booking in sorted(bookings, key=lambda each: (each.date, each.number) if search.by_date else each.number)
        if search.first_day <= booking.date <= search.last_day and search.status in {None, booking.status}
    ]
    if search.is_descending:
        found.reverse()
    return len(found), found[search.offset : search.offset + search.limit]


@settings(max_examples=60)
@given(
    made=st.lists(st.tuples(st.integers(0, 9), st.sampled_from(STATUSES)), max_size=40),
    changed=st.lists(st.tuples(st.integers(0, 39), st.integers(0, 9), st.sampled_from(STATUSES)), max_size=15),
    first=st.integers(0, 9),
    last=st.integers(0, 9),
)
def test_the_index_finds_what_a_walk_through_everything_finds(
    made: list[tuple[int, str]], changed: list[tuple[int, int, str]], first: int, last: int
) -> None:
    """For any history of bookings, any filter, order and page."""
    bookings = [made_booking(number, day, status) for number, (day, status) in enumerate(made)]
    for place, day, status in changed:
        if place < len(bookings):
            bookings[place] = made_booking(place, day, status)
    register = Register()
    for number, (day, status) in enumerate(made):
        register.put(made_booking(number, day, status))
    for booking in bookings:
        register.put(booking)

    days = [(dt.date.min, dt.date.max), (SATURDAY + dt.timedelta(days=first), SATURDAY + dt.timedelta(days=last))]
    for sought, (low, high), by_date, is_descending, offset, limit in product(
        (None, *STATUSES), days, (True, False), (True, False), (0, 2), (1, 5, 100)
    ):
        search = Search(sought, None, low, high, by_date, is_descending, offset, limit)
        assert register.search(search) == walked(bookings, search)
    assert register.all() == bookings


def test_a_reference_leads_to_the_booking_that_has_it_now() -> None:
    """A changed one is forgotten."""
    register = Register()
    register.put(made_booking(1, 0, "in progress"))
    register.put(evolve(made_booking(1, 0, "in progress"), external_reference="NEW"))

    assert register.by_reference("ORDER-1") is None
    found = register.by_reference("NEW")
    assert found
    assert found.number == 1
    assert register.get("2") is None


@pytest.mark.parametrize("is_descending", [True, False])
@pytest.mark.parametrize("last", [0, 8])
def test_many_bookings_are_listed_in_the_order_of_their_creation(last: int, *, is_descending: bool) -> None:
    """Whether few of them or most of them lie in the days that are asked for."""
    bookings = [made_booking(number, number % 10, "in progress") for number in range(300)]
    register = Register()
    for booking in bookings:
        register.put(booking)

    days = (SATURDAY, SATURDAY + dt.timedelta(days=last))
    search = Search(None, None, *days, is_descending=is_descending, offset=3, limit=5)
    assert register.search(search) == walked(bookings, search)
