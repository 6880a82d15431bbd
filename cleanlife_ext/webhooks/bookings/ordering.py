"""Which of several events was the last: their times have seconds only, so of one second their contents have to tell.

An event shows the whole booking as it was after it, and each kind of event changes some of its fields alone. So one
can tell whether an event can have been the next after another. The last of them is the one to which a way leads from
all others; where there are several, as of two updates, nobody can know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

import attrs
from cleanlife_client.models import Booking, BookingStatus, EventType, PaymentStatus

from cleanlife_ext.webhooks.events import BookingAppointmentStatusChanged, Event

__all__ = ["OVER", "Observation", "alike", "candidates", "follows", "last", "progress", "shown"]

_Content: TypeAlias = Mapping[str, Any]

# What the documentation shows of a booking. What else there may be is kept, and decides nothing.
FIELDS = (
    *("externalReference", "status", "paymentStatus", "trackingReference", "appointmentId", "appointment"),
    *("date", "timeslot"),
)
# What an event can have changed. One that is not here, such as a cancellation, can follow on anything.
CHANGES: Mapping[str, AbstractSet[str]] = {
    EventType.BOOKING_UPDATED: {"externalReference", "date", "timeslot", "appointment"},
    EventType.BOOKING_PAYMENT_CONFIRMED: {"paymentStatus"},
    EventType.BOOKING_PAYMENT_FAILED: {"status", "paymentStatus"},
    EventType.BOOKING_APPOINTMENT_STATUS_CHANGED: {
        *("status", "paymentStatus", "trackingReference", "appointmentId", "appointment")
    },
}
OVER = (BookingStatus.FAILED, BookingStatus.SUCCESS, BookingStatus.CANCELED)
PROGRESS = (BookingStatus.WAITING_PAYMENT, BookingStatus.IN_PROGRESS, *OVER)  # A booking's status never goes back.


@attrs.frozen
class Observation:
    """What was seen of a booking: by which event, and how it was then.

    Attributes:
        event: The event's name, `""` if it was seen otherwise.
        previous: The status of the appointment before, if that is what has changed.
        content: The booking, as JSON that is the same text for the same booking.
    """

    event: str
    previous: str | None
    content: str

    @classmethod
    def told_by(cls, event: Event, booking: Booking) -> Observation:
        """What *event* tells."""
        previous = event.previous_status if isinstance(event, BookingAppointmentStatusChanged) else None
        return cls(event.event, previous, shown(booking))


def shown(booking: Booking) -> str:
    """*booking* as JSON that is the same text for the same booking."""
    return json.dumps(booking.to_dict(), sort_keys=True, separators=(",", ":"))


def alike(one: str, other: str) -> bool:
    """Whether two bookings are the same, as far as the documentation shows them."""
    if one == other:
        return True
    first, second = json.loads(one), json.loads(other)
    return all(first.get(field) == second.get(field) for field in FIELDS)


def progress(content: str) -> int | None:
    """How far a booking has come; `None` if its status is none that is known."""
    status = json.loads(content)["status"]
    return PROGRESS.index(status) if status in PROGRESS else None


def follows(before: Observation, after: Observation) -> bool:
    """Whether *after* can be what happened next after *before*."""
    then, now = json.loads(before.content), json.loads(after.content)
    changes = CHANGES.get(after.event, FIELDS)
    if any(then.get(field) != now.get(field) for field in FIELDS if field not in changes):
        return False
    may_be = CONDITIONS.get(after.event)
    return may_be is None or may_be(then, now, after.previous)


def _is_updatable(then: _Content, now: _Content, _: str | None) -> bool:
    # The team of a visit that is moved begins anew; otherwise its status stays.
    is_moved = (then["date"], then["timeslot"]) != (now["date"], now["timeslot"])
    return _is_open(then) and (is_moved or then["appointment"] == now["appointment"])


def _comes_further(then: _Content, now: _Content, previous: str | None) -> bool:
    is_paid_still = then["paymentStatus"] in {now["paymentStatus"], PaymentStatus.PENDING}
    status = None if then["appointment"] is None else then["appointment"]["status"]
    return _is_open(then) and is_paid_still and status == previous


def _is_open(content: _Content) -> bool:
    return content["status"] not in OVER


# What has to hold before an event, and after it, beside what stays as it was.
CONDITIONS: Mapping[str, Callable[[_Content, _Content, str | None], bool]] = {
    EventType.BOOKING_CREATED: lambda _then, _now, _previous: False,
    EventType.BOOKING_CANCELLED: lambda then, _now, _previous: bool(then["status"] != BookingStatus.CANCELED),
    EventType.BOOKING_UPDATED: _is_updatable,
    EventType.BOOKING_PAYMENT_CONFIRMED: lambda then, _now, _previous: then["paymentStatus"] != PaymentStatus.PAID,
    EventType.BOOKING_PAYMENT_FAILED: lambda then, _now, _previous: _is_open(then),
    EventType.BOOKING_APPOINTMENT_STATUS_CHANGED: _comes_further,
}


def last(observations: Collection[Observation], before: Collection[Observation] = ()) -> tuple[Observation, bool]:
    """The one that was the last of its second, or might have been, and whether that is certain.

    *before*: what may have been seen before that second. If there is any, one of these has to follow on it.
    """
    ends = candidates(observations)
    best = max(ends or observations, key=_order)
    is_alone = bool(ends) and all(alike(each.content, best.content) for each in ends)
    is_next = not before or any(follows(one, other) for one in before for other in observations)
    return best, is_alone and is_next


def candidates(observations: Collection[Observation]) -> list[Observation]:
    """Those to which a way leads from all others."""
    ways = {one: _reachable(one, observations) for one in observations}
    return [one for one in observations if all(one in way for way in ways.values())]


def _reachable(start: Observation, observations: Collection[Observation]) -> set[Observation]:
    found, waiting = {start}, [start]
    while waiting:
        one = waiting.pop()
        new = {other for other in observations if other not in found and follows(one, other)}
        found |= new
        waiting += new
    return found


def _order(one: Observation) -> tuple[int, bool, str, str, str]:
    """A guess at what was later, and the same one for everybody."""
    reached = progress(one.content)
    is_new = one.event == EventType.BOOKING_CREATED
    return (-1 if reached is None else reached, not is_new, one.content, one.event, one.previous or "")
