"""What the demo does, in order, and what is expected of it: one list for both clients."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from cleanlife_ext.cli.demo import asking, words
from cleanlife_ext.errors import DuplicateExternalReferenceError, NotFoundError

__all__ = ["STEPS", "Step", "by_name"]


def by_name(function: Callable[..., Any], known: Mapping[str, Any], *first: object) -> Any:
    """Call *function* with what comes *first*, and with those of the *known* values that its parameters name."""
    names = list(inspect.signature(function).parameters)[len(first) :]
    return function(*first, **{name: known[name] for name in names})


@attrs.frozen
class Step:
    """A line of Python, and what it should bring.

    *tell* and *holds* take the result, and by name whatever is known by then.

    Attributes:
        title: What is done.
        ask: The line, a function of `asking`.
        calls: How many HTTP calls it may cost; webhooks are not counted.
        tell: What came back, in words.
        holds: Whether that is what should come back.
        expected: What should come back, in words.
        raises: The error that should come back, if one should.
    """

    title: str
    ask: Callable[..., Any]
    calls: int
    tell: Callable[..., str]
    holds: Callable[..., bool]
    expected: str
    raises: type[Exception] | None = None

    @property
    def name(self) -> str:
        """What the result is called in later steps."""
        return self.ask.__name__


ARRIVING = [
    "booking.created",
    "booking.updated",
    "booking.payment_confirmed",
    "booking.cancelled",
    "booking.created",
    *["booking.appointment_status_changed"] * 3,
]

STEPS = (
    Step(
        "Read the catalogue",
        asking.services,
        calls=1,
        tell=lambda it: f"{len(it)} services, such as {words.both(it[0])}",
        holds=lambda it: len(it) == 12,
        expected="12 services",
    ),
    Step(
        "Read it again: it is kept for an hour",
        asking.services_again,
        calls=0,
        tell=lambda it: f"{len(it)} services, and nothing was sent",
        holds=lambda it, services: it == services,
        expected="the same services",
    ),
    Step(
        "Choose the one to book",
        asking.service,
        calls=0,
        tell=words.both,
        holds=lambda it: it.name == "Deep Home Cleaning",
        expected="the service of that name",
    ),
    Step(
        "Read the pricing tiers",
        asking.tiers,
        calls=1,
        tell=words.tiers,
        holds=lambda it: [tier.min_minutes for tier in it] == [120, 180, 240],
        expected="tiers from 120, 180 and 240 minutes",
    ),
    Step(
        "Price 23 items: ten to a call",
        asking.quotes,
        calls=3,
        tell=words.quotes,
        holds=lambda it, services: [quote.item.service_id for quote in it] == [s.id for s in services + services[1:]],
        expected="a price for each of 23 items, in the order asked",
    ),
    Step(
        "Find free slots: asked anew each time",
        asking.slots,
        calls=1,
        tell=words.free,
        holds=lambda it: len(it) == 6,
        expected="six free slots",
    ),
    Step(
        "Find or create the contact",
        asking.contact,
        calls=1,
        tell=lambda it: f"a {'new' if it.is_new_contact else 'known'} contact, {it.id}",
        holds=lambda it: it.is_new_contact,
        expected="a new contact",
    ),
    Step(
        "Subscribe to all that happens to bookings",
        asking.subscription,
        calls=2,  # Those that are there are listed first: only so a lost one could be told from them.
        tell=lambda it: f"{len(it.events)} events, and a secret of {len(it.secret)} characters that is shown once",
        holds=lambda it: len(it.events) == 6 and len(it.secret) == 64,
        expected="a subscription to six events, with its secret",
    ),
    Step(
        "Put an order together",
        asking.order,
        calls=0,
        tell=words.ordered,
        holds=lambda it: it["external_reference"] == "ORDER-1",
        expected="an order called ORDER-1",
    ),
    Step(
        "Book it",
        asking.booking,
        calls=1,
        tell=words.kept,
        holds=lambda it, order: it.status == "in progress" and it.external_reference == order["external_reference"],
        expected="a booking in progress, called ORDER-1",
    ),
    Step(
        "Book it again: refused, and the first one is looked up",
        asking.booking_again,
        calls=2,
        tell=lambda it: f"{words.error(it)}\nerror.existing is the booking {it.existing.tracking_reference}",
        holds=lambda it, booking: it.existing == booking,
        expected="DuplicateExternalReferenceError, with the booking",
        raises=DuplicateExternalReferenceError,
    ),
    Step(
        "Book it again, and be content with the first one",
        asking.same,
        calls=2,
        tell=words.kept,
        holds=lambda it, booking: it == booking,
        expected="the booking made before",
    ),
    Step(
        "List the bookings of the day",
        asking.bookings,
        calls=1,
        tell=lambda it: "; ".join(words.kept(booking) for booking in it),
        holds=lambda it, booking: it == [booking],
        expected="the one booking",
    ),
    Step(
        "Move it to the next slot",
        asking.moved,
        calls=1,
        tell=words.kept,
        holds=lambda it, slots: (it.timeslot.start_at, it.timeslot.end_at) == (slots[1].start_at, slots[1].end_at),
        expected="the booking in the second slot",
    ),
    Step(
        "Confirm that you collected the payment",
        asking.paid,
        calls=1,
        tell=words.kept,
        holds=lambda it: it.payment_status == "PAID",
        expected="payment PAID",
    ),
    Step(
        "Ask for the reasons to cancel",
        asking.reasons,
        calls=1,
        tell=lambda it: f"{len(it)} reasons, such as {words.both(it[0])}",
        holds=lambda it: len(it) == 4,
        expected="four reasons",
    ),
    Step(
        "Cancel it, with a reason",
        asking.cancelled,
        calls=1,
        tell=words.kept,
        holds=lambda it: it.status == "canceled",
        expected="the booking canceled",
    ),
    Step(
        "Book the same visit anew",
        asking.second,
        calls=1,
        tell=words.kept,
        holds=lambda it, booking: it.booking_id != booking.booking_id and it.status == "in progress",
        expected="another booking in progress",
    ),
    Step(
        "Let nine days pass, and the visit with them",
        asking.passing,
        calls=0,
        tell=lambda _, simulator: f"it is {words.day(simulator.clock.now().date())} in the simulator",
        holds=lambda _, simulator, day: simulator.clock.now().date() > day,
        expected="a day after the visit",
    ),
    Step(
        "See what became of it",
        asking.finished,
        calls=1,
        tell=words.kept,
        holds=lambda it: it.status == "success",
        expected="a success",
    ),
    Step(
        "See which webhooks arrived on the way",
        asking.webhooks,
        calls=0,
        tell=words.arrived,
        holds=lambda it: [each.event for each in it] == ARRIVING and all(each.is_signed for each in it),
        expected=f"{len(ARRIVING)} signed webhooks, in the order in which things happened",
    ),
    Step(
        "Compare with what the API says of them",
        asking.deliveries,
        calls=1,
        tell=lambda it: f"{len(it)} deliveries, {sum(each.attempt_count for each in it)} attempts",
        holds=lambda it, webhooks: {str(each.id) for each in it} == {each.id for each in webhooks},
        expected="the same deliveries",
    ),
    Step(
        "Ask for a booking that does not exist",
        asking.missing,
        calls=1,
        tell=words.error,
        holds=lambda it: it.status_code == 404 and it.request_id != "",
        expected="NotFoundError, with a request id",
        raises=NotFoundError,
    ),
    Step(
        "Ask for the price of 25 hours: nothing is even sent",
        asking.too_long,
        calls=0,
        tell=words.error,
        holds=lambda it: "hours" in str(it),
        expected="ValueError, with the field's name",
        raises=ValueError,
    ),
)
