"""How soon the receiver answers: `python benchmarks/webhooks.py --rate 500 --seconds 20`.

Deliveries leave at their time, whatever the answers do, and an answer is late by all that passed since the time at
which its delivery should have left: a server that stalls is not spared what would have come meanwhile. They come from a
process of their own, signed, over loopback, to uvicorn, which hands them to an app that does nothing, and to the
receiver on SQLite (WAL, synchronous FULL), alone and with its worker beside it, in turns.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Generator
from pathlib import Path
from typing import Any

import attrs

from cleanlife_ext.webhooks.signing.schemes import SignatureScheme

SECRET = "0123456789abcdef" * 4
GOAL = 0.020  # Seconds, for all but one in a hundred.
SUBJECTS = ("nothing", "receiver", "with worker")
SERVER = """
import logging, sys
import uvicorn
from cleanlife_ext.webhooks.inbox.inbox import Inbox
from cleanlife_ext.webhooks.receiver import WebhookReceiver

subject, url, secret, port = sys.argv[1:]
receiver = WebhookReceiver(secrets=[secret], inbox=Inbox(url), allow_http=True)

@receiver.on("*")
def handle(event):
    pass

async def nothing(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})

async def working(scope, receive, send):
    await receiver.asgi(scope, receive, send)

def serve(app):
    options = {"lifespan": "off", "access_log": False, "log_level": "critical", "loop": "asyncio", "http": "h11"}
    uvicorn.run(app, port=int(port), timeout_keep_alive=60, **options)

if subject == "with worker":
    with receiver.worker():
        serve(receiver.asgi)
else:
    serve(nothing if subject == "nothing" else receiver.asgi)
"""


@attrs.frozen
class Measured:
    """What the answers came to (seconds)."""

    latencies: list[float]
    statuses: dict[int, int]

    def at(self, share: float) -> float:
        """The latency that this share of the answers did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Load:
    """Sends deliveries at their time, each over a connection that nobody else uses meanwhile."""

    def __init__(self, port: int, rate: float, seconds: float) -> None:
        self._port, self._rate = port, rate
        self._requests = [_request(number) for number in range(int(rate * seconds))]
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._latencies: list[float] = []
        self._statuses: dict[int, int] = {}

    async def run(self) -> Measured:
        """Send all of them."""
        began = time.perf_counter() + 0.1
        async with asyncio.TaskGroup() as group:
            for number, request in enumerate(self._requests):
                due = began + number / self._rate
                if (left := due - time.perf_counter()) > 0:
                    await asyncio.sleep(left)
                group.create_task(self._send(request, due))
        for _, writer in self._idle:
            writer.close()
        return Measured(self._latencies, self._statuses)

    async def _send(self, request: bytes, due: float) -> None:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        self._latencies.append(time.perf_counter() - due)
        status = int(head.split(b" ", 2)[1])
        self._statuses[status] = self._statuses.get(status, 0) + 1
        self._idle.append((reader, writer))


def _request(number: int) -> bytes:
    booking = {
        "bookingId": str(uuid.uuid4()),
        "externalReference": f"ORDER-{number}",
        "appointmentId": None,
        "status": "in progress",
        "paymentStatus": "PENDING",
        "trackingReference": "SA-0042",
        "date": "2026-06-20T00:00:00.000Z",
        "timeslot": {"startAt": "09:00", "endAt": "12:00", "endsAtNextDay": False},
        "appointment": None,
    }
    id = str(uuid.uuid4())
    told = {"deliveryId": id, "event": "booking.created", "createdAt": "2026-06-20T09:00:00+03:00", "data": booking}
    body = json.dumps(told).encode()
    headers = {
        "Host": "localhost",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **SignatureScheme.CLEANLIFE.headers(body, SECRET, now=time.time(), id=id),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /hooks HTTP/1.1\r\n{lines}\r\n".encode() + body


@contextlib.contextmanager
def serving(subject: str, folder: Path) -> Generator[int]:
    """The port of a server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"sqlite:///{folder / uuid.uuid4().hex}.db"
    process = subprocess.Popen([sys.executable, "-c", SERVER, subject, url, SECRET, str(port)])  # noqa: S603  # Ours.
    try:
        for _ in range(200):
            with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def main() -> int:
    """Measure, print a table, and write the figures down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="deliveries a second")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path("bench-webhooks.json"))
    parser.add_argument("--strict", action="store_true", help="fail if the goal is missed")
    options = parser.parse_args()
    found: dict[str, list[Measured]] = {subject: [] for subject in SUBJECTS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(options.rounds):
            for subject in SUBJECTS:
                found[subject].append(measured(subject, Path(folder), options.rate, options.seconds))
    figures = {subject: spelled(turns) for subject, turns in found.items()}
    told = {"python": platform.python_version(), "rate": options.rate, "load": os.getloadavg(), "figures": figures}
    options.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return 0 if show(figures, options.rate) or not options.strict else 1


def measured(subject: str, folder: Path, rate: float, seconds: float) -> Measured:
    """One turn, once the server is warm."""
    with serving(subject, folder) as port:
        asyncio.run(Load(port, rate / 5, 1).run())
        return asyncio.run(Load(port, rate, seconds).run())


def spelled(turns: list[Measured]) -> dict[str, Any]:
    """All turns of a subject together, in milliseconds."""
    statuses = {status for turn in turns for status in turn.statuses}
    return {
        "answers": {status: sum(turn.statuses.get(status, 0) for turn in turns) for status in sorted(statuses)},
        "p50": round(1000 * sorted(turn.at(0.5) for turn in turns)[len(turns) // 2], 2),
        "p99": [round(1000 * turn.at(0.99), 2) for turn in turns],
        "max": round(1000 * max(turn.at(1) for turn in turns), 2),
    }


def show(figures: dict[str, dict[str, Any]], rate: float) -> bool:
    """The table, and whether the goal is met by the median of the turns."""
    middle = {subject: sorted(figure["p99"])[len(figure["p99"]) // 2] for subject, figure in figures.items()}
    print(f"{rate:g} deliveries a second, milliseconds; load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':14}{'p50':>8}{'p99':>8}{'max':>9}  p99 to nothing   answers")
    for subject, figure in figures.items():
        ratio = middle[subject] / middle["nothing"]
        answers = figure["answers"]
        print(f"{subject:14}{figure['p50']:8.2f}{middle[subject]:8.2f}{figure['max']:9.2f}{ratio:13.1f}    {answers}")
    met = all(middle[subject] < 1000 * GOAL for subject in SUBJECTS)
    print(f"\ngoal: p99 under {1000 * GOAL:g} ms: {'met' if met else 'MISSED'}")
    return met


if __name__ == "__main__":
    sys.exit(main())
