"""What a user holds in the hand: a place that takes webhooks, keeps them, and has them processed."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar, overload
from uuid import UUID

from cleanlife_client.models import Delivery, EventType

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Clock, here
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.values import date_of, seconds_of
from cleanlife_ext.webhooks.bookings.source import Source
from cleanlife_ext.webhooks.bookings.view import BookingView
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.http.admission import Admission
from cleanlife_ext.webhooks.http.asgi import AsgiApp
from cleanlife_ext.webhooks.http.reception import Reception
from cleanlife_ext.webhooks.http.wsgi import WsgiApp
from cleanlife_ext.webhooks.inbox.arrival import Arrival
from cleanlife_ext.webhooks.inbox.entry import InboxEntry
from cleanlife_ext.webhooks.inbox.gathering import Gathering
from cleanlife_ext.webhooks.inbox.inbox import Inbox
from cleanlife_ext.webhooks.inbox.states import OPEN
from cleanlife_ext.webhooks.keys.keyring import GivenSecrets, Keyring
from cleanlife_ext.webhooks.keys.rotation import Rotated, Rotation, SaveSecret
from cleanlife_ext.webhooks.keys.seal import EncryptionKey, Seal
from cleanlife_ext.webhooks.processing.background import Background
from cleanlife_ext.webhooks.processing.chores import jobs
from cleanlife_ext.webhooks.processing.handlers import Handlers
from cleanlife_ext.webhooks.processing.processor import Patience, Processor, arun, run
from cleanlife_ext.webhooks.queues.choice import Takes, queue_of
from cleanlife_ext.webhooks.queues.queue import Queue
from cleanlife_ext.webhooks.reconciliation import Reconciled, reconciled
from cleanlife_ext.webhooks.signing.schemes import TOLERANCE, SignatureScheme
from cleanlife_ext.webhooks.watch import Watch

__all__ = ["WebhookReceiver"]

Alert = TypeVar("Alert", bound=Callable[[InboxEntry], object])
FailedAlert = TypeVar("FailedAlert", bound=Callable[[Sequence[Delivery]], object])


class WebhookReceiver:
    """Takes webhooks: verifies them, writes them down, answers 200, and has them processed afterwards.

    ```python
    from cleanlife_ext.webhooks import BookingCancelled, Inbox, WebhookReceiver

    receiver = WebhookReceiver(secrets={"2026": "0123456789abcdef" * 4}, inbox=Inbox("sqlite:///webhooks.db"))

    @receiver.on(BookingCancelled)
    def free_the_team(event):
        print(event.booking.booking_id)

    with receiver.worker():
        ...  # Serve `receiver.asgi`, or `receiver.wsgi`: by themselves, or as a part of an app of yours.
    ```

    Args:
        secrets: What deliveries are signed with: a list, a mapping from names to secrets, or a function that gives one
            of these, which is called when it is first needed, when a signature fits none, and every minute.
        inbox: Where deliveries are kept.
        queue: `Procrastinate()` for many machines; or a function that puts a delivery's id into a queue of yours, whose
            jobs call `process`. It is called before CleanLife is answered, and if it raises, CleanLife delivers again.
        view: A `BookingView` of the same inbox, into which all events are folded.
        scheme: How deliveries are signed.
        tolerance: Seconds that the time in the headers may differ from ours, either way.
        trusted_proxies: Addresses and networks of the proxies whose `X-Forwarded-Proto` is to be believed.
        allow_http: Take what did not come over HTTPS as well: for trying things out.
        max_body: The most bytes that a delivery may have.
        encryption_key: A Fernet key, or several, the newest first: new secrets are kept in the inbox, sealed with it.
        save_secret: Called with each new `Secret`, to keep it elsewhere; it may be asynchronous.
        patience: How often a delivery whose handlers fail is taken up, and how long it waits in between.
        lease: Seconds after which a delivery counts as left alone if the process that took it up is not heard of.
        clock: What time it is, for tests.
    """

    @discreet
    def __init__(
        self,
        *,
        secrets: GivenSecrets,
        inbox: Inbox,
        scheme: SignatureScheme = SignatureScheme.CLEANLIFE,
        tolerance: float = TOLERANCE,
        trusted_proxies: Sequence[str] = (),
        allow_http: bool = False,
        max_body: int = 1_048_576,
        encryption_key: EncryptionKey | None = None,
        save_secret: SaveSecret | None = None,
        view: BookingView | None = None,
        queue: Queue | Takes | None = None,
        patience: Patience | None = None,
        lease: float = 60.0,
        clock: Clock | None = None,
    ) -> None:
        from cleanlife_ext.webhooks.keys.vault import Vault  # noqa: PLC0415  # It needs SQLAlchemy, as an inbox does.

        if not isinstance(inbox, Inbox):
            raise ConfigurationError("inbox: an Inbox is needed, such as Inbox('sqlite:///webhooks.db')")
        if not isinstance(scheme, SignatureScheme):
            raise ConfigurationError("scheme: a SignatureScheme is needed, such as SignatureScheme.CLEANLIFE")
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
        if queue is not None:  # Another receiver may have put one there.
            inbox.queue = self._queue
        self.on = self._handlers.on
        self._view, self._watch = view, Watch()
        if view is not None:
            view.attach(self._handlers, inbox, self._clock)
        vault = Vault(inbox.deliveries.database, None if encryption_key is None else Seal(encryption_key), scheme)
        self.rotation = Rotation(vault, save_secret, self._clock)
        self._gathering = Gathering(inbox.deliveries.accept_all)
        reception = Reception(
            admission=Admission(trusted_proxies=trusted_proxies, allow_http=allow_http, max_body=max_body),
            keyring=Keyring(secrets, vault, scheme, self._clock),
            scheme=scheme,
            tolerance=seconds_of(tolerance, "tolerance"),
            clock=self._clock,
            accept=self.accept,
        )
        self.asgi, self.wsgi = AsgiApp(reception), WsgiApp(reception)

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
        """Write it down, and have it processed; `None`, or what is there if it had come before.

        Whoever calls has verified it: what is here is believed.
        """
        put = self._queue.put(event.delivery_id, event.booking_id)
        there = self._gathering(Arrival(event, body, self._clock.wall(), put))
        if there is None or there.state in OPEN:  # Nobody knows whether it came into the queue the first time.
            self._queue.was_put(event.delivery_id)
        return there

    @overload
    def rotate(self, client: CleanLife, subscription_id: UUID | str) -> Rotated: ...
    @overload
    def rotate(self, client: AsyncCleanLife, subscription_id: UUID | str) -> Awaitable[Rotated]: ...
    @discreet
    def rotate(self, client: Any, subscription_id: UUID | str) -> Any:
        """Give a subscription a new secret, with no delivery lost; with an asynchronous client, to be awaited.

        The new secret goes to where this receiver was told to keep it: sealed with *encryption_key* into the inbox,
        where all its receivers find it, or to *save_secret*. While this runs, what cannot be verified is answered with
        503, so that it is delivered again.

        ```python
        for subscription in client.webhooks.subscriptions.list():
            rotated = receiver.rotate(client, subscription.id)
            print(rotated.name, rotated.rotated_at)
        ```

        Raises:
            ConfigurationError: There is nowhere to keep it, or somebody is rotating it already. Nothing was sent.
            OutcomeUnknownError: The secret may be a new one that nobody knows. Run it again.
        """
        return _checked(client).generated.session.drive(self.rotation.rotate(client, subscription_id))

    @overload
    def subscribe(self, client: CleanLife, *, url: str, events: Sequence[EventType | str]) -> Rotated: ...
    @overload
    def subscribe(
        self, client: AsyncCleanLife, *, url: str, events: Sequence[EventType | str]
    ) -> Awaitable[Rotated]: ...
    @discreet
    def subscribe(self, client: Any, *, url: str, events: Sequence[EventType | str]) -> Any:
        """Make a subscription whose secret nobody has to copy: it is kept like one that comes by `rotate`.

        With an *encryption_key*, a receiver may begin with `secrets=[]`, and nobody ever sees a secret.

        ```python
        receiver.subscribe(client, url="https://example.com/hooks/cleanlife", events=["booking.created"])
        ```
        """
        return _checked(client).generated.session.drive(self.rotation.subscribe(client, url, events))

    def worker(
        self,
        client: CleanLife | AsyncCleanLife | None = None,
        *,
        watch_every: dt.timedelta | float = 300.0,
        concurrency: int = 4,
        grace: float = 30.0,
    ) -> Background:
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
        if client is not None:
            _checked(client)
        beside = jobs(client, watch=self._watch, watch_every=watch_every, view=self._view, clock=self._clock)
        return self._queue.worker(concurrency=concurrency, grace=seconds_of(grace, "grace"), jobs=beside)

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
        return _checked(client).generated.session.drive(reconciled(client, source, day))

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


def _checked(client: Any) -> Any:
    if not isinstance(client, CleanLife | AsyncCleanLife):
        raise ConfigurationError("client: a CleanLife or an AsyncCleanLife is needed")
    return client
