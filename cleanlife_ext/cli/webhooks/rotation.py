"""A new secret for a subscription, by which nothing is lost."""

from __future__ import annotations

import os

import typer

from cleanlife_ext.cli.webhooks.kept import opened
from cleanlife_ext.client import CleanLife
from cleanlife_ext.errors import ConfigurationError
from cleanlife_ext.webhooks import WebhookReceiver

__all__ = ["rotate"]


def rotate(client: CleanLife, subscription_id: str, inbox_url: str, key_variable: str) -> None:
    """Rotate it, and store the new one for the receivers of the inbox."""
    key = os.environ.get(key_variable)
    if not key:
        raise ConfigurationError(
            f"{key_variable}: without the key that the receivers encrypt secrets with, the new secret would be lost"
        )
    with opened(inbox_url) as inbox:
        receiver = WebhookReceiver(secrets=(), inbox=inbox, encryption_key=key)
        rotated = receiver.rotate(client, subscription_id)
    typer.echo(
        f"The secret of {rotated.subscription_id} is new. The receivers of {inbox.url} know it as {rotated.name}."
    )
