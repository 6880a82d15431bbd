"""Write the traits of a spec as a Python table: `python spec/traits.py spec/cleanlife.yaml`.

The generator of the client knows shapes and passes over everything that begins with `x-`. This is the other half:
what may be repeated, kept, paged, split and shown, and which values an operation would refuse.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

METHODS = ("get", "put", "post", "patch", "delete")
OPERATION_TRAITS = (
    *("repeat", "permission", "cache", "batch", "pages", "job", "created", "error-body", "timeout", "impact", "log"),
    "requires",
)
VALUE_RULES = (
    *(
        "type",
        "const",
        "enum",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
    ),
    *("required", "x-any-of", "x-personal", "x-secret"),
)

Json = Mapping[str, Any]


def main(path: Path) -> str:
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    tables = {
        "PROVIDER": spec["x-provider"],
        "SERVERS": {server["x-environment"]: server["url"] for server in spec["servers"]},
        "OPERATIONS": {row["id"]: row for row in operations(spec)},
        "WEBHOOK_DELIVERY": spec["x-webhook-delivery"],
        "PERSONAL": marked(spec, "x-personal"),
        "SECRET": marked(spec, "x-secret"),
    }
    head = f'"""The traits of {path.name}, written by `nox -s generate`. Change the spec, not this file."""\n'
    return (
        head
        + "\nfrom typing import Any\n"
        + "".join(f"\n{name}: dict[str, Any] = {literal(table)}\n" for name, table in tables.items())
    )


def operations(spec: Json) -> Iterator[dict[str, Any]]:
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                yield operation(spec, path, method, item[method])


def operation(spec: Json, path: str, method: str, declared: Json) -> dict[str, Any]:
    mandatory = ("repeat",) if declared.get("security") == [] else ("repeat", "permission")
    missing = [f"x-{trait}" for trait in mandatory if f"x-{trait}" not in declared]
    if missing:
        raise SystemExit(f"{declared['operationId']}: {', '.join(missing)} must be given")
    successes = {int(status): answer for status, answer in declared["responses"].items() if status.startswith("2")}
    empty = [status for status, answer in successes.items() if "content" not in resolved(spec, answer)]
    answers = media_types(spec, declared)
    needs = needed(spec, declared)
    return {
        "id": declared["operationId"],
        "method": method.upper(),
        "path": path,
        "tag": declared["tags"][0],
        "statuses": list(successes),
        **({"empty": empty} if empty else {}),
        **({"answers": answers} if answers != ["application/json"] else {}),
        **{trait: declared[f"x-{trait}"] for trait in OPERATION_TRAITS if f"x-{trait}" in declared},
        **({"needs": needs} if needs else {}),
        "accepts": accepts(spec, declared),
    }


def media_types(spec: Json, declared: Json) -> list[str]:
    """What the answers of an operation are written in."""
    answers = [resolved(spec, answer) for answer in declared["responses"].values()]
    return sorted({kind for answer in answers for kind in answer.get("content", ())})


def needed(spec: Json, declared: Json) -> list[str]:
    """The parameters of the query without which nothing is asked for."""
    parameters = [resolved(spec, reference) for reference in declared.get("parameters", [])]
    return [each["name"] for each in parameters if each["in"] == "query" and each.get("required")]


def accepts(spec: Json, declared: Json) -> dict[str, Any]:
    """The rules of value for the path, the query and the body."""
    rules: dict[str, Any] = {}
    for reference in declared.get("parameters", []):
        parameter = resolved(spec, reference)
        if parameter["in"] in ("path", "query"):
            rules.setdefault(parameter["in"], {})[parameter["name"]] = value_rules(spec, parameter["schema"])
    if "requestBody" in declared:
        [content] = declared["requestBody"]["content"].values()
        rules["body"] = value_rules(spec, content["schema"])
    return rules


def value_rules(spec: Json, schema: Json) -> dict[str, Any]:
    """The part of *schema* that says which values are refused, without references."""
    schema = resolved(spec, schema)
    if "anyOf" in schema:  # Open enums and what may be null: any of the types will do.
        types = [kind for choice in schema["anyOf"] for kind in listed(resolved(spec, choice).get("type", []))]
        marks = {mark: schema[mark] for mark in ("x-personal", "x-secret") if mark in schema}
        return {"type": list(dict.fromkeys(types)), **marks}
    rules = {rule: schema[rule] for rule in VALUE_RULES if rule in schema}
    if "x-needs" in schema:  # When it is sent; an answer may lack them.
        rules["required"] = [*schema.get("required", ()), *schema["x-needs"]]
    if "items" in schema:
        rules["items"] = value_rules(spec, schema["items"])
    if "properties" in schema:
        rules["properties"] = {name: value_rules(spec, inner) for name, inner in schema["properties"].items()}
    return rules


def marked(spec: Json, mark: str) -> dict[str, list[str]]:
    """The properties of each schema that bear *mark*."""
    found = {
        name: [field for field, inner in schema.get("properties", {}).items() if inner.get(mark)]
        for name, schema in spec["components"]["schemas"].items()
    }
    return {name: fields for name, fields in found.items() if fields}


def resolved(spec: Json, node: Json) -> Json:
    while "$ref" in node:
        target: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return node


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def literal(value: Any, indent: str = "") -> str:
    """*value* as Python code: on one line where it fits, else one entry a line, so that a diff shows what changed."""
    if len(repr(value)) + len(indent) <= 90 or not isinstance(value, list | dict):
        return repr(value)
    inner = indent + "    "
    if isinstance(value, list):
        entries, brackets = [literal(item, inner) for item in value], "[]"
    else:
        entries, brackets = [f"{key!r}: {literal(item, inner)}" for key, item in value.items()], "{}"
    return brackets[0] + "".join(f"\n{inner}{entry}," for entry in entries) + f"\n{indent}{brackets[1]}"


if __name__ == "__main__":
    print(main(Path(sys.argv[1])), end="")
