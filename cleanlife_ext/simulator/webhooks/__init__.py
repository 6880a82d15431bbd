"""Webhooks: who wants to hear of what, and how it is told.

    happened ─ messages ─ deliveries ─ dispatch ─ signing ─┐
                             │                             ├─ sending
                    outbox, mishaps            terms ──────┘

All but `sending` is plain Python on plain values. `terms` reads what the spec says of a delivery.
"""

from cleanlife_ext.simulator.webhooks.mishaps import Mishaps
from cleanlife_ext.simulator.webhooks.values import (
    DELIVERY_STATUSES,
    EVENTS,
    SUBSCRIPTION_STATUSES,
    Delivery,
    DeliveryAttempt,
    Event,
    Subscription,
    WebhookRequest,
)

__all__ = [
    "DELIVERY_STATUSES",
    "EVENTS",
    "SUBSCRIPTION_STATUSES",
    "Delivery",
    "DeliveryAttempt",
    "Event",
    "Mishaps",
    "Subscription",
    "WebhookRequest",
]
