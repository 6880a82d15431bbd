"""What the tests of webhooks share: an inbox that is empty, on each database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cleanlife_ext.webhooks import Inbox
from cleanlife_ext.webhooks.inbox.deliveries import Deliveries


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
