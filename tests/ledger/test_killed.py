"""Killed at each durable step and at random moments, by a vendor that misbehaves: none booked twice, and none lost.

`PROOF_ORDERS=10000 pytest tests/ledger/test_killed.py -s` does it with so many, on each database, and 200 kills at
random moments; and says what they came to.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from proof.killing import doubled, naive_race, race, wrongs
from proof.vendor import opened

ORDERS = int(os.environ.get("PROOF_ORDERS", "150"))
KILLS = ORDERS // 50
SEED = 5

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed like this on Windows")


def test_no_order_is_booked_twice_or_lost_whoever_is_killed(url: str, tmp_path: Path) -> None:
    """Four processes race for the same orders; three calls in ten go wrong, creations and lookups alike."""
    with opened(ORDERS, SEED) as vendor:
        report = race(vendor, url, tmp_path, kills=KILLS, seed=SEED)

    print(f"\n{url.partition(':')[0]}: {report}")  # noqa: T201  # What -s is for.
    assert wrongs(report) == []


@pytest.mark.parametrize("refer", ["a_new_reference", "no_reference"])
def test_a_naive_client_doubles_bookings_at_the_same_vendor(refer: str, tmp_path: Path) -> None:
    """Though each order is given to one process alone, and only to another one when that was killed."""
    with opened(max(50, ORDERS // 10), SEED) as vendor:
        report = naive_race(vendor, refer, tmp_path, kills=KILLS // 2, seed=SEED)

    twice = doubled(report)
    figures = f"{len(twice)} of {len(report.orders)} orders booked twice, {report.kills.total()} kills"
    print(f"\nnaive, {refer}: {figures}")  # noqa: T201
    assert twice
