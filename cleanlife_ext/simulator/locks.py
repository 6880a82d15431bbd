"""Locks that a forked process can take.

A fork copies a lock as it is, but not the thread that holds it, and nobody would ever release the copy. So whoever
forks takes all of these first. They are to be held for moments only, and taken in the order in which they were made.
"""

import os
import threading
import weakref
from contextlib import suppress
from itertools import count

_locks: "weakref.WeakValueDictionary[int, threading.RLock]" = weakref.WeakValueDictionary()
_numbers = count()
_taken: list[threading.RLock] = []


def lock() -> threading.RLock:
    """A new one."""
    made = threading.RLock()
    _locks[next(_numbers)] = made
    return made


def _take_all() -> None:
    # A list of references, as it is now; others may make locks meanwhile.
    for found in filter(None, [reference() for reference in _locks.valuerefs()]):
        found.acquire()
        _taken.append(found)


def _release_all() -> None:
    while _taken:
        _taken.pop().release()


with suppress(AttributeError):  # Not every system has it.
    os.register_at_fork(before=_take_all, after_in_parent=_release_all, after_in_child=_release_all)
