"""The tables, and the steps by which they came to be what they are.

Times are seconds since 1970, in UTC, as floating-point numbers: SQLite has no type for times, and these are the same
and compare the same everywhere.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

import sqlalchemy as sa

from cleanlife_ext.errors import LedgerError
from cleanlife_ext.ledger.states import FINAL

__all__ = ["IS_OPEN", "LEDGER", "STEPS", "migrate"]

Step: TypeAlias = Callable[[sa.Connection], None]

COMPONENT = "ledger"
LOCK = zlib.crc32(b"cleanlife-ext schema")
# In these very words in the index and in queries, or SQLite does not see that the one serves the other.
IS_OPEN = sa.text(f"state NOT IN ({', '.join(sorted(repr(str(state)) for state in FINAL))})")

_metadata = sa.MetaData()

SCHEMA = sa.Table(
    "cleanlife_schema",
    _metadata,
    sa.Column("component", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)
LEDGER = sa.Table(
    "cleanlife_ledger",
    _metadata,
    sa.Column("api", sa.Text, primary_key=True),
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("date", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("booking_id", sa.Text),
    sa.Column("error_code", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("lease", sa.Double, nullable=False),
    sa.Column("sent_at", sa.Double),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
    sa.Index("cleanlife_ledger_open", "api", "reference", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
)


def _create(connection: sa.Connection) -> None:
    # Once there is a second step, this is to be written out as it was.
    LEDGER.create(connection)


STEPS: tuple[Step, ...] = (_create,)


def migrate(connection: sa.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Take the steps that were not taken yet. Of several processes one does, and the others wait for it."""
    if connection.dialect.name == "postgresql":  # On SQLite whoever writes has the whole file.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    SCHEMA.create(connection, checkfirst=True)
    mine = SCHEMA.c.component == COMPONENT
    version = connection.scalar(sa.select(SCHEMA.c.version).where(mine)) or 0
    if version > len(steps):
        raise LedgerError(f"the ledger is of version {version}, and this release of cleanlife-ext knows {len(steps)}")
    if version == len(steps):
        return
    for step in steps[version:]:
        step(connection)
    if version:
        connection.execute(sa.update(SCHEMA).where(mine).values(version=len(steps)))
    else:
        connection.execute(sa.insert(SCHEMA).values(component=COMPONENT, version=len(steps)))
