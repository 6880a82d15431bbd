"""Services, tiers, timeslots and prices."""

from collections.abc import Callable
from typing import Any

import pytest
from simulator.calling import EVENING, FRIDAY, MISSING_ID, MORNING, SUNDAY, Caller, Clock, Reply

from cleanlife_ext.simulator.state import State


@pytest.mark.rule("services.enabled", "services.shape")
def test_the_services_of_the_partner_are_listed(call: Caller, foreign_service: str) -> None:
    """Only those that are enabled, with id, name and isActive."""
    services = call.get("/services").data

    assert len(services) == 12
    assert foreign_service not in {service["id"] for service in services}
    assert {"id", "name", "isActive"} <= set(services[0])


@pytest.mark.rule("page.descending")
def test_services_come_last_first_unless_asked_otherwise(call: Caller) -> None:
    """sortOrder is DESC by default, by creation date."""
    newest_first = call.get("/services").data

    assert newest_first == call.get("/services", sortOrder="ASC").data[::-1]
    assert newest_first == call.get("/services", sortBy="colour").data


def test_services_can_be_sorted_by_name(call: Caller) -> None:
    """sortBy=name, both ways."""
    names = [service["name"] for service in call.get("/services", sortBy="name", sortOrder="ASC").data]

    assert names == sorted(names)
    assert names[::-1] == [service["name"] for service in call.get("/services", sortBy="name").data]


def test_pages_of_services_join_without_gaps(call: Caller) -> None:
    """Every service is on exactly one page."""
    pages = [service for page in (1, 2, 3) for service in call.get("/services", page=page, limit=5).data]

    assert pages == call.get("/services").data


def test_a_service_has_details(call: Caller, service: str) -> None:
    """In both languages, with its packages."""
    details = call.get(f"/services/{service.upper()}").data

    assert (details["id"], details["name"]) == (service, "Standard Home Cleaning")
    assert len(details["packages"]) == 2


@pytest.mark.rule("service.missing")
def test_a_service_that_is_missing_or_not_enabled_is_not_found(call: Caller, foreign_service: str) -> None:
    """Both look the same."""
    assert call.get(f"/services/{MISSING_ID}").refusal == (404, "RESOURCE_NOT_FOUND")
    assert call.get(f"/services/{foreign_service}").refusal == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize("bad", ["1", "00000000-0000-0000-0000-000000000001", "gggggggg-0000-4000-8000-000000000000"])
@pytest.mark.rule("uuid.v4", "service.bad-id")
def test_an_id_in_a_path_must_be_a_uuid_of_version_4(call: Caller, bad: str) -> None:
    """Even where the documentation's samples are not."""
    assert call.get(f"/services/{bad}").messages == ["serviceId must be a UUID"]


@pytest.mark.rule("tiers.list")
def test_the_tiers_are_those_of_the_documentation(call: Caller) -> None:
    """A plain array, the last without an upper limit."""
    tiers = [(t["minMinutes"], t["maxMinutes"], t["factor"], t["sorting"]) for t in call.get("/pricing/tiers").data]

    assert tiers == [(120, 179, 1.0, 1), (180, 239, 0.95, 2), (240, None, 0.9, 3)]


def slots(call: Caller, address: str, service: str, date: str = SUNDAY) -> Any:
    """The free slots of a day."""
    return call.get("/timeslots/available", addressId=address, serviceId=service, date=date).data


@pytest.mark.rule("slots.list")
def test_a_day_has_six_slots_of_three_hours(call: Caller, address: str, service: str) -> None:
    """Times as HH:MM, ready to be handed to a booking."""
    assert [slot["startAt"] for slot in slots(call, address, service)] == [
        "06:00", "09:00", "12:00", "15:00", "18:00", "21:00"
    ]  # fmt: skip
    assert MORNING in slots(call, address, service)


def test_work_begins_late_on_fridays(call: Caller, address: str, service: str) -> None:
    """Nobody comes before 15:00."""
    assert slots(call, address, service, FRIDAY)[0]["startAt"] == "15:00"


def test_slots_that_have_begun_are_gone(call: Caller, address: str, service: str, clock: Clock) -> None:
    """It is 8 o'clock on Saturday; at 9 the next slot goes."""
    assert slots(call, address, service, "2026-06-13")[0]["startAt"] == "09:00"
    clock.advance(hours=1)
    assert slots(call, address, service, "2026-06-13")[0]["startAt"] == "12:00"


@pytest.mark.parametrize(
    ("date", "count"), [("2026-06-12", 0), ("2027-06-13", 6), ("2027-06-14", 0), ("9999-12-31", 0), ("0001-01-01", 0)]
)
def test_slots_reach_from_today_to_a_year_ahead(
    call: Caller, address: str, service: str, date: str, count: int
) -> None:
    """Before and after there are none."""
    assert len(slots(call, address, service, date)) == count


def test_an_unknown_address_or_service_has_no_slots(
    call: Caller, address: str, service: str, foreign_service: str
) -> None:
    """No error is documented, so the list is empty."""
    assert slots(call, MISSING_ID, service) == []
    assert slots(call, "home", service) == []
    assert slots(call, address, MISSING_ID) == []
    assert slots(call, address, foreign_service) == []


@pytest.mark.rule("slots.required")
def test_slots_are_asked_for_with_address_service_and_day(call: Caller) -> None:
    """All three are required."""
    assert call.get("/timeslots/available").messages == [
        "addressId must be a string",
        "serviceId must be a UUID",
        "date must be a valid ISO 8601 date string",
    ]


@pytest.mark.rule("slots.live", "slots.bookable")
def test_a_slot_runs_out_when_its_teams_are_booked(
    book: Callable[..., Reply], call: Caller, address: str, service: str
) -> None:
    """Two to four bookings, then it is no longer offered, and refused."""
    booked = 0
    while MORNING in slots(call, address, service):
        assert book().data
        booked += 1

    assert 2 <= booked <= 4
    assert book().refusal == (422, "TIMESLOT_NOT_AVAILABLE")
    assert EVENING in slots(call, address, service)


def test_a_slot_that_is_full_in_one_district_is_free_in_another(book: Callable[..., Reply], state: State) -> None:
    """Teams belong to districts."""
    for _ in range(4):
        last = book()

    other = list(state.catalogue.addresses)[1]
    assert last.status == 422
    assert book(addressId=other).data


def test_a_booking_may_take_several_teams(book: Callable[..., Reply]) -> None:
    """There are at most four."""
    assert book(numberOfTeams=2).data
    assert book(numberOfTeams=5).refusal == (422, "TIMESLOT_NOT_AVAILABLE")


def price(call: Caller, *items: object, **more: object) -> Any:
    """The quote for some items."""
    return call.post("/pricing/calculate-price", items=items, **more).data


@pytest.mark.parametrize(
    ("hours", "base_price", "vat", "total"),
    [
        (1, 45.0, 6.75, 51.75),
        (2, 90.0, 13.5, 103.5),
        (2.5, 112.5, 16.88, 129.38),
        (3, 128.25, 19.24, 147.49),
        (4, 162.0, 24.3, 186.3),
        (24, 972.0, 145.8, 1117.8),
    ],
)
@pytest.mark.rule("tiers.factor", "price.hours", "price.object")
def test_a_price_is_hours_times_rate_times_tier_plus_vat(
    call: Caller, service: str, hours: float, base_price: float, vat: float, total: float
) -> None:
    """45 SAR an hour, 5 % off from three hours, 10 % from four, 15 % VAT, rounded to halalas."""
    quoted = price(call, {"serviceId": service, "hours": hours})

    assert quoted == {
        "items": [
            {
                "serviceId": service,
                "packageId": None,
                "hours": hours,
                "basePrice": base_price,
                "discount": 0.0,
                "vat": vat,
                "total": total,
                "currency": "SAR",
            }
        ],
        "total": total,
        "currency": "SAR",
    }


def totals(quoted: Any) -> Any:
    """What is to be paid in all."""
    return quoted["total"]


def test_a_coupon_takes_its_share_off(call: Caller, service: str, state: State) -> None:
    """SUMMER10 is 10 % off, by its code or its id."""
    item = {"serviceId": service, "hours": 2}
    by_code = price(call, item, codes=["SUMMER10"])

    assert by_code["items"][0]["discount"] == 9.0
    assert totals(by_code) == 93.15
    assert by_code == price(call, item, couponIds=[state.catalogue.coupons[0].id.upper()])


def test_coupons_add_up_to_no_more_than_everything(call: Caller, service: str) -> None:
    """Nobody is paid for being cleaned."""
    assert totals(price(call, {"serviceId": service, "hours": 2}, codes=["SUMMER10", "FIRSTVISIT"])) == 0.0


def test_an_unknown_coupon_takes_nothing_off(call: Caller, service: str) -> None:
    """No error is documented."""
    assert totals(price(call, {"serviceId": service, "hours": 2}, codes=["NONSENSE"])) == 103.5


@pytest.mark.rule("coupon.compensation", "coupon.marketing")
def test_a_compensation_coupon_needs_a_user_and_a_marketing_one_a_phone(call: Caller, service: str) -> None:
    """Without them they count for nothing."""
    item = {"serviceId": service, "hours": 2}

    assert totals(price(call, item, codes=["SORRY50"])) == 103.5
    assert totals(price(call, item, codes=["SORRY50"], userId=MISSING_ID)) == 51.75
    assert totals(price(call, item, codes=["HELLO20"])) == 103.5
    assert totals(price(call, item, codes=["HELLO20"], phone="+966500000000")) == 82.8


@pytest.mark.rule("price.which")
def test_prices_come_in_the_order_asked(call: Caller, service: str, state: State) -> None:
    """Also for packages, whose price is their own."""
    package = next(iter(state.catalogue.packages))
    asked = [{"serviceId": service, "hours": 4}, {"packageId": package, "hours": 1}, {"serviceId": service, "hours": 1}]

    quoted = price(call, *asked)

    assert [item["basePrice"] for item in quoted["items"]] == [162.0, 38.25, 45.0]
    assert totals(quoted) == 186.3 + 43.99 + 51.75


def test_only_what_is_offered_has_a_price(call: Caller, foreign_service: str) -> None:
    """No 404 is documented here: each item that cannot be bought has its message."""
    items = [
        {name: value, "hours": 1}
        for name, value in (("serviceId", MISSING_ID), ("packageId", MISSING_ID), ("serviceId", foreign_service))
    ]

    assert call.post("/pricing/calculate-price", items=items).messages == [
        "items.0.serviceId is not in the partner's catalog",
        "items.1.packageId is not in the partner's catalog",
        "items.2.serviceId is not in the partner's catalog",
    ]


ITEM = {"serviceId": MISSING_ID, "hours": 1}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "items must be an array"),
        ({"items": []}, "items must contain at least 1 elements"),
        ({"items": [ITEM] * 11}, "items must contain no more than 10 elements"),
        ({"items": [7]}, "items.0 must be an object"),
        ({"items": [ITEM, {"hours": 1}]}, "items.1.serviceId must be a UUID"),
        ({"items": [{"packageId": "x", "hours": 1}]}, "items.0.packageId must be a UUID"),
        ({"items": [{**ITEM, "subServiceId": "x"}]}, "items.0.subServiceId must be a UUID"),
        ({"items": [{**ITEM, "hours": 0.5}]}, "items.0.hours must not be less than 1"),
        ({"items": [{**ITEM, "hours": 25}]}, "items.0.hours must not be greater than 24"),
        (
            {"items": [{**ITEM, "hours": "2"}]},
            "items.0.hours must be a number conforming to the specified constraints",
        ),
        ({"items": [ITEM], "couponIds": ["x"]}, "each value in couponIds must be a UUID"),
        ({"items": [ITEM], "couponIds": [MISSING_ID] * 3}, "couponIds must contain no more than 2 elements"),
        ({"items": [ITEM], "codes": ["A", "B", "C"]}, "codes must contain no more than 2 elements"),
        ({"items": [ITEM], "codes": [""]}, "each value in codes should not be empty"),
        ({"items": [ITEM], "userId": "me"}, "userId must be a UUID"),
        ({"items": [ITEM], "phone": "112"}, "phone must be a valid phone number"),
    ],
)
@pytest.mark.rule("price.items", "price.hours", "price.which", "price.ids", "coupon.ids", "coupon.codes")
def test_a_price_is_asked_for_by_the_rules(call: Caller, body: dict[str, object], message: str) -> None:
    """One to ten items of 1 to 24 hours, a service or a package each, two coupons."""
    assert call.post("/pricing/calculate-price", **body).messages == [message]


@pytest.mark.rule("null.price")
def test_a_price_accepts_null_for_what_is_optional(call: Caller, service: str) -> None:
    """As the documentation's own sample sends it."""
    item = {"serviceId": service, "hours": 1}

    assert totals(price(call, item, couponIds=[], codes=[], userId=None, phone=None)) == 51.75
