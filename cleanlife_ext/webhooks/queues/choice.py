"""How what is in the inbox comes to whoever processes it: by our own worker, or by a queue of somebody else's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from cleanlife_ext.errors import ConfigurationError, InboxError
from cleanlife_ext.webhooks.processing.background import Background
from cleanlife_ext.webhooks.processing.handlers import is_async
from cleanlife_ext.webhooks.processing.jobs import Job
from cleanlife_ext.webhooks.processing.processor import Processor
from cleanlife_ext.webhooks.processing.worker import Worker
from cleanlife_ext.webhooks.queues.queue import Queue

__all__ = ["Handed", "Own", "Takes", "queue_of"]

Takes: TypeAlias = Callable[[str], object]

ONE_MACHINE = (
    "worker: the one that comes along is for SQLite, and one machine; on PostgreSQL give the receiver "
    "queue=Procrastinate(), from cleanlife_ext.webhooks.procrastinate, or a queue of yours"
)


class Own(Queue):
    """None: a worker of ours looks into the inbox."""

    def __init__(self) -> None:
        self._processor: Processor | None = None

    def bind(self, processor: Processor) -> None:
        self._processor = processor

    def worker(self, *, concurrency: int, grace: float, jobs: Sequence[Job]) -> Background:
        assert self._processor is not None
        if self._processor.deliveries.database.dialect != "sqlite":
            raise ConfigurationError(ONE_MACHINE)
        return Worker(self._processor, concurrency=concurrency, grace=grace, jobs=jobs)


class Handed(Queue):
    """One of the user's: a function puts a delivery's id into it. What it has is no business of ours."""

    def __init__(self, take: Takes) -> None:
        self._take = take

    def was_put(self, delivery_id: str) -> None:
        said = _said(self._take, delivery_id)
        if said:
            # Answered 503, it is delivered again, and put in again since it is still waiting.
            raise InboxError(f"delivery {delivery_id} is in the inbox, and the queue did not take it ({said})")


def queue_of(queue: Any) -> Queue:
    """What a user gave for `queue`."""
    if queue is None:
        return Own()
    if isinstance(queue, Queue):
        return queue
    if not callable(queue) or is_async(queue):
        raise ConfigurationError(
            "queue: Procrastinate(), or a function that takes a delivery's id and is not asynchronous, is needed"
        )
    return Handed(queue)


def _said(take: Takes, delivery_id: str) -> str:
    """What went wrong, without its text: that is the user's own."""
    try:
        result = take(delivery_id)
    except Exception as error:  # noqa: BLE001  # It may raise anything.
        return type(error).__name__
    if inspect.iscoroutine(result):
        result.close()
        return "it gave something to be awaited"
    return ""
