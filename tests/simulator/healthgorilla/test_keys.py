"""Idempotency keys: what is made once, and how it is told again."""

from __future__ import annotations

import json

import pytest
from simulator.healthgorilla.clinic import KEY, OTHER_KEY, PATIENT, SUBSCRIPTION, Clinic, document, numbered

from cleanlife_ext.simulator import faults

PATIENTS = "/fhir/R4/Patient"


def test_the_same_key_and_payload_give_the_first_answer_again(clinic: Clinic) -> None:
    """The same resource and version, under another request id."""
    first = clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    clinic.clock.advance(minutes=59)
    again = clinic.ask("POST", PATIENTS, PATIENT, key=KEY)

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["x-hg-request-id"] != first.headers["x-hg-request-id"]
    (made,) = clinic.simulator.patients
    assert (made.id, made.version, made.key) == (first.id, 1, KEY)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (PATIENTS, PATIENT),
        ("/fhir/R4/DocumentReference", document(None)),
        ("/fhir/R4/Subscription", SUBSCRIPTION),
    ],
)
def test_whatever_is_created_is_created_once_for_a_key(clinic: Clinic, path: str, body: object) -> None:
    """Patients, documents and subscriptions."""
    ids = {clinic.ask("POST", path, body, key=KEY).id for _ in range(3)}

    assert len(ids) == 1
    simulator = clinic.simulator
    assert len((*simulator.patients, *simulator.documents, *simulator.subscriptions)) == 1


def test_payloads_are_equal_if_their_json_is(clinic: Clinic) -> None:
    """Order and blanks do not matter, and a number is no other number, nor true."""
    backwards = json.dumps(dict(reversed(PATIENT.items())), indent=3).encode()
    first = clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    assert clinic.ask("POST", PATIENTS, backwards, key=KEY).body == first.body

    clinic.ask("POST", PATIENTS, {**numbered(1), "multipleBirthInteger": 1}, key=OTHER_KEY)
    assert clinic.ask("POST", PATIENTS, {**numbered(1), "multipleBirthInteger": True}, key=OTHER_KEY).status == 409


def test_another_payload_is_a_409_without_a_body(clinic: Clinic) -> None:
    """And nothing is made."""
    clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    reply = clinic.ask("POST", PATIENTS, numbered(2), key=KEY)

    assert (reply.status, reply.content) == (409, b"")
    assert len(clinic.simulator.patients) == 1


def test_the_409_may_have_an_outcome() -> None:
    """By a switch; its code is not that of an identifier that is taken."""
    clinic = Clinic(conflict_body="operationoutcome")
    clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    reply = clinic.ask("POST", PATIENTS, numbered(2), key=KEY)

    assert (reply.status, reply.code) == (409, "conflict")
    assert reply.body["issue"][0]["diagnostics"] == f"Payload conflict for idempotency key: {KEY}"


def test_after_an_hour_a_key_is_free(clinic: Clinic) -> None:
    """Counted from its first receipt, whatever came later; then the identifier is all that guards."""
    clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    clinic.clock.advance(minutes=59)
    clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    clinic.clock.advance(minutes=1)
    clinic.log_in()

    assert clinic.ask("POST", PATIENTS, PATIENT, key=KEY).code == "duplicate"
    assert clinic.ask("POST", PATIENTS, numbered(2), key=KEY).status == 201


def test_how_long_a_key_lives_is_a_switch() -> None:
    """In seconds."""
    clinic = Clinic(key_lifetime=5)
    clinic.ask("POST", "/fhir/R4/DocumentReference", document(None), key=KEY)
    clinic.clock.advance(seconds=5)
    clinic.ask("POST", "/fhir/R4/DocumentReference", document(None), key=KEY)

    assert len(clinic.simulator.documents) == 2


def test_a_key_belongs_to_a_client_and_a_path(clinic: Clinic) -> None:
    """Elsewhere it is another one."""
    clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    assert clinic.ask("POST", "/fhir/R4/DocumentReference", document(None), key=KEY).status == 201
    clinic.credentials = clinic.simulator.add_client()
    clinic.log_in()
    assert clinic.ask("POST", PATIENTS, numbered(3), key=KEY).status == 201


def test_without_a_key_every_post_makes_one_more(clinic: Clinic) -> None:
    """Nothing says that a key is needed."""
    ids = {clinic.ask("POST", "/fhir/R4/DocumentReference", document(None)).id for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize("key", ["abc123", "15e72676-48c3-11ea-b77f-2e728ce88125", "ä"])
def test_any_text_is_a_key(clinic: Clinic, key: str) -> None:
    """The documentation's own samples are no UUIDs of version 4."""
    assert clinic.ask("POST", PATIENTS, PATIENT, key=key).id == clinic.ask("POST", PATIENTS, PATIENT, key=key).id


@pytest.mark.parametrize("key", ["", "  "])
def test_nothing_is_no_key(clinic: Clinic, key: str) -> None:
    """A header without a value is a mistake."""
    reply = clinic.ask("POST", PATIENTS, PATIENT, key=key)
    assert (reply.status, reply.code) == (400, "invalid")


def test_a_refusal_leaves_the_key_free(clinic: Clinic) -> None:
    """What was wrong can be put right under the same key."""
    assert clinic.ask("POST", PATIENTS, {"resourceType": "Patient"}, key=KEY).status == 422
    assert clinic.ask("POST", PATIENTS, PATIENT, key=KEY).status == 201


def test_an_error_before_anything_was_done_leaves_the_key_free(clinic: Clinic) -> None:
    """Even another payload may be sent with it."""
    clinic.simulator.faults.add("createPatient", faults.status(503))
    clinic.simulator.faults.add("createPatient", faults.drop_before_commit())

    assert [clinic.ask("POST", PATIENTS, PATIENT, key=KEY).status for _ in range(2)] == [503, 0]
    assert clinic.ask("POST", PATIENTS, numbered(2), key=KEY).status == 201


@pytest.mark.parametrize(
    "fault",
    [
        faults.drop_after_commit(),
        faults.fail_after_commit(),
        faults.fail_after_commit(502, html=True),
        faults.truncate(),
    ],
)
def test_what_was_done_before_it_failed_is_what_the_key_gives(clinic: Clinic, fault: faults.Fault) -> None:
    """The case that keys exist for."""
    clinic.simulator.faults.add("createPatient", fault)
    clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    (made,) = clinic.simulator.patients

    assert clinic.ask("POST", PATIENTS, PATIENT, key=KEY).id == made.id
    assert len(clinic.simulator.patients) == 1


def test_a_request_that_arrives_late_finds_what_the_second_one_made(clinic: Clinic) -> None:
    """One patient for one key, in whichever order the two come in."""
    clinic.simulator.faults.add("createPatient", faults.late_commit(60))
    assert clinic.ask("POST", PATIENTS, PATIENT, key=KEY).status == 0
    second = clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    clinic.simulator.clock.advance(minutes=2)

    assert [each.id for each in clinic.simulator.patients] == [second.id]


def test_while_the_first_one_is_in_progress_a_second_one_is_a_202() -> None:
    """Without a body and an address to poll; once that is over, it is the 201."""
    clinic = Clinic(creation_takes=10)
    first = clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    waiting = clinic.ask("POST", PATIENTS, PATIENT, key=KEY)
    other = clinic.ask("POST", PATIENTS, numbered(2), key=KEY)
    clinic.clock.advance(seconds=10)

    assert (waiting.status, waiting.content, other.status) == (202, b"", 409)
    assert not {"location", "content-location", "retry-after"} & waiting.headers.keys()
    assert clinic.ask("POST", PATIENTS, PATIENT, key=KEY).body == first.body


def test_keys_that_are_worth_nothing_are_forgotten(clinic: Clinic) -> None:
    """The store of a simulator that runs for days does not grow."""
    for number in range(5):
        clinic.ask("POST", PATIENTS, numbered(number), key=f"key {number}")
    clinic.clock.advance(hours=2)
    clinic.log_in()
    clinic.ask("POST", PATIENTS, numbered(9), key=KEY)

    assert len(clinic.simulator._api.state._answered._kept) == 1  # noqa: SLF001 - nothing else shows it
