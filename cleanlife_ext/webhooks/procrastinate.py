"""Procrastinate does the queueing: on the inbox's own PostgreSQL, for any number of machines. Needs the extra `queue`.

A delivery's row and its job are written in one transaction. The job knows the delivery's id and nothing else; what
comes of it is decided where all deliveries are processed, and stands in the row. Procrastinate is told when to come
again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial

import anyio.to_thread
import sqlalchemy as sa
from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision, SyncPsycopgConnector
from procrastinate.app import WorkerOptions
from procrastinate.exceptions import TaskAlreadyRegistered
from procrastinate.jobs import Job as QueuedJob
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task
from procrastinate.utils import utcnow

from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.errors import ConfigurationError, ProcessingError
from cleanlife_ext.store.database import Database
from cleanlife_ext.webhooks.inbox.deliveries import Work
from cleanlife_ext.webhooks.inbox.states import OPEN, State
from cleanlife_ext.webhooks.processing.background import Background
from cleanlife_ext.webhooks.processing.jobs import Job, repeat
from cleanlife_ext.webhooks.processing.processor import Processor, arun
from cleanlife_ext.webhooks.queues import job_tables
from cleanlife_ext.webhooks.queues.crew import QueueCrew, again
from cleanlife_ext.webhooks.queues.leader import lead
from cleanlife_ext.webhooks.queues.queue import Queue

__all__ = ["Procrastinate"]

# Seconds until a job is tried again of which nothing could be decided: the database was away, or it was stopped.
SOON = 1
# Seconds between two looks for jobs: nobody is told that one may come again, or that the one before it is done.
LOOK = 0.25
MINUTE = 60.0  # Seconds
FIRST = 1  # The priority of what looks after the others: behind them all it would come too late.

NOT_DUE = "the delivery is not due yet"
NOT_THERE = (
    "Procrastinate's tables are not in the inbox's database; your app and the inbox need the same one, with the tables "
    "that `procrastinate schema --apply` makes"
)


class Procrastinate(Queue):
    """Lets [Procrastinate](https://procrastinate.readthedocs.io) queue what is in an inbox on PostgreSQL.

    ```python
    from cleanlife_ext.webhooks import Inbox, WebhookReceiver
    from cleanlife_ext.webhooks.procrastinate import Procrastinate

    queue = Procrastinate()
    receiver = WebhookReceiver(secrets=["…"], inbox=Inbox("postgresql+psycopg://shop@db/shop"), queue=queue)
    app = queue.app  # procrastinate --app=shop.webhooks.app worker
    ```

    A delivery and its job are written in one transaction. The deliveries of one booking are processed one after the
    other, in the order in which they came in; one that fails holds back those behind it until it is done or dead.
    Jobs whose worker was killed are looked for every minute, and taken up again once the lease of the delivery has
    passed: with a lease of a minute, within two.

    Process deliveries with `receiver.worker()`, or with Procrastinate's own command, on as many machines as you like.

    Args:
        app: An app of yours, whose workers shall know the jobs as well. Its tables are yours to make and to migrate, in
            the inbox's database. Without one, tables are made at first use if there are none.
        queue: The name of the queue.
    """

    def __init__(self, app: App | None = None, *, queue: str = "cleanlife-webhooks") -> None:
        self._given, self._queue = app, queue
        self._task, self._care = f"{queue}:process", f"{queue}:look-after"
        self._bound: Processor | None = None
        self._app: App | None = None
        self._is_ready = False

    def __repr__(self) -> str:
        return f"Procrastinate(queue={self._queue!r})"

    @property
    def app(self) -> App:
        """What `procrastinate --app` is to name: yours, or one for the inbox's database."""
        if self._app is None:
            raise ConfigurationError("queue: give it to a WebhookReceiver first")
        return self._app

    def apply_schema(self) -> None:
        """Make Procrastinate's tables, unless there are any. Several processes may do so at once."""
        self._database.write(job_tables.make)

    def bind(self, processor: Processor) -> None:
        if self._bound is not None:
            raise ConfigurationError("queue: it serves another receiver; make one for each")
        if processor.deliveries.database.dialect != "postgresql":
            raise ConfigurationError(
                "queue: Procrastinate needs an inbox on PostgreSQL: Inbox('postgresql+psycopg://…')"
            )
        self._bound = processor
        self._app = self._taught(self._given) if self._given is not None else self._made()

    def put(self, delivery_id: str, booking_id: str) -> Work | None:
        self._prepare()
        return partial(self._defer, delivery_id=delivery_id, booking_id=booking_id)

    def worker(self, *, concurrency: int, grace: float, jobs: Sequence[Job]) -> Background:
        duties = [partial(self._work, concurrency, grace)]
        if jobs:
            # By a lock, and not as jobs of the queue: those would be given to workers that do not know them too.
            duties.append(partial(lead, self._database.arguments, self._care, partial(repeat, jobs)))
        return Background(partial(QueueCrew, *(partial(again, duty) for duty in duties)), grace)

    @property
    def _processor(self) -> Processor:
        assert self._bound is not None
        return self._bound

    @property
    def _database(self) -> Database:
        return self._processor.deliveries.database

    async def _work(self, concurrency: int, grace: float) -> None:
        await anyio.to_thread.run_sync(self._prepare)
        async with self._made().open_async() as app:
            await app.run_worker_async(
                queues=[self._queue],
                concurrency=concurrency,
                shutdown_graceful_timeout=grace,
                install_signal_handlers=False,
            )

    def _prepare(self) -> None:
        if self._is_ready:
            return
        if self._given is None:
            self.apply_schema()
        elif not self._database.write(job_tables.are_there):
            raise ConfigurationError(NOT_THERE)
        self._is_ready = True

    def _defer(self, connection: sa.Connection, *, delivery_id: str, booking_id: str) -> None:
        deferrer = configure_task(
            name=self._task,
            queue=self._queue,
            lock=booking_id or None,
            # Neither opened nor asked whether it is: the connection is there already.
            job_manager=JobManager(SyncPsycopgConnector()),
            connection=connection.connection.driver_connection,
        )
        deferrer.defer(**{job_tables.ARGUMENT: delivery_id})

    def _made(self) -> App:
        """An app that nobody else has: it can be opened in any event loop, and closed again."""
        defaults: WorkerOptions = {
            "queues": [self._queue],
            "delete_jobs": "successful",  # What was done stands in the inbox.
            "fetch_job_polling_interval": LOOK,
        }
        if self._given is not None:
            defaults = {**defaults, "delete_jobs": "never", **self._given.worker_defaults}
        connector = PsycopgConnector(kwargs=self._database.arguments, min_size=1)
        return self._taught(App(connector=connector, worker_defaults=defaults))

    def _taught(self, app: App) -> App:
        try:
            app.task(name=self._task, queue=self._queue, retry=_AsDecided(self._processor.clock))(self._process)
        except TaskAlreadyRegistered:
            raise ConfigurationError("queue: the app has one of this name already; give them different names") from None
        look_after = app.task(
            name=self._care,
            queue=self._queue,
            queueing_lock=self._care,
            priority=FIRST,
            pass_context=True,
        )(self._look_after)
        app.periodic(cron=_cron(self._processor.lease))(look_after)
        return app

    async def _process(self, delivery_id: str) -> None:
        entry = await anyio.to_thread.run_sync(self._processor.deliveries.get, delivery_id)
        # Somebody is at it, or one ahead of it waits for another try. The job's lock sees to that as well; whether it
        # should where one waits is disputed.
        if entry is not None and entry.state in OPEN and entry.due.timestamp() > self._processor.clock.wall():
            await anyio.sleep(SOON)  # Where the database's clock is ahead, it would come again and again.
            raise ProcessingError(NOT_DUE, delivery_id=delivery_id, state=entry.state, due=entry.due)
        await arun(self._processor.needed(delivery_id))

    async def _look_after(self, context: JobContext, timestamp: int) -> None:
        """Let jobs be taken up again whose worker was killed, or that did not come to their end otherwise.

        And let deliveries have one that have none.
        """
        del timestamp  # Every periodic task is told its own.
        now, lease = self._processor.clock.wall(), self._processor.lease
        look = partial(job_tables.stalled, tasks=[self._task, self._care], now=now, lease=lease)
        for job_id in await anyio.to_thread.run_sync(self._database.say, look):
            await context.app.job_manager.retry_job_by_id_async(job_id, retry_at=utcnow())
        await anyio.to_thread.run_sync(self._database.write, partial(self._put_forgotten, now=now, lease=lease))

    def _put_forgotten(self, connection: sa.Connection, *, now: float, lease: float) -> None:
        for delivery_id, booking_id in job_tables.forgotten(connection, now, lease):
            self._defer(connection, delivery_id=delivery_id, booking_id=booking_id)


class _AsDecided(BaseRetryStrategy):
    """When to come again was decided already, and stands in the row."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        del job  # Its attempts are not counted: how often it was taken up stands in the row too.
        if isinstance(exception, ProcessingError):
            wait = exception.due.timestamp() - self._clock.wall()  # Our clock need not be that of the queue.
            is_over = exception.state is State.DEAD
            return None if is_over else RetryDecision(retry_at=utcnow() + dt.timedelta(seconds=wait))
        if isinstance(exception, ValueError):  # The delivery is not in the inbox any more.
            return None
        return RetryDecision(retry_in={"seconds": SOON})


def _cron(seconds: float) -> str:
    """Every so many seconds, and at least every minute, as it is written for Procrastinate."""
    return "* * * * *" if seconds >= MINUTE else f"* * * * * */{max(1, int(seconds))}"
