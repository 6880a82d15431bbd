"""Subscriptions to notifications.

Decided here: what is no rest-hook, and a payload that is none of the three that are sent, is refused; so is a header
that could not be one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cleanlife_ext.simulator.calls import Answer
from cleanlife_ext.simulator.healthgorilla import notifications, outcomes, schemas
from cleanlife_ext.simulator.healthgorilla.creating import created
from cleanlife_ext.simulator.healthgorilla.outcomes import Issue
from cleanlife_ext.simulator.healthgorilla.reading import Ask
from cleanlife_ext.simulator.healthgorilla.resources import made
from cleanlife_ext.simulator.idempotency import Made
from cleanlife_ext.simulator.webhooks import urls

if TYPE_CHECKING:
    from cleanlife_ext.simulator.healthgorilla.state import State

MOST_ACTIVE = 30
Json = dict[str, Any]
_HEADER = re.compile(r"[0-9A-Za-z!#$%&'*+.^_`|~-]{1,128}: ?[ -~]{0,4000}")


def create_subscription(state: State, ask: Ask) -> Answer:
    """A new subscription."""
    return state.once(ask, lambda: _created(state, ask))


def get_subscription(state: State, ask: Ask) -> Answer:
    """The subscription as it is now."""
    found = state.subscriptions.get(ask.client.id, ask.id)
    if found is None:
        raise outcomes.not_found("The subscription")
    return outcomes.fhir(200, found.content, {"ETag": found.etag})


def _created(state: State, ask: Ask) -> Made[Answer]:
    schemas.check(ask.body, "Subscription", state.settings, lambda body: _wrong(state, ask, body))
    active = [each for each in state.subscriptions.of(ask.client.id) if each.content["status"] == "active"]
    if ask.body["status"] == "active" and len(active) >= MOST_ACTIVE:
        raise outcomes.cannot_process(f"There must not be more than {MOST_ACTIVE} active subscriptions.", 422)
    new = made(ask.body, state.ids.resource_id(), ask.client.id, state.now(), ask.key)
    state.subscriptions.put(new)
    return created(new, ask.base_url, state.settings)


def _wrong(state: State, ask: Ask, body: Json) -> list[Issue]:
    channel = body["channel"]
    complaint = urls.complaint(
        channel["endpoint"], allow_http=state.allow_http, domains=None, served=state.served, called=ask.host
    )
    checks = (
        (channel["type"] != "rest-hook", "channel.type", "must be rest-hook"),
        (complaint is not None, "channel.endpoint", (complaint or "").removeprefix("url ")),
        (channel.get("payload", "") not in notifications.PAYLOADS, "channel.payload", "is not sent"),
        (not all(map(_HEADER.fullmatch, channel.get("header", []))), "channel.header", "must hold name, colon, value"),
    )
    wrong = [(where, how) for is_wrong, where, how in checks if is_wrong]
    return [Issue("invalid", f"The '{where}' field {how}.", f"Subscription.{where}") for where, how in wrong]
