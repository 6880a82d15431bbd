"""A database that fails: nothing is sent without it, and what was sent is settled by whoever comes next."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from engine.writes import LOST, book
from ledger.postgres import Postgres
from worlds import BOOKING, URL, FakeClock, World, ok, page, refused, world_of

from cleanlife_ext import LedgerError, OutcomeUnknownError
from cleanlife_ext.ledger import Ledger, State
from cleanlife_ext.store import database

MADE = ok(BOOKING, status=201)
SEEN = page([BOOKING])
POST, LIST, STATUS = "POST /partners/bookings", "GET /partners/bookings", "GET /partners/bookings/"


def order(client: Any) -> Any:
    return book(client, external_reference="ORDER-1")


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bookings.db"


def used(ledger: Ledger) -> Ledger:
    """A ledger that was opened, so that its tables are there."""
    assert list(ledger.entries()) == []
    return ledger


def no_folder(path: Path) -> str:
    return f"sqlite:///{path.parent / 'missing' / 'bookings.db'}"


def no_database(path: Path) -> str:
    path.write_bytes(b"Dear diary, today I made no bookings at all. " * 99)
    return f"sqlite:///{path}"


def read_only(path: Path) -> str:
    with Ledger(f"sqlite:///{path}") as ledger:
        used(ledger)
    return f"sqlite:///file:{path}?mode=ro&uri=true"


def corrupted(path: Path) -> str:
    with Ledger(f"sqlite:///{path}") as ledger:
        used(ledger)
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    return f"sqlite:///{path}"


def a_folder(path: Path) -> str:
    path.mkdir()
    return f"sqlite:///{path}"


@pytest.mark.parametrize("spoil", [no_folder, no_database, read_only, corrupted, a_folder])
def test_without_a_ledger_nothing_is_sent(world: World, path: Path, spoil: Callable[[Path], str]) -> None:
    """The error says so; what the database said is not in it, nor behind it."""
    with (
        Ledger(spoil(path)) as ledger,
        world.client(MADE, ledger=ledger) as (client, script),
        pytest.raises(LedgerError, match=r"^createBooking: the ledger cannot be used \(.*, SQLITE_") as caught,
    ):
        world(order(client))

    assert script.calls == []
    error = caught.value
    assert str(error).endswith("; nothing was sent")
    assert (error.sent, error.key, error.operation) == (False, "ORDER-1", "createBooking")
    told = "".join(traceback.format_exception(error))
    assert "sqlalchemy" not in told
    assert "INSERT" not in told


def test_a_file_that_others_lock_is_waited_for_and_no_longer(world: World, path: Path) -> None:
    """Nothing is sent meanwhile; when it is free again all is as before."""
    with Ledger(f"sqlite:///{path}") as ledger, world.client(MADE, ledger=used(ledger)) as (client, script):
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LedgerError, match="SQLITE_BUSY"):
            world(order(client))
        assert script.calls == []
        other.execute("ROLLBACK")
        other.close()
        world(order(client))

    assert script.calls == [POST]


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
def test_a_file_that_is_locked_when_it_is_first_opened(world: World, path: Path, lock: str) -> None:
    """The same."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE mine (x)")
    other.execute(lock)
    with Ledger(f"sqlite:///{path}") as ledger, world.client(MADE, ledger=ledger) as (client, script):
        with pytest.raises(LedgerError, match="SQLITE_BUSY"):
            world(order(client))
        other.execute("ROLLBACK")
        other.close()
        world(order(client))

    assert script.calls == [POST]


def test_a_file_that_others_make_at_the_same_moment(world: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite lets nobody wait for that; we do."""
    monkeypatch.setattr(database, "PATIENCE", 5.0)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE mine (x)")
    other.execute("BEGIN IMMEDIATE")
    ready = threading.Timer(0.1, lambda: other.execute("ROLLBACK"))
    with Ledger(f"sqlite:///{path}") as ledger, world.client(MADE, ledger=ledger) as (client, script):
        sa.event.listen(engine_of(ledger), "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=0"))
        ready.start()
        world(order(client))
    ready.join()
    other.close()

    assert script.calls == [POST]


def test_a_disk_that_is_full(world: World, path: Path) -> None:
    """Nothing is sent; what was recorded before is still there."""
    with Ledger(f"sqlite:///{path}") as ledger, world.client(MADE, ledger=used(ledger)) as (client, script):
        world(order(client))
        limit(ledger)
        with pytest.raises(LedgerError, match="SQLITE_FULL"):
            many(world, client)
        sent = len(script.asked)
        entry = ledger.get("ORDER-1")
        assert entry is not None
        assert entry.state is State.CREATED
        assert len(list(ledger.entries())) == sent


def many(world: World, client: Any) -> None:
    """More orders than a page of the file holds."""
    for number in range(100):
        world(book(client, external_reference=f"ORDER-X{number}"))


def limit(ledger: Ledger) -> None:
    """Let its file grow no more."""

    def full(connection: Any, *_: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")

    sa.event.listen(engine_of(ledger), "checkout", full)


def engine_of(ledger: Ledger) -> sa.Engine:
    return ledger.journal(URL).store._database.engine  # noqa: SLF001  # There is no other way to break it.


def break_at(ledger: Ledger, statement: str) -> Callable[[], None]:
    """Let each *statement* fail; gives what ends that."""

    def fail(_c: Any, cursor: Any, said: str, _p: Any, _x: Any, _m: bool) -> None:  # noqa: FBT001  # As it is called.
        if statement in said:
            cursor.execute("no such statement")

    engine = engine_of(ledger)
    sa.event.listen(engine, "before_cursor_execute", fail)
    return lambda: sa.event.remove(engine, "before_cursor_execute", fail)


def test_a_failure_after_the_claim(world: World, path: Path) -> None:
    """It was not recorded that it is sent, so it is not; the same call again sends it."""
    clock = FakeClock()
    with (
        Ledger(f"sqlite:///{path}") as ledger,
        world.client(MADE, ledger=used(ledger), clock=clock) as (client, script),
    ):
        heal = break_at(ledger, "sent_at=?, key_at=CASE")
        with pytest.raises(LedgerError, match="nothing was sent") as caught:
            world(order(client))
        assert script.calls == []
        assert not caught.value.sent
        heal()
        world(order(client))

    assert script.calls == [POST]


@pytest.mark.parametrize(
    ("answer", "known"),
    [(MADE, f"it was made, with the id {BOOKING['bookingId']}"), (refused(422, "X"), r"it was not made \(X\)")],
)
def test_a_failure_after_the_answer(world: World, path: Path, answer: httpx.Response, known: str) -> None:
    """It says what is known; the same call again looks first, and settles it."""
    clock = FakeClock()
    with (
        Ledger(f"sqlite:///{path}") as ledger,
        world.client(answer, SEEN, ledger=used(ledger), clock=clock) as (client, script),
    ):
        heal = break_at(ledger, "error_code=?")
        with pytest.raises(LedgerError, match=f"{known}, but that could not be recorded: the ledger") as caught:
            world(order(client))
        assert (caught.value.sent, caught.value.key) == (True, "ORDER-1")
        heal()
        booking = world(order(client))
        assert str(booking.booking_id) == BOOKING["bookingId"]
        entry = ledger.get("ORDER-1")
        assert entry is not None
        assert entry.state is State.CREATED

    assert script.calls == [POST, LIST]


def test_a_doubt_that_cannot_be_recorded_is_told_all_the_same(world: World, path: Path) -> None:
    """It is on record as sent, which leads to the same."""
    with Ledger(f"sqlite:///{path}") as ledger, world.client(LOST, page([]), ledger=used(ledger)) as (client, _):
        break_at(ledger, "error_code=?")
        with pytest.raises(OutcomeUnknownError) as caught:
            world(order(client))
        entry = ledger.get("ORDER-1")

    assert entry is not None
    assert entry.state is State.SENT
    assert any("the ledger could not be told so" in note for note in caught.value.__notes__)


@pytest.fixture
def server(postgres: Postgres) -> Iterator[Postgres]:
    """A PostgreSQL that runs again afterwards, empty."""
    engine = sa.create_engine(postgres.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS cleanlife_ledger, cleanlife_schema")
    engine.dispose()
    yield postgres
    if postgres.process is None:
        postgres.start()


def test_a_server_that_is_gone(world: World, server: Postgres) -> None:
    """Nothing is sent; when it is back, all goes on without a word."""
    with Ledger(server.url) as ledger, world.client(MADE, ledger=ledger) as (client, script):
        used(ledger)
        server.stop()
        with pytest.raises(LedgerError, match="nothing was sent"):
            world(order(client))
        assert script.calls == []
        server.start()
        world(order(client))

    assert script.calls == [POST]


def test_a_server_that_was_started_anew_is_not_noticed(world: World, server: Postgres) -> None:
    """The connections that are dead are tried, and replaced."""
    with Ledger(server.url) as ledger, world.client(MADE, ledger=ledger) as (client, script):
        used(ledger)
        server.stop()
        server.start()
        world(order(client))

    assert script.calls == [POST]


def test_a_server_that_goes_while_the_request_is_under_way(world: World, server: Postgres) -> None:
    """The booking is made, and the error says so; the same call again finds it."""

    def answer(_: httpx.Request) -> httpx.Response:
        server.stop()
        return MADE

    clock = FakeClock()
    with Ledger(server.url) as ledger, world.client(answer, SEEN, ledger=ledger, clock=clock) as (client, script):
        with pytest.raises(LedgerError, match="it was made, with the id"):
            world(order(client))
        server.start()
        world(order(client))

    assert script.calls == [POST, LIST]


@contextmanager
def stopped(*pids: int) -> Iterator[None]:
    """These processes stand still."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def backend_of(ledger: Ledger) -> int:
    """The process of the server that serves the connection which is used next."""
    with engine_of(ledger).connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    assert isinstance(pid, int)
    return pid


def test_a_connection_that_hangs_is_replaced(world: World, server: Postgres) -> None:
    """It holds on, and says nothing; another one serves."""
    with (
        Ledger(server.url) as ledger,
        world.client(MADE, ledger=used(ledger)) as (client, script),
        stopped(backend_of(ledger)),
    ):
        world(order(client))

    assert script.calls == [POST]


def test_a_server_that_hangs_is_not_waited_for(server: Postgres) -> None:
    """Nothing is sent; when it goes on, all goes on."""
    assert server.process is not None
    with (
        Ledger(server.url) as ledger,
        world_of("sync") as world,
        world.client(MADE, ledger=used(ledger)) as (client, script),
    ):
        with stopped(server.process.pid, backend_of(ledger)), pytest.raises(LedgerError, match="nothing was sent"):
            order(client)
        assert script.calls == []
        order(client)

    assert script.calls == [POST]
