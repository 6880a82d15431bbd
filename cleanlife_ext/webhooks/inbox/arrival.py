"""What came in and is to be written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from cleanlife_ext.webhooks.events import Event

if TYPE_CHECKING:
    from cleanlife_ext.webhooks.inbox.deliveries import Work

__all__ = ["Arrival"]


@attrs.frozen(eq=False)
class Arrival:
    """An event that came in *now*, and what is to be done in the transaction that writes it down."""

    event: Event
    body: bytes
    now: float
    then: Work | None = None
