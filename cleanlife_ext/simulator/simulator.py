"""The one object that users hold: a Partner API of their own."""

import datetime as dt
from collections.abc import Callable, Iterable
from typing import TypeVar

from starlette.types import ASGIApp

from cleanlife_ext.simulator import lifecycle
from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.app import app
from cleanlife_ext.simulator.base import BaseSimulator, Examine
from cleanlife_ext.simulator.bookings import Booking
from cleanlife_ext.simulator.catalogue import Address, Service
from cleanlife_ext.simulator.contacts import Contact
from cleanlife_ext.simulator.control import Control, ControlApp
from cleanlife_ext.simulator.faults.kinds import Place
from cleanlife_ext.simulator.ids import Ids
from cleanlife_ext.simulator.partners import (
    Key,
    Partner,
    PaymentResponsibility,
    checked_permissions,
    checked_rate_limit,
    checked_responsibility,
    domains,
    networks,
)
from cleanlife_ext.simulator.refusals import Refusal
from cleanlife_ext.simulator.routes import PERMISSIONS, TABLE
from cleanlife_ext.simulator.server import Server
from cleanlife_ext.simulator.state import State
from cleanlife_ext.simulator.times import utc_now
from cleanlife_ext.simulator.webhooks import Delivery, Event, Mishaps, Subscription, dispatch
from cleanlife_ext.simulator.webhooks.mishaps import NO_MISHAPS
from cleanlife_ext.simulator.webhooks.sending import HttpSender, Receive

_T = TypeVar("_T")


class Simulator(BaseSimulator[PartnerApi]):
    """The CleanLife Partner API on this machine, with a memory.

    *seed*: equal seeds give equal data and ids. *payment_responsibility*: who collects the money for the first key.
    *allow_http*: subscriptions may name plain HTTP and this machine. *idempotency_keys*: a booking is made once for the
    `Idempotency-Key` that it is sent with, which the vendor plans. *now*: the time, with a zone; the real one if not
    given. *receive*: gets every webhook instead of the URL of its subscription, and returns a status; one call at a
    time, in a thread of its own, free to use the API; a reset does not wait for one that is still running. *mishaps*:
    what happens to webhooks on their way. *examine*: called with each request and its answer before that leaves, one
    at a time; it must not call back.
    Safe to use from several threads.

    With the real time, bookings move on and webhooks are sent and retried when their time comes. With a *now* of your
    own, what is due at once is still done at once, but nothing happens because time passes, however it passes: call
    ``clock.advance(hours=3)``. To see what came of a call, wait for it first: ``simulator.settle()``, or in
    asynchronous tests ``await asyncio.to_thread(simulator.settle)``, which leaves the loop free for the receiver.

    Example:
        >>> simulator = Simulator()
        >>> simulator.addresses[0].district
        'Al Yasmin'
        >>> with simulator.serve() as server:
        ...     server.base_url.startswith("http://127.0.0.1:")
        True
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        payment_responsibility: PaymentResponsibility = "PARTNER",
        allow_http: bool = False,
        idempotency_keys: bool = False,
        now: Callable[[], dt.datetime] = utc_now,
        examine: Examine | None = None,
        receive: Receive | None = None,
        mishaps: Mishaps = NO_MISHAPS,
    ) -> None:
        self._payment_responsibility: PaymentResponsibility = checked_responsibility(payment_responsibility)
        self._allow_http = allow_http
        self._idempotency_keys = idempotency_keys
        super().__init__(
            TABLE.operations,
            HttpSender(),
            places=tuple(Place),
            seed=seed,
            now=now,
            examine=examine,
            receive=receive,
            mishaps=mishaps,
        )

    @property
    def api_key(self) -> str:
        """A key with every permission and no rate limit."""
        return next(iter(self._api.state.keys))

    @property
    def app(self) -> ASGIApp:
        """The API as an ASGI application, for those who bring a server or none."""
        # Made anew each time, here and below: kept, it would hold its owner, which then were gone at some later time.
        return ControlApp(Control(self, self._look), otherwise=app(self.answer))

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses that can be booked for; the API itself has no way to find them."""
        return tuple(self._api.state.catalogue.addresses.values())

    @property
    def services(self) -> tuple[Service, ...]:
        """All services, also the one that is not enabled for partners."""
        return tuple(self._api.state.catalogue.services.values())

    @property
    def bookings(self) -> tuple[Booking, ...]:
        """All bookings of all partners, oldest first."""
        with self._lock:
            everything = [booking for register in self._api.state.registers.values() for booking in register.all()]
        return tuple(sorted(everything, key=lambda booking: booking.number))

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """All contacts of all partners, oldest first."""
        with self._lock:
            return tuple(self._api.state.contacts.values())

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """All webhook subscriptions that were not deleted, oldest first."""
        with self._lock:
            return tuple(self._api.state.subscriptions.values())

    @property
    def events(self) -> tuple[Event, ...]:
        """The last 10,000 events, oldest first, subscribed to or not."""
        with self._lock:
            return tuple(self._api.state.events)

    def serve(self, *, host: str = "127.0.0.1", port: int = 0) -> Server:
        """A server for a ``with`` block; port 0 takes any that is free."""
        return Server(self.app, api_key=self.api_key, host=host, port=port, served=self._served)

    def pay(self, booking_id: str) -> Booking:
        """Let the customer pay through CleanLife's link: the booking gets its appointment."""
        with self._lock:
            state, booking = self._api.state, self._booking(booking_id)
            lifecycle.check_waits_for_payment(booking, state.responsibility(booking.partner_id))
            change = lifecycle.paid(booking, state.ids.uuid(), state.now())
            state.apply(change)
            state.plan_step(change.booking)
        return change.booking

    def set_appointment_status(self, booking_id: str, status: str) -> Booking:
        """Let the team, or CleanLife, put the booking's appointment into *status*; nothing happens if it is in it.

        Scheduled, Dispatched, In Progress, Completed (the booking is a `success`) or Cancelled (it is `canceled`).
        """
        with self._lock:
            state, booking = self._api.state, self._booking(booking_id)
            change = lifecycle.set_by_hand(booking, status, state.now())
            if change is None:
                return booking
            state.apply(change)
            state.plan_step(change.booking, after=state.now())
        return change.booking

    def retry(self, delivery_id: str) -> Delivery:
        """Send a FAILED delivery once more, as the API's own retry does."""
        with self._lock:
            delivery = self._api.state.deliveries.get(str(delivery_id).lower())
            if delivery is None:
                message = f"no delivery has the id {delivery_id!r:.50}; simulator.deliveries holds those that there are"
                raise ValueError(message)
            try:
                return dispatch.send_again(self._api.state, delivery)
            except Refusal as refusal:
                message = f"{refusal.message}; this one is {delivery.status}"
                raise ValueError(message) from None

    def add_key(
        self,
        *,
        permissions: Iterable[str] | None = None,
        rate_limit: int | None = None,
        payment_responsibility: PaymentResponsibility | None = None,
        active: bool = True,
        allowed_ips: Iterable[str] = (),
        allowed_domains: Iterable[str] = (),
        sandbox_domains: Iterable[str] = (),
        webhook_domains: Iterable[str] | None = None,
    ) -> str:
        """A key for a further partner, who sees nothing of the others.

        *permissions*: all if not given. *rate_limit*: requests per 60 seconds. *allowed_ips*: addresses or ranges.
        *allowed_domains*, *sandbox_domains*: hosts that browsers may or may not call from. *webhook_domains*: hosts
        that events may be sent to; any public one if not given.
        """
        responsibility = checked_responsibility(payment_responsibility or self._payment_responsibility)
        granted = checked_permissions(permissions, PERMISSIONS)
        with self._lock:
            state = self._api.state
            partner = Partner(
                id=state.ids.uuid(),
                payment_responsibility=responsibility,
                allowed_domains=domains(allowed_domains),
                sandbox_domains=domains(sandbox_domains),
                webhook_domains=None if webhook_domains is None else domains(webhook_domains),
            )
            text = state.ids.api_key()
            limit = checked_rate_limit(rate_limit)
            state.keys[text] = Key(text, partner, granted, limit, active, networks(allowed_ips))
        return text

    def _booking(self, booking_id: str) -> Booking:
        booking = self._api.state.any_booking(str(booking_id))
        if booking is None:
            message = f"no booking has the id {booking_id!r:.50}; simulator.bookings holds those that there are"
            raise ValueError(message)
        return booking

    def _look(self, look: Callable[[PartnerApi], _T]) -> _T:
        with self._lock:
            return look(self._api)

    def _fresh(self) -> PartnerApi:
        state = State(
            Ids(self._seed),
            self._time.now,
            allow_http=self._allow_http,
            idempotency_keys=self._idempotency_keys,
            mishaps=self._mishaps,
            served=self._served,
        )
        text = state.ids.api_key()
        partner = Partner(state.ids.uuid(), self._payment_responsibility)
        state.keys[text] = Key(text, partner, PERMISSIONS)
        return PartnerApi(state, faults=self._faults)
