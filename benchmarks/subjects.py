"""What is measured: the same call by the stock generated client, by ours, and by our transports without a layer."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import repeat
from typing import Any
from uuid import UUID

import attrs
import httpx
from cleanlife_client import AuthenticatedClient, models
from cleanlife_client.api.bookings import create_booking, get_booking_status
from server import ANSWER, BODY, BOOKING_ID

from cleanlife_ext import AsyncCleanLife, CleanLife, Timeslot
from cleanlife_ext.engine.flow import Send, dispatch, run
from cleanlife_ext.engine.message import Headers, Request, Response

__all__ = ["Asynchronous", "Layers", "synchronous", "writing"]

KEY = "pk_test_0123456789"
ID = UUID(BOOKING_ID)
DAY = dt.date(2026, 6, 20)
SLOT = Timeslot("09:00", "12:00")
WANTED = models.TimeslotInput("09:00", "12:00")
Subject = Callable[[int], object]


def stock(base_url: str) -> AuthenticatedClient:
    """The generated client as its README says to use it, with the timeout that the vendor asks for."""
    return AuthenticatedClient(
        base_url=base_url, token=KEY, prefix="", auth_header_name="X-API-Key", timeout=httpx.Timeout(30)
    )


def synchronous(base_url: str) -> dict[str, Subject]:
    """Reading a booking."""
    theirs, ours = stock(base_url), CleanLife(KEY, base_url=base_url)
    request, transport = captured(ours), ours._session.transport  # noqa: SLF001  # To measure it alone.
    return {
        "stock": partial(_each, partial(get_booking_status.sync, ID, client=theirs)),
        "ours": partial(_each, partial(ours.bookings.status, ID)),
        "transport": partial(_each, lambda: transport.send(_fresh(request))),
    }


def writing(base_url: str) -> dict[str, Subject]:
    """Making a booking, which in ours has one layer more."""
    theirs, ours = stock(base_url), CleanLife(KEY, base_url=base_url)
    body = models.CreateBookingRequest(
        contact_id=ID, address_id="address-1", service_id=ID, date=DAY, timeslot=WANTED, external_reference="ORDER-1"
    )
    asked: dict[str, Any] = {"contact_id": ID, "address_id": "address-1", "service_id": ID, "date": DAY}
    make = partial(ours.bookings.create, **asked, timeslot=SLOT, external_reference="ORDER-1")
    return {
        "stock": partial(_each, partial(create_booking.sync, client=theirs, body=body)),
        "ours": partial(_each, make),
    }


class Asynchronous:
    """Reading a booking, so many times at once, on one event loop."""

    def __init__(self, base_url: str, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._theirs, self._ours = stock(base_url), AsyncCleanLife(KEY, base_url=base_url)
        self._request = captured(CleanLife(KEY, base_url=base_url))

    def subjects(self, in_flight: int) -> dict[str, Subject]:
        """The three, with as many calls *in_flight*."""
        transport = self._ours._session.transport  # noqa: SLF001  # To measure it alone.
        calls: dict[str, Callable[[], Awaitable[object]]] = {
            "stock": partial(get_booking_status.asyncio, ID, client=self._theirs),
            "ours": partial(self._ours.bookings.status, ID),
            "transport": lambda: transport.send(_fresh(self._request)),
        }
        return {name: partial(self._run, call, in_flight) for name, call in calls.items()}

    def _run(self, call: Callable[[], Awaitable[object]], in_flight: int, calls: int) -> None:
        self._runner.run(_crowd(call, in_flight, calls))

    def close(self) -> None:
        """Close the connections on the loop on which they were made."""
        self._runner.run(self._ours.aclose())
        self._runner.run(self._theirs.get_async_httpx_client().aclose())


async def _crowd(call: Callable[[], Awaitable[object]], in_flight: int, calls: int) -> None:
    todo = iter(range(calls))

    async def one_after_the_other() -> None:
        for _ in todo:
            await call()

    await asyncio.gather(*(one_after_the_other() for _ in range(in_flight)))


class Layers:
    """The layers of an operation without a network: all of them, and each by what it adds to those beneath."""

    def __init__(self) -> None:
        client = CleanLife(KEY, base_url="http://nowhere.test/v1")
        self._core = client._session.core  # noqa: SLF001  # The layers are its business, and are measured here.
        self._request = captured(client)
        operation, attempts = self._request.operation, self._request.options.max_attempts
        self._layers = self._core._layers(operation, attempts)  # noqa: SLF001

    def subjects(self) -> dict[str, Subject]:
        """`call` is with all layers, `driver` without one; the others with those from there to the bottom."""
        found: dict[str, Subject] = {"driver": partial(_each, partial(self._driven, dispatch))}
        send: Send = dispatch
        for layer in reversed(self._layers):
            send = partial(layer, send=send)
            name = getattr(layer, "func", layer).__name__
            found[name] = partial(_each, partial(self._driven, send))
        return found

    def _driven(self, send: Send) -> Response:
        return run(send(_fresh(self._request)), Still(), self._core.clock)


class Still:
    """A transport that answers at once, from memory."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def send(self, _request: Request, /) -> Response:
        return RESPONSE

    def close(self) -> None:
        """There is nothing to close."""


class _Capturing(Still):
    def send(self, request: Request, /) -> Response:
        self.requests.append(request)
        return RESPONSE


RESPONSE = Response(200, Headers([("content-type", "application/json"), ("x-request-id", "6f0c9d")]), BODY)
assert ANSWER.endswith(BODY)


def captured(client: CleanLife) -> Request:
    """The request that reading a booking comes to, at the bottom of all layers."""
    capturing = _Capturing()
    session = attrs.evolve(client._session, transport=capturing)  # noqa: SLF001
    session.request("get", f"/partners/bookings/{ID}/status")
    return capturing.requests[0]


def _fresh(request: Request) -> Request:
    """*request*, in a scope of its own, as every call has one."""
    scope = attrs.evolve(request.scope, ends=request.scope.ends + 1e6, attempts=[])
    return attrs.evolve(request, scope=scope)


def _each(call: Callable[[], object], calls: int) -> None:
    for _ in repeat(None, calls):
        call()
