"""Policies decide, drivers act.

A *policy* is a generator `(request, send) -> response`. It performs no I/O: it yields *effects*, and there are five.

- a `Request`: send it, and hand me the response (or throw me the error);
- a `Pause`: let this time pass;
- a `Join`: wait until somebody else's flight has landed;
- a `Blocking`: do something that may block for a moment, such as to ask a database;
- an `Ask`: ask somebody outside, who in asynchronous code is awaited.

`yield from send(request)` asks everything beneath, so a lookup that a policy makes on the way is retried and bounded
like any other request. `run` and `arun` perform the effects; they are the only place that knows whether one awaits.
"""

from __future__ import annotations

import asyncio
import math
import os
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Hashable
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

import anyio
import attrs

from cleanlife_ext.engine.driving import adrive, drive
from cleanlife_ext.engine.message import Request, Response
from cleanlife_ext.errors import CleanLifeError, ConfigurationError, DeadlineExceededError

__all__ = [
    "Ask",
    "AsyncTransport",
    "Blocking",
    "Clock",
    "Effect",
    "Flight",
    "Flow",
    "Join",
    "Pause",
    "Policy",
    "Send",
    "Transport",
    "arun",
    "closed",
    "dispatch",
    "here",
    "run",
]


# Python's own stands still on Linux and on macOS while the machine sleeps, and keys and tokens grow old meanwhile.
_STEADY = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
_count = time.monotonic if _STEADY is None else partial(time.clock_gettime, _STEADY)


class Clock:
    """Time as the engine knows it. Tests hand in one of their own.

    `now` counts seconds, also while the machine sleeps, and never runs backwards; `sleep` and `asleep` let time pass.
    """

    def now(self) -> float:
        return _count()

    def wall(self) -> float:
        """Seconds since 1970, for what servers say in dates."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)


Flight: TypeAlias = "Future[Response | None]"  # None: given up without an answer, so somebody else may try.


@attrs.frozen
class Pause:
    """Effect: let this time pass."""

    seconds: float


@attrs.frozen(eq=False)
class Join:
    """Effect: wait until *flight* has landed, at most until *ends*; gives what it brought."""

    flight: Flight
    ends: float


@attrs.frozen(eq=False)
class Blocking:
    """Effect: *act*, which may block for a moment, where it holds up no event loop; gives what it gave.

    Who is cancelled, or waits no longer than *ends*, does not wait for it, and it is done all the same.
    """

    act: Callable[[], Any]
    ends: float = math.inf


@attrs.frozen(eq=False)
class Ask:
    """Effect: ask *whom*, who may take until *ends* where it can be awaited; gives what was said."""

    whom: Callable[[], Any]
    ends: float


T = TypeVar("T")
Effect: TypeAlias = Request | Pause | Join | Blocking | Ask
Flow: TypeAlias = Generator[Effect, Any, Response]
Send: TypeAlias = Callable[[Request], Flow]
Policy: TypeAlias = Callable[[Request, Send], Flow]


class Transport(Protocol):
    """Sends a request exactly once, and follows no redirect."""

    def send(self, request: Request, /) -> Response: ...
    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """Sends a request exactly once, and follows no redirect."""

    def send(self, request: Request, /) -> Awaitable[Response]: ...
    def aclose(self) -> Awaitable[None]: ...


def closed() -> ConfigurationError:
    """What is told who comes after a client was closed, or was waiting to send then."""
    return ConfigurationError("this client is closed; make a new one")


def here() -> Hashable:
    """Where this code runs, to tell one event loop from another; the process in a plain thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        trio = sys.modules.get("trio")  # Never imported for this: who runs in trio has imported it.
        return trio.lowlevel.current_trio_token() if trio is not None and trio.lowlevel.in_trio_run() else os.getpid()


def dispatch(request: Request) -> Flow:
    """The bottom of every stack: the effect itself."""
    response: Response = yield request
    return response


def run(flow: Generator[Effect, Any, T], transport: Transport, clock: Clock) -> T:
    """Drive *flow* to its end, in this thread."""

    def perform(effect: Effect) -> Any:
        match effect:
            case Request():
                return transport.send(effect)
            case Pause():
                return clock.sleep(effect.seconds)
            case Blocking():
                return effect.act()
            case Ask():
                return effect.whom()
            case _:
                return _join(effect, clock)

    return drive(flow, perform, CleanLifeError)


async def arun(flow: Generator[Effect, Any, T], transport: AsyncTransport, clock: Clock) -> T:
    """Drive *flow* to its end, in this task."""

    def perform(effect: Effect) -> Awaitable[Any]:
        match effect:
            case Request():
                return transport.send(effect)
            case Pause():
                return clock.asleep(effect.seconds)
            case Blocking():
                return _ablocking(effect, clock)
            case Ask():
                return _aask(effect, clock)
            case _:
                return _ajoin(effect, clock)

    return await adrive(flow, perform, CleanLifeError)


def _join(join: Join, clock: Clock) -> Response | None:
    try:
        return join.flight.result(join.ends - clock.now())
    except TimeoutError:
        raise _too_late() from None


async def _ajoin(join: Join, clock: Clock) -> Response | None:
    landed = anyio.Event()
    # The leader flies on this very event loop (flights are kept apart by loop), so it may set the event itself.
    join.flight.add_done_callback(lambda _: landed.set())
    with anyio.move_on_after(join.ends - clock.now()):
        await landed.wait()
        return join.flight.result(0)
    raise _too_late()


async def _ablocking(blocking: Blocking, clock: Clock) -> Any:
    with anyio.move_on_after(max(0.0, blocking.ends - clock.now())):
        return await anyio.to_thread.run_sync(blocking.act, abandon_on_cancel=True)
    raise DeadlineExceededError("the deadline passed before anything could be sent")


async def _aask(ask: Ask, clock: Clock) -> Any:
    with anyio.move_on_after(max(0.0, ask.ends - clock.now())):
        return await ask.whom()
    raise DeadlineExceededError("the deadline passed before anything could be sent")


def _too_late() -> DeadlineExceededError:
    return DeadlineExceededError("the same request, already under way for another caller, did not end in time")
