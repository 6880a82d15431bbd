"""`cleanlife webhooks`: its commands and their options. What each does stands in a module of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cleanlife_ext.cli.diagnose import examined, show

__all__ = ["webhooks_commands"]

ABOUT = "Webhooks: how they are signed."
SECRET_VARIABLE = "CLEANLIFE_WEBHOOK_SECRET"  # noqa: S105  # Its name only.

HeadersFile = Annotated[
    Path,
    typer.Option(
        *("--headers",),
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="The headers as they came: a line each (Name: value), or a JSON object.",
    ),
]
BodyFile = Annotated[
    Path,
    typer.Option(*("--body",), metavar="FILE", exists=True, dir_okay=False, help="The body as it came, byte for byte."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead, for machines.")]


def webhooks_commands() -> typer.Typer:
    """The commands."""
    app = typer.Typer(help=ABOUT, no_args_is_help=True, rich_markup_mode="markdown")

    @app.callback()
    def webhooks() -> None:
        # Typer would take a single command for the whole.
        ...

    @app.command()
    def diagnose(*, headers: HeadersFile, body: BodyFile, as_json: AsJson = False) -> None:
        """Find out how a delivery that you have captured is signed, and print the line of code that says so.

        The subscription's secret is taken from CLEANLIFE_WEBHOOK_SECRET, or asked for. It is never printed. The exit
        status is 1 if no way of signing fits; then hints say what may be the matter.
        """
        secret = os.environ.get(SECRET_VARIABLE) or typer.prompt("Secret", hide_input=True, err=True)
        try:
            diagnosis = examined(headers.read_bytes(), body.read_bytes(), secret)
        except ValueError as error:
            typer.echo(f"cleanlife: {error}", err=True)
            raise typer.Exit(1) from None
        show(diagnosis, as_json=as_json)
        raise typer.Exit(0 if diagnosis.fits else 1)

    return app
