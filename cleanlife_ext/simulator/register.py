"""One partner's bookings, found without walking through all of them.

Numbers stand for bookings here. They grow with time, so an order of numbers is the order of creation.
"""

import datetime as dt
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import TypeVar

from attrs import frozen

from cleanlife_ext.simulator.bookings import Booking

_T = TypeVar("_T")


@frozen
class Search:
    """Which bookings, in which order; days are included, None is no filter."""

    status: str | None = None
    reference: str | None = None
    first_day: dt.date = dt.date.min
    last_day: dt.date = dt.date.max
    by_date: bool = False
    is_descending: bool = True
    offset: int = 0
    limit: int = 20


class Register:
    """The bookings of one partner."""

    def __init__(self) -> None:
        self._bookings: dict[int, Booking] = {}
        self._numbers: dict[str, int] = {}
        self._references: dict[str, int] = {}
        self._drawers: defaultdict[str | None, _Drawer] = defaultdict(_Drawer)

    def all(self) -> list[Booking]:
        """Every booking, oldest first."""
        return list(self._bookings.values())

    def get(self, booking_id: str) -> Booking | None:
        """The booking with this id."""
        number = self._numbers.get(booking_id)
        return None if number is None else self._bookings[number]

    def by_reference(self, reference: str) -> Booking | None:
        """The booking that holds this reference now, dead or alive."""
        number = self._references.get(reference)
        return None if number is None else self._bookings[number]

    def put(self, booking: Booking) -> None:
        """Keep *booking*, in place of what was known of it before."""
        before = self._bookings.get(booking.number)
        if before is not None:
            self._forget(before)
        self._bookings[booking.number] = booking
        self._numbers[booking.id] = booking.number
        if booking.external_reference is not None:
            self._references[booking.external_reference] = booking.number
        for drawer in (None, booking.status):
            self._drawers[drawer].add(booking.number, booking.date)

    def search(self, search: Search) -> tuple[int, list[Booking]]:
        """How many bookings were found in all, and those of the page."""
        if search.reference is not None:
            return self._search_reference(search.reference, search)
        if search.status is not None and search.status not in self._drawers:
            return 0, []
        total, numbers = self._drawers[search.status].page(search)
        return total, [self._bookings[number] for number in numbers]

    def _search_reference(self, reference: str, search: Search) -> tuple[int, list[Booking]]:
        found = self.by_reference(reference)
        if found is None or not search.first_day <= found.date <= search.last_day:
            return 0, []
        if search.status not in {None, found.status}:
            return 0, []
        return 1, [found][search.offset : search.offset + search.limit]

    def _forget(self, booking: Booking) -> None:
        if booking.external_reference is not None:
            del self._references[booking.external_reference]
        for drawer in (None, booking.status):
            self._drawers[drawer].remove(booking.number, booking.date)


class _Drawer:
    """Bookings that have something in common, in both orders at once."""

    def __init__(self) -> None:
        self._created: list[int] = []
        self._dated: list[tuple[dt.date, int]] = []
        self._days: dict[int, dt.date] = {}

    def add(self, number: int, day: dt.date) -> None:
        insort(self._created, number)
        insort(self._dated, (day, number))
        self._days[number] = day

    def remove(self, number: int, day: dt.date) -> None:
        del self._created[bisect_left(self._created, number)]
        del self._dated[bisect_left(self._dated, (day, number))]
        del self._days[number]

    def page(self, search: Search) -> tuple[int, list[int]]:
        low = bisect_left(self._dated, search.first_day, key=_day)
        high = bisect_right(self._dated, search.last_day, key=_day)
        total = max(0, high - low)
        if search.offset >= total:
            return total, []
        if search.by_date:
            return total, [number for _, number in _cut(self._dated, low, high, search)]
        return total, self._page_by_creation(low, high, search)

    def _page_by_creation(self, low: int, high: int, search: Search) -> list[int]:
        found, known = high - low, len(self._created)
        if found == known:
            return list(_cut(self._created, 0, known, search))
        # Two ways to the same page: sort the days' bookings (good if they are few), or walk in the order of
        # creation until the page is full (good if they are many).
        if found * found <= (search.offset + search.limit) * known:
            inside = sorted(number for _, number in self._dated[low:high])
            return list(_cut(inside, 0, found, search))
        return self._walk(search)

    def _walk(self, search: Search) -> list[int]:
        numbers = reversed(self._created) if search.is_descending else iter(self._created)
        fitting = (number for number in numbers if search.first_day <= self._days[number] <= search.last_day)
        return list(islice(fitting, search.offset, search.offset + search.limit))


def _day(entry: tuple[dt.date, int]) -> dt.date:
    return entry[0]


def _cut(ordered: Sequence[_T], low: int, high: int, search: Search) -> Sequence[_T]:
    """The page of ordered[low:high], read from the end if descending."""
    if not search.is_descending:
        start = low + search.offset
        return ordered[start : min(start + search.limit, high)]
    stop = high - search.offset
    return ordered[max(stop - search.limit, low) : stop][::-1]
