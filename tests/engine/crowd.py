"""Many callers at once, in threads or in tasks, in a time that passes only while all of them sleep."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import httpx
from worlds import BOOKING, World, ok, refused

from cleanlife_ext.engine.flow import Clock

PATIENCE = 60.0  # Seconds of real time after which a test is taken for stuck.


class Crowd(Clock):
    """Time jumps to whoever wakes next as soon as nobody is awake."""

    def __init__(self) -> None:
        self.time = 1000.0
        self._awake = 0
        self._sleepers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._lock = threading.RLock()

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return 1_780_000_000.0 + self.time

    def sleep(self, seconds: float) -> None:
        woken = threading.Event()
        self._lie_down(seconds, woken.set)
        assert woken.wait(PATIENCE)

    async def asleep(self, seconds: float) -> None:
        woken = anyio.Event()
        sleeper = self._lie_down(seconds, woken.set)
        try:
            await woken.wait()
        except BaseException:
            if sleeper in self._sleepers:
                self._sleepers.remove(sleeper)
                heapq.heapify(self._sleepers)
                self._awake += 1
            raise

    def run(self, world: World, callers: Sequence[Callable[[], Any]]) -> list[Any]:
        """What each of *callers* returned, or what it raised."""
        self._awake = len(callers)
        results: list[Any] = [None] * len(callers)
        if world.portal is None:
            self._run_threads(callers, results)
        else:
            world.portal.call(self._run_tasks, callers, results)
        return results

    def _run_threads(self, callers: Sequence[Callable[[], Any]], results: list[Any]) -> None:
        def one(place: int) -> None:
            try:
                results[place] = callers[place]()
            except Exception as error:  # noqa: BLE001  # The test looks at it.
                results[place] = error
            finally:
                self._leave()

        threads = [threading.Thread(target=one, args=(place,), daemon=True) for place in range(len(callers))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()

    async def _run_tasks(self, callers: Sequence[Callable[[], Any]], results: list[Any]) -> None:
        async def one(place: int) -> None:
            try:
                results[place] = await callers[place]()
            except Exception as error:  # noqa: BLE001  # The test looks at it.
                results[place] = error
            finally:
                self._leave()

        with anyio.fail_after(PATIENCE):
            async with anyio.create_task_group() as group:
                for place in range(len(callers)):
                    group.start_soon(one, place)

    def _lie_down(self, seconds: float, wake: Callable[[], None]) -> tuple[float, int, Callable[[], None]]:
        with self._lock:
            sleeper = (self.time + seconds, next(self._numbers), wake)
            heapq.heappush(self._sleepers, sleeper)
            self._awake -= 1
            self._pass_time()
            return sleeper

    def _leave(self) -> None:
        with self._lock:
            self._awake -= 1
            self._pass_time()

    def _pass_time(self) -> None:
        if self._awake or not self._sleepers:
            return
        self.time = self._sleepers[0][0]
        while self._sleepers and self._sleepers[0][0] <= self.time:
            _, _, wake = heapq.heappop(self._sleepers)
            self._awake += 1
            wake()


class Window(httpx.AsyncBaseTransport, httpx.BaseTransport):
    """A server that grants so many requests in a minute, which begins with the first of them.

    *intruders* came although a refusal in that minute had been answered before they were sent.
    """

    def __init__(self, clock: Crowd, granted: int, latency: float = 0.5) -> None:
        self.clock, self.granted, self.latency = clock, granted, latency
        self.arrivals: list[float] = []
        self.refusals = self.intruders = 0
        self._ends = self._count = 0.0
        self._closed: float | None = None
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        is_granted, ends = self._arrive()
        self.clock.sleep(self.latency)
        return self._answer(is_granted, ends)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        is_granted, ends = self._arrive()
        await self.clock.asleep(self.latency)
        return self._answer(is_granted, ends)

    def _arrive(self) -> tuple[bool, float]:
        with self._lock:
            now = self.clock.now()
            self.arrivals.append(now)
            if now >= self._ends:
                self._ends, self._count, self._closed = now + 60.0, 0, None
            self._count += 1
            self.intruders += self._closed is not None and now > self._closed
            return self._count <= self.granted, self._ends

    def _answer(self, is_granted: bool, ends: float) -> httpx.Response:  # noqa: FBT001
        if is_granted:
            return ok(BOOKING)
        with self._lock:
            self.refusals += 1
            if ends == self._ends and self._closed is None:
                self._closed = self.clock.now()
        return refused(429, "RATE_LIMIT_EXCEEDED")


def most_in_a_minute(times: Sequence[float]) -> int:
    """The most of *times* that some minute holds, wherever it begins; what rounding does to its end is no matter."""
    ordered = sorted(times)
    return max(sum(first <= other < first + 60.0 - 1e-6 for other in ordered) for first in ordered)
