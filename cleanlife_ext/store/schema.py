"""Whose tables stand in a database, and the steps by which they came to be what they are.

Times are seconds since 1970, in UTC, as floating-point numbers: SQLite has no type for times, and these are the same
and compare the same everywhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs
import sqlalchemy as sa

from cleanlife_ext.errors import CleanLifeError

__all__ = ["Component", "Step", "migrate"]

Step: TypeAlias = Callable[[sa.Connection], None]

LOCK = zlib.crc32(b"cleanlife-ext schema")

SCHEMA = sa.Table(
    "cleanlife_schema",
    sa.MetaData(),
    sa.Column("component", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)


@attrs.frozen
class Component:
    """A part of the library that keeps tables of its own.

    Attributes:
        name: By which it is known in the database, and in what is said of it.
        steps: What was ever done to its tables, in order.
        error: What it raises if the database cannot be used.
    """

    name: str
    steps: Sequence[Step]
    error: type[CleanLifeError]


def migrate(connection: sa.Connection, component: Component) -> None:
    """Take the steps that were not taken yet. Of several processes one does, and the others wait for it."""
    if connection.dialect.name == "postgresql":  # On SQLite whoever writes has the whole file.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    SCHEMA.create(connection, checkfirst=True)
    mine, steps = SCHEMA.c.component == component.name, component.steps
    version = connection.scalar(sa.select(SCHEMA.c.version).where(mine)) or 0
    if version > len(steps):
        raise component.error(
            f"the {component.name} is of version {version}, and this release of cleanlife-ext knows {len(steps)}"
        )
    if version == len(steps):
        return
    for step in steps[version:]:
        step(connection)
    if version:
        connection.execute(sa.update(SCHEMA).where(mine).values(version=len(steps)))
    else:
        connection.execute(sa.insert(SCHEMA).values(component=component.name, version=len(steps)))
