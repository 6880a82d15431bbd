"""After a 429 everybody waits who shares the key, and nobody alone; and nobody for longer than their deadline."""

from __future__ import annotations

import gc
import os
import pickle
import random
from collections.abc import Generator
from contextlib import suppress
from email.utils import formatdate
from functools import partial
from typing import Any
from weakref import ref

import anyio
import attrs
import httpx
import pytest
from cleanlife_client.api.bookings import get_booking_status
from engine.crowd import Crowd, Window
from worlds import BOOKING, FakeClock, Script, World, ok, page, refused

from cleanlife_ext import (
    CleanLifeError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    Timeslot,
)
from cleanlife_ext.engine.flow import Clock, Pause, dispatch
from cleanlife_ext.engine.message import Attempt, Headers, Options, Request, Response, Scope
from cleanlife_ext.engine.pace import Pacing, Place
from cleanlife_ext.engine.rate_limit import CoolDown, Limiter, _register, limiters_of, rate_limit
from cleanlife_ext.engine.rate_limit import refused as after_refusal
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
SLOW_DOWN = refused(429, "RATE_LIMIT_EXCEEDED")
FINE = ok(BOOKING)
COOL = "429: cool-down of 60 s shared by this key"
LATER = 1_780_001_000.0  # What the clock of a new test takes for now, in seconds since 1970.


def status(world: World, client: Any) -> Any:
    """Make one call."""
    return world(client.bookings.status(ID))


def create(world: World, client: Any) -> Any:
    """Make a booking."""
    return world(
        client.bookings.create(
            contact_id=ID,
            address_id="1",
            service_id=ID,
            date="2026-06-20",
            timeslot=Timeslot("09:00", "12:00"),
            external_reference="ORDER-1",
        )
    )


def tried(world: World, client: Any) -> list[Attempt]:
    """What was tried in the course of one call that succeeded."""
    scoped = client.generated.scoped()
    world((get_booking_status.asyncio if world.is_async else get_booking_status.sync)(ID, client=scoped))
    return list(scoped.scope.attempts)


def slow_down(**headers: str) -> httpx.Response:
    """A refusal with these headers."""
    return refused(429, "RATE_LIMIT_EXCEEDED", {name.replace("_", "-"): value for name, value in headers.items()})


def waited(clock: FakeClock) -> list[float]:
    """The waits that took time."""
    return [seconds for seconds in clock.slept if seconds]


def a_refusal(**fields: Any) -> RateLimitError:
    return RateLimitError("429", response=Response(429, Headers(), b""), **fields)


# --- One caller -------------------------------------------------------------------------------------------------------


def test_a_429_is_waited_for_and_the_refused_attempt_says_so(world: World) -> None:
    """A minute, and up to a tenth of it more; one attempt is allowed, and the refusal uses up none."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, FINE, clock=clock, max_attempts=1) as (client, script):
        first, second = tried(world, client)

    assert len(script.asked) == 2
    [wait] = waited(clock)
    assert 60.0 <= wait <= 66.0
    assert (first.status, first.reason, first.wait) == (429, COOL, pytest.approx(wait))
    assert (second.status, second.wait, second.reason, second.held) == (200, None, "", False)


@pytest.mark.parametrize("body", [b"", b"<h1>Too many requests</h1>", b'{"success": true, "data": {}}'])
def test_a_429_is_one_whatever_its_body(world: World, body: bytes) -> None:
    """A gateway in front of the API counts as well."""
    with world.client(httpx.Response(429, content=body), FINE) as (client, script):
        status(world, client)

    assert len(script.asked) == 2


def test_who_is_refused_again_waits_longer(world: World) -> None:
    """60, 90 and 120 seconds, and never longer."""
    clock = FakeClock()
    steps = [SLOW_DOWN] * 5 + [FINE]
    with world.client(*steps, clock=clock, deadline=1000) as (client, _):
        status(world, client)

    for wait, least in zip(waited(clock), [60, 90, 120, 120, 120], strict=True):
        assert least <= wait <= 1.1 * least


def test_a_success_clears_the_strikes(world: World) -> None:
    """The next refusal is a first one again."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, SLOW_DOWN, FINE, SLOW_DOWN, FINE, clock=clock) as (client, _):
        status(world, client)
        status(world, client)

    assert [round(wait / 30) for wait in waited(clock)] == [2, 3, 2]


def test_a_refusal_for_another_reason_clears_no_strike(world: World) -> None:
    """Only a success proves that the key may send again."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, refused(404, "RESOURCE_NOT_FOUND"), SLOW_DOWN, FINE, clock=clock) as (client, _):
        with pytest.raises(NotFoundError):
            status(world, client)
        status(world, client)

    assert [round(wait / 30) for wait in waited(clock)] == [2, 3]


@pytest.mark.parametrize(
    ("asked", "least"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 1),
        ("1", 1),
        (formatdate(LATER + 42, usegmt=True), 42),
        (formatdate(LATER - 42, usegmt=True), 1),
        ("soon", 60),
        ("-5", 60),
        ("7.5", 60),
        ("", 60),
        ("1" * 400, 60),
        ("Mon, 99 Foo 2026 99:99:99 GMT", 60),
    ],
)
def test_the_server_may_say_how_long(world: World, asked: str, least: float) -> None:
    """In seconds or as a date, a second at the least; nonsense is not listened to."""
    clock = FakeClock()
    with world.client(slow_down(retry_after=asked), FINE, clock=clock) as (client, _):
        first, _ = tried(world, client)

    [wait] = waited(clock)
    assert least <= wait <= 1.1 * least
    assert first.reason == f"429: cool-down of {least} s shared by this key"


@pytest.mark.parametrize("deadline", [30, 60])
def test_a_wait_beyond_the_deadline_is_not_begun(world: World, deadline: float) -> None:
    """The error comes at once, and tells what the server asked for."""
    clock = FakeClock()
    with (
        world.client(SLOW_DOWN, FINE, clock=clock, deadline=deadline) as (client, script),
        pytest.raises(RateLimitError) as caught,
    ):
        status(world, client)

    assert clock.slept == []
    assert len(script.asked) == 1
    assert caught.value.retry_after == 60.0
    assert caught.value.out_of_time
    [attempt] = caught.value.attempts
    assert (attempt.wait, attempt.reason) == (
        None,
        f"{COOL}, which is longer than the {deadline} s left of the deadline",
    )
    assert caught.value.request_id == "req-no"


def test_the_third_cool_down_does_not_fit_the_usual_deadline(world: World) -> None:
    """60 and 90 seconds do; and the error says so."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, clock=clock) as (client, script), pytest.raises(RateLimitError) as caught:
        status(world, client)

    assert len(script.asked) == 3
    assert caught.value.retry_after == 120.0
    assert "cool-down of 120 s shared by this key, which is longer than the" in caught.value.attempts[-1].reason
    assert any("not sent again: 429: cool-down of 120 s" in note for note in caught.value.__notes__)


def test_a_huge_wait_is_told_but_silences_nobody_for_years(world: World) -> None:
    """One wrong answer holds others back for an hour at the most."""
    clock = FakeClock()
    with world.client(slow_down(retry_after="999999999"), FINE, clock=clock) as (client, script):
        with pytest.raises(RateLimitError) as caught:
            status(world, client)
        assert caught.value.retry_after == 999999999.0
        with pytest.raises(RateLimitError) as held:
            status(world, client)
        assert held.value.retry_after == 3600.0
        clock.time += 3600.0
        status(world, client)

    assert len(script.asked) == 2


def test_jitter_never_leads_past_the_deadline(world: World) -> None:
    """The release is spread over what is to spare, and the half of that is left to send."""
    for _ in range(20):
        clock = FakeClock()
        with world.client(SLOW_DOWN, FINE, clock=clock, deadline=62) as (client, _):
            status(world, client)

        assert 60.0 <= clock.time - 1000.0 <= 61.0


def test_raise_means_at_once(world: World) -> None:
    """Who cannot wait is told how long it would take."""
    clock = FakeClock()
    with (
        world.client(slow_down(retry_after="17"), clock=clock, on_rate_limit="raise") as (client, script),
        pytest.raises(RateLimitError) as caught,
    ):
        status(world, client)

    assert clock.slept == []
    assert len(script.asked) == 1
    assert caught.value.retry_after == 17.0
    assert not caught.value.out_of_time
    assert caught.value.attempts[-1].reason == (
        "429: cool-down of 17 s shared by this key, and on_rate_limit is 'raise'"
    )


def test_after_a_write_of_unknown_outcome_the_lookup_comes_first(world: World) -> None:
    """Once the cool-down is over: what has taken effect is not sent again."""
    clock = FakeClock()
    lost = httpx.ReadError("gone")
    with world.client(lost, page([]), SLOW_DOWN, page([BOOKING]), clock=clock) as (client, script):
        booking = create(world, client)

    assert booking.external_reference == "ORDER-1"
    assert [call.split()[0] for call in script.calls] == ["POST", "GET", "POST", "GET"]
    assert sum(clock.slept) >= 60.0


def test_a_write_of_unknown_outcome_stays_one_if_the_rate_forbids_to_look(world: World) -> None:
    """It ends as what it is, and not as a refusal."""
    lost = httpx.ReadError("gone")
    with (
        world.client(lost, SLOW_DOWN, on_rate_limit="raise") as (client, script),
        pytest.raises(OutcomeUnknownError) as caught,
    ):
        create(world, client)

    assert caught.value.key == "ORDER-1"
    assert len(script.asked) == 2


# --- Those who share it -----------------------------------------------------------------------------------------------


def test_a_call_that_comes_later_is_held_back_before_it_is_sent(world: World) -> None:
    """It shows that it was, and why."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, FINE, clock=clock) as (client, script):
        with pytest.raises(RateLimitError):
            status(world, client.with_options(on_rate_limit="raise"))
        clock.time += 20.0
        held, sent = tried(world, client)

    assert len(script.asked) == 2
    [wait] = waited(clock)
    assert 40.0 <= wait <= 46.0
    assert (held.held, held.status, held.code, held.operation) == (True, None, "", "getBookingStatus")
    assert (held.wait, held.reason) == (pytest.approx(wait), COOL)
    assert (sent.held, sent.status) == (False, 200)


def test_a_call_that_must_not_wait_is_told_of_the_refusal_of_another(world: World) -> None:
    """With the answer that began the cool-down, and with what is left of it; nothing is sent."""
    clock = FakeClock()
    with world.client(refused(429, "RATE_LIMIT_EXCEEDED", details={"n": 1}), clock=clock) as (client, script):
        eager = client.with_options(on_rate_limit="raise")
        with pytest.raises(RateLimitError):
            status(world, eager)
        clock.time += 20.0
        with pytest.raises(RateLimitError) as caught:
            status(world, eager)

    error = caught.value
    assert len(script.asked) == 1
    assert error.retry_after == pytest.approx(40.0)
    assert (error.code, error.message, error.details) == ("RATE_LIMIT_EXCEEDED", "no", {"n": 1})
    assert error.response.status_code == 429
    assert error.request_id == "req-no"
    assert not error.ambiguous
    [attempt] = error.attempts
    assert (attempt.held, attempt.wait) == (True, None)
    assert attempt.reason == f"{COOL}, with 40 s to go, and on_rate_limit is 'raise'"
    assert str(error).startswith("getBookingStatus: held back, and not sent: 429: cool-down of 60 s")
    assert error.__notes__[0].startswith("sent: nothing; not sent again: 429")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301  # Our own.


def test_a_call_that_has_no_time_for_what_is_left_is_not_held_back(world: World) -> None:
    """It fails at once."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, clock=clock) as (client, script):
        with pytest.raises(RateLimitError):
            status(world, client.with_options(on_rate_limit="raise"))
        clock.time += 20.0
        with pytest.raises(RateLimitError) as caught:
            status(world, client.with_options(deadline=12))

    assert (len(script.asked), clock.slept) == (1, [])
    assert caught.value.out_of_time
    assert caught.value.attempts[-1].reason == (
        f"{COOL}, with 40 s to go, which is longer than the 12 s left of the deadline"
    )


def test_what_was_begun_before_is_held_back_too(world: World) -> None:
    """A retry after another failure has a line of its own for it."""
    clock = FakeClock()

    def busy(_: httpx.Request) -> httpx.Response:
        with pytest.raises(RateLimitError):  # Meanwhile somebody else is refused, in this world or another.
            other.bookings.status(ID)
        return refused(503, "SERVICE_UNAVAILABLE")

    other = World("sync", None).make(Script(SLOW_DOWN), clock=clock, on_rate_limit="raise")
    with world.client(busy, FINE, clock=clock) as (client, _):
        first, held, last = tried(world, client)
    other.close()

    assert (first.status, first.reason) == (503, "503: backoff after attempt 1")
    assert first.wait is not None
    assert first.wait < 2
    assert (held.held, held.reason) == (True, COOL)
    assert first.wait + (held.wait or 0.0) == pytest.approx(clock.time - 1000.0)
    assert last.status == 200


def two(world: World, clock: Clock, one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a refusal of *one* holds the *other* back."""
    asked = Script(FINE)
    first = world.make(Script(SLOW_DOWN), clock=clock, on_rate_limit="raise", **one)
    second = world.make(asked, on_rate_limit="raise", **{"clock": clock, **other})
    try:
        with pytest.raises(RateLimitError):
            status(world, first)
        try:
            status(world, second)
        except RateLimitError:
            assert asked.asked == []
            return True
        return False
    finally:
        world.close(first)
        world.close(second)


def key() -> str:
    return "pk_test_of_a_callable"


class Unhashable:
    """A callable that nothing can be filed under."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self) -> str:
        return "pk_test_of_an_object"


class Vault:
    def key(self) -> str:
        return "pk_test_of_a_vault"


UNHASHABLE, VAULT = Unhashable(), Vault()


@pytest.mark.parametrize(
    ("one", "other", "shares"),
    [
        ({}, {}, True),
        ({"api_key": "pk_test_a"}, {"api_key": "pk_test_a"}, True),
        ({"api_key": "pk_test_a"}, {"api_key": "pk_test_b"}, False),
        ({"base_url": "https://a.test/v1"}, {"base_url": "https://b.test/v1"}, False),
        ({"base_url": "https://a.test/v1"}, {"base_url": "https://A.test:443/v1/"}, True),
        ({"api_key": key}, {"api_key": key}, True),
        ({"api_key": key}, {"api_key": "pk_test_of_a_callable"}, False),
        ({"api_key": VAULT.key}, {"api_key": VAULT.key}, True),
        ({"api_key": VAULT.key}, {"api_key": Vault().key}, False),
        ({"api_key": UNHASHABLE}, {"api_key": UNHASHABLE}, True),
        ({"api_key": UNHASHABLE}, {"api_key": Unhashable()}, False),
        ({}, {"clock": FakeClock()}, False),
    ],
)
def test_who_has_the_same_key_and_address_shares_the_cool_down(
    world: World, one: dict[str, Any], other: dict[str, Any], *, shares: bool
) -> None:
    """Whatever client it is; and nobody else does. A callable is a key by itself."""
    assert two(world, FakeClock(), one, other) is shares


def test_clients_with_the_usual_clock_share(world: World) -> None:
    """The usual clock is one for all."""
    first, second = world.make(Script(FINE)), world.make(Script(FINE))
    try:
        assert first.generated.session.core.clock is second.generated.session.core.clock
    finally:
        world.close(first)
        world.close(second)


def test_a_limit_that_counts_each_operation_is_shared_by_its_calls_alone() -> None:
    """Where the spec says so."""
    apart = attrs.evolve(CLEANLIFE, limited_by="operation")
    clock = FakeClock()
    one, other = limiters_of(apart, "somebody", clock), limiters_of(apart, "somebody", clock)

    assert one["listServices"] is other["listServices"]
    assert one["listServices"] is not one["listBookings"]
    assert len({id(limiter) for limiter in limiters_of(CLEANLIFE, "somebody", clock).values()}) == 1

    one["getBookingStatus"].cool_down = CoolDown(1000.0, 1060.0, 60.0, 1, a_refusal())
    assert next(a_layer(other, clock, None)) == Pause(60.0)
    assert isinstance(next(a_layer(other, clock, None, operation="listBookings")), Request)


@pytest.mark.parametrize("options", [{}, {"rate_limit": 1}])
def test_a_client_for_each_call_is_held_back_as_well(world: World, options: dict[str, Any]) -> None:
    """The cool-down, and who sent in the last minute, outlive the client that they come from."""
    clock = FakeClock()
    answers = [FINE] if options else [SLOW_DOWN]
    with world.client(*answers, clock=clock, on_rate_limit="raise", **options) as (client, _), suppress(RateLimitError):
        status(world, client)
    del client
    gc.collect()

    with world.client(clock=clock, on_rate_limit="raise", **options) as (client, script):
        with pytest.raises(RateLimitError):
            status(world, client)
        assert script.asked == []


@pytest.mark.parametrize("pacing", [None, Pacing(1)])
def test_nothing_is_kept_of_clients_that_are_gone(pacing: Pacing | None) -> None:
    """Once it would hold nobody back."""
    clock = FakeClock()
    limiters = limiters_of(CLEANLIFE, "somebody", clock)
    limiter = ref(limiters["getBookingStatus"])
    layer = a_layer(limiters, clock, pacing)
    next(layer)
    with suppress(RateLimitError):
        layer.throw(a_refusal())
    del layer, limiters
    gc.collect()
    assert limiter() is not None

    clock.time += 1e4
    limiters_of(CLEANLIFE, "somebody else", clock)
    gc.collect()
    assert limiter() is None


# --- Many at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clients", [1, 2])
def test_a_hundred_callers_of_a_server_that_grants_twenty_all_succeed(world: World, clients: int) -> None:
    """Nobody sends in the closed minute, but who was under way; nobody uses up their one attempt."""
    crowd = Crowd()
    server = Window(crowd, granted=20)
    makers = [world.make(server, clock=crowd, max_attempts=1, deadline=3600) for _ in range(clients)]

    calls = [partial(makers[number % clients].bookings.status, ID) for number in range(100)]
    results = crowd.run(world, calls)
    for client in makers:
        world.close(client)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert server.intruders == 0
    assert server.refusals >= 80
    assert crowd.time < 1000 + 10 * 130


def test_all_are_told_at_once_if_nobody_waits(world: World) -> None:
    """Who was under way is refused by the server, and everybody else by us."""
    crowd = Crowd()
    server = Window(crowd, granted=20)
    client = world.make(server, clock=crowd, on_rate_limit="raise")

    first = crowd.run(world, [partial(client.bookings.status, ID)] * 50)
    second = crowd.run(world, [partial(client.bookings.status, ID)] * 50)
    world.close(client)

    assert sum(isinstance(result, RateLimitError) for result in first) == 30
    assert all(isinstance(result, RateLimitError) for result in second)
    assert len(server.arrivals) == 50


@pytest.mark.parametrize("world", ["asyncio", "trio"], indirect=True)
@pytest.mark.parametrize("pacing", [None, 20])
def test_cancelling_those_who_wait_leaves_nothing_behind(world: World, pacing: int | None) -> None:
    """Whenever it happens: the others get through, and so does who comes later."""
    crowd, dice = Crowd(), random.Random(7)  # noqa: S311  # The same each time.
    server = Window(crowd, granted=15)
    client = world.make(server, clock=crowd, max_attempts=1, deadline=3600, rate_limit=pacing)

    async def cancelled() -> None:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                crowd._awake += 1  # noqa: SLF001  # Whoever cancels is one more who sleeps and wakes.
                group.start_soon(cancel, scope, dice.uniform(0.1, 200.0))
                await client.bookings.status(ID)
                group.cancel_scope.cancel()

    async def cancel(scope: anyio.CancelScope, seconds: float) -> None:
        try:
            await crowd.asleep(seconds)
            scope.cancel()
        finally:
            crowd._leave()  # noqa: SLF001

    patient = partial(client.bookings.status, ID)
    results = crowd.run(world, [cancelled] * 40 + [patient] * 20)
    again = crowd.run(world, [patient])
    line = client.generated.session.core._limiters["getBookingStatus"]._line  # noqa: SLF001
    world.close(client)

    assert [result for result in results + again if isinstance(result, Exception)] == []
    assert server.intruders == 0
    assert all(place.answered is not None for place in line._places)  # noqa: SLF001


def test_a_closed_generator_leaves_nothing_behind() -> None:
    """Wherever it stood: in a cool-down, in the line, or in an attempt."""
    clock = FakeClock()
    limiters = limiters_of(CLEANLIFE, object(), clock)
    limiter = limiters["getBookingStatus"]
    paced = partial(a_layer, limiters, clock, Pacing(1))

    flow = paced()
    next(flow)  # It is sent.
    flow.close()
    assert len(limiter._line) == 1  # noqa: SLF001  # Sent is sent: it counts for a minute.

    waiting = paced()
    assert next(waiting) == Pause(60.0)
    waiting.close()
    assert len(limiter._line) == 1  # noqa: SLF001

    before = limiter.cool_down = CoolDown(1000.0, 1060.0, 60.0, 1, a_refusal())
    cooling = a_layer(limiters, clock, None)
    assert next(cooling) == Pause(60.0)
    cooling.close()
    assert limiter.cool_down is before


def a_layer(
    limiters: Any,
    clock: Clock,
    pacing: Pacing | None,
    chance: float = 0.0,
    operation: str = "getBookingStatus",
) -> Generator[Any, Any, Any]:
    """The layer by itself, around one request."""
    request = Request(
        operation=CLEANLIFE.operations[operation],
        path="",
        query={},
        body=None,
        headers={},
        scope=Scope(ends=clock.now() + 1000),
        options=Options(),
    )
    return rate_limit(CLEANLIFE.rules, clock, lambda: chance, limiters, pacing, request, dispatch)


def test_the_release_is_spread_evenly() -> None:
    """Over a tenth of the cool-down, so that not all come back in one moment."""
    clock, dice = FakeClock(), random.Random(11)  # noqa: S311  # The same each time.
    limiters = limiters_of(CLEANLIFE, object(), clock)
    limiters["getBookingStatus"].cool_down = CoolDown(1000.0, 1060.0, 60.0, 1, a_refusal())

    waits = [next(a_layer(limiters, clock, None, dice.random())).seconds for _ in range(2000)]

    assert 60.0 <= min(waits) < 60.1
    assert 65.9 < max(waits) <= 66.0
    assert 62.8 < sum(waits) / len(waits) < 63.2
    tenths = [sum(int((wait - 60.0) / 0.6) == tenth for wait in waits) for tenth in range(10)]
    assert min(tenths) > 150


# --- One decision -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "sent", "asked", "ends", "strikes"),
    [
        (None, 99.0, None, 160.0, 1),
        (None, 99.0, 5.0, 105.0, 1),
        ((99.0, 159.0, 1), 98.0, None, 160.0, 1),  # Under way at the first refusal: one strike.
        ((99.0, 159.0, 1), 98.0, 5.0, 159.0, 1),  # Nobody shortens it for the others.
        ((99.0, 159.0, 2), 98.0, None, 190.0, 2),
        ((30.0, 90.0, 1), 90.0, None, 190.0, 2),  # Sent after the last one ended: another strike.
        ((30.0, 90.0, 2), 95.0, None, 220.0, 3),
        ((30.0, 90.0, 3), 95.0, None, 220.0, 4),
        ((30.0, 90.0, 1), 95.0, 5.0, 105.0, 2),
        ((30.0, 90.0, 1), 89.0, None, 160.0, 1),  # A late answer to what was under way.
    ],
)
def test_what_a_refusal_at_100_means(
    before: tuple[float, float, int] | None, sent: float, asked: float | None, ends: float, strikes: int
) -> None:
    """It begins a cool-down, lengthens it, or adds nothing."""
    last = None if before is None else CoolDown(before[0], before[1], 60.0, before[2], a_refusal())

    cool_down = after_refusal(last, CLEANLIFE.rules, a_refusal(), asked, sent, 100.0)

    assert (cool_down.ends, cool_down.strikes) == (ends, strikes)


def test_a_spec_that_names_no_waits_means_the_longest_backoff() -> None:
    """Better too long than not at all."""
    rules = attrs.evolve(CLEANLIFE.rules, transient={})

    assert after_refusal(None, rules, a_refusal(), None, 0.0, 100.0).seconds == rules.most


def test_what_is_kept_of_a_refusal_holds_on_to_no_frames() -> None:
    """Those have the variables of whoever was refused."""
    try:
        raise a_refusal(code="RATE_LIMIT_EXCEEDED")
    except RateLimitError as error:
        kept = after_refusal(None, CLEANLIFE.rules, error, None, 0.0, 100.0).refusal

    assert kept.__traceback__ is None
    assert kept.code == "RATE_LIMIT_EXCEEDED"
    assert "RATE_LIMIT" not in repr(CoolDown(0.0, 1.0, 1.0, 1, kept))


def test_a_success_of_what_was_sent_before_clears_nothing() -> None:
    """It says nothing of now."""
    limiter = Limiter(FakeClock(), CoolDown(1000.0, 1060.0, 60.0, 1, a_refusal()))

    limiter.passed(1059.0)
    assert limiter.cool_down is not None
    limiter.passed(1060.0)
    assert limiter.cool_down is None
    limiter.passed(1060.0)  # Two at once.


def test_a_clock_that_jumps_backwards_delays_nothing_for_good(world: World) -> None:
    """The cool-down begins anew, once."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, FINE, clock=clock) as (client, _):
        with pytest.raises(RateLimitError):
            status(world, client.with_options(on_rate_limit="raise"))
        clock.time -= 900.0
        status(world, client)

    assert 60.0 <= sum(clock.slept) <= 66.0


def test_a_clock_that_jumps_forwards_ends_the_cool_down(world: World) -> None:
    """As after a sleep of the machine."""
    clock = FakeClock()
    with world.client(SLOW_DOWN, FINE, clock=clock) as (client, _):
        with pytest.raises(RateLimitError):
            status(world, client.with_options(on_rate_limit="raise"))
        clock.time += 1e6
        status(world, client)

    assert clock.slept == []


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_keeps_the_cool_down_and_the_count() -> None:
    """It waits for no thread that it does not have."""
    clock = FakeClock()
    limiters = limiters_of(CLEANLIFE, "a parent", clock)
    limiter = limiters["getBookingStatus"]
    limiter.cool_down = CoolDown(1000.0, 1060.0, 60.0, 1, a_refusal())
    place = Place(Pacing(1))
    limiter.join(place)
    child = os.fork()
    if not child:
        hold_back = limiter.cooling()
        is_fine = hold_back is not None and hold_back.seconds == 60.0 and place.answered == 1000.0
        is_fine = is_fine and limiters_of(CLEANLIFE, "a parent", clock)["getBookingStatus"] is limiter
        os._exit(0 if is_fine else 1)
    _, code = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(code) == 0
    assert place.answered is None


def test_a_forked_child_renews_what_it_was_born_with() -> None:
    """The same, seen from within."""
    clock = FakeClock()
    limiter = limiters_of(CLEANLIFE, "a parent", clock)["getBookingStatus"]
    open_place, answered = Place(Pacing(2)), Place(Pacing(2))
    limiter.join(open_place)
    limiter.join(answered)
    limiter.leave(answered, sent=True)
    clock.time += 5

    _register.renew()

    assert limiter.cooling() is None
    assert (open_place.answered, answered.answered) == (1005.0, 1000.0)
    assert limiters_of(CLEANLIFE, "a parent", clock)["getBookingStatus"] is limiter


def test_other_errors_pass_untouched(world: World) -> None:
    """They are not about the rate."""
    with world.client(refused(500, "INTERNAL_ERROR"), max_attempts=1) as (client, _):
        with pytest.raises(InternalServerError) as caught:
            status(world, client)
        assert isinstance(caught.value, CleanLifeError)
        assert len(caught.value.attempts) == 1
