"""The worker beside the receiver, in a thread and in tasks: it loses nothing, whatever comes between."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import sqlalchemy as sa
from webhooks.arriving import at_work, came, delivered
from worlds import World

from cleanlife_ext.webhooks import Inbox, Patience, State, WebhookReceiver
from cleanlife_ext.webhooks.processing import worker as module
from cleanlife_ext.webhooks.processing.worker import Job, Worker

LONG = 10.0  # Seconds that something may take before a test has failed.


@pytest.fixture
def receiver(inbox: Inbox) -> WebhookReceiver:
    return WebhookReceiver(secrets=["x"], inbox=inbox, patience=Patience(attempts=3, first=0.05, factor=1))


class Counted:
    """An event that has happened once so many have come."""

    def __init__(self, wanted: int) -> None:
        self.found: list[Any] = []
        self._wanted, self._lock, self._all = wanted, threading.Lock(), threading.Event()

    def __call__(self, event: Any) -> None:
        with self._lock:
            self.found.append(getattr(event, "delivery_id", event))
            if len(self.found) >= self._wanted:
                self._all.set()

    def wait(self) -> None:
        assert self._all.wait(LONG)


def states(inbox: Inbox) -> dict[State, int]:
    return {state: count for state, count in inbox.counts().items() if count}


def jobs(receiver: WebhookReceiver, *jobs: Job) -> Worker:
    return Worker(receiver._processor, concurrency=1, grace=LONG, jobs=jobs)  # noqa: SLF001  # Others make them.


def test_it_processes_what_was_there_and_what_comes_in(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """Plain and asynchronous handlers alike; what comes in wakes it up."""
    first, all_ = Counted(1), Counted(3)
    receiver.on("*")(first)

    @receiver.on("*")
    async def later(event: Any) -> None:
        await anyio.lowlevel.checkpoint()
        all_(event)

    delivered(inbox, "d1")
    with at_work(world, receiver.worker()):
        first.wait()
        receiver.accept(*came("d2", 2))
        receiver.accept(*came("d3", 3))
        all_.wait()

    assert sorted(all_.found) == ["d1", "d2", "d3"]
    assert states(inbox) == {State.DONE: 3}


def test_what_comes_in_wakes_it_up_at_once(
    world: World, inbox: Inbox, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself it would not look for ever so long. The same for what is revived, and what waits for another."""
    monkeypatch.setattr(module, "POLL", 1000.0)
    done, dead = Counted(5), Counted(1)

    @receiver.on("*")
    def act(event: Any) -> None:
        if event.delivery_id == "dead" and not dead.found:
            raise KeyError
        done(event)

    receiver.on_dead(dead)
    with at_work(world, receiver.worker(concurrency=2)):
        for number in range(4):
            receiver.accept(*came(f"d{number}", 1, at=number))
        receiver.accept(*came("dead", 2))
        dead.wait()
        assert inbox.retry("dead")
        done.wait()

    assert done.found[:4] == ["d0", "d1", "d2", "d3"]


def test_what_failed_is_tried_again_at_its_time(
    world: World, inbox: Inbox, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not when it would look anyway."""
    monkeypatch.setattr(module, "POLL", 1000.0)
    times: list[float] = []
    done = Counted(1)

    @receiver.on("*")
    def act(event: Any) -> None:
        times.append(time.monotonic())
        if len(times) < 3:
            raise KeyError
        done(event)

    delivered(inbox)
    with at_work(world, receiver.worker()):
        done.wait()

    first, second, third = times
    assert min(second - first, third - second) >= 0.05
    assert states(inbox) == {State.DONE: 1}


def test_what_other_processes_put_in_is_found(
    world: World, inbox: Inbox, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without being told."""
    monkeypatch.setattr(module, "POLL", 0.05)
    done = Counted(1)
    receiver.on("*")(done)
    with at_work(world, receiver.worker()), Inbox(str(inbox.url)) as another:
        delivered(another)
        done.wait()

    assert states(inbox) == {State.DONE: 1}


def test_each_booking_is_told_in_order_and_several_at_a_time(
    world: World, inbox: Inbox, receiver: WebhookReceiver
) -> None:
    """Never two of one booking."""
    order: dict[str, list[str]] = defaultdict(list)
    done, together = Counted(30), threading.Barrier(3)
    busy: set[str] = set()

    @receiver.on("*")
    def act(event: Any) -> None:
        assert event.booking_id not in busy
        busy.add(event.booking_id)
        if event.delivery_id.endswith("-0"):
            together.wait(LONG)
        order[event.booking_id].append(event.delivery_id)
        busy.discard(event.booking_id)
        done(event)

    for number in reversed(range(10)):
        for booking in range(3):
            delivered(inbox, f"{booking}-{number}", booking, at=number)
    with at_work(world, receiver.worker(concurrency=3)):
        done.wait()

    assert [sorted(each) == each for each in order.values()] == [True] * 3
    assert states(inbox) == {State.DONE: 30}


def test_leaving_waits_for_what_is_being_processed(world: World, inbox: Inbox, receiver: WebhookReceiver) -> None:
    """And takes up nothing more."""
    started = threading.Event()

    @receiver.on("*")
    def act(_: Any) -> None:
        started.set()
        time.sleep(0.1)  # Longer than it takes to leave.

    for number in range(3):
        delivered(inbox, f"d{number}", number)
    with at_work(world, receiver.worker(concurrency=1)):
        assert started.wait(LONG)

    assert states(inbox) == {State.DONE: 1, State.WAITING: 2}


@pytest.mark.parametrize("is_async", [True, False])
def test_leaving_waits_no_longer_than_its_grace(world: World, inbox: Inbox, is_async: bool) -> None:  # noqa: FBT001
    """What is left is taken up by another, when the lease has passed."""
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, lease=0.3)
    started, over, done = threading.Event(), threading.Event(), Counted(1)

    def hang(_: Any) -> None:
        started.set()
        over.wait(LONG)

    async def ahang(_: Any) -> None:
        started.set()
        await anyio.sleep(LONG)

    receiver.on("*")(ahang if is_async else hang)
    delivered(inbox)
    began = time.monotonic()
    with at_work(world, receiver.worker(grace=0.05)):
        assert started.wait(LONG)
    assert time.monotonic() - began < LONG / 2
    assert states(inbox) == {State.PROCESSING: 1}

    another = WebhookReceiver(secrets=["x"], inbox=inbox)
    another.on("*")(done)
    with at_work(world, another.worker()):
        done.wait()
    over.set()
    assert states(inbox) == {State.DONE: 1}


def test_a_handler_may_take_longer_than_the_lease(inbox: Inbox) -> None:
    """As long as its process lives, nobody else takes up what it is at."""
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, lease=0.3)
    done = Counted(1)

    @receiver.on("*")
    def slow(event: Any) -> None:
        time.sleep(0.7)  # More than two leases.
        done(event)

    delivered(inbox)
    with receiver.worker(concurrency=2):
        done.wait()

    entry = inbox.get("d1")
    assert entry is not None
    assert (entry.state, entry.attempts, len(done.found)) == (State.DONE, 1, 1)


def test_a_database_that_was_away_is_used_again(
    world: World, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Meanwhile it says so, without a word of what the database said; what it was at is done when it is back."""
    monkeypatch.setattr(module, "POLL", 0.02)
    receiver = WebhookReceiver(secrets=["x"], inbox=inbox, lease=0.2)
    started, done = Counted(1), Counted(2)
    engine = inbox.deliveries.database.engine

    def away(*_: Any) -> None:
        raise OSError("k4n4r1")

    @receiver.on("*")
    def act(event: Any) -> None:
        if not started.found:
            sa.event.listen(engine, "before_cursor_execute", away)
            started(event)
        done(event)

    delivered(inbox)
    with at_work(world, receiver.worker(concurrency=2)):
        started.wait()
        time.sleep(0.15)  # While it is away.
        sa.event.remove(engine, "before_cursor_execute", away)
        done.wait()

    assert states(inbox) == {State.DONE: 1}
    said = {record.getMessage().split()[0] for record in caplog.records if record.name == "cleanlife_ext.webhooks"}
    assert said == {"cleanlife.webhook.worker_failed"}
    assert "k4n4r1" not in str([vars(record) for record in caplog.records])


def test_what_is_raised_in_the_block_comes_out_as_it_is(world: World, receiver: WebhookReceiver) -> None:
    """In no group."""
    with pytest.raises(KeyError, match="mine"), at_work(world, receiver.worker()):
        raise KeyError("mine")


def test_it_cannot_be_used_twice(world: World, receiver: WebhookReceiver) -> None:
    """Neither at once nor one after the other; the first goes on."""
    worker = receiver.worker()
    with at_work(world, worker) as first, pytest.raises(RuntimeError, match="started before"), at_work(world, first):
        raise AssertionError
    with pytest.raises(RuntimeError, match="ask the receiver for another"), at_work(world, worker):
        raise AssertionError


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_who_is_cancelled_waits_for_what_is_being_processed(
    inbox: Inbox, receiver: WebhookReceiver, backend: str
) -> None:
    """As everybody who leaves does."""

    async def main() -> None:
        begun = anyio.Event()

        @receiver.on("*")
        async def act(_: Any) -> None:
            begun.set()
            await anyio.sleep(0.1)

        with anyio.CancelScope() as scope:
            async with receiver.worker():
                await begun.wait()
                scope.cancel()
                await anyio.sleep(LONG)
        assert scope.cancelled_caught

    delivered(inbox)
    anyio.run(main, backend=backend)
    assert states(inbox) == {State.DONE: 1}


def test_a_timeout_around_the_block_is_a_timeout(receiver: WebhookReceiver) -> None:
    """And a task that is cancelled is cancelled."""

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05), receiver.worker():
                await asyncio.sleep(LONG)

        async def serve() -> None:
            async with receiver.worker():
                await asyncio.sleep(LONG)

        task = asyncio.create_task(serve())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_who_has_nothing_to_do_asks_twice_a_second(
    inbox: Inbox, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether there is something, and when there will be; it writes nothing."""
    monkeypatch.setattr(module, "POLL", 0.1)
    inbox.counts()
    asked: list[str] = []
    listen = partial(sa.event.listen, inbox.deliveries.database.engine, "before_cursor_execute")
    listen(lambda _connection, _cursor, statement, *_: asked.append(statement))
    began = time.monotonic()
    with receiver.worker(concurrency=8):
        time.sleep(0.55)  # Five times a POLL.
    looks = 1 + (time.monotonic() - began) / 0.1

    assert 4 <= len(asked) <= 2 * (looks + 1)
    assert {statement.split()[0] for statement in asked} == {"SELECT"}


def test_what_belongs_to_another_process_is_left_alone(inbox: Inbox, receiver: WebhookReceiver) -> None:
    """The child of a fork, seen from within: nobody is there to hear a bell, or to be waited for."""
    worker = receiver.worker()
    with worker:
        crew = worker._crew  # noqa: SLF001  # There is no other way to be in a child, and to be seen.
        assert crew is not None
        worker._process = crew._process = -1  # noqa: SLF001
        delivered(inbox)
        worker.__exit__(None, None, None)
        assert not crew._is_over  # noqa: SLF001
        worker._process = crew._process = os.getpid()  # noqa: SLF001

    assert crew._is_over  # noqa: SLF001


# --- Jobs


@pytest.mark.parametrize("is_async", [True, False])
def test_a_job_is_done_every_so_many_seconds(world: World, receiver: WebhookReceiver, is_async: bool) -> None:  # noqa: FBT001
    """The first time at once; it may be asynchronous."""
    done = Counted(3)

    async def act() -> None:
        done(None)

    with at_work(world, jobs(receiver, Job("watch", 0.01, act if is_async else lambda: done(None)))):
        done.wait()


def test_a_job_that_fails_is_done_again(
    world: World, receiver: WebhookReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names it, and not what was said."""
    caplog.set_level(logging.DEBUG, "cleanlife_ext")
    done = Counted(2)

    def act() -> None:
        done(None)
        raise KeyError("k4n4r1")

    with at_work(world, jobs(receiver, Job("watch", 0.01, act))):
        done.wait()

    ours = [vars(record) for record in caplog.records if record.name == "cleanlife_ext.webhooks"]
    assert (ours[0]["args"][0].split()[0], ours[0]["job"], ours[0]["error"]) == (
        "cleanlife.webhook.job_failed",
        "watch",
        "KeyError",
    )
    assert "k4n4r1" not in str(ours)


@pytest.mark.parametrize("wait", [lambda over: over.wait(LONG), None])
def test_a_job_is_not_waited_for(
    world: World, receiver: WebhookReceiver, wait: Callable[[threading.Event], object] | None
) -> None:
    """It is done the next time."""
    started, over = threading.Event(), threading.Event()

    async def sleep() -> None:
        started.set()
        await anyio.sleep(LONG)

    def hang() -> None:
        started.set()
        if wait is not None:
            wait(over)

    began = time.monotonic()
    with at_work(world, jobs(receiver, Job("watch", 1, sleep if wait is None else hang))):
        assert started.wait(LONG)
    over.set()
    assert time.monotonic() - began < LONG / 2
