"""What a user holds in the hand: a place that takes webhooks, keeps them, and has them processed."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, overload
from weakref import WeakSet

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.values import date_of
from cleanlife_ext.webhooks.entry import InboxEntry
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.handlers import Handlers
from cleanlife_ext.webhooks.inbox import Inbox
from cleanlife_ext.webhooks.jobs import jobs
from cleanlife_ext.webhooks.processing import Patience, Processor, arun, run
from cleanlife_ext.webhooks.reconciliation import Reconciled, reconciled
from cleanlife_ext.webhooks.source import Source
from cleanlife_ext.webhooks.view import BookingView
from cleanlife_ext.webhooks.watch import Watch
from cleanlife_ext.webhooks.worker import Worker

__all__ = ["WebhookReceiver"]


class WebhookReceiver:
    """Takes webhooks: verifies them, writes them down, answers 200, and has them processed afterwards."""

    def __init__(
        self,
        *,
        inbox: Inbox,
        view: BookingView | None = None,
        patience: Patience = Patience(),
        lease: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        self._inbox, self._handlers, self._clock = inbox, Handlers(), clock or Clock()
        self.on = self._handlers.on
        self._on_dead: list[Callable[[InboxEntry], object]] = []
        self._view, self._watch = view, Watch()
        self.on_failed = self._watch.on_failed
        if view is not None:
            view.attach(self._handlers, inbox, self._clock)
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

    def worker(
        self,
        client: CleanLife | AsyncCleanLife | None = None,
        *,
        watch_every: dt.timedelta | float = 300.0,
        concurrency: int = 4,
        grace: float = 30.0,
    ) -> Worker:
        """Processes what is in the inbox, beside the receiver: `with receiver.worker():`, or `async with`.

        With a *client*, of either kind in either block, it also looks for deliveries that have failed, at once and then
        at these intervals, and tells those who are registered with `on_failed`; and with
        `BookingView(on_gap="refetch")` it asks for bookings where the events do not tell.
        """
        beside = jobs(client, watch=self._watch, watch_every=watch_every, view=self._view, clock=self._clock)
        on_exit = self._workers.discard
        worker = Worker(self._processor, concurrency=concurrency, grace=grace, jobs=beside, on_exit=on_exit)
        self._workers.add(worker)
        return worker

    @overload
    def reconcile(self, client: CleanLife, *, from_date: dt.date | str | None = None) -> Reconciled: ...
    @overload
    def reconcile(
        self, client: AsyncCleanLife, *, from_date: dt.date | str | None = None
    ) -> Coroutine[Any, Any, Reconciled]: ...
    def reconcile(self, client: CleanLife | AsyncCleanLife, *, from_date: dt.date | str | None = None) -> Any:
        """Come level with the API, after having been out of reach; with an `AsyncCleanLife`, to be awaited.

        All deliveries that have failed are sent again. With a view, the bookings with a day of service from *from_date*
        on are listed, and what the view shows otherwise is brought up to date; those that are not over, and not on the
        list, are asked for one by one. If no day is given, it is the one before today, or before the day of the first
        booking that is not over.

        ```python
        result = receiver.reconcile(client)
        print(result.retried, result.still_failed, result.changed)
        ```

        It may be called at any time, and by several processes at once. What was done before an error stands; call it
        again.
        """
        day = None if from_date is None else date_of(from_date, "from_date")
        source = None if self._view is None else Source(client, self._view.bookings, self._clock)
        return client.generated.session.drive(reconciled(client, source, day))

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
