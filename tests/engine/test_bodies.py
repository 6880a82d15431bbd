"""Answers in an envelope, and answers as they are: what counts as a yes, what a no says, and what strangers send."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from engine.invented import PARCELS, SENT, answer, parcels
from hypothesis import given
from hypothesis import strategies as st
from worlds import World

from cleanlife_ext import (
    AuthenticationError,
    BadRequestError,
    CleanLifeError,
    IdempotencyConflictError,
    InProgressError,
    InternalServerError,
    UnexpectedResponseError,
)
from cleanlife_ext.engine.bodies import Bare, Envelope, Refusal, answer_of, at, parsed
from cleanlife_ext.engine.check import verdict
from cleanlife_ext.engine.message import Headers, Issue, Response
from cleanlife_ext.engine.traits import ErrorBody

BARE = PARCELS.bodies
GET, MAKE, TOKEN, FIND = (PARCELS.operations[id] for id in ("getParcel", "createParcel", "getToken", "findParcels"))


def said(body: Any, operation: Any = GET) -> Refusal | None:
    """What a refusal of this body says."""
    return BARE.refusal(operation, 400, json.dumps(body).encode(), body)


def problem(*issues: Any) -> dict[str, Any]:
    """A body of an error."""
    return {"kind": "problem", "issue": list(issues)}


GRAVE = {"severity": "error", "code": "invalid", "text": "Sara is unknown", "expression": ["Parcel.lines[0].sku"]}


def test_a_refusal_says_what_is_wrong() -> None:
    """Code, words and fields; a field begins with what it is a part of, which is left out."""
    body = problem(GRAVE)

    refusal = said(body)

    assert refusal == Refusal(
        code="invalid",
        shown="invalid",
        message="Sara is unknown",
        details=body,
        fields=("lines.0.sku",),
        issues=(Issue("error", "invalid", "Sara is unknown", ("lines.0.sku",)),),
    )
    assert "Sara" not in repr(refusal)


@pytest.mark.parametrize(
    ("code", "field", "shown"),
    [
        ("invalid", "size", "Issue(severity='error', code='invalid', fields=('size',))"),
        ("Sara", "Sara", "Issue(severity='error', code='', fields=())"),
    ],
)
def test_an_issue_shows_what_the_spec_knows(world: World, code: str, field: str, shown: str) -> None:
    """A code, and fields of whatever operation; what may be anything is in its attributes alone."""
    body = problem({"severity": "error", "code": code, "text": "Sara is unknown", "expression": [f"Parcel.{field}"]})
    with parcels(world, httpx.Response(400, json=body)) as client, pytest.raises(BadRequestError) as caught:
        client.ask("getParcel", url="/parcels/7")

    [issue] = caught.value.issues
    assert (repr(issue), issue.code, issue.fields) == (shown, code, (field,))
    assert "Sara" not in f"{caught.value!s} {caught.value!r}"


def test_of_several_issues_the_first_grave_one_counts() -> None:
    """All of them are kept, with the fields of all."""
    mild = {"severity": "warning", "code": "slow", "expression": ["Parcel.size"]}
    later = {"severity": "fatal", "code": "conflict"}

    refusal = said(problem(mild, GRAVE, later))

    assert refusal is not None
    assert refusal.code == "invalid"
    assert [issue.code for issue in refusal.issues] == ["slow", "invalid", "conflict"]
    assert refusal.fields == ("size", "lines.0.sku")


@pytest.mark.parametrize("issues", [[], [{"severity": "warning", "code": "slow"}], ["text", 3, None, [[]]], [{}]])
def test_without_a_grave_issue_it_has_no_code(issues: list[Any]) -> None:
    """It is a refusal all the same."""
    refusal = said(problem(*issues))

    assert refusal is not None
    assert (refusal.code, refusal.shown, refusal.message) == ("", "", "")


def test_words_are_taken_from_the_first_place_that_has_some() -> None:
    """In the order of the spec."""
    inner = {"severity": "error", "code": "invalid", "details": {"text": "inner"}}

    assert said(problem(inner)).message == "inner"  # type: ignore[union-attr]
    assert said(problem({**inner, "text": "outer"})).message == "outer"  # type: ignore[union-attr]
    assert said(problem({**inner, "text": 3})).message == "inner"  # type: ignore[union-attr]


def test_a_code_that_is_not_documented_is_not_shown() -> None:
    """It may hold anything; whoever asks for it has it."""
    refusal = said(problem({"severity": "error", "code": "Sara"}))

    assert refusal is not None
    assert (refusal.code, refusal.shown) == ("Sara", "")


@pytest.mark.parametrize("path", ["", "Sara Smith", "Parcel", "Parcel.", 3, None, {"a": 1}, "a.b;c", "ä.b"])
def test_what_is_no_field_is_none(path: Any) -> None:
    """What a stranger wrote there may be anything."""
    refusal = said(problem({**GRAVE, "expression": [path]}))

    assert refusal is not None
    assert refusal.fields == ()


def test_a_body_of_another_kind_says_no_more_than_its_status() -> None:
    """A gateway's own JSON, for one."""
    assert said({"error": "no", "issue": [GRAVE]}) == Refusal()


def test_an_operation_may_have_errors_of_a_form_of_its_own() -> None:
    """Its body is the one issue."""
    refusal = said({"error": "invalid_client", "code": "x"}, TOKEN)

    assert refusal is not None
    assert (refusal.code, refusal.shown) == ("invalid_client", "invalid_client")
    assert len(refusal.issues) == 1


def test_an_empty_body_is_the_apis_and_a_page_is_not() -> None:
    """A status alone says enough."""
    assert BARE.refusal(GET, 409, b"", None) == Refusal()
    assert BARE.refusal(GET, 409, b"<h1>no</h1>", None) is None
    assert BARE.refusal(GET, 409, b"[]", []) is None


FIELDS = st.sampled_from(["kind", "issue", "severity", "code", "text", "details", "expression", "error", "entry"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS | st.text(max_size=5), inner, max_size=5),
    max_leaves=12,
)


@given(JSON | st.builds(lambda issue: {"kind": "problem", "issue": issue}, JSON))
def test_no_body_breaks_the_reader(body: Any) -> None:
    """Whatever strangers send: a refusal of texts, or none; and no unknown code, nor any words, in a text."""
    for operation in (GET, TOKEN):
        for status in (400, 409, 454, 500):
            refusal = BARE.refusal(operation, status, json.dumps(body).encode(), body)
            if refusal is not None:
                assert all(isinstance(text, str) for text in (refusal.code, refusal.message, *refusal.fields))
                assert refusal.shown in {"", *BARE.errors.codes, *TOKEN.errors.codes}  # type: ignore[attr-defined,union-attr]
            error = verdict(PARCELS, operation, answer(status, body))
            assert isinstance(error, CleanLifeError)


@given(JSON, st.sampled_from(["entry", "entry.parcel", "issue.details.text", "", "."]))
def test_any_value_has_something_or_nothing_at_a_path(body: Any, path: str) -> None:
    """Never an exception."""
    assert isinstance(at(body, path), list)


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        ({"a": 1}, "a", [1]),
        ({"a": [1, 2]}, "a", [1, 2]),
        ({"a": [{"b": 1}, {"c": 2}, 3, {"b": [4, 5]}]}, "a.b", [1, 4, 5]),
        ({"a": None}, "a", [None]),
        ({}, "a", []),
        ([{"a": 1}], "a", []),
        (None, "a.b", []),
    ],
)
def test_what_stands_at_a_path(value: Any, path: str, found: list[Any]) -> None:
    """Of each item, where there is a list."""
    assert at(value, path) == found


def test_what_a_bare_success_brings_is_itself() -> None:
    """One thing, or each thing of a list."""
    listed = {"entry": [{"parcel": {"id": "1"}}, {}, {"parcel": "x"}, {"parcel": {"id": "2"}}]}

    assert BARE.is_success({})
    assert not BARE.is_success([])
    assert BARE.content({"id": "1"}) == {"id": "1"}
    assert BARE.rows(GET, {"id": "1"}, "model") == [({"id": "1"}, "model")]
    assert BARE.rows(FIND, listed, "model") == [({"id": "1"}, None), ({"id": "2"}, None)]


def test_what_is_written_can_be_read() -> None:
    """The answer that would have brought a row, and the one that would have refused, in either form."""
    bare = Bare(ErrorBody.read({"is": {"kind": "x"}, "issues": "i", "severities": ["error"], "code": "c", "codes": []}))
    for bodies, operation in ((Envelope("ok", "data", "error"), GET), (BARE, GET), (bare, GET)):
        success = json.loads(answer_of(bodies, operation, {"id": "1"}).content)
        assert bodies.is_success(success)
        assert bodies.content(success) == {"id": "1"}
        refusal = bodies.refusal(operation, 409, b"x", bodies.failure("duplicate"))
        assert refusal is not None
        assert refusal.code == "duplicate"


def test_the_answer_of_a_creation_has_a_status_that_brings_something() -> None:
    """Not the 202 that brings nothing."""
    assert answer_of(BARE, MAKE, {"id": "1"}).status_code == 200


@pytest.mark.parametrize("content", [b"", b"<h1>", b"\xff", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_json_is_nothing(content: bytes) -> None:
    """However deep it goes."""
    assert parsed(Response(200, Headers(), content)) is None


# What becomes of it


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (answer(400, problem(GRAVE)), BadRequestError),
        (answer(409), IdempotencyConflictError),
        (
            answer(400, {"kind": "problem", "issue": [{"severity": "error", "code": "invalid_client"}]}),
            AuthenticationError,
        ),
        (answer(503), InternalServerError),
        (answer(202), InProgressError),
        (answer(202, location="/somewhere/else"), InProgressError),
        (answer(204), UnexpectedResponseError),
        (answer(201, {}), UnexpectedResponseError),
        (answer(201, {"id": ""}), UnexpectedResponseError),
        (answer(201, []), UnexpectedResponseError),
        (answer(201), UnexpectedResponseError),
    ],
)
def test_what_a_creation_is_answered(response: Response, kind: type[CleanLifeError]) -> None:
    """A status with or without a body."""
    assert type(verdict(PARCELS, MAKE, response)) is kind


@pytest.mark.parametrize("content", [b"", b'{"size": "M"}', b'{"id": "p8", "size": "M"}'])
def test_what_was_made_is_named_by_its_address(world: World, content: bytes) -> None:
    """In what the API says, or in what was sent; the body's own id comes first."""
    headers = {"location": "https://parcels.test/v2/parcels/p7/_history/1"}
    with parcels(world, httpx.Response(201, content=content, headers=headers)) as client:
        made = client.create()

    assert made["id"] == ("p8" if b"p8" in content else "p7")
    assert made["size"] == ("M" if content else SENT["size"])


def test_words_of_the_api_are_in_attributes_alone(world: World) -> None:
    """In no text, and not in the repr of an issue."""
    with (
        parcels(world, httpx.Response(400, json=problem(GRAVE))) as client,
        pytest.raises(BadRequestError) as caught,
    ):
        client.create()

    (issue,) = caught.value.issues
    assert issue.message == caught.value.message == "Sara is unknown"
    assert "Sara" not in f"{caught.value!r} {caught.value} {issue!r}"
