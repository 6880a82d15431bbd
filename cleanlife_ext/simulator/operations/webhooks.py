"""Webhooks: subscriptions, their secrets, and the deliveries."""

from attrs import evolve

from cleanlife_ext.simulator import refusals, shapes
from cleanlife_ext.simulator.calls import Ask, Page
from cleanlife_ext.simulator.operations import paging
from cleanlife_ext.simulator.state import State
from cleanlife_ext.simulator.webhooks import Subscription, dispatch, urls
from cleanlife_ext.simulator.webhooks.outbox import Search


def create_subscription(state: State, ask: Ask) -> object:
    """A new subscription; this answer is the only one that shows its secret."""
    _check_url(state, ask)
    now = state.now()
    subscription = Subscription(
        id=state.ids.uuid(),
        partner_id=ask.partner.id,
        url=ask.body["url"],
        events=tuple(ask.body["events"]),
        created_at=now,
        updated_at=now,
        secret=state.ids.secret(),
    )
    state.subscriptions[subscription.id] = subscription
    return {**shapes.subscription(subscription), "secret": subscription.secret}


def list_subscriptions(state: State, ask: Ask) -> object:
    """All subscriptions that were not deleted, paused ones too, newest first."""
    newest_first = reversed(state.subscriptions.values())
    return [shapes.subscription(each) for each in newest_first if each.partner_id == ask.partner.id]


def update_subscription(state: State, ask: Ask) -> object:
    """Another URL, other events, or a pause; the secret stays."""
    subscription = state.subscription(ask.partner, ask.id)
    _check_url(state, ask)
    changed = evolve(
        subscription,
        url=ask.body.get("url", subscription.url),
        events=tuple(ask.body.get("events", subscription.events)),
        status=ask.body.get("status", subscription.status),
        updated_at=state.now(),
    )
    state.subscriptions[changed.id] = changed
    return shapes.subscription(changed)


def delete_subscription(state: State, ask: Ask) -> object:
    """Gone for good; its deliveries remain on record."""
    subscription = state.subscription(ask.partner, ask.id)
    del state.subscriptions[subscription.id]
    state.held_back.forget(subscription.id)
    return {"id": subscription.id, "removed": True}


def rotate_secret(state: State, ask: Ask) -> object:
    """A new secret, shown once; the old one is worth nothing from now on."""
    subscription = state.subscription(ask.partner, ask.id)
    changed = evolve(subscription, secret=state.ids.secret(), updated_at=state.now())
    state.subscriptions[changed.id] = changed
    return {"id": changed.id, "secret": changed.secret}


def list_deliveries(state: State, ask: Ask) -> Page:
    """The partner's deliveries, newest first."""
    page, limit = paging.place(ask.query)
    search = Search(
        partner_id=ask.partner.id,
        subscription_id=ask.query["subscriptionId"].lower() if "subscriptionId" in ask.query else None,
        status=ask.query.get("status"),
        offset=(page - 1) * limit,
        limit=limit,
    )
    total, found = state.deliveries.search(search)
    return Page([shapes.delivery(delivery) for delivery in found], page, limit, total)


def retry_delivery(state: State, ask: Ask) -> object:
    """Send a failed delivery once more."""
    delivery = dispatch.send_again(state, state.delivery(ask.partner, ask.id))
    return {"id": delivery.id, "status": delivery.status}


def _check_url(state: State, ask: Ask) -> None:
    url = ask.body.get("url")
    if url is None:
        return
    wrong = urls.complaint(
        url, allow_http=state.allow_http, domains=ask.partner.webhook_domains, served=state.served, called=ask.host
    )
    if wrong:
        raise refusals.invalid([wrong])
