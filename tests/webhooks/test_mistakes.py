"""What somebody may get wrong when they set it up: each is told where it is made, with a way out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet

from cleanlife_ext import CleanLife, ConfigurationError
from cleanlife_ext.simulator import Simulator
from cleanlife_ext.webhooks import BookingCreated, Inbox, WebhookReceiver

SECRET = "0123456789abcdef" * 4


@pytest.fixture
def receiver(inbox: Inbox) -> WebhookReceiver:
    return WebhookReceiver(secrets=[SECRET], inbox=inbox)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"inbox": "sqlite:///webhooks.db"}, "inbox: an Inbox is needed"),
        ({"scheme": "sha256"}, "scheme: a SignatureScheme is needed"),
    ],
)
def test_a_receiver_is_given_what_it_needs(inbox: Inbox, options: dict[str, Any], said: str) -> None:
    """And not the text of it."""
    with pytest.raises(ConfigurationError, match=said):
        WebhookReceiver(**{"secrets": [SECRET], "inbox": inbox, **options})


@pytest.mark.parametrize(
    "use",
    [
        lambda receiver: receiver.rotate(None, "5f0c7b1e-4a3d-4c2b-9a1f-0e9d8c7b6a50"),
        lambda receiver: receiver.subscribe("client", url="https://example.com", events=["booking.created"]),
        lambda receiver: receiver.reconcile(None),
        lambda receiver: receiver.worker("client"),
    ],
)
def test_a_client_is_one(receiver: WebhookReceiver, use: Callable[[Any], object]) -> None:
    """Of either kind."""
    with pytest.raises(ConfigurationError, match="client: a CleanLife or an AsyncCleanLife is needed"):
        use(receiver)


def two(_event: Any, _connection: Any) -> None:
    """A handler for the transaction."""


def one(_event: Any) -> None:
    """A plain one."""


@pytest.mark.parametrize(("handler", "in_transaction"), [("x", False), (two, False), (one, True)])
def test_a_handler_can_be_called(receiver: WebhookReceiver, handler: Any, *, in_transaction: bool) -> None:
    """Or a delivery would wait for it in vain."""
    register: Any = receiver.on
    with pytest.raises(TypeError, match=r"on: a (function|handler that can be called with)"):
        register(BookingCreated, in_transaction=in_transaction)(handler)


def test_a_handler_need_not_say_what_it_takes(receiver: WebhookReceiver) -> None:
    """Some that are written in C do not."""
    register: Any = receiver.on

    assert register("*")(print) is print
    assert register("*")(dict.fromkeys) == dict.fromkeys
    assert register("*")(type) is type


def test_a_wrong_key_rotates_nothing(inbox: Inbox) -> None:
    """The receivers could not open the new secret; the old one would be gone."""
    simulator = Simulator()
    with CleanLife(simulator.api_key, base_url="http://simulator/v1", transport=simulator.transport) as client:
        made = client.webhooks.subscriptions.create(url="https://example.com/hooks", events=["booking.created"])
        keys = [Fernet.generate_key() for _ in range(2)]
        first, other = (WebhookReceiver(secrets=(), inbox=inbox, encryption_key=key) for key in keys)
        first.rotate(client, made.id)
        before = simulator.subscriptions[0].secret

        with pytest.raises(ConfigurationError, match="encryption_key: it does not open all secrets"):
            other.rotate(client, made.id)
        assert simulator.subscriptions[0].secret == before
        both = WebhookReceiver(secrets=(), inbox=inbox, encryption_key=keys[::-1])
        assert both.rotate(client, made.id).subscription_id == made.id


def test_what_is_not_to_be_logged_is_not_put_together(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    """A line has the name of what happened and its fields, for every formatter to show."""
    receiver = WebhookReceiver(secrets=[SECRET], inbox=inbox, allow_http=True)
    environ: Any = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"}
    with caplog.at_level(logging.ERROR, "cleanlife_ext.webhooks"):
        receiver.wsgi(environ, lambda *_: print)
    assert caplog.records == []

    receiver.wsgi(environ, lambda *_: print)
    assert caplog.messages == ["cleanlife.webhook.refused reason=not_post status=405"]
