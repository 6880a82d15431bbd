"""What the tests of webhooks share: an inbox that is empty, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ledger.postgres import Postgres

from cleanlife_ext.webhooks import Inbox
from cleanlife_ext.webhooks.inbox.deliveries import Deliveries


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The address of an inbox that is not there yet."""
    return f"sqlite:///{tmp_path / 'webhooks.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty inbox, on each database."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("file"))
    server: Postgres = request.getfixturevalue("postgres")
    server.empty()
    return server.url


@pytest.fixture
def inbox(file: str) -> Iterator[Inbox]:
    """An inbox in a file."""
    with Inbox(file) as inbox:
        yield inbox


@pytest.fixture
def deliveries(url: str) -> Iterator[Deliveries]:
    """The rows of an inbox, on each database."""
    with Inbox(url) as inbox:
        yield inbox.deliveries
