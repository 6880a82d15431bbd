"""One transaction after the other, on SQLite or PostgreSQL. What goes wrong is an error of ours, and quotes nothing."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakSet

import sqlalchemy as sa
from sqlalchemy import event, exc

from cleanlife_ext.errors import CleanLifeError, ConfigurationError
from cleanlife_ext.store.schema import Component, migrate

__all__ = ["Database"]

T = TypeVar("T")

PATIENCE = 5.0  # Seconds for a connection, for a statement, and for others to have written what they write.
SOON = 0.02  # Seconds
DRIVERS = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
SINGLE = {"cleanlife_single": True}
NEEDED = "url: an address like sqlite:///shop.db or postgresql+psycopg://user@host/database is needed"


class Database:
    """The database of a *component*, opened when it is first needed. Safe for threads, and after a fork.

    Its `repr` shows no password.
    """

    def __init__(self, url: str, component: Component) -> None:
        self._component = component
        self._url = _url(url)
        self.engine = _engine(self._url)
        self._is_file = self.dialect == "sqlite"
        self._single = SINGLE if self._is_file else {"isolation_level": "AUTOCOMMIT"}
        self._inherited: list[sa.Engine] = []
        self._begin()
        _all.add(self)

    def __repr__(self) -> str:
        return self._url.render_as_string(hide_password=True)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @property
    def is_there(self) -> bool:
        """Whether it would not have to be made: of a server it is taken for granted."""
        return not self._is_file or Path(str(self._url.database).removeprefix("file:")).exists()

    @property
    def arguments(self) -> dict[str, Any]:
        """What another connection of the driver's is to be made with, for PostgreSQL. The password is among it."""
        from cleanlife_ext.store.patience import limits  # noqa: PLC0415  # As below.

        _, arguments = self.engine.dialect.create_connect_args(self._url)
        return {**arguments, **limits(PATIENCE)}

    def _begin(self) -> None:
        self._is_ready = False
        # Who prepares it, and who uses a file: in line here they lose less time than where SQLite lets them try again.
        self._turn = threading.RLock()

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """What *work* gives, done in one transaction. It may be done twice, and must not mind."""
        return self._safely(lambda: self._transacted(work))

    def say(self, work: Callable[[sa.Connection], T]) -> T:
        """The same for a *work* of one statement, around which there need be no transaction: it is one by itself."""
        return self._safely(lambda: self._said_alone(work))

    def close(self) -> None:
        """Close all connections; others are opened when they are needed."""
        self.engine.dispose()

    def pause(self) -> bool:
        """Let nobody be in the middle of anything, or a child would find SQLite's locks held. Whether that could be."""
        return self._turn.acquire(timeout=PATIENCE)

    def resume(self) -> None:
        """Go on after a pause."""
        self._turn.release()

    def renew(self) -> None:
        """Go on in the child of a fork."""
        self._inherited.append(self.engine)  # SQLite forbids even to close what was opened before a fork.
        self.engine = _engine(self._url)  # Another thread may have held a lock of the old one.
        self._begin()

    def _safely(self, work: Callable[[], T], *, again: bool = True) -> T:
        try:
            self._prepare()
            return work()
        except CleanLifeError:
            raise
        except Exception as error:  # noqa: BLE001  # Of library, driver and system, and it quotes what it was given.
            said, is_stale = _said(error), getattr(error, "connection_invalidated", False)
        self._is_ready = False
        if again and is_stale:  # Of a server that was started anew, the pool has to learn once.
            return self._safely(work, again=False)
        raise self._failure(said)

    def _failure(self, said: str) -> CleanLifeError:
        return self._component.error(f"the {self._component.name} cannot be used ({said})")

    def _prepare(self) -> None:
        if self._is_ready:
            return
        with self._held():
            if self._is_ready:
                return
            if self._is_file:
                self._write_ahead()
            self._transacted(partial(migrate, component=self._component))
            self._is_ready = True

    def _transacted(self, work: Callable[[sa.Connection], T]) -> T:
        with self._alone(), self.engine.begin() as connection:
            return work(connection)

    def _said_alone(self, work: Callable[[sa.Connection], T]) -> T:
        with self._alone(), self.engine.connect().execution_options(**self._single) as connection:
            return work(connection)

    def _alone(self) -> AbstractContextManager[None]:
        return self._held() if self._is_file else nullcontext()

    @contextmanager
    def _held(self) -> Generator[None]:
        if not self._turn.acquire(timeout=PATIENCE):
            raise self._failure("others use it all the time")
        try:
            yield
        finally:
            self._turn.release()

    def _write_ahead(self) -> None:
        """Let readers and a writer not wait for each other. It is a property of the file, and stays."""
        ends = time.monotonic() + PATIENCE
        connection = self.engine.raw_connection()
        try:
            while True:
                try:
                    connection.cursor().execute("PRAGMA journal_mode=WAL")
                except sqlite3.OperationalError as error:
                    # Of several processes that do this at once, SQLite lets none wait.
                    if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                        raise
                    time.sleep(SOON)
                else:
                    return
        finally:
            connection.close()


def _said(error: Exception) -> str:
    """What kind of error it is. Its text may quote a statement with its values, or the password."""
    driver = getattr(error, "orig", error)
    code = getattr(driver, "sqlite_errorname", None) or getattr(driver, "sqlstate", None)
    return f"{type(error).__name__}, {code}" if code else type(error).__name__


def _url(url: object) -> sa.URL:
    parsed = None
    if isinstance(url, str):
        try:
            parsed = sa.make_url(url)
        except (exc.ArgumentError, ValueError):  # They quote it, with the password.
            parsed = None
    if parsed is None or parsed.drivername not in DRIVERS:
        raise ConfigurationError(NEEDED)
    is_nowhere = not parsed.database or ":memory:" in parsed.database or parsed.query.get("mode") == "memory"
    if parsed.drivername.startswith("sqlite") and is_nowhere:
        raise ConfigurationError("url: what is in memory is gone with the process; name a file")
    return parsed.set(drivername=DRIVERS[parsed.drivername])


def _engine(url: sa.URL) -> sa.Engine:
    if url.drivername != "sqlite" and find_spec("psycopg") is None:
        raise ConfigurationError("url: PostgreSQL needs pip install 'cleanlife-ext[postgres]'")
    engine = sa.create_engine(url, hide_parameters=True, pool_timeout=PATIENCE)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "do_connect", _open)
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begun)
    else:
        # Here, since psycopg is an extra; and not when it is used, since a fork may come in the middle of an import.
        from cleanlife_ext.store.patience import connect  # noqa: PLC0415

        event.listen(engine, "do_connect", lambda _dialect, _record, args, options: connect(PATIENCE, *args, **options))
    return engine


def _open(_dialect: object, _record: object, _args: object, options: dict[str, Any]) -> None:
    options["timeout"] = PATIENCE


def _connected(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # Transactions are begun below, and not by the driver.
    connection.execute("PRAGMA synchronous=FULL")


def _begun(connection: sa.Connection) -> None:
    # Who will write says so at once: who has read before may find that somebody else was faster.
    if not connection.get_execution_options().keys() & SINGLE:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


_all: WeakSet[Database] = WeakSet()


_paused: list[Database] = []


def _pause() -> None:
    _paused.extend(database for database in list(_all) if database.pause())


def _resume() -> None:
    while _paused:
        _paused.pop().resume()


def _renew() -> None:
    _paused.clear()
    for database in list(_all):
        database.renew()


# Windows has neither.
getattr(os, "register_at_fork", dict)(before=_pause, after_in_parent=_resume, after_in_child=_renew)
