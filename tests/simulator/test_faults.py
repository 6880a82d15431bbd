"""What each fault does to a call, and to the world."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

import pytest
from simulator.calling import EVENING, MONDAY, MORNING, PARTNER_ID, SUNDAY, Caller, Clock

from cleanlife_ext.simulator import Answer, Call, Simulator, faults
from cleanlife_ext.simulator.api import PartnerApi
from cleanlife_ext.simulator.calls import AT_ONCE, Manner
from cleanlife_ext.simulator.faults import Faults
from cleanlife_ext.simulator.routes import TABLE
from cleanlife_ext.simulator.state import State


@pytest.fixture
def call(simulator: Simulator) -> Caller:
    """Calls of the first key."""
    return Caller(simulator.answer, simulator.api_key)


@pytest.fixture
def body(simulator: Simulator, call: Caller) -> dict[str, Any]:
    """A booking that will succeed."""
    return {
        "contactId": call.post("/contacts", phone="+966500000000", name="Sara").data["id"],
        "addressId": simulator.addresses[0].id,
        "serviceId": simulator.services[0].id,
        "date": SUNDAY,
        "timeslot": MORNING,
    }


def tiers(simulator: Simulator) -> Answer:
    """The answer to a call that needs nothing."""
    return simulator.answer(Call("GET", "/v1/partners/pricing/tiers", headers={"x-api-key": simulator.api_key}))


def free(simulator: Simulator, call: Caller, day: str = SUNDAY) -> list[Any]:
    """The free slots of a day."""
    address, service = simulator.addresses[0].id, simulator.services[0].id
    slots: list[Any] = call.get("/timeslots/available", addressId=address, serviceId=service, date=day).data
    return slots


def test_a_status_is_answered_and_nothing_done(simulator: Simulator, call: Caller, body: Mapping[str, Any]) -> None:
    """In the documented envelope, once."""
    simulator.faults.add("createBooking", faults.status(503))

    reply = call.post("/bookings", **body)

    assert reply.refusal == (503, "INTERNAL_ERROR")
    assert reply.error["requestId"] == reply.headers["X-Request-Id"] == simulator.requests[-1].request_id
    assert "Retry-After" not in reply.headers
    assert simulator.bookings == ()
    assert call.post("/bookings", **body).status == 200


def test_a_status_may_bring_a_code_and_a_time_to_wait(simulator: Simulator, call: Caller) -> None:
    """As somebody's API might do one day."""
    simulator.faults.add("listServices", faults.status(503, "MAINTENANCE", retry_after=5))

    reply = call.get("/services")

    assert reply.refusal == (503, "MAINTENANCE")
    assert reply.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "VALIDATION_ERROR"),
        (401, "UNAUTHORIZED"),
        (403, "FORBIDDEN"),
        (404, "RESOURCE_NOT_FOUND"),
        (408, "REQUEST_TIMEOUT"),
        (409, "DUPLICATE_EXTERNAL_REFERENCE"),
        (422, "BOOKING_CREATION_FAILED"),
        (429, "RATE_LIMIT_EXCEEDED"),
        (499, "HTTP_499"),
        (500, "INTERNAL_ERROR"),
        (599, "INTERNAL_ERROR"),
    ],
)
def test_a_status_has_the_code_that_is_documented_for_it(
    simulator: Simulator, call: Caller, status: int, code: str
) -> None:
    """Or the closest thing to one."""
    simulator.faults.add("*", faults.status(status))

    assert call.get("/pricing/tiers").refusal == (status, code)


def test_a_page_in_html_comes_from_a_proxy(simulator: Simulator) -> None:
    """It is not JSON, knows no request id, and nothing is done."""
    simulator.faults.add("createBooking", faults.html())
    simulator.faults.add("createBooking", faults.html(599))

    answers = [simulator.answer(Call("POST", "/v1/partners/bookings")) for _ in range(2)]

    assert [(answer.status, answer.media_type) for answer in answers] == [
        (502, "text/html; charset=utf-8"),
        (599, "text/html; charset=utf-8"),
    ]
    assert b"<h1>502 Bad Gateway</h1>" in answers[0].content
    assert b"<h1>599 Error</h1>" in answers[1].content
    assert answers[0].headers == {}
    assert [request.status for request in simulator.requests[-2:]] == [502, 599]


def test_a_connection_dropped_before_is_a_call_not_done(
    simulator: Simulator, call: Caller, body: Mapping[str, Any]
) -> None:
    """No answer went out, and none is recorded."""
    simulator.faults.add("createBooking", faults.drop_before_commit())

    call.post("/bookings", **body)

    assert simulator.bookings == ()
    assert (simulator.requests[-1].status, simulator.requests[-1].fault) == (None, "drop_before_commit")


def test_a_connection_dropped_after_is_a_call_done(simulator: Simulator, call: Caller, body: Mapping[str, Any]) -> None:
    """The booking is there, and the client does not know."""
    simulator.faults.add("createBooking", faults.drop_after_commit())

    call.post("/bookings", **body)

    assert len(simulator.bookings) == 1
    assert (simulator.requests[-1].status, simulator.requests[-1].fault) == (None, "drop_after_commit")


@pytest.mark.parametrize(("html", "media_type"), [(False, "application/json"), (True, "text/html; charset=utf-8")])
def test_a_call_that_fails_after_it_was_done_is_done(
    simulator: Simulator, body: Mapping[str, Any], *, html: bool, media_type: str
) -> None:
    """The booking is there, and the client is told of an error."""
    simulator.faults.add("createBooking", faults.fail_after_commit(502, html=html))
    headers = {"x-api-key": simulator.api_key, "content-type": "application/json"}
    sent = Call("POST", "/v1/partners/bookings", headers=headers, body=json.dumps(body).encode())

    answer = simulator.answer(sent)

    assert len(simulator.bookings) == 1
    assert (answer.status, answer.media_type) == (502, media_type)
    assert (simulator.requests[-1].status, simulator.requests[-1].fault) == (502, "fail_after_commit")


def test_an_error_may_have_no_body_and_a_date(simulator: Simulator, clock: Clock) -> None:
    """A body of nothing is no JSON; a date has no parts of a second, and is not too early."""
    clock.advance(seconds=0.5)
    simulator.faults.add("listPricingTiers", faults.status(429, retry_after=60, as_date=True, empty=True))

    answer = tiers(simulator)

    assert (answer.status, answer.content, answer.media_type) == (429, b"", None)
    assert answer.headers["Retry-After"] == "Sat, 13 Jun 2026 05:01:01 GMT"


@pytest.mark.parametrize(
    ("fault", "manner"),
    [
        (faults.delay(2.5), Manner(delay=2.5)),
        (faults.truncate(), Manner(is_cut=True)),
        (faults.drip(100), Manner(bytes_per_second=100)),
        (faults.drop_after_commit(), Manner(is_dropped=True)),
    ],
)
def test_what_happens_on_the_way_back_is_part_of_the_answer(
    simulator: Simulator, fault: faults.Fault, manner: Manner
) -> None:
    """Whoever hands it over performs it; the next one is as always."""
    good = tiers(simulator)
    simulator.faults.add("listPricingTiers", fault)

    answer = tiers(simulator)

    assert (answer.status, answer.json, answer.manner) == (good.status, good.json, manner)
    assert tiers(simulator).manner == AT_ONCE


def run_agenda(state: State) -> None:
    """Let happen what is due."""
    while due := state.agenda.take(state.now()):
        due.happen(state)


@pytest.fixture
def partner(api: PartnerApi) -> Caller:
    """Calls that no fault strikes, in the world of `state`."""
    return Caller(api.answer, "pk_partner")


def late_booking(state: State, body: Mapping[str, Any]) -> tuple[PartnerApi, Answer]:
    """Somebody books, and it is done five seconds later."""
    rules = Faults(TABLE.operations)
    api = PartnerApi(state, faults=rules)
    rules.add("createBooking", faults.late_commit(5))
    answers = list[Answer]()

    def answering(asked: Call) -> Answer:
        answers.append(api.answer(asked))
        return answers[-1]

    Caller(answering, "pk_partner").post("/bookings", **body)
    return api, answers[0]


def test_a_late_call_is_done_when_its_time_has_come(
    state: State, clock: Clock, partner: Caller, booking_of: Any
) -> None:
    """By the simulator's clock; nobody sees the answer."""
    api, answer = late_booking(state, booking_of(partner))

    assert answer.manner.is_dropped
    clock.advance(seconds=4.9)
    run_agenda(state)
    assert state.registers[PARTNER_ID].all() == []
    clock.advance(seconds=0.1)
    run_agenda(state)
    assert len(state.registers[PARTNER_ID].all()) == 1
    assert [(request.status, request.fault) for request in api.requests] == [(None, "late_commit")]


def test_a_late_call_is_checked_when_it_is_done(state: State, clock: Clock, partner: Caller, booking_of: Any) -> None:
    """What was taken meanwhile is taken; the refusal is seen by nobody."""
    body = {**booking_of(partner), "externalReference": "ORDER-1"}
    late_booking(state, body)
    in_time = partner.post("/bookings", **body).data

    clock.advance(seconds=5)
    run_agenda(state)

    assert [booking.id for booking in state.registers[PARTNER_ID].all()] == [in_time["bookingId"]]


def test_prices_change_for_the_call_that_is_struck_and_all_that_follow(simulator: Simulator, call: Caller) -> None:
    """Rounded to 0.01, packages too; and so until the next reset."""
    first, package = simulator.services[0], simulator.services[0].packages[0]
    ask = {"items": [{"serviceId": first.id, "hours": 2}, {"packageId": package.id, "hours": 2}]}

    def prices() -> list[float]:
        quotes = call.post("/pricing/calculate-price", **ask).data["items"]
        return [item["basePrice"] for item in quotes]

    assert prices() == [90.0, 76.5]
    simulator.faults.add("calculatePrice", faults.change_price(1.1))
    assert prices() == [99.0, 84.16]
    assert simulator.requests[-1].fault == "change_price"
    assert prices() == [99.0, 84.16]
    assert simulator.requests[-1].fault is None
    simulator.reset()
    assert prices() == [90.0, 76.5]


def test_prices_stay_prices_however_often_they_change(simulator: Simulator, call: Caller) -> None:
    """Neither zero nor without end; what is free stays free."""
    rule = simulator.faults.add("listPricingTiers", faults.change_price(100), times=None)
    for _ in range(20):
        call.get("/pricing/tiers")
    assert {service.price_per_hour for service in simulator.services} == {0, 1_000_000}

    simulator.faults.remove(rule)
    simulator.faults.add("listPricingTiers", faults.change_price(0.01), times=None)
    for _ in range(20):
        call.get("/pricing/tiers")
    assert {float(service.price_per_hour) for service in simulator.services} == {0.0, 0.01}


def test_a_slot_is_filled_just_before_it_is_booked(simulator: Simulator, call: Caller, body: Mapping[str, Any]) -> None:
    """The booking is refused, and the slot is no longer among the free ones; others are."""
    before = free(simulator, call)
    simulator.faults.add("createBooking", faults.fill_slot())

    assert call.post("/bookings", **body).refusal == (422, "TIMESLOT_NOT_AVAILABLE")

    assert MORNING in before
    assert free(simulator, call) == [slot for slot in before if slot != MORNING]
    assert MORNING in free(simulator, call, MONDAY)
    assert call.post("/bookings", **{**body, "timeslot": EVENING}).status == 200


def test_a_slot_stays_filled_though_a_booking_in_it_is_cancelled(
    simulator: Simulator, call: Caller, body: Mapping[str, Any]
) -> None:
    """Then there is one team, and not one too many."""
    booking = call.post("/bookings", **body).data["bookingId"]
    simulator.faults.add("createBooking", faults.fill_slot(), times=2)
    assert call.post("/bookings", **body).status == 422
    assert call.post("/bookings", **{**body, "numberOfTeams": 9}).status == 422

    call.patch(f"/bookings/{booking}/cancel")

    assert call.post("/bookings", **{**body, "numberOfTeams": 2}).status == 422
    assert call.post("/bookings", **body).status == 200


def test_a_slot_is_filled_just_before_a_booking_is_moved_there(
    simulator: Simulator, call: Caller, body: Mapping[str, Any]
) -> None:
    """The booking stays where it was. One that stays anyway has its team."""
    booking = call.post("/bookings", **body).data["bookingId"]
    simulator.faults.add("updateBooking", faults.fill_slot(), times=3)

    assert call.patch(f"/bookings/{booking}", timeslot=EVENING).refusal == (422, "TIMESLOT_NOT_AVAILABLE")
    assert call.patch(f"/bookings/{booking}", date=MONDAY).refusal == (422, "TIMESLOT_NOT_AVAILABLE")
    assert call.patch(f"/bookings/{booking}", notes="Ring twice").status == 200
    assert simulator.bookings[0].timeslot.start_at == "09:00"


def test_a_slot_that_is_none_cannot_be_filled(simulator: Simulator, call: Caller, body: Mapping[str, Any]) -> None:
    """The call is refused for its own mistakes; nothing breaks."""
    simulator.faults.add("*", faults.fill_slot(), times=None)

    odd = {"startAt": "10:30", "endAt": "11:00"}
    assert call.post("/bookings", **{**body, "timeslot": odd}).refusal == (422, "TIMESLOT_NOT_AVAILABLE")
    assert call.post("/bookings", **{**body, "addressId": "nowhere"}).refusal == (404, "RESOURCE_NOT_FOUND")
    missing = "0b5e4a3c-52f8-4c1e-9a70-3d6f1b2c4d5e"
    assert call.patch(f"/bookings/{missing}", notes="x").refusal == (404, "RESOURCE_NOT_FOUND")
    assert [request.fault for request in simulator.requests[-3:]] == ["fill_slot"] * 3


def test_the_network_knows_no_keys(simulator: Simulator) -> None:
    """It fails for strangers too, but not where no operation is meant."""
    stranger = Caller(simulator.answer)
    simulator.faults.add("*", faults.status(503), times=None)

    assert stranger.get("/services").status == 503
    assert stranger.get("/nowhere").status == 401


def test_the_world_changes_only_for_calls_that_are_performed(
    simulator: Simulator, call: Caller, body: Mapping[str, Any]
) -> None:
    """A call that is refused at the gate, or for its input, does not use up the rule."""
    rule = simulator.faults.add("createBooking", faults.fill_slot())

    assert Caller(simulator.answer).post("/bookings", **body).status == 401
    assert call.post("/bookings").status == 400
    assert rule.struck == 0
    assert call.post("/bookings", **body).status == 422
    assert (rule.struck, list(simulator.faults)) == (1, [])


def test_world_and_network_may_fail_at_once(simulator: Simulator, call: Caller, body: Mapping[str, Any]) -> None:
    """Each has its own rules; the record names both."""
    simulator.faults.add("createBooking", faults.drop_after_commit())
    simulator.faults.add("createBooking", faults.fill_slot())

    call.post("/bookings", **body)

    assert simulator.bookings == ()
    assert (simulator.requests[-1].fault, simulator.requests[-1].status) == ("drop_after_commit+fill_slot", None)


def test_a_request_is_recorded_with_its_time(simulator: Simulator, call: Caller, clock: Clock) -> None:
    """That of the simulator; and with no fault where none struck."""
    call.get("/services")
    clock.advance(hours=1)
    call.get("/services")

    first, second = simulator.requests
    assert second.at - first.at == dt.timedelta(hours=1)
    assert first.fault is None


def test_a_reset_ends_all_faults(simulator: Simulator) -> None:
    """Also those that were to come later."""
    simulator.faults.add("*", faults.status(500), times=None)
    simulator.reset()

    assert Caller(simulator.answer, simulator.api_key).get("/services").status == 200
    assert len(simulator.faults) == 0


def test_answers_can_be_examined_before_they_leave(clock: Clock) -> None:
    """Each with its request; what never leaves is not shown."""
    seen: list[tuple[str | None, int | None, int]] = []
    simulator = Simulator(
        now=clock, examine=lambda request, answer: seen.append((request.operation_id, request.status, answer.status))
    )
    simulator.faults.add("listServices", faults.drop_after_commit())
    call = Caller(simulator.answer, simulator.api_key)

    call.get("/services")
    call.get("/services")
    call.get("/nowhere")

    assert seen == [("listServices", 200, 200), (None, 404, 404)]


def test_an_examination_that_fails_is_heard_by_the_caller(clock: Clock) -> None:
    """And does not break the simulator."""

    def refuse(_request: object, _answer: object) -> None:
        raise AssertionError("not as the spec says")

    simulator = Simulator(now=clock, examine=refuse)
    for _ in range(2):
        with pytest.raises(AssertionError, match="not as the spec says"):
            Caller(simulator.answer).get("/services")
    assert len(simulator.requests) == 2


@pytest.mark.parametrize(
    ("rate", "length", "pieces"),
    [(1000, 120, [50, 50, 20]), (1, 3, [1, 1, 1]), (1_000_000, 120, [120]), (10, 0, [])],
)
def test_a_body_drips_at_its_rate(rate: float, length: int, pieces: list[int]) -> None:
    """Twenty times a second, a byte at least; it takes as long as it must."""
    manner = Manner(bytes_per_second=rate)

    steps = list(manner.pieces(b"x" * length))

    assert [len(piece) for _, piece in steps] == pieces
    assert sum(seconds for seconds, _ in steps) == pytest.approx(length / rate)
    assert manner.seconds(b"x" * length) == pytest.approx(length / rate)


@pytest.mark.parametrize(("length", "sent"), [(0, 0), (1, 0), (2, 1), (7, 3)])
def test_a_truncated_body_is_half_of_it(length: int, sent: int) -> None:
    """Of nothing, and of a byte, nothing is left."""
    assert list(Manner(is_cut=True).pieces(b"x" * length)) == [(0.0, b"x" * sent)]
