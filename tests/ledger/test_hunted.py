"""What was found by somebody who went looking for orders that are lost, or booked after all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import httpx
import pytest
import sqlalchemy as sa
from cleanlife_client import models
from cleanlife_client.api.bookings import create_booking
from ledger.left import Left, Vendor, booked, id_of, intent_of
from worlds import URL, FakeClock, World, refused

from cleanlife_ext import CleanLifeError, LedgerError, NotFoundError
from cleanlife_ext.ledger import Ledger, State
from cleanlife_ext.ledger.states import Event
from cleanlife_ext.ledger.store import Store

ANOTHER = "another process"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def left(ledger: Ledger, clock: FakeClock) -> Left:
    return Left(ledger, clock)


@pytest.fixture
def store(ledger: Ledger) -> Store:
    return ledger.journal(URL).store


@attrs.define
class Slow(Vendor):
    """One who takes so long to tell what bookings there are that something happens *meanwhile*."""

    meanwhile: Callable[[], Any] = lambda: None

    def _list(self, wanted: httpx.QueryParams) -> httpx.Response:
        listed = super()._list(wanted)
        self.meanwhile()
        return listed


def asked_again(world: World, client: Any) -> None:
    """Create what somebody has `Left`."""
    body = models.CreateBookingRequest.from_dict(intent_of("ORDER-1").request)
    world.generated(create_booking, client, body=body)


# --- What somebody was told is final


@pytest.mark.parametrize("is_purged", [False, True])
def test_what_another_process_has_ended_is_not_recovered(
    world: World, left: Left, clock: FakeClock, store: Store, *, is_purged: bool
) -> None:
    """Its caller was told that there is no booking, and may have ordered elsewhere by now."""
    intent = left.unknown("ORDER-1")

    def meanwhile() -> None:
        clock.time += 60  # This process stood still for longer than its lease.
        now = clock.wall()
        store.claim(intent, ANOTHER, now, now + 10, 600)
        assert store.ended(intent, ANOTHER, Event.REFUSED, "TIMESLOT_NOT_AVAILABLE", now)
        if is_purged:
            assert store.purge(now + 1) == 1

    clock.time += 600
    vendor = Slow(meanwhile=meanwhile)
    with world.client(vendor, ledger=left.ledger, clock=clock) as (client, _):
        (result,) = world(client.bookings.recover())

    assert vendor.made == []
    assert (result.booking, type(result.error)) == (None, LedgerError)
    assert "ended elsewhere meanwhile; nothing was sent" in str(result.error)
    ended = [] if is_purged else [(State.REJECTED, "TIMESLOT_NOT_AVAILABLE")]
    assert [(entry.state, entry.error_code) for entry in left.ledger.entries()] == ended


# --- Rows that somebody has spoilt


BROKEN = [
    '{"externalReference": "ORD',
    "",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"externalReference": "ORDER-3"}',
    '{"externalReference": "ORDER-1"}',
]


@pytest.mark.parametrize("request_", BROKEN)
@pytest.mark.parametrize("send", [True, False])
def test_a_row_that_cannot_be_read_stops_no_other(
    world: World, left: Left, file: str, request_: str, *, send: bool
) -> None:
    """It is reported, and stays as it is: what it was about is not known, and nothing is made of a guess."""
    left.sent("ORDER-1")
    left.sent("ORDER-2")
    engine = sa.create_engine(file)
    with engine.begin() as connection:
        spoil = sa.text("UPDATE cleanlife_ledger SET request = :request WHERE reference = 'ORDER-1'")
        connection.execute(spoil, {"request": request_})
    engine.dispose()
    left.clock.time += 60

    vendor = Vendor(bookings=[booked("ORDER-1"), booked("ORDER-2")])
    with world.client(vendor, ledger=left.ledger, clock=left.clock) as (client, script):
        spoilt, other = world(client.bookings.recover(send=send))
        assert (spoilt.reference, spoilt.state, type(spoilt.error)) == ("ORDER-1", State.SENT, LedgerError)
        assert (other.state, other.error) == (State.CREATED, None)
        assert "its request cannot be read" in str(spoilt.error)
        assert len(script.calls) == 1

        assert [entry.reference for entry in left.ledger.entries(open=True)] == ["ORDER-1"]
        whole = intent_of("ORDER-1")
        left.ledger.journal(URL).store.claim(whole, ANOTHER, left.clock.wall(), left.clock.wall(), 600)
        (repaired,) = world(client.bookings.recover(send=send))
        assert repaired.state is State.CREATED


# --- What was told is not "not made", while it may be


def test_who_does_not_wait_until_the_end_is_not_told_that_it_failed(world: World, left: Left, clock: FakeClock) -> None:
    """A definite failure would be final, and what the other process has sent may be booked by `recover()` at last."""
    left.sent("ORDER-1")
    vendor = Vendor()
    with world.client(vendor, ledger=left.ledger, clock=clock, deadline=3) as (client, script):
        with pytest.raises(LedgerError, match="another process is sending this reference; nothing was sent") as caught:
            asked_again(world, client)
        assert (caught.value.sent, caught.value.key, script.calls) == (False, "ORDER-1", [])
        clock.time += 60
        assert [result.state for result in world(client.bookings.recover())] == [State.CREATED]


@pytest.mark.parametrize("obstacle", [httpx.ConnectError("refused"), refused(401, "UNAUTHORIZED"), refused(422, "X")])
def test_who_cannot_read_what_is_made_is_told_that_it_is_made(
    world: World, left: Left, clock: FakeClock, obstacle: Any
) -> None:
    """Of `create`, the error by itself would say that nothing was made."""
    left.created("ORDER-1")
    with (
        world.client(obstacle, ledger=left.ledger, clock=clock) as (client, _),
        pytest.raises(LedgerError, match=f"it was made, with the id {id_of('ORDER-1')}, but ") as caught,
    ):
        asked_again(world, client)

    assert (caught.value.sent, caught.value.key) == (False, "ORDER-1")
    assert isinstance(caught.value.__cause__, CleanLifeError)
    assert str(caught.value.__cause__) in str(caught.value)


def test_who_asks_for_what_the_api_has_no_longer_is_told_that(world: World, left: Left, clock: FakeClock) -> None:
    """To ask again would not help."""
    left.created("ORDER-1")
    with world.client(Vendor(), ledger=left.ledger, clock=clock) as (client, _), pytest.raises(NotFoundError):
        asked_again(world, client)


# --- What a look proves, it proves of the time before it


def test_a_look_that_began_too_early_ends_nothing(world: World, left: Left, clock: FakeClock) -> None:
    """What was sent may have arrived after it looked, and before it was asked whether anything may arrive still."""
    left.sent("ORDER-1", day="2026-05-20")
    clock.time += 590

    def arrives() -> None:
        clock.time += 5
        vendor.bookings.append(booked("ORDER-1", "2026-05-20"))
        clock.time += 10

    vendor = Slow(meanwhile=arrives)
    with world.client(vendor, ledger=left.ledger, clock=clock) as (client, _):
        (first,) = world(client.bookings.recover())
        vendor.meanwhile = lambda: None
        (second,) = world(client.bookings.recover())

    assert (first.state, second.state) == (State.UNKNOWN, State.CREATED)
