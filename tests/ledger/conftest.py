"""What the tests of the ledger share: a file of its own for each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cleanlife_ext.ledger import Ledger


@pytest.fixture
def ledger(file: str) -> Iterator[Ledger]:
    """A ledger in a file."""
    with Ledger(file) as ledger:
        yield ledger
