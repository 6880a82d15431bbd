"""What the API would reject is refused before it is sent, by the field's name, and without the value."""

from __future__ import annotations

import datetime as dt
import json
import string
from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import BOOKING

from cleanlife_ext.engine.constraints import refuse, refuse_headers, spoken
from cleanlife_ext.engine.session import Routes
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
PLAIN = CLEANLIFE.operations["listPricingTiers"]
WITH_BODY = [operation for operation in CLEANLIFE.operations.values() if "body" in operation.accepts]

SLOT = {"startAt": "09:00", "endAt": "12:00"}
GOOD: dict[str, Any] = {
    "calculatePrice": {"items": [{"hours": 2, "serviceId": ID}]},
    "createBooking": {"contactId": ID, "addressId": "a", "serviceId": ID, "timeslot": SLOT, "date": "2026-06-20"},
    "updateBooking": {"date": "2026-06-20", "timeslot": SLOT, "notes": "", "externalReference": "ORDER-1"},
    "cancelBooking": {"reasonId": ID, "notes": "x"},
    "confirmPayment": {"paymentReference": "x" * 255},
    "findOrCreateContact": {"phone": "+966500000000", "name": "Sara"},
    "createSubscription": {"url": "https://example.com/hooks", "events": ["booking.created"]},
    "updateSubscription": {"url": "https://example.com:8443/a?b#c", "status": "INACTIVE"},
}


def complaint(schema: Mapping[str, Any], value: Any) -> str | None:
    """What is said against a body with this schema."""
    operation = attrs.evolve(PLAIN, accepts={"body": schema})
    try:
        refuse(operation, {}, {}, value)
    except ValueError as error:
        return str(error)
    return None


def of_field(schema: Mapping[str, Any], value: Any) -> str | None:
    """What is said against a field with this schema."""
    return complaint({"type": "object", "properties": {"fieldName": schema}}, {"fieldName": value})


def test_every_operation_with_a_body_has_a_good_example() -> None:
    """And nothing is said against it."""
    assert set(GOOD) == {operation.id for operation in WITH_BODY}
    for operation in WITH_BODY:
        refuse(operation, {}, {}, GOOD[operation.id])


@pytest.mark.parametrize(
    ("kind", "good", "bad", "word"),
    [
        ("string", ["", "x"], [3, True, None, [], {}], "text"),
        ("integer", [0, -1], [1.0, True, "1", None], "a whole number"),
        ("number", [0, 1.5], [False, "1.5", None, []], "a number"),
        ("boolean", [True, False], [0, 1, "true", None], "true or false"),
        ("array", [[], [1], ()], ["x", {}, None, 3], "a list"),
        ("object", [{}, {"x": 1}], [[], "x", None, True], "an object"),
    ],
)
def test_type(kind: str, good: list[Any], bad: list[Any], word: str) -> None:
    """JSON's types, of which true is no number; the message tells which is needed and which was given."""
    for value in good:
        assert of_field({"type": kind}, value) is None
    for value in bad:
        said = of_field({"type": kind}, value)
        assert said is not None
        assert said.startswith(f"field_name: {word} is needed, not a")
        assert said.endswith(type(value).__name__)


def test_several_types() -> None:
    """One of them is enough; null where it is listed."""
    schema = {"type": ["string", "null"], "minLength": 2}

    assert of_field(schema, None) is None
    assert of_field(schema, "ab") is None
    assert of_field(schema, "a") == "field_name: 1 characters are too few"
    assert of_field(schema, 3) == "field_name: text is needed, not an int"
    assert of_field({"type": ["string"]}, None) == "field_name: text is needed, not a NoneType"


def test_no_type() -> None:
    """What the spec does not say is not asked for; an unknown word for a type fits nothing."""
    for value in (None, True, 3, "x", [["x"]], {"a": {}}, b"x", object()):
        assert of_field({}, value) is None


def test_enum() -> None:
    """The words are the API's, so they may be told; the value may not."""
    schema = {"type": "string", "enum": ["ASC", "DESC"]}

    assert of_field(schema, "ASC") is None
    assert of_field(schema, "Sara") == "field_name: one of ASC, DESC is needed"
    assert of_field({"enum": ["ASC"]}, ["ASC"]) == "field_name: one of ASC is needed"


def test_lengths() -> None:
    """Counted in characters, not in bytes."""
    schema = {"type": "string", "minLength": 2, "maxLength": 4}

    for good in ("ab", "abcd", "سارة"):
        assert of_field(schema, good) is None
    assert of_field(schema, "") == "field_name: it must not be empty"
    assert of_field(schema, "a") == "field_name: 1 characters are too few"
    assert of_field(schema, "abcde") == "field_name: 5 characters, and at most 4 are allowed"


@pytest.mark.parametrize("value", [ID, ID.upper()])
def test_a_uuid(value: str) -> None:
    """In either case."""
    assert of_field({"type": "string", "format": "uuid"}, value) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        ID[:-1],
        ID + "0",
        ID.replace("-", ""),
        f"{{{ID}}}",
        f"urn:uuid:{ID}",
        f" {ID}",
        f"{ID}\n",
        "..",
        "٣" * 36,
    ],
)
def test_no_uuid(value: str) -> None:
    """Other forms that Python would read are not what the API takes."""
    assert of_field({"type": "string", "format": "uuid"}, value) == "field_name: a UUID is needed"


@pytest.mark.parametrize("value", ["2026-06-20", "2028-02-29", "0001-01-01"])
def test_a_date(value: str) -> None:
    """A day of the calendar."""
    assert of_field({"type": "string", "format": "date"}, value) is None


@pytest.mark.parametrize(
    "value",
    [
        "",
        "2026-02-29",
        "20260620",
        "2026-W25-6",
        "2026-6-20",
        "20-06-2026",
        "2026-06-20T00:00:00Z",
        "2026-06-20\n",
        "٢٠٢٦-٠٦-٢٠",
        "\ud800",
    ],
)
def test_no_date(value: str) -> None:
    """A week, a time, another order, other digits."""
    assert of_field({"type": "string", "format": "date"}, value) == "field_name: a date like 2026-06-20 is needed"


@pytest.mark.parametrize("value", ["https://example.com", "http://a:80/b?c=d#e", "https://[::1]/", "a+b.c-d://x"])
def test_a_uri(value: str) -> None:
    """With scheme and host."""
    assert of_field({"type": "string", "format": "uri"}, value) is None


@pytest.mark.parametrize(
    "value",
    ["", "example.com", "https://", "https:///x", "//example.com", "https://a b", "1://x", "https://x\n", "mailto:x@y"],
)
def test_no_uri(value: str) -> None:
    """Half of one is none."""
    assert of_field({"type": "string", "format": "uri"}, value) == "field_name: a complete URL is needed"


def test_other_formats_are_left_to_the_api() -> None:
    """What we do not know we do not judge."""
    assert of_field({"type": "string", "format": "password"}, "x") is None


def test_patterns() -> None:
    """As the spec writes them, which means the whole of the text."""
    phone = CLEANLIFE.operations["findOrCreateContact"].accepts["body"]["properties"]["phone"]

    assert of_field(phone, "+966500000000") is None
    for bad in ("", "0500000000", "+966", "+9665x", " +966500000000", "+966500000000 "):
        assert of_field(phone, bad) == "field_name: it does not have the form ^\\+966[0-9]+$"


@pytest.mark.parametrize("operation", ["findOrCreateContact", "calculatePrice"])
def test_a_line_end_is_no_part_of_a_phone_number(operation: str) -> None:
    """To JSON Schema `$` is the end of the text; to Python it is also the place before a last line end."""
    phone = CLEANLIFE.operations[operation].accepts["body"]["properties"]["phone"]

    assert of_field(phone, "+966500000000\n") is not None


def test_a_line_end_is_no_part_of_a_time() -> None:
    """A slot read from a file is refused, not sent."""
    with pytest.raises(ValueError, match=r"timeslot\.start_at"):
        refuse(
            CLEANLIFE.operations["createBooking"],
            {},
            {},
            {**GOOD["createBooking"], "timeslot": {"startAt": "09:00\n", "endAt": "12:00"}},
        )


def test_ranges() -> None:
    """The ends belong to them; not a number is in none. A number may be told."""
    between, above = {"type": "number", "minimum": 1, "maximum": 24}, {"type": "integer", "minimum": 1}

    for good in (1, 1.5, 24):
        assert of_field(between, good) is None
    assert of_field(above, 10**30) is None
    assert of_field({"type": "number", "maximum": 2}, -5) is None
    assert of_field(between, 0.5) == "field_name: 0.5 is out of range; 1 to 24 is allowed"
    assert of_field(between, 25) == "field_name: 25 is out of range; 1 to 24 is allowed"
    assert of_field(above, 0) == "field_name: 0 is out of range; at least 1 is allowed"
    for strange in (float("nan"), float("inf"), float("-inf")):
        assert "is out of range" in (of_field(between, strange) or "")


def test_an_upper_end_alone_is_told_as_one() -> None:
    """Nothing is said of a lower end that there is not."""
    assert of_field({"type": "number", "maximum": 2}, 3) == "field_name: 3 is out of range; at most 2 is allowed"


def test_a_number_too_long_to_be_written_is_refused_by_its_name() -> None:
    """Python would not write so many digits; the message must not fail on that."""
    assert (of_field({"type": "integer", "minimum": 1, "maximum": 100}, 10**5000) or "").startswith("field_name: ")


def test_lists() -> None:
    """How many, and each of them, by its index."""
    schema = {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "minLength": 1}}

    assert of_field(schema, ["a"]) is None
    assert of_field(schema, ("a", "b")) is None
    assert of_field(schema, []) == "field_name: at least 1 must be given"
    assert of_field(schema, ["a"] * 3) == "field_name: 3 were given, and at most 2 are allowed"
    assert of_field(schema, ["a", ""]) == "field_name[1]: it must not be empty"
    assert of_field({"type": "array"}, [object()]) is None


def test_objects() -> None:
    """What must be there, and what is there, by the way to it."""
    schema = {"type": "object", "required": ["startAt"], "properties": {"startAt": {"type": "string"}}}

    assert complaint(schema, {"startAt": "x", "more": 3}) is None
    assert complaint(schema, {}) == "start_at: it must be given"
    assert of_field(schema, {}) == "field_name.start_at: it must be given"
    assert of_field(schema, {"startAt": 3}) == "field_name.start_at: text is needed, not an int"
    assert of_field({"type": "array", "items": schema}, [{}]) == "field_name[0].start_at: it must be given"
    assert complaint(schema, "Sara") == "body: an object is needed, not a str"
    assert complaint(schema, None) == "body: an object is needed, not a NoneType"


def test_one_of_several_fields() -> None:
    """`x-any-of`: a null does not count."""
    schema = {"type": "object", "x-any-of": ["serviceId", "packageId"]}

    assert complaint(schema, {"serviceId": "x"}) is None
    assert complaint(schema, {"serviceId": None, "packageId": "x"}) is None
    for bad in ({}, {"serviceId": None}):
        assert complaint(schema, bad) == "service_id or package_id: one of them must be given"


def test_a_field_that_needs_another() -> None:
    """`x-requires`: the API would ignore it, and answer with too much."""
    operation = attrs.evolve(PLAIN, requires={"toDate": ("fromDate", "zone")})

    refuse(operation, {}, {}, None)
    refuse(operation, {}, {"fromDate": 1}, None)
    refuse(operation, {}, {"toDate": 1, "fromDate": 2, "zone": 3}, None)
    with pytest.raises(ValueError, match=r"^to_date: the API ignores it without from_date and zone$"):
        refuse(operation, {}, {"toDate": 1, "zone": 3}, None)


def test_parameters() -> None:
    """Those of the path and of the query are judged alike; unknown ones are left to the API."""
    rule = {"limit": {"type": "integer", "maximum": 100}}
    operation = attrs.evolve(PLAIN, accepts={"path": rule, "query": rule})

    refuse(operation, {"limit": 1}, {"limit": 1, "more": "x"}, None)
    for path, query in (({"limit": "1"}, {}), ({}, {"limit": "1"})):
        with pytest.raises(ValueError, match=r"^limit: a whole number is needed, not a str$"):
            refuse(operation, path, query, None)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("externalReference", "external_reference"),
        ("id", "id"),
        ("x-request-id", "x_request_id"),
        ("line1Address", "line1_address"),
        ("timeslot.startAt", "timeslot.start_at"),
    ],
)
def test_names_are_spoken_as_python_code(name: str, words: str) -> None:
    """The user knows them in this form."""
    assert spoken(name) == words


# Whatever is handed in.

LETTERS = "абвгдежзик"  # Letters that stand in no message of ours.
texts = st.text(st.sampled_from(LETTERS + "\n\ud800🧹 "), min_size=2).filter(
    lambda text: any(letter in text for letter in LETTERS)
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts | st.just("")
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


def near(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that nearly fit, so that the last keyword of the innermost field is reached as well."""
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    likely: st.SearchStrategy[Any]
    if "enum" in schema:
        likely = st.sampled_from(schema["enum"])
    elif kind == "object":
        fields = {name: near(inner) for name, inner in schema.get("properties", {}).items()}
        likely = st.fixed_dictionaries({}, optional=fields)
    elif kind == "array":
        likely = st.lists(near(schema["items"]), max_size=schema.get("maxItems", 2) + 1)
    elif kind == "string":
        examples = {"uuid": ID, "date": "2026-06-20", "uri": "https://example.com"}
        example = examples.get(
            schema.get("format", ""), "+966500000000" if "966" in schema.get("pattern", "") else "09:00"
        )
        likely = st.just(example) | texts.map(lambda text: example + text)
    else:
        likely = st.integers(-1, 30) | st.floats()
    return likely | anything


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.id)
@settings(max_examples=50)
@given(data=st.data())
def test_any_body_passes_or_is_a_value_error_that_quotes_nothing(operation: Operation, data: st.DataObject) -> None:
    """No other exception, and no text of the user's in the message: it may be anybody's phone number."""
    body = data.draw(near(operation.accepts["body"]))
    said = complaint(operation.accepts["body"], body)

    if said is not None:
        assert not set(said) & set(LETTERS)
        assert said[0] in string.ascii_lowercase
    else:
        assert isinstance(body, dict)
        assert all(field in body for field in operation.accepts["body"].get("required", ()))


@pytest.mark.parametrize("operation", list(CLEANLIFE.operations.values()), ids=lambda operation: operation.id)
@settings(max_examples=50)
@given(data=st.data())
def test_any_parameter_passes_or_is_a_value_error_that_quotes_nothing(
    operation: Operation, data: st.DataObject
) -> None:
    """In paths and in queries."""
    drawn = {
        place: data.draw(
            st.fixed_dictionaries(
                {}, optional={name: near(rule) for name, rule in operation.accepts.get(place, {}).items()}
            )
        )
        for place in ("path", "query")
    }
    said = ""
    try:
        refuse(operation, drawn["path"], drawn["query"], GOOD.get(operation.id))
    except ValueError as error:
        said = str(error)

    assert not set(said) & set(LETTERS)


def test_the_phone_number_of_a_refused_body_is_not_told() -> None:
    """By the example that matters most."""
    with pytest.raises(ValueError, match="phone") as caught:
        refuse(CLEANLIFE.operations["findOrCreateContact"], {}, {}, {"phone": "0500000000", "name": "Sara"})

    assert "0500000000" not in str(caught.value)


def test_what_passes_can_be_sent() -> None:
    """A good body is JSON, and so is a date in it, as text."""
    for body in GOOD.values():
        assert json.loads(json.dumps(body)) == body
    assert (
        of_field({"type": "string", "format": "date"}, dt.date(2026, 6, 20)) == "field_name: text is needed, not a date"
    )


@pytest.mark.parametrize("path", ["/things/", "/things/None"])
def test_an_id_that_was_not_given_is_refused(path: str) -> None:
    """Generated code writes a `None` as a text, which would be somebody's id."""
    operation = Operation.read("getThing", {**THING, "accepts": {"path": {"id": {"type": "string"}}}})
    _, values = Routes({"getThing": operation})("GET", path)

    with pytest.raises(ValueError, match=r"^id: it must be given$"):
        refuse(operation, values, {}, None)


@pytest.mark.parametrize("query", [{}, {"ofWhom": None}, {"ofWhom": ""}])
def test_a_parameter_that_is_needed_must_be_given(query: dict[str, Any]) -> None:
    """Generated code leaves out what is None."""
    operation = Operation.read("findThing", {**THING, "needs": ["ofWhom"], "accepts": {"query": {"ofWhom": {}}}})

    with pytest.raises(ValueError, match=r"^of_whom: it must be given$"):
        refuse(operation, {}, query, None)
    refuse(operation, {}, {"ofWhom": "7"}, None)


@pytest.mark.parametrize("path", ["/things/..", "/things/.", "/things/%2E%2e"])
def test_an_id_of_dots_is_refused(path: str) -> None:
    """Whoever reads an address takes them out, and it becomes another one; whatever form the spec gives ids."""
    operation = Operation.read("getThing", {**THING, "accepts": {"path": {"id": {"type": "string"}}}})
    _, values = Routes({"getThing": operation})("GET", path)

    with pytest.raises(ValueError, match="id: dots alone lead to another address"):
        refuse(operation, values, {}, None)


THING = {"method": "GET", "path": "/things/{id}", "tag": "things", "statuses": [200], "repeat": "safe"}


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        ("6f1e8f52-98c2-4f3c-8d2e-0a4b7f3c1d11", True),
        ("6F1E8F52-98C2-4F3C-8D2E-0A4B7F3C1D11", True),
        ("6f1e8f52-98c2-1f3c-8d2e-0a4b7f3c1d11", False),  # Of the time.
        ("6f1e8f52-98c2-4f3c-0d2e-0a4b7f3c1d11", False),  # Of no known kind.
        ("6f1e8f5298c24f3c8d2e0a4b7f3c1d11", False),
        ("order-7", False),
        ("", False),
    ],
)
def test_a_key_is_made_by_chance(key: str, is_one: bool) -> None:  # noqa: FBT001
    """Any other might be somebody else's as well. Without one, the engine makes it."""
    operation = Operation.read("makeThing", {**THING, "accepts": {}, "repeat": {"header": "Thing-Key"}})
    refuse_headers(operation, {})

    if is_one:
        refuse_headers(operation, {"thing-key": key})
    else:
        with pytest.raises(ValueError, match="idempotency_key: a UUID of version 4 is needed"):
            refuse_headers(operation, {"thing-key": key})


def test_a_change_needs_the_version_that_was_read() -> None:
    """Without it somebody else's change would be lost."""
    operation = Operation.read("changeThing", {**THING, "accepts": {}, "repeat": {"guard": "If-Match", "read": "x"}})
    refuse_headers(operation, {"if-match": 'W/"1"'})

    for headers in ({}, {"if-match": ""}):
        with pytest.raises(ValueError, match="if_match: the version that is changed must be given"):
            refuse_headers(operation, headers)


@pytest.mark.parametrize("value", ["a\nb", "a\r\nx-other: 1", "\x00", "ä", "\ud800"])
def test_a_header_holds_what_headers_can_carry(value: str) -> None:
    """A line end would begin another one. The value is not quoted."""
    operation = Operation.read("getThing", {**THING, "accepts": {}})

    with pytest.raises(ValueError, match=r"^x_other_id: no header can carry it$"):
        refuse_headers(operation, {"x-other-id": value})


def test_a_constant_is_what_it_is() -> None:
    """Any other value is refused, and named; a constant is nobody's secret."""
    kind = {"type": "object", "properties": {"kind": {"type": "string", "const": "thing"}}}
    operation = Operation.read("makeThing", {**THING, "accepts": {"body": kind}})
    refuse(operation, {}, {}, {"kind": "thing"})

    with pytest.raises(ValueError, match=r"^kind: 'thing' is needed$"):
        refuse(operation, {}, {}, {"kind": "other"})
