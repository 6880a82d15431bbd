"""The rows of a view: what is known of each booking. Whoever changes one has it for themselves meanwhile."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias

import sqlalchemy as sa
from cleanlife_client.models import Booking
from sqlalchemy.dialects import postgresql, sqlite

from cleanlife_ext.store.database import Database
from cleanlife_ext.values import date_of
from cleanlife_ext.webhooks.bookings.folding import (
    NOTHING,
    Answer,
    BookingState,
    Mark,
    Moment,
    fold,
    fold_absence,
    fold_answer,
)
from cleanlife_ext.webhooks.bookings.ordering import Observation, alike
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.inbox.schema import BOOKINGS, DELIVERIES, IS_OPEN, NEEDS_REFETCH
from cleanlife_ext.webhooks.inbox.states import State

__all__ = ["MARKED", "Bookings", "decoded", "encoded"]

Folded: TypeAlias = Callable[[BookingState | None], BookingState | None]

_B = BOOKINGS.c
_D = DELIVERIES.c

_SEE = sa.select(_B.known).where(_B.booking_id == sa.bindparam("its_id"))
_LOCK = _SEE.with_for_update()  # On SQLite whoever writes has the whole file.
_INSERT = {
    name: insert(BOOKINGS).on_conflict_do_nothing(index_elements=[_B.booking_id]).returning(_B.booking_id)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_UPDATE = (
    sa.update(BOOKINGS)
    .where(_B.booking_id == sa.bindparam("its_id"))
    .values(
        refetch_since=sa.case(
            (sa.bindparam("is_certain"), None), else_=sa.func.coalesce(_B.refetch_since, sa.bindparam("now"))
        )
    )
)
_GOES_ON = _B.is_over == sa.false()
# One for which events wait is not asked for yet: they may tell, and otherwise it is once for all of them.
_waits = sa.exists().where(
    _D.booking_id == _B.booking_id,
    IS_OPEN,
    _D.state == State.WAITING,
    _D.due <= sa.bindparam("now"),
)
MARKED = sa.select(_B.booking_id).where(NEEDS_REFETCH, ~_waits).order_by(_B.refetch_since, _B.booking_id)
_UNSETTLED = sa.select(_B.booking_id, _B.refetch_since).where(_GOES_ON | NEEDS_REFETCH)
_POSTPONE = (
    sa.update(BOOKINGS)
    .where(_B.booking_id == sa.bindparam("its_id"), NEEDS_REFETCH)
    .values(refetch_since=sa.bindparam("now"))
)
_FIRST_DAY = sa.select(sa.func.min(_B.date)).where(_GOES_ON, _B.date != "")


class Bookings:
    """A view's rows. Times are seconds since 1970."""

    page = 200  # Rows to a query.

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def database(self) -> Database:
        """Where they are."""
        return self._database

    def get(self, booking_id: str) -> BookingState | None:
        """What is known of this booking."""
        known = self._database.say(lambda connection: connection.scalar(_SEE, {"its_id": booking_id}))
        return None if known is None else decoded(booking_id, known)

    def several(self, booking_ids: Collection[str]) -> Mapping[str, BookingState]:
        """What is known of those of these bookings of which anything is."""
        query = sa.select(_B.booking_id, _B.known).where(_B.booking_id.in_(booking_ids))
        return {row.booking_id: decoded(row.booking_id, row.known) for row in self._rows(query)}

    def all(self, *, is_over: bool | None) -> Iterator[BookingState]:
        """All, or those that are over, or are not. They are read as they are asked for."""
        like = [] if is_over is None else [_B.is_over == sa.literal(is_over)]
        query = sa.select(_B.booking_id, _B.known).where(*like).order_by(_B.booking_id).limit(self.page)
        page = self._rows(query)
        while page:
            yield from (decoded(row.booking_id, row.known) for row in page)
            page = self._rows(query.where(_B.booking_id > page[-1].booking_id))

    def tell(self, event: Event, connection: sa.Connection, now: float) -> None:
        """Fold *event* in, in the transaction of *connection*."""
        self.change(connection, event.booking_id, partial(fold, event=event), now)

    def answer(self, booking_id: str, booking: Booking | None, asked_at: float, known: Mark, now: float) -> bool:
        """Fold in what the API has answered, `None` for no such booking. Whether it is shown otherwise then."""
        if booking is None:
            folded: Folded = partial(fold_absence, asked_at=asked_at, known=known)
        else:
            folded = partial(fold_answer, booking=booking, asked_at=asked_at, known=known)
        return self._database.write(lambda connection: self.change(connection, booking_id, folded, now))

    def mark(self, booking_id: str) -> Mark:
        """What an answer of the API that is asked for now will be newer than."""
        state = self.get(booking_id)
        return NOTHING if state is None else state.mark

    def marked(self, now: float) -> list[str]:
        """Those that should be asked for, the oldest first, but for those of which an event waits to be told."""
        return [row.booking_id for row in self._rows(MARKED, now=now)]

    def postpone(self, booking_id: str, now: float) -> None:
        """Let all others be asked for first."""
        self._database.say(
            lambda connection: connection.execute(_POSTPONE, {"its_id": booking_id, "now": now}).rowcount
        )

    def unsettled(self, listed: Collection[str]) -> list[str]:
        """Those that are not certain, and those that are neither over nor *listed*."""
        rows = self._rows(_UNSETTLED)
        return [row.booking_id for row in rows if row.refetch_since is not None or row.booking_id not in listed]

    def first_day(self) -> dt.date | None:
        """The first day of service of those that are not over."""
        day = self._database.say(lambda connection: connection.scalar(_FIRST_DAY))
        return None if day is None else dt.date.fromisoformat(day)

    def change(self, connection: sa.Connection, booking_id: str, folded: Folded, now: float) -> bool:
        """Let a booking be what *folded* makes of what is known. Whether it is shown otherwise then."""
        before = _locked(connection, booking_id)
        if before is None:
            made = folded(None)
            if made is None or self._inserted(connection, made, now):
                return made is not None
            before = _locked(connection, booking_id)  # Somebody else was faster.
        after = folded(before)
        assert before is not None
        assert after is not None
        if after == before:
            return False
        changed = {**_row(after), "its_id": booking_id, "is_certain": after.is_certain, "now": now}
        connection.execute(_UPDATE, changed)
        return not alike(after.content, before.content)

    def _inserted(self, connection: sa.Connection, state: BookingState, now: float) -> bool:
        since = None if state.is_certain else now
        row = {**_row(state), "booking_id": state.booking_id, "refetch_since": since}
        return connection.execute(_INSERT[self._database.dialect], row).first() is not None

    def _rows(self, query: sa.Executable, **values: Any) -> list[sa.Row[Any]]:
        return self._database.say(lambda connection: [*connection.execute(query, values)])


def encoded(state: BookingState) -> str:
    """*state* as a text."""
    moments = [
        [moment.at, sorted(([one.event, one.previous, one.content] for one in moment.observations), key=str)]
        for moment in state.moments
    ]
    answer = state.answer
    return json.dumps(
        {
            "is_complete": state.is_complete,
            "moments": moments,
            "answer": None if answer is None else [answer.asked_at, answer.content, answer.known, answer.is_gone],
        }
    )


def decoded(booking_id: str, text: str) -> BookingState:
    """The state that was encoded so."""
    known = json.loads(text)
    moments = tuple(Moment(at, frozenset(Observation(*one) for one in seen)) for at, seen in known["moments"])
    answer = None
    if known["answer"] is not None:
        asked_at, content, (at, count), is_gone = known["answer"]
        answer = Answer(asked_at, content, (at, count), is_gone)
    return BookingState(booking_id, known["is_complete"], moments, answer)


def _locked(connection: sa.Connection, booking_id: str) -> BookingState | None:
    known = connection.scalar(_LOCK, {"its_id": booking_id})
    return None if known is None else decoded(booking_id, known)


def _row(state: BookingState) -> dict[str, Any]:
    return {"known": encoded(state), "is_over": state.is_over, "date": _day(state.booking)}


def _day(booking: Booking) -> str:
    try:
        return date_of(booking.date, "date").isoformat()
    except ValueError:
        return ""
