"""The writes whose effect must not be doubled: how each is called, and what the API says before and after it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any
from uuid import UUID

import attrs
import httpx
import pytest
from cleanlife_client import models
from cleanlife_client.api.bookings import cancel_booking, confirm_payment, create_booking, update_booking
from cleanlife_client.api.webhooks import create_subscription, delete_subscription, retry_delivery
from worlds import BOOKING, Step, World, ok, page, refused

from cleanlife_ext import APIConnectionError, Timeslot

ID = BOOKING["bookingId"]
NEW_ID = "8d4c1d9e-2f5b-4c1a-9a55-0d5f6f1f0a02"
DAY = dt.date(2026, 6, 20)
HOOKS = "https://example.com/hooks"
LOST = httpx.ReadTimeout("no answer")
DOWN = httpx.ConnectError("refused")
TAKEN = refused(409, "DUPLICATE_EXTERNAL_REFERENCE")
FAILED = refused(422, "BOOKING_CREATION_FAILED")
CANCELED = {**BOOKING, "status": "canceled"}
PAID = {**BOOKING, "paymentStatus": "PAID"}
ELSEWHEN = {**BOOKING, "date": "2026-06-19T00:00:00.000Z"}


def subscription(id: str, **more: Any) -> dict[str, Any]:
    """A subscription as it is listed."""
    return {
        "id": id,
        "partnerClientId": ID,
        "url": HOOKS,
        "events": ["booking.cancelled", "booking.created"],
        "status": "ACTIVE",
        "createdAt": "2026-06-01T09:00:00+03:00",
        "updatedAt": "2026-06-01T09:00:00+03:00",
        **more,
    }


def book(client: Any, **more: Any) -> Any:
    """A creation as a user writes it."""
    asked = {
        "contact_id": ID,
        "address_id": "address-1",
        "service_id": ID,
        "date": DAY,
        "timeslot": Timeslot("09:00", "12:00"),
        **more,
    }
    return client.bookings.create(**asked)


def subscribe(client: Any) -> Any:
    """A subscription to two events."""
    return client.webhooks.subscriptions.create(url=HOOKS, events=["booking.created", "booking.cancelled"])


def creation() -> models.CreateBookingRequest:
    """The same creation for the generated function."""
    slot = models.TimeslotInput(start_at="09:00", end_at="12:00")
    made = models.CreateBookingRequest(UUID(ID), address_id="address-1", service_id=UUID(ID), timeslot=slot, date=DAY)
    made.external_reference = "ORDER-1"
    return made


@attrs.frozen
class Write:
    """One of them.

    Attributes:
        asked: Method and path.
        call: It, through the resources.
        module, arguments: It, as a generated function.
        answer: Its success.
        gives: What an answer that is found out must hold, by the model's names.
        before: Answers to what is asked before it is sent.
        unseen: The answer of a look that shows nothing.
        seen: The answers of a look that shows the effect, and of what that entails.
        proof: What shows the effect after it is sent again, where that comes first; else it is looked for before.
        looks: What is asked for a look, and for what it entails.
        refusals: What each refusal after a lost answer ends in, by status: `believed` or `unknown`.
    """

    asked: str
    call: Callable[[Any], Any]
    module: ModuleType
    arguments: Callable[[], dict[str, Any]]
    answer: httpx.Response
    gives: dict[str, Any]
    before: Sequence[httpx.Response] = ()
    unseen: httpx.Response | None = None
    seen: Sequence[httpx.Response] = ()
    proof: Sequence[httpx.Response] = ()
    looks: Sequence[str] = ()
    refusals: dict[int, str] = attrs.field(factory=dict[int, str])

    @property
    def looks_first(self) -> bool:
        """Whether it is looked for before it is sent again."""
        return self.unseen is not None and not self.proof

    def through(self, world: World, client: Any, way: str) -> Any:
        """Call it, through the resources or as the generated function; what it gave."""
        if way == "resource":
            return world(self.call(client))
        return world.generated(self.module, client, **self.arguments()).data


STATUS = f"GET /partners/bookings/{ID}/status"
SUBSCRIPTIONS = "/partners/webhooks/subscriptions"
OLD, NEW = subscription(ID), subscription(NEW_ID)
ALL_TOLD = {400: "believed", 401: "unknown", 403: "unknown", 404: "believed", 409: "believed", 422: "believed"}
INPUT_ONLY = {**ALL_TOLD, 409: "unknown", 422: "unknown"}

WRITES: dict[str, Write] = {
    "createBooking": Write(
        asked="POST /partners/bookings",
        call=lambda client: book(client, external_reference="ORDER-1"),
        module=create_booking,
        arguments=lambda: {"body": creation()},
        answer=ok(BOOKING, status=201),
        gives={"booking_id": UUID(ID), "external_reference": "ORDER-1"},
        unseen=page([]),
        seen=[page([BOOKING])],
        looks=["GET /partners/bookings"],
        refusals=INPUT_ONLY,
    ),
    "updateBooking": Write(
        asked=f"PATCH /partners/bookings/{ID}",
        call=lambda client: client.bookings.update(ID, date=DAY, timeslot=Timeslot("09:00", "12:00")),
        module=update_booking,
        arguments=lambda: {
            "booking_id": UUID(ID),
            "body": models.UpdateBookingRequest(date=DAY, timeslot=models.TimeslotInput("09:00", "12:00")),
        },
        answer=ok(BOOKING),
        gives={"booking_id": UUID(ID), "date": BOOKING["date"]},
        unseen=ok(ELSEWHEN),
        seen=[ok(BOOKING)],
        looks=[STATUS],
        refusals=ALL_TOLD,
    ),
    "cancelBooking": Write(
        asked=f"PATCH /partners/bookings/{ID}/cancel",
        call=lambda client: client.bookings.cancel(ID),
        module=cancel_booking,
        arguments=lambda: {"booking_id": UUID(ID), "body": models.CancelBookingRequest()},
        answer=ok(CANCELED),
        gives={"booking_id": UUID(ID), "status": "canceled"},
        unseen=ok(BOOKING),
        seen=[ok(CANCELED)],
        proof=[refused(422, "BOOKING_ALREADY_CANCELLED"), ok(CANCELED)],
        looks=[STATUS],
        refusals=ALL_TOLD,
    ),
    "confirmPayment": Write(
        asked=f"POST /partners/bookings/{ID}/confirm-payment",
        call=lambda client: client.bookings.confirm_payment(ID),
        module=confirm_payment,
        arguments=lambda: {"booking_id": UUID(ID), "body": models.ConfirmPaymentRequest()},
        answer=ok(PAID),
        gives={"booking_id": UUID(ID), "payment_status": "PAID"},
        unseen=ok(BOOKING),
        seen=[ok(PAID)],
        proof=[refused(422, "PAYMENT_ALREADY_CONFIRMED"), ok(PAID)],
        looks=[STATUS],
        refusals=ALL_TOLD,
    ),
    "createSubscription": Write(
        asked=f"POST {SUBSCRIPTIONS}",
        call=subscribe,
        module=create_subscription,
        arguments=lambda: {
            "body": models.CreateSubscriptionRequest(
                url=HOOKS, events=[models.EventType("booking.created"), models.EventType("booking.cancelled")]
            )
        },
        answer=ok({**NEW, "secret": "whsec_new"}, status=201),
        gives={"id": UUID(NEW_ID), "url": HOOKS, "secret": "whsec_new"},
        before=[ok([OLD])],
        unseen=ok([OLD]),
        seen=[ok([NEW, OLD]), ok({"id": NEW_ID, "secret": "whsec_new"})],
        looks=[f"GET {SUBSCRIPTIONS}", f"POST {SUBSCRIPTIONS}/{NEW_ID}/rotate-secret"],
        refusals=INPUT_ONLY,
    ),
    "deleteSubscription": Write(
        asked=f"DELETE {SUBSCRIPTIONS}/{ID}",
        call=lambda client: client.webhooks.subscriptions.delete(ID),
        module=delete_subscription,
        arguments=lambda: {"id": UUID(ID)},
        answer=ok({"id": ID, "removed": True}),
        gives={"id": UUID(ID), "removed": True},
        proof=[refused(404, "RESOURCE_NOT_FOUND")],
        refusals={**INPUT_ONLY, 404: "unknown"},
    ),
    "retryDelivery": Write(
        asked=f"POST /partners/webhooks/deliveries/{ID}/retry",
        call=lambda client: client.webhooks.deliveries.retry(ID),
        module=retry_delivery,
        arguments=lambda: {"id": UUID(ID)},
        answer=ok({"id": ID, "status": "PENDING"}),
        gives={"id": UUID(ID), "status": "PENDING"},
        proof=[refused(404, "DELIVERY_NOT_RETRYABLE")],
        refusals=INPUT_ONLY,
    ),
}


def sent(script: Any, write: Write) -> int:
    """How often *write* itself was sent; each time with the same body."""
    requests = [asked for asked, call in zip(script.asked, script.calls, strict=True) if call == write.asked]
    assert len({request.content for request in requests}) <= 1
    return len(requests)


def empty_budget(world: World, client: Any, script: Any, *then: Step) -> None:
    """Let five reads fail, as often as each may be sent: the reserve is used up. Then go on with these answers."""
    script.steps[:] = [DOWN]
    for _ in range(5):
        with pytest.raises(APIConnectionError):
            world(client.bookings.status(ID))
    script.asked.clear()
    script.steps[:] = then
