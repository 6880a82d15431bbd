"""What type checkers are promised of `receiver.rotate`. It is never run: mypy and pyright read it."""

from __future__ import annotations

from typing import assert_type

from cleanlife_ext import AsyncCleanLife, CleanLife
from cleanlife_ext.webhooks import Inbox, Rotated, Secret, WebhookReceiver


def in_synchronous_code(receiver: WebhookReceiver, client: CleanLife) -> None:
    assert_type(receiver.rotate(client, "id"), Rotated)
    assert_type(receiver.subscribe(client, url="https://example.com", events=["booking.created"]), Rotated)


async def in_asynchronous_code(receiver: WebhookReceiver, client: AsyncCleanLife) -> None:
    assert_type(await receiver.rotate(client, "id"), Rotated)
    assert_type(await receiver.subscribe(client, url="https://example.com", events=["booking.created"]), Rotated)


async def save(secret: Secret) -> None: ...


def secrets() -> dict[str, str]:
    return {"name": "text"}


def options(inbox: Inbox) -> None:
    WebhookReceiver(secrets=["text", Secret("text", "name")], inbox=inbox, encryption_key="key", save_secret=save)
    WebhookReceiver(secrets={"name": "text"}, inbox=inbox, encryption_key=["new", b"old"], save_secret=print)
    WebhookReceiver(secrets=secrets, inbox=inbox, trusted_proxies=["10.0.0.0/8"])
