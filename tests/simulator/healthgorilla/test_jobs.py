"""Jobs: how they are started, polled, and come to their end."""

from __future__ import annotations

from typing import Any

import pytest
from simulator.healthgorilla.clinic import HOST, KEY, MISSING_ID, OTHER_KEY, PATIENT, Clinic, document

PARAMETERS = {"resourceType": "Parameters", "parameter": [{"name": "a", "valueString": "b"}]}


@pytest.fixture
def patient(clinic: Clinic) -> str:
    """Whom the jobs are about."""
    return clinic.patient()


def test_a_retrieval_is_a_job_that_is_polled(clinic: Clinic, patient: str) -> None:
    """202 while it runs, 200 with what was found."""
    clinic.ask("POST", "/fhir/R4/DocumentReference", document(patient))
    clinic.ask("POST", "/fhir/R4/DocumentReference", document(clinic.patient(2)))
    started = clinic.retrieve(patient)
    assert (started.status, started.content) == (202, b"")
    assert started.headers["location"] == f"https://{HOST}/fhir/RequestResult/{started.id}"

    running = clinic.poll(started.id)
    assert (running.status, running.content, running.headers["x-progress"]) == (202, b"", "in progress")
    assert "retry-after" not in running.headers
    clinic.clock.advance(seconds=30)
    done = clinic.poll(started.id)

    assert (done.status, done.body["type"], done.body["total"]) == (200, "searchset", 1)
    assert done.body["entry"][0]["resource"] == clinic.simulator.documents[0].resource
    (job,) = clinic.simulator.jobs
    assert (job.id, job.kind, job.patient_id, job.state) == (started.id, "retrieve", patient, "done")


def test_each_retrieval_is_a_job_of_its_own(clinic: Clinic, patient: str) -> None:
    """It is a GET, so a key plays no part; each one costs."""
    ids = {clinic.retrieve(patient, hg_idempotency_key=KEY).id for _ in range(3)}
    assert len(ids) == len(clinic.simulator.jobs) == 3
    assert {job.key for job in clinic.simulator.jobs} == {None}


@pytest.mark.parametrize("prefer", [None, "", "return=minimal", "respond-sync"])
def test_a_job_has_to_be_asked_for(clinic: Clinic, patient: str, prefer: str | None) -> None:
    """In the documented words, of both operations."""
    for reply in (clinic.retrieve(patient, prefer=prefer), clinic.export(patient, prefer=prefer)):
        assert (reply.status, reply.code) == (400, "processing")
        said = reply.body["issue"][0]["diagnostics"]
        assert said.startswith("This operations can be executed in asynchronous mode only")
    assert clinic.simulator.jobs == ()


@pytest.mark.parametrize("prefer", ["respond-async", "Respond-Async, wait=5", "handling=strict; respond-async"])
def test_it_may_be_asked_for_among_other_things(clinic: Clinic, patient: str, prefer: str) -> None:
    """As the header allows."""
    assert clinic.retrieve(patient, prefer=prefer).status == 202


def test_a_patient_that_is_not_there_has_no_jobs(clinic: Clinic) -> None:
    """404, of both operations; no patient at all is a 400."""
    assert clinic.retrieve(MISSING_ID).status == clinic.export(MISSING_ID).status == 404
    assert clinic.retrieve("").code == "processing"
    reply = clinic.ask("GET", "/fhir/R4/DocumentReference/$p360-retrieve", query={"x": "1"}, prefer="respond-async")
    assert (reply.status, reply.code) == (400, "processing")


@pytest.mark.parametrize(
    ("lacking", "places"),
    [
        (("gender",), ["Patient.gender"]),
        (("birthDate", "address"), ["Patient.birthDate", "Patient.address"]),
    ],
)
def test_too_few_demographics_are_a_422(clinic: Clinic, lacking: tuple[str, ...], places: list[str]) -> None:
    """Others could not tell who is meant."""
    body = {name: value for name, value in PATIENT.items() if name not in lacking}
    reply = clinic.retrieve(clinic.ask("POST", "/fhir/R4/Patient", body).id)

    assert (reply.status, reply.code, reply.places) == (422, "required", places)


@pytest.mark.parametrize(
    ("address", "status"), [({"postalCode": "1"}, 202), ({"city": "a", "state": "b"}, 202), ({"city": "a"}, 422)]
)
def test_a_postal_code_stands_for_city_and_state(clinic: Clinic, address: dict[str, str], status: int) -> None:
    """One of them will do."""
    assert clinic.retrieve(clinic.patient(1, address=[address])).status == status


def test_a_job_that_is_not_there_is_a_404(clinic: Clinic, patient: str) -> None:
    """So is another client's."""
    job = clinic.retrieve(patient).id
    assert clinic.poll(MISSING_ID).status == 404
    clinic.credentials = clinic.simulator.add_client()
    clinic.log_in()
    assert clinic.poll(job).status == 404


def test_a_result_expires(clinic: Clinic, patient: str) -> None:
    """Then it is as if it had never been."""
    job = clinic.retrieve(patient).id
    clinic.clock.advance(seconds=30)
    assert clinic.poll(job).status == 200
    clinic.clock.advance(days=1)
    clinic.log_in()

    assert clinic.poll(job).status == 404
    assert [(each.state, each.result) for each in clinic.simulator.jobs] == [("expired", None)]


def test_a_job_may_give_counters() -> None:
    """By a switch."""
    clinic = Clinic(job_result="parameters", job_takes=0)
    patient = clinic.patient()
    clinic.ask("POST", "/fhir/R4/DocumentReference", document(patient))
    body = clinic.poll(clinic.retrieve(patient).id).body

    assert body["resourceType"] == "Parameters"
    assert {each["name"]: each["valueInteger"] for each in body["parameter"]} == {
        "organizationsTotal": 1,
        "documentsFound": 1,
        "documentsImported": 1,
        "documentsSkipped": 0,
        "documentsFailed": 0,
    }


@pytest.mark.parametrize("header", ["Location", "Content-Location"])
@pytest.mark.parametrize(("location", "base"), [("absolute", f"https://{HOST}"), ("relative", "")])
def test_where_to_poll_is_spelled_as_the_switches_say(header: str, location: str, base: str) -> None:
    """Header and address; asking to wait is a switch too."""
    clinic = Clinic(job_header=header, location=location, job_retry_after=7)
    started = clinic.retrieve(clinic.patient())

    assert started.headers[header.lower()] == f"{base}/fhir/RequestResult/{clinic.simulator.jobs[0].id}"
    assert len({"location", "content-location"} & started.headers.keys()) == 1
    assert clinic.poll(started.id).headers["retry-after"] == "7"


def test_jobs_come_to_their_end_by_hand() -> None:
    """With a result of one's own, with the usual one, or with a failure."""
    clinic = Clinic(job_takes=None)
    patient = clinic.patient()
    one, two, three = (clinic.retrieve(patient).id for _ in range(3))
    clinic.clock.advance(days=300)
    clinic.log_in()
    simulator = clinic.simulator
    assert {job.state for job in simulator.jobs} == {"running"}
    assert simulator.finish(one, {"resourceType": "Bundle", "total": 9}).state == "done"
    assert simulator.finish(two).state == "done"
    assert simulator.fail(three, diagnostics="No organization has answered.").state == "failed"

    assert clinic.poll(one).body["total"] == 9
    assert clinic.poll(two).body["total"] == 0
    failed = clinic.poll(three)
    assert (failed.status, failed.code) == (454, "processing")
    assert failed.body["issue"][0]["diagnostics"] == "No organization has answered."


def test_only_a_job_that_runs_comes_to_an_end(clinic: Clinic, patient: str) -> None:
    """ValueError says why another one does not."""
    job = clinic.retrieve(patient).id
    clinic.simulator.finish(job)
    with pytest.raises(ValueError, match="the job is done"):
        clinic.simulator.fail(job)
    with pytest.raises(ValueError, match=f"no job has the id '{MISSING_ID}'"):
        clinic.simulator.finish(MISSING_ID)


def test_a_job_that_was_ended_by_hand_does_not_end_again(clinic: Clinic, patient: str) -> None:
    """When its time comes."""
    job = clinic.retrieve(patient).id
    clinic.simulator.fail(job)
    clinic.simulator.clock.advance(minutes=1)
    assert clinic.poll(job).status == 454


def test_jobs_end_when_time_is_advanced(clinic: Clinic, patient: str) -> None:
    """Whether or not somebody looks."""
    clinic.retrieve(patient)
    clinic.simulator.clock.advance(seconds=29)
    assert clinic.simulator.jobs[0].state == "running"
    clinic.simulator.clock.advance(seconds=1)

    job = clinic.simulator.jobs[0]
    assert (job.state, job.ended) == ("done", job.ends_at)


def test_the_same_key_gives_the_same_job_as_long_as_it_runs(clinic: Clinic, patient: str) -> None:
    """Also longer than an hour; then it makes room for another."""
    clinic = Clinic(job_takes=7200)
    patient = clinic.patient()
    first = clinic.export(patient, PARAMETERS, key=KEY)
    assert first.status == 202
    clinic.clock.advance(minutes=100)
    clinic.log_in()
    assert clinic.export(patient, PARAMETERS, key=KEY).id == first.id
    clinic.clock.advance(minutes=20)

    second = clinic.export(patient, PARAMETERS, key=KEY)
    assert (second.status, second.id == first.id) == (202, False)
    assert [job.key for job in clinic.simulator.jobs] == [KEY, KEY]


def test_the_key_of_a_job_is_for_one_payload(clinic: Clinic, patient: str) -> None:
    """Also after it is done, while the hour lasts."""
    job = clinic.export(patient, PARAMETERS, key=KEY).id
    assert clinic.export(patient, key=KEY).status == 409
    clinic.simulator.finish(job)
    assert clinic.export(patient, key=KEY).status == 409
    assert clinic.export(patient, PARAMETERS, key=KEY).id != job


def test_another_key_is_another_job(clinic: Clinic, patient: str) -> None:
    """And so is none."""
    keys = (KEY, OTHER_KEY, None, None)
    assert len({clinic.export(patient, PARAMETERS, key=key).id for key in keys}) == 4


def test_a_c_cda_is_a_document_of_the_patient(clinic: Clinic, patient: str) -> None:
    """In a searchset."""
    job = clinic.export(patient).id
    clinic.clock.advance(seconds=30)
    (entry,) = clinic.poll(job).body["entry"]

    assert entry["resource"]["subject"] == {"reference": f"Patient/{patient}"}
    assert entry["resource"]["content"][0]["attachment"]["contentType"] == "application/xml"
    assert clinic.simulator.jobs[0].kind == "ccda"


@pytest.mark.parametrize("body", [PATIENT, [], b"{"])
def test_what_is_no_parameters_resource_starts_no_c_cda(clinic: Clinic, patient: str, body: Any) -> None:
    """A 400; nothing at all, and an object without a type, are taken as none."""
    assert clinic.export(patient, body).status == 400
    assert clinic.export(patient, {}).status == 202


def test_no_time_is_a_time_too() -> None:
    """A job that takes none is done when it is first asked for."""
    clinic = Clinic(job_takes=0)
    assert clinic.poll(clinic.retrieve(clinic.patient()).id).status == 200
