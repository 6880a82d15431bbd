"""One asynchronous client on many event loops, as notebooks, test runners and task queues have them."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import anyio
import pytest
from engine.wire_server import answers, serve
from wired import FOUND, ID, read

from cleanlife_ext import AsyncCleanLife


async def use(client: AsyncCleanLife) -> None:
    assert str((await read(client)).booking_id) == ID


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_one_client_serves_fifty_loops(backend: str) -> None:
    """One after the other; each closes its own connections, and the client remembers none of them."""
    with serve(answers(FOUND)) as server:
        client = AsyncCleanLife("pk_1", base_url=server.url)
        for _ in range(50):
            anyio.run(use, client, backend=backend)
        gc.collect()
        transport: Any = client.generated.session.transport
        parts = [transport._asyncio, transport._other]  # noqa: SLF001
        held = [getattr(part, "_sessions", None) or getattr(part, "_pools", {}) for part in parts if part]
        anyio.run(client.aclose, backend=backend)

    assert (len(server.requests), server.connections, server.open) == (50, 50, 0)
    assert held == [{}]


def test_one_client_serves_asyncio_and_trio_in_turn() -> None:
    """In any order."""
    with serve(answers(FOUND)) as server:
        client = AsyncCleanLife("pk_1", base_url=server.url)
        for backend in ("asyncio", "trio", "trio", "asyncio", "asyncio", "trio"):
            anyio.run(use, client, backend=backend)

    assert len(server.requests) == 6


def test_one_client_serves_loops_in_several_threads_at_once() -> None:
    """Each thread has a loop of its own, and so connections of its own."""
    with serve(answers(FOUND)) as server:
        client = AsyncCleanLife("pk_1", base_url=server.url)
        failures: list[BaseException] = []

        async def often() -> None:
            for _ in range(5):
                await use(client)

        def work(backend: str) -> None:
            try:
                anyio.run(often, backend=backend)
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

        threads = [threading.Thread(target=work, args=(backend,)) for backend in ("asyncio", "trio") * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert failures == []
    assert (len(server.requests), server.connections) == (40, 8)


def test_a_notebook_keeps_its_connection() -> None:
    """Its loop goes on from cell to cell."""
    with serve(answers(FOUND)) as server:
        client = AsyncCleanLife("pk_1", base_url=server.url)
        loop = asyncio.new_event_loop()
        for _ in range(5):
            loop.run_until_complete(use(client))
        loop.run_until_complete(client.aclose())
        loop.close()

    assert (len(server.requests), server.connections) == (5, 1)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_was_closed_carelessly_is_forgotten() -> None:
    """Without its asynchronous generators being closed first; what it left behind falls to the garbage collector."""
    with serve(answers(FOUND)) as server:
        client = AsyncCleanLife("pk_1", base_url=server.url)
        careless = asyncio.new_event_loop()
        careless.run_until_complete(use(client))
        transport: Any = client.generated.session.transport
        assert careless in transport._asyncio._sessions  # noqa: SLF001
        careless.close()
        careful = asyncio.new_event_loop()
        careful.run_until_complete(use(client))

        async def main() -> None:
            await use(client)
            assert careless not in transport._asyncio._sessions  # noqa: SLF001
            assert careful in transport._asyncio._sessions  # noqa: SLF001
            await client.aclose()

        asyncio.run(main())
        careful.run_until_complete(client.aclose())
        careful.close()
        gc.collect()

    assert server.connections == 3
