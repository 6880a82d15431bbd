"""Deliveries as they come in."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from worlds import BOOKING, World

from cleanlife_ext.webhooks import Event, Inbox
from cleanlife_ext.webhooks.events import parse
from cleanlife_ext.webhooks.inbox.deliveries import Deliveries
from cleanlife_ext.webhooks.processing.worker import Worker

__all__ = ["HAPPENED", "NOW", "at_work", "booking_of", "came", "delivered", "put"]

HAPPENED = dt.datetime(2026, 6, 20, 6, tzinfo=dt.UTC)
NOW = HAPPENED.timestamp() + 3600


def booking_of(number: int) -> str:
    """The id of a booking."""
    return str(uuid.UUID(int=number))


def came(
    delivery_id: str = "d1", booking: int | None = 1, *, at: float = 0, event: str = "booking.created", **data: Any
) -> tuple[Event, bytes]:
    """An event of a booking so many seconds after the first, and what was sent. Of no booking, nobody knows it."""
    content = {
        "deliveryId": delivery_id,
        "event": event if booking is not None else "partner.greeted",
        "createdAt": (HAPPENED + dt.timedelta(seconds=at)).isoformat(),
        "data": {} if booking is None else {**BOOKING, "bookingId": booking_of(booking), **data},
    }
    body = json.dumps(content).encode()
    return parse(body, secret_name="spring"), body


def put(deliveries: Deliveries, *args: Any, now: float = NOW, **given: Any) -> None:
    """Let one come in."""
    assert deliveries.accept(*came(*args, **given), now) is None


def delivered(inbox: Inbox, *args: Any, **given: Any) -> None:
    """Let one come in, at the time that it is."""
    put(inbox.deliveries, *args, **{"now": dt.datetime.now(dt.UTC).timestamp(), **given})


@contextmanager
def at_work(world: World, worker: Worker) -> Iterator[Worker]:
    """A worker while it works, in a thread or in tasks."""
    if world.portal is None:
        with worker:
            yield worker
    else:
        with world.portal.wrap_async_context_manager(worker):
            yield worker
