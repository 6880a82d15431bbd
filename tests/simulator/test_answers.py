"""Envelopes, request ids, and requests that make no sense."""

import pytest
from simulator.calling import MISSING_ID, Caller

from cleanlife_ext.simulator import Simulator
from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.calls import Ask
from cleanlife_ext.simulator.state import State

NOT_JSON = "Request body is not valid JSON"


@pytest.mark.rule("envelope.single", "envelope.list", "path.prefix")
def test_a_success_wraps_its_data(call: Caller) -> None:
    """`success` and `data`, and nothing else without pages."""
    assert set(call.get("/pricing/tiers").body) == {"success", "data"}


@pytest.mark.rule("envelope.page")
def test_a_page_brings_its_meta(call: Caller) -> None:
    """page, limit, total and totalPages."""
    assert call.get("/services", limit=5).body["meta"] == {"page": 1, "limit": 5, "total": 12, "totalPages": 3}


def test_a_page_beyond_the_last_is_empty(call: Caller) -> None:
    """No error, no data, the same total."""
    reply = call.get("/services", page=99)

    assert reply.data == []
    assert reply.body["meta"] == {"page": 99, "limit": 20, "total": 12, "totalPages": 1}


@pytest.mark.rule("page.most", "message.limit")
def test_a_limit_of_100_is_served_and_101_is_refused(call: Caller) -> None:
    """Not clamped: 400 with the documented message."""
    assert call.get("/services", limit=100).status == 200
    assert call.get("/services", limit=101).messages == ["limit must not be greater than 100"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": 0}, "limit must not be less than 1"),
        ({"limit": "many"}, "limit must be an integer number"),
        ({"limit": ""}, "limit must be an integer number"),
        ({"page": 0}, "page must not be less than 1"),
        ({"page": "1.5"}, "page must be an integer number"),
        ({"page": "٣"}, "page must be an integer number"),
        ({"sortOrder": "asc"}, "sortOrder must be one of the following values: ASC, DESC"),
    ],
)
@pytest.mark.rule("page.least", "page.sort-order")
def test_a_page_that_cannot_be_is_refused(call: Caller, query: dict[str, object], message: str) -> None:
    """Pages are counted from 1, and words are exact."""
    assert call.get("/services", **query).messages == [message]


def test_a_very_large_page_number_is_only_empty(call: Caller) -> None:
    """No number is too large to be answered."""
    assert call.get("/bookings", page="9" * 400).data == []


@pytest.mark.rule("header.request-id", "envelope.error")
def test_the_request_id_that_was_sent_comes_back(call: Caller) -> None:
    """In the header, and in an error's requestId."""
    reply = call.send("GET", "/nowhere", headers={"x-request-id": "trace-1"})

    assert reply.headers["X-Request-Id"] == "trace-1"
    assert reply.error["requestId"] == "trace-1"


def test_a_request_id_is_made_where_none_was_sent(call: Caller) -> None:
    """Another one each time, the same in header and error."""
    first, second = call.get("/nowhere"), call.get("/nowhere")

    assert first.headers["X-Request-Id"] == first.error["requestId"]
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_a_success_has_a_request_id_too(call: Caller) -> None:
    """Support asks for it in any case."""
    assert call.get("/services").headers["X-Request-Id"]


def test_an_unknown_path_is_a_404_in_the_envelope(call: Caller) -> None:
    """Never an HTML page."""
    assert call.get("/nowhere").refusal == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.rule("status.only-path")
def test_a_booking_cannot_be_read_without_its_status_path(call: Caller) -> None:
    """There is no plain GET of a booking: 405 says what there is."""
    reply = call.get(f"/bookings/{MISSING_ID}")

    assert reply.refusal == (405, "METHOD_NOT_ALLOWED")
    assert reply.headers["Allow"] == "PATCH"


@pytest.mark.rule("method.list")
def test_a_wrong_method_is_a_405_in_the_envelope(call: Caller) -> None:
    """With all methods that are there."""
    reply = call.delete("/bookings")

    assert reply.refusal == (405, "METHOD_NOT_ALLOWED")
    assert reply.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", NOT_JSON),
        (b"\xff\xfe", NOT_JSON),
        (b'{"phone": NaN}', NOT_JSON),
        (b"[" * 100_000, NOT_JSON),
        (b'{"phone": 1' + b"0" * 5000 + b"}", NOT_JSON),
        (b"[]", "Request body must be a JSON object"),
        (b'"text"', "Request body must be a JSON object"),
        (b"null", "Request body must be a JSON object"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_clear_400(call: Caller, content: bytes, message: str) -> None:
    """Whatever the bytes are."""
    assert call.send("POST", "/contacts", content=content).messages == [message]


@pytest.mark.rule("header.content-type")
def test_a_body_of_another_type_is_refused(call: Caller) -> None:
    """Content-Type is required with a body."""
    reply = call.send("POST", "/contacts", content=b"{}", headers={"content-type": "text/plain"})

    assert reply.messages == ["Content-Type must be application/json"]


def test_a_charset_does_not_disturb(call: Caller) -> None:
    """Parameters of the content type are ignored."""
    content_type = {"content-type": "Application/JSON; charset=utf-8"}

    assert call.send("POST", "/contacts", json={"phone": "+966500000000", "name": "Sara"}, headers=content_type).data


def test_an_empty_body_lacks_what_is_required(call: Caller) -> None:
    """Each property is named."""
    assert call.post("/contacts").messages == ["phone must be a valid phone number", "name must be a string"]


@pytest.mark.parametrize("path", ["", "/cancel"])
def test_an_operation_that_takes_a_body_wants_one(call: Caller, path: str) -> None:
    """Be it empty: nothing at all is no JSON."""
    assert call.send("PATCH", f"/bookings/{MISSING_ID}{path}").messages == [NOT_JSON]


def test_null_is_no_text_where_no_sample_shows_it(call: Caller) -> None:
    """Whoever has nothing to say leaves the property out."""
    assert call.post("/contacts", phone="+966500000000", name="Sara", utmSource=None).messages == [
        "utmSource must be a string"
    ]


def test_a_path_without_a_parameter_hides_those_with_one(call: Caller) -> None:
    """The reasons are no booking, so there is nothing to change about them."""
    reply = call.patch("/bookings/cancellation-reasons")

    assert reply.refusal == (405, "METHOD_NOT_ALLOWED")
    assert reply.headers["Allow"] == "GET"


def test_a_body_that_was_too_large_is_a_413(call: Caller) -> None:
    """In the envelope; None stands for a body that was not kept."""
    assert call.send("POST", "/contacts", content=None).refusal == (413, "PAYLOAD_TOO_LARGE")


def test_unknown_properties_are_ignored(call: Caller) -> None:
    """Also one that must not be sent any more."""
    assert call.post("/contacts", phone="+966500000000", name="Sara", categoryId=1).data


@pytest.mark.rule(
    "error.validation",
    "message.contact-id",
    "message.service-id",
    "message.date",
    "message.coupon-ids",
    "create.required",
    "coupon.ids",
)
@pytest.mark.rule(
    "error.validation",
    "message.contact-id",
    "message.service-id",
    "message.date",
    "message.coupon-ids",
    "create.required",
    "coupon.ids",
)
def test_all_that_is_wrong_is_told_at_once(call: Caller) -> None:
    """The first message stands on top, all of them in the details, in class-validator's form."""
    error = call.post("/bookings", couponIds=[MISSING_ID] * 3).error

    assert error["message"] == "contactId must be a UUID"
    assert error["details"] == {
        "message": [
            "contactId must be a UUID",
            "addressId must be a string",
            "serviceId must be a UUID",
            "timeslot must be an object",
            "date must be a valid ISO 8601 date string",
            "couponIds must contain no more than 2 elements",
        ],
        "statusCode": 400,
        "error": "Bad Request",
    }


@pytest.mark.rule("error.internal")
def test_a_mistake_of_the_simulator_is_a_500_without_a_traceback(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    """INTERNAL_ERROR for the client, the story for the log."""

    def stumble(_state: State, _ask: Ask) -> object:
        raise ZeroDivisionError

    api = PartnerApi(state, {"listServices": stumble})
    reply = Caller(api.answer, "pk_partner").get("/services")

    assert reply.refusal == (500, "INTERNAL_ERROR")
    assert "ZeroDivisionError" not in str(reply.body)
    assert caplog.records[0].exc_info
    assert api.requests[-1].status == 500


def test_arabic_text_travels_unescaped(simulator: Simulator) -> None:
    """A person reads the answer in a terminal."""
    reply = Caller(simulator.answer, simulator.api_key).get("/services")

    assert any("تنظيف" in service["nameAr"] for service in reply.data)
