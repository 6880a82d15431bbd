"""What a worker does from time to time beside its deliveries."""

from __future__ import annotations

import datetime as dt

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.values import seconds_of
from cleanlife_ext.webhooks.bookings.source import Source
from cleanlife_ext.webhooks.bookings.view import BookingView
from cleanlife_ext.webhooks.processing.jobs import Job
from cleanlife_ext.webhooks.processing.processor import arun
from cleanlife_ext.webhooks.watch import Watch

__all__ = ["REFETCH_EVERY", "jobs"]

REFETCH_EVERY = 5.0  # Seconds, in which events that come a little late may settle it.


def jobs(
    client: CleanLife | AsyncCleanLife | None,
    *,
    watch: Watch,
    watch_every: dt.timedelta | float,
    view: BookingView | None,
    clock: Clock,
) -> tuple[Job, ...]:
    """The jobs for which there is a *client*."""
    every = seconds_of(watch_every, "watch_every")
    if not every:
        raise ValueError("watch_every: more than 0 seconds are needed")
    refetches = view is not None and view.refetches
    if client is None:
        if refetches:
            raise ConfigurationError('on_gap="refetch" needs a client to ask with: receiver.worker(client)')
        return ()

    async def look() -> None:
        await arun(watch.look(client))

    watching = Job("watch", every, look)
    if view is None or not refetches:
        return (watching,)
    source = Source(client, view.bookings, clock)

    async def refetch() -> None:
        await arun(source.refetch())

    return watching, Job("refetch", REFETCH_EVERY, refetch)
