"""Documents: what they need, and whom they are about."""

from __future__ import annotations

from typing import Any

import pytest
from simulator.healthgorilla.clinic import HOST, MISSING_ID, Clinic, document

DOCUMENTS = "/fhir/R4/DocumentReference"


def test_a_new_document_is_shown_as_it_is_kept(clinic: Clinic) -> None:
    """With an id, a version and a time."""
    given = document(clinic.patient(), date="2026-06-20T10:00:00Z", masterIdentifier={"value": "m"})
    reply = clinic.ask("POST", DOCUMENTS, given)

    assert reply.status == 201
    assert reply.body == {
        **given,
        "id": reply.id,
        "meta": {"versionId": "1", "lastUpdated": "2026-06-13T05:00:00Z"},
    }
    assert reply.headers["location"] == f"https://{HOST}{DOCUMENTS}/{reply.id}"
    assert [each.resource for each in clinic.simulator.documents] == [reply.body]


def test_two_documents_may_be_equal(clinic: Clinic) -> None:
    """Nothing but a key guards against a second one."""
    assert clinic.ask("POST", DOCUMENTS, document(None)).id != clinic.ask("POST", DOCUMENTS, document(None)).id


@pytest.mark.parametrize(
    "reference", [f"Patient/{MISSING_ID}", "Patient/", MISSING_ID, "", f"Practitioner/{MISSING_ID}"]
)
def test_a_document_about_nobody_is_a_422(clinic: Clinic, reference: str) -> None:
    """In the documented words."""
    reply = clinic.ask("POST", DOCUMENTS, document(None, subject={"reference": reference}))

    assert (reply.status, reply.code) == (422, "not-found")
    assert reply.body["issue"][0]["diagnostics"] == f"{reference} could not be resolved."
    assert clinic.simulator.documents == ()


def test_a_patient_may_be_named_by_its_address(clinic: Clinic) -> None:
    """As FHIR allows; a subject that names nobody is let pass."""
    subject = {"reference": f"https://{HOST}/fhir/R4/Patient/{clinic.patient()}"}
    assert clinic.ask("POST", DOCUMENTS, document(None, subject=subject)).status == 201
    assert clinic.ask("POST", DOCUMENTS, document(None, subject={"display": "x"})).status == 201


@pytest.mark.parametrize(
    ("otherwise", "code", "place"),
    [
        ({"content": []}, "required", "DocumentReference.content"),
        ({"content": [{}]}, "required", "DocumentReference.content[0].attachment"),
        ({"status": "new"}, "invalid", "DocumentReference.status"),
        ({"date": "2026-06-20"}, "invalid", "DocumentReference.date"),
        ({"date": "2026-02-30T10:00:00Z"}, "invalid", "DocumentReference.date"),
        ({"type": {"coding": [{"code": 1}]}}, "invalid", "DocumentReference.type.coding[0].code"),
    ],
)
def test_a_document_with_something_wrong_is_a_422(
    clinic: Clinic, otherwise: dict[str, Any], code: str, place: str
) -> None:
    """It says what, and where."""
    reply = clinic.ask("POST", DOCUMENTS, document(None, **otherwise))
    assert (reply.status, reply.code, reply.places) == (422, code, [place])


def test_documents_cannot_be_read_or_found(clinic: Clinic) -> None:
    """No operation of the client's does so."""
    made = clinic.ask("POST", DOCUMENTS, document(None)).id
    assert clinic.ask("GET", f"{DOCUMENTS}/{made}").status == 404
    assert clinic.ask("GET", DOCUMENTS).status == 405
