"""The simulator keeps what `spec/cleanlife.yaml` says, tried by Schemathesis: run by `nox -s contract`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from contract.run import Outcome, run
from simulator.calling import Caller

from cleanlife_ext.simulator import Delivery, Simulator
from cleanlife_ext.simulator.times import RIYADH
from cleanlife_ext.simulator.webhooks import EVENTS

NOW = dt.datetime(2026, 6, 13, 8, tzinfo=RIYADH)


def simulator_of(payment_responsibility: str) -> Simulator:
    """A simulator in which a few things happened already."""
    simulator = Simulator(payment_responsibility=payment_responsibility, now=lambda: NOW)
    call = Caller(simulator.answer, simulator.api_key)
    for number in range(5):
        assert call.post("/contacts", phone=f"+96650000000{number}", name="Sara").data
    events = list(EVENTS)
    subscription = call.post("/webhooks/subscriptions", url="https://hooks.invalid/", events=events).data
    partner = subscription["partnerClientId"]
    deliveries = simulator._api.state.deliveries  # noqa: SLF001
    for number in range(300):
        made = Delivery(f"00000000-0000-4000-8000-{number:012}", partner, subscription["id"], events[0], NOW, "FAILED", 4)
        deliveries[made.id] = made
    return simulator


@pytest.mark.parametrize("account", ["PARTNER", "CLEANOS"])
def test_no_violation_is_found(account: str, tmp_path: Path, seed: int, max_examples: int) -> None:
    """All checks, all operations, all phases; and each operation succeeds often enough to be believed."""
    simulator = simulator_of(account)
    keys = [simulator.api_key, simulator.add_key()]

    outcome = run(simulator, tmp_path, keys=keys, seed=seed, max_examples=max_examples)

    tell(account, outcome)
    assert outcome.exit_code == 0
    assert outcome.witness.wrong == []


def tell(what: str, outcome: Outcome) -> None:
    print(what)
    print(outcome.report)
    for name, (asked, succeeded) in outcome.witness.successes().items():
        by = {s: c for (n, s), c in sorted(outcome.witness.counts.items()) if n == name}
        print(f"{name:26} {asked:6} {succeeded / max(asked, 1):6.0%} {by}")
