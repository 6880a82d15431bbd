"""What is sent again, after which wait, and what is said where it is not."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Iterator
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import anyio
import httpx
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st
from worlds import BOOKING, FakeClock, World, cooled, ok, refused

from cleanlife_ext import (
    APIConnectionError,
    BadRequestError,
    CleanLifeError,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
)
from cleanlife_ext.engine.check import verdict
from cleanlife_ext.engine.message import Headers, Response
from cleanlife_ext.engine.retry import History, asked_wait, backoff, decide, jitter
from cleanlife_ext.engine.traits import Operation, Rules
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
RULES = CLEANLIFE.rules
OPERATIONS = list(CLEANLIFE.operations.values())
DOWN = httpx.ConnectError("refused")
BUSY = refused(503, "SERVICE_UNAVAILABLE")
SLOW_DOWN = refused(429, "RATE_LIMIT_EXCEEDED")


def answered(operation: Operation, status: int, code: str = "SOME_CODE", **headers: str) -> CleanLifeError:
    """The error that a refusal with this status becomes."""
    fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
    content = b'{"success": false, "error": {"code": "%s", "message": "no"}}' % code.encode()
    error = verdict(CLEANLIFE, operation, Response(status, Headers(fields), content))
    assert error is not None
    return error


def test_a_provider_may_not_repeat_lost_connections() -> None:
    """What is not in the table is final."""
    rules = Rules(transient={}, first=1, most=30)

    assert decide(rules, OPERATIONS[0], APIConnectionError("x"), History(4, counted=1), 0.5, 0.0).wait is None


@pytest.mark.parametrize(
    ("asked", "wait"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("0", 1.0),
        ("000", 1.0),
        ("999999999", 999_999_999.0),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 60.0),
        ("Thursday, 01-Jan-70 00:01:40 GMT", 60.0),
        ("Wed, 31 Dec 1969 00:00:00 GMT", 1.0),
        ("Thu, 01 Jan 1970 02:01:40 +0200", 60.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("²", None),
        ("9" * 400, None),
        ("Thu, 99 Foo 1970 99:99:99 GMT", None),
        ("Thu, 01 Jan 99999 00:00:00 GMT", None),
        ("7, 7", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_or_nothing(asked: str, wait: float | None) -> None:
    """At least a second; what makes no sense is as good as not sent."""
    error = answered(OPERATIONS[0], 503, retry_after=asked)

    assert asked_wait(error, wall=40.0) == wait


def test_retry_after_in_the_oldest_form_of_a_date_is_gmt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a date names no zone; by the rules of HTTP it is GMT, wherever this machine stands."""
    import time  # noqa: PLC0415

    error = answered(OPERATIONS[0], 503, retry_after="Thu Jan  1 00:01:40 1970")
    try:
        monkeypatch.setenv("TZ", "Asia/Riyadh")
        time.tzset()

        assert asked_wait(error, wall=40.0) == 60.0
    finally:
        monkeypatch.undo()
        time.tzset()


@given(st.text() | st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,9} \d{1,3}:\d\d:\d\d( .*)?\Z"))
def test_no_retry_after_breaks_anything(asked: str) -> None:
    """Any text ends in a number of seconds from 1, or in none."""
    wait = asked_wait(answered(OPERATIONS[0], 503, retry_after=asked), wall=1_780_000_000.0)

    assert wait is None or wait >= 1


def test_only_answers_ask_for_waits() -> None:
    """A connection that broke has no headers."""
    assert asked_wait(APIConnectionError("x"), 0.0) is None


@given(st.integers(1, 1100), st.floats(0, 1))
def test_backoff_stays_between_a_second_and_thirty(attempt: int, chance: float) -> None:
    """However many attempts a user allows."""
    assert 1 <= backoff(RULES, attempt, chance) <= 30


def test_backoff_doubles_until_it_is_at_its_longest() -> None:
    """The longest wait after each attempt, and the shortest."""
    assert [backoff(RULES, attempt, 1.0) for attempt in range(1, 8)] == [2, 4, 8, 16, 30, 30, 30]
    assert {backoff(RULES, attempt, 0.0) for attempt in range(1, 8)} == {1}


def test_chance_is_evenly_spread_between_0_and_1() -> None:
    """Waits of many clients do not meet."""
    drawn = {jitter() for _ in range(100)}

    assert len(drawn) == 100
    assert all(0 <= chance < 1 for chance in drawn)


# Through the client.


@pytest.fixture
def clock() -> FakeClock:
    """Time that passes when somebody waits."""
    return FakeClock()


def caught(world: World, *steps: Any, **options: Any) -> tuple[CleanLifeError, list[httpx.Request]]:
    """What the reading of a booking raises, and what was sent for it."""
    with world.client(*steps, **options) as (client, script), pytest.raises(CleanLifeError) as error:
        world(client.bookings.status(ID))
    return error.value, script.asked


def test_a_read_gets_through_in_the_end(world: World, clock: FakeClock) -> None:
    """Whatever went wrong before: each wait is between 1 and 30 seconds, and longer at the most each time."""
    steps = [
        DOWN,
        httpx.ReadTimeout("slow"),
        refused(500, "INTERNAL_ERROR"),
        httpx.Response(522, text="x"),
        ok(BOOKING),
    ]

    with world.client(*steps, clock=clock, max_attempts=5) as (client, script):
        booking = world(client.bookings.status(ID))

    assert str(booking.booking_id) == ID
    assert len(script.asked) == 5
    assert len(clock.slept) == 4
    assert all(1 <= wait <= min(30, 2**attempt) for attempt, wait in enumerate(clock.slept, 1))


def test_waits_are_jittered(world: World) -> None:
    """No two clients wait alike."""
    slept = set()
    for _ in range(5):
        clock = FakeClock()
        caught(world, DOWN, clock=clock)
        slept.add(tuple(clock.slept))

    assert len(slept) == 5


@pytest.mark.parametrize("attempts", [1, 2, 4])
def test_attempts_have_a_limit(world: World, clock: FakeClock, attempts: int) -> None:
    """The last failure is what is raised, and says how often it was tried."""
    error, asked = caught(world, DOWN, clock=clock, max_attempts=attempts)

    assert type(error) is APIConnectionError
    assert len(asked) == len(error.attempts) == attempts
    assert len(clock.slept) == attempts - 1
    assert error.attempts[-1].reason == f"that was attempt {attempts} of {attempts}"
    sent = "getBookingStatus" if attempts == 1 else f"getBookingStatus {attempts} times"
    story = f"sent: {sent}; not sent again: that was attempt {attempts} of {attempts}; request id {error.request_id}"
    assert error.__notes__ == [story]


def test_a_view_may_try_more_or_less_often(world: World) -> None:
    """The limit is an option of each call."""
    with world.client(DOWN, max_attempts=2) as (client, script):
        for attempts in (3, 1):
            with pytest.raises(APIConnectionError):
                world(client.with_options(max_attempts=attempts).bookings.status(ID))
        assert len(script.asked) == 4


def test_a_4xx_is_final(world: World, clock: FakeClock) -> None:
    """Its attempt says why, and its story is short."""
    error, asked = caught(world, refused(400, "VALIDATION_ERROR"), clock=clock)

    assert type(error) is BadRequestError
    assert len(asked) == 1
    assert clock.slept == []
    assert error.attempts[0].reason == "sending it again would not help"
    assert error.__notes__ == ["sent: getBookingStatus; request id req-no"]


@pytest.mark.parametrize(
    ("asked", "shortest", "longest"),
    [("7", 7, 7), ("0", 1, 1), ("date", 40, 40), ("soon", 1, 2), ("", 1, 2), ("9" * 30, 1, 2)],
)
def test_a_503_may_say_how_long_to_wait(
    world: World, clock: FakeClock, asked: str, shortest: float, longest: float
) -> None:
    """In seconds or as a date; what makes no sense is a 503 like others."""
    value = formatdate(clock.wall() + 40, usegmt=True) if asked == "date" else asked
    busy = refused(503, "SERVICE_UNAVAILABLE", headers={"retry-after": value})

    with world.client(busy, ok(BOOKING), clock=clock) as (client, _):
        world(client.bookings.status(ID))

    assert shortest <= clock.slept[0] <= longest


def test_a_500_is_not_asked_how_long_to_wait(world: World, clock: FakeClock) -> None:
    """The spec honours `Retry-After` on 503 and 429 alone."""
    with world.client(refused(500, "X", headers={"retry-after": "25"}), ok(BOOKING), clock=clock) as (client, _):
        world(client.bookings.status(ID))

    assert 1 <= clock.slept[0] <= 2


@pytest.mark.parametrize(
    ("asked", "wait"), [("7", 7), ("0", 1), ("date", 40), ("soon", 60), ("", 60), ("-1", 60), ("9" * 30, 60)]
)
def test_a_429_may_say_how_long_to_wait(world: World, clock: FakeClock, asked: str, wait: float) -> None:
    """In seconds or as a date; else it is a minute."""
    value = formatdate(clock.wall() + 40, usegmt=True) if asked == "date" else asked

    with world.client(refused(429, "X", headers={"retry-after": value}), ok(BOOKING), clock=clock) as (client, _):
        world(client.bookings.status(ID))

    assert cooled(clock.slept, wait)


def test_a_429_uses_up_no_attempt(world: World, clock: FakeClock) -> None:
    """Three refusals for the rate, with one attempt allowed."""
    with world.client(*[SLOW_DOWN] * 3, ok(BOOKING), clock=clock, max_attempts=1, deadline=600) as (client, script):
        world(client.bookings.status(ID))

    assert cooled(clock.slept, 60, 90, 120)
    assert len(script.asked) == 4


def test_a_429_in_between_does_not_count(world: World, clock: FakeClock) -> None:
    """Two attempts are two that were not turned away."""
    steps = [BUSY, SLOW_DOWN, BUSY, ok(BOOKING)]

    error, asked = caught(world, *steps, clock=clock, max_attempts=2)

    assert type(error) is InternalServerError
    assert len(asked) == 3
    assert [attempt.code for attempt in error.attempts] == [
        "SERVICE_UNAVAILABLE",
        "RATE_LIMIT_EXCEEDED",
        "SERVICE_UNAVAILABLE",
    ]


def test_writes_wait_for_the_rate_as_well(world: World, clock: FakeClock) -> None:
    """What was turned away did nothing."""
    with world.client(SLOW_DOWN, ok(BOOKING), clock=clock) as (client, script):
        world(client.bookings.cancel(ID))

    assert cooled(clock.slept, 60)
    assert len(script.asked) == 2


def test_the_third_cool_down_does_not_fit_the_usual_deadline(world: World, clock: FakeClock) -> None:
    """60 and 90 seconds are waited for; 120 more are not begun, and that is said."""
    error, asked = caught(world, SLOW_DOWN, clock=clock)

    assert type(error) is RateLimitError
    assert error.retry_after == 120
    assert cooled(clock.slept, 60, 90)
    assert len(asked) == 3
    assert [attempt.wait for attempt in error.attempts] == [*clock.slept, None]
    reason = error.attempts[-1].reason
    assert reason.startswith("429: cool-down of 120 s shared by this key, which is longer than the ")
    assert f"sent: getBookingStatus 3 times; not sent again: {reason}" in error.__notes__[0]


@pytest.mark.parametrize(("status", "kind"), [(503, InternalServerError), (429, RateLimitError)])
def test_a_wait_that_would_pass_the_deadline_is_not_begun(
    world: World, clock: FakeClock, status: int, kind: type[CleanLifeError]
) -> None:
    """The error comes at once, and says what the server asked for."""
    busy = refused(status, "X", headers={"retry-after": "999999999"})

    error, asked = caught(world, busy, clock=clock, deadline=50)

    assert type(error) is kind
    assert clock.slept == []
    assert len(asked) == 1
    assert error.attempts[0].wait is None
    assert "which is longer than the 50 s left of the deadline" in error.attempts[0].reason
    assert isinstance(error, InternalServerError) or error.retry_after == 999_999_999
    assert error.attempts[0].reason in error.__notes__[0]


def test_a_wait_that_ends_with_the_deadline_is_not_begun(world: World, clock: FakeClock) -> None:
    """No time would be left to send anything."""
    busy = refused(503, "X", headers={"retry-after": "50"})

    caught(world, busy, clock=clock, deadline=50)

    assert clock.slept == []


def test_what_is_left_of_a_deadline_is_never_negative(world: World, clock: FakeClock) -> None:
    """An answer that came too late is reported with nothing left."""

    def late(_: httpx.Request) -> httpx.Response:
        clock.time += 99
        return BUSY

    error, _ = caught(world, late, clock=clock, deadline=50)

    assert "the 0 s left of the deadline" in error.attempts[0].reason


def test_each_attempt_has_a_request_id_of_its_own(world: World) -> None:
    """The API's support finds each of them; the error has the last."""
    error, asked = caught(world, DOWN, max_attempts=3)

    sent = [request.headers["x-request-id"] for request in asked]
    base = error.call.id if error.call else ""
    assert UUID(base)
    assert sent == [f"{base}.{number}" for number in (1, 2, 3)]
    assert [attempt.request_id for attempt in error.attempts] == sent
    assert error.request_id == sent[-1]


def test_attempts_tell_what_happened(world: World) -> None:
    """Status, code, wait and reason of each, and what it took."""
    clock = FakeClock()

    def slow(_: httpx.Request) -> httpx.Response:
        clock.time += 2.5
        return refused(500, "INTERNAL_ERROR")

    error, _ = caught(
        world, slow, httpx.ReadTimeout("slow"), httpx.Response(522, text="x"), clock=clock, max_attempts=3
    )

    first, second, third = error.attempts
    assert (first.operation, first.status, first.code) == ("getBookingStatus", 500, "INTERNAL_ERROR")
    assert (first.ambiguous, first.request_id, first.seconds) == (True, "req-no", 2.5)
    assert first.wait == clock.slept[0]
    assert first.reason == "500: backoff after attempt 1"
    assert (second.status, second.code, second.wait) == (None, "APITimeoutError", clock.slept[1])
    assert (third.status, third.code, third.wait) == (522, "InternalServerError", None)


def test_a_success_is_an_attempt_as_well(world: World) -> None:
    """An error after it, under the same deadline, has both."""
    with (
        world.client(ok([], meta={"page": 1, "limit": 1, "total": 2, "totalPages": 1}), clock=FakeClock()) as (
            client,
            _,
        ),
    ):
        scoped = client.generated.scoped()
        from cleanlife_client.api.bookings import list_bookings  # noqa: PLC0415

        world.generated(list_bookings, SimpleNamespace(generated=scoped))
        (attempt,) = scoped.session.scope.attempts

    assert (attempt.status, attempt.code, attempt.ambiguous, attempt.request_id) == (200, "", False, "req-ok")
    assert attempt.wait is None


@pytest.fixture
def _no_retries() -> Iterator[None]:
    stamina.set_active(False)
    yield
    stamina.set_active(True)


@pytest.mark.usefixtures("_no_retries")
def test_whoever_switches_stamina_off_switches_retries_off(world: World) -> None:
    """Reads, writes, and refusals for the rate: all of them are sent once."""
    for step in (DOWN, SLOW_DOWN, BUSY):
        _, asked = caught(world, step)
        assert len(asked) == 1

    with world.client(BUSY) as (client, script), pytest.raises(OutcomeUnknownError):
        world(client.bookings.cancel(ID))
    assert len(script.asked) == 1


def test_stamina_logs_nothing_personal(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Its log tells of each retry; what was sent and what came back is not in it."""
    busy = refused(503, "X", message="phone +966500000000 of Sara", details={"message": ["Sara is unknown"]})

    with (
        caplog.at_level(logging.DEBUG, "stamina"),
        world.client(busy, max_attempts=3) as (client, _),
        pytest.raises(InternalServerError),
    ):
        world(client.contacts.find_or_create(phone="+966500000000", name="Sara"))

    records = [record for record in caplog.records if record.name == "stamina"]
    assert len(records) == 2
    for record in records:
        told = repr(vars(record)) + record.getMessage()
        assert "findOrCreateContact: 503" in told
        assert not any(secret in told for secret in ("Sara", "+966", "pk_test"))


class BrokenOff(FakeClock):
    """A clock whose first wait is broken off: by Ctrl-C, or by who cancels the task."""

    scope: anyio.CancelScope

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        raise KeyboardInterrupt

    async def asleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.scope.cancel()
        await anyio.sleep_forever()


def test_who_breaks_off_a_wait_gets_what_they_raised(world: World) -> None:
    """An interrupt or a cancellation while waiting for the next attempt is just that, and no other error."""
    clock = BrokenOff()

    async def cancelled(call: Awaitable[Any]) -> None:
        with anyio.CancelScope() as clock.scope:
            await call
        assert clock.scope.cancelled_caught

    with world.client(DOWN, clock=clock) as (client, script):
        if world.is_async:
            world(cancelled(client.bookings.status(ID)))
        else:
            with pytest.raises(KeyboardInterrupt):
                client.bookings.status(ID)

    assert len(clock.slept) == 1
    assert len(script.asked) == 1


def test_what_breaks_on_a_later_attempt_is_raised_as_it_is(world: World) -> None:
    """A bug of a transport does not become another error on the second attempt."""
    with world.client(DOWN, LookupError("a bug")) as (client, script), pytest.raises(LookupError, match="a bug"):
        world(client.bookings.status(ID))

    assert len(script.asked) == 2


def test_a_date_of_today_is_read_with_the_wall_clock(world: World) -> None:
    """A `Retry-After` date counts from now, by the calendar."""
    clock = FakeClock()
    moment = dt.datetime.fromtimestamp(clock.wall() + 33, dt.UTC)
    busy = refused(503, "X", headers={"retry-after": moment.strftime("%a, %d %b %Y %H:%M:%S GMT")})

    with world.client(busy, ok(BOOKING), clock=clock) as (client, _):
        world(client.bookings.status(ID))

    assert clock.slept == [33]
