"""Deliveries that are written down together, by several who have the same ones."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from webhooks.arriving import NOW, came

from cleanlife_ext.webhooks import Inbox, InboxEntry
from cleanlife_ext.webhooks.inbox.arrival import Arrival

TIMES, AT_ONCE = 30, 8


def test_whoever_writes_the_same_deliveries_in_another_order_at_the_same_time_does_so_as_well(url: str) -> None:
    """PostgreSQL would end one of two who wait for each other, and all of its deliveries were answered with 503."""
    rounds = [[Arrival(*came(f"d{time}-{place}"), NOW) for place in range(AT_ONCE)] for time in range(TIMES)]
    both = Barrier(2, timeout=10)

    def write(inbox: Inbox, step: int) -> list[list[InboxEntry | None]]:
        return [together(inbox, arrivals[::step]) for arrivals in rounds]

    def together(inbox: Inbox, arrivals: Sequence[Arrival]) -> list[InboxEntry | None]:
        both.wait()
        return inbox.deliveries.accept_all(arrivals)

    with Inbox(url) as one, Inbox(url) as other, ThreadPoolExecutor(2) as threads:
        firsts, seconds = threads.map(write, (one, other), (1, -1))
        there = sum(one.counts().values())

    assert there == TIMES * AT_ONCE
    for first, second in zip(firsts, seconds, strict=True):
        assert [entry is None for entry in first] == [entry is not None for entry in second[::-1]]
