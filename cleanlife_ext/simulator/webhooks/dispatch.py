"""How an event becomes deliveries, and a delivery the requests that leave."""

from __future__ import annotations

import datetime as dt
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import frozen

from cleanlife_ext.simulator.webhooks import deliveries, signing
from cleanlife_ext.simulator.webhooks.mishaps import LONGEST_HOLD, Fate, drawn
from cleanlife_ext.simulator.webhooks.terms import Terms
from cleanlife_ext.simulator.webhooks.values import (
    Delivery,
    DeliveryAttempt,
    Event,
    Outcome,
    Subscription,
    WebhookRequest,
)

if TYPE_CHECKING:
    from cleanlife_ext.simulator.ground import Ground
    from cleanlife_ext.simulator.state import State

LOST = Outcome(None, "connection lost")


def announce(state: State, event: Event) -> tuple[str, ...]:
    """Make a delivery for each subscription that wants *event*, plan when it leaves, and give back their ids."""
    wanting = [subscription for subscription in state.subscriptions.values() if _wants(subscription, event)]
    made = [deliveries.made(event, subscription, state.ids.delivery_id(), fate(state)) for subscription in wanting]
    for delivery in made:
        plan_first(state, delivery)
    return tuple(delivery.id for delivery in made)


def request(state: State, delivery: Delivery) -> WebhookRequest | str:
    """What is sent now, by what is known of the subscription at this moment; or why nothing is."""
    subscription = state.subscriptions.get(delivery.subscription_id)
    why_not = deliveries.obstacle(subscription)
    if subscription is None or why_not:
        return why_not or ""
    headers = MappingProxyType(signing.headers(delivery, subscription.secret, state.now()))
    return WebhookRequest(subscription.url, headers, delivery.body)


def send_again(state: State, delivery: Delivery) -> Delivery:
    """Retry *delivery* by hand, at once."""
    again = deliveries.retried(delivery)
    state.deliveries[again.id] = again
    state.agenda.plan(state.now(), Dispatch(again.id, again.subscription_id))
    return again


def _wants(subscription: Subscription, event: Event) -> bool:
    return (
        subscription.partner_id == event.booking.partner_id
        and subscription.status == "ACTIVE"
        and event.name in subscription.events
    )


def fate(ground: Ground) -> Fate:
    """What is going to happen to the next delivery."""
    return drawn(ground.mishaps, ground.luck)


def plan_first(ground: Ground, delivery: Delivery) -> None:
    """Keep *delivery*, which is new, and let it leave in its turn."""
    ground.deliveries[delivery.id] = delivery
    leaves = ground.now() + delivery.fate.delay
    if delivery.fate.is_held_back and ground.held_back.may_hold(delivery.subscription_id):
        ground.held_back.hold(delivery.subscription_id, delivery.id)
        leaves += LONGEST_HOLD
    else:
        ground.held_back.follow(delivery.subscription_id, delivery.id)
    ground.agenda.plan(leaves, Dispatch(delivery.id, delivery.subscription_id))


def _release(ground: Ground, delivery: Delivery) -> None:
    """Let the one go that was held back behind *delivery*, unless it has gone already."""
    held = ground.deliveries.get(ground.held_back.released_by(delivery.subscription_id, delivery.id) or "")
    if held is not None and held.attempt_count == 0:
        waiting = Dispatch(held.id, held.subscription_id)
        if waiting in ground.agenda:
            ground.agenda.plan(ground.now() + held.fate.delay, waiting)


@frozen
class Dispatch:
    """An attempt to be made; *is_duplicate*: although the delivery was accepted."""

    delivery_id: str
    subscription_id: str
    is_duplicate: bool = False

    @property
    def lane(self) -> str:
        """What goes to one subscription goes in its order."""
        return self.subscription_id

    def happen(self, _ground: Ground) -> Dispatch:
        """Get in line."""
        return self

    def start(self, ground: Ground) -> Attempt | None:
        """The request as it is at this moment; None if nothing is to leave."""
        delivery, now = ground.deliveries.get(self.delivery_id), ground.now()
        if delivery is None or delivery.status != ("DELIVERED" if self.is_duplicate else "PENDING"):
            return None
        request = ground.outgoing(delivery)
        if isinstance(request, str):
            self._give_up(ground, delivery, DeliveryAttempt(now, error=request))
            return None
        attempt = Attempt(self, request, now)
        if delivery.fate.is_dropped:
            attempt.end(ground, LOST)
            return None
        return attempt

    def _give_up(self, ground: Ground, delivery: Delivery, attempt: DeliveryAttempt) -> None:
        if not self.is_duplicate:
            ground.deliveries[delivery.id] = deliveries.given_up(delivery, attempt, ground.terms)
            _release(ground, delivery)


@frozen
class Attempt:
    """A request on its way."""

    dispatch: Dispatch
    request: WebhookRequest
    at: dt.datetime

    def end(self, ground: Ground, outcome: Outcome) -> None:
        """Write down what became of it, and plan what follows."""
        delivery = ground.deliveries.get(self.dispatch.delivery_id)
        if delivery is None:
            return
        now, attempt = ground.now(), self._attempt(outcome, ground.terms)
        if self.dispatch.is_duplicate:
            ground.deliveries[delivery.id] = deliveries.repeated(delivery, attempt)
            return
        after = deliveries.attempted(delivery, attempt, now, ground.terms)
        ground.deliveries[after.id] = after
        if after.next_retry_at is not None:
            ground.agenda.plan(after.next_retry_at, self.dispatch)
        if after.status == "DELIVERED" and after.fate.is_duplicated:
            ground.agenda.plan(now, Dispatch(after.id, after.subscription_id, is_duplicate=True))
        _release(ground, after)

    def _attempt(self, outcome: Outcome, terms: Terms) -> DeliveryAttempt:
        return DeliveryAttempt(
            at=self.at,
            status_code=outcome.status,
            error=deliveries.complaint(outcome, terms),
            seconds=outcome.seconds,
            signature=self.request.headers[terms.signature_header],
            headers=self.request.headers,
        )
