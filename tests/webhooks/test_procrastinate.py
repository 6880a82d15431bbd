"""Procrastinate queues what is in an inbox on PostgreSQL: one transaction for both, and our rules for what follows."""

from __future__ import annotations

import asyncio
import os
import queue
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ledger.postgres import Postgres
from procrastinate import App, PsycopgConnector
from webhooks.arriving import at_work, booking_of, came
from webhooks.queued import Shop, deliveries, opened, until
from worlds import World

from cleanlife_ext import ConfigurationError, InboxError
from cleanlife_ext.webhooks import Inbox, WebhookReceiver
from cleanlife_ext.webhooks.processing.jobs import Job
from cleanlife_ext.webhooks.procrastinate import Procrastinate
from cleanlife_ext.webhooks.queues import job_tables
from cleanlife_ext.webhooks.queues.leader import lead


@pytest.fixture
def url(postgres: Postgres) -> str:
    """The address of an empty database."""
    postgres.empty()
    return postgres.url


@pytest.fixture
def shop(url: str) -> Iterator[Shop]:
    """A shop whose queue is Procrastinate's."""
    with opened(url) as shop:
        yield shop


def theirs(url: str) -> App:
    """An app of the user's own."""
    conninfo = url.replace("postgresql+psycopg:", "postgresql:")
    return App(connector=PsycopgConnector(conninfo=conninfo, min_size=1))


# What comes in


def test_a_delivery_and_its_job_come_together(shop: Shop) -> None:
    """The job locks its booking; a duplicate brings no other."""
    shop.takes("d1", 1)
    shop.takes("d2", None)
    shop.takes("d1", 1)

    assert shop.states() == {"d1": "WAITING", "d2": "WAITING"}
    assert shop.jobs() == [("d1", "todo"), ("d2", "todo")]
    assert shop.asks("SELECT lock, queue_name FROM procrastinate_jobs ORDER BY id") == [
        (booking_of(1), "cleanlife-webhooks"),
        (None, "cleanlife-webhooks"),
    ]


def test_a_delivery_without_its_job_does_not_come_in(shop: Shop) -> None:
    """It is delivered again, and then there are both."""
    shop.takes("d1")
    shop.asks("ALTER TABLE procrastinate_jobs RENAME TO elsewhere", write=True)
    with pytest.raises(InboxError, match="ConnectorException"):
        shop.takes("d2")
    assert shop.states() == {"d1": "WAITING"}

    shop.asks("ALTER TABLE elsewhere RENAME TO procrastinate_jobs", write=True)
    shop.takes("d2")

    assert shop.jobs() == [("d1", "todo"), ("d2", "todo")]


def test_several_make_the_tables_at_once(url: str) -> None:
    """One does, the others wait for it, and a second time nothing happens."""
    with ThreadPoolExecutor(4) as threads:
        for shop in threads.map(lambda number: _took(url, number), range(4)):
            shop.close()

    with opened(url) as shop:
        shop.queue.apply_schema()

        assert len(shop.jobs()) == 4


def _took(url: str, number: int) -> Inbox:
    inbox = Inbox(url)
    WebhookReceiver(secrets=["x"], inbox=inbox, queue=Procrastinate()).accept(*came(f"d{number}", number))
    return inbox


def test_tables_of_the_users_own_app_are_theirs_to_make(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Ours are not made in their stead. A worker says so, and works as soon as they are there."""
    app = theirs(url)
    with opened(url, Procrastinate(app)) as shop, shop.receiver.worker():
        until(lambda: "cleanlife.webhook.worker_failed" in caplog.text)
        with pytest.raises(ConfigurationError, match="schema --apply"):
            shop.takes("d1")
        with app.open():
            app.schema_manager.apply_schema()
        shop.takes("d1")
        until(lambda: shop.jobs() == [("d1", "succeeded")])


# What comes of it


def test_deliveries_are_processed(shop: Shop, world: World) -> None:
    """By handlers of all kinds, in a thread or in tasks; what was there before, and what comes meanwhile."""
    handled: queue.Queue[str] = queue.Queue()

    @shop.receiver.on("*")
    def plainly(event: Any) -> None:
        handled.put(f"plainly {event.delivery_id}")

    @shop.receiver.on("*")
    async def asynchronously(event: Any) -> None:
        await asyncio.sleep(0)
        handled.put(f"asynchronously {event.delivery_id}")

    @shop.receiver.on("*", in_transaction=True)
    def together(event: Any, connection: Any) -> None:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        handled.put(f"together {event.delivery_id}")

    shop.takes("d1", 1)
    worker = shop.receiver.worker()
    if world.name == "trio":
        with pytest.raises(ConfigurationError, match=r"with receiver\.worker"), at_work(world, worker):
            pass
        return
    with at_work(world, worker):
        assert [handled.get(timeout=20) for _ in range(3)] == ["plainly d1", "asynchronously d1", "together d1"]
        shop.takes("d2", 2)
        assert [handled.get(timeout=20) for _ in range(3)] == ["plainly d2", "asynchronously d2", "together d2"]
        until(lambda: not shop.jobs())  # What was done stands in the inbox.

    assert shop.states() == {"d1": "DONE", "d2": "DONE"}


def test_one_that_fails_holds_back_its_booking_alone(shop: Shop) -> None:
    """It is tried again when its row says, and those behind it come after it."""
    handled: list[str] = []

    @shop.receiver.on("*")
    def handle(event: Any) -> None:
        handled.append(event.delivery_id)
        if handled.count("d1") < 3 and event.delivery_id == "d1":
            raise ValueError

    for delivery, booking in (("d1", 1), ("d2", 1), ("d3", 2)):
        shop.takes(delivery, booking)
    with shop.receiver.worker(concurrency=2):
        until(lambda: set(shop.states().values()) == {"DONE"})

    assert handled.index("d3") < 3
    assert [delivery for delivery in handled if delivery != "d3"] == ["d1", "d1", "d1", "d2"]


def test_what_is_not_due_is_not_taken_up(shop: Shop) -> None:
    """Though its job may come too early: one ahead of it waits, or the clocks of two machines differ."""
    handled: queue.Queue[float] = queue.Queue()
    shop.receiver.on("*")(lambda _: handled.put(time.time()))
    due = time.time() + 1.5
    shop.takes("d1", 1)
    shop.asks(f"UPDATE cleanlife_deliveries SET due = {due}", write=True)  # noqa: S608
    with shop.receiver.worker():
        assert handled.get(timeout=20) >= due

    entry = shop.inbox.get("d1")
    assert entry is not None
    assert entry.attempts == 1


def test_a_dead_letter_can_be_revived(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """Its job has failed for all to see; the error stands in its row alone. It comes back with a job of its own."""
    mended = threading.Event()

    @shop.receiver.on("*")
    def handle(_: Any) -> None:
        if not mended.is_set():
            raise ValueError("Sara")

    shop.takes("d1", 1)
    shop.takes("d2", 1)
    with shop.receiver.worker():
        until(lambda: ("d2", "failed") in shop.jobs())
        assert shop.jobs() == [("d1", "failed"), ("d2", "failed")]
        entry = shop.inbox.get("d1")
        assert entry is not None
        assert (entry.state, entry.attempts, entry.error.endswith("Sara\n")) == ("DEAD", 3, True)
        mended.set()
        assert shop.inbox.retry("d1")
        until(lambda: shop.states()["d1"] == "DONE")

    assert not shop.inbox.retry("d1")
    assert not shop.inbox.retry("d0")
    assert shop.inbox.retry_dead() == 1
    assert shop.jobs()[-1] == ("d2", "todo")
    assert "Sara" not in caplog.text


def test_a_job_without_its_delivery_fails(shop: Shop) -> None:
    """There is nothing that could be done."""
    shop.takes("d1")
    shop.asks("DELETE FROM cleanlife_deliveries", write=True)
    with shop.receiver.worker():
        until(lambda: shop.jobs() == [("d1", "failed")])


def test_leaving_the_block_waits_for_what_is_being_done(shop: Shop, world: World) -> None:
    """And not for what is not being done yet."""
    if world.name == "trio":
        pytest.skip("Procrastinate runs on asyncio")
    begun, may_end = threading.Event(), threading.Event()

    @shop.receiver.on("*")
    def handle(_: Any) -> None:
        begun.set()
        assert may_end.wait(20)

    shop.takes("d1", 1)
    shop.takes("d2", 1)
    with at_work(world, shop.receiver.worker()):
        assert begun.wait(20)
        threading.Timer(0.2, may_end.set).start()

    assert shop.states() == {"d1": "DONE", "d2": "WAITING"}
    assert shop.jobs() == [("d2", "todo")]


def test_what_takes_longer_than_the_grace_is_done_again(url: str) -> None:
    """As soon as its lease has passed."""
    begun, may_end = threading.Semaphore(0), threading.Event()
    with opened(url, lease=1.0) as shop:

        @shop.receiver.on("*")
        async def handle(_: Any) -> None:
            begun.release()
            while not may_end.is_set():  # noqa: ASYNC110  # It is set by another thread.
                await asyncio.sleep(0.01)

        shop.takes("d1")
        with shop.receiver.worker(grace=0.1):
            assert begun.acquire(timeout=20)
        assert shop.states() == {"d1": "PROCESSING"}
        assert shop.jobs() == [("d1", "todo")]
        may_end.set()
        with shop.receiver.worker():
            until(lambda: shop.states() == {"d1": "DONE"} and not shop.jobs())

        assert begun.acquire(timeout=0)


# Whoever dies

# It says that it is at a delivery, and stays at it.
STUCK = """
import sys, time
from webhooks.queued import opened

with opened(sys.argv[1], lease=1.0) as shop:

    @shop.receiver.on("*")
    def handle(event):
        print(event.delivery_id, flush=True)
        time.sleep(60)

    with shop.receiver.worker():
        time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed like this on Windows")
def test_what_a_killed_worker_was_at_is_done_by_another(url: str) -> None:
    """Nobody has to see to it; and what waits behind it for the same booking comes after it."""
    handled: list[str] = []
    with opened(url, lease=1.0) as shop:
        shop.receiver.on("*")(lambda event: handled.append(event.delivery_id))
        shop.takes("d1", 1)
        shop.takes("d2", 1)
        with _started(STUCK, url) as stuck:
            assert stuck.stdout.readline() == "d1\n"
            stuck.kill()
            stuck.wait(20)
        assert shop.jobs() == [("d1", "doing"), ("d2", "todo")]
        with shop.receiver.worker():
            until(lambda: set(shop.states().values()) == {"DONE"} and not shop.jobs())
        entry = shop.inbox.get("d1")

    assert handled == ["d1", "d2"]
    assert entry is not None
    assert entry.attempts == 2


def _started(program: str, *args: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    command = [sys.executable, "-c", program, *args]
    env = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)  # noqa: S603


def test_jobs_that_nobody_is_at_are_known(shop: Shop) -> None:
    """By the leases of their deliveries; whoever is at one keeps it, and what came to its end stays there."""
    marks = {
        "never claimed": ("doing", "state = 'WAITING'"),
        "lease has passed": ("doing", "state = 'PROCESSING'"),
        "at work": ("doing", "state = 'PROCESSING', due = due + 1000"),
        "to be tried again": ("doing", "state = 'WAITING', due = due + 1000"),
        "done long ago": ("doing", "state = 'DONE', ended_at = due"),
        "just done": ("doing", "state = 'DONE', ended_at = due + 100"),
        "purged": ("doing", "delivery_id = 'another'"),
        "nobody knew it": ("failed", "state = 'WAITING'"),
        "dead": ("failed", "state = 'DEAD', ended_at = due"),
    }
    for delivery_id, (status, changes) in marks.items():
        shop.takes(delivery_id, None)
        its_job = f"args->>'delivery_id' = '{delivery_id}'"
        shop.asks(f"UPDATE procrastinate_jobs SET status = 'doing' WHERE {its_job}", write=True)  # noqa: S608
        shop.asks(f"UPDATE procrastinate_jobs SET status = '{status}' WHERE {its_job}", write=True)  # noqa: S608
        its_row = f"delivery_id = '{delivery_id}'"
        shop.asks(f"UPDATE cleanlife_deliveries SET due = {time.time()} WHERE {its_row}", write=True)  # noqa: S608
        shop.asks(f"UPDATE cleanlife_deliveries SET {changes} WHERE {its_row}", write=True)  # noqa: S608
    shop.takes("waiting", None)

    assert stalled(shop, after=100) == ["nobody knew it"]
    shop.asks("UPDATE procrastinate_events SET at = at - interval '61 seconds'", write=True)
    left = ["never claimed", "lease has passed", "done long ago", "purged", "nobody knew it"]
    assert stalled(shop, after=100) == left


def stalled(shop: Shop, *, after: float) -> list[str]:
    """The deliveries whose jobs would be taken up again, so many seconds from now, at a lease of 60."""
    look = partial(job_tables.stalled, tasks=["cleanlife-webhooks:process"], now=time.time() + after, lease=60.0)
    names = dict(shop.asks("SELECT id, args->>'delivery_id' FROM procrastinate_jobs"))
    return [names[job_id] for job_id in shop.inbox.deliveries.database.say(look)]


# It takes deliveries in a child, which is killed in the middle of it, as soon as it has begun or a little later.
KILLED = """
import os, random, signal, sys, time
from webhooks.queued import opened

luck = random.Random(6)
with opened(sys.argv[1]) as shop:
    shop.takes("first", None)
    for kill in range(30):
        begun, begins = os.pipe()
        child = os.fork()
        while not child:
            shop.takes(f"{kill} {time.monotonic()}", luck.randrange(5))
            os.write(begins, b".")
        os.read(begun, 1)
        time.sleep(luck.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_rows_and_jobs_agree_though_receivers_are_killed(url: str) -> None:
    """Each row has its job, and each job its row, after 30 of them."""
    with _started(KILLED, url) as killed:
        assert killed.wait(60) == 0

    with opened(url) as shop:
        states, jobs = shop.states(), shop.jobs()

    assert len({delivery_id.split()[0] for delivery_id in states}) == 31
    assert set(states.values()) == {"WAITING"}
    assert sorted(jobs) == sorted((delivery_id, "todo") for delivery_id in states)


# Several


# It takes the deliveries of every other booking, in their order; then those of all, in any.
RECEIVER = """
import random, sys
from webhooks.queued import deliveries, opened

with opened(sys.argv[1]) as shop:
    for delivery in deliveries():
        if delivery[1] % 2 == int(sys.argv[2]):
            shop.takes(*delivery)
            shop.takes(*delivery)
    print("taken", flush=True)
    sys.stdin.readline()
    again = deliveries()
    random.shuffle(again)
    for delivery in again:
        shop.takes(*delivery)
"""
# Its handlers fail now and then, before what they do in the inbox's transaction, and after it.
WORKER = """
import random, sys, time
from cleanlife_ext.webhooks import Patience
from webhooks.queued import opened

with opened(sys.argv[1], lease=1.0, patience=Patience(attempts=100, first=0.01, factor=1)) as shop:

    @shop.receiver.on("*")
    def fail(event):
        if random.random() < 0.1:
            raise ValueError

    @shop.receiver.on("*", in_transaction=True)
    def act(event, connection):
        connection.exec_driver_sql(
            "INSERT INTO effects (delivery_id, booking_id) VALUES (%s, %s)", (event.delivery_id, event.booking_id)
        )
        if random.random() < 0.1:
            raise ValueError

    with shop.receiver.worker(concurrency=3):
        print("at work", flush=True)
        time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed like this on Windows")
def test_two_receivers_and_two_workers(url: str) -> None:
    """Whatever comes twice, fails or is killed: each delivery has its effect once, those of a booking in order."""
    with opened(url) as shop, ExitStack() as stack:
        shop.asks("CREATE TABLE effects (id bigserial, delivery_id text, booking_id text)", write=True)
        workers = [stack.enter_context(_started(WORKER, url)) for _ in range(2)]
        stack.callback(lambda: [worker.kill() for worker in workers])
        receivers = [stack.enter_context(_started(RECEIVER, url, str(number))) for number in range(2)]
        for receiver in receivers:
            assert receiver.stdout.readline() == "taken\n"
        workers[0].kill()
        for receiver in receivers:
            assert receiver.communicate("\n", timeout=30) == ("", None)
        until(lambda: set(shop.states().values()) == {"DONE"} and not shop.jobs(), 60)
        effects = shop.asks("SELECT delivery_id, booking_id FROM effects ORDER BY id")

    wanted = defaultdict(list)
    for delivery_id, booking in deliveries():
        wanted[booking_of(booking)].append(delivery_id)
    assert {booking: [name for name, its in effects if its == booking] for booking in wanted} == wanted


def test_what_is_done_now_and_then_is_done_on_one_machine(url: str) -> None:
    """When that one goes, another takes over."""
    done: queue.Queue[int] = queue.Queue()
    with opened(url) as shop:
        jobs = [[Job("count", 0.01, partial(done.put, number))] for number in range(2)]
        workers = [shop.queue.worker(concurrency=1, grace=1.0, jobs=each) for each in jobs]
        with workers[0]:
            assert done.get(timeout=20) == 0
            with workers[1]:
                assert {done.get(timeout=20) for _ in range(20)} == {0}


def test_whoever_leads_does_so_alone(postgres: Postgres) -> None:
    """Until they end, or lose the connection: then they do nothing more."""
    with opened(postgres.url) as shop:
        asyncio.run(_led(shop))


async def _led(shop: Shop) -> None:
    async def duty(name: str) -> None:
        said.append(name)
        try:
            await asyncio.sleep(60)
        finally:
            said.append(f"{name} over")

    async def heard(word: str) -> None:
        async with asyncio.timeout(20):
            while word not in said:  # noqa: ASYNC110  # So that all of it stays in order.
                await asyncio.sleep(0.01)

    def candidate(name: str) -> asyncio.Task[None]:
        arguments = shop.inbox.deliveries.database.arguments
        return asyncio.create_task(lead(arguments, "proof", partial(duty, name), poll=0.05))

    said: list[str] = []
    first = candidate("first")
    await heard("first")
    second = candidate("second")
    await asyncio.sleep(0.2)
    assert said == ["first"]
    first.cancel()
    await heard("second")
    query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    await asyncio.to_thread(shop.asks, query)
    with pytest.raises(ExceptionGroup):
        await second
    assert said == ["first", "first over", "second", "second over"]


# Who else may run the jobs


def test_workers_of_the_users_own_app_run_the_jobs(url: str) -> None:
    """They know them, with whatever connector they have."""
    app = theirs(url)
    handled: list[str] = []

    async def ran() -> None:
        async with app.open_async():
            await app.run_worker_async(wait=False)

    with opened(url, Procrastinate(app, queue="theirs")) as shop:
        shop.receiver.on("*")(lambda event: handled.append(event.delivery_id))
        shop.queue.apply_schema()
        shop.takes("d1")
        assert shop.queue.app is app
        asyncio.run(ran())
        shop.takes("d2")
        with shop.receiver.worker():  # Ours does too, and opens nothing of theirs.
            until(lambda: shop.jobs() == [("d1", "succeeded"), ("d2", "succeeded")])

    assert handled == ["d1", "d2"]


HOOKS = """
from cleanlife_ext.webhooks import Inbox, WebhookReceiver
from cleanlife_ext.webhooks.procrastinate import Procrastinate

queue = Procrastinate()
receiver = WebhookReceiver(secrets=["x"], inbox=Inbox({url!r}), queue=queue)
app = queue.app
receiver.on("*")(lambda event: print("handled", event.delivery_id))
"""


def test_procrastinates_own_command_runs_the_jobs(url: str, tmp_path: Path) -> None:
    """The app that we make is named to it."""
    (tmp_path / "hooks.py").write_text(HOOKS.format(url=url), encoding="utf-8")
    with opened(url) as shop:
        shop.takes("d1")
        command = [sys.executable, "-m", "procrastinate", "--app=hooks.app", "worker", "--one-shot"]
        paths = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        done = subprocess.run(  # noqa: S603
            command, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=True, timeout=60
        )

        assert shop.states() == {"d1": "DONE"}
    assert "handled d1" in done.stdout


# What goes wrong


def test_a_database_that_is_away_and_comes_back(postgres: Postgres, url: str) -> None:
    """Meanwhile nothing is taken, and CleanLife delivers again. What was being done is done again."""
    begun, may_end = threading.Event(), threading.Event()
    with opened(url, lease=1.0) as shop:

        @shop.receiver.on("*")
        def handle(_: Any) -> None:
            begun.set()
            assert may_end.wait(20)

        shop.takes("d1", 1)
        with shop.receiver.worker():
            assert begun.wait(20)
            postgres.stop()
            try:
                may_end.set()
                with pytest.raises(InboxError):
                    shop.takes("d2", 1)
            finally:
                postgres.start()
            shop.takes("d2", 1)
            until(lambda: shop.states() == {"d1": "DONE", "d2": "DONE"} and not shop.jobs())


def test_what_cannot_be_is_said(url: str, tmp_path: Path) -> None:
    """When it is put together, with the way out."""
    spare, app = Procrastinate(), theirs(url)
    with pytest.raises(ConfigurationError, match="give it to a WebhookReceiver first"):
        _ = spare.app
    file = Inbox(f"sqlite:///{tmp_path / 'webhooks.db'}")
    with file, pytest.raises(ConfigurationError, match="needs an inbox on PostgreSQL"):
        WebhookReceiver(secrets=["x"], inbox=file, queue=Procrastinate())
    with opened(url, Procrastinate(app)) as shop:
        with pytest.raises(ConfigurationError, match="serves another receiver"):
            WebhookReceiver(secrets=["x"], inbox=shop.inbox, queue=shop.queue)
        with pytest.raises(ConfigurationError, match="different names"):
            WebhookReceiver(secrets=["x"], inbox=shop.inbox, queue=Procrastinate(app))
        assert repr(shop.queue) == "Procrastinate(queue='cleanlife-webhooks')"
    with Inbox(url) as inbox, pytest.raises(ConfigurationError, match=r"queue=Procrastinate\(\)"):
        WebhookReceiver(secrets=["x"], inbox=inbox).worker()


@pytest.mark.parametrize(
    ("lease", "cron"), [(0.5, "* * * * * */1"), (30.0, "* * * * * */30"), (60.0, "* * * * *"), (900.0, "* * * * *")]
)
def test_jobs_are_looked_after_once_a_lease_and_every_minute(url: str, lease: float, cron: str) -> None:
    """Whichever is more often."""
    with opened(url, lease=lease) as shop:
        assert [task.cron for task in shop.queue.app.periodic_registry.periodic_tasks.values()] == [cron]
