"""Decoded models hold what the spec says they hold, to the last item of the last list."""

from __future__ import annotations

from typing import Any

import pytest
from cleanlife_client import models
from worlds import BOOKING, World, ok, page

from cleanlife_ext import UnexpectedResponseError
from cleanlife_ext.engine.shape import misfit

ID = BOOKING["bookingId"]
TIER = {"id": ID, "minMinutes": 60, "maxMinutes": None, "factor": 1.5, "sorting": 1}
DELIVERY = {
    "id": ID,
    "subscriptionId": ID,
    "event": "booking.created",
    "status": "FAILED",
    "attemptCount": 1,
    "statusCode": None,
    "error": None,
    "nextRetryAt": None,
    "deliveredAt": None,
    "createdAt": "2026-06-20T00:00:00.000Z",
}
META = {"page": 1, "limit": 100, "total": 1, "totalPages": 1}


def booking(**changed: Any) -> Any:
    """A decoded booking with these fields."""
    return models.Booking.from_dict({**BOOKING, **changed})


def tier(**changed: Any) -> Any:
    """A decoded tier with these fields."""
    return models.PricingTier.from_dict({**TIER, **changed})


def test_what_fits_fits() -> None:
    """Nulls where null is allowed, whole numbers for numbers, words that are new."""
    assert misfit(booking()) is None
    assert misfit(booking(status="on the moon", appointment=None, more={"x": [1, None]})) is None
    assert misfit(booking(timeslot={**BOOKING["timeslot"], "more": 3})) is None
    assert misfit(tier()) is None
    assert misfit(tier(factor=2, maxMinutes=120)) is None
    assert misfit(models.Delivery.from_dict(DELIVERY)) is None
    assert misfit(models.BookingResponse.from_dict({"success": True, "data": BOOKING})) is None


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (booking(status=None), "status"),
        (booking(trackingReference=3), "tracking_reference"),
        (booking(trackingReference=["x"]), "tracking_reference"),
        (booking(timeslot={**BOOKING["timeslot"], "startAt": 9}), "timeslot.start_at"),
        (booking(timeslot={**BOOKING["timeslot"], "endsAtNextDay": "no"}), "timeslot.ends_at_next_day"),
        (tier(minMinutes="60"), "min_minutes"),
        (tier(minMinutes=60.5), "min_minutes"),
        (tier(minMinutes=None), "min_minutes"),
        (tier(factor="1.5"), "factor"),
        (tier(maxMinutes="x"), "max_minutes"),
        (tier(maxMinutes={}), "max_minutes"),
    ],
)
def test_what_does_not_fit_is_named(model: Any, field: str) -> None:
    """By the way to the field, as Python code spells it."""
    assert misfit(model) == field


@pytest.mark.parametrize(("model", "field"), [(tier(minMinutes=True), "min_minutes"), (tier(factor=False), "factor")])
def test_true_is_not_a_number(model: Any, field: str) -> None:
    """To Python it is one; to JSON it is not."""
    assert misfit(model) == field


def test_items_of_lists_are_looked_at() -> None:
    """Each of them, and the model around them is named to the index."""
    tiers = [TIER, {**TIER, "sorting": None}]

    assert misfit(models.PricingTiersResponse.from_dict({"success": True, "data": tiers})) == "data[1].sorting"
    assert misfit(models.PricingTiersResponse.from_dict({"success": True, "data": []})) is None


def test_items_of_lists_may_be_of_one_type_or_another() -> None:
    """Events that the spec does not know pass as text; numbers do not."""
    subscription = {
        "id": ID,
        "partnerClientId": ID,
        "url": "https://example.com",
        "events": ["booking.created", "booking.teleported"],
        "status": "ACTIVE",
        "createdAt": "x",
        "updatedAt": "x",
    }

    assert misfit(models.Subscription.from_dict(subscription)) is None


def test_a_list_may_be_left_out() -> None:
    """And is looked into where it is there."""
    made = {"id": ID, "url": "https://example.com", "secret": "whsec"}

    assert misfit(models.SubscriptionWithSecret.from_dict(made)) is None
    assert misfit(models.SubscriptionWithSecret.from_dict({**made, "events": ["booking.created"]})) is None
    model = models.SubscriptionWithSecret.from_dict(made)
    model.events = [3]  # type: ignore[list-item]
    assert misfit(model) == "events[0]"
    model.events = "booking.created"  # type: ignore[assignment]
    assert misfit(model) == "events"


def test_an_ill_formed_id_passes_where_null_is_allowed() -> None:
    """Generated code lets it pass as text, and so may we."""
    assert misfit(models.PriceLine.from_dict({"serviceId": "not a uuid"})) is None
    assert misfit(models.PriceLine.from_dict({"serviceId": 3})) == "service_id"


def test_what_the_spec_does_not_describe_is_not_judged() -> None:
    """Details of an error may be anything."""
    detail = models.ErrorDetail.from_dict({"code": "X", "message": "no", "details": {"a": [1]}})

    assert misfit(detail) is None


@pytest.mark.parametrize(
    "meta", [{}, {**META, "totalPages": None}, {**META, "totalPages": "1"}, {**META, "totalPages": True}, None, []]
)
def test_pages_cannot_be_counted_by_nonsense(world: World, meta: Any) -> None:
    """A walk would end too early, or break on what is no number."""
    with world.client(ok([BOOKING], meta=meta)) as (client, _), pytest.raises(UnexpectedResponseError):
        world.items(client.bookings.list())


def test_one_strange_item_spoils_the_page(world: World) -> None:
    """It is said which one, and nothing of what it holds."""
    items = [BOOKING, {**BOOKING, "status": {"name": "Sara"}}]

    with world.client(page(items)) as (client, _), pytest.raises(UnexpectedResponseError) as caught:
        world.items(client.bookings.list())

    assert "a wrong shape (data[1].status)" in str(caught.value)
    assert "Sara" not in str(caught.value)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity"])
def test_what_only_python_takes_for_a_number_is_no_json(world: World, number: bytes) -> None:
    """A price that is not a number would poison every sum."""
    content = ok([TIER]).content.replace(b"1.5", number)
    assert number in content
    from httpx import Response  # noqa: PLC0415

    with world.client(Response(200, content=content)) as (client, _), pytest.raises(UnexpectedResponseError):
        world(client.pricing.tiers())
