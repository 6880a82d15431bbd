"""The inbox's tables, and the steps by which they came to be what they are."""

from __future__ import annotations

import sqlalchemy as sa

from cleanlife_ext.errors import InboxError
from cleanlife_ext.store.schema import Component
from cleanlife_ext.webhooks.inbox.states import OPEN, State

__all__ = [
    "BOOKINGS",
    "COMPONENT",
    "DELIVERIES",
    "IS_DEAD",
    "IS_DONE",
    "IS_OPEN",
    "IS_PROCESSING",
    "NEEDS_REFETCH",
    "ROTATIONS",
    "SECRETS",
    "state_in",
]

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
    sa.Index("cleanlife_deliveries_secret", "secret_name", "received_at"),
    sqlite_autoincrement=True,  # A number that was purged is not given again.
)


def state_in(*states: State, of: sa.FromClause = DELIVERIES) -> sa.ColumnElement[bool]:
    """Whether a row is in one of them, in the very words of the indexes: else SQLite does not see that one serves."""
    return of.c.state.in_([sa.literal_column(repr(str(state))) for state in sorted(states)])


IS_OPEN, IS_PROCESSING = state_in(*OPEN), state_in(State.PROCESSING)
IS_DONE, IS_DEAD = state_in(State.DONE), state_in(State.DEAD)

for _name, _columns, _where in (
    ("due", ("due", "occurred_at", "sequence"), IS_OPEN),
    ("booking", ("booking_id", "occurred_at", "sequence"), IS_OPEN),
    ("processing", ("booking_id",), IS_PROCESSING),
    ("done", ("ended_at",), IS_DONE),
    ("dead", ("sequence",), IS_DEAD),
):
    _indexed = [DELIVERIES.c[column] for column in _columns]
    sa.Index(f"cleanlife_deliveries_{_name}", *_indexed, sqlite_where=_where, postgresql_where=_where)

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
    sa.Column("known", sa.Text, nullable=False),
    sa.Column("is_over", sa.Boolean, nullable=False),
    sa.Column("date", sa.Text, nullable=False),  # Of service; "" if it is none.
    sa.Column("refetch_since", sa.Double),  # Since when it is uncertain, or when asking last failed.
    sa.Index("cleanlife_bookings_date", "is_over", "date"),
)
NEEDS_REFETCH = BOOKINGS.c.refetch_since.is_not(None)
sa.Index(
    *("cleanlife_bookings_refetch", BOOKINGS.c.refetch_since, BOOKINGS.c.booking_id),
    sqlite_where=NEEDS_REFETCH,
    postgresql_where=NEEDS_REFETCH,
)


def _create(connection: sa.Connection) -> None:
    # Once there is a second step, this is to be written out as it was.
    for table in (DELIVERIES, SECRETS, ROTATIONS, BOOKINGS):
        table.create(connection)


COMPONENT = Component("inbox", (_create,), InboxError)
