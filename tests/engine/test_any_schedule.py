"""Whatever comes back, and in whatever order: the loop ends, sends no more than it may, and tells the truth."""

from __future__ import annotations

from typing import Any

import attrs
import httpx
from engine.writes import DOWN, LOST, TAKEN, WRITES, Write, book, sent
from hypothesis import example, given, settings
from hypothesis import strategies as st
from worlds import BOOKING, FakeClock, World, ok, page, refused

from cleanlife_ext import (
    APIStatusError,
    BadRequestError,
    CleanLifeError,
    DuplicateExternalReferenceError,
    OutcomeUnknownError,
)

SYNC = World("sync", None)
PAGE = httpx.Response(200, html="<h1>Welcome</h1>")
RATE = refused(429, "X", headers={"retry-after": "3"})

# What befalls a creation: whether it takes effect at once, later, or never; and what comes back.
EFFECTS = {
    "done": ("now", None),
    "lost before": ("never", LOST),
    "lost after": ("now", LOST),
    "lost, and late": ("later", LOST),
    "500 before": ("never", refused(500, "X")),
    "500 after": ("now", refused(500, "X")),
    "503, and late": ("later", refused(503, "X")),
    "page after": ("now", PAGE),
    "302 after": ("now", httpx.Response(302)),
    "501 before": ("never", refused(501, "X")),
    "failed": ("never", refused(422, "BOOKING_CREATION_FAILED")),
    "slot gone": ("never", refused(422, "TIMESLOT_NOT_AVAILABLE")),
    "401": ("never", refused(401, "UNAUTHORIZED")),
    "429": ("never", RATE),
    "not sent": ("never", DOWN),
}
# What befalls a look: `seen` and `behind` are lists, of what there is and of nothing.
LOOKS: dict[str, Any] = {
    "seen": None,
    "behind": page([]),
    "lost": LOST,
    "not sent": DOWN,
    "503": refused(503, "X"),
    "page": PAGE,
    "401": refused(401, "UNAUTHORIZED"),
    "429": RATE,
}
OURS = BOOKING
RIVALS = {**BOOKING, "bookingId": "9d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a09", "date": "2026-07-01T00:00:00.000Z"}


@attrs.define(eq=False)
class Desk:
    """Where bookings are made, on a bad day. No reference is ever used twice: the vendor sees to that."""

    clock: FakeClock
    creations: list[str]
    looks: list[str]
    delay: int
    rival_at: int
    is_invalid: bool
    booking: dict[str, Any] | None = None
    arriving: list[int] = attrs.Factory(list[int])
    requests: int = 0
    posts: int = 0
    rate_limited: int = 0
    in_doubt: bool = False
    proven: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self.clock.time += 0.5
        if self.requests == self.rival_at:
            self.book(RIVALS)
        for _ in [at for at in self.arriving if at <= self.requests]:
            self.book(OURS)
        return self.create() if request.method == "POST" else self.show()

    def book(self, row: dict[str, Any]) -> None:
        if self.booking is None and not (self.is_invalid and row is OURS):
            self.booking = row

    def create(self) -> httpx.Response:
        assert not self.proven, "it was seen, and sent all the same"
        effect, answer = EFFECTS[self.creations.pop(0) if self.creations else "done"]
        self.posts += 1
        if answer is RATE:
            self.rate_limited += 1
        if isinstance(answer, Exception):
            self.in_doubt = self.in_doubt or answer is LOST
            self.take(effect)
            raise answer
        if answer is not None:
            self.in_doubt = self.in_doubt or answer.status_code >= 500 or answer.status_code < 400
            self.take(effect)
            return answer
        if self.is_invalid:
            return refused(400, "VALIDATION_ERROR")
        if self.booking is not None:
            return TAKEN
        self.book(OURS)
        return ok(OURS)

    def take(self, effect: str) -> None:
        if effect == "now":
            self.book(OURS)
        elif effect == "later":
            self.arriving.append(self.requests + self.delay)

    def show(self) -> httpx.Response:
        answer = LOOKS[self.looks.pop(0) if self.looks else "seen"]
        if answer is RATE:
            self.rate_limited += 1
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            assert isinstance(answer, httpx.Response)
            return answer
        self.proven = self.booking is OURS
        return page([] if self.booking is None else [self.booking])


@settings(max_examples=400)
@given(
    creations=st.lists(st.sampled_from(list(EFFECTS)), max_size=8),
    looks=st.lists(st.sampled_from(list(LOOKS)), max_size=20),
    delay=st.integers(1, 12),
    rival_at=st.integers(-3, 6),
    is_invalid=st.booleans(),
    limit=st.integers(1, 5),
    deadline=st.sampled_from([3, 20, 180, 10_000]),
)
@example(
    creations=["lost, and late"] * 4, looks=["behind"] * 4, delay=9, rival_at=0, is_invalid=False, limit=4, deadline=180
)
@example(creations=["lost before"], looks=["behind"] * 3, delay=1, rival_at=1, is_invalid=False, limit=4, deadline=180)
def test_whatever_happens_to_a_booking_what_is_said_of_it_is_true(
    creations: list[str],
    looks: list[str],
    delay: int,
    rival_at: int,
    is_invalid: bool,  # noqa: FBT001  # Drawn by name.
    limit: int,
    deadline: float,
) -> None:
    """A desk that loses, delays, refuses and hides, beside a rival with the same reference."""
    clock = FakeClock()
    desk = Desk(clock, [*creations], [*looks], delay, rival_at, is_invalid)

    with SYNC.client(desk, clock=clock, max_attempts=limit, deadline=deadline) as (client, script):
        try:
            booking = book(client, external_reference="ORDER-1")
        except CleanLifeError as caught:
            error: CleanLifeError | None = caught
        else:
            error = None

    assert sent(script, WRITES["createBooking"]) == desk.posts
    assert desk.posts - desk.rate_limited <= limit
    assert desk.requests - desk.rate_limited <= limit + 2 * (limit + 1) * limit
    if error is None:
        assert desk.booking is OURS
        assert str(booking.booking_id) == OURS["bookingId"]
    elif isinstance(error, OutcomeUnknownError):
        assert desk.in_doubt
        assert error.key == "ORDER-1"
    elif isinstance(error, DuplicateExternalReferenceError):
        assert desk.booking is RIVALS
        assert error.existing is not None or not desk.in_doubt
    elif isinstance(error, BadRequestError):
        assert desk.is_invalid
    else:
        # A plain error says that nothing was made: there must be no doubt of that.
        assert not desk.in_doubt
        assert not error.ambiguous
        assert desk.booking is not OURS


def raised(write: Write, client: Any) -> CleanLifeError | None:
    """The error that *write* ends in, if it does."""
    try:
        write.call(client)
    except CleanLifeError as error:
        return error
    return None


ANYTHING = [
    *(LOST, DOWN, RATE, PAGE, httpx.ReadError("x"), httpx.Response(204), httpx.Response(302), ok(BOOKING), ok([])),
    *(refused(500, "X"), refused(503, "X"), refused(501, "X"), httpx.Response(522), page([BOOKING]), page([])),
    *(refused(status, "SOME_CODE") for status in (400, 401, 403, 404, 409, 422)),
    *(refused(422, "BOOKING_CREATION_FAILED"), TAKEN, *(step for write in WRITES.values() for step in write.proof)),
    *(step for write in WRITES.values() for step in (*write.before, *write.seen, write.answer)),
]


@settings(max_examples=400)
@given(
    name=st.sampled_from(list(WRITES)),
    steps=st.lists(st.sampled_from(ANYTHING), min_size=1, max_size=30),
    limit=st.integers(1, 5),
    deadline=st.sampled_from([3, 180, 10_000]),
)
def test_any_schedule_of_answers_ends(name: str, steps: list[Any], limit: int, deadline: float) -> None:
    """Within the attempts that are allowed, and never as a plain failure of the network while in doubt."""
    write = WRITES[name]

    with SYNC.client(
        *write.before, *steps, refused(403, "X"), clock=FakeClock(), max_attempts=limit, deadline=deadline
    ) as (client, script):
        error = raised(write, client)

    if error is not None:
        own = [attempt for attempt in error.attempts if attempt.operation == name]
        if any(attempt.ambiguous for attempt in own):
            assert isinstance(error, OutcomeUnknownError | APIStatusError)
            assert error.ambiguous is isinstance(error, OutcomeUnknownError)
        else:
            assert not isinstance(error, OutcomeUnknownError)
        assert error.operation == name
        assert len(error.attempts) == len(script.asked)
        assert all(attempt.reason for attempt in error.attempts if attempt.wait is not None)
    refusals_for_the_rate = sum(step is RATE for step in steps)
    assert sent(script, write) - refusals_for_the_rate <= limit
