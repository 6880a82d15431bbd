"""The worker beside the receiver: it processes what is in the inbox, on one machine."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import anyio
import anyio.abc
import anyio.to_thread
import attrs
from anyio.from_thread import start_blocking_portal

from cleanlife_ext.webhooks.processing import Processor, arun

__all__ = ["Job", "Worker"]

log = logging.getLogger("cleanlife_ext.webhooks")

POLL = 1.0  # Seconds after which it looks by itself: other processes may have put something in.
SOON = 0.01  # Seconds
RENEWALS = 3  # To a lease, so that one may fail.


@attrs.frozen
class Job:
    """Something to be done every so many seconds, the first time at once. What it returns is awaited if it can be."""

    name: str
    every: float
    act: Callable[[], Awaitable[object] | object]


class Worker:
    """Processes deliveries while its `with` block runs, in a thread of its own, or its `async with` block, in tasks.

    Leaving the block waits for what is being processed, at most so many seconds of *grace*; what is not done by then is
    taken up again when its lease has passed, by whoever comes next.
    """

    def __init__(
        self,
        processor: Processor,
        *,
        concurrency: int,
        grace: float,
        jobs: Sequence[Job],
        on_exit: Callable[[Worker], object],
    ) -> None:
        self._processors = [processor.another() for _ in range(concurrency)]
        self._lease, self._grace, self._jobs, self._on_exit = processor.lease, grace, jobs, on_exit
        self._bell = threading.Event()
        self._is_over = False
        self._busy: set[Processor] = set()
        self._ended: list[anyio.Event] = []
        self._group: anyio.abc.TaskGroup | None = None
        self._scopes: list[anyio.CancelScope] = []
        self._stack = ExitStack()

    def ring(self) -> None:
        """There is something to do. It may be said in any thread."""
        self._bell.set()

    def __enter__(self) -> Self:
        portal = self._stack.enter_context(start_blocking_portal("asyncio", name="cleanlife-webhooks"))
        return self._stack.enter_context(portal.wrap_async_context_manager(self))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    async def __aenter__(self) -> Self:
        if self._group is not None:
            raise RuntimeError("this worker was started before; ask the receiver for another one")
        self._group = await anyio.create_task_group().__aenter__()
        limiter = anyio.CapacityLimiter(
            len(self._processors)
        )  # So that who waits for work takes no thread from others.
        for processor in self._processors:
            self._ended.append(ended := anyio.Event())
            self._group.start_soon(self._work, processor, limiter, ended)
        self._group.start_soon(self._renew)
        for job in self._jobs:
            self._scopes.append(scope := anyio.CancelScope())
            self._group.start_soon(self._repeat, job, scope)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._group is not None
        self._is_over = True
        for scope in self._scopes:
            scope.cancel()
        self.ring()
        try:
            with anyio.move_on_after(self._grace):
                for ended in self._ended:
                    await ended.wait()
        finally:
            self._on_exit(self)
            self._group.cancel_scope.cancel()
            # As if nothing had happened in the block, or the group would wrap what did.
            await self._group.__aexit__(None, None, None)

    async def _work(self, processor: Processor, limiter: anyio.CapacityLimiter, ended: anyio.Event) -> None:
        try:
            while not self._is_over:
                self._bell.clear()
                if not await self._found(processor):
                    seconds = await self._rest(processor)
                    await anyio.to_thread.run_sync(self._bell.wait, seconds, limiter=limiter, abandon_on_cancel=True)
        finally:
            ended.set()

    async def _found(self, processor: Processor) -> bool:
        """Whether there was a delivery to process."""
        self._busy.add(processor)
        try:
            return await arun(processor.next())
        except Exception as error:  # noqa: BLE001  # The database, for one; it may come back.
            log.error("cleanlife.webhook.worker_failed", extra={"error": type(error).__name__})  # noqa: TRY400
            return False
        finally:
            self._busy.discard(processor)

    async def _rest(self, processor: Processor) -> float:
        """How long there is nothing to do, as far as one can know (seconds)."""
        try:
            due = await anyio.to_thread.run_sync(processor.deliveries.next_due)
        except Exception:  # noqa: BLE001  # The same.
            return POLL
        seconds = due - processor.clock.wall()
        # What is due already waits for another of its booking.
        return min(POLL, max(SOON, seconds)) if seconds > 0 else POLL

    async def _renew(self) -> None:
        while True:
            await anyio.sleep(self._lease / RENEWALS)
            for processor in list(self._busy):
                try:
                    await anyio.to_thread.run_sync(processor.renew)
                except Exception as error:  # noqa: BLE001  # The same.
                    log.warning("cleanlife.webhook.renewal_failed", extra={"error": type(error).__name__})

    async def _repeat(self, job: Job, scope: anyio.CancelScope) -> None:
        with scope:
            while True:
                try:
                    result = await anyio.to_thread.run_sync(job.act, abandon_on_cancel=True)
                    if inspect.isawaitable(result):
                        await result
                except Exception as error:  # noqa: BLE001  # The next time it may go well.
                    extra = {"job": job.name, "error": type(error).__name__}
                    log.error("cleanlife.webhook.job_failed", extra=extra)  # noqa: TRY400
                await anyio.sleep(job.every)
