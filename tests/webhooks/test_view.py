"""The view: what is known of each booking, kept in the inbox, and the API asked where the events do not tell."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial, reduce
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from cleanlife_client.models import Booking
from webhooks.stations import Station, body_of, served, station
from webhooks.stories import NINE, booked, played, shuffled, told
from worlds import FakeClock, World, ok, refused

from cleanlife_ext import CleanLifeError, ConfigurationError
from cleanlife_ext.webhooks import Inbox, WebhookReceiver
from cleanlife_ext.webhooks.bookings.folding import BookingState, fold
from cleanlife_ext.webhooks.bookings.rows import MARKED, Bookings
from cleanlife_ext.webhooks.bookings.source import Source
from cleanlife_ext.webhooks.bookings.view import BookingView
from cleanlife_ext.webhooks.events import Event, parse

ID = booked()["bookingId"]
OTHER = "7d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a02"
MOVED = {"date": "2026-06-21T00:00:00.000Z"}
ELSEWHERE = {"date": "2026-06-22T00:00:00.000Z"}
UNCERTAIN = told("updated", 0, booked(**MOVED)), told("updated", 0, booked(**ELSEWHERE))


@pytest.fixture
def here(file: str) -> Iterator[Station]:
    """A station."""
    with station(file, on_gap="refetch") as here:
        yield here


# --- Folding into it


@pytest.mark.parametrize("seed", range(4))
def test_a_view_shows_what_the_events_come_to(url: str, seed: int) -> None:
    """In whatever order they come in, and however often."""
    events, truth = played(seed, moments=(0.0, 0.0, 60.0))
    with station(url) as here:
        here.tell(*shuffled(events, random.Random(seed)))  # noqa: S311  # No secret is made of it.
        states = {state.booking_id: state for state in here.view.all()}

        assert set(states) == set(truth)
        for id, state in states.items():
            assert state == reduce(fold, (event for event in events if event.booking_id == id), None)
            assert state == here.view.get(id.upper())
            assert not state.is_certain or state.booking == truth[id]


def test_an_event_is_folded_in_by_the_transaction_in_which_it_is_done(here: Station) -> None:
    """Before the handlers of the user's, which find it there; what is undone is undone as a whole."""
    seen: list[int] = []

    @here.receiver.on("booking.created", in_transaction=True)
    def look(_: Event, connection: Any) -> None:
        seen.append(connection.scalar(sa.text("SELECT count(*) FROM cleanlife_bookings")))
        if len(seen) == 1:
            raise ValueError("not yet")

    here.tell(told("created", 0))
    assert (seen, here.view.get(ID)) == ([1], None)

    here.clock.skew += 10
    here.receiver.process()
    assert seen == [1, 1]
    assert here.view.get(ID) == fold(None, told("created", 0))


def test_an_event_that_the_spec_does_not_know_counts_too(here: Station) -> None:
    """If it shows a booking; one of no booking leaves no trace."""
    here.tell(told("created", 0), told("refunded", 5, booked(**MOVED)), parse(b'{"event": "partner.paused"}'))

    assert [state.booking for state in here.view.all()] == [Booking.from_dict(booked(**MOVED))]


def test_what_comes_twice_is_not_written_twice(here: Station) -> None:
    """Also if it comes by another subscription, as another delivery."""
    here.tell(told("created", 0))
    bookings = here.view.bookings
    with bookings.database.engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT total_changes()").scalar()
        assert not bookings.change(connection, ID, partial(fold, event=told("created", 0)), NINE)
        assert connection.exec_driver_sql("SELECT total_changes()").scalar() == before


def test_two_who_change_a_booking_at_once_lose_nothing(url: str) -> None:
    """Neither where it is new to both, nor where it is known."""
    with station(url) as here:
        for second in range(0, 60, 2):
            both, barrier = (second, second + 1), threading.Barrier(2)
            events = [told("updated", at, booked(externalReference=f"ORDER-{at}")) for at in both]
            with ThreadPoolExecutor(2) as pool:
                [*pool.map(partial(_told_at_once, here.view.bookings, barrier), events)]
            state = here.view.get(ID)
            assert state is not None
            assert [moment.at - NINE for moment in state.moments] == [second + 1, second]
            if second == 28:
                here.inbox.deliveries.database.write(
                    lambda connection: connection.exec_driver_sql("DELETE FROM cleanlife_bookings")
                )


def _told_at_once(bookings: Bookings, barrier: threading.Barrier, event: Event) -> None:
    def work(connection: sa.Connection) -> None:
        bookings.tell(event, connection, NINE)

    barrier.wait()
    bookings.database.write(work)


def test_who_inserts_too_late_folds_into_what_is_there(here: Station) -> None:
    """Somebody else may insert it between the look and the insertion."""
    bookings, seen = here.view.bookings, []

    def work(connection: sa.Connection) -> None:
        def folded(state: BookingState | None) -> BookingState | None:
            if state is None and not seen:
                seen.append(True)
                bookings.tell(told("created", 0), connection, NINE)
            return fold(state, told("cancelled", 1, booked("Cancelled", status="canceled")))

        assert bookings.change(connection, ID, folded, NINE)

    bookings.database.write(work)
    state = here.view.get(ID)
    assert state is not None
    assert (state.is_complete, state.booking.status) == (True, "canceled")


# --- Reading it


def test_bookings_are_read_as_they_are_asked_for(here: Station) -> None:
    """In pages, and all of them or those that are over, or are not."""
    here.view.bookings.page = 2
    ids = [f"7d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a{number:02}" for number in range(5)]
    for number, id in enumerate(ids):
        status = "success" if number % 2 else "in progress"
        here.tell(told("updated", 0, booked(bookingId=id, status=status, date="soon")))

    assert [state.booking_id for state in here.view.all()] == ids
    assert [state.booking_id for state in here.view.all(is_over=True)] == ids[1::2]
    assert [state.booking_id for state in here.view.all(is_over=False)] == ids[::2]
    assert here.view.get(OTHER.replace("02", "99")) is None
    with pytest.raises(ValueError, match="booking_id: a UUID is needed"):
        here.view.get("ORDER-1")


def test_what_makes_no_sense_is_refused(here: Station, tmp_path: Path) -> None:
    """By its name, and with a way out."""
    with Inbox(f"sqlite:///{tmp_path / 'other.db'}") as other:
        with pytest.raises(ConfigurationError, match='on_gap: "ignore" or "refetch" is needed'):
            BookingView(other, on_gap="guess")  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match="view: its inbox has to be that of the receiver"):
            WebhookReceiver(secrets=["x"], inbox=other, view=here.view)
    with pytest.raises(
        ConfigurationError, match=r'on_gap="refetch" needs a client to ask with: receiver.worker\(client\)'
    ):
        here.receiver.worker()


def test_its_repr_shows_where_it_is(here: Station, file: str) -> None:
    """And nothing of what is in it."""
    assert repr(here.view) == f"BookingView(Inbox('{file}'))"


# --- Asking the API


class Api:
    """It knows some bookings: a step for a script. *meanwhile*: happens while it is asked."""

    def __init__(self, *bookings: dict[str, Any]) -> None:
        self.bookings = {booking["bookingId"]: booking for booking in bookings}
        self.meanwhile: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        id = request.url.path.split("/")[-2]
        while self.meanwhile:
            self.meanwhile.pop()()
        return ok(self.bookings[id]) if id in self.bookings else refused(404, "RESOURCE_NOT_FOUND")


def refetched(world: World, here: Station, step: Any) -> list[str]:
    """What is asked for when the job comes."""
    with world.client(step, clock=FakeClock()) as (client, script):
        world(client.generated.session.drive(Source(client, here.view.bookings, here.clock).refetch()))
        return [call.split("/")[-2] for call in script.calls]


@pytest.mark.parametrize("skew", [-200.0, 0.0, 200.0])
def test_many_events_that_do_not_tell_are_one_question(world: World, file: str, skew: float) -> None:
    """However our clock goes."""
    with station(file, on_gap="refetch", skew=skew) as here:
        here.tell(
            *(
                told("updated", 0, booked(**day, externalReference=f"ORDER-{n}"))
                for n in range(9)
                for day in (MOVED, ELSEWHERE)
            )
        )
        here.clock.skew += 10

        assert refetched(world, here, Api(booked(**MOVED))) == [ID]
        state = here.view.get(ID)
        assert state is not None
        assert (state.booking, state.is_certain) == (Booking.from_dict(booked(**MOVED)), True)
        assert refetched(world, here, Api()) == []


def test_those_that_wait_longest_are_asked_for_first(world: World, here: Station) -> None:
    """Each once; also a booking of which the API knows nothing any more."""
    here.tell(*(told("updated", 0, booked(bookingId=OTHER, **day)) for day in (MOVED, ELSEWHERE)))
    here.clock.skew += 10
    here.tell(*UNCERTAIN)

    assert refetched(world, here, Api(booked())) == [OTHER, ID]
    assert refetched(world, here, Api(booked())) == []
    state = here.view.get(OTHER)
    assert state is not None
    assert (state.is_gone, state.is_over) == (True, True)


def test_an_event_that_comes_while_the_api_is_asked_is_asked_for_again(world: World, here: Station) -> None:
    """If the clocks cannot tell which is newer, and it says something else."""
    here.tell(*UNCERTAIN)
    api = Api(booked(**MOVED))
    api.meanwhile.append(lambda: here.tell(told("updated", 5, booked(externalReference="ORDER-5"))))

    assert refetched(world, here, api) == [ID]
    api.bookings[ID] = booked(externalReference="ORDER-5")
    assert refetched(world, here, api) == [ID]
    assert refetched(world, here, api) == []
    assert here.shown() == {ID: Booking.from_dict(booked(externalReference="ORDER-5"))}


def test_while_an_event_waits_it_may_still_tell(world: World, here: Station) -> None:
    """So it is not asked for yet."""
    here.tell(*UNCERTAIN)
    late = told("cancelled", 5, booked("Cancelled", status="canceled"))
    here.receiver.accept(late, body_of(late))
    assert refetched(world, here, Api()) == []

    here.receiver.process()
    assert refetched(world, here, Api()) == []
    assert here.view.get(ID) == reduce(fold, (*UNCERTAIN, late), None)


def test_one_that_cannot_be_had_is_in_nobodys_way(world: World, here: Station) -> None:
    """The others are asked for first the next time; one that is settled by then is not asked for at all."""
    here.tell(*UNCERTAIN)
    here.clock.skew += 10
    here.tell(*(told("updated", 0, booked(bookingId=OTHER, **day)) for day in (MOVED, ELSEWHERE)))
    here.clock.skew += 10
    with pytest.raises(CleanLifeError):
        refetched(world, here, refused(403, "FORBIDDEN"))

    assert refetched(world, here, Api(booked(), booked(bookingId=OTHER))) == [OTHER, ID]


@pytest.mark.parametrize("skew", [-200.0, 0.0, 200.0])
@pytest.mark.parametrize("seed", range(3))
def test_in_the_end_the_view_shows_the_truth(world: World, tmp_path: Path, skew: float, seed: int) -> None:
    """However many things happen in one second, whenever the API is asked, and however our clock goes."""
    with served(tmp_path, on_gap="refetch", skew=skew, seed=seed) as (here, there):
        client = world.make(there.simulator.transport, base_url="http://simulator/v1", api_key=there.simulator.api_key)
        bookings = [there.book() for _ in range(3)]
        for _ in range(25):
            for _ in range(there.source.randrange(3)):
                there.happen(there.source.choice(bookings))
            there.simulator.clock.advance(seconds=there.source.choice((0, 1, 30, 3600)))
            if there.source.random() < 0.7:
                here.receiver.process()
            world(client.generated.session.drive(Source(client, here.view.bookings, here.clock).refetch()))
        there.simulator.settle()
        here.receiver.process()
        world(client.generated.session.drive(Source(client, here.view.bookings, here.clock).refetch()))
        world.close(client)

        assert here.shown() == there.truth()
        assert all(state.is_certain for state in here.view.all())


def test_who_asks_every_few_seconds_reads_no_whole_table(here: Station) -> None:
    """An index has those that are to be asked for, and another the events that wait."""
    here.tell(told("created", 0))
    text = str(
        MARKED.params(now=NINE).compile(here.view.bookings.database.engine, compile_kwargs={"literal_binds": True})
    )
    with here.view.bookings.database.engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]

    assert not [step for step in plan if step.startswith("SCAN") or "TEMP B-TREE" in step]
