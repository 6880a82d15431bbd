"""The rows on each database: who gets one, what may become of it, and what is told of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from cleanlife_ext import LedgerError
from cleanlife_ext.ledger import Entry
from cleanlife_ext.ledger.claim import Busy, Intent, Known, Mine, Taken, Verdict
from cleanlife_ext.ledger.schema import COMPONENT, LEDGER
from cleanlife_ext.ledger.states import Event, State
from cleanlife_ext.ledger.store import Store
from cleanlife_ext.store.database import Database
from cleanlife_ext.store.schema import Component, Step, migrate

NOW = 1_780_000_000.0
API = "https://api.test/v1"
INTENT = Intent(API, "ORDER-1", "same", {"date": "2026-06-20"}, day="2026-06-20", operation="createBooking")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database, empty."""
    database = Database(url, COMPONENT)
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


def claim(store: Store, intent: Intent = INTENT, owner: str = "me", now: float = NOW) -> Verdict:
    return store.claim(intent, owner, now, now + 10, 600)


def state_of(store: Store, reference: str = "ORDER-1") -> State | None:
    found = store.get(reference, API)
    return found[0].state if found else None


def test_a_booking_from_its_intent_to_its_id(store: Store) -> None:
    """Each step is there for whoever looks."""
    assert claim(store) == Mine(State.PENDING)
    assert state_of(store) is State.PENDING
    assert store.sending(INTENT, "me", NOW + 1, NOW + 41, 1)
    assert state_of(store) is State.SENT
    assert store.renew(INTENT, "me", NOW + 71)
    assert store.created(INTENT, "id", NOW + 2)

    (entry,) = store.get("ORDER-1", None)
    at = dt.datetime.fromtimestamp(NOW, dt.UTC)
    second = dt.timedelta(seconds=1)
    assert attrs.asdict(entry) == {
        "api": API,
        "reference": "ORDER-1",
        "operation": "createBooking",
        "state": State.CREATED,
        "booking_id": "id",
        "error_code": "",
        "attempts": 1,
        "date": "2026-06-20",
        "request": {"date": "2026-06-20"},
        "complete": True,
        "fingerprint": "same",
        "lease": at + 71 * second,
        "sent_at": at + second,
        "idempotency_key": "",
        "key_at": None,
        "created_at": at,
        "updated_at": at + 2 * second,
    }
    assert claim(store, owner="other") == Known("id")
    assert claim(store, attrs.evolve(INTENT, fingerprint="other")) == Taken()


def test_one_has_it_at_a_time(store: Store) -> None:
    """Until their lease has passed; then another one has, and the first has not."""
    claim(store)

    assert claim(store, owner="other", now=NOW + 4) == Busy(6.0)
    assert claim(store, owner="other", now=NOW + 10) == Mine(State.PENDING)
    assert not store.sending(INTENT, "me", NOW + 11, NOW + 50, 1)
    assert not store.renew(INTENT, "me", NOW + 50)
    assert not store.ended(INTENT, "me", Event.REFUSED, "X", NOW + 11)
    assert store.sending(INTENT, "other", NOW + 11, NOW + 50, 1)


def test_everything_may_be_said_twice(store: Store) -> None:
    """The answer to the first time may have been lost."""
    assert claim(store) == claim(store) == Mine(State.PENDING)
    for _ in range(2):
        assert store.sending(INTENT, "me", NOW, NOW + 40, 1)
    for _ in range(2):
        assert store.ended(INTENT, "me", Event.REFUSED, "X", NOW)
    assert claim(store, owner="me2") == Mine(State.PENDING, attempts=1)
    for _ in range(2):
        assert store.created(INTENT, "id", NOW)


def test_one_that_was_sent_is_in_doubt(store: Store) -> None:
    """For whoever takes it over, for how long it takes to settle; when it was sent is not forgotten."""
    claim(store)
    store.sending(INTENT, "me", NOW, NOW + 40, 1)

    assert claim(store, owner="second", now=NOW + 40) == Mine(State.SENT, "recent", 1, NOW)
    assert claim(store, owner="third", now=NOW + 600) == Mine(State.SENT, "old", 1, NOW)
    assert store.ended(INTENT, "third", Event.LOST, "OutcomeUnknownError", NOW + 601)
    assert state_of(store) is State.UNKNOWN
    assert not store.ended(INTENT, "third", Event.REFUSED, "X", NOW + 602)
    assert claim(store, owner="fourth", now=NOW + 602) == Mine(State.SENT, "old", 1, NOW)


KEYED = attrs.evolve(INTENT, key="first")


def key_of(store: Store) -> tuple[str, float | None]:
    """The key of the entry, and when it was first sent."""
    (entry,) = store.get("ORDER-1", API)
    return entry.idempotency_key, None if entry.key_at is None else entry.key_at.timestamp()


def test_a_key_is_there_before_it_is_sent(store: Store) -> None:
    """Since when it is known to the server is counted from the first sending, whoever it was."""
    assert claim(store, KEYED) == Mine(State.PENDING, key="first")
    assert key_of(store) == ("first", None)
    store.sending(KEYED, "me", NOW + 1, NOW + 41, 1)
    store.sending(KEYED, "me", NOW + 5, NOW + 45, 1)
    assert key_of(store) == ("first", NOW + 1)

    other = attrs.evolve(INTENT, key="second")
    assert claim(store, other, "other", NOW + 45) == Mine(State.SENT, "recent", 1, NOW + 5, "first", NOW + 1)
    store.sending(other, "other", NOW + 46, NOW + 86, 2)
    assert key_of(store) == ("first", NOW + 1)


def test_a_rejection_ends_a_key(store: Store) -> None:
    """What is asked for after that is new to the server."""
    claim(store, KEYED)
    store.sending(KEYED, "me", NOW, NOW + 40, 1)
    store.ended(KEYED, "me", Event.REFUSED, "X", NOW)

    assert claim(store, attrs.evolve(INTENT, key="second")) == Mine(State.PENDING, attempts=1, key="second")
    assert key_of(store) == ("second", None)


def test_what_has_no_key_was_never_sent_with_one(store: Store) -> None:
    """It gets its first one when there is a header for it."""
    claim(store)
    store.sending(INTENT, "me", NOW, NOW + 40, 1)
    assert key_of(store) == ("", None)

    assert claim(store, KEYED, "other", NOW + 40) == Mine(State.SENT, "recent", 1, NOW, "first")
    store.sending(KEYED, "other", NOW + 41, NOW + 81, 2)
    assert key_of(store) == ("first", NOW + 41)


def test_a_rejection_frees_the_reference(store: Store) -> None:
    """For another request too, of which nothing was sent."""
    corrected = attrs.evolve(INTENT, fingerprint="other", request={"hours": 3}, day="")
    claim(store)
    store.sending(INTENT, "me", NOW, NOW + 40, 1)
    store.ended(INTENT, "me", Event.REFUSED, "TIMESLOT_NOT_AVAILABLE", NOW)
    assert store.get("ORDER-1", API)[0].error_code == "TIMESLOT_NOT_AVAILABLE"

    assert claim(store, corrected, "other") == Mine(State.PENDING, attempts=1)

    (entry,) = store.get("ORDER-1", API)
    assert (entry.state, entry.error_code, entry.sent_at, entry.request) == (State.PENDING, "", None, {"hours": 3})


def test_that_it_was_made_is_recorded_by_whoever_knows(store: Store) -> None:
    """Also by one whose lease had passed; but not once a caller was told that it was not made."""
    claim(store)
    store.sending(INTENT, "me", NOW, NOW + 40, 1)
    claim(store, owner="other", now=NOW + 40)

    assert not store.created(attrs.evolve(INTENT, fingerprint="another"), "id", NOW)
    assert store.created(INTENT, "id", NOW + 41)
    assert not store.created(INTENT, "id-2", NOW + 41)
    assert not store.ended(INTENT, "other", Event.REFUSED, "X", NOW + 42)

    rejected = attrs.evolve(INTENT, reference="ORDER-2")
    claim(store, rejected)
    store.ended(rejected, "me", Event.REFUSED, "X", NOW)
    assert not store.created(rejected, "id", NOW)
    assert state_of(store, "ORDER-2") is State.REJECTED


def test_two_addresses_have_two_ledgers(store: Store) -> None:
    """A sandbox and production may have the same references."""
    elsewhere = attrs.evolve(INTENT, api="https://sandbox.test/v1")

    assert claim(store) == claim(store, elsewhere, "other") == Mine(State.PENDING)
    assert len(store.get("ORDER-1", None)) == 2
    assert store.get("ORDER-1", API)[0].api == API


def fill(store: Store, count: int) -> None:
    """So many rows, each third of which is made and each third rejected."""
    for number in range(count):
        intent = attrs.evolve(INTENT, reference=f"ORDER-{number:04}", day=f"2026-06-{1 + number % 28:02}")
        claim(store, intent)
        if number % 3 == 0:
            store.created(intent, f"id-{number}", NOW + number)
        if number % 3 == 1:
            store.ended(intent, "me", Event.REFUSED, "X", NOW + number)


def listed(store: Store, **like: Any) -> list[str]:
    given = {"api": None, "state": None, "open": False, "from_date": None, "to_date": None, **like}
    return [entry.reference for entry in store.entries(**given)]


def test_entries_are_read_page_by_page(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, each once, in order; what is added meanwhile disturbs nobody."""
    monkeypatch.setattr(store, "page", 4)
    fill(store, 10)
    all = [f"ORDER-{number:04}" for number in range(10)]

    assert listed(store) == all
    assert listed(store, api=API) == all
    assert listed(store, api="elsewhere") == []
    assert listed(store, open=True) == all[2::3]
    assert listed(store, state=State.CREATED) == all[::3]
    assert listed(store, from_date="2026-06-03", to_date="2026-06-05") == all[2:5]


def test_a_purge_removes_what_is_final_and_old(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many they are; what is open stays, whatever its age."""
    monkeypatch.setattr(store, "page", 3)
    fill(store, 20)

    assert store.purge(NOW) == 0
    assert store.purge(NOW + 10) == 7
    assert store.purge(NOW + 100) == 7
    assert listed(store) == listed(store, open=True) == [f"ORDER-{number:04}" for number in range(2, 20, 3)]


def test_a_row_that_is_purged_while_it_is_claimed(store: Store, database: Database) -> None:
    """It is claimed as if it had never been there."""
    claim(store)
    store.ended(INTENT, "me", Event.REFUSED, "NO", NOW)
    statements = []

    @sa.event.listens_for(database.engine, "after_cursor_execute")
    def purge(_c: Any, cursor: Any, statement: str, _p: Any, _x: Any, _m: bool) -> None:  # noqa: FBT001  # As called.
        statements.extend(word for word in ("SELECT", "UPDATE", "INSERT") if statement.startswith(word))
        if statements == ["SELECT"]:
            cursor.connection.execute("DELETE FROM cleanlife_ledger")

    assert claim(store, owner="other") == Mine(State.PENDING)
    assert statements == ["SELECT", "UPDATE", "SELECT", "INSERT"]


def test_who_comes_late_waits_for_nobody_who_writes(store: Store, database: Database) -> None:
    """To be told of a booking that is made, or that somebody is at it, takes no lock."""
    claim(store)
    with database.engine.begin() as writing:
        writing.exec_driver_sql("UPDATE cleanlife_ledger SET attempts = 7")

        assert claim(store, owner="other") == Busy(10.0)


def test_an_open_ledger_is_found_by_its_index(store: Store, database: Database) -> None:
    """However many rows are final."""
    fill(store, 3)
    if database.engine.dialect.name != "sqlite":
        return
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT * FROM cleanlife_ledger WHERE state NOT IN ('CREATED', 'REJECTED') "
            "ORDER BY api, reference LIMIT 9"
        ).all()

    assert "cleanlife_ledger_open" in str(plan)


def newer(step: Step) -> Component:
    return attrs.evolve(COMPONENT, steps=(*COMPONENT.steps, step))


def test_an_older_ledger_is_upgraded(database: Database) -> None:
    """By the steps that it lacks, once, with what is in it."""
    store = Store(database)
    claim(store)
    taken = []

    def add(connection: sa.Connection) -> None:
        taken.append(connection.exec_driver_sql("ALTER TABLE cleanlife_ledger ADD COLUMN more TEXT"))

    for _ in range(2):
        database.write(lambda connection: migrate(connection, newer(add)))

    assert len(taken) == 1
    assert state_of(store) is State.PENDING


FIRST = attrs.evolve(COMPONENT, steps=COMPONENT.steps[:1])
OLD = (
    "INSERT INTO cleanlife_ledger (api, reference, fingerprint, request, complete, date, state, booking_id, "
    "error_code, attempts, owner, lease, sent_at, created_at, updated_at) VALUES ('https://api.test/v1', "
    "'{reference}', 'same', '{{}}', {complete}, '2026-06-20', '{state}', {id}, '', 1, 'me', {now}, {now}, {now}, {now})"
)


def write_old(database: Database, reference: str, state: State, id: str = "NULL") -> None:
    """Write a row as the first release does."""
    complete = "true" if database.dialect == "postgresql" else "1"
    statement = OLD.format(reference=reference, state=state, id=id, now=NOW, complete=complete)
    database.write(lambda connection: connection.exec_driver_sql(statement))


def test_a_ledger_of_before_there_were_keys_is_upgraded(url: str) -> None:
    """Its bookings are what they were, and so is what is written to it by processes that still run."""
    before = Database(url, FIRST)
    write_old(before, "ORDER-1", State.CREATED, "'id'")
    write_old(before, "ORDER-2", State.SENT)
    after = Database(url, COMPONENT)
    store = Store(after)

    assert claim(store) == Known("id")
    write_old(before, "ORDER-3", State.UNKNOWN)
    assert [(entry.reference, entry.operation, entry.idempotency_key, entry.key_at) for entry in all_of(store)] == [
        (reference, "createBooking", "", None) for reference in ("ORDER-1", "ORDER-2", "ORDER-3")
    ]
    assert claim(store, attrs.evolve(INTENT, reference="ORDER-2")) == Mine(State.SENT, "recent", 1, NOW)
    for database in (before, after):
        database.close()


def all_of(store: Store) -> list[Entry]:
    return list(store.entries(api=None, state=None, open=False, from_date=None, to_date=None))


def test_the_steps_lead_to_the_table(database: Database) -> None:
    """That queries are made of."""
    claim(Store(database))
    found = sa.inspect(database.engine).get_columns("cleanlife_ledger")

    assert {each["name"]: each["nullable"] for each in found} == {each.name: each.nullable for each in LEDGER.columns}


def test_a_newer_ledger_is_refused(database: Database, url: str) -> None:
    """Nobody writes to what they do not understand."""
    claim(Store(database))
    database.write(lambda connection: migrate(connection, newer(lambda _: None)))
    again = Database(url, COMPONENT)

    with pytest.raises(LedgerError, match="version 3, and this release of cleanlife-ext knows 2"):
        claim(Store(again))
    again.close()


def test_the_table_is_made_once(url: str, database: Database) -> None:
    """Whoever comes second finds it."""
    again = Database(url, COMPONENT)
    claim(Store(database))

    assert claim(Store(again), owner="other") == Busy(10.0)
    with again.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(LEDGER)) == 1
    again.close()
