"""What is known of a booking from its events, whatever their order.

Each event carries the whole booking as it was after it, so only the newest counts. But times have seconds only, events
come late and twice, and what the API answers bears no time of the vendor's at all. So a state keeps what it stands on:
what was seen in the newest two seconds, and the last answer of the API. To fold something in is to unite that: the
union of the sets, of which the newest two seconds are kept; the answer that was asked for last; whether the creation
was among it. Each of these is the same in whatever order it is done and however often, and so is what follows from
them. Nothing here does any I/O.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import cached_property
from typing import TypeAlias

import attrs
from cleanlife_client.models import Booking, EventType

from cleanlife_ext.webhooks.bookings.ordering import OVER, Observation, alike, candidates, last, progress, shown
from cleanlife_ext.webhooks.events import Event

__all__ = ["NOTHING", "TOLERANCE", "Answer", "BookingState", "Mark", "Moment", "fold", "fold_absence", "fold_answer"]

Mark: TypeAlias = tuple[float, int]

KEPT = 2  # Seconds: that of the last event, and the one before it, on which it has to follow.
TOLERANCE = 300.0  # Seconds: if our clock were further off, no delivery would be taken for a true one.
NOTHING: Mark = (0.0, 0)


@attrs.frozen
class Moment:
    """A second, and what was seen of a booking in it."""

    at: float
    observations: frozenset[Observation]

    @property
    def mark(self) -> Mark:
        """By which it is known again: what is seen of a second only grows."""
        return self.at, len(self.observations)


@attrs.frozen
class Answer:
    """What the API has answered.

    Attributes:
        asked_at: When it was asked, by our clock.
        content: The booking.
        known: The mark of what was known before it was asked: the answer is newer than that, whatever the clocks say.
        is_gone: Whether the API does not know it any more; *content* is then the last that was known.
    """

    asked_at: float
    content: str
    known: Mark = NOTHING
    is_gone: bool = False


@attrs.frozen
class _Judgement:
    content: str
    as_of: float
    is_certain: bool = True
    is_gone: bool = False


@attrs.frozen(repr=False)
class BookingState:
    """A booking, as far as it is known.

    Attributes:
        booking_id: Its id.
        is_complete: Whether its creation was seen: the event may be under way, or older than the subscription.
        moments: What the events told in the newest seconds, the newest first.
        answer: What the API has answered last, if it was asked.
    """

    booking_id: str
    is_complete: bool = False
    moments: tuple[Moment, ...] = ()
    answer: Answer | None = None

    @property
    def booking(self) -> Booking:
        """The booking as it was last seen."""
        return Booking.from_dict(json.loads(self._judgement.content))

    @property
    def as_of(self) -> dt.datetime:
        """When that was, in UTC: when the event happened, or by our clock when the API was asked."""
        return dt.datetime.fromtimestamp(self._judgement.as_of, dt.UTC)

    @property
    def is_certain(self) -> bool:
        """Whether it is known that this was the last. If not, the API should be asked.

        It is not known if two events of one second cannot be told apart; if the last event does not follow on what was
        seen before, so that one is missing; and if an event and an answer of the API differ, and are too close in time
        for our clock to tell which is newer. That the creation is missing is no reason to ask: every event shows the
        whole booking.
        """
        return self._judgement.is_certain

    @property
    def is_gone(self) -> bool:
        """Whether the API does not know the booking any more."""
        return self._judgement.is_gone

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be expected: it is done, cancelled, failed, or gone."""
        return self.is_gone or self.booking.status in OVER

    @property
    def content(self) -> str:
        """The booking as JSON."""
        return self._judgement.content

    def is_known_as(self, content: str) -> bool:
        """Whether the booking is certainly there, and like this."""
        return self.is_certain and not self.is_gone and alike(self.content, content)

    @property
    def mark(self) -> Mark:
        """What an answer of the API that is asked for now will be newer than."""
        return self.moments[0].mark if self.moments else NOTHING

    @cached_property
    def _judgement(self) -> _Judgement:
        return _judged(self.moments, self.answer, self.mark)

    def __repr__(self) -> str:
        return (
            f"BookingState({self.booking_id!r}, status={str(self.booking.status)!r}, as_of={self.as_of.isoformat()!r})"
        )


def fold(state: BookingState | None, event: Event) -> BookingState | None:
    """What is known with *event*, where *state* was known without: the same for any order of events.

    ```python
    state = None
    for event in events:
        state = fold(state, event)
    print(state.booking.status, state.is_certain)
    ```

    One that comes twice changes nothing, and neither does one that tells of no booking, or does not tell when. Raises
    `ValueError` if it tells of another booking.
    """
    if event.booking is None or event.created_at is None:
        return state
    if state is not None and state.booking_id != event.booking_id:
        raise ValueError("event: it is of another booking")
    seen = Moment(event.created_at.timestamp(), frozenset({Observation.told_by(event, event.booking)}))
    is_creation = event.event == EventType.BOOKING_CREATED
    return _united(state, BookingState(event.booking_id, is_creation, moments=(seen,)))


def fold_answer(state: BookingState | None, booking: Booking, asked_at: float, known: Mark = NOTHING) -> BookingState:
    """The same for what the API has answered; *known* is the state's mark from before it was asked."""
    answer = Answer(asked_at, shown(booking), known)
    return _united(state, BookingState(str(booking.booking_id), answer=answer))


def fold_absence(state: BookingState | None, asked_at: float, known: Mark) -> BookingState | None:
    """The same if it has answered that there is no such booking."""
    if state is None:
        return None
    answer = Answer(asked_at, state.content, known, is_gone=True)
    return _united(state, BookingState(state.booking_id, answer=answer))


def _united(one: BookingState | None, other: BookingState) -> BookingState:
    if one is None:
        return other
    seen: dict[float, frozenset[Observation]] = {}
    for moment in (*one.moments, *other.moments):
        seen[moment.at] = seen.get(moment.at, frozenset()) | moment.observations
    answers = [each.answer for each in (one, other) if each.answer is not None]
    return BookingState(
        one.booking_id,
        one.is_complete or other.is_complete,
        tuple(Moment(at, seen[at]) for at in sorted(seen, reverse=True)[:KEPT]),
        max(answers, key=lambda answer: (answer.asked_at, answer.known, answer.is_gone, answer.content), default=None),
    )


def _judged(moments: tuple[Moment, ...], answer: Answer | None, mark: Mark) -> _Judgement:
    told = _told(moments, answer) if moments else None
    if answer is None:
        assert told is not None
        return told
    answered = _Judgement(answer.content, answer.asked_at, is_gone=answer.is_gone)
    if told is None or answer.known == mark or told.as_of < answer.asked_at - TOLERANCE:
        return answered
    if told.as_of > answer.asked_at + TOLERANCE:
        return told
    return _newer(told, answered)


def _told(moments: tuple[Moment, ...], answer: Answer | None) -> _Judgement:
    """What the events tell by themselves."""
    latest, *earlier = moments
    before = [one for moment in earlier for one in candidates(moment.observations) or moment.observations]
    if before and answer is not None:
        before.append(Observation("", None, answer.content))
    one, is_certain = last(latest.observations, before)
    return _Judgement(one.content, latest.at, is_certain)


def _newer(told: _Judgement, answered: _Judgement) -> _Judgement:
    """The newer of two that are so close that clocks do not tell."""
    if answered.is_gone:  # It shows nothing that could be compared.
        return attrs.evolve(max(told, answered, key=lambda one: one.as_of), is_certain=False)
    if alike(told.content, answered.content):
        return told
    reached, has_reached = progress(told.content), progress(answered.content)
    if reached is not None and has_reached is not None and reached != has_reached:
        return told if reached > has_reached else answered
    return attrs.evolve(max(told, answered, key=lambda one: one.as_of), is_certain=False)
