"""However many wait, whose turn it is is found by an index."""

from __future__ import annotations

import time
from typing import Any

import pytest
import sqlalchemy as sa
from webhooks.arriving import NOW, came

from cleanlife_ext.webhooks import Inbox
from cleanlife_ext.webhooks.inbox import deliveries as module
from cleanlife_ext.webhooks.inbox.schema import DELIVERIES, IS_DEAD

INDEX = "cleanlife_deliveries_"


def plan(inbox: Inbox, statement: Any, given: dict[str, Any]) -> str:
    """How SQLite goes about it."""
    compiled = statement.compile(inbox.deliveries.database.engine)
    values = {name: given.get(name, "") for name in compiled.params}
    text = sa.text(f"EXPLAIN QUERY PLAN {compiled}".replace("?", ":{}").format(*compiled.positiontup))
    rows = inbox.deliveries.database.say(lambda connection: connection.execute(text, values).all())
    return "\n".join(str(row.detail) for row in rows)


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        (module._NEXT, {"due (due<?)", "booking (booking_id=? AND occurred_at<?)", "processing (booking_id=?)"}),  # noqa: SLF001
        (module._NEXT_DUE, {"due (due>?)"}),  # noqa: SLF001
        (module._HOLD_BACK, {"booking (booking_id=?)"}),  # noqa: SLF001
        (sa.select(DELIVERIES.c.sequence).where(IS_DEAD).order_by(DELIVERIES.c.sequence), {"dead"}),
    ],
    ids=["next", "next due", "hold back", "dead"],
)
def test_an_index_serves_what_is_asked_again_and_again(inbox: Inbox, statement: Any, wanted: set[str]) -> None:
    """No table is read, and nothing is sorted."""
    inbox.counts()
    found = plan(inbox, statement, {"now": NOW})

    assert [each for each in wanted if f"{INDEX}{each}" not in found] == [], found
    assert "TEMP B-TREE" not in found
    assert "SCAN cleanlife_deliveries\n" not in f"{found}\n"


def fill(inbox: Inbox, rows: int, bookings: int) -> None:
    """Let many wait, in no order."""
    body = came()[1]
    values = [
        {
            "delivery_id": f"{bookings}-{number}",
            "event": "booking.created",
            "booking_id": f"{bookings}-{number % bookings}",
            "occurred_at": NOW - rows + number * 7919 % rows,
            "due": NOW - rows + number * 7919 % rows,
            "received_at": NOW,
            "secret_name": "",
            "body": body,
            "state": "WAITING",
            "attempts": 0,
            "owner": "",
            "error": "",
        }
        for number in range(rows)
    ]
    inbox.deliveries.database.write(lambda connection: connection.execute(sa.insert(DELIVERIES), values))


def seconds(inbox: Inbox, times: int) -> float:
    """How long it takes to find whose turn it is, at best."""
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        claim = inbox.deliveries.next(NOW, NOW + 60)
        best = min(best, time.perf_counter() - began)
        assert claim is not None
        inbox.deliveries.done(claim, NOW)
    return best


def test_a_crowd_behind_one_that_fails_is_not_looked_at(inbox: Inbox) -> None:
    """Nor are those who only wait for their turn."""
    fill(inbox, 100, 50)
    alone = seconds(inbox, 30)
    fill(inbox, 6000, 2)
    for _ in range(2):
        claim = inbox.deliveries.next(NOW, NOW + 60)
        assert claim is not None
        assert claim.entry.booking_id.startswith("2-")
        inbox.deliveries.failed(claim, "no", NOW + 60)

    assert seconds(inbox, 30) < alone * 5 + 0.005
