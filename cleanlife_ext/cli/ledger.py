"""`cleanlife ledger`: what the ledger holds, and finishing what was left open in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any

import typer
from rich.text import Text

from cleanlife_ext.cli.printing import fields_of, lines, minute, new_console, new_table, told
from cleanlife_ext.client import CleanLife
from cleanlife_ext.errors import LedgerError
from cleanlife_ext.ledger import Entry, Ledger, Recovered, State
from cleanlife_ext.ledger.layer import code_of
from cleanlife_ext.ledger.recovery import CREATION, journal_of

__all__ = ["ledger_commands"]

ABOUT = "The ledger of bookings: what was asked for, what became of it, and what is still open."
BATCH = 200  # Entries to a table: a ledger may hold more than a memory.
STYLES = {State.CREATED: "green", State.REJECTED: "red"}

Url = Annotated[
    str,
    typer.Option(
        "--ledger", metavar="URL", envvar="CLEANLIFE_LEDGER", help="Where it is: sqlite:///FILE or postgresql://…"
    ),
]
OfState = Annotated[State | None, typer.Option("--state", help="Only entries in this state.")]
OnlyOpen = Annotated[bool, typer.Option("--open", help="Only entries that are not final.")]
Reference = Annotated[
    str, typer.Argument(metavar="REF", help="The external reference, with its prefix; or what `list` shows.")
]
Api = Annotated[
    str | None, typer.Option("--api", metavar="URL", help="Of which API, if the ledger has it for several.")
]
Made = Annotated[str | None, typer.Option("--made", metavar="ID", help="It was made, and has this id.")]
NotMade = Annotated[bool, typer.Option("--not-made", help="It was not made.")]
Send = Annotated[bool, typer.Option("--send/--no-send", help="Whether to send what is not to be seen, or only look.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines: an object, or one a line.")]

DEFAULT = "sqlite:///bookings.db"


def ledger_commands() -> typer.Typer:
    """The commands."""
    app = typer.Typer(help=ABOUT, no_args_is_help=True, rich_markup_mode="markdown")

    @app.command("list")
    def list_entries(
        *, state: OfState = None, only_open: OnlyOpen = False, url: Url = DEFAULT, as_json: AsJson = False
    ) -> None:
        """List the entries, ordered by API and reference."""
        with told(), _opened(url) as ledger:
            entries = ledger.entries(state=state, open=only_open)
            if as_json:
                lines(map(fields_of, entries))
            else:
                _print_entries(entries)

    @app.command()
    def show(*, reference: Reference, api: Api = None, url: Url = DEFAULT, as_json: AsJson = False) -> None:
        """Show all there is on one entry. The exit status is 1 if there is nothing."""
        with told(), _opened(url) as ledger:
            entry = ledger.get(reference, api=api)
            if entry is None:
                raise LedgerError(f"the ledger has no {reference}")
            if as_json:
                typer.echo(json.dumps(fields_of(entry), indent=2))
            else:
                _print_entry(entry)

    @app.command()
    def recover(*, send: Send = True, url: Url = DEFAULT, as_json: AsJson = False) -> None:
        """Finish what a crash left open, with the key and the API that the environment names.

        The exit status is 1 if anything is open still: somebody may be sending it, it could not be finished now, or it
        is for another API, or no booking.
        """
        with told(), _opened(url) as ledger, CleanLife(ledger=ledger) as client:
            results = client.bookings.recover(send=send)
            api = journal_of(client.generated.session.core).api
            open_entries = Counter((entry.api, entry.operation) for entry in ledger.entries(open=True))
        if as_json:
            lines(map(_result, results))
        else:
            _print_results(results)
        left = {whose: count for whose, count in open_entries.items() if whose != (api, CREATION)}
        for (other, operation), count in left.items():
            typer.echo(f"cleanlife: {_left_open(api, other, operation, count)}", err=True)
        raise typer.Exit(1 if left or any(result.is_open for result in results) else 0)

    app.command()(settle)
    return app


def settle(
    *, reference: Reference, made: Made = None, not_made: NotMade = False, api: Api = None, url: Url = DEFAULT
) -> None:
    """Say what became of an open entry that nothing else can tell: look at the API before you do.

    What is settled as not made is made anew when it is asked for again.
    """
    if (made is None) is not not_made:
        raise typer.BadParameter("one of --made ID and --not-made is needed")
    with told(), _opened(url) as ledger:
        try:
            _print_entry(ledger.settle(reference, made=made, api=api))
        except ValueError as error:
            raise LedgerError(str(error)) from None


def _opened(url: str) -> Ledger:
    """The ledger, if it is there: looking at one that is not must not make one."""
    ledger = Ledger(url)
    if not ledger.is_there:
        raise LedgerError(f"there is no ledger at {ledger.url}; --ledger or CLEANLIFE_LEDGER says where it is")
    return ledger


def _left_open(api: str, other: str, operation: str, count: int) -> str:
    """What is said of entries that cannot be finished from here, and what to do about them."""
    if operation == CREATION:
        return f"not of {api}, and left open: {count} of {other}"
    todo = "create it again with the same payload, or settle it"
    return f"no booking, and left open: {count} {operation} of {other}; {todo}"


def _result(result: Recovered) -> dict[str, Any]:
    return {
        "reference": result.reference,
        "state": result.state,
        "open": result.is_open,
        "booking_id": None if result.booking is None else str(result.booking.booking_id),
        "error_code": "" if result.error is None else code_of(result.error),
        "error": None if result.error is None else str(result.error),
    }


def _print_entries(entries: Iterator[Entry]) -> None:
    console, count = new_console(), 0
    while batch := list(islice(entries, BATCH)):
        table = new_table(header=count == 0)
        table.add_column("Reference", ratio=1, overflow="fold")
        for title, width in (("State", 8), ("Day or kind", 13), ("Changed (UTC)", 16), ("Error", 19)):
            table.add_column(title, width=width, overflow="fold")
        for entry in batch:
            changed = minute(entry.updated_at)
            kind, error = Text(entry.date or entry.operation), Text(entry.error_code)
            table.add_row(Text(entry.reference), _state(entry.state), kind, changed, error)
        console.print(table)
        count += len(batch)
    console.print(f"{count} {'entry' if count == 1 else 'entries'}.")


def _print_entry(entry: Entry) -> None:
    table = new_table(header=False)
    table.add_column(no_wrap=True, style="dim")
    table.add_column(ratio=1, overflow="fold")
    for name, value in fields_of(entry).items():
        shown = json.dumps(value, indent=2) if isinstance(value, dict) else "" if value is None else str(value)
        table.add_row(name.replace("_", " "), Text(shown))
    new_console().print(table)


def _print_results(results: Sequence[Recovered]) -> None:
    table = new_table(header=True)
    table.add_column("Reference", ratio=1, overflow="fold")
    table.add_column("State", width=8)
    table.add_column("Booking or error", width=36, overflow="fold")
    for result in results:
        said = _result(result)
        table.add_row(Text(result.reference), _state(result.state), Text(said["booking_id"] or said["error"] or ""))
    console = new_console()
    if results:
        console.print(table)
    left = sum(result.is_open for result in results)
    console.print(f"Open before: {len(results)}, now: {left}.")


def _state(state: State) -> Text:
    return Text(state, STYLES.get(state, "yellow"))
