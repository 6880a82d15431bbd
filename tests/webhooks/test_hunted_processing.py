"""What was found by trying to break what happens behind the inbox, and must not come back."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from ledger.postgres import Postgres
from webhooks.arriving import NOW, at_work, came, delivered, put
from webhooks.queued import opened, until
from webhooks.stories import NINE, moved_on, told
from worlds import World

from cleanlife_ext import InboxError
from cleanlife_ext.webhooks import Inbox, Patience, State, WebhookReceiver
from cleanlife_ext.webhooks.bookings.folding import fold, fold_absence
from cleanlife_ext.webhooks.inbox.deliveries import Deliveries


class Odd(BaseException):
    """Like what test frameworks raise to fail a test."""


def exits() -> None:
    sys.exit(1)


def is_cancelled() -> None:
    raise asyncio.CancelledError


def fails() -> None:
    raise ValueError


def is_odd() -> None:
    raise Odd


def is_interrupted() -> None:
    raise KeyboardInterrupt


@pytest.fixture
def receiver(inbox: Inbox) -> WebhookReceiver:
    """One that tries once."""
    return WebhookReceiver(secrets=["x"], inbox=inbox, patience=Patience(attempts=1))


def add(receiver: WebhookReceiver, act: Callable[[], None], kind: str) -> None:
    """A handler that acts, for the delivery d1 alone."""

    def handle(event: Any, _connection: Any = None) -> None:
        if event.delivery_id == "d1":
            act()

    async def ahandle(event: Any) -> None:
        handle(event)

    if kind == "transaction":
        receiver.on("*", in_transaction=True)(handle)
    else:
        receiver.on("*")(ahandle if kind == "async" else handle)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        *((act, kind) for act in (exits, is_cancelled, is_odd, fails) for kind in ("plain", "async", "transaction")),
        (is_interrupted, "plain"),
        (is_interrupted, "transaction"),
    ],
)
def test_whatever_a_handler_raises_the_worker_goes_on(
    world: World, inbox: Inbox, receiver: WebhookReceiver, act: Callable[[], None], kind: str
) -> None:
    """The delivery has failed, with the error kept; all others are processed."""
    add(receiver, act, kind)
    delivered(inbox, "d1", 1)

    with at_work(world, receiver.worker(grace=1)):
        until(lambda: inbox.counts()[State.DEAD])
        delivered(inbox, "d2", 2)
        until(lambda: inbox.counts()[State.DONE])

    entry = inbox.get("d1")
    assert entry is not None
    assert entry.error


def test_a_handler_that_cannot_use_an_inbox_has_failed(inbox: Inbox, receiver: WebhookReceiver) -> None:
    """In the transaction as well: it is not the inbox of the delivery that is away."""

    def act() -> None:
        raise InboxError("the one of another shop")

    add(receiver, act, "transaction")
    delivered(inbox, "d1")

    assert receiver.process() == 1
    entry = inbox.get("d1")
    assert entry is not None
    assert entry.state is State.DEAD
    assert "another shop" in entry.error


def test_a_revived_delivery_that_the_queue_did_not_take_can_be_put_in_again(inbox: Inbox) -> None:
    """It waits then, and nobody else would ever tell the queue."""
    taken: list[str] = []
    stands = [False]

    def take(delivery_id: str) -> None:
        if stands[0]:
            raise OSError
        taken.append(delivery_id)

    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, queue=take, patience=Patience(attempts=1))
    add(receiver, fails, "plain")
    receiver.accept(*came("d1"))
    receiver.process()
    stands[0] = True
    with pytest.raises(InboxError, match="did not take it"):
        inbox.retry("d1")

    stands[0] = False
    assert not inbox.retry("d1")  # It is not dead any more.
    assert taken == ["d1", "d1"]


def test_a_receiver_without_a_queue_leaves_the_inbox_that_of_another(inbox: Inbox) -> None:
    """What is revived comes to whoever processes it."""
    taken: list[str] = []
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, queue=taken.append, patience=Patience(attempts=1))
    WebhookReceiver(secrets=["x"], inbox=inbox)
    add(receiver, fails, "plain")
    receiver.accept(*came("d1"))
    receiver.process()

    assert inbox.retry("d1")
    assert taken == ["d1", "d1"]


def test_what_waits_without_a_job_gets_one(postgres: Postgres) -> None:
    """Revived where there is no receiver, with its job cleared away; or taken by a receiver that has no queue."""
    postgres.empty()
    done: list[str] = []
    with opened(postgres.url, lease=1.0) as shop, Inbox(postgres.url) as other:
        shop.receiver.on("*")(lambda event: done.append(event.delivery_id))
        shop.takes("d1", 1)
        shop.asks("UPDATE cleanlife_deliveries SET state = 'DEAD', ended_at = due", write=True)
        shop.asks("DELETE FROM procrastinate_jobs", write=True)
        assert other.retry("d1")
        WebhookReceiver(secrets=["x"], inbox=other).accept(*came("d2", None))

        with shop.receiver.worker():
            until(lambda: set(shop.states().values()) == {"DONE"})

    assert sorted(done) == ["d1", "d2"]


def _generator(_: Any) -> Any:
    yield


async def _async_generator(_: Any) -> Any:
    yield


@pytest.mark.parametrize("handler", [_generator, _async_generator])
def test_a_handler_with_a_yield_is_refused(receiver: WebhookReceiver, handler: Any) -> None:
    """Nothing of it would be run, and the delivery would be done."""
    with pytest.raises(TypeError, match="yield"):
        receiver.on("*")(handler)


@pytest.mark.parametrize("end", [sa.Connection.commit, sa.Connection.rollback])
def test_who_ends_the_inboxs_transaction_has_failed(
    deliveries: Deliveries, end: Callable[[sa.Connection], None]
) -> None:
    """Else the delivery would be done, and what handlers behind that one do would be lost."""
    put(deliveries)
    claim = deliveries.next(NOW, NOW + 60)
    assert claim is not None
    with pytest.raises(sa.exc.InvalidRequestError, match="closed transaction"):
        deliveries.done(claim, NOW, end)

    entry = deliveries.get("d1")
    assert entry is not None
    assert entry.state is State.PROCESSING
    assert deliveries.done(claim, NOW).state is State.DONE


def test_an_event_from_about_when_the_api_did_not_know_the_booking_settles_nothing() -> None:
    """It may have happened before that, whatever it shows."""
    known = fold(None, told("created", 0))
    assert known is not None
    gone = fold_absence(known, NINE + 100, known.mark)
    for event in (told("updated", 50), moved_on(50, "Scheduled", "Completed", status="success")):
        state = fold(gone, event)
        assert state is not None
        assert (state.is_gone, state.is_certain) == (True, False)
