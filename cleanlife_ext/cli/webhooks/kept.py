"""What is in an inbox, and letting dead letters live."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from rich.text import Text

from cleanlife_ext.cli.printing import fields_of, lines, minute, new_console, new_table
from cleanlife_ext.errors import InboxError
from cleanlife_ext.webhooks import Inbox, InboxEntry, State

__all__ = ["list_entries", "opened", "revive"]

BATCH = 200  # Entries to a table: an inbox may hold more than a memory.
STYLES = {State.DONE: "green", State.DEAD: "red"}


@contextmanager
def opened(url: str) -> Generator[Inbox]:
    """The inbox, if it is there: looking at one that is not must not make one."""
    with Inbox(url) as inbox:
        if not inbox.is_there:
            raise InboxError(f"there is no inbox at {inbox.url}; --inbox or CLEANLIFE_INBOX says where it is")
        yield inbox


def list_entries(inbox: Inbox, state: State | None, *, as_json: bool) -> None:
    """Print the deliveries, as they came in."""
    entries = inbox.entries(state=state)
    if as_json:
        lines(map(_fields, entries))
        return
    console, count = new_console(), 0
    while batch := list(islice(entries, BATCH)):
        table = new_table(header=count == 0)
        table.add_column("Delivery", ratio=1, overflow="fold")
        for title, width in (("Event", 18), ("State", 10), ("Tries", 5), ("Came in (UTC)", 16)):
            table.add_column(title, width=width, overflow="fold")
        for entry in batch:
            state_shown = Text(entry.state, STYLES.get(entry.state, "yellow"))
            table.add_row(
                Text(entry.delivery_id),
                Text(entry.event.removeprefix("booking.")),
                state_shown,
                str(entry.attempts),
                minute(entry.received_at),
            )
            if entry.error:
                table.add_row(Text(f"  {_last_line(entry)}", "red"))
        console.print(table)
        count += len(batch)
    console.print(f"{count} {'delivery' if count == 1 else 'deliveries'}.")


def revive(inbox: Inbox, ids: list[str]) -> list[str]:
    """Let these be processed again, or all that are dead if there are none; those that are not dead."""
    if not ids:
        inbox.retry_dead()
    return [id for id in ids if not inbox.retry(id)]


def _fields(entry: InboxEntry) -> dict[str, Any]:
    # Without the body, which may hold anything; `inbox.get` has it.
    return {name: value for name, value in fields_of(entry).items() if name != "body"}


def _last_line(entry: InboxEntry) -> str:
    return entry.error.strip().rpartition("\n")[2]
