"""Whether a resource has the shape that the spec describes; fields that it does not know are welcome."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from healthgorilla_traits import OPERATIONS

from cleanlife_ext.simulator.healthgorilla import outcomes
from cleanlife_ext.simulator.healthgorilla.outcomes import Issue, Json
from cleanlife_ext.simulator.healthgorilla.settings import Settings

Schema = Mapping[str, Any]

_SCHEMAS: Mapping[str, Schema] = {
    type: OPERATIONS[f"create{type}"]["accepts"]["body"] for type in ("Patient", "DocumentReference", "Subscription")
}
GENDERS = ("male", "female", "other", "unknown")
DOCUMENT_STATUSES = ("current", "superseded", "entered-in-error")
SUBSCRIPTION_STATUSES = ("requested", "active", "error", "off", "failed")
_KINDS: Mapping[str, type] = {"object": dict, "array": list, "string": str, "boolean": bool}
# The spec's own words for these are open, so that its clients pass on what they do not know.
_WORDS = {
    "Patient.gender": GENDERS,
    "DocumentReference.status": DOCUMENT_STATUSES,
    "Subscription.status": SUBSCRIPTION_STATUSES,
}
# These are instants (FHIR R4): to the second at least, with an offset.
_INSTANTS = frozenset({"DocumentReference.date", "Subscription.end"})
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")
# What an address must be is decided where it is used.
_UNCHECKED = frozenset({"Subscription.channel.endpoint"})


def nothing_else(_body: Json) -> list[Issue]:
    """No rule beyond the shape."""
    return []


def check(body: Json, type: str, settings: Settings, further: Callable[[Json], list[Issue]] = nothing_else) -> None:
    """Refuse a resource that is none of this *type*, that lacks something, or has something wrong.

    *further*: what is wrong with one whose shape is right.
    """
    if body.get("resourceType") != type:
        raise outcomes.invalid(f"The resource must be a {type}")
    wrong = list(issues(_SCHEMAS[type], body, type)) or further(body)
    if wrong:
        is_lacking = all(issue.code == "required" for issue in wrong)
        raise outcomes.unprocessable(wrong, settings.missing_status if is_lacking else 422)


def issues(schema: Schema, value: object, location: str) -> Iterator[Issue]:
    """What is wrong with *value*, which stands at *location*."""
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if not isinstance(value, _KINDS[kind]):
        yield _wrong(location, f"must be of type {kind}")
    elif isinstance(value, dict):
        yield from _object_issues(schema, value, location)
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield _missing(location)
        for number, item in enumerate(value):
            yield from issues(schema["items"], item, f"{location}[{number}]")
    elif isinstance(value, str):
        yield from _text_issues(schema, value, location)


def is_instant(text: str) -> bool:
    """Whether *text* is a time that there was or will be, with an offset."""
    if _INSTANT.fullmatch(text) is None:
        return False
    try:
        dt.datetime.fromisoformat(text)
    except ValueError:  # A day that no calendar has.
        return False
    return True


def _object_issues(schema: Schema, value: Mapping[str, Any], location: str) -> Iterator[Issue]:
    for name in schema.get("required", ()):
        if name not in value:
            yield _missing(f"{location}.{name}")
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            yield from issues(inner, value[name], f"{location}.{name}")


def _text_issues(schema: Schema, value: str, location: str) -> Iterator[Issue]:
    if len(value) < schema.get("minLength", 0):
        yield _missing(location)
    if value != schema.get("const", value) or value not in _WORDS.get(location, (value,)):
        yield _wrong(location, "has a value that is not known")
    if location in _INSTANTS and not is_instant(value):
        yield _wrong(location, "must be a time with an offset")
    pattern = schema.get("pattern")
    # Python's `$` would also match before a line's end.
    if pattern and location not in _UNCHECKED and not re.search(pattern.replace("$", r"\Z"), value):
        yield _wrong(location, "is not written as it must be")


def _missing(location: str) -> Issue:
    return Issue("required", f"The '{location.rpartition('.')[2]}' field is required.", location)


def _wrong(location: str, how: str) -> Issue:
    return Issue("invalid", f"The '{location.rpartition('.')[2]}' field {how}.", location)
