"""What a delivery says is a typed event, or is kept as it came."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
import json
import pickle
from typing import Any

import pytest
from cleanlife_client.models import EventType
from hypothesis import given, settings
from hypothesis import strategies as st
from webhooks.deliveries import BODY, ID, body_of
from worlds import BOOKING

from cleanlife_ext.webhooks import (
    BookingAppointmentStatusChanged,
    BookingCancelled,
    BookingCreated,
    BookingEvent,
    Event,
    UnknownEvent,
)
from cleanlife_ext.webhooks.events import KINDS, parse

STATUS_CHANGED = "booking.appointment_status_changed"
BOOKING_ID = BOOKING["bookingId"]


def test_every_event_of_the_spec_has_a_class() -> None:
    """Each its own; a new one in the spec is missed here."""
    assert set(KINDS) == set(EventType)
    assert len(set(KINDS.values())) == len(EventType)


@pytest.mark.parametrize("name", list(EventType))
def test_an_event_is_of_its_class(name: EventType) -> None:
    """With what happened, when, and to which booking."""
    event = parse(body_of(name), secret_name="2026")

    assert type(event) is KINDS[name]
    assert isinstance(event, BookingEvent)
    assert (event.delivery_id, event.event, event.secret_name) == (ID, name, "2026")
    assert event.created_at == dt.datetime(2026, 5, 28, 20, 26, 40, tzinfo=dt.UTC)
    assert event.created_at.tzinfo is dt.UTC
    assert event.booking.to_dict() == BOOKING
    assert event.booking_id == BOOKING_ID
    assert event.content == json.loads(body_of(name))


@pytest.mark.parametrize("status", ["Scheduled", None, "Something new"])
def test_a_changed_status_comes_with_the_one_before(status: str | None) -> None:
    """Which stands beside the booking, and is no part of it."""
    event = parse(body_of(STATUS_CHANGED, data={**BOOKING, "previousStatus": status}))

    assert isinstance(event, BookingAppointmentStatusChanged)
    assert event.previous_status == status
    assert event.booking.to_dict() == BOOKING


def test_what_nobody_knows_yet_is_kept() -> None:
    """In the booking and beside it."""
    event = parse(body_of(data={**BOOKING, "team": {"name": "Green"}}, sequence=7))

    assert isinstance(event, BookingCreated)
    assert event.booking["team"] == {"name": "Green"}
    assert event.content["sequence"] == 7


@pytest.mark.parametrize(
    "more",
    [
        {"event": "booking.rated"},
        {"event": ...},
        {"event": 7},
        {"event": ["booking.created"]},
        {"event": "booking.created\0"},
        {"event": "x" * 201},
        {"event": "booking.\ud800".encode("utf-8", "surrogatepass").decode("latin-1")},
        {"createdAt": ...},
        {"createdAt": 1_780_000_000},
        {"createdAt": "yesterday"},
        {"createdAt": "2026-05-28T20:26:40"},
        {"createdAt": "0001-01-01T00:00:00+23:59"},
        {"data": ...},
        {"data": []},
        {"data": {}},
        {"data": {**BOOKING, "bookingId": 7}},
        {"data": {**BOOKING, "bookingId": "no UUID"}},
        {"data": {**BOOKING, "trackingReference": None}},
        {"data": {**BOOKING, "timeslot": "09:00"}},
        {"event": STATUS_CHANGED, "data": {**BOOKING, "previousStatus": 7}},
    ],
)
def test_what_is_not_as_assumed_is_kept_and_not_refused(more: dict[str, Any]) -> None:
    """As an unknown event, with as much as could be read."""
    body = body_of(**more)
    event = parse(body)

    assert type(event) is UnknownEvent
    assert event.delivery_id == ID
    assert event.content == json.loads(body)


def test_an_unknown_event_tells_what_can_be_told() -> None:
    """A new kind of event about a booking has all that others have; one about something else has less."""
    rated = parse(body_of("booking.rated"))
    strange = parse(body_of("booking.rated", data={"bookingId": "B-1", "stars": 5}, createdAt=None))

    assert (rated.event, rated.booking_id) == ("booking.rated", BOOKING_ID)
    assert rated.booking is not None
    assert rated.created_at is not None
    assert (strange.booking, strange.created_at, strange.booking_id) == (None, None, "B-1")


@pytest.mark.parametrize("id", [7, None, "", "a\0b", "\ud83d", "x" * 201, "a\nb", ["a"]])
def test_what_cannot_be_kept_as_an_id_is_none(id: Any) -> None:
    """A database, or a log, would choke on it."""
    body = json.dumps({"deliveryId": id, "event": id, "data": {"bookingId": id}}).encode()
    event = parse(body, delivery_id="\ud83d")

    assert (event.event, event.booking_id) == ("", "")
    assert event.delivery_id == f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_every_delivery_has_an_id() -> None:
    """What the body says outweighs what stands beside it; a body that says nothing is its own."""
    silent = body_of(deliveryId=...)

    assert parse(BODY, delivery_id="of a header").delivery_id == ID
    assert parse(silent, delivery_id="of a header").delivery_id == "of a header"
    assert parse(silent).delivery_id == parse(silent).delivery_id
    assert parse(silent).delivery_id != parse(silent + b" ").delivery_id


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"[]", b'"text"', b"7", b"{", b"{}{}", b"\xff{}", b"\xef\xbb\xbf{}", b'{"a": NaN}'),
        *(b'{"a": 1e999}', b'{"a": -Infinity}', b'{"a": "\xed\xa0\x80"}', '{"a": 1}'.encode("utf-16")),
        *(b'{"a": ' + b"9" * 5000 + b"}", b'{"a": ' + b"[" * 100_000, b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """Without a word of it, also not in what the error came of."""
    with pytest.raises(ValueError, match=r"^the body is no JSON object$") as error:
        parse(body)

    assert error.value.__context__ is None


def test_nothing_that_nobody_knows_is_shown() -> None:
    """Who can say what it holds?"""
    event = parse(body_of(data={**BOOKING, "phone": "+966500000001"}, customer="Sara"))

    assert "966" not in repr(event)
    assert "Sara" not in repr(event)
    assert ID in repr(event)


def test_an_event_is_a_value() -> None:
    """Nobody can change it; it travels to other processes; equal ones are equal."""
    event = parse(body_of("booking.cancelled"))

    with pytest.raises(TypeError):
        event.content["event"] = "booking.created"  # type: ignore[index]
    with pytest.raises(AttributeError):
        event.event = "booking.created"  # type: ignore[misc]
    assert event == pickle.loads(pickle.dumps(event)) == copy.deepcopy(event) == parse(body_of("booking.cancelled"))  # noqa: S301


def test_a_handler_can_be_tested_with_an_event_of_ones_own() -> None:
    """Made in a line, without a body."""
    known = parse(BODY)
    assert isinstance(known, BookingCreated)
    event: Event = BookingCancelled(
        delivery_id="1", event="booking.cancelled", created_at=known.created_at, booking=known.booking
    )

    assert event.booking_id == BOOKING_ID
    assert event.content == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(["deliveryId", "event", "createdAt", "data"])
INNER = st.sampled_from([*BOOKING, "previousStatus", "team"])


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(
    name=st.sampled_from(list(EventType)),
    outer=st.dictionaries(FIELDS, JSON, max_size=2),
    inner=st.dictionaries(INNER, JSON, max_size=3),
)
def test_whatever_an_object_holds_it_is_an_event(name: str, outer: dict[str, Any], inner: dict[str, Any]) -> None:
    """With identifiers that any database takes."""
    event = parse(json.dumps({**json.loads(body_of(name)), "data": {**BOOKING, **inner}, **outer}).encode())

    assert event.delivery_id
    for id in (event.delivery_id, event.event, event.booking_id):
        assert len(id) <= 200
        assert not id or id.isprintable()
