"""Whether answers and webhooks of the simulators are what their specs say.

`Simulator(examine=examine)` asks of each answer, `HealthGorillaSimulator(examine=examine_healthgorilla)` too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from specs import METHODS, Json, Spec

__all__ = [
    "METHODS",
    "OPERATIONS",
    "PATH",
    "check_notification",
    "check_webhook",
    "complaints",
    "examine",
    "examine_healthgorilla",
    "healthgorilla_complaints",
    "webhook_complaints",
]

CLEANLIFE = Spec("cleanlife.yaml")
# The codes of a 401 are none of those that are documented.
HEALTHGORILLA = Spec("healthgorilla.yaml", open=frozenset({"IssueCode"}))
PATH, OPERATIONS = CLEANLIFE.path, CLEANLIFE.operations
BAD_REQUEST = {"statusCode": 400, "error": "Bad Request"}
HEX24 = re.compile(r"[0-9a-f]{24}")


class Asked(Protocol):
    """What is looked at in a recorded request."""

    @property
    def operation_id(self) -> str | None: ...

    @property
    def request_id(self) -> str: ...


class Answered(Protocol):
    """What is looked at in an answer."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def content(self) -> bytes: ...


class Typed(Answered, Protocol):
    """What says apart from its headers what it is."""

    @property
    def media_type(self) -> str | None: ...


def examine(request: Asked, answer: Answered) -> None:
    """Fail if *answer* is not what CleanLife's spec documents for the operation that was asked for."""
    found = list(complaints(request, answer))
    assert not found, f"{request.operation_id} answered {answer.status}: {found}"


def examine_healthgorilla(request: Asked, answer: Typed) -> None:
    """The same by Health Gorilla's spec."""
    found = list(healthgorilla_complaints(request, answer))
    assert not found, f"{request.operation_id} answered {answer.status}: {found}"


def check_webhook(headers: Mapping[str, str], body: bytes) -> None:
    """Fail if a delivery of CleanLife is not what the spec says of its event."""
    found = list(webhook_complaints(_lowered(headers), body))
    assert not found, found


def check_notification(headers: Mapping[str, str], body: bytes) -> None:
    """Fail if a notification of Health Gorilla is not what the spec says of it."""
    found = list(_notification_complaints(_lowered(headers), body))
    assert not found, found


def complaints(request: Asked, answer: Answered) -> Iterator[str]:
    """What is wrong with *answer*, if anything; one that was made wrong on purpose is not looked at."""
    if getattr(request, "fault", None) is not None:
        return
    headers = _lowered(answer.headers)
    if headers.get("x-request-id") != request.request_id:
        yield "X-Request-Id is not that of the request"
    if headers.get("content-type", "application/json") != "application/json":
        yield "Content-Type is not application/json"
    body = json.loads(answer.content)
    yield from CLEANLIFE.mismatches(_schema_of(request.operation_id, answer.status), body)
    if body.get("success") is not (answer.status < 300):
        yield "success does not fit the status"
    if answer.status >= 400:
        yield from _error_complaints(request, answer.status, body["error"])


def webhook_complaints(headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    """What is wrong with a delivery, if anything; the names of *headers* are lower-case."""
    event = headers.get("x-cleanlife-event", "")
    webhooks = CLEANLIFE.document["webhooks"]
    if event not in webhooks:
        yield f"{event!r} is no event"
        return
    operation = webhooks[event]["post"]
    yield from CLEANLIFE.parameter_mismatches(operation, headers)
    if headers.get("content-type") != "application/json":
        yield "Content-Type is not application/json"
    sent = json.loads(body)
    yield from CLEANLIFE.mismatches(_json_schema(CLEANLIFE.resolved(operation["requestBody"])), sent)
    if (sent["event"], sent["deliveryId"]) != (event, headers.get("x-cleanlife-delivery-id")):
        yield "headers and body speak of different deliveries"


def _error_complaints(request: Asked, status: int, error: Json) -> Iterator[str]:
    if error.get("requestId") != request.request_id:
        yield "error.requestId is not that of the request"
    known = frozenset() if request.operation_id is None else CLEANLIFE.codes(request.operation_id, status)
    if request.operation_id is not None and error["code"] not in known:
        yield f"code {error['code']} is not documented; {sorted(known)} are"
    if status == 400:
        details = error.get("details", {})
        said = details.get("message")
        if not said or said[0] != error["message"] or details != {"message": said, **BAD_REQUEST}:
            yield "details are not those of a VALIDATION_ERROR"


def _schema_of(operation_id: str | None, status: int) -> Json:
    """The schema of an answer; one that fits nothing where the status is not documented."""
    if operation_id is None:  # Whatever is no operation gets a failure, of which only the envelope is known.
        return {"$ref": "#/components/schemas/ErrorResponse"}
    response = CLEANLIFE.response(operation_id, status)
    return {"not": {}, "description": "the status is not documented"} if response is None else _json_schema(response)


def _json_schema(described: Json) -> Json:
    schema: Json = described["content"]["application/json"]["schema"]
    return schema


def healthgorilla_complaints(request: Asked, answer: Typed) -> Iterator[str]:
    """What is wrong with *answer*, if anything; one that was made wrong on purpose is not looked at."""
    if getattr(request, "fault", None) is not None:
        return
    headers = _lowered(answer.headers)
    yield from _id_complaints(request, headers)
    described: Json | None = {"content": {"application/fhir+json": {"schema": OUTCOME}}}
    if request.operation_id is not None:
        described = HEALTHGORILLA.response(request.operation_id, answer.status)
    if described is None:
        yield "the status is not documented"
    elif not answer.content:
        if "content" in described and answer.status not in {201, 409}:
            yield "there is no body"
    elif answer.media_type not in described.get("content", {}):
        yield f"{answer.media_type} is not documented"
    else:
        body = json.loads(answer.content)
        yield from HEALTHGORILLA.mismatches(described["content"][answer.media_type]["schema"], body)
        if answer.status >= 400 and answer.status != 454:
            yield from _code_complaints(request.operation_id, answer.status, body)


def _id_complaints(request: Asked, headers: Mapping[str, str]) -> Iterator[str]:
    own = headers.get("x-hg-request-id", "")
    if own != request.request_id or not HEX24.fullmatch(own):
        yield "X-Hg-Request-Id is not that of the request"
    sent = getattr(request, "headers", {}).get("x-request-id") or None
    if headers.get("x-request-id") != sent:
        yield "X-Request-Id is not the one that was sent"
    if headers.get("x-correlation-id") != (f"{sent}:{own}" if sent else None):
        yield "X-Correlation-Id does not hold both"


def _code_complaints(operation_id: str | None, status: int, body: Json) -> Iterator[str]:
    known = frozenset() if operation_id is None else HEALTHGORILLA.codes(operation_id, status)
    said = {body["error"]} if "error" in body else {issue["code"] for issue in body["issue"]}
    if known and not said <= known:
        yield f"codes {sorted(said)} are not documented; {sorted(known)} are"


def _notification_complaints(headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    operation = HEALTHGORILLA.document["webhooks"]["notification"]["post"]
    yield from HEALTHGORILLA.parameter_mismatches(operation, headers)
    contents = operation["requestBody"]["content"]
    type = headers.get("content-type")
    if type is None and body:
        yield "nothing says what the body is"
    elif type is not None and type not in contents:
        yield f"{type} is not documented"
    elif type is not None:
        yield from HEALTHGORILLA.mismatches(contents[type]["schema"], json.loads(body))


def _lowered(headers: Mapping[str, str]) -> dict[str, Any]:
    return {name.lower(): value for name, value in headers.items()}


OUTCOME = {"$ref": "#/components/schemas/OperationOutcome"}
