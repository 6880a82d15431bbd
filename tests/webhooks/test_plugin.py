"""The pytest plugin's deliveries: as CleanLife would send them, for whatever takes them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cleanlife_client.models import EventType

from cleanlife_ext.webhooks import BookingAppointmentStatusChanged, BookingEvent, SignatureScheme, verify
from cleanlife_ext.webhooks.events import KINDS
from cleanlife_ext.webhooks.samples import WebhookMaker

pytest_plugins = ["pytester"]

SECRET = "0123456789abcdef" * 4
# Starlette prefers another HTTP library beneath its test client.
OPTIONS = (
    "-p",
    "no:cacheprovider",
    "-W",
    "error",
    "-W",
    "ignore:Using",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
)

SHOP = """
from fastapi import FastAPI
from cleanlife_ext.webhooks import BookingCancelled, Inbox, WebhookReceiver

refunds = []
receiver = WebhookReceiver(secrets=["0123456789abcdef" * 4], inbox=Inbox("sqlite:///webhooks.db"))
app = FastAPI()
app.mount("/webhooks", receiver.asgi)


@receiver.on("booking.cancelled")
def refund(event: BookingCancelled) -> None:
    refunds.append(event.booking.external_reference)
"""

FIVE_LINES = """
from fastapi.testclient import TestClient
from shop import app, receiver, refunds


def test_a_cancelled_visit_is_refunded(cleanlife_webhook):
    webhook = cleanlife_webhook("booking.cancelled", external_reference="ORDER-1")
    https = TestClient(app, base_url="https://test")
    assert https.post("/webhooks/", content=webhook.body, headers=webhook.headers).status_code == 200
    receiver.process()
    assert refunds == ["ORDER-1"]
"""


def test_a_users_test_is_five_lines(pytester: pytest.Pytester) -> None:
    """Their handler, in their framework, with a known payload."""
    pytester.makeconftest('pytest_plugins = ["cleanlife_ext.testing"]')
    pytester.makepyfile(shop=SHOP, test_shop=FIVE_LINES)
    pytester.syspathinsert()

    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=1)


def test_a_receiver_and_its_test_agree_on_a_secret(pytester: pytest.Pytester) -> None:
    """That of the fixture, or another one that they give."""
    pytester.makeconftest('pytest_plugins = ["cleanlife_ext.testing"]')
    pytester.makepyfile("""
        def test_it(cleanlife_webhook, cleanlife_webhook_secret):
            assert cleanlife_webhook.secret == cleanlife_webhook_secret
    """)

    pytester.runpytest(*OPTIONS).assert_outcomes(passed=1)


@pytest.mark.parametrize("event", list(EventType))
def test_every_event_can_be_made(event: EventType) -> None:
    """Signed, and as the spec has it."""
    webhook = WebhookMaker(SECRET)(event, external_reference="ORDER-7", date=dt.date(2026, 7, 1))
    told = verify(webhook.body, webhook.headers, secrets=[SECRET])

    assert isinstance(told, KINDS[event])
    assert told.delivery_id == webhook.delivery_id
    assert told.booking.external_reference == "ORDER-7"
    assert told.booking.date == "2026-07-01T00:00:00.000Z"


def test_what_happened_before_may_be_said() -> None:
    """When it was, of which delivery, and what the appointment's status was."""
    at = dt.datetime(2026, 6, 20, 6, tzinfo=dt.UTC)
    webhook = WebhookMaker(SECRET)(
        "booking.appointment_status_changed", delivery_id="delivery-1", at=at, previous_status="Scheduled"
    )
    told = verify(webhook.body, webhook.headers, secrets=[SECRET])

    assert isinstance(told, BookingAppointmentStatusChanged)
    assert (told.delivery_id, told.created_at, told.previous_status) == ("delivery-1", at, "Scheduled")


def test_another_scheme_may_sign() -> None:
    """The one that your receiver goes by."""
    scheme = SignatureScheme.STANDARD_WEBHOOKS
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    webhook = WebhookMaker(secret, scheme)()

    assert isinstance(verify(webhook.body, webhook.headers, secrets=[secret], scheme=scheme), BookingEvent)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"event": "booking.canceled"}, "event: one of booking.appointment_status_changed, "),
        ({"referenz": "ORDER-1"}, "referenz: a booking has appointment, "),
        ({"date": "tomorrow"}, "date: a date is needed"),
        ({"at": dt.datetime(2026, 6, 20, 6)}, "at: a datetime with a zone is needed"),  # noqa: DTZ001
    ],
)
def test_a_mistake_is_told(arguments: dict[str, Any], said: str) -> None:
    """Before a test fails for another reason."""
    with pytest.raises((TypeError, ValueError), match=said):
        WebhookMaker(SECRET)(**arguments)


def test_nothing_shows_the_secret() -> None:
    """Neither the maker nor what it makes."""
    maker = WebhookMaker(SECRET)

    assert SECRET not in f"{maker!r}{maker()!r}"
