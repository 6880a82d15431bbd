"""The spec is whole, and the tables beside the generated client are what it gives."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cleanlife_client.models
import cleanlife_traits
import pytest
import yaml

from cleanlife_ext import errors
from cleanlife_ext.provider import CLEANLIFE, ENVIRONMENTS

ROOT = Path(__file__).parents[2]
PATH = ROOT / "spec" / "cleanlife.yaml"
SPEC: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
SCHEMAS: dict[str, Any] = SPEC["components"]["schemas"]
IDS = [
    *("listServices", "getService", "listAvailableTimeslots", "listPricingTiers", "calculatePrice"),
    *("createBooking", "listBookings", "getBookingStatus", "updateBooking", "cancelBooking"),
    *("listCancellationReasons", "confirmPayment", "findOrCreateContact", "getContact"),
    *("createSubscription", "listSubscriptions", "updateSubscription", "deleteSubscription", "rotateSecret"),
    *("listDeliveries", "retryDelivery"),
]
EVENTS = {
    *("booking.created", "booking.updated", "booking.cancelled", "booking.payment_failed"),
    *("booking.payment_confirmed", "booking.appointment_status_changed"),
}


FORMS_OF_REPEAT = {
    *("key", "lookup", "same", "taken", "again", "dead", "done", "read", "when", "gives", "unseen", "id", "then"),
    *("believed", "day"),
}


def operations() -> dict[str, dict[str, Any]]:
    return {
        operation["operationId"]: operation
        for item in SPEC["paths"].values()
        for method, operation in item.items()
        if method in {"get", "put", "post", "patch", "delete"}
    }


OPERATIONS = operations()


def nodes(node: Any, where: str = "#") -> Iterator[tuple[str, Any]]:
    """Everything in the spec, with its place."""
    yield where, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in inner:
        yield from nodes(child, f"{where}/{name}")


def test_it_is_valid() -> None:
    """By the judgement of others."""
    validator = pytest.importorskip("openapi_spec_validator")

    validator.validate(SPEC)


def test_it_has_all_operations() -> None:
    """The 21 of the documentation, by these ids."""
    assert sorted(OPERATIONS) == sorted(IDS)


def test_it_has_all_events() -> None:
    """As webhooks, and as what one can subscribe to."""
    assert set(SPEC["webhooks"]) == EVENTS == set(SCHEMAS["EventType"]["enum"])


@pytest.mark.parametrize("id", IDS)
def test_each_operation_says_what_repeating_it_means(id: str) -> None:
    """And which permission it needs, what may go wrong, and what it is."""
    operation = OPERATIONS[id]

    assert operation["x-repeat"]
    assert operation["x-permission"]
    assert operation["description"]
    assert operation["summary"].endswith(".")
    assert {"200", "401", "403", "429", "500"} <= set(operation["responses"])


@pytest.mark.parametrize("id", IDS)
def test_each_parameter_is_described(id: str) -> None:
    """Where it stands, or where it is defined."""
    for reference in OPERATIONS[id]["parameters"]:
        parameter = reference
        while "$ref" in parameter:
            *_, kind, name = parameter["$ref"].split("/")
            parameter = SPEC["components"][kind][name]
        assert parameter.get("description"), parameter["name"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_property_is_described(name: str) -> None:
    """So is each schema itself."""
    schema = SCHEMAS[name]
    undescribed = [field for field, inner in schema.get("properties", {}).items() if not inner.get("description")]

    assert schema.get("description")
    assert undescribed == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_is_required_exists(name: str) -> None:
    """And what is said of properties speaks of properties."""
    schema = SCHEMAS[name]
    properties = set(schema.get("properties", {}))

    assert set(schema.get("required", ())) <= properties
    assert set(schema.get("x-any-of", ())) <= properties


def test_what_is_assumed_has_a_reason() -> None:
    """In words, wherever it stands."""
    reasons = {
        where: node["x-assumed"] for where, node in nodes(SPEC) if isinstance(node, dict) and "x-assumed" in node
    }

    assert len(reasons) > 30
    assert [where for where, reason in reasons.items() if not (isinstance(reason, str) and len(reason) > 10)] == []


def test_enumerations_in_answers_are_open() -> None:
    """A status that is new to us passes as text: an answer never holds a closed list."""
    sent = re.compile(r"Request$|Input$|^CustomService$")
    closed = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        if not sent.search(name)
        for field, inner in schema.get("properties", {}).items()
        for candidate in (inner, inner.get("items", {}))
        if "enum" in candidate or "enum" in SCHEMAS.get(str(candidate.get("$ref", "")).rpartition("/")[2], {})
    ]

    assert closed == []


def test_every_reference_leads_somewhere() -> None:
    """Within the spec."""
    for where, node in nodes(SPEC):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target: Any = SPEC
            for part in node["$ref"].removeprefix("#/").split("/"):
                assert part in target, where
                target = target[part]


def test_every_part_is_used() -> None:
    """What nothing refers to is left over."""
    used = {node["$ref"] for _, node in nodes(SPEC) if isinstance(node, dict) and isinstance(node.get("$ref"), str)}
    unused = [
        f"#/components/{kind}/{name}"
        for kind, parts in SPEC["components"].items()
        if kind != "securitySchemes"
        for name in parts
        if f"#/components/{kind}/{name}" not in used
    ]

    assert unused == []


def test_traits_speak_of_what_there_is() -> None:
    """Of operations, parameters and fields of the spec, and of errors of ours."""
    rows = cleanlife_traits.OPERATIONS
    for id, row in rows.items():
        accepts = row["accepts"]
        names = {*accepts.get("path", {}), *accepts.get("query", {}), *accepts.get("body", {}).get("properties", {})}
        assert set(row.get("log", ())) <= names, id
        for name, needed in row.get("requires", {}).items():
            assert {name, *needed} <= names, id
        if isinstance(row["repeat"], dict):
            assert {row["repeat"].get(role, id) for role in ("lookup", "read", "unseen", "then")} <= set(rows), id
            assert set(row["repeat"].get("same", ())) <= names, id
            assert {row["repeat"].get(role, next(iter(names))) for role in ("key", "day")} <= names, id
            assert set(row["repeat"]) <= FORMS_OF_REPEAT, id
            assert all(400 <= status < 500 for status in row["repeat"].get("believed", ())), id
        else:
            assert row["repeat"] in {"safe", "never"}, id
        if "batch" in row:
            assert {row["batch"]["items"], *row["batch"]["alone-with"]} <= names, id
        if "pages" in row:
            assert {row["pages"]["page"], row["pages"]["limit"]} <= names, id
    for name in CLEANLIFE.errors.values():
        assert issubclass(getattr(errors, name), errors.APIStatusError)


def answer_of(id: str) -> dict[str, Any]:
    """The properties of what an operation answers, of one if it is a list."""
    node: Any = OPERATIONS[id]["responses"]["200"]["content"]["application/json"]["schema"]
    properties: dict[str, Any] = {}
    for step in ("data", None):
        while "$ref" in node:
            node = SCHEMAS[node["$ref"].rpartition("/")[2]]
        parts = node.get("allOf", [node])
        properties = {
            name: inner
            for part in parts
            for name, inner in (SCHEMAS[part["$ref"].rpartition("/")[2]] if "$ref" in part else part)
            .get("properties", {})
            .items()
        }
        node = properties[step] if step else node
        node = node.get("items", node)
    return properties


@pytest.mark.parametrize("id", [id for id in IDS if isinstance(OPERATIONS[id]["x-repeat"], dict)])
def test_what_a_lookup_is_asked_for_is_in_its_answer(id: str) -> None:
    """Fields that tell, and values that they can have. Otherwise a lost answer would never be found."""
    repeat = OPERATIONS[id]["x-repeat"]
    shown = repeat.get("lookup") or repeat.get("read") or repeat.get("unseen")
    if shown is None:
        assert set(repeat["gives"]) <= set(answer_of(id))
        return
    fields = answer_of(shown)

    assert {*repeat.get("same", ()), *repeat.get("dead", ()), *repeat.get("when", ())} <= set(fields)
    assert repeat.get("key", repeat.get("id", next(iter(fields)))) in fields
    for field, values in {**repeat.get("dead", {}), **repeat.get("when", {})}.items():
        known = [
            SCHEMAS[choice["$ref"].rpartition("/")[2]]["enum"] for choice in fields[field]["anyOf"] if "$ref" in choice
        ]
        assert set(values) <= {value for enum in known for value in enum}


def test_the_readme_explains_every_part_of_x_repeat() -> None:
    """A rule that nobody can look up is followed by nobody."""
    readme = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")

    assert [part for part in sorted(FORMS_OF_REPEAT) if not re.search(rf"[`{{ ]{part}[`,}}]", readme)] == []


def test_what_is_personal_is_not_logged() -> None:
    """Of two traits that contradict each other, one is wrong."""
    for id, row in cleanlife_traits.OPERATIONS.items():
        operation = OPERATIONS[id]
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        hidden = cleanlife_traits.PERSONAL.get(body.get("$ref", "").rpartition("/")[2], [])
        assert set(row.get("log", ())).isdisjoint(hidden), id


def test_marks_lie_on_generated_models() -> None:
    """A mark on a schema that no model is made of would hide nothing."""
    for table in (cleanlife_traits.PERSONAL, cleanlife_traits.SECRET):
        for name in table:
            assert name in cleanlife_client.models.__all__


def test_the_environments_are_those_of_the_spec() -> None:
    """By name."""
    assert set(ENVIRONMENTS) == {"sandbox", "production"}
    assert all(url.startswith("https://") for url in ENVIRONMENTS.values())


def written() -> Any:
    """The program that writes the traits."""
    found = importlib.util.spec_from_file_location("spec_traits", ROOT / "spec" / "traits.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_traits_are_what_the_spec_gives() -> None:
    """To the byte: who changes the spec generates anew."""
    committed = Path(cleanlife_traits.__file__).read_text(encoding="utf-8")

    assert committed == written().main(PATH)


def test_an_operation_without_mandatory_traits_is_refused(tmp_path: Path) -> None:
    """A new endpoint must say what repeating it means."""
    text = PATH.read_text(encoding="utf-8").replace("x-repeat: safe", "x-forgotten: safe", 1)
    incomplete = tmp_path / "incomplete.yaml"
    incomplete.write_text(text, encoding="utf-8")

    with pytest.raises(SystemExit, match="listServices: x-repeat must be given"):
        written().main(incomplete)


def test_the_readme_lists_every_part_that_is_assumed() -> None:
    """So that a reader of it alone knows what to doubt."""
    readme = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")
    parts = {
        where.split("/")[3]
        for where, node in nodes(SPEC)
        if isinstance(node, dict) and "x-assumed" in node and where.startswith("#/components/schemas/")
    }
    ids = {id for id, operation in OPERATIONS.items() if "x-assumed" in operation}

    assert [name for name in sorted(parts | ids) if not re.search(rf"\b{name}\b", readme)] == []
