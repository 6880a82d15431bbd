"""The worker beside the receiver: it processes what is in the inbox, on one machine."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from cleanlife_ext.errors import CleanLifeError
from cleanlife_ext.webhooks.inbox.claim import Claim
from cleanlife_ext.webhooks.log import tell
from cleanlife_ext.webhooks.processing.background import Background
from cleanlife_ext.webhooks.processing.jobs import Job, repeat
from cleanlife_ext.webhooks.processing.processor import Processor, arun

__all__ = ["Job", "Worker"]

T = TypeVar("T")
POLL = 1.0  # Seconds after which it looks by itself: other processes may have put something in.


class Worker(Background):
    """Processes deliveries while its `with` block runs, in a thread of its own, or its `async with` block, in tasks.

    Leaving the block, in whatever way, waits for what is being processed, at most so many seconds of *grace*. What is
    not done by then is taken up again when its lease has passed, by whoever comes next; a handler that is not
    asynchronous cannot be stopped, and keeps its thread until it returns.
    """

    def __init__(self, processor: Processor, *, concurrency: int, grace: float, jobs: Sequence[Job]) -> None:
        super().__init__(partial(_Crew, processor, concurrency, jobs), grace)


class _Crew:
    """What runs: one looks for work, and as many at a time as *concurrency* do it."""

    def __init__(self, processor: Processor, concurrency: int, jobs: Sequence[Job]) -> None:
        self._processor, self._jobs = processor, jobs
        self._bell = threading.Event()  # Whoever rings may be in any thread, and on no event loop.
        self._process = os.getpid()
        self._is_over = False
        self._hands = anyio.Semaphore(concurrency)
        # Threads of its own, so that none waits for those of others: for each delivery, and to look for work.
        self._limiter = anyio.CapacityLimiter(concurrency + 1)
        # Whoever cancels what is around the block has it left; that does not stop in the middle what is processed.
        self._working, self._repeating = anyio.CancelScope(shield=True), anyio.CancelScope()
        self._ended = anyio.Event()
        self._group = anyio.create_task_group()

    async def start(self) -> None:
        await self._group.__aenter__()
        self._processor.deliveries.bell.listen(self._ring)
        self._group.start_soon(self._work)
        self._group.start_soon(self._repeat)

    async def stop(self, grace: float) -> None:
        self._is_over = True
        self._repeating.cancel()
        self._ring()
        with anyio.move_on_after(grace, shield=True):
            await self._ended.wait()
        self._processor.deliveries.bell.ignore(self._ring)
        self._working.cancel()
        self._group.cancel_scope.cancel()
        # As if nothing had happened in the block, or the group would wrap what did.
        await self._group.__aexit__(None, None, None)

    def _ring(self) -> None:
        if os.getpid() == self._process:  # In the child of a fork nobody listens, and the bell may be held for ever.
            self._bell.set()

    async def _work(self) -> None:
        with self._working:
            async with anyio.create_task_group() as group:
                while await self._has_hands():
                    self._bell.clear()
                    claim = await self._thread(self._claim)
                    if claim is not None:
                        group.start_soon(self._processed, claim)
                    else:
                        self._hands.release()
                        await self._thread(self._bell.wait, await self._thread(self._rest))
        self._ended.set()

    async def _has_hands(self) -> bool:
        await self._hands.acquire()
        return not self._is_over

    def _claim(self) -> Claim | None:
        try:
            return self._processor.claim()
        except CleanLifeError as error:  # The database may come back.
            _log_failure(error)
            return None

    def _rest(self) -> float:
        """How many seconds there is nothing to do, as far as one can know here."""
        now = self._processor.clock.wall()
        try:
            return min(POLL, self._processor.deliveries.next_due(now) - now)
        except CleanLifeError:  # As above.
            return POLL

    async def _processed(self, claim: Claim) -> None:
        try:
            await arun(self._processor.processed(claim), self._limiter)
        except CleanLifeError as error:  # As above: its lease passes, and it is taken up again.
            _log_failure(error)
        finally:
            self._hands.release()
            self._ring()  # The next of its booking waits for it.

    async def _repeat(self) -> None:
        with self._repeating:
            await repeat(self._jobs)

    async def _thread(self, function: Callable[..., T], *args: Any) -> T:
        return await anyio.to_thread.run_sync(function, *args, abandon_on_cancel=True, limiter=self._limiter)


def _log_failure(error: CleanLifeError) -> None:
    tell(logging.ERROR, "cleanlife.webhook.worker_failed", error=type(error).__name__)
