"""What the API would reject is refused before it is sent, by the name of the field."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from cleanlife_client import models
from cleanlife_client.api.bookings import (
    confirm_payment,
    create_booking,
    get_booking_status,
    list_bookings,
    update_booking,
)
from cleanlife_client.api.contacts import find_or_create_contact, get_contact
from cleanlife_client.api.pricing import calculate_price
from cleanlife_client.api.services import get_service, list_services
from cleanlife_client.api.webhooks import list_deliveries, retry_delivery, rotate_secret
from client.samples import DAY, ID, OTHER, answer, collect
from worlds import World, ok

from cleanlife_ext import ConfigurationError, CustomService, PriceItem, Timeslot

SLOT = Timeslot("09:00", "12:00")
UTC = dt.UTC
BAD_IDS = ["garbage", "", "..", "../x", "%2e", "%2e%2e", f"{ID}/", f"{ID}\n", f"{{{ID}}}", f"urn:uuid:{ID}", ID.hex]
NO_IDS: list[Any] = [None, 5, ID.bytes, 1.5]


def booking(**changes: Any) -> Callable[[Any], Any]:
    """Make a booking that would be good but for *changes*."""
    good = {"contact_id": ID, "address_id": "a", "service_id": OTHER, "date": DAY, "timeslot": SLOT}
    return lambda client: client.bookings.create(**{**good, **changes})


def price(*items: Any, **options: Any) -> Callable[[Any], Any]:
    """Price *items*, made only when the client is there."""
    return lambda client: client.pricing.calculate([item() if callable(item) else item for item in items], **options)


def hours(value: Any) -> Callable[[], PriceItem]:
    """An item that would be good but for its hours."""
    return lambda: PriceItem(service_id=ID, hours=value)


def contact(**changes: Any) -> Callable[[Any], Any]:
    """Find a contact that would be good but for *changes*."""
    return lambda client: client.contacts.find_or_create(**{"phone": "+966500000001", "name": "Sara", **changes})


def subscription(**changes: Any) -> Callable[[Any], Any]:
    """Subscribe as would be good but for *changes*."""
    good = {"url": "https://hooks.example.com/", "events": ["booking.created"]}
    return lambda client: client.webhooks.subscriptions.create(**{**good, **changes})


def slots(**changes: Any) -> Callable[[Any], Any]:
    """Look for slots as would be good but for *changes*."""
    good = {"address_id": "a", "service_id": ID, "date": DAY}
    return lambda client: client.timeslots.available(**{**good, **changes})


def change(**changes: Any) -> Callable[[Any], Any]:
    """Change a booking."""
    return lambda client: client.bookings.update(ID, **changes)


def bookings(**filters: Any) -> Callable[[Any], Any]:
    """List bookings."""
    return lambda client: client.bookings.list(**filters)


def refused(world: World, ask: Callable[[Any], Any]) -> str:
    """The text of the `ValueError` that *ask* ends in, with nothing sent."""
    with (
        world.client(ok({})) as (client, script),
        pytest.raises(ValueError) as caught,  # noqa: PT011  # Each test looks at the text.
    ):
        collect(world, ask(client))

    assert script.asked == []
    return str(caught.value)


CASES: list[tuple[str, Callable[[Any], Any]]] = [
    # Prices
    *(("hours", price(hours(value))) for value in (0, 0.99, 25, 24.01, -1, math.nan, math.inf, -math.inf)),
    *(("hours", price(hours(value))) for value in ("3", None, True, b"3", [3])),
    ("items", price()),
    ("items", price("service")),
    ("items", price({"hours": 2})),
    ("items", price(None)),
    ("service_id or package_id", price(PriceItem(hours=2))),
    ("service_id or package_id", price(PriceItem(hours=2, sub_service_id=ID))),
    *(("service_id", price(lambda given=id: PriceItem(hours=2, service_id=given))) for id in ("garbage", "", "../", 5)),
    *(("package_id", price(lambda given=id: PriceItem(hours=2, package_id=given))) for id in ("garbage", "", "../", 5)),
    *(
        ("sub_service_id", price(lambda given=id: PriceItem(hours=2, sub_service_id=given)))
        for id in ("garbage", "", 5)
    ),
    ("coupon_ids", price(hours(2), coupon_ids=[ID, OTHER, UUID(int=3)])),
    ("coupon_ids", price(hours(2), coupon_ids=["garbage"])),
    ("coupon_ids", price(hours(2), coupon_ids=str(ID))),
    ("codes", price(hours(2), codes=["A", "B", "C"])),
    ("codes", price(hours(2), codes=[""])),
    ("codes", price(hours(2), codes=[5])),
    ("codes", price(hours(2), codes="AB")),
    ("user_id", price(hours(2), user_id="garbage")),
    *(("phone", price(hours(2), phone=phone)) for phone in ("0500000001", "", "+966 50", "+966500000001\n", 966)),
    # Bookings
    *(("hours", booking(hours=value)) for value in (0, -1, 2.5, 2.0, math.nan, "2", True)),
    *(("number_of_teams", booking(number_of_teams=value)) for value in (0, 1.5, "1", True)),
    *(("contact_id", booking(contact_id=id)) for id in (*BAD_IDS, *NO_IDS)),
    *(("service_id", booking(service_id=id)) for id in ("garbage", "", None)),
    *(("package_id", booking(package_id=id)) for id in ("garbage", "", 5)),
    *(("user_id", booking(user_id=id)) for id in ("garbage", "", 5)),
    *(("address_id", booking(address_id=id)) for id in ("", None, 5, b"a", ["a"])),
    *(("external_reference", booking(external_reference=text)) for text in ("x" * 151, "", 5, b"R")),
    ("coupon_ids", booking(coupon_ids=[ID, OTHER, UUID(int=3)])),
    ("coupon_ids", booking(coupon_ids=["garbage"])),
    ("codes", booking(codes=["A", "B", "C"])),
    ("codes", booking(codes=["A", ""])),
    ("codes", booking(codes="AB")),
    ("custom_services", booking(custom_services=[CustomService(id=ID, quantity=0)])),
    ("custom_services", booking(custom_services=[{"id": str(ID)}])),
    ("work_type", booking(work_type=5)),
    *((name, booking(**{name: 5})) for name in ("promo_code", "contract_code", "discount_code")),
    ("if_exists", booking(if_exists="ignore")),
    ("if_exists", booking(if_exists=None)),
    *(
        ("date", booking(date=date))
        for date in (
            dt.datetime(2026, 6, 21, tzinfo=UTC),
            *(
                "21.06.2026",
                "2026-6-1",
                "20260621",
                "2026-02-30",
                "2026-06-21T09:00:00Z",
                "",
                "\u0662\u0660\u0662\u0666-06-21",
            ),
            *(20260621, None),
        )
    ),
    *(("timeslot", booking(timeslot=slot)) for slot in (("09:00", "12:00"), {"startAt": "09:00"}, "09:00", None)),
    ("timeslot.start_at", booking(timeslot=models.Timeslot("9 o'clock", "12:00"))),
    ("timeslot.end_at", booking(timeslot=models.Timeslot("09:00", "12:00\n"))),
    *(
        ("start_at", lambda _, start=start: Timeslot(start, "12:00"))
        for start in (
            *("9:00", "24:00", "09:60", "09:00\n", "", "09", "\u0660\u0669:\u0660\u0660"),
            *(dt.time(9, tzinfo=UTC), dt.datetime(2026, 6, 21, 9, tzinfo=UTC), 9, None),
        )
    ),
    ("end_at", lambda _: Timeslot("09:00", "noon")),
    # Changes to bookings
    ("must be given", change()),
    ("external_reference", change(external_reference="x" * 151)),
    ("external_reference", change(external_reference="")),
    ("notes", change(notes=5)),
    ("date", change(date="tomorrow")),
    ("timeslot", change(timeslot=("09:00", "12:00"))),
    ("payment_reference", lambda client: client.bookings.confirm_payment(ID, payment_reference="x" * 256)),
    ("payment_reference", lambda client: client.bookings.confirm_payment(ID, payment_reference=5)),
    ("reason_id", lambda client: client.bookings.cancel(ID, reason_id="garbage")),
    ("notes", lambda client: client.bookings.cancel(ID, notes=5)),
    # Lists and lookups
    ("to_date", bookings(to_date=DAY)),
    ("from_date", bookings(from_date=dt.datetime(2026, 6, 21, tzinfo=UTC))),
    ("to_date", bookings(from_date=DAY, to_date="tomorrow")),
    ("status", bookings(status=5)),
    ("sort_by", bookings(sort_by=5)),
    *(("sort_order", bookings(sort_order=order)) for order in ("UP", "asc", "", 5)),
    ("sort_order", lambda client: client.services.list(sort_order="UP")),
    ("external_reference", bookings(external_reference="")),
    ("external_reference", bookings(external_reference=5)),
    *(("external_reference", lambda client, ref=ref: client.bookings.find(ref)) for ref in ("", None, 5)),
    ("status", lambda client: client.webhooks.deliveries.list(status=5)),
    ("subscription_id", lambda client: client.webhooks.deliveries.list(subscription_id="garbage")),
    *(("address_id", slots(address_id=id)) for id in ("", None, 5)),
    ("service_id", slots(service_id="garbage")),
    ("date", slots(date="tomorrow")),
    # Contacts
    *(("phone", contact(phone=phone)) for phone in ("0500000001", "", "+966", "+966 50", "+966500000001\n", 966, None)),
    *(("name", contact(name=name)) for name in ("", 5, None)),
    ("utm_source", contact(utm_source=5)),
    # Webhooks
    *(("url", subscription(url=url)) for url in ("hooks.example.com", "", "https://", "https://a b/", 5, None)),
    *(("events", subscription(events=events)) for events in ([], ["booking.lost"], "booking.created", [5])),
    ("must be given", lambda client: client.webhooks.subscriptions.update(ID)),
    ("events", lambda client: client.webhooks.subscriptions.update(ID, events=[])),
    ("events", lambda client: client.webhooks.subscriptions.update(ID, events=["booking.lost"])),
    ("status", lambda client: client.webhooks.subscriptions.update(ID, status="PAUSED")),
    ("url", lambda client: client.webhooks.subscriptions.update(ID, url="hooks.example.com")),
]


@pytest.mark.parametrize(
    ("field", "ask"), [pytest.param(*case, id=f"{number}-{case[0]}") for number, case in enumerate(CASES)]
)
def test_a_bad_value_is_refused_before_it_is_sent(world: World, field: str, ask: Callable[[Any], Any]) -> None:
    """As a `ValueError` that names the field as Python code does."""
    assert field in refused(world, ask)


@pytest.mark.parametrize("id", [*BAD_IDS, *NO_IDS])
@pytest.mark.parametrize(
    ("field", "ask"),
    [
        ("service_id", lambda client, given: client.services.get(given)),
        ("contact_id", lambda client, given: client.contacts.get(given)),
        ("booking_id", lambda client, given: client.bookings.status(given)),
        ("booking_id", lambda client, given: client.bookings.update(given, notes="x")),
        ("booking_id", lambda client, given: client.bookings.cancel(given)),
        ("booking_id", lambda client, given: client.bookings.confirm_payment(given)),
        ("subscription_id", lambda client, given: client.webhooks.subscriptions.update(given, status="ACTIVE")),
        ("subscription_id", lambda client, given: client.webhooks.subscriptions.delete(given)),
        ("subscription_id", lambda client, given: client.webhooks.subscriptions.rotate_secret(given)),
        ("delivery_id", lambda client, given: client.webhooks.deliveries.retry(given)),
    ],
    ids=["service", "contact", "status", "update", "cancel", "payment", "subscription", "delete", "rotate", "retry"],
)
def test_an_id_that_is_no_uuid_reaches_no_path(
    world: World, field: str, ask: Callable[[Any, Any], Any], id: Any
) -> None:
    """Least of all one that would lead to another path."""
    assert refused(world, lambda client: ask(client, id)).startswith(f"{field}: ")


def test_more_than_ten_items_with_coupons_are_refused_with_the_reason(world: World) -> None:
    """The vendor counts a coupon once a call, which nobody would guess."""
    items = [PriceItem(service_id=ID, hours=1 + step) for step in range(11)]

    for coupons in ({"codes": ["A"]}, {"coupon_ids": [ID]}):
        text = refused(world, lambda client, coupons=coupons: client.pricing.calculate(items, **coupons))

        assert text.startswith("items: 11 were given with coupons, and at most 10 are allowed")
        assert "a coupon counts once a call" in text


def test_the_prefix_counts_among_the_characters_of_a_reference(world: World) -> None:
    """What is sent must fit."""
    with (
        world.client(ok({}), reference_prefix="TEST-") as (client, script),
        pytest.raises(ValueError, match="external_reference"),
    ):
        world(booking(external_reference="x" * 146)(client))

    assert script.asked == []


@pytest.mark.parametrize("reference", ["", None, 5])
def test_a_prefix_makes_no_reference_of_nothing(world: World, reference: Any) -> None:
    """An empty reference is refused with a prefix too, or all such bookings would bear the same one."""
    asks = [lambda client: client.bookings.find(reference)]
    if reference is not None:
        asks += [booking(external_reference=reference), change(external_reference=reference)]
    for ask in asks:
        with world.client(ok({}), reference_prefix="TEST-") as (client, script):
            with pytest.raises(ValueError, match="external_reference"):
                collect(world, ask(client))

            assert script.asked == []


def test_a_bad_filter_is_refused_where_it_is_written(world: World) -> None:
    """And not pages later, when the list is walked."""
    with world.client(ok({})) as (client, _):
        for filters in ({"to_date": DAY}, {"from_date": "tomorrow"}, {"sort_order": "UP"}):
            with pytest.raises(ValueError, match=next(iter(filters))):
                client.bookings.list(**filters)
        with pytest.raises(ValueError, match="subscription_id"):
            client.webhooks.deliveries.list(subscription_id="garbage")


def test_a_refusal_does_not_quote_what_was_given(world: World) -> None:
    """It may be anybody's phone number."""
    for ask in (contact(phone="canary"), contact(name=["canary"]), booking(contact_id="canary"), slots(date="canary")):
        assert "canary" not in refused(world, ask)


# What is checked beneath the generated functions too.


def body(**changes: Any) -> dict[str, Any]:
    """A booking as the generated function takes it, good but for *changes*."""
    good: dict[str, Any] = {
        "contact_id": ID,
        "address_id": "a",
        "service_id": OTHER,
        "timeslot": models.TimeslotInput("09:00", "12:00"),
        "date": DAY,
    }
    return {"body": models.CreateBookingRequest(**{**good, **changes})}


def prices(**changes: Any) -> dict[str, Any]:
    """Items as the generated function takes them, good but for *changes*."""
    good = {"items": [models.PriceItemInput(hours=2, service_id=ID)]}
    return {"body": models.CalculatePriceRequest(**{**good, **changes})}


GENERATED: list[tuple[str, Any, dict[str, Any]]] = [
    *(("limit", module, {"limit": limit}) for module in (list_bookings, list_services) for limit in (101, 0, "5", 1.5)),
    *(("page", list_deliveries, {"page": page}) for page in (0, -1, "1", True)),
    ("to_date", list_bookings, {"to_date": DAY}),
    *(("booking_id", get_booking_status, {"booking_id": id}) for id in BAD_IDS),
    *(("service_id", get_service, {"service_id": id}) for id in BAD_IDS),
    *(("contact_id", get_contact, {"contact_id": id}) for id in BAD_IDS),
    *(("id", retry_delivery, {"id": id}) for id in BAD_IDS),
    *(("id", rotate_secret, {"id": id}) for id in BAD_IDS),
    ("subscription_id", list_deliveries, {"subscription_id": "garbage"}),
    ("external_reference", create_booking, body(external_reference="x" * 151)),
    ("external_reference", create_booking, body(external_reference="")),
    ("contact_id", create_booking, body(contact_id="../")),
    ("hours", create_booking, body(hours=0)),
    ("hours", create_booking, body(hours=2.5)),
    ("codes", create_booking, body(codes=["A", "B", "C"])),
    ("coupon_ids", create_booking, body(coupon_ids=[ID, OTHER, ID])),
    ("start_at", create_booking, body(timeslot=models.TimeslotInput("9", "12:00"))),
    (
        "external_reference",
        update_booking,
        {"booking_id": ID, "body": models.UpdateBookingRequest(external_reference="x" * 151)},
    ),
    (
        "payment_reference",
        confirm_payment,
        {"booking_id": ID, "body": models.ConfirmPaymentRequest(payment_reference="x" * 256)},
    ),
    ("hours", calculate_price, prices(items=[models.PriceItemInput(hours=25, service_id=ID)])),
    ("hours", calculate_price, prices(items=[models.PriceItemInput(hours=math.nan, service_id=ID)])),
    ("service_id or package_id", calculate_price, prices(items=[models.PriceItemInput(hours=2)])),
    ("items", calculate_price, prices(items=[models.PriceItemInput(hours=2, service_id=ID)] * 11)),
    ("items", calculate_price, prices(items=[])),
    ("phone", find_or_create_contact, {"body": models.ContactRequest(phone="050", name="Sara")}),
    ("name", find_or_create_contact, {"body": models.ContactRequest(phone="+966500000001", name="")}),
]


@pytest.mark.parametrize(
    ("field", "module", "arguments"),
    [pytest.param(*case, id=f"{number}-{case[0]}") for number, case in enumerate(GENERATED)],
)
def test_the_generated_functions_refuse_it_too(
    world: World, field: str, module: Any, arguments: dict[str, Any]
) -> None:
    """The rules stand in the spec, and are checked beneath both ways to call."""
    with world.client(ok({})) as (client, script):
        with pytest.raises(ValueError, match=field):
            world.generated(module, client, **arguments)

        assert script.asked == []


RAW: list[tuple[str, str, str, dict[str, Any]]] = [
    ("body: an object is needed", "post", "/partners/contacts", {"json": None}),
    ("body: an object is needed", "post", "/partners/contacts", {"json": ["Sara"]}),
    ("phone: it must be given", "post", "/partners/contacts", {"json": {"name": "Sara"}}),
    ("sort_order: one of ASC, DESC", "get", "/partners/bookings", {"params": {"sortOrder": "UP"}}),
    ("from_date: a date like", "get", "/partners/bookings", {"params": {"fromDate": "21.06.2026"}}),
    ("from_date: a date like", "get", "/partners/bookings", {"params": {"fromDate": "20260621"}}),
    ("to_date: the API ignores it", "get", "/partners/bookings", {"params": {"toDate": "2026-06-21"}}),
]


@pytest.mark.parametrize(("text", "method", "path", "asked"), RAW)
def test_what_generated_code_would_never_send_is_refused_too(
    world: World, text: str, method: str, path: str, asked: dict[str, Any]
) -> None:
    """The session takes nothing on trust: whoever writes a body by hand learns the same."""
    with world.client(ok({})) as (client, script), pytest.raises(ValueError, match=text):
        world(client.generated.session.request(method, path, **asked))

    assert script.asked == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/partners/nothing"), ("put", "/partners/services"), ("get", "/partners/services/a/b"), ("get", "")],
)
def test_what_is_no_operation_is_refused(world: World, method: str, path: str) -> None:
    """The spec knows all there is to ask for."""
    with world.client(ok({})) as (client, script), pytest.raises(ConfigurationError, match="no operation"):
        world(client.generated.session.request(method, path))

    assert script.asked == []


def test_null_is_sent_where_the_spec_allows_it(world: World) -> None:
    """By those who write bodies by hand; fields that the spec does not know pass as well."""
    sent = {"items": [{"hours": 2, "serviceId": str(ID), "new": 1}], "userId": None, "phone": None, "new": 1}

    with world.client(answer("calculatePrice")) as (client, script):
        world(client.generated.session.request("post", "/partners/pricing/calculate-price", json=sent))

    assert script.bodies == [sent]


def test_what_is_just_within_the_limits_is_sent(world: World) -> None:
    """The first and the last good values."""
    goods = [
        (
            "createBooking",
            create_booking,
            body(external_reference="x" * 150, hours=1, codes=["A", "B"], coupon_ids=[ID, OTHER]),
        ),
        (
            "confirmPayment",
            confirm_payment,
            {"booking_id": ID, "body": models.ConfirmPaymentRequest(payment_reference="x" * 255)},
        ),
        ("calculatePrice", calculate_price, prices(items=[models.PriceItemInput(hours=1, package_id=ID)] * 10)),
        ("calculatePrice", calculate_price, prices(items=[models.PriceItemInput(hours=24, service_id=ID)])),
        ("listBookings", list_bookings, {"limit": 100, "page": 1}),
        ("listBookings", list_bookings, {"limit": 1, "from_date": DAY, "to_date": DAY}),
    ]
    for operation, module, arguments in goods:
        with world.client(answer(operation)) as (client, script):
            world.generated(module, client, **arguments)

            assert len(script.asked) == 1
