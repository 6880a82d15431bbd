"""Notifications: who is told of what, how it is signed, and how often it is tried."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from conformance import check_notification
from simulator.healthgorilla.clinic import SUBSCRIPTION, Clinic, document

from cleanlife_ext.healthgorilla.notifications import verify
from cleanlife_ext.listening import Listening
from cleanlife_ext.simulator import Mishaps, WebhookRequest

EVENT_JSON = "application/hg-event+json"


def subscribe(clinic: Clinic, criteria: str = "OperationOutcome?async=true", **channel: object) -> str:
    """The id of a new subscription."""
    body = {**SUBSCRIPTION, "criteria": criteria, "channel": {**SUBSCRIPTION["channel"], **channel}}
    return clinic.ask("POST", "/fhir/R4/Subscription", body).id


@pytest.fixture
def clinic() -> Iterator[Clinic]:
    """One whose notifications are held against the spec in the end."""
    clinic = Clinic()
    yield clinic
    for request in clinic.inbox.got:
        check_notification(request.headers, request.body)


def test_a_job_that_has_ended_is_told(clinic: Clinic) -> None:
    """As an OperationOutcome with the job's id, whatever has come of it."""
    subscribe(clinic)
    patient = clinic.patient()
    one, two = clinic.retrieve(patient).id, clinic.export(patient).id
    clinic.simulator.fail(two, diagnostics="No.")
    clinic.simulator.clock.advance(seconds=30)

    failed, done = clinic.inbox.bodies
    assert (failed["id"], failed["issue"][0]["severity"], failed["issue"][0]["diagnostics"]) == (two, "error", "No.")
    assert (done["id"], done["issue"][0]["severity"]) == (one, "information")
    assert {each["resourceType"] for each in (failed, done)} == {"OperationOutcome"}


def test_a_subscription_may_ask_for_references(clinic: Clinic) -> None:
    """Or for nothing but the news that there is some."""
    subscribe(clinic, payload=EVENT_JSON)
    channel = {name: value for name, value in SUBSCRIPTION["channel"].items() if name != "payload"}
    clinic.ask("POST", "/fhir/R4/Subscription", {**SUBSCRIPTION, "channel": channel})
    job = clinic.export(clinic.patient()).id
    clinic.simulator.finish(job)
    clinic.simulator.settle()

    named, empty = sorted(clinic.inbox.got, key=lambda request: not request.body)
    assert json.loads(named.body) == {"resource": "OperationOutcome", "id": f"OperationOutcome/{job}"}
    assert named.headers["Content-Type"] == EVENT_JSON
    assert (empty.body, "Content-Type" in empty.headers) == (b"", False)


def test_what_is_made_is_told_where_the_criteria_fit(clinic: Clinic) -> None:
    """By its type, and by texts of its own."""
    subscribe(clinic, "Patient", payload=EVENT_JSON)
    subscribe(clinic, "Patient?gender=male")
    subscribe(clinic, "DocumentReference?status=current")
    subscribe(clinic, "DocumentReference?status=current&type=x")
    subscribe(clinic, "OperationOutcome?async=false")
    patient = clinic.patient()
    made = clinic.ask("POST", "/fhir/R4/DocumentReference", document(patient)).body
    clinic.ask(
        "PUT", f"/fhir/R4/Patient/{patient}", {"resourceType": "Patient", "name": [{"family": "A", "given": ["B"]}]}
    )
    other = clinic.ask(
        "PUT", "/fhir/R4/Patient/mine", {"resourceType": "Patient", "name": [{"family": "A", "given": ["B"]}]}
    )
    clinic.simulator.settle()

    assert other.status == 201
    assert [body for body in clinic.inbox.bodies if "resource" in body] == [
        {"resource": "Patient", "id": f"Patient/{patient}"},
        {"resource": "Patient", "id": "Patient/mine"},
    ]
    assert [body for body in clinic.inbox.bodies if "resource" not in body] == [made]


def test_a_retrieval_that_is_done_is_told_of_the_patient(clinic: Clinic) -> None:
    """One that has failed is not, and no C-CDA."""
    subscribe(clinic, "Patient.P360", payload=EVENT_JSON)
    patient = clinic.patient()
    clinic.simulator.fail(clinic.retrieve(patient).id)
    clinic.simulator.finish(clinic.export(patient).id)
    clinic.simulator.finish(clinic.retrieve(patient).id)
    clinic.simulator.settle()

    assert clinic.inbox.bodies == [{"resource": "Patient", "id": f"Patient/{patient}"}]


def test_nothing_is_told_to_another_client_or_to_who_is_switched_off(clinic: Clinic) -> None:
    """Each tenant is one of its own."""
    off = subscribe(clinic, "Patient")
    clinic.simulator.set_subscription_status(off, "off")
    subscribe(clinic, "Encounter?status=finished")
    clinic.credentials = clinic.simulator.add_client()
    clinic.log_in()
    subscribe(clinic, "Patient")
    clinic.credentials = clinic.simulator.credentials
    clinic.log_in()
    clinic.patient()
    clinic.simulator.settle()

    assert clinic.inbox.got == []


def test_each_attempt_is_signed_with_its_own_time(clinic: Clinic) -> None:
    """Date, id and digest, in three lines, under the one secret; checked here by hand."""
    clinic.inbox.answers[:] = [500, 200]
    subscribe(clinic, "Patient")
    clinic.patient()
    clinic.simulator.clock.advance(seconds=5)

    assert len(clinic.inbox.got) == 2
    for request, later in zip(clinic.inbox.got, (0, 5), strict=True):
        headers = request.headers
        digest = "SHA-512=" + base64.b64encode(hashlib.sha512(request.body).digest()).decode()
        message = "\n".join((headers["Date"], headers["X-Hg-EventId"], digest)).encode()
        proof = hmac.new(clinic.simulator.webhook_secret.encode(), message, "sha512").digest()
        assert headers["Digest"] == digest
        assert headers["X-Hg-Signature"] == "sha512=" + base64.b64encode(proof).decode()
        assert parsedate_to_datetime(headers["Date"]) == clinic.clock() + dt.timedelta(seconds=later)


def test_the_client_believes_them(clinic: Clinic) -> None:
    """What it verifies is what happened."""
    subscribe(clinic)
    job = clinic.export(clinic.patient()).id
    clinic.simulator.clock.advance(minutes=1)
    (request,) = clinic.inbox.got
    secrets = [clinic.simulator.webhook_secret]
    told = verify(request.body, request.headers, secrets=secrets, now=clinic.simulator.clock.now())

    assert (told.id, told.event) == (clinic.simulator.deliveries[0].id, "OperationOutcome")
    assert (told.resource_type, told.resource_id) == ("OperationOutcome", job)
    assert told.created == clinic.clock() + dt.timedelta(seconds=30)


def test_headers_of_the_subscription_are_sent_along(clinic: Clinic) -> None:
    """But never in place of those that prove something."""
    subscribe(clinic, "Patient", header=["Authorization: Bearer x:y", "date:yesterday", "X-Empty:"])
    clinic.patient()
    clinic.simulator.settle()
    (request,) = clinic.inbox.got

    assert (request.headers["Authorization"], request.headers["X-Empty"]) == ("Bearer x:y", "")
    assert "date" not in request.headers
    assert request.headers["User-Agent"] == "HealthGorilla-FHIR-Webhook"
    assert request.headers["X-HealthGorilla-Event-Type"] == "Patient"
    assert request.headers["X-Hg-EventCreated"] == "2026-06-13T05:00:00Z"
    assert request.url == SUBSCRIPTION["channel"]["endpoint"]


@pytest.mark.parametrize("status", [200, 202])
def test_200_and_202_acknowledge(clinic: Clinic, status: int) -> None:
    """Once is enough then."""
    clinic.inbox.answers[:] = [status]
    subscribe(clinic, "Patient")
    clinic.patient()
    clinic.simulator.clock.advance(days=1)

    (delivery,) = clinic.simulator.deliveries
    assert (delivery.status, delivery.attempt_count) == ("DELIVERED", 1)


@pytest.mark.parametrize("answer", [201, 204, 302, 500, ConnectionError()])
def test_anything_else_is_tried_five_times_with_the_same_id(answer: Any) -> None:
    """After 5 and 30 seconds, 2 and 10 minutes; then it is dropped for good."""
    clinic = Clinic(answer)
    subscribe(clinic, "Patient")
    clinic.patient()
    clinic.simulator.clock.advance(days=1)

    (delivery,) = clinic.simulator.deliveries
    assert (delivery.status, delivery.attempt_count) == ("FAILED", 5)
    waits = [later.at - earlier.at for earlier, later in zip(delivery.attempts, delivery.attempts[1:], strict=False)]
    assert [wait.total_seconds() for wait in waits] == [5, 30, 120, 600]
    assert {request.headers["X-Hg-EventId"] for request in clinic.inbox.got} == {delivery.id}
    assert len({request.body for request in clinic.inbox.got}) == 1


def test_what_waits_for_a_subscription_that_was_switched_off_is_dropped(clinic: Clinic) -> None:
    """Without a further attempt."""
    clinic.inbox.answers[:] = [500]
    made = subscribe(clinic, "Patient")
    clinic.patient()
    clinic.simulator.settle()
    clinic.simulator.set_subscription_status(made, "error")
    clinic.simulator.clock.advance(minutes=1)

    (delivery,) = clinic.simulator.deliveries
    assert (delivery.status, delivery.error, len(clinic.inbox.got)) == ("FAILED", "subscription is not active", 1)


def test_mishaps_befall_notifications_too() -> None:
    """A duplicate has the same id."""
    clinic = Clinic(mishaps=Mishaps(duplicate=1))
    subscribe(clinic, "Patient")
    clinic.patient()
    clinic.simulator.settle()

    one, two = clinic.inbox.got
    assert one.headers["X-Hg-EventId"] == two.headers["X-Hg-EventId"]
    assert one.body == two.body


def test_a_receiver_may_use_the_api(clinic: Clinic) -> None:
    """It gets the job's id, and fetches what has come of it."""
    results: list[int] = []

    def fetch(request: WebhookRequest) -> int:
        results.append(clinic.poll(json.loads(request.body)["id"]).status)
        return 200

    clinic.inbox.answers[:] = [fetch]
    subscribe(clinic)
    clinic.retrieve(clinic.patient())
    clinic.simulator.clock.advance(minutes=1)

    assert results == [200]


def test_notifications_leave_over_http_as_well() -> None:
    """With everything that they are signed with."""
    got: list[tuple[dict[str, str], bytes]] = []

    async def receiver(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        got.append(({name.decode(): value.decode() for name, value in scope["headers"]}, body))
        await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})

    clinic = Clinic(receive=None, allow_http=True, examine=None)
    with Listening(receiver, host="127.0.0.1", port=0) as server:
        subscribe(clinic, "Patient", endpoint=f"{server.url}/hooks")
        clinic.patient()
        clinic.simulator.settle()

    ((headers, body),) = got
    check_notification(headers, body)
    assert [each.status for each in clinic.simulator.deliveries] == ["DELIVERED"]
