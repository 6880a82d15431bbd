"""Free slots, in real time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from uuid import UUID

from cleanlife_client import models
from cleanlife_client.api.timeslots import list_available_timeslots

from cleanlife_ext.envelope import data
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient
from cleanlife_ext.resources.shared import discreetly, documented_as
from cleanlife_ext.timeslot import Timeslot
from cleanlife_ext.values import date_of, text_of, uuid_of

if TYPE_CHECKING:
    from typing import TypedDict

    class _Query(TypedDict):
        address_id: str
        service_id: UUID
        date: dt.date


__all__ = ["AsyncTimeslots", "Timeslots"]


@discreetly
class Timeslots:
    """Free slots. They come and go as others book, so they are asked for anew each time (best-practices)."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def available(self, *, address_id: UUID | str, service_id: UUID | str, date: dt.date | str) -> list[Timeslot]:
        """The free slots for a service at an address on a day in Riyadh; an empty list if none (get-timeslots).

        ```python
        slots = client.timeslots.available(address_id=address, service_id=service.id, date=datetime.date(2026, 6, 21))
        ```
        """
        query = _query(address_id, service_id, date)
        return _slots(data(list_available_timeslots.sync(client=self._client, **query)))


@documented_as(Timeslots)
@discreetly
class AsyncTimeslots:
    """Free slots. They come and go as others book, so they are asked for anew each time (best-practices)."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    async def available(self, *, address_id: UUID | str, service_id: UUID | str, date: dt.date | str) -> list[Timeslot]:
        query = _query(address_id, service_id, date)
        return _slots(data(await list_available_timeslots.asyncio(client=self._client, **query)))


def _query(address_id: UUID | str, service_id: UUID | str, date: dt.date | str) -> _Query:
    return {
        "address_id": text_of(str(address_id) if isinstance(address_id, UUID) else address_id, "address_id"),
        "service_id": uuid_of(service_id, "service_id"),
        "date": date_of(date, "date"),
    }


def _slots(offered: list[models.Timeslot]) -> list[Timeslot]:
    return [Timeslot.offered(slot) for slot in offered]
