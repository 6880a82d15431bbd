"""Documents of patients, and their retrieval from other organizations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from healthgorilla_client.api.documents import create_document_reference, retrieve_documents
from healthgorilla_client.models import DocumentReference

from cleanlife_ext.engine.jobs import AsyncJob, Job
from cleanlife_ext.healthgorilla.provider import AsyncLayeredClient, LayeredClient
from cleanlife_ext.healthgorilla.resources import Id, Result, key_of, resource_of
from cleanlife_ext.resources.shared import discreetly, documented_as

__all__ = ["AsyncDocuments", "Documents"]

RETRIEVAL = "retrieveDocuments"


@discreetly
class Documents:
    """Documents, which can neither be changed nor looked up once they are made (CAP)."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def create(
        self, resource: DocumentReference | Mapping[str, Any], *, idempotency_key: UUID | str | None = None
    ) -> DocumentReference:
        """Add a document to a patient's record, once (A-RETRY, A-IDEM).

        ```python
        document = client.documents.create(
            {"status": "current", "subject": {"reference": f"Patient/{patient.id}"},
             "content": [{"attachment": {"contentType": "text/plain", "url": "https://example.com/1.txt"}}]}
        )
        ```

        The idempotency key is the only guard: when its hour is over, a lost one stays an `OutcomeUnknownError`. See
        `patients.create` for *idempotency_key*.
        """
        body, key = resource_of(DocumentReference, resource), key_of(idempotency_key)
        answer = create_document_reference.sync(client=self._client, body=body, hg_idempotency_key=key)
        return cast("DocumentReference", answer)

    def retrieve(self, patient_id: Id) -> Job[Result]:
        """Begin to retrieve a patient's documents from other organizations (D-P360OP).

        ```python
        job = client.documents.retrieve(patient.id)
        bundle = job.wait(deadline=1800)
        ```

        Each call begins a job that is paid for, and it has no idempotency key: it is never sent again. Raises
        `OutcomeUnknownError` if its answer is lost, and then it may have begun.
        """
        answer = retrieve_documents.sync_detailed(client=self._client, patient=cast("str", patient_id))
        return Job.begun(self._client.session, RETRIEVAL, answer.headers)


@documented_as(Documents)
@discreetly
class AsyncDocuments:
    """Documents, which can neither be changed nor looked up once they are made (CAP)."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    async def create(
        self, resource: DocumentReference | Mapping[str, Any], *, idempotency_key: UUID | str | None = None
    ) -> DocumentReference:
        body, key = resource_of(DocumentReference, resource), key_of(idempotency_key)
        answer = await create_document_reference.asyncio(client=self._client, body=body, hg_idempotency_key=key)
        return cast("DocumentReference", answer)

    async def retrieve(self, patient_id: Id) -> AsyncJob[Result]:
        answer = await retrieve_documents.asyncio_detailed(client=self._client, patient=cast("str", patient_id))
        return AsyncJob.begun(self._client.session, RETRIEVAL, answer.headers)
