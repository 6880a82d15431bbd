"""What subscriptions are told: jobs that have ended, and resources that were made.

Decided here: criteria are a type, and conditions that name a text of the resource's own;
``OperationOutcome?async=true`` are the ended jobs, and ``Patient.P360`` the patients of retrievals that are done. What
else FHIR could say fits nothing. Each subscription is told with an event id of its own. ``end`` is kept and passed
over. After the last attempt a notification is dropped for good, and the subscription stays as it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from attrs import frozen
from healthgorilla_traits import WEBHOOK_DELIVERY

from cleanlife_ext.simulator.healthgorilla import outcomes
from cleanlife_ext.simulator.healthgorilla.outcomes import Issue
from cleanlife_ext.simulator.healthgorilla.resources import Resource
from cleanlife_ext.simulator.webhooks import Delivery, WebhookRequest, dispatch, signing
from cleanlife_ext.simulator.webhooks.terms import terms

if TYPE_CHECKING:
    from cleanlife_ext.simulator.healthgorilla.jobs import Job
    from cleanlife_ext.simulator.healthgorilla.state import State

Json = dict[str, Any]
_WHOLE, _REFERENCE = outcomes.FHIR_JSON, "application/hg-event+json"
PAYLOADS = (_WHOLE, _REFERENCE, "")
TERMS = terms(WEBHOOK_DELIVERY)
_SUCCESS = Issue("informational", "The request was processed.", severity="information")


@frozen
class Event:
    """Something that somebody may want to hear of: *resource* fits *type*, and *about* what criteria may ask."""

    client_id: str
    type: str
    resource: Json
    about: Mapping[str, Any]


def job_ended(state: State, job: Job) -> None:
    """Tell that *job* is done, or has failed."""
    issues = (job.result or {})["issue"] if job.state == "failed" else [_SUCCESS.json()]
    outcome = {"resourceType": "OperationOutcome", "id": job.id, "issue": issues}
    _announce(state, Event(job.client_id, "OperationOutcome", outcome, {"async": "true"}))
    if job.kind == "retrieve" and job.state == "done":
        patient = state.patients.get(job.client_id, job.patient_id)
        assert patient is not None, "patients are never forgotten"
        _announce(state, Event(job.client_id, "Patient.P360", patient.content, {}))


def resource_made(state: State, resource: Resource) -> None:
    """Tell that there is a new one."""
    content = resource.content
    _announce(state, Event(resource.client_id, content["resourceType"], content, content))


def request(state: State, delivery: Delivery) -> WebhookRequest | str:
    """What is sent now, by what is known of the subscription at this moment; or why nothing is."""
    subscription = state.subscriptions.get(delivery.partner_id, delivery.subscription_id)
    assert subscription is not None, "subscriptions are never forgotten"
    if subscription.content["status"] != "active":
        return "subscription is not active"
    channel = subscription.content["channel"]
    own = signing.headers(delivery, state.webhook_secret, state.now(), TERMS, type=channel.get("payload", ""))
    ours = {name.lower() for name in own}
    given = [_header(line) for line in channel.get("header", [])]
    headers = {**{name: value for name, value in given if name.lower() not in ours}, **own}
    return WebhookRequest(channel["endpoint"], MappingProxyType(headers), delivery.body)


def _announce(state: State, event: Event) -> None:
    for subscription in state.subscriptions.of(event.client_id):
        if subscription.content["status"] == "active" and _fits(subscription.content["criteria"], event):
            delivery = Delivery(
                id=state.ids.delivery_id(),
                partner_id=event.client_id,
                subscription_id=subscription.id,
                event=event.type,
                created_at=state.now(),
                body=_body(subscription.content["channel"].get("payload", ""), event.resource),
                attempts_left=TERMS.attempts,
                fate=dispatch.fate(state),
            )
            dispatch.plan_first(state, delivery)


def _fits(criteria: str, event: Event) -> bool:
    type, _, conditions = criteria.partition("?")
    wanted = parse_qsl(conditions, keep_blank_values=True)
    return type == event.type and all(event.about.get(name) == value for name, value in wanted)


def _body(payload: str, resource: Json) -> bytes:
    if not payload:
        return b""
    type = resource["resourceType"]
    shown = resource if payload == _WHOLE else {"resource": type, "id": f"{type}/{resource['id']}"}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()
