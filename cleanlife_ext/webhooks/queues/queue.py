"""What an inbox and a receiver need of a queue, if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cleanlife_ext.errors import ConfigurationError

if TYPE_CHECKING:
    from cleanlife_ext.webhooks.inbox.deliveries import Work
    from cleanlife_ext.webhooks.processing.background import Background
    from cleanlife_ext.webhooks.processing.jobs import Job
    from cleanlife_ext.webhooks.processing.processor import Processor

__all__ = ["Queue"]

NO_WORKER = "worker: your queue does the work; call receiver.process(delivery_id) in its jobs"


class Queue:
    """How what waits in an inbox comes to whoever processes it. By itself it does nothing: they look there."""

    def bind(self, processor: Processor) -> None:
        """Serve the receiver whose *processor* this is."""

    def put(self, delivery_id: str, booking_id: str) -> Work | None:
        """What is to be done in the transaction in which a delivery comes to wait."""

    def was_put(self, delivery_id: str) -> None:
        """A delivery waits, and that is on disk. What this raises is told to whoever brought it there."""

    def worker(self, *, concurrency: int, grace: float, jobs: Sequence[Job]) -> Background:
        """What processes deliveries beside the receiver."""
        del concurrency, grace, jobs
        raise ConfigurationError(NO_WORKER)
