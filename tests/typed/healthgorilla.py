"""What type checkers are promised of Health Gorilla's clients. It is never run: mypy and pyright read it."""

from __future__ import annotations

from typing import assert_type
from uuid import UUID

from healthgorilla_client.api.patients import get_patient
from healthgorilla_client.models import Bundle, DocumentReference, OperationOutcome, Patient, Resource, Subscription

from cleanlife_ext import AsyncCleanLife, CleanLife, JobFailedError
from cleanlife_ext.healthgorilla import AsyncHealthGorilla, AsyncJob, HealthGorilla, Job, Notification

JSON = {"resourceType": "Patient", "name": [{"family": "Doe", "given": ["Jo"]}]}


def in_synchronous_code(client: HealthGorilla, event: Notification) -> None:
    assert_type(client.patients.create(JSON), Patient)
    assert_type(client.patients.create(Patient(), idempotency_key=UUID(int=1)), Patient)
    assert_type(client.patients.get("id"), Patient)
    assert_type(client.patients.update(Patient()), Patient)
    assert_type(client.patients.find("system", "value"), Patient | None)
    assert_type(client.documents.create(JSON, idempotency_key="key"), DocumentReference)
    assert_type(client.subscriptions.create(JSON), Subscription)
    assert_type(client.subscriptions.get("id"), Subscription)

    job = client.documents.retrieve("id")
    assert_type(job, Job[Bundle | Resource])
    assert_type(client.patients.export_ccda("id"), Job[Bundle | Resource])
    assert_type(client.job(job.token), Job[Bundle | Resource])
    assert_type(job.wait(deadline=1), Bundle | Resource)
    assert_type(job.poll(), Bundle | Resource | None)
    assert_type(job.complete_from(event), Bundle | Resource | None)

    with client as same, client.with_options(timeout=5) as view:
        assert_type(same, HealthGorilla)
        assert_type(view, HealthGorilla)

    # What would fail when it is called is refused here.
    client.patients.create([JSON])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.patients.create(Subscription)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.patients.create(JSON, "key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    HealthGorilla(api_key="key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    HealthGorilla(cache_ttl=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def in_asynchronous_code(client: AsyncHealthGorilla, event: Notification) -> None:
    assert_type(await client.patients.create(JSON), Patient)
    assert_type(await client.patients.find("system", "value"), Patient | None)
    assert_type(await client.documents.create(DocumentReference), DocumentReference)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(await client.subscriptions.get("id"), Subscription)

    job = await client.documents.retrieve("id")
    assert_type(job, AsyncJob[Bundle | Resource])
    assert_type(await client.patients.export_ccda("id"), AsyncJob[Bundle | Resource])
    assert_type(client.job(job.token), AsyncJob[Bundle | Resource])
    assert_type(await job.wait(), Bundle | Resource)
    assert_type(await job.poll(), Bundle | Resource | None)
    assert_type(await job.complete_from(event), Bundle | Resource | None)

    async with client as same:
        assert_type(same, AsyncHealthGorilla)


def with_generated_functions(client: HealthGorilla, other: CleanLife | AsyncCleanLife) -> None:
    assert_type(get_patient.sync("id", client=client.generated), OperationOutcome | Patient | None)

    # Of the other provider.
    get_patient.sync("id", client=other.generated)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def of_a_failure(error: JobFailedError) -> None:
    for issue in error.issues:
        assert_type((issue.severity, issue.code, issue.message), tuple[str, str, str])
        assert_type(issue.fields, tuple[str, ...])
