"""From a claim to its end: what is called, and what becomes of a delivery whose handlers fail.

It decides and does nothing: it yields what is to be done, and `run` or `arun` do it. So threads, tasks and the queues
of others process deliveries by the same rules.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
import traceback
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import anyio
import anyio.to_thread
import attrs

from cleanlife_ext.engine.driving import adrive, drive
from cleanlife_ext.engine.flow import Ask, Blocking, Clock
from cleanlife_ext.errors import ConfigurationError, InboxError, ProcessingError
from cleanlife_ext.webhooks.events import KINDS, Event, UnknownEvent, parse
from cleanlife_ext.webhooks.inbox.claim import Claim, LostError
from cleanlife_ext.webhooks.inbox.entry import InboxEntry
from cleanlife_ext.webhooks.inbox.lease import kept
from cleanlife_ext.webhooks.inbox.states import State
from cleanlife_ext.webhooks.log import tell
from cleanlife_ext.webhooks.processing.handlers import Handlers

if TYPE_CHECKING:
    from cleanlife_ext.webhooks.inbox.deliveries import Deliveries, Work

__all__ = ["AskingSteps", "Call", "Patience", "Processor", "Steps", "alerted", "arun", "called", "run"]

T = TypeVar("T")
LONGEST_ERROR = 4000  # Characters; its end is what tells.
DIED = "whoever was at it has died, or was stopped, and that too often"
UNREADABLE = "the event is known, and its body is not as the spec has it"


@attrs.frozen
class Call:
    """Effect: call *function*, which is the user's, with *subject*; await what it returns, if that can be awaited."""

    function: Callable[[Any], Any]
    subject: Any


Steps: TypeAlias = Generator[Blocking | Call, Any, T]
AskingSteps: TypeAlias = Generator[Blocking | Call | Ask, Any, T]  # They need somebody who awaits.


def _number(least: float) -> Any:
    def check(_: object, field: Any, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < math.inf:
            raise ConfigurationError(f"patience: {field.name}: a number from {least:g} is needed")

    return check


def _whole(_: object, field: Any, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"patience: {field.name}: a whole number from 1 is needed")


@attrs.frozen
class Patience:
    """How often a delivery is taken up before it is given up, and how long it waits in between.

    ```python
    from cleanlife_ext.webhooks import Patience

    patience = Patience(attempts=5, first=10, factor=2, most=600)
    assert [patience.wait(attempt) for attempt in (1, 2, 3, 4, 5)] == [10, 20, 40, 80, None]
    ```

    Attributes:
        attempts: How often it is taken up.
        first: The first wait, in seconds.
        factor: How many times as long each further wait is.
        most: The longest wait, in seconds.
    """

    attempts: int = attrs.field(default=8, validator=_whole)
    first: float = attrs.field(default=1.0, validator=_number(0))
    factor: float = attrs.field(default=4.0, validator=_number(1))
    most: float = attrs.field(default=3600.0, validator=_number(0))

    def wait(self, attempt: int) -> float | None:
        """How many seconds to wait after so many attempts; `None` if they are enough."""
        if attempt >= self.attempts:
            return None
        try:
            return min(float(self.most), self.first * self.factor ** (attempt - 1))
        except OverflowError:
            return float(self.most)


@attrs.frozen(eq=False)
class Processor:
    """What it takes to process a delivery: the rows, the handlers, the patience, and how long a claim lasts (seconds).

    *on_dead* are called with each delivery that is given up.
    """

    deliveries: Deliveries
    handlers: Handlers
    patience: Patience
    lease: float
    clock: Clock
    on_dead: Sequence[Callable[[InboxEntry], object]]

    def claim(self) -> Claim | None:
        """Take up the delivery whose turn it is, if there is one."""
        now = self.clock.wall()
        return self.deliveries.next(now, now + self.lease)

    def next(self) -> Steps[bool]:
        """Process the delivery whose turn it is; whether there was one."""
        claim = yield Blocking(self.claim)
        if claim is not None:
            yield from self.processed(claim)
        return claim is not None

    def one(self, delivery_id: str) -> Steps[InboxEntry | None]:
        """Process this one, unless somebody is at it or it has ended; what the inbox has of it afterwards."""
        now = self.clock.wall()
        claim = yield Blocking(partial(self.deliveries.take, delivery_id, now, now + self.lease))
        if claim is not None:
            yield from self.processed(claim)
        entry: InboxEntry | None = yield Blocking(partial(self.deliveries.get, delivery_id))
        return entry

    def needed(self, delivery_id: str) -> Steps[None]:
        """The same for somebody who has to know: a `ProcessingError` if it is not done afterwards."""
        entry = yield from self.one(delivery_id)
        if entry is None:
            raise ValueError("delivery_id: the inbox has none with this id")
        if entry.state is not State.DONE:
            text = f"delivery {delivery_id} ({entry.event}): {_why_not(entry)}"
            raise ProcessingError(text, delivery_id=delivery_id, state=entry.state, due=entry.due)

    def due(self) -> Steps[int]:
        """Process whatever is due; how many deliveries that were."""
        count = 0
        while (yield from self.next()):
            count += 1
        return count

    def processed(self, claim: Claim) -> Steps[None]:
        """Process what was taken up. The claim is kept as long as that takes."""
        with kept(partial(self._renew, claim), self.lease):
            try:
                if claim.entry.attempts > self.patience.attempts:
                    yield from self._given_up(claim, DIED)
                else:
                    yield from self._handled(claim)
            except LostError:
                tell(logging.WARNING, "cleanlife.webhook.lost", **_told(claim.entry))

    def _renew(self, claim: Claim) -> bool:
        return self.deliveries.renew(claim, self.clock.wall() + self.lease)

    def _handled(self, claim: Claim) -> Steps[None]:
        event = _event(claim.entry)
        if event is None:
            yield from self._given_up(claim, UNREADABLE)
            return
        try:
            for handler in self.handlers.plain(event):
                yield Call(handler, event)
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
            tell(logging.INFO, "cleanlife.webhook.done", **_told(claim.entry))

    def _work(self, event: Event) -> Work | None:
        handlers = self.handlers.transactional(event)

        def work(connection: Any) -> None:
            for handler in handlers:
                try:
                    result = handler(event, connection)
                except InboxError as error:  # Else it would be taken for ours, and the claim for one left alone.
                    raise RuntimeError("a handler found an inbox that cannot be used") from error
                if inspect.iscoroutine(result):
                    result.close()
                    raise TypeError("a handler with in_transaction=True has returned something to be awaited")

        return work if handlers else None

    def _failed(self, claim: Claim, error: Exception) -> Steps[None]:
        wait, text = self.patience.wait(claim.entry.attempts), _text(error)
        # Its text is the user's own, and may quote anybody: it stays in the inbox.
        tell(logging.WARNING, "cleanlife.webhook.failed", **{**_told(claim.entry), "error": type(error).__name__})
        if wait is None:
            yield from self._given_up(claim, text)
        else:
            yield Blocking(partial(self.deliveries.failed, claim, text, self.clock.wall() + wait))

    def _given_up(self, claim: Claim, text: str) -> Steps[None]:
        entry = yield Blocking(partial(self.deliveries.given_up, claim, text, self.clock.wall()))
        tell(logging.ERROR, "cleanlife.webhook.dead", **_told(entry))
        yield from alerted(self.on_dead, entry, _told(entry))


def alerted(alerts: Sequence[Callable[[Any], Any]], subject: Any, told: Mapping[str, Any]) -> Steps[None]:
    """Call all *alerts* with *subject*; what they raise changes nothing. *told*: what a log may say of it."""
    for alert in alerts:
        try:
            yield Call(alert, subject)
        except Exception as error:  # noqa: BLE001  # It is the user's, and what it is about is to be found elsewhere.
            extra = {**told, "error": type(error).__name__}
            tell(logging.ERROR, "cleanlife.webhook.alert_failed", **extra)  # Its text may quote anybody.


def run(steps: Steps[T]) -> T:
    """Take the *steps* in this thread. What is to be awaited has an event loop of its own, until they are done."""
    with closing(asyncio.Runner()) as runner:  # Entered, it would make a loop that most have no use for.

        def perform(step: Blocking | Call) -> Any:
            if isinstance(step, Blocking):
                return step.act()
            if inspect.isawaitable(awaitable := step.function(step.subject)):
                runner.run(_awaited(awaitable))
            return None

        return drive(steps, perform)


async def arun(steps: AskingSteps[T], limiter: anyio.CapacityLimiter | None = None) -> T:
    """Take the *steps* in this task; what may block, handlers that are not asynchronous too, is done in a thread.

    Who is cancelled waits for no thread.
    """

    def perform(step: Blocking | Ask | Call) -> Awaitable[Any]:
        if isinstance(step, Blocking):
            return _in_thread(step.act, limiter=limiter)
        if isinstance(step, Ask):
            awaitable: Awaitable[Any] = step.whom()
            return awaitable
        return called(step.function, step.subject, limiter=limiter)

    return await adrive(steps, perform)


async def called(function: Callable[..., Any], *args: Any, limiter: anyio.CapacityLimiter | None) -> None:
    """Call *function*, which is the user's, in a thread, and await what it returns if that can be awaited."""
    if inspect.iscoroutinefunction(function):
        # Made in a thread, it could be left there by whoever is cancelled, and nobody would await it.
        await _awaited(function(*args))
        return
    result = await _in_thread(function, *args, limiter=limiter)
    if inspect.isawaitable(result):
        await _awaited(result)


async def _in_thread(function: Callable[..., Any], *args: Any, limiter: anyio.CapacityLimiter | None) -> Any:
    (result,) = await anyio.to_thread.run_sync(_sheltered, function, args, abandon_on_cancel=True, limiter=limiter)
    return result


def _sheltered(function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any]:
    try:
        return (function(*args),)  # Trio takes it for a mistake if a thread gives a coroutine as it is.
    except Exception:
        raise
    except BaseException as error:  # It would end the task, or the event loop with all tasks, and say nothing.
        raise _failure(error) from error


async def _awaited(result: Awaitable[Any]) -> None:
    try:
        await result
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and not task.cancelling():
            raise RuntimeError("a handler awaited what was cancelled") from error  # Nobody has cancelled us.
        raise
    except (Exception, KeyboardInterrupt, GeneratorExit, anyio.get_cancelled_exc_class()):
        raise
    except BaseException as error:
        raise _failure(error) from error


def _failure(error: BaseException) -> RuntimeError:
    return RuntimeError(f"a handler must not raise {type(error).__name__}")


def _event(entry: InboxEntry) -> Event | None:
    """What it says; `None` if that is not what the spec knows by this name."""
    try:
        event = parse(entry.body, delivery_id=entry.delivery_id, secret_name=entry.secret_name)
    except ValueError:
        return None
    return None if isinstance(event, UnknownEvent) and event.event in KINDS else event


def _why_not(entry: InboxEntry) -> str:
    if entry.state is State.PROCESSING:
        return f"somebody is at it, until {entry.due:%F %T} UTC at the latest"
    its = f"its handlers have failed, attempt {entry.attempts}"
    if entry.state is State.DEAD:
        return f"{its}, and it was given up; the inbox has the error, and inbox.retry() revives it"
    return f"{its}; it may be tried again at {entry.due:%F %T} UTC"


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
