"""What can be looked at."""

import datetime as dt

from cleanlife_ext.simulator import refusals, shapes
from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.control import picture, replies
from cleanlife_ext.simulator.control.material import taken
from cleanlife_ext.simulator.control.orders import Order
from cleanlife_ext.simulator.control.replies import Reply
from cleanlife_ext.simulator.control.target import Target
from cleanlife_ext.simulator.slots import Visit, slots_of
from cleanlife_ext.simulator.times import RIYADH, riyadh_text

BOOKINGS = 50
DAYS = 7


def state(target: Target, order: Order) -> Reply:
    """Everything at once; 304 if the caller has it already, but for the time, which stands in a header."""
    limit = order.query.get("limit", BOOKINGS)
    material = target.look(taken)
    faults = tuple(picture.rule_json(rule) for rule in target.simulator.faults)
    mishaps = picture.spelled(target.simulator.mishaps)
    tag = f'W/"{target.watch.version((material, faults, mishaps))}-{limit}"'
    now = riyadh_text(target.simulator.clock.now())
    headers = {"ETag": tag, "X-Simulator-Time": now, "Cache-Control": "no-store"}
    if tag in order.known or "*" in order.known:
        return replies.unchanged(headers)
    return replies.success(picture.drawn(material, faults, mishaps, limit=limit, now=now), headers)


def free_slots(target: Target, order: Order) -> object:
    """The slots of some days in which a team is free, and how many are; today first, if nothing else is said."""
    return target.look(lambda api: _free_slots(api, order))


def _free_slots(api: PartnerApi, order: Order) -> object:
    now, diary = api.state.now(), api.state.diary
    address = api.state.catalogue.addresses.get(order.query["addressId"])
    if address is None:
        raise refusals.not_found("Address")
    today = now.astimezone(RIYADH).date()
    first = dt.date.fromisoformat(order.query["from"]) if "from" in order.query else today
    days = []
    for ahead in range(min(order.query.get("days", DAYS), (dt.date.max - first).days)):
        day = first + dt.timedelta(days=ahead)
        left = {slot: diary.teams_left(Visit(address.district, day, slot)) for slot in slots_of(day, now)}
        slots = [{**shapes.timeslot(slot), "teamsFree": teams} for slot, teams in left.items() if teams > 0]
        days.append({"date": day.isoformat(), "slots": slots})
    return days
