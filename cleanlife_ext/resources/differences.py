"""The differences between a ledger and the API, found week by week while you walk them."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator

import attrs
from cleanlife_client.models import Booking

from cleanlife_ext.engine.session import AsyncSession, Session
from cleanlife_ext.ledger.reconciliation import Days, Difference, reconciled, weeks
from cleanlife_ext.ledger.recovery import journal_of
from cleanlife_ext.pages import AsyncItems, AsyncPages, Items, Pages
from cleanlife_ext.values import date_of

__all__ = ["AsyncDifferences", "Differences"]


class Differences:
    """The differences between a ledger and the API, for some days of service. Each walk begins anew."""

    def __init__(
        self,
        session: Session,
        listing: Callable[..., Pages[Booking]],
        from_date: dt.date | str,
        to_date: dt.date | str,
    ) -> None:
        journal_of(session.core)
        self._session, self._listing, self._days = session, listing, _days(from_date, to_date)

    def __iter__(self) -> Iterator[Difference]:
        return Items(_Weeks(self._session, self._listing, self._days, deque(weeks(self._days))))


@attrs.frozen(eq=False)
class _Weeks(Iterator[list[Difference]]):
    session: Session
    listing: Callable[..., Pages[Booking]]
    days: Days
    rest: deque[Days]

    def __next__(self) -> list[Difference]:
        if not self.rest:
            raise StopIteration
        week = self.rest[0]
        bookings = list(self.listing(from_date=week.first, to_date=week.last))
        differences = self.session.drive(reconciled(self.session, self.days, week, bookings))
        self.rest.popleft()  # A week that failed is not passed over by whoever goes on.
        return differences


class AsyncDifferences:
    """The differences between a ledger and the API, for some days of service. Each walk begins anew."""

    def __init__(
        self,
        session: AsyncSession,
        listing: Callable[..., AsyncPages[Booking]],
        from_date: dt.date | str,
        to_date: dt.date | str,
    ) -> None:
        journal_of(session.core)
        self._session, self._listing, self._days = session, listing, _days(from_date, to_date)

    def __aiter__(self) -> AsyncIterator[Difference]:
        return AsyncItems(_AsyncWeeks(self._session, self._listing, self._days, deque(weeks(self._days))))


@attrs.frozen(eq=False)
class _AsyncWeeks(AsyncIterator[list[Difference]]):
    session: AsyncSession
    listing: Callable[..., AsyncPages[Booking]]
    days: Days
    rest: deque[Days]

    async def __anext__(self) -> list[Difference]:
        if not self.rest:
            raise StopAsyncIteration
        week = self.rest[0]
        bookings = [booking async for booking in self.listing(from_date=week.first, to_date=week.last)]
        differences = await self.session.drive(reconciled(self.session, self.days, week, bookings))
        self.rest.popleft()
        return differences


def _days(from_date: dt.date | str, to_date: dt.date | str) -> Days:
    days = Days(date_of(from_date, "from_date"), date_of(to_date, "to_date"))
    if days.last < days.first:
        raise ValueError("to_date: a day from from_date on is needed")
    return days
