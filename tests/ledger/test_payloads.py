"""One payload is created once, through all layers: whatever is lost on the way, and however late it is asked again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from ledger.payloads import GIVEN
from worlds import FakeClock, World

from cleanlife_ext import IdempotencyConflictError, OutcomeUnknownError, UnprocessableEntityError
from cleanlife_ext.healthgorilla import AsyncHealthGorilla, HealthGorilla
from cleanlife_ext.ledger import Entry, Ledger, State
from cleanlife_ext.simulator import HealthGorillaSimulator, faults

PATIENT = {
    "resourceType": "Patient",
    "name": [{"family": "Quispe", "given": ["Ana"]}],
    "identifier": [{"system": "urn:example:mrn", "value": "14455"}],
}
WITHOUT = {"resourceType": "Patient", "name": [{"family": "Quispe", "given": ["Ana"]}]}  # An identifier.
HOUR = 3600.0
HEADER = "hg-idempotency-key"


@attrs.define
class Clinic:
    """Clients of one API, each of which knows of the others only what the ledger says."""

    world: World
    ledger: Ledger
    clock: FakeClock
    simulator: HealthGorillaSimulator

    @contextmanager
    def client(self, **options: Any) -> Iterator[Any]:
        kind = AsyncHealthGorilla if self.world.is_async else HealthGorilla
        given = {"transport": self.simulator.transport, "ledger": self.ledger, "clock": self.clock}
        client: Any = kind(**self.simulator.credentials, base_url="https://fhir.test", **{**given, **options})
        try:
            yield client
        finally:
            self.world.close(client)

    def patient(self, resource: Any = PATIENT, *, key: str | None = None, **options: Any) -> Any:
        with self.client(**options) as client:
            return self.world(client.patients.create(resource, idempotency_key=key))

    def document(self, subject: str, **options: Any) -> Any:
        content = [{"attachment": {"contentType": "text/plain", "url": "https://example.com/1.txt"}}]
        resource = {"status": "current", "subject": {"reference": f"Patient/{subject}"}, "content": content}
        with self.client(**options) as client:
            return self.world(client.documents.create(resource))

    def keys(self, operation: str = "createPatient") -> list[str]:
        """What was sent as a key, in order."""
        return [each.headers[HEADER] for each in self.simulator.requests if each.operation_id == operation]

    def loses(self, resource: Any, fault: faults.Fault) -> None:
        """Nobody knows what became of it, and it cannot be looked for just then."""
        self.simulator.faults.add("createPatient", fault)
        rule = self.simulator.faults.add("searchPatients", faults.drop_before_commit(), times=None)
        with pytest.raises(OutcomeUnknownError):
            self.patient(resource, max_attempts=1)
        self.simulator.faults.remove(rule)

    @property
    def entry(self) -> Entry:
        """The one that was written last."""
        return max(self.ledger.entries(), key=lambda entry: entry.created_at)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def clinic(world: World, ledger: Ledger, clock: FakeClock) -> Clinic:
    simulator = HealthGorillaSimulator(now=lambda: dt.datetime.fromtimestamp(clock.wall(), dt.UTC))
    return Clinic(world, ledger, clock, simulator)


def test_the_same_payload_gives_the_same_patient(clinic: Clinic) -> None:
    """Next week too, by a client that knows no key; it is read afresh."""
    first = clinic.patient()
    clinic.clock.time += 7 * 24 * HOUR
    again = clinic.patient()

    assert again.id == first.id == clinic.entry.booking_id
    assert len(clinic.keys()) == len(clinic.simulator.patients) == 1
    assert clinic.simulator.requests[-1].operation_id == "getPatient"


def test_the_same_payload_gives_the_same_document(clinic: Clinic) -> None:
    """Though nobody can read it."""
    subject = clinic.patient().id
    first = clinic.document(subject)
    again = clinic.document(subject)

    assert again.id == first.id
    assert again.to_dict()["content"] == first.to_dict()["content"]
    assert len(clinic.keys("createDocumentReference")) == len(clinic.simulator.documents) == 1


def test_what_is_named_by_its_address_alone_is_on_record(world: World, ledger: Ledger, clock: FakeClock) -> None:
    """An answer need have no body."""
    now = lambda: dt.datetime.fromtimestamp(clock.wall(), dt.UTC)  # noqa: E731
    clinic = Clinic(world, ledger, clock, HealthGorillaSimulator(now=now, created_body="empty"))
    made = clinic.patient()

    assert clinic.entry.booking_id == made.id == clinic.simulator.patients[0].id


@pytest.mark.parametrize("fault", [faults.drop_after_commit(), faults.drop_before_commit(), faults.fail_after_commit()])
def test_a_lost_answer_is_asked_for_with_the_same_key(clinic: Clinic, fault: faults.Fault) -> None:
    """By another client, after nobody knew what became of it."""
    clinic.loses(WITHOUT, fault)
    before = clinic.entry
    made = clinic.patient(WITHOUT)

    assert (before.state, before.idempotency_key) == (State.UNKNOWN, clinic.keys()[0])
    assert len(set(clinic.keys())) == 1
    assert [each.id for each in clinic.simulator.patients] == [made.id] == [clinic.entry.booking_id]


def test_a_lost_patient_is_found_once_its_key_is_too_old(clinic: Clinic) -> None:
    """By its identifier, and by that alone."""
    clinic.loses(PATIENT, faults.drop_after_commit())
    clinic.clock.time += HOUR
    made = clinic.patient()

    assert len(clinic.keys()) == len(clinic.simulator.patients) == 1
    assert (clinic.entry.state, clinic.entry.booking_id) == (State.CREATED, made.id)


@pytest.mark.parametrize("resource", [PATIENT, WITHOUT])
@pytest.mark.parametrize("fault", [faults.drop_before_commit(), faults.drop_after_commit()])
def test_nothing_is_sent_with_a_key_that_is_too_old(clinic: Clinic, resource: Any, fault: faults.Fault) -> None:
    """It was sent by another client, so only the ledger knows; and what cannot be seen may be there all the same."""
    is_found = resource is PATIENT and fault == faults.drop_after_commit()
    clinic.loses(resource, fault)
    for _ in range(2):
        clinic.clock.time += HOUR
        if is_found:
            clinic.patient(resource)
        else:
            with pytest.raises(OutcomeUnknownError):
                clinic.patient(resource)

    assert len(clinic.keys()) == 1
    assert clinic.entry.state is (State.CREATED if is_found else State.UNKNOWN)


def test_who_knocks_again_and_again_makes_no_key_younger(clinic: Clinic) -> None:
    """The server counts from the first time, and so does the ledger."""
    for _ in range(3):
        clinic.loses(WITHOUT, faults.drop_before_commit())
        clinic.clock.time += HOUR / 3
    with pytest.raises(OutcomeUnknownError):
        clinic.patient(WITHOUT)

    assert len(clinic.keys()) == 3
    assert len(set(clinic.keys())) == 1


def test_a_refused_payload_may_be_asked_for_again(clinic: Clinic) -> None:
    """With a new key: the old one would bring the same refusal."""
    clinic.simulator.faults.add("createPatient", faults.status(422))
    with pytest.raises(UnprocessableEntityError):
        clinic.patient()
    assert clinic.entry.state is State.REJECTED
    clinic.patient()

    assert len(set(clinic.keys())) == 2
    assert clinic.entry.state is State.CREATED


def test_a_key_for_another_payload_is_refused_by_the_ledger(clinic: Clinic) -> None:
    """Whoever used it; nothing is sent, and the same payload with it gives what was made."""
    first = clinic.patient(key=GIVEN)
    with pytest.raises(IdempotencyConflictError, match="the ledger has another request"):
        clinic.patient(WITHOUT, key=GIVEN)

    assert clinic.patient(key=GIVEN).id == first.id
    assert clinic.keys() == [GIVEN]
    assert clinic.entry.reference == GIVEN
