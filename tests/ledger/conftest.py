"""What the tests of the ledger share: a file of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger.postgres import Postgres

from cleanlife_ext.ledger import Ledger


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
    server.empty()
    return server.url


@pytest.fixture
def ledger(file: str) -> Iterator[Ledger]:
    """A ledger in a file."""
    with Ledger(file) as ledger:
        yield ledger
