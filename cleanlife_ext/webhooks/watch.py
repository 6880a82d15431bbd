"""Deliveries that CleanLife has given up: found, and told to whoever wants to know."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from inspect import iscoroutinefunction
from typing import TypeVar

from cleanlife_client.models import Delivery, DeliveryStatus

from cleanlife_ext.client import AsyncCleanLife, CleanLife
from cleanlife_ext.engine.flow import Blocking
from cleanlife_ext.webhooks.steps import Steps, items

__all__ = ["Watch", "failed"]

log = logging.getLogger("cleanlife_ext.webhooks")

Hook = TypeVar("Hook", bound=Callable[[Sequence[Delivery]], object])


def failed(client: CleanLife | AsyncCleanLife) -> Steps[list[Delivery]]:
    """The deliveries that have failed, the newest first."""
    return items(client.webhooks.deliveries.list(status=DeliveryStatus.FAILED).pages())


class Watch:
    """Tells of deliveries that have failed: each once, until it has been seen to be retried.

    What was told is known to this process alone: a new one tells of all that have failed.
    """

    def __init__(self) -> None:
        self._hooks: list[Callable[[Sequence[Delivery]], object]] = []
        self._told: frozenset[object] = frozenset()
        self._lock = threading.Lock()

    def on_failed(self, hook: Hook) -> Hook:
        """Call *hook* with the deliveries that have failed since the last look."""
        if iscoroutinefunction(hook):
            raise TypeError("on_failed: a plain function is needed; it is called in a thread, and may take its time")
        self._hooks.append(hook)
        return hook

    def look(self, client: CleanLife | AsyncCleanLife) -> Steps[list[Delivery]]:
        """Look once, and tell of what is new."""
        new = self._new((yield from failed(client)))
        if new:
            log.warning("cleanlife.webhook.deliveries_failed", extra={"count": len(new)})
            yield Blocking(lambda: self._tell(new))
        return new

    def _new(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        with self._lock:
            new = [delivery for delivery in deliveries if delivery.id not in self._told]
            self._told = frozenset(delivery.id for delivery in deliveries)
        return new

    def _tell(self, deliveries: Sequence[Delivery]) -> None:
        for hook in self._hooks:
            try:
                hook(deliveries)
            except Exception:  # It is the user's, and the others are to hear of it as well.
                log.exception("cleanlife.webhook.alert_failed", extra={"count": len(deliveries)})
