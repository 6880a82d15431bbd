"""What a user holds in the hand: a place that takes webhooks, keeps them, and has them processed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeVar, overload

from cleanlife_ext.engine.flow import Clock, here
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.values import seconds_of
from cleanlife_ext.webhooks.background import Background
from cleanlife_ext.webhooks.entry import InboxEntry
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.handlers import Handlers
from cleanlife_ext.webhooks.inbox import Inbox
from cleanlife_ext.webhooks.processing import Patience, Processor, arun, run
from cleanlife_ext.webhooks.queueing import Queue
from cleanlife_ext.webhooks.queues import Takes, queue_of
from cleanlife_ext.webhooks.states import OPEN

__all__ = ["WebhookReceiver"]

Alert = TypeVar("Alert", bound=Callable[[InboxEntry], object])


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
        queue: `Procrastinate()` for many machines; or a function that puts a delivery's id into a queue of yours, whose
            jobs call `process`. It is called before CleanLife is answered, and if it raises, CleanLife delivers again.
        patience: How often a delivery whose handlers fail is taken up, and how long it waits in between.
        lease: Seconds after which a delivery counts as left alone if the process that took it up is not heard of.
        clock: What time it is, for tests.
    """

    @discreet
    def __init__(
        self,
        *,
        inbox: Inbox,
        queue: Queue | Takes | None = None,
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
        self._queue = queue_of(queue)
        self._queue.bind(self._processor)
        inbox.queue = self._queue
        self.on = self._handlers.on

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

    def accept(self, event: Event, body: bytes) -> InboxEntry | None:
        """Write it down, and have it processed; `None`, or what is there if it had come before.

        Whoever calls has verified it: what is here is believed.
        """
        put = self._queue.put(event.delivery_id, event.booking_id)
        there = self._inbox.deliveries.accept(event, body, self._clock.wall(), put)
        if there is None or there.state in OPEN:  # Nobody knows whether it came into the queue the first time.
            self._queue.was_put(event.delivery_id)
        return there

    def worker(self, *, concurrency: int = 4, grace: float = 30.0) -> Background:
        """Processes what is in the inbox while a block runs: `with receiver.worker():`, or `async with`.

        ```python
        with receiver.worker(concurrency=8):
            ...  # Serve.
        ```

        With `with` it has a thread of its own, and an event loop for handlers that are asynchronous; with `async with`
        it runs on yours. The inbox may have several workers, also in several processes of one machine.

        Args:
            concurrency: How many deliveries are processed at a time. Those of one booking never are.
            grace: Seconds that leaving the block waits for what is being processed.
        """
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
            raise ConfigurationError("concurrency: a whole number from 1 is needed")
        grace = seconds_of(grace, "grace")
        return self._queue.worker(concurrency=concurrency, grace=grace, jobs=())

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
