"""What a fork must not take along: locks that some other thread holds, and those who wait for that thread."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet

__all__ = ["renew_all", "renewed_by_forks"]


class _Renewable(Protocol):
    def renew(self) -> None: ...


_all: WeakSet[_Renewable] = WeakSet()


def renewed_by_forks(thing: _Renewable) -> None:
    """Begin it, and begin it anew in the child of each fork, by its `renew`."""
    thing.renew()
    _all.add(thing)


def renew_all() -> None:
    """Go on in the child of a fork."""
    for thing in list(_all):
        thing.renew()


getattr(os, "register_at_fork", dict)(after_in_child=renew_all)  # Windows has neither.
