"""Patients of the tenant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from healthgorilla_client.api.patients import create_patient, export_ccda, get_patient, search_patients, update_patient
from healthgorilla_client.models import Bundle, Parameters, Patient
from healthgorilla_client.types import Response

from cleanlife_ext.engine.bodies import Row, answer_of, at
from cleanlife_ext.engine.check import verdict
from cleanlife_ext.engine.jobs import AsyncJob, Job
from cleanlife_ext.engine.message import Headers
from cleanlife_ext.engine.message import Response as Answer
from cleanlife_ext.errors import UnexpectedResponseError
from cleanlife_ext.healthgorilla.provider import HEALTHGORILLA, AsyncLayeredClient, LayeredClient
from cleanlife_ext.healthgorilla.resources import Result, key_of, resource_of
from cleanlife_ext.resources.shared import discreetly, documented_as

__all__ = ["AsyncPatients", "Patients"]

EXPORT = "exportCcda"


@discreetly
class Patients:
    """Patients, which are made once and changed only as they were read (A-RETRY)."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def create(self, resource: Patient | Mapping[str, Any], *, idempotency_key: UUID | str | None = None) -> Patient:
        """Make a patient, once: whatever is sent again has the same idempotency key (A-RETRY, A-IDEM).

        ```python
        patient = client.patients.create(
            {"name": [{"family": "Doe", "given": ["Jo"]}], "identifier": [{"system": "urn:example:mrn", "value": "1"}]}
        )
        ```

        Give it an identifier of yours: when its answer is lost, it is looked up by that before it is sent again, and
        when the hour of its key is over, that alone tells. *idempotency_key* is a UUID of version 4; keep it beside
        your own record of the work, and a call that you make again with it within the hour, and with the same resource,
        makes no second patient. Without one each call has a new one; with a ledger each resource has its own.

        Raises `ConflictError` if somebody else has the identifier (`.existing`), `IdempotencyConflictError` if the key
        was used for another resource, and `OutcomeUnknownError` if nothing says what became of it.
        """
        body, key = resource_of(Patient, resource), key_of(idempotency_key)
        return cast("Patient", create_patient.sync(client=self._client, body=body, hg_idempotency_key=key))

    def get(self, patient_id: str) -> Patient:
        """The patient with this id, as it is now. Raises `NotFoundError` if there is none."""
        return cast("Patient", get_patient.sync(patient_id, client=self._client))

    def update(self, resource: Patient | Mapping[str, Any]) -> Patient:
        """Replace a patient by what you made of what you have read; fields that you leave out are gone (D-PATUPD).

        ```python
        patient = client.patients.get(patient_id)
        patient.active = False
        patient = client.patients.update(patient)
        ```

        It is sent with the version that you have read, so nobody's change is lost: raises `PreconditionFailedError`, or
        `ConflictError`, if it has been changed meanwhile. When its answer is lost, the patient is read and compared.
        """
        body = resource_of(Patient, resource)
        id, version = _version_of(body)
        return cast("Patient", update_patient.sync(id, client=self._client, body=body, if_match=version))

    def find(self, system: str, value: str) -> Patient | None:
        """The patient with this identifier, `None` if there is none (D-PATOLD).

        ```python
        patient = client.patients.find("urn:example:mrn", "14455")
        ```
        """
        asked = _identifier(system, value)
        return _found(search_patients.sync_detailed(client=self._client, identifier=asked), system, value)

    def export_ccda(self, patient_id: str, *, idempotency_key: UUID | str | None = None) -> Job[Result]:
        """Begin to make a C-CDA document of a patient's record (D-PAT). The same key gives the same job (A-RETRY)."""
        key = key_of(idempotency_key)
        answer = export_ccda.sync_detailed(patient_id, client=self._client, body=Parameters(), hg_idempotency_key=key)
        return Job.begun(self._client.session, EXPORT, answer.headers)


@documented_as(Patients)
@discreetly
class AsyncPatients:
    """Patients, which are made once and changed only as they were read (A-RETRY)."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    async def create(
        self, resource: Patient | Mapping[str, Any], *, idempotency_key: UUID | str | None = None
    ) -> Patient:
        body, key = resource_of(Patient, resource), key_of(idempotency_key)
        return cast("Patient", await create_patient.asyncio(client=self._client, body=body, hg_idempotency_key=key))

    async def get(self, patient_id: str) -> Patient:
        return cast("Patient", await get_patient.asyncio(patient_id, client=self._client))

    async def update(self, resource: Patient | Mapping[str, Any]) -> Patient:
        body = resource_of(Patient, resource)
        id, version = _version_of(body)
        return cast("Patient", await update_patient.asyncio(id, client=self._client, body=body, if_match=version))

    async def find(self, system: str, value: str) -> Patient | None:
        asked = _identifier(system, value)
        return _found(await search_patients.asyncio_detailed(client=self._client, identifier=asked), system, value)

    async def export_ccda(self, patient_id: str, *, idempotency_key: UUID | str | None = None) -> AsyncJob[Result]:
        key = key_of(idempotency_key)
        answer = await export_ccda.asyncio_detailed(
            patient_id, client=self._client, body=Parameters(), hg_idempotency_key=key
        )
        return AsyncJob.begun(self._client.session, EXPORT, answer.headers)


def _version_of(patient: Patient) -> tuple[str, str]:
    """The id of *patient*, and the version that it was read as, as it is sent."""
    version = patient.meta.version_id if patient.meta else None
    if not patient.id or not version or '"' in version:
        raise ValueError("resource: its id and meta.versionId are needed; get the patient, change that, and update it")
    return patient.id, f'W/"{version}"'


def _identifier(system: str, value: str) -> str:
    """An identifier as it is asked for; a part of one would be many people's."""
    for name, part in (("system", system), ("value", value)):
        if not isinstance(part, str) or not part:
            raise ValueError(f"{name}: a text that is not empty is needed")
    return f"{system}|{value}"


def _found(answer: Response[Any], system: str, value: str) -> Patient | None:
    wanted = {"system": system, "value": value}
    entries = at(cast("Bundle", answer.parsed).to_dict(), "entry.resource")
    found = [each for each in entries if any(wanted.items() <= it.items() for it in _identifiers(each))]
    if len(found) > 1:
        response = Answer(int(answer.status_code), Headers(answer.headers.items()), answer.content)
        text = f"searchPatients: {len(found)} patients have this identifier, which only one may have"
        raise UnexpectedResponseError(text, response=response)
    return _patient(found[0]) if found else None


def _identifiers(resource: Any) -> list[Mapping[str, Any]]:
    return [each for each in at(resource, "identifier") if isinstance(each, Mapping)]


def _patient(row: Row) -> Patient:
    """*row* as the API would give it by its id."""
    operation = HEALTHGORILLA.operations["getPatient"]
    answer = answer_of(HEALTHGORILLA.bodies, operation, row)
    if (error := verdict(HEALTHGORILLA, operation, answer)) is not None:
        raise error
    return cast("Patient", HEALTHGORILLA.decode(operation, answer))
