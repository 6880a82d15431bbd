"""What all answers have in common: ids, limits, and how errors are spelled."""

from __future__ import annotations

import json
from email.utils import parsedate_to_datetime

import pytest
from simulator.healthgorilla.clinic import KEY, MISSING_ID, PATIENT, Clinic

from cleanlife_ext.simulator import Call, HealthGorillaSimulator, faults
from cleanlife_ext.simulator.healthgorilla import patients

PATIENTS = "/fhir/R4/Patient"


def test_every_answer_has_an_id_of_its_own(clinic: Clinic) -> None:
    """Refusals and tokens too; the sent one comes back, and the two stand together."""
    replies = [clinic.ask("GET", path, x_request_id="mine") for path in (PATIENTS, PATIENTS, "/nothing")]
    ids = [reply.headers["x-hg-request-id"] for reply in replies]

    assert len({*ids, clinic.ask_token().headers["x-hg-request-id"]}) == 4
    assert [reply.headers["x-correlation-id"] for reply in replies] == [f"mine:{id}" for id in ids]
    assert {reply.headers["x-request-id"] for reply in replies} == {"mine"}
    assert "x-correlation-id" not in clinic.ask("GET", PATIENTS).headers
    assert [request.request_id for request in clinic.simulator.requests[-5:-2]] == [*ids][-3:]


def test_what_is_no_operation_is_a_404_or_a_405(clinic: Clinic) -> None:
    """With the methods that there are."""
    assert clinic.ask("GET", "/fhir/R4/Encounter").code == "not-found"
    reply = clinic.ask("DELETE", f"{PATIENTS}/{MISSING_ID}")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, PUT")
    assert clinic.ask("GET", "/oauth/token").status == 405


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{", "application/fhir+json"),
        (b"", "application/fhir+json"),
        (b"[]", "application/fhir+json"),
        (b"null", "application/fhir+json"),
        (b'"Patient"', "application/fhir+json"),
        (b"\xff", "application/fhir+json"),
        (b'{"a": NaN}', "application/fhir+json"),
        (b'{"a": 1e999}', "application/fhir+json"),
        (b'{"a": "\\ud800"}', "application/fhir+json"),
        (b'{"a":' * 51 + b"1" + b"}" * 51, "application/fhir+json"),
        (b'{"a":' + b"[" * 100_000, "application/fhir+json"),
        (b'{"a":' + b"1" * 5000 + b"}", "application/fhir+json"),
        (json.dumps(PATIENT).encode(), "text/plain"),
        (json.dumps(PATIENT).encode(), None),
        (None, "application/fhir+json"),
    ],
)
def test_what_cannot_be_read_is_a_400(clinic: Clinic, content: bytes | None, content_type: str | None) -> None:
    """With the code structure."""
    headers = {"authorization": f"Bearer {clinic.log_in()}"}
    if content_type is not None:
        headers["content-type"] = content_type
    reply = clinic.send(Call("POST", PATIENTS, {}, headers, content))

    assert (reply.status, reply.code) == (400, "structure")


@pytest.mark.parametrize("content_type", ["application/json", "Application/FHIR+JSON; charset=utf-8"])
def test_both_content_types_are_welcome(clinic: Clinic, content_type: str) -> None:
    """One page has one, one the other."""
    assert clinic.ask("POST", PATIENTS, PATIENT, content_type=content_type).status == 201


def test_fifty_levels_are_deep_enough(clinic: Clinic) -> None:
    """No more than that."""
    deep = json.loads('{"a":' * 49 + "1" + "}" * 49)
    assert clinic.ask("POST", PATIENTS, {**PATIENT, "extension": deep}).status == 400
    assert clinic.ask("POST", PATIENTS, {**PATIENT, "extension": deep["a"]}).status == 201


def test_a_head_that_is_too_large_is_a_400(clinic: Clinic) -> None:
    """Before anybody looks for a token in it."""
    reply = clinic.ask("GET", PATIENTS, x_padding="x" * 70_000)
    assert (reply.status, reply.code) == (400, "structure")
    assert clinic.ask_token(content_type="x" * 70_000).body["error"] == "invalid_grant"


def test_a_rate_limit_counts_by_client_and_operation() -> None:
    """It says what is left, and when to come back."""
    clinic = Clinic(rate_limit=2)
    left = [clinic.ask("GET", PATIENTS).headers["x-ratelimit-remaining"] for _ in range(2)]
    clinic.clock.advance(seconds=20.5)
    refused = clinic.ask("GET", PATIENTS)

    assert left == ["1", "0"]
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "processing", "40")
    assert (refused.headers["x-ratelimit-limit"], refused.headers["x-ratelimit-remaining"]) == ("2", "0")
    assert clinic.ask("POST", PATIENTS, PATIENT).status == 201
    clinic.clock.advance(seconds=40)
    assert clinic.ask("GET", PATIENTS).status == 200


def test_tokens_are_limited_too_and_each_client_by_itself() -> None:
    """In the words of OAuth."""
    clinic = Clinic(rate_limit=1, examine=None)
    assert [clinic.ask_token().status for _ in range(2)] == [200, 429]
    assert clinic.ask_token().body["error"] == "invalid_grant"
    clinic.credentials = clinic.simulator.add_client()
    assert clinic.ask_token().status == 200


@pytest.mark.parametrize(
    ("code", "said"), [(401, "invalid_token"), (404, "not-found"), (409, "conflict"), (503, "processing")]
)
def test_an_injected_error_is_an_outcome(clinic: Clinic, code: int, said: str) -> None:
    """With the code that is documented for the status, or with the one that was asked for."""
    clinic.simulator.faults.add("searchPatients", faults.status(code))
    clinic.simulator.faults.add("searchPatients", faults.status(code, "throttled"))
    replies = [clinic.ask("GET", PATIENTS) for _ in range(2)]

    assert [(reply.status, reply.code) for reply in replies] == [(code, said), (code, "throttled")]
    assert replies[0].headers["x-hg-request-id"]


@pytest.mark.parametrize(("code", "said"), [(503, "server_error"), (400, "invalid_grant")])
def test_an_injected_error_of_a_token_is_oauths(clinic: Clinic, code: int, said: str) -> None:
    """Not an outcome."""
    clinic.simulator.faults.add("getToken", faults.status(code))
    assert clinic.ask_token().body == {"error": said, "error_description": "A fault was injected"}


def test_an_injected_error_may_have_no_body_or_a_page(clinic: Clinic) -> None:
    """As what stands in front may do."""
    clinic.simulator.faults.add("*", faults.status(502, empty=True))
    clinic.simulator.faults.add("*", faults.html(504))
    clinic.simulator.faults.add("*", faults.fail_after_commit(502, html=True), after=2)
    clinic.token = "any"
    assert [clinic.ask("GET", PATIENTS).content[:6] for _ in range(3)] == [b"", b"<html>", b"<html>"]


def test_an_injected_error_says_when_to_come_back(clinic: Clinic) -> None:
    """In seconds, or as a date that is not too early."""
    clinic.clock.advance(seconds=0.25)
    for as_date in (False, True):
        clinic.simulator.faults.add("searchPatients", faults.status(429, retry_after=90, as_date=as_date))
    seconds, date = (clinic.ask("GET", PATIENTS).headers["retry-after"] for _ in range(2))

    assert seconds == "90"
    assert (parsedate_to_datetime(date) - clinic.clock()).total_seconds() == 90.75


def test_a_fault_of_the_other_world_is_refused(clinic: Clinic) -> None:
    """As is an operation that this API does not have."""
    with pytest.raises(ValueError, match="change_price changes what this API does not have"):
        clinic.simulator.faults.add("*", faults.change_price(2))
    with pytest.raises(ValueError, match="there is no operation 'createBooking'"):
        clinic.simulator.faults.add("createBooking", faults.status(503))


def test_a_mistake_of_ours_is_a_500(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The log gets the story, the client an outcome."""

    def stumble(*_: object) -> None:
        raise KeyError("story")

    monkeypatch.setattr(patients.searching, "found", stumble)
    reply = clinic.ask("GET", PATIENTS)

    assert (reply.status, reply.code) == (500, "processing")
    assert "story" not in reply.content.decode()
    assert "cleanlife.simulator.mistake" in caplog.messages


def test_requests_are_remembered_without_their_tokens(clinic: Clinic) -> None:
    """Wherever they stand, with what is needed to follow them."""
    token = clinic.log_in()
    clinic.ask("POST", PATIENTS, PATIENT, key=KEY, x_request_id="mine", x_copy=f"<{token}>")
    request = clinic.simulator.requests[-1]

    assert (request.operation_id, request.status) == ("createPatient", 201)
    assert (request.headers["hg-idempotency-key"], request.headers["x-request-id"]) == (KEY, "mine")
    assert (request.headers["authorization"], request.headers["x-copy"]) == ("[redacted]", "<[redacted]>")
    assert token not in repr(clinic.simulator.requests)


def test_nothing_of_a_person_and_no_secret_shows(clinic: Clinic) -> None:
    """In what is looked at, however it is printed."""
    clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    clinic.found(identifier="urn:example:mrn|14455")
    clinic.simulator.finish(clinic.export(clinic.simulator.patients[0].id).id)
    simulator = clinic.simulator
    shown = repr((simulator.patients, simulator.jobs, simulator.requests, simulator._api.state.clients))  # noqa: SLF001

    for secret in ("Example", "14455", "1992", simulator.credentials["client_secret"], simulator.webhook_secret):
        assert secret not in shown


def test_a_simulator_without_an_examiner_is_as_good() -> None:
    """Nobody has to look."""
    assert HealthGorillaSimulator().answer(Call("GET", "/")).status == 401
