"""Writes whose fate is not known, and creations whose key is taken."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from worlds import BOOKING, FakeClock, Script, World, ok, page, refused

from cleanlife_ext import (
    APIConnectionError,
    BookingCreationFailedError,
    CleanLifeError,
    ConfigurationError,
    ConflictError,
    DeadlineExceededError,
    DuplicateExternalReferenceError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    Timeslot,
    UnprocessableEntityError,
)
from cleanlife_ext.engine.recover import same
from cleanlife_ext.provider import CLEANLIFE

ID = BOOKING["bookingId"]
DAY = dt.date(2026, 6, 20)
SUBSCRIPTION = {"id": ID, "url": "https://example.com/hooks", "secret": "whsec_1"}
DOWN = httpx.ConnectError("refused")
TAKEN = refused(409, "DUPLICATE_EXTERNAL_REFERENCE")
FAILED = refused(422, "BOOKING_CREATION_FAILED")


def book(client: Any, **more: Any) -> Any:
    """A creation as a user writes it."""
    asked = {
        "contact_id": ID,
        "address_id": "address-1",
        "service_id": ID,
        "date": DAY,
        "timeslot": Timeslot("09:00", "12:00"),
        **more,
    }
    return client.bookings.create(**asked)


WRITES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "createBooking": (lambda client: book(client, external_reference="ORDER-1"), BOOKING),
    "updateBooking": (lambda client: client.bookings.update(ID, date=DAY), BOOKING),
    "cancelBooking": (lambda client: client.bookings.cancel(ID), BOOKING),
    "confirmPayment": (lambda client: client.bookings.confirm_payment(ID), BOOKING),
    "createSubscription": (
        lambda client: client.webhooks.subscriptions.create(url=SUBSCRIPTION["url"], events=["booking.created"]),
        SUBSCRIPTION,
    ),
    "deleteSubscription": (lambda client: client.webhooks.subscriptions.delete(ID), {"id": ID, "removed": True}),
    "retryDelivery": (lambda client: client.webhooks.deliveries.retry(ID), {"id": ID, "status": "PENDING"}),
}

AMBIGUOUS = {
    "read timeout": httpx.ReadTimeout("x"),
    "write timeout": httpx.WriteTimeout("x"),
    "read error": httpx.ReadError("x"),
    "write error": httpx.WriteError("x"),
    "protocol error": httpx.RemoteProtocolError("x"),
    "500": refused(500, "INTERNAL_ERROR"),
    "501": refused(501, "X"),
    "502 page": httpx.Response(502, html="<h1>Bad gateway</h1>"),
    "503": refused(503, "X", headers={"retry-after": "1"}),
    "522": httpx.Response(522),
    "200 page": httpx.Response(200, html="<h1>Welcome</h1>"),
    "cut": httpx.Response(200, content=b'{"success": true, "da'),
    "wrong shape": ok({"bookingId": 3}),
    "204": httpx.Response(204),
    "302": httpx.Response(302, headers={"location": "https://elsewhere.test/"}),
    "403 page": httpx.Response(403, html="<h1>Blocked</h1>"),
}


@pytest.fixture(params=list(WRITES))
def write(request: pytest.FixtureRequest) -> str:
    """Each operation that is not safe to send twice."""
    name: str = request.param
    return name


def test_every_write_of_the_spec_is_here() -> None:
    """A new one is tested without anybody thinking of it."""
    assert set(WRITES) == {id for id, operation in CLEANLIFE.operations.items() if not operation.repeat.safe}


@pytest.mark.parametrize("outcome", list(AMBIGUOUS))
def test_a_write_of_unknown_fate_is_reported_as_that(world: World, write: str, outcome: str) -> None:
    """It was sent once, is not sent again, and the error says that nobody knows."""
    call, _ = WRITES[write]

    with world.client(AMBIGUOUS[outcome]) as (client, script), pytest.raises(OutcomeUnknownError) as caught:
        world(call(client))

    error = caught.value
    assert len(script.asked) == 1
    assert (error.operation, error.ambiguous) == (write, True)
    assert [attempt.operation for attempt in error.attempts] == [write]
    assert error.attempts[0].ambiguous
    assert error.request_id == error.attempts[0].request_id
    assert isinstance(error.__cause__, CleanLifeError)
    assert str(error).startswith(f"{write}: sent, and the outcome is unknown (")
    assert error.key == ("ORDER-1" if write == "createBooking" else "")


def test_the_key_to_look_for_is_in_the_message(world: World) -> None:
    """Whoever reads the log of an unknown booking can go and look."""
    with world.client(httpx.ReadTimeout("x")) as (client, _), pytest.raises(OutcomeUnknownError) as caught:
        world(book(client, external_reference="ORDER-1"))

    assert "(APITimeoutError); look for externalReference 'ORDER-1' before you send it again" in str(caught.value)


@pytest.mark.parametrize(
    "failure",
    [DOWN, httpx.ConnectTimeout("x"), httpx.PoolTimeout("x"), httpx.ProxyError("x"), httpx.UnsupportedProtocol("")],
)
def test_a_write_that_was_not_sent_is_tried_again(world: World, write: str, failure: Exception) -> None:
    """Nothing went out, so nothing can happen twice."""
    call, answer = WRITES[write]
    clock = FakeClock()

    with world.client(failure, failure, ok(answer), clock=clock) as (client, script):
        world(call(client))

    assert len(script.asked) == 3
    assert len(clock.slept) == 2
    assert len({request.content for request in script.asked}) == 1


def test_a_write_that_never_went_out_is_a_connection_error(world: World, write: str) -> None:
    """After all attempts it is known that nothing happened."""
    call, _ = WRITES[write]

    with world.client(DOWN) as (client, script), pytest.raises(APIConnectionError) as caught:
        world(call(client))

    assert type(caught.value) is APIConnectionError
    assert not caught.value.ambiguous
    assert len(script.asked) == 4


def test_a_write_that_becomes_ambiguous_on_the_way_stops_there(world: World, write: str) -> None:
    """First nothing went out; then something did."""
    call, _ = WRITES[write]

    with world.client(DOWN, httpx.ReadError("x")) as (client, script), pytest.raises(OutcomeUnknownError) as caught:
        world(call(client))

    assert len(script.asked) == 2
    assert [attempt.ambiguous for attempt in caught.value.attempts] == [False, True]


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFoundError), (409, ConflictError), (422, UnprocessableEntityError)]
)
def test_a_definite_no_is_a_no(world: World, write: str, status: int, kind: type[CleanLifeError]) -> None:
    """On a first attempt a refusal is an error, whatever the operation."""
    call, _ = WRITES[write]

    with world.client(refused(status, "SOME_CODE")) as (client, script), pytest.raises(CleanLifeError) as caught:
        world(call(client))

    assert type(caught.value) is kind
    assert len(script.asked) == 1


def test_a_deadline_that_passes_while_a_write_is_under_way_leaves_it_unknown(world: World) -> None:
    """It is never a plain timeout."""
    clock = FakeClock()

    def slow(_: httpx.Request) -> httpx.Response:
        clock.time += 60
        raise httpx.ReadTimeout("x")

    with world.client(slow, clock=clock, deadline=50) as (client, _), pytest.raises(OutcomeUnknownError) as caught:
        world(client.bookings.cancel(ID))

    assert isinstance(caught.value.__cause__, DeadlineExceededError)


# Creations.


def test_a_creation_is_asked_for_again_with_the_same_reference(world: World) -> None:
    """The vendor's advice after BOOKING_CREATION_FAILED."""
    clock = FakeClock()

    with world.client(FAILED, FAILED, ok(BOOKING, status=201), clock=clock) as (client, script):
        booking = world(book(client, external_reference="ORDER-1"))

    assert str(booking.booking_id) == ID
    assert [body["externalReference"] for body in script.bodies] == ["ORDER-1"] * 3
    assert len(clock.slept) == 2


def test_a_creation_that_fails_to_the_end_says_so(world: World) -> None:
    """Nothing was made: it is no unknown outcome."""
    with world.client(FAILED) as (client, script), pytest.raises(BookingCreationFailedError) as caught:
        world(book(client))

    assert not caught.value.ambiguous
    assert len(script.asked) == 4


def test_a_failed_creation_that_ends_in_doubt_is_unknown(world: World) -> None:
    """The second attempt may have made it."""
    with world.client(FAILED, refused(500, "X")) as (client, script), pytest.raises(OutcomeUnknownError) as caught:
        world(book(client, external_reference="ORDER-1"))

    assert caught.value.key == "ORDER-1"
    assert len(script.asked) == 2


@pytest.mark.parametrize("prefix", ["", "TEST-"])
def test_a_creation_without_a_reference_gets_one(world: World, prefix: str) -> None:
    """A random one, after the client's prefix, and the same on all attempts."""
    with world.client(DOWN, FAILED, ok(BOOKING), reference_prefix=prefix) as (client, script):
        world(book(client))

    (reference,) = {body["externalReference"] for body in script.bodies}
    assert len(script.bodies) == 3
    assert reference.startswith(prefix)
    assert UUID(reference.removeprefix(prefix)).version == 4


def test_a_made_reference_is_not_longer_than_the_api_allows(world: World) -> None:
    """A prefix that leaves no room for one is refused, here or when the client is made; nothing is sent."""
    script = Script(ok(BOOKING))

    with pytest.raises((ValueError, ConfigurationError)):
        world(book(world.make(script, reference_prefix="x" * 140)))

    assert script.asked == []


def test_two_creations_have_two_references(world: World) -> None:
    """One made for another booking would be the worst of keys."""
    with world.client(ok(BOOKING)) as (client, script):
        world(book(client))
        world(book(client))

    assert len({body["externalReference"] for body in script.bodies}) == 2


def test_a_made_reference_is_named_where_the_outcome_is_unknown(world: World) -> None:
    """It is the only way to find the booking."""
    with world.client(httpx.ReadError("x")) as (client, script), pytest.raises(OutcomeUnknownError) as caught:
        world(book(client))

    assert caught.value.key == script.bodies[0]["externalReference"]


def request_body() -> Any:
    from cleanlife_client.models import CreateBookingRequest, TimeslotInput  # noqa: PLC0415

    slot = TimeslotInput(start_at="09:00", end_at="12:00")
    return CreateBookingRequest(contact_id=UUID(ID), address_id="a", service_id=UUID(ID), timeslot=slot, date=DAY)


def test_a_generated_creation_gets_a_reference_as_well(world: World) -> None:
    """The layers lie beneath the generated functions too; the body that was handed in stays as it was."""
    from cleanlife_client.api.bookings import create_booking  # noqa: PLC0415

    body = request_body()
    with world.client(DOWN, ok(BOOKING), reference_prefix="TEST-") as (client, script):
        world.generated(create_booking, client, body=body)

    first, second = script.bodies
    assert first == second
    assert first["externalReference"].startswith("TEST-")
    assert "externalReference" not in body.to_dict()


def test_a_generated_creation_is_unknown_in_the_same_way(world: World) -> None:
    """One rule for both ways to ask."""
    from cleanlife_client.api.bookings import create_booking  # noqa: PLC0415

    with world.client(refused(500, "X")) as (client, script), pytest.raises(OutcomeUnknownError):
        world.generated(create_booking, client, body=request_body())

    assert len(script.asked) == 1


def duplicate(world: World, *steps: Any, **more: Any) -> tuple[DuplicateExternalReferenceError, Any]:
    """What a creation raises whose reference is taken, and what was sent."""
    with (
        world.client(TAKEN, *steps) as (client, script),
        pytest.raises(DuplicateExternalReferenceError) as caught,
    ):
        world(book(client, external_reference="ORDER-1", **more))
    return caught.value, script


def test_what_took_the_reference_is_looked_up(world: World) -> None:
    """The booking that bears it is at hand; the request that found it stands among the attempts."""
    error, script = duplicate(world, page([BOOKING]))

    assert str(error.existing.booking_id) == ID
    assert script.calls == ["POST /partners/bookings", "GET /partners/bookings"]
    assert script.asked[1].url.params["externalReference"] == "ORDER-1"
    assert not script.asked[1].content
    assert [attempt.operation for attempt in error.attempts] == ["createBooking", "listBookings"]
    assert error.status_code == 409
    assert error.operation == "createBooking"
    assert error.request_id == "req-no"


def test_a_lookup_is_tried_again_like_any_read(world: World) -> None:
    """It has attempts of its own."""
    error, script = duplicate(world, DOWN, refused(503, "X"), DOWN, page([BOOKING]))

    assert error.existing is not None
    assert len(script.asked) == 5


@pytest.mark.parametrize("failure", [DOWN, refused(500, "X"), refused(403, "FORBIDDEN"), ok("not a list")])
def test_a_lookup_that_fails_leaves_the_error_as_it_was(world: World, failure: Any) -> None:
    """It is still a taken reference; why nothing was found is its cause."""
    error, _ = duplicate(world, failure)

    assert error.existing is None
    assert isinstance(error.__cause__, CleanLifeError)
    assert error.operation == "createBooking"


def test_a_lookup_that_finds_nothing_leaves_the_error_as_it_was(world: World) -> None:
    """The API is allowed to contradict itself."""
    for adopt in ("raise", "return"):
        error, _ = duplicate(world, page([]), if_exists=adopt)

        assert error.existing is None


def test_a_lookup_does_not_trust_the_filter(world: World) -> None:
    """A booking with another reference is not taken for it; the right one is found among others."""
    other = {**BOOKING, "externalReference": "ORDER-10"}

    assert duplicate(world, page([other]), if_exists="return")[0].existing is None
    error, _ = duplicate(world, page([other, BOOKING]))
    assert error.existing.external_reference == "ORDER-1"


def test_a_conflict_about_something_else_is_not_looked_up(world: World) -> None:
    """Only the reference can be looked up."""
    with world.client(refused(409, "SLOT_TAKEN")) as (client, script), pytest.raises(ConflictError) as caught:
        world(book(client, if_exists="return"))

    assert type(caught.value) is ConflictError
    assert len(script.asked) == 1


def test_an_existing_booking_is_returned_to_who_asks_for_that(world: World) -> None:
    """Alive, and for the same date and times."""
    with world.client(TAKEN, page([BOOKING])) as (client, script):
        booking = world(book(client, external_reference="ORDER-1", if_exists="return"))

    assert str(booking.booking_id) == ID
    assert booking.timeslot.start_at == "09:00"
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    "difference",
    [
        {"status": "canceled"},
        {"status": "failed"},
        {"date": "2026-06-21T00:00:00.000Z"},
        {"timeslot": {"startAt": "10:00", "endAt": "12:00", "endsAtNextDay": False}},
        {"timeslot": {"startAt": "09:00", "endAt": "13:00", "endsAtNextDay": False}},
    ],
)
def test_an_existing_booking_that_is_dead_or_another_is_not_returned(world: World, difference: dict[str, Any]) -> None:
    """It stands in the error instead."""
    error, _ = duplicate(world, page([{**BOOKING, **difference}]), if_exists="return")

    assert str(error.existing.booking_id) == ID


def test_a_second_creation_finds_the_first_by_a_generated_call(world: World) -> None:
    """A view that adopts does so for generated functions as well."""
    from cleanlife_client.api.bookings import create_booking  # noqa: PLC0415

    body = request_body()
    body.external_reference = "ORDER-1"
    with world.client(TAKEN, page([BOOKING])) as (client, _):
        view = client.generated.view(adopt=True)
        call = create_booking.asyncio if world.is_async else create_booking.sync
        answer = world(call(client=view, body=body))

    assert str(answer.data.booking_id) == ID


def test_an_internal_error_is_never_taken_for_a_taken_reference(world: World) -> None:
    """Whatever code stands in it."""
    with (
        world.client(refused(500, "DUPLICATE_EXTERNAL_REFERENCE")) as (client, script),
        pytest.raises(OutcomeUnknownError) as caught,
    ):
        world(book(client))

    assert isinstance(caught.value.__cause__, InternalServerError)
    assert len(script.asked) == 1


@pytest.mark.parametrize(
    ("asked", "found", "equal"),
    [
        ("2026-06-20", "2026-06-20", True),
        ("2026-06-20", "2026-06-20T00:00:00.000Z", True),
        ("2026-06-20", "2026-06-21T00:00:00.000Z", False),
        ("09:00", "09:00", True),
        ("09:00", "09:00:00", True),
        ("09:00:00", "09:00", True),
        ("09:00", "09:30", False),
        ("", "09:00", False),
        ("09:00", "", False),
        ("", "", False),
        ("09:00", None, False),
        ("2026-06-20", "2", False),
        ("2026-06-20", "2026-06-20-evil", False),
        ("09:00", "09:00:30", False),
        (None, None, True),
        (3, 3, True),
        (3, "3", False),
        ({}, {}, True),
        ({"startAt": "09:00"}, {"startAt": "09:00:00", "endsAtNextDay": False}, True),
        ({"startAt": "09:00", "endAt": "12:00"}, {"startAt": "09:00"}, False),
        ({"startAt": "09:00"}, {"startAt": "10:00"}, False),
        ({"startAt": "09:00"}, None, False),
        ({"startAt": "09:00"}, "09:00", False),
        ({"startAt": "09:00"}, ["09:00"], False),
        ("09:00", {"startAt": "09:00"}, False),
        (["a"], ["a"], True),
        (["a"], ["b"], False),
    ],
)
def test_what_is_the_same(asked: object, found: object, equal: bool) -> None:  # noqa: FBT001
    """As far as it was asked for, in whichever of its forms the API writes it."""
    assert same(asked, found) is equal
