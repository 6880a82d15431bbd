"""What is done every now and then, beside the deliveries."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

import anyio
import attrs

from cleanlife_ext.webhooks.processing.processor import called

__all__ = ["Job", "repeat"]

log = logging.getLogger("cleanlife_ext.webhooks")


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
            log.error("cleanlife.webhook.job_failed", extra=extra)  # noqa: TRY400  # Its text may quote anybody.
        await anyio.sleep(job.every)
