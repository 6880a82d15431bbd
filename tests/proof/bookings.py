"""A state machine: calls on bookings, alone and at the same time, on any schedule of what can go wrong.

A step lets up to three callers act at once, on one reference or on several, synchronous and asynchronous ones mixed,
each with a client of its own. Afterwards all that was ever said to a caller is held against what was really done.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs
import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from proof.office import ON_CREATIONS, ON_LOOKS, ON_UPDATES, ON_WRITES, Blow, Done, Office, OfficeClock
from proof.stage import PLACES, Stage

from cleanlife_ext import (
    AsyncCleanLife,
    CleanLife,
    CleanLifeError,
    DuplicateExternalReferenceError,
    OutcomeUnknownError,
    Timeslot,
)
from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.transport import InProcess

__all__ = ["URL", "Bookings", "DoubleBookingError", "Figures", "Lines", "Plan", "Said"]

SLOTS = (Timeslot("15:00", "18:00"), Timeslot("18:00", "21:00"), Timeslot("21:00", "00:00"))
FIRST_DAY = dt.date(2026, 6, 20)
MOVED_TO = dt.date(2026, 8, 1)  # From here on each change has a time of its own, by which it is known.
URL = "https://office.test/v1"
TOLERANCE = 0.001  # seconds
# The spec lets a change be given up when it is refused after its answer was lost, if it is not to be seen. But what is
# late may still find the slot free again, so this one refusal of a change is not held against what happens later.
BELIEVED_TOO_SOON = {"TIMESLOT_NOT_AVAILABLE"}


class DoubleBookingError(AssertionError):
    """One call made two bookings, or two bookings bear one reference."""


@attrs.frozen
class Plan:
    """What a caller is going to ask for; numbers choose among what there is."""

    kind: str = "create"
    is_async: bool = False
    order: int = 0
    slot: int = 0
    adopt: bool = False
    patience: tuple[float, int] = (180, 4)  # Deadline, and attempts.
    target: int = 0

    @property
    def deadline(self) -> float:
        return self.patience[0]


@attrs.define(eq=False)
class Said:
    """What a caller asked for, and what was said in the end."""

    plan: Plan
    tag: str
    reference: str | None = None
    target: str = ""
    changes: dict[str, Any] = attrs.Factory(dict[str, Any])
    began: int = 0
    ended: int = 0
    answer: Any = None
    error: CleanLifeError | None = None
    is_refused: bool = False


@attrs.define
class Figures:
    """How much was tried."""

    steps: int = 0
    calls: Counter[str] = attrs.Factory(Counter[str])
    requests: int = 0

    def __str__(self) -> str:
        kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.calls.items()))
        return f"{self.steps:,} steps, {self.requests:,} requests; calls that ended: {kinds}"


class Lines(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The way to the office and back. On both, others may be faster."""

    def __init__(self, stage: Stage, wire: InProcess) -> None:
        self._stage, self._wire = stage, wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._stage.pause()
        try:
            return self._wire.handle_request(request)
        finally:
            self._stage.pause()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._stage.pause()
        try:
            return await self._wire.handle_async_request(request)
        finally:
            self._stage.pause()


KINDS = ["create"] * 5 + ["update", "cancel", "confirm", "resolve", "resolve"]
PLANS = st.builds(
    Plan,
    kind=st.sampled_from(KINDS),
    is_async=st.booleans(),
    order=st.integers(0, 12),
    slot=st.integers(0, 5),
    adopt=st.booleans(),
    patience=st.sampled_from([(180, 4), (1000, 4), (60, 2), (180, 1), (5, 4)]),
    target=st.integers(0, 29),
)
NO_REFERENCE = 12
ORDERS = st.integers(0, PLACES**20)  # Read digit by digit.


def blows(on: Sequence[Blow]) -> st.SearchStrategy[list[Blow]]:
    """What befalls the next few calls."""
    return st.lists(st.sampled_from((None,) * 4 + tuple(on)), max_size=5)


class Bookings(RuleBasedStateMachine):
    """The machine. *stage* is shared by all its runs, each of which has an office of its own."""

    unique = True

    def __init__(self, stage: Stage, figures: Figures | None = None) -> None:
        super().__init__()
        self.stage, self.figures = stage, figures or Figures()
        self.said: list[Said] = []
        self.said_long_ago = 0
        self.clients: dict[tuple[int, bool], Any] = {}
        self.orders = 0
        self.open("PARTNER")

    @initialize(responsibility=st.sampled_from(["PARTNER", "PARTNER", "CLEANOS"]))
    def open(self, responsibility: Any) -> None:
        """An office that has just opened; in a few, customers pay the provider, or their bookings fail."""
        self.stage.office = self.office = Office(responsibility, unique=self.unique)

    @rule(
        plans=st.lists(PLANS, min_size=1, max_size=PLACES),
        order=ORDERS,
        shared=st.booleans(),
        creations=blows(ON_CREATIONS),
        writes=blows(ON_UPDATES),
        looks=blows(ON_LOOKS),
        reads=blows(ON_LOOKS),
        passes=st.sampled_from([0, 30, 300, 2000]),
        others=st.booleans(),
    )
    def act(
        self,
        plans: list[Plan],
        order: int,
        shared: bool,  # noqa: FBT001  # Drawn by name.
        creations: list[Blow],
        writes: list[Blow],
        looks: list[Blow],
        reads: list[Blow],
        passes: float,
        others: bool,  # noqa: FBT001
    ) -> None:
        """Up to three callers at once; if *shared*, all want the same reference, and change the same booking.

        *passes*: so many seconds, before. *others*: new clients, with all of their retries to spend, and new
        orders; and other customers leave.
        """
        self.office.advance(self.office.moment + dt.timedelta(seconds=passes))
        if others:
            self.clients.clear()
            self.orders += NO_REFERENCE
            self.office.others_leave()
        if shared:
            plans = [attrs.evolve(plan, order=plans[0].order, target=plans[0].target) for plan in plans]
        self.befall("updateBooking", writes)
        for operation in ("cancelBooking", "confirmPayment"):
            self.befall(operation, [blow for blow in writes if blow in ON_WRITES])
        self.befall("createBooking", creations)
        self.befall("listBookings", looks)
        self.befall("getBookingStatus", reads)
        calls = [call for place, plan in enumerate(plans) if (call := self.call(place, plan)) is not None]
        if calls:
            self.stage.play(calls, digits(order))
        self.figures.steps += 1
        self.hold_against_the_truth()

    @rule()
    @precondition(lambda self: len(self.said) > self.said_long_ago)
    def all_lands(self) -> None:
        """Everything late has arrived and nothing goes wrong any more: what was unknown can be known."""
        self.office.land()
        self.hold_against_the_truth()
        for said in self.said[self.said_long_ago :]:
            if isinstance(said.error, OutcomeUnknownError) and said.plan.kind == "create":
                self.check_resolved(said)
        self.said_long_ago = len(self.said)
        self.figures.steps += 1

    def teardown(self) -> None:
        self.office.land()
        self.hold_against_the_truth()
        self.figures.requests += self.office.requests

    def befall(self, operation: str, coming: Sequence[Blow]) -> None:
        """Let this befall the next calls of an operation."""
        self.office.blows[operation].extend(coming)

    # What callers do

    def call(self, place: int, plan: Plan) -> Callable[[], None] | None:
        """The call that *plan* means, if there is anything that it could be about."""
        said = Said(plan, f"call-{len(self.said)}")
        makers = {"create": self.create, "resolve": self.resolve}
        ask = makers.get(plan.kind, self.change)(place, plan, said)
        if ask is None:
            return None
        self.said.append(said)
        return partial(self.make, place, said, ask)

    def make(self, place: int, said: Said, ask: Callable[[], Any]) -> None:
        """Call, and write down what was said."""
        said.began, began = self.office.books.changes, self.office.moment
        try:
            said.answer = self.result(place, said.plan, ask)
        except CleanLifeError as error:
            said.error = error
        said.ended = self.office.books.changes
        self.figures.calls[f"{said.plan.kind}: {type(said.error).__name__ if said.error else 'done'}"] += 1
        took = (self.office.moment - began).total_seconds()
        assert took <= said.plan.deadline + TOLERANCE, f"{took} s under a deadline of {said.plan.deadline} s"
        {"create": self.check_creation, "resolve": self.check_look}.get(said.plan.kind, self.check_change)(said)

    def result(self, place: int, plan: Plan, ask: Callable[[], Any]) -> Any:
        if not plan.is_async:
            return ask()

        async def awaited() -> Any:
            return await ask()

        return self.stage.run(place, awaited())

    def client(self, place: int, plan: Plan) -> Any:
        known = self.clients.get((place, plan.is_async))
        if known is None:
            known = self.clients[place, plan.is_async] = self.new_client(is_async=plan.is_async)
        return known.with_options(deadline=plan.deadline, max_attempts=plan.patience[1])

    def new_client(self, *, is_async: bool) -> Any:
        clock = OfficeClock(self.office, self.stage.pause)
        lines = Lines(self.stage, InProcess(self.office.answer, clock))
        return (AsyncCleanLife if is_async else CleanLife)(self.office.key, base_url=URL, transport=lines, clock=clock)

    def create(self, place: int, plan: Plan, said: Said) -> Callable[[], Any]:
        said.tag = self.office.new_contact()  # Nobody else books for this contact.
        said.reference = self.reference(plan)
        catalogue = self.office.books.catalogue
        return partial(
            self.client(place, plan).bookings.create,
            contact_id=said.tag,
            address_id=next(iter(catalogue.addresses)),
            service_id=next(iter(catalogue.services)),
            **when(plan),
            external_reference=said.reference,
            if_exists="return" if plan.adopt else "raise",
        )

    def reference(self, plan: Plan) -> str | None:
        return None if plan.order == NO_REFERENCE else f"ORDER-{self.orders + plan.order}"

    def change(self, place: int, plan: Plan, said: Said) -> Callable[[], Any] | None:
        known = sorted({id for made in self.office.made.values() for id in made})
        if not known:
            return None
        said.target = known[plan.target % len(known)]
        bookings = self.client(place, plan).bookings
        if plan.kind == "cancel":
            return partial(bookings.cancel, said.target, notes=said.tag)
        if plan.kind == "confirm":
            return partial(bookings.confirm_payment, said.target, payment_reference=said.tag)
        number = len(self.said)
        moved = {"date": MOVED_TO + dt.timedelta(number // len(SLOTS)), "timeslot": SLOTS[number % len(SLOTS)]}
        notes = {"notes": said.tag}
        said.changes = (moved, notes, moved | notes)[plan.target % 3]
        return partial(bookings.update, said.target, **said.changes)

    def resolve(self, _place: int, plan: Plan, said: Said) -> Callable[[], Any] | None:
        unknown = [each for each in self.said if isinstance(each.error, OutcomeUnknownError) and each.reference]
        if not unknown:
            return None
        about = unknown[plan.target % len(unknown)]
        said.reference, said.tag, error = about.reference, about.tag, about.error
        said.plan = attrs.evolve(plan, slot=about.plan.slot, is_async=about.plan.is_async, patience=about.plan.patience)
        assert isinstance(error, OutcomeUnknownError)
        return error.resolve

    # Whether it is true

    def check_creation(self, said: Said) -> None:
        """What is said of a booking at the moment it is said."""
        mine = self.office.made[said.tag]
        match said.error:
            case None:
                assert self.is_shown(said, said.answer), f"{said} returned what is not there"
                may_be_anothers = said.plan.adopt or said.tag in self.office.disturbed
                assert may_be_anothers or there_id(said.answer) in mine, f"{said} returned another's, unasked"
            case OutcomeUnknownError():
                assert said.error.key == (said.reference or said.error.key) != "", "its reference is not told"
                assert any(attempt.ambiguous for attempt in said.error.attempts), "nothing was unknown"
                said.reference = said.error.key
            case DuplicateExternalReferenceError():
                said.is_refused = True
                if (there := said.error.existing) is not None:
                    self.check_existing(said, there)
            case _:
                said.is_refused = True
                assert not said.error.ambiguous
                assert not mine, f"{said.error!r}, and there is a booking"

    def check_existing(self, said: Said, there: Any) -> None:
        """What stands in the way has the reference, and is either not what was asked for, or not ours."""
        versions = [each for each in self.versions(there, said) if each.external_reference == said.reference]
        assert versions, "what stands in the way is not there"
        if there_id(there) in self.office.made[said.tag]:
            assert not all(self.is_as_asked(said, each) for each in versions), "it stands in its own way"

    def check_look(self, said: Said) -> None:
        """A later look tells what is to be seen then."""
        if isinstance(said.error, DuplicateExternalReferenceError):
            self.check_existing(attrs.evolve(said, tag=""), said.error.existing)
        elif said.error is None and said.answer is not None:
            assert self.is_shown(said, said.answer), f"{said} saw what is not there"

    def check_resolved(self, said: Said) -> None:
        """Once all has landed, a look tells the truth."""
        looked = Said(attrs.evolve(said.plan, kind="resolve"), said.tag, said.reference)
        assert isinstance(said.error, OutcomeUnknownError)
        assert said.reference is not None
        self.make(0, looked, said.error.resolve)
        bearers = self.office.bearers(said.reference)
        if looked.error is not None:
            assert isinstance(looked.error, DuplicateExternalReferenceError), f"a look ended in {looked.error!r}"
            assert bearers
            assert not self.is_as_asked(said, bearers[0])
        elif looked.answer is None:
            assert not bearers
            assert not self.office.made[said.tag]
        else:
            assert [each.id for each in bearers] == [there_id(looked.answer)]

    def check_change(self, said: Said) -> None:
        """What is said of a change at the moment it is said."""
        if said.error is None:
            assert there_id(said.answer) == said.target
            shown = self.office.books.shown_since(said.target, said.began)
            assert any(is_so(said, each) for each in shown), f"{said} returned, and it was never so"
        elif isinstance(said.error, OutcomeUnknownError):
            assert any(attempt.ambiguous for attempt in said.error.attempts), "nothing was unknown"
        else:
            said.is_refused = True
            assert not said.error.ambiguous
            is_done = any(is_of(said, done) for done in self.office.done)
            is_so_now = any(is_so(said, each) for each in self.office.books.shown_since(said.target, said.ended))
            assert not (is_done and is_so_now), f"{said.error!r}, and it was done"

    def hold_against_the_truth(self) -> None:
        """No reference has two bookings, no call made two, and whatever was refused was not done later."""
        references = Counter(
            booking.external_reference
            for booking in self.office.books.registers[self.office.partner.id].all()
            if booking.external_reference is not None
        )
        if twice := [reference for reference, count in references.items() if count > 1]:
            raise DoubleBookingError(f"two bookings bear {twice[0]}")
        for said in self.said:
            if said.plan.kind == "create":
                self.check_promise(said)
            elif said.is_refused and getattr(said.error, "code", "") not in BELIEVED_TOO_SOON:
                late = [done for done in self.office.done if done.at > said.ended and is_of(said, done)]
                assert not late, f"{said.error!r}, and it was done later"

    def check_promise(self, said: Said) -> None:
        """What was said of a creation stays true."""
        made = self.office.made[said.tag]
        if len(made) > 1:
            raise DoubleBookingError(f"one call made {len(made)} bookings")
        if said.is_refused and made:
            existing = getattr(said.error, "existing", None)
            assert existing is not None, f"{said.error!r}, and there is a booking now"
            assert there_id(existing) in made, f"{said.error!r}, and there is a booking now"
        if said.error is None and made:
            assert there_id(said.answer) in made, "it was given another one, and made one besides"

    def is_shown(self, said: Said, answer: Any) -> bool:
        """Whether *answer* was there during the call, alive and as it was asked for."""
        return any(
            each.is_alive
            and self.is_as_asked(said, each)
            and each.external_reference == (said.reference or answer.external_reference)
            for each in self.versions(answer, said)
        )

    def is_as_asked(self, said: Said, booking: Booking) -> bool:
        asked = when(said.plan)
        same = booking.date == asked["date"] and booking.timeslot.start_at == asked["timeslot"].start_at
        return same and booking.is_alive

    def versions(self, answer: Any, said: Said) -> list[Booking]:
        return self.office.books.shown_since(there_id(answer), said.began)


def digits(order: int) -> Iterator[int]:
    """Who goes on, time after time."""
    while order:
        order, digit = divmod(order, PLACES)
        yield digit


def when(plan: Plan) -> dict[str, Any]:
    """The day and time that *plan* wants."""
    return {"date": FIRST_DAY + dt.timedelta(plan.slot // len(SLOTS)), "timeslot": SLOTS[plan.slot % len(SLOTS)]}


def there_id(answer: Any) -> str:
    return str(answer.booking_id)


def is_of(said: Said, done: Done) -> bool:
    """Whether it was this call that did it."""
    if said.target != done.booking:
        return False
    return said.tag in done.asked.values() or (
        "date" in said.changes
        and done.asked.get("date") == spelled(said)[0]
        and done.asked["timeslot"]["startAt"] == spelled(said)[1]
    )


def is_so(said: Said, booking: Booking) -> bool:
    """Whether *booking* is as the call wanted it, whoever made it so."""
    if said.plan.kind == "update":
        is_moved = "date" not in said.changes or (booking.date.isoformat(), booking.timeslot.start_at) == spelled(said)
        return is_moved and booking.notes == said.changes.get("notes", booking.notes)
    return booking.status == "canceled" if said.plan.kind == "cancel" else booking.payment_status == "PAID"


def spelled(said: Said) -> tuple[str, str]:
    """The day and the time that a change asked for."""
    return said.changes["date"].isoformat(), said.changes["timeslot"].start_at
