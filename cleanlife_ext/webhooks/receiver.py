"""What a user holds in the hand: a place that takes webhooks, keeps them, and has them processed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, overload
from uuid import UUID
from weakref import WeakSet

from cleanlife_client.models import EventType

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.engine.frames import discreet
from cleanlife_ext.webhooks.admission import Admission
from cleanlife_ext.webhooks.asgi import AsgiApp
from cleanlife_ext.webhooks.deliveries import Arrival
from cleanlife_ext.webhooks.entry import InboxEntry
from cleanlife_ext.webhooks.events import Event
from cleanlife_ext.webhooks.gathering import Gathering
from cleanlife_ext.webhooks.handlers import Handlers
from cleanlife_ext.webhooks.inbox import Inbox
from cleanlife_ext.webhooks.keyring import GivenSecrets, Keyring
from cleanlife_ext.webhooks.processing import Patience, Processor, arun, run
from cleanlife_ext.webhooks.reception import Reception
from cleanlife_ext.webhooks.rotation import Rotated, Rotation, SaveSecret
from cleanlife_ext.webhooks.schemes import TOLERANCE, SignatureScheme
from cleanlife_ext.webhooks.seal import EncryptionKey, Seal
from cleanlife_ext.webhooks.vault import Vault
from cleanlife_ext.webhooks.worker import Worker
from cleanlife_ext.webhooks.wsgi import WsgiApp

__all__ = ["WebhookReceiver"]


class WebhookReceiver:
    """Takes webhooks: verifies them, writes them down, answers 200, and has them processed afterwards."""

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
        self._gathering = Gathering(inbox.deliveries.accept_all)
        vault = Vault(inbox.deliveries.database, None if encryption_key is None else Seal(encryption_key), scheme)
        self._rotation = Rotation(vault, save_secret, self._clock)
        reception = Reception(
            admission=Admission(trusted_proxies=trusted_proxies, allow_http=allow_http, max_body=max_body),
            keyring=Keyring(secrets, vault, scheme, self._clock),
            scheme=scheme,
            tolerance=tolerance,
            clock=self._clock,
            accept=self.accept,
        )
        self.asgi = AsgiApp(reception)
        self.wsgi = WsgiApp(reception)

    def accept(self, event: Event, body: bytes) -> InboxEntry | None:
        """Write it down, and wake the workers; `None`, or what is there if it had come before."""
        there = self._gathering(Arrival(event, body, self._clock.wall()))
        for worker in list(self._workers):
            worker.ring()
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

        Raises:
            ConfigurationError: There is nowhere to keep it, or somebody is rotating it already. Nothing was sent.
            OutcomeUnknownError: The secret may be a new one that nobody knows. Run it again.
        """
        return client.generated.session.drive(self._rotation.rotate(client, subscription_id))

    @overload
    def subscribe(self, client: CleanLife, *, url: str, events: Sequence[EventType | str]) -> Rotated: ...
    @overload
    def subscribe(
        self, client: AsyncCleanLife, *, url: str, events: Sequence[EventType | str]
    ) -> Awaitable[Rotated]: ...
    @discreet
    def subscribe(self, client: Any, *, url: str, events: Sequence[EventType | str]) -> Any:
        """Make a subscription whose secret nobody has to copy: it is kept like one that comes by `rotate`.

        With it, and an *encryption_key*, a receiver may begin with no *secrets* at all.
        """
        return client.generated.session.drive(self._rotation.subscribe(client, url, events))

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
