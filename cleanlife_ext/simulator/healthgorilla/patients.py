"""Patients: made, read, replaced, found.

Decided here: an identifier is somebody's alone, within a client and whatever its type, also when a patient is changed
(a 409 with the code conflict, the one that the spec knows there). PUT makes each version anew, also an equal one. With
If-Match, a patient that is not there is a 404. What a client says of id and version is passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cleanlife_ext.simulator.calls import Answer
from cleanlife_ext.simulator.healthgorilla import notifications, outcomes, schemas, searching
from cleanlife_ext.simulator.healthgorilla.creating import created
from cleanlife_ext.simulator.healthgorilla.outcomes import Issue
from cleanlife_ext.simulator.healthgorilla.reading import Ask
from cleanlife_ext.simulator.healthgorilla.resources import Resource, changed, made
from cleanlife_ext.simulator.idempotency import Made

if TYPE_CHECKING:
    from cleanlife_ext.simulator.healthgorilla.state import State

Json = dict[str, Any]
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_VERSION = re.compile(r'(?:W/)?"([0-9]{1,9})"')


def create_patient(state: State, ask: Ask) -> Answer:
    """A new patient, or the one that If-None-Exist finds."""
    return state.once(ask, lambda: _created(state, ask))


def get_patient(state: State, ask: Ask) -> Answer:
    """The patient as it is now."""
    found = patient(state, ask.client.id, ask.id)
    return outcomes.fhir(200, found.content, {"ETag": found.etag})


def update_patient(state: State, ask: Ask) -> Answer:
    """The next version of a patient; without If-Match also the first one of a patient that was not there."""
    schemas.check(ask.body, "Patient", state.settings, _names)
    if not _ID.fullmatch(ask.id) or ask.body.get("id", ask.id) != ask.id:
        raise outcomes.invalid("The id of the resource must be the one in the address")
    before = state.patients.get(ask.client.id, ask.id)
    expected = ask.headers.get("if-match")
    if expected is not None:
        _check_version(state, before, expected)
    now = state.now()
    after = made(ask.body, ask.id, ask.client.id, now) if before is None else changed(before, ask.body, now)
    if _is_taken(state, after):
        raise outcomes.duplicate("conflict")
    state.patients.put(after)
    if before is None:
        notifications.resource_made(state, after)
    return outcomes.fhir(201 if before is None else 200, after.content, {"ETag": after.etag})


def search_patients(state: State, ask: Ask) -> Answer:
    """A page of the patients that fit."""
    searching.check_known("Patient", ask.query, (*searching.CONDITIONS, *searching.PAGING))
    fitting = searching.found(state.patients, ask.client.id, ask.query)
    return outcomes.fhir(200, searching.bundle(fitting, ask.query, ask.base_url + ask.path, ask.base_url))


def patient(state: State, client_id: str, id: str) -> Resource:
    """The client's patient with this id; refused if there is none."""
    found = state.patients.get(client_id, id)
    if found is None:
        raise outcomes.not_found("The patient")
    return found


def _created(state: State, ask: Ask) -> Made[Answer]:
    schemas.check(ask.body, "Patient", state.settings, _names)
    if "if-none-exist" in ask.headers:
        matching = searching.matching(state.patients, ask.client.id, ask.headers["if-none-exist"])
        if len(matching) > 1:
            raise outcomes.several_match()
        if matching:
            return Made(matching[0].id, outcomes.fhir(200, matching[0].content, {"ETag": matching[0].etag}))
    new = made(ask.body, state.ids.resource_id(), ask.client.id, state.now(), ask.key)
    if _is_taken(state, new):
        raise outcomes.duplicate()
    state.patients.put(new)
    notifications.resource_made(state, new)
    return created(new, ask.base_url, state.settings)


def _check_version(state: State, before: Resource | None, expected: str) -> None:
    if before is None:
        raise outcomes.not_found("The patient")
    version = _VERSION.fullmatch(expected.strip())
    if version is None:
        raise outcomes.invalid('If-Match must name a version, such as W/"1"')
    if int(version[1]) != before.version:
        raise outcomes.version_conflict(state.settings.version_status)


def _is_taken(state: State, resource: Resource) -> bool:
    """Whether somebody else has one of its identifiers."""
    holders = (
        state.patients.by_identifier(resource.client_id, system, value) for system, value in resource.identifiers
    )
    return any(holder is not None and holder.id != resource.id for holder in holders)


def _names(patient: Json) -> list[Issue]:
    """What every patient needs beyond its shape: one name with family and given."""
    if any(name.get("family") and name.get("given") for name in patient["name"]):
        return []
    missing = "given" if any(name.get("family") for name in patient["name"]) else "family"
    return [Issue("required", f"The '{missing}' field is required.", f"Patient.name.{missing}")]
