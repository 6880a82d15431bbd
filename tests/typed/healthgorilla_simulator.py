"""What type checkers are promised of `HealthGorillaSimulator`. It is never run: mypy and pyright read it."""

from __future__ import annotations

from typing import Any, Literal, assert_type

from cleanlife_ext.simulator import Delivery, HealthGorillaServer, HealthGorillaSimulator, RecordedRequest, faults
from cleanlife_ext.simulator.healthgorilla import Job, Resource
from cleanlife_ext.simulator.healthgorilla.clients import Credentials


def what_is_looked_at(simulator: HealthGorillaSimulator) -> None:
    assert_type(simulator.patients, tuple[Resource, ...])
    assert_type(simulator.documents[0].resource, dict[str, Any])
    assert_type(simulator.subscriptions[0].key, str | None)
    assert_type(simulator.jobs, tuple[Job, ...])
    assert_type(simulator.jobs[0].state, Literal["running", "done", "failed", "expired"])
    assert_type(simulator.requests, tuple[RecordedRequest, ...])
    assert_type(simulator.deliveries, tuple[Delivery, ...])
    assert_type(simulator.credentials, Credentials)


def what_is_done(simulator: HealthGorillaSimulator) -> None:
    simulator.faults.add("createPatient", faults.fail_after_commit(502, html=True), times=2)
    assert_type(simulator.finish("id", {"resourceType": "Bundle"}), Job)
    assert_type(simulator.fail("id", code="processing", diagnostics="No."), Job)
    assert_type(simulator.add_client(scopes=["user/*.*"]), Credentials)
    assert_type(simulator.set_subscription_status("id", "off"), Resource)
    with simulator.serve(port=0) as server:
        assert_type(server, HealthGorillaServer)
        assert_type(server.credentials, Credentials)


def switches() -> None:
    HealthGorillaSimulator(seed=1, job_takes=None, conflict_body="operationoutcome", location="relative")
    HealthGorillaSimulator(conflict_body="none")  # type: ignore[arg-type]
    HealthGorillaSimulator(colour="red")  # type: ignore[call-arg]
