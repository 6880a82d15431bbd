"""Deliveries that CleanLife has given up: found, and told to whoever wants to know."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from cleanlife_client.models import Delivery, DeliveryStatus

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.webhooks.log import tell
from cleanlife_ext.webhooks.processing.processor import AskingSteps, alerted
from cleanlife_ext.webhooks.processing.steps import Steps, items

__all__ = ["Watch", "failed"]


def failed(client: CleanLife | AsyncCleanLife) -> Steps[list[Delivery]]:
    """The deliveries that have failed, the newest first."""
    return items(client.webhooks.deliveries.list(status=DeliveryStatus.FAILED).pages())


class Watch:
    """Tells its *alerts* of deliveries that have failed: of each once, until it was seen not to be among them."""

    def __init__(self) -> None:
        self.alerts: list[Callable[[Sequence[Delivery]], object]] = []
        self._told: frozenset[object] = frozenset()
        self._lock = threading.Lock()

    def look(self, client: CleanLife | AsyncCleanLife) -> AskingSteps[None]:
        """Look once, and tell of those that are new."""
        new = self._new((yield from failed(client)))
        if new:
            told = {"count": len(new)}
            tell(logging.WARNING, "cleanlife.webhook.deliveries_failed", **told)
            yield from alerted(self.alerts, new, told)

    def _new(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        with self._lock:  # Workers may share it.
            new = [delivery for delivery in deliveries if delivery.id not in self._told]
            self._told = frozenset(delivery.id for delivery in deliveries)
        return new
