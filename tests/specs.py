"""What the specs say of answers: their schemas, their codes, and where a value does not fit.

The specs are lenient, since their clients must be; the simulators have no excuse. So two things are stricter here:
where a spec lets an unknown word pass beside an enumeration, only the enumeration counts, and what it describes in
words as ISO 8601 must be a moment with an offset.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

METHODS = ("get", "put", "post", "patch", "delete")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")

Json = Mapping[str, Any]


class Spec:
    """A spec of this project; *open*: enumerations beside which other words may pass here as well."""

    def __init__(self, name: str, *, open: frozenset[str] = frozenset()) -> None:
        self.path = Path(__file__).parents[1] / "spec" / name
        lenient = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        self.document: dict[str, Any] = strict(lenient, lenient, open)
        self.operations: dict[str, dict[str, Any]] = {
            item[method]["operationId"]: item[method]
            for item in self.document["paths"].values()
            for method in METHODS
            if method in item
        }
        self._registry: Registry[Any] = Registry().with_resource(
            "spec:", Resource.from_contents(self.document, DRAFT202012)
        )
        self._validator = cache(self._new_validator)

    def response(self, operation_id: str, status: int) -> Json | None:
        """What is said of an operation's answers of this status; None if nothing is."""
        described = self.operations[operation_id]["responses"].get(str(status))
        return None if described is None else self.resolved(described)

    def codes(self, operation_id: str, status: int) -> frozenset[str]:
        """The codes that an operation's errors of this status may have."""
        own = self.operations[operation_id].get("x-error-codes", {}).get(str(status), ())
        return frozenset({*own, *(self.response(operation_id, status) or {}).get("x-error-codes", ())})

    def mismatches(self, schema: Json, value: object) -> Iterator[str]:
        """Where *value* does not fit *schema*."""
        for error in self._validator(json.dumps(schema)).iter_errors(value):
            yield f"{error.json_path}: {error.message}"

    def parameter_mismatches(self, operation: Json, headers: Mapping[str, str]) -> Iterator[str]:
        """Which of *headers*, whose names are lower-case, are not what *operation* describes."""
        for parameter in map(self.resolved, operation["parameters"]):
            value = headers.get(parameter["name"].lower())
            if value is None:
                yield f"{parameter['name']} is missing"
            else:
                yield from self.mismatches(parameter["schema"], value)

    def resolved(self, node: Json) -> Json:
        """What *node* refers to, or itself."""
        while "$ref" in node:
            target: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def _new_validator(self, schema: str) -> Draft202012Validator:
        absolute = json.loads(schema.replace('"#/', '"spec:#/'))
        return Draft202012Validator(absolute, registry=self._registry, format_checker=FORMATS)


def strict(node: Any, spec: Json, open: frozenset[str] = frozenset()) -> Any:
    """A copy of *node* without open enumerations, and with moments where words speak of them."""
    if isinstance(node, list):
        return [strict(each, spec, open) for each in node]
    if not isinstance(node, dict):
        return node
    copy = {name: strict(inner, spec, open) for name, inner in node.items()}
    if any(_is_enumeration(choice, spec, open) for choice in node.get("anyOf", ())):
        copy["anyOf"] = [choice for choice in copy["anyOf"] if choice != {"type": "string"}]
    if "ISO 8601" in str(node.get("description", "")) and "string" in str(node.get("type", "")):
        copy["format"] = "moment"
    return copy


def _is_enumeration(choice: Json, spec: Json, open: frozenset[str]) -> bool:
    name = str(choice.get("$ref", "")).rpartition("/")[2]
    return name not in open and "enum" in spec["components"]["schemas"].get(name, {})


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or MOMENT.fullmatch(value) is not None


FORMATS = FormatChecker(["uuid", "date"])
FORMATS.checks("moment")(_is_moment)
