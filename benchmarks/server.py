"""The least that answers: one booking to every request, from a process of its own, so that its time is not ours."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator

BOOKING_ID = "7d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a01"
BODY = json.dumps(
    {
        "success": True,
        "data": {
            "bookingId": BOOKING_ID,
            "externalReference": "ORDER-1",
            "appointmentId": None,
            "status": "in progress",
            "paymentStatus": "PENDING",
            "trackingReference": "SA-0042",
            "date": "2026-06-20T00:00:00.000Z",
            "timeslot": {"startAt": "09:00", "endAt": "12:00", "endsAtNextDay": False},
            "appointment": None,
        },
    }
).encode()
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 6f0c9d\r\n"
    + f"Content-Length: {len(BODY)}\r\n\r\n".encode()
    + BODY
)
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Answering(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self._received, 0, end)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            self._received = self._received[whole:]
            self._transport.write(ANSWER)


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """A server as long as this lasts; gives its base URL."""
    with subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.stdin.close()  # Which is what it waits for.


async def serve() -> None:
    """Answer until the standard input ends, on a port that is said on the standard output."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
