"""Timeslots: when a team could come."""

import datetime as dt

from cleanlife_ext.simulator import shapes
from cleanlife_ext.simulator.calls import Ask
from cleanlife_ext.simulator.state import State


def list_available_timeslots(state: State, ask: Ask) -> object:
    """The free slots of a day; none where the address or the service is not known."""
    address = state.catalogue.addresses.get(ask.query["addressId"].lower())
    service = state.catalogue.services.get(ask.query["serviceId"].lower())
    if address is None or service is None or not service.is_enabled:
        return []
    day = dt.date.fromisoformat(ask.query["date"])
    return [shapes.timeslot(slot) for slot in state.diary.free(address.district, day, state.now())]
