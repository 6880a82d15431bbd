"""What most people write: a loop around `httpx` that sends a booking again when no answer came."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import attrs
import httpx
from cleanlife_client.models import Booking

from cleanlife_ext import APIConnectionError, Timeslot

__all__ = ["NaiveClient", "a_new_reference", "no_reference"]

ATTEMPTS = 3


def a_new_reference(_given: str | None) -> dict[str, str]:
    """One for each request, as an idempotency key that is made where the request is made."""
    return {"externalReference": str(uuid.uuid4())}


def no_reference(_given: str | None) -> dict[str, str]:
    """The field is optional, after all."""
    return {}


@attrs.frozen(eq=False)
class NaiveClient:
    """As much of a client as it takes to make bookings, and to make two of them."""

    http: httpx.Client
    refer: Callable[[str | None], dict[str, str]]

    @property
    def bookings(self) -> NaiveClient:
        return self

    def with_options(self, **_: Any) -> NaiveClient:
        return self

    def create(self, *, external_reference: str | None, timeslot: Timeslot, date: Any, **asked: Any) -> Booking:
        """Send it, and again if there was no answer or the server failed."""
        body = {
            "contactId": asked["contact_id"],
            "addressId": asked["address_id"],
            "serviceId": asked["service_id"],
            "date": date.isoformat(),
            "timeslot": {"startAt": timeslot.start_at, "endAt": timeslot.end_at},
        }
        for _ in range(ATTEMPTS):
            try:
                answer = self.http.post("/partners/bookings", json=body | self.refer(external_reference))
                answer.raise_for_status()
                return Booking.from_dict(answer.json()["data"])
            except (httpx.TransportError, httpx.HTTPStatusError, ValueError):
                continue
        raise APIConnectionError("it did not work")
