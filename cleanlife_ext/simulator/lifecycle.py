"""How a booking moves on by itself, and by the hands of those who are not the partner.

    appointment    Scheduled ──► Dispatched ──► In Progress ──► Completed
                        one hour        the visit      the visit ends,
                        before it       begins         and the booking is a `success`
    payment        30 minutes after its creation, what is still `waiting payment` is `failed`

The documentation names two of these statuses and no times at all, so all of this is decided here:

- A step whose time has passed is made at once: an appointment made within the last hour is Dispatched right away.
- Each step is told as `booking.appointment_status_changed`, with the status before. When a customer has paid, the
  booking gets its appointment, and that is told the same way, without a status before. What another event tells
  (created, updated, cancelled) is not told a second time as a change of the appointment.
- Whoever sets a status by hand may go back as well as forward. Time then goes on from there: the steps whose time has
  passed are left out, so that nothing is undone at once.
- Completed makes a `success` of the booking, and Cancelled is a cancellation by CleanLife, also when set by hand.
- A visit that is moved begins anew: a team that was on its way is Scheduled again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from cleanlife_ext.simulator import bookings
from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.webhooks.values import APPOINTMENT_EVENT

if TYPE_CHECKING:
    from cleanlife_ext.simulator.state import State

APPOINTMENT_STATUSES = ("Scheduled", "Dispatched", "In Progress", "Completed", "Cancelled")
TIME_TO_PAY = dt.timedelta(minutes=30)
DISPATCHED_BEFORE = dt.timedelta(hours=1)
PAYMENT_FAILED_EVENT = "booking.payment_failed"
CANCELLED_EVENT = "booking.cancelled"


@frozen
class Change:
    """A booking after something happened to it, and how that is told."""

    event: str
    booking: Booking
    previous_status: str | None = None


@frozen(cache_hash=True)
class Step:
    """A booking moves on to *status* by itself; one booking has one next step."""

    partner_id: str
    booking_id: str
    status: str = field(eq=False)

    def happen(self, state: State) -> None:
        """Make the step, tell it, and plan the next one."""
        booking = state.registers[self.partner_id].get(self.booking_id)
        assert booking is not None, "bookings are never forgotten"
        change = moved_on(booking, self.status, state.now())
        state.apply(change)
        state.plan_step(change.booking)


def next_step(booking: Booking, after: dt.datetime | None = None) -> tuple[dt.datetime, str] | None:
    """When *booking* moves on by itself, and to what; with *after*, steps of that time or before are left out."""
    if booking.status == "waiting payment":
        return booking.created_at + TIME_TO_PAY, "failed"
    return next((step for step in _coming(booking) if after is None or step[0] > after), None)


def moved_on(booking: Booking, status: str, now: dt.datetime) -> Change:
    """*booking* after a step: unpaid for too long, or with its appointment in another *status*."""
    if status == "failed":
        failed = evolve(booking, status="failed", payment_status="FAILED", updated_at=now)
        return Change(PAYMENT_FAILED_EVENT, failed)
    appointment = booking.appointment
    assert appointment is not None, "only bookings with an appointment have these steps"
    return Change(
        APPOINTMENT_EVENT,
        evolve(
            booking,
            status="success" if status == "Completed" else booking.status,
            appointment=evolve(appointment, status=status),
            updated_at=now,
        ),
        appointment.status,
    )


def set_by_hand(booking: Booking, status: str, now: dt.datetime) -> Change | None:
    """*booking* with its appointment in *status*; None if it is so already."""
    if status not in APPOINTMENT_STATUSES:
        message = f"status must be one of {', '.join(APPOINTMENT_STATUSES)}; not {status!r:.50}"
        raise ValueError(message)
    if booking.appointment is None:
        message = f"the booking is '{booking.status}' and has no appointment"
        if booking.status == "waiting payment":
            message += " until it is paid for: call pay(booking_id) first"
        raise ValueError(message)
    if booking.appointment.status == status:
        return None
    if booking.status != "in progress":
        message = f"the booking is '{booking.status}', and its appointment stays '{booking.appointment.status}'"
        raise ValueError(message)
    if status == "Cancelled":
        return Change(CANCELLED_EVENT, bookings.cancelled(booking, now, reason_id=None, notes=None))
    return moved_on(booking, status, now)


def paid(booking: Booking, appointment_id: str, now: dt.datetime) -> Change:
    """*booking*, which the customer has paid for, with the appointment that it gets now."""
    appointment = bookings.appointment(appointment_id, booking.number, booking.visit)
    changed = evolve(booking, status="in progress", payment_status="PAID", appointment=appointment, updated_at=now)
    return Change(APPOINTMENT_EVENT, changed)


def check_waits_for_payment(booking: Booking, responsibility: str) -> None:
    """Refuse where no customer has anything to pay to CleanLife."""
    if responsibility == "PARTNER":
        raise ValueError("this booking's partner collects the money itself: call confirmPayment of the API instead")
    if booking.status != "waiting payment":
        message = f"the booking is '{booking.status}', so there is nothing to pay; make a new one to try a payment"
        raise ValueError(message)


def _coming(booking: Booking) -> Iterator[tuple[dt.datetime, str]]:
    """The steps that lead forward from where *booking* stands, and when each is made."""
    appointment = booking.appointment
    if booking.status != "in progress" or appointment is None:
        return
    if appointment.status == "Scheduled":
        yield appointment.scheduled_start - DISPATCHED_BEFORE, "Dispatched"
    if appointment.status != "In Progress":
        yield appointment.scheduled_start, "In Progress"
    yield appointment.scheduled_end, "Completed"
