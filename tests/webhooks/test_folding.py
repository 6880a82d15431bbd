"""What events come to: the same in whatever order they are delivered, and however often."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import random
from collections.abc import Iterable
from functools import reduce
from typing import Any

import pytest
from cleanlife_client.models import Booking, EventType
from hypothesis import given, settings
from hypothesis import strategies as st
from webhooks.stories import NINE, booked, moved_on, played, shuffled, told

from cleanlife_ext.webhooks.bookings.folding import TOLERANCE, BookingState, fold, fold_absence, fold_answer
from cleanlife_ext.webhooks.bookings.ordering import CONDITIONS
from cleanlife_ext.webhooks.bookings.rows import decoded, encoded
from cleanlife_ext.webhooks.events import Event, parse

ID = booked()["bookingId"]
ENDED = {"status": "canceled", "paymentStatus": "CANCELLED"}
MOVED = {"date": "2026-06-21T00:00:00.000Z"}
ELSEWHERE = {"date": "2026-06-22T00:00:00.000Z"}
SOME_SECONDS = (0.0, 0.0, 0.0, 1.0, 60.0, 3600.0)


def folded(events: Iterable[Event], state: BookingState | None = None) -> BookingState:
    state = reduce(fold, events, state)
    assert state is not None
    return state


def of(id: str, events: Iterable[Event]) -> list[Event]:
    return [event for event in events if event.booking_id == id]


# --- Whole stories


@pytest.mark.parametrize("moments", [SOME_SECONDS, (0.0,)], ids=["some time", "one second"])
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_any_order_with_any_duplicates_gives_the_state_of_the_ordered_history(
    moments: tuple[float, ...], seed: int
) -> None:
    """Of stories that a simulator has played; and what is said to be certain is the truth."""
    events, truth = played(seed, moments=moments)
    source = random.Random(seed)  # noqa: S311  # No secret is made of it.
    for id, booking in truth.items():
        ordered = folded(of(id, events))
        for _ in range(5):
            assert folded(shuffled(of(id, events), source)) == ordered
        assert ordered.is_complete
        if ordered.is_certain:
            assert ordered.booking == booking
            assert ordered.is_over == (booking.status in {"success", "canceled", "failed"})


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_where_each_event_has_a_second_of_its_own_all_is_certain(seed: int) -> None:
    """Each of them follows on the one before."""
    events, truth = played(seed, moments=(1.0, 60.0))

    assert all(
        folded(of(id, events)).is_certain
        for id in truth
        if len({e.created_at for e in of(id, events)}) == len(of(id, events))
    )


# --- Stories of one second


@pytest.mark.parametrize(
    "story",
    [
        [told("created", 0)],
        [told("created", 0), moved_on(0, "Scheduled", "Dispatched")],
        [
            told("created", 0),
            moved_on(0, "Scheduled", "Dispatched"),
            moved_on(0, "Dispatched", "In Progress"),
            moved_on(0, "In Progress", "Completed", status="success"),
        ],
        [
            told("created", 0),
            moved_on(0, "Scheduled", "Dispatched"),
            told("updated", 0, booked(**MOVED)),
            moved_on(0, "Scheduled", "In Progress", **MOVED),
        ],
        [told("created", 0), told("updated", 0, booked(**MOVED)), told("cancelled", 0, booked("Cancelled", **ENDED))],
        [told("created", 0), told("payment_confirmed", 0, booked(paymentStatus="PAID"))],
        [
            told("created", 0),
            moved_on(0, "Scheduled", "Dispatched"),
            told("payment_confirmed", 0, booked("Dispatched", paymentStatus="PAID")),
        ],
        [
            told("created", 0),
            told("payment_confirmed", 0, booked(paymentStatus="PAID")),
            moved_on(0, "Scheduled", "Dispatched", paymentStatus="PAID"),
        ],
        [
            told("created", 0, booked(None, status="waiting payment")),
            moved_on(0, None, "Scheduled", paymentStatus="PAID"),
        ],
        [
            told("created", 0, booked(None, status="waiting payment")),
            told("payment_failed", 0, booked(None, status="failed", paymentStatus="FAILED")),
        ],
        [
            moved_on(0, "In Progress", "Completed", status="success"),
            told("payment_confirmed", 0, booked("Completed", status="success", paymentStatus="PAID")),
            told("cancelled", 0, booked("Cancelled", **ENDED)),
            told("refunded", 0, booked("Cancelled", **ENDED, refund=100)),
        ],
        [
            told("updated", 0, booked(externalReference="A", note="1")),
            told("updated", 0, booked(externalReference="A")),
        ],
    ],
    ids=lambda story: "-".join(event.event.removeprefix("booking.") for event in story),
)
def test_events_of_one_second_are_ordered_by_what_they_say(story: list[Event]) -> None:
    """Where only one of them can have been the last; what the documentation does not know makes no difference."""
    ordered = folded(story)

    assert ordered.is_certain
    assert ordered.booking.to_dict()["status"] == story[-1].content["data"]["status"]
    assert ordered.booking.appointment == story[-1].booking.appointment if story[-1].booking else False
    assert {folded(order) for order in itertools.permutations(story)} == {ordered}


@pytest.mark.parametrize(
    "story",
    [
        [told("created", 0), told("updated", 0, booked(**MOVED)), told("updated", 0, booked(**ELSEWHERE))],
        [moved_on(0, "Scheduled", "Dispatched"), moved_on(0, "Dispatched", "Scheduled")],
        [told("updated", 0, booked(**MOVED)), told("refunded", 0)],
        [moved_on(0, "Scheduled", "Dispatched"), moved_on(0, "In Progress", "Completed")],
        [told("created", 0), told("payment_confirmed", 0, booked(paymentStatus="PAID", **MOVED))],
    ],
    ids=lambda story: "-".join(event.event.removeprefix("booking.") for event in story),
)
def test_where_nobody_can_know_the_state_says_so(story: list[Event]) -> None:
    """And is the same for every order; the next second settles it."""
    ordered = folded(story)
    assert not ordered.is_certain
    assert {folded(order) for order in itertools.permutations(story)} == {ordered}

    assert folded([told("cancelled", 1, booked("Cancelled", **ENDED))], ordered).is_certain


def test_of_those_that_could_have_been_the_last_the_likeliest_is_shown() -> None:
    """That which has come further; and nothing is taken for an end that is none."""
    events = [told("created", 0), moved_on(0, "In Progress", "Completed", status="success", **MOVED)]

    assert folded(events).booking.status == "success"
    assert folded([told("updated", 0, booked(status="frozen")), told("updated", 0)]).booking.status == "in progress"


def test_every_event_has_its_conditions() -> None:
    """One that the spec learns, and nobody told us what may come before it, is found here."""
    assert set(CONDITIONS) == set(EventType)


# --- Gaps


def test_an_event_before_the_creation_is_not_lost() -> None:
    """The state is there at once, and complete when the creation has come."""
    early = folded([moved_on(5, "Scheduled", "Dispatched")])
    assert (early.booking.appointment and early.booking.appointment.status, early.is_certain) == ("Dispatched", True)
    assert not early.is_complete

    late = fold(early, told("created", 0))
    assert late is not None
    assert (late.booking, late.as_of) == (early.booking, early.as_of)
    assert late.is_complete


def test_an_event_that_does_not_follow_on_what_is_known_leaves_a_gap() -> None:
    """Until the one that is missing has come; both times the newest is shown."""
    known = folded([told("created", 0), moved_on(20, "Dispatched", "In Progress")])
    assert known.booking.appointment
    assert (known.booking.appointment.status, known.is_certain) == ("In Progress", False)

    healed = folded([moved_on(10, "Scheduled", "Dispatched")], known)
    assert (healed.booking, healed.is_certain) == (known.booking, True)


def test_what_tells_of_no_booking_changes_nothing() -> None:
    """Nor does what does not tell when."""
    state = folded([told("created", 0)])
    empty = parse(json.dumps({"event": "partner.paused", "createdAt": "2026-06-01T09:00:00+03:00"}).encode())
    timeless = parse(json.dumps({"event": "booking.refunded", "data": booked()}).encode())

    assert fold(None, empty) is None
    assert fold(state, empty) is state
    assert fold(state, timeless) is state


def test_what_tells_of_another_booking_is_a_mistake() -> None:
    """Nothing is mixed up in silence."""
    with pytest.raises(ValueError, match="event: it is of another booking"):
        fold(folded([told("created", 0)]), told("created", 0, booked(bookingId=ID[:-1] + "2")))


# --- What the API answers


def booking(**changes: Any) -> Booking:
    return Booking.from_dict(booked(**changes))


@pytest.mark.parametrize("skew", [-200, 0, 200])
def test_an_answer_is_newer_than_what_was_known_when_it_was_asked_for(skew: int) -> None:
    """Whatever our clock says; also where the events were uncertain."""
    known = folded([told("updated", 0, booked(**MOVED)), told("updated", 0, booked(**ELSEWHERE))])
    state = fold_answer(known, booking(), NINE + 1 + skew, known.mark)

    assert (state.booking, state.is_certain) == (booking(), True)
    assert state.as_of == dt.datetime.fromtimestamp(NINE + 1 + skew, dt.UTC)


@pytest.mark.parametrize(
    ("second", "shows_event", "is_certain"),
    [
        (-TOLERANCE - 1, False, True),
        (-TOLERANCE, False, False),
        (-1, False, False),
        (1, True, False),
        (TOLERANCE, True, False),
        (TOLERANCE + 1, True, True),
    ],
)
def test_an_event_that_comes_after_an_answer_is_compared_by_time(
    second: float, *, shows_event: bool, is_certain: bool
) -> None:
    """Where that is within what clocks may be off, the API is to be asked once more."""
    answered = fold_answer(folded([told("created", -900)]), booking(), NINE)
    state = folded([told("updated", second, booked(**MOVED))], answered)

    assert (state.booking == booking(**MOVED)) is shows_event
    assert state.is_certain is is_certain


@pytest.mark.parametrize("second", [-1, 1])
def test_clocks_do_not_matter_where_the_contents_tell(second: float) -> None:
    """Both are the same, or one of them has come further."""
    over = booked("Cancelled", **ENDED)
    same = folded([told("created", second)], fold_answer(None, booking(), NINE))
    later = folded([told("cancelled", second, over)], fold_answer(None, booking(), NINE))
    earlier = folded([told("created", second)], fold_answer(None, Booking.from_dict(over), NINE))

    assert [each.is_certain for each in (same, later, earlier)] == [True] * 3
    assert [each.booking.status for each in (same, later, earlier)] == ["in progress", "canceled", "canceled"]


def test_a_status_that_nobody_knows_has_come_neither_more_nor_less_far() -> None:
    """So the API is to be asked."""
    state = folded([told("updated", 1, booked(status="frozen"))], fold_answer(None, booking(), NINE))

    assert (state.booking.status, state.is_certain) == ("frozen", False)


def test_a_later_event_follows_on_an_answer_too() -> None:
    """What happened in between was not told, and was seen all the same."""
    known = folded([told("created", 0)])
    answered = fold_answer(known, booking(appointment="Dispatched"), NINE + 1000, known.mark)

    assert folded([moved_on(2000, "Dispatched", "In Progress")], answered).is_certain
    assert not folded([moved_on(2000, "Dispatched", "In Progress")], known).is_certain


def test_of_two_answers_the_one_that_was_asked_for_last_counts() -> None:
    """In whatever order they come."""
    first, second = (fold_answer(None, booking(**day), NINE + at) for at, day in enumerate((MOVED, ELSEWHERE)))
    orders = [fold_answer(first, second.booking, NINE + 1), fold_answer(second, first.booking, NINE)]

    assert orders == [second, second]


def test_a_booking_that_the_api_does_not_know_any_more_is_over() -> None:
    """It is shown as it was last known, until something is heard of it again."""
    known = folded([told("updated", 0, booked(**MOVED)), told("updated", 0, booked(**ELSEWHERE))])
    gone = fold_absence(known, NINE + 10, known.mark)
    assert gone is not None
    assert (gone.booking, gone.is_gone, gone.is_over, gone.is_certain) == (known.booking, True, True, True)
    assert not gone.is_known_as(gone.content)

    back = folded([told("updated", 1000)], gone)
    assert (back.is_gone, back.is_over) == (False, False)
    assert fold_absence(None, NINE, known.mark) is None


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32), asked=st.lists(st.integers(-900, 900), max_size=3))
def test_events_and_answers_may_come_in_any_order(seed: int, asked: list[int]) -> None:
    """However often, what is known in the end is the same."""
    source = random.Random(seed)  # noqa: S311  # No secret is made of it.
    pool = [told("created", 0), told("updated", 0, booked(**MOVED)), told("updated", 300, booked(**ELSEWHERE))]
    pool += [moved_on(0, "Scheduled", "Dispatched"), moved_on(600, "Dispatched", "In Progress")]
    events = source.choices(pool, k=6)
    marks = [folded(events[: at + 1]).mark for at in range(len(asked))]
    answers = [
        (booking(**source.choice((MOVED, ELSEWHERE))), NINE + at, mark) for at, mark in zip(asked, marks, strict=True)
    ]

    def known(order: list[Any]) -> BookingState | None:
        state: BookingState | None = None
        for each in order:
            state = fold(state, each) if isinstance(each, Event) else fold_answer(state, *each)
        return state

    everything: list[Any] = [*events, *answers]
    mixed = [*everything, *source.choices(everything, k=2)]
    source.shuffle(mixed)

    assert known(mixed) == known(everything)
    state = known(mixed)
    assert state is not None
    assert decoded(ID, encoded(state)) == state


def test_a_state_shows_what_an_engineer_needs_and_no_more() -> None:
    """Nothing of what else is in a booking."""
    assert (
        repr(folded([told("created", 0)]))
        == f"BookingState('{ID}', status='in progress', as_of='2026-06-01T06:00:00+00:00')"
    )
