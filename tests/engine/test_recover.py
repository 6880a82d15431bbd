"""Creations and their keys: which they get, and what has one that is taken. Here every answer arrives."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import attrs
import httpx
import pytest
from cleanlife_client.api.bookings import create_booking
from cleanlife_client.types import UNSET
from engine.writes import DOWN, FAILED, ID, TAKEN, WRITES, Write, book, creation, sent
from worlds import BOOKING, FakeClock, Script, World, ok, page, refused

from cleanlife_ext import (
    APIConnectionError,
    BookingCreationFailedError,
    CleanLifeError,
    ConfigurationError,
    ConflictError,
    DuplicateExternalReferenceError,
    InternalServerError,
    NotFoundError,
    UnprocessableEntityError,
)


@pytest.fixture(params=list(WRITES))
def write(request: pytest.FixtureRequest) -> Write:
    """Each operation that is not safe to send twice."""
    return WRITES[request.param]


@pytest.mark.parametrize(
    "failure",
    [DOWN, httpx.ConnectTimeout("x"), httpx.PoolTimeout("x"), httpx.ProxyError("x"), httpx.UnsupportedProtocol("")],
)
def test_a_write_that_was_not_sent_is_tried_again(world: World, write: Write, failure: Exception) -> None:
    """Nothing went out, so nothing can happen twice, and nothing has to be looked up."""
    clock = FakeClock()

    with world.client(*write.before, failure, failure, write.answer, clock=clock) as (client, script):
        world(write.call(client))

    assert sent(script, write) == 3
    assert len(script.asked) == 3 + len(write.before)
    assert len(clock.slept) == 2


def test_a_write_that_never_went_out_is_a_connection_error(world: World, write: Write) -> None:
    """After all attempts it is known that nothing happened."""
    with world.client(*write.before, DOWN) as (client, script), pytest.raises(APIConnectionError) as caught:
        world(write.call(client))

    assert type(caught.value) is APIConnectionError
    assert not caught.value.ambiguous
    assert sent(script, write) == 4


@pytest.mark.parametrize(
    ("status", "kind"), [(404, NotFoundError), (409, ConflictError), (422, UnprocessableEntityError)]
)
def test_a_definite_no_is_a_no(world: World, write: Write, status: int, kind: type[CleanLifeError]) -> None:
    """On a first attempt a refusal is an error, whatever the operation."""
    with (
        world.client(*write.before, refused(status, "SOME_CODE")) as (client, script),
        pytest.raises(CleanLifeError) as caught,
    ):
        world(write.call(client))

    assert type(caught.value) is kind
    assert sent(script, write) == 1
    assert len(script.asked) == 1 + len(write.before)


@pytest.mark.parametrize("name", ["cancelBooking", "confirmPayment", "deleteSubscription", "retryDelivery"])
def test_what_was_done_before_is_refused_on_a_first_attempt(world: World, name: str) -> None:
    """Somebody else did it, or an earlier call; nobody is told that this one has."""
    write = WRITES[name]

    with world.client(write.proof[0]) as (client, script), pytest.raises(CleanLifeError) as caught:
        world(write.call(client))

    assert isinstance(caught.value, NotFoundError | UnprocessableEntityError)
    assert len(script.asked) == 1


def test_a_creation_without_a_key_is_not_sent_if_the_list_before_it_fails(world: World) -> None:
    """Without it nobody could tell later what is new. The error says that nothing was created."""
    with world.client(refused(500, "X")) as (client, script), pytest.raises(InternalServerError) as caught:
        world(WRITES["createSubscription"].call(client))

    assert sent(script, WRITES["createSubscription"]) == 0
    assert not caught.value.ambiguous
    assert [attempt.operation for attempt in caught.value.attempts] == ["listSubscriptions"] * 4


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


def test_a_generated_creation_gets_a_reference_as_well(world: World) -> None:
    """The layers lie beneath the generated functions too; the body that was handed in stays as it was."""
    body = attrs.evolve(creation(), external_reference=UNSET)
    with world.client(DOWN, ok(BOOKING), reference_prefix="TEST-") as (client, script):
        world.generated(create_booking, client, body=body)

    first, second = script.bodies
    assert first == second
    assert first["externalReference"].startswith("TEST-")
    assert "externalReference" not in body.to_dict()


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
    with world.client(TAKEN, page([BOOKING])) as (client, _):
        view = client.generated.view(adopt=True)
        call = create_booking.asyncio if world.is_async else create_booking.sync
        answer = world(call(client=view, body=creation()))

    assert str(answer.data.booking_id) == ID
