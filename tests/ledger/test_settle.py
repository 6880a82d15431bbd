"""What nothing else can tell is settled by hand, by somebody who has looked at the API."""

from __future__ import annotations

import time

import pytest
from ledger.left import OWNER, Left
from worlds import URL, FakeClock

from cleanlife_ext import LedgerError
from cleanlife_ext.ledger import Ledger, State

ID = "3ce13b5ecb4d6633826caca0"


@pytest.fixture
def left(ledger: Ledger) -> Left:
    """A ledger with entries of half a year ago."""
    return Left(ledger, FakeClock())


def test_it_was_made(left: Left) -> None:
    """With this id; whoever asks for it again gets that."""
    settled = left.ledger.settle(left.unknown("ORDER-1").reference, made=ID)

    assert (settled.state, settled.booking_id, settled.error_code) == (State.CREATED, ID, "")


def test_it_was_not_made(left: Left) -> None:
    """And may be asked for again."""
    settled = left.ledger.settle(left.payload().reference, made=None)

    assert (settled.state, settled.booking_id, settled.error_code) == (State.REJECTED, None, "SETTLED_BY_HAND")


def test_only_what_is_open_is_settled(left: Left) -> None:
    """And only what there is."""
    left.created("ORDER-1")

    with pytest.raises(ValueError, match="and it is CREATED"):
        left.ledger.settle("ORDER-1", made=None)
    with pytest.raises(ValueError, match="and there is none"):
        left.ledger.settle("ORDER-2", made=ID)


def test_what_somebody_may_be_sending_is_not_settled(left: Left) -> None:
    """Its lease tells."""
    store = left.ledger.journal(URL).store
    store.renew(left.sent("ORDER-1"), OWNER, time.time() + 60)

    with pytest.raises(LedgerError, match="its lease is not over yet"):
        left.ledger.settle("ORDER-1", made=None)


def test_what_was_taken_up_meanwhile_is_not_settled(left: Left, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same look that found it open may be too old."""
    intent, store = left.unknown("ORDER-1"), left.ledger.journal(URL).store
    seen = store.get("ORDER-1", URL)
    store.claim(intent, OWNER, time.time(), time.time() + 60, 600)
    monkeypatch.setattr(Ledger, "get", lambda *_, **__: seen[0])

    with pytest.raises(LedgerError, match="taken up by somebody meanwhile"):
        left.ledger.settle("ORDER-1", made=None)
