"""Of several machines that could do something, one does it: whoever holds a lock of PostgreSQL's."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import psycopg

__all__ = ["lead"]

POLL = 5.0  # Seconds between two looks: whether the lock is free, or whether it is held still.


async def lead(
    arguments: dict[str, Any], name: str, duty: Callable[[], Coroutine[Any, Any, None]], poll: float = POLL
) -> None:
    """Do the *duty*, which never ends, as long as no other process does the one of this *name*.

    The lock is the connection's. So it ends with the process, however that ends; and what this raises ends the duty.
    """
    async with await psycopg.AsyncConnection.connect(**arguments, autocommit=True) as connection:
        while not await _elected(connection, name):  # noqa: ASYNC110  # Other processes set no event of ours.
            await anyio.sleep(poll)
        async with anyio.create_task_group() as group:
            group.start_soon(duty)
            group.start_soon(_hold, connection, poll)


async def _elected(connection: psycopg.AsyncConnection[Any], name: str) -> bool:
    # Asked again and again: who waits in the server keeps it from cleaning up.
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", [zlib.crc32(name.encode())])
    return await cursor.fetchone() == (True,)


async def _hold(connection: psycopg.AsyncConnection[Any], poll: float) -> None:
    while True:
        await anyio.sleep(poll)
        await connection.execute("SELECT 1")  # It raises if the connection, and so the lock, is gone.
