"""One partner's bookings, found without walking through all of them.

Numbers stand for bookings here. They grow with time, so an order of numbers is the order of creation.
"""

import datetime as dt
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence

from attrs import frozen

from cleanlife_ext.simulator.bookings import Booking

# Days in a span; each is a multiple of the next.
_WIDTHS = (4096, 512, 64, 8, 1)
# Items that may be looked at in vain, where finding the very first one would take longer.
_NEAR = 16


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
        self._calendar = _Calendar()

    def add(self, number: int, day: dt.date) -> None:
        insort(self._created, number)
        insort(self._dated, (day, number))
        self._calendar.add(number, day)

    def remove(self, number: int, day: dt.date) -> None:
        del self._created[bisect_left(self._created, number)]
        del self._dated[bisect_left(self._dated, (day, number))]
        self._calendar.remove(number, day)

    def page(self, search: Search) -> tuple[int, list[int]]:
        low = bisect_left(self._dated, search.first_day, key=_day)
        high = bisect_right(self._dated, search.last_day, key=_day)
        total = max(0, high - low)
        if search.offset >= total:
            return total, []
        start, stop = _place(total, search)
        if search.by_date:
            page = [number for _, number in self._dated[low + start : low + stop]]
        elif total == len(self._created):
            page = self._created[start:stop]
        else:
            page = merged(self._calendar.runs(self._dated[low][0], self._dated[high - 1][0]), start, stop)
        return total, page[::-1] if search.is_descending else page


class _Calendar:
    """Numbers by days, and by spans of many days: any days that follow each other are a few sorted runs of numbers."""

    def __init__(self) -> None:
        self._spans: Mapping[int, defaultdict[int, list[int]]] = {width: defaultdict(list) for width in _WIDTHS}

    def add(self, number: int, day: dt.date) -> None:
        for width, spans in self._spans.items():
            insort(spans[day.toordinal() // width], number)

    def remove(self, number: int, day: dt.date) -> None:
        for width, spans in self._spans.items():
            run = spans[day.toordinal() // width]
            del run[bisect_left(run, number)]

    def runs(self, first: dt.date, last: dt.date) -> list[list[int]]:
        """The widest spans that cover the days from *first* to *last* and no other, as far as they hold anything."""
        found, day, end = [], first.toordinal(), last.toordinal() + 1
        while day < end:
            width = next(width for width in _WIDTHS if day % width == 0 and day + width <= end)
            found.append(self._spans[width].get(day // width))
            day += width
        return [run for run in found if run]


def merged(runs: Sequence[Sequence[int]], start: int, stop: int) -> list[int]:
    """Items *start* to *stop* of what sorted *runs* are together; little more than those is looked at."""
    low, below = min(run[0] for run in runs), 0
    high, under = max(run[-1] for run in runs) + 1, sum(map(len, runs))
    # So many items lie below *low*, and so many below *high*: draw them together around *start*.
    is_guess = True
    while start - below > _NEAR:
        # Bookings come evenly, so a rule of three is nearly right; where they do not, halving is never far off.
        share = (start - below - _NEAR // 2) / (under - below) if is_guess else 0.5
        is_guess = not is_guess
        middle = min(max(low + int((high - low) * share), low + 1), high - 1)
        found = sum(bisect_left(run, middle) for run in runs)
        if found <= start:
            low, below = middle, found
        else:
            high, under = middle, found
    firsts = ((run, bisect_left(run, low)) for run in runs)
    near = sorted(item for run, first in firsts for item in run[first : first + stop - below])
    return near[start - below : stop - below]


def _day(entry: tuple[dt.date, int]) -> dt.date:
    return entry[0]


def _place(found: int, search: Search) -> tuple[int, int]:
    """Where the page begins and ends among those that are *found*, in ascending order."""
    if search.is_descending:
        return max(0, found - search.offset - search.limit), found - search.offset
    return search.offset, min(found, search.offset + search.limit)
