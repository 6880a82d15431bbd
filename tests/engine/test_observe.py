"""The layers that watch: they add nothing, change nothing, and what they note adds up whatever lies beneath."""

from __future__ import annotations

import attrs
import pytest
from worlds import BOOKING, FakeClock, World, ok

from cleanlife_ext import Attempt, Call, ConfigurationError, DeadlineExceededError, RateLimitError
from cleanlife_ext.engine.budget import Budget
from cleanlife_ext.engine.flow import Flow, Pause, Send, run
from cleanlife_ext.engine.message import Headers, Options, Request, Response, Scope
from cleanlife_ext.engine.observe import attempt, call
from cleanlife_ext.engine.trace import Tracer
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
ANSWER = Response(200, Headers(), b"{}")


class Line:
    """A transport whose answers take as long as is said."""

    def __init__(self, clock: FakeClock, *seconds: float) -> None:
        self.clock, self.seconds = clock, list(seconds)
        self.ids: list[str] = []

    def send(self, request: Request) -> Response:
        self.ids.append(request.headers["x-request-id"])
        self.clock.time += self.seconds.pop(0)
        return ANSWER

    def close(self) -> None:
        """Nothing to close."""


def asked(clock: FakeClock) -> Request:
    """A request whose operation has just begun."""
    return Request(
        operation=CLEANLIFE.operations["getBookingStatus"],
        path=f"/partners/bookings/{ID}/status",
        query={},
        body=None,
        headers={},
        scope=Scope(ends=clock.time + 180, began=clock.time, id="op"),
        options=Options(),
    )


def hold(request: Request, seconds: float | None) -> None:
    """Note a wait of somebody who sends nothing meanwhile."""
    entry = Attempt(request.operation.id, None, "", ambiguous=False, request_id="", seconds=0.0)
    request.scope.attempts.append(attrs.evolve(entry, wait=seconds, reason="its turn comes", held=True))


def dispatch(request: Request) -> Flow:
    """The bottom."""
    response: Response = yield request
    return response


def watched(clock: FakeClock, line: Line, middle: Send) -> Call:
    """The record of a call with *middle* between its two observers."""
    tracer = Tracer()
    with tracer.trace() as calls:
        run(call(clock, Budget(), tracer, asked(clock), middle), line, clock)
    [recorded] = calls
    return recorded


def sums(recorded: Call) -> float:
    """What its parts took."""
    return recorded.before + sum(made.seconds + (made.wait or 0.0) for made in recorded.attempts)


def sent(clock: FakeClock, request: Request) -> Flow:
    """An attempt of it."""
    return attempt(CLEANLIFE, clock, lambda: None, request, dispatch)


def test_what_held_a_call_back_is_told_and_no_attempt() -> None:
    """It has no number, and its wait is counted once."""
    clock = FakeClock()
    line = Line(clock, 0.5, 0.25)

    def middle(request: Request) -> Flow:
        hold(request, 60.0)
        yield Pause(60.0)
        yield from sent(clock, request)
        hold(request, 2.0)
        yield Pause(2.0)
        hold(request, 3.0)
        yield Pause(3.0)
        return (yield from sent(clock, request))

    recorded = watched(clock, line, middle)

    assert line.ids == ["op.1", "op.2"]
    assert [(made.held, made.wait) for made in recorded.attempts] == [
        (True, 60.0),
        (False, None),
        (True, 2.0),
        (True, 3.0),
        (False, None),
    ]
    assert (recorded.sent, recorded.seconds, sums(recorded), recorded.before) == (2, 65.75, 65.75, 0.0)
    assert "         60.000 s  held back: its turn comes" in recorded.explain().split("\n")


def test_a_wait_is_as_long_as_it_was_and_not_as_it_was_meant_to_be() -> None:
    """Whoever pauses without a note is found out, and so is who pauses for less."""
    clock = FakeClock()
    line = Line(clock, 0.5, 0.5)

    def middle(request: Request) -> Flow:
        yield Pause(1.0)  # Before anything: nobody's.
        hold(request, 9.0)
        yield Pause(4.0)
        yield from sent(clock, request)
        yield Pause(7.0)  # Without a note: the attempt's that came before.
        return (yield from sent(clock, request))

    recorded = watched(clock, line, middle)

    assert [made.wait for made in recorded.attempts] == [5.0, 7.0, None]
    assert sums(recorded) == recorded.seconds == 13.0


def test_what_passed_before_the_first_hold_is_nobodys() -> None:
    """A call that stood behind another's and was then held back has both."""
    clock = FakeClock()

    def middle(request: Request) -> Flow:
        yield Pause(1.0)
        hold(request, 4.0)
        yield Pause(4.0)
        return (yield from sent(clock, request))

    recorded = watched(clock, Line(clock, 0.5), middle)

    assert (recorded.before, [made.wait for made in recorded.attempts]) == (1.0, [4.0, None])
    assert sums(recorded) == recorded.seconds == 5.5


def test_an_error_that_nothing_was_sent_for_says_so() -> None:
    """In the note beneath its traceback."""
    clock = FakeClock()

    def middle(request: Request) -> Flow:
        hold(request, None)
        yield Pause(0.0)
        raise RateLimitError("held back", response=Response(429, Headers(), b""))

    with pytest.raises(RateLimitError) as caught:
        watched(clock, Line(clock), middle)

    assert caught.value.__notes__ == ["sent: nothing; not sent again: its turn comes; request id "]
    assert caught.value.call is not None
    assert caught.value.call.sent == 0


def test_nothing_is_sent_when_it_is_too_late() -> None:
    """The deadline of an operation holds for each of its calls."""
    clock = FakeClock()
    request = asked(clock)
    clock.time += 180

    with pytest.raises(DeadlineExceededError, match="has passed before this could be sent") as caught:
        run(call(clock, Budget(), Tracer(), request, dispatch), Line(clock), clock)

    assert caught.value.call is not None
    assert (caught.value.call.earlier, caught.value.call.attempts) == (180, ())


def test_a_closed_client_makes_no_attempt() -> None:
    """Also in the middle of its attempts."""

    def closed() -> None:
        raise ConfigurationError("closed")

    clock = FakeClock()
    request = asked(clock)
    with pytest.raises(ConfigurationError):
        run(attempt(CLEANLIFE, clock, closed, request, dispatch), Line(clock), clock)

    assert request.scope.attempts == []


def test_an_attempt_outside_of_a_call_is_noted_all_the_same() -> None:
    """The layers depend on each other no more than they must."""
    clock = FakeClock()
    request = asked(clock)

    run(sent(clock, request), Line(clock, 0.5), clock)

    [made] = request.scope.attempts
    assert (made.request_id, made.seconds) == ("op.1", 0.5)


def test_a_flow_that_nobody_drives_to_its_end_is_recorded_when_it_is_closed() -> None:
    """By the name of what Python closes generators with, where nothing else is known."""
    clock, tracer = FakeClock(), Tracer()
    with tracer.trace() as calls:
        flow = call(clock, Budget(), tracer, asked(clock), dispatch)
        next(flow)
        flow.close()

    assert [recorded.result for recorded in calls] == ["GeneratorExit"]


def test_a_call_that_nobody_listens_to_is_not_recorded(world: World) -> None:
    """Nothing is made of it, and nothing kept."""
    with world.client(ok(BOOKING)) as (client, _):
        world(client.bookings.status(ID))
        with client.trace() as calls:
            pass

    assert list(calls) == []
