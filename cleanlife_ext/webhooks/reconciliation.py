"""Coming level with the API again: what was not delivered is sent again, and what the view does not know is fetched.

All of it may be done twice, and by several processes at once; what was done before an error stands.
"""

from __future__ import annotations

import datetime as dt

import attrs

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.errors import NotFoundError
from cleanlife_ext.webhooks.bookings.source import Source
from cleanlife_ext.webhooks.processing.steps import Steps, ask
from cleanlife_ext.webhooks.watch import failed

__all__ = ["Reconciled", "reconciled"]


@attrs.frozen
class Reconciled:
    """What was done to come level with the API.

    Attributes:
        retried: The ids of the deliveries that are sent again.
        still_failed: The ids of those that had failed once more, or still, when that was done.
        changed: The ids of the bookings that the view shows otherwise than before, or did not know.
    """

    retried: tuple[str, ...] = ()
    still_failed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def reconciled(
    client: CleanLife | AsyncCleanLife, source: Source | None, from_date: dt.date | None
) -> Steps[Reconciled]:
    """Retry all deliveries that have failed, and bring the view that *source* is for up to date."""
    retried: dict[str, bool] = {}  # Whether it could be.
    listed = yield from _failed(client)
    # What is retried leaves the list, and others move up to a page that was read: so until there is nothing new on it.
    while new := [id for id in listed if id not in retried]:
        for id in new:
            retried[id] = yield from _retried(client, id)
        listed = yield from _failed(client)
    changed = () if source is None else (yield from source.level(from_date))
    return Reconciled(tuple(id for id, was in retried.items() if was), tuple(listed), changed)


def _failed(client: CleanLife | AsyncCleanLife) -> Steps[list[str]]:
    return [str(delivery.id) for delivery in (yield from failed(client))]


def _retried(client: CleanLife | AsyncCleanLife, delivery_id: str) -> Steps[bool]:
    try:
        yield ask(client.webhooks.deliveries.retry, delivery_id)
    except NotFoundError:  # It is gone, or somebody else has retried it.
        return False
    return True
