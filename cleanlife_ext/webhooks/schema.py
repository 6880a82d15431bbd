"""The inbox's tables, and the steps by which they came to be what they are."""

from __future__ import annotations

import sqlalchemy as sa

from cleanlife_ext.errors import InboxError
from cleanlife_ext.store.schema import Component
from cleanlife_ext.webhooks.states import OPEN, State

__all__ = ["BOOKINGS", "COMPONENT", "DELIVERIES", "IS_DEAD", "IS_OPEN", "ROTATIONS", "SECRETS"]

# In these very words in the index and in queries, or SQLite does not see that the one serves the other.
IS_OPEN = sa.text(f"state IN ({', '.join(sorted(repr(str(state)) for state in OPEN))})")
IS_DEAD = sa.text(f"state = '{State.DEAD}'")

_metadata = sa.MetaData()

DELIVERIES = sa.Table(
    "cleanlife_deliveries",
    _metadata,
    sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("delivery_id", sa.Text, nullable=False, unique=True),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("booking_id", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.Double, nullable=False),
    sa.Column("received_at", sa.Double, nullable=False),
    sa.Column("secret_name", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due", sa.Double, nullable=False),  # When it may be taken up: of one in work, when its lease has passed.
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("ended_at", sa.Double),
    sa.Index("cleanlife_deliveries_due", "due", "sequence", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    sa.Index(
        *("cleanlife_deliveries_booking", "booking_id", "occurred_at", "sequence"),
        sqlite_where=IS_OPEN,
        postgresql_where=IS_OPEN,
    ),
    sa.Index("cleanlife_deliveries_dead", "sequence", sqlite_where=IS_DEAD, postgresql_where=IS_DEAD),
    sa.Index("cleanlife_deliveries_secret", "secret_name", "received_at"),
    sqlite_autoincrement=True,  # A number that was purged is not given again.
)
# Secrets that came by rotation, sealed with a key that is not in here.
SECRETS = sa.Table(
    "cleanlife_secrets",
    _metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("subscription_id", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("made_at", sa.Double, nullable=False),
    sa.Column("retired_at", sa.Double),
)
# Rotations under way: until then, a signature that does not fit may be one of a secret that is about to be known.
ROTATIONS = sa.Table(
    "cleanlife_rotations",
    _metadata,
    sa.Column("subscription_id", sa.Text, primary_key=True),
    sa.Column("until", sa.Double, nullable=False),
    sa.Column("lease", sa.Double, nullable=False),  # Until when whoever is at it counts as alive.
)
# What the events of each booking come to.
BOOKINGS = sa.Table(
    "cleanlife_bookings",
    _metadata,
    sa.Column("booking_id", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("is_over", sa.Boolean, nullable=False),
    sa.Column("date", sa.Text, nullable=False),
    sa.Column("refetch_since", sa.Double),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Index("cleanlife_bookings_refetch", "refetch_since"),
    sa.Index("cleanlife_bookings_date", "is_over", "date"),
)


def _create(connection: sa.Connection) -> None:
    # Once there is a second step, this is to be written out as it was.
    for table in (DELIVERIES, SECRETS, ROTATIONS, BOOKINGS):
        table.create(connection)


COMPONENT = Component("inbox", (_create,), InboxError)
