"""Answers and arguments made of the examples in the spec, for tests that go over all operations."""

from __future__ import annotations

import datetime as dt
import inspect
import re
import typing
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import attrs
import cleanlife_client.api
import httpx
import yaml
from cleanlife_traits import OPERATIONS

from cleanlife_ext import AsyncPages, Pages

ROOT = Path(__file__).parents[2]
SPEC: dict[str, Any] = yaml.safe_load((ROOT / "spec" / "cleanlife.yaml").read_text(encoding="utf-8"))
DAY = dt.date(2026, 6, 21)
ID = UUID("0f9d1c9e-2f5b-4c1a-9a55-0d5f6f1f0a01")
OTHER = UUID("1f9d1c9e-2f5b-4c1a-9a55-0d5f6f1f0a02")


def resolved(node: Any) -> Any:
    """*node* of the spec, or what it refers to."""
    while "$ref" in node:
        target: Any = SPEC
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def declared(operation: str) -> dict[str, Any]:
    """The operation as the spec has it."""
    row = OPERATIONS[operation]
    found: dict[str, Any] = SPEC["paths"][row["path"]][row["method"].lower()]
    return found


def example(schema: Mapping[str, Any]) -> Any:  # noqa: PLR0911  # One line for each kind of schema.
    """A value that fits *schema*: its example, or one put together from those of its parts."""
    schema = resolved(schema)
    if "examples" in schema:
        return schema["examples"][0]
    if "allOf" in schema:
        return {name: value for part in schema["allOf"] for name, value in example(part).items()}
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if schema.get("enum"):
        return schema["enum"][0]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    match kinds[0]:
        case "object":
            return {name: example(inner) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [example(schema["items"])]
        case "string":
            return str(ID) if schema.get("format") == "uuid" else "text"
        case kind:
            return {"integer": 1, "number": 1.5, "boolean": True}[kind]


def answer(operation: str) -> httpx.Response:
    """A success of *operation*, as its spec shows it."""
    content = declared(operation)["responses"]["200"]["content"]["application/json"]
    body = example(content["schema"])
    if "meta" in body:
        body["meta"] = {**body["meta"], "totalPages": 1}
    return httpx.Response(200, json={**body, "success": True}, headers={"x-request-id": "req-1"})


def before(operation: str) -> list[httpx.Response]:
    """What is answered before *operation* is sent: of what it creates, all that is there already."""
    repeat = OPERATIONS[operation]["repeat"]
    return [answer(repeat["unseen"])] if "unseen" in repeat else []


def modules() -> Iterator[tuple[str, ModuleType]]:
    """Each generated operation: its id, and its module."""
    for package in sorted(Path(p) for p in cleanlife_client.api.__path__):
        for path in sorted(package.glob("*/[a-z]*.py")):
            yield camel(path.stem), import_module(f"cleanlife_client.api.{path.parent.name}.{path.stem}")


def camel(name: str) -> str:
    """`list_services` as the spec spells it."""
    return re.sub("_(.)", lambda found: found.group(1).upper(), name)


def arguments(operation: str, module: ModuleType) -> dict[str, Any]:
    """What the generated function must be given, made of examples."""
    function = module.sync
    models = sys_models()
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "client" or parameter.default is not parameter.empty:
            continue
        kind = typing.get_type_hints(function)[name]
        if name == "body":
            schema = declared(operation)["requestBody"]["content"]["application/json"]["schema"]
            given[name] = models[kind.__name__].from_dict(example(schema))
        else:
            given[name] = {UUID: ID, dt.date: DAY, str: "text"}[kind]
    return given


def sys_models() -> dict[str, Any]:
    """The generated models by name."""
    models = import_module("cleanlife_client.models")
    return {name: getattr(models, name) for name in models.__all__ if attrs.has(getattr(models, name))}


def collect(world: Any, result: Any) -> Any:
    """What a method gave, awaited or walked where needed."""
    return world.items(result) if isinstance(result, Pages | AsyncPages) else world(result)
