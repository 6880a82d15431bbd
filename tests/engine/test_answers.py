"""Every answer becomes a typed value or an error of the tree."""

from __future__ import annotations

import json

import httpx
import pytest
from worlds import BOOKING, World, ok, page, refused

from cleanlife_ext import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    CleanLifeError,
    ConflictError,
    DuplicateExternalReferenceError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnexpectedResponseError,
    UnprocessableEntityError,
)

ID = BOOKING["bookingId"]


def failure(world: World, *steps: httpx.Response | Exception) -> CleanLifeError:
    """What a read of a booking raises if it is answered like this, on its one attempt."""
    with world.client(*steps, max_attempts=1) as (client, _), pytest.raises(CleanLifeError) as caught:
        world(client.bookings.status(ID))
    return caught.value


def test_a_documented_answer_becomes_a_typed_value(world: World) -> None:
    """A booking is a model with Python's names."""
    with world.client(ok(BOOKING)) as (client, _):
        booking = world(client.bookings.status(ID))

    assert str(booking.booking_id) == ID
    assert booking.status == "in progress"


def test_a_522_is_an_internal_server_error(world: World) -> None:
    """A status that Python's HTTPStatus does not know is an answer like any other."""
    error = failure(world, httpx.Response(522, text="timed out"))

    assert type(error) is InternalServerError
    assert error.status_code == 522


def test_an_html_page_is_an_unexpected_response(world: World) -> None:
    """A page of a proxy, with status 200, is not taken for an answer, and none of it stands in the error's text."""
    error = failure(world, httpx.Response(200, html="<h1>Welcome, Sara</h1>", headers={"x-request-id": "req-1"}))

    assert type(error) is UnexpectedResponseError
    assert "not JSON" in str(error)
    assert "text/html" in str(error)
    assert "Sara" not in str(error) + repr(error)
    assert error.request_id == "req-1"


def test_cut_json_is_an_unexpected_response(world: World) -> None:
    """Half an answer is none."""
    content = ok(BOOKING).content[:-20]

    error = failure(world, httpx.Response(200, content=content, headers={"content-type": "application/json"}))

    assert type(error) is UnexpectedResponseError


def test_an_undocumented_status_is_an_unexpected_response(world: World) -> None:
    """A 204, and a redirect, which is not followed."""
    for status in (204, 302):
        error = failure(world, httpx.Response(status, headers={"location": "https://elsewhere.test/"}))

        assert type(error) is UnexpectedResponseError
        assert f"status {status}" in str(error)


@pytest.mark.parametrize(
    "data",
    [{}, None, [], "text", {**BOOKING, "bookingId": None}, {**BOOKING, "status": None}, {**BOOKING, "timeslot": 3}],
    ids=["empty", "null", "list", "text", "no id", "null for text", "number for object"],
)
def test_a_wrong_shape_is_an_unexpected_response(world: World, data: object) -> None:
    """What does not decode, and what decodes to the wrong types."""
    error = failure(world, ok(data))

    assert type(error) is UnexpectedResponseError
    assert "wrong shape" in str(error)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"3", b'{"success": false}', b'{"data": {}}', b"\xff\xfe", b"[" * 100_000]
)
def test_what_is_no_envelope_is_an_unexpected_response(world: World, body: bytes) -> None:
    """Any bytes end in an error of ours."""
    error = failure(world, httpx.Response(200, content=body))

    assert type(error) is UnexpectedResponseError


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (418, APIStatusError),
        (422, UnprocessableEntityError),
        (500, InternalServerError),
        (599, InternalServerError),
    ],
)
def test_each_refusal_has_its_class(world: World, status: int, kind: type[APIStatusError]) -> None:
    """The status chooses the class; code, message, details and request id are at hand."""
    error = failure(world, refused(status, "SOME_CODE", details={"a": 1}))

    assert type(error) is kind
    assert isinstance(error, APIStatusError)
    assert (error.status_code, error.code, error.message, error.details) == (status, "SOME_CODE", "no", {"a": 1})
    assert error.request_id == "req-no"
    assert error.operation == "getBookingStatus"
    assert [attempt.status for attempt in error.attempts] == [status]


def test_an_error_code_outweighs_the_status(world: World) -> None:
    """A duplicate reference is one, whatever 4xx it comes with."""
    assert type(failure(world, refused(400, "DUPLICATE_EXTERNAL_REFERENCE"))) is DuplicateExternalReferenceError


def test_a_429_is_about_the_rate_whatever_its_body(world: World) -> None:
    """Proxies answer 429 with a page of their own."""
    error = failure(world, httpx.Response(429, html="<h1>Slow down</h1>", headers={"retry-after": "999"}))

    assert type(error) is RateLimitError
    assert error.retry_after == 999.0


def test_a_4xx_that_is_not_the_apis_is_an_unexpected_response(world: World) -> None:
    """A firewall's page is not the API's word."""
    assert type(failure(world, httpx.Response(403, html="<h1>Blocked</h1>"))) is UnexpectedResponseError


def test_the_error_names_the_fields_and_keeps_the_words_to_itself(world: World) -> None:
    """What the API says may quote a phone number; the names of fields are safe to show, of whatever operation."""
    messages = ["timeslot.startAt must be a string", "phone +966500000000 is bad", "Sara is unknown"]

    with (
        world.client(refused(400, "VALIDATION_ERROR", message=messages[1], details={"message": messages})) as (
            client,
            _,
        ),
        pytest.raises(BadRequestError) as caught,
    ):
        world(client.contacts.find_or_create(phone="+966500000000", name="Sara"))

    assert (
        str(caught.value)
        == "findOrCreateContact: 400 VALIDATION_ERROR (about phone, timeslot.start_at) (request id req-no)"
    )
    assert "+966" not in repr(caught.value)
    assert caught.value.details == {"message": messages}


def test_unknown_fields_and_unknown_words_pass(world: World) -> None:
    """The API may grow without breaking anybody."""
    with world.client(ok({**BOOKING, "status": "on the moon", "newField": {"x": 1}})) as (client, _):
        booking = world(client.bookings.status(ID))

    assert booking.status == "on the moon"
    assert booking.additional_properties == {"newField": {"x": 1}}


def test_a_creation_may_answer_201(world: World) -> None:
    """The documentation does not say which; both are accepted."""
    contact = {"id": ID, "name": "Sara", "phone": "+966500000000", "isNewContact": True}

    with world.client(ok(contact, status=201)) as (client, _):
        assert world(client.contacts.find_or_create(phone="+966500000000", name="Sara")).is_new_contact


def test_callers_get_models_of_their_own(world: World) -> None:
    """Who edits a returned model changes nobody else's, even if the answer is kept."""
    with world.client(page([{"id": ID, "name": "Villa"}])) as (client, script):
        world.items(client.services.list())[0].name = "changed"
        again = world.items(client.services.list())[0]

    assert again.name == "Villa"
    assert len(script.asked) == 1


def test_the_generated_response_reads_like_httpx(world: World) -> None:
    """`sync_detailed` gives status, headers in any case, and content."""
    from cleanlife_client.api.bookings import get_booking_status  # noqa: PLC0415

    with world.client(ok(BOOKING)) as (client, _):
        call = get_booking_status.asyncio_detailed if world.is_async else get_booking_status.sync_detailed
        answer = world(call(ID, client=client.generated))  # type: ignore[arg-type]

    assert answer.status_code == 200
    assert answer.headers["X-Request-Id"] == "req-ok"
    assert json.loads(answer.content)["data"] == BOOKING
