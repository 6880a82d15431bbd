"""What is refused before it is sent: values that the spec says the API would reject.

The rules are the JSON Schema keywords that stand on parameters and bodies in the spec, plus two extensions:
`x-any-of` (at least one of these fields) and `x-requires` (one field is worth nothing without the other).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from cleanlife_ext.engine.traits import Operation

__all__ = ["can_be_sent", "refuse", "refuse_headers", "spoken"]

NOTHING = (None, "", "None")  # As the last of them generated code writes the first into a path.
RANDOM = 4  # The version of UUIDs that are made by chance.
LONGEST_IN_ADDRESS = 2000  # characters; servers refuse addresses that are much longer


def refuse(operation: Operation, path: Mapping[str, Any], query: Mapping[str, Any], body: Any) -> None:
    """Raise `ValueError` for the first thing that *operation* would not accept.

    Messages name the field as Python code spells it, and never quote the value: it may be anybody's phone number.
    """
    for name, value in [*path.items(), *((name, query.get(name)) for name in operation.needs)]:
        if value in NOTHING:
            raise ValueError(f"{spoken(name)}: it must be given")
    for place, values in (("path", path), ("query", query)):
        _refuse_parameters(values, operation.accepts.get(place, {}), operation.requires)
    for name, value in path.items():
        if _leads_elsewhere(value):
            raise ValueError(f"{spoken(name)}: dots alone lead to another address")
    if "body" in operation.accepts:
        _refuse("", body, operation.accepts["body"])


def _refuse_parameters(
    values: Mapping[str, Any], known: Mapping[str, Any], requires: Mapping[str, tuple[str, ...]]
) -> None:
    for name, value in values.items():
        _refuse(spoken(name), value, known.get(name, {}))
        if len(str(value)) > LONGEST_IN_ADDRESS:
            raise ValueError(f"{spoken(name)}: {len(str(value))} characters are too many for an address")
    for name, needed in requires.items():
        if name in values and not all(other in values for other in needed):
            raise ValueError(f"{spoken(name)}: the API ignores it without {' and '.join(map(spoken, needed))}")


def refuse_headers(operation: Operation, headers: Mapping[str, str]) -> None:
    """Raise `ValueError` for a header, by its name in lower case, that *operation* would not be safe with."""
    if (key := headers.get(operation.repeat.header.lower())) is not None and not _is_random(key):
        raise ValueError("idempotency_key: a UUID of version 4 is needed, as uuid.uuid4() makes one")
    if (guard := operation.repeat.guard) and not headers.get(guard.lower()):
        raise ValueError(
            f"{spoken(guard)}: the version that is changed must be given, or somebody else's would be lost"
        )
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"{spoken(name)}: no header can carry it")


@lru_cache(maxsize=1024)  # Asked for each field of each call.
def spoken(name: str) -> str:
    """A field's name as Python code spells it: `externalReference` is `external_reference`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")


def _refuse(name: str, value: Any, schema: Mapping[str, Any]) -> None:
    """Raise for what *schema* has against *value*."""
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if value is None and "null" in kinds:
        return
    if kinds and not any(_is_a(kind, value) for kind in kinds):
        raise ValueError(f"{name or 'body'}: {_WORDS[kinds[0]]} is needed, not {_article(type(value).__name__)}")
    if "const" in schema and value != schema["const"]:
        raise ValueError(f"{name}: {schema['const']!r} is needed")
    if "enum" in schema and value not in schema["enum"]:
        raise ValueError(f"{name}: one of {', '.join(map(str, schema['enum']))} is needed")
    if isinstance(value, str):
        _refuse_text(name, value, schema)
    elif isinstance(value, Mapping):
        _refuse_object(name, value, schema)
    elif isinstance(value, Sequence):
        _refuse_list(name, value, schema)
    elif isinstance(value, int | float):
        _refuse_number(name, value, schema)


def _refuse_text(name: str, value: str, schema: Mapping[str, Any]) -> None:
    if len(value) < schema.get("minLength", 0):
        few = "it must not be empty" if not value else f"{len(value)} characters are too few"
        raise ValueError(f"{name}: {few}")
    if len(value) > schema.get("maxLength", len(value)):
        raise ValueError(f"{name}: {len(value)} characters, and at most {schema['maxLength']} are allowed")
    kind = schema.get("format", "")
    if kind in _FORMATS and not _FORMATS[kind][0](value):
        raise ValueError(f"{name}: {_FORMATS[kind][1]} is needed")
    if "pattern" in schema and not _compiled(schema["pattern"]).search(value):
        raise ValueError(f"{name}: it does not have the form {schema['pattern']}")
    if not can_be_sent(value):
        raise ValueError(f"{name}: it holds half a character, which cannot be sent")


def can_be_sent(value: str) -> bool:
    """Whether it is made of whole characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _leads_elsewhere(value: str) -> bool:
    """Whether it names no place in a path, but the one before: whoever reads an address takes it out."""
    return value in (".", "..")


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    # To JSON Schema `$` is the end of the text; to Python it is also the place before a last line end.
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def _refuse_number(name: str, value: float, schema: Mapping[str, Any]) -> None:
    least, most = schema.get("minimum"), schema.get("maximum")
    if (least is None or value >= least) and (most is None or value <= most):
        return
    allowed = f"at most {most}" if least is None else f"at least {least}" if most is None else f"{least} to {most}"
    # Python refuses to write numbers of thousands of digits.
    shown = "the number" if isinstance(value, int) and value.bit_length() > 64 else str(value)
    raise ValueError(f"{name}: {shown} is out of range; {allowed} is allowed")


def _refuse_list(name: str, value: Sequence[Any], schema: Mapping[str, Any]) -> None:
    if len(value) < schema.get("minItems", 0):
        raise ValueError(f"{name}: at least {schema['minItems']} must be given")
    if len(value) > schema.get("maxItems", len(value)):
        raise ValueError(f"{name}: {len(value)} were given, and at most {schema['maxItems']} are allowed")
    for index, item in enumerate(value):
        _refuse(f"{name}[{index}]", item, schema.get("items", {}))


def _refuse_object(name: str, value: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    prefix = f"{name}." if name else ""
    for field in schema.get("required", ()):
        if field not in value:
            raise ValueError(f"{prefix}{spoken(field)}: it must be given")
    choice = schema.get("x-any-of", ())
    if choice and not any(value.get(field) is not None for field in choice):
        raise ValueError(f"{prefix}{' or '.join(map(spoken, choice))}: one of them must be given")
    for field, inner in schema.get("properties", {}).items():
        if field in value:
            _refuse(prefix + spoken(field), value[field], inner)


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": (list, tuple),
    "object": Mapping,
}
_WORDS: Mapping[str, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def _is_a(kind: str, value: Any) -> bool:
    if isinstance(value, bool):  # To Python a bool is a number; to JSON it is not.
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, ()))


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeio' else 'a'} {word}"


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


def _is_random(text: str) -> bool:
    return _is_uuid(text) and UUID(text).version == RANDOM


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_uri(text: str) -> bool:
    return re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/?#]\S*", text) is not None


_FORMATS = {
    "uuid": (_is_uuid, "a UUID"),
    "date": (_is_date, "a date like 2026-06-20"),
    "uri": (_is_uri, "a complete URL"),
}
