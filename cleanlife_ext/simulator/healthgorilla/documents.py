"""Documents of patients. None can be found again but by its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cleanlife_ext.simulator.calls import Answer
from cleanlife_ext.simulator.healthgorilla import notifications, outcomes, schemas
from cleanlife_ext.simulator.healthgorilla.creating import created
from cleanlife_ext.simulator.healthgorilla.outcomes import Issue
from cleanlife_ext.simulator.healthgorilla.reading import Ask
from cleanlife_ext.simulator.healthgorilla.resources import made
from cleanlife_ext.simulator.idempotency import Made

if TYPE_CHECKING:
    from cleanlife_ext.simulator.healthgorilla.state import State


def create_document_reference(state: State, ask: Ask) -> Answer:
    """A new DocumentReference."""
    return state.once(ask, lambda: _created(state, ask))


def patient_id_of(document: dict[str, Any]) -> str | None:
    """The id of the patient whom *document* is about; None if it does not say, empty if it is about something else."""
    reference: str | None = document.get("subject", {}).get("reference")
    if reference is None:
        return None
    _, is_patient, id = reference.rpartition("Patient/")
    return id if is_patient else ""


def _created(state: State, ask: Ask) -> Made[Answer]:
    schemas.check(ask.body, "DocumentReference", state.settings)
    patient_id = patient_id_of(ask.body)
    if patient_id is not None and state.patients.get(ask.client.id, patient_id) is None:
        message = f"{ask.body['subject']['reference'][:200]} could not be resolved."
        raise outcomes.unprocessable([Issue("not-found", message, "DocumentReference.subject")])
    new = made(ask.body, state.ids.resource_id(), ask.client.id, state.now(), ask.key)
    state.documents.put(new)
    notifications.resource_made(state, new)
    return created(new, ask.base_url, state.settings)
