"""The world behind the API: everything that changes, and nothing that speaks HTTP.

One `State` is used by one caller at a time; whoever shares it brings the lock.
"""

import datetime as dt
from collections import defaultdict, deque
from collections.abc import Callable, Collection

from attrs import evolve

from cleanlife_ext.simulator import refusals, seed
from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.catalogue import Service
from cleanlife_ext.simulator.contacts import Contact
from cleanlife_ext.simulator.ground import Ground
from cleanlife_ext.simulator.idempotency import KeyStore
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.lifecycle import Change, Step, next_step
from cleanlife_ext.simulator.partners import Key, Partner, PaymentResponsibility
from cleanlife_ext.simulator.register import Register
from cleanlife_ext.simulator.slots import Diary, Visit
from cleanlife_ext.simulator.webhooks import Delivery, Event, Mishaps, Subscription, WebhookRequest, dispatch
from cleanlife_ext.simulator.webhooks.mishaps import NO_MISHAPS
from cleanlife_ext.simulator.webhooks.terms import TERMS

MOST_EVENTS = 10_000


class State(Ground):
    """Seed data, and what partners made of it since."""

    def __init__(
        self,
        ids: Ids,
        now: Callable[[], dt.datetime],
        *,
        allow_http: bool = False,
        idempotency_keys: bool = False,
        mishaps: Mishaps = NO_MISHAPS,
        served: Collection[tuple[str, int]] = (),
    ) -> None:
        super().__init__(ids, now, TERMS, allow_http=allow_http, mishaps=mishaps, served=served)
        self.answered: KeyStore[object] | None = KeyStore(now) if idempotency_keys else None
        self.catalogue = seed.catalogue(ids)
        self.keys: dict[str, Key] = {}
        self.diary = Diary()
        self.contacts: dict[str, Contact] = {}
        self.registers: defaultdict[str, Register] = defaultdict(Register)
        self.subscriptions: dict[str, Subscription] = {}
        self.events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self._contact_ids: dict[tuple[str, str], str] = {}
        self._booked = 0

    def outgoing(self, delivery: Delivery) -> WebhookRequest | str:
        """See `dispatch.request`."""
        return dispatch.request(self, delivery)

    def happened(self, name: str, booking: Booking, *, previous_status: str | None = None) -> None:
        """Take note of an event, and tell those who subscribed to it; every event of the API passes here."""
        event = Event(name, booking, self.now(), previous_status)
        self.events.append(evolve(event, delivery_ids=dispatch.announce(self, event)))

    def apply(self, change: Change) -> None:
        """Let *change* have happened."""
        self.keep(change.booking)
        self.happened(change.event, change.booking, previous_status=change.previous_status)

    def plan_step(self, booking: Booking, after: dt.datetime | None = None) -> None:
        """Let *booking* move on by itself when its time comes, and not as planned before."""
        step = next_step(booking, after)
        at, status = step or (None, "")
        due = Step(booking.partner_id, booking.id, status)
        if at is None:
            self.agenda.forget(due)
        else:
            self.agenda.plan(at, due)

    def enabled_service(self, service_id: str) -> Service:
        """The service, if partners may book it."""
        service = self.catalogue.services.get(service_id.lower())
        if service is None:
            raise refusals.not_found("Service")
        if not service.is_enabled:
            raise refusals.service_not_allowed()
        return service

    def contact(self, partner: Partner, contact_id: str) -> Contact:
        """The partner's contact with this id."""
        contact = self.contacts.get(contact_id.lower())
        if contact is None or contact.partner_id != partner.id:
            raise refusals.not_found("Contact")
        return contact

    def contact_by_phone(self, partner: Partner, phone: str) -> Contact | None:
        """The partner's contact with this phone number, in its normal form."""
        contact_id = self._contact_ids.get((partner.id, phone))
        return None if contact_id is None else self.contacts[contact_id]

    def keep_contact(self, contact: Contact) -> None:
        """Remember *contact* by its id and its phone."""
        self.contacts[contact.id] = contact
        self._contact_ids[contact.partner_id, contact.phone] = contact.id

    def booking(self, partner: Partner, booking_id: str) -> Booking:
        """The partner's booking with this id."""
        booking = self.registers[partner.id].get(booking_id)
        if booking is None:
            raise refusals.not_found("Booking")
        return booking

    def responsibility(self, partner_id: str) -> PaymentResponsibility:
        """Who collects a partner's money."""
        return next(key.partner.payment_responsibility for key in self.keys.values() if key.partner.id == partner_id)

    def any_booking(self, booking_id: str) -> Booking | None:
        """The booking with this id, whoever's it is."""
        found = (register.get(booking_id.lower()) for register in self.registers.values())
        return next((booking for booking in found if booking is not None), None)

    def next_booking_number(self) -> int:
        """Count one more booking."""
        self._booked += 1
        return self._booked

    def check_reference(self, partner: Partner, reference: str | None) -> None:
        """Refuse a reference that a booking of the partner has, dead or alive."""
        if reference is not None and self.registers[partner.id].by_reference(reference):
            raise refusals.duplicate_reference()

    def check_free(self, visit: Visit, instead_of: Visit | None = None) -> None:
        """Refuse *visit* if no team is left, not counting those of *instead_of*."""
        if instead_of is not None:
            self.diary.release(instead_of)
        is_free = visit == instead_of or self.diary.is_free(visit, self.now())
        if instead_of is not None:
            self.diary.take(instead_of)
        if not is_free:
            raise refusals.timeslot_not_available()

    def keep(self, booking: Booking) -> None:
        """Remember *booking* as it is now, and whom it keeps busy."""
        register = self.registers[booking.partner_id]
        before = register.get(booking.id)
        if before is not None and before.is_alive:
            self.diary.release(before.visit)
        if booking.is_alive:
            self.diary.take(booking.visit)
        register.put(booking)

    def subscription(self, partner: Partner, subscription_id: str) -> Subscription:
        """The partner's subscription with this id."""
        subscription = self.subscriptions.get(subscription_id)
        if subscription is None or subscription.partner_id != partner.id:
            raise refusals.not_found("Webhook subscription")
        return subscription

    def delivery(self, partner: Partner, delivery_id: str) -> Delivery:
        """The partner's delivery with this id."""
        delivery = self.deliveries.get(delivery_id)
        if delivery is None or delivery.partner_id != partner.id:
            raise refusals.not_found("Webhook delivery")
        return delivery
