"""A hundred thousand bookings are listed as fast as a thousand."""

import datetime as dt
import statistics
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulator.calling import EIGHT_O_CLOCK, MORNING, PARTNER_ID, Caller

from cleanlife_ext.simulator import Booking, Timeslot, Visit
from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.bookings import STATUSES
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.partners import Key, Partner
from cleanlife_ext.simulator.register import Register, Search, merged
from cleanlife_ext.simulator.routes import PERMISSIONS
from cleanlife_ext.simulator.state import State

FEW, MANY = 1_000, 100_000
NEW_YEAR = dt.date(2026, 1, 1)
SLOT = Timeslot(MORNING["startAt"], MORNING["endAt"])
FILTERS: list[dict[str, object]] = [
    {},
    {"status": "in progress"},
    {"fromDate": "2026-06-01"},
    {"fromDate": "2026-06-01", "toDate": "2026-06-30"},
    {"fromDate": "2026-02-01", "toDate": "2026-11-30", "status": "success"},
    {"fromDate": "2026-02-01", "sortOrder": "ASC"},
    {"sortBy": "date"},
    {"sortBy": "date", "sortOrder": "ASC", "fromDate": "2026-06-01", "status": "canceled"},
    {"externalReference": "ORDER-500"},
    {"externalReference": "ORDER-500", "fromDate": "2026-01-01", "status": "failed"},
]


def booking(number: int) -> Booking:
    """One of many, on any day of the year."""
    return Booking(
        id=f"booking-{number}",
        number=number,
        partner_id=PARTNER_ID,
        contact_id="contact",
        address_id="address",
        service_id="service",
        visit=Visit("Al Olaya", NEW_YEAR + dt.timedelta(days=number * 7919 % 365), SLOT),
        created_at=EIGHT_O_CLOCK,
        updated_at=EIGHT_O_CLOCK,
        status=STATUSES[number * 31 % len(STATUSES)],
        payment_status="PENDING",
        external_reference=f"ORDER-{number}",
    )


def caller(count: int) -> Caller:
    """A partner with so many bookings."""
    state = State(Ids(0), lambda: EIGHT_O_CLOCK)
    state.keys["pk"] = Key("pk", Partner(PARTNER_ID, "PARTNER"), PERMISSIONS)
    for number in range(count):
        state.registers[PARTNER_ID].put(booking(number))
    return Caller(PartnerApi(state).answer, "pk")


@pytest.fixture(scope="module")
def few() -> Caller:
    """A partner at its beginning."""
    return caller(FEW)


@pytest.fixture(scope="module")
def many() -> Caller:
    """The same partner years later."""
    return caller(MANY)


def seconds(call: Caller, query: Mapping[str, object]) -> float:
    """What a call usually takes."""
    times = []
    for _ in range(30):
        began = time.perf_counter()
        call.get("/bookings", **query)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


@pytest.mark.parametrize("query", FILTERS, ids=str)
@pytest.mark.parametrize("is_deep", [False, True], ids=["first page", "deep page"])
def test_a_list_of_many_takes_at_most_twice_as_long_as_one_of_few(
    few: Caller, many: Caller, query: dict[str, Any], *, is_deep: bool
) -> None:
    """Whatever the filter, the order and the page; a busy machine gets a second and a third chance."""
    small, large = ({**query, "page": deep_page(call, query) if is_deep else 1} for call in (few, many))
    assert len(few.get("/bookings", **small).data) == len(many.get("/bookings", **large).data)

    assert any(seconds(many, large) <= 2 * seconds(few, small) for _ in range(3))


def deep_page(call: Caller, query: dict[str, Any]) -> int:
    """The last page that is full, or the only one."""
    meta = call.get("/bookings", **query).body["meta"]
    return max(1, meta["total"] // meta["limit"])


def test_runs_may_lie_as_unevenly_as_they_like() -> None:
    """A hundred items close together, then a hundred that are far apart, and the other way round."""
    dense, sparse = list(range(100)), list(range(1_000, 10**9, 10**7))
    upside_down = [10**9 - item for item in (*dense, *sparse)]

    for items in (dense + sparse, sorted(upside_down)):
        runs = [items[::3], items[1::3], items[2::3]]
        assert [merged(runs, start, start + 5) for start in range(len(items))] == [
            items[start : start + 5] for start in range(len(items))
        ]


@given(st.data())
def test_sorted_runs_are_merged_where_they_are_looked_at(data: st.DataObject) -> None:
    """As if they were one, wherever one looks and however unevenly they lie."""
    gaps = data.draw(st.lists(st.sampled_from([1, 1, 1, 2, 1000]), min_size=1, max_size=300))
    items = [sum(gaps[: place + 1]) for place in range(len(gaps))]
    runs: list[list[int]] = [[], [], []]
    for item in items:
        runs[data.draw(st.integers(0, 2))].append(item)
    start = data.draw(st.integers(0, len(items) - 1))
    stop = data.draw(st.integers(start, len(items)))

    assert merged([run for run in runs if run], start, stop) == items[start:stop]


@pytest.mark.parametrize("is_descending", [True, False])
@pytest.mark.parametrize("status", [None, "success"])
def test_deep_pages_join_without_gaps(status: str | None, *, is_descending: bool) -> None:
    """Over weeks and over years, each booking is on one page."""
    register = Register()
    bookings = [booking(number) for number in range(3_000)]
    for each in bookings:
        register.put(each)

    for last in (NEW_YEAR, NEW_YEAR + dt.timedelta(days=8), NEW_YEAR + dt.timedelta(days=300)):
        wanted = [each for each in bookings if each.date <= last and status in {None, each.status}]
        found = []
        for offset in range(0, 3_000, 70):
            search = Search(status, None, NEW_YEAR, last, is_descending=is_descending, offset=offset, limit=70)
            total, page = register.search(search)
            assert total == len(wanted)
            found += page
        assert found == (wanted[::-1] if is_descending else wanted)
