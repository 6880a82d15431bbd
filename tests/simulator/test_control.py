"""The endpoints that steer a simulator from outside, over a socket and without one."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import httpx
import pytest
from simulator.calling import MISSING_ID, SUNDAY, Clock

from cleanlife_ext.simulator import Call, Mishaps, Simulator, WebhookRequest, faults
from cleanlife_ext.simulator.bodies import LARGEST_BODY

EVENTS = ["booking.created", "booking.payment_confirmed", "booking.appointment_status_changed"]


class Receiver:
    """Takes webhooks without a socket, and answers them as it is told."""

    def __init__(self) -> None:
        self.status = 204
        self.taken: list[WebhookRequest] = []

    def __call__(self, request: WebhookRequest) -> int:
        self.taken.append(request)
        return self.status


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Simulator, Receiver, str]]:
    """A simulator that all tests share, since a server takes a while to stop."""
    receiver = Receiver()
    simulator = Simulator(now=Clock(), allow_http=True, receive=receiver)
    with simulator.serve() as server:
        yield simulator, receiver, f"http://127.0.0.1:{server.port}/_simulator/"


@pytest.fixture
def simulator(served: tuple[Simulator, Receiver, str]) -> Simulator:
    """As new; its webhooks go to the receiver."""
    simulator = served[0]
    simulator.mishaps = Mishaps()
    simulator.reset()
    return simulator


@pytest.fixture
def receiver(served: tuple[Simulator, Receiver, str]) -> Receiver:
    """It accepts everything, at first."""
    receiver = served[1]
    receiver.status = 204
    receiver.taken.clear()
    return receiver


@pytest.fixture
def control(served: tuple[Simulator, Receiver, str], simulator: Simulator) -> Iterator[httpx.Client]:
    """A client of the endpoints."""
    assert simulator.requests == ()
    with httpx.Client(base_url=served[2], timeout=20) as client:
        yield client


def order(control: httpx.Client, method: str, path: str, **body: object) -> httpx.Response:
    """What comes of an order."""
    return control.request(method, path, json=body)


def done(response: httpx.Response) -> Any:
    """The data of a success; anything else fails the test."""
    assert response.status_code == 200, response.text
    assert response.json()["success"] is True
    return response.json()["data"]


def refused(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of a failure, which has an id like all of the API's."""
    error = response.json()["error"]
    assert error["requestId"]
    return response.status_code, error["code"], error["message"]


def state(control: httpx.Client, **query: int) -> Any:
    """What is to be seen."""
    return done(control.get("state", params=query))


def booked(control: httpx.Client) -> str:
    """The id of a sample booking."""
    return str(done(order(control, "POST", "bookings"))["bookingId"])


def subscribed(simulator: Simulator, url: str = "http://hooks.example/", events: Sequence[str] = EVENTS) -> Any:
    """A subscription to some events."""
    with httpx.Client(transport=simulator.transport, headers={"x-api-key": simulator.api_key}) as client:
        path = "http://simulator/v1/partners/webhooks/subscriptions"
        return done(client.post(path, json={"url": url, "events": events}))


def test_an_empty_simulator_shows_what_can_be_done(control: httpx.Client, simulator: Simulator) -> None:
    """Nothing has happened; but addresses, services and all faults are there to choose from."""
    seen = state(control)

    assert seen["clock"] == {"now": "2026-06-13T08:00:00+03:00", "nextAt": None}
    assert [seen[name] for name in ("bookings", "deliveries", "requests", "subscriptions", "faults")] == [[]] * 5
    assert seen["addresses"][0]["id"] == simulator.addresses[0].id
    assert len(seen["services"]) == 13
    assert seen["choices"]["operations"][0] == "*"
    assert {"type": "drop_after_commit", "parameters": []} in seen["choices"]["faults"]
    parameters = {each["name"]: each["kind"] for each in seen["choices"]["faults"][0]["parameters"]}
    assert list(parameters.values()) == ["number", "text", "number", "checkbox", "checkbox"]
    assert seen["mishaps"] == {"duplicate": 0, "reorder": 0, "delay": 0, "drop": 0, "delaySeconds": 30}


def test_a_booking_shows_its_story_with_the_webhooks_of_each_event(
    control: httpx.Client, simulator: Simulator, receiver: Receiver
) -> None:
    """Who was told of what, how often, and what came back."""
    subscribed(simulator)
    booking_id = booked(control)
    done(order(control, "POST", f"bookings/{booking_id}/pay"))
    done(order(control, "POST", f"bookings/{booking_id}/appointment", next=True))
    simulator.settle()

    seen = state(control)
    (booking,) = seen["bookings"]
    deliveries = {delivery["id"]: delivery for delivery in seen["deliveries"]}

    assert [event["name"] for event in booking["timeline"]] == EVENTS
    assert booking["timeline"][2]["previousStatus"] == "Scheduled"
    assert booking["timeline"][2]["appointmentStatus"] == booking["appointmentStatus"] == "Dispatched"
    for event, request in zip(booking["timeline"], receiver.taken, strict=True):
        (delivery,) = (deliveries[id] for id in event["deliveries"])
        assert (delivery["event"], delivery["status"], delivery["attemptCount"]) == (event["name"], "DELIVERED", 1)
        assert delivery["body"].encode() == request.body
        (attempt,) = delivery["attempts"]
        assert attempt["signature"] == request.headers["X-CleanLife-Signature"]
        assert attempt["headers"] == dict(request.headers)
        assert (attempt["statusCode"], attempt["error"]) == (204, None)


def test_the_clock_is_advanced_and_everything_happens_on_the_way(control: httpx.Client) -> None:
    """To the end of a booking."""
    booked(control)

    assert done(order(control, "POST", "clock", days=1, hours=2, minutes=0.5))["now"] == "2026-06-14T10:00:30+03:00"
    assert state(control)["bookings"][0]["status"] == "success"


def test_the_clock_goes_to_the_next_thing_that_happens(control: httpx.Client) -> None:
    """From step to step, until nothing is planned."""
    booked(control)
    at, seen = [], []
    while state(control)["clock"]["nextAt"]:
        at.append(state(control)["clock"]["nextAt"])
        assert done(order(control, "POST", "clock", next=True))["now"] == at[-1]
        seen.append(state(control)["bookings"][0]["appointmentStatus"])

    assert seen == ["Dispatched", "In Progress", "Completed"]
    assert refused(order(control, "POST", "clock", next=True))[2] == "nothing is planned that could be next"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "say how far"),
        ({"hours": -1}, "hours must not be less than 0"),
        ({"hours": "3"}, "hours must be a number"),
        ({"days": 4000}, "ten years"),
        ({"days": 10**12}, "days must not be greater than"),
        ({"weeks": 1}, "weeks should not exist"),
        ({"next": False}, "next must be true"),
        ({"next": True, "hours": 1}, "next must not be given together with hours"),
    ],
)
def test_a_time_that_makes_no_sense_is_refused(control: httpx.Client, body: dict[str, Any], words: str) -> None:
    """And the clock stands where it stood."""
    booked(control)
    status, code, message = refused(order(control, "POST", "clock", **body))

    assert (status, code) == (400, "VALIDATION_ERROR")
    assert words in message
    assert state(control)["clock"]["now"] == "2026-06-13T08:00:00+03:00"


def test_a_sample_booking_is_made_through_the_api(control: httpx.Client) -> None:
    """By somebody else each time; the log shows the calls."""
    for _ in range(3):
        booked(control)
    seen = state(control)

    assert len({booking["contactName"] for booking in seen["bookings"]}) == 3
    assert len({booking["service"] for booking in seen["bookings"]}) == 3
    assert [request["operation"] for request in seen["requests"][:3]] == [
        "createBooking",
        "listAvailableTimeslots",
        "findOrCreateContact",
    ]


def test_a_booking_takes_the_slot_that_it_names(control: httpx.Client, simulator: Simulator) -> None:
    """And the slot has one team less."""
    place = {"addressId": simulator.addresses[1].id}
    wanted = {**place, "date": SUNDAY, "startAt": "18:00"}
    before, after = [], []
    for seen in (before, after):
        day = done(control.get("slots", params={**place, "from": SUNDAY, "days": 1}))[0]
        seen += [slot["teamsFree"] for slot in day["slots"] if slot["startAt"] == "18:00"]
        made = done(order(control, "POST", "bookings", **wanted))
        assert (made["date"][:10], made["timeslot"]["startAt"]) == (SUNDAY, "18:00")

    assert after == [before[0] - 1]


def test_a_slot_that_is_not_free_is_refused(control: httpx.Client) -> None:
    """As the API would."""
    wrong = order(control, "POST", "bookings", date=SUNDAY, startAt="03:00")

    assert refused(wrong)[:2] == (422, "TIMESLOT_NOT_AVAILABLE")


def test_free_slots_are_those_of_a_week_from_today(control: httpx.Client, simulator: Simulator) -> None:
    """Of one address; slots that have begun are gone."""
    days = done(control.get("slots", params={"addressId": simulator.addresses[0].id}))

    assert [day["date"] for day in days] == [f"2026-06-{number}" for number in range(13, 20)]
    assert [slot["startAt"] for slot in days[0]["slots"]] == ["09:00", "12:00", "15:00", "18:00", "21:00"]
    assert all(2 <= slot["teamsFree"] <= 4 for day in days for slot in day["slots"])


def test_free_slots_end_with_the_calendar(control: httpx.Client, simulator: Simulator) -> None:
    """A day far beyond it is no mistake of ours."""
    address = simulator.addresses[0].id

    assert done(control.get("slots", params={"addressId": address, "from": "9999-12-31"})) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"addressId": "x"}, 404),
        ({"addressId": "x", "days": "0"}, 400),
        ({"addressId": "x", "from": "x"}, 400),
    ],
)
def test_slots_of_nowhere_are_refused(control: httpx.Client, query: dict[str, str], status: int) -> None:
    """Clearly."""
    assert refused(control.get("slots", params=query))[0] == status


def test_an_appointment_moves_on(control: httpx.Client) -> None:
    """To the next status, or to the one that is named, until the booking is a success."""
    path = f"bookings/{booked(control)}/appointment"

    assert done(order(control, "POST", path, next=True))["appointment"]["status"] == "Dispatched"
    assert done(order(control, "POST", path, status="Completed"))["status"] == "success"
    assert "'success'" in refused(order(control, "POST", path, next=True))[2]
    assert "one of the following values" in refused(order(control, "POST", path, status="Lost"))[2]
    assert '"status" or "next"' in refused(order(control, "POST", path))[2]


def test_what_cannot_be_done_to_a_booking_says_why(control: httpx.Client) -> None:
    """So that a button can say it before it is pressed."""
    path = f"bookings/{booked(control)}"
    first = state(control)["bookings"][0]["actions"]
    done(order(control, "POST", f"{path}/pay"))
    done(order(control, "POST", f"{path}/cancel"))
    last = state(control)["bookings"][0]["actions"]

    assert first == {
        "moveOn": {"to": "Dispatched", "refusal": None},
        "pay": {"refusal": None},
        "cancel": {"refusal": None},
    }
    assert last["cancel"]["refusal"] == "Booking is already cancelled"
    assert "'canceled'" in last["pay"]["refusal"]
    assert last["moveOn"]["to"] is None
    assert "'canceled'" in last["moveOn"]["refusal"]
    assert refused(order(control, "POST", f"{path}/cancel"))[:2] == (422, "BOOKING_ALREADY_CANCELLED")
    assert refused(order(control, "POST", f"{path}/pay"))[:2] == (422, "BOOKING_NOT_PAYABLE")


def test_a_customer_pays_cleanlife(clock: Clock) -> None:
    """Where CleanLife collects the money, there is an appointment only then."""
    simulator = Simulator(now=clock, payment_responsibility="CLEANOS")
    with simulator.serve() as server, httpx.Client(base_url=f"http://127.0.0.1:{server.port}/_simulator/") as control:
        path = f"bookings/{booked(control)}"
        waiting = state(control)["bookings"][0]
        paid = done(order(control, "POST", f"{path}/pay"))
        again = refused(order(control, "POST", f"{path}/pay"))

    assert (waiting["status"], waiting["appointmentStatus"]) == ("waiting payment", None)
    assert waiting["actions"]["moveOn"]["to"] is None
    assert (paid["status"], paid["paymentStatus"]) == ("in progress", "PAID")
    assert again[:2] == (400, "VALIDATION_ERROR")


def test_a_failed_delivery_is_sent_again(control: httpx.Client, simulator: Simulator, receiver: Receiver) -> None:
    """Only a failed one, as the API has it; the picture says so beforehand."""
    subscribed(simulator)
    receiver.status = 500
    booked(control)
    done(order(control, "POST", "clock", hours=1))
    (failed,) = state(control)["deliveries"]
    receiver.status = 204
    done(order(control, "POST", f"deliveries/{failed['id']}/resend"))
    simulator.settle()
    (delivered,) = state(control)["deliveries"]

    assert (failed["status"], failed["error"], failed["resend"]["refusal"]) == ("FAILED", "HTTP 500", None)
    assert [attempt["number"] for attempt in failed["attempts"]] == [1, 2, 3, 4]
    assert (delivered["status"], delivered["attemptCount"]) == ("DELIVERED", 5)
    assert "FAILED" in delivered["resend"]["refusal"]
    again = order(control, "POST", f"deliveries/{failed['id']}/resend")
    assert refused(again) == (400, "VALIDATION_ERROR", "Only FAILED deliveries can be retried; this one is DELIVERED")


def test_a_subscription_is_shown_without_its_secret_and_without_a_password(
    control: httpx.Client, simulator: Simulator
) -> None:
    """And nobody sees an API key."""
    secret = subscribed(simulator, "http://user:hunter2@hooks.example/x")["secret"]
    booked(control)
    simulator.settle()
    text = control.get("state").text

    assert json.loads(text)["data"]["subscriptions"][0]["url"] == "http://hooks.example/x"
    assert [word for word in (secret, "hunter2", simulator.api_key) if word in text] == []


def test_a_fault_is_injected_seen_and_removed(control: httpx.Client) -> None:
    """It strikes the sample booking too, as that goes through the API."""
    fault = {"type": "status", "code": 503, "retryAfter": 5}
    made = done(order(control, "POST", "faults", operation="createBooking", fault=fault, times=2))
    struck = order(control, "POST", "bookings")

    assert refused(struck)[0] == 503
    assert [request["fault"] for request in state(control)["requests"][:2]] == ["status", None]
    (shown,) = done(control.get("faults"))
    assert shown == {**made, "seen": 1, "struck": 1}
    assert shown["fault"] == fault
    assert state(control)["faults"] == [shown]
    assert done(order(control, "DELETE", f"faults/{shown['number']}"))["number"] == shown["number"]
    assert refused(order(control, "DELETE", f"faults/{shown['number']}"))[0] == 404
    assert done(order(control, "DELETE", "faults")) == []


@pytest.mark.parametrize("fault", [faults.drop_after_commit(), faults.html(502)])
def test_a_call_of_our_own_without_an_answer_says_so(
    control: httpx.Client, simulator: Simulator, fault: faults.Fault
) -> None:
    """Whatever became of it."""
    simulator.faults.add("createBooking", fault)

    assert refused(order(control, "POST", "bookings"))[:2] == (502, "NO_ANSWER")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"operation": "createBooking"}, "fault should not be empty"),
        ({"fault": {"type": "status", "code": 503}}, "operation should not be empty"),
        ({"operation": "createBooking", "fault": {"type": "flood"}}, "must be one of status"),
        ({"operation": "createBookin", "fault": {"type": "truncate"}}, "createBooking"),
        ({"operation": "createBooking", "fault": {"type": "truncate"}, "time": 1}, "time should not exist"),
        ({"operation": "createBooking", "fault": {"type": "truncate"}, "times": 0}, "times must be"),
        ({"operation": "createBooking", "fault": {"type": "truncate"}, "after": 1.5}, "after must be"),
        ({"operation": ["x"], "fault": {"type": "truncate"}}, "there is no operation"),
        ({"operation": "*", "fault": {"type": "drip", "bytesPerSecond": 10**400}}, "fault.bytesPerSecond must be"),
    ],
)
def test_a_fault_that_is_none_is_refused(control: httpx.Client, body: dict[str, Any], words: str) -> None:
    """With a way out."""
    status, code, message = refused(order(control, "POST", "faults", **body))

    assert (status, code) == (400, "VALIDATION_ERROR")
    assert words in message
    assert done(control.get("faults")) == []


def test_mishaps_are_set_as_a_whole(control: httpx.Client, simulator: Simulator) -> None:
    """What is not named does not happen any more."""
    done(order(control, "PUT", "mishaps", drop=1, delaySeconds=5))
    assert (simulator.mishaps.drop, simulator.mishaps.delay_seconds) == (1, 5)
    assert done(order(control, "PUT", "mishaps", duplicate=0.5))["drop"] == 0

    assert "drop must be" in refused(order(control, "PUT", "mishaps", drop=2))[2]
    assert "lose should not exist" in refused(order(control, "PUT", "mishaps", lose=1))[2]
    assert state(control)["mishaps"]["duplicate"] == 0.5


def test_a_reset_forgets_everything(control: httpx.Client, simulator: Simulator) -> None:
    """Also the time that was gained."""
    booked(control)
    simulator.faults.add("*", faults.truncate())
    done(order(control, "POST", "clock", hours=5))
    done(order(control, "POST", "reset"))
    seen = state(control)

    assert [seen[name] for name in ("bookings", "requests", "faults")] == [[], [], []]
    assert seen["clock"]["now"] == "2026-06-13T08:00:00+03:00"


@pytest.mark.parametrize("what", ["bookings/{}/pay", "bookings/{}/cancel", "deliveries/{}/resend"])
def test_what_does_not_exist_is_a_404(control: httpx.Client, what: str) -> None:
    """Bookings and deliveries alike."""
    assert refused(order(control, "POST", what.format(MISSING_ID)))[:2] == (404, "RESOURCE_NOT_FOUND")


def test_who_has_the_newest_state_is_told_so(control: httpx.Client) -> None:
    """The time stands in a header, whatever else is new."""
    tag = control.get("state").headers["etag"]
    for known in (tag, f'"x", {tag}', "*"):
        order(control, "POST", "clock", minutes=1)
        same = control.get("state", headers={"if-none-match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert same.headers["x-simulator-time"] == "2026-06-13T08:03:00+03:00"


CHANGES: Sequence[Callable[[Simulator], object]] = (
    lambda simulator: simulator.answer(Call("GET", "/")),
    subscribed,
    lambda simulator: setattr(simulator, "mishaps", Mishaps(drop=1)),
    lambda simulator: simulator.faults.add("*", faults.truncate()),
    lambda simulator: simulator.set_appointment_status(simulator.bookings[0].id, "Completed"),
    lambda simulator: simulator.clock.advance(days=2),
    lambda simulator: simulator.reset(),
)


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_happens_gives_the_state_another_tag(
    control: httpx.Client, simulator: Simulator, change: Callable[[Simulator], object]
) -> None:
    """Whoever did it."""
    booked(control)
    tag = control.get("state").headers["etag"]
    change(simulator)

    assert control.get("state", headers={"if-none-match": tag}).status_code == 200


def test_two_simulators_have_no_tag_in_common(control: httpx.Client) -> None:
    """A page that outlives its simulator sees the next one as it is."""
    with Simulator().serve() as other:
        tag = httpx.get(f"http://127.0.0.1:{other.port}/_simulator/state").headers["etag"]

    assert control.get("state", headers={"if-none-match": tag}).status_code == 200


def test_the_number_of_bookings_is_chosen(control: httpx.Client) -> None:
    """The newest first; 1 to 200 of them."""
    ids = [booked(control) for _ in range(3)]

    assert [booking["id"] for booking in state(control, limit=2)["bookings"]] == ids[:0:-1]
    assert state(control, limit=2)["counts"]["bookings"] == 3
    for limit in (0, 201, "x", "1" * 5000):
        assert refused(control.get("state", params={"limit": limit}))[0] == 400


def test_the_state_has_bounds(control: httpx.Client, simulator: Simulator) -> None:
    """Many events of one booking, many requests."""
    path = f"bookings/{booked(control)}/appointment"
    for _ in range(30):
        for status in ("Dispatched", "Scheduled"):
            order(control, "POST", path, status=status)
    for _ in range(120):
        simulator.answer(Call("GET", "/" + "x" * 3000))
    (booking,) = state(control)["bookings"]

    assert (len(booking["timeline"]), booking["earlier"]) == (50, 11)
    assert booking["timeline"][-1]["number"] == 60
    assert len(state(control)["requests"]) == 100
    assert len(control.get("state").content) < 200_000


def test_there_may_be_more_bookings_than_are_shown(control: httpx.Client) -> None:
    """The newest 200 at most."""
    ids = [booked(control) for _ in range(201)]
    seen = state(control, limit=200)

    assert [booking["id"] for booking in seen["bookings"]] == ids[:0:-1]
    assert seen["counts"]["bookings"] == 201


def test_nothing_of_it_is_in_the_request_log(control: httpx.Client, simulator: Simulator) -> None:
    """It is no part of the API."""
    state(control)
    control.get("")

    assert simulator.requests == ()


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "state", "GET"),
        ("GET", "clock", "POST"),
        ("PUT", "faults", "DELETE, GET, POST"),
        ("POST", "page.css", "GET"),
        ("OPTIONS", "clock", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(control: httpx.Client, method: str, path: str, allowed: str) -> None:
    """A page of another origin, which asks with OPTIONS, gets no permission by it."""
    response = order(control, method, path)

    assert refused(response)[:2] == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == allowed
    assert [name for name in response.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize("path", ["nowhere", "faults/1/2", "page/page.js", "..%2f..%2fpyproject.toml", "index.htm"])
def test_an_unknown_path_is_a_404(control: httpx.Client, path: str) -> None:
    """No file but the page's is served."""
    assert refused(control.get(path))[:2] == (404, "RESOURCE_NOT_FOUND")


def test_what_strangers_send_is_not_told_back_at_length(control: httpx.Client) -> None:
    """Neither a path nor an id."""
    response = control.get("x" * 30_000, headers={"x-request-id": "i" * 30_000})

    assert refused(response)[:2] == (404, "RESOURCE_NOT_FOUND")
    assert len(response.content) < 1000


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_an_order_says_that_it_is_json(control: httpx.Client, simulator: Simulator, kind: str) -> None:
    """Or any page in the same browser could give one."""
    booked(control)
    headers = {"content-type": kind} if kind else {}
    response = control.post("reset", content=b"{}", headers=headers)

    assert refused(response)[2] == "Content-Type must be application/json"
    assert len(simulator.bookings) == 1


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[", "x:y:z"])
def test_a_foreign_host_is_refused(control: httpx.Client, host: str) -> None:
    """A stranger's domain that points to this machine is of no use to them."""
    for path in ("state", ""):
        assert refused(control.get(path, headers={"host": host}))[:2] == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "host", ["localhost:80", "LOCALHOST", "app.localhost", "[::1]:8080", "192.168.1.7", "simulator"]
)
def test_this_machine_has_many_names(control: httpx.Client, host: str) -> None:
    """All of these are welcome."""
    assert control.get("state", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"\xff", b'{"hours": NaN}', b"[" * 100_000, b'{"hours": ' + b"9" * 5000 + b"}"]
)
def test_a_broken_body_is_a_400(control: httpx.Client, content: bytes) -> None:
    """Never a traceback."""
    response = control.post("clock", content=content, headers={"content-type": "application/json"})

    assert refused(response)[:2] == (400, "VALIDATION_ERROR")


def test_a_body_that_is_too_large_is_a_413(control: httpx.Client) -> None:
    """As at the API."""
    content = b"x" * (LARGEST_BODY + 1)
    response = control.post("clock", content=content, headers={"content-type": "application/json"})

    assert refused(response)[:2] == (413, "PAYLOAD_TOO_LARGE")


def test_a_request_that_breaks_off_is_forgotten(simulator: Simulator) -> None:
    """Nobody is there to be answered."""
    sent: list[object] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/_simulator/reset", "headers": [], "query_string": b""}
    asyncio.run(simulator.app(scope, receive, send))

    assert sent == []


def test_a_mistake_of_ours_is_a_500(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """The log gets the story, the caller a clear word."""
    simulator = Simulator(now=clock, receive=lambda _: 204)
    simulator.faults.add = None  # type: ignore[assignment,method-assign]
    with simulator.serve() as server, httpx.Client(base_url=f"http://127.0.0.1:{server.port}/_simulator/") as control:
        response = order(control, "POST", "faults", operation="*", fault={"type": "truncate"})

    assert refused(response) == (500, "INTERNAL_ERROR", "Internal server error")
    assert "TypeError" in caplog.text


def test_the_endpoints_work_without_a_server(simulator: Simulator) -> None:
    """Under any ASGI client, whose host is called `simulator`."""

    async def asked() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(simulator.app), base_url="http://simulator"
        ) as client:
            return await client.post("/_simulator/bookings", json={})

    assert done(asyncio.run(asked()))["status"] == "in progress"


def test_a_receiver_may_call_back_while_the_clock_advances(clock: Clock) -> None:
    """Orders wait in threads of their own, so the API answers meanwhile, on the same server."""
    answers: list[int] = []

    def receive(_request: WebhookRequest) -> int:
        url = f"http://127.0.0.1:{server.port}/v1/partners/services"
        answers.append(httpx.get(url, headers={"x-api-key": server.api_key}, timeout=5).status_code)
        return 204

    simulator = Simulator(now=clock, allow_http=True, receive=receive)
    subscribed(simulator)
    with simulator.serve() as server:
        base = f"http://127.0.0.1:{server.port}/_simulator/"
        with httpx.Client(base_url=base, timeout=20) as control:
            booked(control)
            done(order(control, "POST", "clock", days=2))

    assert answers == [200] * 4


def test_a_server_stops_while_an_order_is_under_way(clock: Clock) -> None:
    """It does not wait for a receiver that does not answer."""
    reached, release = threading.Event(), threading.Event()

    def receive(_request: WebhookRequest) -> int:
        reached.set()
        release.wait(20)
        return 204

    def advance(base: str) -> None:
        with suppress(httpx.HTTPError):
            httpx.post(f"{base}/clock", json={"days": 2}, timeout=20)

    simulator = Simulator(now=clock, allow_http=True, receive=receive)
    subscribed(simulator, events=["booking.appointment_status_changed"])
    with simulator.serve() as server:
        base = f"http://127.0.0.1:{server.port}/_simulator"
        done(httpx.post(f"{base}/bookings", json={}))
        caller = threading.Thread(target=advance, args=(base,))
        caller.start()
        assert reached.wait(10)
        began = time.monotonic()
    stopped = time.monotonic() - began
    release.set()
    caller.join(20)
    simulator.settle()

    assert stopped < 5


def test_the_page_and_its_files_are_served(control: httpx.Client) -> None:
    """With their types, and a policy under which nothing comes from elsewhere."""
    html = control.get("")
    names = set(re.findall(r'(?:href|src)="([\w.]+)"', html.text))

    assert html.headers["content-type"] == "text/html; charset=utf-8"
    assert names == {"page.css", "page.js"}
    for name, kind in (("page.css", "text/css"), ("page.js", "text/javascript")):
        file = control.get(name)
        assert (file.status_code, file.headers["content-type"]) == (200, f"{kind}; charset=utf-8")
        assert "default-src 'none'" in file.headers["content-security-policy"]
    assert "unsafe" not in html.headers["content-security-policy"]
    assert control.head("page.js").status_code == 200


def test_a_browser_is_led_to_the_page(control: httpx.Client) -> None:
    """From the server's address, and from the one without a slash; an API client is not."""
    root = str(control.base_url).removesuffix("/_simulator/")

    for path, accept in (("/", "text/html,*/*"), ("/_simulator", "*/*")):
        led = httpx.get(f"{root}{path}", headers={"accept": accept})
        assert (led.status_code, led.headers["location"]) == (307, "/_simulator/")
    assert httpx.get(f"{root}/", headers={"accept": "application/json"}).status_code == 401
    assert httpx.post(f"{root}/", headers={"accept": "text/html"}).status_code == 401
    assert httpx.get(f"{root}/_simulators").status_code == 401
