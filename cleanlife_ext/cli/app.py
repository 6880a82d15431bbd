"""The commands and their options. What they do stands in `simulate` and in `demo`."""

from __future__ import annotations

import time
import webbrowser
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from rich.console import Console

from cleanlife_ext.cli.demo.document import Document
from cleanlife_ext.cli.demo.run import perform
from cleanlife_ext.cli.demo.show import Screen
from cleanlife_ext.cli.demo.steps import STEPS, Step
from cleanlife_ext.cli.ledger import ledger_commands
from cleanlife_ext.cli.simulate import CannotSimulateError, CommandSimulator, serve
from cleanlife_ext.cli.webhooks.commands import webhooks_commands
from cleanlife_ext.simulator.partners import PaymentResponsibility

__all__ = ["commands"]

ABOUT = "The CleanLife Partner API on this machine."

# Options are named twice, or Typer would take their metavar for their name.
Port = Annotated[
    int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes any that is free.")
]
Host = Annotated[
    str, typer.Option("--host", metavar="HOST", help="Address to listen on; 0.0.0.0 lets other machines in.")
]
Payments = Annotated[
    PaymentResponsibility,
    typer.Option(
        "--payment-responsibility",
        metavar="PARTNER|CLEANOS",
        help="Who collects the money: PARTNER confirms payments through the API, CLEANOS leaves them to CleanLife.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Equal seeds give equal ids and an equal key.")]
AllowHttp = Annotated[bool, typer.Option("--allow-http", help="Let webhooks go over plain HTTP, and to this machine.")]
WebhooksTo = Annotated[
    str | None,
    typer.Option("--webhooks-to", metavar="URL", help="Subscribe this URL to all events, and print the secret."),
]
Log = Annotated[bool, typer.Option("--log", help="Print a line for each request to the API.")]
Open = Annotated[bool, typer.Option("--open", help="Open the simulator's page in a browser.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead, for machines.")]


def commands(
    *,
    steps: Sequence[Step] = STEPS,
    sleep: Callable[[float], None] = time.sleep,
    browse: Callable[[str], object] = webbrowser.open,
) -> typer.Typer:
    """The command line. Tests hand in steps that fail, a sleep that is interrupted, and a browser that is none."""
    app = typer.Typer(
        help=ABOUT,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode="markdown",  # The only one that joins the lines of a paragraph.
        pretty_exceptions_show_locals=False,  # They could show a key.
    )

    @app.command()
    def simulate(
        *,
        port: Port = 8080,
        host: Host = "127.0.0.1",
        payment_responsibility: Payments = "PARTNER",
        seed: Seed = 0,
        allow_http: AllowHttp = False,
        webhooks_to: WebhooksTo = None,
        log: Log = False,
        open_page: Open = False,
    ) -> None:
        """Run a Partner API on this machine until Ctrl-C.

        It knows all operations, keeps what you book until it ends, and refuses what the real one refuses. It prints
        the base URL and the key to use, and the address of a page on which all of it can be seen and moved.
        """
        console = Console(highlight=False)
        try:
            simulator = CommandSimulator(
                log=console if log else None,
                webhooks_to=webhooks_to,
                seed=seed,
                payment_responsibility=payment_responsibility,
                allow_http=allow_http,
            )
            serve(simulator, console, host=host, port=port, sleep=sleep, browse=browse if open_page else None)
        except CannotSimulateError as error:
            typer.echo(f"cleanlife: {error}", err=True)
            raise typer.Exit(1) from None

    @app.command()
    def demo(*, as_json: AsJson = False) -> None:
        """Book, move, pay and cancel a cleaning, with both clients, over real HTTP.

        A simulator is started for it on a free port. Each step shows the Python, what came back, and how many HTTP
        calls the simulator saw. The exit status is 1 if any of it is not as expected.
        """
        audience = Document(typer.echo) if as_json else Screen(Console(highlight=False))
        raise typer.Exit(0 if perform(steps, audience) else 1)

    app.add_typer(ledger_commands(), name="ledger")
    app.add_typer(webhooks_commands(sleep=sleep), name="webhooks")
    return app
