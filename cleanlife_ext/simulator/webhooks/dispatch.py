"""How an event becomes deliveries, and a delivery the requests that leave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from attrs import frozen

from cleanlife_ext.simulator.webhooks import deliveries, signing
from cleanlife_ext.simulator.webhooks.mishaps import LONGEST_HOLD, drawn
from cleanlife_ext.simulator.webhooks.terms import TERMS
from cleanlife_ext.simulator.webhooks.values import (
    Delivery,
    DeliveryAttempt,
    Event,
    Outcome,
    Subscription,
    WebhookRequest,
)

if TYPE_CHECKING:
    from cleanlife_ext.simulator.state import State

LOST = Outcome(None, "connection lost")


def announce(state: State, event: Event) -> tuple[str, ...]:
    """Make a delivery for each subscription that wants *event*, plan when it leaves, and give back their ids."""
    wanting = [subscription for subscription in state.subscriptions.values() if _wants(subscription, event)]
    made = [
        deliveries.made(event, subscription, state.ids.delivery_id(), drawn(state.mishaps, state.luck))
        for subscription in wanting
    ]
    for delivery in made:
        _plan_first(state, delivery)
    return tuple(delivery.id for delivery in made)


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


def _plan_first(state: State, delivery: Delivery) -> None:
    state.deliveries[delivery.id] = delivery
    leaves = state.now() + delivery.fate.delay
    if delivery.fate.is_held_back and state.held_back.may_hold(delivery.subscription_id):
        state.held_back.hold(delivery.subscription_id, delivery.id)
        leaves += LONGEST_HOLD
    else:
        state.held_back.follow(delivery.subscription_id, delivery.id)
    state.agenda.plan(leaves, Dispatch(delivery.id, delivery.subscription_id))


def _release(state: State, delivery: Delivery) -> None:
    """Let the one go that was held back behind *delivery*, unless it has gone already."""
    held = state.deliveries.get(state.held_back.released_by(delivery.subscription_id, delivery.id) or "")
    if held is not None and held.attempt_count == 0:
        waiting = Dispatch(held.id, held.subscription_id)
        if waiting in state.agenda:
            state.agenda.plan(state.now() + held.fate.delay, waiting)


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

    def happen(self, _state: State) -> Dispatch:
        """Get in line."""
        return self

    def start(self, state: State) -> Attempt | None:
        """The request, by what is known of the subscription at this moment; None if nothing is to leave."""
        delivery, now = state.deliveries.get(self.delivery_id), state.now()
        if delivery is None or delivery.status != ("DELIVERED" if self.is_duplicate else "PENDING"):
            return None
        subscription = state.subscriptions.get(self.subscription_id)
        why_not = deliveries.obstacle(subscription)
        if subscription is None or why_not:
            self._give_up(state, delivery, DeliveryAttempt(now, error=why_not))
            return None
        headers = MappingProxyType(signing.headers(delivery, subscription.secret, now))
        attempt = Attempt(self, WebhookRequest(subscription.url, headers, delivery.body), now)
        if delivery.fate.is_dropped:
            attempt.end(state, LOST)
            return None
        return attempt

    def _give_up(self, state: State, delivery: Delivery, attempt: DeliveryAttempt) -> None:
        if not self.is_duplicate:
            state.deliveries[delivery.id] = deliveries.given_up(delivery, attempt)
            _release(state, delivery)


@frozen
class Attempt:
    """A request on its way."""

    dispatch: Dispatch
    request: WebhookRequest
    at: dt.datetime

    def end(self, state: State, outcome: Outcome) -> None:
        """Write down what became of it, and plan what follows."""
        delivery = state.deliveries.get(self.dispatch.delivery_id)
        if delivery is None:
            return
        now, attempt = state.now(), self._attempt(outcome)
        if self.dispatch.is_duplicate:
            state.deliveries[delivery.id] = deliveries.repeated(delivery, attempt)
            return
        after = deliveries.attempted(delivery, attempt, now)
        state.deliveries[after.id] = after
        if after.next_retry_at is not None:
            state.agenda.plan(after.next_retry_at, self.dispatch)
        if after.status == "DELIVERED" and after.fate.is_duplicated:
            state.agenda.plan(now, Dispatch(after.id, after.subscription_id, is_duplicate=True))
        _release(state, after)

    def _attempt(self, outcome: Outcome) -> DeliveryAttempt:
        headers: Mapping[str, str] = self.request.headers
        return DeliveryAttempt(
            at=self.at,
            status_code=outcome.status,
            error=deliveries.complaint(outcome),
            seconds=outcome.seconds,
            signature=headers[TERMS.signature_header],
            headers=headers,
        )
