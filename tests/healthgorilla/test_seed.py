"""Health Gorilla's page on retries, sentence by sentence: what it asks of a client, and what the API then saw.

Each test's docstring begins with the sentence, shortened.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from healthgorilla.clinic import KEY, MRN, SUBSCRIPTION, Clinic, Done, answer, document, opened, patient
from healthgorilla_traits import OPERATIONS
from worlds import World

from cleanlife_ext import (
    APIConnectionError,
    APIStatusError,
    BadRequestError,
    CleanLifeError,
    DeadlineExceededError,
    IdempotencyConflictError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    UnprocessableEntityError,
)
from cleanlife_ext.healthgorilla.notifications import Notification
from cleanlife_ext.simulator import faults

ACTS: dict[str, Callable[[Clinic, Any], Any]] = {
    "createPatient": lambda clinic, _: clinic(clinic.client.patients.create(patient("2"))),
    "updatePatient": lambda clinic, jo: clinic(clinic.client.patients.update({**jo.to_dict(), "active": False})),
    "createDocumentReference": lambda clinic, jo: clinic(clinic.client.documents.create(document(jo.id))),
    "createSubscription": lambda clinic, _: clinic(clinic.client.subscriptions.create(SUBSCRIPTION)),
    "exportCcda": lambda clinic, jo: clinic(clinic.client.patients.export_ccda(jo.id)),
    "getPatient": lambda clinic, jo: clinic(clinic.client.patients.get(jo.id)),
    "searchPatients": lambda clinic, _: clinic(clinic.client.patients.find(MRN, "14455")),
}
KEYED = ["createPatient", "createDocumentReference", "createSubscription", "exportCcda"]
INTERRUPTIONS: dict[str, faults.Fault] = {
    "a timeout": faults.delay(60),
    "a connection dropped before it is done": faults.drop_before_commit(),
    "a connection dropped after it is done": faults.drop_after_commit(),
    "a connection dropped, and it is done later": faults.late_commit(0.5),
    "a connection dropped within the answer": faults.truncate(),
}
ERRORS: dict[str, faults.Fault] = {
    "502": faults.status(502),
    "502 without a body": faults.status(502, empty=True),
    "502 as a page": faults.html(502),
    "503": faults.status(503),
    "503 that asks for a while": faults.status(503, retry_after=7),
    "502 though it is done": faults.fail_after_commit(502),
    "503 though it is done, as a page": faults.fail_after_commit(503, html=True),
}


def check_done_once(clinic: Clinic, operation: str, result: Any) -> None:
    """What was asked for is there, and only once, whatever was sent."""
    simulator = clinic.simulator
    made = {"createPatient": 2}.get(operation, 1), {"createDocumentReference": 1}.get(operation, 0)
    assert (len(simulator.patients), len(simulator.documents)) == made
    assert len(simulator.subscriptions) == (operation == "createSubscription")
    assert len(simulator.jobs) == (operation == "exportCcda")
    ids = [each.id for each in (*simulator.patients, *simulator.documents, *simulator.subscriptions, *simulator.jobs)]
    assert result.id in ids
    assert simulator.patients[0].version == (2 if operation == "updatePatient" else 1)


# --- When to retry


@pytest.mark.parametrize("operation", list(ACTS))
@pytest.mark.parametrize("interruption", list(INTERRUPTIONS))
def test_network_interruptions_are_retried(clinic: Clinic, interruption: str, operation: str) -> None:
    """Retry: network interruptions that cause timeouts or dropped connections."""
    jo = clinic.admitted()
    clinic.simulator.faults.add(operation, INTERRUPTIONS[interruption])

    result = ACTS[operation](clinic, jo)

    check_done_once(clinic, operation, result)
    assert clinic.sent(operation)[0 if operation != "createPatient" else 1].fault is not None


@pytest.mark.parametrize("operation", list(ACTS))
def test_a_connection_that_is_refused_is_tried_again(clinic: Clinic, operation: str) -> None:
    """Retry: network interruptions. Here nothing was sent, so that nothing has to be looked up."""
    jo = clinic.admitted()
    before = len(clinic.simulator.requests)
    clinic.line.meets("", httpx.ConnectError("refused"))

    result = ACTS[operation](clinic, jo)

    check_done_once(clinic, operation, result)
    assert [request.operation_id for request in clinic.simulator.requests[before:]] == [operation]


@pytest.mark.parametrize("operation", ["createPatient", "updatePatient", "createDocumentReference", "getPatient"])
@pytest.mark.parametrize("error", list(ERRORS))
def test_temporary_server_errors_are_retried(clinic: Clinic, error: str, operation: str) -> None:
    """Retry: temporary server errors, such as 502 Bad Gateway or 503 Service Unavailable."""
    jo = clinic.admitted()
    clinic.simulator.faults.add(operation, ERRORS[error])

    result = ACTS[operation](clinic, jo)

    check_done_once(clinic, operation, result)
    assert sum(request.fault is not None for request in clinic.sent(operation)) == 1


@pytest.mark.parametrize("operation", ["createDocumentReference", "createSubscription"])
def test_accepted_means_that_it_is_still_being_processed(world: World, operation: str) -> None:
    """Retry: 202 Accepted, the request is still being processed. The same key asks what has become of it."""
    with opened(world, creation_takes=60) as clinic:
        jo = clinic.admitted()
        clinic.simulator.faults.add(operation, faults.drop_after_commit(), times=2)

        result = ACTS[operation](clinic, jo)

        check_done_once(clinic, operation, result)
        keys = clinic.keys(operation)
        assert len(keys) > 4
        assert len(set(keys)) == 1


def test_a_high_impact_request_that_is_accepted_is_asked_for_with_its_key(clinic: Clinic) -> None:
    """Retry: 202 Accepted. While the API is at it there is nothing to be looked up, and it says when there is."""
    clinic.line.meets("/Patient", answer(202), answer(202, retry_after="9"))

    made = clinic.admitted()

    assert [each.id for each in clinic.simulator.patients] == [made.id]
    sent = clinic.line.to("/Patient")
    assert [request.method for request in sent] == ["POST"] * 3
    assert len({request.headers["hg-idempotency-key"] for request in sent}) == 1
    assert clinic.clock.slept[1:] == [9.0]


@pytest.mark.parametrize("begin", ["exportCcda", "retrieveDocuments"])
def test_an_accepted_job_is_asked_for_until_it_is_done(world: World, begin: str) -> None:
    """Retry: 202 Accepted in asynchronous workflows: what is asked again is how far it is."""
    with opened(world, job_takes=20) as clinic:
        jo = clinic.admitted()
        job = begun(clinic, begin, jo)

        bundle = clinic(job.wait())

        assert bundle.to_dict()["type"] == "searchset"
        assert len(clinic.sent("getRequestResult")) > 2
        assert len(clinic.sent(begin)) == len(clinic.simulator.jobs) == 1


def begun(clinic: Clinic, how: str, jo: Any) -> Any:
    """A job for a patient."""
    client = clinic.client
    return clinic(
        client.documents.retrieve(jo.id) if how == "retrieveDocuments" else client.patients.export_ccda(jo.id)
    )


# --- When not to retry


@pytest.mark.parametrize("operation", [*ACTS, "retrieveDocuments"])
def test_client_errors_are_not_retried(clinic: Clinic, operation: str) -> None:
    """Do not retry: 4xx client errors that indicate a malformed request or invalid input."""
    jo = clinic.admitted()
    for status in (400, 403, 404, 405, 409, 412, 413, 415, 418, 422):
        before = len(clinic.sent(operation))
        clinic.simulator.faults.add(operation, faults.status(status))

        with pytest.raises(APIStatusError) as caught:
            begun(clinic, operation, jo) if operation == "retrieveDocuments" else ACTS[operation](clinic, jo)

        assert caught.value.status_code == status
        assert len(clinic.sent(operation)) == before + 1
    assert clinic.clock.slept == []


def test_invalid_input_is_refused_once_and_says_what_is_wrong(clinic: Clinic) -> None:
    """Do not retry: invalid input. Nothing was made, and the issues say why."""
    with pytest.raises(UnprocessableEntityError) as caught:
        clinic(clinic.client.patients.create(patient(name=[{"family": "Doe"}])))

    assert [(issue.code, issue.fields) for issue in caught.value.issues] == [("required", ("name.given",))]
    assert (clinic.seen(), clinic.simulator.patients) == (["createPatient"], ())


@pytest.mark.parametrize("body", ["empty", "operationoutcome"])
def test_a_reused_key_is_not_retried(world: World, body: Any) -> None:
    """Do not retry: 409 Conflict due to a reused idempotency key with a different payload."""
    with opened(world, conflict_body=body) as clinic:
        clinic(clinic.client.patients.create(patient("1"), idempotency_key=KEY))
        elsewhere = clinic.another()

        with pytest.raises(IdempotencyConflictError) as caught:
            clinic(elsewhere.patients.create(patient("2"), idempotency_key=KEY))
        clinic.world.close(elsewhere)

        assert caught.value.status_code == 409
        assert clinic.seen() == ["createPatient", "createPatient"]
        assert [each.resource["identifier"][0]["value"] for each in clinic.simulator.patients] == ["1"]


MISSING = "0123456789abcdef01234567"
EXPLICIT: dict[str, tuple[Callable[[Any], Any], type[APIStatusError]]] = {
    "patients.get": (lambda client: client.patients.get(MISSING), NotFoundError),
    "patients.export_ccda": (lambda client: client.patients.export_ccda(MISSING), NotFoundError),
    "patients.update": (
        lambda client: client.patients.update(patient(id=MISSING, meta={"versionId": "1"})),
        NotFoundError,
    ),
    "documents.retrieve": (lambda client: client.documents.retrieve(MISSING), NotFoundError),
    "documents.create": (lambda client: client.documents.create(document(MISSING)), UnprocessableEntityError),
    "subscriptions.get": (lambda client: client.subscriptions.get(MISSING), NotFoundError),
}


@pytest.mark.parametrize("call", list(EXPLICIT))
def test_explicit_errors_are_not_retried(clinic: Clinic, call: str) -> None:
    """Do not retry: explicit errors such as Patient Not Found, which require updated input."""
    act, kind = EXPLICIT[call]
    with pytest.raises(kind) as caught:
        clinic(act(clinic.client))

    assert caught.value.code == "not-found"
    assert len(clinic.seen()) == 1


# --- How to implement retries


def test_all_posts_have_a_key(clinic: Clinic) -> None:
    """Include HG-Idempotency-Key with all POST requests: a UUIDv4, unique per request payload."""
    jo = clinic.admitted()
    for operation in KEYED:
        ACTS[operation](clinic, jo)

    posts = [each for each in clinic.simulator.requests if each.method == "POST" and each.operation_id != "getToken"]
    keys = [request.headers["hg-idempotency-key"] for request in posts]
    assert {each["id"] for each in OPERATIONS.values() if each["method"] == "POST"} - {"getToken"} == set(KEYED)
    assert {request.operation_id for request in posts} == set(KEYED)
    assert [UUID(key).version for key in keys] == [4] * len(keys)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("operation", KEYED)
def test_each_attempt_has_the_same_key(clinic: Clinic, operation: str) -> None:
    """A UUIDv4 that is unique per request payload, and so the same whenever that is sent."""
    jo = clinic.admitted()
    before = len(clinic.sent(operation))
    clinic.simulator.faults.add(operation, faults.drop_before_commit(), times=3)

    ACTS[operation](clinic, jo)

    keys = clinic.keys(operation)[before:]
    assert (len(keys), len(set(keys))) == (4, 1)


def test_the_payload_is_the_same_at_each_attempt(clinic: Clinic) -> None:
    """Unique per request payload: not a byte of it differs."""
    clinic.simulator.faults.add("createPatient", faults.drop_before_commit(), times=3)

    clinic(clinic.client.patients.create(patient()))

    sent = [request.content for request in clinic.line.to("/Patient") if request.method == "POST"]
    assert (len(sent), len(set(sent))) == (4, 1)
    assert json.loads(sent[0]) == patient()


def test_waits_grow_exponentially_with_jitter(world: World) -> None:
    """Honor retry delays by exponential backoff with jitter, which prevents thundering herds."""
    waits = []
    for _ in range(6):
        with opened(world) as clinic:
            clinic.simulator.faults.add("searchPatients", faults.status(503), times=3)
            clinic(clinic.client.patients.find(MRN, "1"))
            waits.append(clinic.clock.slept)

    bounds = [(1, 2), (1, 4), (1, 8)]
    assert all(low <= wait <= high for each in waits for wait, (low, high) in zip(each, bounds, strict=True))
    assert len({wait for each in waits for wait in each}) == 18


def test_attempts_are_bounded(clinic: Clinic) -> None:
    """Structured retries avoid unnecessary network load: four attempts, and then it is said what was tried."""
    clinic.simulator.faults.add("searchPatients", faults.status(503), times=None)

    with pytest.raises(InternalServerError) as caught:
        clinic(clinic.client.patients.find(MRN, "1"))

    assert len(clinic.sent("searchPatients")) == 4
    assert [attempt.status for attempt in caught.value.attempts if attempt.operation == "searchPatients"] == [503] * 4


@pytest.mark.parametrize("as_date", [False, True])
@pytest.mark.parametrize("status", [429, 503])
def test_a_delay_that_the_api_asks_for_is_honored(clinic: Clinic, status: int, as_date: bool) -> None:  # noqa: FBT001
    """Honor retry delays, which aligns with rate-limiting controls: in seconds and as a date."""
    clinic.simulator.faults.add("createPatient", faults.status(status, retry_after=17, as_date=as_date))

    made = clinic.admitted()

    assert [each.id for each in clinic.simulator.patients] == [made.id]
    assert len(set(clinic.keys("createPatient"))) == 1
    assert len(clinic.clock.slept) == 1
    assert 17 <= clinic.clock.slept[0] <= 17 * 1.1 + 1


def test_a_job_that_asks_for_time_is_given_it(world: World) -> None:
    """Honor retry delays, also those of a job."""
    with opened(world, job_takes=20, job_retry_after=9) as clinic:
        job = begun(clinic, "exportCcda", clinic.admitted())
        clinic(job.wait())

        assert clinic.clock.slept == [9.0, 9.0, 9.0]


def test_errors_and_log_name_the_request_id(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """Log and correlate requests using X-HG-Request-ID, to trace execution across retries."""
    caplog.set_level(logging.INFO, "cleanlife_ext")
    clinic.simulator.faults.add("createPatient", faults.status(503), times=2)
    clinic.simulator.faults.add("createPatient", faults.status(400))
    with pytest.raises(BadRequestError) as caught:
        clinic.admitted()

    ids = [request.request_id for request in clinic.simulator.requests if request.operation_id != "getToken"]
    told = [record.__dict__["cleanlife_request_id"] for record in caplog.records if record.name == "cleanlife_ext"]
    posts = [attempt.request_id for attempt in caught.value.attempts if attempt.operation == "createPatient"]
    assert len(posts) == 3
    assert set(posts) <= set(ids)
    assert set(told) <= set(ids)
    assert caught.value.request_id == posts[-1]
    assert posts[-1] in str(caught.value)
    assert all(id in caught.value.explain() for id in posts)


def test_errors_and_log_name_the_callers_own_transaction(clinic: Clinic, caplog: pytest.LogCaptureFixture) -> None:
    """Log and correlate requests using X-HG-Request-ID and your internal transaction ID."""
    caplog.set_level(logging.INFO, "cleanlife_ext")
    clinic.simulator.faults.add("createPatient", faults.status(503))
    with clinic.client.trace() as calls, clinic.client.transaction("order-7"):
        clinic.admitted()
        with pytest.raises(NotFoundError) as caught:
            clinic(clinic.client.patients.get(MISSING))

    records = [record for record in caplog.records if record.name == "cleanlife_ext"]
    assert {record.__dict__["cleanlife_transaction"] for record in records} == {"order-7"}
    assert all("transaction=order-7" in record.getMessage() for record in records)
    assert {call.transaction for call in calls} == {"order-7"}
    assert caught.value.transaction == "order-7"
    assert "order-7" in str(caught.value)
    last = clinic.simulator.requests[-1]
    assert caught.value.ids == {
        "x-request-id": last.headers["x-request-id"],
        "x-hg-request-id": last.request_id,
        "x-correlation-id": f"{last.headers['x-request-id']}:{last.request_id}",
    }
    assert all(id in records[-1].getMessage() for id in caught.value.ids.values())
    # It is the caller's own, and sent to nobody.
    assert "order-7" not in repr([[*request.headers.items()] for request in clinic.simulator.requests])


def test_each_attempt_has_a_request_id_of_its_own(clinic: Clinic) -> None:
    """… to trace execution across retries: X-Request-Id is a plain UUID, another one each time."""
    clinic.simulator.faults.add("createPatient", faults.status(503), times=3)

    clinic.admitted()

    ids = [UUID(request.headers["x-request-id"]) for request in clinic.simulator.requests]
    assert len(set(ids)) == len(ids) > 4


@pytest.mark.parametrize("begin", ["exportCcda", "retrieveDocuments"])
def test_an_asynchronous_request_is_polled_and_not_posted_again(clinic: Clinic, begin: str) -> None:
    """For asynchronous workflows, use the polling endpoint rather than re-POSTing the original request."""
    job = begun(clinic, begin, clinic.admitted())
    assert clinic(job.poll()) is None
    clinic.simulator.faults.add("getRequestResult", faults.drop_before_commit(), times=2)
    clinic.simulator.finish(job.id)

    assert clinic(job.wait()).to_dict()["resourceType"] == "Bundle"

    assert len(clinic.sent(begin)) == 1
    assert len(clinic.sent("getRequestResult")) == 4


@pytest.mark.parametrize("begin", ["exportCcda", "retrieveDocuments"])
def test_a_notification_stands_in_for_polling(clinic: Clinic, begin: str) -> None:
    """Use webhook notifications rather than re-POSTing: it is a reason to ask once."""
    job = begun(clinic, begin, clinic.admitted())
    clinic.simulator.finish(job.id)

    assert clinic(job.complete_from(notification(job.id))) is not None

    assert len(clinic.sent(begin)) == len(clinic.sent("getRequestResult")) == 1


def notification(id: str) -> Notification:
    """One about a job."""
    return Notification(
        id="event",
        created=None,
        event="",
        resource_type="OperationOutcome",
        resource_id=id,
        resource={},
        secret_name="",
    )


# --- Duplicate detection and conflict handling


@pytest.mark.parametrize("operation", ["createPatient", "createDocumentReference", "createSubscription"])
def test_an_identical_payload_with_the_same_key_gives_the_original_answer(clinic: Clinic, operation: str) -> None:
    """Identical payloads with the same key return the original response, and are safe to retry."""
    jo = clinic.admitted()
    acts: dict[str, Callable[[Any], Any]] = {
        "createPatient": lambda client: client.patients.create(patient("2"), idempotency_key=KEY),
        "createDocumentReference": lambda client: client.documents.create(document(jo.id), idempotency_key=UUID(KEY)),
        "createSubscription": lambda client: client.subscriptions.create(SUBSCRIPTION, idempotency_key=KEY.upper()),
    }
    elsewhere = clinic.another()
    results = [clinic(acts[operation](client)) for client in (clinic.client, clinic.client, elsewhere)]
    clinic.world.close(elsewhere)

    assert results[0] == results[1] == results[2]
    check_done_once(clinic, operation, results[0])


@pytest.mark.parametrize("body", ["empty", "operationoutcome"])
def test_a_conflict_of_keys_prevents_corruption(world: World, body: Any) -> None:
    """Different payloads with the same key return 409 Conflict: nobody's document becomes another's."""
    with opened(world, conflict_body=body) as clinic:
        jo = clinic.admitted()
        first = clinic(clinic.client.documents.create(document(jo.id), idempotency_key=KEY))
        elsewhere = clinic.another()

        with pytest.raises(IdempotencyConflictError):
            clinic(elsewhere.documents.create(document(jo.id, description="another"), idempotency_key=KEY))
        clinic.world.close(elsewhere)

        assert [each.resource for each in clinic.simulator.documents] == [first.to_dict()]


def test_a_duplicate_submission_gives_the_same_job_until_that_is_done(clinic: Clinic) -> None:
    """Duplicate POST submissions with the same key return the same job reference until the job completes."""
    jo = clinic.admitted()
    export = clinic.client.patients.export_ccda
    first, again = (clinic(export(jo.id, idempotency_key=KEY)) for _ in range(2))
    assert first.id == again.id
    assert first.token == again.token
    assert [job.id for job in clinic.simulator.jobs] == [first.id]

    clinic.simulator.finish(first.id)

    assert clinic(export(jo.id, idempotency_key=KEY)).id != first.id
    assert len(clinic.simulator.jobs) == 2


def test_a_job_that_has_expired_is_not_there(world: World) -> None:
    """… until the job completes or expires: then it is gone, and nothing is begun for that."""
    with opened(world, job_takes=1, result_lifetime=60) as clinic:
        job = begun(clinic, "exportCcda", clinic.admitted())
        clinic.clock.sleep(2)
        assert [each.state for each in clinic.simulator.jobs] == ["done"]
        clinic.clock.sleep(120)

        with pytest.raises(NotFoundError):
            clinic(job.wait())

        assert len(clinic.sent("exportCcda")) == len(clinic.simulator.jobs) == 1


# --- Practical considerations


def test_a_limit_of_one_endpoint_holds_up_no_other(clinic: Clinic) -> None:
    """Retry logic should be isolated per endpoint: who creates too much may still read."""
    jo = clinic.admitted()
    clinic.simulator.faults.add("createPatient", faults.status(429, retry_after=30))
    impatient = clinic.client.with_options(deadline=20)
    with pytest.raises(APIStatusError, match="429"):
        clinic(impatient.patients.create(patient("2")))
    slept = list(clinic.clock.slept)

    clinic(impatient.patients.get(jo.id))
    clinic(impatient.documents.create(document(jo.id)))

    assert clinic.clock.slept == slept


def test_each_endpoint_says_what_repeating_it_means() -> None:
    """Retry logic should be isolated per endpoint: it stands beside each of them, in the spec."""
    repeats = {id: operation["repeat"] for id, operation in OPERATIONS.items()}

    assert {id for id, how in repeats.items() if how == "safe"} == {
        *("getToken", "getPatient", "searchPatients", "getSubscription", "getRequestResult")
    }
    assert [id for id, how in repeats.items() if how == "never"] == ["retrieveDocuments"]
    assert {id for id, how in repeats.items() if "header" in how} == set(KEYED)


def test_some_endpoints_are_polled_with_a_limit_of_their_own(clinic: Clinic) -> None:
    """Some endpoints support polling, others require client-side timeouts: both end in time."""
    job = begun(clinic, "exportCcda", clinic.admitted())
    began = clinic.clock.now()
    with pytest.raises(DeadlineExceededError):
        clinic(job.wait(deadline=300))
    assert 260 < clinic.clock.now() - began <= 300

    clinic.simulator.faults.add("searchPatients", faults.delay(60), times=None)
    began = clinic.clock.now()
    with pytest.raises(CleanLifeError):
        clinic(clinic.client.with_options(timeout=5, deadline=20).patients.find(MRN, "1"))
    assert clinic.clock.now() - began <= 20


LOST = {**INTERRUPTIONS, "503 though it is done": faults.fail_after_commit(503), "503": faults.status(503)}


@pytest.mark.parametrize("lost", list(LOST))
@pytest.mark.parametrize(("operation", "look"), [("createPatient", "searchPatients"), ("updatePatient", "getPatient")])
def test_a_high_impact_request_is_looked_up_before_it_is_sent_again(
    clinic: Clinic, operation: str, look: str, lost: str
) -> None:
    """Avoid re-submitting high-impact requests, such as Patient updates, without a clear resolution path."""
    jo = clinic.admitted()
    before = len(clinic.seen())
    clinic.simulator.faults.add(operation, LOST[lost])

    check_done_once(clinic, operation, ACTS[operation](clinic, jo))

    seen = clinic.seen()[before:]
    assert seen in ([operation, look], [operation, look, operation])
    if "after it is done" in lost:
        assert seen == [operation, look]


def test_a_document_is_sent_again_only_while_its_key_tells(clinic: Clinic) -> None:
    """Avoid re-submitting DocumentReference without a clear resolution path: that is its key, for an hour."""
    jo = clinic.admitted()
    clinic.simulator.faults.add("createDocumentReference", faults.drop_after_commit(), times=None)
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError) as caught:
            clinic(clinic.client.documents.create(document(jo.id), idempotency_key=KEY))
    clinic.simulator.faults.reset()
    sent = len(clinic.sent("createDocumentReference"))
    clinic.clock.sleep(3600)

    with pytest.raises(OutcomeUnknownError, match="too old"):
        clinic(clinic.client.documents.create(document(jo.id), idempotency_key=KEY))

    assert caught.value.key == KEY
    assert len(clinic.sent("createDocumentReference")) == sent
    assert len(clinic.simulator.documents) == 1


def test_a_paid_retrieval_is_never_submitted_twice(clinic: Clinic) -> None:
    """Avoid re-submitting high-impact requests: of this one nothing can be seen, and each costs."""
    jo = clinic.admitted()
    clinic.simulator.faults.add("retrieveDocuments", faults.drop_after_commit())

    with pytest.raises(OutcomeUnknownError):
        clinic(clinic.client.documents.retrieve(jo.id))

    assert len(clinic.sent("retrieveDocuments")) == len(clinic.simulator.jobs) == 1


def test_an_unclear_answer_is_resolved_by_identifier(clinic: Clinic) -> None:
    """If the response is unclear, query the resource by identifier rather than guessing the result."""
    clinic.line.meets("/Patient", Done(answer(201)))

    made = clinic.admitted()

    assert [each.id for each in clinic.simulator.patients] == [made.id]
    assert clinic.seen() == ["createPatient", "searchPatients"]
    assert clinic.sent("searchPatients")[0].query["identifier"] == f"{MRN}|14455"


def test_what_cannot_be_resolved_is_said(clinic: Clinic) -> None:
    """… rather than guessing the result: where the look fails too, the outcome is unknown."""
    clinic.simulator.faults.add("createPatient", faults.drop_after_commit(), times=None)
    clinic.simulator.faults.add("searchPatients", faults.status(503), times=None)

    with pytest.raises(OutcomeUnknownError) as caught:
        clinic.admitted()
    clinic.simulator.faults.reset()

    assert UUID(caught.value.key).version == 4
    assert len(clinic.sent("createPatient")) == 1
    assert clinic(caught.value.resolve()).id == clinic.simulator.patients[0].id


# --- Summary


def test_no_payload_is_made_twice_whatever_happens(world: World) -> None:
    """Effective retry handling reduces the risk of data duplication: in a storm each is there once."""
    with opened(world, {"max_attempts": 8, "deadline": 1000}, seed=5) as clinic:
        storm = [*INTERRUPTIONS.values(), *ERRORS.values()]
        for operation in ("createPatient", "createDocumentReference", "searchPatients", "getToken"):
            for fault in storm:
                clinic.simulator.faults.add(operation, fault, times=None, probability=0.04)
        wanted = [str(number) for number in range(12)]
        for value in wanted:
            made = until_known(clinic, lambda key, value=value: clinic.client.patients.create(patient(value), **key))
            until_known(clinic, lambda key, made=made: clinic.client.documents.create(document(made.id), **key))
            clinic.clock.sleep(60)

        assert [each.resource["identifier"][0]["value"] for each in clinic.simulator.patients] == wanted
        about = [each.resource["subject"]["reference"] for each in clinic.simulator.documents]
        assert about == [f"Patient/{each.id}" for each in clinic.simulator.patients]
        assert sum(bool(request.fault) for request in clinic.simulator.requests) > 10


def until_known(clinic: Clinic, call: Callable[[dict[str, Any]], Any]) -> Any:
    """What *call* gives: whoever is left in doubt, or is not reached, calls again with the same key."""
    key = {"idempotency_key": uuid4()}
    for _ in range(10):
        with suppress(OutcomeUnknownError, InternalServerError, APIConnectionError):
            return clinic(call(key))
        clinic.clock.sleep(60)
    raise AssertionError("no storm is that long")
