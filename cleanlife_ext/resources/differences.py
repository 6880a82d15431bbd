"""The differences between a ledger and the API, found week by week while you walk them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator

import attrs
from cleanlife_client.models import Booking

from cleanlife_ext.engine.session import AsyncSession, Session
from cleanlife_ext.ledger.reconciliation import Days, Difference, reconciled, weeks
from cleanlife_ext.ledger.recovery import journal_of
from cleanlife_ext.pages import AsyncPages, Items, Pages
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
        for week in weeks(self._days):
            bookings = list(self._listing(from_date=week.first, to_date=week.last))
            yield from self._session.drive(reconciled(self._session, self._days, week, bookings))


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
        return Items(_AsyncWeeks(self._session, self._listing, self._days, weeks(self._days)))


@attrs.frozen(eq=False)
class _AsyncWeeks(AsyncIterator[list[Difference]]):
    session: AsyncSession
    listing: Callable[..., AsyncPages[Booking]]
    days: Days
    rest: Iterator[Days]

    async def __anext__(self) -> list[Difference]:
        week = next(self.rest, None)
        if week is None:
            raise StopAsyncIteration
        bookings = [booking async for booking in self.listing(from_date=week.first, to_date=week.last)]
        return await self.session.drive(reconciled(self.session, self.days, week, bookings))


def _days(from_date: dt.date | str, to_date: dt.date | str) -> Days:
    days = Days(date_of(from_date, "from_date"), date_of(to_date, "to_date"))
    if days.last < days.first:
        raise ValueError("to_date: a day from from_date on is needed")
    return days
