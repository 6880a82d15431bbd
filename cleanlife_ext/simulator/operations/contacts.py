"""Contacts: found by their phone, or made."""

from cleanlife_ext.simulator import shapes
from cleanlife_ext.simulator.calls import Ask
from cleanlife_ext.simulator.contacts import Contact
from cleanlife_ext.simulator.phones import normal_phone
from cleanlife_ext.simulator.state import State


def find_or_create_contact(state: State, ask: Ask) -> object:
    """The partner's contact with this phone; a name is only used for a new one."""
    phone = normal_phone(ask.body["phone"]) or ""
    known = state.contact_by_phone(ask.partner, phone)
    if known is not None:
        return shapes.contact(known, is_new=False)
    source = ask.body.get("utmSource", "PARTNER")
    contact = Contact(state.ids.uuid(), ask.partner.id, ask.body["name"], phone, source)
    state.keep_contact(contact)
    return shapes.contact(contact, is_new=True)


def get_contact(state: State, ask: Ask) -> object:
    """One contact."""
    return shapes.contact(state.contact(ask.partner, ask.id), is_new=False)
