"""The drivers: they perform what policies ask for, and let no policy hang."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any

import anyio
import pytest
from worlds import FakeClock, World

from cleanlife_ext import APIConnectionError, DeadlineExceededError
from cleanlife_ext.engine.flow import Clock, Flow, Join, Pause, arun, dispatch, here, run
from cleanlife_ext.engine.message import Headers, Options, Request, Response, Scope
from cleanlife_ext.provider import CLEANLIFE

ANSWER = Response(200, Headers(), b"{}")
ASKED = Request(
    operation=CLEANLIFE.operations["listServices"],
    path="/partners/services",
    query={},
    body=None,
    headers={},
    scope=Scope(ends=2000.0),
    options=Options(),
)


class Line:
    """A transport for both worlds that does what it is told."""

    def __init__(self, act: Callable[[Request], Response]) -> None:
        self.act = act

    def send(self, request: Request) -> Response:
        return self.act(request)

    def close(self) -> None:
        """Nothing to close."""


class AsyncLine(Line):
    async def send(self, request: Request) -> Response:  # type: ignore[override]
        await anyio.lowlevel.checkpoint()
        return self.act(request)

    async def aclose(self) -> None:
        """Nothing to close."""


def answer(_: Request) -> Response:
    return ANSWER


def drive(
    world: World, flow: Flow, act: Callable[[Request], Response] = answer, clock: Clock | None = None
) -> Response:
    """Run *flow* by the driver of this world."""
    clock = clock or FakeClock()
    response: Response = world(arun(flow, AsyncLine(act), clock) if world.is_async else run(flow, Line(act), clock))
    return response


def test_a_request_is_sent_and_its_answer_handed_in(world: World) -> None:
    """The bottom of every stack is the effect itself."""
    sent: list[Request] = []

    def send(request: Request) -> Response:
        sent.append(request)
        return ANSWER

    assert drive(world, dispatch(ASKED), send) is ANSWER
    assert sent == [ASKED]


def test_a_pause_lets_time_pass(world: World) -> None:
    """By the clock that was handed in; a policy gets nothing for it."""
    clock = FakeClock()

    def policy() -> Flow:
        assert (yield Pause(2.5)) is None
        assert (yield Pause(0.5)) is None
        return ANSWER

    assert drive(world, policy(), clock=clock) is ANSWER
    assert clock.slept == [2.5, 0.5]


def test_a_flight_that_has_landed_is_joined_at_once(world: World) -> None:
    """Whatever it brought: an answer, or word that it was given up."""
    for brought in (ANSWER, None):
        flight: Future[Response | None] = Future()
        flight.set_result(brought)

        def policy(flight: Future[Response | None] = flight, brought: Response | None = brought) -> Flow:
            assert (yield Join(flight, 2000.0)) is brought
            return ANSWER

        assert drive(world, policy()) is ANSWER


def test_a_flight_that_failed_throws_what_it_failed_with(world: World) -> None:
    """The policy may catch it."""
    flight: Future[Response | None] = Future()
    failure = APIConnectionError("gone")
    flight.set_exception(failure)

    def policy() -> Flow:
        with pytest.raises(APIConnectionError) as caught:
            yield Join(flight, 2000.0)
        assert caught.value is failure
        return ANSWER

    assert drive(world, policy()) is ANSWER


@pytest.mark.parametrize("left", [0.01, 0.0, -5.0])
def test_a_flight_that_does_not_land_is_not_waited_for_for_ever(world: World, left: float) -> None:
    """Until the deadline, and not at all if that has passed."""
    clock = FakeClock()

    def policy() -> Flow:
        return (yield Join(Future(), clock.now() + left))

    with pytest.raises(DeadlineExceededError) as caught:
        drive(world, policy(), clock=clock)

    assert not caught.value.ambiguous


def test_a_flight_lands_while_somebody_waits(world: World) -> None:
    """In a thread, or in a task of the same loop."""
    flight: Future[Response | None] = Future()

    def policy() -> Flow:
        return (yield Join(flight, 2000.0))

    async def both() -> Response:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.to_thread.run_sync, lambda: None)
            group.start_soon(land)
            return await arun(policy(), AsyncLine(answer), FakeClock())

    async def land() -> None:
        await anyio.wait_all_tasks_blocked()
        flight.set_result(ANSWER)

    if world.is_async:
        assert world(both()) is ANSWER
    else:
        thread = threading.Thread(target=flight.set_result, args=(ANSWER,))
        thread.start()
        assert drive(world, policy()) is ANSWER
        thread.join()


def test_an_error_of_ours_is_thrown_into_the_policy(world: World) -> None:
    """It may take another way, or let it pass."""

    def fail(_: Request) -> Response:
        raise APIConnectionError("gone")

    def policy() -> Flow:
        try:
            yield ASKED
        except APIConnectionError:
            return ANSWER
        raise AssertionError

    assert drive(world, policy(), fail) is ANSWER
    with pytest.raises(APIConnectionError, match="gone"):
        drive(world, dispatch(ASKED), fail)


def test_a_policy_may_answer_or_fail_before_it_asks_for_anything(world: World) -> None:
    """Nothing is sent for it."""

    def at_once() -> Flow:
        return ANSWER
        yield ASKED

    def fails() -> Flow:
        raise APIConnectionError("no")
        yield ASKED

    assert drive(world, at_once(), fail_if_asked) is ANSWER
    with pytest.raises(APIConnectionError, match="no"):
        drive(world, fails(), fail_if_asked)


def fail_if_asked(_: Request) -> Response:
    raise AssertionError


@pytest.mark.parametrize("effect", [ASKED, Pause(1.0), Join(Future(), 2000.0)], ids=["request", "pause", "join"])
def test_a_policy_ends_in_order_when_a_bug_breaks_it_off(effect: Any) -> None:
    """Its `finally` runs, whatever it was waiting for, and what broke goes on as it is."""
    ended: list[str] = []

    class Broken(FakeClock):
        def sleep(self, seconds: float) -> None:
            raise LookupError(seconds)

        def now(self) -> float:
            raise LookupError

    def broken(_: Request) -> Response:
        raise LookupError

    def policy() -> Flow:
        try:
            yield effect
        finally:
            ended.append("ended")
        raise AssertionError

    with pytest.raises(LookupError):
        run(policy(), Line(broken), Broken())
    with pytest.raises(LookupError):
        asyncio.run(arun(policy(), AsyncLine(broken), Broken()))
    assert ended == ["ended", "ended"]


def test_a_policy_ends_in_order_when_it_breaks_itself(world: World) -> None:
    """A bug in one layer closes those around it."""
    ended: list[str] = []

    def inner() -> Flow:
        yield Pause(1.0)
        raise LookupError

    def outer() -> Flow:
        try:
            return (yield from inner())
        finally:
            ended.append("outer")

    with pytest.raises(LookupError):
        drive(world, outer())
    assert ended == ["outer"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("effect", [ASKED, Pause(1.0), Join(Future(), 2000.0)], ids=["request", "pause", "join"])
def test_a_policy_ends_in_order_when_its_task_is_cancelled(backend: str, effect: Any) -> None:
    """Cancelled while it sends, waits or joins: its `finally` runs before the task ends."""
    ended: list[str] = []

    class Endless(Clock):
        async def asleep(self, seconds: float) -> None:
            assert seconds
            await anyio.sleep_forever()

        def now(self) -> float:
            return 0.0

    class EndlessLine(AsyncLine):
        async def send(self, request: Request) -> Response:  # type: ignore[override]
            assert request is ASKED
            await anyio.sleep_forever()
            raise AssertionError

    def policy() -> Generator[Any, Any, Response]:
        try:
            yield effect
        finally:
            ended.append("ended")
        raise AssertionError

    async def main() -> bool:
        async with anyio.create_task_group() as group:

            async def cancel() -> None:
                await anyio.wait_all_tasks_blocked()
                scope.cancel()

            with anyio.CancelScope() as scope:
                group.start_soon(cancel)
                await arun(policy(), EndlessLine(answer), Endless())
        return scope.cancelled_caught

    assert anyio.run(main, backend=backend)
    assert ended == ["ended"]


def test_the_plain_threads_of_a_process_are_one_place() -> None:
    """And another one than those of a forked child, who cannot see what its parent's threads do."""
    assert here() == os.getpid()


def test_each_event_loop_is_a_place_of_its_own(world: World) -> None:
    """The same one for all its tasks, another one than the next."""

    async def place() -> Any:
        await anyio.lowlevel.checkpoint()
        return here()

    if world.is_async:
        assert world(place()) is world(place()) is not None
        assert anyio.run(place, backend=world.name) is not world(place())


def test_the_usual_clock_is_the_machines() -> None:
    """It counts on, tells the date, and lets time pass in both worlds."""
    clock = Clock()
    began = clock.now()

    clock.sleep(0.001)
    anyio.run(clock.asleep, 0.001)

    assert 0.002 <= clock.now() - began < 5
    assert clock.wall() > 1_700_000_000


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has another one")
def test_the_usual_clock_counts_while_the_machine_sleeps() -> None:
    """Keys and tokens grow old meanwhile."""
    assert abs(Clock().now() - time.clock_gettime(time.CLOCK_BOOTTIME)) < 1
