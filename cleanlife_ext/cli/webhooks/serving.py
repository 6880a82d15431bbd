"""A receiver on this machine, for trying things out: it prints events as they come."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import typer
from cleanlife_client.models import EventType
from rich.console import Console
from rich.text import Text

from cleanlife_ext.client import CleanLife
from cleanlife_ext.listening import Listening, why_not
from cleanlife_ext.values import RIYADH
from cleanlife_ext.webhooks import Event, Inbox, Secret, WebhookReceiver

__all__ = ["serve"]

HOUR = 3600
ANY_AGE = 100 * 365 * 24 * HOUR  # Seconds: a simulator's clock may be far ahead, and what is printed does no harm.
PATH = "/webhooks"


def serve(
    console: Console,
    *,
    host: str,
    port: int,
    secret: str | None,
    client: CleanLife | None,
    public_url: str | None,
    as_json: bool,
    sleep: Callable[[float], None],
) -> None:
    """Print what is delivered until Ctrl-C.

    *secret* verifies it; with a *client* instead, a subscription is made for it, and removed at the end.
    """
    secrets = [Secret(secret)] if secret else []
    try:
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cleanlife-"))
            inbox = stack.enter_context(Inbox(f"sqlite:///{Path(folder) / 'webhooks.db'}"))
            receiver = WebhookReceiver(
                secrets=lambda: secrets,
                inbox=inbox,
                allow_http=True,
                tolerance=ANY_AGE,
            )
            stack.enter_context(_refusals_told())
            receiver.on("*")(_json if as_json else _printer(console))
            server = _listening(stack, receiver, host, port)
            url = public_url or f"{server.url}{PATH}"
            if client is not None:
                secrets.append(stack.enter_context(_subscribed(client, url)))
            if not as_json:
                console.print(
                    f"Webhooks come to {url}. Times are those of Riyadh. Ctrl-C stops it.", soft_wrap=True, markup=False
                )
            stack.enter_context(receiver.worker())
            while True:
                sleep(HOUR)
    except KeyboardInterrupt:
        if not as_json:
            console.print("\nStopped.")


def _listening(stack: ExitStack, receiver: WebhookReceiver, host: str, port: int) -> Listening:
    try:
        return stack.enter_context(Listening(receiver.asgi, host=host, port=port))
    except (OSError, UnicodeError) as error:  # The latter for a host that cannot be a name.
        raise ValueError(why_not(error, host, port)) from None


@contextmanager
def _subscribed(client: CleanLife, url: str) -> Generator[Secret]:
    made = client.webhooks.subscriptions.create(url=url, events=list(EventType))
    try:
        yield Secret(made.secret)
    finally:
        client.webhooks.subscriptions.delete(made.id)


@contextmanager
def _refusals_told() -> Generator[None]:
    """Print what is logged, such as why a delivery was refused: nobody sees the answer that its sender gets."""
    log, handler = logging.getLogger("cleanlife_ext.webhooks"), _Refusals()
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


class _Refusals(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        typer.echo(record.getMessage(), err=True)


def _printer(console: Console) -> Callable[[Event], None]:
    def show(event: Event) -> None:
        at = "" if event.created_at is None else f"{event.created_at.astimezone(RIYADH):%H:%M:%S}"
        line = Text.assemble((at or "--:--:--", "dim"), "  ", (event.event, "bold"))
        if event.booking is not None:
            booking = event.booking
            told = [booking.external_reference or str(booking.booking_id), str(booking.status)]
            if booking.appointment is not None:
                told.append(str(booking.appointment.status))
            line.append(f"  {', '.join(told)}")
        console.print(line, soft_wrap=True)

    return show


def _json(event: Event) -> None:
    content: dict[str, Any] = dict(event.content)
    typer.echo(json.dumps(content))
