"""Several at once, truly: threads, processes, one that is killed, and the child of a fork."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections import defaultdict

import pytest
import sqlalchemy as sa
from webhooks.arriving import came, delivered

from cleanlife_ext.webhooks import Inbox, State

# It processes what is due until nothing is left, and writes down what it did, once and in order.
PROCESS = """
import sys, time
import sqlalchemy as sa
from cleanlife_ext.webhooks import Inbox, Patience, WebhookReceiver

inbox = Inbox(sys.argv[1])
patience = Patience(first=0.01, most=0.01)
receiver = WebhookReceiver(secrets=["x"], inbox=inbox, lease=float(sys.argv[2]), patience=patience)
tries = {}

@receiver.on("*")
def fails_at_times(event):
    tries[event.delivery_id] = tries.get(event.delivery_id, 0) + 1
    if event.delivery_id.endswith("3") and tries[event.delivery_id] == 1:
        raise KeyError

@receiver.on("*", in_transaction=True)
def write(event, connection):
    connection.execute(sa.text("INSERT INTO effects (booking, id) VALUES (:booking, :id)"),
                       {"booking": event.booking_id, "id": event.delivery_id})

print("ready", flush=True)
sys.stdin.readline()
ends = time.monotonic() + 50
while time.monotonic() < ends:
    receiver.process()
    counts = inbox.counts()
    if not counts["WAITING"] + counts["PROCESSING"]:
        break
    time.sleep(0.01)
inbox.close()
"""
EFFECTS = {
    "sqlite": "CREATE TABLE effects (number INTEGER PRIMARY KEY, booking TEXT, id TEXT UNIQUE)",
    "postgresql": "CREATE TABLE effects (number BIGSERIAL PRIMARY KEY, booking TEXT, id TEXT UNIQUE)",
}


def prepared(inbox: Inbox, bookings: int, events: int) -> None:
    database = inbox.deliveries.database
    database.write(lambda connection: connection.execute(sa.text(EFFECTS[database.dialect])))
    for number in reversed(range(events)):
        for booking in range(bookings):
            delivered(inbox, f"{booking}-{number}", booking, at=number)


def started(url: str, lease: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", PROCESS, url, str(lease)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def check(inbox: Inbox, bookings: int, events: int) -> None:
    """Each has had its effect, once, in the order of its booking."""
    query = sa.text("SELECT booking, id FROM effects ORDER BY number")
    found: dict[str, list[str]] = defaultdict(list)
    for booking, id in inbox.deliveries.database.say(lambda connection: connection.execute(query).all()):
        found[booking].append(id)

    assert len(found) == bookings
    assert all(len(ids) == events and sorted(ids) == ids for ids in found.values())
    assert inbox.counts()[State.DONE] == bookings * events


def test_processes_with_one_inbox_do_each_thing_once(url: str) -> None:
    """And each booking in its order, though handlers fail at times."""
    with Inbox(url) as inbox:
        prepared(inbox, 8, 10)
        processes = [started(url, 60) for _ in range(2)]
        for process in processes:
            go(process)
        for process in processes:
            process.communicate(timeout=60)
        check(inbox, 8, 10)

    assert [process.returncode for process in processes] == [0] * 2


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL here")
def test_one_that_is_killed_loses_nothing_and_does_nothing_twice(url: str) -> None:
    """What it was at is done by whoever comes next."""
    with Inbox(url) as inbox:
        prepared(inbox, 8, 10)
        victim, heir = started(url, 0.3), started(url, 0.3)
        go(victim)
        while inbox.counts()[State.DONE] < 10:
            pass
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        go(heir)
        heir.communicate(timeout=60)
        check(inbox, 8, 10)


def test_threads_that_look_at_the_same_moment_take_up_different_ones(url: str) -> None:
    """Also where what is first in its booking comes in at that very moment."""
    with Inbox(url) as inbox:
        inbox.counts()
        busy: dict[str, int] = defaultdict(int)
        lock, wrong = threading.Lock(), list[str]()

        def work() -> None:
            for _ in range(40):
                claim = inbox.deliveries.next(1e10, 2e10)
                if claim is None:
                    continue
                with lock:
                    busy[claim.entry.booking_id] += 1
                    if busy[claim.entry.booking_id] > 1:
                        wrong.append(claim.entry.delivery_id)
                with lock:
                    busy[claim.entry.booking_id] -= 1
                    inbox.deliveries.done(claim, 1e10)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(60):
            delivered(inbox, f"d{number}", number % 2, at=-number)
        for thread in threads:
            thread.join()

    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_the_child_of_a_fork_leaves_the_parents_worker_alone(file: str) -> None:
    """Its block ends there at once, what it accepts is processed by the parent, and it may have a worker of its own."""
    event, body = came()
    program = f"""
import os, sys, threading, time
from cleanlife_ext.webhooks import Inbox, WebhookReceiver
from cleanlife_ext.webhooks.events import parse
inbox = Inbox(sys.argv[1])
receiver = WebhookReceiver(secrets=["x"], inbox=inbox)
done = threading.Event()
receiver.on("*")(lambda event: done.set())
body = {body!r}
with receiver.worker():
    child = os.fork()
    if not child:
        receiver.accept(parse(body), body)
        while inbox.get("d1").state != "DONE":
            time.sleep(0.01)
        assert not done.is_set()
    else:
        assert done.wait(20)
if not child:
    other = body.replace(b'"d1"', b'"d2"')
    with receiver.worker():
        receiver.accept(parse(other), other)
        assert done.wait(20)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert inbox.counts()["DONE"] == 2
inbox.close()
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, file]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)  # noqa: S603

    assert (ended.returncode, ended.stderr) == (0, "")
    assert event.delivery_id == "d1"
