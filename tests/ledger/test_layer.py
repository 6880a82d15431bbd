"""Creations with a ledger: what is on record at each moment, and what is sent because of what is on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from cleanlife_client.api.bookings import create_booking
from engine.writes import DOWN, FAILED, ID, LOST, TAKEN, book, creation
from worlds import BOOKING, URL, FakeClock, Script, World, cooled, ok, page, refused, world_of

from cleanlife_ext import (
    APIConnectionError,
    BadRequestError,
    DuplicateExternalReferenceError,
    InternalServerError,
    LedgerError,
    OutcomeUnknownError,
    RateLimitError,
    UnprocessableEntityError,
)
from cleanlife_ext.engine.message import Headers, Response
from cleanlife_ext.ledger import Ledger, State
from cleanlife_ext.ledger.claim import Intent
from cleanlife_ext.ledger.states import Event
from cleanlife_ext.ledger.store import Store

MADE = ok(BOOKING, status=201)
NOWHERE = page([])
SEEN = page([BOOKING])
ANOTHER = page([{**BOOKING, "date": "2026-06-21T00:00:00.000Z"}])
NO = refused(422, "TIMESLOT_NOT_AVAILABLE")
POST, LIST, STATUS = "POST /partners/bookings", "GET /partners/bookings", f"GET /partners/bookings/{ID}/status"


def order(client: Any, **more: Any) -> Any:
    return book(client, **{"external_reference": "ORDER-1", **more})


def store_of(ledger: Ledger) -> Store:
    return ledger.journal(URL).store


def state(ledger: Ledger, reference: str = "ORDER-1") -> str:
    entry = ledger.get(reference)
    return entry.state.value if entry is not None else ""


@contextmanager
def ledgered(
    world: World, ledger: Ledger, *steps: Any, clock: FakeClock | None = None, **options: Any
) -> Iterator[tuple[Any, Script]]:
    with world.client(*steps, ledger=ledger, clock=clock or FakeClock(), **options) as (client, script):
        yield client, script


@pytest.fixture
def intent(tmp_path: Path) -> Intent:
    """What `order` intends, as another process would write it down."""
    with Ledger(f"sqlite:///{tmp_path / 'other.db'}") as other, world_of("sync") as world:
        with ledgered(world, other, MADE) as (client, _):
            order(client)
        entry = other.get("ORDER-1")
    assert entry is not None
    stored = (entry.api, entry.reference, entry.fingerprint, entry.request)
    return Intent(*stored, day=entry.date, operation=entry.operation)


class Crashed:
    """Another process, which has come so far with the same order and is heard of no more."""

    def __init__(self, ledger: Ledger, intent: Intent, clock: FakeClock) -> None:
        self.store, self.intent, self.clock = store_of(ledger), intent, clock

    def claims(self) -> None:
        now = self.clock.wall()
        self.store.claim(self.intent, "other", now, now + 10, 600)

    def sends(self) -> None:
        self.claims()
        now = self.clock.wall()
        assert self.store.sending(self.intent, "other", now, now + 40, 1)

    def loses(self) -> None:
        self.sends()
        assert self.store.ended(self.intent, "other", Event.LOST, "OutcomeUnknownError", self.clock.wall())


# --- One process


def test_intent_sending_and_outcome_are_on_record_before_anything_follows(world: World, ledger: Ledger) -> None:
    """While the request is under way it stands there as sent; when the call returns, as made."""
    under_way: list[Any] = []

    def answer(_: httpx.Request) -> httpx.Response:
        under_way.append(ledger.get("ORDER-1"))
        return MADE

    with ledgered(world, ledger, answer) as (client, _):
        booking = world(order(client))

    (before,) = under_way
    after = ledger.get("ORDER-1")
    assert after is not None
    assert (before.state, before.booking_id, before.attempts) == (State.SENT, None, 1)
    assert (after.state, after.booking_id) == (State.CREATED, str(booking.booking_id))
    assert (after.api, after.date, after.complete) == (URL, "2026-06-20", True)
    assert after.request["timeslot"] == {"startAt": "09:00", "endAt": "12:00"}
    assert (before.lease - before.updated_at).total_seconds() == 40.0


def test_the_same_order_again_gives_the_same_booking(world: World, ledger: Ledger) -> None:
    """It is read afresh, since it may have changed, and not made again; by another client as well."""
    with ledgered(world, ledger, MADE) as (client, _):
        world(order(client))
    with ledgered(world, ledger, ok({**BOOKING, "status": "canceled"})) as (client, script):
        booking = world(order(client))

    assert booking.status == "canceled"
    assert script.calls == [STATUS]
    assert state(ledger) == "CREATED"


def test_a_booking_that_cannot_be_read_is_not_made_again(world: World, ledger: Ledger) -> None:
    """That it is made is told, and what keeps it from being read."""
    with ledgered(world, ledger, MADE) as (client, _):
        world(order(client))
    with (
        ledgered(world, ledger, refused(500, "X")) as (client, script),
        pytest.raises(LedgerError, match="it was made, with the id") as caught,
    ):
        world(order(client))

    assert isinstance(caught.value.__cause__, InternalServerError)

    assert set(script.calls) == {STATUS}
    assert state(ledger) == "CREATED"


def test_another_order_with_its_reference_is_refused(world: World, ledger: Ledger) -> None:
    """Nothing is sent for it."""
    with ledgered(world, ledger, MADE) as (client, script):
        world(order(client))
        with pytest.raises(DuplicateExternalReferenceError, match="the ledger has another request") as caught:
            world(order(client, hours=3))

    assert script.calls == [POST]
    assert (caught.value.status_code, caught.value.existing) == (409, None)
    assert caught.value.operation == "createBooking"


def test_a_generated_creation_is_recorded_too(world: World, ledger: Ledger) -> None:
    """The ledger lies beneath the generated functions."""
    with ledgered(world, ledger, MADE) as (client, _):
        world.generated(create_booking, client, body=creation())

    assert state(ledger) == "CREATED"


def test_a_made_reference_is_on_record(world: World, ledger: Ledger) -> None:
    """With the client's prefix, and before it is sent."""
    with ledgered(world, ledger, MADE, reference_prefix="TEST-") as (client, script):
        world(book(client))

    (entry,) = ledger.entries()
    assert entry.reference == script.bodies[0]["externalReference"]
    assert entry.reference.startswith("TEST-")


def test_other_calls_know_nothing_of_it(world: World, ledger: Ledger) -> None:
    """Only what has a reference of ours is recorded."""
    with ledgered(world, ledger, ok(BOOKING)) as (client, _):
        world(client.bookings.status(ID))
        world(client.bookings.cancel(ID))

    assert list(ledger.entries()) == []


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (NO, UnprocessableEntityError, "TIMESLOT_NOT_AVAILABLE"),
        (FAILED, UnprocessableEntityError, "BOOKING_CREATION_FAILED"),
        (refused(400, "Sara Ahmed"), BadRequestError, "BadRequestError"),
        (DOWN, APIConnectionError, "APIConnectionError"),
    ],
)
def test_a_definite_failure_frees_the_reference(
    world: World, ledger: Ledger, answer: Any, kind: type[Exception], code: str
) -> None:
    """Whatever it was: the caller knows that nothing was made. A corrected order goes out."""
    with ledgered(world, ledger, answer) as (client, _), pytest.raises(kind):
        world(order(client))
    entry = ledger.get("ORDER-1")
    assert entry is not None
    assert (entry.state, entry.error_code) == (State.REJECTED, code)

    with ledgered(world, ledger, MADE) as (client, _):
        world(order(client, hours=3))
    assert state(ledger) == "CREATED"


def test_what_is_refused_before_it_is_sent_is_rejected(world: World, ledger: Ledger) -> None:
    """It was held back for the rate; nothing of it went out, and nobody will send it."""
    with (
        ledgered(world, ledger, refused(429, "X", headers={"retry-after": "500"})) as (client, _),
        pytest.raises(RateLimitError),
    ):
        world(order(client))
    with ledgered(world, ledger, MADE, on_rate_limit="raise") as (client, script):
        hold_back(client)
        with pytest.raises(RateLimitError):
            world(order(client, external_reference="ORDER-2"))

    assert script.calls == []
    assert (state(ledger), state(ledger, "ORDER-2")) == ("REJECTED", "REJECTED")


def hold_back(client: Any) -> None:
    """Begin a cool-down, as another client's refusal would."""
    core = client.generated.session.core
    error = RateLimitError("429", response=Response(429, Headers(), b""))
    for limiter in core._limiters.values():  # noqa: SLF001
        limiter.refused(core.provider.rules, error, core.clock.now())


def test_a_lost_answer_that_is_found_is_made(world: World, ledger: Ledger) -> None:
    """The engine finds out, and the ledger records what it has found."""
    with ledgered(world, ledger, LOST, SEEN) as (client, script):
        world(order(client))

    assert script.calls == [POST, LIST]
    assert state(ledger) == "CREATED"


def test_what_ends_in_doubt_is_unknown(world: World, ledger: Ledger) -> None:
    """Until somebody asks again, who looks before anything is sent."""
    clock = FakeClock()
    with ledgered(world, ledger, LOST, NOWHERE, LOST, NOWHERE, LOST, NOWHERE, LOST, NOWHERE, clock=clock) as (
        client,
        _,
    ):
        with pytest.raises(OutcomeUnknownError) as caught:
            world(order(client))
        assert state(ledger) == "UNKNOWN"
        assert caught.value.key == "ORDER-1"
    with ledgered(world, ledger, SEEN, clock=clock) as (client, script):
        world(order(client))

    assert script.calls == [LIST]
    entry = ledger.get("ORDER-1")
    assert entry is not None
    assert (entry.state, entry.booking_id, entry.attempts) == (State.CREATED, ID, 1)


def test_what_the_api_has_is_adopted_by_who_wants_that(world: World, ledger: Ledger) -> None:
    """A booking of before there was a ledger."""
    with ledgered(world, ledger, TAKEN, SEEN) as (client, _):
        world(order(client, if_exists="return"))

    assert state(ledger) == "CREATED"


# --- Somebody else was at it


def test_who_is_alive_is_waited_for(world: World, ledger: Ledger, intent: Intent) -> None:
    """With waits that grow; then the booking is read, and not made again."""
    clock = Waking()
    other = Crashed(ledger, intent, clock)
    other.sends()
    clock.at(clock.time + 5, lambda: other.store.created(intent, ID, clock.wall()))

    with ledgered(world, ledger, ok(BOOKING), clock=clock) as (client, script), client.trace() as calls:
        booking = world(order(client))

    assert str(booking.booking_id) == ID
    assert script.calls == [STATUS]
    assert all(0.025 <= wait <= 1.0 for wait in clock.slept)
    assert 5 <= sum(clock.slept) <= 6
    assert calls[0].attempts[0].reason == "another process is sending this reference"
    assert calls[0].attempts[0].held


class Waking(FakeClock):
    """Something happens at some time."""

    def __init__(self) -> None:
        super().__init__()
        self.due: list[tuple[float, Callable[[], Any]]] = []

    def at(self, time: float, act: Callable[[], Any]) -> None:
        self.due.append((time, act))

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        for when, act in list(self.due):
            if self.time >= when:
                self.due.remove((when, act))
                act()


def test_the_deadline_bounds_the_waiting(world: World, ledger: Ledger, intent: Intent) -> None:
    """Nothing was sent, and that is what is said."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).sends()

    with (
        ledgered(world, ledger, MADE, clock=clock, deadline=3) as (client, script),
        pytest.raises(LedgerError, match="another process is sending this reference; nothing was sent"),
    ):
        world(order(client))

    assert script.calls == []
    assert sum(clock.slept) == pytest.approx(3)
    assert state(ledger) == "SENT"


def test_who_died_before_sending_is_taken_over(world: World, ledger: Ledger, intent: Intent) -> None:
    """Once the lease has passed; nothing can be there, so nothing is looked for."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).claims()

    with ledgered(world, ledger, MADE, clock=clock) as (client, script):
        world(order(client))

    assert script.calls == [POST]
    assert sum(clock.slept) == pytest.approx(10)


def test_who_died_while_sending_is_taken_over_in_doubt(world: World, ledger: Ledger, intent: Intent) -> None:
    """Well within the usual deadline. It is looked for, and found."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).sends()

    with ledgered(world, ledger, SEEN, clock=clock) as (client, script):
        booking = world(order(client))

    assert str(booking.booking_id) == ID
    assert script.calls == [LIST]
    assert sum(clock.slept) == pytest.approx(40)
    assert state(ledger) == "CREATED"


def test_what_is_not_to_be_seen_is_sent_again_under_its_reference(world: World, ledger: Ledger, intent: Intent) -> None:
    """After a look; the vendor's rule of unique references makes that safe."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).loses()

    with ledgered(world, ledger, NOWHERE, MADE, clock=clock) as (client, script):
        world(order(client))

    assert script.calls == [LIST, POST]
    entry = ledger.get("ORDER-1")
    assert entry is not None
    assert (entry.state, entry.attempts) == (State.CREATED, 2)


@pytest.mark.parametrize(
    ("steps", "end", "calls"),
    [
        # A refusal that an earlier attempt would have met as well is believed.
        ([NOWHERE, refused(400, "X"), NOWHERE], BadRequestError, [LIST, POST, LIST]),
        # One that the earlier attempt may have caused is not.
        ([NOWHERE, NO, NOWHERE], OutcomeUnknownError, [LIST, POST, LIST, LIST]),
        ([NOWHERE, TAKEN, SEEN], None, [LIST, POST, LIST]),
        ([ANOTHER], DuplicateExternalReferenceError, [LIST]),
        ([refused(403, "X")], OutcomeUnknownError, [LIST]),
        ([refused(500, "X"), SEEN], None, [LIST, LIST]),
        ([NOWHERE, DOWN, NOWHERE, MADE], None, [LIST, POST, LIST, POST]),
    ],
)
def test_what_was_sent_lately_is_doubted_like_an_ambiguous_attempt(
    world: World, ledger: Ledger, intent: Intent, steps: Any, end: type[Exception] | None, calls: list[str]
) -> None:
    """What is told is what the ledger says."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).loses()

    with ledgered(world, ledger, *steps, clock=clock) as (client, script):
        if end is None:
            world(order(client))
        else:
            with pytest.raises(end):
                world(order(client))

    assert script.calls == calls
    assert state(ledger) == ("CREATED" if end is None else "UNKNOWN" if end is OutcomeUnknownError else "REJECTED")


def test_who_asks_again_and_again_sees_a_doubt_settle(world: World, ledger: Ledger, intent: Intent) -> None:
    """What was refused meanwhile adds nothing to it; else a cron job would prolong it for ever."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).loses()
    ends: list[type[Exception]] = []

    for _ in range(11):
        clock.time += 60
        with (
            ledgered(world, ledger, NOWHERE, NO, NOWHERE, NOWHERE, clock=clock) as (client, _),
            pytest.raises((OutcomeUnknownError, UnprocessableEntityError)) as caught,
        ):
            world(order(client))
        ends.append(caught.type)
        if caught.type is UnprocessableEntityError:
            break

    assert ends[-1] is UnprocessableEntityError
    assert set(ends[:-1]) == {OutcomeUnknownError}
    assert state(ledger) == "REJECTED"


def test_a_doubt_of_its_own_begins_anew(world: World, ledger: Ledger, intent: Intent) -> None:
    """What was sent just now, and lost, may arrive as long after it as the first."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).loses()
    clock.time += 599

    with (
        ledgered(world, ledger, NOWHERE, LOST, NOWHERE, clock=clock, max_attempts=1) as (client, _),
        pytest.raises(OutcomeUnknownError),
    ):
        world(order(client))

    entry = ledger.get("ORDER-1")
    assert entry is not None
    assert entry.sent_at is not None
    assert entry.sent_at.timestamp() >= clock.wall() - 60


def test_a_doubt_that_nobody_here_sent_has_its_key(world: World, ledger: Ledger, intent: Intent) -> None:
    """And says that it was an earlier call."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).loses()

    with ledgered(world, ledger, refused(403, "X"), clock=clock) as (client, _):
        with pytest.raises(
            OutcomeUnknownError, match=r"unknown \(by an earlier call; listBookings: status 403"
        ) as caught:
            world(order(client))
        assert caught.value.key == "ORDER-1"


@pytest.mark.parametrize("answer", [NO, refused(401, "X"), refused(409, "X")])
def test_what_was_sent_long_ago_and_is_not_to_be_seen_was_never_made(
    world: World, ledger: Ledger, intent: Intent, answer: Any
) -> None:
    """So after a look it is like a first attempt, and a refusal is final."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).loses()
    clock.time += 600

    with ledgered(world, ledger, NOWHERE, answer, clock=clock) as (client, script), pytest.raises(Exception) as caught:  # noqa: PT011
        world(order(client))

    assert not isinstance(caught.value, OutcomeUnknownError)
    assert script.calls == [LIST, POST]
    assert state(ledger) == "REJECTED"


def test_what_was_sent_long_ago_is_looked_for_until_that_succeeds(world: World, ledger: Ledger, intent: Intent) -> None:
    """A look that fails proves nothing; attempts of our own after it are doubted as ever."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).loses()
    clock.time += 600
    down = [refused(500, "X")] * 4

    with (
        ledgered(world, ledger, *down, NOWHERE, LOST, NOWHERE, NO, NOWHERE, clock=clock) as (client, script),
        pytest.raises(OutcomeUnknownError),
    ):
        world(order(client))

    assert script.calls == [LIST] * 5 + [POST, LIST, POST, LIST, LIST]
    assert state(ledger) == "UNKNOWN"


def test_a_look_that_never_succeeds_leaves_it_in_doubt(world: World, ledger: Ledger, intent: Intent) -> None:
    """Whenever it was sent."""
    for age in (0.0, 600.0):
        clock = FakeClock()
        other = Crashed(ledger, attrs.evolve(intent), clock)
        other.loses()
        clock.time += age
        with (
            ledgered(world, ledger, refused(500, "X"), clock=clock) as (client, script),
            pytest.raises(OutcomeUnknownError),
        ):
            world(order(client))
        assert set(script.calls) == {LIST}
        assert state(ledger) == "UNKNOWN"


def test_a_last_look_that_shows_nothing_leaves_it_in_doubt(world: World, ledger: Ledger, intent: Intent) -> None:
    """The looks before it had failed, and no time is left to send anything."""
    clock = FakeClock()
    Crashed(ledger, intent, clock).loses()

    with (
        ledgered(world, ledger, refused(500, "X"), NOWHERE, clock=clock, max_attempts=1) as (client, script),
        pytest.raises(OutcomeUnknownError),
    ):
        world(order(client))

    assert script.calls == [LIST, LIST]
    assert state(ledger) == "UNKNOWN"


# --- Leases


def test_a_wait_is_covered_by_the_lease(world: World, ledger: Ledger) -> None:
    """Nobody takes over a sender that waits for its turn, however long."""
    clock = FakeClock()
    leases: list[float] = []
    sleep = clock.sleep

    def watch(seconds: float) -> None:
        entry = ledger.get("ORDER-1")
        assert entry is not None
        leases.append(entry.lease.timestamp() - clock.wall() - seconds)
        sleep(seconds)

    clock.sleep = watch  # type: ignore[method-assign]
    with ledgered(world, ledger, refused(429, "X"), FAILED, MADE, clock=clock) as (client, _):
        world(order(client))

    assert cooled(clock.slept[:1], 60)
    assert len(leases) == 2
    assert all(left >= 5 for left in leases)


def test_an_owner_whose_lease_passed_does_not_send(world: World, ledger: Ledger, intent: Intent) -> None:
    """It asks anew, and gives what the one who took over has made."""
    clock = Waking()
    other = Crashed(ledger, intent, clock)

    def taken_over() -> None:
        now = clock.wall() + 100
        other.store.claim(intent, "other", now, now + 10, 600)
        assert other.store.sending(intent, "other", now, now + 40, 1)
        assert other.store.created(intent, ID, now)

    clock.at(clock.time, taken_over)
    with ledgered(world, ledger, FAILED, ok(BOOKING), clock=clock) as (client, script):
        world(order(client))

    assert script.calls == [POST, STATUS]


def test_a_renewal_that_comes_too_late_is_noticed(world: World, ledger: Ledger, intent: Intent) -> None:
    """While it waits, before it waits on."""
    clock = FakeClock()
    other = Crashed(ledger, intent, clock)

    def answer(_: httpx.Request) -> httpx.Response:
        clock.time += 45
        other.claims()
        assert other.store.created(intent, ID, clock.wall())
        return FAILED

    with ledgered(world, ledger, answer, ok(BOOKING), clock=clock) as (client, script):
        world(order(client))

    assert clock.slept == []
    assert script.calls == [POST, STATUS]


def test_a_success_counts_whoever_owns_it_by_now(world: World, ledger: Ledger, intent: Intent) -> None:
    """It was made; the one who took over finds it made."""
    clock = FakeClock()
    other = Crashed(ledger, intent, clock)

    def answer(_: httpx.Request) -> httpx.Response:
        clock.time += 45
        other.claims()
        return MADE

    with ledgered(world, ledger, answer, clock=clock) as (client, _):
        world(order(client))

    assert state(ledger) == "CREATED"


def test_a_refusal_is_not_told_by_who_lost_the_lease(world: World, ledger: Ledger, intent: Intent) -> None:
    """The one who took over may yet have it made; both are to say the same."""
    clock = FakeClock()
    other = Crashed(ledger, intent, clock)

    def answer(_: httpx.Request) -> httpx.Response:
        clock.time += 45
        other.claims()
        return NO

    with (
        ledgered(world, ledger, answer, clock=clock) as (client, _),
        pytest.raises(
            LedgerError, match=r"it was not made \(TIMESLOT_NOT_AVAILABLE\), but .* another process"
        ) as caught,
    ):
        world(order(client))

    assert (caught.value.sent, caught.value.key) == (True, "ORDER-1")
    assert state(ledger) == "SENT"


def test_a_success_that_the_ledger_denies_is_not_hidden(world: World, ledger: Ledger, intent: Intent) -> None:
    """Somebody was told that it was not made; the error says that it was, and by what id."""
    clock = FakeClock()
    other = Crashed(ledger, intent, clock)

    def answer(_: httpx.Request) -> httpx.Response:
        clock.time += 45
        other.claims()
        assert other.store.ended(intent, "other", Event.REFUSED, "X", clock.wall())
        return MADE

    with (
        ledgered(world, ledger, answer, clock=clock) as (client, _),
        pytest.raises(LedgerError, match=f"it was made, with the id {ID}, but that could not be recorded") as caught,
    ):
        world(order(client))

    assert caught.value.sent


def test_a_doubt_is_told_whoever_owns_it(world: World, ledger: Ledger, intent: Intent) -> None:
    """It contradicts nobody."""
    clock = FakeClock()
    other = Crashed(ledger, intent, clock)

    def answer(_: httpx.Request) -> httpx.Response:
        clock.time += 45
        other.claims()
        raise LOST

    with ledgered(world, ledger, answer, clock=clock) as (client, script), pytest.raises(OutcomeUnknownError):
        world(order(client))

    assert script.calls == [POST]
    assert state(ledger) == "SENT"


def test_an_error_of_the_users_own_leaves_it_as_a_crash_would(world: World, ledger: Ledger) -> None:
    """It passes as it is, with a word on what is in doubt; whoever comes next waits for the lease, and looks."""
    keys = ["pk_1"]
    clock = FakeClock()
    with (
        ledgered(world, ledger, LOST, clock=clock, api_key=keys.pop) as (client, _),
        client.trace() as calls,
        pytest.raises(IndexError) as caught,
    ):
        world(order(client))
    assert state(ledger) == "SENT"
    assert [attempt.code for attempt in calls[0].attempts] == ["APITimeoutError", "IndexError"]
    assert any(
        "sent, and the outcome is unknown; look for externalReference" in note for note in caught.value.__notes__
    )

    with ledgered(world, ledger, SEEN, clock=clock) as (client, script):
        world(order(client))
    assert script.calls == [LIST]
