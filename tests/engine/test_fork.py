"""A process that forks: parent and child both go on, on connections of their own, and wait for nobody."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from engine.wire_server import Connection, answers, message, serve
from worlds import BOOKING, ok, page

from cleanlife_ext import CleanLife

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")


def run(program: str, *arguments: str) -> None:
    """Run *program* as a process of its own; it ends well, and says nothing."""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    assert (done.returncode, done.stderr) == (0, "")


def echo(connection: Connection) -> None:
    while (request := connection.read()) is not None:
        booking = {**BOOKING, "bookingId": request.split(b"/bookings/")[1][:36].decode()}
        connection.send(message(ok(booking).content))


def test_a_fork_while_other_threads_are_in_the_middle_of_calls() -> None:
    """Each gets the booking that it asked for, in the parent and in the child."""
    program = """
import os, sys, threading, uuid
from cleanlife_ext import CleanLife
client = CleanLife("pk_1", base_url=sys.argv[1])
def ask(times):
    for _ in range(times):
        mine = uuid.uuid4()
        assert client.bookings.status(mine).booking_id == mine
threads = [threading.Thread(target=ask, args=(60,)) for _ in range(8)]
for thread in threads: thread.start()
children = []
for _ in range(5):
    child = os.fork()
    if not child:
        ask(10)
        os._exit(0)
    children.append(child)
ask(20)
for thread in threads: thread.join()
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 5
client.close()
"""
    with serve(echo) as server:
        run(program, server.url)

    assert len(server.requests) == 8 * 60 + 5 * 10 + 20


def test_a_fork_waits_for_whoever_holds_the_lock() -> None:
    """The child finds it free, and what it guards as it should be."""
    program = """
import os, sys, threading, time
from cleanlife_ext import CleanLife
from cleanlife_ext.engine.lock import LOCK
client = CleanLife("pk_1", base_url=sys.argv[1])
held, half_done = threading.Event(), []
def hold():
    with LOCK:
        half_done.append(1)
        held.set()
        time.sleep(0.2)
        half_done.clear()
thread = threading.Thread(target=hold)
thread.start()
held.wait()
child = os.fork()
assert half_done == []
assert client.services.list().all() == []
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
thread.join()
client.close()
"""
    with serve(answers(message(page([]).content))) as server:
        run(program, server.url)

    assert len(server.requests) == 2


def test_a_handler_of_a_signal_may_fork() -> None:
    """Even while its own thread holds the lock."""
    program = """
import os
from cleanlife_ext.engine.lock import LOCK
with LOCK:
    child = os.fork()
assert LOCK.acquire(blocking=False)
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    run(program)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_child_may_use_the_asynchronous_client_on_a_loop_of_its_own(backend: str) -> None:
    """It was used before; the connections of the parent's loop stay the parent's."""
    program = """
import os, sys, uuid
import anyio
from cleanlife_ext import AsyncCleanLife
client = AsyncCleanLife("pk_1", base_url=sys.argv[1])
async def ask(times):
    for _ in range(times):
        mine = uuid.uuid4()
        assert (await client.bookings.status(mine)).booking_id == mine
anyio.run(ask, 3, backend=sys.argv[2])
child = os.fork()
anyio.run(ask, 20, backend=sys.argv[2])
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""
    with serve(echo) as server:
        run(program, server.url, backend)

    assert len(server.requests) == 43


def test_a_flight_of_the_parents_is_not_waited_for_by_a_child() -> None:
    """The thread that flies it does not live there."""
    program = """
import os, sys, threading
from cleanlife_ext import CleanLife
client = CleanLife("pk_1", base_url=sys.argv[1], deadline=20)
leader = threading.Thread(target=lambda: client.services.list().all())
leader.start()
while not any(shelf.flights for shelf in client.generated.session.core._shelves.values()): pass
child = os.fork()
assert client.services.list().all() == []
if not child:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
leader.join()
client.close()
"""

    def slow(connection: Connection) -> None:
        while connection.read() is not None:
            connection.server.over.wait(0.2)
            connection.send(message(page([]).content))

    with serve(slow) as server:
        run(program, server.url)

    assert len(server.requests) == 2


def test_connections_of_another_process_are_not_used() -> None:
    """The same, seen from within."""
    with serve(answers(message(BOOKING))) as server, CleanLife("pk_1", base_url=server.url) as client:
        pool = client.generated.session.transport._pool  # type: ignore[attr-defined]  # noqa: SLF001
        client.bookings.status(BOOKING["bookingId"])
        pool.process = -1
        client.bookings.status(BOOKING["bookingId"])
        assert server.connections == 2
        pool.transport.close()
