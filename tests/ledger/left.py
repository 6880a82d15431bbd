"""What a crash leaves behind, and a vendor who has some bookings or makes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

import attrs
import httpx
from engine.writes import creation
from ledger.payloads import GIVEN, creating
from worlds import BOOKING, URL, FakeClock, ok, page, refused

from cleanlife_ext.engine.message import Options, Request, Scope
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.ledger.claim import Intent
from cleanlife_ext.ledger.states import Event
from cleanlife_ext.provider import CLEANLIFE

DAY = "2026-06-20"
OWNER = "a process that is heard of no more"


def id_of(reference: str) -> str:
    """The id that the booking with this reference has, or would have."""
    return str(uuid5(UUID(BOOKING["bookingId"]), reference))


def booked(reference: str | None, day: str = DAY, **more: Any) -> dict[str, Any]:
    """A booking as the API shows it."""
    made = {"bookingId": id_of(str(reference)), "externalReference": reference, "date": f"{day}T00:00:00.000Z"}
    return {**BOOKING, **made, **more}


def intent_of(reference: str, day: str = DAY, api: str = URL, **more: Any) -> Intent:
    """What somebody wanted who asked for it."""
    operation = CLEANLIFE.operations["createBooking"]
    body = {**creation().to_dict(), "externalReference": reference, "date": day, **more}
    return Intent.of(api, Request(operation, operation.path, {}, body, {}, Scope(0.0), Options()))


@attrs.frozen
class Left:
    """Leaves entries in a ledger, as processes do that are killed; or that tell what they know, and end."""

    ledger: Ledger
    clock: FakeClock
    api: str = URL

    def pending(self, reference: str, **more: Any) -> Intent:
        """Killed before anything was sent."""
        intent, now = intent_of(reference, api=self.api, **more), self.clock.wall()
        self.ledger.journal(self.api).store.claim(intent, OWNER, now, now + 10, 600)
        return intent

    def sent(self, reference: str, **more: Any) -> Intent:
        """Killed while it was sent."""
        intent, now = self.pending(reference, **more), self.clock.wall()
        assert self.ledger.journal(self.api).store.sending(intent, OWNER, now, now + 40, 1)
        return intent

    def unknown(self, reference: str, **more: Any) -> Intent:
        """Told that nobody knows."""
        intent = self.sent(reference, **more)
        self._ended(intent, Event.LOST, "OutcomeUnknownError")
        return intent

    def rejected(self, reference: str, **more: Any) -> Intent:
        """Told that it was refused."""
        intent = self.sent(reference, **more)
        self._ended(intent, Event.REFUSED, "TIMESLOT_NOT_AVAILABLE")
        return intent

    def created(self, reference: str, **more: Any) -> Intent:
        """Told that it is made."""
        intent = self.sent(reference, **more)
        assert self.ledger.journal(self.api).store.created(intent, id_of(reference), self.clock.wall())
        return intent

    def payload(self, key: str = "") -> Intent:
        """Told that nobody knows, of something that is no booking; with a key of the caller's, or one made for it."""
        intent, now = attrs.evolve(Intent.of(self.api, creating(), key), key=key or GIVEN), self.clock.wall()
        self.ledger.journal(self.api).store.claim(intent, OWNER, now, now + 10, 600)
        assert self.ledger.journal(self.api).store.sending(intent, OWNER, now, now + 40, 1)
        self._ended(intent, Event.LOST, "OutcomeUnknownError")
        return intent

    def _ended(self, intent: Intent, event: Event, code: str) -> None:
        assert self.ledger.journal(self.api).store.ended(intent, OWNER, event, code, self.clock.wall())


Reaction = Callable[[], httpx.Response]


@attrs.define
class Vendor:
    """The API, as far as it is about bookings: a step for `Script`.

    *reacts*: what happens instead of making the booking with a reference.
    """

    bookings: list[dict[str, Any]] = attrs.Factory(list[dict[str, Any]])
    reacts: dict[str, Reaction] = attrs.Factory(dict[str, Reaction])
    made: list[str] = attrs.Factory(list[str])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            assert request.headers["content-type"] == "application/json"
            return self._create(json.loads(request.content))
        if request.url.path.endswith("/status"):
            return self._read(request.url.path.split("/")[-2])
        return self._list(request.url.params)

    def _create(self, asked: dict[str, Any]) -> httpx.Response:
        reference = asked["externalReference"]
        self.made.append(reference)
        if reference in self.reacts:
            return self.reacts[reference]()
        if any(each["externalReference"] == reference for each in self.bookings):
            return refused(409, "DUPLICATE_EXTERNAL_REFERENCE")
        slot = {**asked["timeslot"], "endsAtNextDay": False}
        self.bookings.append(booked(reference, asked["date"], timeslot=slot))
        return ok(self.bookings[-1], status=201)

    def _read(self, id: str) -> httpx.Response:
        found = [each for each in self.bookings if each["bookingId"] == id]
        return ok(found[0]) if found else refused(404, "BOOKING_NOT_FOUND")

    def _list(self, wanted: httpx.QueryParams) -> httpx.Response:
        first, last = wanted.get("fromDate", ""), wanted.get("toDate", "9")
        reference = wanted.get("externalReference")
        return page(
            [
                each
                for each in self.bookings
                if first <= each["date"][:10] <= last and reference in (None, each["externalReference"])
            ]
        )


def fails(response: httpx.Response | Exception) -> Reaction:
    """It is refused, or there is no answer."""

    def react() -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    return react
