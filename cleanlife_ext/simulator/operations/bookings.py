"""Bookings: made, listed, moved, cancelled and paid."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from cleanlife_ext.simulator import bookings, refusals, shapes
from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.calls import Ask, Page
from cleanlife_ext.simulator.catalogue import Address
from cleanlife_ext.simulator.operations import paging
from cleanlife_ext.simulator.operations.pricing import discount, price_per_hour
from cleanlife_ext.simulator.pricing import is_free
from cleanlife_ext.simulator.register import Search
from cleanlife_ext.simulator.slots import Timeslot, Visit
from cleanlife_ext.simulator.state import State


def create_booking(state: State, ask: Ask) -> object:
    """A new booking, unless its reference or its slot is taken."""
    body = ask.body
    state.contact(ask.partner, body["contactId"])
    address = state.catalogue.addresses.get(body["addressId"].lower())
    if address is None:
        raise refusals.not_found("Address")
    is_gift = _is_gift(state, body)
    # The reference comes before the slot: a creation that is sent twice finds its slot taken by itself.
    state.check_reference(ask.partner, body.get("externalReference"))
    visit = _visit(address, body)
    state.check_free(visit)
    status = bookings.first_status(ask.partner.payment_responsibility, is_free=is_gift)
    booking = _new(state, ask, visit, status)
    state.plan_step(booking)
    return _keep(state, "booking.created", booking)


def list_bookings(state: State, ask: Ask) -> Page:
    """The partner's bookings; ``sortBy`` knows ``date`` and ``createdAt`` (the default, also for other words)."""
    query = ask.query
    page, limit = paging.place(query)
    # Documented: an end without a beginning is ignored.
    last_day = query.get("toDate") if "fromDate" in query else None
    search = Search(
        status=query.get("status"),
        reference=query.get("externalReference"),
        first_day=_day(query["fromDate"]) if "fromDate" in query else dt.date.min,
        last_day=_day(last_day) if last_day else dt.date.max,
        by_date=query.get("sortBy") == "date",
        is_descending=paging.is_descending(query),
        offset=(page - 1) * limit,
        limit=limit,
    )
    total, found = state.registers[ask.partner.id].search(search)
    return Page([shapes.booking(booking) for booking in found], page, limit, total)


def get_booking_status(state: State, ask: Ask) -> object:
    """One booking as it is now."""
    return shapes.booking(state.booking(ask.partner, ask.id))


def update_booking(state: State, ask: Ask) -> object:
    """Another time, other notes, another reference; nothing asked, nothing changed."""
    booking = state.booking(ask.partner, ask.id)
    bookings.check_updatable(booking)
    reference = ask.body.get("externalReference", booking.external_reference)
    if reference != booking.external_reference:
        state.check_reference(ask.partner, reference)
    visit = _moved(booking, ask.body)
    state.check_free(visit, instead_of=booking.visit)
    notes = ask.body.get("notes", booking.notes)
    changed = bookings.updated(booking, visit, state.now(), external_reference=reference, notes=notes)
    if changed is booking:
        return shapes.booking(booking)
    if visit != booking.visit:
        state.plan_step(changed)
    return _keep(state, "booking.updated", changed)


def cancel_booking(state: State, ask: Ask) -> object:
    """The booking called off; its teams are free again."""
    booking = state.booking(ask.partner, ask.id)
    bookings.check_cancellable(booking)
    reason_id = ask.body.get("reasonId")
    if reason_id is not None and reason_id.lower() not in state.catalogue.reasons:
        raise refusals.not_found("Cancellation reason")
    changed = bookings.cancelled(booking, state.now(), reason_id=reason_id, notes=ask.body.get("notes"))
    state.plan_step(changed)
    return _keep(state, "booking.cancelled", changed)


def list_cancellation_reasons(state: State, _ask: Ask) -> object:
    """All reasons."""
    return [shapes.reason(reason) for reason in state.catalogue.reasons.values()]


def confirm_payment(state: State, ask: Ask) -> object:
    """The booking, paid for at the partner's."""
    changed = bookings.payment_confirmed(
        state.booking(ask.partner, ask.id),
        state.now(),
        responsibility=ask.partner.payment_responsibility,
        reference=ask.body.get("paymentReference"),
    )
    return _keep(state, "booking.payment_confirmed", changed)


def asked_visit(state: State, ask: Ask) -> Visit | None:
    """Where and when a creation or an update wants teams; None where it is about no place or no booking of ours."""
    if ask.id:
        booking = state.registers[ask.partner.id].get(ask.id)
        return None if booking is None else _moved(booking, ask.body)
    address = state.catalogue.addresses.get(ask.body["addressId"].lower())
    return None if address is None else _visit(address, ask.body)


def _visit(address: Address, body: Mapping[str, Any]) -> Visit:
    return Visit(address.district, _day(body["date"]), _slot(body), body.get("numberOfTeams", 1))


def _moved(booking: Booking, body: Mapping[str, Any]) -> Visit:
    day = _day(body["date"]) if "date" in body else booking.date
    slot = _slot(body) if "timeslot" in body else booking.timeslot
    return Visit(booking.visit.district, day, slot, booking.visit.teams)


def _new(state: State, ask: Ask, visit: Visit, status: tuple[str, str]) -> Booking:
    number, now = state.next_booking_number(), state.now()
    # A team is sent once nothing stands in its way; until it is paid for, a booking has no appointment.
    is_planned = status[0] == "in progress"
    return Booking(
        id=state.ids.uuid(),
        number=number,
        partner_id=ask.partner.id,
        contact_id=ask.body["contactId"].lower(),
        address_id=ask.body["addressId"].lower(),
        service_id=ask.body["serviceId"].lower(),
        visit=visit,
        created_at=now,
        updated_at=now,
        status=status[0],
        payment_status=status[1],
        appointment=bookings.appointment(state.ids.uuid(), number, visit) if is_planned else None,
        external_reference=ask.body.get("externalReference"),
        hours=int(ask.body.get("hours", 1)),
        work_type=ask.body.get("workType", "REGULAR"),
    )


def _keep(state: State, event: str, booking: Booking) -> object:
    state.keep(booking)
    state.happened(event, booking)
    return shapes.booking(booking)


def _is_gift(state: State, body: Mapping[str, Any]) -> bool:
    # A contact has a phone, so coupons that are bound to one count.
    percent = discount(state, body, has_phone=True)
    return is_free(price_per_hour(state, body["serviceId"], body.get("packageId")), percent)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _slot(body: Mapping[str, Any]) -> Timeslot:
    return Timeslot(_minutes(body["timeslot"]["startAt"]), _minutes(body["timeslot"]["endAt"]))


def _minutes(text: str) -> str:
    # "09:00:00" is the same time as "09:00".
    return text.removesuffix(":00") if text.count(":") > 1 else text
