"""Several at once, truly: threads, processes, and the child of a fork. One sends, and all get the booking."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from engine.writes import book
from worlds import BOOKING, Script, World, ok

from cleanlife_ext.ledger import Ledger, State

MADE = ok(BOOKING, status=201)
ID = BOOKING["bookingId"]

# It makes the same orders as all the others, and says what it sent.
PROCESS = f"""
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import httpx
from cleanlife_ext import CleanLife, Timeslot
from cleanlife_ext.ledger import Ledger

BOOKING = {BOOKING!r}
sent = []

def answer(request):
    if request.method == "POST":
        sent.append(request)
    return httpx.Response(200, json={{"success": True, "data": BOOKING}})

def order(number):
    return client.bookings.create(
        contact_id={ID!r}, address_id="a", service_id={ID!r}, date="2026-06-20",
        timeslot=Timeslot("09:00", "12:00"), external_reference=f"ORDER-{{number}}",
    ).booking_id

transport = httpx.MockTransport(answer)
with Ledger(sys.argv[1]) as ledger:
    with CleanLife("pk_test", base_url="https://api.test/v1", transport=transport, ledger=ledger) as client:
        print("ready", flush=True)
        sys.stdin.readline()
        with ThreadPoolExecutor(4) as threads:
            assert {{str(id) for id in threads.map(order, range(int(sys.argv[2])))}} == {{{ID!r}}}
print(len(sent), flush=True)
"""


def test_processes_that_make_the_same_orders(url: str) -> None:
    """On a ledger that none of them has seen before. Each order is sent by one of them."""
    orders, command = 20, [sys.executable, "-W", "error", "-c", PROCESS]
    processes = [
        subprocess.Popen([*command, url, str(orders)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    sent = [int(process.communicate(timeout=60)[0]) for process in processes]

    assert sum(sent) == orders
    with Ledger(url) as ledger:
        assert {entry.state for entry in ledger.entries()} == {State.CREATED}
        assert len(list(ledger.entries())) == orders


def test_calls_at_once_make_one_booking(world: World, url: str) -> None:
    """Of threads, or of tasks on one loop."""

    def answer(request: httpx.Request) -> httpx.Response:
        return MADE if request.method == "POST" else ok(BOOKING)

    script = Script(answer)
    with Ledger(url) as ledger:
        client = world.make(script, ledger=ledger)
        if world.is_async:
            ids = world(together(client))
        else:
            with ThreadPoolExecutor(8) as threads:
                made = threads.map(lambda _: book(client, external_reference="ORDER-1"), range(8))
                ids = [str(booking.booking_id) for booking in made]
        world.close(client)

    assert ids == [ID] * 8
    assert script.calls.count("POST /partners/bookings") == 1


async def together(client: Any) -> list[str]:
    import anyio  # noqa: PLC0415

    ids: list[str] = []

    async def one() -> None:
        ids.append(str((await book(client, external_reference="ORDER-1")).booking_id))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(one)
    return ids


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_may_use_the_ledger_of_its_parent(url: str) -> None:
    """On connections of its own, also if a thread of the parent was writing."""
    program = """
import os, signal, sys, threading
from cleanlife_ext.ledger import Ledger
from cleanlife_ext.ledger.claim import Intent, Mine

ledger = Ledger(sys.argv[1])
store = ledger.journal("api").store

def write(name):
    for number in range(20):
        intent = Intent("api", f"{name}-{number}", "same", {}, operation="createBooking")
        assert isinstance(store.claim(intent, name, 1.0, 2.0, 600.0), Mine)
        assert store.created(intent, name, 1.0)

threads = [threading.Thread(target=write, args=(f"parent-{each}",)) for each in range(3)]
signal.alarm(20)
for thread in threads: thread.start()
children = []
for each in range(3):
    child = os.fork()
    if not child:
        signal.alarm(20)
        write(f"child-{each}")
        os._exit(0)
    children.append(child)
for thread in threads: thread.join()
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 3
assert len(list(ledger.entries(state="CREATED"))) == 120
ledger.close()
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603

    assert (done.returncode, done.stderr) == (0, "")


def test_a_ledger_that_many_open_at_once_is_made_once(tmp_path: Path) -> None:
    """However close they come."""
    url = f"sqlite:///{tmp_path / 'bookings.db'}"
    ledgers = [Ledger(url) for _ in range(8)]
    start = threading.Barrier(8)

    def look(ledger: Ledger) -> int:
        start.wait()
        return len(list(ledger.entries()))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(look, ledgers)) == [0] * 8
    for ledger in ledgers:
        ledger.close()
