"""Each method sends what the spec says, and gives back the model of the answer."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import attrs
import httpx
import pytest
from cleanlife_client import models
from cleanlife_client.models import BookingStatus, DeliveryStatus, EventType, SortOrder, SubscriptionStatus, WorkType
from cleanlife_traits import OPERATIONS
from client.samples import DAY, ID, OTHER, answer, before, collect
from worlds import BOOKING, FakeClock, World, ok, page, refused

from cleanlife_ext import CustomService, DuplicateExternalReferenceError, OutcomeUnknownError, PriceItem, Timeslot

SLOT = Timeslot("09:00", "12:00")
NEEDED: dict[str, Any] = {
    "contact_id": ID,
    "address_id": "address-1",
    "service_id": OTHER,
    "date": DAY,
    "timeslot": SLOT,
}
SENT = {
    "contactId": str(ID),
    "addressId": "address-1",
    "serviceId": str(OTHER),
    "date": "2026-06-21",
    "timeslot": {"startAt": "09:00", "endAt": "12:00"},
}


@attrs.frozen
class Case:
    """One call of a method, what it sends, and what it gives."""

    operation: str
    ask: Callable[[Any], Any]
    path: str
    query: dict[str, str] | None = None
    body: Any = None
    gives: type = object


CASES = [
    Case(
        "listServices",
        lambda client: client.services.list(sort_by="name", sort_order="DESC"),
        "/partners/services",
        {"page": "1", "limit": "100", "sortBy": "name", "sortOrder": "DESC"},
        gives=models.Service,
    ),
    Case("getService", lambda client: client.services.get(ID), f"/partners/services/{ID}", gives=models.Service),
    Case(
        "listAvailableTimeslots",
        lambda client: client.timeslots.available(address_id="a/b 1&c", service_id=ID, date=DAY),
        "/partners/timeslots/available",
        {"addressId": "a/b 1&c", "serviceId": str(ID), "date": "2026-06-21"},
        gives=Timeslot,
    ),
    Case(
        "listPricingTiers", lambda client: client.pricing.tiers(), "/partners/pricing/tiers", gives=models.PricingTier
    ),
    Case(
        "createBooking",
        lambda client: client.bookings.create(**NEEDED, external_reference="ORDER-1"),
        "/partners/bookings",
        body={**SENT, "externalReference": "ORDER-1"},
        gives=models.Booking,
    ),
    Case(
        "listBookings",
        lambda client: client.bookings.list(
            status="in progress",
            from_date=DAY,
            to_date="2026-06-22",
            external_reference="ORDER 1",
            sort_by="date",
            sort_order=SortOrder.ASC,
        ),
        "/partners/bookings",
        {
            "page": "1",
            "limit": "100",
            "status": "in progress",
            "fromDate": "2026-06-21",
            "toDate": "2026-06-22",
            "externalReference": "ORDER 1",
            "sortBy": "date",
            "sortOrder": "ASC",
        },
        gives=models.Booking,
    ),
    Case(
        "listCancellationReasons",
        lambda client: client.bookings.cancellation_reasons(),
        "/partners/bookings/cancellation-reasons",
        gives=models.CancellationReason,
    ),
    Case(
        "getBookingStatus",
        lambda client: client.bookings.status(ID),
        f"/partners/bookings/{ID}/status",
        gives=models.Booking,
    ),
    Case(
        "updateBooking",
        lambda client: client.bookings.update(
            ID, date=DAY, timeslot=SLOT, notes="Ring twice", external_reference="ORDER-2"
        ),
        f"/partners/bookings/{ID}",
        body={
            "date": "2026-06-21",
            "timeslot": {"startAt": "09:00", "endAt": "12:00"},
            "notes": "Ring twice",
            "externalReference": "ORDER-2",
        },
        gives=models.Booking,
    ),
    Case(
        "cancelBooking",
        lambda client: client.bookings.cancel(ID, reason_id=OTHER, notes="Away"),
        f"/partners/bookings/{ID}/cancel",
        body={"reasonId": str(OTHER), "notes": "Away"},
        gives=models.Booking,
    ),
    Case(
        "confirmPayment",
        lambda client: client.bookings.confirm_payment(ID, payment_reference="PAY-1"),
        f"/partners/bookings/{ID}/confirm-payment",
        body={"paymentReference": "PAY-1"},
        gives=models.Booking,
    ),
    Case(
        "findOrCreateContact",
        lambda client: client.contacts.find_or_create(phone="+966500000001", name="سارة", utm_source="APP"),
        "/partners/contacts",
        body={"phone": "+966500000001", "name": "سارة", "utmSource": "APP"},
        gives=models.Contact,
    ),
    Case("getContact", lambda client: client.contacts.get(ID), f"/partners/contacts/{ID}", gives=models.Contact),
    Case(
        "createSubscription",
        lambda client: client.webhooks.subscriptions.create(
            url="https://hooks.example.com/a?b=c", events=["booking.created", EventType.BOOKING_CANCELLED]
        ),
        "/partners/webhooks/subscriptions",
        body={"url": "https://hooks.example.com/a?b=c", "events": ["booking.created", "booking.cancelled"]},
        gives=models.SubscriptionWithSecret,
    ),
    Case(
        "listSubscriptions",
        lambda client: client.webhooks.subscriptions.list(),
        "/partners/webhooks/subscriptions",
        gives=models.Subscription,
    ),
    Case(
        "updateSubscription",
        lambda client: client.webhooks.subscriptions.update(
            ID, url="https://hooks.example.com/b", events=("booking.updated",), status="INACTIVE"
        ),
        f"/partners/webhooks/subscriptions/{ID}",
        body={"url": "https://hooks.example.com/b", "events": ["booking.updated"], "status": "INACTIVE"},
        gives=models.Subscription,
    ),
    Case(
        "deleteSubscription",
        lambda client: client.webhooks.subscriptions.delete(ID),
        f"/partners/webhooks/subscriptions/{ID}",
        gives=models.RemovedSubscription,
    ),
    Case(
        "rotateSecret",
        lambda client: client.webhooks.subscriptions.rotate_secret(ID),
        f"/partners/webhooks/subscriptions/{ID}/rotate-secret",
        gives=models.RotatedSecret,
    ),
    Case(
        "listDeliveries",
        lambda client: client.webhooks.deliveries.list(status="FAILED", subscription_id=ID),
        "/partners/webhooks/deliveries",
        {"page": "1", "limit": "100", "status": "FAILED", "subscriptionId": str(ID)},
        gives=models.Delivery,
    ),
    Case(
        "retryDelivery",
        lambda client: client.webhooks.deliveries.retry(ID),
        f"/partners/webhooks/deliveries/{ID}/retry",
        gives=models.RetriedDelivery,
    ),
]


def sent_body(request: httpx.Request) -> Any:
    """The one body that a script saw."""
    return json.loads(request.content) if request.content else None


def test_all_operations_have_a_case() -> None:
    """But for prices, which have tests of their own."""
    assert sorted(case.operation for case in CASES) == sorted(set(OPERATIONS) - {"calculatePrice"})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.operation)
def test_each_method_sends_what_the_spec_says(world: World, case: Case) -> None:
    """Method, path, query and body; and the answer is a model, or a list of them."""
    with world.client(*before(case.operation), answer(case.operation)) as (client, script):
        result = collect(world, case.ask(client))

    *first, asked = script.asked
    assert len(first) == len(before(case.operation))
    assert asked.method == OPERATIONS[case.operation]["method"]
    assert asked.url.path == f"/v1{case.path}"
    assert dict(asked.url.params) == (case.query or {})
    assert sent_body(asked) == case.body
    one = result[0] if isinstance(result, list) else result
    assert type(one) is case.gives


@pytest.mark.parametrize(
    ("name", "value", "api_name", "sent"),
    [
        ("external_reference", "ORDER-1", "externalReference", "ORDER-1"),
        ("package_id", ID, "packageId", str(ID)),
        ("package_id", str(ID), "packageId", str(ID)),
        (
            "custom_services",
            [CustomService(id=ID, quantity=2), CustomService(id=OTHER)],
            "customServices",
            [{"id": str(ID), "quantity": 2}, {"id": str(OTHER), "quantity": 1}],
        ),
        ("hours", 3, "hours", 3),
        ("number_of_teams", 2, "numberOfTeams", 2),
        ("work_type", "DEEP", "workType", "DEEP"),
        ("work_type", WorkType.REGULAR, "workType", "REGULAR"),
        ("work_type", "SOMETHING_NEW", "workType", "SOMETHING_NEW"),
        ("user_id", ID, "userId", str(ID)),
        ("coupon_ids", (ID, str(OTHER)), "couponIds", [str(ID), str(OTHER)]),
        ("codes", ("SUMMER10", "HELLO20"), "codes", ["SUMMER10", "HELLO20"]),
        ("promo_code", "PROMO", "promoCode", "PROMO"),
        ("contract_code", "CONTRACT", "contractCode", "CONTRACT"),
        ("discount_code", "DISCOUNT", "discountCode", "DISCOUNT"),
    ],
)
def test_each_argument_of_a_booking_arrives_under_its_own_name(
    world: World, name: str, value: Any, api_name: str, sent: Any
) -> None:
    """And nothing else comes along: what is not given is not sent."""
    with world.client(ok(BOOKING)) as (client, script):
        world(client.bookings.create(**NEEDED, **{name: value}))

    (body,) = script.bodies
    made = body.pop("externalReference")
    assert {**SENT, api_name: sent} == (body if api_name != "externalReference" else {**body, api_name: made})
    assert name == "external_reference" or UUID(made)


@pytest.mark.parametrize("date", [dt.date(2026, 6, 21), "2026-06-21"])
@pytest.mark.parametrize("timeslot", [SLOT, Timeslot(dt.time(9), dt.time(12)), models.Timeslot("09:00", "12:00")])
@pytest.mark.parametrize("id", [ID, str(ID), str(ID).upper()])
def test_dates_slots_and_ids_are_taken_in_all_forms(world: World, date: Any, timeslot: Any, id: Any) -> None:
    """All of them are the same to the API."""
    with world.client(ok(BOOKING)) as (client, script):
        world(
            client.bookings.create(
                contact_id=id,
                address_id=UUID(str(id)),
                service_id=OTHER,
                date=date,
                timeslot=timeslot,
                external_reference="R",
            )
        )

    assert script.bodies == [{**SENT, "addressId": str(ID), "externalReference": "R"}]


def test_times_of_day_keep_their_seconds() -> None:
    """Where there are any."""
    assert Timeslot(dt.time(9, 0, 30), "12:00:00") == Timeslot("09:00:30", "12:00:00")
    assert Timeslot(dt.time(9), dt.time(23, 59)) == Timeslot("09:00", "23:59")


def test_a_slot_is_passed_on_as_it_was_offered(world: World) -> None:
    """Also in a form that no page documents; and what else it says is kept."""
    offered = {"startAt": "21:00:00", "endAt": "00:00:00", "teams": 2}

    with world.client(ok([offered]), ok(BOOKING)) as (client, script):
        (slot,) = world(client.timeslots.available(address_id="a", service_id=ID, date=DAY))
        world(client.bookings.create(**{**NEEDED, "timeslot": slot}))

    assert slot.additional_properties == {"teams": 2}
    assert script.bodies[1]["timeslot"] == {"startAt": "21:00:00", "endAt": "00:00:00"}


def test_the_source_of_a_contact_is_partner_if_nothing_is_said(world: World) -> None:
    """As the API has it."""
    with world.client(answer("findOrCreateContact")) as (client, script):
        world(client.contacts.find_or_create(phone="+966500000001", name="Sara"))

    assert script.bodies[0].get("utmSource", "PARTNER") == "PARTNER"


@pytest.mark.parametrize("status", ["in progress", BookingStatus.IN_PROGRESS])
def test_a_status_is_taken_as_text_or_as_a_member(world: World, status: Any) -> None:
    """Filters of bookings."""
    with world.client(page([])) as (client, script):
        world.items(client.bookings.list(status=status))

    assert script.asked[0].url.params["status"] == "in progress"


def test_members_are_taken_for_webhooks_too(world: World) -> None:
    """Filters and changes."""
    with world.client(page([])) as (client, script):
        world.items(client.webhooks.deliveries.list(status=DeliveryStatus.FAILED))
    assert script.asked[0].url.params["status"] == "FAILED"

    with world.client(answer("updateSubscription")) as (client, script):
        world(client.webhooks.subscriptions.update(ID, status=SubscriptionStatus.ACTIVE))
    assert script.bodies == [{"status": "ACTIVE"}]


def test_a_list_without_filters_sends_none(world: World) -> None:
    """Only what page it wants."""
    for ask in (
        lambda client: client.bookings.list(),
        lambda client: client.services.list(),
        lambda client: client.webhooks.deliveries.list(),
    ):
        with world.client(page([])) as (client, script):
            world.items(ask(client))

        assert dict(script.asked[0].url.params) == {"page": "1", "limit": "100"}


def test_what_is_not_given_is_not_sent(world: World) -> None:
    """Changes are partial, and a cancellation needs no reason."""
    with world.client(ok(BOOKING)) as (client, script):
        world(client.bookings.update(ID, notes="Ring twice"))
        world(client.bookings.update(ID, date="2026-06-22"))
        world(client.bookings.cancel(ID))
        world(client.bookings.confirm_payment(ID))

    assert script.bodies == [{"notes": "Ring twice"}, {"date": "2026-06-22"}, {}, {}]


def test_find_gives_the_booking_with_the_reference(world: World) -> None:
    """One call, filtered by the API."""
    with world.client(page([BOOKING])) as (client, script):
        found = world(client.bookings.find("ORDER-1"))

    assert str(found.booking_id) == BOOKING["bookingId"]
    assert len(script.asked) == 1
    assert script.asked[0].url.params["externalReference"] == "ORDER-1"


def test_find_gives_none_if_there_is_none(world: World) -> None:
    """An empty list is an answer."""
    with world.client(page([])) as (client, _):
        assert world(client.bookings.find("ORDER-1")) is None


def test_find_gives_no_booking_with_another_reference(world: World) -> None:
    """Whatever the filter lets through: an order must not get somebody else's booking."""
    rows = [{**BOOKING, "externalReference": "ORDER-10"}, {**BOOKING, "externalReference": None, "bookingId": str(ID)}]

    with world.client(page(rows)) as (client, _):
        assert world(client.bookings.find("ORDER-1")) is None


def test_the_prefix_stands_before_all_references(world: World) -> None:
    """Given or made, in what is created, changed, listed and looked for."""
    with world.client(ok(BOOKING), reference_prefix="TEST-") as (client, script):
        world(client.bookings.create(**NEEDED, external_reference="1"))
        world(client.bookings.create(**NEEDED))
        world(client.bookings.update(ID, external_reference="2"))

    given, made, changed = (body["externalReference"] for body in script.bodies)
    assert (given, changed) == ("TEST-1", "TEST-2")
    assert UUID(made.removeprefix("TEST-"))

    row = {**BOOKING, "externalReference": "TEST-1"}
    with world.client(page([row]), reference_prefix="TEST-") as (client, script):
        assert world(client.bookings.find("1")).external_reference == "TEST-1"
        assert len(world.items(client.bookings.list(external_reference="1"))) == 1
        world.items(client.bookings.list())

    assert [asked.url.params.get("externalReference") for asked in script.asked] == ["TEST-1", "TEST-1", None]


def test_a_reference_that_we_gave_out_is_taken_back(world: World) -> None:
    """What an error or a booking bears has the prefix already, and must find the booking."""
    made: list[str] = []
    looks: list[str] = []

    def step(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            made.append(json.loads(request.content)["externalReference"])
            return refused(500, "INTERNAL_ERROR")
        looks.append(request.url.params["externalReference"])
        # Not to be seen at first, so that the outcome is unknown.
        shows = len(looks) > 1 and looks[-1] == made[0]
        return page([{**BOOKING, "externalReference": made[0]}] if shows else [])

    for reference in (None, "ORDER-1"):
        made.clear()
        looks.clear()
        with world.client(step, reference_prefix="TEST-", max_attempts=1, clock=FakeClock()) as (client, _):
            with pytest.raises(OutcomeUnknownError) as caught:
                world(client.bookings.create(**NEEDED, external_reference=reference))

            found = world(client.bookings.find(caught.value.key))
            assert found is not None
            assert world(client.bookings.find(found.external_reference)) == found


def test_made_references_differ(world: World) -> None:
    """Each booking is one of its own."""
    with world.client(ok(BOOKING)) as (client, script):
        for _ in range(2):
            world(client.bookings.create(**NEEDED))

    assert len({body["externalReference"] for body in script.bodies}) == 2


def test_a_reference_in_use_raises_with_the_booking(world: World) -> None:
    """Looked up on the way."""
    with (
        world.client(refused(409, "DUPLICATE_EXTERNAL_REFERENCE"), page([BOOKING])) as (client, _),
        pytest.raises(DuplicateExternalReferenceError) as caught,
    ):
        world(client.bookings.create(**NEEDED, external_reference="ORDER-1"))

    assert str(caught.value.existing.booking_id) == BOOKING["bookingId"]


def test_a_reference_in_use_may_be_what_was_wanted(world: World) -> None:
    """`if_exists="return"` gives the booking if it is alive and the same."""
    alike = {**NEEDED, "date": "2026-06-20"}

    with world.client(refused(409, "DUPLICATE_EXTERNAL_REFERENCE"), page([BOOKING])) as (client, script):
        booking = world(client.bookings.create(**alike, external_reference="ORDER-1", if_exists="return"))

    assert str(booking.booking_id) == BOOKING["bookingId"]
    assert script.calls == ["POST /partners/bookings", "GET /partners/bookings"]


def test_what_is_kept_of_services_can_be_forgotten(world: World) -> None:
    """List and single services alike, and nothing else."""
    answers = {"services": page([]), "tiers": ok([]), str(ID): answer("getService")}

    def step(request: httpx.Request) -> httpx.Response:
        return answers[request.url.path.rpartition("/")[2]]

    with world.client(step) as (client, script):
        for _ in range(2):
            world.items(client.services.list())
            world(client.services.get(ID))
            world(client.pricing.tiers())
            client.services.invalidate()

    assert [call.rpartition("/")[2] for call in script.calls] == ["services", str(ID), "tiers", "services", str(ID)]


def test_prices_are_asked_with_all_arguments(world: World) -> None:
    """Coupons, and whom they are for."""
    item = PriceItem(hours=2.5, service_id=str(ID), package_id=OTHER, sub_service_id=str(ID))
    line = {"serviceId": str(ID), "total": 1}

    with world.client(ok({"items": [line]})) as (client, script):
        world(
            client.pricing.calculate(
                [item], coupon_ids=[str(ID)], codes=("A", "B"), user_id=str(OTHER), phone="+966500000001"
            )
        )

    assert script.calls == ["POST /partners/pricing/calculate-price"]
    assert script.bodies == [
        {
            "items": [{"hours": 2.5, "serviceId": str(ID), "packageId": str(OTHER), "subServiceId": str(ID)}],
            "couponIds": [str(ID)],
            "codes": ["A", "B"],
            "userId": str(OTHER),
            "phone": "+966500000001",
        }
    ]
