"""The rows, and what may become of them: each method is one transaction, and may be repeated."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cleanlife_ext.errors import CleanLifeError
from cleanlife_ext.store.database import Database
from cleanlife_ext.webhooks.entry import InboxEntry
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.schema import DELIVERIES, IS_DEAD, IS_OPEN
from cleanlife_ext.webhooks.states import TRANSITIONS, Happening, State

__all__ = ["Claim", "Deliveries", "LostError", "Work"]

# What is done in the transaction that writes down what became of a delivery.
Work: TypeAlias = Callable[[sa.Connection], None]

_C = DELIVERIES.c
_FIELDS = [_C[field.name] for field in attrs.fields(InboxEntry)]
_TIMES = ("occurred_at", "received_at", "due", "ended_at")


def _is(state: State) -> sa.ColumnElement[bool]:
    return _C.state == sa.literal_column(repr(str(state)))


_INSERT = {
    name: insert(DELIVERIES).on_conflict_do_nothing(index_elements=[_C.delivery_id]).returning(_C.sequence)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_SEE = sa.select(*_FIELDS).where(_C.delivery_id == sa.bindparam("its_id"))

# One booking's events are taken up one after the other, in the order in which they happened; what is late is not waited
# for. An event of no booking waits for none.
_before = DELIVERIES.alias("before")
_blocked = sa.exists().where(
    _before.c.booking_id == _C.booking_id,
    _before.c.sequence != _C.sequence,
    sa.text(f"before.{IS_OPEN.text}"),
    (sa.tuple_(_before.c.occurred_at, _before.c.sequence) < sa.tuple_(_C.occurred_at, _C.sequence))
    | ((_before.c.state == sa.literal_column(repr(str(State.PROCESSING)))) & (_before.c.due > sa.bindparam("now"))),
)
_NEXT = (
    sa.select(_C.sequence)
    .where(IS_OPEN, _C.due <= sa.bindparam("now"), (_C.booking_id == sa.literal_column("''")) | ~_blocked)
    .order_by(_C.due, _C.sequence)
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
_CLAIM_NEXT = _CLAIM.where(_C.sequence == _NEXT.scalar_subquery())
_CLAIM_ONE = _CLAIM.where(
    _C.delivery_id == sa.bindparam("its_id"),
    _is(State.WAITING) | (_is(State.PROCESSING) & (_C.due <= sa.bindparam("now"))),
)
_NEXT_DUE = sa.select(sa.func.min(_C.due)).where(IS_OPEN)
_OWNED = sa.update(DELIVERIES).where(_C.owner == sa.bindparam("who"), _is(State.PROCESSING))
_ITS = _OWNED.where(_C.delivery_id == sa.bindparam("its_id"))
_HOLD_BACK = (
    sa.update(DELIVERIES)
    .where(IS_OPEN, _is(State.WAITING), _C.booking_id == sa.bindparam("its_booking"), _C.due < sa.bindparam("until"))
    .values(due=sa.bindparam("until"))
)


class LostError(Exception):
    """Whoever was at a delivery has come too late: their lease has passed, and somebody else took it up."""


class _UndoneError(CleanLifeError):
    """Carries an exception of the *work* out of a transaction that is not to stand."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


@attrs.frozen
class Claim:
    """A delivery that somebody has taken up, and who."""

    entry: InboxEntry
    owner: str


class Deliveries:
    """An inbox's rows. Times are seconds since 1970."""

    page = 200  # Rows to a query: each has a body.

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def database(self) -> Database:
        """Where they are."""
        return self._database

    def accept(self, event: Event, body: bytes, now: float, then: Work | None = None) -> InboxEntry | None:
        """Write it down, and do *then* in the same transaction. `None`, or what is there if it had come before."""
        row: dict[str, Any] = {
            "delivery_id": event.delivery_id,
            "event": event.event,
            "booking_id": event.booking_id,
            "occurred_at": now if event.created_at is None else event.created_at.timestamp(),
            "received_at": now,
            "secret_name": event.secret_name,
            "body": body,
            "state": TRANSITIONS[None, Happening.ARRIVED],
            "attempts": 0,
            "due": now,
            "owner": "",
            "error": "",
        }
        insert = _INSERT[self._database.dialect]

        def write(connection: sa.Connection) -> bool:
            is_new = connection.execute(insert, row).first() is not None
            if is_new and then is not None:
                then(connection)
            return is_new

        is_new = self._database.say(write) if then is None else self._database.write(write)
        return None if is_new else self.get(event.delivery_id)

    def next(self, owner: str, now: float, lease: float) -> Claim | None:
        """Take up the delivery whose turn it is, until *lease*, if there is one."""
        # Looked for without writing: who finds nothing holds up nobody.
        if self._database.say(lambda connection: connection.scalar(_NEXT, {"now": now})) is None:
            return None
        return self._claim(_CLAIM_NEXT, owner, {"now": now, "lease": lease})

    def take(self, delivery_id: str, owner: str, now: float, lease: float) -> Claim | None:
        """Take up this one, whoever's turn it is, unless somebody is at it, or it has come to its end."""
        return self._claim(_CLAIM_ONE, owner, {"its_id": delivery_id, "now": now, "lease": lease})

    def next_due(self) -> float:
        """When the first of those that are open may be taken up; never, if there is none."""
        due = self._database.say(lambda connection: connection.scalar(_NEXT_DUE))
        return math.inf if due is None else due

    def renew(self, owner: str, lease: float) -> None:
        """Prolong the lease of whatever *owner* is at."""
        self._database.say(lambda connection: connection.execute(_OWNED, {"who": owner, "due": lease}).rowcount)

    def done(self, claim: Claim, now: float, work: Work | None = None) -> None:
        """Record that it is done, and do *work* in the same transaction: both, or neither.

        Raises what *work* raises, and `LostError` if somebody else took it up.
        """
        changed = {"state": TRANSITIONS[State.PROCESSING, Happening.PROCESSED], "error": "", "ended_at": now}

        def write(connection: sa.Connection) -> None:
            self._change(connection, claim, changed)
            if work is not None:
                try:
                    work(connection)
                except Exception as error:
                    raise _UndoneError(error) from None

        self._write(write)

    def failed(self, claim: Claim, error: str, due: float) -> None:
        """Record that it failed, and is to be taken up again; nothing later of its booking is taken up before."""
        happening = TRANSITIONS[State.PROCESSING, Happening.FAILED]

        def write(connection: sa.Connection) -> None:
            self._change(connection, claim, {"state": happening, "error": error, "due": due})
            if claim.entry.booking_id:
                connection.execute(_HOLD_BACK, {"its_booking": claim.entry.booking_id, "until": due})

        self._write(write)

    def given_up(self, claim: Claim, error: str, now: float) -> None:
        """Record that it failed once too often."""
        state = TRANSITIONS[State.PROCESSING, Happening.GIVEN_UP]
        changed = {"state": state, "error": error, "ended_at": now}
        self._write(lambda connection: self._change(connection, claim, changed))

    def revive(self, delivery_id: str, now: float, then: Work | None = None) -> InboxEntry | None:
        """Let a dead one be taken up again, and do *then* in the same transaction; what it is now, if it was dead."""
        state = TRANSITIONS[State.DEAD, Happening.REVIVED]
        changed = {"state": state, "attempts": 0, "due": now, "ended_at": None}
        revival = sa.update(DELIVERIES).where(_C.delivery_id == delivery_id, IS_DEAD).values(**changed)

        def write(connection: sa.Connection) -> InboxEntry | None:
            row = connection.execute(revival.returning(*_FIELDS)).one_or_none()
            if row is not None and then is not None:
                then(connection)
            return None if row is None else _entry(row)

        return self._database.write(write)

    def get(self, delivery_id: str) -> InboxEntry | None:
        """The delivery with this id."""
        row = self._database.say(lambda connection: connection.execute(_SEE, {"its_id": delivery_id}).one_or_none())
        return None if row is None else _entry(row)

    def entries(self, *, state: State | None, booking_id: str | None) -> Iterator[InboxEntry]:
        """All deliveries that are like this, as they came in. They are read as they are asked for."""
        like = [
            *([sa.text(f"state = '{state}'")] if state is not None else ()),
            *([_C.booking_id == booking_id] if booking_id is not None else ()),
        ]
        query = sa.select(_C.sequence, *_FIELDS).where(*like).order_by(_C.sequence).limit(self.page)
        page = self._rows(query)
        while page:
            yield from map(_entry, page)
            page = self._rows(query.where(_C.sequence > page[-1].sequence))

    def counts(self) -> Mapping[State, int]:
        """How many there are in each state."""
        query = sa.select(_C.state, sa.func.count()).group_by(_C.state)
        found = {State(row[0]): row[1] for row in self._rows(query)}
        return {state: found.get(state, 0) for state in State}

    def last_used(self) -> Mapping[str, dt.datetime]:
        """When each secret was last seen to sign a delivery, by its name."""
        query = sa.select(_C.secret_name, sa.func.max(_C.received_at)).group_by(_C.secret_name)
        return {row[0]: _time(row[1]) for row in self._rows(query)}

    def purge(self, before: float) -> int:
        """Remove those that were done before; how many they were."""
        is_old = (_is(State.DONE), _C.ended_at < before)
        first = sa.select(_C.sequence).where(*is_old).order_by(_C.sequence).limit(self.page)
        count, page = 0, self._rows(first)
        while page:
            gone = sa.delete(DELIVERIES).where(_C.sequence.in_([row.sequence for row in page]), *is_old)
            count += self._database.write(lambda connection: connection.execute(gone).rowcount)  # noqa: B023  # It runs at once.
            page = self._rows(first.where(_C.sequence > page[-1].sequence))
        return count

    def _claim(self, claim: sa.UpdateBase, owner: str, values: dict[str, Any]) -> Claim | None:
        given = {**values, "who": owner}
        row = self._database.say(lambda connection: connection.execute(claim, given).one_or_none())
        return None if row is None else Claim(_entry(row), owner)

    def _write(self, work: Work) -> None:
        try:
            self._database.write(work)
        except _UndoneError as undone:
            raise undone.error from None

    def _change(self, connection: sa.Connection, claim: Claim, changed: Mapping[str, Any]) -> None:
        its = {"its_id": claim.entry.delivery_id, "who": claim.owner}
        if connection.execute(_ITS, {**its, **changed}).rowcount != 1:
            raise _UndoneError(LostError("somebody else has taken it up"))

    def _rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        return self._database.say(lambda connection: connection.execute(query).all())


def _entry(row: sa.Row[Any]) -> InboxEntry:
    values: dict[str, Any] = {**row._mapping}  # noqa: SLF001  # Its public name.
    values.pop("sequence", None)
    values |= {name: None if values[name] is None else _time(values[name]) for name in _TIMES}
    values |= {"state": State(values["state"]), "body": bytes(values["body"])}
    return InboxEntry(**values)


def _time(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
