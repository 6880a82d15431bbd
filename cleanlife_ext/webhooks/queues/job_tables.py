"""Procrastinate's tables, beside the inbox's in one database."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import sqlalchemy as sa
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects.postgresql import JSONB

from cleanlife_ext.webhooks.inbox.schema import DELIVERIES, IS_OPEN

__all__ = ["ARGUMENT", "are_there", "forgotten", "make", "stalled"]

LOCK = zlib.crc32(b"cleanlife-ext procrastinate")
ARGUMENT = "delivery_id"  # Of a job.
MOST = 1000  # Deliveries that get a job at a time.
# Whoever fetches a job asks of each whether one with the same lock is before it. Without this, and until PostgreSQL
# has counted anew, each of 10,000 that come at once takes seconds.
BY_LOCK = """
CREATE INDEX cleanlife_jobs_by_lock ON procrastinate_jobs (lock, priority, id) WHERE status IN ('todo', 'doing')
"""

_JOBS = sa.table(
    "procrastinate_jobs", sa.column("id"), sa.column("task_name"), sa.column("status"), sa.column("args", JSONB)
)
_STARTS = sa.table("procrastinate_events", sa.column("job_id"), sa.column("type"), sa.column("at"))
_DELIVERY = DELIVERIES.c
_NOW, _LEASE = sa.bindparam("now", type_=sa.Double), sa.bindparam("lease", type_=sa.Double)

_started = (
    sa.select(sa.func.max(_STARTS.c.at))
    .where(_STARTS.c.job_id == _JOBS.c.id, _STARTS.c.type == sa.literal_column("'started'"))
    .scalar_subquery()
)
# A delivery that somebody is at is claimed as long, so its lease tells whether they live. Procrastinate's heartbeats
# tell of the worker, which may live on and have lost the job: when the database was away at the job's end, for one.
_is_left = sa.func.coalesce(
    sa.case((_DELIVERY.ended_at.is_not(None), _DELIVERY.ended_at < _NOW - _LEASE), else_=_DELIVERY.due < _NOW),
    sa.true(),  # There is no such delivery any more.
)
_was_begun = _started < sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, _LEASE)
_is_abandoned = (_JOBS.c.status == sa.literal_column("'doing'")) & _was_begun & _is_left
# Taken up by a worker that does not know the task; or its delivery was revived where there was no receiver.
_was_dropped = (_JOBS.c.status == sa.literal_column("'failed'")) & IS_OPEN & (_DELIVERY.due < _NOW - _LEASE)
_STALLED = (
    sa.select(_JOBS.c.id)
    .outerjoin(DELIVERIES, _DELIVERY.delivery_id == _JOBS.c.args[ARGUMENT].astext)
    .where(_JOBS.c.task_name.in_(sa.bindparam("tasks", expanding=True)), _is_abandoned | _was_dropped)
    .order_by(_JOBS.c.id)
)
# Revived where there was no receiver, after its job was cleared away; or taken by a receiver without a queue. A job
# that has failed comes again by itself. With EXCEPT, the two are never compared each with each.
_have_a_job = sa.select(_JOBS.c.args[ARGUMENT].astext).where(
    _JOBS.c.status.in_([sa.literal_column(f"'{status}'") for status in ("todo", "doing", "failed")])
)
_are_overdue = sa.select(_DELIVERY.delivery_id).where(IS_OPEN, _DELIVERY.due < _NOW - _LEASE)
_FORGOTTEN = (
    sa.select(_DELIVERY.delivery_id, _DELIVERY.booking_id)
    .where(_DELIVERY.delivery_id.in_(_are_overdue.except_(_have_a_job).limit(MOST)))
    .order_by(_DELIVERY.occurred_at, _DELIVERY.sequence)
)


def are_there(connection: sa.Connection) -> bool:
    """Whether there are any."""
    return connection.scalar(sa.select(sa.func.to_regclass("procrastinate_jobs"))) is not None


def make(connection: sa.Connection) -> None:
    """Make them, unless they are there. Of several processes one does, and the others wait for it."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    if not are_there(connection):
        connection.execution_options(no_parameters=True)
        connection.exec_driver_sql(SchemaManager.get_schema())
        connection.exec_driver_sql(BY_LOCK)


def stalled(connection: sa.Connection, tasks: Sequence[str], now: float, lease: float) -> Sequence[int]:
    """The jobs, by their ids, that nobody is at any more, and that did not come to their end."""
    return connection.scalars(_STALLED, {"tasks": tasks, "now": now, "lease": lease}).all()


def forgotten(connection: sa.Connection, now: float, lease: float) -> Sequence[tuple[str, str]]:
    """The deliveries that nobody will take up, since they have no job, by their ids and those of their bookings."""
    return [(row.delivery_id, row.booking_id) for row in connection.execute(_FORGOTTEN, {"now": now, "lease": lease})]
