"""Subscriptions with their secrets, and deliveries."""

import re

import pytest
from simulator.calling import CLEANOS_ID, MISSING_ID, PARTNER_ID, Caller, Clock, Reply

from cleanlife_ext.simulator import Delivery, Simulator
from cleanlife_ext.simulator.state import State
from cleanlife_ext.simulator.webhooks import EVENTS

URL = "https://hooks.shop.example/cleanlife"
PATH = "/webhooks/subscriptions"
SECRET = re.compile(r"[0-9a-f]{64}")


def subscribe(call: Caller, url: object = URL, events: object = ("booking.created",)) -> Reply:
    """A new subscription."""
    return call.post(PATH, url=url, events=events)


@pytest.mark.rule("subscription.secret")
def test_the_secret_is_shown_on_creation_and_never_again(call: Caller) -> None:
    """64 lower-case hexadecimal characters, in this answer only."""
    made = subscribe(call).data
    secret = made.pop("secret")

    assert SECRET.fullmatch(secret)
    assert call.get(PATH).data == [made]
    assert secret not in str(call.patch(f"{PATH}/{made['id']}", status="INACTIVE").body)


@pytest.mark.rule("subscription.shape", "subscription.create")
def test_a_subscription_shows_what_is_documented(call: Caller) -> None:
    """Times in Riyadh's offset, active from the start."""
    made = subscribe(call).data

    assert made == {
        "id": made["id"],
        "partnerClientId": PARTNER_ID,
        "url": URL,
        "events": ["booking.created"],
        "status": "ACTIVE",
        "createdAt": "2026-06-13T08:00:00+03:00",
        "updatedAt": "2026-06-13T08:00:00+03:00",
        "secret": made["secret"],
    }


@pytest.mark.rule("subscription.list")
def test_subscriptions_come_newest_first_and_paused_ones_too(call: Caller) -> None:
    """A plain array, without pages."""
    ids = [subscribe(call).data["id"] for _ in range(3)]
    call.patch(f"{PATH}/{ids[0]}", status="INACTIVE")

    reply = call.get(PATH)

    assert [each["id"] for each in reply.data] == ids[::-1]
    assert "meta" not in reply.body


@pytest.mark.rule("subscription.missing")
def test_a_subscription_belongs_to_its_partner(call: Caller, cleanos: Caller) -> None:
    """Others neither see nor change it."""
    path = f"{PATH}/{subscribe(call).data['id']}"

    assert cleanos.get(PATH).data == []
    for refused in (cleanos.patch(path), cleanos.delete(path), cleanos.post(f"{path}/rotate-secret")):
        assert refused.refusal == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.rule("subscription.update")
def test_an_update_replaces_what_it_names(call: Caller, clock: Clock) -> None:
    """Events as a whole; what is not named stays; the secret is not touched."""
    made = subscribe(call).data
    clock.advance(hours=1)

    events = ["booking.updated", "booking.cancelled"]
    updated = call.patch(f"{PATH}/{made['id']}", events=events).data

    made.pop("secret")
    assert updated == {**made, "events": events, "updatedAt": "2026-06-13T09:00:00+03:00"}


@pytest.mark.rule("subscription.delete", "subscription.missing")
def test_a_deleted_subscription_is_gone_and_the_answer_has_a_body(call: Caller) -> None:
    """200 with `removed`; the second time is a 404."""
    path = f"{PATH}/{subscribe(call).data['id']}"

    assert call.delete(path).data == {"id": path.removeprefix(f"{PATH}/"), "removed": True}
    assert call.delete(path).refusal == (404, "RESOURCE_NOT_FOUND")
    assert call.get(PATH).data == []


@pytest.mark.rule("subscription.again")
def test_subscribing_again_gives_another_secret(call: Caller) -> None:
    """Nothing is brought back."""
    assert subscribe(call).data["secret"] != subscribe(call).data["secret"]


@pytest.mark.rule("subscription.rotate")
def test_rotating_gives_a_new_secret_at_once(call: Caller, state: State) -> None:
    """Shown in this answer; the old one is replaced."""
    made = subscribe(call).data

    rotated = call.send("POST", f"{PATH}/{made['id']}/rotate-secret").data

    assert set(rotated) == {"id", "secret"}
    assert SECRET.fullmatch(rotated["secret"])
    assert rotated["secret"] != made["secret"]
    assert state.subscriptions[made["id"]].secret == rotated["secret"]


def test_an_id_that_is_no_uuid_is_not_found_where_no_400_is_documented(call: Caller) -> None:
    """Only the update checks the form of its id."""
    assert call.patch(f"{PATH}/mine").messages[0].endswith("must be a UUID")
    for refused in (
        call.delete(f"{PATH}/mine"),
        call.post(f"{PATH}/mine/rotate-secret"),
        call.post("/webhooks/deliveries/mine/retry"),
    ):
        assert refused.refusal == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"url": None}, "url must be a string"),
        ({"url": ""}, "url should not be empty"),
        ({"events": None}, "events must be an array"),
        ({"events": []}, "events must contain at least 1 elements"),
        (
            {"events": ["booking.created", "booking.eaten"]},
            f"each value in events must be one of the following values: {', '.join(EVENTS)}",
        ),
    ],
)
@pytest.mark.rule("subscription.create", "enum.events")
def test_a_subscription_is_made_by_the_rules(call: Caller, body: dict[str, object], message: str) -> None:
    """A URL, and at least one of the six events."""
    assert subscribe(call, **body).messages == [message]


@pytest.mark.rule("enum.subscription-status", "subscription.update-rules")
def test_a_status_is_active_or_inactive(call: Caller) -> None:
    """Exactly spelled."""
    path = f"{PATH}/{subscribe(call).data['id']}"

    assert call.patch(path, status="PAUSED").messages == [
        "status must be one of the following values: ACTIVE, INACTIVE"
    ]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://hooks.shop.example/", "url must use https"),
        ("https://localhost/", "url host is not allowed"),
        ("https://LOCALHOST./", "url host is not allowed"),
        ("https://127.0.0.1/", "url host is not allowed"),
        ("https://127.9.9.9:8443/", "url host is not allowed"),
        ("https://10.0.0.1/", "url host is not allowed"),
        ("https://172.16.0.1/", "url host is not allowed"),
        ("https://172.31.255.255/", "url host is not allowed"),
        ("https://192.168.1.1/", "url host is not allowed"),
        ("https://169.254.169.254/", "url host is not allowed"),
        ("https://[::1]/", "url host is not allowed"),
        ("ftp://hooks.shop.example/", "url must be a URL address"),
        ("hooks.shop.example", "url must be a URL address"),
        ("https://", "url must be a URL address"),
        ("https://[", "url must be a URL address"),
        ("https://hooks.shop.example:99999/", "url must be a URL address"),
        ("https://hooks.shop.example/a b", "url must be a URL address"),
        ("https://hooks.shop.example/\n", "url must be a URL address"),
    ],
)
@pytest.mark.rule("subscription.https", "subscription.blocked", "subscription.update-rules")
def test_events_are_not_sent_just_anywhere(call: Caller, url: str, message: str) -> None:
    """https only, and no host of this machine or a private network; on update as on create."""
    made = subscribe(call).data

    assert subscribe(call, url).messages == [message]
    assert call.patch(f"{PATH}/{made['id']}", url=url).messages == [message]


@pytest.mark.parametrize(
    "url", ["https://172.15.0.1/", "https://172.32.0.1/", "https://8.8.8.8/", "https://[2001::1]/"]
)
def test_public_addresses_are_no_private_ones(call: Caller, url: str) -> None:
    """The blocked ranges end where they are documented to end."""
    assert subscribe(call, url).data["url"] == url


@pytest.mark.rule("subscription.https")
def test_with_allow_http_events_may_go_to_this_machine(clock: Clock) -> None:
    """Which is what a test of a receiver needs; nonsense stays nonsense."""
    simulator = Simulator(now=clock, allow_http=True)
    call = Caller(simulator.answer, simulator.api_key)

    assert subscribe(call, "http://127.0.0.1:8000/hook").data
    assert subscribe(call, "nonsense").messages == ["url must be a URL address"]


@pytest.mark.rule("subscription.domain")
def test_the_host_must_be_registered_where_domains_are(simulator: Simulator) -> None:
    """Exactly that host."""
    call = Caller(simulator.answer, simulator.add_key(webhook_domains=["Hooks.shop.example"]))

    assert subscribe(call).data
    assert subscribe(call, "https://evil.example/").messages == ["url host is not a registered webhook domain"]


DELIVERIES = "/webhooks/deliveries"


@pytest.fixture
def deliveries(state: State, clock: Clock) -> list[str]:
    """Three deliveries to two subscriptions, and one of another partner."""
    made = []
    for status, subscription, partner in (
        ("PENDING", "one", PARTNER_ID),
        ("DELIVERED", "two", PARTNER_ID),
        ("FAILED", "one", PARTNER_ID),
        ("FAILED", "three", CLEANOS_ID),
    ):
        delivery = Delivery(
            id=state.ids.uuid(),
            partner_id=partner,
            subscription_id=MISSING_ID if subscription == "one" else state.ids.uuid(),
            event="booking.created",
            created_at=clock(),
            status=status,
            attempt_count=4 if status == "FAILED" else 1,
            status_code=200 if status == "DELIVERED" else None,
            error="connection refused" if status == "FAILED" else None,
            delivered_at=clock() if status == "DELIVERED" else None,
        )
        state.deliveries[delivery.id] = delivery
        made.append(delivery.id)
    return made


def listed(call: Caller, **query: object) -> list[str]:
    """The ids of the deliveries that are listed."""
    return [each["id"] for each in call.get(DELIVERIES, **query).data]


@pytest.mark.rule("deliveries.list")
def test_deliveries_are_listed_newest_first(call: Caller, deliveries: list[str]) -> None:
    """The partner's own, in pages."""
    assert listed(call) == [deliveries[2], deliveries[1], deliveries[0]]
    assert listed(call, limit=1, page=2) == [deliveries[1]]
    assert call.get(DELIVERIES).body["meta"]["total"] == 3


@pytest.mark.rule("deliveries.filter")
def test_deliveries_are_filtered_by_status_and_subscription(call: Caller, deliveries: list[str]) -> None:
    """Alone or together."""
    assert listed(call, status="FAILED") == [deliveries[2]]
    assert listed(call, subscriptionId=MISSING_ID.upper()) == [deliveries[2], deliveries[0]]
    assert listed(call, subscriptionId=MISSING_ID, status="PENDING") == [deliveries[0]]


@pytest.mark.rule("enum.delivery-status")
def test_a_filter_of_deliveries_must_make_sense(call: Caller) -> None:
    """Unlike that of bookings, the status is one of three."""
    assert call.get(DELIVERIES, status="LOST").messages == [
        "status must be one of the following values: PENDING, DELIVERED, FAILED"
    ]
    assert call.get(DELIVERIES, subscriptionId="mine").messages == ["subscriptionId must be a UUID"]


@pytest.mark.usefixtures("deliveries")
@pytest.mark.rule("deliveries.shape")
def test_a_delivery_shows_what_is_documented(call: Caller) -> None:
    """All ten fields, and no payload."""
    shown = call.get(DELIVERIES, status="DELIVERED").data[0]

    assert shown == {
        "id": shown["id"],
        "subscriptionId": shown["subscriptionId"],
        "event": "booking.created",
        "status": "DELIVERED",
        "attemptCount": 1,
        "statusCode": 200,
        "error": None,
        "nextRetryAt": None,
        "deliveredAt": "2026-06-13T08:00:00+03:00",
        "createdAt": "2026-06-13T08:00:00+03:00",
    }


@pytest.mark.rule("retry.answer", "retry.clears")
def test_a_failed_delivery_can_be_retried(call: Caller, deliveries: list[str]) -> None:
    """PENDING again, its error cleared, its attempts still counted."""
    answer = call.send("POST", f"{DELIVERIES}/{deliveries[2]}/retry").data

    assert answer == {"id": deliveries[2], "status": "PENDING"}
    shown = call.get(DELIVERIES).data[0]
    assert (shown["status"], shown["error"], shown["attemptCount"]) == ("PENDING", None, 4)


@pytest.mark.rule("retry.only-failed")
def test_a_delivery_that_has_not_failed_cannot_be_retried(call: Caller, deliveries: list[str]) -> None:
    """404, as documented, with a code of its own."""
    for delivery in deliveries[:2]:
        assert call.post(f"{DELIVERIES}/{delivery}/retry").refusal == (404, "DELIVERY_NOT_RETRYABLE")


@pytest.mark.rule("retry.missing")
def test_a_delivery_of_others_is_not_found(call: Caller, deliveries: list[str]) -> None:
    """Nor is one that is missing."""
    assert call.post(f"{DELIVERIES}/{deliveries[3]}/retry").refusal == (404, "RESOURCE_NOT_FOUND")
    assert call.post(f"{DELIVERIES}/{MISSING_ID}/retry").refusal == (404, "RESOURCE_NOT_FOUND")
