"""Calls that are cancelled: they end at once, and leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import anyio
import attrs
import httpx
import pytest
import trio
from engine.wire_server import Behaviour, Connection, WireServer, after_request, answers, deaf, message, serve
from wired import FOUND, ID, Wired, read, write
from worlds import BOOKING, KEY, Script, ok, world_of

from cleanlife_ext import APITimeoutError, AsyncCleanLife, CleanLife, CleanLifeError
from cleanlife_ext.base import AsyncioOrTrio
from cleanlife_ext.engine.lock import LOCK
from cleanlife_ext.engine.transport.wire import Credential, Network, Wire

CHURN = float(os.environ.get("PROOF_CHURN", "0.5"))  # seconds
SLOTS, TASKS = 10, 20
LAST = f"{ID[:-2]}99"
SOON = 3.0  # Seconds: machines that test are busy. An attempt may take a minute.


def drip(connection: Connection) -> None:
    if connection.read() is not None:
        connection.send(b"HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n")
        connection.drip(b" " * 9000)


def slow_handshake(connection: Connection) -> None:
    connection.socket.recv(4096)
    connection.stall()


@attrs.define(eq=False)
class Gate:
    """A server that answers at random; but what is asked last, it answers when all slots are in use at once."""

    waiting: threading.Barrier

    def behave(self, connection: Connection) -> None:
        chance = random.Random()  # noqa: S311
        while (request := connection.read()) is not None:
            if LAST.encode() in request:
                self.waiting.wait(10)
                connection.send(FOUND)
            elif chance.random() < 0.2:
                return
            else:
                connection.send(FOUND[:40])
                connection.server.over.wait(chance.random() * 0.01)
                connection.send(FOUND[40:])


HELD: dict[str, Behaviour] = {
    "before the answer": Connection.stall,
    "in the body": drip,
    "in the handshake": slow_handshake,
}


@pytest.mark.parametrize("how", [*HELD, "while connecting"])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_who_is_cancelled_ends_at_once(backend: str, how: str) -> None:
    """On connections of ours, wherever the call was, and although an attempt may take a minute."""

    async def main(url: str) -> float:
        async with AsyncCleanLife("pk_1", base_url=url, timeout=60.0) as client:
            with anyio.move_on_after(0.1) as scope:
                await write(client)
            assert scope.cancelled_caught
            return anyio.current_time() - scope.deadline

    with deaf() if how == "while connecting" else serve(HELD[how]) as place:
        url = place if isinstance(place, str) else place.url
        url = url.replace("http:", "https:") if how == "in the handshake" else url
        assert anyio.run(main, url, backend=backend) <= SOON


def test_a_large_write_that_is_cancelled_ends_at_once() -> None:
    """In the middle of what a server does not read."""

    async def main(url: str) -> None:
        async with AsyncCleanLife("pk_1", base_url=url, timeout=60.0) as client:
            with trio.move_on_after(0.3) as scope:
                await client.bookings.cancel(ID, notes="x" * 8_000_000)
            assert scope.cancelled_caught

    with serve(lambda connection: connection.server.over.wait() and None) as server:
        began = time.monotonic()
        trio.run(main, server.url)
        assert time.monotonic() - began <= 0.3 + 2 * SOON


def test_over_a_given_transport_a_cancelled_call_ends_with_its_attempt() -> None:
    """It cannot be hastened there, and cut short it would cost the pool a connection; so it is waited for."""

    async def main(url: str) -> None:
        async with AsyncCleanLife("pk_1", base_url=url, timeout=0.3, transport=httpx.AsyncHTTPTransport()) as client:
            began = time.monotonic()
            with anyio.move_on_after(0.05) as scope:
                await read(client)
            assert scope.cancelled_caught
            assert 0.2 <= time.monotonic() - began <= 0.3 + SOON

    with serve(Connection.stall) as server:
        anyio.run(main, server.url)


@pytest.mark.parametrize("given", [None, httpx.AsyncHTTPTransport], ids=["aiohttp", "httpx"])
def test_a_task_that_is_cancelled_by_asyncio_itself_does_not_cut_a_send(given: Any) -> None:
    """`task.cancel()` knows no shields: over httpx the send is in a task of its own."""

    async def main(client: Any) -> None:
        task = asyncio.ensure_future(read(client))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with serve(Connection.stall, answers(FOUND)) as server, world_of("asyncio") as world:
        wired = Wired(world, given)
        client = wired.make(server.url, timeout=0.3)
        world(main(client))
        assert str(world(read(client.with_options(timeout=15))).booking_id) == ID
        world.close(client)


def few(kind: str, url: str) -> AsyncCleanLife:
    """A client with ten connections."""
    if kind == "given":
        limits = httpx.Limits(max_connections=SLOTS, max_keepalive_connections=SLOTS)
        return AsyncCleanLife(
            KEY, base_url=url, transport=httpx.AsyncHTTPTransport(limits=limits), timeout=3.0, max_attempts=1
        )
    client = AsyncCleanLife(KEY, base_url=url, timeout=3.0, max_attempts=1)
    core = client.generated.session.core
    wire = Wire(url, "x-api-key", Credential(KEY), core.clock, Network(connections=SLOTS))
    client._begin(attrs.evolve(client.generated.session, transport=AsyncioOrTrio(wire)), url)  # noqa: SLF001
    return client


async def churn(client: AsyncCleanLife, *, natively: bool) -> int:
    """Call and cancel at random, for a while. Gives how many were cancelled."""
    with suppress(CleanLifeError):  # Whoever asks first imports the HTTP library, which takes its time.
        await read(client)
    ends = time.monotonic() + CHURN
    cancelled = 0
    chance = random.Random(4)  # noqa: S311

    async def by_scope() -> None:
        nonlocal cancelled
        while time.monotonic() < ends:
            with anyio.move_on_after(chance.random() * 0.02) as scope, suppress(CleanLifeError):
                await read(client)
            cancelled += scope.cancelled_caught

    async def by_task() -> None:
        nonlocal cancelled
        while time.monotonic() < ends:
            task = asyncio.ensure_future(read(client))
            await asyncio.wait([task], timeout=chance.random() * 0.02)
            task.cancel()
            with suppress(CleanLifeError):
                try:
                    await task
                except asyncio.CancelledError:
                    cancelled += 1

    async with anyio.create_task_group() as group:
        for _ in range(TASKS):
            group.start_soon(by_task if natively else by_scope)
    return cancelled


def settled(server: WireServer, most: int) -> bool:
    """Whether no more than so many connections are open, once the server has noticed those that were closed."""
    ends = time.monotonic() + 10
    while server.open > most and time.monotonic() < ends:
        time.sleep(0.01)
    return server.open <= most


async def in_use_at_once(client: AsyncCleanLife) -> list[str]:
    found: list[str] = []

    async def ask() -> None:
        found.append(str((await client.bookings.status(LAST)).booking_id))

    async with anyio.create_task_group() as group:
        for _ in range(SLOTS):
            group.start_soon(ask)
    return found


WAYS = [
    ("asyncio", "ours", False),
    ("asyncio", "ours", True),
    ("asyncio", "given", False),
    ("asyncio", "given", True),
    ("trio", "ours", False),
]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("backend", "kind", "natively"), WAYS)
def test_all_connections_are_free_after_a_storm_of_cancellations(backend: str, kind: str, *, natively: bool) -> None:
    """Twenty tasks on ten connections; afterwards ten calls are in flight at once, so none is lost."""
    gate = Gate(threading.Barrier(SLOTS))

    async def main(server: WireServer) -> None:
        async with few(kind, server.url) as client:
            cancelled = await churn(client, natively=natively)
            assert cancelled >= TASKS
            for _ in range(2):
                assert await in_use_at_once(client.with_options(timeout=10)) == [ID] * SLOTS
            assert LOCK.acquire(blocking=False)
            LOCK.release()
            assert await anyio.to_thread.run_sync(settled, server, SLOTS)
        assert await anyio.to_thread.run_sync(settled, server, 0)

    with serve(gate.behave) as server:
        anyio.run(main, server, backend=backend)
    gc.collect()


def test_a_call_that_waits_for_a_connection_is_cancelled_at_once() -> None:
    """It holds none, so there is nothing to wait for; nor does it take one later."""

    async def main(server: WireServer) -> None:
        async with few("ours", server.url) as client:
            async with trio.open_nursery() as nursery:
                for _ in range(SLOTS + 3):
                    nursery.start_soon(read, client)
                with trio.fail_after(10):
                    while len(server.requests) < SLOTS:  # noqa: ASYNC110  # The server's threads know no event loop.
                        await trio.sleep(0.01)
                await trio.testing.wait_all_tasks_blocked(0.05)
                began = time.monotonic()
                nursery.cancel_scope.cancel()
            assert time.monotonic() - began <= SOON
            assert server.connections == SLOTS

    with serve(after_request(Connection.stall)) as server:
        trio.run(main, server)


def test_who_finds_no_free_connection_in_time_has_sent_nothing() -> None:
    """On trio as elsewhere."""

    async def main(server: WireServer) -> None:
        async with few("ours", server.url) as client, trio.open_nursery() as nursery:
            for _ in range(SLOTS):
                nursery.start_soon(read, client)
            await trio.testing.wait_all_tasks_blocked(0.05)
            with pytest.raises(APITimeoutError, match="no connection") as caught:
                await write(client.with_options(timeout=0.1))
            assert not caught.value.ambiguous
            nursery.cancel_scope.cancel()

    with serve(Connection.stall) as server:
        trio.run(main, server)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_who_waits_for_a_connection_when_the_client_is_closed_is_told_so(backend: str) -> None:
    """Nobody has cancelled it, nothing more is sent, and no connection is left."""
    told: list[str] = []

    async def ask(client: AsyncCleanLife) -> None:
        try:
            await write(client)
        except CleanLifeError as error:
            told.append(type(error).__name__)

    async def main(server: WireServer) -> None:
        client = few("ours", server.url)
        async with anyio.create_task_group() as group:
            for _ in range(SLOTS + 3):
                group.start_soon(ask, client)
            with anyio.fail_after(10):
                while len(server.requests) < SLOTS:  # noqa: ASYNC110  # The server's threads know no event loop.
                    await anyio.sleep(0.01)
            await client.aclose()
        assert await anyio.to_thread.run_sync(settled, server, 0)

    with serve(after_request(Connection.stall)) as server:
        anyio.run(main, server, backend=backend)

    assert sorted(told) == ["ConfigurationError"] * 3 + ["OutcomeUnknownError"] * SLOTS
    assert server.connections == len(server.requests) == SLOTS


# Threads.


def test_a_thread_that_waits_for_a_connection_when_the_client_is_closed_is_told_so() -> None:
    """Nothing more is sent."""
    free = threading.Event()

    def held(connection: Connection) -> None:
        while connection.read() is not None:
            free.wait(10)
            connection.send(FOUND)

    with serve(held) as server, ThreadPoolExecutor(2) as pool:
        client = CleanLife(KEY, base_url=server.url)
        transport: Any = client.generated.session.transport
        transport._pool.turns = threading.BoundedSemaphore(1)  # noqa: SLF001
        first, second = pool.submit(read, client), pool.submit(read, client)
        while transport._pool.users < 2 or not server.requests:  # noqa: SLF001
            server.over.wait(0.01)
        client.close()
        free.set()
        told = [type(asked.exception()).__name__ for asked in (first, second)]

    assert "ConfigurationError" in told
    assert len(server.requests) == 1


def test_32_threads_share_one_client() -> None:
    """Each gets its own answer, on no more connections than threads."""

    def echo(connection: Connection) -> None:
        while (request := connection.read()) is not None:
            booking = {**BOOKING, "bookingId": request.split(b"/bookings/")[1][:36].decode()}
            connection.send(message(ok(booking).content))

    ids = [f"{number:08}{ID[8:]}" for number in range(640)]
    with serve(echo) as server, CleanLife("pk_1", base_url=server.url) as client, ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda one: str(client.bookings.status(one).booking_id), ids))

    assert found == ids
    assert server.connections <= 32


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Ctrl-C, for the main thread."""
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # Shells let what runs beside them ignore it.
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        yield
    timer.join()
    signal.signal(signal.SIGINT, before)


# An interrupted handshake leaves its socket to be closed by the garbage collector, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("how", list(HELD))
def test_after_an_interrupt_the_client_works(how: str) -> None:
    """Wherever the call was; and the connection that it was on is closed."""
    with serve(HELD[how], answers(FOUND)) as server:
        address = server.url.replace("http:", "https:") if how == "in the handshake" else server.url
        with CleanLife("pk_1", base_url=address) as client:
            with interrupted_after(0.1):
                read(client)
            if how != "in the handshake":
                assert str(read(client).booking_id) == ID
                assert settled(server, 1)
        gc.collect()


def test_an_interrupt_takes_nothing_from_other_threads() -> None:
    """Their calls end well on the connections that they have, which are closed when the last one is done."""
    free = threading.Event()

    def held(connection: Connection) -> None:
        if connection.read() is not None:
            free.wait(10)
            connection.send(FOUND)
            connection.stall()

    found: list[str] = []
    with serve(held) as server, CleanLife("pk_1", base_url=server.url) as client:
        threads = [threading.Thread(target=lambda: found.append(str(read(client).booking_id))) for _ in range(5)]
        for thread in threads:
            thread.start()
        with interrupted_after(0.2):
            read(client)
        free.set()
        for thread in threads:
            thread.join()
        assert found == [ID] * 5
        assert settled(server, 0)


def test_two_interrupts_at_once_make_one_new_pool() -> None:
    """Whoever comes second finds that the one it was on is out of use already."""
    both = threading.Barrier(2)

    class Interrupted(Script):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            both.wait(10)
            raise KeyboardInterrupt(request.method)

    with CleanLife("pk_1", transport=Interrupted(ok(BOOKING))) as client:
        transport: Any = client.generated.session.transport
        before = transport._pool  # noqa: SLF001

        def work() -> None:
            with suppress(KeyboardInterrupt):
                read(client)

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert transport._pool is not before  # noqa: SLF001
        assert (before.users, transport._pool.users) == (0, 0)  # noqa: SLF001
