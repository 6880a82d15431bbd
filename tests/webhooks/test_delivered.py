"""Sent three times, in any order, and whoever receives or works is killed: every webhook is handled, and once.

`PROOF_DELIVERIES=10000 pytest tests/webhooks/test_delivered.py -s` does it with so many, on each database, with a
hundred kills at random moments; and says what they came to.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ledger.postgres import Postgres
from proof.delivering import HOUR, naive_race, outage, race, wrongs
from proof.proxy import fronting
from proof.receiving import Duty
from proof.sender import sending

DELIVERIES = int(os.environ.get("PROOF_DELIVERIES", "200"))  # On each of two databases.
FEW = 5
KILLS = max(FEW, DELIVERIES // 200)
SEED = 6

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed like this on Windows")


@pytest.fixture
def server(postgres: Postgres) -> str:
    """The address of an empty inbox on PostgreSQL."""
    postgres.empty()
    return postgres.url


@pytest.mark.parametrize(("inbox", "receivers", "responsibility"), [("file", 1, "PARTNER"), ("server", 2, "CLEANOS")])
def test_every_webhook_is_handled_once_whoever_is_killed(
    inbox: str, receivers: int, responsibility: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """A receiver and two workers on one file; two receivers, and two workers of Procrastinate's, on one PostgreSQL."""
    url = request.getfixturevalue(inbox)
    with fronting(SEED) as (proxy, port), sending(port, responsibility, SEED) as sender:
        duty = Duty(url, *sender.given, tmp_path / "told")
        report = race(sender, proxy, duty, deliveries=DELIVERIES, kills=KILLS, each=receivers, seed=SEED)

    print(f"\n{url.partition(':')[0]}: {report}")  # noqa: T201  # What -s is for.
    assert wrongs(report) == []


def test_a_naive_receiver_loses_and_doubles_webhooks_of_the_same_vendor(file: str, tmp_path: Path) -> None:
    """It keeps them in memory, and handles each as often as it comes."""
    with fronting(SEED, replays=0) as (proxy, port), sending(port, "PARTNER", SEED) as sender:
        duty = Duty(file, *sender.given, tmp_path / "told")
        effects = naive_race(sender, proxy, duty, deliveries=max(100, DELIVERIES // 10), kills=FEW, seed=SEED)

    lost, doubled = (sum(map(wrong, effects.values())) for wrong in ((0).__eq__, (1).__lt__))
    print(f"\nnaive: of {len(effects)} deliveries, {lost} lost and {doubled} handled more than once")  # noqa: T201
    assert lost
    assert doubled


def test_after_an_hour_without_a_receiver_nothing_is_missing_once_it_is_reconciled(file: str, tmp_path: Path) -> None:
    """CleanLife gives up after four attempts, and says so to whoever asks."""
    with fronting(SEED) as (proxy, port), sending(port, "CLEANOS", SEED) as sender:
        duty = Duty(file, *sender.given, tmp_path / "told", falters=False)
        report = outage(sender, proxy, duty, deliveries=DELIVERIES // 20, seed=SEED)

    retried = {id for reconciled in report.reconciled for id in reconciled.retried}
    print(  # noqa: T201
        f"\noutage: {len(report.given_up)} of {len(report.sent)} deliveries given up, {len(retried)} retried in "
        f"{len(report.reconciled)} reconciliations; {sum(not view.is_true for view in report.outdated)} of "
        f"{len(report.views)} bookings were outdated"
    )
    assert report.lasted >= HOUR
    assert len(report.given_up) >= DELIVERIES // 20
    assert not all(view.is_true for view in report.outdated)
    assert report.given_up <= retried
    assert {sent.status for sent in report.sent.values()} == {"DELIVERED"}
    assert all(view.is_true for view in report.views)
