"""What runs beside a receiver where somebody else does the queueing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import anyio

from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.webhooks.log import tell
from cleanlife_ext.webhooks.processing.worker import POLL

__all__ = ["Duty", "QueueCrew", "again"]

LAST_WORDS = 5.0  # Seconds beyond the grace, to write down what was stopped.

Duty: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class QueueCrew:
    """Tasks of asyncio's, one for each of *duties*. Each is cancelled once, and takes its time to come to its end."""

    def __init__(self, *duties: Duty) -> None:
        self._duties = duties
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            raise ConfigurationError(
                "worker: Procrastinate runs on asyncio; use `with receiver.worker():`, which has a thread of its own"
            ) from None
        self._tasks = [asyncio.create_task(duty()) for duty in self._duties]

    async def stop(self, grace: float) -> None:
        for task in self._tasks:
            task.cancel()
        # Who is cancelled waits as well: what is half done would be done again.
        with anyio.CancelScope(shield=True):
            await asyncio.wait(self._tasks, timeout=grace + LAST_WORDS)


async def again(duty: Duty) -> None:
    """Do it, and again whenever it comes to an end: a worker stops when its database is away."""
    while True:
        try:
            await duty()
        except Exception as error:  # noqa: BLE001  # The database may come back.
            tell(logging.ERROR, "cleanlife.webhook.worker_failed", error=type(error).__name__)
        await anyio.sleep(POLL)
