"""The ledger's table, and the steps by which it came to be what it is."""

from __future__ import annotations

import sqlalchemy as sa

from cleanlife_ext.errors import LedgerError
from cleanlife_ext.ledger.states import FINAL
from cleanlife_ext.store.schema import Component

__all__ = ["COMPONENT", "IS_OPEN", "LEDGER"]

# In these very words in the index and in queries, or SQLite does not see that the one serves the other.
IS_OPEN = sa.text(f"state NOT IN ({', '.join(sorted(repr(str(state)) for state in FINAL))})")

LEDGER = sa.Table(
    "cleanlife_ledger",
    sa.MetaData(),
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


COMPONENT = Component("ledger", (_create,), LedgerError)
