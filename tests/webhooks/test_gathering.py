"""Many commits as one."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from cleanlife_ext.webhooks.inbox.forks import renew_all
from cleanlife_ext.webhooks.inbox.gathering import Gathering


class Disk:
    """Something that is slow to write to, until it is let go."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.is_entered, self.goes_on = threading.Event(), threading.Event()

    def write(self, items: Sequence[int]) -> list[str]:
        self.groups.append(list(items))
        self.is_entered.set()
        self.goes_on.wait(10)
        if any(item < 0 for item in items):
            raise OSError("no room")
        return [str(item) for item in items]


def begun(gathering: Gathering[int, str], disk: Disk, items: Sequence[int]) -> list[object]:
    """What comes of the first item, and of those that come while it is written."""
    with ThreadPoolExecutor(8) as threads:
        return _begun(threads, gathering, disk, items)


def _begun(
    threads: ThreadPoolExecutor, gathering: Gathering[int, str], disk: Disk, items: Sequence[int]
) -> list[object]:
    first = threads.submit(gathering, items[0])
    disk.is_entered.wait(10)
    others = [threads.submit(gathering, item) for item in items[1:]]
    while gathering.waiting < len(items) - 1:
        pass
    disk.goes_on.set()
    return [future.exception() or future.result() for future in [first, *others]]


def test_who_comes_while_others_write_is_written_with_all_who_came_meanwhile() -> None:
    """One group after the other, and each gets what is theirs."""
    disk = Disk()
    results = begun(Gathering(disk.write), disk, list(range(8)))

    assert results == [str(item) for item in range(8)]
    assert [disk.groups[0], sorted(disk.groups[1])] == [[0], list(range(1, 8))]


def test_what_fails_together_is_tried_one_by_one() -> None:
    """So that one which cannot be written takes nobody with it."""
    disk = Disk()
    first, *others = begun(Gathering(disk.write), disk, [0, 1, -2, 3])

    assert [first, others[0], others[2]] == ["0", "1", "3"]
    assert isinstance(others[1], OSError)


def test_what_hangs_is_not_tried_again() -> None:
    """Or it would hang for each of those who wait."""
    disk, clock = Disk(), itertools.count(step=5.0)
    results = begun(Gathering(disk.write, lambda: next(clock)), disk, [0, 1, -2, 3])

    assert results[0] == "0"
    assert [type(result) for result in results[1:]] == [OSError] * 3
    assert len(disk.groups) == 2


def test_one_alone_is_tried_once() -> None:
    """And whoever comes next starts anew."""
    disk = Disk()
    disk.goes_on.set()
    gathering = Gathering(disk.write)

    with pytest.raises(OSError, match="no room"):
        gathering(-1)
    assert gathering(2) == "2"
    assert disk.groups == [[-1], [2]]


def test_an_interruption_leaves_nobody_waiting() -> None:
    """Whoever was written with is told; who comes next writes."""

    def write(items: Sequence[int]) -> list[int]:
        if items[0] == 1:
            raise KeyboardInterrupt
        return list(items)

    gathering = Gathering(write)

    with pytest.raises(KeyboardInterrupt):
        gathering(1)
    assert gathering(2) == 2


def test_who_was_written_with_one_who_was_interrupted_is_told() -> None:
    """Nobody knows whether it is written, and nobody waits for ever."""
    disk = Disk()

    def write(items: Sequence[int]) -> list[str]:
        if len(items) > 1:
            raise SystemExit
        return disk.write(items)

    results = begun(Gathering(write), disk, [0, 1, 2])

    assert results[0] == "0"
    assert sorted(type(result).__name__ for result in results[1:]) == ["RuntimeError", "SystemExit"]


def test_what_is_renewed_waits_for_nobody_before() -> None:
    """As in the child of a fork, where whoever was writing is not."""
    is_entered, goes_on = threading.Event(), threading.Event()

    def write(items: Sequence[int]) -> Sequence[int]:
        if items[0] == 1:
            is_entered.set()
            goes_on.wait(10)
        return items

    gathering = Gathering(write)
    with ThreadPoolExecutor(1) as threads:
        before = threads.submit(gathering, 1)
        is_entered.wait(10)
        renew_all()
        assert gathering(2) == 2
        goes_on.set()
        assert before.result() == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_does_not_wait_for_a_thread_of_its_parent() -> None:
    """Which was writing, or asking for secrets, when it was forked."""
    program = """
import os, threading
from cleanlife_ext.engine.flow import Clock
from cleanlife_ext.webhooks import Inbox, SignatureScheme
from cleanlife_ext.webhooks.inbox.gathering import Gathering
from cleanlife_ext.webhooks.keys.keyring import Keyring
from cleanlife_ext.webhooks.keys.vault import Vault

parent, both, goes_on = os.getpid(), threading.Barrier(3), threading.Event()

def slow(items):
    if os.getpid() == parent:
        both.wait(10)
        goes_on.wait(10)
    return items

inbox = Inbox("sqlite:///webhooks.db")
inbox.counts()
gathering = Gathering(slow)
vault = Vault(inbox.deliveries.database, None, SignatureScheme.CLEANLIFE)
keyring = Keyring(lambda: slow(["x"]), vault, SignatureScheme.CLEANLIFE, Clock())
threads = [
    threading.Thread(target=gathering, args=(1,)),
    threading.Thread(target=lambda: keyring.renewed(keyring.ticket)),
]
for thread in threads: thread.start()
both.wait(10)
child = os.fork()
if not child:
    os._exit(0 if gathering(2) == 2 and keyring.renewed(keyring.ticket).is_complete else 1)
status = os.waitpid(child, 0)[1]
goes_on.set()
for thread in threads: thread.join()
assert status == 0
"""
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30, cwd=folder)  # noqa: S603

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no thread can be signalled here")
@pytest.mark.parametrize("others", [0, 1])
def test_one_who_is_interrupted_while_waiting_holds_up_nobody(others: int) -> None:
    """Ctrl-C strikes the main thread, which waits to be the next to write; others come behind it."""
    disk = Disk()
    gathering = Gathering(disk.write)
    main = threading.main_thread().ident
    assert main is not None
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(gathering, 1)
        assert disk.is_entered.wait(10)

        def interrupt() -> None:
            while gathering.waiting < 1:
                time.sleep(0.001)
            behind.extend(threads.submit(gathering, 3) for _ in range(others))
            while gathering.waiting < 1 + others:
                time.sleep(0.001)
            signal.pthread_kill(main, signal.SIGINT)

        behind: list[Future[str]] = []
        before = signal.signal(signal.SIGINT, signal.default_int_handler)  # Shells let what runs beside them ignore it.
        interrupting = threads.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            gathering(2)
        signal.signal(signal.SIGINT, before)
        interrupting.result(10)
        disk.goes_on.set()

        assert first.result(10) == "1"
        assert [each.result(10) for each in behind] == ["3"] * others
        assert threads.submit(gathering, 4).result(10) == "4"


class Struck(Gathering[int, str]):
    """One in which Ctrl-C strikes just before the first one writes."""

    is_struck = False

    def _write_for_all(self) -> None:
        if not self.is_struck:
            self.is_struck = True
            raise KeyboardInterrupt
        super()._write_for_all()


def test_one_who_is_interrupted_before_they_write_hands_over() -> None:
    """Or nobody would write any more."""
    disk = Disk()
    disk.goes_on.set()
    gathering = Struck(disk.write)

    with pytest.raises(KeyboardInterrupt):
        gathering(1)
    assert gathering(2) == "2"
    assert disk.groups == [[2]]
