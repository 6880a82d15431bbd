"""Documents: once they are made, only their key tells of them."""

from __future__ import annotations

from typing import Any

import pytest
from healthgorilla.clinic import KEY, Clinic, answer, document, opened
from healthgorilla_client.models import DocumentReference
from worlds import World

from cleanlife_ext import ConfigurationError, OutcomeUnknownError, UnprocessableEntityError
from cleanlife_ext.simulator import faults


def create(clinic: Clinic, resource: Any, **options: Any) -> Any:
    return clinic(clinic.client.documents.create(resource, **options))


def test_a_document_is_made_of_json_or_of_a_model(clinic: Clinic) -> None:
    """The answer has its id."""
    jo = clinic.admitted()
    made = create(clinic, document(jo.id))
    another = create(clinic, DocumentReference.from_dict(document(jo.id)))

    assert [each.id for each in clinic.simulator.documents] == [made.id, another.id]
    assert made.to_dict() == clinic.simulator.documents[0].resource


@pytest.mark.parametrize("location", ["absolute", "relative"])
def test_an_answer_without_a_body_names_the_document(world: World, location: Any) -> None:
    """By its address."""
    with opened(world, created_body="empty", location=location) as clinic:
        made = create(clinic, document(clinic.admitted().id))

        assert made.id == clinic.simulator.documents[0].id
        assert made.status == "current"


@pytest.mark.parametrize("lacking", ["status", "content"])
def test_what_a_document_needs_is_asked_for_before_anything_is_sent(clinic: Clinic, lacking: str) -> None:
    """As FHIR has it."""
    resource = {name: value for name, value in document("1").items() if name != lacking}

    with pytest.raises(ValueError, match=lacking):
        create(clinic, resource)

    assert clinic.simulator.requests == ()


def test_a_document_of_nobody_is_refused(clinic: Clinic) -> None:
    """Once, and with the API's own words at hand, which stand in no text."""
    with pytest.raises(UnprocessableEntityError) as caught:
        create(clinic, document("0123456789abcdef01234567"))

    [issue] = caught.value.issues
    assert (issue.code, issue.fields) == ("not-found", ("subject",))
    assert "could not be resolved" in issue.message
    assert "could not be resolved" not in f"{caught.value}{caught.value!r}{issue!r}"


def test_documents_of_a_patient_who_is_not_known_well_are_not_retrieved(clinic: Clinic) -> None:
    """The error names all that is missing, though it is sent with another operation."""
    jo = clinic(clinic.client.patients.create({"name": [{"family": "Doe", "given": ["Jo"]}]}))

    with pytest.raises(UnprocessableEntityError) as caught:
        clinic(clinic.client.documents.retrieve(jo.id))

    assert "422 required (about address, birth_date, gender)" in str(caught.value)
    assert "code='required', fields=('gender',)" in repr(caught.value.issues)


def test_a_lost_document_is_sent_again_with_its_key(clinic: Clinic) -> None:
    """There is nothing to look it up by."""
    jo = clinic.admitted()
    clinic.simulator.faults.add("createDocumentReference", faults.drop_after_commit(), times=3)

    made = create(clinic, document(jo.id))

    assert [each.id for each in clinic.simulator.documents] == [made.id]
    assert clinic.seen() == ["createPatient", *["createDocumentReference"] * 4]


def test_a_document_that_stays_lost_ends_in_doubt(clinic: Clinic) -> None:
    """With its key, with which the same call made again gets it."""
    jo = clinic.admitted()
    clinic.simulator.faults.add("createDocumentReference", faults.drop_after_commit(), times=4)
    with pytest.raises(OutcomeUnknownError) as caught:
        create(clinic, document(jo.id))

    with pytest.raises(ConfigurationError, match="the same call with idempotency_key="):
        clinic(caught.value.resolve())
    made = create(clinic, document(jo.id), idempotency_key=caught.value.key)

    assert [each.id for each in clinic.simulator.documents] == [made.id]


def test_a_conflict_of_keys_after_a_lost_answer_is_not_believed(clinic: Clinic) -> None:
    """It may be that of our own first attempt, and nothing can be looked up."""
    jo = clinic.admitted()
    clinic.line.meets("/DocumentReference", answer(502), answer(409))

    with pytest.raises(OutcomeUnknownError) as caught:
        create(clinic, document(jo.id), idempotency_key=KEY)

    assert caught.value.key == KEY
    assert len(clinic.line.to("/DocumentReference")) == 2


def test_a_document_in_progress_is_waited_for_until_the_deadline(world: World) -> None:
    """Then its outcome is unknown, and it was sent with one key."""
    with opened(world, creation_takes=10_000) as clinic:
        jo = clinic.admitted()
        clinic.simulator.faults.add("createDocumentReference", faults.drop_after_commit())

        with pytest.raises(OutcomeUnknownError):
            create(clinic, document(jo.id))

        assert len(clinic.sent("createDocumentReference")) > 6
        assert len(set(clinic.keys("createDocumentReference"))) == 1
        assert 100 < clinic.clock.now() - 1000 <= 180
