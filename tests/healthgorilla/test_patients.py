"""Patients: made once, changed only as they were read, found by their identifiers."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from healthgorilla.clinic import KEY, MRN, PATIENT, URL, Clinic, Done, answer, opened, outcome, patient
from healthgorilla_client.models import Patient
from worlds import World

from cleanlife_ext import (
    ConflictError,
    IdempotencyConflictError,
    NotFoundError,
    OutcomeUnknownError,
    PreconditionFailedError,
    UnexpectedResponseError,
    UnprocessableEntityError,
)
from cleanlife_ext.simulator import Call, faults

ANONYMOUS = {name: value for name, value in PATIENT.items() if name != "identifier"}


def create(clinic: Clinic, resource: Any = PATIENT, **options: Any) -> Any:
    return clinic(clinic.client.patients.create(resource, **options))


# --- Made


@pytest.mark.parametrize(
    "resource",
    [PATIENT, {name: value for name, value in PATIENT.items() if name != "resourceType"}, Patient.from_dict(PATIENT)],
    ids=["JSON", "JSON without its type", "model"],
)
def test_a_patient_is_made_of_json_or_of_a_model(clinic: Clinic, resource: Any) -> None:
    """The answer has its id and its version, and what was sent."""
    made = create(clinic, resource)

    [kept] = clinic.simulator.patients
    assert (made.id, made.meta.version_id) == (kept.id, "1")
    assert made.to_dict() == kept.resource
    assert PATIENT.items() <= made.to_dict().items()


@pytest.mark.parametrize("resource", [None, "Patient", [PATIENT]])
def test_what_is_no_patient_is_refused_before_anything_is_sent(clinic: Clinic, resource: Any) -> None:
    """By its type."""
    with pytest.raises(TypeError, match="resource"):
        create(clinic, resource)

    assert clinic.simulator.requests == ()


@pytest.mark.parametrize(
    "resource",
    [
        {**PATIENT, "name": "Doe"},
        {**PATIENT, "name": 7},
        {**PATIENT, "name": []},
        {**PATIENT, "resourceType": "Subscription"},
        ANONYMOUS | {"name": None},
        {"identifier": PATIENT["identifier"]},
    ],
)
def test_what_has_not_the_shape_of_a_patient_is_refused_before_anything_is_sent(clinic: Clinic, resource: Any) -> None:
    """Without saying what was in it."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # The whole text is looked at.
        create(clinic, resource)

    assert "Doe" not in str(caught.value)
    assert clinic.simulator.requests == ()


@pytest.mark.parametrize("location", ["absolute", "relative"])
def test_an_answer_without_a_body_names_the_patient(world: World, location: Any) -> None:
    """By its address; the rest is what was sent, without a version."""
    with opened(world, created_body="empty", location=location) as clinic:
        made = create(clinic)

        assert made.id == clinic.simulator.patients[0].id
        assert made.name[0].family == "Doe"
        assert clinic.seen() == ["createPatient"]
        with pytest.raises(ValueError, match=r"meta\.versionId"):
            clinic(clinic.client.patients.update(made))


@pytest.mark.parametrize("before", [URL, "", "https://gateway.test/hg"])
def test_an_address_may_name_a_version_and_lie_behind_a_gateway(clinic: Clinic, before: str) -> None:
    """The id is taken from its place all the same."""
    place = f"{before}/fhir/R4/Patient/3ce13b5ecb4d6633826caca0/_history/1"
    clinic.line.meets("/Patient", answer(201, location=place))

    assert create(clinic).id == "3ce13b5ecb4d6633826caca0"


@pytest.mark.parametrize("place", ["", "/fhir/R4/Patient/", "/fhir/R4/DocumentReference/1", "//[", "x" * 3000])
def test_an_answer_that_names_nothing_is_looked_up(clinic: Clinic, place: str) -> None:
    """It says that something was made, and not what."""
    clinic.line.meets("/Patient", Done(answer(201, location=place)))

    assert create(clinic).id == clinic.simulator.patients[0].id
    assert clinic.seen() == ["createPatient", "searchPatients"]


def test_a_taken_identifier_is_a_conflict_that_shows_who_has_it(clinic: Clinic) -> None:
    """No second patient is made, and the first one is at hand."""
    first = create(clinic)

    with pytest.raises(ConflictError) as caught:
        create(clinic, patient(gender="male"))

    assert type(caught.value) is ConflictError
    assert caught.value.code == "duplicate"
    assert caught.value.existing == first
    assert len(clinic.simulator.patients) == 1


def test_a_taken_identifier_is_a_conflict_also_where_nobody_can_look(clinic: Clinic) -> None:
    """Then it does not show who has it, and says why."""
    create(clinic)
    clinic.simulator.faults.add("searchPatients", faults.status(403))

    with pytest.raises(ConflictError) as caught:
        create(clinic, patient(gender="male"))

    assert caught.value.existing is None
    assert "403" in str(caught.value.__cause__)


def test_another_one_who_is_found_after_a_lost_answer_is_a_conflict(clinic: Clinic) -> None:
    """Whoever has the identifier is somebody else, so nothing is sent again."""
    first = create(clinic)
    clinic.simulator.faults.add("createPatient", faults.drop_before_commit())

    with pytest.raises(ConflictError) as caught:
        create(clinic, patient(name=[{"family": "Roe", "given": ["Jo"]}]))

    assert caught.value.existing == first
    assert clinic.seen() == ["createPatient", "createPatient", "searchPatients"]


def test_more_may_stand_in_what_is_found_than_was_sent(clinic: Clinic) -> None:
    """Servers add to what they are given; it is the same patient."""

    def richer(_: Any) -> Any:
        found = {**PATIENT, "id": "1", "name": [{"use": "official", "family": "Doe", "given": ["Jo"]}]}
        return answer(200, {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": found}]})

    clinic.line.meets("/Patient", Done(answer(502)), richer)

    assert create(clinic).id == "1"


def test_a_patient_without_an_identifier_is_sent_again_with_its_key(clinic: Clinic) -> None:
    """Nothing else could tell."""
    clinic.simulator.faults.add("createPatient", faults.drop_after_commit(), times=2)

    made = create(clinic, ANONYMOUS)

    assert [each.id for each in clinic.simulator.patients] == [made.id]
    assert clinic.seen() == ["createPatient"] * 3


def test_each_identifier_is_looked_for(clinic: Clinic) -> None:
    """Whichever of them the API knows."""
    several = [{"value": "no system"}, {"system": MRN, "value": "1"}, {"system": "urn:other", "value": "2"}]
    clinic.simulator.faults.add("createPatient", faults.drop_after_commit())

    made = create(clinic, patient(identifier=several))

    assert [request.query["identifier"] for request in clinic.sent("searchPatients")] == [f"{MRN}|1", "urn:other|2"]
    assert [each.id for each in clinic.simulator.patients] == [made.id]


def test_several_who_look_like_the_lost_one_are_not_chosen_from(clinic: Clinic) -> None:
    """Nobody can say which one it is; they are shown to whoever can."""
    alike = answer(200, bundle(patient(id="1"), patient(id="2")))
    clinic.line.meets("/Patient", answer(502), alike, alike)

    with pytest.raises(OutcomeUnknownError, match="2 that look like it") as caught:
        create(clinic)

    assert [each.id for each in caught.value.candidates] == ["1", "2"]
    assert [request.method for request in clinic.line.to("/Patient")].count("POST") == 1
    clinic.line.meets("/Patient", alike)
    with pytest.raises(OutcomeUnknownError, match="2 that look like it"):
        clinic(caught.value.resolve())


def test_one_who_is_found_by_two_identifiers_is_one(clinic: Clinic) -> None:
    """However often it is seen."""
    clinic.simulator.faults.add("createPatient", faults.drop_after_commit())

    made = create(clinic, patient(identifier=[{"system": MRN, "value": "1"}, {"system": MRN, "value": "2"}]))

    assert [each.id for each in clinic.simulator.patients] == [made.id]
    assert len(clinic.sent("searchPatients")) == 2


# --- Keys


@pytest.mark.parametrize(
    "key", ["", "abc123", "15e72676-48c3-11ea-b77f-2e728ce88125", uuid.UUID(int=1), KEY.replace("-", ""), 7, f"{KEY}\n"]
)
def test_a_key_that_is_no_random_uuid_is_refused_before_anything_is_sent(clinic: Clinic, key: Any) -> None:
    """The vendor's own samples are none."""
    with pytest.raises(ValueError, match="idempotency_key"):
        create(clinic, idempotency_key=key)

    assert clinic.simulator.requests == ()


def test_a_key_is_the_same_however_it_was_given(clinic: Clinic) -> None:
    """As a text, in capitals or not, or as a UUID."""
    for key in (KEY, KEY.upper(), uuid.UUID(KEY)):
        create(clinic, idempotency_key=key)

    assert clinic.keys("createPatient") == [KEY] * 3
    assert clinic.simulator.patients[0].key == KEY


def test_a_key_is_refused_for_another_payload_before_anything_is_sent(clinic: Clinic) -> None:
    """Whatever became of the first one."""
    create(clinic, patient("1"), idempotency_key=KEY)

    with pytest.raises(IdempotencyConflictError, match="nothing was sent") as caught:
        create(clinic, patient("2"), idempotency_key=KEY)
    with pytest.raises(IdempotencyConflictError, match="nothing was sent"):
        clinic(clinic.client.patients.export_ccda("1", idempotency_key=KEY))

    assert caught.value.response.content == b""
    assert clinic.seen() == ["createPatient"]


def test_the_same_key_and_payload_give_the_same_patient(clinic: Clinic) -> None:
    """In whatever order its fields stand."""
    first = create(clinic, idempotency_key=KEY)

    assert create(clinic, dict(reversed(PATIENT.items())), idempotency_key=KEY) == first
    assert len(clinic.simulator.patients) == 1


def test_views_of_a_client_share_its_keys(clinic: Clinic) -> None:
    """A key is refused for another payload by all of them."""
    create(clinic, patient("1"), idempotency_key=KEY)

    with pytest.raises(IdempotencyConflictError):
        clinic(clinic.client.with_options(timeout=5).patients.create(patient("2"), idempotency_key=KEY))


def test_a_key_whose_hour_is_over_is_looked_up_and_not_sent(clinic: Clinic) -> None:
    """It says nothing any more: sent again, it would make another one."""
    first = create(clinic, idempotency_key=KEY)
    clinic.clock.sleep(3600)

    again = create(clinic, idempotency_key=KEY)

    assert again == first
    assert clinic.seen() == ["createPatient", "searchPatients"]


def test_a_key_whose_hour_is_over_ends_in_doubt_where_nothing_is_found(clinic: Clinic) -> None:
    """Nobody knows whether it was ever done, and it is not sent to find out."""
    clinic.simulator.faults.add("createPatient", faults.drop_before_commit(), times=None)
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            create(clinic, idempotency_key=KEY)
        posts = len(clinic.sent("createPatient"))
        clinic.simulator.faults.reset()
        clinic.clock.sleep(3600)

    assert posts == len(clinic.sent("createPatient")) == 4
    assert clinic.simulator.patients == ()


def test_a_patient_without_an_identifier_and_with_an_old_key_is_not_sent(clinic: Clinic) -> None:
    """Neither the key nor anything else tells."""
    create(clinic, ANONYMOUS, idempotency_key=KEY)
    clinic.clock.sleep(3600)

    with pytest.raises(OutcomeUnknownError, match="too old") as caught:
        create(clinic, ANONYMOUS, idempotency_key=KEY)

    assert caught.value.key == KEY
    assert clinic.seen() == ["createPatient"]


def test_a_key_that_has_had_no_effect_does_not_grow_old(clinic: Clinic) -> None:
    """What was refused may be sent at any later time."""
    clinic.simulator.faults.add("createPatient", faults.status(403))
    with pytest.raises(Exception, match="403"):
        create(clinic, idempotency_key=KEY)
    clinic.clock.sleep(7200)

    assert create(clinic, idempotency_key=KEY).id == clinic.simulator.patients[0].id


def test_nothing_is_sent_again_once_the_hour_is_over(world: World) -> None:
    """However long a call may take: while it waits, its key grows old."""
    with opened(world, {"deadline": 10_000, "timeout": 1000, "max_attempts": 50}) as clinic:
        clinic.simulator.faults.add("createPatient", faults.delay(2000), times=None)
        clinic.simulator.faults.add("searchPatients", faults.status(503), times=None)

        with pytest.raises(OutcomeUnknownError):
            create(clinic, ANONYMOUS)

        began = clinic.sent("createPatient")[0].at
        assert all((request.at - began).total_seconds() < 3600 for request in clinic.sent("createPatient"))
        assert len(clinic.simulator.patients) == 1


def test_a_conflict_of_keys_after_a_lost_answer_is_looked_up(clinic: Clinic) -> None:
    """It may speak of our own first attempt: what is there is the truth."""
    clinic.line.meets("/Patient", Done(answer(502)), answer(200, {"resourceType": "Bundle"}), answer(409))

    assert create(clinic).id == clinic.simulator.patients[0].id
    assert [request.method for request in clinic.line.to("/Patient")] == ["POST", "GET", "POST", "GET"]


def test_a_conflict_of_keys_after_a_lost_answer_is_not_believed(clinic: Clinic) -> None:
    """Where nothing is found, the outcome is unknown."""
    clinic.simulator.faults.add("createPatient", faults.drop_before_commit())
    clinic.simulator.faults.add("createPatient", faults.status(409, "conflict"), times=None)

    with pytest.raises(OutcomeUnknownError):
        create(clinic)


def test_a_refusal_of_what_is_malformed_is_believed_after_a_lost_answer(clinic: Clinic) -> None:
    """It would have met the first attempt as well."""
    clinic.simulator.faults.add("createPatient", faults.drop_before_commit())

    with pytest.raises(UnprocessableEntityError):
        create(clinic, patient(name=[{"family": "Doe"}]))

    assert clinic.seen() == ["createPatient", "searchPatients", "createPatient", "searchPatients"]


def test_a_request_in_progress_uses_up_no_attempts(clinic: Clinic) -> None:
    """It is asked for, with growing waits, until the deadline; then the outcome is unknown."""
    clinic.line.meets("/Patient", *[answer(202) for _ in range(50)])

    with pytest.raises(OutcomeUnknownError, match="202") as caught:
        create(clinic, ANONYMOUS, idempotency_key=KEY)

    sent = clinic.line.to("/Patient")
    assert len(sent) > 6
    assert {request.headers["hg-idempotency-key"] for request in sent} == {KEY}
    assert sum(clinic.clock.slept) <= 180
    assert caught.value.key == KEY


# --- Read and changed


def test_a_patient_is_read_as_it_is_now(clinic: Clinic) -> None:
    """By its id."""
    made = create(clinic)

    assert clinic(clinic.client.patients.get(made.id)) == made


@pytest.mark.parametrize("id", ["", "../Patient", "a b", "x" * 65, "1/$everything", "1?_x=1"])
def test_an_id_that_is_none_is_refused_before_anything_is_sent(clinic: Clinic, id: str) -> None:
    """Nothing that is passed as an id leads to another place."""
    with pytest.raises(ValueError):  # noqa: PT011  # Each says it in its own way.
        clinic(clinic.client.patients.get(id))

    assert clinic.simulator.requests == ()


def test_a_change_is_made_to_the_version_that_was_read(clinic: Clinic) -> None:
    """It is sent along, and the next one comes back."""
    create(clinic)
    made = clinic(clinic.client.patients.get(clinic.simulator.patients[0].id))
    made.active = False

    changed = clinic(clinic.client.patients.update(made))

    assert (changed.active, changed.meta.version_id) == (False, "2")
    assert clinic.sent("updatePatient")[0].headers["if-match"] == 'W/"1"'
    assert clinic.keys("updatePatient") == [None]


@pytest.mark.parametrize(("status", "kind"), [(412, PreconditionFailedError), (409, ConflictError)])
def test_a_change_of_what_has_been_changed_meanwhile_is_refused(world: World, status: Any, kind: Any) -> None:
    """Nobody's change is lost, whichever status the API has for it."""
    with opened(world, version_status=status) as clinic:
        made = create(clinic)
        clinic(clinic.client.patients.update({**made.to_dict(), "active": True}))

        with pytest.raises(kind) as caught:
            clinic(clinic.client.patients.update({**made.to_dict(), "active": False}))

        assert caught.value.status_code == status
        assert clinic.simulator.patients[0].resource["active"] is True
        assert clinic.seen().count("updatePatient") == 2


@pytest.mark.parametrize("status", [409, 412])
def test_a_change_that_is_sent_again_does_not_undo_that_of_another(world: World, status: Any) -> None:
    """The first attempt was lost, and somebody else was faster."""
    with opened(world, version_status=status) as clinic:
        made = create(clinic)

        def lost(_: Any) -> Any:
            path = f"/fhir/R4/Patient/{made.id}"
            clinic.simulator.answer(changing(clinic, path, {**made.to_dict(), "gender": "other"}))
            return answer(502)

        clinic.line.meets(f"/{made.id}", lost)
        with pytest.raises(ConflictError):
            clinic(clinic.client.patients.update({**made.to_dict(), "active": False}))

        kept = clinic.simulator.patients[0].resource
        assert (kept["gender"], "active" in kept) == ("other", False)


def changing(clinic: Clinic, path: str, body: Any) -> Call:
    """A change by somebody else, as it arrives."""
    headers = {"authorization": clinic.line.asked[-1].headers["authorization"], "content-type": "application/fhir+json"}
    return Call("PUT", path, headers={**headers, "if-match": 'W/"1"'}, body=json.dumps(body).encode())


def test_a_change_whose_answer_was_lost_is_read_and_compared(clinic: Clinic) -> None:
    """All that was sent stands there, so it was made; what the server writes itself does not count."""
    made = create(clinic)
    clinic.simulator.faults.add("updatePatient", faults.drop_after_commit())

    changed = clinic(clinic.client.patients.update({**made.to_dict(), "active": False}))

    assert (changed.active, changed.meta.version_id) == (False, "2")
    assert clinic.seen() == ["createPatient", "updatePatient", "getPatient"]


@pytest.mark.parametrize("lost", [faults.drop_before_commit(), faults.drop_after_commit()])
def test_a_change_that_takes_something_away_is_not_taken_for_made(clinic: Clinic, lost: faults.Fault) -> None:
    """All that was sent stood there before: only the version tells whether the rest is gone."""
    made = create(clinic, patient(active=True))
    clinic.simulator.faults.add("updatePatient", lost)
    resource = {name: value for name, value in made.to_dict().items() if name != "active"}

    changed = clinic(clinic.client.patients.update(resource))

    assert changed.meta.version_id == "2"
    assert "active" not in changed.to_dict()
    assert "active" not in clinic.simulator.patients[0].resource
    assert clinic.simulator.patients[0].version == 2


def test_a_change_that_cannot_be_read_back_ends_in_doubt(clinic: Clinic) -> None:
    """It may have been made, and who asks again later sees it."""
    made = create(clinic)
    clinic.simulator.faults.add("updatePatient", faults.drop_after_commit())
    clinic.simulator.faults.add("getPatient", faults.status(503), times=None)

    with pytest.raises(OutcomeUnknownError) as caught:
        clinic(clinic.client.patients.update({**made.to_dict(), "active": False}))
    clinic.simulator.faults.reset()

    assert clinic.seen().count("updatePatient") == 1
    assert clinic(caught.value.resolve()).active is False


@pytest.mark.parametrize(
    "lacking",
    [{"id": None}, {"meta": None}, {"meta": {}}, {"meta": {"versionId": ""}}, {"id": ""}],
    ids=["no id", "no meta", "no version", "an empty version", "an empty id"],
)
def test_a_change_needs_what_was_read(clinic: Clinic, lacking: Any) -> None:
    """Without id and version it would overwrite whatever is there."""
    given = {**PATIENT, "id": "1", "meta": {"versionId": "1"}, **lacking}
    resource = {name: value for name, value in given.items() if value is not None}

    with pytest.raises(ValueError, match=r"meta\.versionId are needed"):
        clinic(clinic.client.patients.update(resource))

    assert clinic.simulator.requests == ()


@pytest.mark.parametrize("version", ['1", W/"2', "1\r\nX: y", "é"])
def test_a_version_that_no_header_can_carry_is_refused(clinic: Clinic, version: str) -> None:
    """Before anything is sent."""
    with pytest.raises(ValueError):  # noqa: PT011
        clinic(clinic.client.patients.update({**PATIENT, "id": "1", "meta": {"versionId": version}}))

    assert clinic.simulator.requests == ()


def test_what_is_gone_cannot_be_changed(clinic: Clinic) -> None:
    """It is not made anew, since the version is sent."""
    with pytest.raises(NotFoundError):
        clinic(clinic.client.patients.update({**PATIENT, "id": "1", "meta": {"versionId": "1"}}))

    assert clinic.simulator.patients == ()


# --- Found


def test_a_patient_is_found_by_an_identifier(clinic: Clinic) -> None:
    """One, or none."""
    made = create(clinic)

    assert clinic(clinic.client.patients.find(MRN, "14455")) == made
    assert clinic(clinic.client.patients.find(MRN, "1")) is None
    assert clinic(clinic.client.patients.find("urn:other", "14455")) is None


@pytest.mark.parametrize(("system", "value"), [("", "1"), (MRN, ""), (None, "1"), (MRN, 14455)])
def test_half_an_identifier_is_refused_before_anything_is_sent(clinic: Clinic, system: Any, value: Any) -> None:
    """It would be many people's."""
    with pytest.raises(ValueError, match=r"system|value"):
        clinic(clinic.client.patients.find(system, value))

    assert clinic.simulator.requests == ()


def bundle(*resources: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}


def test_what_has_not_this_identifier_is_no_answer(clinic: Clinic) -> None:
    """A server that passes over the question finds everybody."""
    strangers = [patient("2", id="2"), {**ANONYMOUS, "id": "3"}, outcome("processing")]
    clinic.line.meets("/Patient", answer(200, bundle(*strangers, patient(id="1"))), answer(200, bundle(*strangers)))

    assert clinic(clinic.client.patients.find(MRN, "14455")).id == "1"
    assert clinic(clinic.client.patients.find(MRN, "14455")) is None


STRANGE = {
    "an identifier that is none": {"identifier": [7, None, "x", [], PATIENT["identifier"][0]]},
    "a name that is none": {"name": "Doe"},
    "an id that is none": {"id": 7},
}


@pytest.mark.parametrize("strange", list(STRANGE))
def test_somebody_who_cannot_be_read_is_said_to_be(clinic: Clinic, strange: str) -> None:
    """By an error of ours, which quotes nothing."""
    clinic.line.meets("/Patient", answer(200, bundle({**patient(id="1"), **STRANGE[strange]})))

    with pytest.raises(UnexpectedResponseError, match="a wrong shape") as caught:
        clinic(clinic.client.patients.find(MRN, "14455"))

    assert "Doe" not in str(caught.value)


@pytest.mark.parametrize("odd", [{"identifier": None}, {"identifier": 7}, {"identifier": [None]}])
def test_somebody_without_a_readable_identifier_is_somebody_else(clinic: Clinic, odd: Any) -> None:
    """And keeps nobody from being found."""
    clinic.line.meets("/Patient", answer(200, bundle({**patient(id="1"), **odd}, patient(id="2"))))

    assert clinic(clinic.client.patients.find(MRN, "14455")).id == "2"


def test_two_who_have_the_same_identifier_are_no_answer(clinic: Clinic) -> None:
    """Nobody can say which one is meant."""
    clinic.line.meets("/Patient", answer(200, bundle(patient(id="1"), patient(id="2"))))

    with pytest.raises(UnexpectedResponseError, match="2 patients") as caught:
        clinic(clinic.client.patients.find(MRN, "14455"))

    assert "14455" not in str(caught.value)
    assert caught.value.status_code == 200
