"""The examiner that stands behind all these tests finds what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from attrs import evolve, frozen
from conformance import check_webhook, examine
from simulator.calling import MISSING_ID

from cleanlife_ext.simulator import Answer

BOOKING: dict[str, Any] = {
    "bookingId": MISSING_ID,
    "externalReference": None,
    "appointmentId": None,
    "status": "in progress",
    "paymentStatus": "PENDING",
    "trackingReference": MISSING_ID,
    "date": "2026-06-14T00:00:00.000Z",
    "timeslot": {"startAt": "09:00", "endAt": "12:00", "endsAtNextDay": False},
    "appointment": None,
}
ERROR = {"code": "RESOURCE_NOT_FOUND", "message": "Booking not found", "requestId": "r"}
HEADERS = {"X-Request-Id": "r"}


@frozen
class Asked:
    """A request, as far as the examiner looks at it."""

    operation_id: str | None = "getBookingStatus"
    request_id: str = "r"


GOOD = Answer(200, {"success": True, "data": BOOKING}, HEADERS)
REFUSED = Answer(404, {"success": False, "error": ERROR}, HEADERS)


def test_what_the_spec_documents_passes() -> None:
    """A success, a refusal, and a refusal where no operation was meant."""
    examine(Asked(), GOOD)
    examine(Asked(), REFUSED)
    examine(Asked(None), evolve(REFUSED, status=405))


def booking(**changes: object) -> Answer:
    """The good answer with a booking that is not."""
    return evolve(GOOD, json={"success": True, "data": {**BOOKING, **changes}})


def refusal(status: int = 404, **changes: object) -> Answer:
    """The refusal with something else in it."""
    return evolve(REFUSED, status=status, json={"success": False, "error": {**ERROR, **changes}})


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (booking(bookingId="1"), "is not a 'uuid'"),
        (booking(status="cancelled"), "is not valid under any of the given schemas"),
        (booking(trackingReference=None), "is not of type 'string'"),
        (booking(date="14.06.2026"), "is not a 'moment'"),
        (evolve(GOOD, json={"success": True}), "'data' is a required property"),
        (evolve(GOOD, json={"success": False, "data": BOOKING}), "success does not fit"),
        (evolve(GOOD, status=201), "should not be valid"),
        (evolve(GOOD, headers={}), "X-Request-Id"),
        (evolve(GOOD, headers={**HEADERS, "content-type": "text/html"}), "Content-Type"),
        (refusal(code="NOT_FOUND"), "code NOT_FOUND is not documented"),
        (refusal(requestId="another"), "error.requestId"),
        (refusal(409), "should not be valid"),
        (refusal(400, code="VALIDATION_ERROR"), "details are not those"),
    ],
)
def test_what_it_does_not_document_fails(answer: Answer, complaint: str) -> None:
    """Status, headers, shape, formats, words, codes."""
    with pytest.raises(AssertionError, match=complaint):
        examine(Asked(), answer)


EVENT = {
    "deliveryId": MISSING_ID,
    "event": "booking.created",
    "createdAt": "2026-06-13T08:00:00+03:00",
    "data": BOOKING,
}
SENT = {
    "X-CleanLife-Signature": "sha256=" + "0" * 64,
    "X-CleanLife-Timestamp": "1781326800",
    "X-CleanLife-Event": "booking.created",
    "X-CleanLife-Delivery-Id": MISSING_ID,
    "Content-Type": "application/json",
}


def test_a_delivery_that_is_as_the_spec_says_passes() -> None:
    """Also that of an appointment, which tells what was before."""
    check_webhook(SENT, json.dumps(EVENT).encode())
    name = "booking.appointment_status_changed"
    moved = {**EVENT, "event": name, "data": {**BOOKING, "previousStatus": None}}
    check_webhook({**SENT, "X-CleanLife-Event": name}, json.dumps(moved).encode())


@pytest.mark.parametrize(
    ("headers", "event", "complaint"),
    [
        ({"X-CleanLife-Event": "booking.eaten"}, {}, "'booking.eaten' is no event"),
        ({"X-CleanLife-Signature": "0" * 64}, {}, "does not match"),
        ({"X-CleanLife-Delivery-Id": "another"}, {}, "different deliveries"),
        ({"Content-Type": "text/plain"}, {}, "Content-Type"),
        ({}, {"createdAt": "now"}, "is not a 'moment'"),
        ({}, {"data": {}}, "is a required property"),
    ],
)
def test_a_delivery_that_is_not_fails(headers: dict[str, str], event: dict[str, object], complaint: str) -> None:
    """Headers, body, and what they say of each other."""
    with pytest.raises(AssertionError, match=complaint):
        check_webhook({**SENT, **headers}, json.dumps({**EVENT, **event}).encode())


def test_a_delivery_without_a_signature_fails() -> None:
    """Each header is needed."""
    unsigned = {name: value for name, value in SENT.items() if name != "X-CleanLife-Signature"}

    with pytest.raises(AssertionError, match="X-CleanLife-Signature is missing"):
        check_webhook(unsigned, json.dumps(EVENT).encode())
