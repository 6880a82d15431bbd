"""Writes whose answer was lost: what is looked for, what is sent again, and what is said in the end."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from engine.writes import (
    CANCELED,
    DOWN,
    ELSEWHEN,
    FAILED,
    HOOKS,
    ID,
    LOST,
    NEW,
    NEW_ID,
    OLD,
    PAID,
    STATUS,
    TAKEN,
    WRITES,
    Write,
    book,
    empty_budget,
    sent,
    subscription,
)
from worlds import BOOKING, FakeClock, World, cooled, ok, page, refused

from cleanlife_ext import (
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    CleanLifeError,
    ConfigurationError,
    ConflictError,
    DeadlineExceededError,
    DuplicateExternalReferenceError,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
    UnexpectedResponseError,
)
from cleanlife_ext.provider import CLEANLIFE

LOOKED_FOR = [name for name, write in WRITES.items() if write.looks_first]
VISIBLE = [name for name, write in WRITES.items() if write.unseen is not None]
BUSY = refused(503, "UNAVAILABLE")

# Lost, and sent again if nothing is to be seen.
AMBIGUOUS = {
    "read timeout": LOST,
    "write timeout": httpx.WriteTimeout("x"),
    "read error": httpx.ReadError("x"),
    "protocol error": httpx.RemoteProtocolError("x"),
    "500": refused(500, "INTERNAL_ERROR"),
    "502 page": httpx.Response(502, html="<h1>Bad gateway</h1>"),
    "503": refused(503, "X", headers={"retry-after": "1"}),
    "522": httpx.Response(522),
    "200 page": httpx.Response(200, html="<h1>Welcome</h1>"),
    "cut": httpx.Response(200, content=b'{"success": true, "da'),
    "wrong shape": ok({"bookingId": 3}),
    "204": httpx.Response(204),
}
# Lost, and not worth sending again: one look, and then it is said.
HOPELESS = {
    "501": refused(501, "X"),
    "302": httpx.Response(302, headers={"location": "https://elsewhere.test/"}),
    "403 page": httpx.Response(403, html="<h1>Blocked</h1>"),
}


@pytest.fixture(params=list(WRITES))
def write(request: pytest.FixtureRequest) -> Write:
    """Each operation that is not safe to send twice."""
    return WRITES[request.param]


@pytest.fixture(params=LOOKED_FOR)
def sought(request: pytest.FixtureRequest) -> Write:
    """Those that are looked for before they are sent again."""
    return WRITES[request.param]


@pytest.fixture(params=VISIBLE)
def visible(request: pytest.FixtureRequest) -> Write:
    """Those whose effect can be seen at all."""
    return WRITES[request.param]


@pytest.fixture(params=["resource", "generated"])
def way(request: pytest.FixtureRequest) -> str:
    """The same rule for both ways to ask."""
    name: str = request.param
    return name


def given(write: Write, result: Any) -> bool:
    """Whether *result* is what *write* gives."""
    return {name: getattr(result, name) for name in write.gives} == write.gives


def unseen(write: Write) -> httpx.Response:
    """The answer of a look that shows nothing."""
    assert write.unseen is not None
    return write.unseen


def looked(write: Write) -> list[str]:
    """What is asked for a look that shows nothing."""
    return [*write.looks[:1]]


def prepared(write: Write) -> list[str]:
    """What is asked before it is sent."""
    return ["GET /partners/webhooks/subscriptions"] * len(write.before)


def told(
    world: World, write: Write, *steps: Any, way: str = "resource", **options: Any
) -> tuple[OutcomeUnknownError, Any]:
    """The unknown outcome that *write* ends in, and the script."""
    options = {"clock": FakeClock(), **options}
    with (
        world.client(*write.before, *steps, **options) as (client, script),
        pytest.raises(OutcomeUnknownError) as caught,
    ):
        write.through(world, client, way)
    return caught.value, script


def test_every_write_of_the_spec_is_here() -> None:
    """A new one is tested without anybody thinking of it."""
    assert set(WRITES) == {id for id, operation in CLEANLIFE.operations.items() if not operation.repeat.safe}


# Lost once.


@pytest.mark.parametrize("outcome", list(AMBIGUOUS))
def test_what_was_lost_is_found(world: World, write: Write, way: str, outcome: str) -> None:
    """It had taken effect: the answer is what it would have been, and it takes effect once."""
    found = write.proof or write.seen

    with world.client(*write.before, AMBIGUOUS[outcome], *found, clock=FakeClock()) as (client, script):
        result = write.through(world, client, way)

    assert given(write, result)
    again = [write.asked] if write.proof else []
    assert script.calls == [*prepared(write), write.asked, *again, *write.looks]
    assert sent(script, write) == (2 if write.proof else 1)


@pytest.mark.parametrize("outcome", list(AMBIGUOUS))
def test_what_was_lost_on_the_way_there_is_sent_again(world: World, write: Write, way: str, outcome: str) -> None:
    """It had not taken effect: it is sent again, the same to the byte."""
    looks = [unseen(write)] if write.looks_first else []

    with world.client(*write.before, AMBIGUOUS[outcome], *looks, write.answer, clock=FakeClock()) as (client, script):
        result = write.through(world, client, way)

    assert given(write, result)
    assert script.calls == [
        *prepared(write),
        write.asked,
        *(looked(write) if write.looks_first else []),
        write.asked,
    ]
    assert sent(script, write) == 2


def test_it_is_waited_before_it_is_looked_up(world: World, sought: Write) -> None:
    """What is on its way may still arrive."""
    clock = FakeClock()

    with world.client(*sought.before, LOST, *sought.seen, clock=clock) as (client, _):
        world(sought.call(client))

    (wait,) = clock.slept
    assert 1 <= wait <= 2


def test_a_503_says_how_long_to_wait_before_it_is_looked_up(world: World, sought: Write) -> None:
    """As for everything else that is asked again."""
    clock = FakeClock()
    busy = refused(503, "X", headers={"retry-after": "7"})

    with world.client(*sought.before, busy, *sought.seen, clock=clock) as (client, _):
        world(sought.call(client))

    assert clock.slept == [7]


def test_a_write_that_was_not_sent_and_then_lost_is_looked_up(world: World, sought: Write) -> None:
    """First nothing went out; then something did."""
    with world.client(*sought.before, DOWN, LOST, *sought.seen, clock=FakeClock()) as (client, script):
        world(sought.call(client))

    assert script.calls == [*prepared(sought), sought.asked, sought.asked, *sought.looks]


def test_a_write_that_was_lost_and_then_not_sent_is_looked_up(world: World, sought: Write) -> None:
    """The first attempt may still arrive, though the second never left."""
    steps = [LOST, unseen(sought), DOWN, *sought.seen]

    with world.client(*sought.before, *steps, clock=FakeClock()) as (client, script):
        result = world(sought.call(client))

    assert given(sought, result)
    assert script.calls == [*prepared(sought), sought.asked, *looked(sought), sought.asked, *sought.looks]


def test_a_write_that_was_lost_and_then_refused_for_its_rate_is_looked_up(world: World, sought: Write) -> None:
    """After the cool-down, before it is sent once more."""
    clock = FakeClock()
    steps = [LOST, unseen(sought), refused(429, "X"), *sought.seen]

    with world.client(*sought.before, *steps, clock=clock) as (client, script):
        world(sought.call(client))

    assert cooled(clock.slept[1:], 60)
    assert sent(script, sought) == 2


# Lost to the end.


def test_a_write_that_is_lost_to_the_end_is_unknown(world: World, write: Write, way: str) -> None:
    """Sent as often as allowed, looked for one last time, and then said as it is."""
    looks = [unseen(write)] if write.looks_first else []
    last = [] if write.unseen is None else [write.unseen]
    steps = [*([LOST, *looks] * 3), LOST, *last]

    error, script = told(world, write, *steps, way=way)

    assert sent(script, write) == 4
    assert len(script.asked) == len(write.before) + len(steps)
    assert error.ambiguous
    assert error.operation == next(name for name in WRITES if WRITES[name] is write)
    assert isinstance(error.__cause__, APITimeoutError)
    assert str(error).startswith(f"{error.operation}: sent, and the outcome is unknown (APITimeoutError)")
    assert error.key == ("ORDER-1" if error.operation == "createBooking" else "")
    last_sent = [attempt for attempt in error.attempts if attempt.operation == error.operation][-1]
    assert last_sent.ambiguous
    assert error.request_id == last_sent.request_id


@pytest.mark.parametrize("outcome", list(HOPELESS))
def test_what_is_not_worth_sending_again_is_looked_up_once(world: World, write: Write, outcome: str) -> None:
    """A server that cannot do it, or a page in its place: one look tells, or nothing does."""
    looks = [] if write.unseen is None else [write.unseen]

    error, script = told(world, write, HOPELESS[outcome], *looks)

    assert sent(script, write) == 1
    assert len(script.asked) == len(write.before) + 1 + len(looks)
    assert error.__cause__ is not None


@pytest.mark.parametrize("outcome", list(HOPELESS))
def test_what_is_not_worth_sending_again_may_be_seen(world: World, visible: Write, outcome: str) -> None:
    """Then it is the answer."""
    with world.client(*visible.before, HOPELESS[outcome], *visible.seen, clock=FakeClock()) as (client, script):
        assert given(visible, world(visible.call(client)))

    assert sent(script, visible) == 1


def test_an_effect_that_comes_late_is_seen_by_the_last_look(world: World, visible: Write) -> None:
    """The last of four attempts was lost as well, and then it shows."""
    looks = [unseen(visible)] if visible.looks_first else []
    steps = [*([LOST, *looks] * 3), LOST, *visible.seen]

    with world.client(*visible.before, *steps, clock=FakeClock()) as (client, script):
        assert given(visible, world(visible.call(client)))

    assert sent(script, visible) == 4


def test_with_one_attempt_allowed_it_is_looked_up_and_never_sent_again(world: World, visible: Write) -> None:
    """`max_attempts=1` is no reason not to know."""
    with world.client(*visible.before, LOST, *visible.seen, clock=FakeClock(), max_attempts=1) as (client, script):
        assert given(visible, world(visible.call(client)))
    assert sent(script, visible) == 1

    error, script = told(world, visible, LOST, unseen(visible), max_attempts=1)
    assert sent(script, visible) == 1
    assert isinstance(error.__cause__, APITimeoutError)


def test_without_the_time_to_wait_it_is_looked_up_at_once(world: World, visible: Write) -> None:
    """The deadline is shorter than the wait."""
    clock = FakeClock()

    with world.client(*visible.before, LOST, *visible.seen, clock=clock, deadline=1) as (client, script):
        assert given(visible, world(visible.call(client)))
    assert sent(script, visible) == 1
    assert clock.slept == []

    error, _ = told(world, visible, LOST, unseen(visible), deadline=1)
    lost = error.attempts[len(visible.before)]
    assert lost.reason.endswith("which is longer than the 1 s left of the deadline; a last look")


def test_without_the_time_to_wait_what_cannot_be_seen_is_unknown(world: World) -> None:
    """Nothing to look at, no time to send: it is said at once."""
    error, script = told(world, WRITES["deleteSubscription"], LOST, deadline=1)

    assert len(script.asked) == 1
    assert error.attempts[0].reason.endswith("left of the deadline")


def test_a_deadline_that_has_passed_leaves_no_time_to_look(world: World, write: Write) -> None:
    """It is no plain timeout."""
    clock = FakeClock()

    def slow(_: httpx.Request) -> httpx.Response:
        clock.time += 60
        raise httpx.ReadTimeout("x")

    error, script = told(world, write, slow, clock=clock, deadline=50)

    assert sent(script, write) == 1
    assert len(script.asked) == 1 + len(write.before)
    assert isinstance(error.__cause__, DeadlineExceededError)


def test_an_answer_that_comes_too_late_leaves_no_time_to_look(world: World, write: Write) -> None:
    """A 500 after the deadline is as lost as any."""
    clock = FakeClock()

    def late(_: httpx.Request) -> httpx.Response:
        clock.time += 60
        return refused(500, "X")

    error, script = told(world, write, late, clock=clock, deadline=50)

    assert len(script.asked) == 1 + len(write.before)
    assert isinstance(error.__cause__, InternalServerError | DeadlineExceededError)


def test_without_budget_it_is_looked_up_and_not_sent_again(world: World, visible: Write) -> None:
    """A look costs nothing, and is waited for as ever."""
    clock = FakeClock()
    with world.client(DOWN, clock=clock) as (client, script):
        empty_budget(world, client, script, *visible.before, LOST, *visible.seen)
        assert given(visible, world(visible.call(client)))
        assert sent(script, visible) == 1
        assert clock.slept[-1] >= 1

    with world.client(DOWN, clock=FakeClock()) as (client, script):
        empty_budget(world, client, script, *visible.before, LOST, unseen(visible))
        with pytest.raises(OutcomeUnknownError) as caught:
            world(visible.call(client))

    assert sent(script, visible) == 1
    lost = caught.value.attempts[len(visible.before)]
    assert lost.reason == "APITimeoutError: the retry budget of this client is used up; a last look"


def test_without_budget_what_cannot_be_seen_is_unknown(world: World) -> None:
    """It is not sent again, and nothing says what became of it."""
    write = WRITES["retryDelivery"]
    with world.client(DOWN, clock=FakeClock()) as (client, script):
        empty_budget(world, client, script, LOST)
        with pytest.raises(OutcomeUnknownError) as caught:
            world(write.call(client))

    assert len(script.asked) == 1
    assert caught.value.attempts[-1].reason == "APITimeoutError: the retry budget of this client is used up"


def test_a_rate_limit_without_end_leaves_it_unknown(world: World, sought: Write) -> None:
    """Neither a second attempt nor a look fits into the deadline."""
    steps = [LOST, unseen(sought), refused(429, "X"), refused(429, "X")]

    error, script = told(world, sought, *steps, deadline=90)

    assert sent(script, sought) == 2
    assert isinstance(error.__cause__, RateLimitError)
    assert "cool-down" in error.attempts[-1].reason


def test_a_429_that_cannot_be_waited_for_is_not_followed_by_a_look(world: World, sought: Write) -> None:
    """The key would be refused for that as well."""
    error, script = told(world, sought, LOST, unseen(sought), refused(429, "X"), deadline=50)

    assert script.calls[-1] == sought.asked
    assert isinstance(error.__cause__, RateLimitError)
    assert "which is longer than" in error.attempts[-1].reason


def test_a_client_that_is_closed_meanwhile_leaves_it_unknown(world: World, sought: Write) -> None:
    """That nothing more is sent does not undo what was."""

    class Closing(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            client.generated.session.core.closed = True

        async def asleep(self, seconds: float) -> None:
            self.sleep(seconds)

    with (
        world.client(*sought.before, LOST, clock=Closing()) as (client, script),
        pytest.raises(OutcomeUnknownError) as caught,
    ):
        world(sought.call(client))

    assert len(script.asked) == 1 + len(sought.before)
    assert isinstance(caught.value.__cause__, ConfigurationError)


# Lost, and then refused.


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_after_a_lost_answer_is_believed_only_if_it_rules_out_the_first(
    world: World, write: Write, status: int
) -> None:
    """It is looked up at once. If nothing is to be seen, the table says whether the refusal is the truth."""
    refusal = refused(status, "SOME_CODE")
    before_again = [unseen(write)] if write.looks_first else []
    looks = [] if write.unseen is None else [write.unseen] * 2  # At once, and a last one if it is not believed.

    with (
        world.client(*write.before, LOST, *before_again, refusal, *looks, clock=FakeClock()) as (client, script),
        pytest.raises(CleanLifeError) as caught,
    ):
        world(write.call(client))

    assert sent(script, write) == 2
    if write.refusals[status] == "believed":
        assert isinstance(caught.value, APIStatusError)
        assert caught.value.status_code == status
        assert not caught.value.ambiguous
        assert caught.value.attempts[-1].reason == "the refusal is believed"
        assert len(script.asked) == len(write.before) + 2 + len(before_again) + len(looks[:1])
    else:
        assert isinstance(caught.value, OutcomeUnknownError)
        assert len(script.asked) == len(write.before) + 2 + len(before_again) + len(looks)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_after_a_lost_answer_does_not_hide_the_effect(world: World, visible: Write, status: int) -> None:
    """It was refused because the first one had taken effect: that is the answer."""
    before_again = [unseen(visible)] if visible.looks_first else []
    steps = [LOST, *before_again, refused(status, "SOME_CODE"), *visible.seen]

    with world.client(*visible.before, *steps, clock=FakeClock()) as (client, script):
        assert given(visible, world(visible.call(client)))

    assert sent(script, visible) == 2


def test_an_effect_that_comes_late_is_seen_after_a_refusal(world: World, visible: Write) -> None:
    """Not at once, but by the last look: 401 is about the key, and says nothing of the first attempt."""
    before_again = [unseen(visible)] if visible.looks_first else []
    steps = [LOST, *before_again, refused(401, "X"), unseen(visible), *visible.seen]

    with world.client(*visible.before, *steps, clock=FakeClock()) as (client, script):
        assert given(visible, world(visible.call(client)))

    assert sent(script, visible) == 2


# Lost, and the lookups fail.


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_lookup_that_is_refused_ends_at_once(world: World, sought: Write, status: int) -> None:
    """Another one would be refused as well. What the lookup said is the cause, and stands in the text."""
    error, script = told(world, sought, LOST, refused(status, "NO"))

    assert script.calls == [*prepared(sought), sought.asked, *looked(sought)]
    assert isinstance(error.__cause__, APIStatusError)
    assert error.__cause__.status_code == status
    assert f"(APITimeoutError; {error.attempts[-1].operation}: status {status})" in str(error)
    assert error.request_id == error.attempts[len(sought.before)].request_id
    assert error.attempts[-1].reason.endswith(
        "the lookup was refused, and nothing else says whether it has taken effect"
    )


@pytest.mark.parametrize("failure", [DOWN, LOST, BUSY, refused(500, "X"), httpx.Response(502, html="<h1>x</h1>")])
def test_a_lookup_that_fails_is_followed_by_another(world: World, sought: Write, failure: Any) -> None:
    """Four times within the first look, and then it is found by the next."""
    steps = [LOST, *[failure] * 4, *sought.seen]

    with world.client(*sought.before, *steps, clock=FakeClock()) as (client, script):
        assert given(sought, world(sought.call(client)))

    assert sent(script, sought) == 1
    assert len(script.asked) == len(sought.before) + len(steps)


@pytest.mark.parametrize("failure", [httpx.Response(200, html="x"), httpx.Response(403, html="x"), ok(3)])
def test_a_lookup_that_cannot_be_read_is_followed_by_another(world: World, sought: Write, failure: Any) -> None:
    """A page in its place is no refusal by the API."""
    with world.client(*sought.before, LOST, failure, *sought.seen, clock=FakeClock()) as (client, script):
        assert given(sought, world(sought.call(client)))

    assert sent(script, sought) == 1


def test_lookups_that_fail_to_the_end_leave_it_unknown(world: World, sought: Write) -> None:
    """It is sent once: as long as nobody can see, nobody sends."""
    error, script = told(world, sought, LOST, BUSY)

    assert sent(script, sought) == 1
    assert len(script.asked) == len(sought.before) + 1 + 4 * 4
    assert isinstance(error.__cause__, InternalServerError)
    assert error.attempts[-1].reason == "that was attempt 4 of 4; the lookup failed, and it was the last look"
    seen_by_a_person = [attempt.reason for attempt in error.attempts if attempt.operation != error.operation]
    assert "that was attempt 4 of 4; the lookup failed; looked up before it is sent again" in "\n".join(
        seen_by_a_person
    )


def test_lookups_that_fail_use_up_attempts(world: World, sought: Write) -> None:
    """After one look that failed and one that showed nothing, two of four attempts are left."""
    steps = [LOST, *[BUSY] * 4, unseen(sought), LOST, unseen(sought), LOST, unseen(sought)]

    error, script = told(world, sought, *steps)

    assert sent(script, sought) == 3
    assert isinstance(error.__cause__, APITimeoutError)


def test_the_cause_is_what_became_of_the_write(world: World, sought: Write) -> None:
    """And not of a look that failed on the way, if a later one could look."""
    error, script = told(world, sought, LOST, BUSY, BUSY, unseen(sought), max_attempts=2)

    assert sent(script, sought) == 1
    assert isinstance(error.__cause__, APITimeoutError)


@pytest.mark.parametrize("name", ["cancelBooking", "confirmPayment"])
def test_a_look_that_failed_is_not_told_of_the_attempt_after_it(world: World, name: str) -> None:
    """What the next attempt ended in is its own."""
    write = WRITES[name]

    error, script = told(world, write, LOST, refused(422, "SOME_CODE"), *[BUSY] * 4, LOST, LOST, unseen(write))

    assert sent(script, write) == 4
    assert error.attempts[6].reason.startswith("APITimeoutError: it may have taken effect; sent again")


# Bookings.


def test_a_booking_that_is_found_dead_or_different_is_a_duplicate(world: World) -> None:
    """The reference belongs to something else; what it is stands in the error."""
    for other in ({"status": "canceled"}, {"status": "failed"}, {"date": ELSEWHEN["date"]}):
        with (
            world.client(LOST, page([{**BOOKING, **other}]), clock=FakeClock()) as (client, script),
            pytest.raises(DuplicateExternalReferenceError) as caught,
        ):
            world(book(client, external_reference="ORDER-1"))

        error = caught.value
        assert len(script.asked) == 2
        assert str(error.existing.booking_id) == ID
        assert (error.operation, error.status_code, error.ambiguous) == ("createBooking", 409, False)
        assert "seen when an unknown outcome was looked up" in str(error)


def test_a_reference_that_is_taken_by_the_lost_attempt_is_ours(world: World) -> None:
    """Not seen at first; then the API says 409, and there it is."""
    with world.client(LOST, page([]), TAKEN, page([BOOKING]), clock=FakeClock()) as (client, script):
        booking = world(book(client, external_reference="ORDER-1"))

    assert str(booking.booking_id) == ID
    assert sent(script, WRITES["createBooking"]) == 2


def test_a_reference_that_is_taken_by_another_is_the_refusal_of_the_api(world: World) -> None:
    """With what it said itself."""
    with (
        world.client(LOST, page([]), TAKEN, page([CANCELED]), clock=FakeClock()) as (client, script),
        pytest.raises(DuplicateExternalReferenceError) as caught,
    ):
        world(book(client, external_reference="ORDER-1"))

    assert caught.value.existing.status == "canceled"
    assert caught.value.message == "no"
    assert len(script.asked) == 4


def test_a_409_that_shows_nothing_is_looked_up_until_it_shows(world: World) -> None:
    """The list is behind: whose booking it is, is not known before it is seen."""
    steps = [LOST, page([]), TAKEN, page([]), page([]), TAKEN, page([]), page([BOOKING])]

    with world.client(*steps, clock=FakeClock()) as (client, script):
        booking = world(book(client, external_reference="ORDER-1"))

    assert str(booking.booking_id) == ID
    assert len(script.asked) == len(steps)


def test_a_409_that_shows_nothing_to_the_end_is_unknown(world: World) -> None:
    """It is not said that somebody else has the reference."""

    def step(request: httpx.Request) -> httpx.Response:
        return page([]) if request.method == "GET" else TAKEN

    error, script = told(world, WRITES["createBooking"], LOST, step)

    assert sent(script, WRITES["createBooking"]) == 4
    assert isinstance(error.__cause__, DuplicateExternalReferenceError)
    assert error.key == "ORDER-1"


def test_a_lookup_after_a_lost_answer_does_not_trust_the_filter(world: World) -> None:
    """A booking with another reference is not ours."""
    other = {**BOOKING, "externalReference": "ORDER-10"}

    with world.client(LOST, page([other]), ok(BOOKING), clock=FakeClock()) as (client, script):
        world(book(client, external_reference="ORDER-1"))

    assert sent(script, WRITES["createBooking"]) == 2


def test_a_failed_creation_after_a_lost_answer_is_looked_up_and_sent_again(world: World) -> None:
    """The vendor says that the reference is free; the wait comes before the look."""
    with world.client(LOST, page([]), FAILED, page([]), ok(BOOKING), clock=FakeClock()) as (client, script):
        world(book(client, external_reference="ORDER-1"))

    assert script.calls == ["POST /partners/bookings", "GET /partners/bookings"] * 2 + ["POST /partners/bookings"]


def test_a_failed_creation_that_is_then_lost_is_looked_up(world: World) -> None:
    """A refusal, and then a doubt."""
    with world.client(FAILED, refused(500, "X"), page([BOOKING]), clock=FakeClock()) as (client, script):
        world(book(client, external_reference="ORDER-1"))

    assert sent(script, WRITES["createBooking"]) == 2


def test_an_internal_error_is_never_taken_for_a_taken_reference(world: World) -> None:
    """Whatever code stands in it."""
    with world.client(refused(500, "DUPLICATE_EXTERNAL_REFERENCE"), page([BOOKING]), clock=FakeClock()) as (client, _):
        booking = world(book(client, external_reference="ORDER-1"))

    assert str(booking.booking_id) == ID


def test_a_made_reference_is_named_where_the_outcome_is_unknown(world: World) -> None:
    """It is the only way to find the booking, and the same on every attempt."""
    with (
        world.client(LOST, page([]), clock=FakeClock(), max_attempts=1) as (client, script),
        pytest.raises(OutcomeUnknownError) as caught,
    ):
        world(book(client))

    reference = script.bodies[0]["externalReference"]
    assert caught.value.key == reference
    assert script.asked[1].url.params["externalReference"] == reference
    assert f"; look for externalReference '{reference}' before you send it again" in str(caught.value)


# Changes and what is done once.


def test_a_change_of_notes_alone_is_sent_again(world: World) -> None:
    """No answer shows them, so nothing is looked up; sent twice they are the same."""
    with world.client(LOST, ok(BOOKING), clock=FakeClock()) as (client, script):
        world(client.bookings.update(ID, notes="Ring twice."))
    assert script.calls == [f"PATCH /partners/bookings/{ID}"] * 2
    assert script.asked[0].content == script.asked[1].content

    with world.client(LOST, clock=FakeClock()) as (client, script), pytest.raises(OutcomeUnknownError):
        world(client.bookings.update(ID, notes="Ring twice."))
    assert len(script.asked) == 4


@pytest.mark.parametrize(("status", "kind"), [(404, APIStatusError), (422, OutcomeUnknownError)])
def test_a_refused_change_of_notes_is_believed_only_if_nothing_could_have_changed(
    world: World, status: int, kind: type[CleanLifeError]
) -> None:
    """Without a way to compare, a business rule does not say that the first attempt failed too."""
    with (
        world.client(LOST, refused(status, "X"), clock=FakeClock()) as (client, script),
        pytest.raises(CleanLifeError) as caught,
    ):
        world(client.bookings.update(ID, date="2026-06-20", notes="Ring twice."))

    assert isinstance(caught.value, kind)
    assert len(script.asked) == 2


@pytest.mark.parametrize(("asked", "there"), [("ORDER-1", "ORDER-1T"), ("2026-06-20", "2026-06-20T1")])
def test_a_change_of_the_reference_is_read_back_to_the_letter(world: World, asked: str, there: str) -> None:
    """One that only begins alike is another, even if it looks like a day."""
    longer = {**BOOKING, "externalReference": there}

    with world.client(LOST, ok(longer), ok(BOOKING), clock=FakeClock()) as (client, script):
        world(client.bookings.update(ID, external_reference=asked))

    assert len(script.asked) == 3


def test_a_cancellation_is_done_twice_at_the_most_and_told_once(world: World) -> None:
    """Called a second time by the user, it is refused: that is another call."""
    already = refused(422, "BOOKING_ALREADY_CANCELLED")

    with world.client(LOST, already, ok(CANCELED), already, clock=FakeClock()) as (client, script):
        assert world(client.bookings.cancel(ID)).status == "canceled"
        with pytest.raises(APIStatusError) as caught:
            world(client.bookings.cancel(ID))

    assert caught.value.code == "BOOKING_ALREADY_CANCELLED"
    assert len(script.asked) == 4


@pytest.mark.parametrize("name", ["cancelBooking", "confirmPayment"])
@pytest.mark.parametrize("failure", [BUSY, refused(401, "X"), httpx.Response(200, html="x")])
def test_what_is_known_to_be_done_is_not_sent_again_if_it_cannot_be_read(world: World, name: str, failure: Any) -> None:
    """The API has said that it was done; only the answer is missing, and the error says so."""
    write = WRITES[name]

    error, script = told(world, write, LOST, write.proof[0], failure)

    assert sent(script, write) == 2
    assert f"{name}: done ({error.attempts[1].code}), but what it was done to could not be read" in str(error)
    assert isinstance(error.__cause__, InternalServerError | AuthenticationError | UnexpectedResponseError)


# Subscriptions.


def test_the_secret_that_was_lost_with_the_answer_is_renewed(world: World) -> None:
    """The answer holds the new one, and all that the list says."""
    write = WRITES["createSubscription"]

    with world.client(*write.before, LOST, *write.seen, clock=FakeClock()) as (client, script):
        made = world(write.call(client))

    assert made.secret == "whsec_new"
    assert (made.id, made.url, made.status) == (UUID(NEW_ID), HOOKS, "ACTIVE")
    assert script.calls[-1] == f"POST /partners/webhooks/subscriptions/{NEW_ID}/rotate-secret"


def test_a_renewal_that_is_lost_is_asked_for_again(world: World) -> None:
    """The last secret counts."""
    listed, renewed = WRITES["createSubscription"].seen
    steps = [*WRITES["createSubscription"].before, LOST, listed, LOST, BUSY, renewed]

    with world.client(*steps, clock=FakeClock()) as (client, script):
        assert world(WRITES["createSubscription"].call(client)).secret == "whsec_new"

    assert sent(script, WRITES["createSubscription"]) == 1


def test_a_renewal_that_fails_leaves_a_subscription_without_a_known_secret(world: World) -> None:
    """It was made, and is not made again; the error holds it, so that its secret can be renewed."""
    listed, _ = WRITES["createSubscription"].seen

    error, script = told(world, WRITES["createSubscription"], LOST, listed, BUSY)

    assert sent(script, WRITES["createSubscription"]) == 1
    assert [str(found.id) for found in error.candidates] == [NEW_ID]
    assert "made, but its secret was lost with the answer; renew it" in str(error)
    assert isinstance(error.__cause__, InternalServerError)


def test_several_that_look_alike_are_not_guessed_among(world: World) -> None:
    """Somebody else made one meanwhile: nobody's secret is renewed, and nothing is sent again."""
    third = subscription("9d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a03")

    error, script = told(world, WRITES["createSubscription"], LOST, ok([third, NEW, OLD]))

    assert len(script.asked) == 3
    assert {str(found.id) for found in error.candidates} == {NEW_ID, third["id"]}
    assert "sent, and 2 that look like it were made meanwhile" in str(error)


def test_what_is_new_and_different_is_not_taken_for_it(world: World) -> None:
    """Another URL, or other events."""
    others = [subscription(NEW_ID, url=f"{HOOKS}/2"), subscription(NEW_ID, events=["booking.created"])]
    write = WRITES["createSubscription"]

    for other in others:
        with world.client(*write.before, LOST, ok([other, OLD]), write.answer, clock=FakeClock()) as (client, script):
            world(write.call(client))
        assert sent(script, write) == 2


# Asked later.


def unknown(world: World, client: Any, script: Any, write: Write, *then: Any) -> OutcomeUnknownError:
    """The error that *write* ends in; after it the API answers *then*."""
    script.steps[:] = [*write.before, refused(500, "X"), refused(401, "X")]
    if write.unseen is None:
        script.steps[:] = [refused(500, "X")]
    with pytest.raises(OutcomeUnknownError) as caught:
        world(write.call(client))
    script.asked.clear()
    script.steps[:] = then
    return caught.value


def resolved(world: World, write: Write, *then: Any, spoil: Callable[[Any, Any], Any] | None = None) -> Any:
    """What `resolve` gives when the API answers *then*; it sends nothing but looks."""
    with world.client(DOWN, clock=FakeClock()) as (client, script):
        error = unknown(world, client, script, write, *then)
        error = spoil(client, error) if spoil is not None else error
        try:
            return world(error.resolve())
        finally:
            assert {call.partition(" ")[0] for call in script.calls} <= {"GET"}


@pytest.mark.parametrize("name", VISIBLE)
def test_an_unknown_outcome_can_be_resolved(world: World, name: str) -> None:
    """It is looked up and nothing is sent: the effect, or None as long as it is not to be seen."""
    write = WRITES[name]

    found = resolved(world, write, write.seen[0])

    expected = {field: value for field, value in write.gives.items() if field != "secret"}
    assert {field: getattr(found, field) for field in expected} == expected
    assert resolved(world, write, unseen(write)) is None


def test_a_resolved_subscription_has_no_secret(world: World) -> None:
    """Renewing it is the user's decision: it would cut off whoever has the old one."""
    found = resolved(world, WRITES["createSubscription"], WRITES["createSubscription"].seen[0])

    assert not hasattr(found, "secret")


def test_several_candidates_are_raised_when_it_is_resolved(world: World) -> None:
    """As they are on the way."""
    third = subscription("9d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a03")

    with pytest.raises(OutcomeUnknownError) as caught:
        resolved(world, WRITES["createSubscription"], ok([NEW, third]))

    assert len(caught.value.candidates) == 2
    assert caught.value.operation == "createSubscription"


def test_a_booking_that_is_another_is_raised_when_it_is_resolved(world: World) -> None:
    """Dead, or at another time."""
    for other in (CANCELED, ELSEWHEN):
        with pytest.raises(DuplicateExternalReferenceError) as caught:
            resolved(world, WRITES["createBooking"], page([other]))

        assert caught.value.existing.date == other["date"]
        assert caught.value.operation == "createBooking"
        assert [attempt.operation for attempt in caught.value.attempts] == ["listBookings"]


def test_resolving_is_retried_like_any_read_and_raises_what_it_meets(world: World) -> None:
    """It has attempts and a deadline of its own."""
    found = resolved(world, WRITES["cancelBooking"], BUSY, DOWN, ok(CANCELED))
    assert found.status == "canceled"

    with pytest.raises(AuthenticationError) as caught:
        resolved(world, WRITES["cancelBooking"], refused(401, "X"))
    assert caught.value.operation == "getBookingStatus"


def test_resolving_has_a_deadline_of_its_own(world: World) -> None:
    """Long after the one of the call has passed."""
    clock = FakeClock()
    with world.client(DOWN, clock=clock, deadline=50) as (client, script):
        error = unknown(world, client, script, WRITES["cancelBooking"], DOWN, ok(CANCELED))
        clock.time += 10_000

        assert world(error.resolve()).status == "canceled"

        script.steps[:] = [refused(503, "X", headers={"retry-after": "51"})]
        with pytest.raises(InternalServerError) as caught:
            world(error.resolve())

    assert "longer than the 50 s left of the deadline" in caught.value.attempts[0].reason


@pytest.mark.parametrize("name", ["deleteSubscription", "retryDelivery"])
def test_what_leaves_nothing_to_look_at_cannot_be_resolved(world: World, name: str) -> None:
    """The error says what can be done instead."""
    with pytest.raises(ConfigurationError, match="sending it again does no harm, and tells"):
        resolved(world, WRITES[name], ok({}))


def test_a_change_of_notes_cannot_be_resolved(world: World) -> None:
    """No answer shows them."""
    with world.client(LOST, clock=FakeClock()) as (client, _):
        with pytest.raises(OutcomeUnknownError) as caught:
            world(client.bookings.update(ID, notes="Ring twice."))
        with pytest.raises(ConfigurationError, match="cannot be seen"):
            world(caught.value.resolve())


def test_an_error_that_was_pickled_cannot_be_resolved(world: World) -> None:
    """It does not take the client along; its key it does."""

    def travelled(_: Any, error: OutcomeUnknownError) -> OutcomeUnknownError:
        twin: OutcomeUnknownError = pickle.loads(pickle.dumps(error))  # noqa: S301
        assert (str(twin), twin.key, twin.attempts) == (str(error), "ORDER-1", error.attempts)
        return twin

    with pytest.raises(ConfigurationError, match="has left its client behind"):
        resolved(world, WRITES["createBooking"], page([BOOKING]), spoil=travelled)


def test_with_a_closed_client_nothing_is_resolved(world: World) -> None:
    """The error says that it is closed, and nothing is sent."""

    def closed(client: Any, error: OutcomeUnknownError) -> OutcomeUnknownError:
        world.close(client)
        return error

    with pytest.raises(ConfigurationError, match="closed"):
        resolved(world, WRITES["createBooking"], page([BOOKING]), spoil=closed)


def test_an_error_that_says_more_can_be_resolved_too(world: World) -> None:
    """Known to be done, and read later."""
    write = WRITES["confirmPayment"]
    with world.client(LOST, write.proof[0], refused(401, "X"), clock=FakeClock()) as (client, script):
        with pytest.raises(OutcomeUnknownError) as caught:
            world(write.call(client))
        script.steps[:] = [ok(PAID)]

        assert world(caught.value.resolve()).payment_status == "PAID"

    assert script.calls[-1] == STATUS


def test_a_conflict_that_is_not_about_the_key_stays_itself(world: World) -> None:
    """A taken reference on an update is a 409 like others."""
    with world.client(TAKEN) as (client, script), pytest.raises(ConflictError):
        world(client.bookings.update(ID, external_reference="ORDER-2"))

    assert len(script.asked) == 1
