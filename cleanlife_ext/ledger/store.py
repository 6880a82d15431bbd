"""The rows, and what may become of them: each method is one transaction, and may be repeated."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from cleanlife_ext.ledger.claim import Intent, Mine, Row, Verdict, decide
from cleanlife_ext.ledger.entry import Entry
from cleanlife_ext.ledger.schema import IS_OPEN, LEDGER
from cleanlife_ext.ledger.states import FINAL, TRANSITIONS, Event, State, sources
from cleanlife_ext.store.database import Database

__all__ = ["Store"]

_C = LEDGER.c


def _among(states: Iterable[State]) -> sa.ColumnElement[bool]:
    return _C.state.in_([sa.literal_column(repr(str(state))) for state in states])


# What is said for each creation is put together once: to do so takes SQLAlchemy longer than to say it. What is set
# stands in the parameters, by the names of the columns.
_IS = (_C.api == sa.bindparam("its_api"), _C.reference == sa.bindparam("its_reference"))
_OWNED = _C.owner == sa.bindparam("its_owner")
_IS_MADE = (_C.state == sa.literal_column("'CREATED'")) & (_C.booking_id == sa.bindparam("its_booking"))
_SEE = sa.select(
    *(_C.fingerprint, _C.state, _C.owner, _C.lease, _C.sent_at, _C.booking_id, _C.attempts),
    *(_C.idempotency_key.label("key"), _C.key_at),
).where(*_IS)
_BEGIN = {
    name: insert(LEDGER).on_conflict_do_nothing().returning(_C.reference)
    for name, insert in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}
_CHANGE = sa.update(LEDGER).where(*_IS)
_CLAIM = _CHANGE.where(_OWNED, _C.state == sa.bindparam("its_state"), _C.lease == sa.bindparam("its_lease"))
_RENEW = _CHANGE.where(_OWNED, _among(sources(Event.SENDING)))
# The server counts a key's lifetime from the first sending.
_FIRST = sa.func.coalesce(_C.key_at, sa.bindparam("its_sent_at", type_=sa.Double))
_SEND = _RENEW.values(key_at=sa.case((_C.idempotency_key != "", _FIRST)))
_MAKE = _CHANGE.where(_C.fingerprint == sa.bindparam("its_fingerprint"), _among(sources(Event.ANSWERED)) | _IS_MADE)
_END = {
    event: _CHANGE.where(_OWNED, _among([*sources(event), TRANSITIONS[State.SENT, event]]))
    for event in (Event.REFUSED, Event.LOST)
}


class Store:
    """A ledger's rows. *now* and *lease* are seconds since 1970."""

    page = 500  # Rows to a query, so that nobody who writes waits for long.

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(
        self, intent: Intent, owner: str, now: float, lease: float, settles_after: float, *, resumes: bool = False
    ) -> Verdict:
        """Let *owner* have what they intend until *lease*, if it may be theirs."""
        values: dict[str, Any] = {
            "operation": intent.operation,
            "fingerprint": intent.fingerprint,
            "request": json.dumps(intent.request),
            "complete": intent.complete,
            "date": intent.day,
            "error_code": "",
            "owner": owner,
            "lease": lease,
            "updated_at": now,
        }
        while True:
            # Without a transaction: who only waits, or is late, holds up nobody who writes.
            row = self._row(intent)
            verdict = decide(row, intent, owner, now, settles_after, resumes=resumes)
            if not isinstance(verdict, Mine) or self._claimed(intent, row, verdict, values):
                return verdict

    def _claimed(self, intent: Intent, row: Row | None, verdict: Mine, values: dict[str, Any]) -> bool:
        """Whether *values* stand there now. If not, *row* is not what is there any more."""
        state = verdict.state
        values = {**values, "idempotency_key": verdict.key, "key_at": verdict.key_at}
        if row is None:
            key = {"api": intent.api, "reference": intent.reference}
            new = {**values, **key, "state": state, "attempts": 0, "created_at": values["updated_at"]}
            begin = _BEGIN[self._database.dialect]
            return self._database.say(lambda connection: connection.execute(begin, new).first() is not None)
        its = {"its_owner": row.owner, "its_state": row.state, "its_lease": row.lease}
        forgotten = {} if state is State.SENT else {"sent_at": None}
        return self._change(_CLAIM, intent, **its, **values, **forgotten, state=state)

    def sending(self, intent: Intent, owner: str, now: float, lease: float, attempts: int) -> bool:
        """Record that *owner* is about to send it; whether it is still theirs."""
        changed = {"state": State.SENT, "sent_at": now, "lease": lease, "attempts": attempts, "updated_at": now}
        return self._change(_SEND, intent, its_owner=owner, its_sent_at=now, **changed)

    def renew(self, intent: Intent, owner: str, lease: float) -> bool:
        """Prolong the lease of *owner*; whether it is still theirs."""
        return self._change(_RENEW, intent, its_owner=owner, lease=lease)

    def created(self, intent: Intent, booking_id: str, now: float) -> bool:
        """Record that it was made, whoever did it; whether that could be."""
        its = {"its_fingerprint": intent.fingerprint, "its_booking": booking_id}
        changed = {"state": State.CREATED, "booking_id": booking_id, "error_code": "", "updated_at": now}
        return self._change(_MAKE, intent, **its, **changed)

    def ended(
        self, intent: Intent, owner: str, event: Event, error_code: str, now: float, sent_at: float | None = None
    ) -> bool:
        """Record that *owner* tells of its end, by *event*, without anything made; whether it was still theirs.

        *sent_at* is when what is in doubt was sent, if that was before *owner* did.
        """
        state = TRANSITIONS[State.SENT, event]
        changed: dict[str, Any] = {"state": state, "error_code": error_code, "updated_at": now}
        if sent_at is not None:
            changed["sent_at"] = sent_at
        return self._change(_END[event], intent, its_owner=owner, **changed)

    def get(self, reference: str, api: str | None) -> Sequence[Entry]:
        """The entries with this reference: one for each API."""
        return self._select(*_about(api), _C.reference == reference)

    def entries(
        self, *, api: str | None, state: State | None, open: bool, from_date: str | None, to_date: str | None
    ) -> Iterator[Entry]:
        """All entries that are like this, ordered by API and reference. They are read as they are asked for."""
        like = [
            *_about(api),
            *([_C.state == state] if state is not None else ()),
            *([IS_OPEN] if open else ()),
            *([_C.date >= from_date] if from_date is not None else ()),
            *([_C.date <= to_date] if to_date is not None else ()),
        ]
        page = self._select(*like)
        while page:
            yield from page
            page = self._select(*like, _after(page[-1].api, page[-1].reference))

    def purge(self, before: float) -> int:
        """Remove the final rows that have not changed since *before*; how many they were."""
        is_old = (_C.state.in_(FINAL), _C.updated_at < before)
        key = sa.tuple_(_C.api, _C.reference)
        first = sa.select(_C.api, _C.reference).order_by(_C.api, _C.reference).limit(self.page)
        keys = self._database.say(lambda connection: connection.execute(first.where(*is_old)).all())
        count = 0
        while keys:
            gone = sa.delete(LEDGER).where(*is_old, key.in_([tuple(each) for each in keys]))
            count += self._database.write(lambda connection: connection.execute(gone).rowcount)  # noqa: B023  # It runs at once.
            rest = first.where(*is_old, _after(*keys[-1]))
            keys = self._database.say(lambda connection: connection.execute(rest).all())  # noqa: B023
        return count

    def _row(self, intent: Intent) -> Row | None:
        found = self._database.say(lambda connection: connection.execute(_SEE, _its(intent)).one_or_none())
        if found is None:
            return None
        values: dict[str, Any] = {**found._mapping, "state": State(found.state)}  # noqa: SLF001  # Its public name.
        return Row(**values)

    def _change(self, change: sa.Update, intent: Intent, **values: Any) -> bool:
        given = {**_its(intent), **values}
        return self._database.say(lambda connection: connection.execute(change, given).rowcount == 1)

    def _select(self, *like: Any) -> Sequence[Entry]:
        query = sa.select(LEDGER).where(*like).order_by(_C.api, _C.reference).limit(self.page)
        return [_entry(row) for row in self._database.say(lambda connection: connection.execute(query).all())]


def _its(intent: Intent) -> dict[str, str]:
    return {"its_api": intent.api, "its_reference": intent.reference}


def _about(api: str | None) -> tuple[sa.ColumnElement[bool], ...]:
    return () if api is None else (_C.api == api,)


def _after(api: str, reference: str) -> sa.ColumnElement[bool]:
    return sa.tuple_(_C.api, _C.reference) > (api, reference)


def _entry(row: sa.Row[Any]) -> Entry:
    values: dict[str, Any] = {**row._mapping}  # noqa: SLF001  # Its public name.
    del values["owner"]
    values |= {name: _time(values[name]) for name in ("lease", "sent_at", "key_at", "created_at", "updated_at")}
    values |= {"state": State(row.state), "request": _request(row.request)}
    return Entry(**values)


def _request(text: str) -> Mapping[str, Any]:
    """What is written there; nothing if that cannot be read, so that one such row does not hide the others."""
    try:
        request = json.loads(text)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def _time(seconds: float | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
