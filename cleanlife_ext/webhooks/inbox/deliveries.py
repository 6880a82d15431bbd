"""The rows, and what may become of them: each method is one transaction, and may be repeated."""

from __future__ import annotations

import datetime as dt
import math
import uuid
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cleanlife_ext.errors import CleanLifeError
from cleanlife_ext.store.database import Database
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.inbox.arrival import Arrival
from cleanlife_ext.webhooks.inbox.bell import Bell
from cleanlife_ext.webhooks.inbox.claim import Claim, LostError
from cleanlife_ext.webhooks.inbox.entry import InboxEntry
from cleanlife_ext.webhooks.inbox.schema import DELIVERIES, IS_DEAD, IS_DONE, IS_OPEN, IS_PROCESSING, state_in
from cleanlife_ext.webhooks.inbox.states import OPEN, TRANSITIONS, Happening, State

__all__ = ["Deliveries", "Work"]

# What is done in the transaction that writes down what became of a delivery.
Work: TypeAlias = Callable[[sa.Connection], None]

_C = DELIVERIES.c
_FIELDS = [_C[field.name] for field in attrs.fields(InboxEntry)]
_TIMES = ("occurred_at", "received_at", "due", "ended_at")
_LATEST = dt.datetime(9999, 12, 31, tzinfo=dt.UTC).timestamp()  # As a float, its last moments belong to the next year.

_IS_WAITING = state_in(State.WAITING)
_NOW: sa.BindParameter[float] = sa.bindparam("now")
_ITS_ID: sa.BindParameter[str] = sa.bindparam("its_id")
_ITS_BOOKING: sa.BindParameter[str] = sa.bindparam("its_booking")
_IS_IT = _C.delivery_id == _ITS_ID
_HAS_BOOKING = _C.booking_id != sa.literal_column("''")

# What is said for each delivery is put together once. What is set stands in the parameters, by the columns' names.
# What is new may be taken up since it happened, so that the first of a booking is the first that is looked at; but what
# comes in behind one that waits for another try is not looked at before that.
_ahead_of_it = (
    sa.select(sa.func.max(_C.due))
    .where(
        *(IS_OPEN, _IS_WAITING, _C.booking_id == _ITS_BOOKING, _HAS_BOOKING),
        *(_C.occurred_at <= sa.bindparam("its_time"), _C.due > _NOW),
    )
    .scalar_subquery()
)
_INSERT = {
    name: insert(DELIVERIES)
    .values(due=sa.func.coalesce(_ahead_of_it, sa.bindparam("since")))
    .on_conflict_do_nothing(index_elements=[_C.delivery_id])
    .returning(_C.sequence)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_SEE = sa.select(*_FIELDS).where(_IS_IT)

# One booking's events are taken up one after the other, in the order in which they happened; what is late is not waited
# for. An event of no booking waits for none.
_other = DELIVERIES.alias("other")
_is_behind = sa.exists().where(
    _other.c.booking_id == _C.booking_id,
    state_in(*OPEN, of=_other),
    sa.tuple_(_other.c.occurred_at, _other.c.sequence) < sa.tuple_(_C.occurred_at, _C.sequence),
)
_is_busy = sa.exists().where(
    *(_other.c.booking_id == _C.booking_id, state_in(State.PROCESSING, of=_other)),
    *(_other.c.sequence != _C.sequence, _other.c.due > _NOW),
)
_IS_DUE = (IS_OPEN, _C.due <= _NOW)
_NEXT = (
    sa.select(_C.sequence)
    .where(*_IS_DUE, ~_HAS_BOOKING | (~_is_behind & ~_is_busy))
    .order_by(_C.due, _C.occurred_at, _C.sequence)
    .limit(1)
)
_CLAIM = (
    sa.update(DELIVERIES)
    .values(
        state=TRANSITIONS[State.WAITING, Happening.CLAIMED],
        due=sa.bindparam("lease"),
        owner=sa.bindparam("who"),
        attempts=_C.attempts + 1,  # Now, so that one that kills whoever is at it comes to its end too.
    )
    .returning(*_FIELDS)
)
# On PostgreSQL, two who look at the same moment do not see whom the other takes up; on SQLite, one writes at a time.
_TAKE_TURNS = sa.select(sa.func.pg_advisory_xact_lock(zlib.crc32(b"cleanlife-ext claims")))
_CLAIM_NEXT = _CLAIM.where(_C.sequence == _NEXT.scalar_subquery())
_CLAIM_IT = _CLAIM.where(_IS_IT, _IS_WAITING | (IS_PROCESSING & (_C.due <= _NOW)))
_NEXT_DUE = sa.select(sa.func.min(_C.due)).where(IS_OPEN, _C.due > _NOW)
_OWNED = sa.update(DELIVERIES).where(_IS_IT, IS_PROCESSING, _C.owner == sa.bindparam("who")).returning(*_FIELDS)
_MARKED = _OWNED.where(_C.error == sa.bindparam("who"))
_HOLD_BACK = (
    sa.update(DELIVERIES)
    .where(
        *(IS_OPEN, _IS_WAITING, _C.booking_id == _ITS_BOOKING, _C.due < sa.bindparam("until")),
        sa.exists().where(
            _other.c.delivery_id == _ITS_ID,
            sa.tuple_(_other.c.occurred_at, _other.c.sequence) < sa.tuple_(_C.occurred_at, _C.sequence),
        ),
    )
    .values(due=sa.bindparam("until"))
)
# Attempts are counted anew. When it was given up has passed on whichever clock.
_REVIVE = (
    sa.update(DELIVERIES)
    .where(IS_DEAD)
    .values(state=TRANSITIONS[State.DEAD, Happening.REVIVED], attempts=0, due=_C.ended_at, ended_at=None)
    .returning(*_FIELDS)
)


class _UndoneError(CleanLifeError):
    """Carries an exception of the *work* out of a transaction that is not to stand."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Deliveries:
    """An inbox's rows. Times are seconds since 1970."""

    page = 200  # Rows to a query: each has a body.

    def __init__(self, database: Database) -> None:
        self._database = database
        self.bell = Bell()

    @property
    def database(self) -> Database:
        """Where they are."""
        return self._database

    def accept(self, event: Event, body: bytes, now: float, then: Work | None = None) -> InboxEntry | None:
        """Write it down, and do *then* in the same transaction. `None`, or what is there if it had come before."""
        return self.accept_all([Arrival(event, body, now, then)])[0]

    def accept_all(self, arrivals: Sequence[Arrival]) -> list[InboxEntry | None]:
        """The same for several at once: all of them, or none."""

        # In the same order everywhere: of two who write the same ones, one waits for the other, and never both.
        in_order = sorted(range(len(arrivals)), key=lambda place: arrivals[place].event.delivery_id)

        def write(connection: sa.Connection) -> list[bool]:
            are_new = {place: self._is_new(connection, arrivals[place]) for place in in_order}
            return [are_new[place] for place in range(len(arrivals))]

        is_one_statement = len(arrivals) == 1 and arrivals[0].then is None
        are_new = self._database.say(write) if is_one_statement else self._database.write(write)
        if any(are_new):
            self.bell.ring()
        return [
            None if is_new else self.get(arrival.event.delivery_id)
            for arrival, is_new in zip(arrivals, are_new, strict=True)
        ]

    def _is_new(self, connection: sa.Connection, arrival: Arrival) -> bool:
        event, now = arrival.event, arrival.now
        occurred_at = now if event.created_at is None else min(event.created_at.timestamp(), _LATEST)
        row: dict[str, Any] = {
            "delivery_id": event.delivery_id,
            "event": event.event,
            "booking_id": event.booking_id,
            "occurred_at": occurred_at,
            "received_at": now,
            "secret_name": event.secret_name,
            "body": arrival.body,
            "state": TRANSITIONS[None, Happening.ARRIVED],
            "attempts": 0,
            "owner": "",
            "error": "",
        }
        since = min(occurred_at, now)
        given = {**row, "since": since, "now": now, "its_booking": event.booking_id, "its_time": occurred_at}
        is_new = connection.execute(_INSERT[self._database.dialect], given).first() is not None
        if is_new and arrival.then is not None:
            arrival.then(connection)
        return is_new

    def next(self, now: float, lease: float) -> Claim | None:
        """Take up the delivery whose turn it is, until *lease*, if there is one."""
        # Looked for without writing: who finds nothing holds up nobody.
        if self._database.say(lambda connection: connection.scalar(_NEXT, {"now": now})) is None:
            return None

        def claim(connection: sa.Connection) -> Claim | None:
            if self._database.dialect == "postgresql":
                connection.execute(_TAKE_TURNS)
            return _claimed(connection, _CLAIM_NEXT, {"now": now, "lease": lease})

        return self._database.write(claim)

    def take(self, delivery_id: str, now: float, lease: float) -> Claim | None:
        """Take up this one, whoever's turn it is, unless somebody is at it, or it has come to its end."""
        given = {"its_id": delivery_id, "now": now, "lease": lease}
        return self._database.say(lambda connection: _claimed(connection, _CLAIM_IT, given))

    def next_due(self, now: float) -> float:
        """When, after *now*, the next of those that are open may be taken up; never, if there is none."""
        due: float | None = self._database.say(lambda connection: connection.scalar(_NEXT_DUE, {"now": now}))
        return math.inf if due is None else due

    def renew(self, claim: Claim, lease: float) -> bool:
        """Prolong it; whether it counts still."""
        given = {**_its(claim), "due": lease}
        return self._database.say(lambda connection: connection.execute(_OWNED, given).first() is not None)

    def done(self, claim: Claim, now: float, work: Work | None = None) -> InboxEntry:
        """Record that it is done, and do *work* in the same transaction: both, or neither.

        Raises what *work* raises, and `LostError` if somebody else took it up.
        """
        changed = {"state": TRANSITIONS[State.PROCESSING, Happening.PROCESSED], "error": "", "ended_at": now}

        def write(connection: sa.Connection) -> InboxEntry:
            if work is None:
                return _changed(connection, claim, changed)
            # A mark, and no more than that: a work that commits must not have it done. After one, SQLAlchemy refuses to
            # go on; and if the mark is gone, so is all that was done.
            _changed(connection, claim, {"error": claim.owner})
            try:
                work(connection)
                row = connection.execute(_MARKED, {**_its(claim), **changed}).one_or_none()
                if row is None:
                    raise RuntimeError("the inbox's transaction is over; leave its end to the inbox")  # noqa: TRY301
                return _entry(row)
            except Exception as error:  # noqa: BLE001  # It is the user's.
                raise _UndoneError(error) from None

        return self._write(write)

    def failed(self, claim: Claim, error: str, due: float) -> InboxEntry:
        """Record that it failed, and is to be taken up again; nothing behind it is taken up before."""
        changed = {"state": TRANSITIONS[State.PROCESSING, Happening.FAILED], "error": error, "due": due}
        behind = {**_its(claim), "its_booking": claim.entry.booking_id, "until": due}

        def write(connection: sa.Connection) -> InboxEntry:
            entry = _changed(connection, claim, changed)
            if entry.booking_id:
                connection.execute(_HOLD_BACK, behind)
            return entry

        return self._write(write)

    def given_up(self, claim: Claim, error: str, now: float) -> InboxEntry:
        """Record that it failed once too often."""
        state = TRANSITIONS[State.PROCESSING, Happening.GIVEN_UP]
        changed = {"state": state, "error": error, "ended_at": now}
        return self._write(lambda connection: _changed(connection, claim, changed))

    def revive(self, delivery_id: str, then: Work | None = None) -> InboxEntry | None:
        """Let a dead one be taken up again, and do *then* in the same transaction; what it is now, if it was dead."""

        def write(connection: sa.Connection) -> InboxEntry | None:
            row = connection.execute(_REVIVE.where(_IS_IT), {"its_id": delivery_id}).one_or_none()
            if row is not None and then is not None:
                then(connection)
            return None if row is None else _entry(row)

        entry = self._database.write(write)
        if entry is not None:
            self.bell.ring()
        return entry

    def get(self, delivery_id: str) -> InboxEntry | None:
        """The delivery with this id."""
        row = self._database.say(lambda connection: connection.execute(_SEE, {"its_id": delivery_id}).one_or_none())
        return None if row is None else _entry(row)

    def entries(self, *, state: State | None, booking_id: str | None) -> Iterator[InboxEntry]:
        """All deliveries that are like this, as they came in. They are read as they are asked for."""
        like = [
            *([state_in(state)] if state is not None else ()),
            *([_C.booking_id == booking_id] if booking_id is not None else ()),
        ]
        query = sa.select(_C.sequence, *_FIELDS).where(*like).order_by(_C.sequence).limit(self.page)
        page = self._rows(query)
        while page:
            yield from map(_entry, page)
            page = self._rows(query.where(_C.sequence > page[-1].sequence))

    def counts(self) -> Mapping[State, int]:
        """How many there are in each state."""
        count = sa.select(sa.func.count()).select_from(DELIVERIES)
        # An index each: else all the bodies would be read.
        kinds = {state: count.where(*([IS_OPEN] if state in OPEN else ()), state_in(state)) for state in State}
        query = sa.select(*(query.scalar_subquery().label(state) for state, query in kinds.items()))
        (row,) = self._rows(query)
        return {state: row._mapping[state] for state in State}  # noqa: SLF001  # Its public name.

    def last_used(self) -> Mapping[str, dt.datetime]:
        """When each secret was last seen to sign a delivery, by its name."""
        query = sa.select(_C.secret_name, sa.func.max(_C.received_at)).group_by(_C.secret_name)
        return {name: _time(received_at) for name, received_at in self._rows(query)}

    def purge(self, before: float) -> int:
        """Remove those that were done before; how many they were."""
        old = sa.select(_C.sequence).where(IS_DONE, _C.ended_at < before).order_by(_C.ended_at).limit(self.page)
        gone = sa.delete(DELIVERIES).where(_C.sequence.in_(old), IS_DONE, _C.ended_at < before)
        count = 0
        while purged := self._database.say(lambda connection: connection.execute(gone).rowcount):
            count += purged
        return count

    def _write(self, work: Callable[[sa.Connection], InboxEntry]) -> InboxEntry:
        try:
            return self._database.write(work)
        except _UndoneError as undone:
            error = undone.error
        raise error  # Out here, so that it keeps what it was raised from.

    def _rows(self, query: sa.Select[*tuple[Any, ...]]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        return self._database.say(lambda connection: connection.execute(query).all())


def _claimed(connection: sa.Connection, claim: sa.UpdateBase, given: Mapping[str, Any]) -> Claim | None:
    owner = uuid.uuid4().hex
    row = connection.execute(claim, {**given, "who": owner}).one_or_none()
    return None if row is None else Claim(_entry(row), owner)


def _its(claim: Claim) -> dict[str, Any]:
    return {"its_id": claim.entry.delivery_id, "who": claim.owner}


def _changed(connection: sa.Connection, claim: Claim, changed: Mapping[str, Any]) -> InboxEntry:
    row = connection.execute(_OWNED, {**_its(claim), **changed}).one_or_none()
    if row is None:
        raise _UndoneError(LostError("somebody else has taken it up"))
    return _entry(row)


def _entry(row: sa.Row[*tuple[Any, ...]]) -> InboxEntry:
    values: dict[str, Any] = {**row._mapping}  # noqa: SLF001  # Its public name.
    values.pop("sequence", None)
    values |= {name: None if values[name] is None else _time(values[name]) for name in _TIMES}
    values |= {"state": State(values["state"]), "body": bytes(values["body"])}
    return InboxEntry(**values)


def _time(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
