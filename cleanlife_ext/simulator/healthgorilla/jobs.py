"""What runs on after its request was answered, and is polled.

    $p360-retrieve (GET), $export-ccda (POST) ──► running ──► done, failed ──► expired

Decided here: each retrieval is a job of its own, whatever key comes with it. A retrieval gives the documents that the
API has of the patient, or the counters for them; a C-CDA is a searchset with one document in it. A job that has
expired, and one of another client, is not there.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, field, frozen

from cleanlife_ext.simulator.calls import Answer
from cleanlife_ext.simulator.healthgorilla import notifications, outcomes, patients, searching
from cleanlife_ext.simulator.healthgorilla.creating import address
from cleanlife_ext.simulator.healthgorilla.outcomes import Issue
from cleanlife_ext.simulator.healthgorilla.reading import Ask
from cleanlife_ext.simulator.healthgorilla.resources import Resource, made
from cleanlife_ext.simulator.idempotency import Made

if TYPE_CHECKING:
    from cleanlife_ext.simulator.healthgorilla.state import State

Json = dict[str, Any]
JobState = Literal["running", "done", "failed", "expired"]
_CCDA = b"<ClinicalDocument xmlns='urn:hl7-org:v3'/>"


@frozen
class Job:
    """A job; *started* and *ended* by the simulator's clock, *key*: the idempotency key that it was started with.

    *ends_at*: when it ends by itself, None if it does not.
    """

    id: str
    kind: Literal["retrieve", "ccda"]
    client_id: str
    patient_id: str
    started: dt.datetime
    state: JobState = "running"
    key: str | None = None
    base_url: str = field(default="", repr=False)
    ends_at: dt.datetime | None = None
    ended: dt.datetime | None = None
    result: Json | None = field(default=None, repr=False)


@frozen
class JobEnds:
    """The time of a job has come."""

    job_id: str

    def happen(self, state: State) -> None:
        """Let it be done, unless somebody was faster."""
        state.end_jobs()


def retrieve_documents(state: State, ask: Ask) -> Answer:
    """Start to collect what others have of a patient; each time anew, and each time it costs."""
    _check_async(ask)
    searching.check_known("DocumentReference/$p360-retrieve", ask.query, ("patient",))
    if not ask.query.get("patient"):
        raise outcomes.cannot_process("The 'patient' parameter is required.")
    patient = patients.patient(state, ask.client.id, ask.query["patient"])
    if missing := list(_missing(patient.content)):
        raise outcomes.unprocessable(missing)
    return _started(state, ask, "retrieve", patient).answer


def export_ccda(state: State, ask: Ask) -> Answer:
    """Start to make a C-CDA of a patient's record; the same key gives the same job as long as it runs."""
    _check_async(ask)
    patient = patients.patient(state, ask.client.id, ask.id)
    if ask.body.get("resourceType", "Parameters") != "Parameters":
        raise outcomes.invalid("The body must be a Parameters resource")
    return state.once(ask, lambda: _started(state, ask, "ccda", patient), is_job=True)


def get_request_result(state: State, ask: Ask) -> Answer:
    """How far a job is, and what has come of it."""
    job = state.job(ask.id)
    if job is None or job.client_id != ask.client.id or job.state == "expired":
        raise outcomes.not_found("The request result")
    if job.state == "running":
        headers = {"X-Progress": "in progress"}
        if state.settings.job_retry_after is not None:
            headers["Retry-After"] = str(state.settings.job_retry_after)
        return outcomes.empty(202, headers)
    return outcomes.fhir(454 if job.state == "failed" else 200, job.result or {})


def ended(state: State, job: Job, result: Json | None) -> Job:
    """*job*, which is done, with *result* or with what such a job gives."""
    return _over(state, job, "done", _result(state, job) if result is None else result)


def failed(state: State, job: Job, code: str, diagnostics: str) -> Job:
    """*job*, which has failed."""
    return _over(state, job, "failed", outcomes.outcome([Issue(code, diagnostics)]))


def _started(state: State, ask: Ask, kind: Literal["retrieve", "ccda"], patient: Resource) -> Made[Answer]:
    takes, now = state.settings.job_takes, state.now()
    job = Job(
        id=state.ids.resource_id(),
        kind=kind,
        client_id=ask.client.id,
        patient_id=patient.id,
        started=now,
        key=ask.key,
        base_url=ask.base_url,
        ends_at=None if takes is None else now + dt.timedelta(seconds=takes),
    )
    state.keep_job(job)
    place = address(ask.base_url, f"/fhir/RequestResult/{job.id}", state.settings)
    return Made(job.id, outcomes.empty(202, {state.settings.job_header: place}))


def _over(state: State, job: Job, how: Literal["done", "failed"], result: Json) -> Job:
    over = evolve(job, state=how, ended=state.now(), result=result)
    state.keep_job(over)
    notifications.job_ended(state, over)
    return over


def _result(state: State, job: Job) -> Json:
    if job.kind == "ccda":
        return searching.searchset([_ccda(state, job)], job.base_url, total=1)
    documents = state.documents_of(job.client_id, job.patient_id)
    if state.settings.job_result == "bundle":
        return searching.searchset(documents, job.base_url, total=len(documents))
    counters = {
        "organizationsTotal": 1,
        "documentsFound": len(documents),
        "documentsImported": len(documents),
        "documentsSkipped": 0,
        "documentsFailed": 0,
    }
    parameter = [{"name": name, "valueInteger": value} for name, value in counters.items()]
    return {"resourceType": "Parameters", "parameter": parameter}


def _ccda(state: State, job: Job) -> Resource:
    attachment = {"contentType": "application/xml", "data": base64.b64encode(_CCDA).decode()}
    document: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "subject": {"reference": f"Patient/{job.patient_id}"},
        "content": [{"attachment": attachment}],
    }
    return made(document, state.ids.resource_id(), job.client_id, state.now())


def _check_async(ask: Ask) -> None:
    wanted = {each.strip().lower() for each in ask.headers.get("prefer", "").replace(";", ",").split(",")}
    if "respond-async" not in wanted:
        raise outcomes.only_async()


def _missing(patient: Json) -> list[Issue]:
    """The demographics without which nobody could tell who is meant; a postal code stands for city and state."""
    has_address = any(
        each.get("postalCode") or (each.get("city") and each.get("state")) for each in patient.get("address", [])
    )
    has = {"gender": patient.get("gender"), "birthDate": patient.get("birthDate"), "address": has_address}
    missing = [name for name, value in has.items() if not value]
    return [Issue("required", f"The '{name}' field is required.", f"Patient.{name}") for name in missing]
