"""An inbox whose deliveries Procrastinate queues, and what its tables say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs
import sqlalchemy as sa
from webhooks.arriving import came

from cleanlife_ext.webhooks import Inbox, Patience, WebhookReceiver
from cleanlife_ext.webhooks.procrastinate import Procrastinate

__all__ = ["HASTY", "Shop", "deliveries", "opened", "until"]

HASTY = Patience(attempts=3, first=0.1, factor=1)


def until(is_so: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait for other threads and processes."""
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends
        time.sleep(0.02)


def deliveries() -> list[tuple[str, int]]:
    """Some, and the number of the booking of each, in the order in which they happened."""
    return [(f"{booking}-{number}", booking) for number in range(4) for booking in range(20)]


@attrs.frozen
class Shop:
    """Somebody who takes webhooks."""

    inbox: Inbox
    queue: Procrastinate
    receiver: WebhookReceiver

    def takes(self, *args: Any, **given: Any) -> None:
        """Let a delivery come in."""
        self.receiver.accept(*came(*args, **given))

    def asks(self, query: str, *, write: bool = False) -> Sequence[Any]:
        """What the database says."""

        def ask(connection: sa.Connection) -> Sequence[Any]:
            result = connection.exec_driver_sql(query)
            return result.all() if result.returns_rows else []

        database = self.inbox.deliveries.database
        return database.write(ask) if write else database.say(ask)

    def jobs(self) -> list[tuple[str, str]]:
        """The delivery of each job that there is, and how far the job has come, in their order."""
        query = (
            "SELECT args->>'delivery_id', status FROM procrastinate_jobs WHERE task_name LIKE '%:process' ORDER BY id"
        )
        return [(name, status) for name, status in self.asks(query.replace("%", "%%"))]

    def states(self) -> dict[str, str]:
        """How far each delivery has come."""
        return {entry.delivery_id: str(entry.state) for entry in self.inbox.entries()}


@contextmanager
def opened(url: str, queue: Procrastinate | None = None, **options: Any) -> Iterator[Shop]:
    """A shop that is open."""
    queue = queue or Procrastinate()
    with Inbox(url) as inbox:
        yield Shop(
            inbox, queue, WebhookReceiver(secrets=["x"], inbox=inbox, queue=queue, **{"patience": HASTY, **options})
        )
