"""What is done every now and then, beside the deliveries."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

import anyio
import attrs

from cleanlife_ext.webhooks.log import tell
from cleanlife_ext.webhooks.processing.processor import called

__all__ = ["Job", "repeat"]


@attrs.frozen
class Job:
    """Something to be done every so many seconds, the first time at once. What it returns is awaited if it can be."""

    name: str
    every: float
    act: Callable[[], Awaitable[object] | object]


async def repeat(jobs: Sequence[Job]) -> None:
    """Do them until somebody cancels this."""
    async with anyio.create_task_group() as group:
        for job in jobs:
            group.start_soon(_repeat, job)


async def _repeat(job: Job) -> None:
    thread = anyio.CapacityLimiter(1)  # Of its own, so that it takes none from others and waits for none.
    while True:
        try:
            await called(job.act, limiter=thread)
        except Exception as error:  # noqa: BLE001  # The next time it may go well.
            extra = {"job": job.name, "error": type(error).__name__}
            tell(logging.ERROR, "cleanlife.webhook.job_failed", **extra)  # Its text may quote anybody.
        await anyio.sleep(job.every)
