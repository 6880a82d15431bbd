"""What a user holds in the hand: a place that takes webhooks, keeps them, and has them processed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.webhooks.entry import InboxEntry
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.handlers import Handlers
from cleanlife_ext.webhooks.inbox import Inbox
from cleanlife_ext.webhooks.processing import Patience, Processor, arun, run
from cleanlife_ext.webhooks.worker import Worker

__all__ = ["WebhookReceiver"]


class WebhookReceiver:
    """Takes webhooks: verifies them, writes them down, answers 200, and has them processed afterwards."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        patience: Patience = Patience(),
        lease: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        self._inbox, self._handlers, self._clock = inbox, Handlers(), clock or Clock()
        self.on = self._handlers.on
        self._on_dead: list[Callable[[InboxEntry], object]] = []
        self._workers: WeakSet[Worker] = WeakSet()
        self._processor = Processor(
            deliveries=inbox.deliveries,
            handlers=self._handlers,
            patience=patience,
            lease=lease,
            clock=self._clock,
            on_dead=self._alert,
        )

    def accept(self, event: Event, body: bytes) -> InboxEntry | None:
        """Write it down, and wake the workers; `None`, or what is there if it had come before."""
        there = self._inbox.deliveries.accept(event, body, self._clock.wall())
        for worker in list(self._workers):
            worker.ring()
        return there

    def worker(self, *, concurrency: int = 4, grace: float = 30.0) -> Worker:
        """Processes what is in the inbox, beside the receiver: `with receiver.worker():`, or `async with`."""
        worker = Worker(self._processor, concurrency=concurrency, grace=grace, jobs=(), on_exit=self._workers.discard)
        self._workers.add(worker)
        return worker

    def process(self) -> int:
        """Process whatever is due now, in this thread; how many deliveries that were."""
        count = 0
        while run(self._processor.next(), _called):
            count += 1
        return count

    async def aprocess(self) -> int:
        """The same in asynchronous code."""
        count = 0
        while await arun(self._processor.next()):
            count += 1
        return count

    def _alert(self, entry: InboxEntry) -> None:
        for alert in self._on_dead:
            alert(entry)


def _called(function: Callable[[Any], Any], event: Event) -> None:
    result = function(event)
    if inspect.isawaitable(result):
        asyncio.run(_awaited(result))


async def _awaited(result: Any) -> None:
    await result
