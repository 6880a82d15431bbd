"""Rules of the documentation that hold everywhere, and so have no other place."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cleanlife_traits import OPERATIONS
from simulator.calling import EVENING, MISSING_ID, PARTNER_ID, Caller, Reply

from cleanlife_ext.simulator import Call, Simulator
from cleanlife_ext.simulator.routes import ROUTES, Route
from cleanlife_ext.simulator.state import State

Book = Callable[..., Reply]
METHODS = {
    "GET": {
        *("listServices", "getService", "listAvailableTimeslots", "listPricingTiers", "listBookings"),
        *("getBookingStatus", "listCancellationReasons", "getContact", "listSubscriptions", "listDeliveries"),
    },
    "POST": {
        *("calculatePrice", "createBooking", "confirmPayment", "findOrCreateContact", "createSubscription"),
        *("rotateSecret", "retryDelivery"),
    },
    "PATCH": {"updateBooking", "cancelBooking", "updateSubscription"},
    "DELETE": {"deleteSubscription"},
}
PERMISSIONS = {
    "partner_bookings_create": {"createBooking"},
    "partner_bookings_read": {"listBookings", "getBookingStatus"},
    "partner_bookings_update": {"updateBooking"},
    "partner_bookings_cancel": {"cancelBooking", "listCancellationReasons"},
    "partner_bookings_confirm_payment": {"confirmPayment"},
    "partner_services_read": {"listServices", "getService"},
    "partner_timeslots_read": {"listAvailableTimeslots"},
    "partner_pricing_read": {"listPricingTiers", "calculatePrice"},
    "partner_contacts_read": {"findOrCreateContact", "getContact"},
    "partner_webhooks_manage": {
        *("createSubscription", "listSubscriptions", "updateSubscription", "deleteSubscription", "rotateSecret"),
        *("listDeliveries", "retryDelivery"),
    },
}


@pytest.mark.rule("method.list")
def test_methods_say_what_is_done() -> None:
    """Reading, making and calculating, changing, removing."""
    assert {method: {id for id, row in OPERATIONS.items() if row["method"] == method} for method in METHODS} == METHODS


@pytest.mark.rule("permission.names")
def test_permissions_are_those_of_the_documentation() -> None:
    """Ten names, one for each operation."""
    named: dict[str, set[str]] = {}
    for id, row in OPERATIONS.items():
        named.setdefault(row["permission"], set()).add(id)

    assert named == PERMISSIONS


@pytest.mark.rule("path.prefix")
@pytest.mark.parametrize("path", ["/partners/services", "/v1/services", "/v2/partners/services", "/v1/partners"])
def test_there_is_nothing_elsewhere(simulator: Simulator, path: str) -> None:
    """Each path begins with /v1/partners."""
    assert simulator.answer(Call("GET", path, headers={"x-api-key": simulator.api_key})).status == 404


@pytest.mark.rule("header.key", "key.missing")
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation_id)
def test_each_operation_asks_for_a_key(simulator: Simulator, route: Route) -> None:
    """401 without one, and the same answer whatever else is wrong."""
    path = route.pattern.pattern.replace(r"\-", "-").replace("([^/]+)", "nonsense")

    refused = Caller(simulator.answer).send(route.method, path.removeprefix("/v1/partners"), content=b"{")

    assert refused.refusal == (401, "UNAUTHORIZED")


@pytest.mark.rule("rate.per-key")
def test_the_counter_is_that_of_the_key(simulator: Simulator) -> None:
    """Another endpoint and another address do not help."""
    key = simulator.add_key(rate_limit=1)
    Caller(simulator.answer, key).get("/services")

    assert Caller(simulator.answer, key, "10.0.0.1").get("/pricing/tiers").refusal == (429, "RATE_LIMIT_EXCEEDED")


@pytest.mark.rule("rate.counts-refused")
def test_what_is_no_good_counts_all_the_same(simulator: Simulator) -> None:
    """A bad request and a path that is none."""
    for path in ("/services/nonsense", "/nowhere"):
        caller = Caller(simulator.answer, simulator.add_key(rate_limit=1))
        caller.get(path)
        assert caller.get("/services").refusal == (429, "RATE_LIMIT_EXCEEDED")


@pytest.mark.rule("page.default")
@pytest.mark.parametrize("path", ["/services", "/bookings", "/webhooks/deliveries"])
def test_the_first_page_has_twenty_items(call: Caller, path: str) -> None:
    """Where nothing else is asked for."""
    meta = call.get(path).body["meta"]

    assert (meta["page"], meta["limit"]) == (1, 20)


@pytest.mark.rule("enum.payment-status", "enum.booking-status")
def test_the_words_of_bookings_are_these(book: Book, call: Caller, cleanos: Caller, free_service: str) -> None:
    """Three spellings of one cancellation; the other words are seen where time passes."""
    booked = [book().data, book(cleanos, timeslot=EVENING).data, book(cleanos, serviceId=free_service).data]
    paid = call.post(f"/bookings/{booked[0]['bookingId']}/confirm-payment").data
    cancelled = call.patch(f"/bookings/{booked[0]['bookingId']}/cancel").data

    assert [(each["status"], each["paymentStatus"]) for each in (*booked, paid, cancelled)] == [
        ("in progress", "PENDING"),
        ("waiting payment", "PENDING"),
        ("in progress", "NOT_REQUIRED"),
        ("in progress", "PAID"),
        ("canceled", "CANCELLED"),
    ]
    assert cancelled["appointment"]["status"] == "Cancelled"


@pytest.mark.rule("contact.source")
def test_a_contact_comes_from_the_partner_unless_it_says_otherwise(call: Caller, state: State) -> None:
    """utmSource is not shown in any answer."""
    first = call.post("/contacts", phone="+966500000001", name="Sara").data["id"]
    second = call.post("/contacts", phone="+966500000002", name="Sara", utmSource="SPRING").data["id"]

    assert [state.contacts[id].utm_source for id in (first, second)] == ["PARTNER", "SPRING"]


@pytest.mark.rule("update.notes", "confirm.reference")
def test_notes_and_payment_references_are_kept_and_not_shown(book: Book, call: Caller, state: State) -> None:
    """For the team and for the accounts, not for the answer."""
    path = f"/bookings/{book().data['bookingId']}"

    shown = [call.patch(path, notes="Ring twice"), call.post(f"{path}/confirm-payment", paymentReference="PAY-1")]

    assert not any(hidden in str(reply.body) for reply in shown for hidden in ("Ring twice", "PAY-1"))
    kept = state.registers[PARTNER_ID].all()[0]
    assert (kept.notes, kept.payment_reference) == ("Ring twice", "PAY-1")


@pytest.mark.rule("subscription.keeps-secret", "subscription.update")
def test_an_update_leaves_the_secret_alone(call: Caller, state: State) -> None:
    """Whatever is changed."""
    made = call.post("/webhooks/subscriptions", url="https://hooks.shop.example/", events=["booking.created"]).data

    call.patch(
        f"/webhooks/subscriptions/{made['id']}",
        url="https://hooks.shop.example/new",
        events=["booking.updated"],
        status="INACTIVE",
    )

    assert state.subscriptions[made["id"]].secret == made["secret"]


@pytest.mark.rule("slots.bookable")
def test_a_free_slot_can_be_booked_as_it_is(book: Book, call: Caller, address: str, service: str) -> None:
    """Each of a day."""
    slots = call.get("/timeslots/available", addressId=address, serviceId=service, date="2026-06-14").data

    for slot in slots:
        booked = book(timeslot=slot).data["timeslot"]
        assert {"startAt": booked["startAt"], "endAt": booked["endAt"]} == slot


@pytest.mark.rule("name.camel-case")
def test_all_names_are_in_camel_case(service: str) -> None:
    """In every answer, also in those that refuse."""
    names: set[str] = set()
    simulator = Simulator(examine=lambda _request, answer: names.update(names_in(answer.json)))
    call = Caller(simulator.answer, simulator.api_key)
    call.post("/webhooks/subscriptions", url="https://hooks.shop.example/", events=["booking.created"])
    call.post("/contacts", phone="+966500000000", name="Sara")
    call.post("/pricing/calculate-price", items=[{"serviceId": service, "hours": 1}])
    for path in (
        "/services",
        "/pricing/tiers",
        "/bookings/cancellation-reasons",
        f"/contacts/{MISSING_ID}",
        "/contacts/me",
    ):
        call.get(path)

    assert len(names) > 20
    assert [name for name in names if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", name)] == []


def names_in(value: Any) -> Iterator[str]:
    """The names of all properties in a JSON value."""
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names_in(inner)
