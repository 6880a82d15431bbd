"""The specs are whole, and the tables beside the generated clients are what they give."""

from __future__ import annotations

import importlib.util
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import cleanlife_client.models
import cleanlife_traits
import healthgorilla_client.models
import healthgorilla_traits
import pytest
import yaml

from cleanlife_ext import errors
from cleanlife_ext.provider import ENVIRONMENTS
from cleanlife_ext.redact import HIDDEN, redact

ROOT = Path(__file__).parents[2]
README = (ROOT / "spec" / "README.md").read_text(encoding="utf-8")
METHODS = {"get", "put", "post", "patch", "delete"}


@attrs.frozen(eq=False)
class Spec:
    """A spec, what is generated of it, and the ids of the operations that it must have."""

    name: str
    client: ModuleType
    models: ModuleType
    traits: Any
    ids: tuple[str, ...]
    sent: str
    data: dict[str, Any] = attrs.field(init=False, repr=False)

    @data.default
    def _read(self) -> dict[str, Any]:
        read: dict[str, Any] = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        return read

    @property
    def path(self) -> Path:
        return ROOT / "spec" / f"{self.name}.yaml"

    @property
    def schemas(self) -> dict[str, Any]:
        schemas: dict[str, Any] = self.data["components"]["schemas"]
        return schemas

    @property
    def operations(self) -> dict[str, dict[str, Any]]:
        return {
            operation["operationId"]: operation
            for item in self.data["paths"].values()
            for method, operation in item.items()
            if method in METHODS
        }

    @property
    def assumptions(self) -> str:
        """What the README says of its assumptions."""
        [section] = re.findall(rf"(?ms)^\| place in `{self.name}\.yaml`.*?(?=^#|\Z)", README)
        return str(section)

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            *_, kind, name = node["$ref"].split("/")
            node = self.data["components"][kind][name]
        return node

    def endpoint(self, id: str) -> ModuleType:
        """The generated module of an operation."""
        tag, module = self.operations[id]["tags"][0], re.sub("(?=[A-Z])", "_", id).lower()
        return importlib.import_module(f"{self.client.__name__}.api.{tag}.{module}")


CLEANLIFE = Spec(
    name="cleanlife",
    client=cleanlife_client,
    models=cleanlife_client.models,
    traits=cleanlife_traits,
    ids=(
        *("listServices", "getService", "listAvailableTimeslots", "listPricingTiers", "calculatePrice"),
        *("createBooking", "listBookings", "getBookingStatus", "updateBooking", "cancelBooking"),
        *("listCancellationReasons", "confirmPayment", "findOrCreateContact", "getContact"),
        *("createSubscription", "listSubscriptions", "updateSubscription", "deleteSubscription", "rotateSecret"),
        *("listDeliveries", "retryDelivery"),
    ),
    sent="Request$|Input$|^CustomService$",
)
HEALTHGORILLA = Spec(
    name="healthgorilla",
    client=healthgorilla_client,
    models=healthgorilla_client.models,
    traits=healthgorilla_traits,
    ids=(
        *("getToken", "createPatient", "searchPatients", "getPatient", "updatePatient", "exportCcda"),
        *("createDocumentReference", "retrieveDocuments", "getRequestResult"),
        *("createSubscription", "getSubscription"),
    ),
    sent="Request$",
)
SPECS = (CLEANLIFE, HEALTHGORILLA)

EVENTS = {
    *("booking.created", "booking.updated", "booking.cancelled", "booking.payment_failed"),
    *("booking.payment_confirmed", "booking.appointment_status_changed"),
}
FORMS_OF_REPEAT = {
    *("key", "lookup", "same", "taken", "again", "dead", "done", "read", "when", "gives", "unseen", "id", "then"),
    *("believed", "day", "header", "lifetime", "reused", "by", "guard", "version", "ignored"),
}
PARTS_OF_PROVIDER = {
    *("name", "auth", "request-id", "envelope", "error-body", "transient", "backoff", "rate-limit", "errors"),
    "x-assumed",
}

each_spec = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)


def each(kind: str) -> Any:
    """Run for each `id` of an operation, or each `name` of a schema, of each spec."""
    pairs = [(spec, name) for spec in SPECS for name in (spec.ids if kind == "id" else spec.schemas)]
    return pytest.mark.parametrize(("spec", kind), pairs, ids=[f"{spec.name}-{name}" for spec, name in pairs])


def nodes(node: Any, where: str = "#") -> Iterator[tuple[str, Any]]:
    """Everything in a spec, with its place."""
    yield where, node
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in inner:
        yield from nodes(child, f"{where}/{name}")


@each_spec
def test_it_is_valid(spec: Spec) -> None:
    """By the judgement of others."""
    validator = pytest.importorskip("openapi_spec_validator")

    validator.validate(spec.data)


@each_spec
def test_it_has_all_operations(spec: Spec) -> None:
    """Those of the documentation, 21 and 11, by these ids."""
    assert sorted(spec.operations) == sorted(spec.ids)


@each_spec
def test_each_operation_was_generated(spec: Spec) -> None:
    """None was passed over, and none is left over."""
    api = Path(str(spec.client.__file__)).parent / "api"
    modules = {path.relative_to(api).with_suffix("").as_posix() for path in api.glob("*/*.py")}
    expected = {"/".join(spec.endpoint(id).__name__.split(".")[-2:]) for id in spec.ids}

    assert {name for name in modules if not name.endswith("__init__")} == expected


@each("id")
def test_no_header_is_lost(spec: Spec, id: str) -> None:
    """What the spec lets a client send is sent: headers as they are called there, the query as well."""
    build = spec.endpoint(id)._get_kwargs  # noqa: SLF001
    names = inspect.signature(build).parameters
    parameters = [spec.resolved(reference) for reference in spec.operations[id]["parameters"]]
    assert len(names) == len(parameters) + ("requestBody" in spec.operations[id])

    asked = build(**{name: _Anything("1") for name in names})

    sent = {"header": set(asked.get("headers", ())) - {"Content-Type"}, "query": set(asked.get("params", ()))}
    for place, found in sent.items():
        assert found == {parameter["name"] for parameter in parameters if parameter["in"] == place}


class _Anything(str):
    """A value for any parameter, and for a body."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        return {}

    def isoformat(self) -> str:
        return str(self)

    @property
    def value(self) -> str:
        return str(self)


@each("id")
def test_headers_with_a_value_of_their_own_are_sent_unasked(spec: Spec, id: str) -> None:
    """As `Prefer` has it: the generator drops an operation whose header is a constant, so it has a default."""
    parameters = [spec.resolved(reference) for reference in spec.operations[id]["parameters"]]
    fixed = {
        parameter["name"]: parameter["schema"]["default"]
        for parameter in parameters
        if parameter["in"] == "header" and "default" in parameter["schema"]
    }
    build = spec.endpoint(id)._get_kwargs  # noqa: SLF001
    needed = [name for name, what in inspect.signature(build).parameters.items() if what.default is what.empty]

    asked = build(**{name: _Anything("1") for name in needed})

    assert fixed.items() <= asked.get("headers", {}).items()


def test_it_has_all_events() -> None:
    """As webhooks, and as what one can subscribe to."""
    assert set(CLEANLIFE.data["webhooks"]) == EVENTS == set(CLEANLIFE.schemas["EventType"]["enum"])


@each("id")
def test_each_operation_says_what_repeating_it_means(spec: Spec, id: str) -> None:
    """And which permission it needs, what may go wrong, and what it is."""
    operation = spec.operations[id]

    assert operation["x-repeat"]
    assert operation["description"]
    assert operation["summary"].endswith(".")
    assert {"429", "500"} <= set(operation["responses"])
    assert any(status.startswith("2") for status in operation["responses"])
    if operation.get("security") == []:
        assert "x-permission" not in operation
    else:
        assert operation["x-permission"]
        assert {"401", "403"} <= set(operation["responses"])


@each("id")
def test_each_parameter_is_described(spec: Spec, id: str) -> None:
    """Where it stands, or where it is defined."""
    for reference in spec.operations[id]["parameters"]:
        parameter = spec.resolved(reference)
        assert parameter.get("description"), parameter["name"]


@each("name")
def test_each_property_is_described(spec: Spec, name: str) -> None:
    """So is each schema itself."""
    schema = spec.schemas[name]
    undescribed = [field for field, inner in schema.get("properties", {}).items() if not inner.get("description")]

    assert schema.get("description")
    assert undescribed == []


@each("name")
def test_what_is_required_exists(spec: Spec, name: str) -> None:
    """And what is said of properties speaks of properties."""
    schema = spec.schemas[name]
    properties = set(schema.get("properties", {}))

    assert set(schema.get("required", ())) <= properties
    assert set(schema.get("x-any-of", ())) <= properties
    assert set(schema.get("x-needs", ())) <= properties - set(schema.get("required", ()))


@each_spec
def test_what_is_assumed_has_a_reason(spec: Spec) -> None:
    """In words, wherever it stands."""
    reasons = {
        where: node["x-assumed"] for where, node in nodes(spec.data) if isinstance(node, dict) and "x-assumed" in node
    }

    assert len(reasons) > 30
    assert [where for where, reason in reasons.items() if not (isinstance(reason, str) and len(reason) > 10)] == []


@each_spec
def test_enumerations_in_answers_are_open(spec: Spec) -> None:
    """A status that is new to us passes as text: an answer never holds a closed list."""
    schemas = spec.schemas
    closed = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        if not re.search(spec.sent, name)
        for field, inner in schema.get("properties", {}).items()
        for candidate in (inner, inner.get("items", {}))
        if "enum" in candidate or "enum" in schemas.get(str(candidate.get("$ref", "")).rpartition("/")[2], {})
    ]

    assert closed == []


@each_spec
def test_every_reference_leads_somewhere(spec: Spec) -> None:
    """Within the spec."""
    for where, node in nodes(spec.data):
        if isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target: Any = spec.data
            for part in node["$ref"].removeprefix("#/").split("/"):
                assert part in target, where
                target = target[part]


@each_spec
def test_every_part_is_used(spec: Spec) -> None:
    """What nothing refers to is left over."""
    used = {
        node["$ref"] for _, node in nodes(spec.data) if isinstance(node, dict) and isinstance(node.get("$ref"), str)
    }
    unused = [
        f"#/components/{kind}/{name}"
        for kind, parts in spec.data["components"].items()
        if kind != "securitySchemes"
        for name in parts
        if f"#/components/{kind}/{name}" not in used
    ]

    assert unused == []


def names_of(accepts: Mapping[str, Any]) -> set[str]:
    """The parameters and fields that an operation takes."""
    return {*accepts.get("path", {}), *accepts.get("query", {}), *accepts.get("body", {}).get("properties", {})}


@each("id")
def test_traits_speak_of_what_there_is(spec: Spec, id: str) -> None:
    """Of operations, parameters, headers and fields of the spec."""
    rows = spec.traits.OPERATIONS
    row, names = rows[id], names_of(rows[id]["accepts"])
    headers = {spec.resolved(reference)["name"] for reference in spec.operations[id]["parameters"]}

    assert set(row.get("log", ())) <= names
    for name, needed in row.get("requires", {}).items():
        assert {name, *needed} <= names
    if isinstance(row["repeat"], dict):
        repeat = row["repeat"]
        assert {repeat.get(role, id) for role in ("lookup", "read", "unseen", "then")} <= set(rows)
        assert {*repeat.get("same", ()), *repeat.get("by", ())} <= names
        assert {repeat.get(role, next(iter(names))) for role in ("key", "day")} <= names
        assert {repeat[role] for role in ("header", "guard") if role in repeat} <= headers
        assert set(repeat) <= FORMS_OF_REPEAT
        assert all(400 <= status < 500 for status in repeat.get("believed", ()))
    else:
        assert row["repeat"] in {"safe", "never"}
    if "batch" in row:
        assert {row["batch"]["items"], *row["batch"]["alone-with"]} <= names
    if "pages" in row:
        assert {row["pages"].get("page", row["pages"]["limit"]), row["pages"]["limit"]} <= names


@each_spec
def test_what_is_said_of_the_provider_speaks_of_what_there_is(spec: Spec) -> None:
    """Of errors of ours and operations of its; and every answer has an envelope, or an error a form."""
    provider = spec.traits.PROVIDER

    assert set(provider) <= PARTS_OF_PROVIDER
    assert ("envelope" in provider) != ("error-body" in provider)
    assert provider["auth"].get("token", spec.ids[0]) in spec.ids
    for name in provider["errors"].values():
        assert issubclass(getattr(errors, name), errors.APIStatusError)


def answer_of(spec: Spec, id: str) -> dict[str, Any]:
    """The properties of what an operation answers, of one if it is a list."""
    [content] = spec.operations[id]["responses"]["200"]["content"].values()
    node: Any = spec.resolved(content["schema"])
    way = ["data"] if "envelope" in spec.traits.PROVIDER else []
    if "pages" in spec.traits.OPERATIONS[id]:
        way = spec.traits.OPERATIONS[id]["pages"]["items"].split(".")
    for step in way:
        node = properties_of(spec, node)[step]
        node = spec.resolved(node.get("items", node))
        node = spec.resolved(node["anyOf"][0]) if "anyOf" in node else node
    return properties_of(spec, node)


def properties_of(spec: Spec, schema: Mapping[str, Any]) -> dict[str, Any]:
    parts = [spec.resolved(part) for part in schema.get("allOf", [schema])]
    return {name: inner for part in parts for name, inner in part.get("properties", {}).items()}


REPEATED = [(spec, id) for spec in SPECS for id in spec.ids if isinstance(spec.operations[id]["x-repeat"], dict)]


@pytest.mark.parametrize(("spec", "id"), REPEATED, ids=[f"{spec.name}-{id}" for spec, id in REPEATED])
def test_what_a_lookup_is_asked_for_is_in_its_answer(spec: Spec, id: str) -> None:
    """Fields that tell, and values that they can have. Otherwise a lost answer would never be found."""
    repeat = spec.operations[id]["x-repeat"]
    shown = repeat.get("lookup") or repeat.get("read") or repeat.get("unseen")
    if shown is None:
        assert "gives" not in repeat or set(repeat["gives"]) <= set(answer_of(spec, id))
        assert repeat.keys() & {"gives", "lifetime"}
        return
    fields = answer_of(spec, shown)

    assert {*repeat.get("same", ()), *repeat.get("dead", ()), *repeat.get("when", ())} <= set(fields)
    assert repeat.get("key", repeat.get("id", next(iter(fields)))) in fields
    for field, written in repeat.get("by", {}).items():
        item = spec.resolved(fields[field]["items"])["properties"]
        assert set(re.findall(r"{(\w+)}", written)) <= set(item)
        assert field in spec.traits.OPERATIONS[shown]["accepts"]["query"]
    for field, values in {**repeat.get("dead", {}), **repeat.get("when", {})}.items():
        known = [spec.resolved(choice)["enum"] for choice in fields[field]["anyOf"] if "$ref" in choice]
        assert set(values) <= {value for enum in known for value in enum}


@each("id")
def test_a_code_that_decides_is_documented(spec: Spec, id: str) -> None:
    """One that no answer has would decide nothing."""
    operation, repeat = spec.operations[id], spec.operations[id]["x-repeat"]
    deciding = [] if isinstance(repeat, str) else [repeat.get("taken"), repeat.get("done"), *repeat.get("again", ())]
    codes = {code for known in operation.get("x-error-codes", {}).values() for code in known}
    reused = set(() if isinstance(repeat, str) else repeat.get("reused", ())) - {""}

    assert {code for code in deciding if code} <= codes
    assert reused <= set(operation.get("x-error-codes", {}).get("409", ()))


JOBS = [(spec, id) for spec in SPECS for id, row in spec.traits.OPERATIONS.items() if "job" in row]


@pytest.mark.parametrize(("spec", "id"), JOBS, ids=[f"{spec.name}-{id}" for spec, id in JOBS])
def test_a_job_can_be_followed_to_its_end(spec: Spec, id: str) -> None:
    """Its answer says where to ask, and who is asked has an answer for each state."""
    job = spec.traits.OPERATIONS[id]["job"]
    started = spec.resolved(spec.operations[id]["responses"][str(job["running"])])
    polled = spec.operations[job["with"]]

    assert set(job["poll"]) <= set(started["headers"])
    assert {str(job[state]) for state in ("done", "running", "failed")} <= set(polled["responses"])
    assert job["progress"] in polled["responses"][str(job["running"])]["headers"]
    assert len(spec.traits.OPERATIONS[job["with"]]["accepts"]["path"]) == 1
    assert polled["x-repeat"] == "safe"


CREATED = [(spec, id) for spec in SPECS for id, row in spec.traits.OPERATIONS.items() if "created" in row]


@pytest.mark.parametrize(("spec", "id"), CREATED, ids=[f"{spec.name}-{id}" for spec, id in CREATED])
def test_what_was_created_is_named_in_the_answer(spec: Spec, id: str) -> None:
    """In a header that is there, by a field of the answer."""
    created, answer = spec.traits.OPERATIONS[id]["created"], spec.operations[id]["responses"]["201"]
    [content] = answer["content"].values()

    assert created["header"] in answer["headers"]
    assert set(re.findall(r"{(\w+)}", created["path"])) <= set(properties_of(spec, spec.resolved(content["schema"])))
    assert created["path"].startswith(spec.traits.OPERATIONS[id]["path"])


def test_every_post_of_health_gorilla_but_one_has_an_idempotency_key() -> None:
    """As its rules want it; the token is the exception. High impact are the writes that the rules name."""
    rows = healthgorilla_traits.OPERATIONS
    keyed = {id for id, row in rows.items() if "header" in row["repeat"]}

    assert keyed == {id for id, row in rows.items() if row["method"] == "POST"} - {"getToken"}
    assert {rows[id]["repeat"]["header"] for id in keyed} == {"HG-Idempotency-Key"}
    assert rows["retrieveDocuments"]["repeat"] == "never"
    assert {id for id, row in rows.items() if row.get("impact") == "high"} == {
        *("createPatient", "updatePatient", "createDocumentReference"),
    }


def test_codes_that_may_be_shown_are_those_of_the_schema() -> None:
    """What else stands there may be anybody's name."""
    codes = healthgorilla_traits.PROVIDER["error-body"]["codes"]

    assert codes == HEALTHGORILLA.schemas["IssueCode"]["enum"]


def test_the_readme_explains_every_part_of_x_repeat() -> None:
    """A rule that nobody can look up is followed by nobody."""
    assert [part for part in sorted(FORMS_OF_REPEAT) if not re.search(rf"[`{{ ]{part}[`,}}]", README)] == []


@each_spec
def test_the_readme_explains_every_trait(spec: Spec) -> None:
    """So that who meets one in a spec knows what it says."""
    traits = {
        name
        for _, node in nodes(spec.data)
        if isinstance(node, dict)
        for name in node
        if isinstance(name, str) and re.fullmatch(r"x-[a-z-]+", name)
    }
    headers = {"x-api-key", "x-request-id"}

    assert [
        name for name in sorted(traits - headers) if f"| `{name}`" not in README and f", `{name}` |" not in README
    ] == []


@each("id")
def test_what_is_personal_is_not_logged(spec: Spec, id: str) -> None:
    """Of two traits that contradict each other, one is wrong."""
    contents = spec.operations[id].get("requestBody", {}).get("content", {}).values()
    schemas = {content["schema"].get("$ref", "").rpartition("/")[2] for content in contents}
    hidden = {field for name in schemas for field in spec.traits.PERSONAL.get(name, ())}

    assert set(spec.traits.OPERATIONS[id].get("log", ())).isdisjoint(hidden)


@each_spec
def test_marks_hide_fields_of_generated_models(spec: Spec) -> None:
    """Each of them: a mark on what no model has would hide nothing."""
    marked = (spec.traits.PERSONAL, spec.traits.SECRET)
    redact(spec.models, *marked)

    for name in {name for table in marked for name in table}:
        model = getattr(spec.models, name)
        shown = repr(model(**{field.name: "told" for field in attrs.fields(model) if field.init}))
        assert shown.count(HIDDEN) == sum(len(table.get(name, ())) for table in marked), name


EXAMPLES = [
    (spec, name, example)
    for spec in SPECS
    for name, schema in spec.schemas.items()
    for example in schema.get("examples", ())
]


@pytest.mark.parametrize(
    ("spec", "name", "example"), EXAMPLES, ids=[f"{spec.name}-{name}" for spec, name, _ in EXAMPLES]
)
def test_examples_pass_through_generated_models_unchanged(spec: Spec, name: str, example: Any) -> None:
    """What a model reads is what it writes; values of enumerations are words by themselves."""
    model = getattr(spec.models, name, None)
    if isinstance(example, dict) and model is not None:
        assert model.from_dict(example).to_dict() == example


def test_a_resource_in_a_bundle_is_what_it_says_it_is() -> None:
    """A warning among the patients is no patient, and what is unknown is kept whole."""
    resources = [
        {"resourceType": "Patient", "id": "a", "maritalStatus": {"text": "unknown"}},
        {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "informational"}]},
        {"resourceType": "Basic", "id": "b", "code": {}},
    ]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": resource} for resource in resources]}
    models = healthgorilla_client.models

    read = models.Bundle.from_dict(bundle)

    assert isinstance(read.entry, list)
    kinds = [type(entry.resource) for entry in read.entry]
    assert kinds == [models.Patient, models.OperationOutcome, models.Resource]
    assert read.to_dict() == bundle


def test_an_error_is_no_patient() -> None:
    """Another resource where one was asked for cannot be read, however the status calls it."""
    with pytest.raises(ValueError, match="resourceType"):
        healthgorilla_client.models.Patient.from_dict({"resourceType": "OperationOutcome"})


def test_the_content_of_resources_is_personal() -> None:
    """All of it, but what the server itself says of a resource, and whether it counts."""
    shown = {"resourceType", "id", "meta", "active", "status"}
    for name in ("Patient", "DocumentReference"):
        fields = set(HEALTHGORILLA.schemas[name]["properties"])
        assert fields - set(healthgorilla_traits.PERSONAL[name]) <= shown


@each_spec
def test_the_environments_are_those_of_the_spec(spec: Spec) -> None:
    """By name."""
    assert set(spec.traits.SERVERS) == {"sandbox", "production"}
    assert all(url.startswith("https://") for url in spec.traits.SERVERS.values())
    assert ENVIRONMENTS is cleanlife_traits.SERVERS


def written() -> Any:
    """The program that writes the traits."""
    found = importlib.util.spec_from_file_location("spec_traits", ROOT / "spec" / "traits.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@each_spec
def test_the_traits_are_what_the_spec_gives(spec: Spec) -> None:
    """To the byte: who changes the spec generates anew."""
    committed = Path(spec.traits.__file__).read_text(encoding="utf-8")

    assert committed == written().main(spec.path)


@pytest.mark.parametrize(
    ("spec", "trait", "id"), [(CLEANLIFE, "repeat", "listServices"), (HEALTHGORILLA, "permission", "createPatient")]
)
def test_an_operation_without_mandatory_traits_is_refused(tmp_path: Path, spec: Spec, trait: str, id: str) -> None:
    """A new endpoint must say what repeating it means, and what it needs."""
    text = spec.path.read_text(encoding="utf-8")
    begins = text.index(f"operationId: {id}")
    incomplete = tmp_path / "incomplete.yaml"
    incomplete.write_text(text[:begins] + text[begins:].replace(f"x-{trait}:", "x-forgotten:", 1), encoding="utf-8")

    with pytest.raises(SystemExit, match=f"{id}: x-{trait} must be given"):
        written().main(incomplete)


@each_spec
def test_the_readme_lists_every_part_that_is_assumed(spec: Spec) -> None:
    """So that a reader of it alone knows what to doubt."""
    kinds = "schemas|headers|responses" if spec is HEALTHGORILLA else "schemas"
    parts = {
        where.split("/")[3]
        for where, node in nodes(spec.data)
        if isinstance(node, dict) and "x-assumed" in node and re.match(rf"#/components/({kinds})/", where)
    }
    ids = {id for id, operation in spec.operations.items() if "x-assumed" in operation}

    assert [name for name in sorted(parts | ids) if not re.search(rf"\b{name}\b", spec.assumptions)] == []
