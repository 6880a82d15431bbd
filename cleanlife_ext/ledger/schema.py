"""The ledger's table, and the steps by which it came to be what it is."""

from __future__ import annotations

import sqlalchemy as sa

from cleanlife_ext.errors import LedgerError
from cleanlife_ext.ledger.states import FINAL
from cleanlife_ext.store.schema import Component

__all__ = ["COMPONENT", "IS_OPEN", "LEDGER"]

# In the very words of the index, or SQLite does not see that the one serves the other.
IS_OPEN = sa.text(f"state NOT IN ({', '.join(sorted(repr(str(state)) for state in FINAL))})")

LEDGER = sa.Table(
    "cleanlife_ledger",
    sa.MetaData(),
    sa.Column("api", sa.Text, primary_key=True),
    sa.Column("reference", sa.Text, primary_key=True),
    sa.Column("operation", sa.Text, nullable=False),
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
    sa.Column("idempotency_key", sa.Text, nullable=False),  # "" where none is sent.
    sa.Column("key_at", sa.Double),  # When it was first sent with that key.
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("updated_at", sa.Double, nullable=False),
)


def _create(connection: sa.Connection) -> None:
    connection.exec_driver_sql(
        "CREATE TABLE cleanlife_ledger (api TEXT NOT NULL, reference TEXT NOT NULL, fingerprint TEXT NOT NULL, "
        "request TEXT NOT NULL, complete BOOLEAN NOT NULL, date TEXT NOT NULL, state TEXT NOT NULL, booking_id TEXT, "
        "error_code TEXT NOT NULL, attempts INTEGER NOT NULL, owner TEXT NOT NULL, lease DOUBLE PRECISION NOT NULL, "
        "sent_at DOUBLE PRECISION, created_at DOUBLE PRECISION NOT NULL, updated_at DOUBLE PRECISION NOT NULL, "
        "PRIMARY KEY (api, reference))"
    )
    connection.exec_driver_sql(
        "CREATE INDEX cleanlife_ledger_open ON cleanlife_ledger (api, reference) "
        "WHERE state NOT IN ('CREATED', 'REJECTED')"
    )


def _keep_keys(connection: sa.Connection) -> None:
    # The defaults are for the old rows, and for processes of the release before, which may still write.
    for column in (
        "operation TEXT NOT NULL DEFAULT 'createBooking'",
        "idempotency_key TEXT NOT NULL DEFAULT ''",
        "key_at DOUBLE PRECISION",
    ):
        connection.exec_driver_sql(f"ALTER TABLE cleanlife_ledger ADD COLUMN {column}")


COMPONENT = Component("ledger", (_create, _keep_keys), LedgerError)
