"""A partner's shop, for tests: it books, and hears of what became of it."""

import datetime as dt
import json
from collections.abc import Callable
from itertools import count
from typing import Any

from attrs import Factory, define
from conformance import check_webhook, examine
from simulator.calling import MORNING, Caller, Clock

from cleanlife_ext.simulator import Booking, Delivery, Simulator, WebhookRequest
from cleanlife_ext.simulator.times import RIYADH
from cleanlife_ext.simulator.webhooks import EVENTS

URL = "https://hooks.shop.example/cleanlife"
SUBSCRIPTIONS, DELIVERIES = "/webhooks/subscriptions", "/webhooks/deliveries"

Answer = int | Exception | Callable[[WebhookRequest], int]


@define
class Inbox:
    """Takes webhooks without a socket; gives one answer after the other, the last of which stands for all to come."""

    answers: list[Answer]
    got: list[WebhookRequest] = Factory(list)

    def __call__(self, request: WebhookRequest) -> int:
        self.got.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, int) else answer(request)

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.got]

    @property
    def events(self) -> list[str]:
        return [body["event"] for body in self.bodies]

    @property
    def changes(self) -> list[tuple[str | None, str]]:
        """From which status to which the appointments went."""
        data = [body["data"] for body in self.bodies if "previousStatus" in body["data"]]
        return [(each["previousStatus"], each["appointment"]["status"]) for each in data]


class Shop:
    """A simulator on Saturday at eight, and all that a test does with it; nothing passes but what is advanced."""

    def __init__(self, *answers: Answer, **options: Any) -> None:
        self.inbox = Inbox(list(answers) or [200])
        options = {"now": Clock(), "receive": self.inbox, "examine": examine, **options}
        self.simulator = Simulator(**{name: value for name, value in options.items() if value is not None})
        self.call = Caller(self.simulator.answer, self.simulator.api_key)
        self._days = count()

    def subscribe(self, url: str = URL, events: tuple[str, ...] = EVENTS) -> Any:
        return self.call.post(SUBSCRIPTIONS, url=url, events=events).data

    def book(self, **otherwise: object) -> str:
        """Another booking, on another day unless the day is said; Sunday comes first."""
        contact = self.call.post("/contacts", phone="+966500000000", name="Sara").data["id"]
        tomorrow = self.simulator.clock.now().astimezone(RIYADH).date() + dt.timedelta(days=1)
        day = tomorrow + dt.timedelta(days=(6 - tomorrow.weekday()) % 7 + 7 * next(self._days))
        body = {
            "contactId": contact,
            "addressId": self.simulator.addresses[0].id,
            "serviceId": self.simulator.services[0].id,
            "date": day.isoformat(),
            "timeslot": MORNING,
        }
        booked: str = self.call.post("/bookings", **{**body, **otherwise}).data["bookingId"]
        return booked

    def booking(self, booking_id: str) -> Booking:
        return next(each for each in self.simulator.bookings if each.id == booking_id)

    @property
    def delivery(self) -> Delivery:
        """The only one."""
        (delivery,) = self.simulator.deliveries
        return delivery

    def settle(self) -> None:
        self.simulator.settle()
        self._check()

    def advance(self, **duration: float) -> None:
        self.simulator.clock.advance(**duration)
        self._check()

    def _check(self) -> None:
        for request in self.inbox.got:
            check_webhook(request.headers, request.body)
