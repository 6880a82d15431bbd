"""One event a call and one a retry: for people in the message, for programs in the fields."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import attrs
import httpx
import pytest
from cleanlife_client.api.bookings import list_bookings
from client.samples import SPEC
from worlds import BOOKING, FakeClock, World, ok, page, refused

from cleanlife_ext import (
    APIConnectionError,
    CleanLifeError,
    DuplicateExternalReferenceError,
    NotFoundError,
    OutcomeUnknownError,
    Timeslot,
)
from cleanlife_ext.engine.log import LONGEST, key_fields
from cleanlife_ext.engine.message import Options, Request, Scope
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
LOGGER = logging.getLogger("cleanlife_ext")
SERVICES = page([{"id": ID, "name": "Villa"}])
FIELDS = {
    "event",
    "operation",
    "operation_id",
    "method",
    "path",
    "status",
    "code",
    "request_id",
    "ids",
    "transaction",
    "ms",
    "attempt",
    "wait",
    "reason",
    "result",
    "source",
}


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Iterator[list[logging.LogRecord]]:
    """What our logger says, at every level."""
    caplog.set_level(logging.DEBUG, "cleanlife_ext")
    ours: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = ours.append  # type: ignore[method-assign]
    LOGGER.addHandler(handler)
    yield ours
    LOGGER.removeHandler(handler)


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of an event, without their prefix."""
    return {
        name.removeprefix("cleanlife_"): value for name, value in vars(record).items() if name.startswith("cleanlife_")
    }


def book(world: World, client: Any, reference: str | None = "ORDER-1") -> Any:
    """A booking with notes that nobody should read."""
    return world(
        client.bookings.create(
            contact_id=ID,
            address_id="a",
            service_id=ID,
            date=dt.date(2026, 6, 20),
            timeslot=Timeslot("09:00", "12:00"),
            external_reference=reference,
        )
    )


def test_a_call_is_one_event(world: World, events: list[logging.LogRecord]) -> None:
    """Method, path, key fields, status, milliseconds and request id, as the vendor asks for."""
    with world.client(ok(BOOKING), clock=FakeClock()) as (client, _):
        book(world, client)

    [event] = events
    assert (event.levelname, event.name) == ("INFO", "cleanlife_ext")
    assert event.getMessage() == (
        f"POST /partners/bookings externalReference=ORDER-1 serviceId={ID} date=2026-06-20"
        " -> 200 in 0 ms (request id req-ok)"
    )
    assert fields(event) == {
        "event": "call",
        "operation": "createBooking",
        "operation_id": fields(event)["operation_id"],
        "method": "POST",
        "path": "/partners/bookings",
        "status": 200,
        "code": "",
        "request_id": "req-ok",
        "ids": {"x-request-id": f"{fields(event)['operation_id']}.1"},
        "transaction": "",
        "ms": 0.0,
        "attempt": 1,
        "wait": 0.0,
        "reason": "",
        "result": "ok",
        "source": "sent",
        "field_externalReference": "ORDER-1",
        "field_serviceId": ID,
        "field_date": "2026-06-20",
    }


def test_a_reference_that_was_made_on_the_way_is_logged(world: World, events: list[logging.LogRecord]) -> None:
    """It is the one thing that finds the booking again."""
    with world.client(refused(503, "X"), page([]), ok(BOOKING), clock=FakeClock()) as (client, script):
        book(world, client, None)

    sent = script.bodies[0]["externalReference"]
    assert [fields(event)["field_externalReference"] for event in events] == [sent] * len(events)


def test_the_path_is_the_template(world: World, events: list[logging.LogRecord]) -> None:
    """What stands in it is a key field, if the spec says so."""
    with world.client(ok(BOOKING), clock=FakeClock()) as (client, _):
        world(client.bookings.status(ID))

    assert fields(events[0])["path"] == "/partners/bookings/{bookingId}/status"
    assert fields(events[0])["field_bookingId"] == ID


def test_a_retry_is_an_event_before_it_waits(world: World, events: list[logging.LogRecord]) -> None:
    """With the attempt, the wait and the reason; the call then says how many there were."""

    class Watching(FakeClock):
        def sleep(self, seconds: float) -> None:
            heard.append(len(events))
            super().sleep(seconds)

    heard: list[int] = []
    steps = (refused(503, "BUSY", headers={"retry-after": "7"}), httpx.ReadTimeout("x"), ok(BOOKING))
    with world.client(*steps, clock=Watching()) as (client, _):
        world(client.bookings.status(ID))

    first, second, call = events
    assert heard == [1, 2]
    assert [event.levelname for event in events] == ["WARNING", "WARNING", "INFO"]
    assert first.getMessage() == (
        f"GET /partners/bookings/{{bookingId}}/status bookingId={ID}: attempt 1 -> 503 BUSY in 0 ms;"
        " goes on in 7.0 s (503: the server asked for 7 s; request id req-no)"
    )
    assert (
        fields(first).items()
        >= {
            "event": "retry",
            "status": 503,
            "code": "BUSY",
            "attempt": 1,
            "wait": 7.0,
            "reason": "503: the server asked for 7 s",
            "request_id": "req-no",
            "result": "",
            "source": "",
        }.items()
    )
    assert fields(second).items() >= {"status": None, "code": "APITimeoutError", "attempt": 2}.items()
    assert "-> 200 in " in call.getMessage()
    assert "(3 attempts; " in call.getMessage()
    assert " s of waits; request id req-ok)" in call.getMessage()
    assert fields(call)["attempt"] == 3
    assert len({fields(event)["operation_id"] for event in events}) == 1
    assert all(set(fields(event)) == {*FIELDS, "field_bookingId"} for event in events)


def test_the_event_of_a_429_says_how_long_everybody_waits(world: World, events: list[logging.LogRecord]) -> None:
    """It is the rate limiter that does, and the person who reads along wants to know."""
    with world.client(refused(429, "SLOW_DOWN"), ok(BOOKING), clock=FakeClock()) as (client, _):
        world(client.bookings.status(ID))

    assert fields(events[0])["wait"] == 60.0
    assert "goes on in 60.0 s (429: cool-down of 60 s shared by this key" in events[0].getMessage()


def test_a_lookup_on_the_way_is_named(world: World, events: list[logging.LogRecord]) -> None:
    """What failed last is not always what was asked for."""
    steps = (httpx.ReadTimeout("x"), refused(502, "BAD"))
    with world.client(*steps, clock=FakeClock(), max_attempts=2) as (client, _), pytest.raises(OutcomeUnknownError):
        book(world, client)

    said = [event.getMessage() for event in events]
    assert any("(listBookings) -> 502 BAD" in text for text in said if text.startswith("POST"))
    assert "-> no answer APITimeoutError, OutcomeUnknownError in " in said[-1]


def test_a_failure_tells_its_own_status_and_no_lookups(world: World, events: list[logging.LogRecord]) -> None:
    """A reference that is taken is a 409, although the booking that has it was found."""
    taken = refused(409, "DUPLICATE_EXTERNAL_REFERENCE")
    with (
        world.client(taken, page([BOOKING]), clock=FakeClock()) as (client, _),
        pytest.raises(DuplicateExternalReferenceError) as caught,
    ):
        book(world, client)

    [event] = events
    told = fields(event)
    assert (told["status"], told["code"]) == (409, "DUPLICATE_EXTERNAL_REFERENCE")
    assert told["request_id"] == caught.value.request_id
    assert "-> 409 DUPLICATE_EXTERNAL_REFERENCE, DuplicateExternalReferenceError in " in event.getMessage()


def test_a_call_that_never_came_to_be_sent_tells_what_came_before_it(
    world: World, events: list[logging.LogRecord]
) -> None:
    """Without the list of what there is, no subscription is created."""
    with world.client(refused(403, "FORBIDDEN"), clock=FakeClock()) as (client, _), pytest.raises(CleanLifeError):
        world(client.webhooks.subscriptions.create(url="https://x.test/h", events=["booking.created"]))

    assert "-> listSubscriptions 403 FORBIDDEN, PermissionDeniedError in " in events[-1].getMessage()


def test_a_call_that_failed_is_a_warning(world: World, events: list[logging.LogRecord]) -> None:
    """With the API's code and the class of the error; whoever catches it decides how bad it is."""
    with (
        world.client(refused(404, "RESOURCE_NOT_FOUND"), clock=FakeClock()) as (client, _),
        pytest.raises(NotFoundError),
    ):
        world(client.bookings.status(ID))

    [event] = events
    assert event.levelname == "WARNING"
    assert "-> 404 RESOURCE_NOT_FOUND, NotFoundError in 0 ms (request id req-no)" in event.getMessage()
    assert fields(event).items() >= {"status": 404, "code": "RESOURCE_NOT_FOUND", "result": "NotFoundError"}.items()


def test_no_answer_is_said_once(world: World, events: list[logging.LogRecord]) -> None:
    """Where the error is all there is."""
    with (
        world.client(httpx.ConnectError("x"), clock=FakeClock(), max_attempts=1) as (client, _),
        pytest.raises(APIConnectionError),
    ):
        world(client.bookings.status(ID))

    assert "-> no answer APIConnectionError in 0 ms" in events[-1].getMessage()
    assert events[-1].getMessage().count("APIConnectionError") == 1
    assert "that was attempt 1 of 1" in fields(events[-1])["reason"]


def test_a_call_that_came_too_late_is_a_warning(world: World, events: list[logging.LogRecord]) -> None:
    """Nothing was sent, and there is no attempt to tell of."""
    clock = FakeClock()
    with world.client(page([]), clock=clock) as (client, _):
        scoped = client.generated.scoped()
        clock.time += 1000
        call = list_bookings.asyncio if world.is_async else list_bookings.sync
        with pytest.raises(CleanLifeError):
            world(call(client=scoped))

    assert events[-1].getMessage() == "GET /partners/bookings page=1 limit=20 -> DeadlineExceededError in 0 ms"
    assert fields(events[-1]).items() >= {"status": None, "code": "", "request_id": "", "attempt": 0}.items()


def test_what_was_not_sent_is_quiet_and_what_is_old_is_not(world: World, events: list[logging.LogRecord]) -> None:
    """The vendor asks for a line a call; an answer from the cache is none."""
    clock = FakeClock()
    with world.client(SERVICES, refused(502, "BAD"), clock=clock) as (client, _):
        for wait in (0, 4000, 0):
            clock.time += wait
            world(client.services.list().all())

    with world.client(SERVICES, clock=clock) as (client, _):
        for _ in range(2):
            world(client.services.list().all())

    assert [(event.levelname, fields(event)["source"]) for event in events] == [
        ("INFO", "sent"),
        ("WARNING", "stale"),
        ("WARNING", "stale"),
        ("INFO", "sent"),
        ("DEBUG", "kept"),
    ]
    assert "-> stale answer in 0 ms (InternalServerError; an answer 67 min old is given" in events[1].getMessage()
    assert "page=1 limit=100 -> kept answer in 0 ms" in events[4].getMessage()


def test_nothing_is_written_where_nobody_listens(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """No handler of ours, and Python's last resort stays silent, even for warnings."""
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    silenced = logging.getLogger("stamina")
    level, silenced.level = silenced.level, logging.ERROR
    try:
        with world.client(refused(503, "X"), ok(BOOKING), clock=FakeClock()) as (client, _):
            world(client.bookings.status(ID))
    finally:
        root.handlers, silenced.level = handlers, level

    assert [type(handler) for handler in LOGGER.handlers] == [logging.NullHandler]
    assert capfd.readouterr() == ("", "")


def test_levels_are_heard(world: World, events: list[logging.LogRecord]) -> None:
    """Nothing is made for a level that is off."""
    LOGGER.setLevel(logging.ERROR)
    with world.client(refused(503, "X"), ok(BOOKING), clock=FakeClock()) as (client, _):
        world(client.bookings.status(ID))

    assert events == []


def test_every_event_can_be_written_as_json(world: World, events: list[logging.LogRecord]) -> None:
    """Fields are texts and numbers, and in one case some of these by name, as exporters want them."""
    with world.client(httpx.ReadTimeout("x"), page([]), ok(BOOKING), clock=FakeClock()) as (client, _):
        book(world, client)

    for event in events:
        told = fields(event)
        ids = told.pop("ids")
        assert all(isinstance(value, str | int | float | None) for value in (*told.values(), *ids.values()))
        json.dumps(fields(event), allow_nan=False)


def test_a_plain_format_may_name_any_field(world: World) -> None:
    """All of them are there in each event."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter(" ".join(f"%(cleanlife_{name})s" for name in sorted(FIELDS))))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG)
    try:
        with world.client(refused(503, "BUSY"), SERVICES, clock=FakeClock()) as (client, _):
            for _ in range(2):
                world(client.services.list().all())
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(logging.NOTSET)

    assert len(written.getvalue().splitlines()) == 3


# Key fields


def asked(**more: Any) -> Request:
    """A request of which all kinds of values may be logged."""
    operation = attrs.evolve(
        CLEANLIFE.operations["updateBooking"],
        path="/bookings/{bookingId}/{part}",
        log=("bookingId", "date", "events", "note", "page"),
    )
    values: dict[str, Any] = {"path": f"/bookings/{ID}/x", "query": {}, "body": None, **more}
    return Request(operation=operation, headers={}, scope=Scope(ends=0), options=Options(), **values)


def test_key_fields_come_from_path_query_and_body() -> None:
    """By the names of the API, in the order of the spec; what is not given is left out."""
    request = asked(query={"page": 2, "phone": "x"}, body={"date": "2026-06-20", "notes": "x", "events": ["a", "b"]})

    assert key_fields(request) == {"bookingId": ID, "date": "2026-06-20", "events": "a,b", "page": "2"}
    assert key_fields(asked(path="/bookings/a%2Fb/x", body=["no", "object"])) == {"bookingId": "a/b"}
    assert key_fields(asked(body={"date": None})) == {"bookingId": ID}


@pytest.mark.parametrize(
    "evil",
    [
        "x\nINFO all is well",
        "x\r\n",
        "x\x1b[31m",
        "x\u202e",
        "x\u2028y",
        "\ud800",
        "x -> 200 in 3 ms",
        "a\x00b",
    ],
)
def test_no_value_begins_a_line_of_its_own(evil: str) -> None:
    """Or looks like a part of the event that it is not: what is not plain is quoted and escaped."""
    shown = key_fields(asked(body={"note": evil}))["note"]

    assert shown.isprintable()
    assert shown[0] == shown[-1] == "'"
    assert shown.encode()


def test_no_value_is_long() -> None:
    """A reference of 150 characters is cut, and so is whatever else somebody puts there."""
    shown = key_fields(asked(body={"note": "x" * 10_000, "events": ["y" * 100] * 100}))

    assert len(shown["note"]) <= LONGEST + 2
    assert shown["note"].strip("'").endswith("x…")
    assert len(shown["events"]) <= LONGEST + 2


@pytest.mark.parametrize("operation", list(CLEANLIFE.operations.values()), ids=lambda operation: operation.id)
def test_nothing_that_is_marked_may_be_logged(operation: Any) -> None:
    """`x-log` names no property that some schema calls personal or secret."""
    marked = {
        name
        for schema in SPEC["components"]["schemas"].values()
        for name, inner in schema.get("properties", {}).items()
        if inner.get("x-personal") or inner.get("x-secret")
    }

    assert set(operation.log) & marked == set()
