"""What can be done to a simulator from outside: its own methods, and calls to its API as a partner would make them.

Whatever the API can do is done through it, so that it shows in the request log and meets the faults that are set: a
sample booking, a partner's payment, a cancellation.
"""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import fields

from cleanlife_ext.simulator import refusals, shapes
from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.calls import Call
from cleanlife_ext.simulator.control import samples
from cleanlife_ext.simulator.control.orders import Order
from cleanlife_ext.simulator.control.picture import next_status, spelled
from cleanlife_ext.simulator.control.target import Target
from cleanlife_ext.simulator.faults.spelling import camel
from cleanlife_ext.simulator.partners import Key
from cleanlife_ext.simulator.routes import BASE_PATH
from cleanlife_ext.simulator.times import riyadh_text
from cleanlife_ext.simulator.webhooks import Mishaps

UNITS = ("days", "hours", "minutes", "seconds")


@contextmanager
def told() -> Generator[None]:
    """Let a ValueError of the simulator's Python be a 400, with its own words."""
    try:
        yield
    except ValueError as error:
        raise refusals.invalid([str(error)]) from None


def advance(target: Target, order: Order) -> object:
    """Let time pass: so much of it, or until the next thing happens."""
    clock = target.simulator.clock
    step = dict(order.body)
    if step.pop("next", False):
        if step:
            raise refusals.invalid([f"next must not be given together with {', '.join(step)}"])
        step = {"seconds": _seconds_to_next(target)}
    with told():
        clock.advance(**step)
    return {"now": riyadh_text(clock.now())}


def _seconds_to_next(target: Target) -> float:
    at = target.look(lambda api: api.state.agenda.next_at())
    if at is None:
        raise refusals.invalid(["nothing is planned that could be next"])
    return max(0.0, (at - target.simulator.clock.now()).total_seconds())


def reset(target: Target, _order: Order) -> object:
    """Back to the beginning."""
    target.simulator.reset()
    return {"reset": True}


def book(target: Target, order: Order) -> object:
    """A booking of somebody invented, by the partner of the first key."""
    sample = target.look(samples.sample)
    key = target.simulator.api_key
    address = order.body.get("addressId", sample.address_id)
    place = {"addressId": address, "serviceId": sample.service_id}
    days = [order.body["date"]] if "date" in order.body else sample.days
    contact = ask(target, key, "POST", "/contacts", body={"name": sample.name, "phone": sample.phone})
    for day in days:
        slots = ask(target, key, "GET", "/timeslots/available", query={**place, "date": day})
        for slot in slots:
            if order.body.get("startAt", slot["startAt"]) == slot["startAt"]:
                body = {**place, "contactId": contact["id"], "date": day, "timeslot": slot}
                return ask(target, key, "POST", "/bookings", body=body)
    raise refusals.timeslot_not_available()


def move_appointment(target: Target, order: Order) -> object:
    """A team drives off, begins, comes to its end."""
    booking = _booking(target, order.id)
    if len(order.body) != 1:
        raise refusals.invalid(['body must hold either "status" or "next"'])
    with told():
        # Where nothing comes next, the refusal of nothing says why.
        status = order.body.get("status") or next_status(booking) or "Scheduled"
        return shapes.booking(target.simulator.set_appointment_status(booking.id, status))


def pay(target: Target, order: Order) -> object:
    """The customer pays CleanLife, or the partner confirms that it was paid, whoever collects the money."""
    booking = _booking(target, order.id)
    key = target.look(lambda api: _key(api, booking))
    if key.partner.payment_responsibility == "PARTNER":
        return ask(target, key.text, "POST", f"/bookings/{booking.id}/confirm-payment", body={})
    with told():
        return shapes.booking(target.simulator.pay(booking.id))


def cancel(target: Target, order: Order) -> object:
    """The partner calls it off."""
    booking = _booking(target, order.id)
    key = target.look(lambda api: _key(api, booking))
    return ask(target, key.text, "PATCH", f"/bookings/{booking.id}/cancel", body={})


def resend(target: Target, order: Order) -> object:
    """A webhook that failed, once more."""
    if target.look(lambda api: api.state.deliveries.get(order.id)) is None:
        raise refusals.not_found("Webhook delivery")
    with told():
        return shapes.delivery(target.simulator.retry(order.id))


def set_mishaps(target: Target, order: Order) -> object:
    """What happens to webhooks on their way; what is not named does not happen."""
    known = {camel(field.name): field.name for field in fields(Mishaps)}
    if unknown := sorted(order.body.keys() - known.keys()):
        raise refusals.invalid([f"{unknown[0][:100]} should not exist; known are {', '.join(known)}"])
    with told():
        target.simulator.mishaps = Mishaps(**{known[name]: value for name, value in order.body.items()})
    return spelled(target.simulator.mishaps)


def ask(
    target: Target,
    key: str,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
) -> Any:
    """The data of the API's answer; an error of the API is passed on."""
    headers = {"x-api-key": key, "content-type": "application/json", "user-agent": "cleanlife-simulator-page"}
    content = b"" if body is None else json.dumps(body).encode()
    call = Call(method, f"{BASE_PATH}/partners{path}", query or {}, headers, content, "127.0.0.1")
    answer = target.simulator.answer(call)
    if answer.manner.is_dropped or not answer.json:
        raise refusals.Refusal(502, "NO_ANSWER", "A fault struck this call to the API: no proper answer came")
    if not answer.json["success"]:
        error = answer.json["error"]
        raise refusals.Refusal(answer.status, error["code"], error["message"], error.get("details"))
    return answer.json["data"]


def _booking(target: Target, booking_id: str) -> Booking:
    booking = target.look(lambda api: api.state.any_booking(booking_id))
    if booking is None:
        raise refusals.not_found("Booking")
    return booking


def _key(api: PartnerApi, booking: Booking) -> Key:
    """The first key of the booking's partner."""
    return next(key for key in api.state.keys.values() if key.partner.id == booking.partner_id)
