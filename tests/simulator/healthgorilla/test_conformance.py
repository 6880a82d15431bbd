"""The examiner that stands behind all these tests finds what is wrong with answers and notifications."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import evolve, frozen
from conformance import check_notification, examine_healthgorilla
from simulator.healthgorilla.clinic import PATIENT, SUBSCRIPTION, Clinic

from cleanlife_ext.simulator import Answer

ID = "5d2679f10676e11f5cc30658"
HEADERS = {"X-Hg-Request-Id": ID}


@frozen
class Asked:
    """A request, as far as the examiner looks at it."""

    operation_id: str | None = "getPatient"
    request_id: str = ID
    headers: Mapping[str, str] = {}
    fault: str | None = None


GOOD = Answer(200, PATIENT, HEADERS, json_type="application/fhir+json")
OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]}
REFUSED = evolve(GOOD, status=404, json=OUTCOME)
SENT = Asked(headers={"x-request-id": "mine"})


def test_what_the_spec_documents_passes() -> None:
    """A success, a refusal, a refusal where no operation was meant, and a body that may be missing."""
    examine_healthgorilla(Asked(), GOOD)
    examine_healthgorilla(Asked(), REFUSED)
    examine_healthgorilla(Asked(None), evolve(REFUSED, status=405))
    examine_healthgorilla(Asked("createPatient"), evolve(GOOD, status=201, is_empty=True))
    examine_healthgorilla(
        SENT, evolve(GOOD, headers={**HEADERS, "x-request-id": "mine", "x-correlation-id": f"mine:{ID}"})
    )
    examine_healthgorilla(Asked(fault="html"), evolve(GOOD, status=599))


@pytest.mark.parametrize(
    ("asked", "answer", "complaint"),
    [
        (Asked(), evolve(GOOD, headers={}), "X-Hg-Request-Id"),
        (Asked(request_id="x"), evolve(GOOD, headers={"X-Hg-Request-Id": "x"}), "X-Hg-Request-Id"),
        (SENT, GOOD, "X-Request-Id is not the one"),
        (SENT, evolve(GOOD, headers={**HEADERS, "x-request-id": "mine"}), "X-Correlation-Id"),
        (Asked(), evolve(GOOD, headers={**HEADERS, "x-correlation-id": "a:b"}), "X-Correlation-Id"),
        (Asked(), evolve(GOOD, status=201), "status is not documented"),
        (Asked(), evolve(GOOD, is_empty=True), "there is no body"),
        (Asked(), evolve(GOOD, json_type="application/json"), "application/json is not documented"),
        (Asked(), evolve(GOOD, json={**PATIENT, "gender": "f"}), "gender"),
        (Asked(), evolve(GOOD, json={**PATIENT, "meta": {"lastUpdated": "now"}}), "lastUpdated"),
        (Asked(), evolve(REFUSED, json={**OUTCOME, "issue": [{"code": "conflict"}]}), "codes .'conflict'. are not"),
        (Asked("getToken"), Answer(400, {"error": "odd"}, HEADERS), "codes .'odd'. are not"),
    ],
)
def test_what_it_does_not_document_fails(asked: Asked, answer: Answer, complaint: str) -> None:
    """Word by word."""
    with pytest.raises(AssertionError, match=complaint):
        examine_healthgorilla(asked, answer)


def test_a_notification_is_looked_at_too(clinic: Clinic) -> None:
    """Its headers, its type and its body."""
    clinic.ask("POST", "/fhir/R4/Subscription", {**SUBSCRIPTION, "criteria": "Patient"})
    clinic.patient()
    clinic.simulator.settle()
    (good,) = clinic.inbox.got
    headers = dict(good.headers)
    check_notification(headers, good.body)

    wrong = [
        ({**headers, "Digest": "SHA-512=x"}, good.body, "does not match"),
        ({name: value for name, value in headers.items() if name != "Date"}, good.body, "Date is missing"),
        ({**headers, "Content-Type": "text/plain"}, good.body, "text/plain is not documented"),
        ({name: value for name, value in headers.items() if name != "Content-Type"}, good.body, "nothing says"),
        (headers, b"{}", "resourceType"),
    ]
    for sent, body, complaint in wrong:
        with pytest.raises(AssertionError, match=complaint):
            check_notification(sent, body)
