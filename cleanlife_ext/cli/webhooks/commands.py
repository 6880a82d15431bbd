"""`cleanlife webhooks` and what can be asked of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cleanlife_ext.cli.printing import told
from cleanlife_ext.cli.webhooks import diagnose, durations, failed, kept, rotation, serving
from cleanlife_ext.client import CleanLife
from cleanlife_ext.webhooks import State

__all__ = ["webhooks_commands"]

ABOUT = "Webhooks: what did not arrive, what was not processed, and trying it all out."
CANNOT_TELL = 2
SECRET_VARIABLE = "CLEANLIFE_WEBHOOK_SECRET"  # noqa: S105  # Its name.
KEY_VARIABLE = "CLEANLIFE_WEBHOOK_KEY"
DEFAULT_INBOX = "sqlite:///webhooks.db"

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of deliveries.")]
Subscription = Annotated[
    str | None, typer.Option("--subscription", metavar="ID", help="Only those of this subscription.")
]
Watch = Annotated[
    str | None, typer.Option("--watch", metavar="TIME", help="Look again every 30s, 5m or 1h, and print what is new.")
]
ExitCode = Annotated[
    bool, typer.Option("--exit-code", help="The exit status is 1 if there are any; with --watch, end with the first.")
]
AllFailed = Annotated[bool, typer.Option("--all-failed", help="All that CleanLife has given up.")]
AllDead = Annotated[bool, typer.Option("--all", help="All that are dead.")]
InboxUrl = Annotated[
    str,
    typer.Option(
        "--inbox", metavar="URL", envvar="CLEANLIFE_INBOX", help="Where it is: sqlite:///FILE or postgresql://…"
    ),
]
OfState = Annotated[State | None, typer.Option("--state", help="Only deliveries in this state.")]
SubscriptionId = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Id of the subscription.")]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes any that is free.")]
Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
Subscribe = Annotated[
    bool, typer.Option("--subscribe", help="Subscribe to all events, and end the subscription with Ctrl-C.")
]
Url = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="With --subscribe: by which the API reaches this machine.")
]
HeadersFile = Annotated[
    Path,
    typer.Option(
        "--headers",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="The headers as they came: a line each (Name: value), or a JSON object.",
    ),
]
BodyFile = Annotated[
    Path,
    typer.Option("--body", metavar="FILE", exists=True, dir_okay=False, help="The body as it came, byte for byte."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines: one object a line.")]
AsDocument = Annotated[bool, typer.Option("--json", help="Print one JSON document instead, for machines.")]


def webhooks_commands(*, sleep: Callable[[float], None] = time.sleep) -> typer.Typer:
    """The commands. Tests hand in a sleep that is interrupted."""
    app = typer.Typer(help=ABOUT, no_args_is_help=True, rich_markup_mode="markdown")
    _about_deliveries(app, sleep)
    _about_an_inbox(app)
    _about_signatures(app)
    _about_trying_out(app, sleep)
    return app


def _about_deliveries(app: typer.Typer, sleep: Callable[[float], None]) -> None:
    @app.command("failed")
    def list_failed(
        *, subscription: Subscription = None, watch: Watch = None, exit_code: ExitCode = False, as_json: AsJson = False
    ) -> None:
        """List the deliveries that CleanLife has given up, after four attempts.

        The exit status is 2 if the API could not be asked.
        """
        with told(CANNOT_TELL):
            every = None if watch is None else durations.seconds(watch)
            with CleanLife() as client:
                if every is None:
                    found = failed.list_failed(client, subscription, as_json=as_json)
                else:
                    found = _watched(client, subscription, every, sleep, exit_code=exit_code, as_json=as_json)
        raise typer.Exit(1 if exit_code and found else 0)

    @app.command()
    def retry(*, ids: Ids = None, all_failed: AllFailed = False, as_json: AsJson = False) -> None:
        """Have CleanLife send failed deliveries once more. The exit status is 1 if one was refused."""
        with told():
            if bool(ids) == all_failed:
                raise ValueError("name ids of deliveries, or --all-failed")
            with CleanLife() as client:
                is_done = failed.retry(client, ids or [], as_json=as_json)
        raise typer.Exit(0 if is_done else 1)


def _about_an_inbox(app: typer.Typer) -> None:
    @app.command("inbox")
    def list_inbox(*, state: OfState = None, inbox: InboxUrl = DEFAULT_INBOX, as_json: AsJson = False) -> None:
        """List what is in an inbox; `--state DEAD` is what was not processed, and why."""
        with told(), kept.opened(inbox) as opened:
            kept.list_entries(opened, state, as_json=as_json)

    @app.command()
    def revive(*, ids: Ids = None, all_dead: AllDead = False, inbox: InboxUrl = DEFAULT_INBOX) -> None:
        """Let dead deliveries of an inbox be processed again. The exit status is 1 if one was not dead."""
        with told(), kept.opened(inbox) as opened:
            if bool(ids) == all_dead:
                raise ValueError("name ids of deliveries, or --all")
            others = kept.revive(opened, ids or [])
        for id in others:
            typer.echo(f"cleanlife: {id} is not dead, or not there", err=True)
        raise typer.Exit(1 if others else 0)


def _about_signatures(app: typer.Typer) -> None:
    @app.command()
    def rotate(*, subscription_id: SubscriptionId, inbox: InboxUrl = DEFAULT_INBOX) -> None:
        """Make a new secret for a subscription, and hand it to all receivers of an inbox.

        CLEANLIFE_WEBHOOK_KEY holds the key that it is encrypted with; the receivers have the same one.
        """
        with told(), CleanLife() as client:
            rotation.rotate(client, subscription_id, inbox, KEY_VARIABLE)

    @app.command("diagnose")
    def find_scheme(*, headers: HeadersFile, body: BodyFile, as_json: AsDocument = False) -> None:
        """Find out how a delivery that you have captured is signed, and print the line of code that says so.

        The subscription's secret is taken from CLEANLIFE_WEBHOOK_SECRET, or asked for. It is never printed. The exit
        status is 1 if no way of signing fits; then hints say what may be the matter.
        """
        with told():
            diagnosis = diagnose.examined(headers.read_bytes(), body.read_bytes(), _secret())
        diagnose.show(diagnosis, as_json=as_json)
        raise typer.Exit(0 if diagnosis.fits else 1)


def _about_trying_out(app: typer.Typer, sleep: Callable[[float], None]) -> None:
    @app.command()
    def serve(
        *,
        port: Port = 9000,
        host: Host = "127.0.0.1",
        subscribe: Subscribe = False,
        url: Url = None,
        as_json: AsJson = False,
    ) -> None:
        """Receive webhooks on this machine, and print events as they come, until Ctrl-C.

        CLEANLIFE_WEBHOOK_SECRET holds the subscription's secret; it is asked for if it does not. With --subscribe
        there is nothing to hold: a subscription is made for it. Together with `cleanlife simulate --allow-http`.
        """
        with told():
            if url is not None and not subscribe:
                raise ValueError("--url goes with --subscribe")
            with ExitStack() as stack:
                serving.serve(
                    Console(highlight=False),
                    host=host,
                    port=port,
                    secret=None if subscribe else _secret(),
                    client=stack.enter_context(CleanLife()) if subscribe else None,
                    public_url=url,
                    as_json=as_json,
                    sleep=sleep,
                )


def _watched(
    client: CleanLife,
    subscription: str | None,
    every: float,
    sleep: Callable[[float], None],
    *,
    exit_code: bool,
    as_json: bool,
) -> bool:
    try:
        failed.watch_failed(client, subscription, every=every, until_found=exit_code, as_json=as_json, sleep=sleep)
    except KeyboardInterrupt:
        return False
    return True


def _secret() -> str:
    secret = os.environ.get(SECRET_VARIABLE) or typer.prompt("Secret", hide_input=True, err=True)
    return str(secret)
