"""The ledger as a user holds it: its options, what it shows, and what it keeps to itself."""

from __future__ import annotations

import datetime as dt
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from engine.writes import book
from worlds import BOOKING, World, ok

from cleanlife_ext import ConfigurationError, LedgerError
from cleanlife_ext.ledger import Ledger, State
from cleanlife_ext.store import database

MADE = ok(BOOKING, status=201)


def fill(world: World, ledger: Ledger, *references: str, **options: Any) -> None:
    with world.client(MADE, ledger=ledger, **options) as (client, _):
        for reference in references:
            world(book(client, external_reference=reference))


def test_nothing_is_opened_before_it_is_needed(world: World, tmp_path: Path) -> None:
    """Then the tables are made."""
    with Ledger(f"sqlite:///{tmp_path / 'bookings.db'}") as ledger:
        assert list(tmp_path.iterdir()) == []
        fill(world, ledger, "ORDER-1")
        assert (tmp_path / "bookings.db").exists()


def test_one_ledger_serves_many_clients(world: World, ledger: Ledger) -> None:
    """Closing a client does not close it; after it was closed itself, it is opened anew."""
    fill(world, ledger, "ORDER-1")
    fill(world, ledger, "ORDER-2", base_url="https://other.test/v1")
    ledger.close()
    fill(world, ledger, "ORDER-3")

    assert [(entry.api, entry.reference) for entry in ledger.entries()] == [
        ("https://api.test/v1", "ORDER-1"),
        ("https://api.test/v1", "ORDER-3"),
        ("https://other.test/v1", "ORDER-2"),
    ]


def test_an_entry_is_found_by_its_reference(world: World, ledger: Ledger) -> None:
    """Where two APIs have it, one must be named."""
    fill(world, ledger, "ORDER-1")
    fill(world, ledger, "ORDER-1", base_url="https://other.test/v1")

    assert ledger.get("ORDER-2") is None
    with pytest.raises(ValueError, match=r"api: one of https://api\.test/v1, https://other\.test/v1 is needed"):
        ledger.get("ORDER-1")
    entry = ledger.get("ORDER-1", api="https://other.test/v1")
    assert entry is not None
    assert entry.state is State.CREATED


def test_entries_may_be_chosen(world: World, ledger: Ledger) -> None:
    """By state, by day of service, by API."""
    fill(world, ledger, "ORDER-1")

    for chosen in (
        {"state": "CREATED"},
        {"state": State.CREATED},
        {"from_date": "2026-06-20", "to_date": dt.date(2026, 6, 20)},
        {"api": "https://api.test/v1"},
    ):
        assert len(list(ledger.entries(**chosen))) == 1  # type: ignore[arg-type]
    for other in ({"state": "SENT"}, {"open": True}, {"from_date": "2026-06-21"}, {"to_date": "2026-06-19"}):
        assert list(ledger.entries(**other)) == []  # type: ignore[arg-type]


def test_a_choice_that_makes_no_sense_is_refused(ledger: Ledger) -> None:
    """At once, and not when the first entry is asked for."""
    with pytest.raises(ValueError, match="state: one of PENDING, SENT, CREATED, REJECTED, UNKNOWN is needed"):
        ledger.entries(state="created")
    with pytest.raises(ValueError, match="from_date"):
        ledger.entries(from_date="soon")


@pytest.mark.parametrize("old", [0, 0.0, dt.timedelta()])
def test_what_was_purged_is_gone(world: World, ledger: Ledger, old: Any) -> None:
    """By seconds, or by a timedelta."""
    fill(world, ledger, "ORDER-1")

    assert ledger.purge(dt.timedelta(days=36500)) == 0
    assert ledger.purge(old) == 1
    assert ledger.get("ORDER-1") is None


@pytest.mark.parametrize("old", [-1, dt.timedelta(seconds=-1), "1", None, True, float("nan")])
def test_an_age_that_is_none_is_refused(ledger: Ledger, old: Any) -> None:
    """Nothing is removed by mistake."""
    with pytest.raises(ValueError, match="older_than: a timedelta, or a number of seconds from 0, is needed"):
        ledger.purge(old)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite:///file::memory:?uri=true",
            "sqlite:///file:x?mode=memory&uri=true",
        ),
        *("mysql://user:hunter2@host/db", "sqlite+aiosqlite:///x.db", "bookings.db", "", "postgresql+psycopg2://h/d"),
        *("postgresql://user:hunter2@host:port/db", None, 3, b"sqlite:///x.db"),
    ],
)
def test_an_address_that_cannot_be_a_ledger_is_refused(url: Any) -> None:
    """Nothing of it is shown; in memory nothing would be recorded."""
    with pytest.raises(ConfigurationError, match="url: ") as caught:
        Ledger(url)

    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "hunter2" not in told.replace(repr(url), "")


@pytest.mark.parametrize("seconds", [-1, "600", None, True, float("nan"), float("inf")])
def test_a_time_to_settle_that_makes_no_sense_is_refused(seconds: Any) -> None:
    """A number of seconds it must be."""
    with pytest.raises(ConfigurationError, match="settles_after: "):
        Ledger(settles_after=seconds)


@pytest.mark.parametrize("strange", ["sqlite:///bookings.db", 3, object()])
def test_a_client_wants_a_ledger(world: World, strange: Any) -> None:
    """And not its address."""
    with pytest.raises(ConfigurationError, match=r"ledger: a cleanlife_ext\.ledger\.Ledger is needed"):
        world.make(ledger=strange)


def test_a_ledger_shows_no_password() -> None:
    """Neither in its own repr nor in a client's, nor when its server cannot be reached."""
    url = "postgresql://user:hunter2@127.0.0.1:1/bookings?connect_timeout=1"
    ledger = Ledger(url)

    with pytest.raises(LedgerError, match=r"the ledger cannot be used \(OperationalError\)") as caught:
        ledger.get("ORDER-1")

    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "hunter2" not in repr(ledger) + told.replace(repr(url), "")
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "user:***@127.0.0.1" in repr(ledger)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    """With the command that gets it."""
    monkeypatch.setattr(database, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'cleanlife-ext\[postgres\]'"):
        Ledger("postgresql://host/db")

    monkeypatch.setitem(sys.modules, "cleanlife_ext.store.database", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'cleanlife-ext\[store\]'"):
        Ledger(file)


def test_one_that_uses_it_all_the_time_is_not_waited_for(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by who writes, nor by a fork."""
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    busy = ledger.journal("api").store._database  # noqa: SLF001  # There is no other way to be busy.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(busy.pause).result()
        with pytest.raises(LedgerError, match="others use it all the time"):
            ledger.get("ORDER-1")
        assert not busy.pause()
        thread.submit(busy.resume).result()
    assert ledger.get("ORDER-1") is None


def test_it_goes_on_after_a_fork(world: World, ledger: Ledger) -> None:
    """In the parent, and in the child; the same, seen from within."""
    fill(world, ledger, "ORDER-1")
    database._pause()  # noqa: SLF001
    database._resume()  # noqa: SLF001
    assert ledger.get("ORDER-1") is not None

    database._pause()  # noqa: SLF001
    database._renew()  # noqa: SLF001
    assert ledger.get("ORDER-1") is not None
    for engine in ledger.journal("api").store._database._inherited:  # noqa: SLF001
        engine.dispose()
