"""What the tests of the ledger share: a file of its own for each, and one PostgreSQL for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from ledger.postgres import IS_THERE, Postgres, running

from cleanlife_ext.ledger import Ledger


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server that runs."""
    if not IS_THERE:
        pytest.skip("there is no pgserver for this Python")
    with running() as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The address of a ledger that is not there yet."""
    return f"sqlite:///{tmp_path / 'bookings.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty ledger, on each database."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("file"))
    server: Postgres = request.getfixturevalue("postgres")
    engine = sa.create_engine(server.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS cleanlife_ledger, cleanlife_schema")
    engine.dispose()
    return server.url


@pytest.fixture
def ledger(file: str) -> Iterator[Ledger]:
    """A ledger in a file."""
    with Ledger(file) as ledger:
        yield ledger
