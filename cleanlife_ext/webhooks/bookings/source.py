"""Where a view gets what the events do not tell: from the API, by flows that serve both clients."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

import attrs
from cleanlife_client.models import Booking

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Blocking, Clock
from cleanlife_ext.errors import CleanLifeError, NotFoundError
from cleanlife_ext.values import RIYADH
from cleanlife_ext.webhooks.bookings.folding import NOTHING, Mark
from cleanlife_ext.webhooks.bookings.ordering import shown
from cleanlife_ext.webhooks.processing.steps import Steps, ask, page

if TYPE_CHECKING:
    from cleanlife_ext.webhooks.bookings.rows import Bookings

__all__ = ["Source"]

DAY = dt.timedelta(days=1)


@attrs.frozen(eq=False)
class Source:
    """The API, for a view.

    Attributes:
        client: It asks the API.
        bookings: The view's rows.
        clock: What says when it was asked.
    """

    client: CleanLife | AsyncCleanLife
    bookings: Bookings
    clock: Clock

    def refetch(self) -> Steps[None]:
        """Ask for each booking that is not certain, once."""
        for booking_id in (yield Blocking(partial(self.bookings.marked, self.clock.wall()))):
            try:
                yield from self._settled(booking_id)
            except CleanLifeError:
                # It may be the only one that cannot be had, and is not to be in the way of all others.
                yield Blocking(partial(self.bookings.postpone, booking_id, self.clock.wall()))
                raise

    def level(self, from_date: dt.date | None) -> Steps[tuple[str, ...]]:
        """Bring the view up to date: with a list, and by asking for what is not on it. What it shows otherwise then."""
        if from_date is None:
            from_date = yield Blocking(self._first_day)
        changed: dict[str, None] = {}
        listed: set[str] = set()
        pages = self.client.bookings.list(from_date=from_date).pages()
        asked_at = self.clock.wall()
        while (bookings := (yield page(pages))) is not None:
            listed.update(str(booking.booking_id) for booking in bookings)
            changed |= dict.fromkeys((yield Blocking(partial(self._told, bookings, asked_at))))
            asked_at = self.clock.wall()
        for booking_id in (yield Blocking(partial(self.bookings.unsettled, listed))):
            if (yield from self._settled(booking_id)):
                changed[booking_id] = None
        return tuple(changed)

    def _first_day(self) -> dt.date:
        """A day before today, or before the first that a booking is for which is not over."""
        today = dt.datetime.fromtimestamp(self.clock.wall(), RIYADH).date()
        return min(self.bookings.first_day() or today, today) - DAY

    def _told(self, bookings: Collection[Booking], asked_at: float) -> list[str]:
        """Fold in those that the view does not know like this; those that it shows otherwise then."""
        states = self.bookings.several([str(booking.booking_id) for booking in bookings])
        new = [
            booking
            for booking in bookings
            if (state := states.get(str(booking.booking_id))) is None or not state.is_known_as(shown(booking))
        ]
        return [
            str(booking.booking_id) for booking in new if self._answered(str(booking.booking_id), booking, asked_at)
        ]

    def _settled(self, booking_id: str) -> Steps[bool]:
        """Ask for a booking; whether the view shows it otherwise then."""
        known = yield Blocking(partial(self.bookings.mark, booking_id))
        asked_at = self.clock.wall()
        try:
            booking: Booking | None = yield ask(self.client.bookings.status, booking_id)
        except NotFoundError:
            booking = None
        is_new: bool = yield Blocking(partial(self._answered, booking_id, booking, asked_at, known))
        return is_new

    def _answered(self, booking_id: str, booking: Booking | None, asked_at: float, known: Mark = NOTHING) -> bool:
        return self.bookings.answer(booking_id, booking, asked_at, known, self.clock.wall())
