"""A receiver with a view, to which a simulator delivers as long as it is within reach."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from cleanlife_client.models import Booking
from webhooks.stories import NINE, Shop, shop

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.simulator.webhooks import WebhookRequest
from cleanlife_ext.webhooks import Inbox, WebhookReceiver
from cleanlife_ext.webhooks.bookings.view import BookingView, OnGap
from cleanlife_ext.webhooks.events import Event, parse


class SkewedClock(Clock):
    """The time of a simulator, as far as there is one, and so many seconds beside it."""

    def __init__(self, skew: float = 0.0) -> None:
        self.skew = skew
        self.shop: Shop | None = None

    def wall(self) -> float:
        return self.skew + (NINE if self.shop is None else self.shop.simulator.clock.now().timestamp())


@attrs.define(eq=False)
class Station:
    """Where deliveries come in. *share*: of those that meet nobody."""

    inbox: Inbox
    view: BookingView
    receiver: WebhookReceiver
    clock: SkewedClock
    share: float = 0.0
    source: random.Random = attrs.Factory(lambda: random.Random(1))  # noqa: S311  # No secret is made of it.

    def take(self, request: WebhookRequest) -> int:
        """Answer a delivery."""
        if self.source.random() < self.share:
            return 503
        self.receiver.accept(parse(request.body), request.body)
        return 200

    def tell(self, *events: Event) -> None:
        """Have these events processed as if each had been delivered."""
        for number, event in enumerate(events):
            id = f"{self.source.random()}-{number}"
            self.receiver.accept(attrs.evolve(event, delivery_id=id), body_of(event))
            self.receiver.process()

    def shown(self) -> dict[str, Booking]:
        """What the view shows."""
        return {state.booking_id: state.booking for state in self.view.all()}


def body_of(event: Event) -> bytes:
    """What was delivered."""
    return json.dumps(dict(event.content)).encode()


@contextmanager
def station(url: str, *, on_gap: OnGap = "ignore", skew: float = 0.0) -> Iterator[Station]:
    """One whose inbox is at *url*."""
    with Inbox(url) as inbox:
        view, clock = BookingView(inbox, on_gap=on_gap), SkewedClock(skew)
        yield Station(inbox, view, WebhookReceiver(secrets=["x"], inbox=inbox, view=view, clock=clock), clock)


@contextmanager
def served(
    folder: Path, *, skew: float = 0.0, on_gap: OnGap = "ignore", **options: Any
) -> Iterator[tuple[Station, Shop]]:
    """A station, and the shop of which it is told."""
    with (
        station(f"sqlite:///{folder / 'webhooks.db'}", on_gap=on_gap, skew=skew) as here,
        shop(here.take, **options) as there,
    ):
        here.clock.shop = there
        yield here, there
