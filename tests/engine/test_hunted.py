"""What was hunted down in the engine, and must not come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import stamina
from engine.writes import CANCELED, DOWN, ID, LOST, NEW_ID, book, creation
from worlds import BOOKING, KEY, FakeClock, World, ok, page, refused

from cleanlife_ext import (
    APIConnectionError,
    OutcomeUnknownError,
    UnexpectedResponseError,
)
from cleanlife_ext.engine.message import Headers, Options, Response

HOUR = 3600.0
BODY = creation().to_dict()


@pytest.fixture
def _two_attempts() -> Iterator[None]:
    stamina.set_testing(True, attempts=2)
    yield
    stamina.set_testing(False)


@pytest.fixture
def _no_retries() -> Iterator[None]:
    stamina.set_active(False)
    yield
    stamina.set_active(True)


@pytest.mark.usefixtures("_two_attempts")
@pytest.mark.parametrize("steps", [(LOST, DOWN), (LOST, page([]), DOWN), (LOST, page([]), refused(429, "X"))])
def test_a_write_in_doubt_is_unknown_even_if_stamina_ends_the_loop(world: World, steps: Any) -> None:
    """`stamina.set_testing` allows fewer attempts than we would make; the last one says nothing of the first."""
    with world.client(*steps) as (client, _), pytest.raises(OutcomeUnknownError) as caught:
        world(book(client, external_reference="ORDER-1"))

    assert caught.value.key == "ORDER-1"


@pytest.mark.usefixtures("_no_retries")
def test_what_stamina_switched_off_is_not_announced(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """No log, trace or budget speaks of a retry that never comes."""
    with world.client(DOWN) as (client, _), pytest.raises(APIConnectionError) as caught:
        world(client.bookings.status(ID))

    (attempt,) = caught.value.attempts
    assert attempt.wait is None
    assert "switched off" in attempt.reason
    assert not [record for record in caplog.records if getattr(record, "cleanlife_event", "") == "retry"]


@pytest.mark.parametrize(
    "rows", [[{**CANCELED, "bookingId": NEW_ID}, BOOKING], [BOOKING, {**CANCELED, "bookingId": NEW_ID}]]
)
def test_of_two_that_bear_a_reference_the_one_alive_is_it(world: World, rows: Any) -> None:
    """A reference is free again after a failed creation; what failed may still be listed, in any order."""
    with world.client(LOST, page(rows)) as (client, script):
        booking = world(book(client, external_reference="ORDER-1"))

    assert str(booking.booking_id) == BOOKING["bookingId"]
    assert script.calls == ["POST /partners/bookings", "GET /partners/bookings"]


@pytest.mark.parametrize("error", [ConnectionResetError("reset"), httpx.DecodingError("x"), httpx.StreamClosed()])
def test_whatever_a_transport_of_the_users_raises_leaves_a_write_in_doubt(world: World, error: Exception) -> None:
    """It may have gone out, so it is looked up."""
    with world.client(error, page([BOOKING])) as (client, script):
        booking = world(book(client, external_reference="ORDER-1"))

    assert str(booking.booking_id) == BOOKING["bookingId"]
    assert script.calls == ["POST /partners/bookings", "GET /partners/bookings"]


def _locked(opens: int) -> Any:
    """A callable that gets the key so many times, and then fails."""
    left = [KEY] * opens

    def key() -> str:
        if not left:
            raise RuntimeError("the vault is locked")
        return left.pop()

    return key


def test_a_callback_that_fails_after_a_lost_answer_says_what_to_look_for(world: World) -> None:
    """The error is the user's own, with a note that a booking was left in doubt, and under which reference."""
    with (
        world.client(LOST, api_key=_locked(1)) as (client, script),
        pytest.raises(RuntimeError, match="vault") as caught,
    ):
        world(book(client))

    reference = script.bodies[0]["externalReference"]
    todo = f"look for externalReference {reference!r} before you send it again"
    assert caught.value.__notes__ == [f"createBooking: sent, and the outcome is unknown; {todo}"]


@pytest.mark.parametrize("call", [book, lambda client: client.bookings.status(ID)])
def test_a_callback_that_fails_before_anything_was_sent_says_nothing_of_us(world: World, call: Any) -> None:
    """Nothing is in doubt."""
    with world.client(LOST, api_key=_locked(0)) as (client, _), pytest.raises(RuntimeError, match="vault") as caught:
        world(call(client))

    assert not hasattr(caught.value, "__notes__")


def test_a_write_without_a_key_that_is_left_in_doubt_is_named(world: World) -> None:
    """There is nothing to look for by name."""
    with world.client(LOST, api_key=_locked(1)) as (client, _), pytest.raises(RuntimeError, match="vault") as caught:
        world(client.bookings.cancel(ID))

    assert caught.value.__notes__ == ["cancelBooking: sent, and the outcome is unknown"]


@pytest.mark.parametrize("status", [401, 403])
def test_no_old_answer_is_given_after_a_gateway_refused_the_key(world: World, status: int) -> None:
    """A gateway says 401 and 403 in words of its own; they count all the same."""
    clock = FakeClock()
    with world.client(ok([]), httpx.Response(status, html="no"), DOWN, clock=clock) as (client, _):
        world(client.bookings.cancellation_reasons())
        clock.time += 2 * HOUR
        with pytest.raises(UnexpectedResponseError):
            world(client.bookings.cancellation_reasons())
        clock.time += 60

        with pytest.raises(APIConnectionError):
            world(client.bookings.cancellation_reasons())


STRANGER = {**CANCELED, "bookingId": NEW_ID, "paymentStatus": "PAID"}
DONE = refused(422, "BOOKING_ALREADY_CANCELLED")


@pytest.mark.parametrize("steps", [(LOST, DONE, ok(STRANGER)), (LOST, DOWN, DOWN, DOWN, ok(STRANGER))])
def test_of_what_became_of_a_booking_another_one_tells_nothing(world: World, steps: Any) -> None:
    """A look that is answered with somebody else's booking is a look that failed."""
    with world.client(*steps) as (client, _), pytest.raises(OutcomeUnknownError):
        world(client.bookings.cancel(ID))


def test_a_change_is_not_read_back_from_another_booking(world: World) -> None:
    """It is looked for again, and sent again after a look that shows nothing."""
    unchanged = ok({**BOOKING, "date": "2026-06-19T00:00:00.000Z"})
    with world.client(LOST, ok({**BOOKING, "bookingId": NEW_ID}), unchanged, ok(BOOKING)) as (client, script):
        booking = world(client.bookings.update(ID, date="2026-06-20"))

    assert str(booking.booking_id) == ID
    assert [call.partition(" ")[0] for call in script.calls] == ["PATCH", "GET", "GET", "PATCH"]


class Struck(FakeClock):
    """A clock at which somebody presses Ctrl-C, once."""

    armed = False

    def now(self) -> float:
        self.strike()
        return super().now()

    def strike(self) -> None:
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt


NOTE = "createBooking: sent, and the outcome is unknown; look for externalReference 'ORDER-1' before you send it again"


def test_ctrl_c_while_it_is_decided_says_that_a_write_was_left_in_doubt(world: World) -> None:
    """On what ended it, and not on the failure that was being looked at; and that is what the record names."""

    class Wall(Struck):
        armed = True

        def wall(self) -> float:
            self.strike()
            return super().wall()

        now = FakeClock.now

    with world.client(LOST, clock=Wall()) as (client, _), client.trace() as calls:
        flow = client.generated.session.core.flow(Options(), None, "POST", "/partners/bookings", json=BODY)
        next(flow)
        with pytest.raises(KeyboardInterrupt) as caught:
            flow.throw(APIConnectionError("lost", sent=True))

    assert caught.value.__notes__ == [NOTE]
    assert [call.result for call in calls] == ["KeyboardInterrupt"]


def test_ctrl_c_after_the_answer_says_that_a_write_was_left_in_doubt(world: World) -> None:
    """Nobody has seen the booking that was made."""
    with world.client(ok(BOOKING), rate_limit=5) as (client, _):
        core = client.generated.session.core
        flow = core.flow(Options(), None, "POST", "/partners/bookings", json=BODY)
        next(flow)
        clock = core._limiters["createBooking"].clock = Struck()  # noqa: SLF001
        clock.armed = True
        with pytest.raises(KeyboardInterrupt) as caught:
            flow.send(Response(201, Headers(), ok(BOOKING).content))

    assert caught.value.__notes__ == [NOTE]
