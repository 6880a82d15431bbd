"""Events become deliveries, and deliveries end well or badly; all of it without a socket."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.calling import EIGHT_O_CLOCK, EVENING, MISSING_ID, Caller, Clock
from simulator.hooks import DELIVERIES, SUBSCRIPTIONS, URL, Inbox, Shop

from cleanlife_ext.simulator import Delivery, Simulator
from cleanlife_ext.simulator.webhooks import EVENTS
from cleanlife_ext.simulator.webhooks.outbox import MOST_FINISHED, Outbox, Search


@pytest.mark.rule("delivery.subscribed", "subscription.paused")
def test_each_active_subscription_that_wants_an_event_gets_it() -> None:
    """And no other: not those for other events, not the paused ones, not those of other partners."""
    shop = Shop()
    wanted = [shop.subscribe(f"https://hooks.shop.example/{number}")["id"] for number in range(2)]
    shop.subscribe(events=("booking.cancelled",))
    paused = shop.subscribe()["id"]
    shop.call.patch(f"{SUBSCRIPTIONS}/{paused}", status="INACTIVE")
    other = Caller(shop.simulator.answer, shop.simulator.add_key())
    other.post(SUBSCRIPTIONS, url="https://hooks.other.example/", events=["booking.created"])

    shop.book()
    shop.settle()

    assert [delivery.subscription_id for delivery in shop.simulator.deliveries] == wanted
    assert [request.url[-1] for request in shop.inbox.got] == ["0", "1"]
    assert other.get(DELIVERIES).data == []


@pytest.mark.rule("event.created", "event.updated", "event.payment-confirmed", "event.appointment", "event.cancelled")
def test_the_events_of_the_api_are_sent_as_they_happen() -> None:
    """All six of them, in the order of what was done."""
    shop = Shop()
    shop.subscribe()
    booking = shop.book()
    shop.call.patch(f"/bookings/{booking}", timeslot=EVENING)
    shop.call.post(f"/bookings/{booking}/confirm-payment")
    shop.simulator.set_appointment_status(booking, "Dispatched")
    shop.call.patch(f"/bookings/{booking}/cancel")
    shop.settle()

    assert shop.inbox.events == [
        "booking.created",
        "booking.updated",
        "booking.payment_confirmed",
        "booking.appointment_status_changed",
        "booking.cancelled",
    ]


def test_the_body_is_an_envelope_around_the_booking() -> None:
    """As the API shows it, and as it was when the event happened."""
    shop = Shop()
    shop.subscribe()
    booking = shop.book()
    shown = shop.call.get(f"/bookings/{booking}/status").data
    shop.simulator.set_appointment_status(booking, "Dispatched")
    shop.settle()

    created, changed = shop.inbox.bodies
    assert created == {
        "deliveryId": shop.simulator.deliveries[0].id,
        "event": "booking.created",
        "createdAt": "2026-06-13T08:00:00+03:00",
        "data": shown,
    }
    assert changed["data"]["previousStatus"] == "Scheduled"
    assert shop.inbox.got[0].body == shop.simulator.deliveries[0].body


@pytest.mark.rule("delivery.success", "deliveries.shape")
def test_an_accepted_delivery_is_delivered() -> None:
    """Any 2xx will do; every documented field says so."""
    shop = Shop(204)
    subscription = shop.subscribe()
    shop.book()
    shop.settle()

    assert shop.call.get(DELIVERIES).data == [
        {
            "id": shop.delivery.id,
            "subscriptionId": subscription["id"],
            "event": "booking.created",
            "status": "DELIVERED",
            "attemptCount": 1,
            "statusCode": 204,
            "error": None,
            "nextRetryAt": None,
            "deliveredAt": "2026-06-13T08:00:00+03:00",
            "createdAt": "2026-06-13T08:00:00+03:00",
        }
    ]


@pytest.mark.rule("delivery.attempts", "delivery.waiting")
def test_a_failed_delivery_is_tried_four_times_on_schedule() -> None:
    """After 60, 300 and 1800 seconds; until then it is PENDING and says when; then it is FAILED."""
    shop = Shop(500)
    shop.subscribe(events=("booking.created",))
    shop.book()
    shop.settle()

    seen = []
    for seconds in (60, 300, 1800):
        seen.append((shop.delivery.status, shop.delivery.attempt_count, shop.delivery.next_retry_at))
        shop.advance(seconds=seconds - 1)
        assert shop.delivery.attempt_count == seen[-1][1]
        shop.advance(seconds=1)

    times = [attempt.at for attempt in shop.delivery.attempts]
    assert seen == [("PENDING", number, times[number]) for number in (1, 2, 3)]
    assert [(time - times[0]).total_seconds() for time in times] == [0, 60, 360, 2160]
    assert (shop.delivery.status, shop.delivery.attempt_count, shop.delivery.next_retry_at) == ("FAILED", 4, None)
    assert (shop.delivery.status_code, shop.delivery.error) == (500, "HTTP 500")
    shop.advance(days=9)
    assert shop.delivery.attempt_count == 4


@pytest.mark.rule("delivery.no-answer")
def test_every_attempt_carries_the_same_id_and_body() -> None:
    """So that a receiver can tell that it was there before; the attempts tell what came of each."""
    shop = Shop(500, 302, ConnectionError("no"), 200)
    shop.subscribe()
    shop.book()
    shop.advance(hours=1)

    assert len({request.body for request in shop.inbox.got}) == 1
    assert {request.headers["X-CleanLife-Delivery-Id"] for request in shop.inbox.got} == {shop.delivery.id}
    assert [(attempt.status_code, attempt.error) for attempt in shop.delivery.attempts] == [
        (500, "HTTP 500"),
        (302, "HTTP 302: redirects are not followed"),
        (None, "connection lost"),
        (200, None),
    ]
    assert (shop.delivery.status, shop.delivery.error, shop.delivery.status_code) == ("DELIVERED", None, 200)
    assert shop.delivery.delivered_at == shop.delivery.attempts[-1].at
    for request, attempt in zip(shop.inbox.got, shop.delivery.attempts, strict=True):
        assert attempt.headers == request.headers
        assert attempt.signature == request.headers["X-CleanLife-Signature"]
        assert attempt.seconds >= 0


@pytest.mark.rule("retry.answer", "retry.clears", "retry.at-once", "retry.counts")
def test_a_retry_by_hand_is_one_attempt_at_once() -> None:
    """The error is cleared, the count goes on, and it can be done again and again."""
    shop = Shop(500)
    shop.subscribe()
    shop.book()
    shop.advance(hours=1)

    answer = shop.call.post(f"{DELIVERIES}/{shop.delivery.id}/retry").data
    assert answer == {"id": shop.delivery.id, "status": "PENDING"}
    shop.settle()
    assert (shop.delivery.status, shop.delivery.attempt_count) == ("FAILED", 5)

    shop.inbox.answers[:] = [200]
    waiting = shop.simulator.retry(shop.delivery.id)
    assert (waiting.status, waiting.error, waiting.next_retry_at) == ("PENDING", None, None)
    shop.settle()
    assert (shop.delivery.status, shop.delivery.attempt_count) == ("DELIVERED", 6)


def test_only_a_failed_delivery_can_be_retried_by_hand() -> None:
    """In Python a ValueError says so."""
    shop = Shop()
    shop.subscribe()
    shop.book()
    shop.settle()

    with pytest.raises(ValueError, match="Only FAILED deliveries can be retried; this one is DELIVERED"):
        shop.simulator.retry(shop.delivery.id)
    with pytest.raises(ValueError, match=r"no delivery has the id .*simulator\.deliveries"):
        shop.simulator.retry(MISSING_ID)


@pytest.mark.rule("retry.counts")
def test_of_a_delivery_that_is_retried_for_ever_the_last_attempts_are_kept() -> None:
    """Fifty; all are counted."""
    shop = Shop(500)
    shop.subscribe()
    shop.book()
    shop.advance(hours=1)
    for _ in range(60):
        shop.simulator.retry(shop.delivery.id)
        shop.settle()

    assert (shop.delivery.attempt_count, len(shop.delivery.attempts)) == (64, 50)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda call, path: call.patch(path, status="INACTIVE"), "subscription is not active"),
        (lambda call, path: call.delete(path), "subscription was deleted"),
    ],
)
@pytest.mark.rule("subscription.paused-waiting", "subscription.deleted")
def test_what_waits_for_a_retry_fails_at_once_if_its_subscription_stopped(change: Any, error: str) -> None:
    """Without a request, and for good; the record stays."""
    shop = Shop(500)
    subscription = shop.subscribe()["id"]
    shop.book()
    shop.settle()

    change(shop.call, f"{SUBSCRIPTIONS}/{subscription}")
    shop.advance(minutes=1)

    assert len(shop.inbox.got) == 1
    assert (shop.delivery.status, shop.delivery.attempt_count, shop.delivery.error) == ("FAILED", 2, error)
    assert (shop.delivery.status_code, shop.delivery.next_retry_at) == (None, None)
    assert shop.delivery.attempts[-1].headers == {}
    assert shop.call.get(DELIVERIES, status="FAILED").body["meta"]["total"] == 1


@pytest.mark.rule("subscription.paused")
def test_a_paused_subscription_gets_no_new_deliveries() -> None:
    """Events of the pause are not made up for."""
    shop = Shop()
    path = f"{SUBSCRIPTIONS}/{shop.subscribe()['id']}"
    shop.call.patch(path, status="INACTIVE")
    shop.book()
    shop.call.patch(path, status="ACTIVE")
    shop.book()
    shop.settle()

    assert len(shop.inbox.got) == 1


def test_a_retry_goes_where_the_subscription_points_by_then() -> None:
    """The URL is that of the moment; so is the secret."""
    shop = Shop(500, 200)
    subscription = shop.subscribe()["id"]
    shop.book()
    shop.settle()
    shop.call.patch(f"{SUBSCRIPTIONS}/{subscription}", url="https://new.shop.example/")

    shop.advance(minutes=1)

    assert [request.url for request in shop.inbox.got] == [URL, "https://new.shop.example/"]


def test_ids_of_deliveries_do_not_disturb_those_of_bookings(clock: Clock) -> None:
    """However many subscriptions there are, equal seeds give equal bookings and equal deliveries."""
    shops = [Shop(now=clock), Shop(now=clock), Shop(now=clock)]
    for shop in shops:
        subscriptions = [shop.subscribe()["id"] for _ in range(3)]
        for unwanted in subscriptions[1:] if shop is shops[0] else ():
            shop.call.delete(f"{SUBSCRIPTIONS}/{unwanted}")
        shop.book()
        shop.settle()

    assert len({shop.book() for shop in shops}) == 1
    assert len({tuple(sorted(request.body for request in shop.inbox.got[:1])) for shop in shops}) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/hook",
        "http://localhost:{port}/",
        "http://LOCALHOST.:{port}/",
        "http://any.localhost:{port}/",
        "http://127.1:{port}/",
        "http://0x7f000001:{port}/",
        "http://2130706433:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "https://127.0.0.1:{port}/",
    ],
)
def test_a_subscription_to_the_simulator_itself_is_refused(url: str) -> None:
    """However its address is spelled; another port is another program, and a server that stopped is none."""
    shop = Shop(allow_http=True)
    with shop.simulator.serve() as server:
        own = url.format(port=server.port)
        refused = shop.call.post(SUBSCRIPTIONS, url=own, events=["booking.created"])
        assert refused.messages == ["url must not be the simulator itself"]
        elsewhere = shop.subscribe(url.format(port=server.port - 1))["id"]
        assert shop.call.patch(f"{SUBSCRIPTIONS}/{elsewhere}", url=own).messages == refused.messages
    assert shop.subscribe(own)


@pytest.mark.parametrize(
    ("host", "url", "is_own"),
    [
        ("api.test", "https://api.test/hook", True),
        ("api.test:443", "https://API.test./hook", True),
        ("api.test", "http://api.test:80/", True),
        ("api.test", "https://api.test:8443/", False),
        ("api.test:8000", "https://api.test/", False),
        ("other.test", "https://api.test/", False),
        ("", "https://api.test/", False),
        ("[", "https://api.test/", False),
        ("api.test:x", "https://api.test/", False),
    ],
)
def test_the_host_by_which_the_api_is_called_is_the_simulator(host: str, url: str, *, is_own: bool) -> None:
    """Whatever stands in front of it; a strange Host header is nobody's address."""
    shop = Shop(allow_http=True)
    body = {"url": url, "events": ["booking.created"]}

    reply = shop.call.send("POST", SUBSCRIPTIONS, json=body, headers={"host": host})

    assert reply.status == (400 if is_own else 200)


def test_a_delivery_that_reaches_a_simulator_all_the_same_is_refused_there() -> None:
    """Clearly, and without a new event."""
    shop = Shop()
    shop.subscribe()
    shop.book()
    shop.settle()

    reply = shop.call.send(
        "POST", "/bookings", headers={name.lower(): value for name, value in shop.inbox.got[0].headers.items()}
    )

    assert reply.messages == ["webhooks must not be sent to the simulator itself"]


@pytest.mark.parametrize("url", ["https://127.1/", "https://0x7f000001/", "https://[::ffff:10.0.0.1]/", "https://0/"])
def test_a_blocked_address_is_blocked_however_it_is_spelled(url: str) -> None:
    """Systems would connect to it."""
    reply = Shop().call.post(SUBSCRIPTIONS, url=url, events=["booking.created"])

    assert reply.messages == ["url host is not allowed"]


def delivery(number: int, status: str = "DELIVERED", subscription: str = "one") -> Delivery:
    """One delivery."""
    return Delivery(f"{number:05}", "partner", subscription, "booking.created", EIGHT_O_CLOCK, status)


def test_the_memory_of_deliveries_is_bounded() -> None:
    """10,000 that came to their end, the last ones to do so; those that are pending stay."""
    outbox = Outbox()
    outbox["00000"] = delivery(0, "PENDING")
    for number in range(1, MOST_FINISHED + 101):
        outbox[f"{number:05}"] = delivery(number)
    outbox["00101"] = delivery(101, "FAILED")  # The oldest one, which came to another end just now.
    outbox["20000"] = delivery(20000)

    kept = [each.id for each in outbox.values()]
    assert kept == ["00000", "00101", *(f"{number:05}" for number in range(103, MOST_FINISHED + 101)), "20000"]
    assert outbox.get("00102") is None
    assert outbox.search(Search("partner"))[0] == MOST_FINISHED + 1
    assert [each.id for each in outbox.search(Search("partner", status="FAILED"))[1]] == ["00101"]


@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["PENDING", "DELIVERED", "FAILED"]),
        )
    ),
    offset=st.integers(0, 7),
    limit=st.integers(1, 7),
)
def test_what_is_found_is_what_walking_through_all_would_find(
    steps: list[tuple[int, str]], offset: int, limit: int
) -> None:
    """Whatever became of the deliveries, in whatever order: newest first."""
    outbox = Outbox()
    for number, status in steps:
        outbox[f"{number:05}"] = delivery(number, status, f"subscription {number % 2}")

    for subscription in (None, "subscription 0", "subscription 9"):
        for status in (None, "PENDING", "FAILED"):
            expected = [
                each
                for each in reversed(list(outbox.values()))
                if subscription in {None, each.subscription_id} and status in {None, each.status}
            ]
            found = outbox.search(Search("partner", subscription, status, offset, limit))
            assert found == (len(expected), expected[offset : offset + limit])


ANSWERS = st.one_of(st.sampled_from([200, 204, 299, 300, 404, 500, 100]), st.just(ConnectionError()))


@settings(max_examples=12)
@given(answers=st.lists(ANSWERS, min_size=1, max_size=12), bookings=st.integers(1, 3), seconds=st.integers(0, 900))
def test_every_event_ends_as_exactly_one_delivery_a_subscription(
    answers: list[int | Exception], bookings: int, seconds: int
) -> None:
    """Delivered or failed, after one to four attempts, whatever the receiver does."""
    shop = Shop(*answers)
    subscriptions = [shop.subscribe()["id"], shop.subscribe(events=("booking.created", "booking.cancelled"))["id"]]
    for _ in range(bookings):
        shop.call.patch(f"/bookings/{shop.book()}/cancel")
        shop.advance(seconds=seconds)
    shop.advance(days=1)

    told = [(each.subscription_id, json.loads(each.body)["data"]["bookingId"], each.event) for each in
            shop.simulator.deliveries]  # fmt: skip
    assert sorted(told) == sorted(
        (subscription, event.booking.id, event.name)
        for event in shop.simulator.events
        for subscription in subscriptions
        if event.name in {"booking.created", "booking.cancelled"}
    )
    for each in shop.simulator.deliveries:
        assert each.status in {"DELIVERED", "FAILED"}
        assert 1 <= each.attempt_count == len(each.attempts) <= 4
        assert (each.status == "FAILED") == (each.error is not None)
        assert each.next_retry_at is None
    sent = [request.headers["X-CleanLife-Delivery-Id"] for request in shop.inbox.got]
    assert {each.id: each.attempt_count for each in shop.simulator.deliveries} == {
        each: sent.count(each) for each in sent
    }


def test_no_secret_shows_in_what_is_remembered() -> None:
    """Neither the secret, nor a password in a URL, nor a person."""
    inbox = Inbox([500])
    shop = Shop(receive=inbox)
    made = shop.subscribe("https://user:hunter2@hooks.shop.example/")
    shop.book()
    shop.settle()

    shown = repr((shop.simulator.deliveries, shop.simulator.events, inbox.got))
    for hidden in (made["secret"], "hunter2", "Sara", "500000000"):
        assert hidden not in shown


def test_a_simulator_without_subscriptions_has_no_deliveries(simulator: Simulator) -> None:
    """And settles at once, without a thread."""
    simulator.settle()

    assert simulator.deliveries == ()
    assert EVENTS[0] == "booking.created"
