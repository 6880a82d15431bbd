"""A booking's story, as far as the API can tell it.

    create ──► waiting payment ──► in progress ──► success
    create ──────────────────────► in progress
    update     in `waiting payment` and `in progress`; the status stays
    cancel     in every status but `canceled` ──► canceled
    confirm    in every status but `canceled` and `failed`; the status stays, the payment becomes PAID
    pay        the customer, in `waiting payment` ──► in progress
    time       `waiting payment` ──► failed; the visit's end ──► success

What the partner does stands here; what happens without the partner, and when, stands in `lifecycle`.
A visit that is moved begins anew: its appointment is Scheduled, even if a team was on its way.
Each step takes a booking and returns the next one, or raises a refusal.
"""

import datetime as dt
from typing import Any

from attrs import evolve, field, frozen

from cleanlife_ext.simulator import refusals
from cleanlife_ext.simulator.slots import Timeslot, Visit

STATUSES = ("in progress", "waiting payment", "success", "canceled", "failed")
UPDATABLE = frozenset({"in progress", "waiting payment"})
DEAD = frozenset({"canceled", "failed"})


@frozen
class Appointment:
    """A team's visit; *name* is the tracking reference customers see."""

    id: str
    name: str
    status: str
    scheduled_start: dt.datetime
    scheduled_end: dt.datetime


@frozen
class Booking:
    """One visit, booked by one partner; *date* and *timeslot* are Riyadh time.

    *number* counts all bookings in the order of their creation.
    """

    id: str
    number: int
    partner_id: str
    contact_id: str
    address_id: str
    service_id: str
    visit: Visit
    created_at: dt.datetime
    updated_at: dt.datetime
    status: str
    payment_status: str
    appointment: Appointment | None = None
    external_reference: str | None = None
    hours: int = 1
    work_type: str = "REGULAR"
    notes: str | None = field(default=None, repr=False)
    payment_reference: str | None = field(default=None, repr=False)
    cancellation_reason_id: str | None = None

    @property
    def date(self) -> dt.date:
        """The day on which the visit begins."""
        return self.visit.day

    @property
    def timeslot(self) -> Timeslot:
        """When on that day."""
        return self.visit.slot

    @property
    def tracking_reference(self) -> str:
        """The appointment's name, or the id as long as there is none."""
        return self.appointment.name if self.appointment else self.id

    @property
    def is_alive(self) -> bool:
        """Whether the visit will be made, or was; a dead one needs no team."""
        return self.status not in DEAD


def first_status(payment_responsibility: str, *, is_free: bool) -> tuple[str, str]:
    """The status and the payment status of a new booking."""
    if payment_responsibility == "PARTNER":
        return "in progress", "PENDING"
    return ("in progress", "NOT_REQUIRED") if is_free else ("waiting payment", "PENDING")


def appointment(id: str, number: int, visit: Visit) -> Appointment:
    """The visit of booking *number*, put on a team's plan."""
    begins, ends = visit.slot.begins(visit.day), visit.slot.ends(visit.day)
    return Appointment(id, f"SA-{number:04d}", "Scheduled", begins, ends)


def check_updatable(booking: Booking) -> None:
    """Refuse when it is too late to change anything."""
    if booking.status not in UPDATABLE:
        raise refusals.booking_not_updatable(booking.status)


def updated(booking: Booking, visit: Visit, now: dt.datetime, **changes: Any) -> Booking:
    """*booking* at the time of *visit* and with *changes*; the very same if that is no change."""
    moved = booking.appointment
    if moved is not None and visit != booking.visit:
        moved = appointment(moved.id, booking.number, visit)
    changed = evolve(booking, visit=visit, appointment=moved, **changes)
    return booking if changed == booking else evolve(changed, updated_at=now)


def check_cancellable(booking: Booking) -> None:
    """Refuse when it is cancelled; no other status stands in the way."""
    if booking.status == "canceled":
        raise refusals.booking_already_cancelled()


def cancelled(booking: Booking, now: dt.datetime, *, reason_id: str | None, notes: str | None) -> Booking:
    """*booking*, called off."""
    called_off = booking.appointment and evolve(booking.appointment, status="Cancelled")
    return evolve(
        booking,
        status="canceled",
        payment_status="CANCELLED",
        appointment=called_off,
        cancellation_reason_id=reason_id,
        notes=booking.notes if notes is None else notes,
        updated_at=now,
    )


def payment_confirmed(booking: Booking, now: dt.datetime, *, responsibility: str, reference: str | None) -> Booking:
    """*booking*, paid for at the partner's."""
    if responsibility != "PARTNER":
        raise refusals.payment_mismatch()
    if not booking.is_alive:
        raise refusals.booking_not_payable(booking.status)
    if booking.payment_status == "PAID":
        raise refusals.payment_already_confirmed()
    return evolve(booking, payment_status="PAID", payment_reference=reference, updated_at=now)
