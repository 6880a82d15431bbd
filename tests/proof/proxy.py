"""What stands in front of receivers: it spreads the load, and it is where networks misbehave.

And where somebody has seen each request, and sends it again, until a receiver has taken it so often.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import anyio
from anyio.from_thread import start_blocking_portal

from cleanlife_ext.simulator.webhooks.terms import TERMS

__all__ = ["Proxy", "fronting"]

LATEST = 0.3  # Seconds after which a request is sent again.
SOON = 0.05  # Seconds
PATIENCE = 8.0  # Seconds; less than the vendor's.
CUT_BEFORE, CUT_AFTER, BUSY = 0.03, 0.05, 0.03  # Shares of requests.
UNAVAILABLE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
ID = TERMS.id_header.lower()


class Proxy:
    """Takes the vendor's requests to one of the receivers that are there, and loses some, or their answers."""

    def __init__(self, seed: int, replays: int) -> None:
        self.receivers: list[int] = []  # The port of each that is there.
        self.arrived: dict[str, float] = {}  # When each came to a receiver for the first time,
        self.acknowledged: dict[str, float] = {}  # and when it was said to be on disk.
        self.counted = Counter[str]()
        self.misbehaves = True
        self.replaying = 0
        self._luck, self._replays = random.Random(seed), replays  # noqa: S311
        self._seen: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def progress(self) -> int:
        """A number that grows as long as anything comes to anybody."""
        return self.counted["sent"] + self.counted["answered 200"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of the vendor's."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            headers = _headers(head)
            request = head + await reader.readexactly(int(headers["content-length"]))
            answer = await self._answered(headers[ID], request)
            writer.write(answer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):  # The vendor has gone away.
            pass
        finally:
            writer.close()

    async def _answered(self, id: str, request: bytes) -> bytes:
        """What the vendor gets; nothing, where the connection is cut."""
        self.counted["sent"] += 1
        fate = self._luck.random() if self.misbehaves else 1.0
        if fate < CUT_BEFORE:
            self.counted["cut before"] += 1
            return b""
        if fate < CUT_BEFORE + BUSY:
            self.counted["refused"] += 1
            return UNAVAILABLE
        if self.receivers and id not in self._seen:
            self._seen.add(id)
            self._replay(id, request)
        answer = await self._forwarded(id, request)
        if fate < CUT_BEFORE + BUSY + CUT_AFTER and answer:
            self.counted["cut after"] += 1
            return b""
        return answer

    def _replay(self, id: str, request: bytes) -> None:
        for _ in range(self._replays):
            self.replaying += 1
            task = asyncio.get_running_loop().create_task(self._sent_again(id, request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _sent_again(self, id: str, request: bytes) -> None:
        # Some at the very moment of the first.
        await asyncio.sleep(LATEST * max(0.0, self._luck.uniform(-0.2, 1)))
        while not (await self._forwarded(id, request)).startswith(b"HTTP/1.1 200"):
            self.counted["replayed in vain"] += 1
            await asyncio.sleep(SOON)
        self.counted["replayed"] += 1
        self.replaying -= 1

    async def _forwarded(self, id: str, request: bytes) -> bytes:
        """What a receiver says; nothing, if it goes away before."""
        if not self.receivers:
            self.counted["nobody there"] += 1
            return UNAVAILABLE
        self.arrived.setdefault(id, time.monotonic())
        answer = b""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                answer = await _asked(self._luck.choice(self.receivers), request)
        status = answer[9:12].decode() or "nothing"
        self.counted[f"answered {status}"] += 1
        if status == "200":
            self.acknowledged.setdefault(id, time.monotonic())
        return answer


@contextmanager
def fronting(seed: int, *, replays: int = 2) -> Iterator[tuple[Proxy, int]]:
    """A proxy, in a thread, and its port."""
    proxy = Proxy(seed, replays)
    with start_blocking_portal() as portal:
        server = portal.call(asyncio.start_server, proxy.serve, "127.0.0.1", 0)
        try:
            yield proxy, server.sockets[0].getsockname()[1]
        finally:
            portal.call(_closed, server)


async def _closed(server: asyncio.Server) -> None:
    server.close()
    await anyio.lowlevel.checkpoint()


async def _asked(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await reader.read()  # Until it is closed, as the vendor asks for.
    finally:
        writer.close()


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name.lower(): value.strip() for name, _, value in pairs}
