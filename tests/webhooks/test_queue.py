"""The user's own queue: one function that takes a delivery's id, and jobs that process it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import setup_logging
from webhooks.arriving import came
from webhooks.queued import until

from cleanlife_ext import ConfigurationError, InboxError, ProcessingError
from cleanlife_ext.webhooks import Inbox, Patience, State, WebhookReceiver

# As it stands in the documentation.
CELERY = """
from celery import Celery
from cleanlife_ext import InboxError, ProcessingError
from cleanlife_ext.webhooks import Inbox, WebhookReceiver

celery = Celery("shop", broker="memory://")

@celery.task(bind=True, acks_late=True, max_retries=None, autoretry_for=(InboxError,), retry_backoff=True)
def process(task, delivery_id):
    try:
        receiver.process(delivery_id)
    except ProcessingError as error:
        if error.state == "DEAD":
            raise
        raise task.retry(eta=error.due, exc=error)

receiver = WebhookReceiver(secrets=["x"], inbox=Inbox("sqlite:///webhooks.db"), queue=process.delay)
"""


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    """An inbox in a file."""
    with Inbox(f"sqlite:///{tmp_path / 'webhooks.db'}") as inbox:
        yield inbox


class Belt:
    """A queue that may stand still. It saw how far each delivery was that came to it."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox, self.stands = inbox, False
        self.taken: list[tuple[str, State | None]] = []

    def take(self, delivery_id: str) -> None:
        if self.stands:
            raise OSError("Sara")
        entry = self.inbox.get(delivery_id)
        self.taken.append((delivery_id, None if entry is None else entry.state))


def test_a_queue_is_told_what_is_on_disk(inbox: Inbox) -> None:
    """And its jobs process that: once, however often they come."""
    belt, handled = Belt(inbox), []
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, queue=belt.take)
    receiver.on("*")(lambda event: handled.append(event.delivery_id))

    assert receiver.accept(*came("d1")) is None
    assert belt.taken == [("d1", "WAITING")]
    receiver.process("d1")
    receiver.process("d1")

    assert handled == ["d1"]


def test_what_the_queue_did_not_take_comes_again(inbox: Inbox) -> None:
    """The sender is not told that all is well, and what it sends again is put in; until it is done."""
    belt = Belt(inbox)
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, queue=belt.take)
    belt.stands = True
    with pytest.raises(InboxError, match=r"did not take it \(OSError\)") as caught:
        receiver.accept(*came("d1"))
    assert "Sara" not in str(caught.value)
    assert caught.value.__context__ is None
    assert inbox.counts()[State.WAITING] == 1

    belt.stands = False
    assert receiver.accept(*came("d1")) is not None
    receiver.accept(*came("d1"))
    assert belt.taken == [("d1", "WAITING")] * 2
    receiver.process("d1")
    receiver.accept(*came("d1"))

    assert len(belt.taken) == 2


def test_dead_letters_that_are_revived_are_put_in(inbox: Inbox) -> None:
    """Wherever the receiver's inbox is asked to."""
    belt = Belt(inbox)
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, queue=belt.take, patience=Patience(attempts=1))

    @receiver.on("*")
    def fail(_: Any) -> None:
        raise ValueError

    receiver.accept(*came("d1"))
    with pytest.raises(ProcessingError) as caught:
        receiver.process("d1")
    assert caught.value.state == "DEAD"
    assert inbox.retry("d1")

    assert belt.taken == [("d1", "WAITING")] * 2


def test_a_function_that_has_to_be_awaited_is_no_queue(inbox: Inbox) -> None:
    """Nobody awaits it, so deliveries would be lost."""

    async def take(_: str) -> None:
        raise AssertionError

    for queue in (take, "celery"):
        with pytest.raises(ConfigurationError, match="is not asynchronous"):
            WebhookReceiver(secrets=["x"], inbox=inbox, queue=queue)  # type: ignore[arg-type]
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, queue=partial(_given_away, take))
    with pytest.raises(InboxError, match="to be awaited"):
        receiver.accept(*came("d1"))


def _given_away(function: Callable[[str], object], delivery_id: str) -> object:
    return function(delivery_id)


def test_a_queue_of_the_users_needs_no_worker_of_ours(inbox: Inbox) -> None:
    """Both would take up the same deliveries."""
    with pytest.raises(ConfigurationError, match=r"receiver\.process\(delivery_id\)"):
        WebhookReceiver(secrets=["x"], inbox=inbox, queue=print).worker()


def _nothing(**_: object) -> None:
    pass


def test_celery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real worker on a real broker; handlers that fail are called again when the inbox says so."""
    monkeypatch.chdir(tmp_path)
    there: dict[str, Any] = {"__name__": "celery_shop"}
    exec(CELERY, there)  # noqa: S102
    receiver, celery = there["receiver"], there["celery"]
    celery.conf.broker_transport_options = {"polling_interval": 0.01}
    setup_logging.connect(_nothing)  # Else it takes the logs of all tests that follow.
    handled: list[str] = []

    @receiver.on("*")
    def handle(event: Any) -> None:
        handled.append(event.delivery_id)
        if handled == ["d1"]:
            raise ValueError

    receiver.accept(*came("d1", 1))
    with Inbox("sqlite:///webhooks.db") as inbox, start_worker(celery, perform_ping_check=False, loglevel="critical"):
        receiver.accept(*came("d2", 2))
        until(lambda: inbox.counts()[State.DONE] == 2)

    assert sorted(handled) == ["d1", "d1", "d2"]
