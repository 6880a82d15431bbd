"""Pacing: a client that knows its limit is never refused, wherever the server's minute begins."""

from __future__ import annotations

import heapq
import logging
import sys
import threading
from functools import partial
from typing import Any

import anyio
import pytest
from cleanlife_client.api.bookings import get_booking_status
from engine.crowd import Crowd, Window, most_in_a_minute
from hypothesis import given, settings
from hypothesis import strategies as st
from limits.storage import MemoryStorage
from worlds import BOOKING, FakeClock, Script, World, ok, refused

from cleanlife_ext import ConfigurationError, RateLimitError
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.message import Headers, Options, Response
from cleanlife_ext.engine.pace import WINDOW, Line, Pacing, Place
from cleanlife_ext.engine.redis_turns import RedisTurns, redis_turns
from cleanlife_ext.engine.session import AsyncSession, Core, Session
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
FINE = ok(BOOKING)
SLOW_DOWN = refused(429, "RATE_LIMIT_EXCEEDED")
NOWHERE = "redis://127.0.0.1:1/0"  # Nobody listens there.

OUT_OF_ORDER = (
    "the Redis that shares the rate limit is out of order (ConnectionError); this process counts for itself meanwhile"
)


def status(world: World, client: Any) -> Any:
    """Make one call."""
    return world(client.bookings.status(ID))


class Queue:
    """A queue that other processes share, with a script of what it says."""

    def __init__(self, *waits: float) -> None:
        self.waits = list(waits)
        self.closed = 0

    def take(self) -> float:
        return self.waits.pop(0) if self.waits else 0.0

    def close(self) -> None:
        self.closed += 1


def joined(line: Line, pacing: Pacing, now: float) -> Place:
    """A place at the end of *line*."""
    place = Place(pacing)
    line.join(place, now)
    return place


# --- The line by itself -----------------------------------------------------------------------------------------------


def test_whoever_has_fewer_ahead_than_the_limit_may_send() -> None:
    """The others wait for a minute after an answer, each for one of their own."""
    line, pacing = Line(), Pacing(2)
    first, second, third, fourth, fifth = [joined(line, pacing, 100.0) for _ in range(5)]

    assert [line.wait(place, 100.0) for place in (first, second)] == [0.0, 0.0]
    assert [line.wait(place, 100.0) for place in (third, fourth, fifth)] == [60.0, 60.0, 120.0]
    second.answered = 101.0
    assert [line.wait(place, 110.0) for place in (third, fourth, fifth)] == [51.0, 60.0, 111.0]
    first.answered = 115.0
    assert line.wait(third, 161.0) == 0.0
    assert line.wait(fourth, 161.0) == 14.0


def test_those_behind_move_up_when_somebody_gives_up() -> None:
    """A place that nobody uses blocks nobody."""
    line, pacing = Line(), Pacing(1)
    first, second, third = [joined(line, pacing, 100.0) for _ in range(3)]
    first.answered = 100.0

    assert line.wait(third, 100.0) == 120.0
    line.leave(second)
    assert line.wait(third, 100.0) == 60.0


def test_an_old_line_is_forgotten() -> None:
    """It grows no longer than what a minute holds."""
    line, pacing = Line(), Pacing(1000)
    for second in range(10_000):
        joined(line, pacing, float(second)).answered = float(second)

    assert len(line) == 60


def test_two_with_different_limits_stand_in_one_line() -> None:
    """Each keeps to its own."""
    line = Line()
    for _ in range(3):
        joined(line, Pacing(5), 100.0).answered = 100.0

    assert line.wait(joined(line, Pacing(2), 100.0), 100.0) == 60.0
    assert line.wait(joined(line, Pacing(5), 100.0), 100.0) == 0.0


def test_a_clock_that_jumps_backwards_delays_nobody_for_good() -> None:
    """What was answered in the future was answered now."""
    line, pacing = Line(), Pacing(1)
    joined(line, pacing, 9000.0).answered = 9000.0
    place = joined(line, pacing, 100.0)

    assert line.wait(place, 100.0) == WINDOW
    assert line.wait(place, 160.0) == 0.0


@settings(max_examples=200)
@given(
    limit=st.integers(1, 5),
    callers=st.lists(st.tuples(st.floats(0, 200), st.floats(0, 30), st.floats(0, 1)), min_size=1, max_size=40),
    quits=st.sets(st.integers(0, 39), max_size=10),
)
def test_no_minute_of_the_server_sees_more_than_the_limit(
    limit: int, callers: list[tuple[float, float, float]], quits: set[int]
) -> None:
    """However long answers take, whenever in between a request arrives, and whoever gives up; and all get through."""
    line, pacing, places, arrivals = Line(), Pacing(limit), {}, []
    agenda = [(came, number, "come") for number, (came, _, _) in enumerate(callers)]
    heapq.heapify(agenda)
    while agenda:
        now, number, what = heapq.heappop(agenda)
        _, latency, way = callers[number]
        if what == "answer":
            places[number].answered = now
            continue
        if what == "come":
            places[number] = joined(line, pacing, now)
        wait = line.wait(places[number], now)
        if wait and number in quits:
            line.leave(places[number])
        elif wait:
            heapq.heappush(agenda, (now + wait, number, "ask again"))
        else:
            arrivals.append(now + latency * way)
            heapq.heappush(agenda, (now + latency, number, "answer"))

    assert not arrivals or most_in_a_minute(arrivals) <= limit
    assert len(arrivals) >= len(callers) - len(quits)


# --- In a client ------------------------------------------------------------------------------------------------------


def test_calls_beyond_the_limit_wait_and_say_so(world: World) -> None:
    """In a line of their own among the attempts."""
    clock = FakeClock()
    with world.client(FINE, clock=clock, rate_limit=2) as (client, script):
        status(world, client)
        clock.time += 10.0
        status(world, client)
        scoped = client.generated.scoped()
        world((get_booking_status.asyncio if world.is_async else get_booking_status.sync)(ID, client=scoped))

    assert len(script.asked) == 3
    assert clock.slept == [50.0]
    held, sent = scoped.scope.attempts
    assert (held.held, held.wait, held.reason) == (True, 50.0, "rate_limit of 2 requests a minute")
    assert sent.status == 200


def test_a_hundred_callers_are_never_refused(world: World) -> None:
    """By a server that grants exactly what the client was told."""
    crowd = Crowd()
    server = Window(crowd, granted=20)
    client = world.make(server, clock=crowd, rate_limit=20, deadline=3600, max_attempts=1)

    results = crowd.run(world, [partial(client.bookings.status, ID)] * 100)
    world.close(client)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert server.refusals == 0
    assert most_in_a_minute(server.arrivals) == 20
    assert crowd.time < 1000 + 4 * 61 + 1


def test_two_clients_of_one_key_share_the_line(world: World) -> None:
    """Together they stay under the limit."""
    crowd = Crowd()
    server = Window(crowd, granted=10)
    one, other = [world.make(server, clock=crowd, rate_limit=10, deadline=3600) for _ in range(2)]

    crowd.run(world, [partial(client.bookings.status, ID) for client in (one, other)] * 15)
    world.close(one)
    world.close(other)

    assert server.refusals == 0
    assert most_in_a_minute(server.arrivals) == 10


def test_pacing_may_raise_as_well(world: World) -> None:
    """At once, with an empty answer, since there was none; the place is given up."""
    clock = FakeClock()
    with world.client(FINE, clock=clock, rate_limit=1, on_rate_limit="raise") as (client, script):
        status(world, client)
        clock.time += 20.0
        for _ in range(2):
            with pytest.raises(RateLimitError) as caught:
                status(world, client)
        clock.time += 40.0
        status(world, client)

    error = caught.value
    assert len(script.asked) == 2
    assert (error.status_code, error.retry_after, error.response.content) == (429, 40.0, b"")
    assert error.attempts[-1].reason == (
        "rate_limit of 1 requests a minute, with 40 s to go, and on_rate_limit is 'raise'"
    )


def test_a_turn_after_the_deadline_is_not_waited_for(world: World) -> None:
    """The error comes at once, and says so."""
    clock = FakeClock()
    with world.client(FINE, clock=clock, rate_limit=1, deadline=30) as (client, script):
        status(world, client)
        with pytest.raises(RateLimitError, match="which is longer than the 30 s left of the deadline") as caught:
            status(world, client)

    assert (len(script.asked), clock.slept) == (1, [])
    assert caught.value.out_of_time


def test_a_paced_client_keeps_to_a_cool_down_too(world: World) -> None:
    """The vendor may grant less than was said, or others may use the key."""
    clock = FakeClock()
    with world.client(FINE, SLOW_DOWN, FINE, clock=clock, rate_limit=10) as (client, script):
        status(world, client)
        status(world, client)

    assert len(script.asked) == 3
    assert 60.0 <= sum(clock.slept) <= 66.0


# --- Shared with other processes --------------------------------------------------------------------------------------


def sharing(world: World, clock: Clock, queue: Any, script: Script, **given: Any) -> Any:
    """A client that shares its limit through *queue*."""
    client = world.make(script, clock=clock, **given)
    core = Core(CLEANLIFE, clock=clock, pacing=Pacing(100, queue))
    session = client.generated.session
    made = (AsyncSession if world.is_async else Session)(core, session.transport, session.options)
    client._begin(made, client._address)  # noqa: SLF001  # What shares a queue other than Redis, nobody can ask for.
    return client


def test_a_turn_is_asked_for_until_it_is_given(world: World) -> None:
    """With the pauses that the queue names."""
    clock, queue, script = FakeClock(), Queue(3.0, 2.0), Script(FINE)
    client = sharing(world, clock, queue, script)

    status(world, client)
    world.close(client)

    assert clock.slept == [3.0, 2.0]
    assert len(script.asked) == 1
    assert queue.closed == 1


def test_who_asked_for_a_turn_keeps_to_a_cool_down_that_began_meanwhile(world: World) -> None:
    """And asks for another turn after it."""
    clock, script = FakeClock(), Script(FINE)
    client: Any = None

    class Slow(Queue):
        def take(self) -> float:
            if len(self.waits) == 1:
                limiter = client.generated.session.core._limiters["getBookingStatus"]  # noqa: SLF001
                error = RateLimitError("429", response=Response(429, Headers(), b""))
                limiter.refused(CLEANLIFE.rules, error, clock.now())
            return super().take()

    queue = Slow(0.0)
    client = sharing(world, clock, queue, script)
    status(world, client)
    world.close(client)

    assert 60.0 <= sum(clock.slept) <= 66.0
    assert queue.waits == []


def test_a_turn_that_comes_too_late_is_not_waited_for(world: World) -> None:
    """As with any other wait."""
    script = Script(FINE)
    client = sharing(world, FakeClock(), Queue(50.0), script, deadline=40)

    with pytest.raises(RateLimitError, match="50 s to go, which is longer than the 40 s left"):
        status(world, client)
    world.close(client)

    assert script.asked == []


@pytest.mark.parametrize("world", ["asyncio", "trio"], indirect=True)
def test_a_turn_that_does_not_come_is_waited_for_until_the_deadline(world: World) -> None:
    """As where all worker threads of the program are busy. (Redis itself is given a second.)"""
    over = threading.Event()

    class Stuck(Queue):
        def take(self) -> float:
            over.wait(10)
            return 0.0

    script = Script(FINE)
    client = sharing(world, FakeClock(), Stuck(), script, deadline=0.05)
    with pytest.raises(RateLimitError, match="left of the deadline"):
        status(world, client)
    over.set()
    world.close(client)

    assert script.asked == []


@pytest.mark.parametrize("world", ["asyncio", "trio"], indirect=True)
def test_who_is_cancelled_does_not_wait_for_a_queue(world: World) -> None:
    """And an event loop is not held up by one."""
    asked, over = threading.Event(), threading.Event()

    class Stuck(Queue):
        def take(self) -> float:
            asked.set()
            over.wait(10)
            return 0.0

    script = Script(FINE)
    client = sharing(world, FakeClock(), Stuck(), script)

    async def cancelled() -> bool:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(client.bookings.status, ID)
                while not asked.is_set():
                    await anyio.lowlevel.checkpoint()
                scope.cancel()
        return scope.cancelled_caught

    assert world.portal is not None
    assert world.portal.call(cancelled)
    over.set()
    world.close(client)
    assert script.asked == []


class Storage(MemoryStorage):
    """The library's own storage in memory, with the handle that a Redis has."""

    def __init__(self) -> None:
        super().__init__()
        self.storage: Any = type("Handle", (), {"close": lambda _: None})()  # type: ignore[assignment]
        self.failure: Exception | None = None

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        if self.failure is not None:
            raise self.failure
        return super().acquire_entry(key, limit, expiry, amount)


@pytest.fixture
def storage() -> Any:
    return Storage()


def test_turns_are_counted_by_the_library(storage: Any) -> None:
    """As many as the limit in a minute and a second; then it says when the next will be free."""
    clock = FakeClock()
    turns, others = [RedisTurns(storage, 3, "somebody", clock) for _ in range(2)]

    assert [turns.take(), others.take(), turns.take()] == [0.0, 0.0, 0.0]
    assert 60.0 < others.take() <= 61.0
    assert RedisTurns(storage, 3, "somebody else", clock).take() == 0.0


def test_a_turn_that_became_free_meanwhile_is_asked_for_soon(storage: Any) -> None:
    """Between two questions to the storage."""

    class Emptied(Storage):
        def acquire_entry(self, *_: Any, **__: Any) -> bool:
            return False

    assert RedisTurns(Emptied(), 1, "somebody", FakeClock()).take() == 0.05
    assert RedisTurns(storage, 1, "somebody", FakeClock()).take() == 0.0


def test_a_storage_out_of_order_stops_nobody_and_is_told_of_once(
    storage: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Once an outage. It is not asked for a while, so that not every call pays; then it counts again."""
    clock = FakeClock()
    turns = RedisTurns(storage, 1, "somebody", clock)
    storage.failure = ConnectionError("redis://:secret@host is down")
    with caplog.at_level(logging.WARNING, "cleanlife_ext"):
        for _ in range(5):
            assert turns.take() == 0.0
            clock.time += 4.0
        storage.failure = None
        clock.time += 10.0
        assert turns.take() == 0.0
        assert turns.take() > 0.0
        [record] = caplog.records
        storage.failure = ConnectionError()
        assert turns.take() == 0.0

    assert len(caplog.records) == 2
    assert (record.name, record.levelname) == ("cleanlife_ext", "WARNING")
    assert record.getMessage() == OUT_OF_ORDER
    assert record.exc_info is None


def test_a_closed_client_asks_nobody(storage: Any) -> None:
    """A call that was still waiting for its turn ends by itself."""
    turns = RedisTurns(storage, 1, "somebody", FakeClock())
    turns.close()

    assert [turns.take(), turns.take()] == [0.0, 0.0]


def test_bookings_go_on_without_the_redis_that_was_named(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Each process keeps to the limit by itself, and says once that it does."""
    clock = FakeClock()
    with (
        caplog.at_level(logging.WARNING, "cleanlife_ext"),
        world.client(FINE, clock=clock, rate_limit=2, rate_limit_storage=NOWHERE) as (client, script),
    ):
        for _ in range(3):
            status(world, client)

    assert len(script.asked) == 3
    assert clock.slept == [60.0]
    assert [record.getMessage() for record in caplog.records if record.name == "cleanlife_ext"] == [OUT_OF_ORDER]


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is missing."""
    for name in [name for name in sys.modules if name.partition(".")[0] in {"limits", "redis"}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "limits", None)

    with pytest.raises(ConfigurationError, match=r"cleanlife-ext\[redis\]"):
        redis_turns(NOWHERE, 1, "somebody", FakeClock())


def test_ctrl_c_at_the_end_of_the_line_blocks_nobody(world: World) -> None:
    """However far one came, the place is given up."""

    class Struck(Line):
        def __init__(self, *, before: bool) -> None:
            super().__init__()
            self.before = before

        def join(self, place: Place, now: float) -> None:
            if not self.before:
                super().join(place, now)
            raise KeyboardInterrupt

    for before in (True, False):
        with world.client(FINE, rate_limit=1) as (client, _):
            core = client.generated.session.core
            limiter = core._limiters["getBookingStatus"]  # noqa: SLF001
            limiter._line = Struck(before=before)  # noqa: SLF001
            with pytest.raises(KeyboardInterrupt):
                next(core.flow(Options(), None, "GET", f"/partners/bookings/{ID}/status"))

            assert len(limiter._line) == 0  # noqa: SLF001
