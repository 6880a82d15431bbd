"""Something happens at a simulator, of which it tells."""

from __future__ import annotations

from cleanlife_ext import CleanLife
from cleanlife_ext.simulator import Simulator

__all__ = ["book"]


def book(client: CleanLife, simulator: Simulator) -> None:
    """A booking, with Arabic in it, of which those who want to hear have heard."""
    address, contact = simulator.addresses[0].id, client.contacts.find_or_create(phone="+966500000000", name="سارة")
    service = next(service for service in simulator.services if service.is_enabled)
    day = simulator.clock.now().date().replace(day=1)
    day = day.replace(year=day.year + 1)
    slot = client.timeslots.available(address_id=address, service_id=service.id, date=day)[0]
    client.bookings.create(contact_id=contact.id, address_id=address, service_id=service.id, date=day, timeslot=slot)
    simulator.settle()
