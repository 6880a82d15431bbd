"""The transports that users get, each in its world, for tests over real sockets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import attrs
import httpx
from cleanlife_client import models
from engine.wire_server import message
from worlds import BOOKING, World

from cleanlife_ext.engine.flow import Clock

ID = BOOKING["bookingId"]
FOUND = message(BOOKING)
PATIENCE = 15.0  # Seconds, where no timeout is tested, and the machine may be busy.


class Hasty(Clock):
    """Time as it is, but for the waits between attempts: they are written down, and pass at once."""

    def __init__(self) -> None:
        self.skipped = 0.0
        self.waits: list[float] = []

    def now(self) -> float:
        return time.monotonic() + self.skipped

    def wall(self) -> float:
        return time.time() + self.skipped

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.skipped += seconds

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)


@attrs.frozen
class Wired:
    """A world, with one of the transports that work in it."""

    world: World
    given: Callable[[], Any] | None

    def make(self, url: str, **options: Any) -> Any:
        """A client of this world and transport."""
        transport = None if self.given is None else self.given()
        chosen = {
            "timeout": PATIENCE,
            "deadline": 20.0,
            "max_attempts": 1,
            "clock": Hasty(),
            "base_url": url,
            **options,
        }
        return self.world.make(transport, **chosen)

    def ask(self, url: str, call: Callable[[Any], Any] | None = None, **options: Any) -> Any:
        """Call once, by a client of its own."""
        client = self.make(url, **options)
        try:
            return self.world((call or read)(client))
        finally:
            self.world.close(client)


TRANSPORTS: dict[str, tuple[str, Callable[[], Any] | None]] = {
    "httpx": ("sync", None),
    "aiohttp": ("asyncio", None),
    "httpx on asyncio": ("asyncio", httpx.AsyncHTTPTransport),
    "httpx on trio": ("trio", None),
}


def read(client: Any) -> Any:
    """A call that is safe to repeat."""
    return client.bookings.status(ID)


def write(client: Any) -> Any:
    """A call that is not: while nobody knows whether it took effect, the booking is looked at."""
    return client.bookings.cancel(ID)


def book(client: Any) -> Any:
    """A booking, with a reference."""
    return client.bookings.create(
        contact_id=ID,
        address_id="a",
        service_id=ID,
        date="2026-06-20",
        timeslot=models.Timeslot("09:00", "12:00"),
        external_reference="ORDER-1",
    )
