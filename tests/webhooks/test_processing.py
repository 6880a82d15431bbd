"""From a claim to its end: handlers, failures, dead letters, in threads and in tasks."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import sqlalchemy as sa
from webhooks.arriving import NOW, booking_of, came, put
from worlds import FakeClock, World

from cleanlife_ext import CleanLifeError, ConfigurationError, InboxError, ProcessingError
from cleanlife_ext.webhooks import (
    BookingCancelled,
    BookingCreated,
    Inbox,
    InboxEntry,
    Patience,
    State,
    UnknownEvent,
    WebhookReceiver,
)

CANARY = "k4n4r1"


class Clock(FakeClock):
    """It begins when the deliveries have come in."""

    def wall(self) -> float:
        return NOW + self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver(inbox: Inbox, clock: Clock) -> WebhookReceiver:
    return WebhookReceiver(secrets=["x"], inbox=inbox, patience=Patience(attempts=3, first=10, factor=2), clock=clock)


def process(world: World, receiver: WebhookReceiver, *ids: str) -> Any:
    """In a plain thread, or in a task."""
    return world(receiver.aprocess(*ids)) if world.is_async else receiver.process(*ids)


def state_of(inbox: Inbox, delivery_id: str = "d1") -> State:
    return seen(inbox, delivery_id).state


def seen(inbox: Inbox, delivery_id: str = "d1") -> InboxEntry:
    entry = inbox.get(delivery_id)
    assert entry is not None
    return entry


def fail(_: Any) -> None:
    raise KeyError(CANARY)


# --- What is called


def test_handlers_are_called_in_their_order(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """Plain and asynchronous ones, by a name, a class, several names, or for all; once for each that is due."""
    called: list[str] = []

    @receiver.on("booking.created")
    def by_name(event: BookingCreated) -> None:
        called.append(f"name {event.delivery_id} {event.secret_name}")

    @receiver.on(BookingCreated)
    async def by_class(event: BookingCreated) -> None:
        await asyncio.sleep(0) if world.name != "trio" else await anyio.lowlevel.checkpoint()
        called.append(f"class {event.booking.booking_id}")

    @receiver.on(BookingCancelled)
    def by_another(_: BookingCancelled) -> None:
        called.append("no")

    @receiver.on("booking.created", "booking.updated")
    def by_names(_: Any) -> None:
        called.append("names")

    receiver.on("*")(lambda event: called.append(f"all {event.event}"))
    put(inbox.deliveries)

    assert process(world, receiver) == 1
    assert called == ["name d1 spring", f"class {booking_of(1)}", "names", "all booking.created"]
    assert state_of(inbox) is State.DONE
    assert process(world, receiver) == 0


def test_what_returns_something_to_be_awaited_is_awaited(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """Though it does not look asynchronous."""
    called: list[str] = []

    async def act(event: Any, suffix: str) -> None:
        called.append(event.delivery_id + suffix)

    receiver.on("*")(lambda event: act(event, "!"))
    put(inbox.deliveries, "d1")
    put(inbox.deliveries, "d2")
    process(world, receiver)

    assert called == ["d1!", "d2!"]


def test_without_a_handler_it_is_done(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """Nobody wants it."""
    put(inbox.deliveries)
    process(world, receiver)

    assert state_of(inbox) is State.DONE


def test_an_event_of_a_name_that_nobody_knows_is_for_those_who_want_all(
    world: World, inbox: Inbox, receiver: WebhookReceiver
) -> None:
    """It is kept as it came."""
    kinds: list[type] = []
    receiver.on("*")(lambda event: kinds.append(type(event)))
    receiver.on("booking.created")(fail)
    put(inbox.deliveries, "d1", None)
    process(world, receiver)

    assert kinds == [UnknownEvent]


@pytest.mark.parametrize("body", [b'{"event": "booking.created", "createdAt": "2026-06-20T06:00:00Z"}', b"junk"])
def test_a_known_event_that_cannot_be_read_is_given_up_at_once(
    world: World, inbox: Inbox, receiver: WebhookReceiver, body: bytes
) -> None:
    """No handler can do anything with it, and another try would change nothing."""
    receiver.on("*")(fail)
    inbox.deliveries.accept(came()[0], body, NOW)
    process(world, receiver)

    entry = seen(inbox)
    assert (entry.state, entry.attempts) == (State.DEAD, 1)
    assert "not as the spec has it" in entry.error


def test_work_in_the_transaction_is_done_once(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """With the mark that it is; after the other handlers."""
    called: list[str] = []
    inbox.deliveries.database.write(lambda connection: connection.execute(sa.text("CREATE TABLE mine (id TEXT)")))

    @receiver.on("booking.created", in_transaction=True)
    def write(event: BookingCreated, connection: Any) -> None:
        called.append("inside")
        connection.execute(sa.text("INSERT INTO mine VALUES (:id)"), {"id": event.delivery_id})
        if len(called) < 3:
            raise KeyError

    receiver.on("*")(lambda _: called.append("before"))
    put(inbox.deliveries)
    process(world, receiver)

    assert called == ["before", "inside"]
    assert inbox.deliveries.database.say(rows) == 0
    assert state_of(inbox) is State.WAITING
    process_later(world, receiver)
    assert inbox.deliveries.database.say(rows) == 1
    assert state_of(inbox) is State.DONE


def rows(connection: Any) -> Any:
    return connection.execute(sa.text("SELECT count(*) FROM mine")).scalar()


def process_later(world: World, receiver: WebhookReceiver) -> None:
    clock = receiver._clock  # noqa: SLF001  # The fixture's.
    assert isinstance(clock, Clock)
    clock.time += 100
    process(world, receiver)


def test_what_cannot_be_awaited_is_not_left_lying(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """Nobody awaits anything in the transaction."""

    async def act() -> None:
        raise AssertionError

    receiver.on("*", in_transaction=True)(lambda *_: act())
    put(inbox.deliveries)
    process(world, receiver)

    assert "TypeError" in seen(inbox).error


# --- What fails


def test_a_failure_is_tried_again_later_and_later(
    world: World, inbox: Inbox, receiver: WebhookReceiver, clock: Clock
) -> None:
    """Until it was tried often enough; then it is dead, and those who want to be told are."""
    dead: list[InboxEntry] = []

    @receiver.on_dead
    def tell(entry: InboxEntry) -> None:
        dead.append(entry)

    @receiver.on_dead
    async def tell_too(entry: InboxEntry) -> None:
        dead.append(entry)

    receiver.on("*")(fail)
    put(inbox.deliveries)
    dues = []
    for wait in (10, 20):
        assert process(world, receiver) == 1
        dues.append(seen(inbox).due.timestamp() - clock.wall())
        assert dead == []
        assert process(world, receiver) == 0
        clock.time += wait
    process(world, receiver)

    entry = seen(inbox)
    assert dues == [10, 20]
    assert (entry.state, entry.attempts) == (State.DEAD, 3)
    assert f"KeyError: '{CANARY}'" in entry.error
    assert dead == [entry, entry]


def test_what_hears_of_the_dead_may_fail(
    world: World, inbox: Inbox, receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """That changes nothing, and the others hear of it."""
    told: list[InboxEntry] = []
    receiver.on_dead(fail)
    receiver.on_dead(told.append)
    receiver.on("*")(fail)
    put(inbox.deliveries)
    for _ in range(3):
        process_later(world, receiver)

    assert [entry.state for entry in told] == [State.DEAD]
    assert state_of(inbox) is State.DEAD
    assert caplog.messages[-1].startswith("cleanlife.webhook.alert_failed ")


def test_one_that_kills_its_process_is_dead_after_as_many_attempts(
    world: World, inbox: Inbox, receiver: WebhookReceiver, clock: Clock
) -> None:
    """They are counted when it is taken up, and nobody is left to count them afterwards."""
    called: list[str] = []
    receiver.on("*")(lambda event: called.append(event.delivery_id))
    put(inbox.deliveries)
    for _ in range(3):
        clock.time += 60
        assert inbox.deliveries.next(clock.wall(), clock.wall() + 60) is not None
    clock.time += 60
    process(world, receiver)

    assert state_of(inbox) is State.DEAD
    assert "has died" in seen(inbox).error
    assert called == []


def test_what_took_too_long_is_left_to_whoever_has_it_now(
    world: World, inbox: Inbox, receiver: WebhookReceiver, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Its mark does not count; that is said in the log."""

    def slow(_: Any) -> None:
        clock.time += 60
        assert inbox.deliveries.next(clock.wall(), clock.wall() + 60) is not None

    receiver.on("*")(slow)
    put(inbox.deliveries)
    process(world, receiver)

    assert [message.split()[0] for message in caplog.messages] == ["cleanlife.webhook.lost"]
    assert state_of(inbox) is State.PROCESSING


def test_one_bookings_trouble_holds_up_no_other(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """Only what is behind it."""
    done: list[str] = []

    @receiver.on("*")
    def act(event: Any) -> None:
        if event.delivery_id == "d1":
            raise KeyError
        done.append(event.delivery_id)

    for number in range(1, 7):
        put(inbox.deliveries, f"d{number}", (number - 1) % 3, at=number)

    assert process(world, receiver) == 5
    assert done == ["d2", "d3", "d5", "d6"]
    for _ in range(2):
        process_later(world, receiver)
    assert done[-1] == "d4"


def test_a_database_that_fails_is_told_of(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """It is not taken for a failure of the handlers; what is taken up comes again when the lease has passed."""
    inbox_breaks: list[Callable[..., None]] = []

    def breaks(_: Any) -> None:
        def fail(*_: Any) -> None:
            raise OSError(CANARY)

        inbox_breaks.append(fail)
        sa.event.listen(inbox.deliveries.database.engine, "before_cursor_execute", fail)

    receiver.on("*")(breaks)
    put(inbox.deliveries)
    with pytest.raises(InboxError) as caught:
        process(world, receiver)
    sa.event.remove(inbox.deliveries.database.engine, "before_cursor_execute", inbox_breaks[0])

    assert CANARY not in str(caught.value)
    assert (state_of(inbox), seen(inbox).error) == (State.PROCESSING, "")


def test_what_a_handler_says_is_in_the_inbox_alone(
    world: World, inbox: Inbox, receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """In no log, and in no `repr`: it may quote anybody."""
    caplog.set_level(logging.DEBUG)
    receiver.on("*")(fail)
    receiver.on_dead(fail)
    put(inbox.deliveries, trackingReference=CANARY)
    with pytest.raises(ProcessingError) as caught:
        process(world, receiver, "d1")
    for _ in range(2):
        process_later(world, receiver)

    entry = seen(inbox)
    assert CANARY in entry.error
    assert CANARY.encode() in entry.body
    logged = [str(vars(record)) for record in caplog.records if record.name.startswith("cleanlife")]
    assert len(logged) == 5
    spoken = [*logged, repr(entry), repr(caught.value), str(caught.value), repr(inbox.deliveries.get("d1"))]
    assert [text for text in spoken if CANARY in text] == []
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("text", ["\0 and \ud800", "x" * 100_000])
def test_whatever_a_handler_says_can_be_kept(world: World, inbox: Inbox, receiver: WebhookReceiver, text: str) -> None:
    """Databases take neither a NUL nor half a character, and nobody reads a book."""

    def fail(_: Any) -> None:
        raise ValueError(text)

    receiver.on("*")(fail)
    put(inbox.deliveries)
    process(world, receiver)

    assert seen(inbox).state is State.WAITING
    assert 0 < len(seen(inbox).error) <= 4000


# --- What is no exception of the usual kind


def exits(_: Any) -> None:
    sys.exit(CANARY)


async def exits_later(_: Any) -> None:
    sys.exit(CANARY)


async def awaits_what_was_cancelled(_: Any) -> None:
    raise asyncio.CancelledError


def stops(_: Any) -> None:
    raise StopIteration


@pytest.mark.parametrize("handler", [exits, exits_later, awaits_what_was_cancelled, stops])
def test_a_handler_ends_nothing_but_itself(inbox: Inbox, receiver: WebhookReceiver, handler: Any) -> None:
    """Of a worker, it would end the whole, and nobody would notice."""
    receiver.on("*")(handler)
    put(inbox.deliveries)

    assert asyncio.run(receiver.aprocess()) == 1
    assert state_of(inbox) is State.WAITING


def test_who_asks_to_exit_in_a_thread_of_theirs_does(inbox: Inbox, receiver: WebhookReceiver) -> None:
    """What was taken up comes again when the lease has passed."""
    receiver.on("*")(exits)
    put(inbox.deliveries)

    with pytest.raises(SystemExit):
        receiver.process()
    assert state_of(inbox) is State.PROCESSING


@pytest.mark.parametrize("is_async", [True, False])
def test_who_is_cancelled_is(inbox: Inbox, receiver: WebhookReceiver, is_async: bool) -> None:  # noqa: FBT001
    """And waits for no handler."""

    async def main() -> None:
        started, over = anyio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        @receiver.on("*")
        async def waits(_: Any) -> None:
            loop.call_soon(started.set)
            await over.wait()

        if not is_async:
            receiver._handlers._all.clear()  # noqa: SLF001  # Each case has one.
            receiver.on("*")(lambda _: asyncio.run_coroutine_threadsafe(waits(None), loop).result())
        task = asyncio.create_task(receiver.aprocess())
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        over.set()

    put(inbox.deliveries)
    asyncio.run(main())
    assert state_of(inbox) is State.PROCESSING


# --- One that is asked for


def test_one_that_is_asked_for_is_done(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """Once: whoever asks again finds it done."""
    called: list[str] = []
    receiver.on("*")(lambda event: called.append(event.delivery_id))
    put(inbox.deliveries, "d1")
    put(inbox.deliveries, "d2", at=-1)

    assert process(world, receiver, "d1") is None
    assert process(world, receiver, "d1") is None
    assert called == ["d1"]
    assert state_of(inbox, "d2") is State.WAITING


def test_who_asks_for_one_that_is_not_done_hears_why(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """Its queue can count that, and knows when to ask again."""
    receiver.on("*")(fail)
    put(inbox.deliveries)
    said = []
    for _ in range(4):
        with pytest.raises(ProcessingError) as caught:
            process(world, receiver, "d1")
        said.append(str(caught.value))
    error = caught.value

    assert "attempt 1; it may be tried again at 2026-06-20 07:16:50 UTC" in said[0]
    assert "attempt 3, and it was given up" in said[2]
    assert said[3] == said[2]
    assert isinstance(error, CleanLifeError)
    assert (error.delivery_id, error.state) == ("d1", State.DEAD)


def test_who_asks_for_one_that_somebody_is_at(
    world: World, inbox: Inbox, receiver: WebhookReceiver, clock: Clock
) -> None:
    """Is told until when to leave it alone, at the latest."""
    put(inbox.deliveries)
    inbox.deliveries.next(clock.wall(), clock.wall() + 60)

    with pytest.raises(ProcessingError, match="somebody is at it, until 2026-06-20 07:17:40 UTC") as caught:
        process(world, receiver, "d1")
    assert caught.value.due.timestamp() == clock.wall() + 60


def test_who_asks_for_one_that_is_not_there(world: World, receiver: WebhookReceiver) -> None:
    """Asks in another inbox, perhaps."""
    with pytest.raises(ValueError, match="none with this id"):
        process(world, receiver, "nobody")


def test_where_a_loop_runs_asynchronous_handlers_are_awaited(inbox: Inbox, receiver: WebhookReceiver) -> None:
    """`process()` cannot, and says who can. Nothing is taken up."""

    async def main() -> None:
        with pytest.raises(RuntimeError, match=r"await aprocess\(\)"):
            receiver.process()

    put(inbox.deliveries)
    receiver.on("*")(exits_later)
    asyncio.run(main())
    assert state_of(inbox) is State.WAITING


def test_where_a_loop_runs_other_handlers_may_be_called(inbox: Inbox, receiver: WebhookReceiver) -> None:
    """In a notebook, for one."""

    async def main() -> int:
        return receiver.process()

    put(inbox.deliveries)
    receiver.on("*")(lambda _: None)
    assert asyncio.run(main()) == 1


# --- How patient it is


def test_patience_waits_longer_and_longer_and_comes_to_an_end() -> None:
    """By its numbers."""
    patience = Patience(attempts=5, first=2, factor=3, most=20)

    assert [patience.wait(attempt) for attempt in range(1, 6)] == [2, 6, 18, 20, None]
    assert Patience(attempts=5000).wait(4999) == 3600


@pytest.mark.parametrize(
    "given",
    [
        {"attempts": 0},
        {"attempts": 1.5},
        {"attempts": True},
        {"first": -1},
        {"first": "1"},
        {"factor": 0.5},
        {"factor": float("nan")},
        {"most": float("inf")},
        {"most": False},
    ],
    ids=str,
)
def test_patience_needs_numbers_that_make_sense(given: dict[str, Any]) -> None:
    """The error names the field."""
    with pytest.raises(ConfigurationError, match=f"patience: {next(iter(given))}: a .*number from"):
        Patience(**given)
