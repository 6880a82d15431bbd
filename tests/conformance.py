"""Whether answers and webhooks are what `spec/cleanlife.yaml` says; `Simulator(examine=examine)` asks of each answer.

The spec is lenient, since its client must be; the simulator has no excuse. So two things are stricter here: where the
spec lets an unknown word pass beside an enumeration, only the enumeration counts, and what it describes in words as
ISO 8601 must be a moment with an offset.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

METHODS = ("get", "put", "post", "patch", "delete")
PATH = Path(__file__).parents[1] / "spec" / "cleanlife.yaml"
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
BAD_REQUEST = {"statusCode": 400, "error": "Bad Request"}

Json = Mapping[str, Any]


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


def examine(request: Asked, answer: Answered) -> None:
    """Fail if *answer* is not what the spec documents for the operation that was asked for."""
    found = list(complaints(request, answer))
    assert not found, f"{request.operation_id} answered {answer.status}: {found}"


def check_webhook(headers: Mapping[str, str], body: bytes) -> None:
    """Fail if a delivery is not what the spec says of its event."""
    found = list(webhook_complaints({name.lower(): value for name, value in headers.items()}, body))
    assert not found, found


def complaints(request: Asked, answer: Answered) -> Iterator[str]:
    """What is wrong with *answer*, if anything; one that was made wrong on purpose is not looked at."""
    if getattr(request, "fault", None) is not None:
        return
    headers = {name.lower(): value for name, value in answer.headers.items()}
    if headers.get("x-request-id") != request.request_id:
        yield "X-Request-Id is not that of the request"
    if headers.get("content-type", "application/json") != "application/json":
        yield "Content-Type is not application/json"
    body = json.loads(answer.content)
    yield from _mismatches(_schema_of(request.operation_id, answer.status), body)
    if body.get("success") is not (answer.status < 300):
        yield "success does not fit the status"
    if answer.status >= 400:
        yield from _error_complaints(request, answer.status, body["error"])


def webhook_complaints(headers: Mapping[str, str], body: bytes) -> Iterator[str]:
    """What is wrong with a delivery, if anything; the names of *headers* are lower-case."""
    event = headers.get("x-cleanlife-event", "")
    if event not in SPEC["webhooks"]:
        yield f"{event!r} is no event"
        return
    operation = SPEC["webhooks"][event]["post"]
    for parameter in map(resolved, operation["parameters"]):
        value = headers.get(parameter["name"].lower())
        if value is None:
            yield f"{parameter['name']} is missing"
        else:
            yield from _mismatches(parameter["schema"], value)
    if headers.get("content-type") != "application/json":
        yield "Content-Type is not application/json"
    sent = json.loads(body)
    yield from _mismatches(_json_schema(resolved(operation["requestBody"])), sent)
    if (sent["event"], sent["deliveryId"]) != (event, headers.get("x-cleanlife-delivery-id")):
        yield "headers and body speak of different deliveries"


def _error_complaints(request: Asked, status: int, error: Json) -> Iterator[str]:
    if error.get("requestId") != request.request_id:
        yield "error.requestId is not that of the request"
    known = _codes_of(request.operation_id, status)
    if request.operation_id is not None and error["code"] not in known:
        yield f"code {error['code']} is not documented; {sorted(known)} are"
    if status == 400:
        details = error.get("details", {})
        said = details.get("message")
        if not said or said[0] != error["message"] or details != {"message": said, **BAD_REQUEST}:
            yield "details are not those of a VALIDATION_ERROR"


@cache
def _schema_of(operation_id: str | None, status: int) -> Json:
    """The schema of an answer; one that fits nothing where the status is not documented."""
    if operation_id is None:  # Whatever is no operation gets a failure, of which only the envelope is known.
        return {"$ref": "#/components/schemas/ErrorResponse"}
    responses = OPERATIONS[operation_id]["responses"]
    if str(status) not in responses:
        return {"not": {}, "description": "the status is not documented"}
    return _json_schema(resolved(responses[str(status)]))


@cache
def _codes_of(operation_id: str | None, status: int) -> frozenset[str]:
    """The codes an error of this status may have: those of the operation's, else those of the response."""
    if operation_id is None:
        return frozenset()
    operation = OPERATIONS[operation_id]
    of_response = resolved(operation["responses"].get(str(status), {})).get("x-error-codes", ())
    return frozenset(operation.get("x-error-codes", {}).get(str(status), of_response))


def _json_schema(described: Json) -> Json:
    schema: Json = described["content"]["application/json"]["schema"]
    return schema


def _mismatches(schema: Json, value: object) -> Iterator[str]:
    for error in _validator(json.dumps(schema)).iter_errors(value):
        yield f"{error.json_path}: {error.message}"


@cache
def _validator(schema: str) -> Draft202012Validator:
    absolute = json.loads(schema.replace('"#/', '"spec:#/'))
    return Draft202012Validator(absolute, registry=REGISTRY, format_checker=FORMATS)


def resolved(node: Json) -> Json:
    """What *node* refers to, or itself."""
    while "$ref" in node:
        target: Any = SPEC
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def strict(node: Any, spec: Json) -> Any:
    """A copy of *node* without open enumerations, and with moments where words speak of them."""
    if isinstance(node, list):
        return [strict(each, spec) for each in node]
    if not isinstance(node, dict):
        return node
    copy = {name: strict(inner, spec) for name, inner in node.items()}
    if any(_is_enumeration(choice, spec) for choice in node.get("anyOf", ())):
        copy["anyOf"] = [choice for choice in copy["anyOf"] if choice != {"type": "string"}]
    if "ISO 8601" in str(node.get("description", "")) and "string" in str(node.get("type", "")):
        copy["format"] = "moment"
    return copy


def _is_enumeration(choice: Json, spec: Json) -> bool:
    name = str(choice.get("$ref", "")).rpartition("/")[2]
    return "enum" in spec["components"]["schemas"].get(name, {})


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or MOMENT.fullmatch(value) is not None


_LENIENT = yaml.safe_load(PATH.read_text(encoding="utf-8"))
SPEC: dict[str, Any] = strict(_LENIENT, _LENIENT)
OPERATIONS: dict[str, dict[str, Any]] = {
    item[method]["operationId"]: item[method] for item in SPEC["paths"].values() for method in METHODS if method in item
}
REGISTRY: Registry[Any] = Registry().with_resource("spec:", Resource.from_contents(SPEC, DRAFT202012))
FORMATS = FormatChecker(["uuid", "date"])
FORMATS.checks("moment")(_is_moment)
