"""What a user holds in the hand: a place that takes webhooks, keeps them, and has them processed."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar, overload

from cleanlife_client.models import Delivery

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Clock, here
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.values import date_of, seconds_of
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

Alert = TypeVar("Alert", bound=Callable[[InboxEntry], object])
FailedAlert = TypeVar("FailedAlert", bound=Callable[[Sequence[Delivery]], object])


class WebhookReceiver:
    """Takes webhooks: verifies them, writes them down, answers 200, and has them processed afterwards.

    ```python
    from cleanlife_ext.webhooks import BookingCancelled, Inbox, WebhookReceiver

    receiver = WebhookReceiver(inbox=Inbox("sqlite:///webhooks.db"))

    @receiver.on(BookingCancelled)
    def free_the_team(event):
        print(event.booking.booking_id)

    with receiver.worker():
        ...  # Serve.
    ```

    Args:
        inbox: Where deliveries are kept.
        view: A `BookingView` of the same inbox, into which all events are folded.
        patience: How often a delivery whose handlers fail is taken up, and how long it waits in between.
        lease: Seconds after which a delivery counts as left alone if the process that took it up is not heard of.
        clock: What time it is, for tests.
    """

    @discreet
    def __init__(
        self,
        *,
        inbox: Inbox,
        view: BookingView | None = None,
        patience: Patience | None = None,
        lease: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        if not seconds_of(lease, "lease"):
            raise ConfigurationError("lease: a number of seconds above 0 is needed")
        self._inbox, self._handlers, self._clock = inbox, Handlers(), clock or Clock()
        self._alerts: list[Callable[[InboxEntry], object]] = []
        self._processor = Processor(
            deliveries=inbox.deliveries,
            handlers=self._handlers,
            patience=patience or Patience(),
            lease=lease,
            clock=self._clock,
            on_dead=self._alerts,
        )
        self.on = self._handlers.on
        self._view, self._watch = view, Watch()
        if view is not None:
            view.attach(self._handlers, inbox, self._clock)

    def on_dead(self, alert: Alert) -> Alert:
        """Call *alert* with each delivery that is given up; it may be asynchronous.

        What it raises changes nothing. Where nobody is told, since the process dies, `inbox.counts()` tells.

        ```python
        @receiver.on_dead
        def tell(entry):
            print(entry.delivery_id, entry.event, entry.attempts)
        ```
        """
        self._alerts.append(alert)
        return alert

    def on_failed(self, alert: FailedAlert) -> FailedAlert:
        """Call *alert* with the deliveries that CleanLife has given up since the last look; it may be asynchronous.

        A worker that has a client looks. What was told is known to its process alone: after a start, all that have
        failed are told. What *alert* raises changes nothing.

        ```python
        @receiver.on_failed
        def tell(deliveries):
            for delivery in deliveries:
                print(delivery.id, delivery.event, delivery.error)
        ```
        """
        self._watch.alerts.append(alert)
        return alert

    def accept(self, event: Event, body: bytes) -> InboxEntry | None:
        """Write it down, and wake the workers; `None`, or what is there if it had come before.

        Whoever calls has verified it: what is here is believed.
        """
        return self._inbox.deliveries.accept(event, body, self._clock.wall())

    def worker(
        self,
        client: CleanLife | AsyncCleanLife | None = None,
        *,
        watch_every: dt.timedelta | float = 300.0,
        concurrency: int = 4,
        grace: float = 30.0,
    ) -> Worker:
        """Processes what is in the inbox while a block runs: `with receiver.worker():`, or `async with`.

        ```python
        with receiver.worker(concurrency=8):
            ...  # Serve.
        ```

        With `with` it has a thread of its own, and an event loop for handlers that are asynchronous; with `async with`
        it runs on yours. The inbox may have several workers, also in several processes of one machine.

        Args:
            client: Looks for deliveries that have failed at CleanLife, and tells those who are registered with
                `on_failed`; with `BookingView(on_gap="refetch")` it also asks for the bookings whose events do not
                tell. A client of either kind serves in either block.
            watch_every: After so many seconds it looks again; the first time at once.
            concurrency: How many deliveries are processed at a time. Those of one booking never are.
            grace: Seconds that leaving the block waits for what is being processed.
        """
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
            raise ConfigurationError("concurrency: a whole number from 1 is needed")
        beside = jobs(client, watch=self._watch, watch_every=watch_every, view=self._view, clock=self._clock)
        return Worker(self._processor, concurrency=concurrency, grace=seconds_of(grace, "grace"), jobs=beside)

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

    @overload
    def process(self) -> int: ...
    @overload
    def process(self, delivery_id: str) -> None: ...
    @discreet
    def process(self, delivery_id: str | None = None) -> int | None:
        """Process whatever is due now, in this thread; how many deliveries that were.

        ```python
        print(receiver.process(), "deliveries")
        ```

        With a *delivery_id*, for jobs of a queue of yours: process this one, unless that was done before.

        Raises:
            ProcessingError: The delivery is not done: its handlers have failed, or somebody else is at it.
        """
        if self._handlers.are_async and here() != os.getpid():
            raise RuntimeError(
                "process: some handlers are asynchronous, and a loop runs here; await aprocess() instead"
            )
        return run(self._processor.due() if delivery_id is None else self._processor.needed(delivery_id))

    @overload
    async def aprocess(self) -> int: ...
    @overload
    async def aprocess(self, delivery_id: str) -> None: ...
    @discreet
    async def aprocess(self, delivery_id: str | None = None) -> int | None:
        """The same in asynchronous code.

        ```python
        print(await receiver.aprocess(), "deliveries")
        ```
        """
        return await arun(self._processor.due() if delivery_id is None else self._processor.needed(delivery_id))
