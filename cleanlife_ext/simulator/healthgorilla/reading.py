"""From a call to what it asks for.

Decided here: every POST and PUT of a resource needs a Content-Type, application/fhir+json or application/json, which
one page has. What is nested deeper than 50 levels is refused, as is what could not be written as JSON again. An empty
idempotency key is a mistake.
"""

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from cleanlife_ext.simulator.calls import Call
from cleanlife_ext.simulator.healthgorilla import outcomes
from cleanlife_ext.simulator.healthgorilla.clients import Client
from cleanlife_ext.simulator.healthgorilla.outcomes import FHIR_JSON
from cleanlife_ext.simulator.reading import LARGEST_BODY, parsed
from cleanlife_ext.simulator.routes import Match
from cleanlife_ext.simulator.validation import is_object

DEEPEST = 50
_WITH_BODY = frozenset({"POST", "PUT"})
_OPTIONAL_BODY = frozenset({"exportCcda"})
Json = dict[str, Any]


@frozen
class Ask:
    """A request that may come in: who wants what.

    *base_url*: the address by which the API was called. *payload*: the body in a form in which equal ones are equal.
    """

    client: Client
    operation_id: str
    path: str
    base_url: str
    id: str
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: Json = field(repr=False)
    payload: bytes = field(repr=False)
    key: str | None = None

    @property
    def host(self) -> str:
        """The host by which the API was called."""
        return self.headers.get("host", "")


def base_url(call: Call) -> str:
    """The address by which the API was called, without a path."""
    return f"{call.scheme}://{call.headers.get('host', 'localhost')}"


def read(call: Call, match: Match, client: Client) -> Ask:
    """What *call* asks for; refused if it cannot be read."""
    operation_id = match.route.operation_id
    body: Json = _body(call, operation_id) if call.method in _WITH_BODY else {}
    return Ask(
        client=client,
        operation_id=operation_id,
        path=call.path,
        base_url=base_url(call),
        id=match.value,
        query=call.query,
        headers=call.headers,
        body=body,
        payload=_written(body),
        key=_key(call) if call.method == "POST" else None,
    )


def _key(call: Call) -> str | None:
    key = call.headers.get("hg-idempotency-key")
    if key is not None and not key.strip():
        raise outcomes.invalid("HG-Idempotency-Key must not be empty")
    return key


def _body(call: Call, operation_id: str) -> Json:
    if call.body is None:
        raise outcomes.malformed(f"The body must not be larger than {LARGEST_BODY} bytes")
    if not call.body and operation_id in _OPTIONAL_BODY:
        return {}
    if call.headers.get("content-type", "").partition(";")[0].strip().lower() not in {FHIR_JSON, "application/json"}:
        raise outcomes.malformed(f"Content-Type must be {FHIR_JSON}")
    try:
        body = parsed(call.body)
    except ValueError:
        raise outcomes.malformed("The body is not valid JSON") from None
    if not is_object(body):
        raise outcomes.malformed("The body must be a JSON object")
    if _is_deeper(body, DEEPEST):
        raise outcomes.malformed(f"The body must not be nested deeper than {DEEPEST} levels")
    return dict(body)


def _is_deeper(value: object, most: int) -> bool:
    level: list[object] = [value]
    for _ in range(most):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return bool(level)


def _written(body: Json) -> bytes:
    try:
        return json.dumps(body, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:  # A number without end, or half of a character.
        raise outcomes.malformed("The body is not valid JSON") from None
