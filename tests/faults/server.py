"""A server on a real socket that makes bookings, and does wrong what a test says, before or after the effect."""

from __future__ import annotations

import datetime as dt
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import format_datetime
from typing import Any, TypeAlias

import attrs
from engine.wire_server import Connection, WireServer, message, serve
from worlds import BOOKING

Answer: TypeAlias = Callable[[Connection], None]


@attrs.frozen
class Fault:
    """What is done instead of answering well; *effect*: after the request has taken effect."""

    answer: Answer
    effect: bool = False

    def after_the_effect(self) -> Fault:
        return attrs.evolve(self, effect=True)


@attrs.define(eq=False)
class FaultServer:
    """It does to each request what the next fault says, and behaves when there are none left.

    Attributes:
        made: Bookings by their reference, as often as they were made.
        asked: What was asked for, as method and path.
    """

    faults: list[Fault]
    wire: WireServer | None = None
    made: list[dict[str, Any]] = attrs.Factory(list[dict[str, Any]])
    asked: list[str] = attrs.Factory(list[str])

    @property
    def url(self) -> str:
        assert self.wire is not None
        return self.wire.url

    def count(self, method: str) -> int:
        return sum(asked.startswith(method) for asked in self.asked)

    def attend(self, connection: Connection) -> None:
        while (request := connection.read()) is not None:
            head, _, body = request.partition(b"\r\n\r\n")
            method, target = head.decode().split()[:2]
            self.asked.append(f"{method} {target.partition('?')[0]}")
            fault = self.faults.pop(0) if self.faults else None
            good = self.answer(method, target, body, effect=fault is None or fault.effect)
            if fault is None:
                connection.send(good)
            else:
                fault.answer(connection)
                if connection.socket.fileno() < 0:
                    return

    def answer(self, method: str, target: str, body: bytes, *, effect: bool) -> bytes:
        """The good answer to this, and its effect."""
        if method == "POST":
            reference = json.loads(body)["externalReference"]
            if any(booking["externalReference"] == reference for booking in self.made):
                return refusal(409, "DUPLICATE_EXTERNAL_REFERENCE")
            booking = {**BOOKING, "externalReference": reference}
            if effect:
                self.made.append(booking)
            return message(booking, "201 Created")
        if "externalReference=" in target:
            meta = {"page": 1, "limit": 1, "total": len(self.made), "totalPages": 1}
            found = json.dumps({"success": True, "data": self.made, "meta": meta})
            return message(found.encode())
        return message(BOOKING)


@contextmanager
def faulty(*faults: Fault, listener: socket.socket | None = None) -> Iterator[FaultServer]:
    """A server with these faults, one a request."""
    place = FaultServer(list(faults))
    with serve(place.attend, listener=listener) as place.wire:
        yield place


def says(data: bytes) -> Fault:
    """These bytes and nothing more; the connection stays."""
    return Fault(lambda connection: connection.send(data))


def says_and_hangs_up(data: bytes) -> Fault:
    def answer(connection: Connection) -> None:
        connection.send(data)
        connection.socket.shutdown(socket.SHUT_RDWR)
        connection.socket.close()

    return Fault(answer)


def drips(at_once: bytes, slowly: bytes) -> Fault:
    def answer(connection: Connection) -> None:
        connection.send(at_once)
        connection.drip(slowly)

    return Fault(answer)


def refusal(status: int, code: str, **headers: str) -> bytes:
    body = {"success": False, "error": {"code": code, "message": "no", "requestId": "req-no"}}
    return message(json.dumps(body).encode(), f"{status} No", **headers)


def limited(retry_after: str = "") -> Fault:
    return says(refusal(429, "RATE_LIMITED", **({"retry_after": retry_after} if retry_after else {})))


def date_in(seconds: float) -> str:
    """A moment as `Retry-After` gives it."""
    return format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds), usegmt=True)


HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
PAGE = message(HTML, "502 Bad Gateway", content_type="text/html")
WELL = message(BOOKING)

# Nobody knows what became of the request.
LOST: dict[str, Fault] = {
    "reset": Fault(Connection.reset),
    "a stall": Fault(Connection.stall),
    "dripping headers": drips(b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n" * 200),
    "a dripping body": drips(WELL[:-50], b" " * 500),
    "a cut body": says_and_hangs_up(WELL[:-10]),
    "HTML with 502": says(PAGE),
    "500": says(refusal(500, "INTERNAL_ERROR")),
    "503": says(refusal(503, "UNAVAILABLE")),
    "504": says(message(b"", "504 Gateway Timeout")),
    "520": says(message(b"error code: 520", "520 Unknown", content_type="text/plain")),
    "522": says(message(b"error code: 522", "522 Unknown", content_type="text/plain")),
}

# The API's success, by its status alone.
GARBLED: dict[str, Fault] = {
    "garbage with 200": says(message(b"\x00\xff garbage")),
    "HTML with 200": says(message(HTML, content_type="text/html")),
    "another shape with 200": says(message({"bookingId": None})),
}
