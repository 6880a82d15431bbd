"""A delivery's story: sent until it is accepted, or has failed often enough.

    new ──► PENDING ──► DELIVERED    any 2xx
               │ ▲
               ▼ │ retried by hand: one attempt more
             FAILED

Decided here, since no page says it: a delivery whose subscription is paused or gone when its turn comes has failed for
good, without a further attempt (documented is that it fails at once). The delay before a retry begins when the attempt
before it has ended. What a duplicate of an accepted delivery meets changes nothing but the count.
"""

import datetime as dt

from attrs import evolve

from cleanlife_ext.simulator.refusals import delivery_not_retryable
from cleanlife_ext.simulator.webhooks import messages
from cleanlife_ext.simulator.webhooks.mishaps import UNHARMED, Fate
from cleanlife_ext.simulator.webhooks.terms import TERMS, Terms
from cleanlife_ext.simulator.webhooks.values import Delivery, DeliveryAttempt, Event, Outcome, Subscription

# Of a delivery that somebody retries for ever.
MOST_ATTEMPTS_KEPT = 50


def made(event: Event, subscription: Subscription, id: str, fate: Fate, terms: Terms = TERMS) -> Delivery:
    """*event*, to be sent to *subscription*; what it carries is decided now."""
    return Delivery(
        id=id,
        partner_id=subscription.partner_id,
        subscription_id=subscription.id,
        event=event.name,
        created_at=event.created_at,
        body=messages.body(event, id),
        attempts_left=terms.attempts,
        fate=fate,
    )


def obstacle(subscription: Subscription | None) -> str | None:
    """Why nothing is sent to *subscription* now, or None."""
    if subscription is None:
        return "subscription was deleted"
    return None if subscription.status == "ACTIVE" else "subscription is not active"


def complaint(outcome: Outcome, terms: Terms) -> str | None:
    """Why an attempt has failed, in our words only, or None if it was accepted."""
    if outcome.status is None:
        return outcome.error
    if terms.accepts(outcome.status):
        return None
    redirected = ": redirects are not followed" if 300 <= outcome.status < 400 else ""
    return f"HTTP {outcome.status}{redirected}"


def attempted(delivery: Delivery, attempt: DeliveryAttempt, now: dt.datetime, terms: Terms) -> Delivery:
    """*delivery* after *attempt*: delivered, failed, or to be tried again later."""
    counted = evolve(
        _counted(delivery, attempt),
        attempts_left=delivery.attempts_left - 1,
        status_code=attempt.status_code,
        error=attempt.error,
        next_retry_at=None,
    )
    if attempt.error is None:
        return evolve(counted, status="DELIVERED", delivered_at=now, attempts_left=0)
    if counted.attempts_left <= 0:
        return evolve(counted, status="FAILED", attempts_left=0)
    return evolve(counted, next_retry_at=now + terms.delays[min(delivery.attempt_count, len(terms.delays) - 1)])


def given_up(delivery: Delivery, attempt: DeliveryAttempt, terms: Terms) -> Delivery:
    """*delivery* after an attempt that could not be made."""
    last = evolve(delivery, attempts_left=1)
    return attempted(last, attempt, attempt.at, terms)


def repeated(delivery: Delivery, attempt: DeliveryAttempt) -> Delivery:
    """*delivery*, which was sent once more after it had been accepted."""
    return _counted(delivery, attempt)


def retried(delivery: Delivery, terms: Terms = TERMS) -> Delivery:
    """*delivery*, waiting to be sent once more, and this time unharmed."""
    if delivery.status != "FAILED":
        raise delivery_not_retryable()
    return evolve(
        delivery,
        status="PENDING",
        error=None,
        next_retry_at=None,
        attempts_left=terms.manual_attempts,
        fate=UNHARMED,
    )


def _counted(delivery: Delivery, attempt: DeliveryAttempt) -> Delivery:
    attempts = (*delivery.attempts, attempt)[-MOST_ATTEMPTS_KEPT:]
    return evolve(delivery, attempt_count=delivery.attempt_count + 1, attempts=attempts)
