"""The tree: as it is drawn, as it travels, and what it keeps to itself."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import json
import pickle
import re
import traceback
from collections.abc import Iterator
from typing import Any

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import BOOKING, World, refused

import cleanlife_ext
from cleanlife_ext import errors
from cleanlife_ext.engine.check import verdict
from cleanlife_ext.engine.message import Attempt, Headers, Response
from cleanlife_ext.engine.traits import Operation
from cleanlife_ext.errors import APIConnectionError, APIStatusError, CleanLifeError, OutcomeUnknownError
from cleanlife_ext.provider import CLEANLIFE
from cleanlife_ext.webhooks import State

ID = BOOKING["bookingId"]
ANSWER = Response(503, Headers([("retry-after", "7"), ("set-cookie", "Sara")]), b'{"name": "Sara"}')
MADE_OF_ANSWERS = {"response": ANSWER, "code": "SOME_CODE", "message": "Sara is unknown", "details": {"name": "Sara"}}
TRIED = Attempt(operation="getContact", status=503, code="X", ambiguous=True, request_id="req-1", seconds=1.5)


def drawn() -> dict[str, str]:
    """Each class in the drawing with the one it hangs from."""
    tree = re.search(r"```text\n(.*?)```", errors.__doc__ or "", re.DOTALL)
    assert tree is not None
    parents: dict[str, str] = {}
    stack: list[tuple[int, str]] = []
    for line in tree[1].splitlines():
        found = re.search(r"\w+Error", line)
        assert found is not None
        while stack and stack[-1][0] >= found.start():
            stack.pop()
        parents[found[0]] = stack[-1][1] if stack else "Exception"
        stack.append((found.start(), found[0]))
    return parents


def public_parent(kind: type) -> str:
    """The nearest class above that has no underscore."""
    return next(parent.__name__ for parent in kind.__mro__[1:] if not parent.__name__.startswith("_"))


def classes() -> dict[str, type[CleanLifeError]]:
    """All classes of the tree."""
    return {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, CleanLifeError) and not name.startswith("_")
    }


def test_the_tree_is_as_drawn() -> None:
    """The picture in the docstring is the code."""
    assert drawn() == {name: public_parent(kind) for name, kind in classes().items()}


def test_all_of_it_is_exported() -> None:
    """In order, by the module and by the package."""
    assert errors.__all__ == sorted(classes())
    assert cleanlife_ext.__all__ == sorted(cleanlife_ext.__all__)
    for name, kind in classes().items():
        assert name in cleanlife_ext.__all__
        assert getattr(cleanlife_ext, name) is kind


def test_each_class_says_what_it_is() -> None:
    """In a sentence."""
    for kind in classes().values():
        assert (kind.__doc__ or "").strip()


def test_the_statuses_in_the_drawing_are_those_of_the_code() -> None:
    """What stands behind a class is what it is raised for."""
    row = {"method": "POST", "path": "/a", "tag": "a", "statuses": [200, 202], "empty": [202], "accepts": {}}
    operation = Operation.read("makeThing", {**row, "repeat": {"header": "Key"}})
    for name, status in re.findall(r"(\w+Error)\s+(\d{3})\b", errors.__doc__ or ""):
        error = verdict(CLEANLIFE, operation, Response(int(status), Headers(), refused(int(status), "X").content))
        assert type(error).__name__ == name


def test_the_codes_of_the_spec_have_classes() -> None:
    """A class named in the spec is one of the tree."""
    assert set(CLEANLIFE.errors.values()) <= set(classes())


def made() -> Iterator[CleanLifeError]:
    """One error of each class, with all it can carry."""
    for kind in classes().values():
        error: CleanLifeError
        if issubclass(kind, APIStatusError):
            error = kind("what happened", **MADE_OF_ANSWERS)  # type: ignore[arg-type]
        elif issubclass(kind, errors.UnexpectedResponseError | errors.InProgressError):
            error = kind("what happened", response=ANSWER)
        elif issubclass(kind, OutcomeUnknownError):
            error = kind("what happened", key="ORDER-1")
        elif issubclass(kind, APIConnectionError):
            error = kind("what happened", sent=True)
        elif issubclass(kind, errors.ProcessingError):
            due = dt.datetime(2026, 6, 20, tzinfo=dt.UTC)
            error = kind("what happened", delivery_id="delivery-1", state=State.WAITING, due=due)
        else:
            error = kind("what happened")
        if isinstance(error, errors.RateLimitError):
            error.retry_after = 7.0
        if isinstance(error, errors.DuplicateExternalReferenceError):
            error.existing = {"bookingId": ID}
        error.operation, error.request_id, error.attempts = "getContact", "req-1", (TRIED,)
        error.add_note("a note")
        yield error


def flat(value: Any) -> Any:
    """Something to compare by: answers are equal if all they hold is."""
    return (
        attrs.asdict(value, recurse=False) | {"headers": dict(value.headers)} if isinstance(value, Response) else value
    )


COPIES = {"copy": copy.copy, "deepcopy": copy.deepcopy}
JOURNEYS = {
    f"pickle {protocol}": lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))  # noqa: S301
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
}
STAYS_HERE = {"message": "", "details": None, "existing": None, "candidates": ()}


@pytest.mark.parametrize(
    ("error", "way"),
    list(itertools.product(made(), COPIES)),
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_every_error_can_be_copied(error: CleanLifeError, way: str) -> None:
    """With all it carries, and without calling anything that would want arguments."""
    other = COPIES[way](error)

    assert type(other) is type(error)
    assert other is not error
    assert other.args == error.args
    assert str(other) == str(error)
    assert {name: flat(value) for name, value in vars(other).items()} == {
        name: flat(value) for name, value in vars(error).items()
    }
    assert other.ambiguous == error.ambiguous


@pytest.mark.parametrize("error", list(made()), ids=lambda error: type(error).__name__)
def test_a_note_on_a_copy_is_on_no_other(error: CleanLifeError) -> None:
    """Those who share a failure may each add to it."""
    other = copy.copy(error)
    other.add_note("mine alone")

    assert error.__notes__ == ["a note"]
    assert copy.copy(CleanLifeError("x")).__dict__ == {}


@pytest.mark.parametrize(
    ("error", "way"),
    list(itertools.product(made(), JOURNEYS)),
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_every_error_travels_without_what_the_api_said(error: CleanLifeError, way: str) -> None:
    """Queues and stores get status, code, request id, key and attempts; words of others stay in this process."""
    other = JOURNEYS[way](error)

    assert type(other) is type(error)
    assert other.args == error.args
    assert (str(other), other.ambiguous, other.__notes__) == (str(error), error.ambiguous, ["a note"])
    for name, value in vars(error).items():
        if name == "response":
            assert (other.response.status_code, other.response.content, dict(other.response.headers)) == (503, b"", {})
        elif name in STAYS_HERE:
            assert getattr(other, name) == STAYS_HERE[name]
        else:
            assert getattr(other, name) == value


@pytest.mark.parametrize("error", list(made()), ids=lambda error: type(error).__name__)
def test_no_error_shows_what_the_api_said(error: CleanLifeError) -> None:
    """Its words are in attributes, which neither `str` nor `repr` nor a traceback shows."""
    shown = str(error) + repr(error) + "".join(traceback.format_exception(error))

    assert "Sara" not in shown
    assert "what happened" in str(error)


def test_what_nothing_was_tried_for_carries_nothing() -> None:
    """The attributes are there on every error."""
    error = CleanLifeError("x")

    assert (error.operation, error.attempts, error.request_id, error.ambiguous) == ("", (), "", False)
    assert errors.RateLimitError("x", response=ANSWER).retry_after is None
    assert errors.DuplicateExternalReferenceError("x", response=ANSWER).existing is None


@pytest.mark.parametrize(
    ("error", "ambiguous"),
    [
        (errors.ConfigurationError("x"), False),
        (APIConnectionError("x"), False),
        (APIConnectionError("x", sent=True), True),
        (errors.DeadlineExceededError("x", sent=True), True),
        (OutcomeUnknownError("x"), True),
        (errors.UnexpectedResponseError("x", response=ANSWER), True),
        (errors.InternalServerError("x", response=ANSWER), True),
        (errors.NotFoundError("x", response=attrs.evolve(ANSWER, status_code=404)), False),
    ],
)
def test_each_error_knows_whether_something_may_have_happened(error: CleanLifeError, ambiguous: bool) -> None:  # noqa: FBT001
    """Sent, outcome unknown: a state of its own."""
    assert error.ambiguous is ambiguous


CANARY = "سارة"
canaries = st.sampled_from(
    [CANARY, f"{CANARY} is unknown", f"phone.{CANARY} is bad", f"{CANARY}.phone is bad", f"phone {CANARY}"]
)
bodies = st.recursive(
    canaries | st.none() | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            canaries | st.sampled_from(["success", "error", "data", "message", "details", "phone"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


def shown(error: CleanLifeError | None) -> str:
    """What a log would show."""
    assert error is not None
    return f"{error!s}{error!r}{getattr(error, '__notes__', '')}"


def judged(status: int, body: Any) -> CleanLifeError | None:
    """What becomes of this answer."""
    content = json.dumps(body).encode()
    return verdict(CLEANLIFE, CLEANLIFE.operations["findOrCreateContact"], Response(status, Headers(), content))


@given(st.sampled_from([200, 204, 302, 400, 404, 409, 422, 429, 500, 522]), bodies)
def test_no_answer_gets_into_the_text_of_an_error(status: int, body: Any) -> None:
    """Whatever the API or something in front of it answers."""
    error = judged(status, body)

    assert CANARY not in shown(error)


@given(st.sampled_from([400, 404, 409, 422, 429, 500]), bodies, bodies)
def test_no_refusal_gets_into_the_text_of_an_error(status: int, message: Any, details: Any) -> None:
    """Its message and its details may quote what was sent."""
    error = judged(status, {"success": False, "error": {"code": "SOME_CODE", "message": message, "details": details}})

    assert CANARY not in shown(error)
    assert "SOME_CODE" in shown(error)


def test_only_names_of_fields_are_taken_from_a_complaint() -> None:
    """Each part of one, or none of it: what stands before a known name may be anything."""
    for complaint in (
        f"{CANARY}.phone is bad",
        f"phone.{CANARY} is bad",
        f"{CANARY} phone",
        "+966500000000.phone is bad",
        "966500000000 is bad",
        "phone.966500000000 is bad",
        "٩٦٦٥٠٠٠٠٠٠٠٠ is bad",
    ):
        body = {"success": False, "error": {"code": "X", "message": "", "details": {"message": [complaint]}}}

        assert CANARY.lower() not in shown(judged(400, body)).lower()
        assert "966" not in shown(judged(400, body))
        assert "٩٦٦" not in shown(judged(400, body))


@pytest.mark.parametrize("code", [f"{CANARY}", "phone +966500000000", "X\nINFO all is well", "x" * 10_000])
def test_only_what_looks_like_a_code_is_shown_as_one(code: str) -> None:
    """A text in its place is kept in the attribute, where it can be looked at."""
    error = judged(400, {"success": False, "error": {"code": code, "message": ""}})

    assert isinstance(error, APIStatusError)
    assert error.code == code
    assert code not in str(error)
    assert "\n" not in str(error)


def test_only_what_looks_like_an_id_is_taken_for_a_request_id(world: World) -> None:
    """It is shown beneath the traceback; a text in its place is none."""
    for strange in (f"{CANARY}", "Sara, +966500000000", "x\ny", "x" * 10_000):
        body = {"success": False, "error": {"code": "X", "message": "", "requestId": strange}}
        with world.client(httpx.Response(400, json=body)) as (client, _), pytest.raises(CleanLifeError) as caught:
            world(client.bookings.status(ID))

        assert strange not in shown(caught.value)


def test_only_what_looks_like_a_content_type_is_told() -> None:
    """In that header, a text of a stranger's is not."""
    answer = Response(200, Headers([("content-type", "Sara, +966500000000")]), b"x")
    error = verdict(CLEANLIFE, CLEANLIFE.operations["getContact"], answer)

    assert "Sara" not in shown(error)


def test_errors_of_a_connection_tell_no_address(world: World) -> None:
    """Texts of HTTP libraries quote URLs, and URLs hold references."""
    failure = httpx.ConnectError("cannot connect to https://api.test/v1/partners/bookings?externalReference=Sara")

    with world.client(failure, max_attempts=1) as (client, _), pytest.raises(APIConnectionError) as caught:
        world(client.bookings.find("Sara"))

    assert "Sara" not in shown(caught.value)
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None
