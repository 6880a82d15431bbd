"""Who receives a webhook can tell who sent it."""

import hashlib
import hmac
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from attrs import evolve
from cleanlife_traits import WEBHOOK_DELIVERY
from simulator.calling import EIGHT_O_CLOCK
from simulator.hooks import SUBSCRIPTIONS, Shop

import cleanlife_ext.simulator
from cleanlife_ext.simulator import Delivery, WebhookRequest
from cleanlife_ext.simulator.webhooks.signing import headers, signature
from cleanlife_ext.simulator.webhooks.terms import TERMS, terms

SPEC = yaml.safe_load((Path(__file__).parents[2] / "spec" / "cleanlife.yaml").read_text(encoding="utf-8"))


def is_signed(request: WebhookRequest, secret: str) -> bool:
    """Checked as a partner would, who knows no more than what is documented."""
    message = request.headers["X-CleanLife-Timestamp"].encode() + b"." + request.body
    expected = "sha256=" + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, request.headers["X-CleanLife-Signature"])


def test_a_delivery_carries_these_headers() -> None:
    """All of them, and no more."""
    shop = Shop()
    shop.subscribe()
    shop.book()
    shop.settle()

    sent = dict(shop.inbox.got[0].headers)
    assert re.fullmatch("sha256=[0-9a-f]{64}", sent.pop("X-CleanLife-Signature"))
    assert sent == {
        "Content-Type": "application/json",
        "User-Agent": "CleanLife-Webhooks/1.0",
        "X-CleanLife-Event": "booking.created",
        "X-CleanLife-Delivery-Id": shop.delivery.id,
        "X-CleanLife-Timestamp": str(int(EIGHT_O_CLOCK.timestamp())),
    }


@pytest.mark.rule("delivery.signed")
def test_each_attempt_is_signed_with_its_own_time() -> None:
    """The secret's text is the key; another secret would not do."""
    shop = Shop(500)
    secret = shop.subscribe()["secret"]
    shop.book()
    shop.advance(hours=1)

    times = [int(request.headers["X-CleanLife-Timestamp"]) for request in shop.inbox.got]
    assert [time - times[0] for time in times] == [0, 60, 360, 2160]
    assert all(is_signed(request, secret) for request in shop.inbox.got)
    assert not is_signed(shop.inbox.got[0], secret[::-1])
    assert len({request.headers["X-CleanLife-Signature"] for request in shop.inbox.got}) == 4


@pytest.mark.rule("subscription.rotated")
def test_a_new_secret_is_used_at_once() -> None:
    """For what waits as well: the old one is worth nothing any more."""
    shop = Shop(500)
    made = shop.subscribe()
    shop.book()
    shop.settle()
    rotated = shop.call.post(f"{SUBSCRIPTIONS}/{made['id']}/rotate-secret").data["secret"]

    shop.advance(minutes=1)

    before, after = shop.inbox.got
    assert is_signed(before, made["secret"])
    assert is_signed(after, rotated)


def test_the_signature_follows_the_spec_when_that_changes() -> None:
    """One edit there: the message, the key, the value."""
    other = terms(
        {
            "signature": {
                **WEBHOOK_DELIVERY["signature"],
                "key": "hex",
                "message": "{body}|{timestamp}",
                "value": "v2,{hex}",
            },
            "delivery": {**WEBHOOK_DELIVERY["delivery"], "event": "X-Event"},
        }
    )
    delivery = Delivery("id", "partner", "subscription", "booking.created", EIGHT_O_CLOCK, body=b'{"a": "{timestamp}"}')

    expected = "v2," + hmac.new(b"\xab\xcd", b'{"a": "{timestamp}"}|17', hashlib.sha256).hexdigest()
    assert signature(delivery.body, "abcd", "17", other) == expected
    assert headers(delivery, "abcd", EIGHT_O_CLOCK, other)["X-Event"] == "booking.created"


def test_nothing_that_the_spec_says_of_a_delivery_stands_in_the_code() -> None:
    """Or there would be two places to correct."""
    folder = Path(cleanlife_ext.simulator.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))

    for said in (TERMS.signature_header, TERMS.id_header, TERMS.event_header, TERMS.timestamp_header, TERMS.user_agent):
        assert said not in code


@pytest.mark.parametrize(
    ("status", "schema"), [("Dispatched", "AppointmentStatusEvent"), ("Cancelled", "BookingEvent")]
)
def test_a_body_is_as_the_spec_describes_it(status: str, schema: str) -> None:
    """The schemas of the spec's webhooks."""
    shop = Shop()
    shop.subscribe()
    shop.simulator.set_appointment_status(shop.book(), status)
    shop.settle()

    for body, name in zip(shop.inbox.bodies, ("BookingEvent", schema), strict=True):
        jsonschema.validate(body, {**SPEC, "$ref": f"#/components/schemas/{name}"})


def test_a_request_shows_nothing_in_its_repr() -> None:
    """A URL may hold a password."""
    request = WebhookRequest("https://user:hunter2@hooks.example/", {"a": "b"}, b"body")

    assert repr(request) == "WebhookRequest()"
    assert evolve(request, body=b"other") != request
