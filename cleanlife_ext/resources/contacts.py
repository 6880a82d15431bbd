"""The customers for whom bookings are made."""

from __future__ import annotations

from uuid import UUID

from cleanlife_client.api.contacts import find_or_create_contact, get_contact
from cleanlife_client.models import Contact, ContactRequest

from cleanlife_ext.envelope import data
from cleanlife_ext.layered import AsyncLayeredClient, LayeredClient
from cleanlife_ext.resources.shared import discreetly, documented_as
from cleanlife_ext.values import given, uuid_of

__all__ = ["AsyncContacts", "Contacts"]


@discreetly
class Contacts:
    """The customers for whom bookings are made. Name and phone do not show in a contact's `repr`."""

    def __init__(self, client: LayeredClient) -> None:
        self._client = client

    def find_or_create(self, *, phone: str, name: str, utm_source: str | None = None) -> Contact:
        """The contact with this phone number, made if there was none (find-or-create-contact).

        `is_new_contact` says which; not after a lost answer, when the contact that was made is found like any other.

        *phone* is a Saudi number as `+966500000000`. *name* is used where the contact is new; *utm_source*, where it
        came from, is `PARTNER` if you say nothing.

        ```python
        contact = client.contacts.find_or_create(phone="+966500000000", name="Sara")
        ```
        """
        return data(find_or_create_contact.sync(client=self._client, body=_request(phone, name, utm_source)))

    def get(self, contact_id: UUID | str) -> Contact:
        """The contact with this id (get-contact-by-id). Raises `NotFoundError` if there is none."""
        return data(get_contact.sync(uuid_of(contact_id, "contact_id"), client=self._client))


@documented_as(Contacts)
@discreetly
class AsyncContacts:
    """The customers for whom bookings are made. Name and phone do not show in a contact's `repr`."""

    def __init__(self, client: AsyncLayeredClient) -> None:
        self._client = client

    async def find_or_create(self, *, phone: str, name: str, utm_source: str | None = None) -> Contact:
        return data(await find_or_create_contact.asyncio(client=self._client, body=_request(phone, name, utm_source)))

    async def get(self, contact_id: UUID | str) -> Contact:
        return data(await get_contact.asyncio(uuid_of(contact_id, "contact_id"), client=self._client))


def _request(phone: str, name: str, utm_source: str | None) -> ContactRequest:
    return ContactRequest(phone=phone, name=name, utm_source=given(utm_source))
