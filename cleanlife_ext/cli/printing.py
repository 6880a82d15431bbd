"""What all commands have in common: how they print, and how they fail."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import attrs
import typer
from rich.console import Console
from rich.table import Table

from cleanlife_ext.errors import CleanLifeError

__all__ = ["fields_of", "lines", "minute", "moment", "new_console", "new_table", "told"]

WIDEST = 100  # Columns; further apart, the eye loses the line.


@contextmanager
def told(exit_status: int = 1) -> Generator[None]:
    """What goes wrong is a line and an exit status. No error's text holds a key or a password."""
    try:
        yield
    except (CleanLifeError, ValueError) as error:
        typer.echo(f"cleanlife: {error}", err=True)
        raise typer.Exit(exit_status) from None


def moment(time: dt.datetime) -> str:
    """A time in UTC, for machines."""
    return time.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def minute(time: dt.datetime) -> str:
    """A time in UTC, for people."""
    return f"{time.astimezone(dt.UTC):%Y-%m-%d %H:%M}"


def fields_of(value: attrs.AttrsInstance) -> dict[str, Any]:
    """The fields of *value*, as JSON can say them."""
    fields = attrs.asdict(value, recurse=False)
    return {name: moment(field) if isinstance(field, dt.datetime) else field for name, field in fields.items()}


def lines(objects: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line."""
    # In ASCII, which every console and every pipe can take.
    for each in objects:
        typer.echo(json.dumps(each))


def new_console() -> Console:
    """Where people read."""
    made = Console(highlight=False)
    made.width = min(made.width, WIDEST)
    return made


def new_table(*, header: bool) -> Table:
    """One without lines, which is as wide as the console."""
    return Table(box=None, expand=True, pad_edge=False, padding=(0, 2, 0, 0), show_header=header)
