"""Patients: what they need, and how they change."""

from __future__ import annotations

from typing import Any

import pytest
from simulator.healthgorilla.clinic import HOST, KEY, MISSING_ID, PATIENT, Clinic, numbered

from cleanlife_ext.simulator import Call

PATIENTS = "/fhir/R4/Patient"


def test_a_new_patient_is_shown_as_it_is_kept(clinic: Clinic) -> None:
    """With an id, a version and a time; fields that the spec does not know are kept."""
    reply = clinic.ask("POST", PATIENTS, {**PATIENT, "maritalStatus": {"text": "unknown"}})

    assert reply.status == 201
    assert reply.body == {
        **PATIENT,
        "maritalStatus": {"text": "unknown"},
        "id": reply.id,
        "meta": {"versionId": "1", "lastUpdated": "2026-06-13T05:00:00Z"},
    }
    assert reply.headers["location"] == f"https://{HOST}/fhir/R4/Patient/{reply.id}"
    assert reply.headers["etag"] == 'W/"1"'
    shown = clinic.ask("GET", f"{PATIENTS}/{reply.id}")
    assert (shown.status, shown.body, shown.headers["etag"]) == (200, reply.body, 'W/"1"')


def test_what_a_client_says_of_id_and_version_is_passed_over(clinic: Clinic) -> None:
    """The API gives both; what else is in the meta is kept."""
    meta = {"versionId": "9", "lastUpdated": "1999-01-01T00:00:00Z", "source": "urn:x"}
    body = clinic.ask("POST", PATIENTS, {**PATIENT, "id": MISSING_ID, "meta": meta}).body

    assert body["id"] != MISSING_ID
    assert body["meta"] == {"versionId": "1", "lastUpdated": "2026-06-13T05:00:00Z", "source": "urn:x"}


def test_the_answer_may_be_the_location_alone() -> None:
    """By a switch; it may be a path as well."""
    clinic = Clinic(created_body="empty", location="relative")
    reply = clinic.ask("POST", PATIENTS, PATIENT)

    (made,) = clinic.simulator.patients
    assert (reply.status, reply.content, reply.headers["location"]) == (201, b"", f"/fhir/R4/Patient/{made.id}")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": []}, "required", "Patient.name"),
    ({"name": [{"given": ["Erin"]}]}, "required", "Patient.name.family"),
    ({"name": [{"family": "Example"}]}, "required", "Patient.name.given"),
    ({"name": "Erin"}, "invalid", "Patient.name"),
    ({"name": [{"family": "Example", "given": "Erin"}]}, "invalid", "Patient.name[0].given"),
    ({"gender": "f"}, "invalid", "Patient.gender"),
    ({"birthDate": "10.3.1992"}, "invalid", "Patient.birthDate"),
    ({"birthDate": "1992-03-10\n"}, "invalid", "Patient.birthDate"),
    ({"active": "yes"}, "invalid", "Patient.active"),
    ({"identifier": [{"value": 5}]}, "invalid", "Patient.identifier[0].value"),
    ({"meta": []}, "invalid", "Patient.meta"),
    ({"gender": None}, "invalid", "Patient.gender"),
]


@pytest.mark.parametrize(("otherwise", "code", "place"), WRONG)
def test_a_patient_with_something_wrong_is_a_422(
    clinic: Clinic, otherwise: dict[str, Any], code: str, place: str
) -> None:
    """It says what, and where."""
    reply = clinic.ask("POST", PATIENTS, {**PATIENT, **otherwise})

    assert (reply.status, reply.code, reply.places) == (422, code, [place])
    assert clinic.simulator.patients == ()


def test_all_that_is_wrong_is_told_at_once(clinic: Clinic) -> None:
    """One issue each, in the documented words."""
    reply = clinic.ask("POST", PATIENTS, {"resourceType": "Patient", "gender": "f"})

    assert reply.status == 422
    assert reply.places == ["Patient.name", "Patient.gender"]
    assert reply.body["issue"][0]["diagnostics"] == "The 'name' field is required."


def test_missing_fields_may_be_a_400() -> None:
    """By a switch, and nothing else is."""
    clinic = Clinic(missing_status=400, examine=None)
    assert clinic.ask("POST", PATIENTS, {"resourceType": "Patient"}).status == 400
    assert clinic.ask("POST", PATIENTS, {"resourceType": "Patient", "gender": "f"}).status == 422


def test_another_resource_is_no_patient(clinic: Clinic) -> None:
    """A 400, and so is a resource of no type."""
    for body in ({**PATIENT, "resourceType": "Person"}, {}):
        reply = clinic.ask("POST", PATIENTS, body)
        assert (reply.status, reply.code) == (400, "invalid")


def test_an_identifier_is_somebodys_alone(clinic: Clinic) -> None:
    """Within a client, in its system."""
    clinic.patient(1)
    reply = clinic.ask("POST", PATIENTS, numbered(1))
    assert (reply.status, reply.code) == (409, "duplicate")
    assert reply.body["issue"][0]["diagnostics"] == "A resource with this identifier already exists."

    elsewhere = {**PATIENT, "identifier": [{"system": "urn:other", "value": "1"}, {"system": "urn:example:mrn"}]}
    assert clinic.ask("POST", PATIENTS, elsewhere).status == 201
    clinic.credentials = clinic.simulator.add_client()
    clinic.log_in()
    assert clinic.ask("POST", PATIENTS, numbered(1)).status == 201


def test_nothing_is_seen_of_another_clients_patients(clinic: Clinic) -> None:
    """They look as if they were not there."""
    patient = clinic.patient()
    clinic.credentials = clinic.simulator.add_client()
    clinic.log_in()

    assert clinic.ask("GET", f"{PATIENTS}/{patient}").status == 404
    assert clinic.found() == []
    assert clinic.retrieve(patient).status == 404


def test_a_patient_that_is_not_there_is_a_404(clinic: Clinic) -> None:
    """With the code that is documented."""
    reply = clinic.ask("GET", f"{PATIENTS}/{MISSING_ID}")
    assert (reply.status, reply.code) == (404, "not-found")


def test_a_change_is_the_next_version(clinic: Clinic) -> None:
    """What is left out is gone; so is an identifier, which somebody else may have then."""
    patient = clinic.patient(1)
    clinic.clock.advance(minutes=5)
    reply = clinic.ask("PUT", f"{PATIENTS}/{patient}", {**numbered(2), "id": patient}, if_match='W/"1"')

    assert (reply.status, reply.headers["etag"]) == (200, 'W/"2"')
    assert reply.body["meta"] == {"versionId": "2", "lastUpdated": "2026-06-13T05:05:00Z"}
    assert clinic.found(identifier="urn:example:mrn|1") == []
    assert clinic.found(identifier="urn:example:mrn|2") == [patient]
    assert clinic.patient(1) != patient
    assert clinic.simulator.patients[0].version == 2


@pytest.mark.parametrize(("switches", "status"), [({}, 412), ({"version_status": 409}, 409)])
def test_a_change_of_another_version_is_refused(switches: dict[str, int], status: int) -> None:
    """Two writers do not overwrite each other; which status says so is a switch."""
    clinic = Clinic(**switches)
    patient = clinic.patient()
    clinic.ask("PUT", f"{PATIENTS}/{patient}", {**PATIENT, "active": True}, if_match='W/"1"')
    reply = clinic.ask("PUT", f"{PATIENTS}/{patient}", {**PATIENT, "active": False}, if_match='W/"1"')

    assert (reply.status, reply.code) == (status, "conflict")
    assert clinic.simulator.patients[0].resource["active"] is True


def test_without_a_version_a_change_overwrites_and_creates(clinic: Clinic) -> None:
    """As documented."""
    created = clinic.ask("PUT", f"{PATIENTS}/{MISSING_ID}", PATIENT)
    overwritten = clinic.ask("PUT", f"{PATIENTS}/{MISSING_ID}", PATIENT)

    assert (created.status, overwritten.status) == (201, 200)
    assert overwritten.body["meta"]["versionId"] == "2"
    assert clinic.found() == [MISSING_ID]


def test_a_version_of_what_is_not_there_is_a_404(clinic: Clinic) -> None:
    """It creates nothing."""
    assert clinic.ask("PUT", f"{PATIENTS}/{MISSING_ID}", PATIENT, if_match='W/"1"').status == 404
    assert clinic.simulator.patients == ()


@pytest.mark.parametrize("version", ["", "*", "1", 'W/"a"', 'W/"1"x'])
def test_what_is_no_version_is_a_400(clinic: Clinic, version: str) -> None:
    """And changes nothing."""
    patient = clinic.patient()
    reply = clinic.ask("PUT", f"{PATIENTS}/{patient}", PATIENT, if_match=version)
    assert (reply.status, reply.code) == (400, "invalid")


@pytest.mark.parametrize(("place", "id"), [("a b", "a b"), ("a" * 65, "a" * 65), (MISSING_ID, "other")])
def test_a_change_has_one_id_that_can_be_one(clinic: Clinic, place: str, id: str) -> None:
    """The one of its address."""
    reply = clinic.ask("PUT", f"{PATIENTS}/{place}", {**PATIENT, "id": id})
    assert (reply.status, reply.code) == (400, "invalid")


def test_a_change_cannot_take_somebody_elses_identifier(clinic: Clinic) -> None:
    """Not even of the first version."""
    one, _ = clinic.patient(1), clinic.patient(2)
    assert clinic.ask("PUT", f"{PATIENTS}/{one}", numbered(2), if_match='W/"1"').code == "conflict"
    assert clinic.ask("PUT", f"{PATIENTS}/{MISSING_ID}", numbered(2)).status == 409


def test_a_patient_is_created_if_none_exists(clinic: Clinic) -> None:
    """201 where none matches, 200 with the one that does, 412 for several."""
    condition = "identifier=urn:example:mrn|1"
    first = clinic.ask("POST", PATIENTS, numbered(1), if_none_exist=condition)
    second = clinic.ask("POST", PATIENTS, numbered(5), if_none_exist=f"Patient?{condition}", key=KEY)
    again = clinic.ask("POST", PATIENTS, numbered(5), if_none_exist=condition, key=KEY)
    clinic.patient(2)
    several = clinic.ask("POST", PATIENTS, numbered(3), if_none_exist="_lastUpdated=ge2026-01-01")

    assert [each.status for each in (first, second, again, several)] == [201, 200, 200, 412]
    assert second.body == again.body == first.body
    assert several.code == "conflict"


@pytest.mark.parametrize("condition", ["", "x", "name=x", "_count=1", "_lastUpdated=soon", "Patient?"])
def test_what_is_no_search_is_no_condition(clinic: Clinic, condition: str) -> None:
    """A 400, and nobody is made."""
    reply = clinic.ask("POST", PATIENTS, PATIENT, if_none_exist=condition)
    assert (reply.status, reply.code) == (400, "invalid")
    assert clinic.simulator.patients == ()


def test_what_is_looked_at_is_a_copy(clinic: Clinic) -> None:
    """Whoever changes it changes nothing."""
    clinic.patient()
    clinic.simulator.patients[0].resource["name"][0]["family"] = "Other"
    assert clinic.simulator.patients[0].resource["name"] == PATIENT["name"]


def test_a_call_without_a_host_is_answered_too(clinic: Clinic) -> None:
    """Addresses then are of this machine."""
    headers = {"authorization": f"Bearer {clinic.log_in()}", "content-type": "application/json"}
    reply = clinic.send(
        Call("POST", PATIENTS, {}, headers, b'{"resourceType":"Patient","name":[{"family":"E","given":["E"]}]}')
    )
    assert reply.headers["location"].startswith("http://localhost/fhir/R4/Patient/")
