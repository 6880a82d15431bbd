"""Subscriptions: what they need, and how many there may be."""

from __future__ import annotations

from typing import Any

import pytest
from simulator.healthgorilla.clinic import HOST, MISSING_ID, SUBSCRIPTION, Clinic

SUBSCRIPTIONS = "/fhir/R4/Subscription"


def channel(**otherwise: object) -> dict[str, Any]:
    """A subscription with something else in its channel."""
    return {**SUBSCRIPTION, "channel": {**SUBSCRIPTION["channel"], **otherwise}}


def test_a_new_subscription_is_shown_as_it_is_kept(clinic: Clinic) -> None:
    """And can be read again; not by another client."""
    made = clinic.ask("POST", SUBSCRIPTIONS, {**SUBSCRIPTION, "end": "2027-01-01T00:00:00Z"})
    assert (made.status, made.body["status"]) == (201, "active")
    assert made.headers["location"] == f"https://{HOST}{SUBSCRIPTIONS}/{made.id}"
    assert clinic.ask("GET", f"{SUBSCRIPTIONS}/{made.id}").body == made.body
    assert [each.resource for each in clinic.simulator.subscriptions] == [made.body]

    clinic.credentials = clinic.simulator.add_client()
    clinic.log_in()
    assert clinic.ask("GET", f"{SUBSCRIPTIONS}/{made.id}").status == 404
    assert clinic.ask("GET", f"{SUBSCRIPTIONS}/{MISSING_ID}").status == 404


def test_thirty_may_be_active(clinic: Clinic) -> None:
    """One more is a 422; one that is off counts for nothing."""
    made = [clinic.ask("POST", SUBSCRIPTIONS, SUBSCRIPTION).id for _ in range(30)]
    reply = clinic.ask("POST", SUBSCRIPTIONS, SUBSCRIPTION)
    assert (reply.status, reply.code) == (422, "processing")
    assert clinic.ask("POST", SUBSCRIPTIONS, {**SUBSCRIPTION, "status": "off"}).status == 201

    clinic.simulator.set_subscription_status(made[0], "error")
    assert clinic.ask("POST", SUBSCRIPTIONS, SUBSCRIPTION).status == 201


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        ({"resourceType": "Subscription"}, "required", "status"),
        ({**SUBSCRIPTION, "criteria": ""}, "required", "criteria"),
        ({**SUBSCRIPTION, "status": "paused"}, "invalid", "status"),
        ({**SUBSCRIPTION, "end": "2027"}, "invalid", "end"),
        ({**SUBSCRIPTION, "channel": {}}, "required", "channel.type"),
        (channel(type="email"), "invalid", "channel.type"),
        (channel(endpoint="http://clinic.example/hooks"), "invalid", "channel.endpoint"),
        (channel(endpoint="nowhere"), "invalid", "channel.endpoint"),
        (channel(endpoint=5), "invalid", "channel.endpoint"),
        (channel(payload="application/hg-ocr+json"), "invalid", "channel.payload"),
        (channel(header=["no header"]), "invalid", "channel.header"),
        (channel(header=["X-A: b\r\nX-C: d"]), "invalid", "channel.header"),
    ],
)
def test_a_subscription_with_something_wrong_is_a_422(
    clinic: Clinic, body: dict[str, Any], code: str, place: str
) -> None:
    """It says what, and where."""
    reply = clinic.ask("POST", SUBSCRIPTIONS, body)
    assert (reply.status, reply.code, reply.places[0]) == (422, code, f"Subscription.{place}")
    assert clinic.simulator.subscriptions == ()


def test_plain_http_to_this_machine_is_a_switch() -> None:
    """But never to the simulator itself."""
    clinic = Clinic(allow_http=True, examine=None)
    assert clinic.ask("POST", SUBSCRIPTIONS, channel(endpoint="http://127.0.0.1:9/hooks")).status == 201
    with clinic.simulator.serve() as server:
        reply = clinic.ask("POST", SUBSCRIPTIONS, channel(endpoint=f"{server.base_url}/hooks"))
    assert reply.status == 422
    assert clinic.ask("POST", SUBSCRIPTIONS, channel(endpoint=f"http://{HOST}/hooks")).status == 422


def test_a_subscription_is_switched_off_by_hand(clinic: Clinic) -> None:
    """A client finds it so, and polls."""
    made = clinic.ask("POST", SUBSCRIPTIONS, SUBSCRIPTION).id
    clinic.simulator.set_subscription_status(made, "off")
    shown = clinic.ask("GET", f"{SUBSCRIPTIONS}/{made}").body

    assert (shown["status"], shown["meta"]["versionId"]) == ("off", "2")
    with pytest.raises(ValueError, match="status must be one of requested, active"):
        clinic.simulator.set_subscription_status(made, "asleep")
    with pytest.raises(ValueError, match=f"no subscription has the id '{MISSING_ID}'"):
        clinic.simulator.set_subscription_status(MISSING_ID, "off")
