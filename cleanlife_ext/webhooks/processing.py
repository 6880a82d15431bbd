"""From a claim to its end: what is called, and what becomes of a delivery whose handlers fail.

It decides and does nothing: it yields what is to be done, and `run` or `arun` do it. So threads, tasks and the queues of
others process deliveries by the same rules.
"""

from __future__ import annotations

import inspect
import logging
import traceback
import uuid
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeAlias, TypeVar

import anyio
import anyio.to_thread
import attrs

from cleanlife_ext.engine.flow import Blocking, Clock
from cleanlife_ext.errors import InboxError
from cleanlife_ext.webhooks.deliveries import Claim, Deliveries, LostError, Work
from cleanlife_ext.webhooks.entry import InboxEntry
from cleanlife_ext.webhooks.events import KINDS, Event, UnknownEvent, parse
from cleanlife_ext.webhooks.handlers import Handlers

__all__ = ["Handle", "Patience", "Processor", "Steps", "arun", "run"]

log = logging.getLogger("cleanlife_ext.webhooks")

T = TypeVar("T")
LONGEST_ERROR = 4000  # Characters; its end is what tells.
DIED = "whoever was at it has died, or was stopped, and that too often"
UNREADABLE = "the event is known, and its body is not as the spec has it"


@attrs.frozen
class Handle:
    """Effect: call *function* with *event*, and await what it returns if that can be awaited."""

    function: Callable[[Any], Any]
    event: Event


Steps: TypeAlias = Generator[Blocking | Handle, Any, T]


@attrs.frozen
class Patience:
    """How often a delivery is taken up, and how long it waits in between (seconds).

    The waits are *first*, then *factor* times as long each, at most *most*.
    """

    attempts: int = 8
    first: float = 1.0
    factor: float = 4.0
    most: float = 3600.0

    def wait(self, attempts: int) -> float | None:
        """How long to wait after so many attempts; `None` if they are enough."""
        if attempts >= self.attempts:
            return None
        return float(min(self.most, self.first * self.factor ** (attempts - 1)))


@attrs.frozen(eq=False)
class Processor:
    """What it takes to process a delivery: the rows, the handlers, the patience, and how long a claim lasts (seconds)."""

    deliveries: Deliveries
    handlers: Handlers
    patience: Patience
    lease: float
    clock: Clock
    on_dead: Callable[[InboxEntry], object]
    owner: str = attrs.field(factory=lambda: uuid.uuid4().hex)

    def another(self) -> Processor:
        """The same, on its own account."""
        return attrs.evolve(self, owner=uuid.uuid4().hex)

    def next(self) -> Steps[bool]:
        """Process the delivery whose turn it is; whether there was one."""
        now = self.clock.wall()
        claim = yield Blocking(partial(self.deliveries.next, self.owner, now, now + self.lease))
        if claim is not None:
            yield from self._processed(claim)
        return claim is not None

    def one(self, delivery_id: str) -> Steps[InboxEntry | None]:
        """Process this one, unless somebody is at it or it has ended; what the inbox has of it afterwards."""
        now = self.clock.wall()
        claim = yield Blocking(partial(self.deliveries.take, delivery_id, self.owner, now, now + self.lease))
        if claim is not None:
            yield from self._processed(claim)
        entry: InboxEntry | None = yield Blocking(partial(self.deliveries.get, delivery_id))
        return entry

    def renew(self) -> None:
        """Keep what is being processed."""
        self.deliveries.renew(self.owner, self.clock.wall() + self.lease)

    def _processed(self, claim: Claim) -> Steps[None]:
        entry = claim.entry
        try:
            if entry.attempts > self.patience.attempts:
                yield from self._given_up(claim, DIED)
            else:
                yield from self._handled(claim)
        except LostError:
            log.warning("cleanlife.webhook.lost", extra={"delivery_id": entry.delivery_id, "event": entry.event})

    def _handled(self, claim: Claim) -> Steps[None]:
        entry = claim.entry
        try:
            event = parse(entry.body, delivery_id=entry.delivery_id, secret_name=entry.secret_name)
            if isinstance(event, UnknownEvent) and event.event in KINDS:
                yield from self._given_up(claim, UNREADABLE)
                return
            for handler in self.handlers.plain(event):
                yield Handle(handler, event)
        except Exception as error:  # noqa: BLE001  # A handler may raise anything.
            yield from self._failed(claim, error)
            return
        try:
            yield Blocking(partial(self.deliveries.done, claim, self.clock.wall(), self._work(event)))
        except (LostError, InboxError):
            raise
        except Exception as error:  # noqa: BLE001  # The same.
            yield from self._failed(claim, error)
        else:
            log.info("cleanlife.webhook.done", extra=_told(entry))

    def _work(self, event: Event) -> Work | None:
        handlers = self.handlers.transactional(event)

        def work(connection: Any) -> None:
            for handler in handlers:
                handler(event, connection)

        return work if handlers else None

    def _failed(self, claim: Claim, error: Exception) -> Steps[None]:
        wait, text = self.patience.wait(claim.entry.attempts), _text(error)
        # Its text is the user's own, and may quote anybody: it stays in the inbox.
        log.warning("cleanlife.webhook.failed", extra={**_told(claim.entry), "error": type(error).__name__})
        if wait is None:
            yield from self._given_up(claim, text)
        else:
            yield Blocking(partial(self.deliveries.failed, claim, text, self.clock.wall() + wait))

    def _given_up(self, claim: Claim, text: str) -> Steps[None]:
        yield Blocking(partial(self.deliveries.given_up, claim, text, self.clock.wall()))
        log.error("cleanlife.webhook.dead", extra=_told(claim.entry))
        entry = yield Blocking(partial(self.deliveries.get, claim.entry.delivery_id))
        if entry is not None:
            yield Blocking(partial(_alerted, self.on_dead, entry))


def run(steps: Steps[T], call: Callable[[Callable[[Any], Any], Event], None]) -> T:
    """Take the *steps* in this thread; *call* calls a handler, and waits for it."""
    try:
        step = next(steps)
        while True:
            try:
                result = call(step.function, step.event) if isinstance(step, Handle) else step.act()
            except Exception as error:  # noqa: BLE001  # They know what to do with it.
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        ended: T = done.value
        return ended
    finally:
        steps.close()


async def arun(steps: Steps[T]) -> T:
    """Take the *steps* in this task; what may block, handlers that are not asynchronous too, is done in a thread."""
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Handle):
                    result = await _called(step)
                else:
                    result = await anyio.to_thread.run_sync(step.act)
            except Exception as error:  # noqa: BLE001  # They know what to do with it.
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        ended: T = done.value
        return ended
    finally:
        steps.close()


async def _called(handle: Handle) -> None:
    result = await anyio.to_thread.run_sync(handle.function, handle.event)
    if inspect.isawaitable(result):
        await result


def _told(entry: InboxEntry) -> dict[str, Any]:
    return {
        "delivery_id": entry.delivery_id,
        "event": entry.event,
        "booking_id": entry.booking_id,
        "attempt": entry.attempts,
    }


def _text(error: Exception) -> str:
    """What a person needs to mend it, as a database can hold it."""
    text = "".join(traceback.format_exception(error))[-LONGEST_ERROR:]
    return text.replace("\0", "").encode(errors="replace").decode()


def _alerted(alert: Callable[[InboxEntry], object], entry: InboxEntry) -> None:
    try:
        alert(entry)
    except Exception:  # It is the user's, and what it is about is written down.
        log.exception("cleanlife.webhook.alert_failed", extra=_told(entry))
